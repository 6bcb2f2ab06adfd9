import assert from 'node:assert/strict'
import test from 'node:test'
import { trace } from 'syscope'
import { expect } from 'syscope/expect'

test('the suite leaves no process behind, and tells its token to nobody', async () => {
  const run = await trace('node', ['suite.mjs'], {
    cwd: import.meta.dirname,
    env: { TOKEN: 'secret' },
    observe: 'processes',
  })
  const [command, ...others] = run.processes.all
  assert.equal(command.env.TOKEN, 'secret')
  assert(others.every(({ env }) => env.TOKEN === undefined))
  expect(run).toLeaveNoProcesses()
})
