/** Matchers in the form of `expect.extend()`, which jest and vitest share. */

import { updateOf, type RunnerContext, type Update } from '../kit/matchers/context.ts'
import type { Verdict } from '../kit/matchers/verdict.ts'
import { ask, type MatcherRecord } from './judge.ts'

/** What is used of a matcher's `this`. */
export interface Asked {
  readonly isNot?: boolean
}

/** What a matcher of `expect.extend()` returns. */
export interface RunnerVerdict {
  readonly pass: boolean
  readonly message: () => string
  readonly actual?: unknown
  readonly expected?: unknown
}

/** The part of `expect` by which both runners compare a text with their snapshot. */
export interface SnapshotExpect {
  (text: string): { toMatchSnapshot(hint?: string): void }
  getState(): {
    readonly assertionCalls: number
    readonly suppressedErrors?: unknown[]
    /** With the names of what it is in. */
    readonly currentTestName?: string
    /** An absolute path. */
    readonly testPath?: string
    readonly snapshotState?: { readonly _updateSnapshot?: Update } | undefined
  }
  setState(state: { readonly assertionCalls: number }): void
}

/** `expect` as both runners export it. */
export interface RunnerExpect extends SnapshotExpect {
  extend(matchers: Readonly<Record<string, Function>>): void
}

export interface Runner<State> {
  /** The `expect` of the test that asks. */
  readonly expectOf: () => SnapshotExpect
  /** What is added to the message where the runner shows no difference of `actual` and `expected` itself. */
  readonly difference?: (state: State, verdict: Verdict) => string
}

/**
 * @example
 * expect.extend(extension(matchers, { expectOf: () => expect }))
 */
export function extension<State extends Asked>(
  record: MatcherRecord,
  runner: Runner<State>,
): Record<string, (this: State, run: unknown, ...args: unknown[]) => RunnerVerdict> {
  const entries = Object.entries(record).map(([name, matcher]) => {
    function method(this: State, run: unknown, ...args: unknown[]): RunnerVerdict {
      const verdict = ask({ name, matcher, run, args, method }, contextOf(runner.expectOf()))
      return toldBy(this, runner, verdict)
    }
    return [name, method] as const
  })
  return Object.fromEntries(entries)
}

function contextOf(expect: SnapshotExpect): RunnerContext {
  const { testPath, currentTestName, snapshotState } = expect.getState()
  return {
    testPath,
    testName: currentTestName,
    update: snapshotState?._updateSnapshot ?? updateOf(),
    matchText: (text, hint) => matchText(expect, text, hint),
  }
}

function toldBy<State extends Asked>(state: State, runner: Runner<State>, verdict: Verdict): RunnerVerdict {
  const { pass, message, actual, expected } = verdict
  // Of the opposite there is nothing to compare.
  if (state.isNot === true || (actual === undefined && expected === undefined)) return { pass, message: () => message }
  return { pass, message: () => message + (runner.difference?.(state, verdict) ?? ''), actual, expected }
}

/** By the runner's own matcher: its files, its options, its words. */
function matchText(expect: SnapshotExpect, text: string, hint: string | undefined): Verdict {
  const { assertionCalls, suppressedErrors = [] } = expect.getState()
  const before = suppressedErrors.length
  try {
    const asked = expect(text)
    if (hint === undefined) asked.toMatchSnapshot()
    else asked.toMatchSnapshot(hint)
    // jest throws nothing, and reports at the end of the test: once is enough.
    if (suppressedErrors.length > before) return mismatch(suppressedErrors.pop())
    return { pass: true, message: 'Expected the snapshot not to be matched, and it is.' }
  } catch (error) {
    return mismatch(error)
  } finally {
    // Users who count assertions have written one.
    expect.setState({ assertionCalls })
  }
}

function mismatch(error: unknown): Verdict {
  const { message, actual, expected } = error as { message: string; actual?: unknown; expected?: unknown }
  return { pass: false, message, actual, expected }
}
