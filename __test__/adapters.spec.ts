/** The adapters without their runners: what becomes of a verdict. `package-runners.spec.ts` has them run in their runners. */

import { AssertionError } from 'node:assert'
import test from 'ava'
import { SyscopeError, trace } from '../index.ts'
import { expect as avaExpect } from '../src/adapters/ava.ts'
import { expect } from '../src/adapters/expect.ts'
import { extension, type SnapshotExpect } from '../src/adapters/extension.ts'
import { ask, assertVerdict, expectation, type MatcherRecord } from '../src/adapters/judge.ts'
import { currentContext, updateOf, type RunnerContext } from '../src/kit/matchers/context.ts'

/** Verdicts as they are wanted, and what matchers were called with. */
const record = {
  toPass: (_run: unknown) => ({ pass: true, message: 'It passes.' }),
  toFail: (_run: unknown) => ({ pass: false, message: 'It fails:\n\n  connect(3, …)' }),
  toDiffer: (_run: unknown, expected: unknown) => ({ pass: false, message: 'It differs.', actual: 1, expected }),
  toRefuse: (_run: unknown) => {
    throw new SyscopeError('ERR_SYSCOPE_INCOMPLETE', 'Nobody can tell.')
  },
  toBreak: (_run: unknown) => {
    throw new TypeError('a mistake')
  },
} satisfies MatcherRecord

type Methods = Readonly<Record<keyof typeof record, (...args: readonly unknown[]) => void>>

function asked(context: RunnerContext = { update: 'none' }): Methods & { readonly not: Methods } {
  return expectation(record, {}, (question, isNot) => {
    assertVerdict(ask(question, context), question, isNot)
  }) as Methods & { readonly not: Methods }
}

function thrownBy(call: () => void): Error {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

/** The place that a stack begins with. */
function firstPlace({ stack = '' }: Error): string {
  return stack.split('\n').find((line) => line.trimStart().startsWith('at ')) ?? ''
}

test('what holds is silent, and its opposite is an AssertionError', (t) => {
  t.notThrows(() => asked().toPass())
  t.notThrows(() => asked().not.toFail())
  const error = thrownBy(() => asked().not.toPass())
  t.true(error instanceof AssertionError)
  t.like(error, { message: 'It passes.', operator: 'not.toPass', code: 'ERR_ASSERTION' })
})

test('a failure has the message as it is, the values, the name of the matcher, and a stack that begins at the user’s line', (t) => {
  const error = thrownBy(() => asked().toFail())
  t.like(error, { message: 'It fails:\n\n  connect(3, …)', operator: 'toFail' })
  t.regex(firstPlace(error), /adapters\.spec\.ts/u)
  t.like(
    thrownBy(() => asked().toDiffer(2)),
    { message: 'It differs.', actual: 1, expected: 2, operator: 'toDiffer' },
  )
})

test('where a run cannot tell, both what is expected and its opposite throw, from the user’s line on', (t) => {
  for (const call of [() => asked().toRefuse(), () => asked().not.toRefuse()]) {
    const error = thrownBy(call)
    t.true(error instanceof SyscopeError)
    t.like(error, { message: 'Nobody can tell.', code: 'ERR_SYSCOPE_INCOMPLETE' })
    t.regex(firstPlace(error), /adapters\.spec\.ts/u)
  }
})

test('a mistake in a matcher keeps its stack', (t) => {
  t.regex(firstPlace(thrownBy(() => asked().toBreak())), /toBreak/u)
})

test('matchers are told the test that asks while they are asked, and no longer', (t) => {
  const seen: RunnerContext[] = []
  const matcher = (): { pass: boolean; message: string } => {
    seen.push(currentContext({}))
    return { pass: true, message: '' }
  }
  const context: RunnerContext = { testPath: '/tests/a.js', testName: 'a > b', update: 'all' }
  ask({ name: 'toAsk', matcher, run: {}, args: [], method: matcher }, context)
  t.deepEqual(seen, [context])
  t.deepEqual(currentContext({}), { update: 'new' })
})

test('expect() of a run', async (t) => {
  const run = await trace('cat', ['/dev/null'])
  expect(run).toCall('openat', { pathname: '/dev/null' })
  expect(run).not.toCall('openat', { pathname: '/dev/full' })
  const error = thrownBy(() => expect(run).not.toCall('openat', { pathname: '/dev/null' }))
  t.true(error instanceof AssertionError)
  t.regex(error.message, /cat \/dev\/null[^]*openat\(AT_FDCWD, "\/dev\/null"/u)
  t.regex(firstPlace(error), /adapters\.spec\.ts/u)
})

test('a run that was not awaited fails in both polarities and says what to do', async (t) => {
  const run = trace('true')
  // @ts-expect-error A run that goes on is not a run to expect of.
  const expectation = expect(run)
  for (const call of [() => expectation.toCall('read'), () => expectation.not.toCall('read')]) {
    t.like(thrownBy(call), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
    t.regex(thrownBy(call).message, /`await` it/u)
  }
  await run
})

test('snapshots without a runner are kept beside the test file that asks', async (t) => {
  const run = await trace('true')
  // The environment of continuous integration writes nothing, and so this names the file only.
  const error = withCi(() => thrownBy(() => expect(run).toMatchSyscallSnapshot({ name: 'never written' })))
  t.regex(error.message, /__test__\/__snapshots__\/adapters\.spec\.ts\./u)
})

function withCi<T>(call: () => T): T {
  const { CI: before } = process.env
  process.env['CI'] = 'true'
  try {
    return call()
  } finally {
    if (before === undefined) delete process.env['CI']
    else process.env['CI'] = before
  }
}

test('in ava a matcher counts as an assertion of the test', async (t) => {
  const run = await trace('cat', ['/dev/null'])
  const passed = await t.try((tt) => {
    tt.plan(2)
    avaExpect(tt, run).toCall('openat')
    avaExpect(tt, run).not.toCall('connect')
  })
  passed.discard()
  t.true(passed.passed)
  const failed = await t.try((tt) => avaExpect(tt, run).toCall('connect'))
  failed.discard()
  t.false(failed.passed)
  t.regex(failed.errors[0]?.message ?? '', /to call connect/u)
})

interface FakeExpect extends SnapshotExpect {
  readonly state: { assertionCalls: number; readonly suppressedErrors: unknown[]; currentTestName: string }
  readonly texts: (readonly [text: string, hint: string | undefined])[]
}

/** An `expect` as jest and vitest have it; `fail` is what their comparison does. */
function fakeExpect(fail: (state: FakeExpect['state']) => void): FakeExpect {
  const state = { assertionCalls: 0, suppressedErrors: [], currentTestName: 'a b', testPath: '/tests/a.js' }
  const texts: [string, string | undefined][] = []
  const fake = (text: string): ReturnType<SnapshotExpect> => ({
    toMatchSnapshot: (hint) => {
      state.assertionCalls += 1
      texts.push([text, hint])
      fail(state)
    },
  })
  const getState = (): typeof state & { snapshotState: { _updateSnapshot: 'none' } } =>
    Object.assign(state, { snapshotState: { _updateSnapshot: 'none' as const } })
  return Object.assign(fake, { state, texts, getState, setState: (more: object) => void Object.assign(state, more) })
}

/** A matcher that asks for the runner's own comparison. */
const snapshots = {
  toMatch: (_run: unknown, hint?: string) => {
    const { matchText } = currentContext({})
    return matchText?.('the text', hint) ?? { pass: false, message: 'no runner' }
  },
} satisfies MatcherRecord

test('the runner’s own snapshots are asked, and assertions are counted once', (t) => {
  const runner = fakeExpect(() => {})
  const { toMatch } = extension(snapshots, { expectOf: () => runner })
  t.true(toMatch?.call({}, {}).pass)
  t.true(toMatch?.call({}, {}, 'second').pass)
  t.deepEqual(runner.texts, [
    ['the text', undefined],
    ['the text', 'second'],
  ])
  t.is(runner.state.assertionCalls, 0, 'only what the user has written counts')
})

test('what the runner’s comparison throws is the verdict', (t) => {
  const runner = fakeExpect(() => {
    throw Object.assign(new Error('mismatched'), { actual: 'a', expected: 'b' })
  })
  const { toMatch } = extension(snapshots, { expectOf: () => runner })
  const verdict = toMatch?.call({}, {})
  t.like(verdict, { pass: false, actual: 'a', expected: 'b' })
  t.is(verdict?.message(), 'mismatched')
})

test('what the runner keeps for the end of the test is the verdict, and is told once', (t) => {
  const runner = fakeExpect(({ suppressedErrors }) => suppressedErrors.push(new Error('mismatched')))
  const { toMatch } = extension(snapshots, { expectOf: () => runner })
  const verdict = toMatch?.call({}, {})
  t.false(verdict?.pass)
  t.is(verdict?.message(), 'mismatched')
  t.deepEqual(runner.state.suppressedErrors, [])
})

test('a difference that the runner does not show is part of the message, but not of an opposite', (t) => {
  const difference = (): string => '\n\n- 2\n+ 1'
  const { toDiffer } = extension(record, { expectOf: () => fakeExpect(() => {}), difference })
  t.is(toDiffer?.call({ isNot: false }, {}, 2).message(), 'It differs.\n\n- 2\n+ 1')
  t.like(toDiffer?.call({ isNot: false }, {}, 2), { actual: 1, expected: 2 })
  const opposite = toDiffer?.call({ isNot: true }, {}, 2)
  t.is(opposite?.message(), 'It differs.')
  t.false(opposite !== undefined && 'actual' in opposite)
})

test('matchers of expect.extend() know the test, and what the runner was told of snapshots', (t) => {
  const seen: RunnerContext[] = []
  const watcher = {
    toLook: (_run: unknown) => {
      seen.push(currentContext({}))
      return { pass: true, message: '' }
    },
  } satisfies MatcherRecord
  extension(watcher, { expectOf: () => fakeExpect(() => {}) })['toLook']?.call({}, {})
  t.like(seen[0], { testPath: '/tests/a.js', testName: 'a b', update: 'none' })
  const stateless = Object.assign(
    fakeExpect(() => {}),
    { getState: () => ({ assertionCalls: 0 }) },
  )
  extension(watcher, { expectOf: () => stateless })['toLook']?.call({}, {})
  t.is(seen[1]?.update, updateOf())
})
