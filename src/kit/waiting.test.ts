import test from 'ava'
import type { RecordedRun } from './recorded.ts'
import { waitingOf } from './waiting.ts'

const MS = 1_000_000

function run(...events: readonly object[]): RecordedRun {
  // As in a real run.
  const recorded = events as RecordedRun['events']
  return { pid: 1, complete: true, incomplete: [], events: recorded, syscalls: () => [] }
}

/** A call of so many milliseconds, of which the process spent some in the kernel. */
function call(name: string, wallMs: number, systemMs: number, about: object = {}): object {
  const times = { startNs: 0n, endNs: BigInt(wallMs * MS), systemNs: systemMs * MS }
  const raw = { args: [0n, 0n, 0n, 0n, 0n, 0n] }
  return {
    type: 'syscall',
    pid: 1,
    tid: 1,
    name,
    args: {},
    ok: true,
    ...times,
    raw,
    toString: () => `${name}()`,
    ...about,
  }
}

test('time that a thread alone spent in the kernel is no waiting; of several, nobody knows whose it was', (t) => {
  const thread = { type: 'fork', pid: 1, tid: 1, timeNs: 0n, child: { pid: 1, tid: 2 }, thread: true }
  const exit = { type: 'exit', pid: 1, tid: 2, timeNs: 0n, code: 0, coreDumped: false }
  const wait = call('wait4', 10, 4)
  t.is(waitingOf(run(wait)).waits[0]?.totalMs, 6)
  t.is(waitingOf(run(thread, wait)).waits[0]?.totalMs, 10)
  t.is(waitingOf(run(thread, exit, wait)).waits[0]?.totalMs, 6)
  t.is(waitingOf(run(call('wait4', 3, 4))).waits[0]?.totalMs, 0)
})

test('calls that are several in one count where they wait', (t) => {
  const { waits } = waitingOf(
    run(
      call('futex', 1, 0, { args: { futex_op: 'FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME' } }),
      call('futex', 2, 0, { args: { futex_op: 'FUTEX_WAKE_PRIVATE' } }),
      call('futex', 4, 0, { args: { futex_op: 'FUTEX_LOCK_PI_PRIVATE' } }),
      call('futex', 8, 0, { args: { futex_op: 'FUTEX_UNLOCK_PI_PRIVATE' } }),
      call('fcntl', 16, 0, { args: { op: 'F_OFD_SETLKW' } }),
      call('fcntl', 32, 0, { args: { op: 'F_GETFL' } }),
      call('clone', 64, 0, { raw: { args: [0x4111n, 0n, 0n, 0n, 0n, 0n] } }),
      call('clone', 128, 0),
      call('openat', 256, 0),
    ),
  )
  t.deepEqual(
    waits.map(({ cause, totalMs, calls }) => [cause, totalMs, calls]),
    [
      ['child', 64, 1],
      ['lock', 16, 1],
      ['thread', 5, 2],
    ],
  )
})

test('a call that the kernel goes on with is what it was', (t) => {
  const { waits, causes } = waitingOf(
    run(call('nanosleep', 10, 0), call('restart_syscall', 20, 0, { resumes: 'nanosleep' })),
  )
  t.deepEqual([...causes], [['sleep', 30]])
  t.like(waits[0], { calls: 2, longestMs: 20, longest: 'restart_syscall()' })
})

test('descriptors are what they were opened as', (t) => {
  const fd = (number: bigint): object => ({ raw: { args: [number, 0n, 0n, 0n, 0n, 0n] } })
  const { waits } = waitingOf(
    run(
      call('openat', 0, 0, { args: { dirfd: 'AT_FDCWD', pathname: '/dev/pts/3' }, returned: 3 }),
      call('openat', 0, 0, { args: { dirfd: 'AT_FDCWD', pathname: '/data' }, returned: 4 }),
      call('socket', 0, 0, { args: { domain: 'AF_INET', type: 'SOCK_STREAM' }, returned: 5 }),
      call('eventfd2', 0, 0, { args: {}, returned: 6 }),
      call('read', 5, 0, fd(3n)),
      call('write', 4, 0, fd(4n)),
      call('readv', 3, 0, fd(5n)),
      call('read', 2, 0, fd(6n)),
    ),
  )
  t.deepEqual(
    waits.map(({ cause }) => cause),
    ['terminal', 'file', 'socket', 'descriptor'],
  )
})
