/** The `intercept` option as users give it -> handlers by name, and the rules that ask them. */

import { inspect } from 'node:util'
import { invalid } from '../checks.ts'
import { resolveFilter } from '../filter.ts'
import { everyMatch, type Rule } from '../rules/rule.ts'

type AnyHandler = (call: unknown) => unknown

interface Both {
  readonly enter?: AnyHandler
  readonly exit?: AnyHandler
}

/** Handlers, and what happens where one fails. */
export interface Intercepted {
  readonly byName: ReadonlyMap<string, Both>
  /** Milliseconds that a handler may take. */
  readonly timeout: number
  readonly onFailure: 'kill' | 'continue'
}

const defaultTimeoutMs = 5000

interface Options {
  readonly intercept?: unknown
  readonly handlerTimeout?: number
  readonly onHandlerFailure?: 'kill' | 'continue'
}

/** Undefined where no call is intercepted. Throws ERR_SYSCOPE_INVALID_ARGUMENT and _UNKNOWN_SYSCALL. */
export function readIntercept(options: Options): Intercepted | undefined {
  const { intercept, handlerTimeout, onHandlerFailure } = options
  if (intercept === undefined) {
    const stray =
      handlerTimeout === undefined
        ? onHandlerFailure === undefined
          ? undefined
          : 'onHandlerFailure'
        : 'handlerTimeout'
    if (stray !== undefined) throw invalid(`The \`${stray}\` option means nothing without \`intercept\`.`)
    return undefined
  }
  if (typeof intercept !== 'object' || intercept === null || Array.isArray(intercept)) {
    throw invalid(`Expected the \`intercept\` option to be an object of handlers, got ${inspect(intercept)}.`)
  }
  const byName = new Map(Object.entries(intercept).map(([name, given]) => [name, handlersOf(name, given)]))
  if (byName.size === 0) throw invalid('The `intercept` option names no call.')
  return { byName, timeout: handlerTimeout ?? defaultTimeoutMs, onFailure: onHandlerFailure ?? 'kill' }
}

function handlersOf(name: string, given: unknown): Both {
  resolveFilter(name, 'intercept')
  if (isHandler(given)) return { enter: given }
  const { enter, exit, ...others }: Readonly<Record<string, unknown>> = typeof given === 'object' ? { ...given } : {}
  const [stray] = Object.keys(others)
  if (stray !== undefined) throw invalid(`The handlers of \`${name}\` are \`enter\` and \`exit\`, got \`${stray}\`.`)
  const isRight = (it: unknown): it is AnyHandler | undefined => it === undefined || isHandler(it)
  if (!isRight(enter) || !isRight(exit) || (enter ?? exit) === undefined) {
    throw invalid(
      `Expected the handler of \`${name}\` to be a function, or \`enter\` and \`exit\` ones, got ${inspect(given)}.`,
    )
  }
  return { ...(enter === undefined ? {} : { enter }), ...(exit === undefined ? {} : { exit }) }
}

function isHandler(it: unknown): it is AnyHandler {
  return typeof it === 'function'
}

/** The rules by which the engine asks. They come after all others: what is denied needs no handler. */
export function interceptRules({ byName }: Intercepted): readonly Rule[] {
  return [...byName].map(([name, { enter, exit }]) => ({
    given: { intercept: name },
    option: 'intercept',
    where: `\`intercept\``,
    parts: [{ calls: resolveFilter(name, 'intercept'), conditions: [] }],
    outcome: undefined,
    counting: everyMatch,
    actions: [{ do: 'ask', enters: enter !== undefined, exits: exit !== undefined }],
    report: false,
  }))
}
