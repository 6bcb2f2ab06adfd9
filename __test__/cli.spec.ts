/** The command as people run it: the compiled executable, real programs, both streams and the exit status. */

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import test from 'ava'

const root = resolve(import.meta.dirname, '..')
const bin = join(root, 'dist/src/cli/bin.js')

function syscope(...words: readonly string[]) {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [bin, ...words], { encoding: 'utf8' })
  return { stdout, stderr, status, signal, lines: stderr.split('\n').filter((line) => line !== '') }
}

function temporary(name: string): string {
  return join(mkdtempSync(join(tmpdir(), 'syscope-cli-')), name)
}

test('the command writes to its own stdout, the trace goes to stderr', (t) => {
  const run = syscope('echo', 'hello')
  t.is(run.stdout, 'hello\n')
  t.is(run.status, 0)
  t.regex(run.lines[0] ?? '', /^execve\(".*\/echo", \["echo", "hello"\], 0x[0-9a-f]+ \/\* \d+ vars \*\/\) = 0$/)
  t.true(run.lines.some((line) => /^write\(1, "hello\\n", 6\) {17,}= 6$/.test(line)))
  t.is(run.lines.at(-2)?.replace(/ +/, ' '), 'exit_group(0) = ?')
  t.is(run.lines.at(-1), '+++ exited with 0 +++')
})

test('the exit status is the command’s', (t) => {
  t.is(syscope('sh', '-c', 'exit 42').status, 42)
})

for (const signal of ['TERM', 'KILL', 'SEGV', 'PIPE', 'ABRT'] as const) {
  test(`it dies of SIG${signal} as the command did`, (t) => {
    const run = syscope('-qq', 'sh', '-c', `ulimit -c 0; kill -${signal} $$`)
    t.is(run.signal, `SIG${signal}`)
    t.regex(run.lines.at(-1) ?? '', new RegExp(`^\\+\\+\\+ killed by SIG${signal} \\+\\+\\+$`))
  })
}

test('-o writes a file, and nothing to stderr', (t) => {
  const log = temporary('log')
  const run = syscope('-o', log, 'true')
  t.is(run.stderr, '')
  t.regex(readFileSync(log, 'utf8'), /^execve\(.*\n(.*\n)*\+\+\+ exited with 0 \+\+\+\n$/)
})

test('-o -A appends', (t) => {
  const log = temporary('log')
  syscope('-o', log, '-e', 'trace=none', 'true')
  syscope('-A', '-o', log, '-e', 'trace=none', 'true')
  t.is(readFileSync(log, 'utf8'), '+++ exited with 0 +++\n'.repeat(2))
})

test('-f with -o puts the pid in front of each line', (t) => {
  const log = temporary('log')
  syscope('-f', '-o', log, 'sh', '-c', 'true & wait')
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  t.true(lines.every((line) => /^\d+ +\S/.test(line)))
  t.is(new Set(lines.map((line) => line.split(' ')[0])).size, 2)
})

test('-f on stderr names the pid while there are several', (t) => {
  const run = syscope('-f', '-e', 'trace=none', 'sh', '-c', 'true & wait')
  t.true(run.lines.some((line) => /^syscope: Process \d+ attached$/.test(line)))
  t.true(run.lines.some((line) => /^\[pid +\d+\] \+\+\+ exited with 0 \+\+\+$/.test(line)))
  t.is(run.lines.at(-1), '+++ exited with 0 +++')
})

test('without -f children are not shown, and live', (t) => {
  const run = syscope('-e', 'trace=execve', 'sh', '-c', '/bin/echo one; /bin/echo two')
  t.is(run.stdout, 'one\ntwo\n')
  t.is(run.lines.filter((line) => line.startsWith('execve(')).length, 1)
})

test('-e chooses calls', (t) => {
  const names = (...words: string[]) =>
    new Set(
      syscope('-qq', '-e', 'signal=none', ...words, 'cat', '/etc/hostname').lines.map((line) => line.split('(')[0]),
    )
  t.deepEqual(names('-e', 'trace=write'), new Set(['write']))
  t.deepEqual(names('-e', 'read'), new Set(['read']))
  t.deepEqual(names('-e', 'trace=/^exit_gr'), new Set(['exit_group']))
  t.deepEqual(names('-e', 'trace=?no_such_call,write'), new Set(['write']))
  t.deepEqual(names('-e', 'trace=none'), new Set())
  t.true(names('-e', 'trace=%file').has('openat'))
  t.false(names('-e', 'trace=!%file').has('openat'))
})

test('-z and -Z choose by the result', (t) => {
  const log = temporary('log')
  const shown = (option: string): readonly string[] => {
    syscope(option, '-qq', '-o', log, '-e', 'trace=openat,open', 'cat', '/no/such/file')
    return readFileSync(log, 'utf8').trimEnd().split('\n')
  }
  const good = shown('-z')
  t.true(good.length > 0 && good.every((line) => /^open.* = \d+$/.test(line)))
  const failed = shown('-Z')
  t.true(failed.length > 0 && failed.every((line) => /^open.* = -1 E[A-Z]+ \(.*\)$/.test(line)))
  t.true(failed.some((line) => /"\/no\/such\/file".* = -1 ENOENT \(No such file or directory\)$/.test(line)))
})

test('-s cuts strings, never paths', (t) => {
  const { lines } = syscope('-s', '3', '-e', 'trace=write,openat', 'echo', 'abcdefgh')
  t.true(lines.some((line) => line.startsWith('write(1, "abc"..., 9)')))
  t.true(lines.some((line) => /openat\(.*"\/[^"]{4,}"/.test(line)))
})

test('-a moves the column', (t) => {
  const { lines } = syscope('-a', '12', '-e', 'trace=exit_group', 'true')
  t.is(lines[0], 'exit_group(0) = ?')
  t.is(syscope('-a', '20', '-e', 'trace=exit_group', 'true').lines[0], 'exit_group(0)       = ?')
})

test('-c prints a table', (t) => {
  const { stderr } = syscope('-c', 'true')
  t.regex(stderr, /^% time +seconds +usecs\/call +calls +errors syscall\n(-+ ?)+\n/)
  t.regex(stderr, /\n100\.00 .* total\n$/)
  t.false(stderr.includes('execve('))
})

test('-c sorts as told', (t) => {
  const names = syscope('-c', '-S', 'name', '-U', 'calls,name', 'true')
    .lines.slice(2, -2)
    .map((line) => line.trim().split(/ +/)[1] ?? '')
  t.deepEqual(names, names.toSorted())
  t.true(names.includes('execve'))
})

test('--json writes one object a line', (t) => {
  const events = syscope('--json', 'true').lines.map((line): unknown => JSON.parse(line))
  t.true(events.some((event) => isLike(event, { type: 'syscall', name: 'execve', ok: true })))
  t.like(events.at(-1), { type: 'exit', code: 0 })
})

function isLike(value: unknown, expected: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(expected).every(([key, part]) => Reflect.get(Object(value), key) === part)
}

test('--deny makes calls fail, and says so', (t) => {
  const run = syscope('-e', 'trace=mkdir,mkdirat', '--deny', 'mkdir,mkdirat:EROFS', 'mkdir', temporary('x'))
  t.is(run.status, 1)
  t.true(run.lines.some((line) => line.endsWith('= -1 EROFS (Read-only file system) (INJECTED)')))
})

test('-E changes the command’s environment only', (t) => {
  const words = ['-o', '/dev/null', '-E', 'SYSCOPE_A=1', '-E', 'HOME', 'sh', '-c', 'echo $SYSCOPE_A-${HOME-none}']
  t.is(syscope(...words).stdout, '1-none\n')
})

test('-V and --help', (t) => {
  t.regex(syscope('-V').stdout, /^syscope -- version \d/)
  const help = syscope('--help')
  t.is(help.status, 0)
  t.regex(help.stdout, /Usage: syscope \[options\] command/)
})

test('--doctor says whether tracing works', (t) => {
  const run = syscope('--doctor')
  t.is(run.status, 0)
  t.regex(run.stdout, /syscope can trace commands here/)
})

const refusals: readonly (readonly [words: readonly string[], message: RegExp])[] = [
  [[], /^syscope: must have PROG \[ARGS\] or -p PID\nTry 'syscope -h' for more information\.\n$/],
  [['-Q', 'true'], /^syscope: invalid option -- 'Q'\nTry 'syscope -h' for more information\.\n$/],
  [['--nope', 'true'], /^syscope: unrecognized option '--nope'\nTry/],
  [['-a', 'x', 'true'], /^syscope: invalid -a argument: 'x'\nTry/],
  [
    ['-e', 'trace=opnat', 'true'],
    /^syscope: invalid system call 'opnat' in -e trace=opnat; did you mean 'openat'\?\n$/,
  ],
  [['no-such-command'], /^syscope: Cannot find executable 'no-such-command'\n$/],
  [['./no-such-command'], /^syscope: Cannot stat '.\/no-such-command': No such file or directory\n$/],
  [['/etc/passwd'], /^syscope: exec: Permission denied\n/],
  [
    ['-o', '/no/such/folder/log', 'true'],
    /^syscope: Can't fopen '\/no\/such\/folder\/log': No such file or directory\n$/,
  ],
  [['-p', '4194304'], /^syscope: attach: ptrace\(PTRACE_SEIZE, 4194304\): No such process\n$/],
  [['-p', 'x'], /^syscope: Invalid process id: 'x'\n$/],
]

for (const [words, message] of refusals) {
  test(`syscope ${words.join(' ')} is refused`, (t) => {
    const run = syscope(...words)
    t.is(run.status, 1)
    t.regex(run.stderr, message)
    t.is(run.stdout, '')
  })
}

/** Starts `syscope`, and resolves once `marker` is on stderr. */
async function started(words: readonly string[], marker: RegExp) {
  const child = spawn(process.execPath, [bin, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8')
  const over = new Promise<{ code: number | null; signal: string | null }>((done) => {
    child.on('close', (code, signal) => done({ code, signal }))
  })
  await new Promise<void>((done) => {
    child.stderr.on('data', (text: string) => {
      stderr += text
      if (marker.test(stderr)) done()
    })
    void over.then(() => done())
  })
  return { child, over, stderr: () => stderr }
}

test('a blocking call shows while it waits', async (t) => {
  const run = await started(['-e', 'trace=clock_nanosleep,nanosleep', 'sleep', '60'], /nanosleep\(/)
  t.notRegex(run.stderr(), /nanosleep\(.*\n/)
  run.child.kill('SIGTERM')
  t.is((await run.over).signal, 'SIGTERM')
})

test('Ctrl-C lets a process go that was attached to', async (t) => {
  const sleeper = spawn('sleep', ['60'], { stdio: 'ignore' })
  try {
    const run = await started(['-p', String(sleeper.pid)], /attached/)
    run.child.kill('SIGINT')
    t.is((await run.over).signal, 'SIGINT')
    t.regex(run.stderr(), new RegExp(`syscope: Process ${sleeper.pid} detached\n`))
    const status = readFileSync(`/proc/${sleeper.pid}/status`, 'utf8')
    // It may have to wait for a CPU before it sleeps again.
    t.regex(status, /^State:\s+[RSD]/m)
    t.regex(status, /^TracerPid:\s+0$/m)
  } finally {
    sleeper.kill('SIGKILL')
  }
})

test('an attached process that ends leaves status 0', async (t) => {
  const waiter = spawn('sh', ['-c', 'read line; exit 0'], { stdio: ['pipe', 'ignore', 'ignore'] })
  const run = await started(['-e', 'trace=exit_group', '-p', String(waiter.pid)], /attached/)
  waiter.stdin.end()
  const status = await run.over
  t.regex(run.stderr(), /exit_group\(0\) +=[ ]\?\n\+\+\+ exited with 0 \+\+\+\n$/)
  t.deepEqual(status, { code: 0, signal: null })
})

test('a process that is traced already names its tracer', async (t) => {
  const sleeper = spawn('sleep', ['60'], { stdio: 'ignore' })
  try {
    const first = await started(['-p', String(sleeper.pid)], /attached/)
    const second = syscope('-p', String(sleeper.pid))
    t.is(second.status, 1)
    t.is(
      second.stderr,
      `syscope: attach: ptrace(PTRACE_SEIZE, ${sleeper.pid}): Operation not permitted\n` +
        `syscope: Process ${sleeper.pid} is already being traced by pid ${first.child.pid}\n`,
    )
    first.child.kill('SIGTERM')
    await first.over
  } finally {
    sleeper.kill('SIGKILL')
  }
})

test('with -o FILE PROG signals are for the program alone', async (t) => {
  const log = temporary('log')
  const run = await started(['-o', log, 'sh', '-c', 'echo ready >&2; sleep 1; exit 5'], /ready/)
  run.child.kill('SIGINT')
  run.child.kill('SIGTERM')
  t.deepEqual(await run.over, { code: 5, signal: null })
})

test('a reader that goes away ends the trace as SIGPIPE would', (t) => {
  const line = `${process.execPath} ${bin} sh -c 'while :; do :; done 2>&1; :' 2>&1 >/dev/null | head -n 1`
  const { stdout, status } = spawnSync(
    'bash',
    ['-o', 'pipefail', '-c', line.replace('while :; do :; done', 'while echo; do :; done')],
    {
      encoding: 'utf8',
      timeout: 20_000,
    },
  )
  t.regex(stdout, /^execve\(/)
  t.is(status, 141)
})

// As in a container: the kernel gives the orphans of the tree to us, and a PID namespace does not end before they are reaped. The
// /proc that is seen there is of the namespace around.
const isolated = ['--user', '--map-root-user', '--pid', '--fork']
const canIsolate = spawnSync('unshare', [...isolated, 'true']).status === 0
const isolation = canIsolate ? test : test.skip
isolation('as PID 1 of its namespace it reaps orphans, and numbers are translated', (t) => {
  const log = temporary('log')
  // The first child is PID 1 of the inner namespace, whose end kills the other: not before there is another.
  const begun = temporary('begun')
  const script = `until [ -e ${begun} ]; do sleep 0.01; done & sleep 60 & : > ${begun}; exit 3`
  const words = ['-f', '-o', log, '--decode-pids=pidns', '-e', 'trace=getpid,clone,vfork,fork', 'unshare', '-p']
  const run = spawnSync('unshare', [...isolated, process.execPath, bin, ...words, 'bash', '-c', script], {
    encoding: 'utf8',
    timeout: 30_000,
    killSignal: 'SIGKILL',
  })
  t.is(run.status, 3, run.stderr)
  const text = readFileSync(log, 'utf8')
  t.regex(text, /\+\+\+ killed by SIGKILL \+\+\+/)
  t.regex(text, /= 1 \/\* \d+ in strace's PID NS \*\//)
})
