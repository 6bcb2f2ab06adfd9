/** `toLeaveNoProcesses()`: processes are left in many ways, and none of them may pass for none. */

import test from 'ava'
import { attach, trace, type TraceOptions } from '../index.ts'
import { toLeaveNoProcesses } from '../src/kit/matchers/left.ts'
import { toExec } from '../src/kit/matchers/executed.ts'
import { partWithin } from '../src/kit/part.ts'
import { startStranger } from './strangers.ts'
import { outcome } from './verdicts.ts'

const filter = ['execve', 'execveat', 'setsid', 'clone', 'clone3', 'fork', 'vfork']

function sh(script: string, options: TraceOptions = {}) {
  return trace('sh', ['-c', script], { filter, ...options })
}

/** `fails`, `passes`, or the code of what is thrown. */
function plain(message: string): string {
  return message.replaceAll(/\(\d+\)/g, '(PID)').replaceAll(/[\d.]+ (?:ms|s)\b/g, 'TIME')
}

test('what is left is told with the tree', async (t) => {
  const { pass, message } = toLeaveNoProcesses(await sh('sleep 30 & (exit 4); exit 0', { drainMs: 2000 }))
  t.false(pass)
  t.is(
    plain(message),
    `Expected \`sh -c 'sleep 30 & (exit 4); exit 0'\` to leave no processes, but one process was left running (PID):

  sh -c 'sleep 30 & (exit 4); exit 0' (PID): exit 0, TIME
  ├─ sleep 30 (PID): left running, TIME, outlived its parent
  └─ sh -c 'sleep 30 & (exit 4); exit 0' (PID): exit 4, TIME, forked only`,
  )
})

test('that nothing is left is told with the tree', async (t) => {
  const { pass, message } = toLeaveNoProcesses(await sh('true; exit 3'))
  t.true(pass)
  t.is(
    plain(message),
    `Expected \`sh -c 'true; exit 3'\` to leave processes, but all of them ended:

  sh -c 'true; exit 3' (PID): exit 3, TIME`,
  )
})

test('who goes on for long after the command is told', async (t) => {
  const run = await sh('sleep 1.6 & sleep 1.5 & exit 0', { until: 'tree' })
  const { pass, message } = toLeaveNoProcesses(run)
  t.false(pass)
  t.regex(
    plain(message),
    /^Expected `sh .*` to leave no processes, but 2 processes were going on TIME after it had ended \(\d+, \d+\):\n\n/,
  )
  t.true(toLeaveNoProcesses(run, { withinMs: 60_000 }).pass)
  const soon = await sh('sleep 1 & exit 0', { until: 'tree' })
  t.true(toLeaveNoProcesses(soon, { withinMs: 60_000 }).pass)
  t.false(toLeaveNoProcesses(soon, { withinMs: 0 }).pass)
})

const daemon = `require('child_process').spawn('sleep', ['30'], { detached: true, stdio: 'ignore' }).unref()`
const worker = `new (require('worker_threads').Worker)(${JSON.stringify(daemon)}, { eval: true })`
const ways: readonly (readonly [title: string, file: string, args: readonly string[]])[] = [
  ['an orphan', 'sh', ['-c', 'sleep 30 & exit 0']],
  ['a grandchild', 'sh', ['-c', 'sh -c "sleep 30 & exit 0"']],
  ['a session of its own', 'sh', ['-c', 'setsid sleep 30 & sleep 0.2']],
  ['two forks and a session between', 'sh', ['-c', 'setsid sh -c "sleep 30 & exit 0"; exit 0']],
  ['who ignores signals', 'sh', ['-c', 'trap "" TERM HUP INT; sleep 30 & exit 0']],
  ['a child of Node', process.execPath, ['-e', daemon]],
  ['a child of a worker', process.execPath, ['-e', worker]],
]
for (const [title, file, args] of ways) {
  for (const some of [filter, 'none'] as const) {
    test(`${title} is left, ${some === 'none' ? 'where no call is recorded' : 'with command lines'}`, async (t) => {
      const run = await trace(file, args, { filter: some })
      const { pass, message } = toLeaveNoProcesses(run)
      t.false(pass)
      t.regex(message, /\(\d+\): left running/)
    })
  }
}

test('threads are no processes, and who was waited for is not left', async (t) => {
  const threads = `new (require('worker_threads').Worker)('0', { eval: true })`
  t.true(toLeaveNoProcesses(await trace(process.execPath, ['-e', threads], { filter: 'none' })).pass)
  t.true(toLeaveNoProcesses(await sh('sleep 0.1 & sleep 0.05 & wait')).pass)
  t.true(toLeaveNoProcesses(await sh('sleep 30 & kill $!; wait')).pass)
})

test('a run that was ended by its timeout can not be told, unless somebody was left', async (t) => {
  const stopped = await sh('sleep 30; true', { timeout: 300 })
  t.true(stopped.timedOut)
  t.throws(() => toLeaveNoProcesses(stopped), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /`timeout`/ })
  // However late the shell ended, its child was there after it.
  const late = await sh('sleep 30 & exit 0', { until: 'tree', timeout: 2000 })
  t.false(toLeaveNoProcesses(late, { withinMs: 0 }).pass)
})

test('who was let go can not be told', async (t) => {
  const stranger = await startStranger('sh', '-c', 'while sleep 0.02; do :; done')
  try {
    const running = attach(stranger.pid, { filter })
    // The first end that is seen is of a child, so that there is a tree.
    running.on('exit', () => running.detach())
    const run = await running
    t.throws(() => toLeaveNoProcesses(run), { code: 'ERR_SYSCOPE_INCOMPLETE' })
  } finally {
    stranger.kill()
  }
})

test('an incomplete run tells what was left, and not that nothing was', async (t) => {
  const cut = ({ command, pid, events }: Awaited<ReturnType<typeof sh>>): object => {
    return { command, pid, events, complete: false, incomplete: ['lost-tracee'], syscalls: () => [] }
  }
  const quiet = cut(await sh('true'))
  t.throws(() => toLeaveNoProcesses(quiet), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /lost-tracee/ })
  t.false(toLeaveNoProcesses(cut(await sh('sleep 30 & exit 0'))).pass)
})

test('children that were not followed, and events that were not kept, can not be told', async (t) => {
  const alone = await sh('sleep 0.1 & wait', { follow: false })
  t.is(
    outcome(() => toLeaveNoProcesses(alone)),
    'ERR_SYSCOPE_NOT_RECORDED',
  )
  const counted = await sh('true', { counting: true })
  t.is(
    outcome(() => toLeaveNoProcesses(counted)),
    'ERR_SYSCOPE_NOT_RECORDED',
  )
})

test('children that nothing was recorded of can not be told', async (t) => {
  for (const mode of ['filter', 'stops'] as const) {
    const run = await sh('sleep 1 & exit 0', { follow: false, filter: 'none', mode })
    t.is(
      outcome(() => toLeaveNoProcesses(run)),
      'ERR_SYSCOPE_NOT_RECORDED',
    )
  }
})

test('what a part of a run leaves behind is its own', async (t) => {
  const run = await sh('sleep 30 & sleep 0.3; sleep 0.01; exit 0')
  const all = run.events.flatMap((event) => (event.type === 'fork' && !event.thread ? [event] : []))
  const [first, second, third] = all.map(({ timeNs }) => timeNs)
  if (first === undefined || second === undefined || third === undefined) return t.fail('too few processes')
  const before = partWithin(run, { fromNs: first - 1n, toNs: second - 1n })
  t.false(toLeaveNoProcesses(before, { withinMs: 60_000 }).pass)
  const between = partWithin(run, { fromNs: second - 1n, toNs: third - 1n })
  t.true(toLeaveNoProcesses(between).pass)
  const short = partWithin(run, { fromNs: second - 1n, toNs: second + 1n })
  t.false(toLeaveNoProcesses(short, { withinMs: 50 }).pass)
  t.is(
    outcome(() => toExec(between, 'sleep')),
    'passes',
  )
})

test('what is no finished run, and no limit, is refused', async (t) => {
  const running = sh('true')
  t.throws(() => toLeaveNoProcesses(running), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message: /`await` it/ })
  const run = await running
  t.throws(() => toLeaveNoProcesses(undefined), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message: /toLeaveNoProcesses/ })
  const bad: readonly unknown[] = [{ withinMs: -1 }, { withinMs: '200' }, { within: 1 }, 200, null, { withinMs: NaN }]
  for (const options of bad) {
    // As JavaScript may call it.
    t.throws(() => toLeaveNoProcesses(run, options as object), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  }
})
