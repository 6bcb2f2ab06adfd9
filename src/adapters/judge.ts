/** What all adapters share: asking a matcher on behalf of a test, and telling the verdict as an error. */

import { AssertionError } from 'node:assert'
import { fileURLToPath } from 'node:url'
import { SyscopeError } from '../errors.ts'
import { withContext, type RunnerContext } from '../kit/matchers/context.ts'
import type { Verdict } from '../kit/matchers/verdict.ts'

/** Plain functions that judge a run, by name: `(run, ...args) => Verdict`. */
export type MatcherRecord = Readonly<Record<string, (run: never, ...args: never[]) => Verdict>>

/** One call of a matcher, as somebody wrote it. */
export interface Question {
  readonly name: string
  readonly matcher: MatcherRecord[string]
  readonly run: unknown
  readonly args: readonly unknown[]
  /** What the user called: stacks begin below it. */
  readonly method: Function
}

/** Asks. What the matcher refuses to answer (ERR_SYSCOPE_*) is thrown with a stack that begins where the user asked. */
export function ask({ matcher, run, args, method }: Question, context: RunnerContext): Verdict {
  try {
    // Matchers look at what they are given; the types of a record of them all say nothing of each.
    return withContext(context, () => matcher(run as never, ...(args as never[])))
  } catch (error) {
    if (error instanceof SyscopeError) Error.captureStackTrace(error, method)
    throw error
  }
}

/** Throws an AssertionError where the verdict is not what was wanted. Its `operator` is the matcher's name. */
export function assertVerdict(verdict: Verdict, { name, method }: Question, isNot: boolean): void {
  if (verdict.pass !== isNot) return
  const { message } = verdict
  // Of the opposite there is nothing to compare.
  const { actual, expected } = isNot ? {} : verdict
  const operator = isNot ? `not.${name}` : name
  throw new AssertionError({ message, actual, expected, operator, stackStartFn: method })
}

/** Answers one question: returns, or throws what the runner shows. */
export type Answer = (question: Question, isNot: boolean) => void

/**
 * The object behind `expect(run)`: a method for each matcher, and their opposites below `not`.
 * @example
 * expectation(matchers, run, answer).not.toConnect('93.184.216.34:443')
 */
export function expectation(record: MatcherRecord, run: unknown, answer: Answer): object {
  return { ...methods(record, run, answer, false), not: methods(record, run, answer, true) }
}

function methods(record: MatcherRecord, run: unknown, answer: Answer, isNot: boolean): object {
  const entries = Object.entries(record).map(([name, matcher]) => {
    const method = (...args: readonly unknown[]): void => answer({ name, matcher, run, args, method }, isNot)
    return [name, method] as const
  })
  return Object.fromEntries(entries)
}

/** The file whose code called `method`, which is still running; `undefined` where the stack doesn't tell. */
export function callerOf(method: Function): string | undefined {
  const holder: { stack?: string } = {}
  Error.captureStackTrace(holder, method)
  // Not of V8's own call sites: the text names the sources that source maps lead to.
  const [, file] = /^\s+at .*?\(?((?:file:\/\/)?\/[^()]*?):\d+:\d+\)?$/mu.exec(holder.stack ?? '') ?? []
  return file?.startsWith('file:') === true ? fileURLToPath(file) : file
}
