/** The `intercept` option as users give it -> handlers, and the rules that ask them. */

import { inspect } from 'node:util'
import { invalid } from '../checks.ts'
import { namesOfSet, resolveFilter, type CallSet } from '../filter.ts'
import { everyMatch, type Rule } from '../rules/rule.ts'
import { classNamed } from '../table/classes.ts'

type AnyHandler = (call: unknown) => unknown

interface Both {
  readonly enter?: AnyHandler
  readonly exit?: AnyHandler
}

/** What stands under one key of `intercept`. */
export interface Entry extends Both {
  readonly key: string
  readonly calls: CallSet
}

/** What becomes of a run whose handler has failed: all processes are killed, or let go, or the call goes on. */
export type FailurePolicy = 'kill' | 'detach' | 'continue'

/** Handlers, and what happens where one fails. */
export interface Intercepted {
  /** In the order in which they are tried. */
  readonly entries: readonly Entry[]
  /** Milliseconds that a handler may take; 0: no limit. */
  readonly timeout: number
  /** As it was given. */
  readonly onFailure: 'kill' | 'continue' | undefined
}

const defaultTimeoutMs = 5000
/** Calls that never return. */
const endings: ReadonlySet<string> = new Set(['exit', 'exit_group'])

interface Options {
  readonly intercept?: unknown
  readonly handlerTimeout?: number
  readonly onHandlerFailure?: 'kill' | 'continue'
}

/** Undefined where no call is intercepted. Throws ERR_SYSCOPE_INVALID_ARGUMENT, _UNKNOWN_SYSCALL and _UNKNOWN_CLASS. */
export function readIntercept(options: Options): Intercepted | undefined {
  const { intercept, handlerTimeout = defaultTimeoutMs, onHandlerFailure } = options
  if (intercept === undefined) {
    for (const stray of ['handlerTimeout', 'onHandlerFailure'] as const) {
      if (options[stray] !== undefined) throw invalid(`The \`${stray}\` option means nothing without \`intercept\`.`)
    }
    return undefined
  }
  if (typeof intercept !== 'object' || intercept === null || Array.isArray(intercept)) {
    throw invalid(`Expected the \`intercept\` option to be an object of handlers, got ${inspect(intercept)}.`)
  }
  const entries = Object.entries(intercept).map(([key, given]) => entryOf(key, given))
  if (entries.length === 0) throw invalid('The `intercept` option names no call.')
  const [specific, others] = [entries.filter(({ key }) => isNames(key)), entries.filter(({ key }) => !isNames(key))]
  return {
    entries: [...specific, ...others],
    timeout: handlerTimeout,
    onFailure: onHandlerFailure,
  }
}

/** Processes that were there before are not ended by what is wrong with a handler. */
export function failurePolicy({ onFailure }: Intercepted, isAttached: boolean): FailurePolicy {
  return onFailure ?? (isAttached ? 'detach' : 'kill')
}

/** Whether it names calls one by one: such a key comes before classes and expressions. */
function isNames(key: string): boolean {
  const isName = (word: string): boolean =>
    /^\??\w+(@\w+)?$/.test(word) && word !== 'all' && classNamed(word.replaceAll(/^\?|@\w+$/g, '')) === undefined
  return key.split(',').every((word) => isName(word.trim()))
}

function entryOf(key: string, given: unknown): Entry {
  const calls = resolveFilter(key, 'intercept')
  const handlers = handlersOf(key, given)
  const names = new Set(namesOfSet(calls).map((name) => name.replace(/@\w+$/, '')))
  if (names.size === 0 && !key.includes('?')) throw invalid(`\`${key}\` in the \`intercept\` option names no call.`)
  if (handlers.exit !== undefined && names.size > 0 && [...names].every((name) => endings.has(name))) {
    throw invalid(`\`${key}\` in the \`intercept\` option has an \`exit\` handler, and such a call never returns.`)
  }
  return { key, calls, ...handlers }
}

function handlersOf(key: string, given: unknown): Both {
  if (isHandler(given)) return { enter: given }
  const { enter, exit, ...others }: Readonly<Record<string, unknown>> = typeof given === 'object' ? { ...given } : {}
  const [stray] = Object.keys(others)
  if (stray !== undefined) throw invalid(`The handlers of \`${key}\` are \`enter\` and \`exit\`, got \`${stray}\`.`)
  const isRight = (it: unknown): it is AnyHandler | undefined => it === undefined || isHandler(it)
  if (!isRight(enter) || !isRight(exit) || (enter ?? exit) === undefined) {
    throw invalid(
      `Expected the handler of \`${key}\` to be a function, or \`enter\` and \`exit\` ones, got ${inspect(given)}.`,
    )
  }
  return { ...(enter === undefined ? {} : { enter }), ...(exit === undefined ? {} : { exit }) }
}

function isHandler(it: unknown): it is AnyHandler {
  return typeof it === 'function'
}

/** The rules by which the engine asks, one for each entry. They come after all others: what is denied needs no handler. */
export function interceptRules({ entries }: Intercepted): readonly Rule[] {
  return entries.map(({ key, calls, enter, exit }) => ({
    given: { intercept: key },
    option: 'intercept',
    where: `\`${key}\` in the \`intercept\` option`,
    parts: [{ calls, conditions: [] }],
    outcome: undefined,
    counting: everyMatch,
    actions: [{ do: 'ask', enters: enter !== undefined, exits: exit !== undefined }],
    report: false,
  }))
}
