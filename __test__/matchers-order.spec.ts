/** `toCallInOrder()`. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { trace } from '../index.ts'
import { matchers } from '../src/kit/matchers/index.ts'
import { partOf } from '../src/kit/part.ts'
import { fixture } from './around-places.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-order-'))
test.after.always(() => rmSync(root, { recursive: true }))

const toCallInOrder: (run: unknown, ...rest: readonly unknown[]) => { pass: boolean; message: string } =
  matchers.toCallInOrder

function steady(message: string): string {
  return message
    .replaceAll(/\(\d+\)$/gm, '(PID)')
    .replaceAll(root, 'ROOT')
    .replaceAll(/`\S*syscope-fixtures/g, '`syscope-fixtures')
}

const script = `
  const fs = require('node:fs')
  fs.writeFileSync('state.tmp', 'a', { flush: true })
  fs.renameSync('state.tmp', 'state')
  fs.fsyncSync(fs.openSync('.', 'r'))`
const save = trace('node', ['-e', script], { cwd: root, decodeFds: true })
const path = (name: string): string => join(root, name)

async function says(t: ExecutionContext, pass: boolean, ...question: readonly unknown[]): Promise<void> {
  const verdict = toCallInOrder(await save, ...question)
  t.is(verdict.pass, pass, verdict.message)
}

test('a subsequence of the calls, in each form', async (t) => {
  await says(t, true, ['execve', 'openat', 'fsync', 'rename', 'fsync', 'exit_group'])
  await says(t, true, [['openat', { pathname: 'state.tmp' }], 'fsync', ['rename', { newpath: 'state' }], 'exit_group'])
  const durable = [
    { syscall: 'write', path: path('state.tmp') },
    { syscall: 'fsync', path: path('state.tmp'), ok: true },
    { syscall: 'rename', path: path('state') },
    { syscall: 'fsync', path: root },
  ]
  await says(t, true, durable)
  await says(t, true, durable, { process: 'same' })
  await says(t, false, durable.toReversed())
  await says(t, false, ['rename', ['openat', { pathname: 'state.tmp' }]])
})

test('each call is one item only', async (t) => {
  await says(t, true, ['rename'])
  await says(t, false, ['rename', 'rename'])
})

test('how far it came, and what was made then', async (t) => {
  const calls = ['32 0', '32 1', '109 0 0', '32 0']
  const run = await trace(fixture, ['script', ...calls], { filter: ['dup', 'setpgid', 'setsid'], stdin: 'ignore' })
  const verdict = toCallInOrder(run, [['dup', { oldfd: 1 }], 'setpgid', ['dup', { oldfd: 1 }], 'setsid'])
  t.false(verdict.pass)
  t.is(
    steady(verdict.message),
    `Expected \`syscope-fixtures script '32 0' '32 1' '109 0 0' '32 0'\` to make these calls in this order:

  1. dup with oldfd 1
  2. setpgid
  3. dup with oldfd 1
  4. setsid

But after 2 there was no call like 3. Its calls of these names, in the order in which they began:

  ${fixture} (PID)
       dup(0) = 3
    1. dup(1) = 4
    2. setpgid(0, 0) = 0
       dup(0) = 5`,
  )
  const none = toCallInOrder(run, ['setsid'])
  t.is(
    steady(none.message),
    `Expected \`syscope-fixtures script '32 0' '32 1' '109 0 0' '32 0'\` to make these calls in this order:

  1. setsid

But there was no call like 1. It made no calls of these names.`,
  )
})

test('that it did, where it was not to', async (t) => {
  const run = await trace(fixture, ['script', '32 0', '109 0 0'], { filter: ['dup', 'setpgid'], stdin: 'ignore' })
  const verdict = toCallInOrder(run, ['dup', ['setpgid', { pid: 0 }]])
  t.true(verdict.pass)
  t.is(
    steady(verdict.message),
    `Expected \`syscope-fixtures script '32 0' '109 0 0'\` not to make these calls in this order, but it did:

  1. dup
  2. setpgid with pid 0

  ${fixture} (PID)
    1. dup(0) = 3
    2. setpgid(0, 0) = 0`,
  )
})

test('of many calls, those that say something', async (t) => {
  const calls = [...Array.from({ length: 30 }, () => '32 0'), '109 0 0', ...Array.from({ length: 30 }, () => '32 1')]
  const run = await trace(fixture, ['script', ...calls], { filter: ['dup', 'setpgid', 'setsid'], stdin: 'ignore' })
  const { message } = toCallInOrder(run, ['setpgid', 'setsid'])
  t.false(message.includes('dup'), 'not of these names')
  const other = toCallInOrder(run, [['dup', { oldfd: 0 }], 'setpgid', ['dup', { oldfd: 0 }]]).message
  t.regex(other, / 1\. dup\(0\) = 3\n {4}2\. setpgid\(0, 0\) = 0\n {7}dup\(1\)/)
  t.regex(other, /\n {2}… and \d\d more of these names$/)
})

// --- Processes and threads

test('in one process, or in any of them', async (t) => {
  const run = await trace('sh', ['-c', 'cd /usr; (cd /etc); cd /'], {
    filter: ['chdir', 'fork', 'vfork', 'clone', 'clone3'],
  })
  const to = (...paths: readonly string[]): readonly unknown[] => paths.map((it) => ['chdir', { path: it }])
  t.true(toCallInOrder(run, to('/usr', '/')).pass)
  t.true(toCallInOrder(run, to('/usr', '/'), { process: 'same' }).pass)
  t.true(toCallInOrder(run, to('/usr', '/etc')).pass)
  const { pass, message } = toCallInOrder(run, to('/usr', '/etc'), { process: 'same' })
  t.false(pass)
  t.regex(message, /in this order in one process:/)
  t.regex(message, / 1\. chdir\("\/usr"\) = 0\n {7}chdir\("\/"\) = 0$/)
})

test('threads of a process are the same process', async (t) => {
  const script = `const { Worker, isMainThread } = require('node:worker_threads'), fs = require('node:fs')
    if (isMainThread) { fs.existsSync('/nowhere/1'); new Worker(__filename).on('exit', () => fs.existsSync('/nowhere/3')) }
    else fs.existsSync('/nowhere/2')`
  const file = join(root, 'worker.cjs')
  const { writeFileSync } = await import('node:fs')
  writeFileSync(file, script)
  const run = await trace('node', [file], { filter: ['access'] })
  const steps = [1, 2, 3].map((step) => ['access', { pathname: `/nowhere/${step}` }])
  t.true(toCallInOrder(run, steps, { process: 'same' }).pass)
})

test('a process id that is given again is another process', (t) => {
  const fork = (at: number): object => ({
    type: 'fork',
    pid: 1,
    tid: 1,
    child: { pid: 2, tid: 2 },
    thread: false,
    timeNs: BigInt(at),
  })
  const run = made(call('fsync', 0, 1), fork(2), call('fsync', 3, 2), fork(5), call('rename', 6, 2))
  t.true(toCallInOrder(run, ['fsync', 'rename']).pass)
  t.false(toCallInOrder(run, ['fsync', 'rename'], { process: 'same' }).pass)
})

// --- The order

function call(name: string, at: number, pid = 1, about: object = {}): object {
  const [startNs, endNs] = [BigInt(at), BigInt(at + 1)]
  const common = { type: 'syscall', name, pid, tid: pid, abi: 'x86_64', ok: true, returned: 0, args: {} }
  return { ...common, startNs, endNs, raw: { args: [] }, toString: () => `${name}() = 0`, ...about }
}

function made(...events: readonly object[]): object {
  return { pid: 1, complete: true, incomplete: [], events, syscalls: () => [] }
}

test('calls come in the order of their beginning, not of their end', (t) => {
  // A long one ends, and is recorded, after those that began during it.
  const run = made(call('fsync', 5), call('wait4', 0, 1, { endNs: 99n }))
  t.true(toCallInOrder(run, ['wait4', 'fsync']).pass)
  t.false(toCallInOrder(run, ['fsync', 'wait4']).pass)
})

test('a call that can be taken for several items is taken for the first', (t) => {
  const run = made(call('write', 0, 1, { args: { fd: 1 } }), call('write', 1, 1, { args: { fd: 2 } }), call('fsync', 2))
  t.true(toCallInOrder(run, ['write', 'write', 'fsync']).pass)
  t.true(toCallInOrder(run, ['write', ['write', { fd: 2 }], 'fsync']).pass)
  t.false(toCallInOrder(run, [['write', { fd: 2 }], 'write']).pass)
})

// --- What cannot be told

test('what was seen decides in a run that is not complete, what was not seen does not', (t) => {
  const run = { ...made(call('fsync', 0), call('rename', 1)), complete: false, incomplete: ['io_uring'] }
  t.true(toCallInOrder(run, ['fsync', 'rename']).pass)
  t.throws(() => toCallInOrder(run, ['rename', 'fsync']), {
    code: 'ERR_SYSCOPE_INCOMPLETE',
    message: /^toCallInOrder\(\) can't tell: .*io_uring/,
  })
})

test('a call that the filter left out', async (t) => {
  const run = await trace('true', [], { filter: ['exit_group', 'openat'] })
  t.true(toCallInOrder(run, ['openat', 'exit_group']).pass)
  t.throws(() => toCallInOrder(run, ['openat', 'fsync']), {
    code: 'ERR_SYSCOPE_NOT_RECORDED',
    message: /leaves out fsync/,
  })
  t.throws(() => toCallInOrder(run, [{ syscall: 'openat', path: '/etc' }]), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
})

test('a call of which nobody knows whether it fits leaves it open, if it decides', async (t) => {
  const lines = ['257 100 1 0', '32 0']
  const run = await trace(fixture, ['script', ...lines], { filter: ['openat', 'dup', 'setsid'], stdin: 'ignore' })
  const first = ['openat', { pathname: 'secret' }]
  t.throws(() => toCallInOrder(run, [first, 'dup']), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /could not be read/ })
  t.false(toCallInOrder(run, [first, 'setsid']).pass, 'there is no second one')
})

test('a call by way of socketcall leaves it open, and one by int 0x80 does not', async (t) => {
  const trying = (way: string) => trace(fixture, ['around', way, '127.0.0.1', '1'], { filter: ['%network'] })
  const calls = ['socket', 'connect']
  t.true(toCallInOrder(await trying('int80-connect'), calls).pass)
  const run = await trying('socketcall-connect')
  t.throws(() => toCallInOrder(run, calls), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /may be connect/ })
})

test('of a part of a run, what happened in it', async (t) => {
  const run = await trace('sh', ['-c', 'cd /usr; test -e /@mark/a; cd /etc; cd /; test -e /@mark/b'])
  const to = (...paths: readonly string[]): readonly unknown[] => paths.map((it) => ['chdir', { path: it }])
  t.true(toCallInOrder(partOf(run, 'a', 'b'), to('/etc', '/')).pass)
  t.false(toCallInOrder(partOf(run, 'a', 'b'), to('/usr', '/')).pass)
})

const mistakes: readonly (readonly [title: string, question: readonly unknown[], code?: string])[] = [
  ['no array', ['fsync']],
  ['no calls', [[]]],
  ['an item too much', [[['fsync', {}, {}]]]],
  ['an item that is none', [[7]]],
  ['no such call', [['fsink']], 'ERR_SYSCOPE_UNKNOWN_SYSCALL'],
  ['no such argument', [[['fsync', { file: 3 }]]]],
  ['no such option', [['fsync'], { proces: 'same' }]],
  ['no such process', [['fsync'], { process: 'all' }]],
]
for (const [title, question, code = 'ERR_SYSCOPE_INVALID_ARGUMENT'] of mistakes) {
  test(`a mistake: ${title}`, (t) => {
    t.throws(() => toCallInOrder(made(call('fsync', 0)), ...question), { code })
  })
}
