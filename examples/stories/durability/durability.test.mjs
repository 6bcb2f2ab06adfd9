import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { trace } from 'syscope'
import { expect } from 'syscope/expect'

test('whoever cuts the power finds the old state or the new one', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'state-'))
  writeFileSync(join(cwd, 'state.json'), '{"version":1}')
  const run = await trace('node', [join(import.meta.dirname, 'save.mjs')], { cwd, observe: 'files' })
  expect(run).toReplaceAtomically('state.json')
})
