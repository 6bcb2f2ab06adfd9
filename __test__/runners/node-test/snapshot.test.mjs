import test from 'node:test'
import { trace } from 'syscope'
import { expect } from 'syscope/node-test'

test('is as before', async (t) => {
  const run = await trace('cat', [process.env.CHANGED === undefined ? '/dev/null' : '/etc/hostname'])
  if (t.assert.toMatchSyscallSnapshot === undefined) expect(run).toMatchSyscallSnapshot({ name: 'is as before' })
  else t.assert.toMatchSyscallSnapshot(run)
})
