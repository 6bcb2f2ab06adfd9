const assert = require('node:assert')
const test = require('node:test')
const { trace } = require('syscope')
const { expect } = require('syscope/node-test')

test('a CommonJS module expects', async () => {
  const run = await trace('cat', ['/dev/null'])
  expect(run).toCall('openat', { pathname: '/dev/null' })
  assert.throws(() => expect(run).not.toCall('openat'), assert.AssertionError)
})
