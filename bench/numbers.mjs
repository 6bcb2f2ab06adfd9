// Figures that are no ratio to strace: what an event costs in memory and time, and how long until anything happens.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inPairs, median } from './statistics.mjs'

const million = 1_000_000

/**
 * @param {{ workload: string, cli: readonly string[], folder: string, entry: string, pairs: number,
 *   trace: typeof import('syscope').trace }} tools
 * @returns {readonly { name: string, aim: string, measure: () => string | Promise<string> }[]}
 */
export function numbers({ workload, cli, folder, entry, pairs, trace }) {
  const inChild = (what) => measureInChild(what, workload, entry)
  return [
    { name: 'events per second, streamed', aim: '', measure: () => inChild('stream').perSecond },
    {
      name: 'resident memory that 1,000,000 streamed events add',
      aim: 'flat',
      measure: () => inChild('stream').memory,
    },
    { name: 'bytes held per event of 1,000,000 kept ones', aim: '', measure: () => inChild('keep').perEvent },
    { name: 'going through them, arguments unread', aim: '', measure: () => inChild('keep').unread },
    { name: 'reading all arguments of them', aim: '', measure: () => inChild('keep').args },
    { name: 'text of all of them', aim: '', measure: () => inChild('keep').text },
    {
      name: "require('syscope') above node -e 0",
      aim: '40 ms',
      measure: () => difference(pairs, ['-e', '0'], ['-e', `require(${JSON.stringify(entry)})`]),
    },
    {
      name: 'syscope: start to first call above node',
      aim: '60 ms',
      measure: () => startToFirstCall(pairs, cli, folder),
    },
    {
      name: 'a call that a handler decides about',
      aim: '',
      measure: () => perCall(pairs, trace, workload, 2000, { intercept: { getppid: () => undefined } }),
    },
    {
      name: 'a call that 1,000 rules are tried for in vain',
      aim: '',
      measure: () => perCall(pairs, trace, workload, 20_000, { inject: thousandProcesses() }),
    },
    {
      name: 'a call that a rule on its path is tried for in vain',
      aim: '',
      measure: () =>
        perCall(
          pairs,
          trace,
          workload,
          20_000,
          { inject: [{ syscall: 'openat', path: '**/x', error: 'EIO' }] },
          'file',
        ),
    },
  ]
}

/** Processes that are not there: each rule is looked at in vain. */
function thousandProcesses() {
  return Array.from({ length: 1000 }, (_, index) => ({
    syscall: 'getppid',
    process: { pid: 5_000_000 + index },
    error: 'EIO',
  }))
}

/** What the options make each turn of a loop cost. */
async function perCall(pairs, trace, workload, turns, options, kind = 'null') {
  const loop = [kind, String(turns)]
  const both = await inPairs(
    pairs,
    () => spawnSync(workload, loop, { stdio: 'ignore' }),
    () => trace(workload, loop, { filter: 'none', stdio: 'ignore', ...options }),
  )
  const extra = median(both.map(([untraced, traced]) => traced - untraced))
  return `${((extra / turns) * 1e6).toFixed(1)} µs`
}

/** Each in a process of its own, so that nobody's garbage is another's memory. Both figures of a run come from one run. */
const measured = new Map()
function measureInChild(what, workload, entry) {
  if (!measured.has(what)) {
    const script = join(import.meta.dirname, 'million.cjs')
    const done = spawnSync(process.execPath, ['--expose-gc', script, what, entry, workload, String(million)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (done.status !== 0) throw new Error(`${script} ${what} ended with ${done.status ?? done.signal}`)
    measured.set(what, JSON.parse(done.stdout))
  }
  return measured.get(what)
}

async function difference(pairs, plain, more) {
  const node = (words) => () => spawnSync(process.execPath, words, { stdio: 'ignore' })
  const both = await inPairs(pairs, node(plain), node(more))
  return milliseconds(median(both.map(([without, withIt]) => withIt - without)) * 1e9)
}

/** Both clocks are CLOCK_MONOTONIC: that of the first record, and that of the first line of a script. */
function startToFirstCall(pairs, cli, folder) {
  const out = join(folder, 'first.ndjson')
  const both = Array.from({ length: pairs }, () => {
    const started = process.hrtime.bigint()
    const { stdout } = spawnSync(process.execPath, ['-p', 'process.hrtime.bigint()'], { encoding: 'utf8' })
    const ofNode = BigInt(stdout.trim().replace('n', '')) - started
    const startedTracing = process.hrtime.bigint()
    spawnSync(cli[0], [...cli.slice(1), '--json', '-o', out, 'true'])
    const events = readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const first = events.find(({ type, name }) => type === 'syscall' && name !== 'execve')
    return Number(BigInt(first.startNs) - startedTracing - ofNode)
  })
  return milliseconds(median(both))
}

function milliseconds(ns) {
  return `${(ns / 1e6).toFixed(0)} ms`
}
