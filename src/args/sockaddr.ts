/** Socket addresses. */

import { AF, ARPHRD, ETH_P, PACKET_TYPE, VMADDR_CID, VMADDR_FLAG, VMADDR_PORT } from '../table/constants/net.ts'
import type { Cell, Kind, Style } from './arg.ts'
import { bytesOf, isNull, pointerText, unread } from './cells.ts'
import { Data } from './data.ts'
import { nameOrHex, prepare, type NameIn, type OneOf } from './flags.ts'
import { hex32 } from './numbers.ts'
import { lengthOf, type Behind } from './pointer.ts'
import { hexBytes, quoteBytes } from './quote.ts'
import { decodeBytes } from './surrogates.ts'
import { inet6Text, inetText } from './inet.ts'

/** An address, by family. Names as in the C structs. */
export type SocketAddress =
  | { readonly sa_family: 'AF_UNIX'; readonly sun_path: string; readonly abstract: boolean }
  | { readonly sa_family: 'AF_INET'; readonly sin_port: number; readonly sin_addr: string }
  | {
      readonly sa_family: 'AF_INET6'
      readonly sin6_port: number
      readonly sin6_flowinfo: number
      readonly sin6_addr: string
      readonly sin6_scope_id: number
    }
  | { readonly sa_family: 'AF_NETLINK'; readonly nl_pid: number; readonly nl_groups: number }
  | { readonly sa_family: 'AF_VSOCK'; readonly svm_cid: number; readonly svm_port: number }
  | { readonly sa_family: OtherFamily; readonly sa_data: Data }

type Decoded = 'AF_UNIX' | 'AF_INET' | 'AF_INET6' | 'AF_NETLINK' | 'AF_VSOCK'
/** A family that is not taken apart, or an address too short for its family. */
export type OtherFamily = Exclude<OneOf<NameIn<typeof AF>>, Decoded> | Decoded

const families = prepare(AF)
/** sizeof(struct sockaddr_storage) */
export const MAX_SOCKADDR = 128
const { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK } = AF.values

/** Least length for which an address is taken apart. */
const LEAST: Readonly<Record<number, number>> = {
  [AF_UNIX]: 3,
  [AF_INET]: 16,
  [AF_INET6]: 24,
  [AF_NETLINK]: 12,
  [AF_PACKET]: 20,
  [AF_VSOCK]: 16,
}

/** The address in these bytes. */
export function readSocketAddress(bytes: Uint8Array): SocketAddress {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const family = bytes.length >= 2 ? view.getUint16(0, true) : 0
  if (bytes.length >= (LEAST[family] ?? Infinity)) {
    if (family === AF_UNIX) return unixAddress(view)
    if (family === AF_INET) {
      return { sa_family: 'AF_INET', sin_port: view.getUint16(2), sin_addr: inetText(bytes.subarray(4, 8)) }
    }
    if (family === AF_INET6) {
      return {
        sa_family: 'AF_INET6',
        sin6_port: view.getUint16(2),
        sin6_flowinfo: view.getUint32(4),
        sin6_addr: inet6Text(bytes.subarray(8, 24)),
        sin6_scope_id: bytes.length >= 28 ? view.getUint32(24, true) : 0,
      }
    }
    if (family === AF_NETLINK) {
      return { sa_family: 'AF_NETLINK', nl_pid: view.getInt32(4, true), nl_groups: view.getUint32(8, true) }
    }
    if (family === AF_VSOCK) {
      return { sa_family: 'AF_VSOCK', svm_port: view.getUint32(4, true), svm_cid: view.getUint32(8, true) }
    }
  }
  return { sa_family: nameOrHex<NameIn<typeof AF>>(families, 0, family), sa_data: new Data(bytes.subarray(2)) }
}

function unixAddress(view: DataView): SocketAddress {
  const isAbstract = view.getUint8(2) === 0
  const start = isAbstract ? 3 : 2
  const end = isAbstract ? -1 : new Uint8Array(view.buffer, view.byteOffset + 2, view.byteLength - 2).indexOf(0)
  const length = end < 0 ? view.byteLength - start : end
  return { sa_family: 'AF_UNIX', sun_path: decodeBytes(view, start, length), abstract: isAbstract }
}

/** strace's print_sockaddr. */
export function socketAddressText(bytes: Uint8Array, style: Style): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const family = view.getUint16(0, true)
  const start = `{sa_family=${families.valueText(family, style)}`
  if (bytes.length <= 2) return `${start}}`
  const isKnown = bytes.length >= (LEAST[family] ?? Infinity)
  return `${start}, ${isKnown ? members(view, bytes, family, style) : rawMembers(bytes, style)}}`
}

function rawMembers(bytes: Uint8Array, style: Style): string {
  return `sa_data=${quoteBytes(bytes.subarray(2), style.hexStrings)}`
}

function members(view: DataView, bytes: Uint8Array, family: number, style: Style): string {
  switch (family) {
    case AF_UNIX:
      return unixMembers(bytes, style)
    case AF_INET:
      return `sin_port=${portText(view, 2, style)}, sin_addr=${inetCall(bytes.subarray(4, 8), style)}`
    case AF_INET6:
      return inet6Members(view, bytes, style)
    case AF_NETLINK:
      return netlinkMembers(view)
    case AF_PACKET:
      return packetMembers(view, bytes, style)
    case AF_VSOCK:
      return vsockMembers(view, style)
    default:
      return rawMembers(bytes, style)
  }
}

function unixMembers(bytes: Uint8Array, style: Style): string {
  const path = bytes.subarray(2, 110)
  if (path[0] === 0) return `sun_path=@${quoteBytes(path.subarray(1), style.hexStrings)}`
  const end = path.indexOf(0)
  return `sun_path=${quoteBytes(end < 0 ? path : path.subarray(0, end), style.hexStrings)}`
}

/** A port in network order: `htons(80)`. */
export function portText(view: DataView, at: number, style: Style): string {
  return networkCall('htons', view.getUint16(at), new Uint8Array(view.buffer, view.byteOffset + at, 2), style)
}

function networkCall(name: string, value: number, bytes: Uint8Array, style: Style): string {
  const raw = `"${hexBytes(bytes)}"`
  if (style.constants === 'raw') return raw
  const text = `${name}(${value})`
  return style.constants === 'verbose' ? `${raw} /* ${text} */` : text
}

function inetCall(bytes: Uint8Array, style: Style): string {
  const raw = `"${hexBytes(bytes)}"`
  if (style.constants === 'raw') return raw
  const text = `inet_addr("${inetText(bytes)}")`
  return style.constants === 'verbose' ? `${raw} /* ${text} */` : text
}

function inet6Members(view: DataView, bytes: Uint8Array, style: Style): string {
  const flow = networkCall('htonl', view.getUint32(4), bytes.subarray(4, 8), style)
  const address = bytes.subarray(8, 24)
  const raw = `"${hexBytes(address)}"`
  const call = `inet_pton(AF_INET6, "${inet6Text(address)}"`
  const shown =
    style.constants === 'abbrev'
      ? `${call}, &sin6_addr)`
      : `sin6_addr=${style.constants === 'raw' ? raw : `${raw} /* ${call}) */`}`
  const text = `sin6_port=${portText(view, 2, style)}, sin6_flowinfo=${flow}, ${shown}`
  if (bytes.length <= 24) return text
  const scope = bytes.length >= 28 ? view.getUint32(24, true) : 0
  return `${text}, sin6_scope_id=${scope}`
}

function netlinkMembers(view: DataView): string {
  const padding = view.getUint16(2, true)
  const pad = padding === 0 ? '' : `nl_pad=${hex32(padding)}, `
  return `${pad}nl_pid=${view.getInt32(4, true)}, nl_groups=${groupsText(view.getUint32(8, true))}`
}

function groupsText(groups: number): string {
  return groups === 0 ? '00000000' : `0x${groups.toString(16).padStart(6, '0')}`
}

function packetMembers(view: DataView, bytes: Uint8Array, style: Style): string {
  const protocol = prepare(ETH_P).valueText(view.getUint16(2), style)
  const length = view.getUint8(11)
  const hardware = [...bytes.subarray(12, 12 + Math.min(length, 8))].map((byte) => (byte === 0 ? '00' : hex32(byte)))
  const address = length === 0 ? '' : `, sll_addr=[${hardware.join(', ')}${length > 8 ? ', ...' : ''}]`
  return (
    `sll_protocol=htons(${protocol}), sll_ifindex=${view.getInt32(4, true)}, ` +
    `sll_hatype=${prepare(ARPHRD).valueText(view.getUint16(8, true), style)}, ` +
    `sll_pkttype=${prepare(PACKET_TYPE).valueText(view.getUint8(10), style)}, sll_halen=${length}${address}`
  )
}

function vsockMembers(view: DataView, style: Style): string {
  const reserved = view.getUint16(2, true)
  const port = prepare(VMADDR_PORT).valueText(view.getUint32(4, true), style)
  const cid = prepare(VMADDR_CID).valueText(view.getUint32(8, true), style)
  const bits = prepare(VMADDR_FLAG).flagsText(0, view.getUint8(12), style)
  return `${reserved === 0 ? '' : `svm_reserved1=${hex32(reserved)}, `}svm_cid=${cid}, svm_port=${port}, svm_flags=${bits}`
}

/** An address that goes in; `length` names the argument with its size. */
export function sockaddrIn<const Length extends string>(length: Length): Kind<Behind<SocketAddress>, never, Length> {
  return {
    kind: 'sockaddrIn',
    entry: { copy: 'bytes', length: { arg: length, width: 4, signed: true }, atMost: MAX_SOCKADDR },
    read: (cell) => readAddress(cell, 'entry'),
    print: (cell, style) => printAddress(cell, 'entry', signedLength(cell, length), style),
  }
}

function signedLength(cell: Cell, length: string): number {
  return lengthOf(cell, length) | 0
}

export function readAddress(cell: Cell, phase: 'entry' | 'exit'): Behind<SocketAddress> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (captured === undefined || captured.status !== 'ok' || captured.length < 2) return unread(cell, captured)
  return readSocketAddress(bytesOf(captured))
}

export function printAddress(cell: Cell, phase: 'entry' | 'exit', length: number, style: Style): string {
  const captured = cell.captured(phase)
  if (length < 2 || captured === undefined || captured.status !== 'ok' || captured.length < 2) return pointerText(cell)
  return socketAddressText(bytesOf(captured).subarray(0, length), style)
}
