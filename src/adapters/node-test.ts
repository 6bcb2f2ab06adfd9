/**
 * For node:test: `expect(run)`, and `t.assert.toX(run)` where Node lets assertions be registered (22 and later).
 *
 * @example
 * import test from 'node:test'
 * import { trace } from 'syscope'
 * import 'syscope/node-test'
 * test('works offline', async (t) => {
 *   t.assert.toHaveNoNetwork(await trace('node', ['cli.js'], { observe: 'network' }))
 * })
 */

// Names that Node 20 does not export must not be imported by name.
import * as nodeTest from 'node:test'
import { updateOf, type RunnerContext, type Update } from '../kit/matchers/context.ts'
import { matchers, type RunMatchers } from '../kit/matchers/index.ts'
import type { MatchedRun } from '../kit/matchers/subject.ts'
import type { Verdict } from '../kit/matchers/verdict.ts'
import type { Expectation } from './expect.ts'
import { ask, assertVerdict, callerOf, expectation, type MatcherRecord, type Question } from './judge.ts'

export type { Expectation, MatchedRun }

/** `t.assert.toX(run)` for each matcher. */
export type RunAssertions = { [Name in keyof RunMatchers]: OfRun<RunMatchers[Name]> }

/** The same function with the run in front. Of several signatures TypeScript tells all but how many there are; none has more than two. */
type OfRun<F> = F extends { (...args: infer A): void; (...args: infer B): void }
  ? { (run: MatchedRun, ...args: A): void; (run: MatchedRun, ...args: B): void }
  : F extends (...args: infer A) => void
    ? (run: MatchedRun, ...args: A) => void
    : never

declare module 'node:test' {
  namespace test {
    interface TestContextAssert extends RunAssertions {}
  }
}

/** What is asked of the test's context, where this Node has it. */
interface TestContext {
  readonly fullName?: string
  readonly filePath?: string
  readonly assert?: {
    readonly snapshot?: (
      value: unknown,
      options: { readonly serializers: readonly ((value: unknown) => string)[] },
    ) => void
  }
}

type Assertion = (this: TestContext, run: unknown, ...args: unknown[]) => void

/** Newer than the types that this is compiled with. */
const { assert: registry, getTestContext } = nodeTest as {
  readonly assert?: { register(name: string, assertion: Assertion): void }
  readonly getTestContext?: () => TestContext | undefined
}

/** Expects something of a run. Throws AssertionError where it does not hold, SyscopeError where the run cannot tell. */
export function expect(run: MatchedRun): Expectation {
  // `RunMatchers` says of each function of `matchers` how it is called.
  return expectation(matchers, run, (question, isNot) => answer(question, isNot, getTestContext?.())) as Expectation
}

for (const [name, matcher] of Object.entries<MatcherRecord[string]>(matchers)) {
  registry?.register(name, function method(this: TestContext, run, ...args) {
    answer({ name, matcher, run, args, method }, false, this)
  })
}

function answer(question: Question, isNot: boolean, test: TestContext | undefined): void {
  assertVerdict(ask(question, contextOf(question, test)), question, isNot)
}

function contextOf({ method }: Question, test: TestContext | undefined): RunnerContext {
  const snapshot = test?.assert?.snapshot
  return {
    get testPath() {
      return test?.filePath ?? callerOf(method)
    },
    testName: test?.fullName,
    update: update(),
    matchText: snapshot === undefined ? undefined : (text) => matchText(snapshot, text),
  }
}

/** What `node --test --test-update-snapshots` hands to the processes of test files. */
function update(): Update {
  return process.execArgv.includes('--test-update-snapshots') ? 'all' : updateOf()
}

function matchText(snapshot: NonNullable<NonNullable<TestContext['assert']>['snapshot']>, text: string): Verdict {
  try {
    snapshot(text, { serializers: [String] })
    return { pass: true, message: 'Expected the snapshot not to be matched, and it is.' }
  } catch (error) {
    const { message, actual, expected } = error as { message: string; actual?: unknown; expected?: unknown }
    return { pass: false, message, actual, expected }
  }
}
