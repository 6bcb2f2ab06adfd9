/** Trees of processes, of programs that make them in all ways. */

import { existsSync, readFileSync } from 'node:fs'
import test from 'ava'
import { attach, trace } from '../index.ts'
import { descriptorCalls, processesOf, type TracedProcess } from '../src/kit/processes.ts'
import { startStranger } from './strangers.ts'

const processCalls = ['execve', 'execveat', 'setsid'] as const

function sh(script: string, options = {}) {
  return trace('sh', ['-c', script], { filter: processCalls, ...options })
}

/** The process that runs this as its last program. */
function running(all: readonly TracedProcess[], ...argv: readonly string[]): TracedProcess {
  const found = all.find((process) => process.argv?.join(' ') === argv.join(' '))
  if (found === undefined) throw new Error(`nobody runs ${argv.join(' ')}`)
  return found
}

test('a tree of a shell has everybody, with arguments, ending and parent', async (t) => {
  const run = await sh('sleep 0.05 & (exec false); ls /nowhere 2>/dev/null; wait; exit 3')
  const { roots, all } = processesOf(run)
  t.is(roots.length, 1)
  t.is(roots[0]?.pid, run.pid)
  t.deepEqual(roots[0]?.ending, { how: 'exited', code: 3 })
  t.deepEqual(
    roots[0]?.children.map(({ argv }) => argv),
    [['sleep', '0.05'], ['false'], ['ls', '/nowhere']],
  )
  t.deepEqual(running(all, 'false').ending, { how: 'exited', code: 1 })
  t.deepEqual(running(all, 'ls', '/nowhere').ending, { how: 'exited', code: 2 })
  const { durationMs = 0, parent, outlivedParent, daemonised } = running(all, 'sleep', '0.05')
  t.true(durationMs > 0)
  t.is(parent, roots[0])
  t.false(outlivedParent)
  t.false(daemonised)
})

test('programs that a process became one after the other are all there, tries that failed are not', async (t) => {
  const run = await sh('exec env WHO=me sh -c "exec true"')
  const [process] = processesOf(run).all
  t.deepEqual(
    process?.executed.map(({ argv }) => argv),
    [
      ['sh', '-c', 'exec env WHO=me sh -c "exec true"'],
      ['env', 'WHO=me', 'sh', '-c', 'exec true'],
      ['sh', '-c', 'exec true'],
      ['true'],
    ],
  )
  t.is(process?.executed[0]?.env?.['WHO'], undefined)
  t.is(process?.env?.['WHO'], 'me')
  t.regex(process?.program ?? '', /\/true$/)
})

test('programs begin where their process had gone to', async (t) => {
  const calls = [...processCalls, 'chdir', 'fchdir', 'getcwd'] as const
  const script = `require('child_process').execFileSync('sh', ['-c', 'true; cd /; (:); exec true'], { cwd: '/tmp' })`
  const run = await trace('node', ['-e', `process.cwd(); ${script}`], { filter: calls, cwd: '/usr' })
  const [node, ...below] = processesOf(run).all
  t.is(node?.cwd, '/usr')
  const [shell, forked] = below.filter(({ parent }) => parent === node || parent === below[0])
  t.deepEqual(
    shell?.executed.map(({ cwd }) => cwd),
    ['/tmp', '/'],
  )
  t.is(shell?.cwd, '/')
  t.is(forked?.cwd, '/')
  const less = await sh('true')
  t.throws(() => processesOf(less).all[0]?.cwd, { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /chdir, fchdir/ })
})

test('a process that only forked runs what its maker ran', async (t) => {
  const run = await sh('(: ; exit 4) & wait $!')
  const [, child] = processesOf(run).all
  t.deepEqual(child?.executed, [])
  t.deepEqual(child?.argv, ['sh', '-c', '(: ; exit 4) & wait $!'])
  t.deepEqual(child?.ending, { how: 'exited', code: 4 })
  t.regex(String(child), /exit 4, .*forked only/)
})

test('an orphan that is left running leaks, and has outlived its parent', async (t) => {
  const run = await sh('sleep 30 & exit 0', { drainMs: 2000 })
  const [orphan, ...others] = processesOf(run).leaked
  t.deepEqual(others, [])
  t.deepEqual(orphan?.argv, ['sleep', '30'])
  t.deepEqual(orphan?.ending, { how: 'leaked' })
  t.true(orphan?.outlivedParent)
  t.false(orphan?.daemonised)
  t.regex(
    String(processesOf(run)),
    /^sh .*: exit 0, .*\n└─ sleep 30 \(\d+\): left running, .* ms, outlived its parent$/,
  )
})

test('who ends in the time that is left does not leak', async (t) => {
  // A signal finds the first shell until the tracer has been told of its end.
  const run = await sh('while kill -0 $$ 2> /dev/null; do sleep 0.01; done & exit 0', { drainMs: 5000 })
  t.deepEqual(processesOf(run).leaked, [])
  t.true(processesOf(run).roots[0]?.children[0]?.outlivedParent)
})

const daemons: readonly (readonly [title: string, script: string])[] = [
  ['one fork and setsid', 'setsid sleep 30 & sleep 0.3'],
  ['two forks and setsid between them', 'setsid sh -c "sleep 30 & exit 0"'],
]

for (const [title, script] of daemons) {
  test(`a daemon is one: ${title}`, async (t) => {
    const run = await sh(script, { drainMs: 2000 })
    const daemon = running(processesOf(run).all, 'sleep', '30')
    t.true(daemon.daemonised)
    t.deepEqual(
      processesOf(run).leaked.map(({ pid }) => pid),
      [daemon.pid],
    )
    t.regex(String(daemon), /daemonised$/)
  })
}

test('a session of its own makes no daemon of who ends before its parent', async (t) => {
  const run = await sh('setsid sleep 0.01; true')
  const [, child] = processesOf(run).all
  t.false(child?.daemonised)
})

test('a detached child of node is a daemon', async (t) => {
  const script = `require('child_process').spawn('sleep', ['30'], { detached: true, stdio: 'ignore' }).unref()`
  const run = await trace('node', ['-e', script], { filter: processCalls, drainMs: 2000 })
  const [child] = processesOf(run).leaked
  t.deepEqual(child?.argv, ['sleep', '30'])
  t.true(child?.daemonised)
})

test('the signal that ended a process is its ending', async (t) => {
  // Before it has become `sleep`, the child is a shell.
  const begun = 'until read -r name < /proc/$!/comm && [ "$name" = sleep ]; do :; done'
  const run = await sh(`sleep 30 & ${begun}; kill -TERM $!; wait; sh -c "kill -KILL \\$\\$"; true`)
  const { all } = processesOf(run)
  t.like(running(all, 'sleep', '30').ending, { how: 'killed', signal: 'SIGTERM' })
  t.like(running(all, 'sh', '-c', 'kill -KILL $$').ending, { how: 'killed', signal: 'SIGKILL', coreDumped: false })
})

test('threads are of their process, and no processes', async (t) => {
  const script = `const { Worker } = require('worker_threads'); new Worker('0', { eval: true })`
  const run = await trace('node', ['-e', script], { filter: 'none' })
  const { all } = processesOf(run)
  t.is(all.length, 1)
  const threads = all[0]?.threads ?? []
  t.true(threads.length > 2)
  t.is(threads[0]?.tid, run.pid)
  t.is(new Set(threads.map(({ tid }) => tid)).size, threads.length)
  for (const { startNs, endNs } of threads) t.true(endNs !== undefined && endNs >= startNs)
  t.is(all[0]?.endNs, threads.map(({ endNs }) => endNs ?? 0n).toSorted((a, b) => Number(b - a))[0])
})

test('what the filter left out is refused when it is asked for, and not before', async (t) => {
  const run = await trace('sh', ['-c', 'true & wait'], { filter: 'none' })
  const { all } = processesOf(run)
  t.is(all.length, 2)
  for (const ask of [() => all[0]?.argv, () => all[0]?.env, () => all[0]?.executed[0]?.argv]) {
    t.throws(ask, { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /execve, execveat/ })
  }
  t.throws(() => all[0]?.daemonised, { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /setsid/ })
  t.regex(String(processesOf(run)), /\/(?:da)?sh \(\d+\): exit 0/)
  t.notThrows(() => JSON.stringify(processesOf(run)))
  t.deepEqual(processesOf(run).leaked, [])
})

test('a run without its children, or without events, has no tree', async (t) => {
  const alone = await trace('sh', ['-c', '/bin/true; :'], { follow: false })
  t.throws(() => processesOf(alone), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /follow/ })
  const counted = await trace('true', [], { counting: true })
  t.throws(() => processesOf(counted), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
})

test('that nobody is left can not be said of an incomplete run', async (t) => {
  const run = await sh('true')
  const cut = { pid: run.pid, events: run.events, complete: false, incomplete: ['lost-tracee'], syscalls: () => [] }
  t.throws(() => processesOf(cut).leaked, { code: 'ERR_SYSCOPE_INCOMPLETE', message: /lost-tracee/ })
})

test('who was attached to is a root, and let go', async (t) => {
  const stranger = await startStranger('sh', '-c', 'while sleep 0.02; do :; done')
  try {
    // Before it has become its own program, and that has a child, it is the shell that starts it.
    while (readFileSync(`/proc/${stranger.pid}/task/${stranger.pid}/children`, 'utf8') === '');
    const running = attach(stranger.pid, { filter: processCalls })
    // The first end that is seen is of a child that was forked and has become another program.
    running.on('exit', () => running.detach())
    const { roots, all } = processesOf(await running)
    t.deepEqual(
      roots.map(({ pid }) => pid),
      [stranger.pid],
    )
    t.deepEqual(roots[0]?.ending, { how: 'let go' })
    t.is(roots[0]?.program, undefined)
    t.true(all.length > 1)
    t.deepEqual(all[1]?.argv, ['sleep', '0.02'])
  } finally {
    stranger.kill()
  }
})

const python = '/usr/bin/python3'
const needsPython = existsSync(python) ? test : test.skip
const opens = 'import os, socket\ndef op(path, flags=0): return os.open(path, flags)\n'

/** What processes that only forked, and the first one, left open: path or kind, and the call. */
async function leftOpen(script: string, options = {}): Promise<readonly (readonly string[])[]> {
  const run = await trace(python, ['-S', '-c', opens + script], { decodeFds: true, stdin: 'ignore', ...options })
  checkEnd(run.exitCode)
  return processesOf(run).all.map(({ leftOpen }) =>
    leftOpen.map(({ path, kind, call }) => `${path ?? kind} ${call.name}`),
  )
}

function checkEnd(exitCode: number | undefined): void {
  if (exitCode !== 0) throw new Error(`the program ended with ${exitCode}`)
}

const passwd = '/etc/passwd openat'
for (const [title, script, ...expected] of [
  ['nothing, after close', `os.close(op('/etc/passwd'))`, []],
  ['a file', `op('/etc/passwd')`, [passwd]],
  ['a copy, where the file was closed', `a = op('/etc/passwd'); os.dup2(a, 40); os.close(a)`, ['/etc/passwd dup2']],
  [
    'sockets and pipes',
    `global s; s = socket.socket(); os.pipe(); os.close(op('/'))`,
    ['socket socket', 'pipe pipe2', 'pipe pipe2'],
  ],
  ['closed by close_range', `op('/etc/passwd'); os.closerange(3, 4000)`, []],
  [
    'not what was inherited',
    `a = op('/etc/passwd')\nif os.fork() == 0: op('/'); os._exit(0)\nos.wait(); os.close(a)`,
    [],
    ['/ openat'],
  ],
  ['not what was closed on exec', `op('/etc/passwd'); os.execv('/bin/true', ['true'])`, []],
  [
    'what another program of it opened',
    `os.set_inheritable(op('/etc/passwd'), True); os.execv('/bin/true', ['true'])`,
    [passwd],
  ],
  [
    'what was received',
    `a, b = socket.socketpair(); f = op('/etc/passwd')
if os.fork() == 0: socket.recv_fds(b, 9, 9); os._exit(0)
socket.send_fds(a, [b'x'], [f]); os.wait(); os.close(f); a.close(); b.close()`,
    [],
    ['/etc/passwd recvmsg'],
  ],
  [
    'what was put in the place of a standard stream',
    `a = op('/dev/null', 1); os.dup2(a, 1); os.close(a)`,
    ['/dev/null dup2'],
  ],
] as const) {
  needsPython(`what is open at the end: ${title}`, async (t) => {
    // As an interpreter closes its own: sockets of objects are closed by them.
    t.deepEqual(
      await leftOpen(`${script}\nos._exit(0)`),
      expected.map((it) => [...it]),
    )
    t.deepEqual(
      await leftOpen(`${script}\nos._exit(0)`, { filter: descriptorCalls }),
      expected.map((it) => [...it]),
    )
  })
}

test('what is open at the end is not asked of a run that left out calls that open or close', async (t) => {
  const run = await trace('true', [], { filter: descriptorCalls.filter((name) => name !== 'pipe') })
  const [process] = processesOf(run).all
  t.throws(() => process?.leftOpen, { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /leaves out pipe/ })
  const [killed] = processesOf(await trace('sh', ['-c', 'exec 7</etc/passwd; kill -9 $$'])).all
  t.deepEqual(
    killed?.leftOpen.map(({ fd, path }) => [fd, path]),
    [[7, '/etc/passwd']],
  )
})
