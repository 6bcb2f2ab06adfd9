/** Arguments of kexec_load(2). */

import { KEXEC_ARCH, KEXEC_LOAD } from '../../table/constants/security.ts'
import type { Kind } from '../arg.ts'
import { pointerText } from '../cells.ts'
import { Flags, highOf, lowOf, prepare, wide, type NameIn } from '../flags.ts'
import { arrayOf, lengthOf, type Behind, type ValueOf } from '../pointer.ts'
import { address, size, type Scalar } from '../scalar.ts'
import { field, struct } from '../struct.ts'

/** struct kexec_segment */
const segment = struct(32, {
  buf: field(0, address),
  bufsz: field(8, size),
  mem: field(16, address),
  memsz: field(24, size),
})

type Segment = ValueOf<typeof segment>

/** The kernel takes no more. */
const MOST_SEGMENTS = 16

/** The parts of a kernel, as many as `count` says. */
export function segments<const Count extends string>(count: Count): Kind<Behind<readonly Segment[]>, never, Count> {
  const all: Kind<Behind<readonly Segment[]>, never, string> = arrayOf(segment, count)
  const made: Kind<Behind<readonly Segment[]>, never, string> = {
    ...all,
    kind: 'kexecSegments',
    print: (cell, style) => (lengthOf(cell, count) > MOST_SEGMENTS ? pointerText(cell) : all.print(cell, style)),
  }
  return made as Kind<Behind<readonly Segment[]>, never, Count> // The one argument that it looks at.
}

const ARCHITECTURE = 0xffff_0000
const architectures = prepare(KEXEC_ARCH)
const bits = prepare(KEXEC_LOAD)

/** An architecture in the upper half of 32 bits, and flags in the others. */
export const kexecFlags: Scalar<Flags<NameIn<typeof KEXEC_ARCH> | NameIn<typeof KEXEC_LOAD>>> = {
  kind: 'flags',
  width: 8,
  read: (cell) => {
    const [high, low] = [highOf(cell, 8), lowOf(cell, 8)]
    const architecture = (low & ARCHITECTURE) >>> 0
    const name = architectures.nameOf(architecture)
    const rest = (low & ~ARCHITECTURE) >>> 0
    const split = bits.splitRest(high, rest)
    const names = name === undefined ? split.names : [name, ...split.names]
    const left = (split.low | (name === undefined ? architecture : 0)) >>> 0
    return new Flags(wide(high, low), names, wide(split.high, left)) as Flags<
      NameIn<typeof KEXEC_ARCH> | NameIn<typeof KEXEC_LOAD>
    > // Members of the two sets.
  },
  print: (cell, style) => {
    const [high, low] = [highOf(cell, 8), lowOf(cell, 8)]
    const text = architectures.valueText((low & ARCHITECTURE) >>> 0, style)
    const rest = (low & ~ARCHITECTURE) >>> 0
    return high === 0 && rest === 0 ? text : `${text}|${bits.flagsText(high, rest, style)}`
  },
}
