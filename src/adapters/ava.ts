/**
 * `expect(t, run)` for ava: each matcher counts as one assertion of the test.
 *
 * @example
 * import test from 'ava'
 * import { trace } from 'syscope'
 * import { expect } from 'syscope/ava'
 * test('works offline', async (t) => {
 *   expect(t, await trace('node', ['cli.js'], { observe: 'network' })).toHaveNoNetwork()
 * })
 */

import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import { updateOf, type RunnerContext } from '../kit/matchers/context.ts'
import { matchers } from '../kit/matchers/index.ts'
import type { MatchedRun } from '../kit/matchers/subject.ts'
import type { Verdict } from '../kit/matchers/verdict.ts'
import type { Expectation } from './expect.ts'
import { ask, expectation, type Question } from './judge.ts'

export type { Expectation, MatchedRun }

/** What is used of a test's `t`. */
export interface AvaTest {
  readonly title: string
  pass(): unknown
  fail(message?: string): unknown
  deepEqual(actual: unknown, expected: unknown, message?: string): unknown
  snapshot(value: unknown, message?: string): unknown
}

/** Expects something of a run. Where it does not hold the test has failed; where the run cannot tell, SyscopeError is thrown. */
export function expect(t: AvaTest, run: MatchedRun): Expectation {
  // `RunMatchers` says of each function of `matchers` how it is called.
  return expectation(matchers, run, (question, isNot) => answer(t, question, isNot)) as Expectation
}

function answer(t: AvaTest, question: Question, isNot: boolean): void {
  const snapshot: { outcome?: 'passed' | { readonly error: unknown } } = {}
  const context: RunnerContext = {
    testPath: fileURLToPath(test.meta.file),
    testName: t.title,
    update: updateOf(),
    matchText: (text, hint) => {
      try {
        t.snapshot(text, hint)
        snapshot.outcome = 'passed'
        return { pass: true, message: 'Expected the snapshot not to be matched, and it is.' }
      } catch (error) {
        snapshot.outcome = { error }
        return { pass: false, message: (error as Error).message }
      }
    },
  }
  const verdict = ask(question, context)
  // What ava was asked itself it has counted, and told.
  if (typeof snapshot.outcome === 'object') throw snapshot.outcome.error
  if (verdict.pass === isNot) fail(t, verdict, isNot)
  else if (snapshot.outcome === undefined) t.pass()
}

/** Each of these throws. */
function fail(t: AvaTest, { message, actual, expected }: Verdict, isNot: boolean): void {
  // The only way to have ava show a difference.
  if (!isNot && !isDeepStrictEqual(actual, expected)) t.deepEqual(actual, expected, message)
  t.fail(message)
}
