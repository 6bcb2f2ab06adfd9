/** Rules where much happens at once, and where programs are killed wherever they can be. */

import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { trace, type SyscallEvent, type TraceOptions } from '../index.ts'
import { fixture } from './around-places.ts'
import { isAlive, isGone } from './strangers.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'syscope-rules-stress-')))
test.after.always(() => rmSync(root, { recursive: true }))

const modes = ['filter', 'stops'] as const
type Mode = (typeof modes)[number]

function both(title: string, run: (t: ExecutionContext, mode: Mode, cwd: string) => Promise<void>): void {
  for (const mode of modes) test.serial(`${title}, ${mode}`, (t) => run(t, mode, mkdtempSync(join(root, 'in-'))))
}

/** A shell's line that starts so many commands at once and waits for them. */
const sideBySide = (count: number, command: string): string => `for i in $(seq ${count}); do ${command} & done; wait`

const injected = (calls: readonly SyscallEvent[]): readonly SyscallEvent[] =>
  calls.filter((it) => it.injected !== undefined)

function countBy<T>(items: readonly T[], key: (item: T) => number): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1)
  return counts
}

// --- Many at once

both('each of 32 processes side by side gets its one error', async (t, mode) => {
  const run = await trace('sh', ['-c', sideBySide(32, `${fixture} around masks 20`)], {
    mode,
    filter: 'umask',
    until: 'tree',
    inject: { syscall: 'umask', nth: 7, per: 'process', error: 'EIO' },
  })
  const lines = run.stdout.trim().split('\n')
  t.deepEqual(
    lines,
    Array.from({ length: 32 }, () => `${'0 '.repeat(6)}-5${' 0'.repeat(13)}`),
  )
  const failed = injected(run.syscalls('umask'))
  t.is(failed.length, 32)
  t.true(failed.every((it) => it.raw.result === -5n && it.raw.args[0] === 6n))
  t.deepEqual(
    [...countBy(failed, (it) => it.pid).values()],
    Array.from({ length: 32 }, () => 1),
  )
  t.is(run.rules[0]?.acted, 32)
  t.true(run.complete)
})

both('over a tree of 32 processes side by side there is one nth call', async (t, mode) => {
  const run = await trace('sh', ['-c', sideBySide(32, `${fixture} around masks 20`)], {
    mode,
    filter: 'umask',
    until: 'tree',
    inject: [
      { syscall: 'umask', nth: 333, error: 'EIO' },
      { syscall: 'umask', when: '100+100', returns: 7000 },
    ],
  })
  const told = run.stdout.trim().split(/\s/)
  t.is(told.length, 640)
  t.is(told.filter((it) => it === '-5').length, 1)
  // The first rule takes one of the calls away from the second, which then counts 639.
  t.is(told.filter((it) => it === '7000').length, 6)
  t.deepEqual(
    run.rules.slice(0, 2).map((it) => it.acted),
    [1, 6],
  )
})

both('32 processes get different errors, argument by argument', async (t, mode) => {
  const errors = ['EPERM', 'ENOENT', 'EINTR', 'EIO', 'ENXIO', 'EBADF', 'EAGAIN', 'ENOMEM'] as const
  const numbers = [1, 2, 4, 5, 6, 9, 11, 12]
  const run = await trace('sh', ['-c', sideBySide(32, `${fixture} around masks 8`)], {
    mode,
    filter: 'none',
    until: 'tree',
    inject: errors.map((error, mask) => ({ syscall: 'umask', args: { mask: { is: mask } }, error })),
  })
  const line = numbers.map((it) => -it).join(' ')
  t.deepEqual(
    run.stdout.trim().split('\n'),
    Array.from({ length: 32 }, () => line),
  )
  t.deepEqual(
    run.rules.slice(0, 8).map((it) => it.acted),
    errors.map(() => 32),
  )
})

both('threads are counted each by itself while 16 processes run', async (t, mode) => {
  const run = await trace('sh', ['-c', sideBySide(16, `${fixture} acted-threads 4 10`)], {
    mode,
    filter: 'none',
    until: 'tree',
    inject: { syscall: 'getppid', when: '2+4', per: 'thread', error: 'EIO' },
  })
  const failed = run.syscalls().filter((it) => it.name === 'getppid')
  // The 2nd, 6th and 10th of 10.
  t.is(run.rules[0]?.acted, 16 * 4 * 3)
  t.deepEqual(
    [...countBy(failed, (it) => it.tid).values()],
    Array.from({ length: 64 }, () => 3),
  )
})

// --- Delays

for (const delay of ['delayEnter', 'delayExit'] as const) {
  both(`while one process waits (${delay}), 50 others run at full speed`, async (t, mode) => {
    // Only when all others have ended, the one that waits is killed: it would wait for ever.
    const others = `for i in $(seq 50); do ${fixture} around masks 20 & all="$all $!"; done; wait $all`
    const run = await trace('sh', ['-c', `${fixture} around say slow & slow=$!; ${others}; kill -KILL $slow; wait`], {
      mode,
      until: 'tree',
      timeout: 60_000,
      inject: { syscall: 'write', process: { argv: 'slow' }, [delay]: '1000s' },
    })
    t.false(run.timedOut)
    t.is(run.stdout.split('\n').filter((it) => it.startsWith('0 0')).length, 50)
    t.is(run.stdout.includes('slow'), delay === 'delayExit')
    const exits = run.events.filter((it) => it.type === 'exit' && it.pid !== run.pid)
    const killed = exits.filter((it) => it.type === 'exit' && it.signal === 'SIGKILL')
    t.is(killed.length, 1)
    t.is(exits.at(-1), killed[0], 'all others ended before it did')
    t.is(run.rules[0]?.acted, 1)
  })
}

both('delays in all of 50 processes are waited for side by side', async (t, mode) => {
  const run = await trace('sh', ['-c', sideBySide(50, `${fixture} around masks 2`)], {
    mode,
    filter: 'umask',
    until: 'tree',
    inject: { syscall: 'umask', args: { mask: { is: 1 } }, delayEnter: '2s' },
  })
  const delayed = injected(run.syscalls('umask'))
  t.is(delayed.length, 50)
  const firstEnd = delayed.reduce((least, it) => (it.endNs < least ? it.endNs : least), delayed[0]?.endNs ?? 0n)
  const started = delayed.filter((it) => it.startNs < firstEnd)
  // One after the other, none would begin before the first has ended.
  t.true(started.length > 1, `${started.length} of 50 waited at once`)
})

both('a process that waits can be killed, and so can the run', async (t, mode) => {
  const script = `${fixture} around masks 2 & child=$!; sleep 0.3; kill -KILL $child; wait $child; echo $?`
  const inject = { syscall: 'umask', delayEnter: '1000s' } as const
  t.is((await trace('sh', ['-c', script], { mode, filter: 'umask', inject })).stdout.trim(), '137')
  const run = await trace(fixture, ['around', 'masks', '2'], {
    mode,
    filter: 'umask',
    inject,
    timeout: 100,
    killSignal: 'SIGKILL',
  })
  t.true(run.timedOut)
  t.true(await isGone(run.pid))
})

// --- Killed at every call

/** Processes whose parent is this one, or that are in a directory of a test. */
function leftOver(cwd: string): readonly number[] {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((it) => it > 0 && it !== process.pid)
  return pids.filter((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      return status.includes(`\nPPid:\t${process.pid}\n`) || realpathSync(`/proc/${pid}/cwd`) === cwd
    } catch {
      // It ended while we looked, or has ended.
      return false
    }
  })
}

/** What the run did, whoever it was that was killed. */
interface Killed {
  readonly reached: boolean
  readonly pids: readonly number[]
}

async function killAt(nth: number, mode: Mode, cwd: string, command: readonly string[]): Promise<Killed> {
  const [file = '', ...args] = command
  const run = await trace(file, args, {
    cwd,
    mode,
    until: 'tree',
    timeout: 20_000,
    inject: { syscall: 'all', nth, signal: 'SIGKILL' },
  })
  const pids = run.events.flatMap((it) => (it.type === 'fork' ? [it.child.pid] : []))
  return { reached: (run.rules[0]?.acted ?? 0) > 0, pids: [run.pid, ...pids] }
}

for (const [what, command] of [
  ['one process', ['cat', '/etc/hostname']],
  ['a process with threads', [fixture, 'acted-threads', '3', '2']],
  ['a process and its children', ['sh', '-c', '(read x; read y) < /etc/hostname & read z < /etc/hostname; wait']],
] as const) {
  both(`killed at each of its calls, ${what} leaves nothing behind`, async (t, mode, cwd) => {
    const before = new Set(leftOver(cwd))
    let nth = 0
    for (let survived = false; !survived;) {
      const batch = Array.from({ length: 8 }, () => killAt((nth += 1), mode, cwd, command))
      for (const { reached, pids } of await Promise.all(batch)) {
        survived ||= !reached
        for (const pid of pids) t.false(isAlive(pid))
      }
      t.true(nth < 2000, 'the program comes to its end')
    }
    t.true(nth > 20)
    t.deepEqual(
      leftOver(cwd).filter((pid) => !before.has(pid)),
      [],
    )
  })
}

both('the tree killed at each of its calls leaves nothing behind', async (t, mode, cwd) => {
  const script = 'sleep 100 & (sleep 100; :) & umask 1; umask 2; umask 3; umask 4; kill 0'
  for (let nth = 1; nth <= 4; nth += 1) {
    const run = await trace('sh', ['-c', script], {
      cwd,
      mode,
      until: 'tree',
      inject: { syscall: 'umask', args: { mask: { max: 8 } }, nth, killTree: true },
    })
    t.is(run.signal, 'SIGKILL')
    t.is(run.rules[0]?.acted, 1)
    for (const event of run.events) if (event.type === 'fork') t.true(await isGone(event.child.pid))
  }
  t.deepEqual(leftOver(cwd), [])
})

// --- Many rules

both('1,000 rules on one call', async (t, mode) => {
  const inject = Array.from({ length: 1000 }, (_, index) => ({
    syscall: 'umask',
    args: { mask: { is: 999 - index } },
    returns: 10_000 + index,
  }))
  // Masks have nine bits; the argument has more.
  const run = await trace(fixture, ['around', 'masks', '1002'], { mode, filter: 'none', inject })
  const told = run.stdout.trim().split(' ').map(Number)
  t.deepEqual(
    told.slice(0, 1000),
    Array.from({ length: 1000 }, (_, mask) => 10_999 - mask),
  )
  t.deepEqual(told.slice(1000), [0, 0])
  t.is(run.rules.length, 1001)
  t.true(run.rules.slice(0, 1000).every((it) => it.acted === 1))
  t.true(run.syscalls().every((it) => it.injected?.rule === 999 - Number(it.raw.args[0])))
})

both('1,000 rules on many calls, by path, number, process and time', async (t, mode, cwd) => {
  const rules: NonNullable<TraceOptions['inject']> = Array.from({ length: 250 }, (_, index) => [
    { syscall: '%file', path: `${cwd}/file-${index}`, error: 'EACCES' } as const,
    { syscall: '%desc', fd: 1000 + index, error: 'EIO' } as const,
    { syscall: 'all', process: { argv0: `name-${index}` }, signal: 'SIGUSR1' } as const,
    { syscall: 'getppid', nth: index + 1, returns: index } as const,
  ]).flat()
  const run = await trace('sh', ['-c', 'true > file-7; true > file-300; cat file-249; true < file-0'], {
    cwd,
    mode,
    filter: 'none',
    inject: rules,
  })
  t.is(run.stderr.split('Permission denied').length, 4)
  t.deepEqual(readdirSync(cwd), ['file-300'])
  t.deepEqual(
    run.rules.flatMap((it, index) => (it.acted > 0 ? [index] : [])).filter((it) => it % 4 === 0),
    [0, 28, 996],
  )
})

both('1,000 rules cost a program nothing that they are not about', async (t, mode) => {
  const deny = Array.from({ length: 1000 }, (_, index) => ({ calls: 'kill', args: { signum: { is: 100 + index } } }))
  const run = await trace('cat', ['/etc/hostname'], { mode, filter: 'none', deny, ioUring: 'observe' })
  t.is(run.exitCode, 0)
  t.is(run.stdout, readFileSync('/etc/hostname', 'utf8'))
  t.true(run.rules.every((it) => it.acted === 0 && it.unread === 0))
  if (mode === 'filter') t.true(run.rules.every((it) => it.how === 'filter'))
})
