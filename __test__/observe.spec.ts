/** The option `observe`, and what results say happened. */

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { attach, loadTrace, matchers, saveTrace, systemFolders, trace, type Topic } from '../index.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'syscope-observe-')))
writeFileSync(join(root, 'in'), 'abc')
test.after.always(() => rmSync(root, { recursive: true }))

const notRecorded = { code: 'ERR_SYSCOPE_NOT_RECORDED' } as const

test('what a topic needs is recorded, and nothing else', async (t) => {
  const run = await trace('cp', ['in', 'out'], { cwd: root, observe: 'files' })
  t.true(run.complete)
  t.is(run.cwd, root)
  t.like(run.files.at(join(root, 'out'))[0], { bytesWritten: 3, isDeleted: false })
  t.like(run.files.at(join(root, 'in'))[0], { bytesRead: 3, bytesWritten: 0 })
  t.throws(() => run.network, notRecorded)
  t.throws(() => run.syscalls('futex'), notRecorded)
  t.throws(() => run.waiting, notRecorded)
})

test('topics add to the filter and to each other', async (t) => {
  const observe: readonly Topic[] = ['network', 'processes', 'signals', 'waiting', 'files']
  const run = await trace('sh', ['-c', 'cat in & wait'], { cwd: root, observe, filter: 'getuid' })
  t.notThrows(() => run.syscalls('getuid'))
  t.deepEqual([run.network.connects.length, run.signals.sent.length], [0, 0])
  t.deepEqual(
    run.processes.all.map(({ argv }) => argv?.[0]),
    ['sh', 'cat'],
  )
  t.true(run.waiting.waits.some(({ cause }) => cause === 'child'))
  t.is(run.processes, run.processes, 'worked out once')
  t.throws(() => run.syscalls('brk'), notRecorded)
  const all = await trace('true', [], { observe: 'files', filter: 'all' })
  t.notThrows(() => all.syscalls('brk'))
})

test('rings are denied where absence is to be proven, unless one asks to observe them', async (t) => {
  const run = await trace('true', [], { observe: 'network' })
  t.like(run.rules, { length: 1, 0: { rule: { calls: 'io_uring_setup', error: 'ENOSYS', implied: true } } })
  const watched = await trace('true', [], { observe: 'network', ioUring: 'observe' })
  t.is(watched.rules.length, 0)
})

test('descriptors are decoded, unless one asks not to', async (t) => {
  const options = { cwd: root, observe: 'files' } as const
  const decoded = await trace('cat', ['in'], options)
  t.regex(decoded.text({ decodeFds: true }), /^read\(\d+<.*\/in>/m)
  const plain = await trace('cat', ['in'], { ...options, decodeFds: false })
  t.notRegex(plain.text({ decodeFds: true }), /^read\(\d+</m)
})

test('what is no topic is said, before anything runs', async (t) => {
  for (const observe of ['file', ['files', 7], '', null]) {
    // @ts-expect-error -- that is the point
    const failure = await t.throwsAsync(trace('true', [], { observe }), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
    t.regex(failure?.message ?? '', /`observe` option.*'files'.*'network'/)
  }
})

test('a saved trace answers as the run did', async (t) => {
  const run = await trace('cp', ['in', 'copy'], { cwd: root, observe: ['files', 'processes'] })
  const path = join(root, 'saved.trace')
  await saveTrace(run, path)
  using loaded = await loadTrace(path)
  t.is(loaded.cwd, root)
  t.deepEqual(
    loaded.files.with('write').map((file) => [file.path, file.bytesWritten]),
    run.files.with('write').map((file) => [file.path, file.bytesWritten]),
  )
  t.is(String(loaded.processes), String(run.processes))
  t.throws(() => loaded.network, notRecorded)
})

test('an attached process is where it is', async (t) => {
  const { spawn } = await import('node:child_process')
  const shell = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
  const pid = Number(await new Promise((resolve) => shell.stdout.once('data', resolve)))
  const run = attach(pid)
  await new Promise((resolve) => setTimeout(resolve, 50))
  run.detach()
  t.is((await run).cwd, root)
  process.kill(pid)
})

test('what matchers of a topic ask is recorded with it', async (t) => {
  const observe: readonly Topic[] = ['files', 'network', 'processes']
  const run = await trace('cp', ['in', 'for-matchers'], { cwd: root, observe })
  const { toHaveNoNetwork, toWriteOnlyUnder, toReadOnlyUnder, toExec, toLeaveNoProcesses, toSyncBeforeRename } =
    matchers
  t.true(toHaveNoNetwork(run).pass)
  t.true(toWriteOnlyUnder(run, root).pass)
  t.true(toReadOnlyUnder(run, [root, ...systemFolders]).pass)
  t.true(toExec(run, 'cp').pass)
  t.true(toLeaveNoProcesses(run).pass)
  t.false(toSyncBeforeRename(run, 'for-matchers').pass)
  t.regex(run.snapshot(), /<for-matchers>|for-matchers/)
})
