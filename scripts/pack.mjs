// Builds the packages that are published, as tarballs: `syscope` and one per native addon at hand.
//   node scripts/pack.mjs [--artifacts DIR] [--out DIR] [--all]
// DIR of --artifacts holds syscope.linux-x64-{gnu,musl}.node and syscope-helper.linux-x64-{gnu,musl} (default: the checkout's own build, for tests).
// With --all a missing addon is a failure. The checkout is not changed: all happens in a copy below target/.
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compile, dependencies, native } from './build.mjs'
import { fail, Failure, root, run, say } from './lib/checkout.mjs'
import { setUp } from './setup.mjs'

const targets = { 'linux-x64-gnu': 'x86_64-unknown-linux-gnu', 'linux-x64-musl': 'x86_64-unknown-linux-musl' }

/**
 * @param {{ artifacts?: string, out?: string, all?: boolean }} [options]
 * @returns {Promise<string[]>} the tarballs' paths, platform packages first
 */
export async function pack({ artifacts, out = join(root, 'target', 'packages'), all = false } = {}) {
  await setUp({ steps: artifacts === undefined ? [dependencies, native] : [dependencies] })
  await compile({ check: true })
  const from = artifacts ?? root
  const variants = Object.keys(targets).filter((it) => existsSync(join(from, `syscope.${it}.node`)))
  const lonely = variants.find((it) => !existsSync(join(from, `syscope-helper.${it}`)))
  if (lonely !== undefined) throw new Failure(`no helper for ${lonely} in ${from}`)
  const missing = Object.keys(targets).filter((it) => !variants.includes(it))
  if (variants.length === 0) throw new Failure(`no addon in ${from}`)
  if (all && missing.length > 0) throw new Failure(`no addon for ${missing.join(', ')} in ${from}`)
  if (missing.length > 0) say(`packing without ${missing.join(', ')}: no addon in ${from}`)

  const stage = join(root, 'target', 'package')
  rmSync(stage, { recursive: true, force: true })
  mkdirSync(join(stage, 'artifacts'), { recursive: true })
  for (const variant of variants) {
    cpSync(join(root, 'npm', variant), join(stage, 'npm', variant), { recursive: true })
    const manifest = JSON.parse(readFileSync(join(root, 'npm', variant, 'package.json'), 'utf8'))
    write(join(stage, 'npm', variant), { ...manifest, ...repository() })
    copyFileSync(join(root, 'LICENSE'), join(stage, 'npm', variant, 'LICENSE'))
    copyFileSync(join(from, `syscope.${variant}.node`), join(stage, 'artifacts', `syscope.${variant}.node`))
    const helper = join(stage, 'npm', variant, `syscope-helper.${variant}`)
    copyFileSync(join(from, `syscope-helper.${variant}`), helper)
    // Artifacts that were stored somewhere have lost it; npm packs modes as they are.
    chmodSync(helper, 0o755)
  }
  for (const name of ['dist', 'man', 'native.cjs', 'schema', 'README.md', 'LICENSE', 'CHANGELOG.md']) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(stage, name), { recursive: true })
  }
  for (const name of ['.stamp', '.tsbuildinfo']) rmSync(join(stage, 'dist', name), { force: true })

  // napi puts each addon into its package, checks that all are there, and names them with their exact version.
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  write(stage, { ...manifest, napi: { ...manifest.napi, targets: variants.map((it) => targets[it]) } })
  await napi('artifacts', '--cwd', stage, '--output-dir', 'artifacts', '--npm-dir', 'npm')
  await napi(
    'pre-publish',
    '--cwd',
    stage,
    '--npm-dir',
    'npm',
    '-t',
    'npm',
    '--no-gh-release',
    '--skip-optional-publish',
  )
  write(stage, forUsers(JSON.parse(readFileSync(join(stage, 'package.json'), 'utf8'))))

  mkdirSync(out, { recursive: true })
  for (const name of readdirSync(out)) if (name.endsWith('.tgz')) rmSync(join(out, name))
  for (const directory of [...variants.map((it) => join(stage, 'npm', it)), stage]) {
    await run('npm', ['pack', '--silent', '--pack-destination', resolve(out)], { cwd: directory })
  }
  return readdirSync(out)
    .filter((name) => name.endsWith('.tgz'))
    .toSorted((a, b) => b.length - a.length)
    .map((name) => join(resolve(out), name))
}

/** What is of use in a checkout only stays there. A release names the repository that npm's provenance is checked with. */
function forUsers({ devDependencies: _1, scripts: _2, ava: _3, napi: _4, imports: _5, ...rest }) {
  return { ...rest, ...repository() }
}

function repository() {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env
  return name === undefined ? {} : { repository: { type: 'git', url: `git+${server}/${name}.git` } }
}

function write(directory, manifest) {
  writeFileSync(join(directory, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
}

function napi(...args) {
  return run(process.execPath, [join(root, 'node_modules/@napi-rs/cli/dist/cli.js'), ...args])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { artifacts: { type: 'string' }, out: { type: 'string' }, all: { type: 'boolean' } },
  })
  pack(values).then((tarballs) => process.stdout.write(`${tarballs.join('\n')}\n`), fail)
}
