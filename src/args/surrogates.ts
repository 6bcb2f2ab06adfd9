/**
 * Paths and names are bytes in the kernel and strings here, without loss: a byte that is no part of valid UTF-8 becomes
 * U+DC00 + byte, as in Python's surrogateescape. Real surrogates are not valid UTF-8, so the two never meet.
 */

const asciiLimit = 24

/** The string of these bytes; `encodeString` gives the bytes back. */
export function decodeBytes(view: DataView, at: number, length: number): string {
  // Short ASCII, that is nearly every path, is faster than any call out of JavaScript.
  if (length <= asciiLimit) {
    let text = ''
    for (let index = at; index < at + length; index++) {
      const byte = view.getUint8(index)
      if (byte >= 0x80) return decodeAll(view, at, length)
      text += String.fromCharCode(byte)
    }
    return text
  }
  return decodeAll(view, at, length)
}

/**
 * The string that events have for these bytes: what is not UTF-8 in a path or name becomes lone surrogates (U+DC00 + byte, as in
 * Python's surrogateescape), from which `encodeString()` gives the bytes back.
 */
export function stringOf(bytes: Uint8Array): string {
  return decodeBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length)
}

function decodeAll(view: DataView, at: number, length: number): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset + at, length)
  const text = bytes.toString('utf8')
  // U+FFFD is a genuine character too; then the slow way gives the same string.
  return text.includes('\uFFFD') ? decodeEscaped(bytes) : text
}

function decodeEscaped(bytes: Buffer): string {
  let text = ''
  let from = 0
  let index = 0
  while (index < bytes.length) {
    const length = sequenceLength(bytes, index)
    if (length > 0) {
      index += length
      continue
    }
    text += bytes.toString('utf8', from, index) + String.fromCharCode(0xdc00 + byteAt(bytes, index))
    index += 1
    from = index
  }
  return text + bytes.toString('utf8', from, index)
}

/** Length of the valid UTF-8 sequence at `index` (RFC 3629), 0 where there is none. */
function sequenceLength(bytes: Buffer, index: number): number {
  const first = byteAt(bytes, index)
  const second = byteAt(bytes, index + 1)
  if (first < 0x80) return 1
  if (first < 0xc2) return 0
  if (first < 0xe0) return isContinuation(second) ? 2 : 0
  const third = byteAt(bytes, index + 2)
  if (first < 0xf0) {
    const low = first === 0xe0 ? 0xa0 : 0x80
    const high = first === 0xed ? 0x9f : 0xbf
    return second >= low && second <= high && isContinuation(third) ? 3 : 0
  }
  if (first > 0xf4) return 0
  const low = first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xf4 ? 0x8f : 0xbf
  const fourth = byteAt(bytes, index + 3)
  return second >= low && second <= high && isContinuation(third) && isContinuation(fourth) ? 4 : 0
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

/** Past the end: 0, which ends every sequence. */
function byteAt(bytes: Buffer, index: number): number {
  return bytes[index] ?? 0
}

/**
 * The bytes of a path or name in an event, also where they are not UTF-8. Surrogates that stand for no byte become U+FFFD.
 * @example
 * if (event.name === 'openat') encodeString(String(event.args.pathname))
 */
export function encodeString(text: string): Uint8Array {
  if (!/[\uDC80-\uDCFF]/.test(text)) return Buffer.from(text)
  const parts: Buffer[] = []
  let from = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code >= 0xd800 && code < 0xdc00 && isLow(text.charCodeAt(index + 1))) index += 1
    else if (code >= 0xdc80 && code <= 0xdcff) {
      parts.push(Buffer.from(text.slice(from, index)), Buffer.from([code & 0xff]))
      from = index + 1
    }
  }
  parts.push(Buffer.from(text.slice(from)))
  return Buffer.concat(parts)
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff
}
