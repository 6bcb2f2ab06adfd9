/** The engine's language of conditions (crates/engine/src/rules.rs), as objects and as bytes. */

import type { Writer } from '../writer.ts'

const OP = {
  ALWAYS: 0,
  ALL: 1,
  ANY: 2,
  NOT: 3,
  WORD: 4,
  BYTES: 5,
  WITHIN: 6,
  PATH: 7,
  FD: 8,
  SOCKET: 9,
  PROGRAM: 10,
  ARGV: 11,
} as const
const COMPARE = { '==': 0, '!=': 1, '<': 2, '<=': 3, '>': 4, '>=': 5 } as const
const HOW_BYTES = { equal: 0, prefix: 1, masked: 2 } as const
const HOW_MATCH = { exact: 0, beneath: 1, glob: 2 } as const
const LAST_COMPONENT = 1
const FOLLOWS_LINKS = 1
const ABSENT = 255

export const ALL_BITS = 0xffff_ffff_ffff_ffffn

/** A number that the engine finds; see VALUE in src/plan.ts. */
export interface Value {
  readonly of: 'argument' | 'result' | 'field' | 'pid' | 'depth'
  readonly width: 1 | 2 | 4 | 8
  /** Extended to 64 bits by its sign, before it is masked and compared. */
  readonly signed?: boolean
  /** Of an argument. */
  readonly index?: number
  /** Of a field. */
  readonly offset?: number
}

const VALUE: Readonly<Record<Value['of'], number>> = { argument: 1, result: 2, field: 3, pid: 8, depth: 10 }

/** What text is compared with. */
export interface Matcher {
  /** `beneath`: that, or what lies in it. `glob`: as the Rust crate fast-glob reads it. */
  readonly how: 'exact' | 'beneath' | 'glob'
  readonly text: Uint8Array
  /** Only what stands behind the last `/` is compared. */
  readonly lastComponent?: boolean
}

export type Comparison = keyof typeof COMPARE

/** What must hold. What cannot be read matches nothing. */
export type Predicate =
  | { readonly op: 'always' }
  | { readonly op: 'all' | 'any'; readonly of: readonly Predicate[] }
  | { readonly op: 'not'; readonly of: Predicate }
  /** Unsigned. */
  | {
      readonly op: 'word'
      readonly value: Value
      readonly mask: bigint
      readonly compare: Comparison
      readonly operand: bigint
    }
  /** Of the bytes that the predicate around is about. `masked`: a prefix, in the bits of `mask`. */
  | {
      readonly op: 'bytes'
      readonly offset: number
      readonly how: keyof typeof HOW_BYTES
      readonly bytes: Uint8Array
      readonly mask?: Uint8Array
    }
  /** Some capture under `key`, at the top or inside the one around, is such. */
  | { readonly op: 'within'; readonly key: number; readonly of: Predicate }
  /** The path captured under `key`, made absolute. `directory`: the descriptor that it starts from. */
  | {
      readonly op: 'path'
      readonly key: number
      readonly directory: Value | undefined
      readonly matcher: Matcher
    }
  /** The link of a descriptor. */
  | { readonly op: 'fd'; readonly fd: Value; readonly matcher: Matcher }
  /** A descriptor is a socket, whose domain and type (4 bytes each) and peer's address are such. */
  | { readonly op: 'socket'; readonly fd: Value; readonly of: Predicate }
  | { readonly op: 'program'; readonly matcher: Matcher }
  | { readonly op: 'argv'; readonly which: 'first' | 'any'; readonly matcher: Matcher }

export const always: Predicate = { op: 'always' }
export const never: Predicate = { op: 'not', of: always }

export function isAlways(predicate: Predicate): boolean {
  return predicate.op === 'always'
}

export function isNever(predicate: Predicate): boolean {
  return predicate.op === 'not' && predicate.of.op === 'always'
}

export function all(...of: readonly Predicate[]): Predicate {
  const parts = of.flatMap((it) => (it.op === 'all' ? it.of : it)).filter((it) => !isAlways(it))
  if (parts.some(isNever)) return never
  const [first, ...others] = parts
  if (first === undefined) return always
  return others.length === 0 ? first : { op: 'all', of: parts }
}

export function any(...of: readonly Predicate[]): Predicate {
  const parts = of.flatMap((it) => (it.op === 'any' ? it.of : it)).filter((it) => !isNever(it))
  if (parts.some(isAlways)) return always
  const [first, ...others] = parts
  if (first === undefined) return never
  return others.length === 0 ? first : { op: 'any', of: parts }
}

export function not(of: Predicate): Predicate {
  return of.op === 'not' ? of.of : { op: 'not', of }
}

export function word(value: Value, compare: Comparison, operand: bigint, mask = ALL_BITS): Predicate {
  return { op: 'word', value, mask, compare, operand: BigInt.asUintN(64, operand) }
}

/** A field of the bytes that the predicate around is about. */
export function field(offset: number, width: Value['width']): Value {
  return { of: 'field', offset, width }
}

export function writePredicate(writer: Writer, predicate: Predicate): void {
  switch (predicate.op) {
    case 'always':
      return writer.u8(OP.ALWAYS)
    case 'all':
    case 'any':
      writer.u8(predicate.op === 'all' ? OP.ALL : OP.ANY)
      writer.u16(predicate.of.length)
      for (const part of predicate.of) writePredicate(writer, part)
      return
    case 'not':
      writer.u8(OP.NOT)
      return writePredicate(writer, predicate.of)
    case 'word':
      writer.u8(OP.WORD)
      writeValue(writer, predicate.value)
      writer.u64(predicate.mask)
      writer.u8(COMPARE[predicate.compare])
      return writer.u64(predicate.operand)
    case 'bytes':
      writer.u8(OP.BYTES)
      writer.u32(predicate.offset)
      writer.u8(HOW_BYTES[predicate.how])
      writer.u32(predicate.bytes.length)
      writer.raw(predicate.bytes)
      if (predicate.how === 'masked') writer.raw(predicate.mask ?? new Uint8Array(predicate.bytes.length).fill(255))
      return
    case 'within':
      writer.u8(OP.WITHIN)
      writer.u8(predicate.key)
      return writePredicate(writer, predicate.of)
    case 'path':
      writer.u8(OP.PATH)
      writer.u8(predicate.key)
      writeValue(writer, predicate.directory)
      writer.u8(FOLLOWS_LINKS)
      return writeMatcher(writer, predicate.matcher)
    case 'fd':
      writer.u8(OP.FD)
      writeValue(writer, predicate.fd)
      return writeMatcher(writer, predicate.matcher)
    case 'socket':
      writer.u8(OP.SOCKET)
      writeValue(writer, predicate.fd)
      return writePredicate(writer, predicate.of)
    case 'program':
      writer.u8(OP.PROGRAM)
      return writeMatcher(writer, predicate.matcher)
    case 'argv':
      writer.u8(OP.ARGV)
      writer.u8(predicate.which === 'first' ? 0 : 1)
      return writeMatcher(writer, predicate.matcher)
  }
}

function writeValue(writer: Writer, value: Value | undefined): void {
  writer.u8(value === undefined ? ABSENT : VALUE[value.of])
  writer.u8(value?.width ?? 8)
  writer.u8(value?.signed === true ? 1 : 0)
  writer.u8(value?.index ?? 0)
  writer.u32(value?.offset ?? 0)
  writer.u64(0n)
}

function writeMatcher(writer: Writer, { how, text, lastComponent = false }: Matcher): void {
  writer.u8(HOW_MATCH[how])
  writer.u8(lastComponent ? LAST_COMPONENT : 0)
  writer.u32(text.length)
  writer.raw(text)
}
