/** Bits of C's bit-fields, which share a word. */

import type { Scalar } from './scalar.ts'

/** `count` bits of a 32-bit word, from bit `shift` on. */
export function bits(shift: number, count = 1): Scalar<number> {
  const mask = count === 32 ? 0xffff_ffff : 2 ** count - 1
  const value = (view: DataView, at: number): number => ((view.getUint32(at, true) >>> shift) & mask) >>> 0
  return {
    kind: 'bits',
    width: 4,
    read: ({ view, at }) => value(view, at),
    print: ({ view, at }) => String(value(view, at)),
  }
}
