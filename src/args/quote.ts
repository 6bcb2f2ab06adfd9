/** Strings in text, as strace 7.2 writes them (its string_quote). */

import type { Style } from './arg.ts'

export type HexStrings = Style['hexStrings']

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** 0: as it is, 1: an octal or hexadecimal escape, else the letter behind the backslash. */
const ESCAPES = new Uint8Array(256).fill(1)
for (let code = 0x20; code < 0x7f; code++) ESCAPES[code] = 0
for (const [code, letter] of [
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0b, 'v'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [QUOTE, '"'],
  [BACKSLASH, '\\'],
] as const) {
  ESCAPES[code] = letter.charCodeAt(0)
}

/** Bytes between double quotes, escaped. */
export function quoteBytes(bytes: Uint8Array, hexStrings: HexStrings): string {
  return `"${escapeBytes(bytes, hexStrings)}"`
}

/** The same without quotes; `also`: more characters to escape, as `<>` in a descriptor's path. */
export function escapeBytes(bytes: Uint8Array, hexStrings: HexStrings, also = ''): string {
  const { length } = bytes
  if (hexStrings === 'all' || (hexStrings === 'non-ascii' && needsHex(bytes))) return hexBytes(bytes)
  let clean = 0
  while (clean < length && ESCAPES[byteAt(bytes, clean)] === 0) clean += 1
  if (clean === length && also === '') return latin1(bytes, 0, length)
  return escapeFrom(bytes, hexStrings, also)
}

function escapeFrom(bytes: Uint8Array, hexStrings: HexStrings, also: string): string {
  let text = ''
  let from = 0
  for (let index = 0; index < bytes.length; index++) {
    const byte = byteAt(bytes, index)
    const escape = ESCAPES[byte]
    if (escape === 0 && (also === '' || !also.includes(String.fromCharCode(byte)))) continue
    if (index > from) text += latin1(bytes, from, index)
    from = index + 1
    if (escape !== undefined && escape > 1) text += `\\${String.fromCharCode(escape)}`
    else if (hexStrings === 'non-ascii-chars') text += hexByte(byte)
    else text += octalByte(byte, isOctalDigit(bytes[index + 1]))
  }
  return text + latin1(bytes, from, bytes.length)
}

/** `\0` where the next character is no octal digit, else three digits. */
function octalByte(byte: number, digitFollows: boolean): string {
  return `\\${digitFollows ? byte.toString(8).padStart(3, '0') : byte.toString(8)}`
}

function isOctalDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x37
}

function hexByte(byte: number): string {
  return `\\x${byte < 16 ? '0' : ''}${byte.toString(16)}`
}

/** Every byte as `\x00`. */
export function hexBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexByte(byte)
  return text
}

/** -x: hexadecimal as soon as one byte is neither printable nor white space. */
function needsHex(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte > 0x7e || (byte < 0x20 && (byte < 9 || byte > 13)))
}

/** The bytes of a string that `quoteBytes` wrote, without its quotes. */
export function unescapeBytes(text: string): Uint8Array {
  const letters: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '"': QUOTE, '\\': BACKSLASH }
  const bytes: number[] = []
  const pattern = /\\(?:x([0-9a-f]{2})|([0-7]{1,3})|(.))|([^\\])/gsy
  for (const [, hex, octal, letter, plain] of text.matchAll(pattern)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16))
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8))
    else if (letter !== undefined) bytes.push(letters[letter] ?? letter.charCodeAt(0))
    else if (plain !== undefined) bytes.push(plain.charCodeAt(0))
  }
  return Uint8Array.from(bytes)
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0
}
