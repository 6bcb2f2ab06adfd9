/** Signals that processes send and get. */

import test from 'ava'
import { trace } from '../index.ts'
import { signalCalls, signalsOf } from '../src/kit/signals.ts'

const all = { filter: [...signalCalls, 'rt_sigtimedwait'] } as const

test('a signal that a process sends is there, and where it arrives', async (t) => {
  const run = await trace('sh', ['-c', 'sleep 30 & sleep 0.1; kill -TERM $!; wait $!'], all)
  const { sent, got } = signalsOf(run)
  const [kill] = sent
  t.is(sent.length, 1)
  t.like(kill, { signal: 'SIGTERM', call: 'kill', pid: run.pid, ok: true })
  t.is(kill?.error, undefined)
  const target = kill?.target
  if (target?.to !== 'process') return t.fail('it was sent to a process')
  const arrived = got.find(({ signal }) => signal === 'SIGTERM')
  t.like(arrived, { pid: target.pid, how: 'delivered', from: run.pid, code: 'SI_USER' })
  t.true(arrived !== undefined && kill !== undefined && arrived.timeNs >= kill.timeNs)
  // The end of a child is no signal that a process sent.
  t.is(got.find(({ signal }) => signal === 'SIGCHLD')?.from, undefined)
})

test('one that is not allowed, and the question whether somebody is there', async (t) => {
  const run = await trace(
    'node',
    ['-e', 'process.kill(process.pid, 0); try { process.kill(2 ** 22 + 1) } catch {}'],
    all,
  )
  t.deepEqual(
    signalsOf(run).sent.map(({ signal, target, ok, error }) => ({ signal, target, ok, error })),
    [
      { signal: '0', target: { to: 'process', pid: run.pid }, ok: true, error: undefined },
      { signal: 'SIGTERM', target: { to: 'process', pid: 2 ** 22 + 1 }, ok: false, error: 'ESRCH' },
    ],
  )
})

test('SIGKILL shows in the end of a process, and signals to groups say so', async (t) => {
  const run = await trace('setsid', ['sh', '-c', 'sleep 30 & sleep 0.1; kill -USR1 -$$ 2>/dev/null; kill -KILL 0'], all)
  const { sent, got } = signalsOf(run)
  t.deepEqual(
    sent.map(({ target }) => target),
    [{ to: 'group', pgid: run.pid }],
  )
  t.is(run.signal, 'SIGUSR1')
  t.true(got.some(({ signal, pid }) => signal === 'SIGUSR1' && pid !== run.pid))
})

test('who is killed got SIGKILL, but not who is left at the end of the run', async (t) => {
  const killed = await trace('sh', ['-c', 'sleep 30 & kill -KILL $!; wait'], all)
  t.is(signalsOf(killed).got.filter(({ how }) => how === 'deadly').length, 1)
  const left = await trace('sh', ['-c', 'sleep 30 & exit'], { ...all, drainMs: 20 })
  t.is(left.leaked.length, 1)
  t.deepEqual(
    signalsOf(left).got.filter(({ how }) => how === 'deadly'),
    [],
  )
})

test('a process that signals itself by thread', async (t) => {
  const run = await trace('sh', ['-c', 'ulimit -c 0; exec node -e "process.abort()"'], all)
  const { sent, got } = signalsOf(run)
  t.like(sent.at(-1), { signal: 'SIGABRT', call: 'tgkill', ok: true })
  t.deepEqual(sent.at(-1)?.target, { to: 'thread', tid: run.pid, pid: run.pid })
  t.like(got.at(-1), { signal: 'SIGABRT', from: run.pid, code: 'SI_TKILL' })
  t.deepEqual(signalsOf(run).of(run.pid).sent, sent)
})

test('what was sent is refused where the filter left it out; what was got is always known', async (t) => {
  const run = await trace('sh', ['-c', 'kill -USR1 $$'], { filter: ['kill'] })
  const signals = signalsOf(run)
  t.is(signals.got.find(({ signal }) => signal === 'SIGUSR1')?.pid, run.pid)
  t.throws(() => signals.sent, { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /tgkill/ })
})
