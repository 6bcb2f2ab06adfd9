/**
 * `expect(run)` for any test runner, and for none: what does not hold throws an AssertionError.
 *
 * @example
 * import { trace } from 'syscope'
 * import { expect } from 'syscope/expect'
 * expect(await trace('node', ['cli.js'], { observe: 'network' })).toHaveNoNetwork()
 */

import { updateOf } from '../kit/matchers/context.ts'
import { matchers, type RunMatchers } from '../kit/matchers/index.ts'
import type { MatchedRun } from '../kit/matchers/subject.ts'
import { ask, assertVerdict, callerOf, expectation, type Question } from './judge.ts'

export type { MatchedRun }

/** What can be expected of a run. */
export interface Expectation extends RunMatchers {
  /** The opposite. Where the run cannot tell, both fail. */
  readonly not: RunMatchers
}

/** Expects something of a run. Throws AssertionError where it does not hold, SyscopeError where the run cannot tell. */
export function expect(run: MatchedRun): Expectation {
  // `RunMatchers` says of each function of `matchers` how it is called.
  return expectation(matchers, run, answer) as Expectation
}

function answer(question: Question, isNot: boolean): void {
  const context = {
    get testPath() {
      return callerOf(question.method)
    },
    update: updateOf(),
  }
  assertVerdict(ask(question, context), question, isNot)
}
