/**
 * Rules, and programs that go around them: another call, another process, another name or number for the same thing. Each way is
 * tried three times: without the rule, where it has to lead to the end, and with the rule in both modes, where it must be stopped or
 * the run has to say that it was not seen.
 */

import { existsSync, linkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { trace, type ErrnoName, type TraceOptions } from '../index.ts'
import {
  attempt,
  fixture,
  inTurn,
  obstacleTo,
  ownAddress,
  TREASURE,
  withFiles,
  withServers,
  type Attempt,
  type Files,
  type Servers,
} from './around-places.ts'

type Words = readonly string[]
type Ways<Place> = Readonly<Record<string, (place: Place) => Words>>

const modes = ['filter', 'stops'] as const

/** Without an obstacle, the way is tried; else the test is skipped, which is said. */
function declare(title: string, run: (t: ExecutionContext) => Promise<void>, needs?: string): void {
  if (needs === undefined) test(title, (t) => inTurn(() => run(t)))
  else test.skip(`${title} (${needs})`, run)
}

const freeOutcomes = new Map<unknown, Promise<string>>()

/** Tried once for each way, whatever rules there are for it. */
function free(way: unknown, find: () => Promise<string>): Promise<string> {
  const found = freeOutcomes.get(way) ?? find()
  freeOutcomes.set(way, found)
  return found
}

/** A rule acted, and says so. */
function assertDenied(t: ExecutionContext, run: Attempt, error: ErrnoName): void {
  t.not(run.exitCode, 0, `the way led to its end:\n${String(run.stdout)}`)
  t.regex(String(run.stdout), new RegExp(`: ${error}\n$`))
  const last = run.syscalls().findLast((call) => call.injected !== undefined)
  t.like(last, { ok: false, error })
  t.is(typeof last?.injected?.rule, 'number')
  t.is(typeof last?.injected?.program, 'string')
}

// --- Files

interface FileAttempt {
  readonly way: (files: Files) => Words
  readonly rules: (files: Files) => TraceOptions
  readonly error?: ErrnoName
}

async function tryFiles(way: FileAttempt['way'], options: (files: Files) => TraceOptions, judge: JudgeFiles) {
  await withFiles(async (files) => {
    const inheritFds = [files.fd, files.programFd]
    const run = await attempt(way(files), { cwd: files.directory, inheritFds, ...options(files) })
    const isGone = !existsSync(files.file) || files.content() !== TREASURE
    judge(run, isGone || String(run.stdout).includes(TREASURE), files)
  })
}

/** `achieved`: the content was read or changed. */
type JudgeFiles = (run: Attempt, achieved: boolean, files: Files) => void

/** What comes of a way where there is no rule: `'succeeds'`, or what was said. */
async function freeFiles(way: FileAttempt['way']): Promise<string> {
  let outcome = ''
  await tryFiles(
    way,
    () => ({}),
    (run, achieved) => (outcome = achieved && run.exitCode === 0 ? 'succeeds' : String(run.stdout)),
  )
  return outcome
}

async function stopsAtFile(t: ExecutionContext, { way, rules, error = 'EPERM' }: FileAttempt): Promise<void> {
  t.is(await free(way, () => freeFiles(way)), 'succeeds')
  for (const mode of modes) {
    await tryFiles(
      way,
      (files) => ({ ...rules(files), mode }),
      (run, achieved) => {
        assertDenied(t, run, error)
        t.false(achieved)
        t.true(run.complete, run.incomplete.join())
      },
    )
  }
}

/** For what ways are made of, whatever the place. */
const nowhere: Files = { directory: '/', file: '/', fd: 3, program: '/', programFd: 4, content: () => '' }

function declareFiles(what: string, ways: Ways<Files>, rules: FileAttempt['rules'], error?: ErrnoName): void {
  for (const [name, way] of Object.entries(ways)) {
    const run = (t: ExecutionContext) => stopsAtFile(t, { way, rules, ...(error === undefined ? {} : { error }) })
    declare(`${what}: ${name}`, run, obstacleTo(way(nowhere)))
  }
}

const byName: Ways<Files> = {
  open: ({ file }) => ['open', file],
  openat: ({ file }) => ['openat', file],
  'openat with a dirfd that is none': ({ file }) => ['openat-no-dirfd', file],
  openat2: ({ file }) => ['openat2', file],
  creat: ({ file }) => ['creat', file],
  truncate: ({ file }) => ['truncate', file],
  'a relative path': ({ directory }) => ['relative', directory, 'secret'],
  'a relative path, with AT_FDCWD as 32 bits': ({ directory }) => ['relative-unsigned', directory, 'secret'],
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
  'more dots than there are directories': ({ file }) => ['open', `${'/..'.repeat(50)}${file}`],
  'a symbolic link': ({ directory }) => ['open', join(directory, 'link')],
  'a symbolic link to a symbolic link': ({ directory }) => ['openat', join(directory, 'link-to-link')],
  'a symbolic link among the directories': ({ directory }) => ['dirfd', join(directory, 'beneath'), 'up/secret'],
  'a new symbolic link': ({ file }) => ['symlinked', file, 'new'],
  'a hard link made for it': ({ file }) => ['linked', file, 'new'],
  'another name given to it': ({ file }) => ['renamed', file, 'new'],
  '/proc/self/cwd': () => ['open', '/proc/self/cwd/secret'],
  '/proc/thread-self/cwd': () => ['open', '/proc/thread-self/cwd/secret'],
  '/proc/self/root': ({ file }) => ['open', `/proc/self/root${file}`],
  '/proc/self/fd/N': ({ fd }) => ['open', `/proc/self/fd/${fd}`],
  '/dev/fd/N': ({ fd }) => ['open', `/dev/fd/${fd}`],
  'a descriptor in /proc of another process': ({ fd }) => ['open', `/proc/${process.pid}/fd/${fd}`],
  'the root directory of another process': ({ file }) => ['open', `/proc/${process.pid}/root${file}`],
  'int 0x80': ({ file }) => ['int80-open', file],
  'openat by int 0x80': ({ file }) => ['int80-openat', file],
  'creat by int 0x80': ({ file }) => ['int80-creat', file],
  'truncate64 by int 0x80': ({ file }) => ['int80-truncate64', file],
  'the working directory that it was started in': () => ['open', 'secret'],
  chroot: ({ directory }) => ['chroot', directory, 'secret'],
  'a string at the end of memory': ({ file }) => ['open-at-edge', file],
  'a hard link made of its descriptor': ({ fd, directory }) => ['linked-fd', `${fd}`, `${directory}/new`],
  'a hard link made of its link in /proc': ({ fd, directory }) => [
    'linked-link',
    `/proc/self/fd/${fd}`,
    `${directory}/new`,
  ],
  'in a thread': ({ file }) => ['thread', 'open', file],
  'in a child': ({ file }) => ['child', 'open', file],
  'in a child of clone3': ({ file }) => ['clone3', 'open', file],
  'in a child that does not want to be traced': ({ file }) => ['untraced', 'open', file],
  'in a child of vfork': ({ file }) => ['vfork', 'open', file],
  'in a program that a thread executed': ({ file }) => ['thread', 'program', 'open', file],
  'in an orphan': ({ file }) => ['orphan', 'open', file],
  'in a program that was executed': ({ file }) => ['program', 'open', file],
  "in a child's thread, by int 0x80": ({ file }) => ['child', 'thread', 'int80-open', file],
}
const denyFile = ({ file }: Files): TraceOptions => ({ deny: { path: file } })
declareFiles('a denied path', byName, denyFile)
declareFiles('a denied name in any directory', { 'a symbolic link': byName['a symbolic link']! }, () => ({
  deny: { path: '**/secret' },
}))
declareFiles(
  'a denied directory',
  {
    open: byName['open']!,
    'a dirfd': ({ directory }) => ['dirfd', join(directory, '..'), `${directory.split('/').at(-1)}/secret`],
    '/proc/self/root': byName['/proc/self/root']!,
  },
  ({ directory }) => ({ deny: { path: `${directory}/` } }),
)

const readers = [
  'aio',
  'read',
  'pread64',
  'readv',
  'preadv',
  'preadv2',
  'mmap',
  'int80',
  'sendfile',
  'splice',
  'copy-file-range',
]
const copies: Ways<Files> = {
  dup: ({ fd }) => ['get', 'read', 'dup', `${fd}`],
  dup2: ({ fd }) => ['get', 'read', 'dup2', `${fd}`],
  dup3: ({ fd }) => ['get', 'read', 'dup3', `${fd}`],
  F_DUPFD: ({ fd }) => ['get', 'read', 'fcntl', `${fd}`],
  SCM_RIGHTS: ({ fd }) => ['get', 'read', 'scm-rights', `${fd}`],
  pidfd_getfd: ({ fd }) => ['get', 'read', 'pidfd-getfd', `${fd}`, `${process.pid}`],
  'bits in the upper half': ({ fd }) => ['get', 'read', 'high-bits', `${fd}`],
  "a thread's own descriptors": ({ fd }) => ['get', 'read', 'own-descriptors', `${fd}`, 'get'],
}
declareFiles(
  'a denied path, inherited',
  Object.fromEntries(readers.map((it) => [it, ({ fd }) => ['get', it, 'itself', `${fd}`]])),
  denyFile,
)
declareFiles('a denied path, inherited', copies, denyFile)

declare(
  'a denied path: a handle',
  async (t) => {
    // The handle is known from elsewhere; only the descriptor that it becomes leads to the path.
    await withFiles(async ({ file, directory }) => {
      const [, handle = ''] = String((await attempt(['handle-of', file])).stdout).split('\n')
      if (handle === '') return t.pass('this file system has no handles')
      t.true(String((await attempt(['by-handle', directory, handle])).stdout).includes(TREASURE))
      for (const mode of modes) {
        const run = await attempt(['by-handle', directory, handle], { deny: { path: file }, mode })
        assertDenied(t, run, 'EPERM')
        t.false(String(run.stdout).includes(TREASURE))
      }
    })
  },
  obstacleTo(['by-handle']),
)

const programs: Ways<Files> = {
  execve: ({ program }) => ['execve', program, TREASURE],
  execveat: ({ program }) => ['execveat', program, TREASURE],
  'execveat of a descriptor': ({ programFd }) => ['execveat-fd', `${programFd}`, TREASURE],
  'its link in /proc': ({ programFd }) => ['execve', `/proc/self/fd/${programFd}`, TREASURE],
  'in a child': ({ program }) => ['child', 'execve', program, TREASURE],
  'int 0x80': ({ program }) => ['int80-execve', program, TREASURE],
}
declareFiles('a denied program', programs, ({ program }) => ({ deny: { path: program } }))

declare('a denied program: the loader that loads it', async (t) => {
  await withFiles(async ({ program }) => {
    const loader = '/lib64/ld-linux-x86-64.so.2'
    const words = [program, 'around', 'say', TREASURE]
    if (!existsSync(loader)) return t.pass('there is no such loader here')
    t.is((await trace(loader, words)).stdout, `${TREASURE}\n`)
    for (const mode of modes) {
      const run = await trace(loader, words, { deny: { path: program }, mode })
      t.not(run.exitCode, 0)
      t.is(run.stdout, '')
      t.like(run.denied[0], { error: 'EPERM' })
    }
  })
})

declare("a filter of the program's own that lets a denied call go on is told", async (t) => {
  const way = ({ file }: Files): Words => ['supervised', file]
  t.is(await free(way, () => freeFiles(way)), 'succeeds')
  for (const mode of modes) {
    await tryFiles(
      way,
      (files) => ({ ...denyFile(files), mode }),
      (run, achieved) => {
        // The kernel asks us only where no filter says more.
        if (!achieved) assertDenied(t, run, 'EPERM')
        else t.true(run.incomplete.includes('own-filter'))
      },
    )
  }
})

const restrictions: Readonly<Record<string, TraceOptions>> = {
  'calls are only counted': { counting: true },
  'nothing is wanted of it': { filter: 'none' },
  'events are not kept': { keep: false },
  'it can be let go': { detachable: true },
}
for (const [what, options] of Object.entries(restrictions)) {
  for (const mode of modes) {
    if (options.detachable === true && mode === 'filter') continue
    declare(`a denied path is denied where ${what}, ${mode}`, async (t) => {
      for (const context of [[], ['child'], ['thread'], ['vfork']]) {
        await tryFiles(
          ({ file }) => [...context, 'open', file],
          (files) => ({ ...denyFile(files), ...options, mode }),
          (run, achieved) => {
            t.false(achieved, `${context.join()}: the rule did not hold`)
            t.is(run.rules[0]?.acted, 1)
          },
        )
      }
    })
  }
}

for (const mode of modes) {
  declare(`every call that takes a path is one by which a denied path is touched, ${mode}`, async (t) => {
    await withFiles(async ({ file, directory, content }) => {
      const run = await attempt(['touched', file], { cwd: directory, deny: { path: file }, mode })
      const told = String(run.stdout).trim().split('\n')
      t.is(told.length, 39)
      t.deepEqual(
        told.filter((line) => !line.endsWith(': EPERM')),
        ['end'],
      )
      t.is(run.denied.length, 38)
      t.is(run.rules[0]?.acted, 38)
      t.is(content(), TREASURE)
    })
  })

  declare(`a descriptor and no name is a way to touch a denied path, ${mode}`, async (t) => {
    await withFiles(async ({ file, fd }) => {
      const run = await attempt(['stat-fd', `${fd}`], { inheritFds: [fd], deny: { path: file }, mode })
      assertDenied(t, run, 'EPERM')
    })
  })

  declare(`a worker of Node is kept from a denied path, ${mode}`, async (t) => {
    await withFiles(async ({ file }) => {
      const worker = `try { require('fs').readFileSync(${JSON.stringify(file)}) } catch (error) { console.log(error.code) }`
      const script = `new (require('worker_threads').Worker)(${JSON.stringify(worker)}, { eval: true })`
      const run = await trace(process.execPath, ['-e', script], {
        deny: { path: file, error: 'EACCES' },
        filter: 'none',
        mode,
      })
      t.is(run.stdout, 'EACCES\n')
      t.is(run.denied.length, 1)
      t.not(run.denied[0]?.tid, run.pid)
      t.is(run.denied[0]?.pid, run.pid)
    })
  })
}

// A path is a name: what is the same file by another name is not meant.
const otherNames: Ways<Files> = {
  'a hard link that was there before': ({ file, directory }) => {
    linkSync(file, join(directory, 'before'))
    return ['open', join(directory, 'before')]
  },
  'another name given to its directory': ({ directory }) => [
    'directory-renamed',
    directory,
    `${directory}-new`,
    `${directory}-new/secret`,
  ],
}
for (const [name, way] of Object.entries(otherNames)) {
  for (const mode of modes) {
    declare(`a path is a name, not a file: ${name}, ${mode}`, async (t) => {
      await tryFiles(
        way,
        (files) => ({ ...denyFile(files), mode }),
        (run, achieved) => {
          t.true(achieved)
          t.deepEqual(run.denied, [])
        },
      )
    })
  }
}

for (const mode of modes) {
  declare(`what the kernel opens by itself is no call: the interpreter of a script, ${mode}`, async (t) => {
    await withFiles(async ({ directory, program }) => {
      const script = join(directory, 'script')
      writeFileSync(script, `#!${program} around\n`, { mode: 0o755 })
      // The script's own name is the word that the program does not know.
      const run = await attempt(['execve', script, TREASURE], { deny: { path: program }, mode })
      t.is(run.exitCode, 125)
      t.deepEqual(run.denied, [])
    })
  })
}

// --- Rings, by which calls are made without calls

const ringWays: Ways<Files> = {
  open: ({ file }) => ['io-uring-open', file],
  read: ({ fd }) => ['get', 'io-uring', 'dup', `${fd}`],
  write: ({ fd }) => ['put', 'io-uring', 'dup', `${fd}`],
}
// A rule that has nothing to do with it: the ring alone is what is denied.
declareFiles('io_uring is denied where there are rules', ringWays, () => ({ deny: { path: '/nosuch' } }), 'ENOSYS')
for (const [name, way] of Object.entries(ringWays)) {
  const run = async (t: ExecutionContext): Promise<void> => {
    for (const mode of modes) {
      await tryFiles(
        way,
        () => ({ deny: { path: '/nosuch' }, ioUring: 'observe', mode }),
        (run, achieved) => {
          t.true(achieved)
          t.false(run.complete)
          t.true(run.incomplete.includes('io_uring'))
        },
      )
    }
  }
  declare(`io_uring that is only observed makes the run incomplete: ${name}`, run, obstacleTo(way(nowhere)))
}

// --- Calls

const makers: Ways<Files> = {
  'by itself': ({ directory }) => ['mkdir', `${directory}/new`],
  'by int 0x80': ({ directory }) => ['int80-mkdir', `${directory}/new`],
  ...Object.fromEntries(
    ['thread', 'child', 'clone3', 'untraced', 'vfork', 'orphan', 'program'].flatMap((context) =>
      ['mkdir', 'int80-mkdir'].map((call) => [
        `${call} in a context: ${context}`,
        ({ directory }: Files) => [context, call, `${directory}/new`],
      ]),
    ),
  ),
}
for (const [name, way] of Object.entries(makers)) {
  declare(`a denied call: ${name}`, async (t) => {
    await tryFiles(
      way,
      () => ({}),
      (run, _, { directory }) => t.true(run.exitCode === 0 && existsSync(`${directory}/new`)),
    )
    // What names the call makes no difference to who makes it.
    const names = name.startsWith('by') ? (['mkdir', /^mkdir$/, ['mkdir', 'mkdirat']] as const) : ['mkdir']
    for (const calls of names) {
      for (const mode of modes) {
        await tryFiles(
          way,
          () => ({ deny: { calls }, mode }),
          (run, _, { directory }) => {
            assertDenied(t, run, 'EPERM')
            t.false(existsSync(`${directory}/new`))
          },
        )
      }
    }
  })
}

// --- Faults of writing

const writingCalls = 'write,writev,pwrite64,pwritev,pwritev2,sendfile,sendfile64@32,splice,copy_file_range,io_submit'
const writers = [
  'aio',
  'write',
  'writev',
  'pwrite64',
  'pwritev',
  'pwritev2',
  'int80',
  'splice',
  'sendfile',
  'copy-file-range',
]
const puts = (copy: string): Ways<Files> =>
  Object.fromEntries(writers.map((it) => [`${it}, ${copy}`, ({ fd }) => ['put', it, copy, `${fd}`]]))
const writes: Ways<Files> = {
  ...puts('itself'),
  ...puts('dup2'),
  ...Object.fromEntries(
    ['high-bits', 'dup', 'dup3', 'fcntl', 'scm-rights', 'reopened'].map((copy) => [
      `write, ${copy}`,
      ({ fd }: Files) => ['put', 'write', copy, `${fd}`],
    ]),
  ),
  'write, pidfd-getfd': ({ fd }) => ['put', 'write', 'pidfd-getfd', `${fd}`, `${process.pid}`],
  'write, own-descriptors': ({ fd }) => ['put', 'write', 'own-descriptors', `${fd}`, 'put'],
  'write, in a thread of a child': ({ fd }) => ['child', 'thread', 'put', 'write', 'itself', `${fd}`],
}
declareFiles(
  'a fault of writing to a path',
  writes,
  ({ file }) => ({ inject: { syscall: writingCalls, path: file, error: 'ENOSPC' } }),
  'ENOSPC',
)
declareFiles(
  'a fault of writing to what a descriptor leads to',
  {
    'write, dup2': writes['write, dup2']!,
    'int80, dup2': writes['int80, dup2']!,
    'write, own-descriptors': writes['write, own-descriptors']!,
  },
  ({ file }) => ({ inject: { syscall: writingCalls, fd: file, error: 'ENOSPC' } }),
  'ENOSPC',
)
declareFiles(
  'a fault of writing to the descriptor of a number',
  {
    ...puts('itself'),
    'write, with bits in the upper half': ({ fd }) => ['put', 'write', 'high-bits', `${fd}`],
    'write, in a child': ({ fd }) => ['child', 'put', 'write', 'itself', `${fd}`],
  },
  ({ fd }) => ({ inject: { syscall: writingCalls, fd, error: 'EIO' } }),
  'EIO',
)

const memoryWay = ({ fd }: Files): Words => ['put', 'mmap', 'dup', `${fd}`]
declare('writing to mapped memory is no call, and no fault of writing meets it', async (t) => {
  const rules = ({ file }: Files): TraceOptions => ({ inject: { syscall: writingCalls, path: file, error: 'ENOSPC' } })
  await tryFiles(memoryWay, rules, (run, achieved) => {
    t.true(achieved)
    t.deepEqual(run.denied, [])
  })
})
declareFiles('a denied path: mapping', { 'to write': memoryWay }, denyFile)

// --- Faults by values of arguments

declareFiles(
  'a fault of truncating',
  {
    openat: ({ file }) => ['truncating', file],
    'bits in the upper half': ({ file }) => ['truncating-high-bits', file],
    'int 0x80': ({ file }) => ['truncating-int80', file],
    'in a thread': ({ file }) => ['thread', 'truncating', file],
  },
  () => ({ inject: { syscall: 'openat', args: { flags: { has: 'O_TRUNC' } }, error: 'EIO' } }),
  'EIO',
)

// --- The network

interface NetworkAttempt {
  readonly way: (servers: Servers) => Words
  readonly options: TraceOptions
  /** Where this process is connected to. */
  readonly host?: string
}

type NetworkOutcome = { readonly run: Attempt; readonly achieved: boolean; readonly arrived: boolean }

async function tryNetwork({ way, options, host = '127.0.0.1' }: NetworkAttempt): Promise<NetworkOutcome> {
  return await withServers(host, async (servers) => {
    const run = await attempt(way(servers), { inheritFds: [servers.fd], ...options })
    const { connections, messages, data } = await servers.arrived()
    return { run, achieved: run.exitCode === 0, arrived: connections > 0 || messages > 0 || data !== '' }
  })
}

async function freeNetwork(way: NetworkAttempt['way'], { isSilent = false, host }: NetworkRules): Promise<string> {
  const outcome = await tryNetwork({ way, options: {}, ...(host === undefined ? {} : { host }) })
  if (!outcome.achieved) return String(outcome.run.stdout)
  return isSilent || outcome.arrived ? 'succeeds' : 'nothing arrived'
}

type NetworkWays = Ways<Servers>
interface NetworkRules {
  readonly what: string
  readonly options: TraceOptions
  readonly error?: ErrnoName
  readonly host?: string
  /** Ways that make or bind sockets, and send nothing. */
  readonly isSilent?: boolean
  readonly needs?: string | undefined
}

const noServers: Servers = {
  port: 9,
  otherPort: 10,
  fd: 3,
  arrived: () => Promise.resolve({ connections: 0, messages: 0, data: '' }),
}

function declareStopped(rules: NetworkRules, ways: NetworkWays): void {
  for (const [name, way] of Object.entries(ways)) {
    const { options, host = '127.0.0.1', error = 'EPERM' } = rules
    const run = async (t: ExecutionContext): Promise<void> => {
      t.is(await free(way, () => freeNetwork(way, rules)), 'succeeds')
      for (const mode of modes) {
        const outcome = await tryNetwork({ way, options: { ...options, mode }, host })
        assertDenied(t, outcome.run, error)
        t.false(outcome.arrived)
        t.true(outcome.run.complete, outcome.run.incomplete.join())
      }
    }
    declare(`${rules.what} stops ${name}`, run, rules.needs ?? obstacleTo(way(noServers)))
  }
}

function declareLetThrough(rules: NetworkRules, ways: NetworkWays): void {
  for (const [name, way] of Object.entries(ways)) {
    const { options, host = '127.0.0.1' } = rules
    const run = async (t: ExecutionContext): Promise<void> => {
      for (const mode of modes) {
        const outcome = await tryNetwork({ way, options: { ...options, mode }, host })
        t.true(outcome.achieved, String(outcome.run.stdout))
        t.deepEqual(outcome.run.denied, [])
      }
    }
    declare(`${rules.what} lets through ${name}`, run, rules.needs ?? obstacleTo(way(noServers)))
  }
}

const to =
  (way: string, host: string): ((servers: Servers) => Words) =>
  ({ port }) => [way, host, `${port}`]

const connections: NetworkWays = {
  TCP: to('tcp', '127.0.0.1'),
  'TCP over IPv6': to('tcp', '::1'),
  'TCP to 0.0.0.0': to('tcp', '0.0.0.0'),
  'TCP to ::': to('tcp', '::'),
  'TCP to an IPv4 address in IPv6': to('tcp', '::ffff:127.0.0.1'),
  'TCP with data in its first packet': to('fastopen', '127.0.0.1'),
  'TCP with data in its first packet, by sendmsg': to('fastopen-sendmsg', '127.0.0.1'),
  UDP: to('udp', '127.0.0.1'),
  'UDP over IPv6': to('udp', '::1'),
  'connected UDP': to('udp-connected', '127.0.0.1'),
  'UDP to an address of no family': to('udp-unspec', '127.0.0.1'),
  'UDP to an IPv4 address on an IPv6 socket': to('udp6', '127.0.0.1'),
  'UDP by sendmsg': to('udp-sendmsg', '127.0.0.1'),
  'UDP by sendmmsg': ({ port }) => ['udp-sendmmsg', '127.0.0.1', `${port}`, '127.0.0.2'],
  'UDP by sendmsg by int 0x80': to('int80-udp-sendmsg', '127.0.0.1'),
  'UDP by sendmmsg by int 0x80': to('int80-udp-sendmmsg', '127.0.0.1'),
  'UDP by socketcall': to('socketcall-udp', '127.0.0.1'),
  'int 0x80': to('int80-tcp', '127.0.0.1'),
  socketcall: to('socketcall-tcp', '127.0.0.1'),
  'a connection by int 0x80': to('int80-connect', '127.0.0.1'),
  'a connection by socketcall': to('socketcall-connect', '127.0.0.1'),
}
const inContexts: NetworkWays = Object.fromEntries(
  ['thread', 'child', 'clone3', 'untraced', 'vfork', 'orphan', 'program'].flatMap((context) =>
    ['tcp', 'socketcall-tcp'].map((way) => [
      `${way} in a context: ${context}`,
      ({ port }: Servers) => [context, way, '127.0.0.1', `${port}`],
    ]),
  ),
)
const socketWriters = [
  'aio',
  'int80-sendfile',
  'write',
  'writev',
  'pwritev2',
  'sendto',
  'sendmsg',
  'sendmmsg',
  'int80',
  'int80-socketcall',
  'splice',
  'sendfile',
]
const inheritedBy = (copy: string): NetworkWays =>
  Object.fromEntries(
    socketWriters.map((it) => [`an inherited socket by ${it}, ${copy}`, ({ fd }) => ['put', it, copy, `${fd}`]]),
  )
const inherited: NetworkWays = {
  ...inheritedBy('itself'),
  'an inherited socket by write, dup': ({ fd }) => ['put', 'write', 'dup', `${fd}`],
  'an inherited socket by write, fcntl': ({ fd }) => ['put', 'write', 'fcntl', `${fd}`],
  'an inherited socket by write, high-bits': ({ fd }) => ['put', 'write', 'high-bits', `${fd}`],
  'an inherited socket by write, own-descriptors': ({ fd }) => ['put', 'write', 'own-descriptors', `${fd}`, 'put'],
  "another process's socket by pidfd_getfd": ({ fd }) => ['put', 'write', 'pidfd-getfd', `${fd}`, `${process.pid}`],
  'an inherited socket in a child': ({ fd }) => ['child', 'put', 'write', 'itself', `${fd}`],
}
const socketReaders = ['read', 'readv', 'recvfrom', 'recvmsg', 'splice', 'aio', 'int80', 'int80-recvmmsg']
const listened: NetworkWays = Object.fromEntries(
  socketReaders.map((it) => [`an inherited socket, read by ${it}`, ({ fd }) => ['get', it, 'itself', `${fd}`]]),
)
const received: NetworkWays = {
  'a received socket by write': ({ fd }) => ['put', 'write', 'scm-rights', `${fd}`],
  'a received socket by sendmmsg': ({ fd }) => ['put', 'sendmmsg', 'scm-rights', `${fd}`],
  'a received socket by int 0x80': ({ fd }) => ['put', 'int80', 'scm-rights', `${fd}`],
  'a received socket by splice': ({ fd }) => ['put', 'splice', 'scm-rights', `${fd}`],
}
const [INET, INET6, UNIX, NETLINK, PACKET] = [2, 10, 1, 16, 17] as const
const [STREAM, DATAGRAM] = [1, 2] as const
const socketsOf = (...domains: readonly number[]): NetworkWays =>
  Object.fromEntries(
    domains.flatMap((domain) => [
      [`a socket of domain ${domain}`, () => ['socket', `${domain}`, `${DATAGRAM}`]],
      [
        `a socket of domain ${domain} with bits in the upper half`,
        () => ['socket-high-bits', `${domain}`, `${DATAGRAM}`],
      ],
    ]),
  )
const pairs: NetworkWays = { 'a pair of unix sockets': () => ['socketpair', `${UNIX}`, `${STREAM}`] }
const servers: NetworkWays = {
  'a server on all addresses': () => ['listen', '0.0.0.0', '0'],
  'a server on all IPv6 addresses': () => ['listen', '::', '0'],
  'a server by int 0x80': () => ['listen-int80', '0.0.0.0', '0'],
  'a server by socketcall': () => ['listen-socketcall', '0.0.0.0', '0'],
  'a server that is bound to nothing': () => ['listen-unbound'],
}
const localServers: NetworkWays = {
  'a server on 127.0.0.1': () => ['listen', '127.0.0.1', '0'],
  'a server on ::1': () => ['listen', '::1', '0'],
}

const network = (...except: readonly string[]): TraceOptions => ({
  deny: except.length === 0 ? 'network' : { network: { except } },
})

const bare = { what: 'deny network', options: network() } as const
declareStopped(bare, { ...connections, ...inContexts, ...inherited })
declareStopped(
  { ...bare, isSilent: true },
  { ...socketsOf(INET, INET6, UNIX, NETLINK), ...pairs, ...servers, ...localServers },
)

const unix = { what: 'deny network, except unix,', options: network('unix') } as const
declareStopped(unix, { ...connections, ...inherited, ...received })
declareStopped({ ...unix, isSilent: true }, { ...socketsOf(INET, INET6, NETLINK, PACKET), ...servers })
declareLetThrough(unix, { ...socketsOf(UNIX), ...pairs })
declareLetThrough({ what: 'deny network, except netlink,', options: network('netlink') }, socketsOf(NETLINK))

const loopback = { what: 'deny network, except loopback,', options: network('loopback') } as const
/** Without what hides where it goes, or says it in an odd way: that is denied wherever something is. */
const transparent = (ways: NetworkWays): NetworkWays =>
  Object.fromEntries(Object.entries(ways).filter(([name]) => !/socketcall|no family|sendm+sg by int/.test(name)))
const local: NetworkWays = {
  ...connections,
  ...inherited,
  ...listened,
  ...localServers,
  'AF_UNSPEC, which is no connection': to('tcp-unspec', '127.0.0.1'),
  'UDP by sendmmsg, within 127.0.0.0/8': ({ port }) => ['udp-sendmmsg', '127.9.9.9', `${port}`, '127.0.0.2'],
}
declareLetThrough(loopback, transparent(local))
declareStopped({ ...loopback, isSilent: true }, { ...servers, ...socketsOf(UNIX, NETLINK), ...pairs })
const resolvers: NetworkWays = {
  'a question to a resolver on loopback': () => ['udp', '127.0.0.53', '53'],
  'a question to a resolver on 127.0.0.1': () => ['udp', '127.0.0.1', '53'],
  'a question to a resolver on ::1': () => ['udp', '::1', '53'],
  'a question to a resolver on 0.0.0.0': () => ['udp', '0.0.0.0', '53'],
  'a question to a resolver on ::ffff:127.0.0.53': () => ['udp', '::ffff:127.0.0.53', '53'],
  'a question to a resolver by sendmsg': () => ['udp-sendmsg', '127.0.0.53', '53'],
  'the second question of sendmmsg': () => ['udp-sendmmsg', '127.0.0.53', '53', '127.0.0.1'],
}
declareStopped({ ...loopback, isSilent: true }, resolvers)
declareLetThrough({ what: 'deny network, except loopback and dns,', options: network('loopback', 'dns') }, resolvers)

/** An address of this machine that is not loopback's: it leads to the same servers, and nothing leaves the machine. */
const outside = ownAddress()
const needsOutside = outside === undefined ? 'needs an address that is not loopback' : undefined
const far = outside ?? '0.0.0.0'
const beyond: NetworkWays = {
  TCP: to('tcp', far),
  'TCP to an IPv4 address in IPv6': to('tcp', `::ffff:${far}`),
  'TCP with data in its first packet': to('fastopen', far),
  UDP: to('udp', far),
  'connected UDP': to('udp-connected', far),
  'UDP to an address of no family': to('udp-unspec', far),
  'UDP to an IPv4 address on an IPv6 socket': to('udp6', far),
  'UDP by sendmsg': to('udp-sendmsg', far),
  'the second message of sendmmsg': ({ port }) => ['udp-sendmmsg', far, `${port}`, '127.0.0.1'],
  'UDP connected elsewhere': ({ port }) => ['udp-elsewhere', far, `${port}`, '127.0.0.1'],
  'UDP by sendmsg by int 0x80': to('int80-udp-sendmsg', far),
  'UDP by sendmmsg by int 0x80': to('int80-udp-sendmmsg', far),
  'UDP by socketcall': to('socketcall-udp', far),
  'int 0x80': to('int80-tcp', far),
  socketcall: to('socketcall-tcp', far),
  'a connection by socketcall': to('socketcall-connect', far),
}
declareStopped({ ...loopback, what: `${loopback.what} from outside`, needs: needsOutside }, beyond)
declareStopped({ ...loopback, what: `${loopback.what} from outside`, host: far, needs: needsOutside }, inherited)
declare('deny network, except loopback, stops what would leave the machine', async (t) => {
  for (const mode of modes) {
    for (const host of ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1']) {
      // No attempt without the rule: these addresses are for documents.
      assertDenied(t, await attempt(['tcp-nonblocking', host, '9'], { ...network('loopback'), mode }), 'EPERM')
    }
  }
})

const listening = { what: 'deny network, except listen,', options: network('listen') } as const
declareLetThrough(listening, transparent({ ...servers, ...localServers }))
declareStopped(listening, connections)

const single = { what: 'deny network, except 127.0.0.2,', options: network('127.0.0.2') } as const
declareLetThrough(single, {
  TCP: to('tcp', '127.0.0.2'),
  UDP: to('udp', '127.0.0.2'),
  'TCP to ::ffff:127.0.0.2': to('tcp', '::ffff:127.0.0.2'),
})
declareStopped(single, {
  ...connections,
  ...inherited,
  'UDP connected elsewhere': ({ port }) => ['udp-elsewhere', '127.0.0.1', `${port}`, '127.0.0.2'],
})

declare('deny network, except an address with a port, stops other ports', async (t) => {
  await withServers('127.0.0.1', async ({ port, otherPort }) => {
    for (const mode of modes) {
      const options = { ...network(`127.0.0.1:${port}`), mode }
      const allowed = await attempt(['tcp', '127.0.0.1', `${port}`], options)
      t.is(allowed.exitCode, 0, String(allowed.stdout))
      for (const way of ['tcp', 'udp', 'fastopen', 'udp-unspec', 'socketcall-tcp', 'int80-connect']) {
        assertDenied(t, await attempt([way, '127.0.0.1', `${otherPort}`], options), 'EPERM')
      }
    }
  })
})

const ringConnections: NetworkWays = {
  'a connection': to('io-uring-tcp', '127.0.0.1'),
  'what is written to an inherited socket': ({ fd }) => ['put', 'io-uring', 'dup', `${fd}`],
  'what is sent by an inherited socket': ({ fd }) => ['put', 'io-uring-send', 'dup', `${fd}`],
}
for (const [name, way] of Object.entries(ringConnections)) {
  const run = async (t: ExecutionContext): Promise<void> => {
    for (const mode of modes) {
      const denied = await tryNetwork({ way, options: { deny: { calls: 'mkdir' }, mode } })
      assertDenied(t, denied.run, 'ENOSYS')
      t.false(denied.arrived)
      const observed = await tryNetwork({ way, options: { deny: { calls: 'mkdir' }, ioUring: 'observe', mode } })
      t.true(observed.arrived)
      t.true(observed.run.incomplete.includes('io_uring'))
    }
  }
  declare(`io_uring by which the network is reached is denied, or told: ${name}`, run, obstacleTo(way(noServers)))
}

async function withUnixServer(use: (path: string) => Promise<void>): Promise<void> {
  await withFiles(async ({ directory }) => {
    const server = createServer((socket) => socket.on('error', () => {}))
    const path = join(directory, 'socket')
    server.listen(path)
    await once(server, 'listening')
    try {
      await use(path)
    } finally {
      server.close()
    }
  })
}

for (const mode of modes) {
  declare(`deny network keeps from an inherited server's connections, ${mode}`, async (t) => {
    const server = createServer()
    server.listen({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    // Node tells the descriptor nowhere else.
    const { _handle: handle } = server as unknown as { readonly _handle: { readonly fd: number } }
    const run = await attempt(['accept', `${handle.fd}`], { ...network('unix'), inheritFds: [handle.fd], mode })
    server.close()
    assertDenied(t, run, 'EPERM')
  })

  for (const [name, rule] of [
    ['by address', (path: string) => ({ addr: { path } })],
    ['beneath a directory', (path: string) => ({ addr: { path: path.replace(/socket$/, '') } })],
    ['as any other path', (path: string) => ({ path })],
  ] as const) {
    declare(`unix sockets are denied ${name}, ${mode}`, async (t) => {
      await withUnixServer(async (path) => {
        t.is((await attempt(['unix', path])).exitCode, 0)
        assertDenied(t, await attempt(['unix', path], { deny: rule(path), mode }), 'EPERM')
      })
    })
  }

  declare(`deny network holds for a socket that is standard input, ${mode}`, async (t) => {
    await withServers('127.0.0.1', async ({ fd, arrived }) => {
      for (const way of [
        ['put', 'write', 'itself', '0'],
        ['get', 'read', 'dup', '0'],
      ]) {
        assertDenied(t, await attempt(way, { ...network('unix'), stdin: fd, mode }), 'EPERM')
      }
      t.is((await arrived()).data, '')
    })
  })
}

const byPeer = { address: '127.0.0.1', port: [1024, 65_535] } as const
declareStopped({ what: 'deny by address', options: { deny: { addr: byPeer } } }, inherited)
declareStopped({ what: 'deny of sockets', options: { deny: { fd: 'socket:*' } } }, inherited)
declareStopped(
  {
    what: 'a fault by the address of the peer',
    options: { inject: { syscall: `${writingCalls},sendto,sendmsg,sendmmsg`, addr: byPeer, error: 'EPIPE' } },
    error: 'EPIPE',
  },
  Object.fromEntries(Object.entries(inherited).filter(([name]) => !name.includes('socketcall'))),
)
const faultOfAddress: NetworkRules = {
  what: 'a fault by address',
  options: {
    inject: {
      syscall: 'connect,sendto,sendmsg,sendmmsg',
      addr: { address: '127.0.0.1', port: [1024, 65_535] },
      error: 'ECONNREFUSED',
    },
  },
  error: 'ECONNREFUSED',
}
const elsewhere = new Set(['TCP over IPv6', 'TCP to ::', 'UDP over IPv6'])
declareStopped(faultOfAddress, Object.fromEntries(Object.entries(connections).filter(([name]) => !elsewhere.has(name))))
declareLetThrough(
  { ...faultOfAddress, what: 'a fault by address' },
  { 'another address': to('tcp', '127.0.0.2'), 'another family': to('udp', '::1') },
)

declare('the fixture of these tests ends with an error for a way that there is not', async (t) => {
  t.is((await trace(fixture, ['around', 'nowhere'])).exitCode, 125)
})
