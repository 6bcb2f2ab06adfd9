/** Values of calls against what is expected of them. */

import { inspect, types } from 'node:util'
import { Unread } from '../../args/arg.ts'
import { Data } from '../../args/data.ts'
import { Flags } from '../../args/flags.ts'
import { encodeString } from '../../args/surrogates.ts'
import { invalid, isObject } from '../../checks.ts'
import type { Args, Out, SyscallName } from '../../table/index.ts'

/** A matcher of jest's, vitest's and others' `expect`: `expect.stringContaining('x')`. */
export interface AsymmetricMatcher {
  asymmetricMatch(value: unknown): boolean
}

/**
 * What is expected of a value: the value itself, a function that says yes or no, an asymmetric matcher, and
 *
 * | of             | also                                                                                              |
 * | -------------- | ------------------------------------------------------------------------------------------------- |
 * | a string       | a regular expression                                                                              |
 * | flags          | an array of names that it has, others beside them; `'O_RDWR\|O_CREAT'`: these and no others; a number |
 * | bytes          | their text, a regular expression for it, or a Uint8Array                                          |
 * | a number       | the same as bigint                                                                                |
 * | an array       | an array as long, with what is expected of each                                                   |
 * | an object      | an object with what is expected of some of its properties                                         |
 *
 * Memory that could not be read is no match and no mismatch: functions and asymmetric matchers are not asked about it. Of bytes that
 * the string limit cut, a function's no means no more than that.
 */
export type Expected<V> =
  | ((value: Exclude<V, Unread>) => boolean)
  | AsymmetricMatcher
  | ExpectedValue<Exclude<V, Unread>>

type ExpectedValue<V> =
  V extends Flags<infer Name>
    ? readonly Name[] | string | RegExp | number | bigint
    : V extends Data
      ? string | RegExp | Uint8Array
      : V extends string
        ? V | RegExp
        : V extends number | bigint
          ? number | bigint
          : V extends readonly (infer Item)[]
            ? readonly Expected<Item>[]
            : V extends object
              ? { readonly [Name in keyof V]?: Expected<V[Name]> }
              : V

/** Of unions: the names that any of them has. */
type NamesOf<T> = T extends unknown ? keyof T : never
type ValueOf<T, Name> = T extends unknown ? (Name extends keyof T ? T[Name] : never) : never
type ExpectedOf<T> = { readonly [Name in NamesOf<T>]?: Expected<ValueOf<T, Name>> }

/**
 * What is expected of some of a call's arguments.
 * @example
 * const args: ExpectedArgs<'openat'> = { pathname: /\.json$/, flags: ['O_CREAT'] }
 */
export type ExpectedArgs<N extends SyscallName> = ExpectedOf<Args<N>>

/** The same of what comes back through pointers. */
export type ExpectedOut<N extends SyscallName> = ExpectedOf<Out<N>>

/** `undefined`: what is known of the value does not say. */
export type Truth = boolean | undefined

/** All of them hold; surely not, if one surely does not. */
export function every(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false
  return truths.includes(undefined) ? undefined : true
}

/** Whether a value is as expected. Throws ERR_SYSCOPE_INVALID_ARGUMENT where a function's answer is neither yes nor no. */
export function isExpected(value: unknown, expected: unknown): Truth {
  if (value instanceof Unread) return expected instanceof Unread ? isSameUnread(value, expected) : undefined
  if (typeof expected === 'function') return answer(expected, value) || unlessCut(value)
  if (isAsymmetric(expected)) return isSaidBy(expected, value) || unlessCut(value)
  if (value instanceof Flags) return hasFlags(value, expected)
  if (value instanceof Data) return hasBytes(value, expected)
  if (types.isRegExp(expected)) return isText(value) && String(value).search(expected) !== -1
  if (typeof expected === 'number' || typeof expected === 'bigint') return isSameNumber(value, expected)
  if (Array.isArray(expected)) return isList(value, expected)
  if (isObject(expected)) return isPartOf(value, expected)
  return Object.is(value, expected)
}

function isSameUnread(value: Unread, expected: Unread): boolean {
  return value.address === expected.address && value.errno === expected.errno
}

/** What users write in matchers is called as it is, so what it answers is looked at. */
function answer(ask: Function, value: unknown): boolean {
  const said: unknown = Reflect.apply(ask, undefined, [value])
  if (typeof said === 'boolean') return said
  throw invalid(`Expected the function for a value to return a boolean, got ${inspect(said, { depth: 0 })}.`)
}

/** No, but for what is not all there. */
function unlessCut(value: unknown): Truth {
  return value instanceof Data && value.truncated ? undefined : false
}

/** Matchers of texts and of arrays look at nothing else, so bytes and flags are shown to them as these too. */
function isSaidBy(expected: AsymmetricMatcher, value: unknown): boolean {
  const forms =
    value instanceof Flags
      ? [value, value.names, String(value)]
      : value instanceof Data
        ? [value, String(value)]
        : [value]
  return forms.some((form) => answer(expected.asymmetricMatch.bind(expected), form))
}

function isAsymmetric(expected: unknown): expected is AsymmetricMatcher {
  return isObject(expected) && typeof expected['asymmetricMatch'] === 'function'
}

/** Numbers have a text too: `/^1/`. */
function isText(value: unknown): value is string | number | bigint {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
}

function isSameNumber(value: unknown, expected: number | bigint): boolean {
  if (typeof value === typeof expected) return value === expected
  // eslint-disable-next-line eslint/eqeqeq -- 1n == 1
  return (typeof value === 'number' || typeof value === 'bigint') && value == expected
}

function isList(value: unknown, expected: readonly unknown[]): Truth {
  if (!Array.isArray(value) || value.length !== expected.length) return false
  return every(expected.map((item, index) => isExpected(value[index], item)))
}

function isPartOf(value: unknown, expected: Readonly<Record<string, unknown>>): Truth {
  if (!isObject(value) || Array.isArray(value)) return false
  return every(Object.entries(expected).map(([name, item]) => isExpected(value[name], item)))
}

function hasFlags(flags: Flags, expected: unknown): Truth {
  if (Array.isArray(expected)) return expected.every((name) => flags.names.includes(String(name)))
  if (typeof expected === 'string') return sortedWords(String(flags)) === sortedWords(expected)
  if (types.isRegExp(expected)) return String(flags).search(expected) !== -1
  if (typeof expected === 'number' || typeof expected === 'bigint') return isSameNumber(flags.number, expected)
  return isPartOf(flags, isObject(expected) ? expected : { number: expected })
}

function sortedWords(flags: string): string {
  return flags.split('|').toSorted().join('|')
}

/** Of bytes that were cut, what is there decides if it is enough. */
function hasBytes(data: Data, expected: unknown): Truth {
  if (types.isRegExp(expected)) {
    const isFound = String(data).search(expected) !== -1
    // Where the text ends, and what is not in it, cannot be told of a beginning.
    return data.truncated && (!isFound || /\$|\(\?|\\[bB]/.test(expected.source)) ? undefined : isFound
  }
  if (typeof expected === 'string') return isSameBytes(data, Buffer.from(encodeString(expected)))
  if (types.isUint8Array(expected)) return isSameBytes(data, expected)
  return isObject(expected) ? isPartOf(data, expected) : false
}

function isSameBytes(data: Data, expected: Uint8Array): Truth {
  if (expected.length !== data.length) return false
  const { bytes } = data
  if (Buffer.compare(bytes, expected.subarray(0, bytes.length)) !== 0) return false
  return data.truncated ? undefined : true
}

const longest = 100

/** What is expected, for people: `/\.json$/`, `O_CREAT|O_EXCL`, `a function`. */
export function expectedText(expected: unknown): string {
  if (typeof expected === 'function') return expected.name === '' ? 'what a function says yes to' : `${expected.name}()`
  if (isAsymmetric(expected)) return asymmetricText(expected)
  if (Array.isArray(expected) && expected.length > 0 && expected.every(isConstant)) return expected.join('|')
  return shortened(inspect(expected, { depth: 3, breakLength: Infinity }))
}

/** The name of a flag, as the kernel's headers spell them. */
function isConstant(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Z][A-Z0-9]*_[A-Z0-9_]+$/.test(value)
}

/** As their owners name them, if they do. */
function asymmetricText(expected: AsymmetricMatcher & { readonly toAsymmetricMatcher?: unknown }): string {
  const { toAsymmetricMatcher } = expected
  if (typeof toAsymmetricMatcher !== 'function') return inspect(expected, { depth: 1, breakLength: Infinity })
  return String(Reflect.apply(toAsymmetricMatcher, expected, []))
}

/** What was seen, for people. */
export function valueText(value: unknown): string {
  if (value instanceof Unread) return `memory at 0x${value.address.toString(16)} that could not be read`
  if (value instanceof Flags) return String(value)
  if (value instanceof Data) return `${shortened(inspect(String(value)))}${value.truncated ? '…' : ''}`
  return shortened(inspect(value, { depth: 3, breakLength: Infinity }))
}

function shortened(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
