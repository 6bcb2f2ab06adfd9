import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { trace } from 'syscope'
import { expect } from 'syscope/node-test'

const folder = mkdtempSync(join(tmpdir(), 'greet-'))
const greet = (options) => trace('node', [join(import.meta.dirname, 'greet.mjs'), join(folder, 'greeting')], options)

test('makes no use of the network', async () => {
  expect(await greet({ observe: 'network' })).toHaveNoNetwork()
})

test('writes the greeting and nothing else', async () => {
  const run = await greet({ observe: 'files' })
  expect(run).toWrite(join(folder, 'greeting'))
  expect(run).toWriteOnlyUnder(folder)
})

// Node 22 and later: matchers are assertions of the test as well.
test('leaves no processes', { skip: process.version.startsWith('v20.') }, async (t) => {
  t.plan(1)
  t.assert.toLeaveNoProcesses(await greet({ observe: 'processes' }))
})
