/** Flags of mmap(2) and memfd_create(2): bits, with a page size among them. */

import { MFD } from '../../table/constants/file.ts'
import { MAP } from '../../table/constants/memory.ts'
import type { Style } from '../arg.ts'
import { abbreviated, choiceOf, constantText, Flags, highOf, lowOf, prepare, wide, type NameIn } from '../flags.ts'
import { hexPair } from '../numbers.ts'
import type { Scalar } from '../scalar.ts'

const MAP_TYPE = 0xf
const HUGE_SHIFT = 26
const HUGE_MASK = (0x3f << HUGE_SHIFT) >>> 0

const { MAP_HUGETLB } = MAP.values
const map = prepare(MAP)
const memory = prepare(MFD)

/** Flags of mmap(2). */
export const mapFlags: Scalar<Flags<NameIn<typeof MAP>>> = {
  kind: 'flags',
  width: 8,
  constants: [choiceOf(MAP, MAP_TYPE), MAP],
  read: (cell) => {
    const high = highOf(cell, 8)
    const low = lowOf(cell, 8)
    const type = map.nameOf(low & MAP_TYPE)
    // With MAP_HUGETLB the uppermost bits are a size, not flags.
    const pages = (low & MAP_HUGETLB) === 0 ? 0 : low & HUGE_MASK
    const rest = (low & ~MAP_TYPE & ~pages) >>> 0
    const split = map.splitRest(high, rest)
    const left = (split.low | pages | (type === undefined ? low & MAP_TYPE : 0)) >>> 0
    const names: readonly string[] = type === undefined ? split.names : [type, ...split.names]
    // Members of the set.
    return new Flags(wide(high, low), names as readonly NameIn<typeof MAP>[], wide(split.high, left))
  },
  print: (cell, style) => shown(highOf(cell, 8), lowOf(cell, 8), style, mapText),
}

/** Flags of memfd_create(2). */
export const memoryFileFlags: Scalar<Flags<NameIn<typeof MFD>>> = {
  kind: 'flags',
  width: 4,
  constants: [MFD],
  read: (cell) => {
    const low = lowOf(cell, 4)
    const split = memory.split(0, low)
    // Members of the set.
    return new Flags(low, split.names as readonly NameIn<typeof MFD>[], split.low)
  },
  print: (cell, style) => (lowOf(cell, 4) === 0 ? '0' : shown(0, lowOf(cell, 4), style, memoryText)),
}

function shown(high: number, low: number, style: Style, text: (high: number, low: number) => string): string {
  return constantText(text(high, low), hexPair(high, low), style)
}

const mapTexts = new Map<number, string>()

function mapText(high: number, low: number): string {
  const known = high === 0 ? mapTexts.get(low) : undefined
  if (known !== undefined) return known
  const text = newMapText(high, low)
  if (high === 0 && mapTexts.size < 256) mapTexts.set(low, text)
  return text
}

function newMapText(high: number, low: number): string {
  const rest = (low & ~MAP_TYPE & ~HUGE_MASK) >>> 0
  const parts = [map.valueText(low & MAP_TYPE, abbreviated)]
  if (rest !== 0 || high !== 0) parts.push(map.flagsText(high, rest, abbreviated, ''))
  return withPageSize(parts, low, 'MAP_HUGE_SHIFT')
}

function memoryText(_high: number, low: number): string {
  const rest = (low & ~HUGE_MASK) >>> 0
  const parts = rest === 0 ? [] : [memory.flagsText(0, rest, abbreviated)]
  return withPageSize(parts, low, 'MFD_HUGE_SHIFT')
}

function withPageSize(parts: readonly string[], low: number, shift: string): string {
  const pages = low >>> HUGE_SHIFT
  return (pages === 0 ? parts : [...parts, `${pages}<<${shift}`]).join('|')
}
