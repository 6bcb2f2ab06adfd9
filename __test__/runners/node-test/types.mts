import test from 'node:test'
import { trace } from 'syscope'
import { expect } from 'syscope/node-test'

test('types', async (t) => {
  const run = await trace('true')
  expect(run).toCall('openat', { pathname: '/dev/null' })
  expect(run).not.toBeComplete()
  t.assert.toBeComplete(run)
  t.assert.toCall(run, 'openat', { pathname: '/dev/null' }, { times: 2 })
  t.assert.toCall(run, { syscall: 'openat' })
  // @ts-expect-error A misspelt matcher.
  expect(run).toCal('openat')
  // @ts-expect-error A misspelt argument.
  expect(run).toCall('openat', { pathnam: '/dev/null' })
  // @ts-expect-error A misspelt assertion.
  t.assert.toCal(run, 'openat')
  // @ts-expect-error A misspelt system call.
  t.assert.toCall(run, 'opennat')
  // @ts-expect-error No run.
  t.assert.toBeComplete()
  // @ts-expect-error A run that goes on.
  expect(trace('true')).toBeComplete()
})
