/** Flags of mount(2), with the magic number that they once had to carry, and the arguments that they make mean nothing. */

import { MS } from '../../table/constants/file.ts'
import type { Cell, Kind } from '../arg.ts'
import { pointerText } from '../cells.ts'
import { constantText, highOf, lowOf, prepare, readFlags, type Flags, type NameIn } from '../flags.ts'
import { text } from '../path.ts'
import type { Scalar } from '../scalar.ts'

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
    // An int with the magic number is negative: its upper half means nothing either.
    return hasMagic(low) ? readFlags(bits, 0, low & ~MAGIC_MASK) : readFlags(bits, highOf(cell, 8), low)
  },
  print: (cell, style) => {
    const low = lowOf(cell, 8)
    if (!hasMagic(low)) return bits.flagsText(highOf(cell, 8), low, style)
    const magic = constantText('MS_MGC_VAL', '0xc0ed0000', style)
    const rest = (low & ~MAGIC_MASK) >>> 0
    return rest === 0 ? magic : `${magic}|${bits.flagsText(0, rest, style)}`
  },
}

const { MS_REMOUNT, MS_BIND, MS_MOVE, MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE } = MS.values
const NO_DATA = MS_BIND | MS_MOVE | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE

/** strace shows the address of what the kernel does not look at: a bind mount's type, say. */
function ignored<In, Out, Refs extends string>(
  kind: Kind<In, Out, Refs>,
  isIgnored: (flags: number) => boolean,
): Kind<In, Out, Refs | 'mountflags'> {
  return {
    ...kind,
    print: (cell: Cell, style) => {
      const low = lowOf(cell.sibling('mountflags'), 8)
      return isIgnored(hasMagic(low) ? low & ~MAGIC_MASK : low) ? pointerText(cell) : kind.print(cell, style)
    },
  }
}

export const mountType = ignored(text, (flags) => (flags & (MS_REMOUNT | NO_DATA)) !== 0)
export const mountData = ignored(text, (flags) => (flags & MS_REMOUNT) === 0 && (flags & NO_DATA) !== 0)
