/** Numbers in little-endian memory, and their texts. BigInt appears only where a number does not fit a double. */

/** A 64-bit number: `number` where that is exact, else `bigint`. */
export type Wide = number | bigint

const TWO32 = 0x1_0000_0000

/** An unsigned 64-bit number. */
export function readU64(view: DataView, at: number): Wide {
  const high = view.getUint32(at + 4, true)
  return high < 0x20_0000 ? high * TWO32 + view.getUint32(at, true) : view.getBigUint64(at, true)
}

/** A signed 64-bit number. */
export function readI64(view: DataView, at: number): Wide {
  const high = view.getInt32(at + 4, true)
  if (high >= -0x20_0000 && high < 0x20_0000) {
    const value = high * TWO32 + view.getUint32(at, true)
    if (Number.isSafeInteger(value)) return value
  }
  return view.getBigInt64(at, true)
}

/** `0x` and the hexadecimal digits of an unsigned 64-bit number; `0` for zero, as printf's `%#x`. */
export function hexU64(view: DataView, at: number): string {
  return hexPair(view.getUint32(at + 4, true), view.getUint32(at, true))
}

export function hexPair(high: number, low: number): string {
  if (high === 0) return hex32(low)
  return `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`
}

export function hex32(value: number): string {
  return value === 0 ? '0' : `0x${value.toString(16)}`
}

export function hexWide(value: Wide): string {
  if (value < 0) return hexWide(BigInt.asUintN(64, BigInt(value)))
  return value === 0 || value === 0n ? '0' : `0x${value.toString(16)}`
}

/** An address as strace prints it: `NULL`, or hexadecimal. */
export function addressText(view: DataView, at: number): string {
  const high = view.getUint32(at + 4, true)
  const low = view.getUint32(at, true)
  return high === 0 && low === 0 ? 'NULL' : hexPair(high, low)
}

export function isZero64(view: DataView, at: number): boolean {
  return view.getUint32(at, true) === 0 && view.getUint32(at + 4, true) === 0
}

/** `number` where that is exact, else the `bigint`. */
export function narrow(value: bigint): Wide {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
