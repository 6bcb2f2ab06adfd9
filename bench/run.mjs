// `npm run bench [-- --pairs N] [-- --rows REGEX]`: syscope against strace and against the untraced run, on the same work in the
// same run, as ratios. Every traced run is paired with an untraced one right beside it; what is printed is the median of the pairs.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root, run } from '../scripts/lib/checkout.mjs'
import { setUp } from '../scripts/setup.mjs'

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '15' }, rows: { type: 'string', default: '.' } },
})
const pairs = Number(values.pairs)
const wanted = new RegExp(values.rows, 'u')

await setUp()
await run('cargo', ['build', '--quiet', '--profile', 'checkout', '-p', 'syscope-workload'])
const { trace } = await import('syscope')

const folder = mkdtempSync(join(tmpdir(), 'syscope-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const workload = join(root, 'target/checkout/syscope-workload')
const cli = [process.execPath, join(root, 'dist/src/cli/bin.js')]
const out = join(folder, 'log')
const hasStrace = spawnSync('strace', ['-V']).status === 0
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0

/** Works: a name, a command, and how many calls its loop makes. */
const works = [
  { name: 'null call', command: [workload, 'null', '40000'], calls: 40_000, filter: 'openat' },
  { name: 'open read fstat close', command: [workload, 'file', '10000'], calls: 40_000, filter: 'getppid' },
  { name: '8 threads', command: [workload, 'threads', '10000'], calls: 40_000, filter: 'getppid' },
]

/** Ways: a name and a function from a command to what is run for it. The first of each kind is what the others are compared with. */
const ways = [
  { name: 'strace -f -o FILE', skip: !hasStrace, run: (command) => spawn(['strace', '-f', '-o', out, ...command]) },
  { name: 'syscope -f -o FILE', run: (command) => spawn([...cli, '-f', '-o', out, ...command]) },
  { name: 'strace -f -c', skip: !hasStrace, run: (command) => spawn(['strace', '-f', '-c', '-o', out, ...command]) },
  { name: 'syscope -f -c', run: (command) => spawn([...cli, '-f', '-c', '-o', out, ...command]) },
  {
    name: 'strace -f --seccomp-bpf, one other call',
    skip: !hasStrace,
    run: (command, { filter }) =>
      spawn(['strace', '-f', '--seccomp-bpf', '-e', `trace=${filter}`, '-o', out, ...command]),
  },
  { name: 'trace(), all events read', inProcess: true, run: ([file, ...args]) => consume(file, args, {}) },
  { name: 'trace(), counting', inProcess: true, run: ([file, ...args]) => settle(file, args, { counting: true }) },
  {
    name: 'trace(), filter: one other call',
    inProcess: true,
    run: ([file, ...args], { filter }) => settle(file, args, { filter }),
  },
]

function spawn([file, ...args]) {
  const done = spawnSync(file, args, { stdio: 'ignore' })
  if (done.status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${done.status ?? done.signal}`)
}

async function settle(file, args, options) {
  const { exitCode } = await trace(file, args, { stdio: 'ignore', ...options })
  if (exitCode !== 0) throw new Error(`${file} ended with ${exitCode}`)
}

async function consume(file, args, options) {
  let events = 0
  for await (const event of trace(file, args, { stdio: 'ignore', ...options }))
    if (event.type === 'syscall') events += 1
  if (events === 0) throw new Error('no events')
}

async function timed(work) {
  const start = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - start) / 1e9
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

async function measure(work, way) {
  const traced = []
  const untraced = []
  for (let pair = 0; pair < pairs; pair++) {
    // Alternating order, so that a drift of the machine's speed hits both alike.
    const both = [
      async () => untraced.push(await timed(() => spawn(work.command))),
      async () => traced.push(await timed(() => way.run(work.command, work))),
    ]
    for (const one of pair % 2 === 0 ? both : both.toReversed()) await one()
  }
  const ratios = traced.map((seconds, pair) => seconds / untraced[pair])
  const perCall = traced.map((seconds, pair) => ((seconds - untraced[pair]) / work.calls) * 1e6)
  return { ratio: median(ratios), perCall: median(perCall), seconds: median(traced) }
}

const rows = []
const note = (text) => process.stderr.write(`${text}\n`)
if (!hasStrace) note('strace is not installed: its rows are skipped')
if (!canPin) note('one processor, or no taskset: pinned rows are skipped')
for (const pinned of canPin ? [false, true] : [false]) {
  if (pinned) spawnSync('taskset', ['-a', '-p', '-c', '1', String(process.pid)])
  for (const work of works) {
    const strace = {}
    for (const way of ways) {
      const label = `${work.name}${pinned ? ', pinned' : ''}: ${way.name}`
      if (way.skip || !wanted.test(label)) continue
      note(`${label} …`)
      // A filtered run is over before its start would be negligible: it gets ten times the work.
      const long = {
        ...work,
        command: [...work.command.slice(0, -1), `${work.command.at(-1)}0`],
        calls: work.calls * 10,
      }
      const result = await measure(way.name.includes('other call') ? long : work, way)
      const kind =
        way.name.includes('-c') || way.name.includes('counting')
          ? 'counts'
          : way.name.includes('other call')
            ? 'filtered'
            : 'all'
      if (way.name.startsWith('strace')) strace[kind] = result.seconds
      rows.push({
        work: work.name,
        cpus: pinned ? 'one' : 'all',
        way: way.name,
        'to untraced': result.ratio.toFixed(2),
        'to strace': strace[kind] === undefined ? '' : (result.seconds / strace[kind]).toFixed(2),
        'µs per call': result.perCall.toFixed(2),
      })
    }
  }
}

const columns = Object.keys(rows[0] ?? {})
const width = (column) => Math.max(column.length, ...rows.map((row) => row[column].length))
const line = (cells) => `| ${columns.map((column, at) => cells[at].padEnd(width(column))).join(' | ')} |`
const version = hasStrace ? spawnSync('strace', ['-V'], { encoding: 'utf8' }).stdout.split('\n')[0] : 'no strace'
console.log(
  `${cpus()[0]?.model.trim()}, ${cpus().length} CPUs, Linux ${release()}, Node ${process.version}, ${version}; medians of ${pairs} pairs`,
)
console.log(line(columns))
console.log(line(columns.map((column) => '-'.repeat(width(column)))))
for (const row of rows) console.log(line(columns.map((column) => row[column])))
