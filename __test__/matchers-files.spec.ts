/** Matchers about files: what is done to them is done in many ways, and none of them may pass for not being done. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { trace, type TraceOptions } from '../index.ts'
import { toReplaceAtomically, toSyncBeforeRename } from '../src/kit/matchers/durable.ts'
import { toExec } from '../src/kit/matchers/executed.ts'
import { systemFolders, toReadOnlyUnder, toWriteOnlyUnder } from '../src/kit/matchers/folders.ts'
import { toCreate, toDelete, toLookUp, toOpen, toRead, toRename, toWrite } from '../src/kit/matchers/touched.ts'
import { fileTouchCalls } from '../src/kit/matchers/touches.ts'
import type { Verdict } from '../src/kit/matchers/verdict.ts'
import { partWithin } from '../src/kit/part.ts'
import { attempt, fixture, inTurn, obstacleTo, withFiles, type Attempt, type Files } from './around-places.ts'
import { outcome } from './verdicts.ts'

/** All that the matchers ask for. */
const observed: TraceOptions = { filter: [...fileTouchCalls], decodeFds: true }

const root = realpathSync(mkdtempSync(join(tmpdir(), 'syscope-matchers-files-')))
test.after.always(() => rmSync(root, { recursive: true }))

let count = 0
/** A folder of its own, with a folder `in` to work in, and a folder `out` with a file to stay away from. */
function place(): { readonly inside: string; readonly outside: string; readonly secret: string } {
  const path = join(root, String(count++))
  const [inside, outside] = [join(path, 'in'), join(path, 'out')]
  for (const folder of [inside, outside]) mkdirSync(folder, { recursive: true })
  const secret = join(outside, 'secret')
  writeFileSync(secret, 'treasure')
  return { inside, outside, secret }
}

/** `fails`, `passes`, or the code of what is thrown. */
function plain(message: string, folder: string): string {
  return message
    .replaceAll(folder, 'FOLDER')
    .replaceAll(process.execPath, 'node')
    .replaceAll(/ \(\d+\)$/gm, ' (PID)')
    .replaceAll(/ = \d+$/gm, ' = N')
    .replaceAll(/(\w\()\d+(?=[,)])/g, '$1N')
}

const python = '/usr/bin/python3'
const needsPython = existsSync(python) ? test : test.skip

async function traced(
  file: string,
  args: readonly string[],
  cwd: string,
  options: TraceOptions = {},
): Promise<Attempt> {
  return await trace(file, args, { ...observed, ioUring: 'deny', cwd, stderr: 'inherit', ...options })
}

const node = (script: string, cwd: string, options?: TraceOptions): Promise<Attempt> =>
  traced(process.execPath, ['-e', `const fs = require('node:fs'); ${script}`], cwd, options)

const py = (script: string, cwd: string, options?: TraceOptions): Promise<Attempt> =>
  traced(
    python,
    ['-S', '-c', `import os, socket, ctypes, fcntl, mmap\nlibc = ctypes.CDLL(None)\n${script}`],
    cwd,
    options,
  )

// --- Messages

test('what was changed elsewhere is told with the lines and who made them', async (t) => {
  const { inside, outside } = place()
  const run = await node(`fs.writeFileSync('ok', '1'); fs.writeFileSync('../out/bad', '1')`, inside)
  const { pass, message } = toWriteOnlyUnder(run, '.')
  t.false(pass)
  const command = `node -e 'const fs = require('\\''node:fs'\\''); fs.writeFileSync('\\''ok'\\'', '\\''1'\\''); fs.write`
  const [headline = '', empty, who = '', ...lines] = plain(message, dirname(outside)).split('\n')
  t.true(headline.startsWith('Expected `node -e '))
  t.true(headline.endsWith('` to write only under ., but it changed files elsewhere, 2 times:'))
  t.is(empty, '')
  t.true(who.startsWith(`  ${command.slice(0, 30)}`) && who.endsWith(' (PID)'))
  t.deepEqual(lines, [
    '    FOLDER/out/bad: openat(AT_FDCWD, "../out/bad", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666) = N',
    '    FOLDER/out/bad: write(N, "1", 1) = N',
  ])
  t.regex(toWriteOnlyUnder(run, '..').message, /^Expected `.*` not to write only under \.\., but it kept to that\.$/)
})

test('what was done to a file is told, and that it was not done', async (t) => {
  const { inside } = place()
  const run = await traced('sh', ['-c', 'echo x > made; cat made made; mv made moved; rm moved'], inside)
  const told = (verdict: Verdict): string => plain(verdict.message, inside)
  const sh = `sh -c 'echo x > made; cat made made; mv made moved; rm moved'`
  t.is(
    told(toRename(run, 'made', 'moved')),
    `Expected \`${sh}\` not to rename made to moved, but it did, once:

  ${sh} → mv made moved (PID)
    FOLDER/made: renameat2(AT_FDCWD, "made", AT_FDCWD, "moved", RENAME_NOREPLACE) = N`,
  )
  t.is(told(toRename(run, 'moved')), `Expected \`${sh}\` to rename moved, but it did not.`)
  t.regex(
    told(toRead(run, 'made')),
    /not to read made, but it did, 4 times:\n\n {2}sh .* → cat made made \(PID\)\n {4}FOLDER\/made: read\(N, "x\\n", \d+\) = N\n/,
  )
  t.regex(
    told(toExec(run, 'rm', ['rm', 'moved'])),
    /^Expected `.*` not to execute rm with \[ 'rm', 'moved' \], but it did, once:\n\n.*\n {4}execve\(".*\/rm", \["rm", "moved"\], 0x\w+ \/\* \d+ vars \*\/\) = N$/,
  )
  t.regex(
    told(toExec(run, 'curl')),
    /^Expected `.*` to execute curl, but it did not\. It executed others:\n\n(?:.*\n)*? {4}execve\(/,
  )
})

// --- Reading

const fixtures = dirname(fixture)
const mayRead = [...systemFolders, fixtures]

test('what the loader, the C library, Node.js and a shell read is in the system folders', async (t) => {
  const { inside } = place()
  for (const [file, ...args] of [
    [process.execPath, '-e', `require('node:os').cpus(); require('node:crypto'); new Date().getHours()`],
    ['sh', '-c', 'ls -l /usr > /dev/null; date; id; sort < /dev/null'],
    [fixture, 'around', 'say', 'x'],
  ] as const) {
    const run = await traced(file, args, inside)
    const verdict = toReadOnlyUnder(run, mayRead)
    t.true(verdict.pass, verdict.message)
  }
})

type Way = (files: Files) => readonly string[]

const readings: Readonly<Record<string, Way>> = {
  open: ({ file }) => ['open', file],
  openat: ({ file }) => ['openat', file],
  openat2: ({ file }) => ['openat2', file],
  'a relative path': ({ directory }) => ['relative', directory, 'secret'],
  'a relative path by int 0x80': ({ directory }) => ['relative-i386', directory, 'secret'],
  'fchdir and a relative path': ({ directory }) => ['fchdir', directory, 'secret'],
  'a dirfd': ({ directory }) => ['dirfd', directory, 'secret'],
  'a dirfd with bits in the upper half': ({ directory }) => ['dirfd-high-bits', directory, 'secret'],
  'a dirfd of openat2': ({ directory }) => ['dirfd-openat2', directory, 'secret'],
  'a dirfd by int 0x80': ({ directory }) => ['dirfd-i386', directory, 'secret'],
  "a thread's own working directory": ({ directory }) => ['own-cwd', directory, 'secret'],
  "a thread's own descriptors": ({ directory }) => ['own-descriptors', directory, 'secret'],
  'dots and slashes': ({ directory }) => ['open', `${directory}/.//beneath/../secret`],
  'dots after a symbolic link': ({ directory }) => ['open', `${directory}/beneath/up/./secret`],
  'a symbolic link': ({ directory }) => ['open', join(directory, 'link')],
  'a symbolic link to a symbolic link': ({ directory }) => ['openat', join(directory, 'link-to-link')],
  'a symbolic link among the directories': ({ directory }) => ['dirfd', join(directory, 'beneath'), 'up/secret'],
  'a new symbolic link': ({ file }) => ['symlinked', file, 'new'],
  'a hard link made for it': ({ file }) => ['linked', file, 'new'],
  'another name given to it': ({ file }) => ['renamed', file, 'new'],
  '/proc/self/cwd': () => ['open', '/proc/self/cwd/secret'],
  '/proc/self/root': ({ file }) => ['open', `/proc/self/root${file}`],
  '/proc/self/fd/N': ({ fd }) => ['open', `/proc/self/fd/${fd}`],
  '/dev/fd/N': ({ fd }) => ['open', `/dev/fd/${fd}`],
  'a descriptor in /proc of another process': ({ fd }) => ['open', `/proc/${process.pid}/fd/${fd}`],
  'the root directory of another process': ({ file }) => ['open', `/proc/${process.pid}/root${file}`],
  'int 0x80': ({ file }) => ['int80-open', file],
  'openat by int 0x80': ({ file }) => ['int80-openat', file],
  'the working directory that it was started in': () => ['open', 'secret'],
  chroot: ({ directory }) => ['chroot', directory, 'secret'],
  'in a thread': ({ file }) => ['thread', 'open', file],
  'in a child': ({ file }) => ['child', 'open', file],
  'in a child of clone3': ({ file }) => ['clone3', 'open', file],
  'in a child that does not want to be traced': ({ file }) => ['untraced', 'open', file],
  'in a child of vfork': ({ file }) => ['vfork', 'open', file],
  'in an orphan': ({ file }) => ['orphan', 'open', file],
  'in a program that was executed': ({ file }) => ['program', 'open', file],
  "in a child's thread, by int 0x80": ({ file }) => ['child', 'thread', 'int80-open', file],
  ...Object.fromEntries(
    'aio read pread64 readv preadv preadv2 mmap int80 sendfile splice copy-file-range'
      .split(' ')
      .map((way) => [`inherited, ${way}`, ({ fd }: Files) => ['get', way, 'itself', `${fd}`]]),
  ),
  ...Object.fromEntries(
    'dup dup2 dup3 fcntl scm-rights high-bits'
      .split(' ')
      .map((way) => [`inherited, ${way}`, ({ fd }: Files) => ['get', 'read', way, `${fd}`]]),
  ),
  'inherited, pidfd_getfd': ({ fd }) => ['get', 'read', 'pidfd-getfd', `${fd}`, `${process.pid}`],
  'io_uring: open': ({ file }) => ['io-uring-open', file],
  'io_uring: read': ({ fd }) => ['get', 'io-uring', 'dup', `${fd}`],
}
/** For what ways are made of, whatever the place. */
const nowhere: Files = { directory: '/', file: '/', fd: 3, program: '/', programFd: 4, content: () => '' }

function declare(title: string, way: Way, judge: (t: ExecutionContext, run: Attempt, files: Files) => void): void {
  const needs = obstacleTo(way(nowhere))
  const run = async (t: ExecutionContext): Promise<void> => {
    await withFiles(async (files) => {
      const inheritFds = [files.fd, files.programFd]
      judge(t, await attempt(way(files), { ...observed, cwd: files.directory, inheritFds }), files)
    })
  }
  if (needs === undefined) test(title, (t) => inTurn(() => run(t)))
  else test.skip(`${title} (${needs})`, run)
}

/** Why it can't be told that nothing else was done: rings make no calls, and nobody asks what aio's descriptors lead to. */
function blindness(name: string): string | undefined {
  if (name.startsWith('io_uring')) return 'ERR_SYSCOPE_INCOMPLETE'
  return name.endsWith('aio') || /64 by int/.test(name) ? 'ERR_SYSCOPE_NOT_RECORDED' : undefined
}

for (const [name, way] of Object.entries(readings)) {
  declare(`a file is read: ${name}`, way, (t, run, { file }) => {
    t.is(run.exitCode, 0, String(run.stdout))
    const blind = blindness(name)
    // What a ring opened is read by a call.
    const seen = name === 'io_uring: open' ? undefined : blind
    const found = [
      toReadOnlyUnder.bind(undefined, run, mayRead),
      toReadOnlyUnder.bind(undefined, run, [...mayRead, dirname(file)]),
      toRead.bind(undefined, run, file),
      toRead.bind(undefined, run, `${file}2`),
    ].map(outcome)
    t.deepEqual(found, [seen ?? 'fails', blind ?? 'passes', seen ?? 'passes', blind ?? 'fails'])
    if (!name.startsWith('inherited') && blind === undefined) t.true(toOpen(run, file).pass)
  })
}

// --- Writing

const writings: Readonly<Record<string, Way>> = {
  ...Object.fromEntries(
    'write writev pwrite64 pwritev pwritev2 int80 splice sendfile copy-file-range mmap aio'
      .split(' ')
      .map((way) => [`inherited, ${way}`, ({ fd }: Files) => ['put', way, 'itself', `${fd}`]]),
  ),
  ...Object.fromEntries(
    'dup dup2 dup3 fcntl scm-rights high-bits reopened'
      .split(' ')
      .map((way) => [`inherited, ${way}`, ({ fd }: Files) => ['put', 'write', way, `${fd}`]]),
  ),
  'inherited, pidfd_getfd': ({ fd }) => ['put', 'write', 'pidfd-getfd', `${fd}`, `${process.pid}`],
  'inherited, in a thread of a child': ({ fd }) => ['child', 'thread', 'put', 'write', 'itself', `${fd}`],
  creat: ({ file }) => ['creat', file],
  'creat by int 0x80': ({ file }) => ['int80-creat', file],
  truncate: ({ file }) => ['truncate', file],
  truncating: ({ file }) => ['truncating', file],
  'truncating by int 0x80': ({ file }) => ['truncating-int80', file],
  'io_uring: write': ({ fd }) => ['put', 'io-uring', 'dup', `${fd}`],
  'truncate64 by int 0x80': ({ file }) => ['int80-truncate64', file],
  'sendfile64 by int 0x80': ({ fd }) => ['put', 'int80-sendfile', 'itself', `${fd}`],
}
for (const [name, way] of Object.entries(writings)) {
  declare(`a file is written to: ${name}`, way, (t, run, { file, content }) => {
    t.not(content(), 'treasure', String(run.stdout))
    const blind = blindness(name)
    const found = [
      toWriteOnlyUnder.bind(undefined, run, '/nowhere'),
      toWriteOnlyUnder.bind(undefined, run, dirname(file)),
      toWrite.bind(undefined, run, file),
      toWrite.bind(undefined, run, `${file}2`),
    ].map(outcome)
    t.deepEqual(found, [blind ?? 'fails', blind ?? 'passes', blind ?? 'passes', blind ?? 'fails'])
  })
}

declare(
  'all calls that take a path are looked at',
  ({ file }) => ['touched', file],
  (t, run, { file }) => {
    const told = toLookUp(run, file)
    t.true(told.pass)
    t.is(
      outcome(() => toWriteOnlyUnder(run, '/nowhere')),
      'fails',
    )
  },
)

/** What is done in `in`, by relative paths, to what is out. */
const elsewhere: readonly (readonly [title: string, script: string])[] = [
  ['a relative path', `os.write(os.open('../out/secret', os.O_WRONLY), b'abc')`],
  ['a path after chdir', `os.chdir('../out'); os.write(os.open('secret', os.O_WRONLY), b'abc')`],
  ['O_CREAT', `os.close(os.open('../out/new', os.O_CREAT))`],
  ['a file without a name', `os.write(os.open('../out', os.O_TMPFILE | os.O_WRONLY), b'abc')`],
  ['mkdir', `os.mkdir('../out/new')`],
  ['mknod', `os.mkfifo('../out/new')`],
  ['a symbolic link', `os.symlink('x', '../out/new')`],
  ['a hard link', `open('a', 'w').close(); os.link('a', '../out/new')`],
  ['a name given away', `open('a', 'w').close(); os.rename('a', '../out/new')`],
  ['a name taken', `os.rename('../out/secret', 'a')`],
  ['renameat2', `open('a', 'w').close(); assert libc.renameat2(-100, b'a', -100, b'../out/secret', 2) == 0`],
  ['unlink', `os.unlink('../out/secret')`],
  ['unlinkat', `os.unlink('secret', dir_fd=os.open('../out', 0))`],
  ['rmdir', `os.rmdir('../out/empty')`],
  ['chmod', `os.chmod('../out/secret', 0o600)`],
  ['fchmod', `os.fchmod(os.open('../out/secret', 0), 0o600)`],
  ['chown', `os.chown('../out/secret', os.getuid(), -1)`],
  ['utime', `os.utime('../out/secret')`],
  ['futimens', `os.utime(os.open('../out/secret', 0))`],
  ['truncate', `os.truncate('../out/secret', 1)`],
  [
    'FS_IOC_SETFLAGS',
    `a = os.open('../out/secret', 0)\ntry: fcntl.ioctl(a, 0x40086602, bytes(8))\nexcept OSError: os.fchmod(a, 0o600)`,
  ],
  ['setxattr', `os.setxattr('../out/secret', 'user.x', b'1')`],
  ['a unix socket', `socket.socket(socket.AF_UNIX).bind('../out/new')`],
  ['shared memory', `m = mmap.mmap(os.open('../out/secret', os.O_RDWR), 4); m[0] = 1`],
  [
    'shared memory that is made writable',
    `libc.mmap.restype = ctypes.c_void_p; at = libc.mmap(None, 4096, 1, 1, os.open('../out/secret', os.O_RDWR), 0)
assert libc.mprotect(ctypes.c_void_p(at), 4096, 3) == 0; ctypes.memmove(at, b'x', 1)`,
  ],
  ['a symbolic link to a file', `open('link', 'w').write('x')`],
  ['a symbolic link to a folder', `os.mkdir('folder/new')`],
  ['a symbolic link to a folder, removed from', `os.unlink('folder/secret')`],
  ['a symbolic link to a folder, renamed in', `os.rename('folder/secret', 'folder/new')`],
  ['a symbolic link to a file, truncated', `os.truncate('link', 0)`],
  ['a symbolic link to a file, its mode', `os.chmod('link', 0o600)`],
  ['a symbolic link that the run made', `os.symlink('../out', 'to'); os.mkdir('to/new'); os.unlink('to')`],
  ['a hard link that the run made', `os.link('../out/secret', 'l'); os.write(os.open('l', os.O_WRONLY), b'x')`],
  ['/proc/self/cwd', `os.chdir('../out'); os.unlink('/proc/self/cwd/secret')`],
  ['/proc/self/root', `os.unlink('/proc/self/root' + os.path.realpath('../out/secret'))`],
  ['/proc/self/fd', `a = os.open('../out/secret', 0); os.write(os.open(f'/proc/self/fd/{a}', os.O_WRONLY), b'x')`],
  ['/proc/self/fd of a folder', `a = os.open('../out', 0); os.mkdir(f'/proc/self/fd/{a}/new')`],
  [
    'a child in a session of its own',
    `\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: os.mkdir('../out/new')\n  os._exit(0)\nos.wait()`,
  ],
  [
    'FICLONE',
    `open('a', 'w').write('x'); b = os.open('../out/secret', os.O_RDWR)\ntry: fcntl.ioctl(b, 0x40049409, os.open('a', 0))\nexcept OSError: os.write(b, b'x')`,
  ],
]
for (const [title, script] of elsewhere) {
  needsPython(`what is written elsewhere: ${title}`, async (t) => {
    const { inside, outside } = place()
    mkdirSync(join(outside, 'empty'))
    symlinkSync('../out/secret', join(inside, 'link'))
    symlinkSync('../out', join(inside, 'folder'))
    const run = await py(script, inside, { until: 'tree' })
    t.is(run.exitCode, 0)
    const found = outcome(() => toWriteOnlyUnder(run, inside))
    t.true(found === 'fails' || found === 'ERR_SYSCOPE_NOT_RECORDED', found)
    if (!title.startsWith('/proc/self/')) t.is(found, 'fails')
    const both = outcome(() => toWriteOnlyUnder(run, [inside, '../out']))
    t.true(both === 'passes' || (title.startsWith('/proc/self/') && both === 'ERR_SYSCOPE_NOT_RECORDED'), both)
  })
}

const within: readonly (readonly [title: string, script: string])[] = [
  ['nothing', ''],
  [
    'files, folders and links',
    `os.mkdir('d'); open('d/f', 'w').write('x'); os.symlink('/etc', 'l'); os.unlink('l'); os.rename('d', 'e'); os.remove('e/f')`,
  ],
  [
    'what is only read elsewhere',
    `open('../out/secret').read(); os.stat('../out'); os.listdir('../out'); mmap.mmap(os.open('../out/secret', 0), 4, prot=1)`,
  ],
  ['private memory of what is elsewhere', `mmap.mmap(os.open('../out/secret', os.O_RDWR), 4, flags=2)[0] = 1`],
  [
    'devices, pipes and memory files',
    `open('/dev/null', 'w').write('x'); r, w = os.pipe(); os.write(w, b'x'); os.write(os.memfd_create('m'), b'x')`,
  ],
  ['a hard link to what is elsewhere', `os.link('../out/secret', 'l'); os.unlink('l')`],
  ['what fails', `\ntry: os.mkdir('../out')\nexcept OSError: pass`],
  [
    'an absolute path by a symbolic link',
    `open(os.environ['HERE'] + '/f', 'w').write('x'); os.mkdir(os.environ['HERE'] + '/d')`,
  ],
]
for (const [title, script] of within) {
  needsPython(`what keeps to a folder: ${title}`, async (t) => {
    const { inside } = place()
    const here = `${inside}-link`
    symlinkSync(inside, here)
    const run = await py(script, inside, { env: { HERE: here } })
    t.is(run.exitCode, 0)
    for (const folder of [inside, '.', here, `${dirname(inside)}/i*`, new RegExp(`^${inside}/`)]) {
      const verdict = toWriteOnlyUnder(run, folder)
      t.true(verdict.pass, verdict.message)
    }
  })
}

needsPython('exceptions are files and folders that are no matter', async (t) => {
  const { inside, outside } = place()
  const run = await py(`open('../out/a.log', 'w').write('x'); open('../out/b.txt', 'w').write('x')`, inside)
  t.false(toWriteOnlyUnder(run, inside).pass)
  t.false(toWriteOnlyUnder(run, inside, { except: '**/*.log' }).pass)
  t.true(toWriteOnlyUnder(run, inside, { except: ['**/*.log', join(outside, 'b.txt')] }).pass)
  t.true(toWriteOnlyUnder(run, inside, { except: outside }).pass)
  t.true(toWriteOnlyUnder(run, inside, { except: /\/out\// }).pass)
})

needsPython('what was read under a name that a file has no more is in its place', async (t) => {
  const { inside, outside } = place()
  const script = `os.mkdir('../out/d'); open('../out/d/f', 'w').write('x'); open('../out/g', 'w').write('x')
os.rename('../out/d', 'd'); os.rename('../out/g', 'g'); open('d/f').read(); open('g').read()`
  const run = await py(script, inside)
  const verdict = toReadOnlyUnder(run, [inside, ...systemFolders])
  t.true(verdict.pass, verdict.message)
  t.false(toReadOnlyUnder(run, [outside, ...systemFolders]).pass)
})

// --- Single files

const deeds: readonly (readonly [script: string, does: readonly string[]])[] = [
  [`open('f').read()`, ['opens', 'opens to read', 'reads', 'looks up']],
  [`open('f', 'a').write('x')`, ['opens', 'opens to write', 'writes', 'creates', 'looks up']],
  [`os.open('f', os.O_RDWR)`, ['opens', 'opens to read', 'opens to write', 'looks up']],
  [`os.open('f', os.O_PATH)`, ['opens', 'looks up']],
  [`os.stat('f')`, ['looks up']],
  [`os.access('f', 0)`, ['looks up']],
  [`os.remove('f')`, ['deletes', 'looks up']],
  [`os.rename('f', 'g'); os.remove('g')`, ['renames', 'deletes', 'looks up']],
  [`os.rename('other', 'f')`, ['writes', 'creates', 'looks up']],
  [`os.remove('f'); os.link('other', 'f')`, ['writes', 'creates', 'deletes', 'looks up']],
  [`os.remove('f'); os.mkdir('f')`, ['creates', 'deletes', 'looks up']],
  [`os.remove('f'); os.symlink('x', 'f')`, ['creates', 'deletes', 'looks up']],
  [`open('hard', 'w').write('x'); os.link('hard', 'g')`, []],
  [`os.link('f', 'g'); open('g', 'a').write('x')`, ['opens', 'opens to write', 'writes', 'creates', 'looks up']],
  [`open('link').read()`, ['opens', 'opens to read', 'reads', 'looks up']],
  [`os.truncate('f', 0)`, ['writes', 'looks up']],
  [`os.chmod('f', 0o600)`, ['looks up']],
  [`\ntry: os.mkdir('f')\nexcept OSError: pass`, ['looks up']],
  [`\ntry: os.open('f', os.O_CREAT | os.O_EXCL)\nexcept OSError: pass`, ['looks up']],
  [`\ntry: os.open('f/x', 0)\nexcept OSError: pass`, []],
]
for (const [script, does] of deeds) {
  needsPython(`what is done to a file: ${script}`, async (t) => {
    const { inside } = place()
    for (const name of ['f', 'other']) writeFileSync(join(inside, name), 'content')
    symlinkSync('f', join(inside, 'link'))
    const run = await py(script, inside)
    const path = 'f'
    const all: Readonly<Record<string, Verdict>> = {
      opens: toOpen(run, path),
      'opens to read': toOpen(run, path, { for: 'reading' }),
      'opens to write': toOpen(run, path, { for: 'writing' }),
      reads: toRead(run, path),
      writes: toWrite(run, path),
      creates: toCreate(run, path),
      renames: toRename(run, path),
      deletes: toDelete(run, path),
      'looks up': toLookUp(run, path),
    }
    const done = Object.keys(all).filter((what) => all[what]?.pass === true)
    t.deepEqual(
      done,
      does.toSorted((a, b) => Object.keys(all).indexOf(a) - Object.keys(all).indexOf(b)),
    )
  })
}

needsPython(
  'paths are given as they are, from where the command began, as globs and regular expressions',
  async (t) => {
    const { inside } = place()
    symlinkSync(inside, `${inside}-link`)
    const run = await py(`os.mkdir('d'); open('d/state[1].json', 'w').write('x')`, inside)
    const path = join(inside, 'd/state[1].json')
    const found = [
      path,
      './d/*.json',
      'd/',
      '**/*.json',
      '**/state\\[1\\].json',
      `${inside}/**`,
      /\.json$/,
      `${inside}-link/d/*`,
    ]
    for (const it of found) t.true(toWrite(run, it).pass, String(it))
    for (const it of ['state*.json', '*.json', 'd', /\.txt$/, '/d/*', 'd/{a,b}'])
      t.false(toWrite(run, it).pass, String(it))
  },
)

test('what is looked up in vain, or may not be opened, is looked up', async (t) => {
  const { inside } = place()
  const run = await traced('sh', ['-c', 'cat nothing/here secret/x; test -e maybe'], inside, { stderr: 'ignore' })
  for (const path of ['nothing/here', 'maybe']) {
    t.true(toLookUp(run, path).pass)
    t.false(toOpen(run, path).pass)
  }
  t.false(toLookUp(run, 'other').pass)
  const denied = await traced('cat', ['secret'], inside, { deny: { path: join(inside, 'secret') }, stderr: 'ignore' })
  t.true(toLookUp(denied, 'secret').pass)
  t.false(toOpen(denied, 'secret').pass)
})

// --- Programs

const programs: Readonly<Record<string, Way>> = {
  execve: ({ program }) => ['execve', program, 'x'],
  execveat: ({ program }) => ['execveat', program, 'x'],
  'execveat of a descriptor': ({ programFd }) => ['execveat-fd', `${programFd}`, 'x'],
  'its link in /proc': ({ programFd }) => ['execve', `/proc/self/fd/${programFd}`, 'x'],
  'in a child': ({ program }) => ['child', 'execve', program, 'x'],
  'int 0x80': ({ program }) => ['int80-execve', program, 'x'],
}
for (const [name, way] of Object.entries(programs)) {
  declare(`a program is executed: ${name}`, way, (t, run, { program }) => {
    t.is(run.exitCode, 0, String(run.stdout))
    t.is(
      outcome(() => toExec(run, program)),
      'passes',
    )
    t.is(
      outcome(() => toExec(run, 'program')),
      'passes',
    )
    t.is(
      outcome(() => toReadOnlyUnder(run, mayRead)),
      'fails',
    )
    t.not(
      outcome(() => toExec(run, `${program}2`)),
      'passes',
    )
  })
}

test('programs are told by name, path, script, symbolic link and arguments', async (t) => {
  const { inside } = place()
  writeFileSync(join(inside, 'script'), '#!/bin/sh\nexec sort /dev/null\n', { mode: 0o755 })
  symlinkSync('script', join(inside, 'link'))
  const run = await traced('sh', ['-c', './link one; false; ./nothing; true'], inside, { stderr: 'ignore' })
  for (const it of [
    'sh',
    'sort',
    'sor?',
    'link',
    './link',
    './script',
    '**/sort',
    /\/sort$/,
    '/bin/sh',
    join(inside, 'script'),
  ]) {
    t.true(toExec(run, it).pass, String(it))
  }
  for (const it of ['script2', 'nothing', './nothing', '/usr/bin/nowhere', /sort2/])
    t.false(toExec(run, it).pass, String(it))
  t.true(toExec(run, 'sort', ['sort', '/dev/null']).pass)
  t.true(toExec(run, 'sort', ['sort', /null$/]).pass)
  t.true(toExec(run, 'sort', /^sort \/dev/).pass)
  t.false(toExec(run, 'sort', ['sort']).pass)
  t.false(toExec(run, 'sort', /--version/).pass)
})

test('a program that the loader loads is executed', async (t) => {
  const loader = '/lib64/ld-linux-x86-64.so.2'
  if (!existsSync(loader)) return t.pass('there is no such loader here')
  const run = await traced(loader, [fixture, 'around', 'say', 'x'], '/')
  t.true(toExec(run, fixture).pass)
  t.true(toExec(run, 'syscope-fixtures').pass)
})

test('programs are told by few calls, unless they have relative paths', async (t) => {
  const { inside } = place()
  writeFileSync(join(inside, 'script'), '#!/bin/sh\n', { mode: 0o755 })
  const filter = ['execve', 'execveat', 'clone', 'clone3', 'fork', 'vfork']
  const run = await traced('sh', ['-c', '/bin/true; ls > /dev/null'], inside, { filter, decodeFds: false })
  t.true(toExec(run, 'ls').pass)
  t.false(toExec(run, 'curl').pass)
  t.false(toExec(run, '/usr/bin/curl').pass)
  const relative = await traced('sh', ['-c', './script; true'], inside, { filter, decodeFds: false })
  t.throws(() => toExec(relative, './script'), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /chdir/ })
  const bare = await traced('true', [], inside, { filter: ['execve'] })
  t.throws(() => toExec(bare, 'curl'), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /execveat, clone/ })
  t.true(toExec(bare, 'true').pass)
})

// --- Replacing

const careful = `
  const fd = fs.openSync('s.tmp', 'w'); fs.writeSync(fd, 'new'); fs.fsyncSync(fd); fs.closeSync(fd)
  fs.renameSync('s.tmp', 's'); const d = fs.openSync('.', 'r'); fs.fsyncSync(d); fs.closeSync(d);`
const withoutFile = careful.replace('fs.fsyncSync(fd);', '')
const withoutFolder = careful.replace('fs.fsyncSync(d);', '')
const saves: readonly (readonly [title: string, script: string, durable: boolean, atomic: boolean, synced: boolean])[] =
  [
    ['carefully', careful, true, true, true],
    ['without a sync of the folder', withoutFolder, false, true, true],
    ['without a sync of the file', withoutFile, false, true, false],
    ['in place', `fs.writeFileSync('s', 'new')`, false, false, false],
    ['not at all', '', false, false, false],
    ['in place, then carefully', `fs.appendFileSync('s', 'x'); ${careful}`, false, false, true],
    [
      'carefully, then in place by a grandchild',
      `${careful} require('child_process').execSync('sh -c "echo x >> s"')`,
      false,
      false,
      true,
    ],
    [
      'carefully, then in place by a worker',
      `${careful} new (require('worker_threads').Worker)("require('fs').appendFileSync('s', 'x')", { eval: true })`,
      false,
      false,
      true,
    ],
    ['carefully, and by a symbolic link in place', `${careful} fs.appendFileSync('link', 'x')`, false, false, true],
  ]
for (const [title, script, durable, atomic, synced] of saves) {
  test(`a file is replaced ${title}`, async (t) => {
    const { inside } = place()
    writeFileSync(join(inside, 's'), 'old')
    symlinkSync('s', join(inside, 'link'))
    symlinkSync(inside, `${inside}-link`)
    const run = await node(script, inside)
    for (const path of ['s', join(inside, 's'), join(`${inside}-link`, 's')]) {
      t.is(toReplaceAtomically(run, path).pass, durable)
      t.is(toReplaceAtomically(run, path, { durable: false }).pass, atomic)
      t.is(toSyncBeforeRename(run, path).pass, synced)
    }
  })
}

test('what is wrong with a replacement is told with all that was done', async (t) => {
  const { inside } = place()
  const run = await node(withoutFile, inside)
  const lines = plain(toReplaceAtomically(run, 's').message, inside).split('\n')
  t.regex(lines[0] ?? '', /^Expected `node -e .*` to replace s atomically and durably, but it did not:$/)
  t.regex(lines[3] ?? '', /^ {2}node -e 'const fs = .* \(PID\)$/)
  t.deepEqual(
    lines.filter((_, index) => index !== 0 && index !== 3),
    [
      '  - The new content was not synced before rename("s.tmp", "s") = 0.',
      '',
      '    openat(AT_FDCWD, "s.tmp", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666) = N',
      '    write(N, "new", 3) = N',
      '    rename("s.tmp", "s") = N',
      '    fsync(N) = N',
    ],
  )
  t.regex(toReplaceAtomically(run, 's', { durable: false }).message, /not to replace s atomically, but it did:\n\n/)
  t.regex(
    toSyncBeforeRename(run, 's').message,
    /to sync what it renames to s before it does, but it did not:\n {2}- The new/,
  )
  t.regex(toSyncBeforeRename(run, 'x').message, /\n {2}- Nothing was renamed to \/.*\/x\.\n/)
})

// --- What can not be told

type Ask = (run: unknown) => Verdict
const questions: Readonly<Record<string, Ask>> = {
  toWriteOnlyUnder: (run) => toWriteOnlyUnder(run, '/'),
  toReadOnlyUnder: (run) => toReadOnlyUnder(run, '/'),
  toOpen: (run) => toOpen(run, '/nowhere'),
  toRead: (run) => toRead(run, '/nowhere'),
  toWrite: (run) => toWrite(run, '/nowhere'),
  toCreate: (run) => toCreate(run, '/nowhere'),
  toDelete: (run) => toDelete(run, '/nowhere'),
  toRename: (run) => toRename(run, '/nowhere'),
  toLookUp: (run) => toLookUp(run, '/nowhere'),
  toReplaceAtomically: (run) => toReplaceAtomically(run, '/nowhere'),
  toSyncBeforeRename: (run) => toSyncBeforeRename(run, '/nowhere'),
}
for (const [name, ask] of Object.entries(questions)) {
  test(`${name} throws where it can not tell`, async (t) => {
    const { inside, secret } = place()
    const run = await traced('cat', ['/dev/null'], inside)
    t.notThrows(() => ask(run))
    const { command, pid, cwd, events } = run as Attempt & { readonly cwd?: string }
    const cut = { command, pid, cwd, events, complete: false, incomplete: ['lost-tracee'], syscalls: () => [] }
    t.throws(() => ask(cut), { code: 'ERR_SYSCOPE_INCOMPLETE', message: new RegExp(`${name}\\(\\).*lost-tracee`) })
    for (const lacking of ['openat2', 'renameat2', 'bind', 'truncate64', 'fchdir']) {
      const filter = fileTouchCalls.filter((it) => it !== lacking)
      const less = await traced('cat', ['/dev/null'], inside, { filter })
      const message = new RegExp(`^${name}\\(\\) needs calls .*observe: 'files'.* leaves out ${lacking}\\b`, 's')
      t.throws(() => ask(less), { code: 'ERR_SYSCOPE_NOT_RECORDED', message })
    }
    const blind = await traced('cat', [secret], inside, { decodeFds: false })
    t.throws(() => ask(blind), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /decodeFds/ })
    const alone = await traced('sh', ['-c', 'cat /dev/null; true'], inside, { follow: false })
    t.throws(() => ask(alone), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /follow/ })
    t.throws(() => ask(trace('true', [])), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message: /`await` it/ })
    t.throws(() => ask(undefined), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message: new RegExp(name) })
  })
}

test('what `observe` records is enough', async (t) => {
  const { inside } = place()
  const run = await trace('sh', ['-c', 'echo x > f; cat f'], { observe: ['files', 'processes'], cwd: inside })
  t.true(toWriteOnlyUnder(run, '.').pass)
  t.true(toReadOnlyUnder(run, ['.', ...systemFolders]).pass)
  for (const ask of [toOpen, toRead, toWrite, toCreate, toLookUp]) {
    t.true(ask(run, 'f').pass)
    t.false(ask(run, 'g').pass)
  }
  t.true(toExec(run, 'cat', ['cat', 'f']).pass)
  t.false(toExec(run, './cat').pass)
  t.false(toReplaceAtomically(run, 'f').pass)
})

test('what was seen decides in an incomplete run', async (t) => {
  const { inside } = place()
  const { command, pid, cwd, events } = (await node(
    `fs.writeFileSync('f', 'x'); fs.readFileSync('f')`,
    inside,
  )) as Attempt & {
    readonly cwd?: string
  }
  const cut = { command, pid, cwd, events, complete: false, incomplete: ['lost-tracee'], syscalls: () => [] }
  const path = join(inside, 'f')
  t.false(toWriteOnlyUnder(cut, '/nowhere').pass)
  t.false(toReadOnlyUnder(cut, '/nowhere').pass)
  for (const ask of [toOpen, toRead, toWrite, toCreate, toLookUp]) t.true(ask(cut, path).pass)
})

const behind: readonly (readonly [title: string, call: string])[] = [
  ['truncate', `os.truncate(path, 1)`],
  ['chmod', `os.chmod(path, 0o600)`],
  ['linkat', `assert libc.linkat(-100, path.encode(), -100, b'../out/new', 0x400) == 0`],
]
for (const [title, call] of behind) {
  for (const whose of ['self', 'thread-self', String(process.pid)]) {
    needsPython(
      `what is done to an inherited descriptor by its link in /proc/${whose} can not be told: ${title}`,
      async (t) => {
        const { inside, secret } = place()
        const fd = openSync(secret, 'r+')
        const run = await py(`path = '/proc/${whose}/fd/${fd}'; ${call}`, inside, { inheritFds: [fd] })
        closeSync(fd)
        t.is(run.exitCode, 0)
        t.not(
          outcome(() => toWriteOnlyUnder(run, inside)),
          'passes',
        )
        const judge = title === 'linkat' ? toCreate : title === 'chmod' ? toRename : toWrite
        const path = title === 'linkat' ? '../out/new' : secret
        t.not(outcome(not(() => judge(run, path))), title === 'chmod' ? 'fails' : 'passes')
      },
    )
  }
}

needsPython('what is done where something was mounted can not be told', async (t) => {
  const { inside } = place()
  const mount = (source: string, flags: number): string =>
    `assert libc.mount(b'${source}', b'${flags === 0x44000 ? '/' : 'm'}', None, ${flags}, None) == 0`
  // New user and mount namespaces; nothing of these mounts is shared.
  const alone = `os.mkdir('m')\nif libc.unshare(0x10020000) != 0: os._exit(7)\n${mount('none', 0x44000)}`
  const own = await py(alone, inside)
  if (own.exitCode === 7) return t.pass('this machine has no user namespaces')
  t.is(
    outcome(() => toWriteOnlyUnder(own, inside)),
    'passes',
  )
  rmSync(join(inside, 'm'), { recursive: true })
  const run = await py(`${alone}\n${mount('../out', 4096)}\nos.mkdir('m/new')`, inside)
  t.is(run.exitCode, 0)
  t.is(
    outcome(() => toWriteOnlyUnder(run, inside)),
    'ERR_SYSCOPE_NOT_RECORDED',
  )
  t.is(outcome(not(() => toCreate(run, '../out/new'))), 'ERR_SYSCOPE_NOT_RECORDED')
})

test('an inherited descriptor of which nobody knows what it leads to can not be told', async (t) => {
  const { inside, secret } = place()
  const fd = openSync(secret, 'r+')
  const words = ['around', 'put', 'write', 'itself', `${fd}`]
  const run = await traced(fixture, words, inside, { inheritFds: [fd], decodeFds: false })
  closeSync(fd)
  t.is(
    outcome(() => toWriteOnlyUnder(run, '/')),
    'ERR_SYSCOPE_NOT_RECORDED',
  )
  t.is(
    outcome(() => toWrite(run, '/nowhere')),
    'ERR_SYSCOPE_NOT_RECORDED',
  )
})

test('a hard link that was there before is another name, of which the run says nothing', async (t) => {
  const { inside, secret } = place()
  linkSync(secret, join(inside, 'before'))
  const run = await node(`fs.appendFileSync('before', 'x')`, inside)
  t.true(toWriteOnlyUnder(run, inside).pass)
  t.false(toWrite(run, secret).pass)
})

test('what is no path is refused', async (t) => {
  const run = await traced('true', [], '/')
  const { command, pid, events, complete, incomplete } = run
  const lost = { command, pid, events, complete, incomplete, syscalls: () => [] }
  t.throws(() => toOpen(lost, 'relative'), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message: /where the command began/ })
  const bad: readonly unknown[] = ['', undefined, 7, 'a\0b', [], '/a[', '/{a']
  for (const path of bad) {
    // As JavaScript may call it.
    t.throws(() => toOpen(run, path as string), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message: /toOpen\(\)/ })
    t.throws(() => toWriteOnlyUnder(run, path as string), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  }
  t.throws(() => toOpen(run, '/', { for: 'fun' } as object), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message: /'fun'/ })
  t.throws(() => toWriteOnlyUnder(run, '/', { expect: '/' } as object), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  t.throws(() => toReplaceAtomically(run, '/x', { durable: 1 } as object), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
})

// --- Descriptors of others

/** Gives a descriptor of the file to whoever connects, for one of its own. */
const giver = `import os, socket, sys
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(); print('ready', flush=True)
peer, _ = server.accept(); given = os.open(sys.argv[2], os.O_RDWR)
if sys.argv[3] == 'first': socket.send_fds(peer, [b'x'], [given])
socket.recv_fds(peer, 1, 1)
if sys.argv[3] != 'first': socket.send_fds(peer, [b'x'], [given])
peer.recv(1)`

for (const order of ['first', 'last']) {
  needsPython(`what is written through a descriptor that another program gave, ${order}`, async (t) => {
    const { inside, secret } = place()
    const path = join(inside, 'socket')
    const other = spawn(python, ['-S', '-c', giver, path, secret, order], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(other.stdout, 'data')
    const take = `given = socket.recv_fds(s, 1, 1)[1][0]`
    const give = `socket.send_fds(s, [b'x'], [os.open('own', os.O_CREAT | os.O_RDWR)])`
    const script = `s = socket.socket(socket.AF_UNIX); s.connect('socket')
${order === 'first' ? take : give}\n${order === 'first' ? give : take}\nos.write(given, b'changed')`
    const run = await py(script, inside)
    other.kill()
    t.is(readFileSync(secret, 'utf8'), 'changede')
    for (const asked of [toWriteOnlyUnder.bind(undefined, run, inside), not(toWrite.bind(undefined, run, secret))]) {
      t.not(outcome(asked), 'passes')
    }
  })
}

/** What `.not` makes of a matcher. */
function not(ask: () => Verdict): () => Verdict {
  return () => {
    const { pass, message } = ask()
    return { pass: !pass, message }
  }
}

// --- Parts

needsPython('a part of a run has what was done in it, by what was opened and linked before', async (t) => {
  const { inside, outside, secret } = place()
  const mark = (name: string): string => `\ntry: os.stat('/${name}')\nexcept OSError: pass\n`
  const script = `open('../out/early', 'w').close(); os.link('../out/secret', 'l'); a = os.open('../out/secret', os.O_RDWR)
os.chdir('../out')${mark('begin')}
b = os.open('../in/l', os.O_WRONLY); os.write(b, b'x')${mark('between')}os.write(a, b'x')${mark('middle')}
open('../in/fine', 'w').close()${mark('end')}open('late', 'w').close()`
  const run = await py(script, inside)
  const part = (from: string, to: string) => partWithin(run, { fromNs: timeOf(run, from), toNs: timeOf(run, to) })
  for (const it of [part('begin', 'between'), part('between', 'middle')]) {
    t.false(toWriteOnlyUnder(it, inside).pass)
    t.true(toWriteOnlyUnder(it, [inside, outside]).pass)
    t.true(toWrite(it, secret).pass)
    for (const name of ['early', 'late']) t.false(toCreate(it, join(outside, name)).pass)
  }
  t.true(toWriteOnlyUnder(part('middle', 'end'), inside).pass)
  t.false(toWrite(part('middle', 'end'), secret).pass)
})

needsPython('a part of a run may write to what was mapped before, and still is', async (t) => {
  const { inside, secret } = place()
  const mark = (name: string): string => `\ntry: os.stat('/${name}')\nexcept OSError: pass\n`
  const script = `m = mmap.mmap(os.open('../out/secret', os.O_RDWR), 4)${mark('begin')}m[0] = 1${mark('end')}m.close()
os.getppid()${mark('later')}open('f', 'w').close()${mark('over')}`
  const run = await py(script, inside)
  const part = (from: string, to: string) => partWithin(run, { fromNs: timeOf(run, from), toNs: timeOf(run, to) })
  t.false(toWriteOnlyUnder(part('begin', 'end'), inside).pass)
  t.true(toWrite(part('begin', 'end'), secret).pass)
  t.true(toWriteOnlyUnder(part('later', 'over'), inside).pass)
  t.false(toWrite(part('later', 'over'), secret).pass)
})

function timeOf(run: Attempt, path: string): bigint {
  for (const event of run.events) {
    if (event.type === 'syscall' && String(event).includes(`"/${path}"`)) return event.startNs
  }
  throw new Error(`nobody asked for /${path}`)
}

needsPython('a call in which its thread ended can not be told', async (t) => {
  const { inside } = place()
  // Nobody reads, so that opening it takes for ever.
  const script = `
import threading
os.mkfifo('pipe'); threading.Thread(target=lambda: os.open('pipe', os.O_WRONLY), daemon=True).start()
while b'openat' not in open('/proc/self/task/' + os.listdir('/proc/self/task')[1] + '/syscall', 'rb').read().replace(b'257 ', b'openat'): pass
os._exit(0)`
  const run = await py(script, inside)
  t.true(run.events.some((event) => event.type === 'syscall' && event.unfinished === true && event.name === 'openat'))
  t.is(
    outcome(() => toWriteOnlyUnder(run, inside)),
    'ERR_SYSCOPE_NOT_RECORDED',
  )
  t.is(
    outcome(() => toOpen(run, '/nowhere')),
    'ERR_SYSCOPE_NOT_RECORDED',
  )
})

test('devices that keep nothing are no files, unless they are asked for by name', async (t) => {
  const { inside } = place()
  const run = await traced('sh', ['-c', 'echo x > /dev/null; head -c 1 /dev/zero > /dev/null'], inside)
  t.true(toWriteOnlyUnder(run, inside).pass)
  t.true(toReadOnlyUnder(run, mayRead).pass)
  t.true(toWrite(run, '/dev/null').pass)
  t.true(toRead(run, '/dev/zero').pass)
})

needsPython('a write in which its thread ended is neither done nor not done', async (t) => {
  const { inside } = place()
  spawnSync('mkfifo', [join(inside, 'pipe')])
  // It takes no more than its 64 KiB while nobody reads.
  const full = openSync(join(inside, 'pipe'), constants.O_RDWR | constants.O_NONBLOCK)
  t.teardown(() => closeSync(full))
  t.is(writeSync(full, Buffer.alloc(2 ** 20)), 2 ** 16)
  const script = `
import threading
thread = threading.Thread(target=lambda: os.write(os.open('pipe', os.O_WRONLY), b'x'), daemon=True); thread.start()
while not open(f'/proc/self/task/{thread.native_id}/syscall').read().startswith('1 '): pass
os._exit(0)`
  const run = await py(script, inside)
  t.true(run.syscalls('write').some(({ unfinished }) => unfinished === true))
  t.is(
    outcome(() => toWrite(run, 'pipe')),
    'ERR_SYSCOPE_NOT_RECORDED',
  )
})

test('what a rule let run under another result is done', async (t) => {
  const { inside } = place()
  const write = `const fd = fs.openSync('f', 'a'); try { fs.writeSync(fd, 'x') } catch {}`
  const done = await node(write, inside, { inject: { syscall: 'write', path: '**/f', run: true, error: 'EIO' } })
  t.true(toWrite(done, 'f').pass)
  const none = await node(write, inside, { inject: { syscall: 'write', path: '**/f', error: 'EIO' } })
  t.is(
    outcome(() => toWrite(none, 'f')),
    'fails',
  )
})

test('of what was read each file is shown once, and what programs need of the system is named', async (t) => {
  const { inside, secret } = place()
  const run = await traced('cat', [secret, secret], inside)
  const read = toReadOnlyUnder(run, [inside, ...systemFolders])
  t.regex(read.message, /, but it read elsewhere, in one file:\n/)
  t.is(read.message.split('/out/secret: ').length, 2)
  t.notRegex(read.message, /systemFolders/)
  const all = toReadOnlyUnder(run, inside)
  t.regex(all.message, /, but it read elsewhere, in \d+ files:\n.*`systemFolders`: add `\.\.\.systemFolders`\.$/s)
})
