/** System calls: net. */

import { decimal } from '../args/returns.ts'
import { fd, size } from '../args/scalar.ts'
import { todo } from '../args/switch.ts'
import { syscall } from './syscall.ts'

export const net = {
  socket: syscall(41, ['network'], decimal, { domain: todo, type: todo, protocol: todo }),
  connect: syscall(42, ['network'], decimal, { sockfd: fd, addr: todo, addrlen: todo }),
  accept: syscall(43, ['network'], decimal, { sockfd: fd, addr: todo, addrlen: todo }),
  sendto: syscall(44, ['network'], decimal, { sockfd: fd, buf: todo, len: size, flags: todo, dest_addr: todo, addrlen: todo }),
  recvfrom: syscall(45, ['network'], decimal, { sockfd: fd, buf: todo, len: size, flags: todo, src_addr: todo, addrlen: todo }),
  sendmsg: syscall(46, ['network'], decimal, { sockfd: fd, msg: todo, flags: todo }),
  recvmsg: syscall(47, ['network'], decimal, { sockfd: fd, msg: todo, flags: todo }),
  shutdown: syscall(48, ['network'], decimal, { sockfd: fd, how: todo }),
  bind: syscall(49, ['network'], decimal, { sockfd: fd, addr: todo, addrlen: todo }),
  listen: syscall(50, ['network'], decimal, { sockfd: fd, backlog: todo }),
  getsockname: syscall(51, ['network'], decimal, { sockfd: fd, addr: todo, addrlen: todo }),
  getpeername: syscall(52, ['network'], decimal, { sockfd: fd, addr: todo, addrlen: todo }),
  socketpair: syscall(53, ['network'], decimal, { domain: todo, type: todo, protocol: todo, sv: todo }),
  setsockopt: syscall(54, ['network'], decimal, { sockfd: fd, level: todo, optname: todo, optval: todo, optlen: todo }),
  getsockopt: syscall(55, ['network'], decimal, { sockfd: fd, level: todo, optname: todo, optval: todo, optlen: todo }),
  accept4: syscall(288, ['network'], decimal, { sockfd: fd, addr: todo, addrlen: todo, flags: todo }),
  recvmmsg: syscall(299, ['network'], decimal, { sockfd: fd, msgvec: todo, vlen: todo, flags: todo, timeout: todo }),
  sendmmsg: syscall(307, ['network'], decimal, { sockfd: fd, msgvec: todo, vlen: todo, flags: todo }),
} as const
