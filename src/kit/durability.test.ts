import test from 'ava'
import { replacementOf, type AtomicReplace } from './durability.ts'
import type { FilesRun } from './files.ts'
import type { AnyCall } from './recorded.ts'
import { textSource } from '../text/source.ts'

type Event = FilesRun['events'][number]

/** What the engine says of a returned descriptor. */
function linkSource(link: string): object {
  const view = new DataView(Buffer.from(link).buffer.slice(0))
  const bytes = Buffer.from(link)
  const captured = {
    status: 'ok',
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    at: 0,
    length: bytes.length,
    children: [],
  }
  return { view, at: 0, call: { name: '', row: undefined, cells: [], resolved: () => captured } }
}

/** A call of a thread between two points of time. */
function call(
  startNs: number,
  endNs: number,
  name: string,
  args: object,
  returned = 0,
  about: Partial<AnyCall> = {},
): Event {
  const times = { startNs: BigInt(startNs), endNs: BigInt(endNs) }
  const common = { type: 'syscall', abi: 'x86_64', pid: 1, tid: 1, ok: true, systemNs: 0, out: {}, raw: { args: [] } }
  return Object.assign(common, { name, args, returned, ...times, ...about, toString: () => name })
}

const names = (...flags: readonly string[]): object => ({ flags: { names: flags } })

function open(startNs: number, pathname: string, fd: number, ...flags: readonly string[]): Event {
  const opened = call(startNs, startNs + 1, 'openat', { dirfd: 'AT_FDCWD', pathname, ...names(...flags) }, fd)
  return Object.assign(opened, { [textSource]: () => linkSource(pathname) })
}

function judge(...events: readonly Event[]): AtomicReplace {
  const run = { pid: 1, complete: true, incomplete: [], events, syscalls: () => [], cwd: '/' }
  return replacementOf(run, '/s')
}

const made = open(10, '/t', 3, 'O_WRONLY', 'O_CREAT', 'O_EXCL')
const directory = [open(100, '/', 4, 'O_RDONLY'), call(110, 115, 'fsync', { fd: 4 })]
const rename = (startNs: number, endNs: number): Event =>
  call(startNs, endNs, 'rename', { oldpath: '/t', newpath: '/s' })
const write = (startNs: number, endNs: number, fd = 3): Event => call(startNs, endNs, 'write', { fd }, 1)
const fsync = (startNs: number, endNs: number, fd = 3): Event => call(startNs, endNs, 'fsync', { fd })

test('one after the other', (t) => {
  const verdict = judge(made, write(20, 25), fsync(30, 35), rename(40, 45), ...directory)
  t.deepEqual([verdict.atomic, verdict.synced, verdict.problems], [true, 'file and directory', []])
  t.deepEqual(
    verdict.steps.map(({ what }) => what),
    ['create', 'open', 'write', 'sync', 'rename', 'sync'],
  )
})

test('a sync that began before a write was over says nothing of that', (t) => {
  t.is(judge(made, fsync(22, 30), write(20, 25), rename(40, 45), ...directory).synced, 'none')
  t.is(judge(made, write(20, 25), fsync(24, 30), rename(40, 45), ...directory).synced, 'none')
})

test('a sync that was not over before the rename began is late', (t) => {
  t.is(judge(made, write(20, 25), fsync(30, 42), rename(40, 45), ...directory).synced, 'none')
  t.is(judge(made, write(20, 25), rename(40, 45), fsync(50, 55), ...directory).synced, 'none')
})

test('a sync of the directory that began before the rename was over says nothing', (t) => {
  t.is(judge(made, write(20, 25), fsync(30, 35), ...directory, rename(112, 120)).synced, 'file')
})

test('a write that was not over when the file got the name is one in place', (t) => {
  t.false(judge(made, fsync(30, 35), rename(40, 45), write(20, 50), ...directory).atomic)
})

test('a write in which its thread ended may have been done', (t) => {
  const cut = call(50, 60, 'write', { fd: 3 }, 0, { ok: false, unfinished: true })
  t.false(judge(made, write(20, 25), fsync(30, 35), rename(40, 45), cut, ...directory).atomic)
})

test('a sync that failed, or that a rule made up, is none', (t) => {
  const failed = call(30, 35, 'fsync', { fd: 3 }, 0, { ok: false, error: 'EIO' })
  t.is(judge(made, write(20, 25), failed, rename(40, 45), ...directory).synced, 'none')
  const pretended = Object.assign(fsync(30, 35), { injected: { did: ['result'] } })
  t.is(judge(made, write(20, 25), pretended, rename(40, 45), ...directory).synced, 'none')
})

test('what io_submit was asked for may be done at any time', (t) => {
  const iocbpp = [{ aio_fildes: 3, aio_lio_opcode: 'IOCB_CMD_PWRITE' }]
  const asked = call(20, 21, 'io_submit', { iocbpp }, 1)
  const verdict = judge(made, asked, fsync(30, 35), rename(40, 45), ...directory)
  t.deepEqual([verdict.atomic, verdict.synced], [false, 'none'])
})

test('a file that was there before the run: nobody knows whether it is on the disk', (t) => {
  const verdict = judge(rename(40, 45), ...directory)
  t.deepEqual([verdict.atomic, verdict.synced], [true, 'none'])
  // Something has to be opened, so that it is known that links were asked for.
  t.is(judge(open(10, '/t', 3, 'O_RDONLY'), fsync(30, 35), rename(40, 45), ...directory).synced, 'none')
})

test('a relative path from nobody knows where might be it', (t) => {
  const run = {
    pid: 1,
    complete: true,
    incomplete: [],
    events: [call(1, 2, 'unlink', { path: 's' })],
    syscalls: () => [],
  }
  t.throws(() => replacementOf(run, '/s'), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message: /cwd/ })
})
