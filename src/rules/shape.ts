/** What users may write, taken apart with errors that say what was given. */

import { inspect } from 'node:util'
import { invalid } from '../checks.ts'
import type { SyscopeError } from '../errors.ts'
import { nearest } from '../nearest.ts'

export type Given = Readonly<Record<string, unknown>>

/** An object with keys, no array and no other thing with insides of its own. */
export function isObject(value: unknown): value is Given {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !ArrayBuffer.isView(value) && !(value instanceof RegExp)
}

/** Few enough to be told in a message. */
const FEW = 6

/** `renamed`: what keys from elsewhere are called here. */
export function checkKeys(
  value: Given,
  known: readonly string[],
  where: string,
  renamed: Readonly<Record<string, string>> = {},
): void {
  const stray = Object.keys(value).find((key) => !known.includes(key))
  if (stray === undefined) return
  const near = (Object.hasOwn(renamed, stray) ? renamed[stray] : undefined) ?? nearest(stray, known)
  const all = known.length <= FEW ? ` It has ${known.map((it) => `\`${it}\``).join(', ')}.` : ''
  throw invalid(`${capital(where)} has no \`${stray}\`.${near === undefined ? all : ` Did you mean \`${near}\`?`}`)
}

/** One, or an array of at least one. */
export function listOf(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) return [value]
  if (value.length === 0) throw invalid(`Expected ${where} to hold something, got [].`)
  return value as readonly unknown[] // An array of anything.
}

export function wrong(where: string, expected: string, value: unknown): SyscopeError {
  return invalid(`Expected ${where} to be ${expected}, got ${inspect(value, { depth: 1 })}.`)
}

/** A word that is none of those that there are. */
export function unknownWord(what: string, word: string, words: readonly string[], where: string): SyscopeError {
  const near = nearest(word, words)
  const hint = near === undefined ? '' : ` Did you mean '${near}'?`
  return Object.assign(invalid(`Unknown ${what} '${word}' in ${where}.${hint}`), { word })
}

export function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}

export function capital(text: string): string {
  return text.startsWith('`') ? `The ${text}` : text.charAt(0).toUpperCase() + text.slice(1)
}
