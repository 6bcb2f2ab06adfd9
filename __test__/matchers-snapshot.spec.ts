/** `toMatchSyscallSnapshot()`, and the files that snapshots are kept in. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { trace } from '../index.ts'
import { loadTrace, saveTrace } from '../src/archive/traces.ts'
import { withContext, type RunnerContext } from '../src/kit/matchers/context.ts'
import { matchers } from '../src/kit/matchers/index.ts'
import type { Verdict } from '../src/kit/matchers/verdict.ts'
import { partOf } from '../src/kit/part.ts'
import { snapshotOf } from '../src/kit/snapshot.ts'
import { fixture } from './around-places.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-matchers-snapshot-'))
test.after.always(() => rmSync(root, { recursive: true }))

// What the machine says of itself is none of these tests' business.
delete process.env['CI']
delete process.env['SYSCOPE_UPDATE']

const toMatch: (run: unknown, options?: object) => Verdict = matchers.toMatchSyscallSnapshot

const filter = ['%file', '%network'] as const
const options = { calls: 'chdir', cwd: root }
const shell = (script: string) => trace('sh', ['-c', script], { filter, cwd: root, env: { LC_ALL: 'C' } })
const first = shell('cd /; cd /usr; cd /; cd /etc')
const second = shell('cd /; cd /usr; cd /; cd /etc; cd /; exit 1')

let directories = 0
/** A test file of its own. */
function context(about: Partial<RunnerContext> = {}): RunnerContext & { readonly file: string } {
  const directory = join(root, `test-${directories++}`)
  mkdirSync(directory)
  const file = join(directory, '__snapshots__', 'save.spec.ts.syscalls.txt')
  return { testPath: join(directory, 'save.spec.ts'), testName: 'saves', update: 'new', ...about, file }
}

// --- A file of our own

const head = '# System calls of tests. Written by syscope; SYSCOPE_UPDATE=1 writes it anew.\n'

test.serial('a snapshot is written, kept and differs', async (t) => {
  const [one, other] = await Promise.all([first, second])
  const here = context()
  const says = (run: unknown, about: Partial<RunnerContext> = {}): Verdict =>
    withContext({ ...here, ...about }, () => toMatch(run, { ...options, replace: [[/sh -c .*/, 'the shell']] }))
  const written = says(one)
  t.true(written.pass)
  t.regex(written.message, /but they were written only now: 'saves' in .*save\.spec\.ts\.syscalls\.txt\.$/)
  const text = readFileSync(here.file, 'utf8')
  t.is(
    text,
    `${head}
=== saves ===

[the shell]
chdir("/")
chdir("/usr")
chdir("/")
chdir("/etc")
exited with 0
`,
  )
  for (const update of ['new', 'none'] as const) {
    t.true(says(one, { update }).pass, update)
    const { pass, message, ...rest } = says(other, { update })
    t.false(pass)
    t.is(
      message.replaceAll(root, 'ROOT'),
      `Expected the system calls of \`sh -c 'cd /; cd /usr; cd /; cd /etc; cd /; exit 1'\` to be those of 'saves' in ${here.file.replace(root, 'ROOT')}, but they differ:

- expected
+ actual

  [the shell]
  …
  chdir("/usr")
  chdir("/")
  chdir("/etc")
- exited with 0
+ chdir("/")
+ exited with 1

If they are to be so: SYSCOPE_UPDATE=1, or your runner's own option to update snapshots, writes new ones.`,
    )
    t.deepEqual(rest, {}, 'the runner has no difference to show beside that')
  }
  t.is(readFileSync(here.file, 'utf8'), text)
  t.true(says(other, { update: 'all' }).pass)
  t.true(says(other).pass)
  const same = says(other)
  t.regex(same.message, /to be others than those of 'saves' in .*, but they are the same\.$/)
})

test.serial('where updates are off a missing snapshot fails, and says how to make one', async (t) => {
  const one = await first
  const here = context({ update: 'none' })
  const { pass, message } = withContext(here, () => toMatch(one, options))
  t.false(pass)
  t.is(
    message,
    `Expected the system calls of \`sh -c 'cd /; cd /usr; cd /; cd /etc'\` to be those of 'saves', but ${here.file} has none of that name, and they are not written here: CI is set, or the runner was told not to.

Run the test elsewhere, or with SYSCOPE_UPDATE=1, and keep the file with the tests.`,
  )
  t.false(existsSync(here.file))
})

test.serial('SYSCOPE_UPDATE=1 writes it anew, and CI writes nothing', async (t) => {
  const [one, other] = await Promise.all([first, second])
  const here = context()
  const says = (run: unknown, update: RunnerContext['update'] = 'new'): boolean =>
    withContext({ ...here, update }, () => toMatch(run, options)).pass
  try {
    process.env['CI'] = 'true'
    t.false(says(one))
    process.env['SYSCOPE_UPDATE'] = '1'
    t.true(says(one))
    t.true(says(other, 'none'))
  } finally {
    delete process.env['CI']
    delete process.env['SYSCOPE_UPDATE']
  }
  t.false(says(one))
  t.true(says(other))
})

test.serial('entries by test and name, in order, whatever is in them', async (t) => {
  const one = await first
  const here = context()
  const names = ['z', 'a', 'line\nend', 'back\\slash \\n', '=== x ===', '']
  const says = (testName: string, options: object): boolean =>
    withContext({ ...here, testName, update: 'new' }, () => toMatch(one, { ...options, calls: 'chdir' })).pass
  for (const testName of names) says(testName, { name: `${testName} first`, replace: [['/etc', testName]] })
  says('empty', { processes: () => false })
  // Lines that look like those between two.
  says('odd', { replace: [[/^chdir.*$/, '=== odd ===']] })
  says('odder', { replace: [[/^chdir.*$/, String.raw`\\=== odd ===`]] })
  const text = readFileSync(here.file, 'utf8')
  t.is(text.match(/^=== .* ===$/gm)?.length, names.length + 3)
  t.deepEqual(text.match(/^=== [az].* ===$/gm), ['=== a: a first ===', '=== z: z first ==='])
  writeFileSync(here.file, text.replaceAll('\n', '\r\n'))
  const still = (testName: string, options: object): boolean =>
    withContext({ ...here, testName, update: 'none' }, () => toMatch(one, { ...options, calls: 'chdir' })).pass
  for (const testName of names) {
    t.true(still(testName, { name: `${testName} first`, replace: [['/etc', testName]] }), testName)
  }
  t.true(still('empty', { processes: () => false }))
  t.true(still('odd', { replace: [[/^chdir.*$/, '=== odd ===']] }))
  t.true(still('odder', { replace: [[/^chdir.*$/, String.raw`\\=== odd ===`]] }))
  t.false(still('odd', { replace: [[/^chdir.*$/, String.raw`\=== odd ===`]] }))
})

test.serial('files that are named', async (t) => {
  const one = await first
  const here = context()
  const says = (more: object, about: Partial<RunnerContext> = {}): Verdict =>
    withContext({ ...here, ...about }, () => toMatch(one, { ...options, ...more }))
  says({ file: 'calls.snap' })
  t.true(existsSync(join(here.file, '../../calls.snap')))
  t.throws(() => says({}, { testPath: undefined }), {
    code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
    message: /give it a `file`/,
  })
  t.throws(() => says({}, { testName: undefined }), {
    code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
    message: /give it a `name`/,
  })
  for (const wrong of [{ name: 7 }, { file: '' }, { cals: 'chdir' }]) {
    t.throws(() => says(wrong), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' }, JSON.stringify(wrong))
  }
})

// --- The runner's own

test.serial('a runner that keeps snapshots keeps this one, too', async (t) => {
  const one = await first
  const seen: (string | undefined)[][] = []
  const here = context({
    matchText: (text, hint) => {
      seen.push([text, hint])
      return { pass: hint === undefined, message: 'said by the runner' }
    },
  })
  const says = (more: object = {}): Verdict => withContext(here, () => toMatch(one, { ...options, ...more }))
  t.deepEqual(says(), { pass: true, message: 'said by the runner' })
  t.deepEqual(says({ name: 'part' }), { pass: false, message: 'said by the runner' })
  const text = snapshotOf(one, options)
  t.deepEqual(seen, [
    [text, undefined],
    [text, 'part'],
  ])
  t.false(existsSync(here.file))
  t.true(says({ file: 'here.snap' }).pass)
  t.is(seen.length, 2)
})

// --- What cannot be told, and ways around

test.serial('no snapshot of a run that left calls out, or did not see all', async (t) => {
  const here = context()
  const left = await trace('true', [], { filter: ['openat'] })
  t.throws(() => withContext(here, () => toMatch(left)), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  const { pid, events } = await first
  const partial = { pid, events, complete: false, incomplete: ['io_uring'], syscalls: () => [] }
  t.throws(() => withContext(here, () => toMatch(partial)), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /io_uring/ })
  t.throws(() => withContext(here, () => toMatch(Promise.resolve())), {
    code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
    message: /await/,
  })
  t.false(existsSync(here.file))
})

test.serial(
  'what threads, children and int 0x80 do is in it, and another call that does the same is another line',
  async (t) => {
    mkdirSync(join(root, 'around'))
    writeFileSync(join(root, 'around', 'secret'), 'x')
    const here = context()
    const tell = async (...way: readonly string[]): Promise<Verdict> => {
      const run = await trace(fixture, ['around', ...way, join(root, 'around'), 'secret'], { filter, cwd: root })
      // The command line tells the ways apart by itself.
      const replace = [[/^\S*syscope-fixtures around .*$/, 'a way']] as const
      return withContext(here, () => toMatch(run, { calls: ['open', 'openat', 'openat2'], cwd: root, replace }))
    }
    t.true((await tell('dirfd-openat2')).pass)
    t.true((await tell('dirfd-openat2')).pass)
    for (const way of [['dirfd'], ['thread', 'dirfd'], ['child', 'dirfd'], ['dirfd-i386']]) {
      const { pass, message } = await tell(...way)
      t.false(pass, way.join(' '))
      t.regex(message, /^\+ openat\(.*"secret", O_RDONLY\)/m, way.join(' '))
      t.regex(message, /^- openat2\(.*"secret"/m, way.join(' '))
    }
  },
)

test.serial('of a part of a run, what happened in it, by the names that came before', async (t) => {
  const run = await trace(
    'sh',
    ['-c', 'exec 7> out.txt; test -e /@mark/a; cd /usr; echo x >&7; (cd /etc); test -e /@mark/b; cd /'],
    { cwd: root },
  )
  const part = partOf(run, 'a', 'b')
  const told = snapshotOf(part, { calls: 'chdir,write', cwd: root })
  t.deepEqual(
    told.split('\n').filter((line) => /^(chdir|write)/.test(line)),
    ['chdir("/usr")', 'write(<out.txt>, "x\\n", 2) = 2', 'chdir("/etc")'],
  )
  const between = ['a', 'b'] as const
  t.is(snapshotOf(run, { calls: 'chdir,write', cwd: root, between }), told)
})

test.serial('a trace that was saved is told as the run itself, process by process', async (t) => {
  const run = await trace('sh', ['-c', '(cd /usr; cd /etc); (cd /etc; cd /usr); cd /'], { cwd: root })
  const path = join(root, 'run.trace')
  await saveTrace(run, path)
  const loaded = await loadTrace(path)
  t.is(snapshotOf(loaded, { cwd: root }), snapshotOf(run, { cwd: root }))
  const to = (...paths: readonly string[]) => paths.map((it) => ['chdir', { path: it }] as const)
  for (const it of [run, loaded]) {
    t.true(matchers.toCallInOrder(it, to('/etc', '/usr'), { process: 'same' }).pass)
    t.false(matchers.toCallInOrder(it, to('/usr', '/usr'), { process: 'same' }).pass)
    t.true(matchers.toCallInOrder(it, to('/usr', '/usr', '/')).pass)
    t.true(matchers.toStayWithin(it, { chdir: 5 }).pass)
    t.false(matchers.toStayWithin(it, { chdir: 4 }).pass)
  }
})

// --- Several at the same time

const writer = `
  import { withContext } from '${join(import.meta.dirname, '../src/kit/matchers/context.ts')}'
  import { matchers } from '${join(import.meta.dirname, '../src/kit/matchers/index.ts')}'
  const [testPath, worker, count] = process.argv.slice(2)
  const events = [{ type: 'exit', pid: 1, tid: 1, code: 0, timeNs: 0n }]
  const run = { pid: 1, complete: true, incomplete: [], events, syscalls: () => [] }
  process.once('message', () => {
    for (let at = 0; at < Number(count); at++) {
      const context = { testPath, testName: 'worker ' + worker + ', test ' + at, update: at % 2 === 0 ? 'new' : 'all' }
      withContext(context, () => matchers.toMatchSyscallSnapshot(run))
    }
    process.disconnect()
  })
  process.send('ready')`

test.serial('eight processes that write one file lose nothing of each other', async (t) => {
  const here = context()
  const program = join(root, 'writer.mjs')
  writeFileSync(program, writer)
  const register = join(import.meta.dirname, '../node_modules/@oxc-node/core/register.mjs')
  const [workers, count] = [8, 10]
  const all = Array.from({ length: workers }, (_, worker) =>
    fork(program, [String(here.testPath), String(worker), String(count)], { execArgv: [`--import=${register}`] }),
  )
  await Promise.all(all.map((child) => once(child, 'message')))
  const ends = all.map((child) => once(child, 'exit'))
  for (const child of all) child.send('go')
  t.deepEqual(
    await Promise.all(ends),
    Array.from({ length: workers }, () => [0, null]),
  )
  const titles = readFileSync(here.file, 'utf8').match(/^=== .* ===$/gm) ?? []
  t.is(titles.length, workers * count)
  t.deepEqual(readdirSync(join(here.file, '..')), ['save.spec.ts.syscalls.txt'])
})
