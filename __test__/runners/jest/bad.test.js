const { trace } = require('syscope')
require('syscope/jest')

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
