/** Control messages: what the kernel says about packets, and what programs may say to it. */

import { IP, MSG, SCM, SO, SOL, AF } from '../../src/table/constants/net.ts'
import { inet, it, LOCALHOST, socket } from './addresses.ts'
import { family, type Case } from './check.ts'
import { control, message } from './messages.ts'
import { at, block, bytes, room, string, u32, u64, u8, zeros, type Call, type Part } from './script.ts'

const { AF_INET } = AF.values
const { SOL_SOCKET, SOL_IP, SOL_IPV6 } = SOL.values
const { SO_TIMESTAMP_OLD, SO_TIMESTAMPNS_OLD, SO_TIMESTAMPING_OLD, SO_TIMESTAMPING_NEW } = SO.values
const { SCM_SECURITY, SCM_PIDFD } = SCM.values
const { IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, IP_RECVERR, IP_ORIGDSTADDR, IP_RECVOPTS } = IP.values
const { IP_RETOPTS, IP_CHECKSUM, IP_PROTOCOL } = IP.values
const { MSG_ERRQUEUE } = MSG.values

/** A UDP socket that has sent itself "hello" with an option. */
function echo(level: number, name: number): readonly Call[] {
  return [
    ...socket(AF_INET),
    ['bind', it, inet(0, LOCALHOST), 16],
    ['getsockname', it, room(16, 'me'), block([u32(16)])],
    ['setsockopt', it, level, name, block([u32(1)]), 4],
    ['sendto', it, string('hello'), 5, 0, at('me'), 16],
  ]
}

/** What recvmsg(2) gives with that option. */
function received(before: readonly Call[], typed: unknown, text: string, length: number): Case<'recvmsg'> {
  return {
    before,
    call: ['recvmsg', it, message({ data: [[room(8), 8]], control: room(128), controlLength: 128 }), 0],
    out: { msg: { msg_control: [typed] } },
    returned: 5,
    text:
      'recvmsg(3, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="hello", iov_len=8}], msg_iovlen=1, ' +
      `msg_control=[${text}], msg_controllen=${length}, msg_flags=0}, 0) = 5`,
  }
}

/** A message that nobody sends. */
function refused(parts: readonly Part[], length: number, typed: readonly unknown[], text: string): Case<'sendmsg'> {
  return {
    call: ['sendmsg', -1, message({ control: block(parts), controlLength: length }), 0],
    error: 'EBADF',
    args: { msg: { msg_control: typed } },
    text:
      `sendmsg(-1, {msg_name=NULL, msg_namelen=0, msg_iov=NULL, msg_iovlen=0, msg_control=${text}, ` +
      `msg_controllen=${length}, msg_flags=0}, 0) = -1 EBADF (Bad file descriptor)`,
  }
}

const isRecent = (seconds: unknown): boolean => typeof seconds === 'number' && seconds > 1_600_000_000

export const controls = family(
  {},
  received(
    echo(SOL_SOCKET, SO_TIMESTAMP_OLD),
    { cmsg_level: 'SOL_SOCKET', cmsg_type: 'SO_TIMESTAMP_OLD', value: { tv_sec: isRecent } },
    '{cmsg_len=32, cmsg_level=SOL_SOCKET, cmsg_type=SO_TIMESTAMP_OLD, cmsg_data={tv_sec=…, tv_usec=…}}',
    32,
  ),
  received(
    echo(SOL_SOCKET, SO_TIMESTAMPNS_OLD),
    { cmsg_type: 'SO_TIMESTAMPNS_OLD', value: { tv_sec: isRecent } },
    '{cmsg_len=32, cmsg_level=SOL_SOCKET, cmsg_type=SO_TIMESTAMPNS_OLD, cmsg_data={tv_sec=…, tv_nsec=…}}',
    32,
  ),
  received(
    echo(SOL_IP, IP_PKTINFO),
    {
      cmsg_level: 'SOL_IP',
      cmsg_type: 'IP_PKTINFO',
      value: { ipi_ifindex: 1, ipi_spec_dst: '127.0.0.1', ipi_addr: '127.0.0.1' },
    },
    '{cmsg_len=28, cmsg_level=SOL_IP, cmsg_type=IP_PKTINFO, cmsg_data={ipi_ifindex=if_nametoindex("lo"), ' +
      'ipi_spec_dst=inet_addr("127.0.0.1"), ipi_addr=inet_addr("127.0.0.1")}}',
    32,
  ),
  received(
    echo(SOL_IP, IP_RECVTTL),
    { cmsg_type: 'IP_TTL', value: (list: unknown) => Array.isArray(list) && Number(list[0]) > 1 },
    '{cmsg_len=20, cmsg_level=SOL_IP, cmsg_type=IP_TTL, cmsg_data=[…]}',
    24,
  ),
  received(
    echo(SOL_IP, IP_RECVTOS),
    { cmsg_type: 'IP_TOS', value: [0] },
    '{cmsg_len=17, cmsg_level=SOL_IP, cmsg_type=IP_TOS, cmsg_data=[0]}',
    24,
  ),
  received(
    echo(SOL_IP, IP_ORIGDSTADDR),
    { cmsg_type: 'IP_ORIGDSTADDR', value: { sa_family: 'AF_INET', sin_addr: '127.0.0.1' } },
    '{cmsg_len=32, cmsg_level=SOL_IP, cmsg_type=IP_ORIGDSTADDR, ' +
      'cmsg_data={sa_family=AF_INET, sin_port=htons(…), sin_addr=inet_addr("127.0.0.1")}}',
    32,
  ),
  {
    // Nobody has port 9, and no socket is given it by chance.
    before: [
      ...socket(AF_INET),
      ['setsockopt', it, SOL_IP, IP_RECVERR, block([u32(1)]), 4],
      ['sendto', it, string('hello'), 5, 0, inet(9, LOCALHOST), 16],
    ],
    call: [
      'recvmsg',
      it,
      message({ name: room(16), nameLength: 16, data: [[room(8), 8]], control: room(64), controlLength: 64 }),
      MSG_ERRQUEUE,
    ],
    out: {
      msg: {
        msg_name: { sa_family: 'AF_INET', sin_port: 9, sin_addr: '127.0.0.1' },
        msg_control: [
          {
            cmsg_type: 'IP_RECVERR',
            value: {
              ee_errno: 111,
              ee_origin: 2,
              ee_type: 3,
              ee_code: 3,
              ee_info: 0,
              ee_data: 0,
              offender: { sa_family: 'AF_INET', sin_port: 0, sin_addr: '127.0.0.1' },
            },
          },
        ],
        msg_flags: ['MSG_ERRQUEUE'],
      },
    },
    returned: 5,
    text:
      'recvmsg(3, {msg_name={sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}, msg_namelen=16, ' +
      'msg_iov=[{iov_base="hello", iov_len=8}], msg_iovlen=1, msg_control=[{cmsg_len=48, cmsg_level=SOL_IP, ' +
      'cmsg_type=IP_RECVERR, cmsg_data={ee_errno=111, ee_origin=2, ee_type=3, ee_code=3, ee_info=0, ee_data=0, ' +
      'offender={sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}}}], msg_controllen=48, ' +
      'msg_flags=MSG_ERRQUEUE}, MSG_ERRQUEUE) = 5',
  },
  refused(
    [
      ...control(SOL_SOCKET, SCM_SECURITY, 3, bytes('a:b')),
      ...control(SOL_SOCKET, SCM_PIDFD, 4, u32(7)),
      ...control(SOL_SOCKET, SO_TIMESTAMPING_NEW, 8, u64(1)),
    ],
    72,
    [
      { cmsg_type: 'SCM_SECURITY', value: 'a:b' },
      { cmsg_type: 'SCM_PIDFD', value: 7 },
      { cmsg_type: 'SO_TIMESTAMPING_NEW', value: undefined },
    ],
    '[{cmsg_len=19, cmsg_level=SOL_SOCKET, cmsg_type=SCM_SECURITY, cmsg_data="a:b"}, ' +
      '{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_PIDFD, cmsg_data=7}, ' +
      '{cmsg_len=24, cmsg_level=SOL_SOCKET, cmsg_type=SO_TIMESTAMPING_NEW, cmsg_data=???}]',
  ),
  refused(
    control(SOL_SOCKET, SO_TIMESTAMPING_OLD, 48, ...[1, 2, 0, 0, -1, 5].map(u64)),
    64,
    [
      {
        cmsg_type: 'SO_TIMESTAMPING_OLD',
        value: [
          { tv_sec: 1, tv_nsec: 2 },
          { tv_sec: 0, tv_nsec: 0 },
          { tv_sec: -1, tv_nsec: 5 },
        ],
      },
    ],
    '[{cmsg_len=64, cmsg_level=SOL_SOCKET, cmsg_type=SO_TIMESTAMPING_OLD, ' +
      'cmsg_data=[{tv_sec=1, tv_nsec=2}, {tv_sec=0, tv_nsec=0}, {tv_sec=-1, tv_nsec=5}]}]',
  ),
  refused(
    [
      ...control(SOL_IP, IP_RECVOPTS, 2, u8(1), u8(0xa0)),
      ...control(SOL_IP, IP_RETOPTS, 1, u8(0)),
      ...control(SOL_IP, IP_CHECKSUM, 4, u32(0xdead_beef)),
      ...control(SOL_IP, IP_PROTOCOL, 4, u32(17)),
    ],
    96,
    [
      { cmsg_type: 'IP_RECVOPTS', value: [1, 0xa0] },
      { cmsg_type: 'IP_RETOPTS', value: [0] },
      { cmsg_type: 'IP_CHECKSUM', value: [0xdead_beef] },
      { cmsg_type: 'IP_PROTOCOL', value: 'IPPROTO_UDP' },
    ],
    '[{cmsg_len=18, cmsg_level=SOL_IP, cmsg_type=IP_RECVOPTS, cmsg_data=[0x1, 0xa0]}, ' +
      '{cmsg_len=17, cmsg_level=SOL_IP, cmsg_type=IP_RETOPTS, cmsg_data=[0]}, ' +
      '{cmsg_len=20, cmsg_level=SOL_IP, cmsg_type=IP_CHECKSUM, cmsg_data=[3735928559]}, ' +
      '{cmsg_len=20, cmsg_level=SOL_IP, cmsg_type=IP_PROTOCOL, cmsg_data=[IPPROTO_UDP]}]',
  ),
  refused(
    [...control(SOL_IPV6, 50, 4, u32(1)), ...control(SOL_IP, 99, 4, u32(1)), zeros(4)],
    52,
    [
      { cmsg_level: 'SOL_IPV6', cmsg_type: '0x32', data: '\u0001\0\0\0' },
      { cmsg_level: 'SOL_IP', cmsg_type: '0x63' },
    ],
    '[{cmsg_len=20, cmsg_level=SOL_IPV6, cmsg_type=0x32, cmsg_data="\\x01\\x00\\x00\\x00"}, ' +
      '{cmsg_len=20, cmsg_level=SOL_IP, cmsg_type=0x63 /* IP_??? */, cmsg_data="\\x01\\x00\\x00\\x00"}, ... /* 0x… */]',
  ),
)
