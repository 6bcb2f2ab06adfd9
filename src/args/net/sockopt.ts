/** Options of sockets: their names depend on the level. */

import {
  ALG_SET,
  AX25_OPTION,
  BT_OPTION,
  CAIFSO,
  CAN_RAW_OPTION,
  DCCP_SOCKOPT,
  IP,
  IP_GET,
  IP_SET,
  IPV6,
  IPV6_GET,
  IPV6_SET,
  IPX_OPTION,
  IRLMP,
  IUCV,
  KCM,
  LLC_OPT,
  NFC_LLCP,
  PACKET,
  PNPIPE,
  PPPOL2TP_SO,
  RAW,
  RDS,
  RXRPC,
  SCTP,
  SO,
  SO_GET,
  SO_SET,
  SO_VSOCK,
  SOL,
  SOL_NETLINK_OPTIONS,
  TCP,
  TIPC,
  TLS,
  UDP,
  XDP,
} from '../../table/constants/net.ts'
import type { Kind } from '../arg.ts'
import { ConstantSet, lowOf, nameOrHex, type Constants, type NameIn, type OneOf } from '../flags.ts'

/** Levels whose options are the same for getsockopt(2) and setsockopt(2). */
const both = {
  SOL_IPX: IPX_OPTION,
  SOL_AX25: AX25_OPTION,
  SOL_PACKET: PACKET,
  SOL_TCP: TCP,
  SOL_CAN_RAW: CAN_RAW_OPTION,
  SOL_SCTP: SCTP,
  SOL_RAW: RAW,
  SOL_NETLINK: SOL_NETLINK_OPTIONS,
  SOL_UDP: UDP,
  SOL_IRDA: IRLMP,
  SOL_LLC: LLC_OPT,
  SOL_DCCP: DCCP_SOCKOPT,
  SOL_TIPC: TIPC,
  SOL_RXRPC: RXRPC,
  SOL_PPPOL2TP: PPPOL2TP_SO,
  SOL_BLUETOOTH: BT_OPTION,
  SOL_PNPIPE: PNPIPE,
  SOL_RDS: RDS,
  SOL_IUCV: IUCV,
  SOL_CAIF: CAIFSO,
  SOL_ALG: ALG_SET,
  SOL_NFC: NFC_LLCP,
  SOL_KCM: KCM,
  SOL_TLS: TLS,
  SOL_XDP: XDP,
  // The kernel compares the level of a vsock option with the address family.
  AF_VSOCK: SO_VSOCK,
} as const
const read = { SOL_SOCKET: [SO, SO_GET], SOL_IP: [IP, IP_GET], SOL_IPV6: [IPV6, IPV6_GET] } as const
const written = { SOL_SOCKET: [SO, SO_SET], SOL_IP: [IP, IP_SET], SOL_IPV6: [IPV6, IPV6_SET] } as const

type Both = (typeof both)[keyof typeof both]
type Read = (typeof read)[keyof typeof read][number]
type Written = (typeof written)[keyof typeof written][number]

function levels(own: typeof read | typeof written): ReadonlyMap<number, ConstantSet> {
  const values: Readonly<Record<string, number>> = SOL.values
  const sets = [
    ...Object.entries(own).map(([level, sets]) => [level, new ConstantSet(...sets)] as const),
    ...Object.entries(both).map(([level, set]) => [level, new ConstantSet(set)] as const),
  ]
  return new Map(sets.map(([level, set]) => [values[level] ?? -1, set]))
}

function optionName<Name extends string>(sets: ReadonlyMap<number, ConstantSet>): Kind<OneOf<Name>, never, 'level'> {
  return {
    kind: 'optionName',
    read: (cell) => {
      const value = lowOf(cell, 4)
      const set = sets.get(lowOf(cell.sibling('level'), 4))
      return set === undefined ? `0x${value.toString(16)}` : nameOrHex<Name>(set, 0, value)
    },
    print: (cell, style) => {
      const value = lowOf(cell, 4)
      return sets.get(lowOf(cell.sibling('level'), 4))?.valueText(value, style) ?? String(value)
    },
  }
}

/** The names of any of the sets. */
type NameInAny<Set> = Set extends Constants ? NameIn<Set> : never

/** An option of getsockopt(2), at the call's `level`. */
export const optionRead = optionName<NameInAny<Both | Read>>(levels(read))

/** An option of setsockopt(2). */
export const optionWritten = optionName<NameInAny<Both | Written>>(levels(written))
