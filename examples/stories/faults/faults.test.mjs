import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { trace } from 'syscope'

test('a disk that fills up costs the new state, not the old one', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'state-'))
  writeFileSync(join(cwd, 'state.json'), '{"version":1}')
  const write = { syscall: 'write,pwrite64', path: './state.json*' }
  const run = await trace('node', [join(import.meta.dirname, 'save.mjs')], {
    cwd,
    filter: 'none',
    inject: [
      { ...write, nth: 1, args: { count: { atMost: 4096 } } }, // this much there is still room for
      { ...write, error: 'ENOSPC' },
    ],
  })
  assert(
    run.rules.slice(0, 2).every(({ acted }) => acted > 0),
    'the disk did not fill up',
  )
  const left = readFileSync(join(cwd, 'state.json'), 'utf8')
  assert(left === '{"version":1}', `exit status ${run.exitCode}, and ${left.length} bytes: ${left.slice(0, 40)}…`)
  assert.equal(run.exitCode, 1)
})
