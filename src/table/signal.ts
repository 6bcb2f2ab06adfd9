/** System calls on signals. */

import { isNull } from '../args/cells.ts'
import { flags, oneOf } from '../args/flags.ts'
import { pointerTo, resultIn } from '../args/pointer.ts'
import { decimal, newFd, withNote } from '../args/returns.ts'
import { fd, pid, size, tid } from '../args/scalar.ts'
import {
  restoredMask,
  sigaction,
  signal as signum,
  signalName,
  sigsetIn,
  sigsetOut,
  stack,
} from '../args/signal/signal.ts'
import { siginfo } from '../args/signal/siginfo.ts'
import { timespec } from '../args/time/time.ts'
import { PIDFD_SIGNAL, SFD, SIG_HOW } from './constants/signal.ts'
import { syscall } from './syscall.ts'

const received = withNote((call) => (call.result === 0 ? undefined : signalName(call.result)))

export const signal = {
  rt_sigaction: syscall(13, ['signal'], decimal, {
    signum,
    act: pointerTo(sigaction),
    oldact: resultIn(sigaction),
    sigsetsize: size,
  }),
  rt_sigprocmask: syscall(14, ['signal'], decimal, {
    how: oneOf(SIG_HOW),
    set: sigsetIn('sigsetsize'),
    oldset: sigsetOut('sigsetsize'),
    sigsetsize: size,
  }),
  rt_sigreturn: syscall(15, ['signal'], decimal, { sigmask: restoredMask }),
  pause: syscall(34, ['signal'], decimal, {}),
  kill: syscall(62, ['signal', 'process'], decimal, { pid, signum }),
  rt_sigpending: syscall(127, ['signal'], decimal, { set: sigsetOut('sigsetsize', { least: 1 }), sigsetsize: size }),
  rt_sigtimedwait: syscall(128, ['signal'], received, {
    set: sigsetIn('sigsetsize'),
    // Without room for it nothing comes back, and strace shows all at once.
    info: { ...resultIn(siginfo), late: (cell) => !isNull(cell) },
    timeout: pointerTo(timespec),
    sigsetsize: size,
  }),
  rt_sigqueueinfo: syscall(129, ['signal', 'process'], decimal, { tgid: pid, signum, info: pointerTo(siginfo) }),
  rt_sigsuspend: syscall(130, ['signal'], decimal, { set: sigsetIn('sigsetsize'), sigsetsize: size }),
  sigaltstack: syscall(131, ['signal'], decimal, { ss: pointerTo(stack), old_ss: resultIn(stack) }),
  tkill: syscall(200, ['signal', 'process'], decimal, { tid, signum }),
  restart_syscall: syscall(219, [], decimal, {}),
  tgkill: syscall(234, ['signal', 'process'], decimal, { tgid: pid, tid, signum }),
  signalfd: syscall(282, ['desc', 'signal'], newFd, { fd, mask: sigsetIn('sizemask'), sizemask: size }),
  signalfd4: syscall(289, ['desc', 'signal'], newFd, {
    fd,
    mask: sigsetIn('sizemask'),
    sizemask: size,
    flags: flags(SFD),
  }),
  rt_tgsigqueueinfo: syscall(297, ['process', 'signal'], decimal, {
    tgid: pid,
    tid,
    signum,
    info: pointerTo(siginfo),
  }),
  pidfd_send_signal: syscall(424, ['desc', 'signal', 'process'], decimal, {
    pidfd: fd,
    signum,
    info: pointerTo(siginfo),
    flags: flags(PIDFD_SIGNAL),
  }),
} as const
