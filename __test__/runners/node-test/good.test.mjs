import assert from 'node:assert'
import test, { describe } from 'node:test'
import { SyscopeError, trace } from 'syscope'
import { expect } from 'syscope/node-test'

describe('a run', () => {
  test('is expected of', async () => {
    const run = await trace('cat', ['/dev/null'])
    expect(run).toCall('openat', { pathname: '/dev/null' })
    expect(run).not.toCall('connect')
    assert.throws(() => expect(run).toCall('connect'), { name: 'AssertionError', operator: 'toCall' })
  })

  // Node 20 lets nobody register assertions.
  test('has assertions of the test', { skip: process.version.startsWith('v20.') }, async (t) => {
    t.plan(2)
    const run = await trace('cat', ['/dev/null'])
    t.assert.toCall(run, 'openat', { pathname: '/dev/null' })
    t.assert.toBeComplete(run)
  })

  test('what a matcher throws is an instance of the class that the test imports', async () => {
    const run = await trace('true', [], { filter: ['openat'] })
    assert.throws(() => expect(run).toCall('connect'), SyscopeError)
  })
})
