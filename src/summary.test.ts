import test from 'ava'
import { callRecord, join, record } from '../__test__/records.ts'
import { decodeChunk } from './decode.ts'
import { bucketOf } from './histogram.ts'
import { COUNT_ENTRY, COUNT_ROW, COUNTS, COUNTS_MAGIC, readCounts } from './record/counts.ts'
import { EXIT, KIND, SYSCALL_FLAG } from './record/layout.ts'
import { summarizeChunks, summarizeCounts, Tally } from './summary.ts'

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

const none = { totalNs: 0n, minNs: 0n, maxNs: 0n, p50Ns: 0n, p90Ns: 0n, p99Ns: 0n }
const zero = { errors: 0, errnos: {}, unfinished: 0, wall: none, system: none }
const one = { ...none, totalNs: 1n, minNs: 1n, maxNs: 1n, p50Ns: 1n, p90Ns: 1n, p99Ns: 1n }

test('calls are counted by name, the longest first', (t) => {
  const { calls, total } = summarizeChunks([chunk])
  const wall = { totalNs: 45n, minNs: 5n, maxNs: 30n, p50Ns: 10n, p90Ns: 30n, p99Ns: 30n }
  t.deepEqual(calls, [
    { ...zero, name: 'read', calls: 3, errors: 1, errnos: { EBADF: 1 }, wall },
    { ...zero, name: 'umask', calls: 1, wall: one },
    { ...zero, name: 'exit_group', calls: 1, unfinished: 1 },
  ])
  t.like(total, {
    calls: 5,
    errors: 1,
    errnos: { EBADF: 1 },
    unfinished: 1,
    wall: { totalNs: 46n, minNs: 1n, maxNs: 30n },
  })
})

test('events are counted one by one as well', (t) => {
  const tally = new Tally()
  for (const event of decodeChunk(chunk)) if (event.type === 'syscall') tally.add(event)
  t.deepEqual(tally.summary(), summarizeChunks([chunk]))
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
  readonly calls: number
  readonly unfinished?: number
  readonly wall: readonly number[]
  readonly system?: readonly number[]
  readonly errnos?: readonly (readonly [errno: number, count: number])[]
}

function counts(rows: readonly Row[]): Uint8Array {
  const head = new DataView(new ArrayBuffer(COUNTS.SIZE_OF))
  head.setUint32(COUNTS.MAGIC, COUNTS_MAGIC, true)
  head.setUint32(COUNTS.ROWS, rows.length, true)
  return join([new Uint8Array(head.buffer), ...rows.map(countRow)])
}

/** Rows are given each call's times. */
function countRow({
  pid,
  nr,
  abi = 0,
  calls,
  unfinished = 0,
  wall,
  system = wall.map(() => 0),
  errnos = [],
}: Row): Uint8Array {
  const entries = [errnos, ...[wall, system].map((times) => times.map((ns) => [bucketOf(ns), 1] as const))]
  const view = new DataView(new ArrayBuffer(COUNT_ROW.SIZE_OF + entries.flat().length * COUNT_ENTRY.SIZE_OF))
  view.setUint32(COUNT_ROW.PID, pid, true)
  view.setUint8(COUNT_ROW.ABI, abi)
  view.setUint32(COUNT_ROW.NR, nr, true)
  view.setUint32(COUNT_ROW.CALLS, calls, true)
  view.setUint32(COUNT_ROW.UNFINISHED, unfinished, true)
  for (const [field, times] of [
    [COUNT_ROW.WALL_NS, wall],
    [COUNT_ROW.SYSTEM_NS, system],
  ] as const) {
    const sums = [times.reduce((sum, ns) => sum + ns, 0), Math.min(...times, Infinity), Math.max(...times, 0)]
    for (const [index, sum] of sums.entries()) view.setUint32(field + 8 * index, Number.isFinite(sum) ? sum : 0, true)
  }
  for (const [index, field] of [COUNT_ROW.ERRNOS, COUNT_ROW.WALL_BUCKETS, COUNT_ROW.SYSTEM_BUCKETS].entries())
    view.setUint32(field, entries[index]?.length ?? 0, true)
  for (const [index, [key, count]] of entries.flat().entries()) {
    const at = COUNT_ROW.SIZE_OF + index * COUNT_ENTRY.SIZE_OF
    view.setUint32(at + COUNT_ENTRY.KEY, key, true)
    view.setBigUint64(at + COUNT_ENTRY.COUNT, BigInt(count), true)
  }
  return new Uint8Array(view.buffer)
}

test('the engine counts the same', (t) => {
  const bytes = counts([
    { pid: 7, nr: 0, calls: 2, wall: [10, 30], errnos: [[9, 1]] },
    { pid: 8, nr: 0, calls: 1, wall: [5], errnos: [[512, 1]] },
    { pid: 8, nr: 95, calls: 1, wall: [1], errnos: [[1, 1]] },
    { pid: 8, nr: 231, calls: 1, unfinished: 1, wall: [] },
  ])
  t.deepEqual(summarizeCounts(readCounts(bytes)), summarizeChunks([chunk]))
})

test('calls of different ABIs go by their name', (t) => {
  const bytes = counts([
    { pid: 7, nr: 3, calls: 1, wall: [1], system: [2] },
    { pid: 7, nr: 6, abi: 1, calls: 1, wall: [2], system: [3] },
  ])
  t.like(summarizeCounts(readCounts(bytes)).calls[0], {
    name: 'close',
    calls: 2,
    wall: { totalNs: 3n },
    system: { totalNs: 5n },
  })
})

test('counts that are cut anywhere are refused', (t) => {
  const bytes = counts([{ pid: 7, nr: 3, calls: 2, wall: [1, 200], system: [2, 2], errnos: [[9, 1]] }])
  for (let length = 0; length < bytes.length; length++)
    t.throws(() => readCounts(bytes.subarray(0, length)), { code: 'ERR_SYSCOPE_BAD_TRACE' })
})
