/** `toCall()` and `toBeComplete()`. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { trace, type TraceOptions } from '../index.ts'
import { partOf } from '../src/kit/part.ts'
import { matchers } from '../src/kit/matchers/index.ts'
import { fixture } from './around-places.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-calls-'))
test.after.always(() => rmSync(root, { recursive: true }))
writeFileSync(join(root, 'secret'), 'x')

// Through the record, as adapters see them: a test may give anything.
const toCall: (run: unknown, ...rest: readonly unknown[]) => { pass: boolean; message: string } = matchers.toCall
const { toBeComplete } = matchers

/** Numbers of processes are others each time. */
function steady(message: string): string {
  return message.replaceAll(/\(\d+\)$/gm, '(PID)')
}

const shell = (script: string, options: TraceOptions = {}) =>
  trace('sh', ['-c', script], { cwd: root, env: { LC_ALL: 'C' }, ...options })
const makers = ['fork', 'vfork', 'clone', 'clone3'] as const
const walk = shell('cd /; (cd /usr; cd /nowhere; exec true)', { filter: ['chdir', 'execve', ...makers] })

/** What is asked of one run, and what is said. */
async function says(t: ExecutionContext, pass: boolean, ...question: readonly unknown[]): Promise<void> {
  const verdict = toCall(await walk, ...question)
  t.is(verdict.pass, pass, verdict.message)
}

// --- What is matched

test('a name, and arguments by their names', async (t) => {
  await says(t, true, 'chdir')
  await says(t, true, 'chdir', {})
  await says(t, true, 'chdir', { path: '/usr' })
  await says(t, true, 'chdir', { path: /^\/us/ })
  await says(t, true, 'chdir', { path: (path: string) => path.endsWith('usr') })
  await says(t, true, 'chdir', { path: { asymmetricMatch: (it: unknown) => it === '/usr' } })
  await says(t, false, 'chdir', { path: '/etc' })
  await says(t, false, 'chdir', { path: { asymmetricMatch: () => false } })
  await says(t, true, 'execve', { argv: ['true'] })
  await says(t, true, 'execve', { argv: [/^tr/] })
  await says(t, false, 'execve', { argv: [] })
})

test('how it ended, and who made it', async (t) => {
  await says(t, true, { syscall: 'chdir', ok: false })
  await says(t, true, { syscall: 'chdir', error: 'ENOENT' })
  await says(t, true, { syscall: 'chdir', error: /^EN/, args: { path: '/nowhere' } })
  await says(t, false, { syscall: 'chdir', error: 'EACCES' })
  await says(t, false, { syscall: 'chdir', ok: true, args: { path: '/nowhere' } })
  await says(t, true, { syscall: 'chdir', returned: 0 })
  await says(t, false, { syscall: 'chdir', returned: 1 })
  await says(t, true, { syscall: 'chdir', process: 'first', args: { path: '/' } })
  await says(t, false, { syscall: 'chdir', process: 'first', args: { path: '/usr' } })
  await says(t, true, { syscall: 'chdir', process: (await walk).pid })
  await says(t, true, { syscall: 'chdir', process: ({ depth }: { readonly depth: number }) => depth === 1 })
  await says(t, false, { syscall: 'chdir', process: 1 })
})

test('how often', async (t) => {
  for (const times of [3, { min: 3 }, { max: 3 }, { min: 1, max: 9 }]) await says(t, true, 'chdir', {}, { times })
  for (const times of [2, 4, 0, { min: 4 }, { max: 2 }]) await says(t, false, 'chdir', {}, { times })
  await says(t, true, 'chdir', { path: '/etc' }, { times: 0 })
  await says(t, true, { syscall: 'chdir', ok: true }, { times: 2 })
})

test('flags, structs, bytes and what comes back', async (t) => {
  const run = await shell('echo hello > out; cat secret; umask 027', {
    filter: ['openat', 'write', 'umask', 'read'],
  })
  const says = (pass: boolean, ...question: readonly unknown[]): void => {
    t.is(toCall(run, ...question).pass, pass)
  }
  const opened = (flags: unknown): readonly unknown[] => ['openat', { dirfd: 'AT_FDCWD', pathname: 'out', flags }]
  says(true, ...opened(['O_CREAT']))
  says(true, ...opened(['O_WRONLY', 'O_TRUNC']))
  says(true, ...opened('O_CREAT|O_WRONLY|O_TRUNC'))
  says(true, ...opened(/O_TRUNC/))
  says(true, ...opened(0o1101))
  says(true, ...opened(0o1101n))
  says(true, ...opened({ asymmetricMatch: (it: unknown) => Array.isArray(it) && it.includes('O_CREAT') }))
  says(true, ...opened((flags: { has(name: string): boolean }) => flags.has('O_CREAT')))
  says(false, ...opened(['O_CREAT', 'O_EXCL']))
  says(false, ...opened('O_CREAT'))
  for (const buf of [
    'hello\n',
    /^hell/,
    Buffer.from('hello\n'),
    { asymmetricMatch: (it: unknown) => it === 'hello\n' },
  ]) {
    says(true, 'write', { buf })
  }
  says(false, 'write', { buf: 'hello' })
  says(true, 'umask', { mask: 0o27 })
  says(true, { syscall: 'read', out: { buf: 'x' } })
  says(false, { syscall: 'read', out: { buf: 'y' } })
  says(true, { syscall: 'read', returned: (count: number | bigint) => count === 1 })
  const named = await trace(fixture, ['script', '63 [ z390 ]'], { filter: ['uname'] })
  t.true(toCall(named, { syscall: 'uname', out: { buf: { sysname: 'Linux' } } }).pass)
  t.false(toCall(named, { syscall: 'uname', out: { buf: { sysname: 'Linux', machine: 'pdp11' } } }).pass)
})

test('a path, however the call names it', async (t) => {
  const run = await shell(`cd /; cat ${root}/secret; cd ${root}; cat ./secret; cat < secret; rm -f none`, {
    decodeFds: true,
  })
  const count = (path: unknown, syscall: string): number =>
    [1, 2, 3].find((times) => toCall(run, { syscall, path, ok: true }, { times }).pass) ?? 0
  const path = join(root, 'secret')
  t.is(count(path, 'openat'), 3)
  t.is(count(/\/secret$/, 'openat'), 3)
  t.is(count('**/secret', 'openat'), 3)
  t.is(count('secret', 'openat'), 3, 'from where the command began')
  t.is(count(`${root}/*`, 'openat'), 3)
  t.true(toCall(run, { syscall: 'read', path, returned: 1 }, { times: 3 }).pass)
  t.true(toCall(run, { syscall: 'unlinkat', path: join(root, 'none'), error: 'ENOENT' }).pass)
  t.false(toCall(run, { syscall: 'openat', path: join(root, 'other') }).pass)
})

// --- What is said

test('what was made instead', async (t) => {
  const { message } = toCall(await walk, 'chdir', { path: /etc/ })
  t.is(
    steady(message),
    `Expected \`sh -c 'cd /; (cd /usr; cd /nowhere; exec true)'\` to call chdir with path /etc/, but no call was like that. It called:

  sh -c 'cd /; (cd /usr; cd /nowhere; exec true)' (PID)
    chdir("/") = 0
      path is '/'
  sh -c 'cd /; (cd /usr; cd /nowhere; exec true)' (PID)
    chdir("/usr") = 0
      path is '/usr'
    chdir("/nowhere") = -1 ENOENT (No such file or directory)
      path is '/nowhere'`,
  )
})

test('what was made, where none was to be', async (t) => {
  const { pass, message } = toCall(await walk, { syscall: 'chdir', ok: true, args: { path: /^.usr/ } })
  t.true(pass)
  t.is(
    steady(message),
    `Expected \`sh -c 'cd /; (cd /usr; cd /nowhere; exec true)'\` not to call chdir successfully with path /^.usr/, but it did, once:

  sh -c 'cd /; (cd /usr; cd /nowhere; exec true)' (PID)
    chdir("/usr") = 0`,
  )
  t.regex(
    toCall(await walk, 'chdir', {}, { times: 3 }).message,
    /not to call chdir exactly 3 times, but it did, 3 times:/,
  )
})

test('how often it was made instead', async (t) => {
  const { message } = toCall(await walk, { syscall: 'chdir', process: 'first' }, { times: { min: 2 } })
  t.is(
    steady(message),
    `Expected \`sh -c 'cd /; (cd /usr; cd /nowhere; exec true)'\` to call chdir itself at least 2 times, but it did once:

  sh -c 'cd /; (cd /usr; cd /nowhere; exec true)' (PID)
    chdir("/") = 0`,
  )
})

test('the ten nearest of many', async (t) => {
  const script = `const fs = require('node:fs')
    for (let at = 0; at < 30; at++) fs.existsSync('/nowhere/' + at)
    try { fs.accessSync('/nowhere/x', fs.constants.W_OK) } catch {}`
  const run = await trace('node', ['-e', script], { filter: ['access'] })
  const { message } = toCall(run, 'access', { pathname: '/elsewhere', mode: ['W_OK'] })
  t.regex(message, /but no call was like that\. The nearest 10 of \d\d:/)
  t.is(message.match(/^ {4}access/gm)?.length, 10)
  t.regex(
    message,
    /access\("\/nowhere\/x", W_OK\) = -1 ENOENT \(No such file or directory\)\n {6}pathname is '\/nowhere\/x'$/,
  )
})

test('calls of the same kind by other names', async (t) => {
  const run = await shell('cat secret', { filter: ['open', 'openat'] })
  const { pass, message } = toCall(run, 'open', { pathname: 'secret' })
  t.false(pass)
  t.regex(message, /but it made no such call\. Calls of its kind that it made: openat \(\d+ times\)\.$/)
})

// --- Ways around

test('children and threads are seen', async (t) => {
  for (const context of ['child', 'thread', 'vfork', 'clone3', 'program']) {
    const run = await trace(fixture, ['around', context, 'dirfd', root, 'secret'], { filter: ['openat'] })
    t.true(toCall(run, 'openat', { pathname: 'secret' }).pass, context)
  }
})

test('the same name by int 0x80 is the same call', async (t) => {
  const run = await trace(fixture, ['around', 'dirfd-i386', root, 'secret'], { filter: ['openat', 'umask'] })
  t.true(toCall(run, 'openat', { pathname: 'secret', flags: ['O_RDONLY'] }).pass)
  const other = await trace(fixture, ['int80'], { filter: ['umask'] })
  t.true(toCall(other, 'umask', { mask: 0o27 }).pass)
})

test('arguments by int 0x80 that are not decoded leave it open, whichever way it is asked', async (t) => {
  const run = await trace(fixture, ['around', 'int80-connect', '127.0.0.1', '1'], { filter: ['%network'] })
  t.true(toCall(run, 'connect').pass)
  const addr = { sa_family: 'AF_INET6' }
  t.throws(() => toCall(run, 'connect', { addr }), {
    code: 'ERR_SYSCOPE_INCOMPLETE',
    message: /^toCall\(\) can't tell whether connect\(.*\) = .* of process \d+ is such a call: addr is \d+n\.$/,
  })
})

test('a call by way of socketcall leaves it open', async (t) => {
  const args = ['around', 'socketcall-connect', '127.0.0.1', '1']
  const run = await trace(fixture, args, { filter: ['%network'] })
  t.throws(() => toCall(run, 'connect'), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /may be connect/ })
  t.false(toCall(run, 'listen').pass, 'another operation')
  const unseen = await trace(fixture, args, { filter: ['connect'] })
  t.throws(() => toCall(unseen, 'connect'), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /leaves out socketcall/ })
})

test('another call that does the same is another call', async (t) => {
  const run = await trace(fixture, ['around', 'dirfd-openat2', root, 'secret'], {
    filter: ['openat', 'openat2', 'open'],
  })
  t.false(toCall(run, 'openat', { pathname: 'secret' }).pass)
  t.true(toCall(run, 'openat2', { pathname: 'secret' }).pass)
})

test('memory that could not be read leaves it open', async (t) => {
  const run = await trace(fixture, ['script', '257 100 1 0', '21 1 0'], { filter: ['openat', 'access'] })
  t.throws(() => toCall(run, 'openat', { pathname: 'secret' }), {
    code: 'ERR_SYSCOPE_INCOMPLETE',
    message: /openat\(100, 0x1, O_RDONLY\) = .*: pathname is memory at 0x1 that could not be read/,
  })
  t.true(toCall(run, 'openat', { dirfd: 100 }).pass)
  t.false(toCall(run, 'openat', { dirfd: 101, pathname: 'secret' }).pass)
})

test('bytes that the string limit cut leave it open', async (t) => {
  const run = await shell('printf abcdefgh', { filter: ['write'], stringLimit: 4 })
  const says = (buf: unknown): boolean => toCall(run, 'write', { buf }).pass
  t.false(says('abcd'))
  t.false(says('xbcdefgh'))
  t.true(says(/^ab/))
  for (const open of ['abcdefgh', 'abcdxxxx', /h$/, /d$/, (it: unknown) => String(it) === 'abcdefgh']) {
    t.throws(() => says(open), { code: 'ERR_SYSCOPE_INCOMPLETE' }, String(open))
  }
})

test('a string that the string limit cut leaves it open, a path does not', async (t) => {
  const hex = (text: string): string => `[ x${Buffer.from(`${text}\0`).toString('hex')} ]`
  // delete_module of what is not there, and access.
  const run = await trace(fixture, ['script', `176 ${hex('abcdef')} 0`, `21 ${hex('/nowhere')} 0`], {
    filter: ['delete_module', 'access'],
    stringLimit: 4,
  })
  for (const name of ['abcd', 'abcdef', /x/]) {
    t.throws(() => toCall(run, 'delete_module', { name }), { code: 'ERR_SYSCOPE_INCOMPLETE' }, String(name))
  }
  t.true(toCall(run, 'access', { pathname: '/nowhere' }).pass)
})

// --- What cannot be told

test('a call that the filter left out', async (t) => {
  const run = await walk
  t.throws(() => toCall(run, 'openat'), {
    code: 'ERR_SYSCOPE_NOT_RECORDED',
    message: /^toCall\(\) needs .* leaves out openat/,
  })
  t.throws(() => toCall(run, 'openat', {}, { times: 0 }), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  t.throws(() => toCall(run, { syscall: 'chdir', path: '/usr' }), {
    code: 'ERR_SYSCOPE_NOT_RECORDED',
    message: /`observe: 'files'`/,
  })
})

test('a call that a rule denied is seen, whatever the filter', async (t) => {
  const run = await shell('cd /usr', { filter: ['openat'], deny: ['chdir'] })
  t.true(toCall(run, { syscall: 'chdir', error: 'EPERM' }).pass)
})

/** A run that was made by hand. */
function fakeOf(...names: readonly string[]): object {
  const events = names.map((name, at) => {
    const [startNs, endNs] = [BigInt(at), BigInt(at + 1)]
    const call = { type: 'syscall', name, pid: 7, tid: 7, abi: 'x86_64', ok: true, returned: 0, args: {} }
    return { ...call, startNs, endNs, raw: { args: [] }, toString: () => `${name}() = 0` }
  })
  return { pid: 7, complete: true, incomplete: [], events, syscalls: () => [] }
}

test('what was seen decides in a run that is not complete, what was not seen does not', (t) => {
  const run = { ...fakeOf('chdir', 'fsync', 'fsync'), complete: false, incomplete: ['io_uring'] }
  t.true(toCall(run, 'fsync').pass)
  t.true(toCall(run, 'fsync', {}, { times: { min: 2 } }).pass)
  t.false(toCall(run, 'fsync', {}, { times: 1 }).pass)
  const open: readonly (readonly unknown[])[] = [
    ['rename'],
    ['fsync', {}, { times: 2 }],
    ['fsync', {}, { times: { max: 2 } }],
    ['fsync', {}, { times: { min: 3 } }],
    ['rename', {}, { times: 0 }],
  ]
  for (const question of open) {
    t.throws(() => toCall(run, ...question), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /io_uring/ }, String(question))
  }
})

test('children that were not followed', async (t) => {
  const run = await shell('(cd /usr); cd /', { filter: ['chdir', ...makers], follow: false })
  t.true(toCall(run, 'chdir', { path: '/' }).pass)
  t.throws(() => toCall(run, 'chdir', { path: '/usr' }), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /follow/ })
})

test('what is no finished run', (t) => {
  const promise = Promise.resolve()
  const message = 'Expected the result of trace(), got a run that has not been awaited: `await` it.'
  t.throws(() => toCall(promise, 'openat'), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message })
  for (const wrong of [undefined, null, {}, 7]) {
    t.throws(() => toCall(wrong, 'openat'), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  }
})

const mistakes: readonly (readonly [title: string, question: readonly unknown[], message: RegExp, code?: string])[] = [
  ['no such call', ['opnat'], /Did you mean 'openat'\?/, 'ERR_SYSCOPE_UNKNOWN_SYSCALL'],
  [
    'no such argument',
    ['chdir', { pth: '/' }],
    /^chdir takes no argument `pth`, which toCall\(\) was given\. Did you mean `path`\?$/,
  ],
  ['nothing comes back', [{ syscall: 'chdir', out: { path: '/' } }], /^From chdir comes back no `path`/],
  ['no name', [undefined], /got undefined/],
  ['no name in the object', [{ args: {} }], /`syscall`/],
  ['an unknown property', [{ syscall: 'chdir', arg: {} }], /no option `arg`\. Did you mean `args`\?/],
  ['arguments that are none', ['chdir', '/usr'], /Expected the arguments in toCall\(\) to be an object/],
  ['no errno', [{ syscall: 'chdir', error: 2 }], /errno/],
  ['an unknown option', ['chdir', {}, { time: 1 }], /no option `time`\. Did you mean `times`\?/],
  ['half a call', ['chdir', {}, { times: 1.5 }], /times/],
  ['least above most', ['chdir', {}, { times: { min: 3, max: 2 } }], /at most `max`/],
  ['an answer that is none', ['chdir', { path: () => 'yes' }], /return a boolean, got 'yes'/],
]
for (const [title, question, message, code = 'ERR_SYSCOPE_INVALID_ARGUMENT'] of mistakes) {
  test(`a mistake: ${title}`, async (t) => {
    const run = await walk
    t.throws(() => toCall(run, ...question), { code, message })
  })
}

test('of a part of a run, what happened in it', async (t) => {
  const run = await shell('cd /usr; test -e /@mark/a; cd /; cat < secret; test -e /@mark/b', { decodeFds: true })
  const part = partOf(run, 'a', 'b')
  t.true(toCall(part, 'chdir', { path: '/' }).pass)
  t.false(toCall(part, 'chdir', { path: '/usr' }).pass)
  t.true(toCall(part, { syscall: 'chdir', process: 'first' }).pass)
})

// --- toBeComplete

test('a complete run', async (t) => {
  t.deepEqual(toBeComplete(await walk), {
    pass: true,
    message:
      "Expected the run of `sh -c 'cd /; (cd /usr; cd /nowhere; exec true)'` not to be complete, but every system call within the filter was recorded.",
  })
})

test('a run that is not complete says why, and what to do', async (t) => {
  const run = await trace(fixture, ['own-filter'], { filter: ['getpgrp'] })
  const verdict = toBeComplete(run)
  t.false(verdict.pass)
  t.is(
    verdict.message.replace(/`\S*syscope-fixtures/, '`syscope-fixtures'),
    `Expected the run of \`syscope-fixtures own-filter\` to be complete, but something was not seen:

  own-filter: a program has a seccomp filter of its own, which may answer calls before they are seen
    → trace with \`mode: 'stops'\`, which sees calls before any filter`,
  )
  t.true(toBeComplete(await trace(fixture, ['own-filter'], { filter: ['getpgrp'], mode: 'stops' })).pass)
})
