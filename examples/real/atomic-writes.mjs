// Packages that replace a file as a whole: what do they bring to the disk, and what is left when the disk fills up meanwhile?
//
// What they promise, in their README: write-file-atomic "Atomically and asynchronously writes data to a file"; atomically: "it's
// impossible to get a corrupt/partially-written file"; fast-write-atomic: "Fast way to write a file atomically"; steno: "Safe: No
// partial writes (writes are atomic)". Nobody promises that the directory is synced, and steno says nothing of a loss of power.
// fs-extra's outputFile() promises nothing of the kind, and is here to compare with.
//
// That a full disk leaves a truncated file has cost people data (fabiospampinato/atomically#18, coder/xum#4282). It took a C library of
// one's own to try it (LD_PRELOAD); here it is two rules.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { trace } from 'syscope'
import { install } from './lib/install.mjs'

const old = { 'write-file-atomic-1.1': '1.1.4', 'write-file-atomic-2.4': '2.4.3' }
const cwd = install('atomic-writes', {
  ...Object.fromEntries(Object.entries(old).map(([name, version]) => [name, `npm:write-file-atomic@${version}`])),
  'write-file-atomic': '7.0.1',
  atomically: '2.1.1',
  'fast-write-atomic': '0.4.0',
  steno: '4.0.2',
  'fs-extra': '11.4.1',
})

/** What each did when it was tried, with these versions. */
const packages = {
  'write-file-atomic-1.1': { atomic: true, synced: 'none', whenFull: 'the old content' },
  'write-file-atomic-2.4': { atomic: true, synced: 'file', whenFull: 'a part of the new one, and says nothing' },
  'write-file-atomic': { atomic: true, synced: 'file', whenFull: 'a part of the new one, and says nothing' },
  atomically: { atomic: true, synced: 'file', whenFull: 'a part of the new one, and says nothing' },
  'fast-write-atomic': { atomic: true, synced: 'file', whenFull: 'the old content' },
  steno: { atomic: true, synced: 'none', whenFull: 'the old content' },
  'fs-extra': { atomic: false, synced: 'none', whenFull: 'a part of the new one' },
}

const save = fileURLToPath(new URL('lib/save.cjs', import.meta.url))
const before = 'what was there before'
const size = '10000'

for (const [name, { atomic, synced, whenFull }] of cwd === undefined ? [] : Object.entries(packages)) {
  test(`${name} replaces ${atomic ? 'as a whole' : 'in place'}, syncs: ${synced}`, async (t) => {
    const file = stateIn(t)
    const run = await trace('node', [save, name, file, size], { cwd, observe: 'files', reject: true })
    const found = run.durability.replacementOf(file)
    for (const call of new Set(found.steps.map((step) => String(step.call)))) t.diagnostic(call)
    for (const problem of found.problems) t.diagnostic(problem)
    assert.deepEqual([found.atomic, found.synced], [atomic, synced])
  })

  // A write that fills the disk is short: it tells how much it wrote, and the next one fails.
  test(`${name} leaves ${whenFull}, when the disk fills up while it writes`, async (t) => {
    const file = stateIn(t)
    const write = { syscall: 'write,pwrite64', path: `${dirname(file)}/` }
    const run = await trace('node', [save, name, file, size], {
      cwd,
      filter: 'none',
      inject: [
        { ...write, nth: 1, args: { count: { atMost: 4096 } } },
        { ...write, error: 'ENOSPC' },
      ],
    })
    assert(run.rules.slice(0, 2).every(({ acted }) => acted > 0))
    assert.equal(leftOf(file, run.exitCode), whenFull)
  })
}

function stateIn(t) {
  const folder = mkdtempSync(join(tmpdir(), 'example-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'state.json')
  writeFileSync(file, before)
  return file
}

function leftOf(file, exitCode) {
  const content = readFileSync(file, 'utf8')
  if (content === before) return 'the old content'
  if (content.length === Number(size)) return 'the new content'
  return `a part of the new one${exitCode === 0 ? ', and says nothing' : ''}`
}
