/** Options of the command line that change what is shown of a call, who runs, and when tracing ends. */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import test from 'ava'

const bin = join(resolve(import.meta.dirname, '..'), 'dist/src/cli/bin.js')
const isRoot = process.getuid?.() === 0

function syscope(...words: readonly string[]) {
  const env = { ...process.env, TERM: 'linux' }
  const { stdout, stderr, status } = spawnSync(process.execPath, [bin, ...words], { encoding: 'utf8', env })
  return { stdout, status, stderr, lines: stderr.split('\n').filter((line) => line !== '') }
}

test('-e abbrev=, verbose= and raw= are for the calls that they name', (t) => {
  const words = ['-a0', '-e', 'execve', 'true']
  const address = '0x[0-9a-f]+'
  t.regex(syscope(...words).lines[0] ?? '', new RegExp(String.raw`, \["true"\], ${address} /\* \d+ vars \*/\) = 0$`))
  t.regex(syscope('-e', 'abbrev=!execve', ...words).lines[0] ?? '', /, \["true"\], \[".*"\]\) = 0$/)
  t.regex(
    syscope('--verbose=read', ...words).lines[0] ?? '',
    new RegExp(`^execve\\(".*", ${address}, ${address}\\) = 0$`),
  )
  t.regex(
    syscope('-e', 'x=/^exec', ...words).lines[0] ?? '',
    new RegExp(`^execve\\(${address}, ${address}, ${address}\\) = 0$`),
  )
})

test('-e write= dumps all that was written, whatever -s says', (t) => {
  const { lines } = syscope('-s2', '-e', 'write=1', '-e', 'trace=write', 'echo', 'x'.repeat(40))
  t.deepEqual(lines.slice(0, 4), [
    'write(1, "xx"..., 41)                   = 41',
    ` | 00000  ${'78 '.repeat(8)} ${'78 '.repeat(8)} ${'x'.repeat(16)} |`,
    ` | 00010  ${'78 '.repeat(8)} ${'78 '.repeat(8)} ${'x'.repeat(16)} |`,
    ` | 00020  ${'78 '.repeat(8)} 0a ${' '.repeat(21)} ${'x'.repeat(8)}.${' '.repeat(7)} |`,
  ])
})

test('-e read= dumps what came, of these descriptors only', (t) => {
  const dumped = (set: string) =>
    syscope('-e', `read=${set}`, '-e', 'trace=read', 'cat', '/etc/hostname').lines.filter((line) =>
      line.startsWith(' | '),
    )
  t.true(dumped('all').length > 0)
  t.deepEqual(dumped('none'), [])
  t.deepEqual(dumped('99'), [])
})

test('--color', (t) => {
  const words = ['-e', 'trace=exit_group', 'true']
  t.false(syscope(...words).stderr.includes('\u001B'))
  t.true(syscope('--color=always', ...words).stderr.startsWith('\u001B[33mexit_group\u001B[0m('))
})

test('--json has more of a buffer than text has', (t) => {
  const written = (...words: readonly string[]) => {
    const { lines } = syscope('--json', '-e', 'trace=write', ...words, 'echo', 'y'.repeat(2000))
    const line = lines.find((it) => it.includes('"name":"write"')) ?? '{}'
    return (JSON.parse(line) as { readonly args: { readonly buf: { readonly text: string } } }).args.buf.text
  }
  t.is(written().length, 1024)
  t.is(written('-s4').length, 4)
  t.is(written('-s4000').length, 2001)
})

test('-b execve lets a process go at its next program', (t) => {
  const { lines, stdout, status } = syscope('-f', '-bexecve', '-e', 'execve', 'sh', '-c', '/bin/echo one; exit 3')
  t.is(stdout, 'one\n')
  t.is(status, 3)
  t.true(lines.some((line) => /^\[pid +\d+\] execve\("\/bin\/echo".* <detached \.\.\.>$/.test(line)))
  t.true(lines.some((line) => /^syscope: Process \d+ detached$/.test(line)))
  const last = syscope('-bexecve', '-e', 'trace=none', 'sh', '-c', 'exec /bin/false')
  t.is(last.status, 0)
  t.regex(last.stderr, /^syscope: Process \d+ detached\n$/)
})

test('--syscall-limit ends the trace, not the program', (t) => {
  const untilAlone = 'until grep -q "^TracerPid:.0$" /proc/$$/status; do sleep 0.01; done'
  const { lines, stdout, status } = syscope('--syscall-limit=2', '-e', '/^close', 'sh', '-c', `${untilAlone}; echo on`)
  t.is(lines.filter((line) => line.startsWith('close')).length, 2)
  t.is(lines[2], 'syscope: System call limit has been reached, detaching tracees')
  t.regex(lines[3] ?? '', /^syscope: Process \d+ detached$/)
  t.is(lines.length, 4)
  t.is(stdout, 'on\n')
  t.is(status, 0)
  const counted = syscope('-c', '-U', 'calls,name', '--syscall-limit=2', '-e', '/^close', 'sh', '-c', untilAlone)
  t.regex(counted.stderr, /\n +2 close\n/)
})

const asRoot = isRoot ? test : test.skip
asRoot('-u runs the command as somebody else', (t) => {
  t.is(syscope('-u', '12:34', '-e', 'trace=none', 'sh', '-c', 'id -u; id -g; id -G').stdout, '12\n34\n34\n')
  t.is(syscope('-u', 'nobody', '-e', 'trace=none', 'id', '-un').stdout, 'nobody\n')
  // Somebody who is in a group that is not their own, if there is anybody.
  const members = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(':')[3]?.split(',') ?? [])
  const member = members.find((name) => name !== '' && name !== 'root') ?? 'nobody'
  const sorted = (ids: string): readonly string[] => ids.trim().split(' ').toSorted()
  const groups = spawnSync('id', ['-G', member], { encoding: 'utf8' }).stdout
  t.deepEqual(sorted(syscope('-u', member, '-e', 'trace=none', 'id', '-G').stdout), sorted(groups))
  t.is(syscope('-u', 'no such user', 'true').stderr, "syscope: Cannot find user 'no such user'\n")
  t.is(syscope('-u', 'a:b', 'true').stderr, "syscope: Invalid UID:GID pair 'a:b'\n")
})

/** A process that makes calls until it is killed, and is no child of the tracer. */
async function withBusyProcess(use: (pid: number, child: ChildProcess) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => process.umask(), 10)'], { stdio: 'ignore' })
  try {
    await use(child.pid ?? 0, child)
  } finally {
    child.kill('SIGKILL')
  }
}

test('-p goes on with those that are there', (t) =>
  withBusyProcess(async (pid) => {
    const log = join(mkdtempSync(join(tmpdir(), 'syscope-cli-')), 'log')
    const words = [bin, '-o', log, '-e', 'trace=umask', '--syscall-limit=3', '-p', `${pid},2147483647`]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk) => (said += String(chunk)))
    t.is(await new Promise((resolve) => child.on('close', resolve)), 0)
    t.true(said.includes('syscope: attach: ptrace(PTRACE_SEIZE, 2147483647): No such process\n'), said)
    t.regex(readFileSync(log, 'utf8'), /^(umask\(\d+\) += 0\d+\n){3}$/)
  }))

test('-p fails where nobody is there', (t) => {
  const { status, stderr } = syscope('-p', '2147483647,2147483646')
  t.is(status, 1)
  t.is(stderr.split('\n').length, 3)
})

test('a command and -p together', (t) =>
  withBusyProcess(async (pid, busy) => {
    const words = [bin, '-e', 'trace=umask,write', '-p', String(pid), 'echo', 'hello']
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += String(chunk)
      if (said.includes('hello') && said.includes('umask')) busy.kill('SIGKILL')
    })
    t.is(await new Promise((resolve) => child.on('close', resolve)), 0)
    t.regex(said, new RegExp(`^syscope: Process ${pid} attached`, 'm'))
    t.regex(said, /^\[pid +\d+\] write\(1, "hello\\n", 6\) *= 6$/m)
    t.regex(said, /umask\(\d+\) *= 0\d+$/m)
  }))

const refuses = test.macro({
  exec(t, words: readonly string[], message: string) {
    const { stderr, status } = syscope(...words)
    t.is(stderr.split('\n')[0], `syscope: ${message}`)
    t.is(status, 1)
  },
  title: (_, words: readonly string[]) => `syscope ${words.join(' ')} is refused`,
})

test(refuses, ['-e', 'trace=opnat', 'true'], "invalid system call 'opnat' in -e trace=opnat; did you mean 'openat'?")
test(refuses, ['--raw=%fil', 'true'], "invalid system call '%fil' in --raw=%fil; did you mean '%file'?")
test(refuses, ['-e/[', 'true'], 'invalid regular expression in -e /[: Unterminated character class')
test(refuses, ['--deny', 'open:EFOO', 'true'], "invalid error 'EFOO' in --deny=open:EFOO")
test(refuses, ['-O', '-42'], "invalid -O argument: '-42'")
test(refuses, ['-b', 'chdir', 'true'], "Syscall 'chdir' for -b isn't supported")
test(refuses, ['--color=x', 'true'], "invalid --color argument: 'x'")
test(refuses, ['--syscall-limit=0', 'true'], "invalid --syscall-limit argument: '0'")
test(refuses, [''], "Cannot find executable ''")
test(refuses, ['-S', 'x', 'true'], "invalid sortby: 'x'")
test(refuses, ['-U', 'x', 'true'], "unknown column name: 'x'")
test(refuses, ['-x', '--strings-in-hex', 'true'], '-x and --strings-in-hex cannot be provided simultaneously')

for (const words of ['-k', '-kk', '-d', '-ekvm=vcpu', '--namespace=new', '--tips']) {
  test(`${words} is refused by its name`, (t) => {
    const { stderr, status } = syscope(words, 'true')
    t.regex(stderr, new RegExp(`^syscope: -(${words[1]}|e kvm|-[a-z]+): [a-z].*\\n$`))
    t.is(status, 1)
  })
}

test('-P looks at paths and descriptors, not at the working directory', (t) => {
  t.deepEqual(syscope('-P', process.cwd(), '-e', 'openat', 'true').lines, ['+++ exited with 0 +++'])
  t.deepEqual(syscope('-P', '', '-e', 'openat', 'true').lines, ['+++ exited with 0 +++'])
})

test('-P looks behind descriptors that are not shown', (t) => {
  const { lines } = syscope('-P', '/etc/passwd', '--decode-fds=none', '-e', 'openat,close', 'cat', '/etc/passwd')
  t.regex(lines[1] ?? '', /^close\(3\)/)
})

test('-c says what has no effect with it', (t) => {
  const said = (...words: readonly string[]) => syscope('-c', ...words, 'true').lines[0]
  t.is(said('-y'), 'syscope: -y/--decode-fds has no effect with -c/--summary-only')
  t.regex(said('--decode-fds=none') ?? '', /^% time/)
})

for (const words of ['--help', '-V', '--doctor', '--completion=bash']) {
  test(`${words} says that its text cannot be written`, (t) => {
    const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const
    const { stderr, status } = spawnSync(process.execPath, [bin, words], { encoding: 'utf8', stdio: [...stdio] })
    t.is(stderr, 'syscope: standard output: No space left on device\n')
    t.is(status, 1)
  })
}

test('a command of -o that reads nothing is no failure of the program', (t) => {
  // Which lines find it gone is a matter of luck.
  for (let i = 0; i < 5; i++) {
    const { stderr, status } = syscope('-o', '|exec true', 'sh', '-c', 'exit 3')
    t.is(stderr, '')
    t.is(status, 3)
  }
})
