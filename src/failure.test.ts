import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { failureError, readFailure, type Target } from './failure.ts'
import type { NativeFailure } from './native.ts'

const proc = mkdtempSync(join(tmpdir(), 'syscope-proc-'))
test.after.always(() => rmSync(proc, { recursive: true }))

function put(pid: number | 'self', name: string, tracerPid: number, uid: number): void {
  mkdirSync(join(proc, String(pid)))
  const text = `State:\t${name === 'ended' ? 'Z (zombie)' : 'S (sleeping)'}\nName:\t${name}\nTgid:\t${pid === 78 ? 77 : pid}\nTracerPid:\t${tracerPid}\nUid:\t${uid}\t${uid}\nCapEff:\t0\nSeccomp:\t0\n`
  writeFileSync(join(proc, String(pid), 'status'), text)
}

put('self', 'node', 0, 1000)
put(70, 'server', 78, 1000)
put(71, 'server', 0, 33)
put(73, 'ended', 0, 1000)
put(72, 'server', process.pid, 1000)
put(process.pid, 'node', 0, 1000)
put(77, 'gdb', 0, 1000)
// A thread of it.
put(78, 'worker', 0, 1000)
mkdirSync(join(proc, 'sys/kernel/yama'), { recursive: true })
writeFileSync(join(proc, 'sys/kernel/yama/ptrace_scope'), '1\n')

const explain = (failure: Partial<NativeFailure> & { readonly step: string }, target: Target = { file: 'tool' }) =>
  failureError({ errno: 0, message: 'it broke', ...failure }, target, proc)

for (const [step, errno, code, errnoName] of [
  ['exec', 2, 'ERR_SYSCOPE_COMMAND_NOT_FOUND', 'ENOENT'],
  ['exec', 20, 'ERR_SYSCOPE_COMMAND_NOT_FOUND', 'ENOTDIR'],
  ['exec', 13, 'ERR_SYSCOPE_COMMAND_NOT_EXECUTABLE', 'EACCES'],
  ['exec', 8, 'ERR_SYSCOPE_COMMAND_NOT_EXECUTABLE', 'ENOEXEC'],
  ['exec', 7, 'ERR_SYSCOPE_SPAWN_FAILED', 'E2BIG'],
  ['exec', 12, 'ERR_SYSCOPE_SPAWN_FAILED', 'ENOMEM'],
  ['chdir', 2, 'ERR_SYSCOPE_BAD_CWD', 'ENOENT'],
  ['spawn', 11, 'ERR_SYSCOPE_SPAWN_FAILED', 'EAGAIN'],
  ['stdio', 9, 'ERR_SYSCOPE_SPAWN_FAILED', 'EBADF'],
  ['setuid', 1, 'ERR_SYSCOPE_SPAWN_FAILED', 'EPERM'],
  ['setgid', 1, 'ERR_SYSCOPE_SPAWN_FAILED', 'EPERM'],
  ['setgroups', 1, 'ERR_SYSCOPE_SPAWN_FAILED', 'EPERM'],
  ['seize', 1, 'ERR_SYSCOPE_PTRACE_DENIED', 'EPERM'],
  ['kernel', 38, 'ERR_SYSCOPE_UNSUPPORTED_KERNEL', 'ENOSYS'],
  ['filter', 22, 'ERR_SYSCOPE_ENGINE', 'EINVAL'],
  ['rules', 0, 'ERR_SYSCOPE_RULE_UNENFORCEABLE', undefined],
  ['plan', 0, 'ERR_SYSCOPE_ENGINE', undefined],
  ['thread', 11, 'ERR_SYSCOPE_ENGINE', 'EAGAIN'],
  ['internal', 0, 'ERR_SYSCOPE_ENGINE', undefined],
] as const) {
  test(`${step} with ${errnoName ?? 'no errno'} is ${code}`, (t) => {
    const error = explain({ step, errno, operation: 'an operation' })
    t.like(error, { name: 'SyscopeError', code, errno: errnoName, operation: 'an operation' })
    t.regex(error.message, /[.!]$/)
  })
}

test('a script without its interpreter is told apart from a missing file', (t) => {
  const script = join(proc, 'script')
  writeFileSync(script, '#!/nosuch\n', { mode: 0o755 })
  t.true(explain({ step: 'exec', errno: 2 }, { file: script }).message.includes('interpreter'))
})

test('a process that is traced already names its tracer', (t) => {
  const error = explain({ step: 'seize', errno: 1, pid: 70 }, {})
  t.like(error, { code: 'ERR_SYSCOPE_ALREADY_TRACED', pid: 70, errno: 'EPERM' })
  t.true(error.message.includes('gdb (pid 77)'))
})

test('a process that we trace already is told so', (t) => {
  const error = explain({ step: 'denied', errno: 1, pid: 72 }, {})
  t.is(error.code, 'ERR_SYSCOPE_ALREADY_TRACED')
  t.true(error.message.includes('another run of this process'))
})

test('a process of somebody else says whose it is, and Yama how to lift it', (t) => {
  const error = explain({ step: 'denied', errno: 1, pid: 71 }, {})
  t.is(error.code, 'ERR_SYSCOPE_ATTACH_DENIED')
  t.true(error.message.includes('runs as user 33'))
  t.true(error.message.includes('kernel.yama.ptrace_scope=0'))
})

test('a process that is gone, and our own', (t) => {
  t.like(explain({ step: 'gone', errno: 3, pid: 79 }, {}), {
    code: 'ERR_SYSCOPE_NO_SUCH_PROCESS',
    message: 'There is no process 79.',
  })
  t.like(explain({ step: 'self', errno: 0, pid: 80 }, {}), { code: 'ERR_SYSCOPE_OWN_PROCESS' })
})

test('a process that has ended, and whose parent does not know it yet, is gone', (t) => {
  t.like(explain({ step: 'denied', errno: 1, pid: 73 }, {}), { code: 'ERR_SYSCOPE_NO_SUCH_PROCESS' })
})

test('the failure is the JSON in the message', (t) => {
  const failure = { step: 'exec', errno: 2, message: 'execve failed' }
  t.deepEqual(readFailure(new Error(JSON.stringify(failure))), failure)
  t.is(readFailure(new Error('plain')), undefined)
  t.is(readFailure(new Error('{"step":1}')), undefined)
  t.is(readFailure('thrown'), undefined)
})
