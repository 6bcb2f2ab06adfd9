/** Internet addresses as text, as inet_ntop(3) of glibc writes them, and as fields of structs. */

import type { Cell, Style } from '../arg.ts'
import { hexBytes, quoteBytes } from '../quote.ts'
import type { Scalar } from '../scalar.ts'
import { field, type Field, type FieldOptions, type Struct } from '../struct.ts'
import { constantText } from '../flags.ts'

export function inetText(bytes: Uint8Array): string {
  return bytes.join('.')
}

export function inet6Text(bytes: Uint8Array): string {
  const words: number[] = []
  for (let index = 0; index < 16; index += 2) words.push(((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0))
  const { start, length } = longestZeros(words)
  // ::a.b.c.d and ::ffff:a.b.c.d
  const isMapped = start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff))
  if (isMapped) return `::${length === 5 ? 'ffff:' : ''}${inetText(bytes.subarray(12, 16))}`
  const text = words.map((word) => word.toString(16))
  if (length < 2) return text.join(':')
  return `${text.slice(0, start).join(':')}::${text.slice(start + length).join(':')}`
}

function longestZeros(words: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: -1, length: 0 }
  for (let start = 0; start < words.length; start++) {
    let length = 0
    while (words[start + length] === 0) length += 1
    if (length > best.length) best = { start, length }
  }
  return best
}

/** What stands for bytes in network order: `htons(80)`, with -X the bytes themselves. */
export function networkText(call: string, bytes: Uint8Array, style: Style): string {
  return constantText(call, `"${hexBytes(bytes)}"`, style)
}

/** strace escapes this text too, although it is its own. */
function quoted(text: string, style: Style): string {
  return quoteBytes(Buffer.from(text), style.hexStrings)
}

export function inetCall(bytes: Uint8Array, style: Style): string {
  return networkText(`inet_addr(${quoted(inetText(bytes), style)})`, bytes, style)
}

/** A field with an IPv6 address; inet_pton(3) names the field itself. */
export function inet6Member(name: string, bytes: Uint8Array, style: Style): string {
  const call = `inet_pton(AF_INET6, ${quoted(inet6Text(bytes), style)}`
  return style.constants === 'abbrev' ? `${call}, &${name})` : `${name}=${networkText(`${call})`, bytes, style)}`
}

/** A port in network order: `htons(80)`. */
export function portText(view: DataView, at: number, style: Style): string {
  return networkText(`htons(${view.getUint16(at)})`, new Uint8Array(view.buffer, view.byteOffset + at, 2), style)
}

/** The bytes of a field. */
export function rawBytes(cell: Cell, size: number): Uint8Array {
  return new Uint8Array(cell.view.buffer, cell.view.byteOffset + cell.at, size)
}

/** struct in_addr */
export const inetAddress: Struct<string> = {
  kind: 'inetAddress',
  size: 4,
  read: (cell) => inetText(rawBytes(cell, 4)),
  print: (cell, style) => inetCall(rawBytes(cell, 4), style),
}

/** struct in6_addr, whose text only the struct around it can write. */
export const inet6Address: Struct<string> = {
  kind: 'inet6Address',
  size: 16,
  read: (cell) => inet6Text(rawBytes(cell, 16)),
  print: (cell, style) =>
    networkText(`inet_pton(AF_INET6, ${quoted(inet6Text(rawBytes(cell, 16)), style)})`, rawBytes(cell, 16), style),
}

/** A port in network order. */
export const port: Scalar<number> = {
  kind: 'port',
  width: 2,
  read: (cell) => cell.view.getUint16(cell.at),
  print: (cell, style) => portText(cell.view, cell.at, style),
}

const inet6Field: FieldOptions = { member: (name, cell, style) => inet6Member(name, rawBytes(cell, 16), style) }

/** A field with an IPv6 address. */
export function inet6(at: number): Field<string, never> {
  return field(at, inet6Address, inet6Field)
}

/** printf's `%#0Nx`. */
export function paddedHex(value: number, width: number): string {
  return value === 0 ? '0'.repeat(width) : `0x${value.toString(16).padStart(width - 2, '0')}`
}

/** `[00, 0x1]` */
export function hexListText(bytes: Uint8Array): string {
  return `[${[...bytes].map((byte) => paddedHex(byte, 2)).join(', ')}]`
}

/** `00:11:22:33:44:55` */
export function hardwareText(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}
