/** What calls did whose results rules made: those that were not run did nothing, those that were run did it all the same. */

import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { trace, type TraceOptions } from '../index.ts'
import { replacementOf } from '../src/kit/durability.ts'
import { filesOf, type FileDeedKind, type FilesRun } from '../src/kit/files.ts'
import { memoryOf } from '../src/kit/memory.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'syscope-kit-rules-')))
test.after.always(() => rmSync(root, { recursive: true }))

const python = '/usr/bin/python3'
const needsPython = existsSync(python) ? test : test.skip

let count = 0
/** A directory of its own, with the files `a` and `b`. */
function place(): string {
  const path = join(root, String(count++))
  mkdirSync(path)
  for (const name of ['a', 'b']) writeFileSync(join(path, name), name)
  return path
}

const setup = `import os, mmap
def attempt(call, *args):
  try: return call(*args)
  except OSError: return None
`

async function traced(script: string, cwd: string, options: TraceOptions): Promise<FilesRun> {
  const run = await trace(python, ['-S', '-c', setup + script], { cwd, decodeFds: true, stderr: 'inherit', ...options })
  if (run.exitCode !== 0) throw new Error(`the program failed: ${script}`)
  return run
}

const unlinks = `attempt(os.unlink, 'a')`
const writes = `f = os.open('a', os.O_WRONLY); attempt(os.write, f, b'xyz')`
const renames = `attempt(os.rename, 'a', 'b')`
const EIO = { error: 'EIO' } as const

for (const [title, script, what, options, expected] of [
  ['denied', unlinks, 'delete', { deny: 'unlink' }, []],
  ['denied', writes, 'write', { deny: { calls: 'write', path: '**/a' } }, []],
  ['not run', unlinks, 'delete', { inject: { syscall: 'unlink', ...EIO } }, []],
  ['not run, and told that it was', writes, 'write', { inject: { syscall: 'write', fd: '**/a', returns: 3 } }, []],
  [
    'another call in its place',
    renames,
    'rename',
    { inject: { syscall: 'rename', instead: 'getpid', returns: 0 } },
    [],
  ],
  ['run', unlinks, 'delete', { inject: { syscall: 'unlink', run: true, ...EIO } }, ['certain']],
  ['run', writes, 'write', { inject: { syscall: 'write', fd: '**/a', run: true, ...EIO } }, ['certain']],
  ['run', renames, 'rename', { inject: { syscall: 'rename', run: true, ...EIO } }, ['certain']],
  [
    'run, and it failed by itself',
    `attempt(os.unlink, 'c')`,
    'delete',
    { inject: { syscall: 'unlink', run: true, returns: 0 } },
    [],
  ],
  [
    'run',
    `os.close(os.open('a', os.O_CREAT))`,
    'create',
    { inject: { syscall: 'openat', path: '**/a', run: true, returns: 1 } },
    ['perhaps'],
  ],
  [
    'run, and it succeeded',
    unlinks,
    'delete',
    { inject: { syscall: 'unlink', outcome: 'successful', ...EIO } },
    ['certain'],
  ],
  [
    'run, and it failed',
    `attempt(os.unlink, 'c')`,
    'delete',
    { inject: { syscall: 'unlink', outcome: 'failed', returns: 0 } },
    [],
  ],
] as const satisfies readonly (readonly [string, string, FileDeedKind, TraceOptions, readonly string[]])[]) {
  needsPython(`a call that was ${title}: ${what}`, async (t) => {
    const run = await traced(script, place(), options)
    const deeds = filesOf(run).all.flatMap((file) =>
      file.deeds.filter((deed) => deed.what === what && deed.path?.startsWith(root) === true),
    )
    t.deepEqual(
      deeds.map(({ isCertain }) => (isCertain === false ? 'perhaps' : 'certain')),
      [...expected],
    )
    for (const { bytes } of deeds) t.is(bytes, undefined)
  })
}

needsPython('a handler denies a call that has not run, or one that has', async (t) => {
  const cwd = place()
  const denied = await traced(unlinks, cwd, { intercept: { unlink: (call) => call.deny('EIO') } })
  t.deepEqual(filesOf(denied).with('delete'), [])
  const run = await traced(unlinks, cwd, { intercept: { unlink: { exit: (call) => call.fail('EIO') } } })
  t.deepEqual(
    filesOf(run)
      .with('delete')
      .map(({ path, isDeleted }) => [path, isDeleted]),
    [[join(cwd, 'a'), true]],
  )
})

needsPython('a name that was taken away is gone', async (t) => {
  const cwd = place()
  for (const [name, how] of [
    ['a', { outcome: 'successful' }],
    ['b', { run: true }],
  ] as const) {
    const gone = await traced(`attempt(os.unlink, '${name}')`, cwd, { inject: { syscall: 'unlink', ...how, ...EIO } })
    t.true(filesOf(gone).at(join(cwd, name))[0]?.isDeleted)
  }
})

needsPython('descriptors and directories after calls that were run', async (t) => {
  const cwd = place()
  mkdirSync(join(cwd, 'd'))
  const inject = [
    { syscall: 'close', fd: '**/a', outcome: 'successful', ...EIO },
    { syscall: 'chdir', outcome: 'successful', ...EIO },
  ] as const
  const script = `f = os.open('a', os.O_RDWR); attempt(os.close, f); g = os.open('b', os.O_RDWR); assert f == g; os.write(g, b'1')
attempt(os.chdir, 'd'); os.write(os.open('c', os.O_CREAT | os.O_WRONLY), b'22')`
  // Without the kernel's word.
  const files = filesOf(await traced(script, cwd, { inject, decodeFds: false }))
  t.deepEqual(
    files.with('write').map(({ path, bytesWritten }) => [path, bytesWritten]),
    [
      [join(cwd, 'b'), 1],
      [join(cwd, 'd/c'), 2],
    ],
  )
})

const save = `f = os.open('new', os.O_CREAT | os.O_WRONLY); os.write(f, b'x'); attempt(os.fsync, f)
attempt(os.rename, 'new', 'b'); d = os.open('.', 0); attempt(os.fsync, d)`

for (const [syscall, how, atomic, synced] of [
  ['fsync', { run: true, returns: 0 }, true, 'file and directory'],
  ['fsync', { returns: 0 }, true, 'none'],
  ['rename', { run: true, error: 'EIO' }, true, 'file and directory'],
  ['rename', { returns: 0 }, false, 'none'],
] as const) {
  const title = 'run' in how ? 'runs, and says something else' : 'says that it has run'
  needsPython(`a file that is replaced, where ${syscall} ${title}`, async (t) => {
    const cwd = place()
    const run = await traced(save, cwd, { inject: { syscall, ...how } })
    const found = replacementOf(run, join(cwd, 'b'))
    t.is(found.atomic, atomic)
    t.is(found.synced, synced)
  })
}

needsPython('memory that was made writable and executable, whatever the program was told', async (t) => {
  const script = `attempt(mmap.mmap, -1, 4096, mmap.MAP_PRIVATE, 7)`
  const inject = { syscall: 'mmap', args: { prot: { has: ['PROT_EXEC', 'PROT_WRITE'] } } } as const
  const hows = async (more: object): Promise<readonly string[]> =>
    memoryOf(await traced(script, place(), { inject: { ...inject, ...more } })).codeWrites.map(({ how }) => how)
  t.deepEqual(await hows({ error: 'ENOMEM' }), [])
  t.deepEqual(await hows({ error: 'ENOMEM', run: true }), ['mapped'])
})
