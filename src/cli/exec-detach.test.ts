import test from 'ava'
import { ExecDetach, type Seen } from './exec-detach.ts'

function event(type: string, pid: number, more: Partial<Seen> = {}): Seen {
  return { type, pid, tid: pid, ...more }
}

function execve(pid: number): readonly Seen[] {
  return [event('exec', pid), event('syscall', pid, { name: 'execve' })]
}

const fork = (pid: number, child: number) => event('fork', pid, { thread: false, child: { pid: child } })
const read = (pid: number) => event('syscall', pid, { name: 'read' })

/** Kinds of the events of each part, and who goes behind it. */
function split(detach: ExecDetach<Seen>, events: readonly Seen[]): readonly unknown[] {
  return detach
    .split(events)
    .map((part) => [
      part.events.map(({ type, pid }) => `${type} ${pid}`),
      ...(part.letGo === undefined ? [] : [part.letGo.pid, part.letGo.call?.type]),
    ])
}

test('the command’s start is no reason to let it go, its next program is', (t) => {
  const detach = new ExecDetach<Seen>(1, [])
  t.deepEqual(split(detach, [...execve(1), read(1)]), [[['exec 1', 'syscall 1', 'syscall 1']]])
  t.false(detach.isDone)
  t.deepEqual(split(detach, [...execve(1), read(1)]), [[['exec 1'], 1, 'syscall'], [[]]])
  t.true(detach.isDone)
  t.true(detach.hasGone(1))
})

test('what a process starts after it went is not shown; others are', (t) => {
  const detach = new ExecDetach<Seen>(1, [])
  split(detach, [...execve(1), fork(1, 2), ...execve(2), fork(2, 3)])
  t.deepEqual(split(detach, [read(2), read(3), read(1)]), [[['syscall 1']]])
  t.false(detach.isDone)
  split(detach, [event('exit', 1)])
  t.true(detach.isDone)
})

test('an attached process goes with its first exec; without its call where that is not recorded', (t) => {
  const detach = new ExecDetach<Seen>(undefined, [5])
  t.deepEqual(split(detach, [event('exec', 5), read(5)]), [[['exec 5'], 5, undefined], [[]]])
  t.deepEqual(split(new ExecDetach<Seen>(undefined, [5]), [event('exec', 5)]), [[['exec 5'], 5, undefined], [[]]])
})
