/** The table against the `syscalls` crate, both ways. */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { allRowsOf } from '../src/table/index.ts'

const root = join(import.meta.dirname, '..')

/** Rows that are newer than the crate: with their kernel version in the table, and here because it is known. */
const beyondTheCrate = ['file_setattr', 'listns', 'rseq_slice_yield']

test('every call of the crate is a row, with its number, and no other row is unexplained', async (t) => {
  const { stdout } = await promisify(execFile)(join(root, 'target/checkout/examples/sysnos'))
  const ofTheCrate = new Map(
    stdout
      .trim()
      .split('\n')
      .map((line) => [line.split(' ')[1], Number(line.split(' ')[0])]),
  )
  t.true(ofTheCrate.size > 350)
  const ofTheTable = new Map<string, number>(allRowsOf('x86_64').map((row) => [row.name, row.number]))
  for (const [name, number] of ofTheCrate) t.is(ofTheTable.get(name ?? ''), number, name)
  const others = [...ofTheTable.keys()].filter((name) => !ofTheCrate.has(name))
  t.deepEqual(others.toSorted(), beyondTheCrate)
})
