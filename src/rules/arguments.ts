/** Conditions on one argument, for the row that it stands in. */

import { inspect } from 'node:util'
import type { Abi } from '../args/arg.ts'
import { encodeString } from '../args/surrogates.ts'
import type { ArgValue } from './options.ts'
import { all, any, not, word, type Predicate, type Value } from './predicate.ts'
import type { RuleArgument } from './rows.ts'
import type { ArgumentTest } from './rule.ts'
import { namesFor, numberForm, resolveValue, type NumberForm, type Resolved } from './values.ts'

const PATH_MAX = 4096

/** Why a condition says nothing of a row. */
export interface Unfit {
  /** `'never'`: it can't hold. `'unsure'`: it may, if it is about such calls. `'hidden'`: it may, and nobody can see it. */
  readonly unfit: 'never' | 'unsure' | 'hidden'
  readonly why: string
  /** The word that is not known there, and those that are. */
  readonly word?: string
  readonly among?: readonly string[]
}

export function isUnfit(it: Predicate | Unfit): it is Unfit {
  return 'unfit' in it
}

/** `stringLimit`: how much is seen of what is no path. */
export function lowerArgument(
  test: ArgumentTest,
  argument: RuleArgument,
  abi: Abi,
  stringLimit: number,
): Predicate | Unfit {
  const isText =
    argument.kind.entry?.copy === 'string' || argument.kind.kind === 'bytesIn' || argument.kind.kind === 'xattrIn'
  const hasWords = [...(test.is ?? []), ...(test.not ?? [])].some((it) => typeof it === 'string')
  if (test.startsWith !== undefined || (isText && hasWords)) {
    return isText ? lowerText(test, argument, stringLimit) : unfit(`\`${argument.name}\` is no text`)
  }
  return lowerNumber(test, argument, abi)
}

function lowerText(test: ArgumentTest, argument: RuleArgument, stringLimit: number): Predicate | Unfit {
  const { kind, name } = argument
  if (test.has ?? test.lacks ?? test.mask ?? test.min ?? test.max) {
    return unfit(`\`${name}\` is text, which only \`is\`, \`not\` and \`startsWith\` are for`)
  }
  const { entry } = kind
  const limit = entry?.copy === 'string' && entry.limit === 'path' ? PATH_MAX : stringLimit
  const seen = entry?.copy === 'string' && typeof entry.limit === 'number' ? entry.limit : limit
  const texts = [...(test.is ?? []), ...(test.not ?? [])].map((it) => encodeString(String(it)))
  // Text of exactly the limit's length looks like longer text that was cut.
  if (texts.some((it) => it.length >= seen) || (test.startsWith?.length ?? 0) > seen) {
    return unfit(`only ${seen} bytes are seen of \`${name}\` (the \`stringLimit\` option)`)
  }
  const equal = (bytes: Uint8Array): Predicate => ({ op: 'bytes', offset: 0, how: 'equal', bytes })
  const parts: Predicate[] = []
  if (test.is !== undefined) parts.push(any(...test.is.map((it) => equal(encodeString(String(it))))))
  for (const it of test.not ?? []) parts.push(not(equal(encodeString(String(it)))))
  if (test.startsWith !== undefined) parts.push({ op: 'bytes', offset: 0, how: 'prefix', bytes: test.startsWith })
  return behind(argument, all(...parts))
}

function lowerNumber(test: ArgumentTest, argument: RuleArgument, abi: Abi): Predicate | Unfit {
  const form = numberForm(argument.kind, abi)
  const register = valueOf(argument, form.width)
  const empty = [...(test.has ?? []), ...(test.lacks ?? [])].find((it) =>
    isEmpty(resolveValue(it, argument.kind, form)),
  )
  if (empty !== undefined) return unfit(`${empty} has no bits: say { is: ${inspect(empty)} }`)
  const known = (values: readonly ArgValue[]): readonly Resolved[] =>
    values.flatMap((it) => resolveValue(it, argument.kind, form) ?? [])
  const lost = [...(test.has ?? []), ...(test.lacks ?? []), ...(test.mask ?? []), ...(test.not ?? [])].find(
    (it) => resolveValue(it, argument.kind, form) === undefined,
  )
  if (lost !== undefined) return unknownValue(lost, argument)
  const mask = test.mask === undefined ? bitMask(form) : known(test.mask).reduce((bits, { value }) => bits | value, 0n)
  const parts: Predicate[] = []
  if (test.is !== undefined) {
    const values = known(test.is)
    const [first] = test.is
    if (values.length === 0 && first !== undefined) return unknownValue(first, argument)
    const within = values.filter(({ value }) => (value & ~mask) === 0n)
    if (within.length === 0) return unfit(`no value of \`is\` lies within \`mask\``)
    parts.push(any(...within.map(({ value }) => word(register, '==', value, mask))))
  }
  for (const { value } of known(test.not ?? [])) parts.push(word(register, '!=', value, mask))
  for (const it of known(test.has ?? [])) parts.push(word(register, '==', it.value, it.mask ?? it.value))
  for (const it of known(test.lacks ?? [])) {
    parts.push(it.mask === undefined ? word(register, '==', 0n, it.value) : word(register, '!=', it.value, it.mask))
  }
  const range = lowerRange(test, register, form, test.mask === undefined ? undefined : mask)
  return 'unfit' in range ? range : around(argument, all(...parts, range))
}

/** Comparisons are unsigned: a signed number lies in the lower half of 2^64, or, below zero, in the upper one. */
function lowerRange(
  { min, max, name }: ArgumentTest,
  register: Value,
  form: NumberForm,
  mask: bigint | undefined,
): Predicate | Unfit {
  const isSigned = form.signed && mask === undefined
  const least = isSigned ? -(1n << BigInt(form.bits - 1)) : 0n
  const most = isSigned ? (1n << BigInt(form.bits - 1)) - 1n : (1n << BigInt(form.bits)) - 1n
  if ((min !== undefined && min > most) || (max !== undefined && max < least)) {
    return unfit(`\`${name}\` holds ${least} to ${most}`)
  }
  const value: Value = isSigned ? { ...register, signed: true } : register
  const half = 1n << 63n
  const parts: Predicate[] = []
  if (min !== undefined && min > least) {
    const atLeast = word(value, '>=', min, mask)
    const isPositive = word(value, '<', half)
    parts.push(isSigned ? (min >= 0n ? all(atLeast, isPositive) : any(atLeast, isPositive)) : atLeast)
  }
  if (max !== undefined && max < most) {
    const atMost = word(value, '<=', max, mask)
    const isNegative = word(value, '>=', half)
    parts.push(isSigned ? (max >= 0n ? any(atMost, isNegative) : all(atMost, isNegative)) : atMost)
  }
  return all(...parts)
}

/** The argument itself. Of one that lies in a list, `around` says of what it is a field. */
export function valueOf({ index, list }: RuleArgument, width: Value['width'], signed = false): Value {
  const shown = list === undefined || width < 8 ? width : 4
  const place: Value =
    list === undefined ? { of: 'argument', index, width } : { of: 'field', offset: list.offset, width: shown }
  return signed ? { ...place, signed } : place
}

export function around({ list }: RuleArgument, of: Predicate): Predicate {
  return list === undefined || of.op === 'always' ? of : { op: 'within', key: list.key, of }
}

/** What the argument points to. */
export function behind(argument: RuleArgument, of: Predicate): Predicate {
  return around(argument, { op: 'within', key: argument.index, of })
}

function bitMask({ bits }: NumberForm): bigint {
  return (1n << BigInt(bits)) - 1n
}

/** Of a choice within a set of bits (`O_RDONLY`), 0 is one like the others. */
function isEmpty(resolved: Resolved | undefined): boolean {
  return resolved?.value === 0n && resolved.mask === undefined
}

export function unknownValue(value: ArgValue, { name, kind }: RuleArgument): Unfit {
  if (typeof value !== 'string') return unfit(`\`${name}\` can't be ${value}`)
  if (kind.kind === 'sockaddrIn') return unfit(`\`${name}\` is an address, which the condition \`addr\` is for`)
  if (value.includes('|')) return unfit(`\`${name}\` takes several names as an array, not '${value}'`)
  return { ...unfit(`\`${name}\` has no name '${value}'`), word: value, among: namesFor(kind) }
}

export function unfit(why: string, kind: Unfit['unfit'] = 'never'): Unfit {
  return { unfit: kind, why }
}
