/** Socket addresses. */

import { AF } from '../../table/constants/net.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { bytesOf, cellOfBytes, isNull, pointerText, unread } from '../cells.ts'
import { Data } from '../data.ts'
import { FAMILIES, type Family, type KnownAddress } from './families.ts'
import { nameOrHex, prepare, type NameIn, type OneOf } from '../flags.ts'
import { rawBytes } from './inet.ts'
import { lengthOf, type Behind } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'
import type { Struct } from '../struct.ts'

/** An address, by family. Names as in the C structs. */
export type SocketAddress = KnownAddress | OtherAddress

/** Of a family that is not taken apart, or too short for its family. */
export interface OtherAddress {
  readonly sa_family: OneOf<NameIn<typeof AF>>
  readonly sa_data: Data
}

const names = prepare(AF)
/** sizeof(struct sockaddr_storage) */
export const MAX_SOCKADDR = 128

/** The address, with zeros behind it. */
function whole(pointer: Cell, bytes: Uint8Array): Cell {
  const padded = new Uint8Array(MAX_SOCKADDR)
  padded.set(bytes)
  return cellOfBytes(pointer, padded)
}

function familyIn(bytes: Uint8Array): number {
  return (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8)
}

/** How an address is taken apart, if it is. */
function decoder(bytes: Uint8Array): Family<KnownAddress> | undefined {
  const found = FAMILIES.get(familyIn(bytes))
  return found !== undefined && bytes.length >= found.least ? found : undefined
}

/** What the kernel takes of an address. Of a saved trace that is damaged there may be more. */
function taken(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, MAX_SOCKADDR)
}

/** The address in the first `MAX_SOCKADDR` bytes at most; `pointer` is what they were found behind. */
export function readSocketAddress(pointer: Cell, captured: Uint8Array): SocketAddress {
  const bytes = taken(captured)
  const found = decoder(bytes)
  if (found !== undefined) return found.read(whole(pointer, bytes), bytes.length)
  return { sa_family: nameOrHex<NameIn<typeof AF>>(names, 0, familyIn(bytes)), sa_data: new Data(bytes.subarray(2)) }
}

/** strace's print_sockaddr. */
export function socketAddressText(pointer: Cell, captured: Uint8Array, style: Style): string {
  const bytes = taken(captured)
  const start = `{sa_family=${names.valueText(familyIn(bytes), style)}`
  if (bytes.length <= 2) return `${start}}`
  const members =
    decoder(bytes)?.members(whole(pointer, bytes), bytes.length, style) ??
    `sa_data=${quoteBytes(bytes.subarray(2), style.hexStrings)}`
  return `${start}, ${members}}`
}

/** A struct sockaddr_storage, or the beginning of one, in a struct. */
export function socketAddress(size = MAX_SOCKADDR): Struct<SocketAddress> {
  return {
    kind: 'socketAddress',
    size,
    read: (cell) => readSocketAddress(cell, rawBytes(cell, size)),
    print: (cell, style) => socketAddressText(cell, rawBytes(cell, size), style),
  }
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
  return lengthOf(cell, length, 4) | 0
}

export function readAddress(cell: Cell, phase: 'entry' | 'exit'): Behind<SocketAddress> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (captured === undefined || captured.status !== 'ok' || captured.length < 2) return unread(cell, captured)
  return readSocketAddress(cell, bytesOf(captured))
}

export function printAddress(cell: Cell, phase: 'entry' | 'exit', length: number, style: Style): string {
  const captured = cell.captured(phase)
  if (length < 2 || captured === undefined || captured.status !== 'ok' || captured.length < 2) return pointerText(cell)
  return socketAddressText(cell, bytesOf(captured).subarray(0, length), style)
}
