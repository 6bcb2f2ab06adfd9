/** -e inject=, -e fault=, --deny and --policy: what they do to programs. */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'

const bin = join(import.meta.dirname, '../dist/src/cli/bin.js')
const root = mkdtempSync(join(tmpdir(), 'syscope-rules-'))
test.after.always(() => rmSync(root, { recursive: true }))

function syscope(...words: readonly string[]) {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [bin, '-a0', ...words], { encoding: 'utf8' })
  const lines = stderr.split('\n').filter((line) => line !== '')
  return { stdout, stderr, status, signal, lines, calls: lines.filter((line) => /^(\[pid +\d+\] )?\w+\(/.test(line)) }
}

/** Expression, what the shell runs, what it prints. */
const has = test.macro({
  exec(t, words: readonly string[], script: string, stdout: string) {
    const run = syscope(...words, 'sh', '-c', script)
    t.is(run.stdout, stdout, run.stderr)
  },
  title: (_, words: readonly string[], script: string) => `${words.join(' ')} ${script}`,
})

const echoes = 'for it in 1 2 3 4 5; do echo $it; done 2>&-'

test('a call fails at the occurrence that when= says', (t) => {
  const { stdout, calls, lines } = syscope(
    '-e',
    'inject=write:error=ENOSPC:when=2',
    '-e',
    'trace=write',
    'sh',
    '-c',
    echoes,
  )
  t.is(stdout, '1\n3\n4\n5\n')
  t.is(calls[1], 'write(1, "2\\n", 2) = -1 ENOSPC (No space left on device) (INJECTED)')
  t.is(lines.filter((line) => line.endsWith('(INJECTED)')).length, 1)
})

test(has, ['-e', 'inject=write:error=5:when=2+'], 'echo 1; echo 2; echo 3', '1\n')
test(has, ['-e', 'inject=chdir:error=EIO:when=2..4'], 'for it in 1 2 3 4 5; do cd / 2>&- && echo $it; done', '1\n5\n')
test(has, ['-e', 'fault=chdir'], 'cd / || echo "$?"', '2\n')
test(has, ['--fault=chdir:error=ENOENT:when=1'], 'cd / || cd /tmp && pwd', '/tmp\n')
test(has, ['--inject=geteuid:retval=4242'], 'exec id -u', '4242\n')
test(has, ['-e', 'inject=chdir:retval=0:syscall=getpid'], 'cd /nowhere && echo there', 'there\n')
test(has, ['-e', 'inject=chdir:signal=usr1'], 'trap "echo got it" USR1; cd /; echo on', 'got it\non\n')
test(has, ['-e', 'inject=chdir:poke_enter=@arg1=2f746d7000'], 'cd /nowhere; exec pwd -P', '/tmp\n')
test(has, ['-e', 'inject=chdir:error=EIO', '-e', 'inject=chdir,umask:retval=0'], 'cd /nowhere && echo there', 'there\n')
// Ours.
test(has, ['-e', 'inject=write:fd=1:setarg3=1'], 'echo ab', 'ab\n')
test(has, ['-e', 'inject=chdir:path=/tmp:error=EIO'], 'cd / && cd /tmp 2>&- || echo no', 'no\n')
test(has, ['-e', 'inject=chdir:path=/usr/:error=EIO'], 'cd /usr/bin 2>&- || cd /usr 2>&- || echo neither', 'neither\n')
test(has, ['-e', 'inject=write:fd=1:nth=1:error=EIO'], echoes, '2\n3\n4\n5\n')
test(has, ['-e', 'inject=write:fd=1:arg3=3..:error=EIO'], 'echo 1; echo 22; echo 3', '1\n3\n')
test(has, ['-e', 'inject=openat:arg3=+O_TRUNC:error=EROFS'], `echo >${root}/new || echo no`, 'no\n')
test(has, ['-e', 'inject=chdir:outcome=failed:retval=0'], 'cd /nowhere && echo there', 'there\n')
test(has, ['-e', 'inject=chdir:outcome=ENOTDIR:retval=0'], 'cd /nowhere 2>&- || echo no', 'no\n')
test(has, ['-e', 'inject=chdir:run:error=EIO'], 'cd /tmp 2>&-; exec pwd -P', '/tmp\n')
test(has, ['-f', '-e', 'inject=write:process=echo:error=EIO'], '/bin/echo 1; /bin/printf 2', '2')
// Denied.
test(has, ['--deny=chdir'], 'cd / 2>&- || echo no', 'no\n')
test(
  has,
  ['--deny', 'path=/etc/hostname:EIO'],
  '{ read x </etc/hostname; } 2>&-; echo "$x."; read x </etc/passwd; echo "${x%%:*}."',
  '.\nroot.\n',
)
test(has, ['-f', '--deny', 'openat:path=/etc/host*'], 'cat /etc/hostname 2>/dev/null || echo no', 'no\n')

test('marks are those of strace', (t) => {
  const mark = (expression: string) => {
    const { calls } = syscope('-e', `inject=chdir${expression}`, '-e', 'trace=chdir', 'sh', '-c', 'cd / 2>&-')
    return calls[0]?.replace(/^.* = (-?\d+ ?)(\w+ )?(\([A-Z][a-z/ ]+\) ?)?/, '')
  }
  t.is(mark(':error=EIO'), '(INJECTED)')
  t.is(mark(':poke_enter=@arg1=2e00'), '(INJECTED: args)')
  t.is(mark(':poke_enter=@arg1=2e00:retval=0'), '(INJECTED: args, retval)')
  t.is(mark(':delay_exit=1'), '(DELAYED)')
  t.is(mark(':retval=0:delay_enter=1'), '(INJECTED) (DELAYED)')
})

test('delays last, in the unit that they are given in', (t) => {
  for (const [typed, seconds] of [
    ['delay_enter=200000', 0.2],
    ['delay_exit=200ms', 0.2],
    ['delay_enter=1e8ns:delay_exit=.1s', 0.2],
  ] as const) {
    const { calls } = syscope('-T', '-e', `inject=chdir:${typed}`, '-e', 'trace=chdir', 'sh', '-c', 'cd /')
    // What is waited for at the exit is no time of the call.
    const least = typed.startsWith('delay_enter=200000') ? seconds : typed.startsWith('delay_exit') ? 0 : seconds / 2
    t.true(Number(/<([\d.]+)>$/.exec(calls[0] ?? '')?.[1]) >= least, calls[0])
  }
})

test('occurrences are counted by thread and call, or as per= says', (t) => {
  const script = 'umask; (umask); umask'
  const count = (words: string) => {
    const { stderr } = syscope('-f', '-e', `inject=${words}`, '-e', 'trace=umask', 'sh', '-c', script)
    return stderr.match(/\(INJECTED\)/g)?.length ?? 0
  }
  // The shell asks for the mask by setting it, and sets it back: six calls, two of them in a child.
  t.is(count('umask:retval=7:when=2+'), 4)
  t.is(count('umask:retval=7:when=2+:per=tree'), 5)
  t.is(count('umask:retval=7:nth=2'), 1)
  t.is(count('umask:retval=7:nth=2:per=process'), 2)
})

test('only what is traced is changed, and an expression without effect says so', (t) => {
  const script = 'cd / && echo there'
  const hidden = syscope('-e', 'trace=openat', '-e', 'inject=chdir:error=EIO', 'sh', '-c', script)
  t.is(hidden.stdout, 'there\n')
  t.true(
    hidden.lines.includes(
      "syscope: inject argument 'chdir:error=EIO' changes nothing, as -e trace= leaves its calls out",
    ),
  )
  const elsewhere = syscope('-P', '/usr', '-e', 'inject=chdir:error=EIO', 'sh', '-c', `${script}; cd /usr || echo no`)
  t.is(elsewhere.stdout, 'there\nno\n')
  const onFd = (fd: string) =>
    syscope(`--trace-fds=${fd}`, '-e', 'inject=write:error=EIO', 'sh', '-c', 'echo one').stdout
  t.is(onFd('1'), '')
  t.is(onFd('2'), 'one\n')
})

test('what is denied is shown, traced or not', (t) => {
  const { calls } = syscope('-e', 'trace=none', '--deny', 'chdir:ENOSYS', 'sh', '-c', 'cd / 2>&-')
  t.deepEqual(calls, ['chdir("/") = -1 ENOSYS (Function not implemented) (INJECTED)'])
})

test('children are denied the same without -f, and shown where they are', (t) => {
  const { stdout, lines } = syscope(
    '-e',
    'trace=none',
    '--deny=umask:EPERM',
    'sh',
    '-c',
    '(cd /; umask 7); (cd /tmp); echo on',
  )
  t.is(stdout, 'on\n')
  const seen = lines.map((line) => line.replace(/ *\d+/, ' N')).filter((line) => !line.includes('SIGCHLD'))
  t.regex(seen[0] ?? '', /^syscope: Process N attached$/)
  t.regex(seen[1] ?? '', /^\[pid +N\] umask\(000\) = /)
  t.deepEqual(seen.slice(-2), ['[pid N] +++ exited with 0 +++', '+++ exited with N +++'])
  // What strace can say is for the command alone, then as ever.
  const own = syscope(
    '--deny=umask',
    '-e',
    'inject=chdir:error=EIO',
    'sh',
    '-c',
    '(cd / && echo there); cd / 2>&- || echo no',
  )
  t.is(own.stdout, 'there\nno\n')
})

test('kill ends the tree', (t) => {
  const { stdout, signal } = syscope(
    '-f',
    '-e',
    'inject=chdir:kill',
    'sh',
    '-c',
    'sleep 60 & echo on; cd /; echo never',
  )
  t.is(stdout, 'on\n')
  t.is(signal, 'SIGKILL')
})

test('the network is denied, but for what is left of it', async (t) => {
  const server = createServer((socket) => socket.end('hello\n')).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const script = `require("net").connect(${port}, "127.0.0.1").on("data", (it) => process.stdout.write(it)).on("error", (it) => console.log(it.code))`
  const reach = (...words: readonly string[]) =>
    new Promise<string>((resolve) => {
      const child = spawn(process.execPath, [bin, '-f', '-o', '/dev/null', ...words, process.execPath, '-e', script])
      let text = ''
      child.stdout.on('data', (it) => (text += String(it)))
      child.once('close', () => resolve(text))
    })
  t.is(await reach('--deny', 'network'), 'EPERM\n')
  t.is(await reach('--deny', 'network:ENETUNREACH'), 'ENETUNREACH\n')
  t.is(await reach('--deny', 'network:except=loopback'), 'hello\n')
  t.is(await reach('--deny', `network:except=127.0.0.1:${port}`), 'hello\n')
  t.is(await reach('--deny', `connect:addr=127.0.0.1:${port}:ECONNREFUSED`), 'ECONNREFUSED\n')
  t.is(await reach('--deny', `connect:addr=:${port === 1 ? 2 : 1}`), 'hello\n')
  t.is(await reach('-e', `inject=connect:addr=127.0.0.0/8:${port}:error=EHOSTUNREACH`), 'EHOSTUNREACH\n')
  server.close()
})

test('bytes that cannot be written are told, as strace does', (t) => {
  const none = syscope(
    '-e',
    'inject=chdir:when=2:poke_enter=@arg2=00',
    '-e',
    'trace=chdir',
    'sh',
    '-c',
    'cd /; cd /tmp; cd /',
  )
  const why = "requested to tamper with argument #2, but system call 'chdir' has only 1 arguments"
  t.is(
    none.lines.filter((line) => new RegExp(`^syscope: Failed to tamper with process \\d+: ${why}$`).test(line)).length,
    1,
  )
  t.false(none.stderr.includes('INJECTED'))
  const nowhere = syscope(
    '-e',
    'inject=rt_sigaction:poke_exit=@arg3=00',
    '-e',
    'trace=rt_sigaction',
    'sh',
    '-c',
    'trap : USR1',
  )
  t.regex(nowhere.stderr, /^syscope: Failed to tamper with process \d+: couldn't poke$/m)
})

test('results that are taken for errors are warned of', (t) => {
  const { lines, stdout } = syscope(
    '-e',
    'inject=chdir:retval=-2',
    '-e',
    'trace=chdir',
    'sh',
    '-c',
    'cd / 2>&- || echo no',
  )
  t.is(lines[0], 'syscope: Inadvertent injection of error 2 is possible for retval=18446744073709551614')
  t.is(stdout, 'no\n')
  const compat = (value: string) => syscope('-e', `inject=chdir:retval=${value}`, '-e', 'trace=none', 'true').lines[0]
  t.is(
    compat('0xfffffffe'),
    'syscope: Inadvertent injection of error 2 is possible in compat personality for retval=4294967294',
  )
  t.is(compat('0x100000001'), 'syscope: Injected return value 4294967297 will be clipped to 1 in compat personality')
})

test('errors of any number can be injected', (t) => {
  const { calls } = syscope('-e', 'inject=chdir:error=3000', '-e', 'trace=chdir', 'sh', '-c', 'cd / 2>&-')
  t.is(calls[0], 'chdir("/") = -1 (errno 3000) (INJECTED)')
})

test('--json says which rule it was, and -c counts what it did', (t) => {
  const { lines } = syscope(
    '--json',
    '--deny=umask',
    '-e',
    'inject=chdir:error=EIO',
    '-e',
    'trace=chdir',
    'sh',
    '-c',
    'cd / 2>&-',
  )
  const events = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  const { error, injected } = events.find(({ name }) => name === 'chdir') ?? {}
  t.is(error, 'EIO')
  t.like(injected, { did: ['result'], argv: ['sh', '-c', 'cd / 2>&-'] })
  const table = syscope(
    '-c',
    '-U',
    'calls,errors,name',
    '-e',
    'inject=chdir:error=EIO:when=2',
    '-e',
    'trace=chdir',
    'sh',
    '-c',
    'cd /; cd / 2>&-',
  )
  t.regex(table.stderr, /\n +2 +1 chdir\n/)
})

test('processes that run already are concerned too, and those that -D becomes', async (t) => {
  const busy = 'setInterval(() => process.umask(), 10)'
  const child = spawn(process.execPath, ['-e', busy], { stdio: 'ignore' })
  await new Promise((resolve) => setTimeout(resolve, 300))
  const words = ['-o', '/dev/null', '-e', 'inject=umask:kill', '-p', String(child.pid)]
  const tracer = spawn(process.execPath, [bin, ...words], { stdio: 'ignore' })
  const signal = await new Promise((resolve) => child.once('exit', (_, it) => resolve(it)))
  t.is(signal, 'SIGKILL')
  tracer.kill()
  const log = join(root, 'daemon')
  t.is(syscope('-D', '-o', log, '-e', 'inject=chdir:error=EIO', 'sh', '-c', 'cd / 2>&- || echo no').stdout, 'no\n')
})

const refused = test.macro({
  exec(t, words: readonly string[], message: string | RegExp) {
    const mark = join(root, `mark${Math.random()}`)
    const { stderr, status } = syscope(...words, 'touch', mark)
    t.is(status, 1)
    if (typeof message === 'string') t.is(stderr, `syscope: ${message}\n`)
    else t.regex(stderr, message)
    t.false(existsSync(mark), 'the command was started')
  },
  title: (_, words: readonly string[]) => `${words.join(' ')} is refused`,
})

test(refused, ['-e', 'inject=chdir'], "invalid inject argument 'chdir': nothing is to be done")
test(refused, ['--inject=chdir:error=EWHAT'], "invalid inject argument 'chdir:error=EWHAT'")
test(refused, ['--fault=chdir:retval=0'], "invalid fault argument 'chdir:retval=0': retval= is not for fault=")
test(
  refused,
  ['-e', 'inject=chdirr:error=EIO'],
  "invalid system call 'chdirr' in -e inject=chdirr; did you mean 'chdir'?",
)
test(
  refused,
  ['-e', 'inject=chdir:path=x/y:error=EIO'],
  /^syscope: invalid inject argument 'chdir:path=x\/y:error=EIO': .*absolute/,
)
test(refused, ['-e', 'inject=getpid:path=/x:error=EIO'], /^syscope: invalid inject argument '.*': .*getpid/)
test(
  refused,
  ['-e', 'inject=openat:arg3=+O_TRUNK:error=EIO'],
  /^syscope: invalid inject argument '.*': .*O_TRUNK.*O_TRUNC/,
)
test(refused, ['-e', 'inject=write:setarg3=1:retval=0'], /^syscope: invalid inject argument '.*': /)
test(
  refused,
  ['--deny', 'network:except=nonsense'],
  /^syscope: invalid deny argument 'network:except=nonsense': .*nonsense/,
)
test(refused, ['--deny', 'path=x'], /^syscope: invalid deny argument 'path=x': .*absolute/)
test(refused, ['--policy', '/nowhere/policy.json'], '/nowhere/policy.json: cannot be read (ENOENT)')

test('--policy does what the file says, and says where it is wrong', (t) => {
  const file = join(root, 'policy.json')
  const write = (text: string) => writeFileSync(file, text)
  write('{ "version": 1, "deny": { "path": "/etc/hostname" }, "inject": [{ "syscall": "chdir", "error": "EIO" }] }')
  const script = '{ read x </etc/hostname; } 2>&-; echo "$x."; cd / 2>&- || echo no'
  const { stdout, stderr } = syscope('--policy', file, '-e', 'trace=none', 'sh', '-c', script)
  t.is(stdout, '.\nno\n')
  t.is(stderr.match(/\(INJECTED\)/g)?.length, 2)
  write('{\n  "version": 1,\n  "inject": [{ "syscall": "chdir", "eror": "EIO" }]\n}')
  const wrong = syscope('--policy', file, 'true')
  t.is(wrong.status, 1)
  t.is(wrong.stderr, `syscope: ${file}:3:36: inject[0].eror: This rule has no \`eror\`. Did you mean \`error\`?\n`)
})

test('the command line of the documents works', (t) => {
  const text = readFileSync(join(import.meta.dirname, '../docs/cli.md'), 'utf8')
  const section = text.slice(text.indexOf('## Changing calls'), text.indexOf('## Manual page'))
  const commands = section.match(/^syscope .*$/gm) ?? []
  t.true(commands.length >= 10)
  for (const command of commands) {
    const words = /^syscope (.*?) (?:-o|\.\/|npm|make|node)/.exec(command)?.[1] ?? ''
    const script = `exec "$0" "$1" ${words} true`
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, bin], { encoding: 'utf8' })
    t.is(status, 0, `${command}\n${stderr}`)
  }
})
