const test = require('ava')
const { trace } = require('syscope')
const { expect } = require('syscope/ava')

test('a CommonJS module expects', async (t) => {
  t.plan(1)
  expect(t, await trace('cat', ['/dev/null'])).toCall('openat', { pathname: '/dev/null' })
})
