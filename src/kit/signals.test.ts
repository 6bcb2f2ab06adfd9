import test from 'ava'
import type { RecordedRun } from './recorded.ts'
import { signalsOf } from './signals.ts'

function run(...events: readonly object[]): RecordedRun {
  // As in a real run.
  const recorded = events as RecordedRun['events']
  return { pid: 1, complete: true, incomplete: [], events: recorded, syscalls: () => [] }
}

function call(name: string, args: object, about: object = {}): object {
  return { type: 'syscall', pid: 1, tid: 1, name, args, ok: true, startNs: 1n, endNs: 2n, ...about }
}

test('every call that sends a signal says to whom', (t) => {
  const { sent } = signalsOf(
    run(
      call('kill', { pid: 7, signum: 'SIGTERM' }),
      call('kill', { pid: 0, signum: 'SIGTERM' }),
      call('kill', { pid: -1, signum: 'SIGTERM' }),
      call('kill', { pid: -7, signum: 'SIGTERM' }),
      call('tkill', { tid: 8, signum: 'SIGTERM' }),
      call('tgkill', { tgid: 7, tid: 8, signum: 'SIGTERM' }),
      call('rt_sigqueueinfo', { tgid: 7, signum: 'SIGTERM' }),
      call('rt_tgsigqueueinfo', { tgid: 7, tid: 8, signum: 'SIGTERM' }),
    ),
  )
  t.deepEqual(
    sent.map(({ target }) => target),
    [
      { to: 'process', pid: 7 },
      { to: 'own group' },
      { to: 'everybody' },
      { to: 'group', pgid: 7 },
      { to: 'thread', tid: 8 },
      { to: 'thread', tid: 8, pid: 7 },
      { to: 'process', pid: 7 },
      { to: 'thread', tid: 8, pid: 7 },
    ],
  )
})

test('a pidfd is whom it was opened for, as far as that was seen', (t) => {
  const { sent } = signalsOf(
    run(
      call('pidfd_open', { pid: 9 }, { returned: 4 }),
      call('pidfd_send_signal', { pidfd: 4, signum: 'SIGUSR1' }),
      call('dup', { oldfd: 4 }, { returned: 6 }),
      call('pidfd_send_signal', { pidfd: 6, signum: 'SIGUSR1' }),
      call('pidfd_send_signal', { pidfd: 5, signum: 'SIGUSR1' }, { ok: false, error: 'EBADF' }),
    ),
  )
  t.deepEqual(
    sent.map(({ target }) => target),
    [
      { to: 'process', pid: 9 },
      { to: 'process', pid: 9 },
      { to: 'pidfd', fd: 5 },
    ],
  )
  t.is(sent[2]?.error, 'EBADF')
})

test('a signal that a program waits for is got as well, with its sender', (t) => {
  const info = { signo: 10, code: 'SI_USER', pid: 3, uid: 0 }
  const { got } = signalsOf(
    run(
      call('rt_sigtimedwait', {}, { returned: 10, out: { info } }),
      call('rt_sigtimedwait', {}, { returned: 12, out: { info: null } }),
      call('rt_sigtimedwait', {}, { ok: false, error: 'EAGAIN' }),
    ),
  )
  const common = { pid: 1, tid: 1, how: 'waited for', timeNs: 2n }
  t.deepEqual<unknown, unknown>(got, [
    { signal: 'SIGUSR1', ...common, from: 3, code: 'SI_USER' },
    { signal: 'SIGUSR2', ...common },
  ])
})

test('only what a process sent has a sender: a child that ended sent nothing', (t) => {
  const signal = (name: string, info: object): object => ({
    type: 'signal',
    pid: 1,
    tid: 1,
    timeNs: 1n,
    signal: name,
    info,
  })
  const { got } = signalsOf(
    run(
      signal('SIGCHLD', { signo: 17, code: 'CLD_EXITED', pid: 5 }),
      signal('SIGCHLD', { signo: 17, code: 'SI_USER', pid: 5 }),
      signal('SIGSEGV', { signo: 11, code: 'SEGV_MAPERR', address: 0n }),
      signal('SIGUSR1', { signo: 10, code: -60, pid: 6 }),
    ),
  )
  t.deepEqual(
    got.map(({ from }) => from),
    [undefined, 5, undefined, 6],
  )
})
