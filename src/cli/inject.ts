/** -e inject= and -e fault= -> rules of the API: strace's keys, and ours in the same syntax. */

import { callsIn, selectCalls, type InjectRule, type Outcome } from '../../index.ts'
import { addArg, addCondition, asWhere, noConditions, readArgValue, type Conditions } from './conditions.ts'
import { splitExpression, type Token } from './expression.ts'
import { readCalls } from './filter.ts'
import { readDelay, readError, readErrorName, readPokes, readReturned, readSignal, readWhen } from './inject-values.ts'
import { ruleKeys } from './rule-keys.ts'
import { ValueError } from './values.ts'

/** One expression as it was given. */
export interface Injection {
  /** For messages: `inject argument 'write:error=EIO'`. */
  readonly spelled: string
  /** In the words of the API. */
  readonly calls: string
  readonly rule: Omit<InjectRule, 'syscall'>
  /** With none but strace's keys, so that a later one replaces it for the calls that both name. */
  readonly isPlain: boolean
}

type Draft = { -readonly [Key in keyof InjectRule]?: InjectRule[Key] | undefined }

interface Reading {
  readonly rule: Draft
  readonly conditions: Conditions
  instead: string | undefined
  isPlain: boolean
}

/** What a key does. Returns `false` where its value is wrong, or why it is. */
type Reader = (reading: Reading, value: string) => boolean | string

/** strace's keys that -e fault= has as well. */
const faultKeys: Readonly<Record<string, Reader>> = {
  when: ({ rule }, value) => set(rule, 'when', readWhen(value), true),
  error: ({ rule }, value) => {
    const result = readError(value)
    if (result === undefined || rule.error !== undefined || rule.returns !== undefined) return false
    Object.assign(rule, result)
    return true
  },
  syscall: (reading, value) => {
    if (reading.instead !== undefined || !isPure(value)) return false
    reading.instead = value
    return true
  },
}

const injectKeys: Readonly<Record<string, Reader>> = {
  ...faultKeys,
  retval: ({ rule }, value) => {
    const returns = readReturned(value)
    return rule.error === undefined && set(rule, 'returns', returns)
  },
  signal: ({ rule }, value) => set(rule, 'signal', readSignal(value)),
  delay_enter: ({ rule }, value) => set(rule, 'delayEnter', asDelay(readDelay(value))),
  delay_exit: ({ rule }, value) => set(rule, 'delayExit', asDelay(readDelay(value))),
  poke_enter: ({ rule }, value) => set(rule, 'pokeEnter', readPokes(value)),
  poke_exit: ({ rule }, value) => set(rule, 'pokeExit', readPokes(value)),
}

const countings = ['tree', 'process', 'thread', 'call'] as const

/** Ours, for both. */
const ownKeys: Readonly<Record<string, Reader>> = {
  nth: ({ rule }, value) => {
    if (rule.when !== undefined) return 'either nth= or when='
    return set(rule, 'nth', /^[1-9]\d{0,9}$/.test(value) ? Number(value) : undefined) || 'nth= is one number, from 1 on'
  },
  per: ({ rule }, value) => {
    const counting = countings.find((it) => it === value)
    return set(rule, 'per', counting) || `per= is one of ${countings.join(', ')}`
  },
  outcome: ({ rule }, value) => set(rule, 'outcome', readOutcome(value)) || 'outcome= is failed, successful or errors',
}

const faultWords: Readonly<Record<string, Draft>> = { run: { run: true } }
const injectWords: Readonly<Record<string, Draft>> = { ...faultWords, kill: { killTree: true } }

/** `kind`: which of strace's two qualifiers; `option` is what stood before the words: `-e inject=`. */
export function readInjection(text: string, kind: 'inject' | 'fault', option: string): Injection {
  const spelled = `${kind} argument '${text}'`
  const [first = ''] = text.split(':')
  const reading: Reading = { rule: {}, conditions: noConditions(), instead: undefined, isPlain: true }
  for (const token of splitExpression(text.slice(first.length), (word) => Object.hasOwn(injectWords, word))) {
    const result = readToken(reading, token, kind)
    if (result !== true) throw new ValueError(`invalid ${spelled}${result === false ? '' : `: ${result}`}`)
  }
  const calls = readCalls(first, option)
  const rule = completed(reading, kind)
  if (rule === undefined) throw new ValueError(`invalid ${spelled}: nothing is to be done`)
  return { spelled, calls, rule, isPlain: reading.isPlain }
}

function readToken(reading: Reading, token: Token, kind: 'inject' | 'fault'): boolean | string {
  const { key, value } = token
  if (value === undefined) {
    const words = kind === 'fault' ? faultWords : injectWords
    const word = Object.hasOwn(words, key) ? words[key] : undefined
    reading.isPlain = false
    Object.assign(reading.rule, word)
    return word !== undefined || `'${key}' is no key of ${kind}=`
  }
  const straceKeys = kind === 'fault' ? faultKeys : injectKeys
  const straces = Object.hasOwn(straceKeys, key) ? straceKeys[key] : undefined
  if (straces !== undefined) return straces(reading, value)
  reading.isPlain = false
  if (Object.hasOwn(ownKeys, key)) return ownKeys[key]?.(reading, value) ?? false
  if (kind === 'inject' && /^setarg[1-6]$/.test(key))
    return addArg(reading.conditions, key.slice('set'.length), readArgValue(value))
  if (Object.hasOwn(kind === 'fault' ? faultWords : injectWords, key)) return `${key} takes no value`
  return addCondition(reading.conditions, token) || `${key}= is not for ${kind}=${meant(key, kind)}`
}

/** Keys as the API or others have them. */
const otherNames: Readonly<Record<string, string>> = {
  errno: 'error=',
  returns: 'retval=',
  delay: 'delay_enter=',
  poke: 'poke_enter=',
}

/** Behind a message: what was probably meant. */
function meant(key: string, kind: 'inject' | 'fault'): string {
  const other = key.startsWith('set') ? 'setargN=' : Object.hasOwn(otherNames, key) ? otherNames[key] : undefined
  const isKnown = ruleKeys.some((it) => it.key === other && it.kinds.includes(kind))
  return isKnown ? `; did you mean ${other}?` : ''
}

/** Undefined where no action was given. */
function completed({ rule, conditions, instead }: Reading, kind: 'inject' | 'fault'): Injection['rule'] | undefined {
  const { args } = conditions
  const isIdle = !hasAction({ ...rule, args })
  if (isIdle && kind === 'inject') return undefined
  const { error = isIdle ? 'ENOSYS' : undefined, ...others } = rule
  // strace runs another call only where it has to put a result in place.
  const replaces = error !== undefined || rule.returns !== undefined
  // What strace's when= counts by; nth= is ours.
  const per = rule.per ?? (rule.when === undefined ? undefined : 'call')
  return {
    ...definedOf(others),
    ...(error === undefined ? {} : { error }),
    ...(instead === undefined || !replaces ? {} : { instead }),
    ...(per === undefined ? {} : { per }),
    ...asWhere(conditions),
    ...(Object.keys(args).length === 0 ? {} : { args }),
  }
}

const actions = ['error', 'returns', 'signal', 'delayEnter', 'delayExit', 'pokeEnter', 'pokeExit', 'killTree'] as const

/** Whether a rule does anything. */
export function hasAction(rule: Draft): boolean {
  const changes = Object.values(rule.args ?? {}).some((it) => typeof it !== 'object' || Array.isArray(it))
  return changes || actions.some((it) => rule[it] !== undefined)
}

function definedOf(rule: Draft): Omit<InjectRule, 'syscall'> {
  // Without the keys that are undefined a draft is a rule.
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== undefined)) as Omit<
    InjectRule,
    'syscall'
  >
}

/** Whether there was a value, and none before. */
function set<Key extends keyof InjectRule>(
  rule: Draft,
  key: Key,
  value: InjectRule[Key] | undefined,
  isRepeatable = false,
): boolean {
  if (value === undefined || (rule[key] !== undefined && !isRepeatable)) return false
  rule[key] = value
  return true
}

function asDelay(ns: bigint | undefined): `${number}ns` | undefined {
  // A template of a bigint is one of digits.
  return ns === undefined ? undefined : (`${ns}ns` as `${number}ns`)
}

function readOutcome(value: string): Outcome | undefined {
  if (value === 'failed' || value === 'successful') return value
  const names = value.split(',').map(readErrorName)
  const known = names.filter((it) => it !== undefined)
  return known.length === names.length ? known : undefined
}

/** Whether it is the name of a call that all three ABIs have, and changes nothing. */
function isPure(name: string): boolean {
  if (!/^[a-z]\w*$/.test(name)) return false
  return callsIn(`?${name}`).length === 3 && selectCalls('%pure')({ name, abi: 'x86_64' })
}
