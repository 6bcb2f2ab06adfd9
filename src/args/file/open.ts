/** Flags of open(2) and its kin: an access mode in the low bits, then bits. */

import { O, O_ACCESS, OPENAT2, RESOLVE } from '../../table/constants/file.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import {
  choiceOf,
  ConstantSet,
  constantText,
  Flags,
  flags,
  highOf,
  lowOf,
  prepare,
  wide,
  type NameIn,
  type Width,
} from '../flags.ts'
import { hexPair, readU64, type Wide } from '../numbers.ts'
import { octal, type Scalar } from '../scalar.ts'
import { field, struct } from '../struct.ts'

const ACCESS_MASK = 3
const O_CREAT = 0x40
const O_TMPFILE_BIT = 0x40_0000

export type OpenFlag = NameIn<typeof O_ACCESS> | NameIn<typeof O>

const access = prepare(O_ACCESS)
const bits = prepare(O)
const howBits = new ConstantSet(O, OPENAT2)

/** Flags of open(2). */
export const openFlags: Kind<Flags<OpenFlag>, never, never> & { readonly width: Width } = {
  kind: 'openFlags',
  width: 4,
  constants: [choiceOf(O_ACCESS, ACCESS_MASK), O],
  read: (cell) => readOpenFlags(bits, highOf(cell, 4), lowOf(cell, 4)),
  print: (cell, style) => openFlagsText(bits, highOf(cell, 4), lowOf(cell, 4), style),
}

const howFlags: Scalar<Flags<OpenFlag | NameIn<typeof OPENAT2>>> = {
  kind: 'openFlags',
  width: 8,
  read: (cell) => readOpenFlags(howBits, highOf(cell, 8), lowOf(cell, 8)),
  print: (cell, style) => openFlagsText(howBits, highOf(cell, 8), lowOf(cell, 8), style),
}

function readOpenFlags<Name extends string>(set: ConstantSet, high: number, low: number): Flags<Name> {
  const mode = access.nameOf(low & ACCESS_MASK) ?? ''
  const rest = (low & ~ACCESS_MASK) >>> 0
  const split = set.splitRest(high, rest)
  const names: readonly string[] = [mode, ...split.names]
  // The mode and the bits are the names of the type.
  return new Flags(wide(high, low), names as readonly Name[], wide(split.high, split.low))
}

const texts = new Map<number, string>()

export function openFlagsText(set: ConstantSet, high: number, low: number, style: Style): string {
  if (style.constants === 'raw') return hexPair(high, low)
  const isPlain = style.constants === 'abbrev' && high === 0 && set === bits
  const known = isPlain ? texts.get(low) : undefined
  if (known !== undefined) return known
  const text = namesText(set, high, low)
  if (isPlain && texts.size < 256) texts.set(low, text)
  return constantText(text, hexPair(high, low), style)
}

function namesText(set: ConstantSet, high: number, low: number): string {
  const rest = (low & ~ACCESS_MASK) >>> 0
  const mode = access.nameOf(low & ACCESS_MASK) ?? ''
  if (rest === 0 && high === 0) return mode
  const split = set.split(high, rest)
  const names = [mode, ...split.names]
  if (split.high !== 0 || split.low !== 0) names.push(hexPair(split.high, split.low))
  return names.join('|')
}

/** `flags O_RDWR|O_CLOEXEC`: what fcntl's F_GETFL puts behind its result. */
export function openFlagsNote(value: number): string {
  return `flags ${namesText(bits, 0, value >>> 0)}`
}

/** Whether the mode argument means anything. */
export function creates(cell: Cell): boolean {
  return (lowOf(cell, 4) & (O_CREAT | O_TMPFILE_BIT)) !== 0
}

const howMode: Scalar<Wide> = {
  kind: 'mode',
  width: 8,
  read: (cell) => readU64(cell.view, cell.at),
  print: (cell) => {
    const value = readU64(cell.view, cell.at)
    return typeof value === 'number' ? octal(value) : `0${value.toString(8)}`
  },
}

/** struct open_how */
export const openHow = struct(24, {
  flags: field(0, howFlags),
  mode: field(8, howMode, { when: (cell) => creates(cell.sibling('flags')) || readU64(cell.view, cell.at) !== 0 }),
  resolve: field(16, flags(RESOLVE, 8)),
})
