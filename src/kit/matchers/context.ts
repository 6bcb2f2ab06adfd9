/** What a matcher knows of the test that asks: the adapter for each runner tells it. */

import type { Verdict } from './verdict.ts'

/** What becomes of a snapshot or budget that is other than what was seen, or not there yet. */
export type Update =
  /** Everything is written anew. */
  | 'all'
  /** What is missing is written, what differs fails. */
  | 'new'
  /** What differs and what is missing fails. */
  | 'none'

/** The runner and the test, as an adapter tells them. */
export interface RunnerContext {
  /** The file of the test: an absolute path. */
  readonly testPath?: string | undefined
  /** The full name of the test, with those of what it is in; the same each time. */
  readonly testName?: string | undefined
  /**
   * What the runner was told; see `updateOf()` for runners that are told nothing. Whatever this says, SYSCOPE_UPDATE=1 means `'all'`,
   * and where CI is set `'new'` means `'none'`.
   */
  readonly update: Update
  /**
   * Compares a text with the runner's own snapshot of it, and writes that by the runner's own rules. `hint` tells several in one test
   * apart. Without it snapshots of system calls are kept in a file of their own.
   */
  readonly matchText?: ((text: string, hint?: string) => Verdict) | undefined
}

let current: RunnerContext | undefined

/**
 * Calls a matcher for a test: adapters put it around each call. Matchers end before they return, so tests that run concurrently
 * don't meet here; one context inside another holds until it ends.
 * @example
 * const verdict = withContext({ testPath, testName, update }, () => matchers.toStayWithinBudget(run, options))
 */
export function withContext<T>(context: RunnerContext, call: () => T): T {
  const outer = current
  current = context
  try {
    return call()
  } finally {
    current = outer
  }
}

/** What the adapter said; of the environment alone where there is none. */
export function currentContext(environment: NodeJS.ProcessEnv = process.env): RunnerContext {
  const context = current ?? { update: 'new' }
  const said = updateOf(environment)
  return said === 'all' || context.update === 'new' ? { ...context, update: said } : context
}

/**
 * What the environment says: `'all'` with SYSCOPE_UPDATE=1, `'none'` where CI is set (nobody would keep what is written there), else
 * `'new'`.
 */
export function updateOf(environment: NodeJS.ProcessEnv = process.env): Update {
  if (isSet(environment['SYSCOPE_UPDATE'])) return 'all'
  return isSet(environment['CI']) ? 'none' : 'new'
}

/** `CI=false` and `CI=0` are how people say no. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value)
}
