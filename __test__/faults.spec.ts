/** Sweeps of faults over small programs, each with a way to break of its own. */

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import test from 'ava'
import {
  faults,
  SyscopeError,
  trace,
  type CheckedRun,
  type FaultRun,
  type FaultsOptions,
  type FaultsProgress,
} from '../index.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-test-faults-'))
test.after.always(() => rmSync(root, { recursive: true }))

function directory(files: Readonly<Record<string, string>> = { state: 'old\n' }): string {
  const dir = mkdtempSync(join(root, 'fixture-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text)
  return dir
}

function sweepScript(script: string, options: FaultsOptions = {}) {
  return faults(['sh', '-c', script], { fixture: directory(), errors: 'ENOSPC', ...options })
}

/** `openat ./state #1: torn` */
function shown({ call, target, nth, verdict }: FaultRun): string {
  return `${call} ${target} #${nth}: ${verdict}`
}

// --- Verdicts

test('who truncates a file and then writes to it is torn', async (t) => {
  const { runs, bugs, clean } = await sweepScript('echo new > state; echo done')
  t.deepEqual(runs.map(shown), ['openat ./state #1: warned', 'write ./state #1: torn', 'write fd 1 #2: failed'])
  t.deepEqual(bugs[0]?.torn, [{ path: 'state', now: '0 bytes', before: '4 bytes', clean: '4 bytes' }])
  t.like(bugs[0], {
    fault: 'ENOSPC',
    exitCode: 0,
    isBug: true,
    rules: [{ syscall: 'write', path: './state', nth: 1, error: 'ENOSPC' }],
  })
  t.like(clean, { stdout: 'done\n', stderr: '', unstable: [] })
})

test('who writes beside it and renames is not', async (t) => {
  const script = 'echo new > new && mv new state || { rm -f new; exit 1; }'
  const { bugs, counts } = await sweepScript(script, { path: './' })
  t.deepEqual(bugs.map(shown), [])
  t.true(counts.failed >= 3)
})

test('who leaves his file for that behind is littering', async (t) => {
  const { bugs } = await sweepScript('echo new > new && mv new state', { path: './' })
  t.true(bugs.some((bug) => bug.verdict === 'littered' && bug.left.includes('new') && bug.call.startsWith('rename')))
})

test('also in the directory for temporary files, under a name that is another one each time', async (t) => {
  const { bugs, missed } = await sweepScript('f=$(mktemp) && echo new > "$f" && cat "$f" > state && rm "$f"')
  const bug = bugs.find(({ verdict }) => verdict === 'littered')
  t.regex(bug?.target ?? '', /^\.\.\/tmp\/tmp\.\*$/)
  t.regex(bug?.left[0] ?? '', /^\.\.\/tmp\/tmp\.\w+$/)
  t.is(missed, 0)
})

test('who goes on as if nothing had been is silent', async (t) => {
  const { runs } = await sweepScript('echo new 2>&- > state; exit 0', { calls: 'openat', path: './' })
  t.deepEqual(runs.map(shown), ['openat ./state #1: silent'])
  t.deepEqual(runs[0]?.unchanged, ['state'])
})

test('who says so at least has warned', async (t) => {
  const { runs, bugs } = await sweepScript('echo new > state; exit 0', { calls: 'openat', path: './' })
  t.deepEqual(runs.map(shown), ['openat ./state #1: warned'])
  t.deepEqual(bugs, [])
})

test('who fails without a word is mute', async (t) => {
  const { runs } = await sweepScript('exec 2> /dev/null; : > state', { calls: 'openat', path: './' })
  t.deepEqual(runs.map(shown), ['openat ./state #1: mute'])
})

// Serial, and with time to spare, because its limit is one of the clean runs too.
test.serial('who tries for ever hangs, and is killed with all that it started', async (t) => {
  const options = { calls: 'openat', path: './', repeat: 'lasting', timeout: 8000 } as const
  const { runs } = await sweepScript('sleep 1000 & until echo new > state; do sleep 0.01; done; kill $!', options)
  t.deepEqual(runs.map(shown), ['openat ./state #1: hung'])
  t.like(runs[0], { lasting: true, rules: [{ when: '1+' }] })
})

test('who dies of a signal has crashed, and so has who lets a child of his die', async (t) => {
  const own = await sweepScript('echo new > state || kill -SEGV $$', { calls: 'openat', path: './' })
  t.deepEqual(own.runs.map(shown), ['openat ./state #1: crashed'])
  const child = "ulimit -c 0; sh -c 'echo new > state || kill -ABRT $$' || { echo failed; exit 1; }"
  const others = await sweepScript(child, { calls: 'openat', path: './' })
  t.deepEqual(others.runs.map(shown), ['openat ./state #1: crashed'])
})

test('a short write is nothing to fail of', async (t) => {
  const options = { errors: ['short-write', 'short-read'], path: './' } as const
  const good = await sweepScript('sed -n p state > copy', options)
  t.deepEqual(good.runs.map(shown), ['read ./state #1: survived', 'write ./copy #1: survived'])
  const { bugs } = await faults(['node', '-e', hasty], { fixture: directory(), errors: 'short-read', path: './' })
  t.like(bugs[0], { verdict: 'silent', exitCode: 0, rules: [{ args: { count: 1 } }] })
})

/** Takes for granted that all is read at once. */
const hasty = `const fs = require('fs'); const bytes = Buffer.alloc(4); fs.readSync(fs.openSync('state'), bytes); console.log(String(bytes))`

test('a disk that fills up while it is written to', async (t) => {
  const save = (write: string): readonly string[] => [
    'node',
    '-e',
    `const fs = require('fs'); const fd = fs.openSync('new', 'w'); ${write}; fs.fsyncSync(fd); fs.renameSync('new', 'state')`,
  ]
  const options = { errors: 'disk-full', path: './', calls: 'write' } as const
  const once = await faults(save(`fs.writeSync(fd, 'new state')`), { ...options, fixture: directory() })
  // The rest is never tried, so that nothing fails: what ENOSPC alone does not find.
  t.deepEqual(once.runs.map(shown), ['write ./new #1: torn'])
  t.like(once.bugs[0], { exitCode: 0, lasting: false, torn: [{ path: 'state', now: '1 bytes' }] })
  const alone = await faults(save(`fs.writeSync(fd, 'new state')`), {
    ...options,
    errors: 'ENOSPC',
    fixture: directory(),
  })
  t.is(
    alone.runs.find(({ verdict }) => verdict === 'torn'),
    undefined,
  )
  const all = await faults(save(`fs.writeFileSync(fd, 'new state')`), { ...options, fixture: directory() })
  t.deepEqual(
    all.runs.map(({ exitCode, torn }) => [exitCode, torn]),
    [[1, []]],
  )
  t.regex(all.runs[0]?.stderr ?? '', /ENOSPC/)
})

test('who gives up where he only had to call again has a bug', async (t) => {
  const script = `try { require('fs').readSync(0, Buffer.alloc(9)) } catch (error) { console.error(error.code); process.exit(1) }`
  const options = { input: 'line\n', fixture: directory(), errors: 'EINTR', calls: 'read' } as const
  const { runs } = await faults(['node', '-e', script], options)
  const run = runs.find(({ target }) => target === 'fd 0')
  t.like(run, { verdict: 'failed', isBug: true })
})

// --- Which calls

test('all occurrences are tried, and each alone', async (t) => {
  const { runs } = await sweepScript('for i in 1 2 3; do echo $i >> state; done', { calls: 'write' })
  t.deepEqual(runs.map(shown), ['write ./state #1: torn', 'write ./state #2: torn', 'write ./state #3: torn'])
  for (const { rules, text, program, argv } of runs) {
    t.regex(text, /^write\(1, "\d\\n", 2\) += -1 ENOSPC \(No space left on device\) \(INJECTED\)$/)
    t.like(
      { rules, argv },
      { rules: [{ error: 'ENOSPC' }], argv: ['sh', '-c', 'for i in 1 2 3; do echo $i >> state; done'] },
    )
    t.regex(program ?? '', /sh$/)
  }
})

test('children are swept as well, and their loaders are not', async (t) => {
  const { runs } = await sweepScript('cat state state', { errors: ['EIO', 'EMFILE'] })
  t.deepEqual(new Set(runs.map(({ target }) => target)), new Set(['./state']))
  t.is(runs.filter(({ fault, call }) => fault === 'EIO' && call === 'read').length, 4)
})

test('descriptors run out', async (t) => {
  const { runs } = await sweepScript('echo a | cat > state', { errors: 'EMFILE' })
  t.deepEqual(
    runs.filter(({ call }) => call.startsWith('pipe')).map(({ verdict }) => verdict),
    ['failed'],
  )
})

test('connections are refused and go away', async (t) => {
  const script = `
    const net = require('net')
    const server = net.createServer((socket) => socket.on('error', () => {}).end('hello'))
    server.listen(0, '127.0.0.1', () => {
      const end = (error) => (error && (console.error(error.code), (process.exitCode = 1)), server.close())
      net.connect(server.address().port, '127.0.0.1').on('data', String).on('error', end).on('end', end)
    })`
  const errors = ['ECONNREFUSED', 'ECONNRESET', 'short-read'] as const
  const { runs } = await faults(['node', '-e', script], {
    fixture: directory(),
    errors,
    calls: ['connect', 'read', 'write'],
  })
  const seen = new Set(runs.map(({ call, fault, verdict, stderr }) => `${call} ${fault}: ${verdict} ${stderr}`))
  t.true(seen.has('connect ECONNREFUSED: failed ECONNREFUSED\n'))
  t.true(seen.has('read ECONNRESET: failed ECONNRESET\n'))
  t.true(seen.has('read short-read: survived '))
})

test('an errno of one’s own, with calls of one’s own', async (t) => {
  const { runs } = await sweepScript('echo a > state', { errors: { error: 'EROFS', calls: 'openat' }, path: './' })
  t.deepEqual(runs.map(shown), ['openat ./state #1: failed'])
  t.regex(runs[0]?.text ?? '', /EROFS/)
})

test('nothing to fail is a result', async (t) => {
  const result = await faults('true', { fixture: directory(), errors: 'ECONNRESET' })
  t.deepEqual(result.runs, [])
  t.regex(String(result), /0 runs of true .*0 bugs\nNone of its calls/)
})

// --- Files

test('each run has the fixture, prepared once', async (t) => {
  let prepared = 0
  const seen: string[] = []
  const fixture = directory({ state: 'old\n', other: 'x' })
  mkdirSync(join(fixture, 'sub'))
  writeFileSync(join(fixture, 'sub/tool'), '')
  chmodSync(join(fixture, 'sub/tool'), 0o751)
  const { runs } = await sweepScript('ls -l > list; cat state; rm state', {
    fixture,
    setup: (dir) => {
      prepared += 1
      writeFileSync(join(dir, 'state'), 'prepared\n')
    },
    check: ({ dir, stdout }) => {
      seen.push(dir)
      return stdout === 'prepared\n' || stdout === ''
    },
  })
  t.is(prepared, 1)
  t.is(new Set(seen).size, runs.length + 2)
  t.deepEqual(runs.filter(({ verdict }) => verdict === 'check failed').map(shown), [])
  t.true(seen.every((dir) => !existsSync(dir)))
  t.is(readFileSync(join(fixture, 'state'), 'utf8'), 'old\n')
})

test('what the files mean can be compared instead of what is in them', async (t) => {
  const state = (dir: string): string => readFileSync(join(dir, 'state'), 'utf8').trim() || 'nothing'
  const { runs } = await sweepScript('echo new > state', { calls: 'write', state })
  t.like(runs[0], { verdict: 'torn', findings: ['the state is neither as before nor as after a clean run'] })
  const lenient = await sweepScript('echo new > state', { calls: 'write', state: () => 'all right' })
  t.deepEqual(lenient.bugs, [])
})

test('without a fixture of its own it runs where it is told to', async (t) => {
  const cwd = directory()
  const { runs } = await sweepScript('pwd; cat state; echo new > copy', { fixture: false, cwd })
  t.true(runs.length > 0)
  t.true(runs.every(({ torn, left }) => torn.length + left.length === 0))
  t.deepEqual(readdirSync(cwd).toSorted(), ['copy', 'state'])
})

// --- Checks, limits and errors

test('a check sees each run, the clean ones first', async (t) => {
  const seen: CheckedRun[] = []
  const { runs } = await sweepScript('echo new > state', {
    concurrency: 1,
    check: (run) => {
      seen.push(run)
      if (run.fault?.call === 'write') throw new Error('I do not like it')
    },
  })
  t.deepEqual(
    seen.map(({ fault }) => fault?.call),
    [undefined, undefined, 'openat', 'write'],
  )
  t.is(seen[0]?.result.exitCode, 0)
  t.like(runs[1], { verdict: 'check failed', findings: ['check: I do not like it'] })
})

test('it stops at the first bug, at a number of runs, and when told to', async (t) => {
  const script = 'for i in 1 2 3 4 5 6; do echo $i >> state; done'
  t.like(await sweepScript(script, { calls: 'write', stopOn: 'first', concurrency: 1 }), {
    stoppedBy: 'stopOn',
    left: 5,
  })
  t.like(await sweepScript(script, { calls: 'write', maxRuns: 2 }), { stoppedBy: 'maxRuns', left: 4 })
  const controller = new AbortController()
  const onProgress = ({ done }: FaultsProgress): void => void (done === 2 && controller.abort())
  const stopped = await sweepScript(script, { calls: 'write', concurrency: 1, signal: controller.signal, onProgress })
  t.like(stopped, { stoppedBy: 'signal', left: 4 })
  t.is(stopped.runs.length, 2)
  t.regex(String(stopped), /Stopped by signal; 4 runs not made/)
  await t.throwsAsync(sweepScript(script, { signal: controller.signal }), { code: 'ERR_SYSCOPE_ABORTED' })
})

test('a command that fails by itself, or that the check does not like, is told before anything is tried', async (t) => {
  const error = await t.throwsAsync(sweepScript('echo oh >&2; exit 3'), {
    instanceOf: SyscopeError,
    code: 'ERR_SYSCOPE_COMMAND_FAILED',
  })
  t.regex(error?.message ?? '', /without any fault.*exit code 3.*oh/s)
  await t.throwsAsync(sweepScript('true', { check: () => false }), { message: /check fails without any fault/ })
  await t.throwsAsync(sweepScript('sleep 10', { timeout: 50 }), { code: 'ERR_SYSCOPE_TIMEOUT' })
  await t.throwsAsync(faults('no-such-command-here', { fixture: directory() }), {
    code: 'ERR_SYSCOPE_COMMAND_NOT_FOUND',
  })
})

const wrong: readonly (readonly [options: object, message: RegExp])[] = [
  [{ error: 'EIO' }, /no option `error`.*Did you mean `errors`/],
  [{ errors: 'ENOSPACE' }, /Did you mean 'ENOSPC'/],
  [{ errors: [] }, /nothing would go wrong/],
  [{ errors: 'EROFS' }, /name them in the `calls` option/],
  [{ errors: { error: 'EROFS', call: 'openat' } }, /got `call`/],
  [{ errors: 'ECONNRESET', calls: '%file' }, /None of the calls .* fails with ECONNRESET/],
  [{ calls: 'opennat' }, /Did you mean 'openat'/],
  [{ path: 'state' }, /can't match/],
  [{ ignore: 'x' }, /array of paths/],
  [{ maxRuns: 0 }, /above 0/],
  [{ stopOn: 'last' }, /'first'/],
  [{ fixture: '/no/such' }, /has to be a directory/],
  [{ fixture: false, setup: () => {} }, /files of their own/],
]

for (const [options, message] of wrong) {
  test(`wrong: ${message}`, async (t) => {
    const error = await t.throwsAsync(faults(['true'], options), { instanceOf: SyscopeError })
    t.regex(error?.message ?? '', message)
  })
}

// --- The command line

const bin = join(import.meta.dirname, '../dist/src/cli/bin.js')

function syscope(cwd: string, ...words: readonly string[]) {
  return spawnSync(process.execPath, [bin, ...words], { cwd, encoding: 'utf8' })
}

test('--faults prints a table, and fails where something broke', (t) => {
  const cwd = directory()
  const { stdout, stderr, status } = syscope(cwd, '--faults=ENOSPC', '-P', 'state', 'sh', '-c', 'echo new > state')
  t.is(stderr, '')
  t.is(status, 1)
  const [header, row, ...others] = stdout.split('\n')
  t.deepEqual(
    [header?.split(/ +/), row?.split(/ +/)],
    [
      ['VERDICT', 'CALL', 'TARGET', 'NTH', 'FAULT', 'EXIT'],
      ['torn', 'write', './state', '1', 'ENOSPC', '1'],
    ],
  )
  t.true(
    others.some((line) =>
      line.includes('$ syscope -f -e trace=write -e inject=write:error=ENOSPC:path=./state:nth=1 sh -c'),
    ),
  )
  t.regex(stdout, /\n2 runs of sh -c 'echo new > state' with a fault each, [\d.]+ s: 1 bug\n1 failed, 1 torn\n$/)
  t.is(readFileSync(join(cwd, 'state'), 'utf8'), 'old\n')
})

test('--faults succeeds where nothing broke', (t) => {
  const { stdout, status } = syscope(
    directory(),
    '--faults=eio,lasting,first',
    '-e',
    'trace=read',
    'sed',
    's/a/b/',
    'state',
  )
  t.is(status, 0)
  t.regex(stdout, /^\d runs? of sed .*: 0 bugs\n/)
})

test('--faults writes JSON, and into a file', (t) => {
  const cwd = directory()
  const log = join(root, 'faults.json')
  const { stdout, status } = syscope(cwd, '--faults=ENOSPC', '--json', '-o', log, 'sh', '-c', 'echo new > state')
  t.is(stdout, '')
  t.is(status, 1)
  const { command, counts, runs } = JSON.parse(readFileSync(log, 'utf8'))
  t.like({ command, counts }, { command: "sh -c 'echo new > state'", counts: { torn: 1, failed: 1 } })
  t.like(runs[1], { call: 'write', target: './state', verdict: 'torn', rules: [{ nth: 1 }] })
})

for (const [words, message] of [
  [
    ['--faults=ENOSPACE', 'true'],
    /invalid --faults argument 'ENOSPACE': it is one of ENOSPC, .*, short-read, .*, lasting/,
  ],
  [['--faults', '-c', 'true'], /mutually exclusive/],
  [['--faults'], /must have PROG/],
  [['--faults', 'false'], /The command fails without any fault/],
  [['--faults', 'no-such-command-here'], /no-such-command-here/],
] as const) {
  test(`a wrong command line: syscope ${words.join(' ')}`, (t) => {
    const { stdout, stderr, status } = syscope(directory(), ...words)
    t.is(stdout, '')
    t.is(status, 1)
    t.regex(stderr, message)
  })
}

// --- Doing it again

const again: readonly (readonly [what: string, command: readonly string[], options: FaultsOptions])[] = [
  ['errors', ['sh', '-c', 'for i in 1 2 3; do echo "it is $i" >> state; done'], { repeat: 'both', calls: 'write' }],
  ['two rules', ['sh', '-c', 'echo new > state; echo more >> state'], { errors: 'disk-full', calls: 'write' }],
  ['changed arguments', ['node', '-e', hasty], { errors: 'short-read', path: './state' }],
  ['names with colons', ['sh', '-c', 'echo new > a:b; echo more >> b:nth=7'], { calls: 'write' }],
  ['temporary files', ['sh', '-c', 'f=$(mktemp) && echo new > "$f" && rm "$f"'], { path: '../tmp/', calls: 'write' }],
  [
    'input and environment',
    ['sh', '-c', 'cat > state; echo $A >> state'],
    { input: "it's in\n", env: { A: 'b c' }, calls: 'write' },
  ],
]

for (const [what, [file = '', ...args], options] of again) {
  test(`a bug can be had again, by its rule and by its command line: ${what}`, async (t) => {
    const path = mkdtempSync(join(root, 'bin-'))
    writeFileSync(join(path, 'syscope'), `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`, { mode: 0o755 })
    const { bugs } = await faults([file, ...args], { fixture: directory(), errors: 'ENOSPC', ...options })
    t.true(bugs.length > 0)
    for (const bug of bugs) {
      const [byRule, byLine] = [directory(), directory()]
      if (what !== 'temporary files') {
        const result = await trace(file, args, { ...given(options), cwd: byRule, inject: bug.rules, filter: [] })
        t.is(result.exitCode, bug.exitCode)
        t.is(result.rules[0]?.acted, bug.lasting ? 4 - bug.nth : 1)
      }
      const env = { ...process.env, PATH: `${path}${delimiter}${process.env['PATH']}` }
      const line = spawnSync('bash', ['-c', bug.repeat], { cwd: byLine, encoding: 'utf8', env })
      t.is(line.status, bug.exitCode ?? 0, `${bug.repeat}\n${line.stderr}`)
      t.regex(line.stderr, /\(INJECTED/, bug.repeat)
      for (const { path: name, now } of bug.torn) {
        t.true(now.startsWith(`${readFileSync(join(byLine, name)).length} bytes`), bug.repeat)
      }
    }
  })
}

function given({ env, input }: FaultsOptions) {
  return { ...(env === undefined ? {} : { env }), ...(input === undefined ? {} : { input }) }
}
