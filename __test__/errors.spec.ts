/** Bad input: each a clear typed error, and nothing left running. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { attach, SyscopeError, trace, type ErrorCode, type Trace, type TraceOptions } from '../index.ts'
import { isAlive, startStranger } from './strangers.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-errors-'))
test.after.always(() => rmSync(root, { recursive: true }))

function put(name: string, content: string, mode = 0o755): string {
  const path = join(root, name)
  writeFileSync(path, content)
  chmodSync(path, mode)
  return path
}

/** What a program without types can pass. */
const untyped = (value: unknown): never => value as never

const badOptions: TraceOptions = untyped({ timeout: '5s' })

const rejects = test.macro({
  async exec(t, start: () => Trace, code: ErrorCode, message: RegExp | string, details: object = {}) {
    let run: Trace | undefined
    t.notThrows(() => (run = start()))
    t.is(run?.pid, undefined)
    const error = await t.throwsAsync(async () => await run, { instanceOf: SyscopeError, code })
    if (typeof message === 'string') t.is(error?.message, message)
    else t.regex(error?.message ?? '', message)
    if (Object.keys(details).length > 0) t.like(error, details)
    // Of a run that never was there is nothing to be had, and asking for it does no harm.
    t.false(run?.kill())
    t.notThrows(() => {
      run?.ref()
      run?.unref()
      run?.stopRecording()
    })
    await t.throwsAsync(
      async () => {
        for await (const _ of run ?? []) t.fail()
      },
      { code },
    )
    await t.notThrowsAsync(async () => await run?.[Symbol.asyncDispose]())
  },
  title: (given) => given ?? '',
})

test('the line with the mistake is in the stack', async (t) => {
  const traced = trace({ filter: 'none' })
  for (const start of [
    () => trace('true', [], badOptions),
    () => trace(badOptions)('true'),
    () => traced('true', [], badOptions),
    () => attach(1, badOptions),
  ]) {
    const error = await t.throwsAsync(async () => await start(), { instanceOf: SyscopeError })
    const [message, frame] = error?.stack?.split('\n') ?? []
    t.true(message?.startsWith('SyscopeError: Expected the `timeout` option'))
    t.regex(frame ?? '', /errors\.spec/)
  }
})

// --- The command

const notFound = 'ERR_SYSCOPE_COMMAND_NOT_FOUND'
test(
  'a name that is not in PATH',
  rejects,
  () => trace('no-such-command'),
  notFound,
  /^Command not found: there is no no-such-command in PATH \(.+\)\./,
  { operation: 'execve', errno: 'ENOENT' },
)
test(
  'a path that is not there',
  rejects,
  () => trace('/no/such/command'),
  notFound,
  'Command not found: there is no /no/such/command.',
  { errno: 'ENOENT' },
)
test(
  'a path through a file',
  rejects,
  () => trace('/etc/passwd/x'),
  notFound,
  /a part of \/etc\/passwd\/x is not a directory/,
  { errno: 'ENOTDIR' },
)
test(
  'a script whose interpreter is not there',
  rejects,
  () => trace(put('orphan', '#!/no/such/interpreter\n')),
  notFound,
  /is there, but the interpreter or loader that it names is not\.$/,
)
test('a name in an empty PATH', rejects, () => trace('true', [], { env: { PATH: root } }), notFound, /no true in PATH/)

const notExecutable = 'ERR_SYSCOPE_COMMAND_NOT_EXECUTABLE'
test(
  'a file that is not executable',
  rejects,
  () => trace(put('data', 'x', 0o644)),
  notExecutable,
  /data is not executable/,
  { errno: 'EACCES' },
)
test('a directory', rejects, () => trace(root), notExecutable, /is not executable/, { errno: 'EACCES' })
test(
  'a file that is no program',
  rejects,
  () => trace(put('garbage', 'no program')),
  notExecutable,
  /neither a program for this machine nor a script/,
  { errno: 'ENOEXEC' },
)
test(
  'a name that is in PATH, and not executable',
  rejects,
  () => trace('plain', [], { env: { PATH: join(put('plain', '', 0o644), '..') } }),
  notExecutable,
  /plain is not executable; chmod/,
)

test(
  'a working directory that is not there',
  rejects,
  () => trace('true', [], { cwd: '/no/such' }),
  'ERR_SYSCOPE_BAD_CWD',
  "The command cannot run in '/no/such', the `cwd` option: it does not exist.",
  { operation: 'chdir', errno: 'ENOENT' },
)
test(
  'a working directory that is a file',
  rejects,
  () => trace('true', [], { cwd: '/etc/passwd' }),
  'ERR_SYSCOPE_BAD_CWD',
  /it is not a directory\.$/,
)
test(
  'arguments that are too long',
  rejects,
  () => trace('true', ['x'.repeat(200_000)]),
  'ERR_SYSCOPE_SPAWN_FAILED',
  /too long/,
  { errno: 'E2BIG' },
)
test(
  'a descriptor that is not open',
  rejects,
  () => trace('true', [], { stdout: 9999 }),
  'ERR_SYSCOPE_SPAWN_FAILED',
  /could not be started/,
  { errno: 'EBADF' },
)

if (process.getuid?.() !== 0) {
  test(
    'another user without the right to',
    rejects,
    () => trace('true', [], { uid: 0 }),
    'ERR_SYSCOPE_SPAWN_FAILED',
    /`uid` option/,
    { errno: 'EPERM' },
  )
}

// --- Wrong types

const invalid = 'ERR_SYSCOPE_INVALID_ARGUMENT'
test('an empty command', rejects, () => trace(''), invalid, "Expected the command to be a path or a name, got ''.")
test('an empty template', rejects, () => trace`  `, invalid, 'The command is empty.')
test(
  'a number as command',
  rejects,
  () => trace(untyped(5), []),
  invalid,
  'Expected the command to be a path or a name, got 5.',
)
test(
  'arguments that are a string',
  rejects,
  () => trace('ls', untyped('-l')),
  invalid,
  "Expected the arguments to be an array of strings, got '-l'.",
)
test('an argument that is a number', rejects, () => trace('ls', [untyped(5)]), invalid, /got 5\.$/)
test('an argument with a null byte', rejects, () => trace('ls', ['a\0b']), invalid, /without null bytes/)
test(
  'options that are a number',
  rejects,
  () => trace('ls', [], untyped(5)),
  invalid,
  'Expected the options of trace() to be an object, got 5.',
)
test('options that are null', rejects, () => trace('ls', [], untyped(null)), invalid, /to be an object|null/)
test(
  'an option that does not exist',
  rejects,
  () => trace('ls', [], untyped({ fitler: ['openat'] })),
  invalid,
  'trace() has no option `fitler`. Did you mean `filter`?',
)
test(
  'an option of the wrong type',
  rejects,
  () => trace('ls', [], untyped({ timeout: '5s' })),
  invalid,
  /`timeout` option.*got '5s'\.$/,
)
test(
  'an option of the wrong type, given first',
  rejects,
  () => trace(badOptions)`ls`,
  invalid,
  /`timeout` option.*got '5s'\.$/,
)

// --- Filters

test(
  'an unknown call',
  rejects,
  () => trace('ls', [], { filter: ['opnat'] }),
  'ERR_SYSCOPE_UNKNOWN_SYSCALL',
  "Unknown system call 'opnat' in the `filter` option. Did you mean 'openat'?",
  { word: 'opnat' },
)
test(
  'an unknown call to deny',
  rejects,
  () => trace('ls', [], { deny: ['conect'] }),
  'ERR_SYSCOPE_UNKNOWN_SYSCALL',
  /`deny` option\. Did you mean 'connect'\?$/,
)
test(
  'an unknown class',
  rejects,
  () => trace('ls', [], { filter: ['%netwrok'] }),
  'ERR_SYSCOPE_UNKNOWN_CLASS',
  "Unknown class of system calls '%netwrok' in the `filter` option. Did you mean '%network'?",
)

// --- Processes to attach to

test(
  'a pid that is gone',
  rejects,
  () => attach(2 ** 22 - 1),
  'ERR_SYSCOPE_NO_SUCH_PROCESS',
  `There is no process ${2 ** 22 - 1}.`,
  { pid: 2 ** 22 - 1 },
)
test(
  'our own pid',
  rejects,
  () => attach(process.pid),
  'ERR_SYSCOPE_OWN_PROCESS',
  `Process ${process.pid} is this one: a process cannot trace itself.`,
)
test('our own pid among others', rejects, () => attach([1, process.pid]), 'ERR_SYSCOPE_OWN_PROCESS', /is this one/)
test('no pid', rejects, () => attach([]), invalid, 'Expected at least one process id to attach to, got [].')
test('a pid of 0', rejects, () => attach(0), invalid, 'Expected a process id, a whole number above 0, got 0.')
test('a pid that is a string', rejects, () => attach(untyped('12')), invalid, /got '12'\.$/)
test(
  'an option for commands only',
  rejects,
  () => attach(1, untyped({ cwd: '/' })),
  invalid,
  'attach() has no option `cwd`.',
)

test('a child of our own', async (t) => {
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  const run = attach(child.pid ?? 0)
  await t.throwsAsync(async () => await run, { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_OWN_CHILD' })
  t.true(isAlive(child.pid ?? 0))
  child.kill()
})

test('a process that we trace already', async (t) => {
  const stranger = await startStranger('sleep', '60')
  const first = attach(stranger.pid)
  t.is(first.pid, stranger.pid)
  await t.throwsAsync(async () => await attach(stranger.pid), {
    code: 'ERR_SYSCOPE_ALREADY_TRACED',
    message: /another run of this process/,
  })
  first.detach()
  await first
  t.true(isAlive(stranger.pid))
  stranger.kill()
})

test('a process that somebody else traces', async (t) => {
  const stranger = await startStranger('sleep', '60')
  const index = new URL('../index.ts', import.meta.url).href
  const program = `import { attach } from '${index}'; attach(${stranger.pid}); console.log('attached')`
  const other = spawn(process.execPath, ['--import=@oxc-node/core/register', '--input-type=module', '-e', program])
  await once(other.stdout, 'data')
  const error = await t.throwsAsync(async () => await attach(stranger.pid), { code: 'ERR_SYSCOPE_ALREADY_TRACED' })
  t.like(error, { pid: stranger.pid })
  t.true(error?.message.includes(`(pid ${other.pid})`), error?.message)
  other.kill()
  await once(other, 'close')
  t.true(isAlive(stranger.pid))
  stranger.kill()
})

// --- Afterwards

test.after('nothing is left running', async (t) => {
  // Threads and processes end while one looks.
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return ''
    }
  }
  const left = () =>
    readdirSync('/proc/self/task')
      .flatMap((tid) => read(`/proc/self/task/${tid}/children`).split(' '))
      .filter((pid) => pid.trim() !== '')
      .map((pid) => read(`/proc/${pid}/status`).split('\n', 3).join(' '))
      .filter((it) => it !== '' && !/State:\s*[ZX]/.test(it) && !/sleep|node/.test(it))
  // The shells around the strangers end a moment after them.
  for (let tries = 0; tries < 200 && left().length > 0; tries++) await new Promise((resolve) => setTimeout(resolve, 25))
  t.deepEqual(left(), [])
})
