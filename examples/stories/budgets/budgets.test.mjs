import test from 'node:test'
import { trace } from 'syscope'
import { expect } from 'syscope/expect'

test('the start of the program opens no more files than it did', async () => {
  const run = await trace('node', ['app.mjs'], { cwd: import.meta.dirname, filter: ['%file', '%network'] })
  expect(run.between('begin', 'end')).toStayWithin({ openat: 1, '%file': 2, '%network': 0 })
})

test('what it does with files and sockets is what it did', async () => {
  const run = await trace('node', ['app.mjs'], { cwd: import.meta.dirname, filter: ['%file', '%network'] })
  expect(run).toMatchSyscallSnapshot({ between: ['begin', 'end'], file: 'app.snap', name: 'app' })
})
