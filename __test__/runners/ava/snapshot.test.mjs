import test from 'ava'
import { trace } from 'syscope'
import { expect } from 'syscope/ava'

test('is as before', async (t) => {
  t.plan(1)
  const run = await trace('cat', [process.env.CHANGED === undefined ? '/dev/null' : '/etc/hostname'])
  expect(t, run).toMatchSyscallSnapshot()
})
