/** Options of sockets. */

import {
  AF,
  IP,
  IPV6,
  PACKET,
  RAW,
  SCTP,
  SO,
  SO_SET,
  SOCK,
  SOL,
  SOL_NETLINK_OPTIONS,
  TCP,
} from '../../src/table/constants/net.ts'
import { address6, it, LOCALHOST, net32, socket } from './addresses.ts'
import { family, type Case } from './check.ts'
import { pretended } from './pretend.ts'
import { block, bytes, intAt, room, string, u16, u32, u64, u8, zeros, type Part, type Word } from './script.ts'

const { AF_UNIX, AF_INET, AF_NETLINK } = AF.values
const { SOCK_STREAM, SOCK_RAW } = SOCK.values
const { SOL_SOCKET, SOL_IP, SOL_IPV6, SOL_TCP, SOL_NETLINK } = SOL.values

const tcp = socket(AF_INET, SOCK_STREAM)
const length = (value: number): Word => block([u32(value)], 'length')

/** What an option holds, for a call that changes nothing. */
function written(
  level: keyof typeof SOL.values,
  name: string,
  option: number,
  parts: readonly Part[],
  size: number,
  optval: unknown,
  text: string,
): Case<'setsockopt'> {
  return {
    before: pretended('setsockopt'),
    call: ['setsockopt', 1, SOL.values[level], option, block(parts), size],
    args: { sockfd: 1, level, optname: name, optval, optlen: size },
    returned: 0,
    text: `setsockopt(1, ${level}, ${name}, ${text}, ${size}) = 0`,
  }
}

function read(
  level: keyof typeof SOL.values,
  name: string,
  option: number,
  parts: readonly Part[],
  size: number,
  optval: unknown,
  text: string,
): Case<'getsockopt'> {
  return {
    before: pretended('getsockopt'),
    call: ['getsockopt', 1, SOL.values[level], option, block(parts), length(size)],
    args: { sockfd: 1, level, optname: name, optlen: size },
    out: { optval, optlen: size },
    returned: 0,
    text: `getsockopt(1, ${level}, ${name}, ${text}, [${size}]) = 0`,
  }
}

/** struct sock_fprog: the packet's protocol, then take all of it */
function program(): Word {
  return block([u64(2), u64(block([u16(0x20), u16(0), u32(0xffff_f000), u16(6), u16(0), u32(0xffff)]))])
}

export const sockopts = family(
  {},
  {
    before: tcp,
    call: ['setsockopt', it, SOL_SOCKET, SO.values.SO_KEEPALIVE, block([u32(1)]), 4],
    args: { sockfd: 3, level: 'SOL_SOCKET', optname: 'SO_KEEPALIVE', optval: 1, optlen: 4 },
    returned: 0,
    text: 'setsockopt(3, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0',
  },
  {
    before: tcp,
    call: ['setsockopt', it, SOL_SOCKET, SO.values.SO_KEEPALIVE, block([u16(1)]), 2],
    error: 'EINVAL',
    args: { optval: '\u0001\0', optlen: 2 },
    text: 'setsockopt(3, SOL_SOCKET, SO_KEEPALIVE, 0x…, 2) = -1 EINVAL (Invalid argument)',
  },
  {
    before: tcp,
    call: ['getsockopt', it, SOL_SOCKET, SO.values.SO_TYPE, room(8), length(8)],
    args: { level: 'SOL_SOCKET', optname: 'SO_TYPE', optlen: 8 },
    out: { optval: 1, optlen: 4 },
    returned: 0,
    text: 'getsockopt(3, SOL_SOCKET, SO_TYPE, [1], [8 => 4]) = 0',
  },
  {
    before: tcp,
    call: ['getsockopt', it, SOL_SOCKET, 999, room(8), length(8)],
    error: 'ENOPROTOOPT',
    args: { optname: '0x3e7', optlen: 8 },
    text: 'getsockopt(3, SOL_SOCKET, 0x3e7 /* SO_??? */, 0x…, [8]) = -1 ENOPROTOOPT (Protocol not available)',
  },
  {
    call: ['getsockopt', -1, 999, 5, room(8), 1],
    error: 'EBADF',
    args: { level: '0x3e7', optname: '0x5', optlen: 'EFAULT' },
    text: 'getsockopt(-1, 0x3e7 /* SOL_?? */, 5, 0x…, 0x1) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: tcp,
    call: ['setsockopt', it, SOL_SOCKET, SO.values.SO_LINGER, block([u32(1), u32(30)]), 8],
    args: { optname: 'SO_LINGER', optval: { l_onoff: 1, l_linger: 30 } },
    returned: 0,
    text: 'setsockopt(3, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=30}, 8) = 0',
  },
  {
    before: tcp,
    call: ['setsockopt', it, SOL_SOCKET, SO.values.SO_LINGER, block([u32(1)]), 4],
    error: 'EINVAL',
    args: { optval: 1 },
    text: 'setsockopt(3, SOL_SOCKET, SO_LINGER, 0x…, 4) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [...tcp, ['setsockopt', it, SOL_SOCKET, SO.values.SO_LINGER, block([u32(1), u32(258)]), 8]],
    call: ['getsockopt', it, SOL_SOCKET, SO.values.SO_LINGER, room(8), length(6)],
    out: { optval: '\u0001\0\0\0\u0002\u0001', optlen: 6 },
    returned: 0,
    text: 'getsockopt(3, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger="\\x02\\x01"}, [6]) = 0',
  },
  {
    before: [...tcp, ['setsockopt', it, SOL_SOCKET, SO.values.SO_LINGER, block([u32(1), u32(258)]), 8]],
    call: ['getsockopt', it, SOL_SOCKET, SO.values.SO_LINGER, room(16), length(16)],
    out: { optval: { l_onoff: 1, l_linger: 258 }, optlen: 8 },
    returned: 0,
    text: 'getsockopt(3, SOL_SOCKET, SO_LINGER, {l_onoff=1, l_linger=258}, [16 => 8]) = 0',
  },
  {
    // strace has no names for the parts of a timeout.
    before: tcp,
    call: ['setsockopt', it, SOL_SOCKET, SO.values.SO_RCVTIMEO_OLD, block([u64(1), u64(500_000)]), 16],
    args: { optname: 'SO_RCVTIMEO_OLD', optval: { tv_sec: 1, tv_usec: 500_000 } },
    returned: 0,
    text: 'setsockopt(3, SOL_SOCKET, SO_RCVTIMEO_OLD, "\\1\\0\\0\\0\\0\\0\\0\\0 \\241\\7\\0\\0\\0\\0\\0", 16) = 0',
  },
  {
    before: [['socketpair', AF_UNIX, SOCK_STREAM, 0, room(8, 'pair')]],
    call: ['getsockopt', intAt('pair'), SOL_SOCKET, SO.values.SO_PEERCRED, room(12), length(12)],
    out: { optval: { pid: (pid: unknown) => Number(pid) > 0, uid: (uid: unknown) => typeof uid === 'number' } },
    returned: 0,
    text: 'getsockopt(3, SOL_SOCKET, SO_PEERCRED, {pid=…, uid=…, gid=…}, [12]) = 0',
  },
  read(
    'SOL_SOCKET',
    'SO_PEERCRED',
    SO.values.SO_PEERCRED,
    [u32(100), u32(-1), u32(5)],
    12,
    { pid: 100, uid: -1, gid: 5 },
    '{pid=100, uid=-1, gid=5}',
  ),
  read('SOL_SOCKET', 'SO_ERROR', SO.values.SO_ERROR, [u32(111)], 4, 'ECONNREFUSED', '[ECONNREFUSED]'),
  read('SOL_SOCKET', 'SO_ERROR', SO.values.SO_ERROR, [u16(111)], 2, 'o\0', '"\\x6f\\x00"'),
  read('SOL_SOCKET', 'SO_PEERPIDFD', SO.values.SO_PEERPIDFD, [u32(8)], 4, 8, '[8]'),
  read(
    'SOL_SOCKET',
    'SO_TXREHASH',
    SO.values.SO_TXREHASH,
    [u32(255)],
    4,
    'SOCK_TXREHASH_DEFAULT',
    '[SOCK_TXREHASH_DEFAULT]',
  ),
  written(
    'SOL_SOCKET',
    'SO_TXREHASH',
    SO.values.SO_TXREHASH,
    [u32(1)],
    4,
    'SOCK_TXREHASH_ENABLED',
    '[SOCK_TXREHASH_ENABLED]',
  ),
  {
    before: socket(AF_UNIX),
    call: ['setsockopt', it, SOL_SOCKET, SO_SET.values.SO_ATTACH_FILTER, program(), 16],
    args: {
      optname: 'SO_ATTACH_FILTER',
      optval: {
        len: 2,
        filter: [
          { jt: 0, jf: 0, k: 0xffff_f000 },
          { jt: 0, jf: 0, k: 0xffff },
        ],
      },
    },
    returned: 0,
    style: { abbreviate: false },
    text:
      'setsockopt(3, SOL_SOCKET, SO_ATTACH_FILTER, {len=2, filter=[BPF_STMT(BPF_LD|BPF_W|BPF_ABS, SKF_AD_OFF+SKF_AD_PROTOCOL), ' +
      'BPF_STMT(BPF_RET|BPF_K, 0xffff)]}, 16) = 0',
  },
  {
    before: [...socket(AF_UNIX), ['setsockopt', it, SOL_SOCKET, SO_SET.values.SO_ATTACH_FILTER, program(), 16]],
    call: ['getsockopt', it, SOL_SOCKET, SO_SET.values.SO_ATTACH_FILTER, room(16), length(2)],
    args: { optname: 'SO_GET_FILTER' },
    out: { optval: [{ k: 0xffff_f000 }, { k: 0xffff }], optlen: 2 },
    returned: 0,
    style: { abbreviate: false },
    text:
      'getsockopt(3, SOL_SOCKET, SO_GET_FILTER, [BPF_STMT(BPF_LD|BPF_W|BPF_ABS, SKF_AD_OFF+SKF_AD_PROTOCOL), ' +
      'BPF_STMT(BPF_RET|BPF_K, 0xffff)], [2]) = 0',
  },
  {
    before: socket(AF_INET),
    call: ['setsockopt', it, SOL_IP, IP.values.IP_ADD_MEMBERSHIP, block([net32(0xe000_00fb), net32(LOCALHOST)]), 4],
    error: 'EINVAL',
    text: 'setsockopt(3, SOL_IP, IP_ADD_MEMBERSHIP, 0x…, 4) = -1 EINVAL (Invalid argument)',
  },
  written(
    'SOL_IP',
    'IP_ADD_MEMBERSHIP',
    IP.values.IP_ADD_MEMBERSHIP,
    [net32(0xe000_00fb), net32(LOCALHOST)],
    8,
    { imr_multiaddr: '224.0.0.251', imr_interface: '127.0.0.1' },
    '{imr_multiaddr=inet_addr("224.0.0.251"), imr_interface=inet_addr("127.0.0.1")}',
  ),
  written(
    'SOL_IP',
    'IP_ADD_SOURCE_MEMBERSHIP',
    IP.values.IP_ADD_SOURCE_MEMBERSHIP,
    [net32(0xe000_00fb), net32(LOCALHOST), net32(0x0a00_0001)],
    12,
    { imr_multiaddr: '224.0.0.251', imr_interface: '127.0.0.1', imr_sourceaddr: '10.0.0.1' },
    String.raw`"\340\0\0\373\177\0\0\1\n\0\0\1"`,
  ),
  written(
    'SOL_IP',
    'MCAST_JOIN_GROUP',
    IP.values.MCAST_JOIN_GROUP,
    [u32(1), u32(0), u16(AF_INET), u16(0), net32(0xe000_00fb), zeros(120)],
    136,
    { gr_interface: 1, gr_group: { sa_family: 'AF_INET', sin_port: 0, sin_addr: '224.0.0.251' } },
    '{gr_interface=if_nametoindex("lo"), gr_group={sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("224.0.0.251")}}',
  ),
  written(
    'SOL_IP',
    'IP_LOCAL_PORT_RANGE',
    IP.values.IP_LOCAL_PORT_RANGE,
    [u16(1000), u16(2000)],
    4,
    0x7d0_03e8,
    '[0x7d003e8 /* 1000..2000 */]',
  ),
  read(
    'SOL_IP',
    'IP_LOCAL_PORT_RANGE',
    IP.values.IP_LOCAL_PORT_RANGE,
    [u16(0), u16(9)],
    4,
    0x9_0000,
    '[0x90000 /* ..9 */]',
  ),
  {
    call: ['setsockopt', -1, SOL_IP, IP.values.IP_LOCAL_PORT_RANGE, block([u16(1), u16(2), zeros(60)]), -1],
    error: 'EBADF',
    style: { stringLimit: 2 },
    text: 'setsockopt(-1, SOL_IP, IP_LOCAL_PORT_RANGE, "\\x01\\x00"..., -1) = -1 EBADF (Bad file descriptor)',
  },
  read('SOL_IP', 'IP_PROTOCOL', IP.values.IP_PROTOCOL, [u32(6)], 4, 'IPPROTO_TCP', '[IPPROTO_TCP]'),
  written(
    'SOL_IPV6',
    'IPV6_ADD_MEMBERSHIP',
    IPV6.values.IPV6_ADD_MEMBERSHIP,
    [bytes(address6('ff02::fb')), u32(1)],
    20,
    { ipv6mr_multiaddr: 'ff02::fb', ipv6mr_interface: 1 },
    '{inet_pton(AF_INET6, "ff02::fb", &ipv6mr_multiaddr), ipv6mr_interface=if_nametoindex("lo")}',
  ),
  {
    call: ['setsockopt', -1, SOL_IPV6, IPV6.values.IPV6_PKTINFO, block([bytes(address6('::1')), u32(1)]), 20],
    error: 'EBADF',
    args: { level: 'SOL_IPV6', optname: 'IPV6_PKTINFO', optval: { ipi6_addr: '::1', ipi6_ifindex: 1 } },
    text: String.raw`setsockopt(-1, SOL_IPV6, IPV6_PKTINFO, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\0\0\0", 20) = -1 EBADF (Bad file descriptor)`,
  },
  {
    before: tcp,
    call: ['setsockopt', it, SOL_TCP, TCP.values.TCP_CONGESTION, string('none such'), 9],
    error: 'ENOENT',
    args: { level: 'SOL_TCP', optname: 'TCP_CONGESTION', optval: 'none such' },
    text: 'setsockopt(3, SOL_TCP, TCP_CONGESTION, "none such", 9) = -1 ENOENT (No such file or directory)',
  },
  {
    before: tcp,
    call: ['getsockopt', it, SOL_TCP, TCP.values.TCP_INFO, room(8), length(8)],
    out: { optval: (info: unknown) => typeof info === 'string' && info.length === 8, optlen: 8 },
    returned: 0,
    // TCP_CLOSE
    text: 'getsockopt(3, SOL_TCP, TCP_INFO, "\\7\\0\\0\\0…", [8]) = 0',
  },
  written(
    'SOL_TCP',
    'TCP_AO_ADD_KEY',
    TCP.values.TCP_AO_ADD_KEY,
    [
      u16(AF_INET),
      u16(0),
      net32(LOCALHOST),
      zeros(120),
      bytes('hmac(sha1)'),
      zeros(54),
      u32(1),
      u32(2),
      u16(0),
      ...[24, 1, 2, 12, 1, 3].map(u8),
      bytes('key'),
      zeros(77),
    ],
    288,
    {
      addr: { sa_family: 'AF_INET', sin_addr: '127.0.0.1' },
      alg_name: 'hmac(sha1)',
      ifindex: 1,
      set_current: 0,
      set_rnext: 1,
      prefix: 24,
      keyflags: ['TCP_AO_KEYF_IFINDEX'],
    },
    '{addr={sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}, prefix=24, alg_name="hmac(sha1)", ' +
      'ifindex=if_nametoindex("lo"), set_current=0, set_rnext=1, sndid=1, rcvid=2, maclen=12, keyflags=TCP_AO_KEYF_IFINDEX, ' +
      'key="\\x6b\\x65\\x79", keylen=3}',
  ),
  {
    before: [...socket(AF_NETLINK, SOCK_RAW), ['setsockopt', it, SOL_NETLINK, 1, block([u32(2)]), 4]],
    call: ['getsockopt', it, SOL_NETLINK, SOL_NETLINK_OPTIONS.values.NETLINK_LIST_MEMBERSHIPS, room(8), length(8)],
    args: { level: 'SOL_NETLINK', optname: 'NETLINK_LIST_MEMBERSHIPS' },
    out: { optval: (list: unknown) => Array.isArray(list) && list[0] === 2 },
    returned: 0,
    text: 'getsockopt(3, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, [2…], [8…]) = 0',
  },
  {
    before: socket(AF_NETLINK, SOCK_RAW),
    call: ['setsockopt', it, SOL_NETLINK, SOL_NETLINK_OPTIONS.values.NETLINK_ADD_MEMBERSHIP, block([u32(9999)]), 4],
    error: 'EINVAL',
    args: { level: 'SOL_NETLINK', optname: 'NETLINK_ADD_MEMBERSHIP', optval: 9999 },
    text: 'setsockopt(3, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, [9999], 4) = -1 EINVAL (Invalid argument)',
  },
  written(
    'SOL_PACKET',
    'PACKET_ADD_MEMBERSHIP',
    PACKET.values.PACKET_ADD_MEMBERSHIP,
    [u32(1), u16(0), u16(6), bytes(Uint8Array.of(1, 0, 0x5e, 0, 0, 0xfb, 9, 9))],
    16,
    { mr_ifindex: 1, mr_type: 'PACKET_MR_MULTICAST', mr_alen: 6, mr_address: '01:00:5e:00:00:fb' },
    '{mr_ifindex=if_nametoindex("lo"), mr_type=PACKET_MR_MULTICAST, mr_alen=6, mr_address=01:00:5e:00:00:fb}',
  ),
  written(
    'SOL_PACKET',
    'PACKET_RX_RING',
    PACKET.values.PACKET_RX_RING,
    [4096, 2, 2048, 4].map(u32),
    16,
    { tp_block_size: 4096, tp_block_nr: 2, tp_frame_size: 2048, tp_frame_nr: 4 },
    '{tp_block_size=4096, tp_block_nr=2, tp_frame_size=2048, tp_frame_nr=4}',
  ),
  read(
    'SOL_PACKET',
    'PACKET_STATISTICS',
    PACKET.values.PACKET_STATISTICS,
    [u32(10), u32(3)],
    8,
    (value: unknown) => typeof value === 'string',
    '{tp_packets=10, tp_drops=3}',
  ),
  written(
    'SOL_RAW',
    'ICMP_FILTER',
    RAW.values.ICMP_FILTER,
    [u32(1 | (1 << 8))],
    4,
    ['ICMP_ECHOREPLY', 'ICMP_ECHO'],
    '[ICMP_ECHOREPLY ICMP_ECHO]',
  ),
  read(
    'SOL_RAW',
    'ICMP_FILTER',
    RAW.values.ICMP_FILTER,
    [u8(0xf7)],
    1,
    (list: unknown) => Array.isArray(list) && list.length === 31,
    '~[ICMP_DEST_UNREACH]',
  ),
  written('SOL_SCTP', 'SCTP_NODELAY', SCTP.values.SCTP_NODELAY, [u32(1)], 4, 1, '[1]'),
  {
    before: socket(AF_INET),
    call: ['setsockopt', it, SOL_SOCKET, SO.values.SO_BINDTODEVICE, string('none'), 5],
    error: 'ENODEV',
    args: { optval: 'none\0' },
    text: 'setsockopt(3, SOL_SOCKET, SO_BINDTODEVICE, "none\\0", 5) = -1 ENODEV (No such device)',
  },
)
