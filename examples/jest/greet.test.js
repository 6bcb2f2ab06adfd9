const { mkdtempSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { trace } = require('syscope')
require('syscope/jest')

const folder = mkdtempSync(join(tmpdir(), 'greet-'))
const greet = (options) => trace('node', [join(__dirname, 'greet.mjs'), join(folder, 'greeting')], options)

test('makes no use of the network', async () => {
  expect(await greet({ observe: 'network' })).toHaveNoNetwork()
})

test('writes the greeting and nothing else', async () => {
  const run = await greet({ observe: 'files' })
  expect(run).toWrite(join(folder, 'greeting'))
  expect(run).toWriteOnlyUnder(folder)
})

test('leaves no processes', async () => {
  await expect(greet({ observe: 'processes' })).resolves.toLeaveNoProcesses()
})
