/** Which option of a socket is what. All others are numbers where they have the size of one, else bytes. */

import {
  IP,
  IPPROTO,
  IPV6,
  PACKET,
  RAW,
  SO,
  SO_SET,
  SOL,
  SOL_NETLINK_OPTIONS,
  TCP,
  TIPC,
  TIPC_LEVEL,
} from '../../table/constants/net.ts'
import { socketInstruction, socketProgram } from '../bpf/filter-program.ts'
import { oneOf } from '../flags.ts'
import {
  arrayOption,
  bytesOption,
  numberOption,
  partOption,
  roomOption,
  structOption,
  type OptionKind,
} from './option-kinds.ts'
import {
  authenticationKey,
  errorNumber,
  groupJoin,
  groupRequest,
  icmpFilter,
  linger,
  membership,
  membership6,
  packetInfo6,
  packetMembership,
  packetStatistics,
  portRange,
  rehashing,
  ring,
  sourceMembership,
  ucred,
} from './option-structs.ts'
import { fd, id, int, uint } from '../scalar.ts'
import { timeval } from '../time/time.ts'

/** An option as setsockopt(2) takes it, and as getsockopt(2) gives it. */
export interface Pair<out W, out R> {
  readonly written?: OptionKind<W>
  readonly read?: OptionKind<R>
}
const both = <T>(kind: OptionKind<T>): Pair<T, T> => ({ written: kind, read: kind })
const written = <T>(kind: OptionKind<T>): Pair<T, never> => ({ written: kind })
const read = <T>(kind: OptionKind<T>): Pair<never, T> => ({ read: kind })

const timeout = both(bytesOption(timeval))
const ports = both(numberOption(portRange, { exactly: true }))
const sourced = written(bytesOption(sourceMembership))
const joined = written(structOption(membership))
const joined6 = written(structOption(membership6))
const joinedGroup = written(structOption(groupRequest))
const rings = written(structOption(ring, true))
const packets = written(structOption(packetMembership, true))
const program = structOption(socketProgram, true)

const number = both(numberOption(int))
const anyNumber = numberOption(int, { anySize: true })
const importance = numberOption(oneOf(TIPC_LEVEL), { fewAddress: true })
const MOST_INSTRUCTIONS = 4096
const MOST_GROUPS = 1024

/** By level and by name; `otherwise` is any other option of the level. */
export const OPTIONS = {
  SOL_SOCKET: {
    SO_LINGER: { written: structOption(linger), read: roomOption(linger, ['l_onoff', 'l_linger'], int) },
    SO_PEERCRED: read(roomOption(ucred, ['pid', 'uid', 'gid'], id)),
    SO_ERROR: read(numberOption(errorNumber)),
    SO_TXREHASH: both(numberOption(rehashing)),
    SO_PEERPIDFD: read(numberOption(fd)),
    SO_ATTACH_FILTER: {
      written: program,
      read: arrayOption(socketInstruction, MOST_INSTRUCTIONS, { counted: true, verbose: true }),
    },
    SO_ATTACH_REUSEPORT_CBPF: written(program),
    SO_RCVTIMEO_OLD: timeout,
    SO_SNDTIMEO_OLD: timeout,
    SO_RCVTIMEO_NEW: timeout,
    SO_SNDTIMEO_NEW: timeout,
    SO_DEBUG: number,
    SO_REUSEADDR: number,
    SO_DONTROUTE: number,
    SO_BROADCAST: number,
    SO_SNDBUF: number,
    SO_RCVBUF: number,
    SO_KEEPALIVE: number,
    SO_OOBINLINE: number,
    SO_NO_CHECK: number,
    SO_PRIORITY: number,
    SO_BSDCOMPAT: number,
    SO_REUSEPORT: number,
    SO_PASSCRED: number,
    SO_RCVLOWAT: number,
    SO_SNDLOWAT: number,
    SO_DETACH_FILTER: number,
    SO_TIMESTAMP_OLD: number,
    SO_ACCEPTCONN: number,
    SO_SNDBUFFORCE: number,
    SO_RCVBUFFORCE: number,
    SO_PASSSEC: number,
    SO_TIMESTAMPNS_OLD: number,
    SO_MARK: number,
    SO_TIMESTAMPING_OLD: number,
    SO_RXQ_OVFL: number,
    SO_WIFI_STATUS: number,
    SO_PEEK_OFF: number,
    SO_NOFCS: number,
    SO_LOCK_FILTER: number,
    SO_SELECT_ERR_QUEUE: number,
    SO_BUSY_POLL: number,
    SO_INCOMING_CPU: number,
    SO_CNX_ADVICE: number,
    SO_INCOMING_NAPI_ID: number,
    SO_ZEROCOPY: number,
    SO_TIMESTAMP_NEW: number,
    SO_TIMESTAMPNS_NEW: number,
    SO_TIMESTAMPING_NEW: number,
    SO_DETACH_REUSEPORT_BPF: number,
    SO_PREFER_BUSY_POLL: number,
    SO_BUSY_POLL_BUDGET: number,
    SO_RESERVE_MEM: number,
    SO_RCVMARK: number,
    SO_PASSPIDFD: number,
    SO_RCVPRIORITY: number,
    SO_PASSRIGHTS: number,
    SO_INQ: number,
  },
  SOL_IP: {
    IP_ADD_MEMBERSHIP: joined,
    IP_DROP_MEMBERSHIP: joined,
    IP_ADD_SOURCE_MEMBERSHIP: sourced,
    IP_DROP_SOURCE_MEMBERSHIP: sourced,
    IP_BLOCK_SOURCE: sourced,
    IP_UNBLOCK_SOURCE: sourced,
    MCAST_JOIN_GROUP: joinedGroup,
    MCAST_LEAVE_GROUP: joinedGroup,
    IP_LOCAL_PORT_RANGE: ports,
    IP_PROTOCOL: read(numberOption(oneOf(IPPROTO), { exactly: true })),
  },
  SOL_IPV6: {
    IPV6_ADD_MEMBERSHIP: joined6,
    IPV6_DROP_MEMBERSHIP: joined6,
    IPV6_JOIN_ANYCAST: joined6,
    IPV6_LEAVE_ANYCAST: joined6,
    IPV6_PKTINFO: written(bytesOption(packetInfo6)),
    MCAST_JOIN_GROUP: joinedGroup,
    MCAST_LEAVE_GROUP: joinedGroup,
  },
  SOL_PACKET: {
    PACKET_STATISTICS: read(roomOption(packetStatistics, ['tp_packets', 'tp_drops', 'tp_freeze_q_cnt'], uint)),
    PACKET_RX_RING: rings,
    PACKET_TX_RING: rings,
    PACKET_ADD_MEMBERSHIP: packets,
    PACKET_DROP_MEMBERSHIP: packets,
  },
  SOL_RAW: { ICMP_FILTER: both(partOption(icmpFilter, 0xff)) },
  SOL_NETLINK: {
    NETLINK_LIST_MEMBERSHIPS: { written: numberOption(int), read: arrayOption(uint, MOST_GROUPS) },
    otherwise: { written: numberOption(int), read: anyNumber },
  },
  SOL_TCP: { TCP_AO_ADD_KEY: written(partOption(authenticationKey)) },
  SOL_TIPC: {
    TIPC_IMPORTANCE: both(importance),
    TIPC_GROUP_JOIN: both(structOption(groupJoin)),
    otherwise: both(anyNumber),
  },
} as const

type Pairs = { readonly [Name in string]?: Pair<unknown, unknown> }

/** Numbers of the options of each level that is listed above. */
const NUMBERS: { readonly [Level in keyof typeof OPTIONS]: Readonly<Record<string, number>> } = {
  SOL_SOCKET: { ...SO.values, ...SO_SET.values },
  SOL_IP: IP.values,
  SOL_IPV6: IPV6.values,
  SOL_PACKET: PACKET.values,
  SOL_RAW: RAW.values,
  SOL_NETLINK: SOL_NETLINK_OPTIONS.values,
  SOL_TCP: TCP.values,
  SOL_TIPC: TIPC.values,
}

/** The options of one level. */
export interface Level {
  readonly number: number
  readonly options: ReadonlyMap<number, Pair<unknown, unknown>>
  readonly otherwise: Pair<unknown, unknown> | undefined
}

export const LEVELS: readonly Level[] = Object.entries<Pairs>(OPTIONS).map(([name, { otherwise, ...options }]) => {
  const level = name as keyof typeof OPTIONS // A key of the same object.
  const found = Object.entries(options).flatMap(([option, pair]) => {
    const value = NUMBERS[level][option]
    if (value === undefined) throw new Error(`${name} has no option ${option}`)
    return pair === undefined ? [] : [[value, pair] as const]
  })
  return { number: SOL.values[level], options: new Map(found), otherwise }
})

type ValueIn<P> = P extends Pair<infer W, infer R> ? W | R : never
type ValuesOf<L> = L extends Readonly<Record<string, unknown>> ? ValueIn<L[keyof L]> : never

/** What any option that is taken apart can be. */
export type KnownOption = ValuesOf<(typeof OPTIONS)[keyof typeof OPTIONS]>
