/** Policies out of runs, tried on the programs that made the runs. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { attach, profile, SyscopeError, trace, type RemovalProgress } from '../index.ts'
import { startStranger } from './strangers.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-profile-'))
test.after.always(() => rmSync(root, { recursive: true }))

const fixture = join(import.meta.dirname, '../target/checkout/syscope-fixtures')

// --- Enforced on the program itself

const fileScript = `
  const fs = require('node:fs')
  const path = require('node:os').tmpdir() + '/syscope-profile-' + process.pid
  fs.writeFileSync(path, 'kept')
  console.log(fs.readFileSync(path, 'utf8'), fs.readdirSync('/').length > 0)
  fs.unlinkSync(path)`

const programs: readonly (readonly [title: string, file: string, ...args: readonly string[]])[] = [
  ['true', 'true'],
  ['ls -l /etc', 'ls', '-l', '/etc'],
  ['a pipe of a shell', 'sh', '-c', 'ls / | wc -l'],
  ['node and files', 'node', '-e', fileScript],
]

for (const [title, file, ...args] of programs) {
  test(`a program works under its profile: ${title}`, async (t) => {
    const run = await trace(file, args)
    // Timing decides about some calls of Node's threads: two runs know more than one.
    const learned = profile([run, await trace(file, args)])
    const { exitCode, stdout, denied } = await trace(file, args, { deny: learned.rules() })
    t.like({ exitCode, stdout }, { exitCode: 0, stdout: run.stdout })
    // What Node's other threads do where they meet (sched_yield, madvise), two runs need not show.
    t.deepEqual(denied.filter(({ name, pid, tid }) => name !== 'sched_yield' && tid === pid).map(String), [])
  })

  test(`a program fails without the openat of its profile: ${title}`, async (t) => {
    const calls = profile(await trace(file, args)).calls.x86_64
    t.true(calls.includes('openat'))
    const rest = calls.filter((name) => name !== 'openat').map((name) => `!${name}`)
    const run = await trace(file, args, { deny: [{ calls: [...rest, '!restart_syscall', '!rt_sigreturn'] }] })
    t.not(run.exitCode, 0)
    t.true(run.denied.some(({ name }) => name === 'openat'))
  })
}

test('a program that does more than its profile is stopped from it', async (t) => {
  const learned = profile(await trace('node', ['-e', '']))
  const script = 'try { require("node:fs").mkdirSync(process.argv[1]) } catch (error) { console.log(error.code) }'
  const run = await trace('node', ['-e', script, join(root, 'never')], { deny: learned.rules() })
  t.is(run.stdout, 'EPERM\n')
  t.false(existsSync(join(root, 'never')))
})

test('each call that is taken away is tried: of a shell and its children', async (t) => {
  const command = ['-c', 'ls / | wc -l'] as const
  const learned = profile(await trace('sh', command))
  const progress: RemovalProgress[] = []
  const removals = await learned.removals('sh', command, { onProgress: (it) => progress.push(it) })
  t.deepEqual(removals.refusedByWhole, [])
  t.deepEqual(removals.unsteady, [])
  for (const name of ['openat', 'execve', 'mmap', 'write']) t.true(removals.needed.includes(name), name)
  // The C library is content without these.
  for (const name of ['rseq', 'set_robust_list']) t.true(removals.changeNothing.includes(name), name)
  const tried = [...removals.needed, ...removals.changeNothing, ...removals.notEnforced]
  t.deepEqual(tried.toSorted(), learned.calls.x86_64)
  t.is(progress.length, tried.length)
  t.like(progress.at(-1), { done: tried.length, total: tried.length })
})

test('the execve of a command that starts no other is not enforced, and that is said', async (t) => {
  const removals = await profile(await trace('true')).removals('true', [], { concurrency: 1 })
  t.deepEqual(removals.notEnforced, ['execve'])
  t.true(removals.needed.includes('openat'))
  t.like(
    removals.removals.find(({ call }) => call === 'openat'),
    { changed: ['exitCode'], exitCode: 127 },
  )
})

test('what differs from run to run is not compared', async (t) => {
  const command = ['-c', 'echo $$'] as const
  const removals = await profile(await trace('sh', command)).removals('sh', command)
  t.deepEqual(removals.unsteady, ['stdout'])
})

// By itself: what two runs under the whole profile take here is what the machine lets them.
test.serial('a run that waits for what never comes ends, and counts as changed', async (t) => {
  const command = ['-e', '1 until chdir "/"'] as const
  const learned = profile(await trace('perl', command))
  const removals = await learned.removals('perl', command, { timeout: 2000 })
  t.like(
    removals.removals.find(({ call }) => call === 'chdir'),
    { changed: ['exitCode', 'signal', 'timedOut'], signal: 'SIGKILL' },
  )
})

test('each run can have a directory of its own', async (t) => {
  const command = ['-c', 'echo x > only; [ ! -e twice ] && echo y > twice'] as const
  const prepared: (string | undefined)[] = []
  const prepare = (call: string | undefined): { readonly cwd: string } => {
    prepared.push(call)
    return { cwd: mkdtempSync(join(root, 'own-')) }
  }
  const learned = profile(await trace('sh', command, prepare(undefined)))
  const removals = await learned.removals('sh', command, { prepare })
  t.deepEqual(removals.unsteady, [])
  t.is(prepared.filter((call) => call === undefined).length, 3)
  t.is(new Set(prepared).size, learned.calls.x86_64.length + 1)
})

test('removals can be aborted', async (t) => {
  const learned = profile(await trace('true'))
  const controller = new AbortController()
  const removals = learned.removals('true', [], { signal: controller.signal, onProgress: () => controller.abort() })
  await t.throwsAsync(removals, { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_ABORTED' })
})

// --- Other runs

const connect = 'require("node:net").connect(9, "127.0.0.1").on("error", () => {})'

test('another run holds, or what is missing is named with its program', async (t) => {
  const learned = profile([await trace('node', ['-e', '0']), await trace('node', ['-e', '0'])])
  t.false(learned.calls.x86_64.includes('socket'))
  const { holds, missing } = learned.check(await trace('node', ['-e', connect]))
  t.false(holds)
  const socket = missing.find(({ name }) => name === 'socket')
  t.like(socket, { abi: 'x86_64', why: 'call' })
  t.regex(socket?.example ?? '', /^socket\(AF_INET, SOCK_STREAM/)
  t.regex(socket?.program ?? '', /\/node$/)
  t.deepEqual(profile(await trace('true')).check(await trace('true')), { holds: true, missing: [] })
})

test('a socket of another domain is missing, too', async (t) => {
  const learned = profile(await trace('perl', ['-e', socketScript('AF_UNIX')]))
  const { missing } = learned.check(await trace('perl', ['-e', socketScript('AF_INET')]))
  t.like(
    missing.find(({ name }) => name === 'socket'),
    { why: 'argument', count: 1 },
  )
  const denied = await trace('perl', ['-e', socketScript('AF_INET')], { deny: learned.rules() })
  t.true(denied.denied.some((call) => String(call).startsWith('socket(AF_INET')))
  const allowed = await trace('perl', ['-e', socketScript('AF_UNIX')], { deny: learned.rules() })
  t.like(allowed, { exitCode: 0, denied: { length: 0 } })
})

test('a namespace that the runs did not make is denied', async (t) => {
  const clone = (flags: string) => ['-e', `exit(syscall(56, ${flags}, 0) < 0 ? 1 : 0)`] as const
  const run = await trace('perl', clone('17'))
  t.is(run.exitCode, 0)
  const learned = profile(run)
  t.like(await trace('perl', clone('17'), { deny: learned.rules() }), { exitCode: 0 })
  // CLONE_NEWUTS, of which the kernel would say EPERM to some users, too.
  const denied = await trace('perl', clone('0x4000011'), { deny: learned.rules() })
  t.is(denied.exitCode, 1)
  t.deepEqual(
    denied.denied.map(({ name }) => name),
    ['clone'],
  )
})

test('several runs are one profile', async (t) => {
  const [one, other] = [await trace('true'), await trace('ls', ['/'])]
  const both = profile([one, other])
  const union = new Set([...profile(one).calls.x86_64, ...profile(other).calls.x86_64])
  t.deepEqual(both.calls.x86_64, [...union].toSorted())
  t.true(both.check(one).holds)
  t.true(both.check(other).holds)
  t.false(profile(one).check(other).holds)
})

test('the allow list has a call a line', async (t) => {
  const learned = profile(await trace('true'))
  t.is(learned.allowList(), learned.calls.x86_64.map((name) => `${name}\n`).join(''))
})

test('i386 calls are their own, and so is their architecture', async (t) => {
  const learned = profile(await trace(fixture, ['int80']))
  t.deepEqual(learned.calls.i386, ['close', 'getpid', 'umask'])
  t.deepEqual(learned.unknown, ['syscall_0x270f@32'])
  t.false(learned.calls.x86_64.includes('umask'))
  t.true(learned.allowList().includes('\numask@32\n'))
  t.deepEqual(learned.oci().architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'])
  const run = await trace(fixture, ['int80'], { deny: learned.rules() })
  t.is(run.exitCode, 0)
  t.deepEqual(run.denied, [])
})

test('i386 calls are denied where the profile has the same call of x86_64 only', async (t) => {
  const run = await trace(fixture, ['int80'])
  const { missing } = profile(await trace('true')).check(run)
  t.deepEqual(
    missing.filter(({ abi }) => abi === 'i386').map(({ name, why }) => `${name} ${why}`),
    ['close call', 'getpid call', 'syscall_0x270f call', 'umask call'],
  )
  const denied = await trace(fixture, ['int80'], { deny: profile(await trace('true')).rules() })
  t.true(denied.denied.some(({ name, abi }) => name === 'umask' && abi === 'i386'))
})

test('calls that a rule refused never ran, and are not in the profile', async (t) => {
  const run = await trace('ls', ['/'], { deny: [{ calls: 'statfs' }] })
  t.true(run.denied.length > 0)
  t.false(profile(run).calls.x86_64.includes('statfs'))
})

// --- Runs that can't tell

const untold = {
  'filtered by a class': () => trace('true', [], { filter: '%file' }),
  'filtered by all but one': () => trace('true', [], { filter: '!read' }),
  'only counted': () => trace('true', [], { counting: true }),
  'without its children': () => trace('sh', ['-c', '/bin/true; /bin/true'], { follow: false }),
} as const

for (const [title, start] of Object.entries(untold)) {
  test(`a run is refused: ${title}`, async (t) => {
    const run = await start()
    const whole = await trace('true')
    t.throws(() => profile(run), { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_NOT_RECORDED', message: /this run \(/ })
    t.throws(() => profile([whole, run]), {
      code: 'ERR_SYSCOPE_NOT_RECORDED',
      message: /run 2 of 2 \((true|sh -c .*)\)/,
    })
    t.throws(() => profile(whole).check(run), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  })
}

test('a run is refused whose events were not kept', async (t) => {
  const running = trace('true')
  for await (const event of running) t.truthy(event)
  const run = await running
  t.throws(() => profile(run), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /keep: true/ })
})

test('an incomplete run is refused', async (t) => {
  const running = trace('sh', ['-c', 'echo begun; read line'], { detachable: true, stdin: 'pipe' })
  running.on('write', () => {
    running.detach()
    running.stdin?.end()
  })
  const run = await running
  t.false(run.complete)
  t.throws(() => profile(run), { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_INCOMPLETE', message: /detached/ })
  t.throws(() => profile([]), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
})

test('a run that began by attaching is refused', async (t) => {
  const stranger = await startStranger('sleep', '60')
  const running = attach(stranger.pid)
  running.detach()
  const run = await running
  stranger.kill()
  t.throws(() => profile(run), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /in the middle/ })
})

test('wrong options are told', async (t) => {
  const learned = profile(await trace('true'))
  const refused = [
    () => profile([], {}),
    // @ts-expect-error A number is no directory.
    () => profile([], { cwd: 1 }),
    // @ts-expect-error There is no such runtime.
    () => learned.oci({ forRuntime: 'rkt' }),
    // @ts-expect-error There is no such option.
    () => learned.node({ version: '22' }),
    () => learned.node({ directories: ['relative'] }),
  ]
  for (const wrong of refused) t.throws(wrong, { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  const invalid = { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' }
  await t.throwsAsync(learned.removals('true', [], { concurrency: 0 }), invalid)
  // @ts-expect-error The rules are its own.
  await t.throwsAsync(learned.removals('true', [], { deny: [] }), invalid)
})

// --- Node's own permissions

test("Node's permissions are for Node", async (t) => {
  const learned = profile(await trace('true'))
  t.throws(() => learned.node(), { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_NOT_NODE', message: /\/true\.$/ })
})

const library = { 'lib/helper.js': 'module.exports = 1', 'node_modules/dep/index.js': 'module.exports = 2' }

const checkout = join(import.meta.dirname, '..')
const addon = readdirSync(checkout).find((name) => name.endsWith('.node')) ?? 'none'

const scripts: readonly (readonly [title: string, name: string, text: string])[] = [
  [
    'reading, writing, moving and removing files',
    'main.js',
    `const fs = require('node:fs')
    require('dep'); require('./lib/helper')
    try { fs.readFileSync('config.json') } catch (error) { if (error.code !== 'ENOENT') throw error }
    fs.mkdirSync('out'); fs.writeFileSync('out/new', fs.readFileSync(__dirname + '/data', 'utf8'))
    fs.renameSync('out/new', 'out/kept'); fs.chmodSync('out/kept', 0o600)
    console.log(fs.readdirSync('out').join(), fs.lstatSync('out/kept').size)
    fs.rmSync('out', { recursive: true })`,
  ],
  [
    'promises and modules',
    'main.mjs',
    `import { copyFile, readFile, rm } from 'node:fs/promises'
    import './lib/helper.js'
    process.chdir('lib')
    await copyFile('../data', 'copied'); console.log(await readFile('copied', 'utf8')); await rm('copied')`,
  ],
  ['a child process', 'child.js', `console.log(String(require('node:child_process').execFileSync('ls', ['lib'])))`],
  ['a library', 'addon.js', `console.log(typeof require('${join(checkout, addon)}'))`],
  ['a worker', 'worker.js', `new (require('node:worker_threads').Worker)('console.log(1)', { eval: true })`],
]

for (const [title, name, text] of scripts) {
  test(`a script works with the flags of its run, and not without any one of them: ${title}`, async (t) => {
    const cwd = mkdtempSync(join(root, 'app-'))
    const files = { ...library, [name]: text, data: 'some data' }
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(cwd, path, '..'), { recursive: true })
      writeFileSync(join(cwd, path), content)
    }
    const run = await trace('node', [name], { cwd })
    t.is(run.exitCode, 0, run.stderr)
    const { flags, unresolved } = profile(run).node()
    t.deepEqual(unresolved, [])
    t.like(await runNode(cwd, [...flags, name]), { status: 0, stdout: run.stdout })
    for (const flag of flags.slice(1).filter((it) => !isOfNode(it, name))) {
      const less = flags.filter((it) => it !== flag)
      t.not((await runNode(cwd, [...less, name])).status, 0, flag)
      // What the failed run left is in the next one's way.
      rmSync(join(cwd, 'out'), { recursive: true, force: true })
    }
  })
}

test('files with other names each time need their directory', async (t) => {
  const cwd = mkdtempSync(join(root, 'app-'))
  const text = `const fs = require('node:fs')
    const made = fs.mkdtempSync('tmp-'); fs.writeFileSync(made + '/x', ''); fs.rmSync(made, { recursive: true })`
  writeFileSync(join(cwd, 'main.js'), text)
  const learned = profile(await trace('node', ['main.js'], { cwd }))
  t.is((await runNode(cwd, [...learned.node().flags, 'main.js'])).status, 1)
  const { flags } = learned.node({ directories: [cwd] })
  t.true(flags.includes(`--allow-fs-write=${cwd}/*`))
  t.is((await runNode(cwd, [...flags, 'main.js'])).status, 0)
})

test("where a run's shell went before Node began is followed", async (t) => {
  const cwd = mkdtempSync(join(root, 'app-'))
  mkdirSync(join(cwd, 'sub'))
  writeFileSync(join(cwd, 'sub/data'), 'x')
  const script = `require('node:fs').readFileSync('data')`
  const run = await trace('sh', ['-c', `cd sub; exec node -e "${script}"`], { cwd })
  t.is(run.exitCode, 0)
  t.true(profile(run, { cwd }).node().read.includes(join(cwd, 'sub/data')))
})

/**
 * What Node reads for itself while a program runs: it asks nobody, and nothing of the trace tells it from the program's reading. Or
 * some versions of Node ask nobody: for the script, or for package.json.
 */
function isOfNode(flag: string, name: string): boolean {
  return /=(\/dev\/null|\/proc\/|\/sys\/|.*\/node$|.*\/package.json$|.*\.node$)/.test(flag) || flag.endsWith(`/${name}`)
}

async function runNode(
  cwd: string,
  args: readonly string[],
): Promise<{ readonly status: unknown; readonly stdout: string }> {
  const node = spawn('node', args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] })
  let stdout = ''
  node.stdout.on('data', (text) => (stdout += String(text)))
  const [status] = await once(node, 'close')
  return { status, stdout }
}

function socketScript(domain: string): string {
  return `use Socket; socket(my $s, ${domain}, SOCK_STREAM, 0) or die`
}

test('what is no result is called so', async (t) => {
  const untyped = (value: unknown): never => value as never
  const run = trace('true')
  const code = 'ERR_SYSCOPE_INVALID_ARGUMENT'
  const pending = 'Expected this run to be the result of trace(), got a run that has not been awaited.'
  t.throws(() => profile(untyped(run)), { code, message: pending })
  const learned = profile(await run)
  t.throws(() => learned.check(untyped(run)), { code, message: pending })
  t.throws(() => profile(untyped(undefined)), { code, message: /got undefined\.$/ })
  await t.throwsAsync(learned.removals('true', [], untyped({ concurency: 2 })), {
    code,
    message: 'removals() has no option `concurency`. Did you mean `concurrency`?',
  })
})
