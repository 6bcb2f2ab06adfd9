/** Socket addresses that are taken apart, by family. */

import { AF, ARPHRD, ETH_P, PACKET_TYPE, VMADDR_CID, VMADDR_FLAG, VMADDR_PORT } from '../../table/constants/net.ts'
import type { Cell, Style } from '../arg.ts'
import { flags, nameOrHex, oneOf, prepare, type Flags, type NameIn, type OneOf } from '../flags.ts'
import { rawBytes, hardwareText, hexListText, inet6, inetAddress, networkText, paddedHex, port } from './inet.ts'
import { ifindex } from './interfaces.ts'
import { quoteBytes } from '../quote.ts'
import { byte, hexUshort, int, uint, type Scalar } from '../scalar.ts'
import { field, struct, type Struct } from '../struct.ts'
import { stringOf } from '../surrogates.ts'

/** An address of AF_UNIX. */
export interface UnixAddress {
  readonly sa_family: 'AF_UNIX'
  readonly sun_path: string
  readonly abstract: boolean
}

export interface InetAddress {
  readonly sa_family: 'AF_INET'
  readonly sin_port: number
  readonly sin_addr: string
}

export interface Inet6Address {
  readonly sa_family: 'AF_INET6'
  readonly sin6_port: number
  readonly sin6_flowinfo: number
  readonly sin6_addr: string
  readonly sin6_scope_id: number
}

export interface NetlinkAddress {
  readonly sa_family: 'AF_NETLINK'
  readonly nl_pid: number
  readonly nl_groups: number
}

export interface PacketAddress {
  readonly sa_family: 'AF_PACKET'
  readonly sll_protocol: OneOf<NameIn<typeof ETH_P>>
  readonly sll_ifindex: number
  readonly sll_hatype: OneOf<NameIn<typeof ARPHRD>>
  readonly sll_pkttype: OneOf<NameIn<typeof PACKET_TYPE>>
  /** `00:11:22:33:44:55` */
  readonly sll_addr: string
}

export interface VsockAddress {
  readonly sa_family: 'AF_VSOCK'
  readonly svm_cid: number
  readonly svm_port: number
  readonly svm_flags: Flags<NameIn<typeof VMADDR_FLAG>>
}

export type KnownAddress = UnixAddress | InetAddress | Inet6Address | NetlinkAddress | PacketAddress | VsockAddress

/** How addresses of one family are read and written; `cell` has all bytes of a struct sockaddr_storage, the rest of it zeros. */
export interface Family<T> {
  /** Least length for which an address is taken apart. */
  readonly least: number
  readonly read: (cell: Cell, length: number) => T
  /** The members behind `sa_family`. */
  readonly members: (cell: Cell, length: number, style: Style) => string
}

/** A family whose addresses are one struct. */
export function plainFamily<Name extends string, Value extends object>(
  name: Name,
  least: number,
  whole: Struct<Value>,
): Family<{ readonly sa_family: Name } & Value> {
  return {
    least,
    read: (cell) => ({ sa_family: name, ...valueOf(whole, cell) }),
    members: (cell, _length, style) => membersText(whole, cell, style),
  }
}

/** A struct's members without its braces. */
export function membersText(whole: Struct<unknown>, cell: Cell, style: Style): string {
  return whole.print(cell, style).slice(1, -1)
}

export function valueOf<T>({ kind, read }: Struct<T>, cell: Cell): T {
  if (read === undefined) throw new Error(`${kind} has no value`)
  return read(cell)
}

const SUN_PATH = 108

const unix: Family<UnixAddress> = {
  least: 3,
  read: (cell, length) => {
    const path = pathOf(cell, length)
    if (path[0] === 0) return { sa_family: 'AF_UNIX', sun_path: stringOf(path.subarray(1)), abstract: true }
    return { sa_family: 'AF_UNIX', sun_path: stringOf(untilNul(path)), abstract: false }
  },
  members: (cell, length, { hexStrings }) => {
    const path = pathOf(cell, length)
    if (path[0] === 0) return `sun_path=@${quoteBytes(path.subarray(1), hexStrings)}`
    return `sun_path=${quoteBytes(untilNul(path), hexStrings)}`
  },
}

function pathOf({ view, at }: Cell, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at + 2, Math.min(length - 2, SUN_PATH))
}

function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

const flowInfo: Scalar<number> = {
  kind: 'flowInfo',
  width: 4,
  read: ({ view, at }) => view.getUint32(at),
  print: (cell, style) => networkText(`htonl(${cell.view.getUint32(cell.at)})`, rawBytes(cell, 4), style),
}

/** Of link-local addresses it is an interface. */
const scope: Scalar<number> = {
  ...uint,
  kind: 'scope',
  print: (cell, style) => {
    const [first = 0, second = 0] = rawBytes(cell.sibling('sin6_addr'), 2)
    const isLinkLocal = (first === 0xfe && (second & 0xc0) === 0x80) || (first === 0xff && (second & 0x0f) === 2)
    return (isLinkLocal ? ifindex : uint).print(cell, style)
  },
}

const short6 = struct(24, { sin6_port: field(2, port), sin6_flowinfo: field(4, flowInfo), sin6_addr: inet6(8) })
const whole6 = struct(28, {
  sin6_port: field(2, port),
  sin6_flowinfo: field(4, flowInfo),
  sin6_addr: inet6(8),
  sin6_scope_id: field(24, scope),
})

const internet6: Family<Inet6Address> = {
  least: 24,
  read: (cell) => ({ sa_family: 'AF_INET6', ...valueOf(whole6, cell) }),
  members: (cell, length, style) => membersText(length > 24 ? whole6 : short6, cell, style),
}

/** A field that is there only to be zero. */
const isNotZero = ({ view, at }: Cell): boolean => view.getUint16(at, true) !== 0

const groups: Scalar<number> = {
  ...uint,
  kind: 'groups',
  print: ({ view, at }) => paddedHex(view.getUint32(at, true), 8),
}

const netlink = struct(
  12,
  { nl_pad: field(2, hexUshort, { when: isNotZero }), nl_pid: field(4, int), nl_groups: field(8, groups) },
  { hidden: ['nl_pad'] },
)

const protocols = prepare(ETH_P)

const protocol: Scalar<OneOf<NameIn<typeof ETH_P>>> = {
  kind: 'packetProtocol',
  width: 2,
  read: ({ view, at }) => nameOrHex<NameIn<typeof ETH_P>>(protocols, 0, view.getUint16(at)),
  print: (cell, style) => {
    const name = protocols.valueText(cell.view.getUint16(cell.at), { ...style, constants: 'abbrev' })
    return networkText(`htons(${name})`, rawBytes(cell, 2), style)
  },
}

const MOST_HARDWARE = 8

const hardware: Struct<string> = {
  kind: 'hardwareAddress',
  size: MOST_HARDWARE,
  read: (cell) => hardwareText(hardwareOf(cell)),
  print: (cell) => {
    const text = hexListText(hardwareOf(cell))
    return cell.view.getUint8(cell.at - 1) > MOST_HARDWARE ? `${text.slice(0, -1)}, ...]` : text
  },
}

/** Its length is in the byte before it. */
function hardwareOf(cell: Cell): Uint8Array {
  return rawBytes(cell, Math.min(cell.view.getUint8(cell.at - 1), MOST_HARDWARE))
}

const packet = struct(
  20,
  {
    sll_protocol: field(2, protocol),
    sll_ifindex: field(4, ifindex),
    sll_hatype: field(8, oneOf(ARPHRD, 2)),
    sll_pkttype: field(10, oneOf(PACKET_TYPE, 1)),
    sll_halen: field(11, byte),
    sll_addr: field(12, hardware, { when: ({ view, at }) => view.getUint8(at - 1) !== 0 }),
  },
  { hidden: ['sll_halen'] },
)

/** A number, some values of which have a name. */
function partlyNamed(set: Parameters<typeof prepare>[0]): Scalar<number> {
  const named = oneOf(set)
  return { ...uint, kind: 'partlyNamed', print: (cell, style) => named.print(cell, style) }
}

const zeros: Struct<never> = { kind: 'zeros', size: 3, print: (cell) => quoteBytes(rawBytes(cell, 3), 'all') }

const vsock = struct(
  16,
  {
    svm_reserved1: field(2, hexUshort, { when: isNotZero }),
    svm_cid: field(8, partlyNamed(VMADDR_CID)),
    svm_port: field(4, partlyNamed(VMADDR_PORT)),
    svm_flags: field(12, flags(VMADDR_FLAG, 1)),
    svm_zero: field(13, zeros, { when: (cell) => rawBytes(cell, 3).some((one) => one !== 0) }),
  },
  { hidden: ['svm_reserved1', 'svm_zero'] },
)

const { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK } = AF.values

export const FAMILIES: ReadonlyMap<number, Family<KnownAddress>> = new Map<number, Family<KnownAddress>>([
  [AF_UNIX, unix],
  [AF_INET, plainFamily('AF_INET', 16, struct(16, { sin_port: field(2, port), sin_addr: field(4, inetAddress) }))],
  [AF_INET6, internet6],
  [AF_NETLINK, plainFamily('AF_NETLINK', 12, netlink)],
  [AF_PACKET, plainFamily('AF_PACKET', 20, packet)],
  [AF_VSOCK, plainFamily('AF_VSOCK', 16, vsock)],
])
