/** The API on real commands. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, closeSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import { attach, CommandError, selectCalls, trace, type TraceEvent, type TraceOptions } from '../index.ts'
import { isAlive, isGone, startStranger } from './strangers.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-api-'))
test.after.always(() => rmSync(root, { recursive: true }))

const modes = ['filter', 'stops'] as const

// --- How the command ends

for (const mode of modes) {
  test(`exit code, output and events of a command, ${mode}`, async (t) => {
    const run = trace('sh', ['-c', 'echo out; echo err >&2; exit 3'], { mode })
    const { pid } = run
    const result = await run
    t.is(typeof pid, 'number')
    t.like(result, { pid, exitCode: 3, signal: undefined, coreDumped: false, timedOut: false, mode, complete: true })
    t.like(result, { stdout: 'out\n', stderr: 'err\n', command: `sh -c 'echo out; echo err >&2; exit 3'` })
    t.deepEqual(result.incomplete, [])
    t.true(result.durationMs > 0)
    const [first] = result.syscalls()
    t.like(first, { name: 'execve', pid, ok: true })
    t.like(result.events.at(-1), { type: 'exit', pid, tid: pid, code: 3 })
    t.true(await isGone(result.pid))
  })
}

test('a command that a signal ended', async (t) => {
  t.like(await trace('sh', ['-c', 'kill -KILL $$']), { exitCode: undefined, signal: 'SIGKILL' })
})

test('a failed command is a result', async (t) => {
  t.like(await trace('false'), { exitCode: 1 })
})

test('with reject, a failed command rejects with all that the result has', async (t) => {
  const run = trace('sh', ['-c', 'echo out; echo err >&2; exit 3'], { reject: true, filter: ['write'] })
  const error = await t.throwsAsync(run, { instanceOf: CommandError, code: 'ERR_SYSCOPE_COMMAND_FAILED' })
  t.like(error, { exitCode: 3, stdout: 'out\n', stderr: 'err\n', pid: run.pid })
  t.is(error?.shortMessage, `Command failed with exit code 3: sh -c 'echo out; echo err >&2; exit 3'`)
  t.is(error?.message, `${error?.shortMessage}\nerr\n\nout\n`)
  t.is(error?.result.syscalls('write').length, 2)
})

test('with reject, a command that a signal ended rejects', async (t) => {
  await t.throwsAsync(trace('sh', ['-c', 'kill -TERM $$'], { reject: true }), {
    code: 'ERR_SYSCOPE_COMMAND_FAILED',
    message: "Command was killed with SIGTERM: sh -c 'kill -TERM $$'",
  })
})

test('with reject, success is a result', async (t) => {
  t.like(await trace('true', [], { reject: true }), { exitCode: 0 })
})

// --- How it is named

test('a template is a command without a shell', async (t) => {
  const { stdout } = await trace`printf ${'%s|'} ${'a b'} ${['$HOME', '*']} --x=${5}`
  t.is(stdout, 'a b|$HOME|*|--x=5|')
})

test('a shell, of which values in a template need not be afraid', async (t) => {
  t.is((await trace('echo "$0" | tr a-z A-Z', { shell: true })).stdout, '/BIN/SH\n')
  t.is((await trace({ shell: 'bash' })`echo ${'$HOME; *'} "$\{BASH_VERSION:+bash}"`).stdout, '$HOME; * bash\n')
  t.is((await trace('exit 3', { shell: true })).command, `/bin/sh -c 'exit 3'`)
  await t.throwsAsync(trace('ls', ['-l'], { shell: true }), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
})

test('programs of packages', async (t) => {
  const bin = join(root, 'project/node_modules/.bin')
  mkdirSync(join(root, 'project/src'), { recursive: true })
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'mine'), '#!/bin/sh\necho mine; command -v mine', { mode: 0o755 })
  const options = { cwd: join(root, 'project/src'), preferLocal: true } as const
  t.is((await trace('mine', options)).stdout, `mine\n${bin}/mine\n`)
  t.is((await trace('mine', { ...options, shell: true })).stdout, `mine\n${bin}/mine\n`)
  await t.throwsAsync(trace('mine', { ...options, preferLocal: false }), { code: 'ERR_SYSCOPE_COMMAND_NOT_FOUND' })
})

test('options first, then any number of commands', async (t) => {
  const traced = trace({ filter: ['write'], encoding: 'buffer' })
  const [one, two] = await Promise.all([traced`echo one`, traced('echo', ['two'], { encoding: 'utf8' })])
  t.deepEqual(one.stdout, new Uint8Array(Buffer.from('one\n')))
  t.is(two.stdout, 'two\n')
  t.is(one.syscalls('write').length, 1)
})

test('the options may take the place of the arguments', async (t) => {
  t.is((await trace('pwd', { cwd: '/usr' })).stdout, '/usr\n')
})

test('a file: URL', async (t) => {
  t.is((await trace(pathToFileURL('/bin/echo'), ['x'])).stdout, 'x\n')
})

// --- Its surroundings

test('working directory', async (t) => {
  t.is((await trace('pwd', [], { cwd: '/usr' })).stdout, '/usr\n')
  t.is((await trace('pwd', [], { cwd: pathToFileURL('/usr') })).stdout, '/usr\n')
  t.is((await trace('pwd')).stdout, `${process.cwd()}\n`)
})

test('environment', async (t) => {
  process.env['SYSCOPE_OURS'] = 'ours'
  const { stdout } = await trace('env', [], { env: { A: 'b=c ü', HOME: undefined } })
  const lines = stdout.split('\n')
  t.true(lines.includes('A=b=c ü'))
  t.true(lines.includes('SYSCOPE_OURS=ours'))
  t.false(lines.some((line) => line.startsWith('HOME=')))
  t.is((await trace('/usr/bin/env', [], { env: { A: '1' }, extendEnv: false })).stdout, 'A=1\n')
})

test('its own name', async (t) => {
  t.is((await trace('sh', ['-c', 'echo $0'], { argv0: 'me' })).stdout, 'me\n')
})

if (process.getuid?.() === 0) {
  test('user and group', async (t) => {
    const { stdout } = await trace('sh', ['-c', 'id -u; id -g'], { uid: 65_534, gid: 65_534 })
    t.is(stdout, '65534\n65534\n')
  })

  test('supplementary groups', async (t) => {
    const groups = async (options: TraceOptions): Promise<string> => String((await trace('id', ['-G'], options)).stdout)
    t.is(await groups({ gid: 65_534 }), '65534\n')
    t.is(await groups({ gid: 65_534, groups: [7, 9] }), '65534 7 9\n')
    t.is(await groups({ groups: [7] }), '0 7\n')
    t.is(await groups({ groups: [] }), '0\n')
    const error = await t.throwsAsync(trace('id', [], { uid: 65_534, groups: [2 ** 32 - 1] }), { any: true })
    t.regex(String(error), /`groups` option to be an array of ids/)
  })
}

// --- Its pipes

test('input is written to stdin, which ends', async (t) => {
  t.is((await trace('cat', [], { input: 'hello' })).stdout, 'hello')
  const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251)
  t.deepEqual((await trace('cat', [], { input: bytes, encoding: 'buffer', filter: ['none'] })).stdout, bytes)
})

test('input that nobody reads does no harm', async (t) => {
  t.like(await trace('true', [], { input: 'x'.repeat(1_000_000) }), { exitCode: 0 })
})

test('stdin as a stream', async (t) => {
  const run = trace('cat', [], { stdin: 'pipe' })
  run.stdin?.write('one ')
  run.stdin?.end('two')
  t.is((await run).stdout, 'one two')
})

test('stdin is empty unless told otherwise', async (t) => {
  const run = trace('cat')
  t.is(run.stdin, undefined)
  t.is((await run).stdout, '')
})

test('stdout as a stream, and in the result', async (t) => {
  const run = trace('sh', ['-c', 'echo one; echo two'])
  let text = ''
  run.stdout?.on('data', (part: Buffer) => (text += part.toString()))
  const { stdout } = await run
  t.is(stdout, 'one\ntwo\n')
  t.is(text, stdout)
})

test('much output arrives whole', async (t) => {
  const { stdout } = await trace('sh', ['-c', 'yes 0123456789 | head -c 3000000'], { filter: ['exit_group'] })
  t.is(stdout.length, 3_000_000)
})

test('encodings', async (t) => {
  t.is((await trace('printf', ['\\303\\274'])).stdout, 'ü')
  t.is((await trace('printf', ['\\303\\274'], { encoding: 'hex' })).stdout, 'c3bc')
  t.is((await trace('printf', ['\\303\\274'], { encoding: 'latin1' })).stdout, 'Ã¼')
})

test('output that is no pipe is not in the result', async (t) => {
  const file = join(root, 'output')
  const fd = openSync(file, 'w')
  const run = trace('sh', ['-c', 'echo out; echo err >&2'], { stdout: fd, stderr: 'ignore' })
  t.is(run.stdout, undefined)
  const result = await run
  closeSync(fd)
  t.is(result.stdout, undefined)
  t.is(result.stderr, undefined)
  t.is(readFileSync(file, 'utf8'), 'out\n')
})

test('an untraced process that holds the pipe does not hold the result', async (t) => {
  const { stdout } = await trace('sh', ['-c', 'echo $$; sleep 60 & echo $!'], { follow: false, mode: 'stops' })
  const [, pid] = stdout.split('\n').map(Number)
  t.true(pid !== undefined && pid > 0)
  if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL')
})

// --- Ends that we bring about

test('timeout', async (t) => {
  const result = await trace('sleep', ['60'], { timeout: 100 })
  t.like(result, { timedOut: true, signal: 'SIGTERM', exitCode: undefined })
  t.true(await isGone(result.pid))
})

test('timeout with another signal, and reject', async (t) => {
  const run = trace('sleep', ['60'], { timeout: 100, killSignal: 'SIGKILL', reject: true })
  await t.throwsAsync(run, { code: 'ERR_SYSCOPE_TIMEOUT', message: 'Command timed out: sleep 60' })
})

test('timeout ends the whole tree', async (t) => {
  const run = trace('sh', ['-c', 'sleep 60 & echo $!; wait'], { timeout: 200, until: 'tree' })
  const { stdout } = await run
  t.true(await isGone(Number(stdout)))
})

test('a run that ends in time did not time out', async (t) => {
  t.like(await trace('true', [], { timeout: 60_000 }), { timedOut: false, exitCode: 0 })
})

test('a run that has ended in time has not timed out, even if nobody looked', async (t) => {
  const run = trace('true', [], { timeout: 300 })
  // Blocks this thread until long after the end and the limit.
  const cell = new Int32Array(new SharedArrayBuffer(4))
  while (run.pid !== undefined && isAlive(run.pid)) Atomics.wait(cell, 0, 0, 10)
  Atomics.wait(cell, 0, 0, 1000)
  t.like(await run, { timedOut: false, exitCode: 0 })
})

test('AbortSignal', async (t) => {
  const controller = new AbortController()
  const run = trace('sleep', ['60'], { signal: controller.signal })
  const reason = new Error('enough')
  controller.abort(reason)
  const error = await t.throwsAsync(run, { instanceOf: CommandError, code: 'ERR_SYSCOPE_ABORTED' })
  t.is(error?.cause, reason)
  t.is(error?.result.signal, 'SIGTERM')
})

test('a signal that was aborted before starts nothing', async (t) => {
  const run = trace('sleep', ['60'], { signal: AbortSignal.abort() })
  t.is(run.pid, undefined)
  await t.throwsAsync(run, { code: 'ERR_SYSCOPE_ABORTED' })
})

test('kill', async (t) => {
  const run = trace('sleep', ['60'])
  t.true(run.kill())
  t.like(await run, { signal: 'SIGTERM' })
  t.false(run.kill())
  const other = trace('sleep', ['60'])
  other.kill('SIGUSR1')
  t.like(await other, { signal: 'SIGUSR1' })
  t.throws(() => other.kill(99), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
})

test('kill of the tree', async (t) => {
  const run = trace('sh', ['-c', 'sleep 60 & echo $!; wait'])
  await once(run.stdout ?? t.fail(), 'data')
  t.true(run.kill({ tree: true, signal: 'SIGKILL' }))
  const { stdout, leaked } = await run
  t.true(await isGone(Number(stdout)))
  t.deepEqual(leaked, [])
})

test('await using', async (t) => {
  const run = trace('sleep', ['60'])
  const { pid } = run
  await run[Symbol.asyncDispose]()
  t.true(pid !== undefined && (await isGone(pid)))
})

// --- The end of the tree

test('a process that stays is told, and killed', async (t) => {
  const result = await trace('sh', ['-c', 'sleep 60 & echo $!'], { drainMs: 50 })
  t.is(result.exitCode, 0)
  t.deepEqual(
    result.leaked.map((it) => it.pid),
    [Number(result.stdout)],
  )
  t.true(await isGone(Number(result.stdout)))
})

test('until the tree has ended', async (t) => {
  const result = await trace('sh', ['-c', '(sleep 0.5; echo late) & echo early'], { until: 'tree', drainMs: 0 })
  t.is(result.stdout, 'early\nlate\n')
  t.deepEqual(result.leaked, [])
})

// --- Events

for (const mode of modes) {
  test(`calls by name, with what went in and came back, ${mode}`, async (t) => {
    const run = await trace('cat', ['/etc/hostname', '/nosuch'], { mode, filter: ['openat', 'read'] })
    t.true(run.complete)
    const opened = run.syscalls('openat')
    const missing = opened.find((call) => call.args.pathname === '/nosuch')
    t.like(missing, { ok: false, error: 'ENOENT', out: undefined, returned: undefined })
    const found = opened.find((call) => call.args.pathname === '/etc/hostname')
    t.true(found?.ok === true && typeof found.returned === 'number' && found.returned > 2)
    t.true(run.events.every((event) => event.type !== 'syscall' || ['openat', 'read'].includes(event.name)))
    t.true(run.syscalls('read').some((call) => call.ok && call.returned === 0))
    t.throws(() => run.syscalls(...(['close'] as string[] as 'read'[])), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  })
}

test('processes and programs', async (t) => {
  const run = await trace('sh', ['-c', '/bin/true; /bin/false'], { filter: ['none'] })
  const forks = run.events.filter((event) => event.type === 'fork')
  const programs = run.events.filter((event) => event.type === 'exec').map((event) => event.program)
  const exits = run.events.filter((event) => event.type === 'exit')
  t.true(programs.some((it) => it.endsWith('/true')) && programs.some((it) => it.endsWith('/false')))
  t.true(forks.every((it) => !it.thread && it.pid === run.pid))
  t.deepEqual(
    forks.map((it) => exits.find((exit) => exit.pid === it.child.pid)?.code),
    [0, 1],
  )
  t.deepEqual(run.syscalls(), [])
})

test('signals with their sender', async (t) => {
  const run = await trace('sh', ['-c', 'trap : USR1; kill -USR1 $$'], { filter: ['none'] })
  const signal = run.events.find((event) => event.type === 'signal')
  t.like(signal, { signal: 'SIGUSR1', info: { signo: 10, code: 'SI_USER', pid: run.pid } })
})

test('times are in order', async (t) => {
  for (const call of (await trace('true')).syscalls()) t.true(call.endNs >= call.startNs)
})

test('without follow, only the first process is recorded', async (t) => {
  const run = await trace('sh', ['-c', '/bin/true; /bin/false'], { follow: false })
  t.deepEqual([...new Set(run.syscalls().map((call) => call.pid))], [run.pid])
})

test('a result as JSON', async (t) => {
  const run = await trace('echo', ['x'], { filter: ['write'] })
  const json: unknown = JSON.parse(JSON.stringify(run))
  t.like(json, { command: 'echo x', exitCode: 0, stdout: 'x\n', complete: true, mode: 'filter' })
  t.true(JSON.stringify(json).includes('"name":"write"'))
})

test('what the filter leaves out cannot be listened for', async (t) => {
  const run = trace('true', [], { filter: ['openat'] })
  const on: (word: string, handler: () => void) => void = run.on.bind(run)
  t.throws(() => on('read', () => {}), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /leaves out read/ })
  t.throws(() => on('raed', () => {}), { code: 'ERR_SYSCOPE_UNKNOWN_SYSCALL' })
  await run
})

test('options of text are checked', async (t) => {
  const run = await trace('true')
  // As JavaScript would call it.
  const text = run.text.bind(run) as (options: unknown) => string
  for (const [options, message] of [
    [{ column: 1 }, /has no option `column`. Did you mean `columns`/],
    [{ columns: -1 }, /`columns` option to be a whole number/],
    [{ raw: 'x' }, /`raw` option to be a boolean or a function/],
    [{ durations: 5 }, /`durations` option to be a number of digits: 0, 3, 6 or 9, got 5/],
    [{ clock: 'x' }, /`clock` option to be \{ format, precision/],
    [5, /options of text\(\) to be an object, got 5/],
  ] as const) {
    t.throws(() => text(options), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message })
  }
})

test('a result as strace writes it', async (t) => {
  const run = await trace('echo', ['x'], { filter: ['write'] })
  t.is(run.text({ columns: 0 }), 'write(1, "x\\n", 2) = 2\n+++ exited with 0 +++\n')
  t.regex(run.text({ columns: 0, raw: selectCalls('!read') }), /^write\(0x1, 0x[0-9a-f]+, 0x2\) = 0x2\n/)
  t.regex(run.text({ dumps: { write: (fd) => fd === 1 } }), /\n \| 00000 {2}78 0a {45}x\. {15}\|\n/)
})

test('counting counts what recording records', async (t) => {
  const options = { env: { LC_ALL: 'C' } } as const
  const counted = await trace('cat', ['/nosuch'], { ...options, counting: true })
  const recorded = await trace('cat', ['/nosuch'], options)
  const counts = ({ calls }: ReturnType<typeof counted.summary>) =>
    calls.map((it) => [it.name, it.calls, it.errors, it.errnos] as const).toSorted(([a], [b]) => (a < b ? -1 : 1))
  t.deepEqual(counts(counted.summary()), counts(recorded.summary()))
  t.is(counted.summary().processes.length, 1)
  t.throws(() => counted.events, { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  t.throws(() => counted.syscalls(), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
})

// --- Denials

for (const mode of modes) {
  test(`a denied call fails, and is told, ${mode}`, async (t) => {
    const run = await trace('mkdir', [join(root, `denied-${mode}`)], {
      mode,
      filter: ['close'],
      deny: { calls: ['mkdir', 'mkdirat'], error: 'EROFS' },
    })
    t.is(run.exitCode, 1)
    t.true(run.stderr.includes('Read-only file system'))
    t.false(existsSync(join(root, `denied-${mode}`)))
    t.is(run.denied.length, 1)
    const argv = ['mkdir', run.denied[0]?.injected?.argv?.[1]]
    t.like(run.denied[0], { ok: false, error: 'EROFS', injected: { rule: 0, did: ['result'], argv } })
    t.like(run.rules[0], { acted: 1, unread: 0 })
    t.is(run.syscalls('mkdir', 'mkdirat').length, 1)
  })
}

test('a denied ring makes Node fall back', async (t) => {
  const run = await trace(process.execPath, ['-e', '0'], { ioUring: 'deny', filter: ['io_uring_setup'] })
  t.like(run, { exitCode: 0, complete: true })
  for (const call of run.syscalls('io_uring_setup')) t.like(call, { ok: false, error: 'ENOSYS', injected: true })
})

// --- As it happens

test('for await gives the events of the whole run', async (t) => {
  const types = new Map<string, number>()
  const run = trace('sh', ['-c', '/bin/true'])
  for await (const event of run) types.set(event.type, (types.get(event.type) ?? 0) + 1)
  t.true((types.get('syscall') ?? 0) > 50)
  t.is(types.get('exit'), types.get('exec'))
  const result = await run
  t.is(result.exitCode, 0)
  t.throws(() => result.events, { code: 'ERR_SYSCOPE_NOT_RECORDED' })
})

test('with keep, the result has the events too', async (t) => {
  const run = trace('true', [], { keep: true })
  const seen: TraceEvent[] = []
  for await (const event of run) if (event.type !== 'pending') seen.push(event)
  const { events } = await run
  t.deepEqual(events.map(String), seen.map(String))
})

test('an event arrives while the command waits', async (t) => {
  const run = trace('cat', [], { stdin: 'pipe', filter: ['read'] })
  for await (const event of run) {
    if (event.type === 'pending' && event.name === 'read' && event.args.fd === 0) run.stdin?.end()
  }
  t.is((await run).exitCode, 0)
})

test('leaving the loop ends the run', async (t) => {
  const run = trace('sh', ['-c', 'sleep 60 & echo $!; wait'])
  for await (const event of run) if (event.type === 'fork') break
  const { signal, pid } = await run
  t.is(signal, 'SIGKILL')
  t.true(await isGone(pid))
})

test('an error in the loop ends the run', async (t) => {
  const run = trace('sleep', ['60'])
  const loop = async (): Promise<void> => {
    for await (const _ of run) throw new Error('mine')
  }
  await t.throwsAsync(loop(), { message: 'mine' })
  t.is((await run).signal, 'SIGKILL')
})

test('handlers by name and by kind', async (t) => {
  const run = trace('cat', ['/etc/hostname'])
  const opened: unknown[] = []
  const kinds: string[] = []
  const codes: unknown[] = []
  const never = (): void => t.fail()
  run.on('openat', (call) => opened.push(call.args.pathname))
  run.on('exit', (event) => codes.push(event.code))
  run.on('event', (event) => kinds.push(event.type))
  run.on('close', never)
  run.off('close', never)
  const result = await run
  t.true(opened.includes('/etc/hostname'))
  t.deepEqual(codes, [0])
  t.deepEqual(
    opened,
    result.syscalls('openat').map((call) => call.args.pathname),
  )
  t.is(kinds.filter((it) => it !== 'pending').length, result.events.length)
})

test('where the tracees wait for room, nothing is lost', async (t) => {
  const script = 'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo $i; done'
  const run = trace('sh', ['-c', script], { backpressure: 'wait', filter: ['write'] })
  let writes = 0
  for await (const event of run) if (event.type === 'syscall') writes += 1
  t.is(writes, 2000)
})

test('recording can stop while the command goes on', async (t) => {
  const run = trace('cat', [], { stdin: 'pipe' })
  run.stopRecording()
  await sleep(100)
  run.stdin?.end('x')
  const result = await run
  t.is(result.stdout, 'x')
  t.false(result.events.some((event) => event.type === 'exit'))
})

// --- Running processes

test('attach, and leave', async (t) => {
  const stranger = await startStranger('sh', '-c', 'while :; do read x < /dev/null; sleep 0.02; done')
  const run = attach(stranger.pid, { filter: ['openat'] })
  t.is(run.pid, stranger.pid)
  let calls = 0
  for await (const event of run) {
    if (event.type === 'syscall' && event.args.pathname === '/dev/null' && ++calls === 3) break
  }
  const result = await run
  t.is(calls, 3)
  t.like(result, { exitCode: undefined, signal: undefined, mode: 'stops', complete: false, stdout: undefined })
  t.true(result.incomplete.includes('detached'))
  t.true(isAlive(stranger.pid))
  t.is(/^TracerPid:\s*(\d+)/m.exec(readFileSync(`/proc/${stranger.pid}/status`, 'utf8'))?.[1], '0')
  stranger.kill()
})

test('attach until the end', async (t) => {
  const file = join(root, 'go')
  const stranger = await startStranger('sh', '-c', 'while [ ! -e "$1" ]; do sleep 0.02; done; exit 4', 'sh', file)
  const run = attach(stranger.pid)
  writeFileSync(file, '')
  const result = await run
  t.is(result.exitCode, 4)
  t.like(result.events[0], { type: 'attach', pid: stranger.pid, threads: 1 })
})

test('attach to several', async (t) => {
  const strangers = await Promise.all([startStranger('sleep', '60'), startStranger('sleep', '60')])
  const run = attach(strangers.map((it) => it.pid))
  await sleep(100)
  run.detach()
  const { events } = await run
  const sorted = (pids: readonly number[]) => pids.toSorted((a, b) => a - b)
  const pids = (type: string) => sorted(events.filter((it) => it.type === type).map((it) => it.pid))
  const expected = sorted(strangers.map((it) => it.pid))
  t.deepEqual(pids('attach'), expected)
  t.deepEqual(pids('detach'), expected)
  for (const stranger of strangers) {
    t.true(isAlive(stranger.pid))
    stranger.kill()
  }
})

test('detach lets a command go that was started so', async (t) => {
  const command = ['-c', 'read x; echo done > "$1"', 'sh', join(root, 'detached')]
  const run = trace('sh', command, { detachable: true, stdin: 'pipe' })
  run.detach()
  const result = await run
  t.like(result, { exitCode: undefined, signal: undefined, incomplete: ['detached'] })
  t.true(isAlive(result.pid))
  run.stdin?.end()
  t.true(await isGone(result.pid))
  t.is(readFileSync(join(root, 'detached'), 'utf8'), 'done\n')
})

test('a command under a filter cannot be let go', async (t) => {
  const run = trace('sleep', ['60'], { filter: ['openat'] })
  t.throws(() => run.detach(), { code: 'ERR_SYSCOPE_FILTER_HOLDS_TRACEE' })
  run.kill('SIGKILL')
  t.is((await run).mode, 'filter')
})

// --- The host

const script = (body: string): readonly string[] => [
  '--import=@oxc-node/core/register',
  '--unhandled-rejections=strict',
  '--input-type=module',
  '-e',
  `import { trace } from '${pathToFileURL(join(import.meta.dirname, '../index.ts')).href}'; ${body}`,
]

for (const [what, body, expected] of [
  ['ends when the run has ended', "const run = await trace('echo', ['x']); console.log(run.stdout)", 'x\n\n'],
  ['ends without waiting for the result', "trace('true')", ''],
  ['stays for a run that nobody awaits', "trace('sleep', ['0.3']).then(() => console.log('ended'))", 'ended\n'],
  [
    'may go when it is told so',
    "trace('sleep', ['60']).unref(); setTimeout(() => console.log('going'), 50)",
    'going\n',
  ],
  [
    'may go after a loop was left',
    "for await (const _ of trace('sleep', ['60'])) break; console.log('left')",
    'left\n',
  ],
  [
    'hears of a failure in the loop, once',
    "try { for await (const _ of trace('/nosuch/command')); } catch (error) { console.log(error.code) }",
    'ERR_SYSCOPE_COMMAND_NOT_FOUND\n',
  ],
] as const) {
  test(`this process ${what}`, async (t) => {
    const child = spawn(process.execPath, script(body), { stdio: ['ignore', 'pipe', 'ignore'] })
    let stdout = ''
    child.stdout.on('data', (part: Buffer) => (stdout += part.toString()))
    await once(child, 'close')
    t.is(stdout, expected)
    t.is(child.exitCode, 0)
  })
}

test('many runs at once', async (t) => {
  const runs = Array.from({ length: 20 }, (_, index) => trace('sh', ['-c', `echo ${index}`], { filter: ['write'] }))
  for (const [index, run] of (await Promise.all(runs)).entries()) {
    t.is(run.stdout, `${index}\n`)
    t.is(run.syscalls('write').length, 1)
  }
})

test('events are equal only to themselves, for assertions that compare', async (t) => {
  const run = await trace('cat', ['/etc/hostname'], { filter: 'openat,read' })
  const [one] = run.syscalls('openat')
  const [other] = run.syscalls('read')
  const [again] = run.syscalls('openat')
  t.false(isDeepStrictEqual(one, other))
  t.true(isDeepStrictEqual(one, again))
  const [exit, exec] = [run.events.at(-1), run.events.find((event) => event.type === 'exec')]
  t.false(isDeepStrictEqual(exit, exec))
  const later = await trace('cat', ['/etc/hostname'], { filter: 'openat,read' })
  t.false(isDeepStrictEqual(later.events.at(-1), exit))
})

test('what was denied is told even where no event is kept', async (t) => {
  const run = await trace('cat', ['/etc/hostname'], { keep: false, deny: { path: '/etc/hostname' } })
  t.deepEqual(
    run.denied.map((call) => call.name),
    ['openat'],
  )
  t.throws(() => run.events, { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  const counted = await trace('cat', ['/etc/hostname'], { counting: true, deny: { path: '/etc/hostname' } })
  t.deepEqual(
    counted.denied.map((call) => call.name),
    ['openat'],
  )
})
