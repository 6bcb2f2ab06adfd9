// How it is traced. `kind` says what a way is compared with: the way of strace that gives the same.
import { spawnSync } from 'node:child_process'

/**
 * @typedef {object} Way
 * @property {string} name
 * @property {'text' | 'counts' | 'filtered'} kind
 * @property {boolean} [isStrace]
 * @property {(work: import('./works.mjs').Work) => void | Promise<void>} run
 */

/**
 * @param {{ cli: readonly string[], strace: string, out: string, trace: typeof import('syscope').trace }} tools
 * @returns {readonly Way[]}
 */
export function ways({ cli, strace, out, trace }) {
  const byStrace = (...options) => [strace, '-f', ...options, '-o', out]
  const syscope = (...options) => [...cli, '-f', ...options, '-o', out]
  const byCommand = (name, kind, words) => ({
    name,
    kind,
    isStrace: name.startsWith('strace'),
    run: (work) => runPlain({ ...work, command: [...words(work), ...work.command] }),
  })
  return [
    byCommand('strace -f -o FILE', 'text', () => byStrace()),
    byCommand('syscope -f -o FILE', 'text', () => syscope()),
    byCommand('strace -f -c', 'counts', () => byStrace('-c')),
    byCommand('syscope -f -c', 'counts', () => syscope('-c')),
    byCommand('strace --seccomp-bpf, one rare call', 'filtered', (work) =>
      byStrace('--seccomp-bpf', '-e', `trace=${work.rare}`),
    ),
    byCommand('syscope, one rare call', 'filtered', (work) => syscope('-e', `trace=${work.rare}`)),
    { name: 'trace(), all events read', kind: 'text', run: (work) => consume(trace, work) },
    { name: 'trace(), observing and asking', kind: 'text', run: (work) => observe(trace, work) },
    { name: 'trace(), counting', kind: 'counts', run: (work) => settle(trace, work, { counting: true }) },
    {
      name: 'trace(), filter: one rare call',
      kind: 'filtered',
      run: (work) => settle(trace, work, { filter: [work.rare] }),
    },
    {
      name: 'trace(), a rule on one rare call',
      kind: 'filtered',
      run: (work) => settle(trace, work, { filter: [work.rare], inject: [ruleOn(work.rare)] }),
    },
    {
      name: 'trace(), 1,000 rules on rare calls',
      kind: 'filtered',
      run: (work) => settle(trace, work, { filter: [work.rare], inject: thousandRules(work.rare) }),
    },
  ]
}

/** One that never comes to act. */
function ruleOn(call) {
  return { syscall: call, nth: 1_000_000_000, error: 'EIO' }
}

function thousandRules(rare) {
  const others = ['kill', 'mkdir', 'unlink', 'rename', 'chmod', 'fsync', 'symlink', 'ftruncate', 'mount'].filter(
    (call) => call !== rare,
  )
  return Array.from({ length: 1000 }, (_, index) => ruleOn(others[index % others.length]))
}

export function runPlain({ command: [file, ...args], cwd }) {
  const done = spawnSync(file, args, { stdio: 'ignore', ...(cwd === undefined ? {} : { cwd }) })
  if (done.status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${done.status ?? done.signal}`)
}

function options({ cwd }) {
  return { stdio: 'ignore', ...(cwd === undefined ? {} : { cwd }) }
}

async function settle(trace, work, more) {
  const [file, ...args] = work.command
  const { exitCode } = await trace(file, args, { ...options(work), ...more })
  if (exitCode !== 0) throw new Error(`${file} ended with ${exitCode}`)
}

/** What tests of a program ask most. */
async function observe(trace, work) {
  const [file, ...args] = work.command
  const run = await trace(file, args, { ...options(work), observe: ['files', 'network', 'processes'] })
  for (const model of [run.files, run.network, run.processes]) if (model === undefined) throw new Error('no model')
}

async function consume(trace, work) {
  const [file, ...args] = work.command
  let events = 0
  for await (const event of trace(file, args, options(work))) if (event.type === 'syscall') events += 1
  if (events === 0) throw new Error('no events')
}
