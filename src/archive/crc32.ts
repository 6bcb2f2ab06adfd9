/** CRC-32 as in zlib and PNG (node:zlib has it from Node 22.2 on). */

import { lazy } from '../lazy.ts'

const POLYNOMIAL = 0xedb8_8320

const table = lazy(() => {
  const values = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL
    values[byte] = value
  }
  return values
})

/** An unsigned 32-bit number. */
export function crc32(bytes: Uint8Array): number {
  const values = table()
  let crc = -1
  for (const byte of bytes) crc = (values[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return ~crc >>> 0
}
