/** --save and --load: what was seen is there again, by all options that show it. */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { loadTrace, saveTrace, trace } from '../index.ts'
import { FORK, HOW, KIND, SYSCALL, SYSCALL_FLAG } from '../src/record/layout.ts'
import { madeRun, session } from './archives.ts'
import { callRecord, join as joined, record } from './records.ts'

const bin = join(import.meta.dirname, '../dist/src/cli/bin.js')
const root = mkdtempSync(join(tmpdir(), 'syscope-cli-archive-'))
test.after.always(() => rmSync(root, { recursive: true, force: true }))

function syscope(...words: readonly string[]) {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, [bin, ...words], { encoding: 'utf8' })
  return { stdout, stderr, status, signal, lines: stdout.split('\n').filter((line) => line !== '') }
}

let count = 0
const place = (): string => join(root, String(++count))

/** Children, threads' worth of calls in flight, failures, a signal, and an end of its own. */
const script = 'cat /etc/hostname /nowhere 2>&- & (exit 4) & wait; kill -USR1 $$; exit 3'
const command = ['sh', '-c', `trap : USR1; ${script}`] as const

test('the program runs as without it, and the trace is there as it was shown', async (t) => {
  const [path, log] = [place(), place()]
  const run = syscope('-f', '--save', path, '-o', log, ...command)
  t.is(run.stdout, readFileSync('/etc/hostname', 'utf8'))
  t.is(run.stderr, '')
  t.is(run.status, 3)
  const saved = await loadTrace(path)
  t.like(saved, { truncated: false, complete: true, exitCode: 3 })
  t.is(saved.text({ pids: 'always' }), readFileSync(log, 'utf8'))
  t.is(syscope('--save', place(), '-o', '/dev/null', 'sh', '-c', 'kill -TERM $$').signal, 'SIGTERM')
})

for (const words of [
  ['-f'],
  [],
  ['-f', '-y', '-T', '-r'],
  ['-f', '-Y', '-yy'],
  ['-f', '-e', 'status=failed'],
  ['-z', '-n', '-i', '-N'],
  ['-f', '-e', 'trace=%file'],
  ['-f', '-P', '/etc/hostname'],
  ['-f', '-e', 'signal=none', '-s', '5', '-v', '-x', '-a', '60'],
  ['-f', '-e', 'write=1', '-e', 'trace=write'],
  ['-f', '-X', 'raw', '-e', 'raw=read'],
  ['-f', '-qqq', '--always-show-pid'],
  ['-f', '-c', '-w'],
  ['-c', '-S', 'calls', '-U', 'calls,errors,name'],
  ['-f', '-C', '-Z'],
  ['-f', '--json'],
  ['--json', '-e', 'trace=write,rt_sigaction'],
  ['-f', '--color=always'],
]) {
  test(`shown again with ${words.join(' ') || 'no options'} it is what was shown`, (t) => {
    const [path, live, later] = [place(), place(), place()]
    t.is(syscope(...words, '--save', path, '-o', live, ...command).status, 3)
    const run = syscope(...words, '--load', path, '-o', later)
    t.deepEqual([run.status, run.stdout, run.stderr], [0, '', ''])
    t.not(readFileSync(live, 'utf8'), '')
    t.is(readFileSync(later, 'utf8'), readFileSync(live, 'utf8'))
  })
}

test('a file for each thread, then and later', (t) => {
  const [path, live, later] = [place(), place(), place()]
  syscope('-ff', '--save', path, '-o', live, ...command)
  t.is(syscope('-ff', '--load', path, '-o', later).status, 0)
  const filesOf = (log: string) =>
    readdirSync(root)
      .map((name) => join(root, name))
      .filter((name) => name.startsWith(`${log}.`))
      .map((name) => [name.slice(log.length), readFileSync(name, 'utf8')])
  t.is(filesOf(live).length, 3)
  t.deepEqual(filesOf(later), filesOf(live))
})

test('it goes to stdout, and options choose from what was saved', async (t) => {
  const path = place()
  syscope('-f', '--save', path, '-o', '/dev/null', ...command)
  const saved = await loadTrace(path)
  const opened = saved.syscalls('openat').length
  const lines = syscope('-f', '-qq', '-a0', '-e', 'openat', '-e', 'signal=none', '--load', path).lines
  // A call that was going on while another thread did something takes two lines.
  t.is(lines.filter((line) => !line.includes('resumed>')).length, opened)
  t.is(syscope('-f', '-c', '-U', 'calls,name', '-e', 'openat', '--load', path).lines[2]?.trim(), `${opened} openat`)
  t.deepEqual(
    syscope('-f', '--json', '--load', path).lines,
    saved.events.map((event) => JSON.stringify(event)),
  )
  // Descriptors are recorded although nobody asked for them then.
  t.regex(syscope('-f', '-y', '-e', 'read', '--load', path).stdout, /read\(\d<\/etc\/hostname>/)
  const own = syscope('--load', path)
  t.true(own.lines.every((line) => !line.startsWith('[pid')))
  t.is(own.stderr, 'syscope: not shown without -f: 2 other threads of the trace\n')
  t.is(syscope('-q', '--load', path).stderr, '')
  const cut = syscope('-f', '--syscall-limit', '3', '-a0', '--load', path)
  t.deepEqual([cut.lines.length, cut.status, cut.stderr], [3, 0, ''])
})

test('times of day are those of the run', (t) => {
  const path = place()
  const before = Date.now()
  syscope('--save', path, '-o', '/dev/null', 'true')
  const after = Date.now()
  const times = syscope('-ttt', '--load', path).lines.map((line) => Number(line.split(' ')[0]) * 1000)
  t.true(times.length > 5)
  for (const time of times) t.true(time >= before - 1 && time <= after + 1, String(time))
})

test('a process that ran already', async (t) => {
  const [path, log] = [place(), place()]
  const waiter = spawn('sh', ['-c', 'read line; exit 5'], { stdio: ['pipe', 'ignore', 'ignore'] })
  const tracer = spawn(process.execPath, [bin, '-p', String(waiter.pid), '--save', path, '-o', log])
  const over = new Promise((resolve) => {
    tracer.on('close', resolve)
  })
  await new Promise((resolve) => {
    tracer.stderr.once('data', resolve)
  })
  waiter.stdin.end('x\n')
  t.is(await over, 0)
  const later = syscope('--load', path, '-o', place())
  t.is(later.stderr, `syscope: Process ${waiter.pid} attached\n`)
  t.is(syscope('-q', '--load', path).stdout, readFileSync(log, 'utf8'))
})

test('a syscope that is killed leaves what was written until then', async (t) => {
  const path = place()
  const tracer = spawn(process.execPath, [bin, '-f', '--save', path, '-o', '/dev/null', 'sh', '-c', 'echo; sleep 60'])
  const over = new Promise((resolve) => {
    tracer.on('close', resolve)
  })
  while (!(await hasCall(path, 'execve'))) await sleep(50)
  tracer.kill('SIGKILL')
  await over
  const run = syscope('-f', '--load', path)
  t.is(run.status, 1)
  t.regex(run.stdout, /execve\(.*\n/)
  t.is(run.stderr, `syscope: ${path}: the trace breaks off here, and does not say how the run ended\n`)
})

async function hasCall(path: string, name: 'execve'): Promise<boolean> {
  try {
    return (await loadTrace(path)).syscalls(name).length > 0
  } catch {
    // Not begun.
    return false
  }
}

test('of a file that breaks off, or is damaged, what can be read is shown', async (t) => {
  const [path, broken] = [place(), place()]
  syscope('-f', '--save', path, '-o', '/dev/null', ...command)
  // In the order of their ends: text also tells of calls whose end would be behind the break.
  const whole = syscope('-f', '--json', '--load', path).lines
  const bytes = readFileSync(path)
  const [first] = (await loadTrace(path)).blocks
  const middle = (first?.offset ?? 0) + 80 + Math.floor((first?.length ?? 0) / 2)
  writeFileSync(broken, bytes.subarray(0, middle))
  const cut = syscope('-f', '--json', '--load', broken)
  t.is(cut.status, 1)
  t.true(cut.lines.length > 5)
  t.deepEqual(cut.lines, whole.slice(0, cut.lines.length))
  t.regex(cut.stderr, /the trace breaks off here/)
  t.is(syscope('-f', '-c', '--load', broken).status, 1)
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  writeFileSync(broken, bytes)
  const damaged = syscope('-f', '--load', broken)
  t.is(damaged.status, 1)
  t.regex(damaged.stderr, /^syscope: .*: the block at offset \d+ is damaged: its checksum does not fit\n$/)
})

test('calls that were left out then are told of', (t) => {
  const path = place()
  syscope('-e', 'trace=openat,close', '--save', path, '-o', '/dev/null', 'true')
  t.is(syscope('--load', path).stderr, '')
  t.is(syscope('-e', 'trace=close', '--load', path).stderr, '')
  const run = syscope('-e', 'trace=openat,read', '--load', path)
  t.is(run.stderr, 'syscope: the trace was recorded with a filter that leaves out read\n')
  t.is(run.status, 0)
})

test('a trace that only counted has its table', async (t) => {
  const path = place()
  const run = await trace('true', [], { counting: true })
  await saveTrace(run, path)
  const table = syscope('-c', '-U', 'calls,name', '--load', path)
  t.is(table.status, 0)
  t.regex(table.stdout, /1 execve\n/)
  t.notRegex(syscope('-c', '-e', 'read', '--load', path).stdout, /execve/)
  const text = syscope('--load', path)
  t.is(text.status, 1)
  t.regex(text.stderr, /^syscope: .*: This run only counted its calls/)
})

test('a message waits for the end of the line, over batches', async (t) => {
  const path = place()
  const clone = { nr: 56, tid: 7, longs: { [SYSCALL.ENTRY_SEQ]: 2n } }
  const fork = { seq: 3, words: { [FORK.CHILD_PID]: 8, [FORK.CHILD_TID]: 8, [FORK.HOW]: HOW.FORK } }
  const begun = [session(), callRecord({ ...clone, seq: 2 }, KIND.PENDING), record(KIND.FORK, FORK.SIZE_OF, fork)]
  const ended = callRecord({ ...clone, seq: 4, result: 8, flags: SYSCALL_FLAG.ANNOUNCED })
  await saveTrace(madeRun([joined(begun), ended]), path)
  const run = syscope('-f', '-a0', '--load', path)
  t.is(run.stderr, '')
  t.regex(run.stdout, /^clone\(.*\) = 8\nsyscope: Process 8 attached\n$/)
})

test('a full disk is told of, and the command goes on', (t) => {
  const run = syscope('--save', '/dev/full', '-o', '/dev/null', 'sh', '-c', 'echo on; exit 6')
  t.deepEqual([run.stdout, run.status], ['on\n', 6])
  t.is(run.stderr, 'syscope: /dev/full: cannot be written (ENOSPC)\n')
})

test('who reads no further is left alone', (t) => {
  const path = place()
  syscope('--save', path, '-o', '/dev/null', 'sh', '-c', 'i=0; while [ $i -lt 3000 ]; do echo; i=$((i+1)); done')
  const line = `'${process.execPath}' '${bin}' --load '${path}' | head -n 1`
  const { stdout, status, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', line], { encoding: 'utf8' })
  t.regex(stdout, /^execve\(.*\n$/)
  t.is(status, 141)
  t.is(stderr, '')
})

const file = place()
for (const [words, message] of [
  [['--load', file, 'ls'], /^syscope: --load and PROG \[ARGS\] are mutually exclusive: nothing is run\nTry/],
  [['--load', file, '-p', '1'], /--load and -p\/--attach are mutually exclusive/],
  [['--load', file, '--save', place()], /--load and --save are mutually exclusive/],
  [
    ['--load', file, '-e', 'inject=read:error=EIO'],
    /--load and -e inject\/--inject and -e fault\/--fault are mutually/,
  ],
  [['--load', file, '--deny', 'network'], /--load and --deny are mutually exclusive/],
  [['--load', file, '-D'], /--load and -D\/--daemonize are mutually exclusive/],
  [['--load', file, '-E', 'A=1'], /--load and -E\/--env are mutually exclusive/],
  [['--load', file, '--faults', 'ls'], /--faults and --load are mutually exclusive/],
  [['--load', file, '-c', '--json'], /--json and \(-c\/--summary-only or -C\/--summary\) are mutually exclusive/],
  [['--load', file], /^syscope: .*: cannot be read\n$/],
  [['--load', '/etc/hostname'], /^syscope: \/etc\/hostname: is not a trace that syscope saved\n$/],
  [
    ['--save', '/no/such/folder/x', 'touch', file],
    /^syscope: Can't fopen '\/no\/such\/folder\/x': No such file or dir/,
  ],
  [['--save', file, '-o', file, 'touch', file], /--save and -o\/--output cannot name the same file/],
  [['--save', file, '-D', 'touch', file], /--save and -D\/--daemonize are mutually exclusive/],
  [['--save', file, '-p', '1', 'touch', file], /--save holds one run/],
  [['--save', file], /^syscope: must have PROG \[ARGS\] or -p PID\n/],
] as const) {
  test(`syscope ${words.join(' ').replaceAll(root, '')} is refused`, (t) => {
    const run = syscope(...words)
    t.is(run.status, 1)
    t.regex(run.stderr, message)
    t.is(run.stdout, '')
    t.false(existsSync(file))
  })
}
