/** What runs did to files, and whether it would have survived a crash: each also done by ways around. */

import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { SyscopeError, trace, type TraceOptions } from '../index.ts'
import { replacementOf } from '../src/kit/durability.ts'
import { fileCalls, filesOf, type FilesRun } from '../src/kit/files.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'syscope-kit-files-')))
test.after.always(() => rmSync(root, { recursive: true }))

let count = 0
/** A directory of its own. */
function place(): string {
  const path = join(root, String(count++))
  mkdirSync(path)
  return path
}

async function traced(
  file: string,
  args: readonly string[],
  cwd: string,
  options: TraceOptions = {},
): Promise<FilesRun> {
  return await trace(file, args, { cwd, decodeFds: true, ioUring: 'deny', stderr: 'inherit', ...options })
}

const node = (script: string, cwd: string, options?: TraceOptions): Promise<FilesRun> =>
  traced(process.execPath, ['-e', `const fs = require('node:fs'); ${script}`], cwd, options)

const python = '/usr/bin/python3'
const needsPython = existsSync(python) ? test : test.skip
const py = (script: string, cwd: string, options?: TraceOptions): Promise<FilesRun> =>
  traced(
    python,
    ['-S', '-c', `import os, socket, ctypes, fcntl, mmap\nlibc = ctypes.CDLL(None)\n${script}`],
    cwd,
    options,
  )

/** Bytes written to the file of this path. */
function written(run: FilesRun, path: string): number {
  return filesOf(run)
    .at(path)
    .reduce((sum, file) => sum + file.bytesWritten, 0)
}

// --- Which file it was

const ways: readonly (readonly [title: string, script: string])[] = [
  ['a relative path', `os.write(os.open('f', os.O_CREAT | os.O_WRONLY), b'abc')`],
  ['a duplicate', `a = os.open('f', os.O_CREAT | os.O_WRONLY); os.dup2(a, 50); os.close(a); os.write(50, b'abc')`],
  ['fcntl', `a = os.open('f', os.O_CREAT | os.O_WRONLY); os.write(fcntl.fcntl(a, fcntl.F_DUPFD, 40), b'abc')`],
  ['a path after chdir', `os.mkdir('d'); os.chdir('d'); os.write(os.open('../f', os.O_CREAT | os.O_WRONLY), b'abc')`],
  [
    'a path after fchdir',
    `os.mkdir('d'); os.fchdir(os.open('d', 0)); os.write(os.open('../f', os.O_CREAT | os.O_WRONLY), b'abc')`,
  ],
  [
    'openat with a directory',
    `d = os.open('.', 0); os.chdir('/'); os.write(os.open('f', os.O_CREAT | os.O_WRONLY, dir_fd=d), b'abc')`,
  ],
  [
    'a child',
    `a = os.open('f', os.O_CREAT | os.O_WRONLY)\nif os.fork() == 0: os.write(a, b'abc'); os._exit(0)\nos.wait()`,
  ],
  [
    'an inherited descriptor',
    `a = os.open('f', os.O_CREAT | os.O_WRONLY); os.dup2(a, 1); os.execv('/bin/echo', ['echo', '-n', 'abc'])`,
  ],
  [
    'a message',
    `a, b = socket.socketpair(); f = os.open('f', os.O_CREAT | os.O_WRONLY)
if os.fork() == 0:
  m, fds, _, _ = socket.recv_fds(b, 10, 4); os.write(fds[0], b'abc'); os._exit(0)
socket.send_fds(a, [b'x'], [f]); os.close(f); os.wait()`,
  ],
  ['a hard link', `os.close(os.open('f', os.O_CREAT)); os.link('f', 'g'); os.write(os.open('g', os.O_WRONLY), b'abc')`],
  ['/proc/self/fd', `a = os.open('f', os.O_CREAT); os.write(os.open(f'/proc/self/fd/{a}', os.O_WRONLY), b'abc')`],
  ['a rename before', `a = os.open('g', os.O_CREAT | os.O_WRONLY); os.write(a, b'abc'); os.rename('g', 'f')`],
  ['a rename after', `a = os.open('f', os.O_CREAT | os.O_WRONLY); os.rename('f', 'g'); os.write(a, b'abc')`],
  [
    'a directory that is renamed',
    `os.mkdir('d'); a = os.open('d/f', os.O_CREAT | os.O_WRONLY); os.rename('d', 'e'); os.write(a, b'abc'); os.link('e/f', 'f')`,
  ],
  [
    'a file without a name',
    `a = os.open('.', os.O_TMPFILE | os.O_WRONLY); os.write(a, b'abc')
assert libc.linkat(-100, f'/proc/self/fd/{a}'.encode(), -100, b'f', 0x400) == 0`,
  ],
  [
    'sendfile',
    `a = os.open('g', os.O_CREAT | os.O_RDWR); os.write(a, b'abc'); os.sendfile(os.open('f', os.O_CREAT | os.O_WRONLY), a, 0, 3)`,
  ],
  [
    'copy_file_range',
    `a = os.open('g', os.O_CREAT | os.O_RDWR); os.write(a, b'abc'); os.copy_file_range(a, os.open('f', os.O_CREAT | os.O_WRONLY), 3, 0)`,
  ],
  ['splice', `r, w = os.pipe(); os.write(w, b'abc'); os.splice(r, os.open('f', os.O_CREAT | os.O_WRONLY), 3)`],
  [
    'a path in a directory that was renamed',
    `os.mkdir('d'); os.chdir('d'); os.rename('../d', '../e'); os.close(os.open('g', os.O_CREAT))
os.chdir('..'); os.rename('e/g', 'f'); os.write(os.open('f', os.O_WRONLY), b'abc')`,
  ],
  ['pwritev', `os.pwritev(os.open('f', os.O_CREAT | os.O_WRONLY), [b'a', b'bc'], 0)`],
]

for (const [title, script] of ways) {
  // Without links, what was opened in the run has to be worked out.
  for (const decodeFds of [true, false]) {
    needsPython(`bytes are counted for the file, by ${title}, decodeFds: ${decodeFds}`, async (t) => {
      const cwd = place()
      const run = await py(script, cwd, { decodeFds })
      t.is(run.complete, true)
      const files = filesOf(run, { cwd })
      t.deepEqual([...new Set(files.at(join(cwd, 'f')).map(({ bytesWritten }) => bytesWritten))], [3])
    })
  }
}

needsPython('renames, links and deletions keep the identity of files', async (t) => {
  const cwd = place()
  const run = await py(
    `os.close(os.open('a', os.O_CREAT | os.O_WRONLY)); os.write(os.open('b', os.O_CREAT | os.O_WRONLY), b'b')
assert libc.renameat2(-100, b'a', -100, b'b', 2) == 0
os.rename('a', 'c'); os.unlink('b'); os.mkdir('d'); os.rmdir('d')`,
    cwd,
  )
  const files = filesOf(run)
  const second = files.all.find(({ bytesWritten }) => bytesWritten === 1)
  t.deepEqual(
    second?.paths.map((path) => path.slice(cwd.length)),
    ['/b', '/a', '/c'],
  )
  t.is(second?.path, join(cwd, 'c'))
  const first = files.at(join(cwd, 'a')).find((file) => file !== second)
  t.true(first?.isDeleted)
  t.is(first?.path, join(cwd, 'b'))
  const [directory] = files.at(join(cwd, 'd'))
  t.deepEqual([directory?.isDirectory, directory?.isDeleted], [true, true])
  t.deepEqual(
    directory?.deeds.map(({ what }) => what),
    ['create', 'delete'],
  )
})

needsPython(
  'what was written through a mapping is told as mapped, shared and writable, however it came to be',
  async (t) => {
    const cwd = place()
    writeFileSync(join(cwd, 'f'), 'abcd')
    const run = await py(
      `a = os.open('f', os.O_RDWR); libc.mmap.restype = ctypes.c_void_p
at = libc.mmap(None, 4096, 1, 1, a, 0); os.close(a)
assert libc.mprotect(ctypes.c_void_p(at), 4096, 3) == 0
ctypes.memmove(at, b'x', 1)`,
      cwd,
    )
    const maps = filesOf(run)
      .at(join(cwd, 'f'))
      .flatMap(({ deeds }) => deeds.filter(({ what }) => what === 'map'))
    t.deepEqual(
      maps.map(({ isWritable, isShared }) => [isWritable, isShared]),
      [
        [false, true],
        [true, true],
      ],
    )
  },
)

test('programs, scripts, what is missing, and who it was', async (t) => {
  const cwd = place()
  writeFileSync(join(cwd, 'script'), '#!/bin/sh\ncat nothing 2>/dev/null\nexit 0\n', { mode: 0o755 })
  const run = await traced('./script', ['one'], cwd)
  const files = filesOf(run)
  const executed = new Set(files.with('execute').map(({ path }) => path))
  t.true(executed.has(join(cwd, 'script')))
  t.true(executed.has(realpathSync('/bin/sh')))
  const missing = files.missing.find(({ path }) => path === join(cwd, 'nothing'))
  t.deepEqual(
    missing?.looks.map(({ by }) => by.argv),
    [['cat', 'nothing']],
  )
  t.deepEqual(files.at(join(cwd, 'nothing')), [])
})

test('a run that lacks calls says which', async (t) => {
  const run = await traced('true', [], '/', { filter: ['openat', 'execve'] })
  const error = t.throws(() => filesOf(run), { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_NOT_RECORDED' })
  t.regex(error?.message ?? '', /dup2/)
  const whole = await traced('true', [], '/', { filter: fileCalls })
  t.notThrows(() => filesOf(whole))
})

// --- Durability

const careful = `
  const fd = fs.openSync('s.tmp', 'w'); fs.writeSync(fd, 'new'); fs.fsyncSync(fd); fs.closeSync(fd)
  fs.renameSync('s.tmp', 's'); const d = fs.openSync('.', 'r'); fs.fsyncSync(d); fs.closeSync(d);`

async function judged(t: ExecutionContext, run: FilesRun, path: string): Promise<string> {
  const { atomic, synced, problems } = replacementOf(run, path)
  if (problems.length > 0) t.log(...problems)
  t.is(problems.length === 0, atomic && synced === 'file and directory')
  return `${atomic ? 'atomic' : 'not atomic'}, ${synced}`
}

const saves: readonly (readonly [title: string, script: string, verdict: string])[] = [
  ['written, synced, renamed, directory synced', careful, 'atomic, file and directory'],
  ['no sync of the directory', careful.replace('fs.fsyncSync(d);', ''), 'atomic, file'],
  ['no sync of the file', careful.replace('fs.fsyncSync(fd);', ''), 'atomic, none'],
  ['fdatasync', careful.replace('fs.fsyncSync(fd)', 'fs.fdatasyncSync(fd)'), 'atomic, file and directory'],
  [
    'the sync comes before the write',
    careful.replace(/(fs.writeSync\(.*?\);) (fs.fsyncSync\(fd\);)/, '$2 $1'),
    'atomic, none',
  ],
  [
    'synced by another descriptor',
    careful.replace('fs.fsyncSync(fd);', `const e = fs.openSync('s.tmp', 'r'); fs.fsyncSync(e); fs.closeSync(e);`),
    'atomic, file and directory',
  ],
  [
    'another file is synced',
    careful.replace('fs.fsyncSync(fd);', `const e = fs.openSync('t', 'w'); fs.fsyncSync(e); fs.closeSync(e);`),
    'atomic, none',
  ],
  [
    'O_SYNC',
    careful
      .replace(`'w')`, `fs.constants.O_SYNC | fs.constants.O_CREAT | fs.constants.O_WRONLY)`)
      .replace('fs.fsyncSync(fd);', ''),
    'atomic, file and directory',
  ],
  [
    'the directory is synced too early',
    `const d = fs.openSync('.', 'r'); fs.fsyncSync(d);${careful.replace('fs.fsyncSync(d);', '').replace('const d =', 'const c =').replace('(d)', '(c)')}`,
    'atomic, file',
  ],
  ['written in place', `fs.writeFileSync('s', 'new')`, 'not atomic, none'],
  [
    'written in place afterwards by a child',
    `${careful} require('child_process').execSync('echo x >> s')`,
    'not atomic, file and directory',
  ],
  ['opened for writing only', `fs.closeSync(fs.openSync('s', 'r+')); ${careful}`, 'not atomic, file and directory'],
  ['truncated by its path', `fs.truncateSync('s', 0); ${careful}`, 'not atomic, file and directory'],
  ['removed first', `fs.unlinkSync('s'); ${careful}`, 'not atomic, file and directory'],
  ['moved away first', `fs.renameSync('s', 's.old'); ${careful}`, 'not atomic, file and directory'],
  [
    'written when it had the name',
    careful.replace('fs.closeSync(fd)', '').replace('const d', `fs.writeSync(fd, 'more'); const d`),
    'not atomic, file and directory',
  ],
  [
    'written through a hard link',
    `fs.linkSync('s', 'l'); ${careful.replace(`'s.tmp', 's'`, `'s.tmp', 's'`)} fs.linkSync('s', 'm'); fs.writeFileSync('m', 'x')`,
    'not atomic, file and directory',
  ],
  [
    'written through a symbolic link',
    `fs.symlinkSync('s', 'l'); fs.appendFileSync('l', 'x'); ${careful}`,
    'not atomic, file and directory',
  ],
  [
    'saved twice',
    careful + careful.replaceAll('const ', 'var ').replace(/\b(fd|d)\b/g, '$12'),
    'atomic, file and directory',
  ],
  [
    'saved twice, once without a sync',
    careful +
      careful
        .replace('fs.fsyncSync(fd);', '')
        .replaceAll('const ', 'var ')
        .replace(/\b(fd|d)\b/g, '$12'),
    'atomic, none',
  ],
  ['never touched', '', 'not atomic, none'],
]

for (const [title, script, verdict] of saves) {
  test(`replacing a file: ${title}`, async (t) => {
    const cwd = place()
    writeFileSync(join(cwd, 's'), 'old')
    t.is(await judged(t, await node(script, cwd), join(cwd, 's')), verdict)
  })
}

const rawSaves: readonly (readonly [title: string, script: string, verdict: string])[] = [
  [
    'exchanged',
    `a = os.open('t', os.O_CREAT | os.O_WRONLY); os.write(a, b'x'); os.fsync(a)
assert libc.renameat2(-100, b't', -100, b's', 2) == 0; os.fsync(os.open('.', 0))`,
    'atomic, file and directory',
  ],
  [
    'exchanged, and written to as what has the name now',
    `a = os.open('t', os.O_CREAT | os.O_WRONLY); os.write(a, b'x'); os.fsync(a)
assert libc.renameat2(-100, b't', -100, b's', 2) == 0; os.fsync(os.open('.', 0)); os.write(a, b'y')`,
    'not atomic, file and directory',
  ],
  [
    'a file without a name, linked where nothing was',
    `os.unlink('s'); a = os.open('.', os.O_TMPFILE | os.O_WRONLY); os.write(a, b'x'); os.fsync(a)
assert libc.linkat(-100, f'/proc/self/fd/{a}'.encode(), -100, b's', 0x400) == 0; os.fsync(os.open('.', 0))`,
    'not atomic, file and directory',
  ],
  [
    'synced by a child through a duplicate, renamed by openat',
    `a = os.open('t', os.O_CREAT | os.O_WRONLY); os.write(a, b'x'); b = os.dup(a); d = os.open('.', 0)
if os.fork() == 0: os.fsync(b); os._exit(0)
os.wait(); os.chdir('/'); os.rename('t', 's', src_dir_fd=d, dst_dir_fd=d); os.fsync(d)`,
    'atomic, file and directory',
  ],
  [
    'mapped when it gets the name',
    `a = os.open('t', os.O_CREAT | os.O_RDWR); os.ftruncate(a, 4); m = mmap.mmap(a, 4); m[0] = 1; m.flush(); os.fsync(a)
os.rename('t', 's'); os.fsync(os.open('.', 0)); m[1] = 1`,
    'not atomic, none',
  ],
  [
    'unmapped, synced, renamed',
    `a = os.open('t', os.O_CREAT | os.O_RDWR); os.ftruncate(a, 4); m = mmap.mmap(a, 4); m[0] = 1; m.close(); os.fsync(a)
os.rename('t', 's'); os.fsync(os.open('.', 0))`,
    'atomic, file and directory',
  ],
  [
    'sync for all files',
    `a = os.open('t', os.O_CREAT | os.O_WRONLY); os.write(a, b'x'); os.sync(); os.rename('t', 's'); os.sync()`,
    'atomic, file and directory',
  ],
  [
    'sync_file_range is no sync',
    `a = os.open('t', os.O_CREAT | os.O_WRONLY); os.write(a, b'x'); libc.sync_file_range(a, 0, 0, 7); os.rename('t', 's')`,
    'atomic, none',
  ],
]

for (const [title, script, verdict] of rawSaves) {
  needsPython(`replacing a file: ${title}`, async (t) => {
    const cwd = place()
    writeFileSync(join(cwd, 's'), 'old')
    t.is(await judged(t, await py(script, cwd), join(cwd, 's')), verdict)
  })
}

test('a symbolic link that was there before leads to the file', async (t) => {
  const cwd = place()
  mkdirSync(join(cwd, 'real'))
  writeFileSync(join(cwd, 'real', 's'), 'old')
  symlinkSync('real', join(cwd, 'dir'))
  symlinkSync('real/s', join(cwd, 'link'))
  const run = await node(`process.chdir('dir'); ${careful} process.chdir('..'); fs.writeFileSync('link', 'x')`, cwd)
  t.is(written(run, join(cwd, 'real', 's')), 4)
  t.is(await judged(t, run, join(cwd, 'real', 's')), 'not atomic, file and directory')
  const clean = await node(`process.chdir('dir'); ${careful}`, cwd)
  t.is(await judged(t, clean, join(cwd, 'dir', 's')), 'atomic, file and directory')
})

test('a run that can not tell throws', async (t) => {
  const cwd = place()
  const plain = await node(careful, cwd, { decodeFds: false })
  t.throws(() => replacementOf(plain, join(cwd, 's')), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /decodeFds/ })
  const run = await node(careful, cwd)
  t.throws(() => replacementOf(run, 's'), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  const incomplete = {
    ...(run as object),
    events: run.events,
    syscalls: () => [],
    complete: false,
    incomplete: ['io_uring'],
    pid: run.pid,
  }
  t.throws(() => replacementOf(incomplete, join(cwd, 's')), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /io_uring/ })
})
