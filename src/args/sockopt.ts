/** Options of sockets: their names depend on the level. */

import {
  IP,
  IP_GET,
  IP_SET,
  IPV6,
  IPV6_GET,
  IPV6_SET,
  PACKET,
  SO,
  SO_GET,
  SO_SET,
  SO_VSOCK,
  SOL,
  SOL_NETLINK_OPTIONS,
  TCP,
  TLS,
  UDP,
} from '../table/constants/net.ts'
import type { Kind } from './arg.ts'
import { ConstantSet, lowOf, nameOrHex, type Constants, type NameIn, type OneOf } from './flags.ts'
import { hex32 } from './numbers.ts'

type OptionName =
  | NameIn<typeof SO>
  | NameIn<typeof SO_GET>
  | NameIn<typeof SO_SET>
  | NameIn<typeof IP>
  | NameIn<typeof IP_GET>
  | NameIn<typeof IP_SET>
  | NameIn<typeof IPV6>
  | NameIn<typeof IPV6_GET>
  | NameIn<typeof IPV6_SET>
  | NameIn<typeof TCP>
  | NameIn<typeof UDP>
  | NameIn<typeof TLS>
  | NameIn<typeof SOL_NETLINK_OPTIONS>
  | NameIn<typeof PACKET>
  | NameIn<typeof SO_VSOCK>

const { SOL_SOCKET, SOL_IP, SOL_IPV6, SOL_TCP, SOL_UDP, SOL_NETLINK, SOL_PACKET, SOL_TLS, AF_VSOCK } = SOL.values

function byLevel(socket: Constants, ip: Constants, ipv6: Constants): ReadonlyMap<number, ConstantSet> {
  return new Map([
    [SOL_SOCKET, new ConstantSet(SO, socket)],
    [SOL_IP, new ConstantSet(IP, ip)],
    [SOL_IPV6, new ConstantSet(IPV6, ipv6)],
    [SOL_TCP, new ConstantSet(TCP)],
    [SOL_UDP, new ConstantSet(UDP)],
    [SOL_NETLINK, new ConstantSet(SOL_NETLINK_OPTIONS)],
    [SOL_PACKET, new ConstantSet(PACKET)],
    [SOL_TLS, new ConstantSet(TLS)],
    [AF_VSOCK, new ConstantSet(SO_VSOCK)],
  ])
}

const got = byLevel(SO_GET, IP_GET, IPV6_GET)
const put = byLevel(SO_SET, IP_SET, IPV6_SET)

function optionName(levels: ReadonlyMap<number, ConstantSet>): Kind<OneOf<OptionName>, never, 'level'> {
  return {
    kind: 'optionName',
    read: (cell) => {
      const value = lowOf(cell, 4)
      const set = levels.get(lowOf(cell.sibling('level'), 4))
      return set === undefined ? `0x${value.toString(16)}` : nameOrHex<OptionName>(set, 0, value)
    },
    print: (cell, style) => {
      const value = lowOf(cell, 4)
      const set = levels.get(lowOf(cell.sibling('level'), 4))
      return set === undefined ? hex32(value) : set.valueText(value, style)
    },
  }
}

/** An option of getsockopt(2), at the call's `level`. */
export const optionRead = optionName(got)

/** An option of setsockopt(2). */
export const optionWritten = optionName(put)
