// `npm run bench [-- --pairs N] [-- --rows REGEX]`: syscope against strace and against the untraced run, on the same work in the
// same run, as ratios. $STRACE names another strace than the one in PATH. Every traced run is paired with an untraced one right beside it; what is printed is the median of the pairs.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root, run } from '../scripts/lib/checkout.mjs'
import { setUp } from '../scripts/setup.mjs'
import { numbers } from './numbers.mjs'
import { inPairs, median, table } from './statistics.mjs'
import { runPlain, ways } from './ways.mjs'
import { isThere, works } from './works.mjs'

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '15' }, rows: { type: 'string', default: '.' } },
})
const pairs = Number(values.pairs)
const wanted = new RegExp(values.rows, 'u')
const note = (text) => process.stderr.write(`${text}\n`)

await setUp()
await run('cargo', ['build', '--quiet', '--profile', 'checkout', '-p', 'syscope-workload'])
const entry = join(root, 'dist/index.js')
const { trace } = await import('syscope')

const folder = mkdtempSync(join(tmpdir(), 'syscope-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const workload = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'checkout/syscope-workload')
const cli = [process.execPath, join(root, 'dist/src/cli/bin.js')]
const allWorks = works({ workload, folder })
const strace = process.env.STRACE ?? 'strace'
const allWays = ways({ cli, strace, out: join(folder, 'log'), trace })

const hasStrace = spawnSync(strace, ['-V']).status === 0
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0
if (!hasStrace) note('strace is not installed: its rows are skipped')
if (!canPin) note('one processor, or no taskset: pinned rows are skipped')

/** One line of the table; `ofStraces`: seconds of the ways of strace by their kind, for the ways of ours to be compared with. */
async function measure(work, way, pinned, ofStraces) {
  const sized = way.kind === 'filtered' && work.longer !== undefined ? { ...work, command: work.longer } : work
  const { times = 1 } = work
  const both = await inPairs(
    times === 1 ? pairs : Math.ceil(pairs / 3),
    () => repeat(times, () => runPlain(sized)),
    () => repeat(times, () => way.run(sized)),
  )
  const seconds = median(both.map(([, traced]) => traced))
  const extra = median(both.map(([untraced, traced]) => traced - untraced))
  if (way.isStrace) ofStraces.set(way.kind, seconds)
  const ofStrace = ofStraces.get(way.kind)
  const calls = (await callsOf(work)) * (sized === work ? 1 : 10) * times
  return {
    work: work.name,
    cpus: pinned ? 'one' : 'all',
    way: way.name,
    'to untraced': median(both.map(([untraced, traced]) => traced / untraced)).toFixed(2),
    'to strace': ofStrace === undefined ? '' : (seconds / ofStrace).toFixed(2),
    'µs per call': ((extra / calls) * 1e6).toFixed(2),
    'seconds more': extra.toFixed(3),
  }
}

async function repeat(times, work) {
  for (let time = 0; time < times; time++) await work()
}

/** A suite is no storm of calls: how it runs on one processor, or filtered, says nothing more. */
function isMeasured({ times = 1 }, { kind }, pinned) {
  return times === 1 || (kind === 'text' && !pinned)
}

const counted = new Map()
async function callsOf({ name, command: [file, ...args], cwd }) {
  if (!counted.has(name)) {
    const result = await trace(file, args, { counting: true, stdio: 'ignore', ...(cwd === undefined ? {} : { cwd }) })
    counted.set(name, result.summary().total.calls)
  }
  return counted.get(name)
}

const rows = []
for (const pinned of canPin ? [false, true] : [false]) {
  if (pinned) spawnSync('taskset', ['-a', '-p', '-c', '1', String(process.pid)])
  for (const work of allWorks) {
    const ofStraces = new Map()
    const isInstalled = isThere(work)
    if (!isInstalled && wanted.test(work.name)) note(`${work.command[0]} is not installed: ${work.name} is skipped`)
    for (const way of allWays) {
      const label = `${work.name}${pinned ? ', pinned' : ''}: ${way.name}`
      if (!isInstalled || (way.isStrace && !hasStrace) || !wanted.test(label)) continue
      if (!isMeasured(work, way, pinned)) continue
      note(`${label} …`)
      rows.push(await measure(work, way, pinned, ofStraces))
    }
  }
}
if (canPin) spawnSync('taskset', ['-a', '-p', '-c', `0-${cpus().length - 1}`, String(process.pid)])

const figures = []
const tools = { workload, cli, folder, entry, pairs, trace, strace: hasStrace ? strace : undefined }
for (const { name, aim, measure: take } of numbers(tools)) {
  if (!wanted.test(name)) continue
  note(`${name} …`)
  figures.push({ what: name, figure: await take(), aim })
}

const version = hasStrace ? spawnSync(strace, ['-V'], { encoding: 'utf8' }).stdout.split('\n')[0] : 'no strace'
const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} CPUs, Linux ${release()}, Node ${process.version}, ${version}`
console.log(`${machine}; medians of ${pairs} pairs`)
if (rows.length > 0) console.log(table(rows))
if (figures.length > 0) console.log(`\n${table(figures)}`)
