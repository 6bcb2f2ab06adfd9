/** Named constants: sets of bits, and values of which one holds. */

import type { Cell, Kind, NamedValues, Style } from './arg.ts'
import { hexPair, narrow, type Wide } from './numbers.ts'

/** A generated set of constants (src/table/constants). */
export interface Constants {
  /** What strace writes behind a number that is no member: `O_???`. */
  readonly fallback: string
  readonly values: Readonly<Record<string, number>>
}

/** Of several sets: all their names. */
export type NameIn<Set extends Constants> = Set extends Constants ? keyof Set['values'] & string : never

/**
 * A set of bits, with the names of those that have one.
 *
 * @example
 * event.args.flags.has('O_CREAT')
 */
export class Flags<Name extends string = string> {
  readonly number: Wide
  /** In strace's order. */
  readonly names: readonly Name[]
  /** Bits without a name. */
  readonly rest: Wide

  constructor(number: Wide, names: readonly Name[], rest: Wide) {
    this.number = number
    this.names = names
    this.rest = rest
  }

  has(name: Name): boolean {
    return this.names.includes(name)
  }

  toString(): string {
    const rest = Number(this.rest) === 0 ? [] : [`0x${this.rest.toString(16)}`]
    return [...this.names, ...rest].join('|') || '0'
  }

  /** Also what words with bits hold beside them: permissions, a signal. */
  toJSON(): { readonly number: number | string; readonly names: readonly Name[] } {
    const { number, names, rest: _, ...others } = this
    return { ...others, number: typeof number === 'bigint' ? String(number) : number, names }
  }
}

/** One of some constants; a number without a name survives as hexadecimal text. */
export type OneOf<Name extends string> = Name | `0x${string}`

interface Member {
  readonly name: string
  readonly high: number
  readonly low: number
}

/** A word taken apart: the names of bits, and the bits that are left. */
interface Split {
  readonly names: readonly string[]
  readonly high: number
  readonly low: number
}

/** A set made ready: 64-bit values as two halves, so that no BigInt is needed to take them apart. */
export class ConstantSet {
  readonly fallback: string
  readonly #sets: readonly Constants[]
  readonly #texts = new Map<number, string>()
  #members: readonly Member[] | undefined
  #byValue: ReadonlyMap<number, string> | undefined

  constructor(...sets: readonly Constants[]) {
    this.#sets = sets
    this.fallback = sets[0]?.fallback ?? ''
  }

  get members(): readonly Member[] {
    return (this.#members ??= this.#sets.flatMap((set) =>
      Object.entries(set.values).map(([name, value]) => ({
        name,
        // Negative members are C ints: 32 bits of ones, not 64.
        high: value < 0 ? 0 : Math.floor(value / 0x1_0000_0000),
        low: value >>> 0,
      })),
    ))
  }

  nameOf(value: number): string | undefined {
    // Of several names for a value the first counts.
    this.#byValue ??= new Map(
      this.members.map(({ name, high, low }) => [high * 0x1_0000_0000 + low, name] as const).toReversed(),
    )
    return this.#byValue.get(value)
  }

  /** Names of the bits beside a choice, which has the name of no bits: nothing for none. */
  splitRest(high: number, low: number): Split {
    return high === 0 && low === 0 ? { names: [], high, low } : this.split(high, low)
  }

  /** Names of the bits, and the bits that are left. Order matters: O_SYNC takes O_DSYNC's bit with it. */
  split(high: number, low: number): Split {
    const names: string[] = []
    let restHigh = high
    let restLow = low
    for (const member of this.members) {
      if (restHigh === 0 && restLow === 0 && names.length > 0) break
      const isAll = restHigh === member.high && restLow === member.low
      const isSome =
        (member.high !== 0 || member.low !== 0) &&
        (restHigh & member.high) >>> 0 === member.high &&
        (restLow & member.low) >>> 0 === member.low
      if (!isAll && !isSome) continue
      names.push(member.name)
      restHigh = (restHigh & ~member.high) >>> 0
      restLow = (restLow & ~member.low) >>> 0
    }
    return { names, high: restHigh, low: restLow }
  }

  /** strace's printflags. */
  flagsText(high: number, low: number, style: Style, fallback = this.fallback): string {
    if (style.constants === 'abbrev' && high === 0 && fallback === this.fallback) {
      let text = this.#texts.get(low)
      if (text === undefined) {
        text = this.#flagsText(high, low, style, fallback)
        // Programs use few combinations; a tracee that uses many must not make this grow.
        if (this.#texts.size < 256) this.#texts.set(low, text)
      }
      return text
    }
    return this.#flagsText(high, low, style, fallback)
  }

  #flagsText(high: number, low: number, style: Style, fallback: string): string {
    const number = hexPair(high, low)
    if (style.constants === 'raw') return number
    const { names, high: restHigh, low: restLow } = this.split(high, low)
    const isLeft = restHigh !== 0 || restLow !== 0
    if (names.length === 0) {
      if (!isLeft) return '0'
      return fallback === '' ? number : `${number} /* ${fallback} */`
    }
    const text = isLeft ? `${names.join('|')}|${hexPair(restHigh, restLow)}` : names.join('|')
    return constantText(text, number, style)
  }

  /** strace's printxval. `value` as strace would look it up; `number` as it would print it. */
  valueText(value: number, style: Style, fallback = this.fallback, number = hexOrDecimal(value)): string {
    if (style.constants === 'raw') return number
    const name = this.nameOf(value)
    if (name !== undefined) return constantText(name, number, style)
    return fallback === '' ? number : `${number} /* ${fallback} */`
  }
}

/** Text without options: for names that stand inside other text. */
export const abbreviated: Style = {
  stringLimit: 32,
  abbreviate: true,
  constants: 'abbrev',
  hexStrings: 'none',
  decodeFds: false,
}

/** A number and what it stands for, as the style wants it. */
export function constantText(name: string | undefined, number: string, style: Style): string {
  if (name === undefined || style.constants === 'raw') return number
  return style.constants === 'verbose' ? `${number} /* ${name} */` : name
}

function hexOrDecimal(value: number): string {
  return value === 0 ? '0' : `0x${value.toString(16)}`
}

export type Width = 1 | 2 | 4 | 8

/** The halves of an unsigned number of `width` bytes. */
export function lowOf(cell: Cell, width: Width): number {
  if (width === 1) return cell.view.getUint8(cell.at)
  if (width === 2) return cell.view.getUint16(cell.at, true)
  return cell.view.getUint32(cell.at, true)
}

export function highOf(cell: Cell, width: Width): number {
  return width === 8 ? cell.view.getUint32(cell.at + 4, true) : 0
}

export function wide(high: number, low: number): Wide {
  return high < 0x20_0000 ? high * 0x1_0000_0000 + low : narrow((BigInt(high) << 32n) | BigInt(low))
}

const prepared = new WeakMap<Constants, ConstantSet>()

/** The set made ready, once. */
export function prepare(set: Constants): ConstantSet {
  let found = prepared.get(set)
  if (found === undefined) prepared.set(set, (found = new ConstantSet(set)))
  return found
}

export function readFlags<Name extends string>(set: ConstantSet, high: number, low: number): Flags<Name> {
  const split = set.split(high, low)
  // The set's members are the names of the type that the caller infers from the same set.
  return new Flags(wide(high, low), split.names as readonly Name[], wide(split.high, split.low))
}

/** The members of a set that stand for what the bits of `mask` hold. */
export function choiceOf(set: Constants, mask: number): NamedValues {
  return {
    mask,
    get values() {
      return set.values
    },
  }
}

/** A set of bits. */
export function flags<const Set extends Constants>(
  set: Set,
  width: Width = 4,
  fallback = set.fallback,
): Kind<Flags<NameIn<Set>>, never, never> & { readonly width: Width } {
  const ready = prepare(set)
  return {
    kind: 'flags',
    width,
    constants: [set],
    read: (cell) => readFlags(ready, highOf(cell, width), lowOf(cell, width)),
    print: (cell, style) => ready.flagsText(highOf(cell, width), lowOf(cell, width), style, fallback),
  }
}

/** One constant of a set. */
export function oneOf<const Set extends Constants>(
  set: Set,
  width: Width = 4,
  fallback = set.fallback,
): Kind<OneOf<NameIn<Set>>, never, never> & { readonly width: Width } {
  const ready = prepare(set)
  return {
    kind: 'oneOf',
    width,
    constants: [set],
    read: (cell) => nameOrHex<NameIn<Set>>(ready, highOf(cell, width), lowOf(cell, width)),
    print: (cell, style) => {
      const high = highOf(cell, width)
      const low = lowOf(cell, width)
      return ready.valueText(high * 0x1_0000_0000 + low, style, fallback, hexPair(high, low))
    },
  }
}

export function nameOrHex<Name extends string>(set: ConstantSet, high: number, low: number): OneOf<Name> {
  const name = set.nameOf(high * 0x1_0000_0000 + low)
  if (name !== undefined) return name as Name // A member of the set that the caller's type names.
  return high === 0 ? `0x${low.toString(16)}` : `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`
}
