import test from 'ava'
import { processesOf } from './processes.ts'
import type { RecordedRun } from './recorded.ts'

let now = 0n

/** An event; each comes a millisecond after the one before. */
function event(type: string, pid: number, about: object = {}): RecordedRun['events'][number] {
  now += 1_000_000n
  const common = { type, pid, tid: pid, timeNs: now, startNs: now, endNs: now, ok: true, args: {} }
  return Object.assign(common, about)
}

const fork = (pid: number, child: number): object =>
  event('fork', pid, { child: { pid: child, tid: child }, thread: false })
const thread = (pid: number, tid: number): object => event('fork', pid, { child: { pid, tid }, thread: true })

function run(events: readonly object[], about: Partial<RecordedRun> = {}): RecordedRun {
  // As in a real run.
  const recorded = events as RecordedRun['events']
  return { pid: 1, complete: true, incomplete: [], events: recorded, syscalls: () => [], ...about }
}

test('a thread that executes a program goes on as the first one, and the others end', (t) => {
  const [process] = processesOf(
    run([
      event('exec', 1, { program: '/old', formerTid: 1 }),
      thread(1, 2),
      thread(1, 3),
      event('superseded', 1, { byTid: 3 }),
      event('exec', 1, { program: '/new', formerTid: 3 }),
      event('exit', 1, { code: 5, coreDumped: false }),
    ]),
  ).all
  t.deepEqual(process?.ending, { how: 'exited', code: 5 })
  t.is(process?.program, '/new')
  const ends = process?.threads.map(({ tid, endNs }) => [tid, endNs === process.endNs])
  t.deepEqual(ends, [
    [1, true],
    [2, false],
    [3, false],
  ])
  t.true(process?.threads.every(({ endNs }) => endNs !== undefined))
})

test('an id that is given again is another process', (t) => {
  const processes = processesOf(
    run([
      event('exec', 1, { program: '/sh', formerTid: 1 }),
      fork(1, 2),
      event('exit', 2, { code: 0, coreDumped: false }),
      fork(1, 2),
      event('exit', 2, { signal: 'SIGSEGV', coreDumped: true }),
      event('exit', 1, { code: 0, coreDumped: false }),
    ]),
  )
  const [, first, second] = processes.all
  t.deepEqual(first?.ending, { how: 'exited', code: 0 })
  t.deepEqual(second?.ending, { how: 'killed', signal: 'SIGSEGV', coreDumped: true })
  t.is(processes.get(2), second)
  t.is(processes.at(2, first?.startNs ?? 0n), first)
  t.regex(String(second), /SIGSEGV \(core dumped\), 1\.0 ms/)
})

test('who was made by a thread, and ends never, has no end', (t) => {
  const events = [event('exec', 1, { program: '/a', formerTid: 1 }), thread(1, 9), fork(1, 2)]
  const [, child] = processesOf(run(events, { complete: false, incomplete: ['lost-tracee'] })).all
  t.deepEqual(child?.ending, { how: 'unknown' })
  t.is(child?.endNs, undefined)
  t.is(child?.durationMs, undefined)
  t.regex(String(child), /^\S+ \(2\): end not seen, forked only$/)
})

test('of several that are left at the end, none has outlived another', (t) => {
  const left = processesOf(
    run([
      event('exec', 1, { program: '/a', formerTid: 1 }),
      fork(1, 2),
      fork(2, 3),
      event('exit', 1, { code: 0, coreDumped: false }),
      event('leaked', 2),
      event('leaked', 3),
      event('exit', 2, { signal: 'SIGKILL', coreDumped: false }),
      event('exit', 3, { signal: 'SIGKILL', coreDumped: false }),
    ]),
  ).leaked
  t.deepEqual(
    left.map(({ pid, outlivedParent }) => [pid, outlivedParent]),
    [
      [2, true],
      [3, false],
    ],
  )
})

test('a session that its maker began afterwards is not its own', (t) => {
  const setsid = (pid: number): object => event('syscall', pid, { name: 'setsid' })
  const life = (early: boolean): object[] => [
    event('exec', 1, { program: '/a', formerTid: 1 }),
    fork(1, 2),
    ...(early ? [setsid(2), fork(2, 3)] : [fork(2, 3), setsid(2)]),
    event('exit', 2, { code: 0, coreDumped: false }),
    event('exit', 3, { code: 0, coreDumped: false }),
  ]
  t.true(processesOf(run(life(true))).get(3)?.daemonised)
  t.false(processesOf(run(life(false))).get(3)?.daemonised)
})

test('the environment has the first of two', (t) => {
  const call = event('syscall', 1, {
    name: 'execve',
    args: { argv: ['a'], envp: ['A=1', 'A=2', 'B==', 'C'], pathname: 'a' },
  })
  const [process] = processesOf(run([event('exec', 1, { program: '/a', formerTid: 1 }), call])).all
  t.deepEqual({ ...process?.env }, { A: '1', B: '=', C: '' })
  t.is(process?.executed[0]?.pathname, 'a')
})
