/** Words in which a choice and bits lie side by side. */

import { AT, AT_STATX, FAN, FAN_CLASS } from '../table/constants/file.ts'
import { FUTEX2, FUTEX2_SIZE } from '../table/constants/futex.ts'
import { SOCK, SOCK_FLAG } from '../table/constants/net.ts'
import { PERSONALITY, PERSONALITY_FLAG } from '../table/constants/process.ts'
import type { Style } from './arg.ts'
import {
  abbreviated,
  choiceOf,
  constantText,
  Flags,
  lowOf,
  prepare,
  type Constants,
  type ConstantSet,
  type NameIn,
} from './flags.ts'
import { hex32 } from './numbers.ts'
import { dirFd, type Scalar } from './scalar.ts'

interface MixedOptions {
  /** strace prints the choice even where it has no name. */
  readonly unknownChoice?: 'shown' | 'left to the bits'
  /** What strace says of unknown bits. */
  readonly fallback?: string
  /** strace writes the word's number once, not that of each part. */
  readonly whole?: boolean
  /** Several choices at once are shown side by side. */
  readonly overlapping?: boolean
}

/** A value of `choices` in the bits of `mask`, and bits of `bits` in the others. */
export function mixed<const Choices extends Constants, const Bits extends Constants>(
  choices: Choices,
  mask: number,
  bits: Bits,
  { unknownChoice = 'shown', fallback = bits.fallback, whole = false, overlapping = false }: MixedOptions = {},
): Scalar<Flags<NameIn<Choices> | NameIn<Bits>>> {
  const one = prepare(choices)
  const many = prepare(bits)
  return {
    kind: 'flags',
    width: 4,
    constants: [choiceOf(choices, mask), bits],
    read: (cell) => {
      const value = lowOf(cell, 4)
      const name = one.nameOf((value & mask) >>> 0)
      const rest = (value & ~mask) >>> 0
      const split = many.splitRest(0, rest)
      // Members of the two sets.
      const names = (name === undefined ? split.names : [name, ...split.names]) as readonly (
        | NameIn<Choices>
        | NameIn<Bits>
      )[]
      const left = (split.low | (name === undefined ? value & mask : 0)) >>> 0
      return new Flags(value, names, left)
    },
    print: (cell, style) => {
      const value = lowOf(cell, 4)
      const choice = (value & mask) >>> 0
      const isNamed = one.nameOf(choice) !== undefined
      if (!isNamed && unknownChoice === 'left to the bits') return many.flagsText(0, value, style, fallback)
      const rest = (value & ~mask) >>> 0
      if (whole && style.constants !== 'abbrev') {
        return constantText(wordText(one, many, choice, rest, fallback), hex32(value), style)
      }
      const text = overlapping ? one.flagsText(0, choice, style) : one.valueText(choice, style)
      return rest === 0 ? text : `${text}|${bitsText(many, rest, style, fallback)}`
    },
  }
}

function wordText(one: ConstantSet, many: ConstantSet, choice: number, rest: number, fallback: string): string {
  const text = one.valueText(choice, abbreviated)
  return rest === 0 ? text : `${text}|${many.flagsText(0, rest, abbreviated, fallback)}`
}

function bitsText(set: ConstantSet, value: number, style: Style, fallback: string): string {
  return style.constants === 'raw' ? hex32(value) : set.flagsText(0, value, style, fallback)
}

/** The type of a socket: SOCK_STREAM and the like, and bits. */
export const socketType = mixed(SOCK, 0xf, SOCK_FLAG, { unknownChoice: 'left to the bits' })

/** How statx(2) looks a path up. */
export const statxFlags = mixed(AT_STATX, AT_STATX.values.AT_STATX_SYNC_TYPE, AT, { fallback: '', overlapping: true })

/** fanotify_init(2) */
export const fanFlags = mixed(FAN_CLASS, 0xc, FAN)

/** Flags of futex_wait(2): the size of the futex, and bits. */
export const futex2Flags = mixed(FUTEX2_SIZE, 3, FUTEX2, { fallback: '', whole: true })

const ANY_PERSONALITY = 0xffff_ffff
const persona_ = mixed(PERSONALITY, 0xff, PERSONALITY_FLAG, { fallback: '' })

/** personality(2); all ones ask without changing anything. */
export const persona: typeof persona_ = {
  ...persona_,
  print: (cell, style) => (lowOf(cell, 4) === ANY_PERSONALITY ? '0xffffffff' : persona_.print(cell, style)),
}

/** `PER_LINUX|ADDR_NO_RANDOMIZE`: what personality(2) was. */
export function personaNote(value: number, style: Style): string {
  const type = value & 0xff
  const rest = (value & ~0xff) >>> 0
  const text = prepare(PERSONALITY).valueText(type, style)
  return rest === 0 ? text : `${text}|${bitsText(prepare(PERSONALITY_FLAG), rest, style, '')}`
}

/** A directory, or FAN_NOFD. */
export const fanDirFd: typeof dirFd = {
  ...dirFd,
  print: (cell, style) =>
    cell.view.getInt32(cell.at, true) === -1 ? constantText('FAN_NOFD', '-1', style) : dirFd.print(cell, style),
}
