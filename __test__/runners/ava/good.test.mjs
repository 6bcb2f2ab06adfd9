import test from 'ava'
import { trace } from 'syscope'
import { expect } from 'syscope/ava'

test('a run is expected of', async (t) => {
  t.plan(2)
  const run = await trace('cat', ['/dev/null'])
  expect(t, run).toCall('openat', { pathname: '/dev/null' })
  expect(t, run).not.toCall('connect')
})
