/** What control messages bring, by level and type. */

import { IP_CMSG, IPPROTO, SCM, SOL } from '../../table/constants/net.ts'
import type { Style } from '../arg.ts'
import { InsideCell, type PointeeCell } from '../cells.ts'
import { valueOf } from './families.ts'
import { oneOf } from '../flags.ts'
import { inetAddress, rawBytes } from './inet.ts'
import { ifindex } from './interfaces.ts'
import type { Wide } from '../numbers.ts'
import { quoteBytes } from '../quote.ts'
import { byte, fd, hexByte, uint, type Scalar } from '../scalar.ts'
import { MAX_SOCKADDR, readSocketAddress, socketAddress, socketAddressText, type SocketAddress } from './sockaddr.ts'
import { field, several, struct, type Struct } from '../struct.ts'
import { stringOf } from '../surrogates.ts'
import { timespec, timeval } from '../time/time.ts'
import type { ValueOf } from '../pointer.ts'

/** struct in_pktinfo */
const packetInfo = struct(12, {
  ipi_ifindex: field(0, ifindex),
  ipi_spec_dst: field(4, inetAddress),
  ipi_addr: field(8, inetAddress),
})

const SOCKADDR_IN = 16

/** struct sock_extended_err, and who said it */
const extendedError = struct(32, {
  ee_errno: field(0, uint),
  ee_origin: field(4, byte),
  ee_type: field(5, byte),
  ee_code: field(6, byte),
  ee_info: field(8, uint),
  ee_data: field(12, uint),
  offender: field(16, socketAddress(SOCKADDR_IN)),
})

/** The data of a control message. */
export type ControlValue =
  | number
  | string
  | readonly number[]
  | SocketAddress
  | { readonly tv_sec: Wide; readonly tv_usec: Wide }
  | { readonly tv_sec: Wide; readonly tv_nsec: Wide }
  | readonly { readonly tv_sec: Wide; readonly tv_nsec: Wide }[]
  | ValueOf<typeof packetInfo>
  | ValueOf<typeof extendedError>

interface ControlKind {
  /** What has fewer bytes is shown as bytes. */
  readonly least: number
  /** What has fewer than these cannot be taken apart. */
  readonly size: number
  readonly read: (cell: PointeeCell) => ControlValue
  readonly print: (cell: PointeeCell, style: Style) => string
}

function whole<T extends ControlValue>(kind: Struct<T>, least = kind.size): ControlKind {
  return { least, size: kind.size, read: (cell) => valueOf(kind, cell), print: kind.print }
}

/** Numbers, as many as fit. */
function list(item: Scalar<number>): ControlKind {
  const { width } = item
  const parts = (cell: PointeeCell): readonly InsideCell[] =>
    Array.from({ length: Math.floor(cell.length / width) }, (_, index) => new InsideCell(cell, index * width))
  return {
    least: width,
    size: width,
    read: (cell) => parts(cell).flatMap((part) => item.read?.(part) ?? []),
    print: (cell, style) => {
      const all = parts(cell)
      const shown = style.abbreviate ? all.slice(0, style.stringLimit) : all
      return `[${shown.map((part) => item.print(part, style)).join(', ')}${shown.length < all.length ? ', ...' : ''}]`
    },
  }
}

const bytes = list(hexByte)

const label: ControlKind = {
  least: 1,
  size: 1,
  read: (cell) => stringOf(rawBytes(cell, cell.length)),
  print: (cell, { hexStrings }) => quoteBytes(rawBytes(cell, cell.length), hexStrings),
}

const destination: ControlKind = {
  least: SOCKADDR_IN,
  size: SOCKADDR_IN,
  read: (cell) => readSocketAddress(cell, rawBytes(cell, Math.min(cell.length, MAX_SOCKADDR))),
  print: (cell, style) => socketAddressText(cell, rawBytes(cell, Math.min(cell.length, MAX_SOCKADDR)), style),
}

const protocolName = oneOf(IPPROTO, 4, 'IP_???')
const protocol: ControlKind = {
  least: 4,
  size: 4,
  read: (cell) => protocolName.read?.(cell) ?? 0,
  print: (cell, style) => `[${protocolName.print(cell, style)}]`,
}

const pidfd: ControlKind = { least: 4, size: 4, read: (cell) => fd.read?.(cell) ?? 0, print: fd.print }

const time = whole(timeval, 1)
const preciseTime = whole(timespec, 1)
const times = whole(several(timespec, 3), 1)

const scm = SCM.values
const ip = IP_CMSG.values

export const CONTROL_DATA: ReadonlyMap<number, ReadonlyMap<number, ControlKind>> = new Map([
  [
    SOL.values.SOL_SOCKET,
    new Map<number, ControlKind>([
      [scm.SCM_SECURITY, label],
      [scm.SCM_PIDFD, pidfd],
      [scm.SO_TIMESTAMP_OLD, time],
      [scm.SO_TIMESTAMPNS_OLD, preciseTime],
      [scm.SO_TIMESTAMPING_OLD, times],
      [scm.SO_TIMESTAMP_NEW, time],
      [scm.SO_TIMESTAMPNS_NEW, preciseTime],
      [scm.SO_TIMESTAMPING_NEW, times],
    ]),
  ],
  [
    SOL.values.SOL_IP,
    new Map<number, ControlKind>([
      [ip.IP_PKTINFO, whole(packetInfo)],
      [ip.IP_TTL, list(uint)],
      [ip.IP_TOS, bytes],
      [ip.IP_RECVOPTS, bytes],
      [ip.IP_RETOPTS, bytes],
      [ip.IP_RECVERR, whole(extendedError)],
      [ip.IP_ORIGDSTADDR, destination],
      [ip.IP_CHECKSUM, list(uint)],
      [ip.IP_PROTOCOL, protocol],
      [ip.SCM_SECURITY, label],
    ]),
  ],
])
