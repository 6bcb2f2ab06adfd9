import test from 'node:test'
import { trace } from 'syscope'
import { expect } from 'syscope/node-test'

test('goes online', async () => {
  const run = await trace('node', ['online.cjs'])
  expect(run).not.toCall('connect')
})

test('is not awaited', async () => {
  const run = trace('true')
  try {
    expect(run).toCall('execve')
  } finally {
    await run
  }
})

test('was not recorded', async () => {
  expect(await trace('true', [], { filter: ['openat'] })).toCall('connect')
})

test('was not recorded, and nor was the opposite', async () => {
  expect(await trace('true', [], { filter: ['openat'] })).not.toCall('connect')
})

// Where Node has no such assertion it fails as well, and says so.
test('goes online, asked by the test', async (t) => {
  t.assert.toCall(await trace('true'), 'connect')
})
