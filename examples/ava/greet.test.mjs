import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { trace } from 'syscope'
import { expect } from 'syscope/ava'

const folder = mkdtempSync(join(tmpdir(), 'greet-'))
const greet = (options) => trace('node', [join(import.meta.dirname, 'greet.mjs'), join(folder, 'greeting')], options)

test('makes no use of the network', async (t) => {
  expect(t, await greet({ observe: 'network' })).toHaveNoNetwork()
})

test('writes the greeting and nothing else', async (t) => {
  const run = await greet({ observe: 'files' })
  expect(t, run).toWrite(join(folder, 'greeting'))
  expect(t, run).toWriteOnlyUnder(folder)
})

test('leaves no processes', async (t) => {
  expect(t, await greet({ observe: 'processes' })).toLeaveNoProcesses()
})
