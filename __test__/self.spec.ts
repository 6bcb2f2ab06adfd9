/** This very process, traced by a helper while a function runs. */

import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { open, writeFile, type FileHandle } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { compileFunction, createContext, runInContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { matchers, SyscopeError, trace, traceSelf, type ErrorCode, type SelfOptions } from '../index.ts'
import { helperPath, loadNative } from '../src/native.ts'
import { selfFailure } from '../src/self/session.ts'

const built = join(import.meta.dirname, '../dist/index.js')
const folder = mkdtempSync(join(tmpdir(), 'syscope-self-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

const run = promisify(execFile)
const exists = ['access', 'faccessat', 'faccessat2', 'stat', 'newfstatat', 'statx'] as const

function statusLine(of: number | string, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${of}/status`, 'utf8'))?.[1] ?? ''
}

/** The helper that traces a thread of ours; 0 where nobody does. */
function helperOf(tid: number | string = 'self'): number {
  const tracer = Number(statusLine(tid, 'TracerPid'))
  return tracer === 0 ? 0 : Number(statusLine(tracer, 'Tgid'))
}

function isTraced(): boolean {
  return readdirSync('/proc/self/task').some((tid) => {
    try {
      return statusLine(`self/task/${tid}`, 'TracerPid') !== '0'
    } catch {
      return false // A thread that has just ended.
    }
  })
}

function children(): readonly number[] {
  return readdirSync('/proc/self/task').flatMap((tid) => {
    try {
      return readFileSync(`/proc/self/task/${tid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
    } catch {
      return [] // As above.
    }
  })
}

/** Whether a thread of ours waits inside openat: nothing but a fifo keeps one there. */
function isOpening(tid: string): boolean {
  try {
    return readFileSync(`/proc/self/task/${tid}/syscall`, 'utf8').startsWith('257 ')
  } catch {
    return false // It has just ended.
  }
}

async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10)
}

async function rejects(t: ExecutionContext, made: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
  const error = await t.throwsAsync(made, { instanceOf: SyscopeError })
  t.is(error?.code, code)
  t.regex(error?.message ?? '', message)
}

test.serial('does this function fsync? Synchronously, and on the pool of threads', async (t) => {
  const path = join(folder, 'state.json')
  const synchronous = await traceSelf(() => {
    writeFileSync(path, 'a')
    const fd = openSync(path, 'r')
    fsyncSync(fd)
    closeSync(fd)
    return 7
  })
  t.is(synchronous.value, 7)
  t.is(synchronous.pid, process.pid)
  t.is(synchronous.mode, 'stops')
  t.is(synchronous.syscalls('fsync').length, 1)
  t.true(synchronous.syscalls('fsync').every((call) => call.ok && call.tid === process.pid))
  t.true(synchronous.complete, synchronous.incomplete.join())

  const asynchronous = await traceSelf(() => writeFile(path, 'b', { flush: true }), { filter: ['fsync', 'write'] })
  t.is(asynchronous.value, undefined)
  t.is(asynchronous.syscalls('fsync').length, 1)
  t.true(
    asynchronous.syscalls('fsync').every((call) => call.tid !== process.pid),
    'by a thread of the pool',
  )
  await t.throwsAsync(async () => asynchronous.syscalls('openat' as never), { code: 'ERR_SYSCOPE_NOT_RECORDED' })

  const without = await traceSelf(() => writeFileSync(path, 'c'))
  t.deepEqual(without.syscalls('fsync', 'fdatasync'), [])
  t.true(without.complete)
})

test.serial('`own` is what the calling thread does, and no more', async (t) => {
  const path = join(folder, 'own')
  const own = await traceSelf(
    async () => {
      accessSync(folder)
      await writeFile(path, 'b', { flush: true })
    },
    { threads: 'own' },
  )
  t.deepEqual(own.syscalls('fsync'), [])
  t.true(own.syscalls().some((call) => 'pathname' in call.args && call.args.pathname === folder))
  t.true(own.events.every((event) => event.tid === process.pid))
  t.true(own.complete, own.incomplete.join())
})

test.serial('what was done before and after is not in it', async (t) => {
  const probe = (name: string) => existsSync(join(folder, name))
  probe('before')
  const made = traceSelf(() => probe('within'))
  probe('meanwhile')
  const traced = await made
  probe('after')
  const paths = traced.syscalls().flatMap((call) => ('pathname' in call.args ? [call.args.pathname] : []))
  t.deepEqual(paths, [join(folder, 'within')])
  t.is(traced.text({ columns: 0 }).match(/within/g)?.length, 1)
  t.deepEqual(traced.leaked, [])
})

test.serial('a call that is not over when the function is says so', async (t) => {
  const path = join(folder, 'fifo')
  execFileSync('mkfifo', [path])
  let opening: Promise<FileHandle> | undefined
  const traced = await traceSelf(async () => {
    opening = open(path, 'r')
    await eventually(() => readdirSync('/proc/self/task').some(isOpening))
  })
  const calls = traced.syscalls('openat').filter((call) => call.args.pathname === path)
  t.deepEqual(
    calls.map((call) => call.unfinished),
    [true],
  )
  t.true(traced.complete, traced.incomplete.join())
  // It goes on untraced.
  const [reader, writer] = await Promise.all([opening, open(path, 'w')])
  await Promise.all([reader?.close(), writer.close()])
})

test.serial('descriptors are named', async (t) => {
  const path = join(folder, 'named')
  const fd = openSync(path, 'w')
  const traced = await traceSelf(() => fsyncSync(fd), { filter: ['fsync'] })
  closeSync(fd)
  t.true(traced.text({ columns: 0, decodeFds: true }).includes(`fsync(${fd}<${path}>)`))
})

test.serial(
  'two workers at the same time: each has its own calls, each once, and one traces a command inside',
  async (t) => {
    t.timeout(300_000)
    const source = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { existsSync } = require('node:fs')
    const { trace, traceSelf } = require(${JSON.stringify(built)})
    const { path, other, command } = workerData
    const names = ${JSON.stringify(exists)}
    const count = (run, path) => run.syscalls(...names).filter((call) => call.args.pathname === path).length
    async function work() {
      for (let i = 0; i < 50_000; i++) existsSync(path)
      const inner = command ? await trace('cat', [command]) : undefined
      for (let i = 0; i < 50_000; i++) existsSync(path)
      return inner
    }
    traceSelf(work, { filter: names }).then((run) => parentPort.postMessage({
      own: count(run, path),
      others: count(run, other),
      isComplete: run.complete,
      incomplete: run.incomplete,
      inner: run.value && { exitCode: run.value.exitCode, isComplete: run.value.complete, opened: run.value.syscalls('openat').some((call) => call.args.pathname === command) },
    }))`
    const [first, second] = [join(folder, 'first'), join(folder, 'second')]
    const start = (workerData: object) => new Worker(source, { eval: true, workerData })
    const workers = [start({ path: first, other: second, command: '/dev/null' }), start({ path: second, other: first })]
    const [withTrace, without] = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]))
    await Promise.all(workers.map((worker) => worker.terminate()))
    t.deepEqual(withTrace, {
      own: 100_000,
      others: 0,
      // The command is a process of its own, which the inner run has recorded.
      isComplete: false,
      incomplete: ['untraced-child'],
      inner: { exitCode: 0, isComplete: true, opened: true },
    })
    t.deepEqual(without, { own: 100_000, others: 0, isComplete: true, incomplete: [], inner: undefined })
  },
)

test.serial('a trace() and an attach() that run already go on', async (t) => {
  const outside = spawn('sleep', ['100'], { detached: true, stdio: 'ignore' })
  const busy = trace('sh', ['-c', 'i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done'], { filter: ['execve'] })
  const traced = await traceSelf(async () => {
    const quick = await trace('true')
    await busy
    return quick.complete
  })
  const result = await busy
  outside.kill()
  t.is(result.syscalls('execve').length, 201)
  t.true(result.complete)
  t.true(traced.value)
})

test.serial('processes that the function starts run undisturbed, and are said to be missing', async (t) => {
  const traced = await traceSelf(async () => [
    execFileSync('sh', ['-c', '(/bin/true); echo $PPID'], { encoding: 'utf8' }),
    (await run('sh', ['-c', 'grep TracerPid /proc/self/status'])).stdout,
  ])
  t.deepEqual(traced.value, [`${process.pid}\n`, 'TracerPid:\t0\n'])
  t.false(traced.complete)
  t.deepEqual(traced.incomplete, ['untraced-child'])
  const own = await traceSelf(() => execFileSync('true'), { threads: 'own' })
  t.deepEqual(own.incomplete, ['untraced-child'])
})

test.serial('a worker that begins inside is seen', async (t) => {
  const path = join(folder, 'by-a-worker')
  const source = `require('node:fs').existsSync(${JSON.stringify(path)})`
  const traced = await traceSelf(() => once(new Worker(source, { eval: true }), 'exit'))
  const births = traced.events.filter((event) => event.type === 'fork')
  t.true(births.length > 0 && births.every((event) => event.type === 'fork' && event.thread))
  t.true(traced.syscalls().some((call) => 'pathname' in call.args && call.args.pathname === path))
  t.true(traced.complete, traced.incomplete.join())
})

test.serial('what goes through the rings of Node itself leaves it complete', async (t) => {
  const server = createServer((socket) => socket.end('x')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const traced = await traceSelf(() =>
    once(connect((server.address() as AddressInfo).port, '127.0.0.1').resume(), 'close'),
  )
  server.close()
  t.is(traced.syscalls('connect').length, 1)
  t.true(traced.complete, traced.incomplete.join())
})

test.serial('inside of itself it is refused, and nowhere else', async (t) => {
  const inner = await traceSelf(async () => {
    await rejects(
      t,
      traceSelf(() => 1),
      'ERR_SYSCOPE_NESTED',
      /would wait for its end/,
    )
    // Work of the function that goes on after it.
    return { later: sleep(20).then(() => traceSelf(() => 2)) }
  })
  t.is((await inner.value.later).value, 2)
  const both = await Promise.all([traceSelf(() => sleep(5, 'a')), traceSelf(() => sleep(5, 'b'))])
  t.deepEqual(
    both.map((it) => it.value),
    ['a', 'b'],
  )
})

test.serial('what the function throws comes back, and nobody is left', async (t) => {
  const mistake = new TypeError('mine')
  const throwing = (): void => {
    throw mistake
  }
  t.is(await t.throwsAsync(traceSelf(throwing)), mistake)
  t.is(await t.throwsAsync(traceSelf(() => Promise.reject(mistake))), mistake)
  const nothing = await traceSelf(() => Promise.reject()).then(
    () => 'resolved',
    (error: unknown) => error,
  )
  t.is(nothing, undefined)
  t.false(isTraced())
})

test.serial('rules act on this process', async (t) => {
  const fd = openSync(join(folder, 'rules'), 'w')
  const sync = (): string => {
    try {
      fsyncSync(fd)
      return 'synced'
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code)
    }
  }
  const traced = await traceSelf(() => [sync(), sync()], { inject: { syscall: 'fsync', nth: 1, error: 'EIO' } })
  t.deepEqual(traced.value, ['EIO', 'synced'])
  t.deepEqual(
    traced.rules.filter((it) => it.acted > 0).map((it) => it.acted),
    [1],
  )
  const denied = await traceSelf(() => sync(), { filter: 'none', deny: 'fsync' })
  t.is(denied.value, 'EPERM')
  t.is(denied.denied.length, 1)
  closeSync(fd)
})

test.serial('options that cannot be are refused, with the reason', async (t) => {
  const refused: readonly (readonly [object, RegExp])[] = [
    [
      { intercept: { connect: () => {} } },
      /no option `intercept`: a handler would have to decide in a process that is stopped/,
    ],
    [{ keep: false }, /no option `keep`/],
    [{ until: 'tree' }, /no option `until`/],
    [{ follow: true }, /no option `follow`.*trace\(\)/],
    [{ timeout: 5 }, /no option `timeout`: it ends when the function does/],
    [{ thread: 'own' }, /no option `thread`. Did you mean `threads`/],
    [{ threads: 'some' }, /`threads` option to be 'all' or 'own'/],
    [{ inject: { syscall: 'read', killTree: true } }, /`killTree`/],
    [{ inject: [{ syscall: 'read', stopTracing: true }] }, /`stopTracing`/],
    [{ inject: { syscall: 'read', signal: 'SIGKILL' } }, /SIGKILL/],
    [{ inject: { syscall: 'read', signal: 19 } }, /signal: 19/],
  ]
  for (const [options, message] of refused) {
    await rejects(
      t,
      traceSelf(() => t.fail(), options as SelfOptions),
      'ERR_SYSCOPE_INVALID_ARGUMENT',
      message,
    )
  }
  await rejects(
    t,
    traceSelf('fsync' as never),
    'ERR_SYSCOPE_INVALID_ARGUMENT',
    /Expected a function to trace, got 'fsync'/,
  )
})

test.serial('the event loop goes on', async (t) => {
  let ticks = 0
  const timer = setInterval(() => (ticks += 1), 1)
  await traceSelf(async () => {
    const start = ticks
    await eventually(() => ticks > start + 5)
  })
  clearInterval(timer)
  t.true(ticks > 5)
})

test.serial('where the helper is killed this process goes on', async (t) => {
  const lost = traceSelf(async () => {
    const helper = helperOf()
    t.true(helper > 0 && helper !== process.pid)
    process.kill(helper, 'SIGKILL')
    await eventually(() => !isTraced())
    return 'done'
  })
  await rejects(t, lost, 'ERR_SYSCOPE_HELPER_LOST', /was killed by SIGKILL.*runs on untraced/)
  t.is((await traceSelf(() => 3)).value, 3)
})

test.serial('a worker that is terminated while it is traced, or while it waits, is in nobody’s way', async (t) => {
  const source = `
    const { parentPort } = require('node:worker_threads')
    const { traceSelf } = require(${JSON.stringify(built)})
    traceSelf(() => { parentPort.postMessage('traced'); return new Promise(() => {}) })
    parentPort.postMessage('asked')`
  const before = children()
  for (let round = 0; round < 5; round++) {
    const tracing = new Worker(source, { eval: true })
    t.deepEqual(await once(tracing, 'message'), ['asked'])
    t.deepEqual(await once(tracing, 'message'), ['traced'])
    t.true(isTraced())
    const waiting = new Worker(source, { eval: true })
    t.deepEqual(await once(waiting, 'message'), ['asked'])
    await waiting.terminate()
    await tracing.terminate()
    t.is((await traceSelf(() => round)).value, round)
    t.false(isTraced())
  }
  t.deepEqual(children(), before)
})

test.serial('fifty rounds leave no process, no thread and no descriptor', async (t) => {
  const descriptors = () => readdirSync('/proc/self/fd').length
  await traceSelf(() => {})
  const [before, had] = [descriptors(), children()]
  const threads = readdirSync('/proc/self/task').length
  for (let round = 0; round < 50; round++) await traceSelf(() => round)
  t.deepEqual(children(), had)
  // Node opens and closes some of its own; one that each round left would be fifty.
  t.true(descriptors() < before + 10)
  await eventually(() => readdirSync('/proc/self/task').length <= threads)
  t.pass()
})

test.serial('who traces already is named', async (t) => {
  const script = `
    require(${JSON.stringify(built)}).traceSelf(() => 1).then(
      () => console.log('traced'), (error) => console.log(error.code, error.message))`
  const outer = await trace(process.execPath, ['-e', script], { filter: ['fsync'] })
  t.regex(outer.stdout, /^ERR_SYSCOPE_ALREADY_TRACED Process \d+ is traced already, by .*\(pid \d+\)/)
  t.true(outer.stdout.includes(`(pid ${process.pid})`))
})

test.serial('a debugger that is attached is named', async (t) => {
  const strace = spawn('strace', ['-qq', '-f', '-o', '/dev/null', '-p', String(process.pid)], { stdio: 'ignore' })
  const isThere = await Promise.race([
    once(strace, 'error').then(() => false),
    eventually(() => isTraced()).then(() => true),
  ])
  if (!isThere) {
    t.log('SKIPPED: there is no strace')
    t.pass()
    return
  }
  await rejects(
    t,
    traceSelf(() => 1),
    'ERR_SYSCOPE_ALREADY_TRACED',
    new RegExp(`by strace \\(pid ${strace.pid}\\)`),
  )
  strace.kill('SIGINT')
  await once(strace, 'exit')
  t.is((await traceSelf(() => 4)).value, 4)
})

test.serial('where it is not permitted, the error says what stands in the way', async (t) => {
  if (process.getuid?.() !== 0) {
    t.log('SKIPPED: only root can become somebody who may not')
    t.pass()
    return
  }
  // Who may not read the program may not look into the process: the kernel takes such processes for privileged.
  const node = join(folder, 'node')
  copyFileSync(process.execPath, node)
  chmodSync(node, 0o111)
  chmodSync(folder, 0o755)
  const script = `
    require(${JSON.stringify(built)}).traceSelf(() => 1).then(
      () => console.log('traced'), (error) => console.log(error.code, error.errno, error.message))`
  const { stdout } = await run(node, ['-e', script], { uid: 65_534, gid: 65_534, cwd: '/' })
  t.regex(stdout, /^ERR_SYSCOPE_ATTACH_DENIED EPERM This process may not be traced by its helper: EPERM\. \S/)
})

test.serial('a helper that is missing, or is none, is told as that', async (t) => {
  const native = loadNative()
  const failing = async (helper: string) => {
    const made = await new Promise<ReturnType<typeof native.startSelf>>((resolve) => {
      const it = native.startSelf({ helper, allThreads: true, plan: new Uint8Array() }, () => {
        if (it.stage === 'over') resolve(it)
      })
    })
    const failure = made.end()?.failure
    made.abandon()
    return failure === undefined ? undefined : selfFailure(failure)
  }
  const missing = await failing('/nowhere/syscope-helper')
  t.is(missing?.code, 'ERR_SYSCOPE_NATIVE_MISSING')
  t.regex(missing?.message ?? '', /cannot be started: execve: No such file or directory/)
  t.is((await failing('/bin/true'))?.code, 'ERR_SYSCOPE_HELPER_LOST')
  const babbling = join(folder, 'babbling')
  writeFileSync(babbling, "#!/bin/sh\nprintf 'not what we speak' >&0\n", { mode: 0o755 })
  t.is((await failing(babbling))?.code, 'ERR_SYSCOPE_NATIVE_MISSING')
  // The plan is checked where it is read.
  t.is((await failing(helperPath()))?.code, 'ERR_SYSCOPE_ENGINE')
  t.false(isTraced())
})

test.serial('this process may end inside, and be killed', async (t) => {
  const within = (work: string) => `
    require(${JSON.stringify(built)}).traceSelf(() => {
      const tracer = require('node:fs').readFileSync('/proc/self/status', 'utf8').match(/TracerPid:\\s*(\\d+)/)[1]
      console.log(tracer)
      ${work}
    })`
  const isGone = (stdout: string) => !existsSync(`/proc/${stdout.trim()}`) || !/^[1-9]/.test(stdout)
  const ended = spawn(process.execPath, ['-e', within('process.exit(3)')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [first] = await once(ended.stdout, 'data')
  t.is((await once(ended, 'exit'))[0], 3)
  await eventually(() => isGone(String(first)))
  const killed = spawn(process.execPath, ['-e', within("process.kill(process.pid, 'SIGKILL')")], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [second] = await once(killed.stdout, 'data')
  t.is((await once(killed, 'exit'))[1], 'SIGKILL')
  await eventually(() => isGone(String(second)))
})

test.serial('from CommonJS in a context of its own, as jest has them, with its clock replaced', async (t) => {
  const context = createContext({ console, setTimeout, setInterval, queueMicrotask, TextDecoder, TextEncoder, URL })
  const hrtime = Object.assign(() => [0, 0], { bigint: () => 0n })
  const globals = { process: Object.assign(Object.create(process), { hrtime }), Buffer }
  Object.assign(context, globals)
  const module = { exports: {} as { traceSelf: typeof traceSelf } }
  const load = compileFunction(
    readFileSync(built, 'utf8'),
    ['exports', 'require', 'module', '__filename', '__dirname'],
    { parsingContext: context, filename: built },
  )
  load(module.exports, createRequire(built), module, built, dirname(built))
  const work = runInContext('(fs, path) => { fs.existsSync(path); return Promise.resolve([1]) }', context)
  const path = join(folder, 'elsewhere')
  const { existsSync: probe } = await import('node:fs')
  const traced = await module.exports.traceSelf(() => work({ existsSync: probe }, path), { filter: [...exists] })
  t.deepEqual([...(traced.value as number[])], [1])
  t.is(traced.syscalls(...exists).filter((call) => 'pathname' in call.args && call.args.pathname === path).length, 1)
})

test.serial('what happened is asked as of any run', async (t) => {
  const path = join(folder, 'asked.json')
  const run = await traceSelf(
    () => {
      const fd = openSync(`${path}.tmp`, 'w')
      writeSync(fd, '{}')
      fsyncSync(fd)
      closeSync(fd)
      renameSync(`${path}.tmp`, path)
    },
    { observe: 'files', threads: 'own' },
  )
  t.true(run.complete)
  t.is(run.cwd, process.cwd())
  t.like(run.files.at(path)[0], { bytesWritten: 2, paths: [`${path}.tmp`, path] })
  t.like(run.durability.replacementOf(path), { atomic: true, synced: 'file' })
  t.is(matchers.toSyncBeforeRename(run, path).pass, true)
  t.is(matchers.toReplaceAtomically(run, path).pass, false)
})
