import test from 'ava'
import { callRecord, join, record } from '../__test__/records.ts'
import { COUNT_ERRNO, COUNT_ROW, COUNTS, COUNTS_MAGIC, readCounts } from './record/counts.ts'
import { EXIT, KIND, SYSCALL_FLAG } from './record/layout.ts'
import { summarizeChunks, summarizeCounts } from './summary.ts'

const { IS_ERROR, UNFINISHED } = SYSCALL_FLAG

const chunk = join([
  callRecord({ nr: 0, pid: 7, startNs: 0n, timeNs: 10n }),
  callRecord({ nr: 0, pid: 7, startNs: 0n, timeNs: 30n, result: -9, flags: IS_ERROR }),
  callRecord({ nr: 0, pid: 8, startNs: 0n, timeNs: 5n, result: -512, flags: IS_ERROR }),
  callRecord({ nr: 0, pid: 8 }, KIND.PENDING),
  callRecord({ nr: 95, pid: 8, startNs: 0n, timeNs: 1n, result: -1, flags: IS_ERROR }),
  callRecord({ nr: 231, pid: 8, startNs: 3n, timeNs: 1n, flags: UNFINISHED }),
  record(KIND.EXIT, EXIT.SIZE_OF),
])

const zero = { errors: 0, errnos: {}, totalNs: 0n, minNs: 0n, maxNs: 0n, systemNs: 0n }

test('calls are counted by name, the longest first', (t) => {
  const { calls, total } = summarizeChunks([chunk])
  t.deepEqual(calls, [
    { name: 'read', calls: 3, errors: 1, errnos: { EBADF: 1 }, totalNs: 45n, minNs: 5n, maxNs: 30n, systemNs: 0n },
    { ...zero, name: 'umask', calls: 1, totalNs: 1n, minNs: 1n, maxNs: 1n },
    { ...zero, name: 'exit_group', calls: 1 },
  ])
  t.like(total, { calls: 5, errors: 1, errnos: { EBADF: 1 }, totalNs: 46n, minNs: 0n, maxNs: 30n })
})

test('and by process', (t) => {
  const { processes } = summarizeChunks([chunk, chunk])
  t.deepEqual(
    processes.map(({ pid, calls }) => [pid, calls.map((it) => `${it.name} ${it.calls}`)]),
    [
      [7, ['read 4']],
      [8, ['read 2', 'umask 2', 'exit_group 2']],
    ],
  )
})

test('nothing is nothing', (t) => {
  t.deepEqual(summarizeChunks([]), { calls: [], processes: [], total: { ...zero, calls: 0 } })
})

interface Row {
  readonly pid: number
  readonly nr: number
  readonly abi?: number
  readonly numbers: readonly [calls: number, totalNs: number, minNs: number, maxNs: number, systemNs: number]
  readonly errnos?: readonly (readonly [errno: number, count: number])[]
}

function counts(rows: readonly Row[]): Uint8Array {
  const head = new DataView(new ArrayBuffer(COUNTS.SIZE_OF))
  head.setUint32(COUNTS.MAGIC, COUNTS_MAGIC, true)
  head.setUint32(COUNTS.ROWS, rows.length, true)
  return join([new Uint8Array(head.buffer), ...rows.map(countRow)])
}

function countRow({ pid, nr, abi = 0, numbers, errnos = [] }: Row): Uint8Array {
  const view = new DataView(new ArrayBuffer(COUNT_ROW.SIZE_OF + errnos.length * COUNT_ERRNO.SIZE_OF))
  view.setUint32(COUNT_ROW.PID, pid, true)
  view.setUint8(COUNT_ROW.ABI, abi)
  view.setUint32(COUNT_ROW.NR, nr, true)
  const offsets = [COUNT_ROW.CALLS, COUNT_ROW.TOTAL_NS, COUNT_ROW.MIN_NS, COUNT_ROW.MAX_NS, COUNT_ROW.SYSTEM_NS]
  for (const [index, offset] of offsets.entries()) view.setBigUint64(offset, BigInt(numbers[index] ?? 0), true)
  view.setUint32(COUNT_ROW.ERRNOS, errnos.length, true)
  for (const [index, [errno, count]] of errnos.entries()) {
    const at = COUNT_ROW.SIZE_OF + index * COUNT_ERRNO.SIZE_OF
    view.setUint32(at + COUNT_ERRNO.ERRNO, errno, true)
    view.setBigUint64(at + COUNT_ERRNO.COUNT, BigInt(count), true)
  }
  return new Uint8Array(view.buffer)
}

test('the engine counts the same', (t) => {
  const bytes = counts([
    { pid: 7, nr: 0, numbers: [2, 40, 10, 30, 0], errnos: [[9, 1]] },
    { pid: 8, nr: 0, numbers: [1, 5, 5, 5, 0], errnos: [[512, 1]] },
    { pid: 8, nr: 95, numbers: [1, 1, 1, 1, 0], errnos: [[1, 1]] },
    { pid: 8, nr: 231, numbers: [1, 0, 0, 0, 0] },
  ])
  t.deepEqual(summarizeCounts(readCounts(bytes)), summarizeChunks([chunk]))
})

test('calls of different ABIs go by their name', (t) => {
  const bytes = counts([
    { pid: 7, nr: 3, numbers: [1, 1, 1, 1, 2] },
    { pid: 7, nr: 6, abi: 1, numbers: [1, 2, 2, 2, 3] },
  ])
  t.like(summarizeCounts(readCounts(bytes)).calls[0], { name: 'close', calls: 2, totalNs: 3n, systemNs: 5n })
})
