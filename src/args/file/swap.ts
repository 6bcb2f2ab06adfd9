/** Flags of swapon(2), with a priority in their low bits. */

import { SWAP } from '../../table/constants/file.ts'
import { Flags, lowOf, prepare, type NameIn } from '../flags.ts'
import type { Scalar } from '../scalar.ts'

const PRIORITY = 0x7fff
const bits = prepare(SWAP)

export const swapFlags: Scalar<Flags<NameIn<typeof SWAP>>> = {
  kind: 'flags',
  width: 4,
  read: (cell) => {
    const value = lowOf(cell, 4)
    const rest = (value & ~PRIORITY) >>> 0
    const split = bits.splitRest(0, rest)
    // Members of the set; the priority is left in the rest.
    return new Flags(value, split.names as readonly NameIn<typeof SWAP>[], (split.low | (value & PRIORITY)) >>> 0)
  },
  print: (cell, style) => {
    const value = lowOf(cell, 4)
    const rest = (value & ~PRIORITY) >>> 0
    const priority = String(value & PRIORITY)
    return rest === 0 ? priority : `${bits.flagsText(0, rest, style)}|${priority}`
  },
}
