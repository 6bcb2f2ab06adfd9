import test from 'ava'
import { trace } from 'syscope'
import { expect } from 'syscope/ava'

test('goes online', async (t) => {
  const run = await trace('node', ['online.cjs'])
  expect(t, run).not.toCall('connect')
})

test('is not awaited', async (t) => {
  const run = trace('true')
  try {
    expect(t, run).toCall('execve')
  } finally {
    await run
  }
})

test('was not recorded', async (t) => {
  expect(t, await trace('true', [], { filter: ['openat'] })).toCall('connect')
})

test('was not recorded, and nor was the opposite', async (t) => {
  expect(t, await trace('true', [], { filter: ['openat'] })).not.toCall('connect')
})
