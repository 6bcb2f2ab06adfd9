/** Structs and numbers that options of sockets are made of. */

import { errnoName } from '../../table/constants/errno.ts'
import { ICMP_TYPE, PACKET_MR, SOCK_TXREHASH, TCP_AO_KEYF, TIPC_GROUP, TIPC_SCOPE } from '../../table/constants/net.ts'
import type { Cell } from '../arg.ts'
import { fixedText } from '../fixed.ts'
import { constantText, flags, lowOf, nameOrHex, oneOf, prepare, type NameIn, type OneOf } from '../flags.ts'
import { hardwareText, inet6, inetAddress, networkText, rawBytes } from './inet.ts'
import { ifindex } from './interfaces.ts'
import { hex32 } from '../numbers.ts'
import { quoteBytes } from '../quote.ts'
import { byte, id, int, pid, uint, ushort, type Scalar } from '../scalar.ts'
import { socketAddress } from './sockaddr.ts'
import { field, struct, type Struct } from '../struct.ts'

/** An error number without a sign: SO_ERROR. */
export const errorNumber: Scalar<string | number> = {
  kind: 'errorNumber',
  width: 4,
  read: (cell) => errnoName(lowOf(cell, 4)) ?? lowOf(cell, 4),
  print: (cell, style) => {
    const value = lowOf(cell, 4)
    const name = errnoName(value)
    return name === undefined ? String(value) : constantText(name, String(value), style)
  },
}

const rehash = prepare(SOCK_TXREHASH)

export const rehashing: Scalar<OneOf<NameIn<typeof SOCK_TXREHASH>>> = {
  kind: 'oneOf',
  width: 4,
  read: (cell) => nameOrHex<NameIn<typeof SOCK_TXREHASH>>(rehash, 0, lowOf(cell, 4)),
  print: (cell, style) =>
    rehash.valueText(lowOf(cell, 4), style, rehash.fallback, String(cell.view.getInt32(cell.at, true))),
}

export const linger = struct(8, { l_onoff: field(0, int), l_linger: field(4, int) })
export const ucred = struct(12, { pid: field(0, pid), uid: field(4, id), gid: field(8, id) })

/** struct ip_mreq, the beginning of struct ip_mreqn */
export const membership = struct(8, { imr_multiaddr: field(0, inetAddress), imr_interface: field(4, inetAddress) })

/** struct ip_mreq_source */
export const sourceMembership = struct(12, {
  imr_multiaddr: field(0, inetAddress),
  imr_interface: field(4, inetAddress),
  imr_sourceaddr: field(8, inetAddress),
})

/** struct ipv6_mreq */
export const membership6 = struct(20, { ipv6mr_multiaddr: inet6(0), ipv6mr_interface: field(16, ifindex) })

/** struct in6_pktinfo */
export const packetInfo6 = struct(20, { ipi6_addr: inet6(0), ipi6_ifindex: field(16, ifindex) })

/** struct group_req */
export const groupRequest = struct(136, { gr_interface: field(0, ifindex), gr_group: field(8, socketAddress()) })

/** struct tpacket_req */
export const ring = struct(16, {
  tp_block_size: field(0, uint),
  tp_block_nr: field(4, uint),
  tp_frame_size: field(8, uint),
  tp_frame_nr: field(12, uint),
})

/** struct tpacket_stats_v3 */
export const packetStatistics = struct(12, {
  tp_packets: field(0, uint),
  tp_drops: field(4, uint),
  tp_freeze_q_cnt: field(8, uint),
})

const MOST_HARDWARE = 8

function hardwareOf(cell: Cell): Uint8Array {
  const { view, at } = cell.sibling('mr_alen')
  return rawBytes(cell, Math.min(view.getUint16(at, true), MOST_HARDWARE))
}

const hardware: Struct<string> = {
  kind: 'hardwareAddress',
  size: MOST_HARDWARE,
  read: (cell) => hardwareText(hardwareOf(cell)),
  print: (cell, style) => networkText(hardwareText(hardwareOf(cell)), hardwareOf(cell), style),
}

/** struct packet_mreq */
export const packetMembership = struct(16, {
  mr_ifindex: field(0, ifindex),
  mr_type: field(4, oneOf(PACKET_MR, 2)),
  mr_alen: field(6, ushort),
  mr_address: field(8, hardware),
})

/** The lowest and the highest port, of which 0 means no limit. */
export const portRange: Scalar<number> = {
  ...uint,
  kind: 'portRange',
  print: (cell, style) => {
    const ports = lowOf(cell, 4)
    const [low, high] = [ports & 0xffff, ports >>> 16]
    const isRange = ports !== 0 && (low === 0 || high === 0 || low <= high)
    if (style.constants === 'raw' || !isRange) return hex32(ports)
    return `${hex32(ports)} /* ${low === 0 ? '' : low}..${high === 0 ? '' : high} */`
  },
}

const messages = prepare(ICMP_TYPE)
const WORD_BITS = 32

function bitsIn(value: number): readonly number[] {
  return Array.from({ length: WORD_BITS }, (_, bit) => bit).filter((bit) => ((value >>> bit) & 1) !== 0)
}

/** struct icmp_filter: the messages that are dropped; text names the others where they are fewer. */
export const icmpFilter: Struct<readonly OneOf<NameIn<typeof ICMP_TYPE>>[]> = {
  kind: 'icmpFilter',
  size: 4,
  read: (cell) => bitsIn(lowOf(cell, 4)).map((bit) => nameOrHex<NameIn<typeof ICMP_TYPE>>(messages, 0, bit)),
  print: (cell, style) => {
    const bits = bitsIn(lowOf(cell, 4))
    const isMost = bits.length > WORD_BITS / 2
    const shown = isMost ? bitsIn(~lowOf(cell, 4)) : bits
    return `${isMost ? '~' : ''}[${shown.map((bit) => messages.valueText(bit, style)).join(' ')}]`
  },
}

/** struct tipc_group_req */
export const groupJoin = struct(16, {
  type: field(0, uint),
  instance: field(4, uint),
  scope: field(8, oneOf(TIPC_SCOPE)),
  flags: field(12, flags(TIPC_GROUP)),
})

/** A bit of the word with flags. */
function bit(number: number): Scalar<number> {
  const value = (cell: Cell): number => (lowOf(cell, 4) >>> number) & 1
  return { kind: 'bit', width: 4, read: value, print: (cell) => String(value(cell)) }
}

const MOST_KEY = 80

function keyOf(cell: Cell): Uint8Array {
  const { view, at } = cell.sibling('keylen')
  return rawBytes(cell, Math.min(view.getUint8(at), MOST_KEY))
}

const key: Struct<Uint8Array> = {
  kind: 'key',
  size: MOST_KEY,
  read: keyOf,
  print: (cell) => quoteBytes(keyOf(cell), 'all'),
}

/** struct tcp_ao_add */
export const authenticationKey = struct(288, {
  addr: field(0, socketAddress()),
  prefix: field(202, byte),
  alg_name: field(128, fixedText(64)),
  ifindex: field(192, ifindex),
  set_current: field(196, bit(0)),
  set_rnext: field(196, bit(1)),
  sndid: field(203, byte),
  rcvid: field(204, byte),
  maclen: field(205, byte),
  keyflags: field(206, flags(TCP_AO_KEYF, 1)),
  key: field(208, key),
  keylen: field(207, byte),
})
