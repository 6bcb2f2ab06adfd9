import test from 'node:test'
import { trace } from 'syscope'
import { expect } from 'syscope/expect'

const except = ['loopback', 'unix', 'netlink']

test('the suite makes no use of the network, nor does what it starts', async () => {
  const run = await trace('node', ['suite.mjs'], {
    cwd: import.meta.dirname,
    observe: ['network', 'processes'],
    deny: { network: { except } },
  })
  expect(run).toHaveNoNetwork({ except })
})
