// What a checkout needs before it runs, and its tests, each step knowing whether it is due. `scripts/setup.mjs` runs them.
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { filesBelow, readText, root, run, signature, writeText } from './lib/checkout.mjs'

/**
 * @typedef {object} Step
 * @property {string} says what it does, for people
 * @property {() => boolean} isDue cheap: called at every `npm start`
 * @property {() => Promise<void>} make
 */

const isTest = (path) => path.endsWith('.test.ts')
const variant = `linux-x64-${existsSync('/lib/ld-musl-x86_64.so.1') && !existsSync('/lib64/ld-linux-x86-64.so.2') ? 'musl' : 'gnu'}`
const addon = `syscope.${variant}.node`
const helper = `syscope-helper.${variant}`
const canTrace = process.platform === 'linux' && process.arch === 'x64'

/** @type {Step} */
export const dependencies = step({
  says: 'installing dependencies',
  stamp: 'node_modules/.syscope-stamp',
  sign: () => readText('package-lock.json') ?? '',
  // npm writes this file at the end of every installation: somebody has run it by hand.
  isDoneBy: () => isNewer('node_modules/.package-lock.json', 'package-lock.json'),
  makes: ['node_modules/typescript/package.json', 'node_modules/ava/package.json'],
  async make() {
    // Not `npm ci`, which deletes what others may be using, nor a new lock file where the registry knows more platforms.
    // .npmrc silences npm so that `npm start` prints only what the program prints; here its errors are wanted.
    await run('npm', ['install', '--no-save', '--loglevel=error', '--no-audit', '--no-fund'])
  },
})

/** @type {Step} */
export const native = step({
  says: 'building the native addon and its helper',
  stamp: `target/${addon}.stamp`,
  sign: () =>
    signature(
      ['Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml', '.cargo', 'crates'],
      (path) => !/^crates\/[^/]*\/(tests|fixtures|benches|examples)\//u.test(path),
    ),
  makes: canTrace ? [addon, helper] : [],
  async make() {
    // Elsewhere saved traces can be read and nothing can be traced, so there is nothing to build.
    if (!canTrace) return
    const musl = variant.endsWith('musl') ? { RUSTFLAGS: '-C target-feature=-crt-static' } : {}
    const hint = 'syscope is built with Rust; see https://rustup.rs'
    await run('cargo', ['build', '--quiet', '--profile', 'checkout', '-p', 'syscope-node', '-p', 'syscope-helper'], {
      env: musl,
      hint,
    })
    const built = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'checkout')
    place(join(built, 'syscope-helper'), helper)
    place(join(built, 'libsyscope_node.so'), addon)
  },
})

/** Under a new name first: a process that runs now has the old file mapped. */
function place(file, name) {
  copyFileSync(file, join(root, 'target', name))
  renameSync(join(root, 'target', name), join(root, name))
}

/** Programs that tests trace. @type {Step} */
export const fixtures = step({
  says: 'building the programs that tests trace',
  stamp: 'target/fixtures.stamp',
  sign: () => signature(['Cargo.toml', 'Cargo.lock', 'crates/fixtures', 'crates/engine/examples']),
  makes: canTrace ? ['target/checkout/syscope-fixtures', 'target/checkout/examples/sysnos'] : [],
  async make() {
    const what = ['-p', 'syscope-fixtures', '-p', 'syscope-engine', '--bins', '--example', 'sysnos']
    if (canTrace) await run('cargo', ['build', '--quiet', '--profile', 'checkout', ...what])
  },
})

/** @type {Step} */
export const typescript = step({
  says: 'compiling TypeScript',
  stamp: 'dist/.stamp',
  sign: () =>
    signature(
      ['scripts/build.mjs', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'index.ts', 'src'],
      (it) => !isTest(it),
    ),
  makes: ['dist/index.mjs', 'dist/src/cli/bin.js'],
  make: () => compile({ check: false }),
})

/**
 * @param {{ check: boolean }} options with `check`, a type error is a failure; without, `npm run typecheck` finds it
 */
export async function compile({ check }) {
  const fresh = 'target/dist'
  rmSync(join(root, fresh), { recursive: true, force: true })
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const checks = check ? ['--noEmitOnError'] : ['--noCheck']
  await Promise.all([
    run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh, ...checks]),
    bundle('index.ts', `${fresh}/index.js`, { '#native': '../native.cjs' }),
    bundle('src/cli/bin.ts', `${fresh}/src/cli/bin.js`, { '../../index.ts': '../../index.js' }),
    ...adapters().flatMap((name) => bundleAdapter(name, `${fresh}/src/adapters/${name}`)),
  ])
  for (const path of filesBelow(fresh)) if (path.endsWith('.d.ts')) nameEmittedFiles(path)
  // Its licence asks to go wherever the code goes.
  copyFileSync(join(root, 'node_modules/jsonc-parser/LICENSE.md'), join(root, fresh, 'LICENSE.jsonc-parser.md'))
  // Inside dist/ `.js` means CommonJS.
  writeText(`${fresh}/package.json`, '{ "type": "commonjs" }\n')
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  renameSync(join(root, fresh), join(root, 'dist'))
  writeImportEntry(manifest().exports['.'])
  chmodSync(join(root, 'dist/src/cli/bin.js'), 0o755)
}

/** Names of the entries for test runners, each its own file: `vitest`. */
function adapters() {
  const directory = './dist/src/adapters/'
  const files = Object.values(manifest().exports).map((it) => it.require?.default ?? '')
  return files.filter((it) => it.startsWith(directory)).map((it) => basename(it, '.js'))
}

/** A runner has one `expect` for each module system, if it has both, so an adapter is there for both. They share the library's file. */
function bundleAdapter(name, file) {
  const entry = `src/adapters/${name}.ts`
  const runners = { ava: 'ava', vitest: 'vitest', '@jest/globals': '@jest/globals' }
  const library = ['../errors.ts', '../kit/matchers/context.ts', '../kit/matchers/index.ts']
  const outside = (index) => ({ ...runners, ...Object.fromEntries(library.map((it) => [it, index])) })
  writeText(`${file}.d.mts`, `export * from './${name}.js'\n`)
  return [
    bundle(entry, `${file}.js`, outside('../../index.js')),
    bundle(entry, `${file}.mjs`, outside('../../index.mjs'), 'esm'),
  ]
}

function manifest() {
  return JSON.parse(readText('package.json') ?? '')
}

/**
 * Puts an entry and its modules into one file, of CommonJS unless told: finding and reading a hundred of them takes longer than running
 * them.
 * @param {Readonly<Record<string, string>>} elsewhere modules that stay outside, and where they are from the file: the command line
 *   shares the library's file, and so its classes
 */
async function bundle(entry, file, elsewhere, format = 'cjs') {
  // Not at the top: this module is imported before anything is installed.
  const { build } = await import('esbuild')
  const outside = {
    name: 'outside',
    setup(of) {
      // oxlint-disable-next-line require-unicode-regexp -- esbuild reads it as an expression of Go
      of.onResolve({ filter: /./ }, ({ path }) =>
        path in elsewhere ? { path: elsewhere[path], external: true } : null,
      )
    },
  }
  await build({
    entryPoints: [join(root, entry)],
    outfile: join(root, file),
    bundle: true,
    format,
    platform: 'node',
    target: 'node20',
    // What is bundled of jsonc-parser is its ES modules: its other build loads its parts by a `require` that no bundler sees through.
    mainFields: ['module', 'main'],
    plugins: [outside],
    logLevel: 'warning',
  })
}

function isNewer(path, than) {
  const [a, b] = [path, than].map((it) => statSync(join(root, it), { throwIfNoEntry: false })?.mtimeMs)
  return a !== undefined && b !== undefined && a > b
}

/** tsc leaves `./x.ts` in declarations, where TypeScript before 5.7 refuses it. */
function nameEmittedFiles(path) {
  const text = readText(path) ?? ''
  writeText(path, text.replaceAll(/(\b(?:from|import)\s*\(?\s*)(['"])(\.[^'"]*)\.ts\2/gu, '$1$2$3.js$2'))
}

/** Writes the ES module that re-exports a CommonJS entry by name: the same objects, so one class identity. */
function writeImportEntry(entry) {
  const commonJs = createRequire(import.meta.url)(join(root, entry.require.default))
  const source = `./${basename(entry.require.default)}`
  // From the default export: Node finds the names of a CommonJS module by its text, and a bundle's are not in it.
  const names = Object.keys(commonJs).toSorted().join(', ')
  writeText(entry.import.default, `import syscope from '${source}'\nexport const { ${names} } = syscope\n`)
  writeText(entry.import.types, `export * from '${source}'\n`)
}

/**
 * @param {{ says: string, stamp: string, sign: () => string, isDoneBy?: () => boolean, makes: readonly string[],
 *   make: () => Promise<void> }} parts `sign` changes when the step is due again, unless `isDoneBy` says that somebody
 *   else did it; `makes` are files whose absence makes it due
 * @returns {Step}
 */
function step({ says, stamp, sign, isDoneBy = () => false, makes, make }) {
  return {
    says,
    isDue: () => (readText(stamp) !== sign() && !isDoneBy()) || makes.some((path) => !existsSync(join(root, path))),
    async make() {
      // Signed before the work: a file that changes meanwhile makes the step due again.
      const signed = sign()
      await make()
      writeText(stamp, signed)
    },
  }
}
