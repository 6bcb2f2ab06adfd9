/** What threads wait for. */

import test from 'ava'
import { trace } from '../index.ts'
import { waitingCalls } from '../src/kit/wait-causes.ts'
import { waitingOf, type Wait } from '../src/kit/waiting.ts'

/** The greatest of a cause. */
function most(waits: readonly Wait[], cause: Wait['cause']): Wait | undefined {
  return waits.find((wait) => wait.cause === cause)
}

test('sleeping, a child and a pipe are told apart, the longest first', async (t) => {
  const run = await trace('sh', ['-c', '(sleep 0.2; echo done) | cat; exit 0'], {
    filter: waitingCalls,
    decodeFds: true,
  })
  const { waits, causes } = waitingOf(run)
  const [sleep, child, pipe] = [most(waits, 'sleep'), most(waits, 'child'), most(waits, 'pipe')]
  t.true((sleep?.totalMs ?? 0) > 0)
  t.regex(sleep?.longest ?? '', /^clock_nanosleep\(/)
  t.is(sleep?.calls, 1)
  t.true((child?.totalMs ?? 0) > 0)
  t.true((pipe?.totalMs ?? 0) > 0)
  t.regex(pipe?.longest ?? '', /^read\(0/)
  t.deepEqual(
    waits.map(({ totalMs }) => totalMs),
    waits.map(({ totalMs }) => totalMs).toSorted((a, b) => b - a),
  )
  t.is(causes.get('sleep'), sleep?.totalMs)
})

test('with nothing but the calls that open, descriptors are known as well', async (t) => {
  const run = await trace('sh', ['-c', '(sleep 0.1; echo done) | cat'])
  t.true((most(waitingOf(run).waits, 'pipe')?.totalMs ?? 0) > 0)
})

test('a lock on a file, and data on its way to the disk', async (t) => {
  // The arrow is for those that wait for a lock, and the number is who does.
  const waits9 = 'until grep -q -- "-> FLOCK .* $! " /proc/locks; do sleep 0.01; done'
  const script = `exec 9>"$0"; flock 9; (exec 9>"$0"; exec flock 9) & ${waits9}
sleep 0.1; flock -u 9; sync "$0"; wait; rm "$0"`
  const run = await trace('sh', ['-c', script, `/tmp/syscope-waiting-${process.pid}`], { filter: waitingCalls })
  const { waits } = waitingOf(run)
  t.true((most(waits, 'lock')?.longestMs ?? 0) >= 50)
  t.regex(most(waits, 'disk')?.longest ?? '', /^(?:fsync|syncfs|fdatasync)\(/)
})

test('threads wait each for itself', async (t) => {
  const script = `
    const wait = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150)'
    const { Worker } = require('worker_threads')
    for (let index = 0; index < 2; index++) new Worker(wait, { eval: true })`
  const run = await trace('node', ['-e', script], { filter: waitingCalls })
  const waits = waitingOf(run).of(run.pid)
  const long = waits.filter(({ cause, longestMs }) => cause === 'thread' && longestMs >= 140)
  t.true(new Set(long.map(({ tid }) => tid)).size >= 2)
  t.true((most(waits, 'poll')?.totalMs ?? 0) > 0)
})

test('the table has a line for each thread and cause', async (t) => {
  const run = await trace('sleep', ['0.05'], { filter: waitingCalls })
  const waiting = waitingOf(run)
  const [title, first, ...rest] = String(waiting).split('\n')
  t.regex(title ?? '', /^ +total +longest +calls +thread +cause +longest call$/)
  t.regex(
    first ?? '',
    new RegExp(`^ *\\d+\\.\\d ms +\\d+\\.\\d ms +1 +${run.pid} +sleep +clock_nanosleep\\(.*\\) = 0$`),
  )
  t.is(rest.length, waiting.waits.length - 1)
})

test('a run that left out calls that wait is refused', async (t) => {
  const run = await trace('sleep', ['0.01'], { filter: ['read', 'clock_nanosleep'] })
  t.throws(() => waitingOf(run), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /poll, .*futex/ })
})
