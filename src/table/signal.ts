/** System calls: signal. */

import { decimal } from '../args/returns.ts'
import { fd, pid, size } from '../args/scalar.ts'
import { todo } from '../args/switch.ts'
import { syscall } from './syscall.ts'

export const signal = {
  rt_sigaction: syscall(13, ['signal'], decimal, { signum: todo, act: todo, oldact: todo, sigsetsize: size }),
  rt_sigprocmask: syscall(14, ['signal'], decimal, { how: todo, set: todo, oldset: todo, sigsetsize: size }),
  rt_sigreturn: syscall(15, ['signal'], decimal, {}),
  pause: syscall(34, ['signal'], decimal, {}),
  kill: syscall(62, ['signal', 'process'], decimal, { pid, signum: todo }),
  rt_sigpending: syscall(127, ['signal'], decimal, { set: todo, sigsetsize: size }),
  rt_sigtimedwait: syscall(128, ['signal'], decimal, { set: todo, info: todo, timeout: todo, sigsetsize: size }),
  rt_sigqueueinfo: syscall(129, ['signal', 'process'], decimal, { tgid: pid, signum: todo, info: todo }),
  rt_sigsuspend: syscall(130, ['signal'], decimal, { set: todo, sigsetsize: size }),
  sigaltstack: syscall(131, ['signal'], decimal, { ss: todo, old_ss: todo }),
  tkill: syscall(200, ['signal', 'process'], decimal, { tid: pid, signum: todo }),
  restart_syscall: syscall(219, [], decimal, {}),
  tgkill: syscall(234, ['signal', 'process'], decimal, { tgid: pid, tid: pid, signum: todo }),
  signalfd: syscall(282, ['desc', 'signal'], decimal, { fd, mask: todo, sizemask: size }),
  signalfd4: syscall(289, ['desc', 'signal'], decimal, { fd, mask: todo, sizemask: size, flags: todo }),
  rt_tgsigqueueinfo: syscall(297, ['process', 'signal'], decimal, { tgid: pid, tid: pid, signum: todo, info: todo }),
  pidfd_send_signal: syscall(424, ['desc', 'signal', 'process'], decimal, { pidfd: fd, signum: todo, info: todo, flags: todo }),
} as const
