// Figures that are no ratio to strace: what an event costs in memory and time, and how long until anything happens.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { recorded } from './recorded.mjs'
import { inPairs, median } from './statistics.mjs'

const million = 1_000_000

/**
 * @param {{ workload: string, cli: readonly string[], folder: string, entry: string, pairs: number,
 *   trace: typeof import('syscope').trace, strace: string | undefined }} tools
 * @returns {readonly { name: string, aim: string, measure: () => string | Promise<string> }[]}
 */
export function numbers(tools) {
  const { workload, cli, folder, entry, pairs, trace } = tools
  const ofMillion = (what) => measureInChild(what, workload, entry)
  return [
    { name: 'events per second, streamed', aim: '', measure: () => ofMillion('stream').perSecond },
    {
      name: 'resident memory that 1,000,000 streamed events add',
      aim: 'flat',
      measure: () => ofMillion('stream').memory,
    },
    { name: 'bytes held per event of 1,000,000 kept ones', aim: '', measure: () => ofMillion('keep').perEvent },
    { name: 'going through them, arguments unread', aim: '', measure: () => ofMillion('keep').unread },
    { name: 'reading all arguments of them', aim: '', measure: () => ofMillion('keep').args },
    { name: 'text of all of them', aim: '', measure: () => ofMillion('keep').text },
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
    ...layers(tools),
  ]
}

const layerNames = [
  'reading the records',
  'records to events',
  'to text',
  'to files',
  'to network',
  'to processes',
  'to a snapshot',
]

/** What is above the records, for one run of about a million events that was saved. */
function layers({ entry, ...tools }) {
  const ofLayers = (name) => {
    const { figures } = measureLayers(recorded(tools).trace, entry)
    const times = figures[name] / figures[layerNames[0]]
    return `${(figures[name] / 1000).toFixed(2)} µs per event${name === layerNames[0] ? '' : `, ${times.toFixed(1)} of reading`}`
  }
  return [
    ...layerNames.map((name) => ({ name: `a million events: ${name}`, aim: '', measure: () => ofLayers(name) })),
    {
      name: 'a million events: saved',
      aim: '',
      measure() {
        const { trace, bytes, straceBytes } = recorded(tools)
        const { events } = measureLayers(trace, entry)
        const ratio = straceBytes === undefined ? '' : `, ${(bytes / straceBytes).toFixed(2)} of strace's text`
        return `${(bytes / events).toFixed(1)} bytes per event${ratio}`
      },
    },
    {
      name: 'a million events: opening them and reading the last',
      aim: '1000 ms',
      measure: () => `${measureLayers(recorded(tools).trace, entry).openMs.toFixed(1)} ms`,
    },
  ]
}

/** In a process of its own, with room for what models hold of so many. */
function measureLayers(path, entry) {
  return inChild('layers.cjs', ['--max-old-space-size=6000'], [entry, path, '3'])
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

function measureInChild(what, workload, entry) {
  return inChild('million.cjs', [], [what, entry, workload, String(million)])
}

/** Each in a process of its own, so that nobody's garbage is another's memory. All figures of a script come from one run. */
const measured = new Map()
function inChild(name, options, words) {
  const key = [name, ...words].join(' ')
  if (!measured.has(key)) {
    const script = join(import.meta.dirname, name)
    const done = spawnSync(process.execPath, ['--expose-gc', ...options, script, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (done.status !== 0) throw new Error(`${key} ended with ${done.status ?? done.signal}`)
    measured.set(key, JSON.parse(done.stdout))
  }
  return measured.get(key)
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
