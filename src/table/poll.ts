/** System calls that wait for descriptors. */

import { flags, oneOf } from '../args/flags.ts'
import { atExit, changed, pointerTo, resultsIn } from '../args/pointer.ts'
import { epollEvent, fdSet, pollfds, pollNote, selectNote } from '../args/poll/poll.ts'
import { decimal, newFd, withNote } from '../args/returns.ts'
import { address, fd, int, size, uint, word } from '../args/scalar.ts'
import { sigsetIn } from '../args/signal/signal.ts'
import { switchOn } from '../args/switch.ts'
import { timespec, timeval } from '../args/time/time.ts'
import { pselectMask } from '../args/poll/pselect.ts'
import { EFD, EPOLL_CREATE, EPOLL_CTL } from './constants/poll.ts'
import { syscall } from './syscall.ts'

const epollArgument = switchOn('op', EPOLL_CTL, { EPOLL_CTL_DEL: address }, pointerTo(epollEvent))

export const poll = {
  poll: syscall(7, ['desc'], withNote(pollNote()), { fds: pollfds('nfds'), nfds: uint, timeout: int }),
  select: syscall(23, ['desc'], withNote(selectNote('tv_usec')), {
    nfds: int,
    readfds: fdSet,
    writefds: fdSet,
    exceptfds: fdSet,
    timeout: changed(timeval),
  }),
  epoll_create: syscall(213, ['desc'], newFd, { size: int }),
  epoll_ctl_old: syscall(214, [], decimal, { arg1: word, arg2: word, arg3: word, arg4: word }),
  epoll_wait_old: syscall(215, [], decimal, { arg1: word, arg2: word, arg3: word, arg4: word }),
  epoll_wait: syscall(232, ['desc'], decimal, {
    epfd: fd,
    events: resultsIn(epollEvent, 'result'),
    maxevents: int,
    timeout: int,
  }),
  epoll_ctl: syscall(233, ['desc'], decimal, { epfd: fd, op: oneOf(EPOLL_CTL), fd, event: epollArgument }),
  pselect6: syscall(270, ['desc'], withNote(selectNote('tv_nsec')), {
    nfds: int,
    readfds: fdSet,
    writefds: fdSet,
    exceptfds: fdSet,
    timeout: changed(timespec),
    sig: pselectMask,
  }),
  ppoll: syscall(271, ['desc'], withNote(pollNote('tmo_p')), {
    fds: pollfds('nfds'),
    nfds: uint,
    tmo_p: changed(timespec),
    sigmask: sigsetIn('sigsetsize'),
    sigsetsize: size,
  }),
  epoll_pwait: syscall(281, ['desc'], decimal, {
    epfd: fd,
    events: resultsIn(epollEvent, 'result'),
    maxevents: int,
    timeout: int,
    sigmask: atExit(sigsetIn('sigsetsize')),
    sigsetsize: size,
  }),
  eventfd: syscall(284, ['desc'], newFd, { initval: uint }),
  eventfd2: syscall(290, ['desc'], newFd, { initval: uint, flags: flags(EFD) }),
  epoll_create1: syscall(291, ['desc'], newFd, { flags: flags(EPOLL_CREATE) }),
  epoll_pwait2: syscall(441, ['desc'], decimal, {
    epfd: fd,
    events: resultsIn(epollEvent, 'result'),
    maxevents: int,
    timeout: atExit(pointerTo(timespec)),
    sigmask: atExit(sigsetIn('sigsetsize')),
    sigsetsize: size,
  }),
} as const
