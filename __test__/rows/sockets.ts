/** Sockets and their addresses: how they come to be, are bound and connected. */

import { AF, IPPROTO, NETLINK, SHUT, SOCK, SOCK_FLAG, VMADDR_CID, VMADDR_FLAG } from '../../src/table/constants/net.ts'
import { address6, inet, inet6, it, LOCALHOST, netlink, packet, socket, unix, vsock } from './addresses.ts'
import { family, type Case } from './check.ts'
import { block, intAt, result, room, u32, type Call } from './script.ts'

const { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK } = AF.values
const { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET } = SOCK.values
const { SOCK_CLOEXEC, SOCK_NONBLOCK } = SOCK_FLAG.values

/** A stream socket of AF_UNIX that listens at `server`, and one that is connected to it: 3 and 4. */
const listening: readonly Call[] = [
  ['socket', AF_UNIX, SOCK_STREAM, 0],
  ['bind', it, unix('server\0'), 9],
  ['listen', it, 5],
]
const connected: readonly Call[] = [
  ...listening,
  ['socket', AF_UNIX, SOCK_STREAM, 0],
  ['bind', result(3), unix('\0client of syscope'), 20],
  ['connect', result(3), unix('server\0'), 9],
]
const length = (value: number): ReturnType<typeof block> => block([u32(value)])

/** Protocols have names of their own in each family; most machines have few families. */
function protocol(domain: keyof typeof AF.values, value: number, text: string, typed: unknown = text): Case<'socket'> {
  return {
    call: ['socket', AF.values[domain], SOCK_STREAM | 0x10000, value],
    error: 'EINVAL',
    args: { domain, protocol: typed },
    text: `socket(${domain}, SOCK_STREAM|0x10000 /* SOCK_??? */, ${text}) = -1 EINVAL (Invalid argument)`,
  }
}

export const protocols = family(
  {},
  protocol('AF_INET', 132, 'IPPROTO_SCTP'),
  protocol('AF_INET6', 58, 'IPPROTO_ICMPV6'),
  protocol('AF_AX25', 0xcc, '0xcc /* AX25_P_IP */', 'AX25_P_IP'),
  protocol('AF_NETLINK', 15, 'NETLINK_KOBJECT_UEVENT'),
  protocol('AF_PACKET', 0x300, 'htons(ETH_P_ALL)', 'ETH_P_ALL'),
  protocol('AF_CAN', 6, 'CAN_ISOTP'),
  protocol('AF_IRDA', 0, '0 /* IRDAPROTO_??? */', '0x0'),
  protocol('AF_BLUETOOTH', 3, 'BTPROTO_RFCOMM'),
  protocol('AF_RXRPC', 10, 'AF_INET6'),
  protocol('AF_ISDN', 0x21, 'ISDN_P_B_RAW'),
  protocol('AF_PHONET', 2, 'PN_PROTO_PIPE'),
  protocol('AF_CAIF', 3, 'CAIFPROTO_UTIL'),
  protocol('AF_NFC', 1, 'NFC_SOCKPROTO_LLCP'),
  protocol('AF_KCM', 0, 'KCMPROTO_CONNECTED'),
  protocol('AF_SMC', 1, 'SMCPROTO_SMC6'),
  protocol('AF_UNIX', 7, '7', 7),
)

export const sockets = family(
  {},
  {
    call: ['socket', AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO.values.IPPROTO_TCP],
    args: { domain: 'AF_INET', type: ['SOCK_STREAM', 'SOCK_CLOEXEC', 'SOCK_NONBLOCK'], protocol: 'IPPROTO_TCP' },
    returned: 3,
    text: 'socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_TCP) = 3',
  },
  {
    call: ['socket', AF_NETLINK, SOCK_RAW, NETLINK.values.NETLINK_ROUTE],
    args: { domain: 'AF_NETLINK', type: ['SOCK_RAW'], protocol: 'NETLINK_ROUTE' },
    returned: 3,
    text: 'socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 3',
  },
  {
    call: ['socket', AF_UNIX, SOCK_SEQPACKET, 0],
    args: { domain: 'AF_UNIX', type: ['SOCK_SEQPACKET'], protocol: 0 },
    returned: 3,
    text: 'socket(AF_UNIX, SOCK_SEQPACKET, 0) = 3',
  },
  {
    call: ['socket', AF_INET6, SOCK_DGRAM | 0x10000, 0],
    error: 'EINVAL',
    args: { domain: 'AF_INET6', type: ['SOCK_DGRAM', '0x10000'], protocol: 'IPPROTO_IP' },
    text: 'socket(AF_INET6, SOCK_DGRAM|0x10000 /* SOCK_??? */, IPPROTO_IP) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['socketpair', AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, room(8)],
    args: { domain: 'AF_UNIX', type: ['SOCK_DGRAM', 'SOCK_CLOEXEC'], protocol: 0 },
    out: { sv: [3, 4] },
    returned: 0,
    text: 'socketpair(AF_UNIX, SOCK_DGRAM|SOCK_CLOEXEC, 0, [3, 4]) = 0',
  },
  {
    call: ['socketpair', AF_INET, SOCK_STREAM, 0, room(8)],
    error: 'EOPNOTSUPP',
    args: { domain: 'AF_INET', type: ['SOCK_STREAM'], protocol: 0 },
    text: 'socketpair(AF_INET, SOCK_STREAM, 0, 0x…) = -1 EOPNOTSUPP (Operation not supported)',
  },
  {
    before: socket(AF_UNIX),
    call: ['bind', it, unix('path\0'), 7],
    args: { sockfd: 3, addr: { sa_family: 'AF_UNIX', sun_path: 'path', abstract: false }, addrlen: 7 },
    returned: 0,
    text: 'bind(3, {sa_family=AF_UNIX, sun_path="path"}, 7) = 0',
  },
  {
    before: socket(AF_UNIX),
    call: ['bind', it, unix('\0syscope a\0b'), 14],
    args: { addr: { sa_family: 'AF_UNIX', sun_path: 'syscope a\0b', abstract: true } },
    returned: 0,
    text: 'bind(3, {sa_family=AF_UNIX, sun_path=@"syscope a\\0b"}, 14) = 0',
  },
  {
    before: socket(AF_UNIX),
    call: ['bind', it, unix('none/such\0'), 12],
    error: 'ENOENT',
    args: { addr: { sa_family: 'AF_UNIX', sun_path: 'none/such', abstract: false } },
    text: 'bind(3, {sa_family=AF_UNIX, sun_path="none/such"}, 12) = -1 ENOENT (No such file or directory)',
  },
  {
    before: socket(AF_NETLINK, SOCK_RAW, NETLINK.values.NETLINK_USERSOCK),
    call: ['bind', it, netlink(0x1234_5678, 0), 12],
    args: { addr: { sa_family: 'AF_NETLINK', nl_pid: 0x1234_5678, nl_groups: 0 } },
    returned: 0,
    text: 'bind(3, {sa_family=AF_NETLINK, nl_pid=305419896, nl_groups=00000000}, 12) = 0',
  },
  {
    before: socket(AF_NETLINK, SOCK_RAW, NETLINK.values.NETLINK_USERSOCK),
    call: ['bind', it, netlink(0, 0x105), 11],
    error: 'EINVAL',
    args: { addr: { sa_family: 'AF_NETLINK', sa_data: '\0\0\0\0\0\0\x05\x01\0' } },
    text: 'bind(3, {sa_family=AF_NETLINK, sa_data="\\0\\0\\0\\0\\0\\0\\5\\1\\0"}, 11) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['bind', -1, netlink(0, 0x105), 12],
    error: 'EBADF',
    args: { addr: { sa_family: 'AF_NETLINK', nl_pid: 0, nl_groups: 0x105 } },
    text: 'bind(-1, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=0x000105}, 12) = -1 EBADF (Bad file descriptor)',
  },
  {
    call: ['bind', -1, packet(0x800, 1, 3, Uint8Array.of(0, 1, 0xfe)), 20],
    error: 'EBADF',
    args: {
      addr: {
        sa_family: 'AF_PACKET',
        sll_protocol: 'ETH_P_IP',
        sll_ifindex: 1,
        sll_hatype: 'ARPHRD_ETHER',
        sll_pkttype: 'PACKET_OTHERHOST',
        sll_addr: '00:01:fe',
      },
    },
    text:
      'bind(-1, {sa_family=AF_PACKET, sll_protocol=htons(ETH_P_IP), sll_ifindex=if_nametoindex("lo"), sll_hatype=ARPHRD_ETHER, ' +
      'sll_pkttype=PACKET_OTHERHOST, sll_halen=3, sll_addr=[00, 0x1, 0xfe]}, 20) = -1 EBADF (Bad file descriptor)',
  },
  {
    call: ['connect', -1, vsock(VMADDR_CID.values.VMADDR_CID_HOST, 1234, VMADDR_FLAG.values.VMADDR_FLAG_TO_HOST), 16],
    error: 'EBADF',
    args: { addr: { sa_family: 'AF_VSOCK', svm_cid: 2, svm_port: 1234, svm_flags: ['VMADDR_FLAG_TO_HOST'] } },
    text:
      'connect(-1, {sa_family=AF_VSOCK, svm_cid=VMADDR_CID_HOST, svm_port=0x4d2, svm_flags=VMADDR_FLAG_TO_HOST}, 16)' +
      ' = -1 EBADF (Bad file descriptor)',
  },
  {
    before: socket(AF_INET),
    call: ['connect', it, inet(9, LOCALHOST), 16],
    args: { sockfd: 3, addr: { sa_family: 'AF_INET', sin_port: 9, sin_addr: '127.0.0.1' }, addrlen: 16 },
    returned: 0,
    text: 'connect(3, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
  },
  {
    before: socket(AF_INET),
    call: ['connect', it, inet(9, LOCALHOST), 16],
    returned: 0,
    text: String.raw`connect(3, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("\x31\x32\x37\x2e\x30\x2e\x30\x2e\x31")}, 16) = 0`,
    style: { hexStrings: 'all' },
  },
  {
    before: socket(AF_INET),
    call: ['connect', it, inet(9, LOCALHOST), 8],
    error: 'EINVAL',
    args: { addr: { sa_family: 'AF_INET', sa_data: '\0\t\x7f\0\0\x01' }, addrlen: 8 },
    text: 'connect(3, {sa_family=AF_INET, sa_data="\\0\\t\\177\\0\\0\\1"}, 8) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['connect', -1, inet6(80, address6('2001:db8::1'), { flow: 0x12345, scope: 7 }), 28],
    error: 'EBADF',
    args: {
      addr: {
        sa_family: 'AF_INET6',
        sin6_port: 80,
        sin6_flowinfo: 0x12345,
        sin6_addr: '2001:db8::1',
        sin6_scope_id: 7,
      },
    },
    text:
      'connect(-1, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(74565), ' +
      'inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=7}, 28) = -1 EBADF (Bad file descriptor)',
  },
  {
    call: ['connect', -1, inet6(80, address6('fe80::1:2'), { scope: 1 }), 28],
    error: 'EBADF',
    args: { addr: { sa_family: 'AF_INET6', sin6_addr: 'fe80::1:2', sin6_scope_id: 1 } },
    text: 'connect(-1, {…inet_pton(AF_INET6, "fe80::1:2", &sin6_addr), sin6_scope_id=if_nametoindex("lo")}, 28) = …',
  },
  {
    call: ['connect', -1, 1, 16],
    error: 'EBADF',
    args: { addr: 'EFAULT' },
    text: 'connect(-1, 0x1, 16) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: listening,
    call: ['listen', it, 1],
    args: { sockfd: 3, backlog: 1 },
    returned: 0,
    text: 'listen(3, 1) = 0',
  },
  {
    before: socket(AF_UNIX),
    call: ['listen', it, 1],
    error: 'EOPNOTSUPP',
    text: 'listen(3, 1) = -1 EOPNOTSUPP (Operation not supported)',
  },
  {
    before: connected,
    call: ['accept', it, room(110), length(110)],
    args: { sockfd: 3, addrlen: 110 },
    out: { addr: { sa_family: 'AF_UNIX', sun_path: 'client of syscope', abstract: true }, addrlen: 20 },
    returned: 5,
    text: 'accept(3, {sa_family=AF_UNIX, sun_path=@"client of syscope"}, [110 => 20]) = 5',
  },
  {
    before: [['socket', AF_UNIX, SOCK_STREAM, 0]],
    call: ['accept', it, 0, 0],
    error: 'EINVAL',
    args: { addrlen: null },
    text: 'accept(3, NULL, NULL) = -1 EINVAL (Invalid argument)',
  },
  {
    before: connected,
    call: ['accept4', it, room(8), length(8), SOCK_CLOEXEC | SOCK_NONBLOCK],
    args: { sockfd: 3, addrlen: 8, flags: ['SOCK_CLOEXEC', 'SOCK_NONBLOCK'] },
    out: { addr: { sa_family: 'AF_UNIX', sun_path: 'clien', abstract: true }, addrlen: 20 },
    returned: 5,
    text: 'accept4(3, {sa_family=AF_UNIX, sun_path=@"clien"}, [8 => 20], SOCK_CLOEXEC|SOCK_NONBLOCK) = 5',
  },
  {
    before: connected,
    call: ['accept4', it, room(16), length(16), 1],
    error: 'EINVAL',
    args: { addrlen: 16, flags: ['0x1'] },
    text: 'accept4(3, 0x…, [16], 0x1 /* SOCK_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: connected,
    call: ['getsockname', result(3), room(110), length(110)],
    args: { sockfd: 4, addrlen: 110 },
    out: { addr: { sa_family: 'AF_UNIX', sun_path: 'client of syscope', abstract: true }, addrlen: 20 },
    returned: 0,
    text: 'getsockname(4, {sa_family=AF_UNIX, sun_path=@"client of syscope"}, [110 => 20]) = 0',
  },
  {
    before: socket(AF_UNIX),
    call: ['getsockname', it, room(110), length(110)],
    // A socket without a name has an address that is nothing but a family.
    out: { addr: { sa_family: 'AF_UNIX', sa_data: '' }, addrlen: 2 },
    returned: 0,
    text: 'getsockname(3, {sa_family=AF_UNIX}, [110 => 2]) = 0',
  },
  {
    before: socket(AF_INET),
    call: ['getsockname', it, room(16), length(-1)],
    error: 'EINVAL',
    args: { addrlen: -1 },
    text: 'getsockname(3, 0x…, [-1]) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [...socket(AF_INET), ['connect', it, inet(9, LOCALHOST), 16]],
    call: ['getpeername', it, room(16), length(16)],
    out: { addr: { sa_family: 'AF_INET', sin_port: 9, sin_addr: '127.0.0.1' }, addrlen: 16 },
    returned: 0,
    text: 'getpeername(3, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}, [16]) = 0',
  },
  {
    before: socket(AF_INET),
    call: ['getpeername', it, room(16), 1],
    error: 'ENOTCONN',
    args: { addrlen: 'EFAULT' },
    text: 'getpeername(3, 0x…, 0x1) = -1 ENOTCONN (Transport endpoint is not connected)',
  },
  {
    before: [['socketpair', AF_UNIX, SOCK_STREAM, 0, room(8, 'pair')]],
    call: ['shutdown', intAt('pair'), SHUT.values.SHUT_WR],
    args: { sockfd: 3, how: 'SHUT_WR' },
    returned: 0,
    text: 'shutdown(3, SHUT_WR) = 0',
  },
  {
    before: socket(AF_INET),
    call: ['shutdown', it, 3],
    error: 'EINVAL',
    args: { how: '0x3' },
    text: 'shutdown(3, 0x3 /* SHUT_??? */) = -1 EINVAL (Invalid argument)',
  },
)
