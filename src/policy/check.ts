/** The members of a policy -> rules; what is wrong with one is told by the part of the document that it is about. */

import { SyscopeError } from '../errors.ts'
import { compileRule } from '../rules/compile.ts'
import type { DenyRule, InjectRule } from '../rules/options.ts'
import { readDeny, readInject, type RuleContext } from '../rules/read.ts'
import type { Rule } from '../rules/rule.ts'
import { isObject } from '../rules/shape.ts'

/** Which part of the document is wrong: `inject[2].error`. */
export class PolicyFault extends Error {
  override readonly name = 'PolicyFault'
  readonly path: string
  /** The key is meant, not what stands behind it. */
  readonly isKey: boolean

  constructor(path: string, message: string, isKey: boolean, cause: unknown) {
    super(message, { cause })
    this.path = path
    this.isKey = isKey
  }
}

/** That of `trace()`: how much of what is no path is seen does not change whether a rule can be met. */
const surroundings = { stringLimit: 1024 }

/** Throws `PolicyFault`. */
export function checkDeny(value: unknown): readonly DenyRule[] {
  if (value === undefined) return []
  // Words are one rule, objects one each.
  const isRules = Array.isArray(value) && value.length > 0 && value.every(isObject)
  const rules = isRules
    ? value.flatMap((rule: unknown, index) => read(readDeny, rule, `deny[${index}]`))
    : read(readDeny, value, 'deny')
  // Those of `deny` are no others.
  return rules.map(({ given }) => given as DenyRule)
}

/** Throws `PolicyFault`. */
export function checkInject(value: unknown): readonly InjectRule[] {
  if (value === undefined) return []
  const rules = Array.isArray(value)
    ? value.flatMap((rule: unknown, index) => read(readInject, rule, `inject[${index}]`))
    : read(readInject, value, 'inject')
  // As above.
  return rules.map(({ given }) => given as InjectRule)
}

type Reader = (value: unknown, context: RuleContext) => readonly Rule[]

function read(reader: Reader, value: unknown, path: string): readonly Rule[] {
  try {
    const rules = reader(withBytes(value), { cwd: process.cwd(), hasForeignSockets: true })
    // What no call can meet shows only then.
    for (const rule of rules) compileRule(rule, surroundings)
    return rules
  } catch (error) {
    if (!(error instanceof SyscopeError)) throw error
    throw faultOf(error, value, path)
  }
}

/** JSON has no bytes: `{ "base64": "…" }` stands for them where bytes can be. */
function withBytes(rule: unknown): unknown {
  if (!isObject(rule)) return rule
  const changed: Record<string, unknown> = { ...rule }
  for (const key of ['pokeEnter', 'pokeExit']) {
    if (isObject(rule[key])) changed[key] = mapValues(rule[key], bytesOf)
  }
  if (isObject(rule['args'])) {
    changed['args'] = mapValues(rule['args'], (test) =>
      isObject(test) && 'startsWith' in test ? { ...test, startsWith: bytesOf(test['startsWith']) } : test,
    )
  }
  return changed
}

function mapValues(
  values: Readonly<Record<string, unknown>>,
  map: (value: unknown) => unknown,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]))
}

function bytesOf(value: unknown): unknown {
  if (!isObject(value) || Object.keys(value).join() !== 'base64') return value
  const { base64 } = value
  const isBase64 = typeof base64 === 'string' && /^(?:[\w+/-]{4})*(?:[\w+/-]{2,3}=*)?$/.test(base64)
  return isBase64 ? Uint8Array.from(Buffer.from(base64, 'base64')) : value
}

/** Errors name the option, with what is inside it before: "`min` in `flags` of `args` in the `inject` option". */
function faultOf(error: SyscopeError, value: unknown, path: string): PolicyFault {
  const { message } = error
  const [, chain = ''] = /((?:`[^`]+` (?:in|of) )+)the `(?:deny|inject)` option/.exec(message) ?? []
  const inside = [...chain.matchAll(/`([^`]+)`/g)].map(([, key = '']) => key).toReversed()
  const [, stray] = /has no `([^`]+)`/.exec(message) ?? []
  // Else some word of the message is what is meant: an argument that calls have not, a name that it has not.
  const words = [stray, ...[...message.matchAll(/`([^`]+)`|'([^']+)'/g)].map(([, key, text]) => key ?? text)]
  const found = inside.length > 0 && stray === undefined ? inside : firstOf(words, (word) => wayTo(value, word))
  const keys = found ?? []
  const isKey = keys.length > 0 && words.includes(keys.at(-1)) && !isWithin(inside, keys)
  return new PolicyFault([path, ...keys].join('.'), withoutOption(message), isKey, error)
}

/** What the message names with its place is meant by its value. */
function isWithin(inside: readonly string[], keys: readonly string[]): boolean {
  return inside.join('.') === keys.join('.')
}

function firstOf<Item, Result>(items: readonly Item[], find: (item: Item) => Result | undefined): Result | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}

/** The way to a key of this name, or to this text. */
function wayTo(value: unknown, word: string | undefined): readonly string[] | undefined {
  if (word === undefined || !isObject(value)) return undefined
  for (const [key, member] of Object.entries(value)) {
    if (key === word || member === word || (Array.isArray(member) && member.includes(word))) return [key]
    const deeper = wayTo(member, word)
    if (deeper !== undefined) return [key, ...deeper]
  }
  return undefined
}

/** The place says which rule it is. */
function withoutOption(message: string): string {
  return message
    .replace(/ in (?:rule \d+ of )?the `(?:deny|inject)` option/, '')
    .replace(/(?:rule \d+ of )?the `(?:deny|inject)` option/i, 'this rule')
    .replace(/^this/, 'This')
    .replace(/\.$/, '')
}
