/** -D: the process that was started as syscope becomes the command; another one, which is nobody's child, traces it. */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { isGone } from './strangers.ts'

const bin = join(resolve(import.meta.dirname, '..'), 'dist/src/cli/bin.js')

/** Returns when the tracer has ended too: it has our pipes. */
function syscope(...words: readonly string[]) {
  const { pid, stdout, stderr, status, signal } = spawnSync(process.execPath, [bin, ...words], { encoding: 'utf8' })
  return { pid, stdout, stderr, status, signal, lines: stderr.split('\n').filter((line) => line !== '') }
}

function temporary(name: string): string {
  return join(mkdtempSync(join(tmpdir(), 'syscope-cli-')), name)
}

/** Parent, process group and session of a process, as its /proc/PID/stat has them. */
function placeOf(stat: string): { readonly parent: number; readonly group: number; readonly session: number } {
  const [parent = 0, group = 0, session = 0] = stat
    .slice(stat.lastIndexOf(')') + 4)
    .split(' ')
    .map(Number)
  return { parent, group, session }
}

/** Whoever adopts it may be slow to ask how it ended. */
function isThere(pid: string): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

test('-D: the command is the process that was started, and a child of the caller', (t) => {
  const { pid, stdout, status, lines } = syscope(
    '-D',
    '-e',
    'trace=execve,exit_group',
    'sh',
    '-c',
    'echo $$ $PPID; exit 7',
  )
  t.is(stdout, `${pid} ${process.pid}\n`)
  t.is(status, 7)
  t.is(lines.length, 3)
  t.regex(lines[0] ?? '', /^execve\(".*\/sh", \["sh", "-c", "echo .*"\], 0x[0-9a-f]+ \/\* \d+ vars \*\/\) = 0$/)
  t.regex(lines[1] ?? '', /^exit_group\(7\) +=/)
  t.is(lines[2], '+++ exited with 7 +++')
})

test('-D: a signal kills the command itself', (t) => {
  const { signal, lines } = syscope('-D', '-e', 'trace=none', 'sh', '-c', 'kill -TERM $$')
  t.is(signal, 'SIGTERM')
  t.regex(lines[0] ?? '', /^--- SIGTERM /)
  t.is(lines[1], '+++ killed by SIGTERM +++')
})

test('-D: the command starts with the signals, variables and name that it should have', (t) => {
  const script = 'grep -E "^Sig(Blk|Ign)" /proc/self/status; echo $0 $A $B'
  const { stdout } = syscope(
    '-D',
    '-e',
    'trace=none',
    '-E',
    'A=one',
    '-E',
    'B=two',
    '--argv0=three',
    'sh',
    '-c',
    script,
  )
  t.is(stdout, 'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nthree one two\n')
})

test('-D: the command keeps the descriptors that it is given, and none of ours', (t) => {
  const log = temporary('log')
  const list = ['-D', '-o', log, '-e', 'trace=none', 'ls', '/proc/self/fd']
  const stdio = ['ignore', 'pipe', 'inherit', 'ignore', 'pipe'] as const
  const fds = (words: readonly string[]) =>
    spawnSync(words[0] ?? '', words.slice(1), { encoding: 'utf8', stdio: [...stdio] }).stdout
  t.is(fds([process.execPath, bin, ...list]), fds(['ls', '/proc/self/fd']))
})

test('-D -f -o: children too, into a file that begins with the execve', (t) => {
  const log = temporary('log')
  const { pid, stderr, status } = syscope('-D', '-f', '-o', log, 'sh', '-c', '/bin/true; exit 3')
  t.is(status, 3)
  t.is(stderr, '')
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
  t.regex(lines[0] ?? '', new RegExp(String.raw`^${pid} +execve\(".*/sh", .*\) = 0$`))
  t.true(lines.some((line) => line.includes('execve("/bin/true"') && !line.startsWith(`${pid} `)))
  t.is(lines.at(-1)?.replace(/ +/, ' '), `${pid} +++ exited with 3 +++`)
})

const asRoot = process.getuid?.() === 0 ? test : test.skip
asRoot('-D -u: as somebody else', (t) => {
  const { stdout, status } = syscope('-D', '-f', '-u', '12:34', '-e', 'trace=none', 'sh', '-c', 'id -u; id -g; id -G')
  t.is(stdout, '12\n34\n34\n')
  t.is(status, 0)
})

test('-D -c counts from the execve on', (t) => {
  const { lines } = syscope('-D', '-c', '-U', 'calls,name', 'true')
  t.true(lines.some((line) => /^ +1 execve$/.test(line)))
  t.false(lines.some((line) => / (prctl|dup2|rt_sigaction)$/.test(line)))
})

for (const [letters, isApart] of [
  ['-D', { group: false, session: false }],
  ['-DD', { group: true, session: false }],
  ['--daemonize=pgrp', { group: true, session: false }],
  ['-DDD', { group: true, session: true }],
] as const) {
  test(`${letters}: where the tracer stands, and that it ends`, async (t) => {
    // The kernel names the thread that traces; its process is in its status.
    const script = `
      tracer=$(sed -n 's/^TracerPid:[^0-9]*//p' /proc/$$/status)
      tracer=$(sed -n 's/^Tgid:[^0-9]*//p' /proc/$tracer/status)
      echo $tracer; cat /proc/$tracer/stat /proc/$$/stat`
    const { stdout } = syscope(letters, '-e', 'trace=none', 'sh', '-c', script)
    const [tracer = '', tracerStat = '', ownStat = ''] = stdout.split('\n')
    const [its, own] = [placeOf(tracerStat), placeOf(ownStat)]
    t.is(own.parent, process.pid)
    t.not(its.parent, process.pid)
    t.not(its.parent, Number(ownStat.split(' ')[0]))
    t.is(its.group, isApart.group ? Number(tracer) : own.group)
    t.is(its.session, isApart.session ? Number(tracer) : own.session)
    // Its pipes are closed a little before it is gone.
    while (isThere(tracer)) await sleep(10)
  })
}

test('-D: a command that cannot be executed', (t) => {
  const bad = temporary('bad')
  writeFileSync(bad, '#!/no/such/interpreter\n', { mode: 0o755 })
  const { stderr, status } = syscope('-D', '-C', bad)
  t.regex(stderr, /^syscope: exec: No such file or directory\nsyscope: .*interpreter.*\n$/)
  t.is(status, 1)
  t.is(syscope('-D', '/no/such').stderr, "syscope: Cannot stat '/no/such': No such file or directory\n")
})

test('-D: what the tracer cannot do is said, and the command not run', (t) => {
  const { stderr, stdout, status } = syscope('-D', '-o', '/no/such/folder', 'echo', 'ran')
  t.is(stderr, "syscope: Can't fopen '/no/such/folder': No such file or directory\n")
  t.is(stdout, '')
  t.is(status, 1)
})

// Serial, because the others wait without giving way.
test.serial('-D: a tracer that is told to end lets the command go', async (t) => {
  const log = temporary('log')
  const child = spawn(process.execPath, [bin, '-DD', '-I1', '-o', log, 'sleep', '60'], { stdio: 'ignore' })
  const ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })))
  while (!existsSync(log) || statSync(log).size === 0) await sleep(10)
  const tracer = readdirSync('/proc').find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`--tracer-of\0${child.pid}\0`)
    } catch {
      return false
    }
  })
  process.kill(Number(tracer), 'SIGTERM')
  await isGone(Number(tracer))
  t.regex(readFileSync(`/proc/${child.pid}/status`, 'utf8'), /^TracerPid:\s+0$/m)
  child.kill('SIGTERM')
  t.deepEqual(await ended, { code: null, signal: 'SIGTERM' })
})

for (const [words, message] of [
  [['-D', '-p', '1'], 'PROG [ARGS] must be specified with -D/--daemonize'],
  [['-DDDD', 'true'], "Too many -D's (4), maximum supported -D count is 3"],
  [['-D', '--daemonize', 'true'], '-D and --daemonize cannot be provided simultaneously'],
  [['-DDDD', '--daemonize=SESSION', '-p', '1'], '-D and --daemonize cannot be provided simultaneously'],
  [['-DDDD', '-p', '1'], 'PROG [ARGS] must be specified with -D/--daemonize'],
  [['--daemonize=Pgrp', '-p', '1'], 'PROG [ARGS] must be specified with -D/--daemonize'],
  [['--daemonize=x', 'true'], "invalid --daemonize argument: 'x'"],
  [['-D', '--kill-on-exit', 'true'], '--kill-on-exit and -D/--daemonize are mutually exclusive options'],
] as const) {
  test(`syscope ${words.join(' ')} is refused`, (t) => {
    const { lines, status } = syscope(...words)
    t.is(lines[0], `syscope: ${message}`)
    t.is(status, 1)
  })
}
