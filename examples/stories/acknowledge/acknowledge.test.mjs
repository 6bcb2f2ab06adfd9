import test from 'node:test'
import { trace } from 'syscope'
import { expect } from 'syscope/expect'

test('an order is acknowledged once it is on the disk', async () => {
  const run = await trace('sh', ['orders.sh'], { cwd: import.meta.dirname, input: 'apples\n', observe: 'files' })
  expect(run).toCallInOrder([
    { syscall: 'write', path: 'orders.log' },
    { syscall: 'fdatasync', path: 'orders.log' },
    ['write', { fd: 1, buf: 'ok apples\n' }],
  ])
})
