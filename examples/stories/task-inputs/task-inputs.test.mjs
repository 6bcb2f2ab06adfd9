import test from 'node:test'
import { systemFolders, trace } from 'syscope'
import { expect } from 'syscope/expect'

const task = { inputs: ['src', 'task.mjs'], outputs: ['out'] }

test('the task reads what it declares, and writes what it declares', async () => {
  const run = await trace('node', ['task.mjs'], { cwd: import.meta.dirname, observe: 'files' })
  expect(run).toWriteOnlyUnder(task.outputs)
  expect(run).toReadOnlyUnder([...task.inputs, ...task.outputs], { except: [...systemFolders, process.execPath] })
})
