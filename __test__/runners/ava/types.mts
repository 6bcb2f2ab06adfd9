import test from 'ava'
import { trace } from 'syscope'
import { expect } from 'syscope/ava'

test('types', async (t) => {
  const run = await trace('true')
  expect(t, run).toCall('openat', { pathname: '/dev/null' })
  expect(t, run).not.toBeComplete()
  // @ts-expect-error A misspelt matcher.
  expect(t, run).toCal('openat')
  // @ts-expect-error A misspelt argument.
  expect(t, run).toCall('openat', { pathnam: '/dev/null' })
  // @ts-expect-error No test.
  expect(run).toBeComplete()
})
