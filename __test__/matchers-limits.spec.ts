/** `toStayWithin()`, `toStayWithinBudget()`, and the files that budgets are kept in. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  lutimesSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { trace, type TraceResult } from '../index.ts'
import { currentContext, updateOf, withContext, type RunnerContext } from '../src/kit/matchers/context.ts'
import { matchers } from '../src/kit/matchers/index.ts'
import { changeText } from '../src/kit/matchers/store.ts'
import type { Verdict } from '../src/kit/matchers/verdict.ts'
import { partOf } from '../src/kit/part.ts'
import { fixture } from './around-places.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-limits-'))
test.after.always(() => rmSync(root, { recursive: true }))

// What the machine says of itself is none of these tests' business.
delete process.env['CI']
delete process.env['SYSCOPE_UPDATE']

const toStayWithin: (run: unknown, limits: unknown) => Verdict = matchers.toStayWithin
const toStayWithinBudget: (run: unknown, options?: object) => Verdict = matchers.toStayWithinBudget

function steady(message: string): string {
  return message
    .replaceAll(/\(\d+\)$/gm, '(PID)')
    .replaceAll(/process \d+/g, 'process PID')
    .replaceAll(root, 'ROOT')
}

const filter = ['chdir', 'umask', 'getppid', 'fork', 'vfork', 'clone', 'clone3', 'execve'] as const
const script = 'cd /; (cd /usr; cd /etc; cd /nowhere 2> /dev/null; exit 0)'
const run = trace('sh', ['-c', script], { filter })
const counted = trace('sh', ['-c', script], { filter, counting: true })

/** The same run, as if something had not been seen. */
function incompletely({ pid, command, events }: TraceResult): object {
  return { pid, command, events, complete: false, incomplete: ['io_uring'], syscalls: () => [] }
}

// --- toStayWithin

test('names, classes and other words, of all processes', async (t) => {
  for (const it of [await run, await counted]) {
    const says = (limits: object): boolean => toStayWithin(it, limits).pass
    t.true(says({ chdir: 4, umask: 0 }))
    t.true(says({ chdir: 4 }))
    t.false(says({ chdir: 3 }))
    t.false(says({ chdir: 4, execve: 0 }))
    t.true(says({ '/^(chdir|umask)$/': 4 }))
    t.false(says({ 'chdir,execve': 4 }))
  }
})

test('classes and all together', async (t) => {
  for (const counting of [false, true]) {
    const all = await trace('sh', ['-c', script], { counting })
    t.true(toStayWithin(all, { '%network': 0, total: 100_000 }).pass)
    t.false(toStayWithin(all, { '%network': 0, total: 10 }).pass)
    t.false(toStayWithin(all, { '%file': 3 }).pass)
    t.false(toStayWithin(all, { '!chdir': 3 }).pass)
    t.false(toStayWithin(all, { all: 3 }).pass)
  }
})

test('a table of what was too much, and who did it', async (t) => {
  const { pass, message } = toStayWithin(await run, { chdir: 2, '/^[cu]h/': 100, execve: 0, umask: 0 })
  t.false(pass)
  const command = `sh -c '${script}'`
  t.is(
    steady(message),
    `Expected \`${command}\` to stay within these limits, but it exceeded chdir and execve:

  call      limit  seen
  chdir         2     4  2 too many
  /^[cu]h/    100     4
  execve        0     1  1 too many
  umask         0     0

  chdir
    3  ${command} (PID)
    1  ${command} (PID)

  execve
    1  ${command} (PID)`,
  )
})

test('of a class, which calls they were', async (t) => {
  const { message } = toStayWithin(await run, { 'chdir,execve': 1 })
  t.regex(message, /\n\n {2}chdir,execve: chdir 4, execve 1\n {4}3 {2}sh/)
})

test('that it stayed within, where it was not to', async (t) => {
  const { pass, message } = toStayWithin(await counted, { chdir: 4 })
  t.true(pass)
  t.is(
    message,
    `Expected \`sh -c '${script}'\` to exceed one of these limits, but it stayed within them:

  call   limit  seen
  chdir      4     4`,
  )
})

test('of a counting run the processes are known by their ids', async (t) => {
  const { message } = toStayWithin(await counted, { chdir: 1 })
  t.regex(steady(message), /\n\n {2}chdir\n {4}3 {2}process PID\n {4}1 {2}process PID$/)
})

test('one ABI of a call', async (t) => {
  const limits = { 'umask@32': 0 }
  const args = ['int80']
  const int80 = await trace(fixture, args, { filter: ['umask'] })
  t.false(toStayWithin(int80, limits).pass)
  t.true(toStayWithin(int80, { 'umask@64': 0 }).pass)
  t.false(toStayWithin(int80, { umask: 0 }).pass, 'by int 0x80, too')
  const counts = await trace(fixture, args, { filter: ['umask'], counting: true })
  t.false(toStayWithin(counts, { umask: 0 }).pass)
  t.throws(() => toStayWithin(counts, limits), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /of one ABI only/ })
})

test('threads and children count, other names do not', async (t) => {
  for (const context of ['child', 'thread', 'clone3']) {
    const run = await trace(fixture, ['around', context, 'dirfd', root, '.'], { filter: ['openat', 'openat2', 'open'] })
    t.false(toStayWithin(run, { '/^openat$/': 0 }).pass, context)
  }
  const other = await trace(fixture, ['around', 'dirfd-openat2', root, '.'], { filter: ['creat', 'openat2'] })
  t.true(toStayWithin(other, { creat: 0 }).pass)
  t.false(toStayWithin(other, { openat2: 0 }).pass)
})

test('calls by way of socketcall leave it open, if they decide', async (t) => {
  const args = ['around', 'socketcall-connect', '127.0.0.1', '1']
  for (const counting of [false, true]) {
    const run = await trace(fixture, args, { filter: ['%network'], counting })
    t.throws(() => toStayWithin(run, { connect: 0 }), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /socketcall/ })
    t.true(toStayWithin(run, { connect: 9 }).pass)
    t.false(toStayWithin(run, { '%network': 0 }).pass)
    if (!counting) t.true(toStayWithin(run, { 'connect@64': 0 }).pass, 'socketcall is no way to that')
    const unseen = await trace(fixture, args, { filter: ['connect'], counting })
    t.throws(() => toStayWithin(unseen, { connect: 0 }), {
      code: 'ERR_SYSCOPE_NOT_RECORDED',
      message:
        "toStayWithin() can't tell: the filter of this run leaves out calls of 'connect' or 'socketcall', by which i386 programs call it. Add both to `filter`.",
    })
  }
})

test('what the filter left out has no limit that can be kept', async (t) => {
  for (const it of [await run, await counted]) {
    t.throws(() => toStayWithin(it, { chdir: 4, openat: 3 }), {
      code: 'ERR_SYSCOPE_NOT_RECORDED',
      message: "toStayWithin() can't tell: the filter of this run leaves out calls of 'openat'. Add it to `filter`.",
    })
    t.throws(() => toStayWithin(it, { '%file': 400 }), {
      code: 'ERR_SYSCOPE_NOT_RECORDED',
      message: /calls of '%file'/,
    })
    t.throws(() => toStayWithin(it, { total: 400 }), {
      code: 'ERR_SYSCOPE_NOT_RECORDED',
      message: /trace without `filter`/,
    })
    t.false(toStayWithin(it, { total: 4 }).pass, 'what was seen is too much already')
    t.false(toStayWithin(it, { chdir: 1, openat: 3 }).pass)
  }
})

test('in a run that is not complete too much is too much, and little says nothing', async (t) => {
  const partial = incompletely(await run)
  t.false(toStayWithin(partial, { chdir: 1 }).pass)
  t.throws(() => toStayWithin(partial, { chdir: 4 }), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /io_uring/ })
})

test('children that were not followed', async (t) => {
  const alone = await trace('sh', ['-c', script], { filter, follow: false })
  t.throws(() => toStayWithin(alone, { chdir: 4 }), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /follow/ })
})

test('of a part of a run, what happened in it', async (t) => {
  const marked = await trace('sh', ['-c', 'cd /usr; cd /etc; test -e /@mark/a; cd /; test -e /@mark/b'])
  t.true(toStayWithin(partOf(marked, 'a', 'b'), { chdir: 1 }).pass)
  t.false(toStayWithin(partOf(marked, 'a', 'b'), { chdir: 0 }).pass)
})

for (const wrong of [undefined, {}, [], 7, { chdir: -1 }, { chdir: 0.5 }, { chdir: '4' }]) {
  test(`no limits: ${JSON.stringify(wrong)}`, async (t) => {
    const it = await run
    t.throws(() => toStayWithin(it, wrong), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  })
}
test('no such call, or class', async (t) => {
  const it = await run
  t.throws(() => toStayWithin(it, { chdri: 1 }), {
    code: 'ERR_SYSCOPE_UNKNOWN_SYSCALL',
    message: /Did you mean 'chdir'/,
  })
  t.throws(() => toStayWithin(it, { '%netwrk': 1 }), { code: 'ERR_SYSCOPE_UNKNOWN_CLASS' })
})

// --- toStayWithinBudget

let directories = 0
/** A test file of its own. */
function context(about: Partial<RunnerContext> = {}): RunnerContext & { readonly file: string } {
  const directory = join(root, `test-${directories++}`)
  mkdirSync(directory)
  const file = join(directory, '__snapshots__', 'save.spec.ts.budget.json')
  return { testPath: join(directory, 'save.spec.ts'), testName: 'saves', update: 'new', ...about, file }
}

function budgetOf(file: string): Record<string, Record<string, number>> {
  // Of a form that the tests compare.
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, number>>
}

test.serial('a budget is written, kept and exceeded', async (t) => {
  const it = await run
  const here = context()
  const calls = ['chdir', 'umask']
  const says = (about: Partial<RunnerContext> = {}, options: object = { calls }): Verdict =>
    withContext({ ...here, ...about }, () => toStayWithinBudget(it, options))
  const written = says()
  t.true(written.pass)
  t.regex(
    written.message,
    /to exceed its budget, but that was written only now: 'saves' in .*save\.spec\.ts\.budget\.json\.$/,
  )
  const text = readFileSync(here.file, 'utf8')
  t.is(text, '{\n  "saves": {\n    "chdir": 4,\n    "umask": 0\n  }\n}\n')
  for (const update of ['new', 'none'] as const) t.true(says({ update }).pass, update)
  t.is(readFileSync(here.file, 'utf8'), text)
  writeFileSync(here.file, '{"saves": {"chdir": 3, "umask": 9}, "other": {"openat": 1}}')
  for (const update of ['new', 'none'] as const) {
    const { pass, message } = says({ update })
    t.false(pass)
    const command = `sh -c '${script}'`
    t.is(
      steady(message),
      `Expected \`${command}\` to stay within its budget, but it exceeded chdir:

  call   limit  seen
  chdir      3     4  1 too many
  umask      9     0

  chdir
    3  ${command} (PID)
    1  ${command} (PID)

The limits are those of 'saves' in ${steady(here.file)}.

If it is to be so: SYSCOPE_UPDATE=1, or your runner's own option to update snapshots, writes new budgets.`,
    )
  }
  t.true(says({ update: 'all' }).pass)
  t.deepEqual(budgetOf(here.file), { other: { openat: 1 }, saves: { chdir: 4, umask: 0 } })
  t.true(says({}, {}).pass, 'what the file has')
  const within = says({ update: 'none' })
  t.regex(within.message, /to exceed its budget, but it stayed within it:/)
})

test.serial('how much more is still within', async (t) => {
  const it = await run
  const here = context()
  const says = (chdir: number, slack: number): Verdict => {
    mkdirSync(join(here.file, '..'), { recursive: true })
    writeFileSync(here.file, JSON.stringify({ saves: { chdir } }))
    return withContext(here, () => toStayWithinBudget(it, { slack }))
  }
  t.true(says(2, 1).pass)
  t.false(says(2, 0.9).pass, '3.8 is 3')
  t.true(says(3, 0.34).pass)
  t.false(says(0, 9).pass)
  t.regex(says(3, 0.1).message, /chdir {6}3 {5}4 {2}1 too many[^]*and 10 % more\./)
})

test.serial('what is missing is written where the rest is kept, and only then', async (t) => {
  const it = await run
  const here = context()
  const says = (calls: readonly string[], update: RunnerContext['update'] = 'new'): Verdict =>
    withContext({ ...here, update }, () => toStayWithinBudget(it, { calls }))
  says(['chdir'])
  writeFileSync(here.file, JSON.stringify({ saves: { chdir: 3 } }))
  t.false(says(['chdir', 'umask']).pass)
  t.deepEqual(budgetOf(here.file), { saves: { chdir: 3 } })
  writeFileSync(here.file, JSON.stringify({ saves: { chdir: 30 } }))
  t.true(says(['chdir', 'getppid']).pass)
  t.like(budgetOf(here.file), { saves: { chdir: 30 } })
  t.true(Object.hasOwn(budgetOf(here.file)['saves'] ?? {}, 'getppid'))
  says(['umask'], 'all')
  t.deepEqual(Object.keys(budgetOf(here.file)['saves'] ?? {}), ['umask'])
})

test.serial('where updates are off a missing budget fails, and says how to make one', async (t) => {
  const it = await run
  const here = context({ update: 'none' })
  const { pass, message } = withContext(here, () => toStayWithinBudget(it, { calls: ['chdir'] }))
  t.false(pass)
  t.is(
    steady(message),
    `Expected \`sh -c '${script}'\` to stay within its budget, but ${steady(here.file)} has no limit on 'chdir' for 'saves', and none is written here: CI is set, or the runner was told not to.

Run the test elsewhere, or with SYSCOPE_UPDATE=1, and keep the file with the tests.`,
  )
  t.false(existsSync(here.file))
})

test.serial('what the environment says', (t) => {
  t.is(updateOf({}), 'new')
  t.is(updateOf({ CI: 'true' }), 'none')
  t.is(updateOf({ CI: 'false' }), 'new')
  t.is(updateOf({ CI: 'true', SYSCOPE_UPDATE: '1' }), 'all')
  t.is(updateOf({ SYSCOPE_UPDATE: '0' }), 'new')
  t.is(currentContext({}).update, 'new')
  const within = (update: RunnerContext['update'], environment: NodeJS.ProcessEnv): string =>
    withContext({ update }, () => currentContext(environment).update)
  t.is(within('new', { CI: '1' }), 'none')
  t.is(within('all', { CI: '1' }), 'all')
  t.is(within('none', {}), 'none')
  t.is(within('none', { SYSCOPE_UPDATE: '1' }), 'all')
  t.throws(
    () =>
      withContext({ update: 'all' }, () => {
        throw new TypeError('x')
      }),
    { instanceOf: TypeError },
  )
  t.is(currentContext({}).update, 'new', 'what threw is over')
  const nested = withContext({ update: 'all', testName: 'a' }, () => {
    withContext({ update: 'none', testName: 'b' }, () => 1)
    return currentContext({}).testName
  })
  t.is(nested, 'a')
})

test.serial('names and files of entries', async (t) => {
  const it = await run
  const here = context()
  const says = (options: object, about: Partial<RunnerContext> = {}): Verdict =>
    withContext({ ...here, ...about }, () => toStayWithinBudget(it, { calls: ['chdir'], ...options }))
  says({})
  says({ name: 'first part' })
  says({ name: 'alone' }, { testName: undefined })
  t.deepEqual(budgetOf(here.file), { alone: { chdir: 4 }, saves: { chdir: 4 }, 'saves: first part': { chdir: 4 } })
  says({ file: 'other.json' })
  t.deepEqual(budgetOf(join(here.file, '../../other.json')), { saves: { chdir: 4 } })
  says({ file: join(root, 'absolute.json'), name: 'x' }, { testPath: undefined, testName: undefined })
  t.deepEqual(budgetOf(join(root, 'absolute.json')), { x: { chdir: 4 } })
  t.throws(() => says({}, { testName: undefined }), {
    code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
    message: /give it a `name`/,
  })
  t.throws(() => says({}, { testPath: undefined }), {
    code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
    message: /give it a `file`/,
  })
  for (const wrong of [{ calls: [] }, { calls: 'chdir' }, { slack: -1 }, { slack: NaN }, { name: '' }, { slak: 1 }]) {
    t.throws(() => says(wrong), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' }, JSON.stringify(wrong))
  }
})

test.serial('a file that holds something else is left as it is', async (t) => {
  const it = await run
  for (const text of [
    '<<<<<<< HEAD\n{}',
    '[]',
    '{"saves": 7}',
    '{"other": {"chdir": "4"}}',
    '{"saves": {"chdir": -1}}',
  ]) {
    for (const update of ['new', 'all'] as const) {
      const here = context({ update })
      mkdirSync(join(here.file, '..'))
      writeFileSync(here.file, text)
      const error = t.throws(() => withContext(here, () => toStayWithinBudget(it, { calls: ['chdir'] })), {
        code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
      })
      t.true(error?.message.startsWith(`${here.file} holds no budgets of system calls: `))
      t.is(readFileSync(here.file, 'utf8'), text)
    }
  }
})

test.serial('no budget is made of a run that may have made more calls', async (t) => {
  const partial = incompletely(await run)
  for (const update of ['new', 'all'] as const) {
    const here = context({ update })
    t.throws(() => withContext(here, () => toStayWithinBudget(partial, { calls: ['chdir'] })), {
      code: 'ERR_SYSCOPE_INCOMPLETE',
    })
    const left = await run
    t.throws(() => withContext(here, () => toStayWithinBudget(left, {})), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
    t.false(existsSync(here.file))
  }
})

// --- Several at the same time

const writer = `
  import { withContext } from '${join(import.meta.dirname, '../src/kit/matchers/context.ts')}'
  import { matchers } from '${join(import.meta.dirname, '../src/kit/matchers/index.ts')}'
  const [testPath, worker, count] = process.argv.slice(2)
  const events = [{ type: 'syscall', name: 'fsync', pid: 1, tid: 1, abi: 'x86_64', startNs: 0n }]
  const run = { pid: 1, complete: true, incomplete: [], events, syscalls: () => [] }
  process.once('message', () => {
    for (let at = 0; at < Number(count); at++) {
      const context = { testPath, testName: 'worker ' + worker + ', test ' + at, update: at % 2 === 0 ? 'new' : 'all' }
      withContext(context, () => matchers.toStayWithinBudget(run, { calls: ['fsync'] }))
    }
    process.disconnect()
  })
  process.send('ready')`

test.serial('eight processes that write one file lose nothing of each other', async (t) => {
  const here = context()
  const program = join(root, 'writer.mjs')
  writeFileSync(program, writer)
  const register = join(import.meta.dirname, '../node_modules/@oxc-node/core/register.mjs')
  const [workers, count] = [8, 25]
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
  const budgets = budgetOf(here.file)
  t.is(Object.keys(budgets).length, workers * count)
  t.deepEqual(Object.keys(budgets), Object.keys(budgets).toSorted())
  t.deepEqual(readdirSync(join(here.file, '..')), ['save.spec.ts.budget.json'])
})

test.serial('a lock of somebody who is gone is no obstacle', (t) => {
  const { file } = context()
  mkdirSync(join(file, '..'))
  const lock = `${file}.lock`
  // No process has this id.
  symlinkSync(`4194305@${hostname()}#x`, lock)
  changeText(file, () => 'one')
  t.is(readFileSync(file, 'utf8'), 'one')
  // Of another machine, and old.
  symlinkSync('1@elsewhere#x', lock)
  lutimesSync(lock, 1, 1)
  changeText(file, (before) => `${before} two`)
  t.is(readFileSync(file, 'utf8'), 'one two')
  t.deepEqual(readdirSync(join(file, '..')), ['save.spec.ts.budget.json'])
})

test.serial('who has lost the lock does it again', (t) => {
  const { file } = context()
  mkdirSync(join(file, '..'))
  let rounds = 0
  changeText(file, (before) => {
    if (rounds++ === 0) {
      rmSync(`${file}.lock`)
      writeFileSync(file, 'theirs')
    }
    return `${before ?? ''} ours`
  })
  t.is(readFileSync(file, 'utf8'), 'theirs ours')
  t.is(rounds, 2)
})

test.serial('an error leaves the file as it was', (t) => {
  const { file } = context()
  t.throws(
    () =>
      changeText(file, () => {
        throw new TypeError('x')
      }),
    { instanceOf: TypeError },
  )
  t.deepEqual(readdirSync(join(file, '..')), [])
})
