/** What programs map into their memory, each also by ways around. */

import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import test from 'ava'
import { trace, type TraceOptions, type TraceResult } from '../index.ts'
import { marksOf } from '../src/kit/marks.ts'
import { memoryCalls, memoryOf, type MappedBytes, type Memory } from '../src/kit/memory.ts'
import { partOf, partWithin } from '../src/kit/part.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'syscope-kit-memory-')))
test.after.always(() => rmSync(root, { recursive: true }))

const file = join(root, 'data')
writeFileSync(file, Buffer.alloc(3 * 2 ** 20, 1))

const python = '/usr/bin/python3'
const needsPython = existsSync(python) ? test : test.skip
const MIB = 2 ** 20
const setup = `import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for name in ('mmap', 'mremap', 'shmat', 'sbrk'): getattr(libc, name).restype = ctypes.c_void_p
M = 1 << 20
NONE, R, W, X, SHARED, PRIVATE, ANON, FIXED = 0, 1, 2, 4, 1, 2, 32, 16
def mmap(size, prot=R|W, flags=PRIVATE|ANON, fd=-1, at=None):
  found = libc.mmap(ctypes.c_void_p(at), ctypes.c_size_t(size), prot, flags, fd, ctypes.c_long(0))
  assert found != 2**64 - 1, os.strerror(ctypes.get_errno())
  return found
def protect(at, size, prot): assert libc.mprotect(ctypes.c_void_p(at), ctypes.c_size_t(size), prot) == 0
def unmap(at, size): assert libc.munmap(ctypes.c_void_p(at), ctypes.c_size_t(size)) == 0
def mark(name): os.path.exists('/@mark/' + name)
mark('a')
`

async function traced(script: string, options: TraceOptions = {}): Promise<TraceResult> {
  const run = await trace(python, ['-S', '-c', `${setup}${script}\nmark('b')`], {
    cwd: root,
    decodeFds: true,
    stderr: 'inherit',
    ...options,
  })
  if (run.exitCode !== 0) throw new Error(`the program failed: ${script}`)
  return run
}

/** What happened from the first mark on. */
async function memory(script: string, options?: TraceOptions): Promise<Memory> {
  return memoryOf(partOf(await traced(script, options), 'a', 'b'))
}

/** What was mapped when the first mark was made: the interpreter's own. */
function before(run: TraceResult): MappedBytes {
  const [mark] = marksOf(run)
  const bytes = memoryOf(partWithin(run, { fromNs: 0n, toNs: mark?.startNs ?? 0n }))
    .of(run.pid)
    .at(-1)?.bytes
  if (bytes === undefined) throw new Error('the program mapped nothing')
  return bytes
}

/** The interpreter takes and gives back some memory meanwhile. */
function isNear(bytes: number | undefined, mib: number): boolean {
  return bytes !== undefined && Math.abs(bytes - mib * MIB) <= 4 * MIB
}

for (const [title, script, most, now] of [
  ['mmap', 'mmap(100 * M)', 100, 100],
  ['munmap', 'at = mmap(100 * M); unmap(at, 100 * M)', 100, 0],
  ['munmap of a part', 'at = mmap(100 * M); unmap(at + 10 * M, 20 * M); unmap(at + 20 * M, 20 * M)', 100, 70],
  ['mmap over another', 'at = mmap(100 * M); mmap(50 * M, flags=PRIVATE|ANON|FIXED, at=at + 40 * M)', 100, 100],
  [
    'mremap that grows',
    'libc.mremap(ctypes.c_void_p(mmap(40 * M)), ctypes.c_size_t(40 * M), ctypes.c_size_t(100 * M), 1)',
    100,
    100,
  ],
  [
    'mremap that shrinks',
    'libc.mremap(ctypes.c_void_p(mmap(100 * M)), ctypes.c_size_t(100 * M), ctypes.c_size_t(40 * M), 1)',
    100,
    40,
  ],
  ['brk', 'libc.sbrk(ctypes.c_long(100 * M)); libc.sbrk(ctypes.c_long(-60 * M))', 100, 40],
  ['shmat', 'at = libc.shmat(libc.shmget(0, ctypes.c_size_t(100 * M), 0o1600), None, 0)', 100, 100],
  [
    'shmdt',
    'at = libc.shmat(libc.shmget(0, ctypes.c_size_t(100 * M), 0o1600), None, 0); libc.shmdt(ctypes.c_void_p(at))',
    100,
    0,
  ],
  ['what is kept free is not mapped', 'at = mmap(500 * M, NONE); protect(at + M, 100 * M, R | W)', 100, 100],
  [
    'what failed is not mapped',
    'libc.mmap(None, ctypes.c_size_t(2 ** 47), 3, 34, -1, ctypes.c_long(0)); mmap(100 * M)',
    100,
    100,
  ],
] as const) {
  needsPython(`${title}: ${most} MiB at most, ${now} at the end`, async (t) => {
    const run = await traced(script)
    const { mapped } = before(run)
    const found = memoryOf(partOf(run, 'a', 'b'))
    const [process] = found.of(run.pid)
    t.true(isNear((process?.bytes.mapped ?? 0) - mapped, now), inspect(process))
    t.true(isNear((process?.peak.mapped ?? 0) - mapped, most), inspect(process))
    t.deepEqual(found.codeWrites, [])
  })
}

needsPython('anonymous, of files, shared, and kept free', async (t) => {
  const run = await traced(`f = os.open('data', os.O_RDWR)
mmap(3 * M, R, PRIVATE, f); mmap(3 * M, R | W, SHARED, f); mmap(20 * M); mmap(40 * M, R | W, SHARED | ANON); mmap(700 * M, NONE)`)
  const [start, [process]] = [before(run), memoryOf(partOf(run, 'a', 'b')).of(run.pid)]
  const more = (of: keyof MappedBytes): number => (process?.bytes[of] ?? 0) - start[of]
  t.true(isNear(more('anonymous'), 60))
  t.is(more('file'), 6 * MIB)
  t.is(more('shared'), 43 * MIB)
  t.true(isNear(more('reserved'), 700))
  t.is(process?.bytes.mapped, process?.bytes.anonymous === undefined ? 0 : process.bytes.anonymous + process.bytes.file)
  t.is(process?.files.find(({ path }) => path === file)?.bytes, 6 * MIB)
})

needsPython('which files are mapped is known without decodeFds, too, where descriptors are followed', async (t) => {
  const script = `f = os.open('data', os.O_RDWR); mmap(3 * M, R, PRIVATE, f)`
  const paths = (run: TraceResult): readonly unknown[] =>
    memoryOf(run).processes.flatMap(({ files }) => files.map(({ path }) => path))
  t.true(paths(await traced(script, { decodeFds: false })).includes(file))
  const few = await traced(script, { decodeFds: false, filter: [...memoryCalls, '%file'] })
  t.deepEqual([...new Set(paths(few))], [undefined])
})

needsPython('a fork has what its parent had, a program begins anew, and vfork shares', async (t) => {
  const run = await traced(`mmap(100 * M)
if os.fork() == 0: mmap(50 * M); os.execv('/bin/true', ['true'])
os.wait(); import subprocess; subprocess.run(['true'])`)
  const { processes, peak } = memoryOf(run)
  const [first, ...others] = processes.filter(({ program }) => program?.includes('python') === true)
  t.true(isNear((first?.bytes.mapped ?? 0) - before(run).mapped, 100))
  t.is(others.length, 1)
  t.true(isNear((others[0]?.bytes.mapped ?? 0) - (first?.bytes.mapped ?? 0), 50))
  const programs = processes.filter(({ program }) => program?.endsWith('/true') === true)
  t.is(programs.length, 2)
  for (const { bytes } of programs) t.true(bytes.mapped < 10 * MIB)
  // The parent had all but the last 50 MiB at that time.
  t.true(peak.bytes >= 2 * (others[0]?.bytes.mapped ?? 0) - 50 * MIB)
})

const rw = 'at = mmap(M)'
const stack = `at = int([it for it in open('/proc/self/maps') if '[stack]' in it][0].split('-')[0], 16)`
for (const [title, script, ...expected] of [
  ['mmap', 'mmap(M, R | W | X)', 'mapped 1048576'],
  ['mprotect to both', `${rw}; protect(at, M, R | W | X)`, 'protected 1048576'],
  ['of a part', `${rw}; protect(at + 4096, 4096, R | W | X)`, 'protected 4096'],
  ['written, then executable', `${rw}; protect(at, M, R | X)`, 'written before 1048576'],
  ['written long before', `${rw}; protect(at, M, R); protect(at, 4096, R | X)`, 'written before 4096'],
  [
    'written after it was kept free',
    'at = mmap(M, NONE); protect(at, 8192, R | W); protect(at, 4096, X)',
    'written before 4096',
  ],
  [
    'moved in between',
    `${rw}; at = libc.mremap(ctypes.c_void_p(at), ctypes.c_size_t(M), ctypes.c_size_t(M), 3, ctypes.c_void_p(mmap(M, NONE))); protect(at, M, R | X)`,
    'written before 1048576',
  ],
  [
    'by pkey_mprotect',
    `${rw}; assert libc.syscall(329, ctypes.c_void_p(at), ctypes.c_size_t(M), 7, ctypes.c_long(-1)) == 0`,
    'protected 1048576',
  ],
  [
    'in the heap',
    'at = libc.sbrk(ctypes.c_long(8192)) + 4095 & -4096; protect(at, 4096, R | X)',
    'written before 4096',
  ],
  ['in the stack', `${stack}; protect(at, 4096, R | W | X)`, 'protected 4096'],
  ['in the stack, where nobody saw that it is writable', `${stack}; protect(at, 4096, R | X)`, 'unknown before 4096'],
  [
    'in what is of a file',
    `f = os.open('data', 0); at = mmap(M, R | W, PRIVATE, f); protect(at, 4096, R | X)`,
    'written before 4096',
  ],
  ['shmat', 'libc.shmat(libc.shmget(0, ctypes.c_size_t(M), 0o1700), None, 0o100000)', 'mapped 1048576'],
  [
    'mapped twice',
    `f = os.memfd_create('code'); os.ftruncate(f, M); mmap(M, R | W, SHARED, f); mmap(M, R | X, SHARED, f)`,
    'aliased 1048576',
  ],
  [
    'mapped twice, the other way round',
    `f = os.memfd_create('code'); os.ftruncate(f, M); mmap(M, R | X, SHARED, f); mmap(M, R | W, SHARED, f)`,
    'aliased 1048576',
  ],
  ['in a child', `if os.fork() == 0: mmap(M, R | W | X); os._exit(0)\nos.wait()`, 'mapped 1048576'],
  [
    'made by the parent',
    `${rw}\nif os.fork() == 0: protect(at, M, R | X); os._exit(0)\nos.wait()`,
    'written before 1048576',
  ],
  ['no: never written', 'at = mmap(M, NONE); protect(at, M, R | X)'],
  ['no: a file', `f = os.open('data', 0); at = mmap(M, R, PRIVATE, f); protect(at, M, R | X)`],
  [
    'no: unmapped in between',
    `${rw}; unmap(at, M); at = mmap(M, R, PRIVATE | ANON | FIXED, at=at); protect(at, M, R | X)`,
  ],
  ['no: it failed', `${rw}; libc.mprotect(ctypes.c_void_p(at + 1), ctypes.c_size_t(M), 7)`],
] as const) {
  needsPython(`memory that is written and executed: ${title}`, async (t) => {
    const { codeWrites } = await memory(script)
    t.deepEqual(
      codeWrites.map(({ how, bytes }) => `${how} ${bytes}`),
      [...expected],
    )
    for (const { by, call } of codeWrites) {
      t.regex(by.argv?.[0] ?? '', /python/)
      t.is(call.pid, by.pid)
    }
  })
}

test('Node makes code as it runs, but without its compilers it makes none', async (t) => {
  const node = (...args: readonly string[]): Promise<TraceResult> =>
    trace(process.execPath, args, { filter: memoryCalls })
  t.true(memoryOf(await node('-e', '0')).codeWrites.length > 0)
  const text = String(memoryOf(await node('-e', '0')))
  t.regex(text, /mapped \([\d.]+ [KMG]iB anonymous.*at most$/m)
  t.regex(text, /writable and executable|executable that it could write to/)
})

test('a run that left out calls that map memory', async (t) => {
  const run = await trace('true', [], { filter: ['mmap'] })
  t.throws(() => memoryOf(run), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /memoryOf\(\).*munmap/ })
})
