/** The process that traces stays as it was: its workers, its children, its memory. */

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import { trace } from '../index.ts'

const built = join(import.meta.dirname, '../dist/index.js')

/** Process ids of our direct children, whatever their state. */
function children(): readonly number[] {
  const lists = readdirSync('/proc/self/task').map((tid) => {
    try {
      return readFileSync(`/proc/self/task/${tid}/children`, 'utf8')
    } catch {
      return '' // A thread that has just ended.
    }
  })
  return lists.join(' ').split(' ').filter(Boolean).map(Number)
}

async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10))
}

test.serial('a worker that is terminated in the middle of a run leaves nobody behind, fifty times', async (t) => {
  const source = `
    const { parentPort } = require('node:worker_threads')
    const { trace } = require(${JSON.stringify(built)})
    const run = trace('sh', ['-c', 'while :; do /bin/true; done'], { stdio: 'ignore' })
    run.catch(() => {})
    parentPort.postMessage(run.pid)
    void (async () => { for await (const event of run) void event })()`
  const before = children()
  for (let round = 0; round < 50; round++) {
    const worker = new Worker(source, { eval: true })
    const [pid] = await once(worker, 'message')
    t.true(typeof pid === 'number')
    await worker.terminate()
    await eventually(() => children().every((child) => before.includes(child)))
  }
  t.deepEqual(children(), before)
})

test.serial('every exit of our own children arrives while two runs trace', async (t) => {
  const busy = 'i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done'
  const runs = [trace('sh', ['-c', busy]), trace('sh', ['-c', busy], { filter: ['execve'] })]
  const run = promisify(execFile)
  let exits = 0
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 20 }, async () => (await run('true'), (exits += 1))))
  }
  t.is(exits, 400)
  for (const result of await Promise.all(runs)) {
    t.is(result.exitCode, 0)
    t.true(result.complete)
  }
})

test.serial('a run that nobody reads ends, and holds no more memory than its bound', async (t) => {
  const program = `
    import { trace } from ${JSON.stringify(built.replace(/\.js$/u, '.mjs'))}
    const run = trace('dd', ['if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=400000'], { stringLimit: 256 })
    let rss = 0
    const watch = setInterval(() => { rss = Math.max(rss, process.memoryUsage.rss()) }, 20)
    const { exitCode } = await run
    clearInterval(watch)
    console.log(JSON.stringify({ exitCode, megabytes: rss / 2 ** 20 }))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [text] = await once(child.stdout, 'data')
  const { exitCode, megabytes } = JSON.parse(String(text)) as { exitCode: number; megabytes: number }
  t.is(exitCode, 0)
  // 800,000 records of 400 bytes: 320 MB, of which 64 may be in memory, beside Node itself.
  t.true(megabytes < 280, `${megabytes} MB`)
})

test.serial('descriptors are handed on where that is asked for, and only there', async (t) => {
  const fd = openSync('/etc/passwd', 'r')
  const command = [`/proc/self/fd/${fd}`]
  const given = await trace('cat', command, { inheritFds: [fd] })
  const not = await trace('cat', command)
  const closed = await trace('true', { inheritFds: [fd + 500] }).catch((error: unknown) => error)
  closeSync(fd)
  t.is(given.stdout, readFileSync('/etc/passwd', 'utf8'))
  t.not(not.exitCode, 0)
  t.like(closed, { code: 'ERR_SYSCOPE_SPAWN_FAILED', errno: 'EBADF' })
})
