/** System calls: poll. */

import { decimal } from '../args/returns.ts'
import { fd, size } from '../args/scalar.ts'
import { todo } from '../args/switch.ts'
import { syscall } from './syscall.ts'

export const poll = {
  poll: syscall(7, ['desc'], decimal, { fds: todo, nfds: todo, timeout: todo }),
  select: syscall(23, ['desc'], decimal, { nfds: todo, readfds: todo, writefds: todo, exceptfds: todo, timeout: todo }),
  epoll_create: syscall(213, ['desc'], decimal, { size: todo }),
  epoll_ctl_old: syscall(214, [], decimal, { arg1: todo, arg2: todo, arg3: todo, arg4: todo }),
  epoll_wait_old: syscall(215, [], decimal, { arg1: todo, arg2: todo, arg3: todo, arg4: todo }),
  epoll_wait: syscall(232, ['desc'], decimal, { epfd: fd, events: todo, maxevents: todo, timeout: todo }),
  epoll_ctl: syscall(233, ['desc'], decimal, { epfd: fd, op: todo, fd, event: todo }),
  pselect6: syscall(270, ['desc'], decimal, { nfds: todo, readfds: todo, writefds: todo, exceptfds: todo, timeout: todo, sig: todo }),
  ppoll: syscall(271, ['desc'], decimal, { fds: todo, nfds: todo, tmo_p: todo, sigmask: todo, sigsetsize: size }),
  epoll_pwait: syscall(281, ['desc'], decimal, { epfd: fd, events: todo, maxevents: todo, timeout: todo, sigmask: todo, sigsetsize: size }),
  eventfd: syscall(284, ['desc'], decimal, { initval: todo }),
  eventfd2: syscall(290, ['desc'], decimal, { initval: todo, flags: todo }),
  epoll_create1: syscall(291, ['desc'], decimal, { flags: todo }),
  epoll_pwait2: syscall(441, ['desc'], decimal, { epfd: fd, events: todo, maxevents: todo, timeout: todo, sigmask: todo, sigsetsize: size }),
} as const
