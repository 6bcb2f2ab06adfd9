#!/usr/bin/env node
/**
 * Runs strace's own tests (the oracle, which is not part of this repository) with syscope in strace's place, and fails
 * when one stops passing that passed before.
 *
 *   node scripts/oracle.mjs                 the tests of __test__/oracle/passing.txt
 *   node scripts/oracle.mjs --update        all tests that the oracle has; writes passing.txt
 *   node scripts/oracle.mjs --match REGEX   those that match, with their differences; changes nothing
 *
 * The oracle is the folder $SYSCOPE_ORACLE, else ../shared/oracle beside the checkout.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const passList = join(root, '__test__/oracle/passing.txt')
const heading =
  '# Tests of strace 7.2 that pass with syscope in its place. Written by `node scripts/oracle.mjs --update`.\n'

const { values } = parseArgs({
  options: {
    update: { type: 'boolean', default: false },
    match: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    // Seconds for one test; those that wait for a text that never comes would wait for long.
    limit: { type: 'string', default: '30' },
    results: { type: 'string' },
  },
})

const oracle = findOracle()
if (oracle === undefined) skip('neither $SYSCOPE_ORACLE nor ../shared/oracle is there')
if (process.getuid?.() !== 0) skip('its tests were judged as root')
for (const [tool, pkg] of Object.entries({ bash: 'bash', gawk: 'gawk', xz: 'xz-utils' })) {
  if (!hasTool(tool) && !install(pkg)) skip(`${tool} is not installed, and apt-get install ${pkg} failed`)
}

const cli = join(root, 'dist/src/cli/bin.js')
if (!existsSync(cli)) fail(`${cli} is not there: build first (npm run build)`)

const work = mkdtempSync(join(tmpdir(), 'syscope-oracle-'))
try {
  process.exitCode = main()
} finally {
  rmSync(work, { recursive: true, force: true })
}

function main() {
  if (values.match !== undefined) {
    const status = runOracle(['-v', '-m', values.match, ...(values.results ? ['-o', values.results] : [])], 'inherit')
    return status === 0 ? 0 : 2
  }
  if (values.update) return update()
  return check()
}

/** Every listed test has to pass, at the second attempt at the latest: some are sensitive to load. */
function check() {
  const listed = readNames(passList)
  if (listed.length === 0) fail(`${passList} lists nothing`)
  const failed = runNames(listed).filter(({ verdict }) => verdict !== 'pass')
  const again =
    failed.length === 0
      ? []
      : runNames(
          failed.map(({ name }) => name),
          '1',
        )
  const broken = again.filter(({ verdict }) => verdict !== 'pass')
  console.log(`oracle: ${listed.length - broken.length} of ${listed.length} listed tests pass`)
  for (const { name, verdict, said } of broken) console.error(`  ${name}: ${verdict}  ${said}`)
  if (broken.length > 0) console.error(`See: node scripts/oracle.mjs --match '^${broken[0].name}$'`)
  return broken.length === 0 ? 0 : 1
}

function update() {
  const before = new Set(readNames(passList))
  const all = runNames(readNames(join(oracle, 'tests.names')))
  const passed = new Set(all.filter(({ verdict }) => verdict === 'pass').map(({ name }) => name))
  const lost = [...before].filter((name) => !passed.has(name))
  const again = lost.length === 0 ? [] : runNames(lost, '1')
  for (const { name, verdict } of again) if (verdict === 'pass') passed.add(name)
  const names = [...passed].toSorted()
  mkdirSync(dirname(passList), { recursive: true })
  writeFileSync(passList, heading + names.map((name) => `${name}\n`).join(''))
  console.log(`oracle: ${names.length} of ${all.length} pass; ${passList} is written`)
  for (const name of names.filter((it) => !before.has(it))) console.log(`  + ${name}`)
  for (const name of before) if (!passed.has(name)) console.log(`  - ${name}`)
  return 0
}

/** Runs these tests; one `{name, verdict, said}` each. */
function runNames(names, jobs = values.jobs) {
  const list = join(work, 'names')
  const results = values.results ?? join(work, 'results.tsv')
  writeFileSync(list, names.map((name) => `${name}\n`).join(''))
  const status = runOracle(['-l', list, '-o', results, '-j', jobs], 'ignore')
  if (status !== 0) fail(`the oracle could not run the tests (status ${status})`)
  return readFileSync(results, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name, verdict, , said] = line.split('\t')
      return { name, verdict, said }
    })
}

function runOracle(options, stdout) {
  const limits = options.includes('-j') ? options : ['-j', values.jobs, ...options]
  // The tests compare what is on stderr: warnings of Node about itself must not get there.
  const env = { ...process.env, NODE_NO_WARNINGS: '1', NODE_COMPILE_CACHE: join(work, 'cache') }
  const command = [join(oracle, 'run'), '-t', values.limit, ...limits, '--', process.execPath, cli]
  return spawnSync('bash', command, { stdio: ['ignore', stdout, 'inherit'], env }).status
}

function readNames(path) {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
}

function findOracle() {
  const places = [process.env.SYSCOPE_ORACLE, resolve(root, '../shared/oracle')]
  return places.find((place) => place !== undefined && place !== '' && existsSync(join(place, 'run')))
}

function hasTool(name) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)))
}

function install(pkg) {
  console.log(`oracle: installing ${pkg}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return (
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', pkg], { stdio: 'ignore', env }).status ===
    0
  )
}

function skip(reason) {
  console.log(`oracle: SKIPPED, ${reason}.`)
  process.exit(0)
}

function fail(reason) {
  console.error(`oracle: ${reason}`)
  process.exit(2)
}
