/** System calls on sockets. */

import { bytesIn, bytesOut } from '../args/bytes.ts'
import { flags, oneOf } from '../args/flags.ts'
import { messageIn, messageOut, messagesIn, messagesOut } from '../args/net/msghdr.ts'
import { socketType } from '../args/mixed.ts'
import { optionIn, optionOut } from '../args/net/optval.ts'
import { changed, lengthOf, resultsIn } from '../args/pointer.ts'
import { decimal, newFd, withNote } from '../args/returns.ts'
import { fd, int, size, uint } from '../args/scalar.ts'
import { sockaddrIn } from '../args/net/sockaddr.ts'
import { lengthChanged, lengthOfAddress, sockaddrOut } from '../args/net/socklen.ts'
import { optionRead, optionWritten } from '../args/net/sockopt.ts'
import { ax25Protocol, packetProtocol } from '../args/net/protocol.ts'
import { switchOn } from '../args/switch.ts'
import { timespec } from '../args/time/time.ts'
import { leftNote } from '../args/poll/poll.ts'
import {
  AF,
  BTPROTO,
  CAIFPROTO,
  CAN,
  IPPROTO,
  ISDN_P,
  KCMPROTO,
  MSG,
  NETLINK,
  NFC_SOCKPROTO,
  PN_PROTO,
  SHUT,
  SMCPROTO,
  SOCK_FLAG,
  SOL,
} from './constants/net.ts'
import { syscall } from './syscall.ts'

const protocol = switchOn(
  'domain',
  AF,
  {
    AF_INET: oneOf(IPPROTO),
    AF_INET6: oneOf(IPPROTO),
    AF_AX25: ax25Protocol,
    AF_NETLINK: oneOf(NETLINK),
    AF_PACKET: packetProtocol,
    AF_CAN: oneOf(CAN),
    // strace has the names of the wrong family here.
    AF_IRDA: oneOf(CAN, 4, 'IRDAPROTO_???'),
    AF_BLUETOOTH: oneOf(BTPROTO),
    AF_RXRPC: oneOf(AF),
    AF_ISDN: oneOf(ISDN_P),
    AF_PHONET: oneOf(PN_PROTO),
    AF_CAIF: oneOf(CAIFPROTO),
    AF_NFC: oneOf(NFC_SOCKPROTO),
    AF_KCM: oneOf(KCMPROTO),
    AF_SMC: oneOf(SMCPROTO),
  },
  uint,
)

export const net = {
  socket: syscall(41, ['network'], newFd, { domain: oneOf(AF), type: socketType, protocol }),
  connect: syscall(42, ['network'], decimal, { sockfd: fd, addr: sockaddrIn('addrlen'), addrlen: int }),
  accept: syscall(43, ['network'], newFd, {
    sockfd: fd,
    addr: sockaddrOut('addrlen'),
    addrlen: lengthOfAddress('addr'),
  }),
  sendto: syscall(44, ['network'], decimal, {
    sockfd: fd,
    buf: bytesIn('len'),
    len: size,
    flags: flags(MSG),
    dest_addr: sockaddrIn('addrlen'),
    addrlen: int,
  }),
  recvfrom: syscall(45, ['network'], decimal, {
    sockfd: fd,
    // The result is the size of the whole datagram with MSG_TRUNC.
    buf: bytesOut('len', { filled: (cell) => Math.min(lengthOf(cell, 'result'), lengthOf(cell, 'len')) }),
    len: size,
    flags: flags(MSG),
    src_addr: sockaddrOut('addrlen'),
    addrlen: lengthOfAddress('src_addr'),
  }),
  sendmsg: syscall(46, ['network'], decimal, { sockfd: fd, msg: messageIn, flags: flags(MSG) }),
  recvmsg: syscall(47, ['network'], decimal, { sockfd: fd, msg: messageOut, flags: flags(MSG) }),
  shutdown: syscall(48, ['network'], decimal, { sockfd: fd, how: oneOf(SHUT) }),
  bind: syscall(49, ['network'], decimal, { sockfd: fd, addr: sockaddrIn('addrlen'), addrlen: int }),
  listen: syscall(50, ['network'], decimal, { sockfd: fd, backlog: int }),
  getsockname: syscall(51, ['network'], decimal, {
    sockfd: fd,
    addr: sockaddrOut('addrlen'),
    addrlen: lengthOfAddress('addr'),
  }),
  getpeername: syscall(52, ['network'], decimal, {
    sockfd: fd,
    addr: sockaddrOut('addrlen'),
    addrlen: lengthOfAddress('addr'),
  }),
  socketpair: syscall(53, ['network'], decimal, {
    domain: oneOf(AF),
    type: socketType,
    protocol: uint,
    sv: resultsIn(fd, 2),
  }),
  setsockopt: syscall(54, ['network'], decimal, {
    sockfd: fd,
    level: oneOf(SOL),
    optname: optionWritten,
    optval: optionIn('optlen'),
    optlen: int,
  }),
  getsockopt: syscall(55, ['network'], decimal, {
    sockfd: fd,
    level: oneOf(SOL),
    optname: optionRead,
    optval: optionOut('optlen'),
    optlen: lengthChanged,
  }),
  accept4: syscall(288, ['network'], newFd, {
    sockfd: fd,
    addr: sockaddrOut('addrlen'),
    addrlen: lengthOfAddress('addr'),
    flags: flags(SOCK_FLAG),
  }),
  recvmmsg: syscall(299, ['network'], withNote(leftNote('timeout')), {
    sockfd: fd,
    msgvec: messagesOut('vlen'),
    vlen: uint,
    flags: flags(MSG),
    timeout: changed(timespec),
  }),
  sendmmsg: syscall(307, ['network'], decimal, {
    sockfd: fd,
    msgvec: messagesIn('vlen'),
    vlen: uint,
    flags: flags(MSG),
  }),
} as const
