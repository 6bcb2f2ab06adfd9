/**
 * The matchers in the test runners that people use: the packed package is installed beside each runner, on the lowest Node that runs
 * it. The tests of `runners/` are run, some of which fail, what the runner prints is read, and their types are checked.
 */
import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { makeConsumer, type Consumer, type Outcome } from './package/consumer.ts'
import { packed } from './package/packed.ts'
import { serve, type Registry } from './package/registry.ts'
import { installed, nodeProgram } from './package/tools.ts'

interface Runner {
  /** Exact versions of what the user has installed beside syscope. */
  readonly packages: readonly string[]
  /** A release line of Node. */
  readonly node: string
  /** Its tests, in `runners/`. */
  readonly folder: string
  /** The program below node_modules and its options, without the files; Node's own where it is empty. */
  readonly command: readonly string[]
  /** Writes snapshots: `new` those that are missing, `all` those that differ, too. */
  readonly writing: Readonly<Record<'new' | 'all', Writing>>
  /** How many tests of `good` and `bad` pass and fail. */
  readonly counts: Counts
  readonly countsIn: (output: string) => Counts
  /** What stands before what was expected, and what was seen, where it shows a difference. */
  readonly sides?: readonly [expected: string, seen: string]
}

interface Writing {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

interface Counts {
  readonly passed: number
  readonly failed: number
}

/** What a summary says. */
function counting(passed: RegExp, failed: RegExp): (output: string) => Counts {
  const count = (pattern: RegExp, output: string): number => Number(pattern.exec(output)?.[1] ?? 0)
  return (output) => ({ passed: count(passed, output), failed: count(failed, output) })
}

const notCi = { CI: '' }

const vitest = {
  folder: 'vitest',
  command: ['vitest/vitest.mjs', 'run', '--testTimeout=60000'],
  writing: { new: { env: notCi }, all: { args: ['-u'], env: notCi } },
  counts: { passed: 3, failed: 5 },
  countsIn: counting(/Tests .*\b(\d+) passed/u, /Tests .*\b(\d+) failed/u),
} as const

const jest = {
  folder: 'jest',
  command: ['jest/bin/jest.js', '--no-watchman', '--testTimeout=60000'],
  writing: vitest.writing,
  counts: { passed: 4, failed: 4 },
  countsIn: counting(/^Tests: .*\b(\d+) passed/mu, /^Tests: .*\b(\d+) failed/mu),
} as const

const nodeTest = {
  folder: 'node-test',
  command: ['--test', '--test-reporter=spec'],
  countsIn: counting(/^ℹ pass (\d+)$/mu, /^ℹ fail (\d+)$/mu),
} as const

const written = { args: ['--test-update-snapshots'] }

const runners: Readonly<Record<string, Runner>> = {
  'vitest 3': { ...vitest, packages: ['vitest@3.2.7', '@types/node@20.19.43'], node: '20' },
  'vitest 4': { ...vitest, packages: ['vitest@4.1.12', '@types/node@20.19.43'], node: '20' },
  'vitest 5': { ...vitest, packages: ['vitest@5.1.1', '@types/node@22'], node: '22' },
  'jest 29': { ...jest, packages: ['jest@29.7.0', '@types/jest@29.5.14', '@types/node@20.19.43'], node: '20' },
  'jest 30': { ...jest, packages: ['jest@30.5.2', '@types/jest@30.0.0', '@types/node@20.19.43'], node: '20' },
  'node:test of Node 20': {
    ...nodeTest,
    packages: ['@types/node@20.19.43'],
    node: '20',
    // Its own snapshots are newer: the file beside the test is written.
    writing: { new: { env: notCi }, all: { env: { SYSCOPE_UPDATE: '1' } } },
    counts: { passed: 3, failed: 5 },
  },
  'node:test': {
    ...nodeTest,
    packages: ['@types/node@26'],
    node: 'latest',
    writing: { new: written, all: written },
    counts: { passed: 4, failed: 5 },
  },
  'ava 7': {
    packages: ['ava@7.0.0', '@types/node@20.19.43'],
    node: '20',
    folder: 'ava',
    command: ['ava/entrypoints/cli.mjs', '--timeout=2m'],
    writing: { new: { env: notCi }, all: { args: ['--update-snapshots'], env: notCi } },
    counts: { passed: 2, failed: 4 },
    countsIn: (output) => ({
      passed: output.match(/^ {2}✔ /gmu)?.length ?? 0,
      failed: output.match(/^ {2}✘ \[fail\]: /gmu)?.length ?? 0,
    }),
    sides: ['\\+', '-'],
  },
}

let registry: Registry

test.before(async (t) => {
  t.timeout(600_000)
  registry = await serve(await packed())
})

test.after.always(async () => {
  registry?.close()
  for (const project of await Promise.all(projects.values())) project?.consumer.remove()
})

/** A user's folder with the runner, its tests and the package. */
interface Project {
  readonly consumer: Consumer
  /** Of Node. */
  readonly version: string
  /** Runs those of its test files whose names begin so. */
  run(names: readonly string[], writing?: Writing): Promise<Outcome & { readonly output: string }>
}

const projects = new Map<Runner, Promise<Project | undefined>>()

/** Skips, aloud, where there is none. */
async function projectOf(t: ExecutionContext, name: string, runner: Runner): Promise<Project | undefined> {
  t.timeout(600_000)
  const making = projects.get(runner) ?? makeProject(name, runner)
  projects.set(runner, making)
  const project = await making
  if (project === undefined) t.pass()
  t.log(project === undefined ? `SKIPPED: ${name} or Node ${runner.node} could not be installed` : project.version)
  return project
}

async function makeProject(name: string, runner: Runner): Promise<Project | undefined> {
  const [modules, node] = await Promise.all([
    installed(`runner-${name.replaceAll(/\W+/gu, '-')}`, runner.packages),
    nodeProgram(runner.node),
  ])
  if (modules === undefined || node === undefined) return undefined
  const consumer = await makeConsumer(registry.url, join(modules, '..'))
  const sources = join(import.meta.dirname, 'runners')
  const files = readdirSync(join(sources, runner.folder))
  for (const file of files) copyFileSync(join(sources, runner.folder, file), join(consumer.folder, file))
  copyFileSync(join(sources, 'online.cjs'), join(consumer.folder, 'online.cjs'))
  const [program = '', ...options] = runner.command
  const command = program.startsWith('-') ? runner.command : [join('node_modules', program), ...options]
  return {
    consumer,
    version: node.version,
    run: async (names, { args = [], env = {} } = {}) => {
      const chosen = files.filter((file) => names.some((it) => file.startsWith(`${it}.test.`)))
      const outcome = await consumer.node([...command, ...args, ...chosen], node.path, { NO_COLOR: '1', ...env })
      return { ...outcome, output: outcome.stdout + outcome.stderr }
    },
  }
}

/** Whoever made a call, and below it, deeper, the call. */
const evidence = /^( *)(\S*node) online\.cjs \(\d+\)\n\1 {2}connect\(\d+, \{sa_family=AF_INET, sin_port=htons\(9\), /mu

for (const [name, runner] of Object.entries(runners)) {
  test.serial(`${name}: what holds passes, and what does not is told with the calls and who made them`, async (t) => {
    const project = await projectOf(t, name, runner)
    if (project === undefined) return
    const { exitCode, output } = await project.run(['good', 'imported', 'bad'], { env: notCi })
    t.is(exitCode, 1)
    t.deepEqual(runner.countsIn(output), runner.counts, output)
    t.regex(output, /Expected `\S*node online\.cjs` not to call connect, but it did/u)
    t.regex(output, evidence)
    t.regex(
      output,
      new RegExp(`bad\\.test\\.m?js:${lineOf(runner, '.not.toCall(')}\\b`.replace('m?js', 'm?[jt]s'), 'u'),
    )
    t.regex(output, /got a run that has not been awaited: `await` it\./u)
    t.regex(output, /The filter of this run leaves out connect/u)
  })
}

/** Where in the tests that fail a text is first. */
function lineOf({ folder }: Runner, text: string): number {
  const directory = join(import.meta.dirname, 'runners', folder)
  const file = readdirSync(directory).find((it) => it.startsWith('bad.test.')) ?? ''
  return (
    readFileSync(join(directory, file), 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(text)) + 1
  )
}

for (const [name, runner] of Object.entries(runners)) {
  test.serial(
    `${name}: a snapshot is written, compared, shown as a difference, and written anew when told`,
    async (t) => {
      const project = await projectOf(t, name, runner)
      if (project === undefined) return
      const { writing, sides: [expected, seen] = ['-', '\\+'] } = runner
      const changed = { CHANGED: '1' }
      const first = await project.run(['snapshot'], writing.new)
      t.is(first.exitCode, 0, first.output)
      const different = await project.run(['snapshot'], { env: changed })
      t.is(different.exitCode, 1)
      t.regex(different.output, new RegExp(String.raw`^\W*${expected} .*openat\("/dev/null", O_RDONLY\)`, 'mu'))
      t.regex(different.output, new RegExp(String.raw`^\W*${seen} .*openat\("/etc/hostname", O_RDONLY\)`, 'mu'))
      const updated = await project.run(['snapshot'], { ...writing.all, env: { ...writing.all.env, ...changed } })
      t.is(updated.exitCode, 0, updated.output)
      const again = await project.run(['snapshot'], { env: changed })
      t.is(again.exitCode, 0, again.output)
    },
  )
}

for (const [name, runner] of Object.entries(runners)) {
  test.serial(`${name}: TypeScript knows the matchers and their arguments`, async (t) => {
    const project = await projectOf(t, name, runner)
    const typescript = await installed('typescript', ['typescript@5.9.3'])
    if (project === undefined || typescript === undefined) return
    const { folder } = project.consumer
    const files = readdirSync(folder).filter((file) => /\.[mc]ts$/u.test(file))
    const tsc = join(typescript, 'typescript', 'bin', 'tsc')
    const flags = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--target',
      'es2022',
      '--module',
      'nodenext',
      '--types',
      'node',
    ]
    const outcome = await project.consumer.node([tsc, ...flags, ...files])
    t.is(outcome.stdout, '')
  })
}
