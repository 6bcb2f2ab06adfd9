/** Memory policies, sets of NUMA nodes, and where pages are. */

import { errnoName } from '../../table/constants/errno.ts'
import { MPOL, MPOL_GET, MPOL_MODE } from '../../table/constants/memory.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { bytesOf, holds, isNull, pointerText, unread } from '../cells.ts'
import { constantText, Flags, highOf, lowOf, nameOrHex, prepare, wide, type NameIn, type OneOf } from '../flags.ts'
import { hexPair, isZero64 } from '../numbers.ts'
import { lengthOf, printArray, resultIn, type Behind, type Pointee, type RefOf } from '../pointer.ts'
import type { Scalar } from '../scalar.ts'

const modes = prepare(MPOL)
const modeFlags = prepare(MPOL_MODE)
const MODE_FLAGS = Object.values(MPOL_MODE.values).reduce((mask, bit) => mask | bit, 0)

type PolicyName = NameIn<typeof MPOL> | NameIn<typeof MPOL_MODE>

/** A policy, with flags. `width`: mbind(2) takes 64 bits of it, set_mempolicy(2) 32. */
export function memoryPolicy(width: 4 | 8): Scalar<Flags<PolicyName>> {
  return {
    kind: 'flags',
    width,
    read: (cell) => {
      const high = highOf(cell, width)
      const low = lowOf(cell, width)
      const mode = (low & ~MODE_FLAGS) >>> 0
      const name = high === 0 ? modes.nameOf(mode) : undefined
      const bits = low & MODE_FLAGS
      const names = bits === 0 ? [] : modeFlags.split(0, bits).names
      // Members of the two sets.
      const all = (name === undefined ? names : [name, ...names]) as readonly PolicyName[]
      return new Flags(wide(high, low), all, name === undefined ? wide(high, mode) : 0)
    },
    print: (cell, style) => policyText(highOf(cell, width), lowOf(cell, width), style),
  }
}

function policyText(high: number, low: number, style: Style): string {
  const bits = low & MODE_FLAGS
  const mode = (low & ~MODE_FLAGS) >>> 0
  const number = hexPair(high, low)
  if (bits === 0) return modes.valueText(high * 0x1_0000_0000 + mode, style, modes.fallback, number)
  const name = high === 0 ? modes.nameOf(mode) : undefined
  if (name === undefined) return modeFlags.flagsText(high, low, style)
  return constantText(`${name}|${modeFlags.split(0, bits).names.join('|')}`, number, style)
}

const { MPOL_F_NODE } = MPOL_GET.values

/** What get_mempolicy(2) found: a policy, or with MPOL_F_NODE a node, which strace prints as if it were a policy too. */
export const foundPolicy: Kind<never, Behind<number | OneOf<NameIn<typeof MPOL>>>, 'flags'> = resultIn({
  kind: 'policy',
  width: 4,
  read: (cell) =>
    (lowOf(cell.sibling('flags'), 4) & MPOL_F_NODE) === 0
      ? nameOrHex<NameIn<typeof MPOL>>(modes, 0, lowOf(cell, 4))
      : cell.view.getInt32(cell.at, true),
  print: (cell, style) => modes.valueText(lowOf(cell, 4), style),
})

const WORD = 8
const WORD_BITS = 64
/** Bytes; 32768 nodes, of which no kernel has more than 1024. */
const MAX_MASK = 4096

const nodeWord: Pointee<never> = {
  kind: 'nodeWord',
  width: WORD,
  print: (cell) => {
    const digits = (at: number): string => cell.view.getUint32(at, true).toString(16).padStart(8, '0')
    const number = digits(cell.at + 4) + digits(cell.at)
    // As printf's `%#018lx`: a zero has no prefix.
    return isZero64(cell.view, cell.at) ? number : `0x${number}`
  },
}

/** A set of nodes that goes in; `maxnode` names the argument with the number of bits and one. */
export function nodesIn<const Max extends string>(maxnode: Max): Kind<Behind<readonly number[]>, never, RefOf<Max>> {
  return {
    kind: 'nodesIn',
    entry: { copy: 'bytes', length: { arg: maxnode }, scale: WORD, limit: MAX_MASK },
    read: (cell) => readNodes(cell, 'entry', maxnode),
    print: (cell, style) => printNodes(cell, 'entry', maxnode, style),
  }
}

/** Room for a set of nodes. */
export function nodesOut<const Max extends string>(maxnode: Max): Kind<never, Behind<readonly number[]>, RefOf<Max>> {
  return {
    kind: 'nodesOut',
    exit: { copy: 'bytes', length: { arg: maxnode }, scale: WORD, limit: MAX_MASK },
    late: true,
    readOut: (cell) => readNodes(cell, 'exit', maxnode),
    print: (cell, style) => printNodes(cell, 'exit', maxnode, style),
  }
}

function readNodes(cell: Cell, phase: 'entry' | 'exit', maxnode: string): Behind<readonly number[]> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  const bits = Math.max(lengthOf(cell, maxnode) - 1, 0)
  const bytes = Math.ceil(bits / WORD_BITS) * WORD
  if (bytes === 0) return []
  if (!holds(captured, Math.min(bytes, MAX_MASK))) return unread(cell, captured)
  const found: number[] = []
  for (const [index, byte] of bytesOf(captured).subarray(0, bytes).entries()) {
    for (let bit = 0; bit < 8; bit++) {
      if ((byte & (1 << bit)) !== 0 && index * 8 + bit < bits) found.push(index * 8 + bit)
    }
  }
  return found
}

/** Whole words; strace prints an address where their number overflows, or is none although there are bits. */
function printNodes(cell: Cell, phase: 'entry' | 'exit', maxnode: string, style: Style): string {
  const { view, at } = cell.sibling(maxnode)
  const max = view.getBigUint64(at, true)
  const words = BigInt.asUintN(64, max + 62n) / BigInt(WORD_BITS)
  if (words < max / BigInt(WORD_BITS) || (max !== 0n && words === 0n)) return pointerText(cell)
  return printArray(nodeWord, cell, phase, Number(words), style)
}

/** The node of a page, or why it has none. */
export const pageStatus: Scalar<number | string> = {
  kind: 'pageStatus',
  width: 4,
  read: (cell) => {
    const status = cell.view.getInt32(cell.at, true)
    return status < 0 ? (errnoName(-status) ?? status) : status
  },
  print: (cell, style) => {
    const status = cell.view.getInt32(cell.at, true)
    const name = status < 0 ? errnoName(-status) : undefined
    return constantText(name === undefined ? undefined : `-${name}`, String(status), style)
  },
}

const PAGE = 4096
/** Pages, one byte each: 256 MiB. */
const MAX_PAGES = 1 << 16

const resident: Pointee<number> = {
  kind: 'resident',
  width: 1,
  // The other bits are reserved.
  read: (cell) => cell.view.getUint8(cell.at) & 1,
  print: (cell) => String(cell.view.getUint8(cell.at) & 1),
}

/** mincore(2): a byte for each page of so many bytes, whose lowest bit says that the page is in memory. */
export function residency<const Length extends string>(
  length: Length,
): Kind<never, Behind<readonly number[]>, RefOf<Length>> {
  const pages = (cell: Cell): number => Math.ceil(lengthOf(cell, length) / PAGE)
  return {
    kind: 'residency',
    // As many bytes as the memory itself has: a plan cannot divide, and what cannot be read is left out.
    exit: { copy: 'bytes', length: { arg: length }, limit: MAX_PAGES },
    late: true,
    readOut: (cell) => {
      if (isNull(cell)) return null
      const captured = cell.captured('exit')
      if (pages(cell) === 0) return []
      if (!holds(captured, 1)) return unread(cell, captured)
      return [...bytesOf(captured).subarray(0, pages(cell))].map((byte) => byte & 1)
    },
    print: (cell, style) => printArray(resident, cell, 'exit', pages(cell), style),
  }
}
