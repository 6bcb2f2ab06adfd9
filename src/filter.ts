/** Which calls to record, in strace's words: `openat`, `%file`, `/^get/`, `!read`, `?newcall`, `all`, `none`, 257. */

import { inspect } from 'node:util'
import { SyscopeError, type ErrorCode } from './errors.ts'
import { lazy } from './lazy.ts'
import { nearest } from './nearest.ts'
import { classWords } from './table/classes.ts'
import type { Abi } from './args/arg.ts'
import { abis, isNamed, X32_BIT } from './table/abi.ts'
import { allRowsOf, classMembers, rowByNumber, type Row, type SyscallName } from './table/index.ts'
import type { Class } from './table/syscall.ts'

/**
 * One set of calls: a name; a class (`'%file'`); a regular expression, or one as text (`'/^get/'`), that names match; a number of x86_64;
 * `'all'` or `'none'`. A string may hold several, separated by commas. In front of a string `!` takes its calls away, in front of a word
 * `?` allows that there is no such call. `@64`, `@32` and `@x32` behind a word mean that ABI only.
 */
export type FilterItem =
  | SyscallName
  | `?${SyscallName}`
  | `!${SyscallName}`
  | `%${Exclude<Class, `${string}_like`>}`
  | 'all'
  | 'none'
  | RegExp
  | number
  // Any other expression; the intersection keeps the names above in the editor's list.
  | (string & {})

/**
 * Which calls: all that one of the items names, without those that an item with `!` names; all others, where there are only such items.
 * @example
 * ['%network', 'openat', '!recvmsg']
 */
export type Filter = FilterItem | readonly FilterItem[]

/** `wide`: more than names are spelled out, so the type says nothing. */
type NameOf<Item> = Item extends SyscallName ? Item : Item extends `?${infer Name extends SyscallName}` ? Name : 'wide'
type Narrowed<Names> = 'wide' extends Names ? SyscallName : Names extends SyscallName ? Names : never

/** The calls that a filter names: those names where it is only names, else every name. */
export type NamesIn<F> = F extends readonly (infer Item)[] ? Narrowed<NameOf<Item>> : Narrowed<NameOf<F>>

/** Names of calls, each in every ABI that has it, or in one: `openat@64`, `openat@32`, `openat@x32`. */
export type CallSet = ReadonlySet<string> | 'all'

const namesByAbi = lazy(
  () => new Map(abis.map(([abi, suffix]) => [suffix, new Set(allRowsOf(abi).map((row) => row.name))])),
)
const knownNames = lazy((): ReadonlySet<string> => new Set([...namesByAbi().values()].flatMap((names) => [...names])))

/** Throws ERR_SYSCOPE_UNKNOWN_SYSCALL, _UNKNOWN_CLASS or _INVALID_ARGUMENT. `option` is the word used in messages. */
export function resolveFilter(filter: unknown, option: string): CallSet {
  const wanted = new Selection()
  const unwanted = new Selection()
  const items = splitItems(filter, option)
  for (const { item, isNegated } of items) addItem(isNegated ? unwanted : wanted, item, option)
  // Only exclusions: from everything.
  if (items.length > 0 && items.every((it) => it.isNegated)) wanted.isFull = true
  return wanted.without(unwanted)
}

/**
 * Makes a function that says whether a call is in a set: for the options of `run.text()` that can be for some calls only.
 *
 * Throws ERR_SYSCOPE_UNKNOWN_SYSCALL, ERR_SYSCOPE_UNKNOWN_CLASS or ERR_SYSCOPE_INVALID_ARGUMENT.
 * @example run.text({ raw: selectCalls('%memory,futex') })
 */
export function selectCalls(filter: Filter): (call: { readonly name: string; readonly abi: Abi }) => boolean {
  const set = resolveFilter(filter, 'calls')
  return set === 'all' ? () => true : ({ name, abi }) => isNamed(set, abi, name)
}

/** Whether all calls of this name are in the set. */
export function holdsName(set: CallSet, name: string): boolean {
  if (set === 'all' || set.has(name)) return true
  return [...namesByAbi()].every(([suffix, names]) => !names.has(name) || set.has(name + suffix))
}

/** Throws where one of the names is none, or is in none of the sets that a run records. `where` says who asks. */
export function checkRecorded(names: readonly string[], recorded: readonly CallSet[], where: string): void {
  for (const name of names) checkCallName(name, where)
  const missing = names.filter((name) => !recorded.some((set) => holdsName(set, name)))
  if (missing.length === 0) return
  const them = missing.length === 1 ? `'${missing.join('')}'` : 'them'
  const message = `The filter of this run leaves out ${missing.join(', ')}: that there is no such call would mean nothing. Add ${them} to \`filter\`. (Those that a rule acted on are among \`run.events\`, with \`injected\`.)`
  throw new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', message)
}

class Selection {
  readonly names = new Set<string>()
  isFull = false

  without(other: Selection): CallSet {
    if (other.isFull) return new Set()
    if (this.isFull && other.names.size === 0) return 'all'
    const left = new Set(this.isFull ? knownNames() : this.names)
    for (const name of other.names) {
      const [plain, suffix] = splitAbi(name)
      if (suffix !== undefined && left.delete(plain)) for (const one of spelled(plain)) left.add(one)
      for (const one of suffix === undefined ? [plain, ...spelled(plain)] : [name]) left.delete(one)
    }
    return left
  }
}

/** A name in each ABI that has it. */
function spelled(name: string): readonly string[] {
  return [...namesByAbi()].filter(([, names]) => names.has(name)).map(([suffix]) => name + suffix)
}

type Suffix = (typeof abis)[number][1]

function splitAbi(word: string): readonly [name: string, suffix: Suffix | undefined] {
  const found = abis.find(([, suffix]) => word.endsWith(suffix))
  return found === undefined ? [word, undefined] : [word.slice(0, -found[1].length), found[1]]
}

interface Item {
  readonly item: string | number | RegExp
  readonly isNegated: boolean
}

function splitItems(filter: unknown, option: string): readonly Item[] {
  const parts: readonly unknown[] = Array.isArray(filter) ? filter : [filter]
  return parts.flatMap((part): readonly Item[] => {
    if (part instanceof RegExp) return [{ item: part, isNegated: false }]
    if (typeof part === 'number') {
      if (Number.isInteger(part) && part >= 0) return [{ item: part, isNegated: false }]
    } else if (typeof part === 'string') {
      return splitText(part, option)
    }
    throw invalid(
      `Expected the \`${option}\` option to hold names, numbers and regular expressions, got ${inspect(part)}.`,
    )
  })
}

/** strace's sets: a `!` in front of the first word takes all of them away, and each further `!` inverts again. */
function splitText(text: string, option: string): readonly Item[] {
  const bare = text.replace(/^!+/, '')
  const isNegated = (text.length - bare.length) % 2 === 1
  if (bare.trim() === '') throw invalid(`Expected the \`${option}\` option to name calls, got ${inspect(text)}.`)
  return splitCommas(bare).map((item) => ({ item, isNegated }))
}

/** Commas inside `/…/` belong to the regular expression. */
function splitCommas(text: string): readonly string[] {
  const items = text.match(/\??\/(?:\\.|[^/\\])*\/(?:@\w+)?|[^,]+/g) ?? []
  return items.map((item) => item.trim()).filter((item) => item !== '')
}

function addItem(selection: Selection, item: string | number | RegExp, option: string): void {
  if (typeof item === 'number') return addNumber(selection, String(item), false, option)
  if (item instanceof RegExp) return addMatches(selection, item, String(item), false, option, undefined)
  const isOptional = item.startsWith('?')
  const word = isOptional ? item.slice(1) : item
  if (word === 'all') selection.isFull = true
  else if (word === 'none') return
  else if (/^\/.*\/(?:@\w+)?$/s.test(word)) addExpression(selection, word, isOptional, option)
  else if (/^\d+(@|$)/.test(word)) addNumber(selection, word, isOptional, option)
  else addWord(selection, word, isOptional, option)
}

function addWord(selection: Selection, word: string, isOptional: boolean, option: string): void {
  const [name, suffix] = splitAbi(word)
  const members = classMembers(name)
  const names = suffix === undefined ? knownNames() : namesByAbi().get(suffix)
  if (members !== undefined) {
    for (const member of members) if (names?.has(member) === true) selection.names.add(member + (suffix ?? ''))
  } else if (names?.has(name) === true) {
    selection.names.add(word)
  } else if (isOptional) {
    return
  } else if (word.startsWith('%')) {
    throw unknown('ERR_SYSCOPE_UNKNOWN_CLASS', 'class of system calls', word, option, classWords)
  } else {
    // What has a word of its own there.
    const others = option === 'deny' ? ['network'] : []
    throw unknown('ERR_SYSCOPE_UNKNOWN_SYSCALL', 'system call', word, option, [...knownNames(), ...others])
  }
}

/** Without a suffix, numbers are those of x86_64. */
function addNumber(selection: Selection, word: string, isOptional: boolean, option: string): void {
  const [number, suffix] = splitAbi(word)
  const abi = abis.find((it) => it[1] === suffix)?.[0] ?? 'x86_64'
  const row = /^\d+$/.test(number) ? rowOf(abi, Number(number)) : undefined
  if (row !== undefined) selection.names.add(row.name + (suffix ?? ''))
  else if (!isOptional) throw unknown('ERR_SYSCOPE_UNKNOWN_SYSCALL', 'system call', word, option, [])
}

/** x32 numbers go with and without the bit that marks them. */
function rowOf(abi: Abi, number: number): Row | undefined {
  return rowByNumber(abi, number) ?? (abi === 'x32' ? rowByNumber(abi, number + X32_BIT) : undefined)
}

/** `/^get/`, and `/^get/@32` for those of one ABI. */
function addExpression(selection: Selection, word: string, isOptional: boolean, option: string): void {
  const [expression, suffix] = splitAbi(word)
  addMatches(selection, parseRegExp(expression, option), word, isOptional, option, suffix)
}

function addMatches(
  selection: Selection,
  pattern: RegExp,
  word: string,
  isOptional: boolean,
  option: string,
  suffix: Suffix | undefined,
): void {
  const names = (suffix === undefined ? undefined : namesByAbi().get(suffix)) ?? knownNames()
  // `search` ignores where a global or sticky expression stopped last time.
  const found = [...names].filter((name) => name.search(pattern) !== -1)
  if (found.length === 0 && !isOptional) {
    const message = `No system call matches ${word} in the \`${option}\` option.`
    throw Object.assign(new SyscopeError('ERR_SYSCOPE_UNKNOWN_SYSCALL', message), { word })
  }
  for (const name of found) selection.names.add(name + (suffix ?? ''))
}

function parseRegExp(word: string, option: string): RegExp {
  try {
    return new RegExp(word.slice(1, -1))
  } catch (cause) {
    const message = `The regular expression ${word} in the \`${option}\` option is not valid.`
    throw new SyscopeError('ERR_SYSCOPE_INVALID_ARGUMENT', message, { cause })
  }
}

/** Throws ERR_SYSCOPE_UNKNOWN_SYSCALL for a name that no table has: that there is no such call would mean nothing. */
function checkCallName(name: string, where: string): void {
  if (knownNames().has(name) || name.startsWith('syscall_0x')) return
  const message = `${where} was asked for '${name}', and there is no such system call.`
  throw withHint('ERR_SYSCOPE_UNKNOWN_SYSCALL', message, name, [...knownNames()])
}

function unknown(code: ErrorCode, what: string, word: string, option: string, words: readonly string[]): SyscopeError {
  return withHint(code, `Unknown ${what} '${word}' in the \`${option}\` option.`, word, words)
}

/** The error says which word it is about, and which word may have been meant. */
function withHint(code: ErrorCode, message: string, word: string, words: readonly string[]): SyscopeError {
  const near = nearest(word, words)
  const hint = near === undefined ? '' : ` Did you mean '${near}'?`
  return Object.assign(new SyscopeError(code, message + hint), { word })
}

function invalid(message: string): SyscopeError {
  return new SyscopeError('ERR_SYSCOPE_INVALID_ARGUMENT', message)
}

/** The names in a set, one by one. */
export function namesOfSet(set: CallSet): readonly string[] {
  return [...(set === 'all' ? knownNames() : set)]
}
