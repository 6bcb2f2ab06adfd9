/** What goes through sockets: data, addresses, and control messages that go with them. */

import { AF, MSG, SCM, SO, SOCK, SOL } from '../../src/table/constants/net.ts'
import { inet, it, LOCALHOST, socket, unix } from './addresses.ts'
import { family } from './check.ts'
import { at, block, intAt, result, room, string, u32, u64, zeros, type Call, type Part, type Word } from './script.ts'

const { AF_UNIX, AF_INET } = AF.values
const { SOCK_DGRAM } = SOCK.values
const { SOL_SOCKET } = SOL.values
const { SO_PASSCRED } = SO.values
const { SCM_RIGHTS, SCM_CREDENTIALS } = SCM.values
const { MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_CMSG_CLOEXEC, MSG_EOR } = MSG.values

interface Parts {
  readonly name?: Word
  readonly nameLength?: number
  readonly data?: readonly (readonly [Word, number])[]
  readonly control?: Word
  readonly controlLength?: number
  readonly flags?: number
}

/** struct msghdr */
const header = ({ name = 0, nameLength = 0, data = [], control = 0, controlLength = 0, flags = 0 }: Parts): Part[] => [
  u64(name),
  u64(nameLength),
  u64(data.length === 0 ? 0 : block(data.flatMap(([base, length]) => [u64(base), u64(length)]))),
  u64(data.length),
  u64(control),
  u64(controlLength),
  u64(flags),
]
export const message = (parts: Parts): Word => block(header(parts))
/** struct mmsghdr, one after the other */
const messages = (...list: readonly Parts[]): Word => block(list.flatMap((parts) => [...header(parts), u64(0)]))

/** struct cmsghdr with its data, which is padded. */
export const control = (level: number, type: number, length: number, ...data: readonly Part[]): readonly Part[] => [
  u64(16 + length),
  u32(level),
  u32(type),
  ...data,
  zeros((8 - (length % 8)) % 8),
]

/** Two datagram sockets of AF_UNIX, bound to abstract names; the first listens to the second: 3 and 4. */
const pair: readonly Call[] = [
  ...socket(AF_UNIX),
  ['bind', it, unix('\0syscope server'), 17],
  ...socket(AF_UNIX),
  ['bind', result(2), unix('\0syscope client'), 17],
  ['connect', result(2), unix('\0syscope server'), 17],
]
/** Sockets without names. */
const unnamed: readonly Call[] = [['socketpair', AF_UNIX, SOCK_DGRAM, 0, room(8, 'pair')]]
const first = intAt('pair')
const second = intAt('pair', 4)

/** A UDP socket that has sent itself "hello". */
const echo: readonly Call[] = [
  ...socket(AF_INET),
  ['bind', it, inet(0, LOCALHOST), 16],
  ['getsockname', it, room(16, 'me'), block([u32(16)])],
  ['sendto', it, string('hello'), 5, 0, at('me'), 16],
]

export const data = family(
  {},
  {
    before: unnamed,
    call: ['sendto', first, string('hello'), 5, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0],
    args: { sockfd: 3, buf: 'hello', len: 5, flags: ['MSG_DONTWAIT', 'MSG_NOSIGNAL'], dest_addr: null, addrlen: 0 },
    returned: 5,
    text: 'sendto(3, "hello", 5, MSG_DONTWAIT|MSG_NOSIGNAL, NULL, 0) = 5',
  },
  {
    before: socket(AF_INET),
    call: ['sendto', it, string('hello'), 5, 0, inet(9, LOCALHOST), 16],
    args: { buf: 'hello', flags: [], dest_addr: { sa_family: 'AF_INET', sin_port: 9, sin_addr: '127.0.0.1' } },
    returned: 5,
    text: 'sendto(3, "hello", 5, 0, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}, 16) = 5',
  },
  {
    before: socket(AF_UNIX),
    call: ['sendto', it, string('hello'), 5, 0x80 | 0x100000, unix('nobody\0'), 9],
    error: 'ENOENT',
    args: { flags: ['MSG_EOR', '0x100000'], dest_addr: { sa_family: 'AF_UNIX', sun_path: 'nobody', abstract: false } },
    text: 'sendto(3, "hello", 5, MSG_EOR|0x100000, {sa_family=AF_UNIX, sun_path="nobody"}, 9) = -1 ENOENT (No such file or directory)',
  },
  {
    before: [...pair, ['write', result(2), string('hello'), 5]],
    call: ['recvfrom', it, room(16), 16, MSG_PEEK, room(110), block([u32(110)])],
    args: { sockfd: 3, len: 16, flags: ['MSG_PEEK'], addrlen: 110 },
    out: { buf: 'hello', src_addr: { sa_family: 'AF_UNIX', sun_path: 'syscope client', abstract: true }, addrlen: 17 },
    returned: 5,
    text: 'recvfrom(3, "hello", 16, MSG_PEEK, {sa_family=AF_UNIX, sun_path=@"syscope client"}, [110 => 17]) = 5',
  },
  {
    before: echo,
    call: ['recvfrom', it, room(4), 4, 0x20, room(16), block([u32(16)])],
    args: { flags: ['MSG_TRUNC'] },
    // The whole datagram's size, more than there is room for.
    out: { buf: 'hell', src_addr: { sa_family: 'AF_INET', sin_addr: '127.0.0.1' }, addrlen: 16 },
    returned: 5,
    text: 'recvfrom(3, "hell", 4, MSG_TRUNC, {sa_family=AF_INET, sin_port=htons(…), sin_addr=inet_addr("127.0.0.1")}, [16]) = 5',
  },
  {
    before: unnamed,
    call: ['recvfrom', first, room(16), 16, MSG_DONTWAIT, room(16), block([u32(16)])],
    error: 'EAGAIN',
    text: 'recvfrom(3, 0x…, 16, MSG_DONTWAIT, 0x…, [16]) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    before: pair,
    call: [
      'sendmsg',
      it,
      message({
        name: unix('\0syscope client'),
        nameLength: 17,
        data: [
          [string('hello'), 5],
          [string('world'), 5],
        ],
        flags: MSG_EOR,
      }),
      0,
    ],
    args: {
      msg: {
        msg_name: { sa_family: 'AF_UNIX', sun_path: 'syscope client', abstract: true },
        msg_iov: [
          { iov_base: 'hello', iov_len: 5 },
          { iov_base: 'world', iov_len: 5 },
        ],
        msg_control: null,
        msg_flags: ['MSG_EOR'],
      },
      flags: [],
    },
    returned: 10,
    text:
      'sendmsg(3, {msg_name={sa_family=AF_UNIX, sun_path=@"syscope client"}, msg_namelen=17, ' +
      'msg_iov=[{iov_base="hello", iov_len=5}, {iov_base="world", iov_len=5}], msg_iovlen=2, msg_controllen=0, ' +
      'msg_flags=MSG_EOR}, 0) = 10',
  },
  {
    before: [...unnamed, ['getpid'], ['getuid'], ['getgid']],
    call: [
      'sendmsg',
      first,
      message({
        data: [[string('x'), 1]],
        control: block([
          ...control(SOL_SOCKET, SCM_RIGHTS, 8, u32(0), u32(2)),
          ...control(SOL_SOCKET, SCM_CREDENTIALS, 12, u32(result(1)), u32(result(2)), u32(result(3))),
        ]),
        controlLength: 56,
      }),
      MSG_NOSIGNAL,
    ],
    args: {
      msg: {
        msg_name: null,
        msg_control: [
          { cmsg_level: 'SOL_SOCKET', cmsg_type: 'SCM_RIGHTS', fds: [0, 2] },
          {
            cmsg_level: 'SOL_SOCKET',
            cmsg_type: 'SCM_CREDENTIALS',
            credentials: { pid: (pid: unknown) => Number(pid) > 0 },
          },
        ],
      },
      flags: ['MSG_NOSIGNAL'],
    },
    returned: 1,
    text:
      'sendmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="x", iov_len=1}], msg_iovlen=1, ' +
      'msg_control=[{cmsg_len=24, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[0, 2]}, ' +
      '{cmsg_len=28, cmsg_level=SOL_SOCKET, cmsg_type=SCM_CREDENTIALS, cmsg_data={pid=…, uid=…, gid=…}}], ' +
      'msg_controllen=56, msg_flags=0}, MSG_NOSIGNAL) = 1',
  },
  {
    before: [
      ...unnamed,
      ['setsockopt', second, SOL_SOCKET, SO_PASSCRED, block([u32(1)]), 4],
      [
        'sendmsg',
        first,
        message({
          data: [[string('hello'), 5]],
          control: block(control(SOL_SOCKET, SCM_RIGHTS, 4, u32(0))),
          controlLength: 24,
        }),
        0,
      ],
    ],
    call: [
      'recvmsg',
      second,
      message({
        name: room(32),
        nameLength: 32,
        data: [
          [room(3), 3],
          [room(8), 8],
        ],
        control: room(128),
        controlLength: 128,
      }),
      MSG_CMSG_CLOEXEC,
    ],
    args: { sockfd: 4, flags: ['MSG_CMSG_CLOEXEC'] },
    out: {
      msg: {
        msg_iov: [
          { iov_base: 'hel', iov_len: 3 },
          { iov_base: 'lo', iov_len: 8 },
        ],
        msg_control: [
          { cmsg_type: 'SCM_CREDENTIALS', credentials: { pid: (pid: unknown) => Number(pid) > 0 } },
          { cmsg_type: 'SCM_RIGHTS', fds: [5] },
        ],
        msg_flags: ['MSG_CMSG_CLOEXEC'],
      },
    },
    returned: 5,
    text:
      'recvmsg(4, {msg_name=0x…, msg_namelen=32 => 0, msg_iov=[{iov_base="hel", iov_len=3}, {iov_base="lo", iov_len=8}], ' +
      'msg_iovlen=2, msg_control=[{cmsg_len=28, cmsg_level=SOL_SOCKET, cmsg_type=SCM_CREDENTIALS, cmsg_data={pid=…}}, ' +
      '{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[5]}], msg_controllen=56, ' +
      'msg_flags=MSG_CMSG_CLOEXEC}, MSG_CMSG_CLOEXEC) = 5',
  },
  {
    before: unnamed,
    call: ['recvmsg', first, message({ nameLength: 16 }), MSG_DONTWAIT],
    error: 'EAGAIN',
    text: 'recvmsg(3, {msg_namelen=16}, MSG_DONTWAIT) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    before: unnamed,
    call: [
      'sendmmsg',
      first,
      messages({ data: [[string('one'), 3]] }, { data: [[string('three'), 5]], flags: MSG_EOR }),
      2,
      MSG_DONTWAIT,
    ],
    args: {
      sockfd: 3,
      msgvec: [{ msg_iov: [{ iov_base: 'one', iov_len: 3 }] }, { msg_flags: ['MSG_EOR'] }],
      vlen: 2,
      flags: ['MSG_DONTWAIT'],
    },
    out: { msgvec: [{ msg_len: 3 }, { msg_len: 5 }] },
    returned: 2,
    text:
      'sendmmsg(3, [{msg_hdr={msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="one", iov_len=3}], msg_iovlen=1, ' +
      'msg_controllen=0, msg_flags=0}, msg_len=3}, {msg_hdr={msg_name=NULL, msg_namelen=0, ' +
      'msg_iov=[{iov_base="three", iov_len=5}], msg_iovlen=1, msg_controllen=0, msg_flags=MSG_EOR}, msg_len=5}], 2, ' +
      'MSG_DONTWAIT) = 2',
  },
  {
    call: ['sendmmsg', -1, messages({ data: [[string('one'), 3]] }), 1, 0],
    error: 'EBADF',
    args: { msgvec: [{ msg_iov: [{ iov_base: 'one', iov_len: 3 }] }], vlen: 1 },
    text:
      'sendmmsg(-1, [{msg_hdr={msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="one", iov_len=3}], msg_iovlen=1, ' +
      'msg_controllen=0, msg_flags=0}}], 1, 0) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: [...pair, ['write', result(2), string('one'), 3], ['write', result(2), string('three'), 5]],
    call: [
      'recvmmsg',
      it,
      messages(
        { name: room(32), nameLength: 32, data: [[room(8), 8]] },
        { data: [[room(4), 4]] },
        { data: [[room(8), 8]] },
      ),
      3,
      MSG_DONTWAIT,
      block([u64(10), u64(0)]),
    ],
    args: { vlen: 3, flags: ['MSG_DONTWAIT'], timeout: { tv_sec: 10, tv_nsec: 0 } },
    out: {
      msgvec: [
        {
          msg_name: { sa_family: 'AF_UNIX', sun_path: 'syscope client', abstract: true },
          msg_iov: [{ iov_base: 'one', iov_len: 8 }],
          msg_len: 3,
        },
        { msg_iov: [{ iov_base: 'thre', iov_len: 4 }], msg_flags: ['MSG_TRUNC'], msg_len: 4 },
      ],
      timeout: { tv_sec: 9 },
    },
    returned: 2,
    text:
      'recvmmsg(3, [{msg_hdr={msg_name={sa_family=AF_UNIX, sun_path=@"syscope client"}, msg_namelen=32 => 17, ' +
      'msg_iov=[{iov_base="one", iov_len=8}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, msg_len=3}, ' +
      '{msg_hdr={msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="thre", iov_len=4}], msg_iovlen=1, msg_controllen=0, ' +
      'msg_flags=MSG_TRUNC}, msg_len=4}], 3, MSG_DONTWAIT, {tv_sec=10, tv_nsec=0}) = 2 (left {tv_sec=9, tv_nsec=…})',
  },
  {
    before: unnamed,
    call: ['recvmmsg', first, messages({ data: [[room(8), 8]] }), 1, MSG_DONTWAIT, 0],
    error: 'EAGAIN',
    args: { vlen: 1, timeout: null },
    text: 'recvmmsg(3, 0x…, 1, MSG_DONTWAIT, NULL) = -1 EAGAIN (Resource temporarily unavailable)',
  },
)
