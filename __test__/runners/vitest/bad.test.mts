import { trace } from 'syscope'
import { expect, test } from 'vitest'
import 'syscope/vitest'

test('goes online', async () => {
  const run = await trace('node', ['online.cjs'])
  expect(run).not.toCall('connect')
})

test('says more softly', async () => {
  const run = await trace('node', ['online.cjs'])
  expect.soft(run).not.toCall('connect')
  expect.soft(run).toCall('reboot')
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
