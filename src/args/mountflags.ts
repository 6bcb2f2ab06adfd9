/** Flags of mount(2), with the magic number that they once had to carry. */

import { MS } from '../table/constants/file.ts'
import { highOf, lowOf, prepare, readFlags, type Flags, type NameIn } from './flags.ts'
import { constantText, type Scalar } from './scalar.ts'

const MAGIC = 0xc0ed_0000
const MAGIC_MASK = 0xffff_0000
const bits = prepare(MS)

function hasMagic(low: number): boolean {
  return (low & MAGIC_MASK) >>> 0 === MAGIC
}

/** Without the magic number, which means nothing. */
export const mountFlags: Scalar<Flags<NameIn<typeof MS>>> = {
  kind: 'flags',
  width: 8,
  read: (cell) => {
    const low = lowOf(cell, 8)
    return readFlags<NameIn<typeof MS>>(bits, highOf(cell, 8), hasMagic(low) ? low & ~MAGIC_MASK : low)
  },
  print: (cell, style) => {
    const high = highOf(cell, 8)
    const low = lowOf(cell, 8)
    if (high !== 0 || !hasMagic(low)) return bits.flagsText(high, low, style)
    const magic = constantText('MS_MGC_VAL', '0xc0ed0000', style)
    const rest = (low & ~MAGIC_MASK) >>> 0
    return rest === 0 ? magic : `${magic}|${bits.flagsText(0, rest, style)}`
  },
}
