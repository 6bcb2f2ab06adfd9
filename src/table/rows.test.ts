import test from 'ava'
import fc from 'fast-check'
import { callRecord, type CallSpec, type CaptureSpec } from '../../__test__/records.ts'
import { decodeChunk } from '../decode.ts'
import type { SyscallEvent } from '../events.ts'
import { CAPTURE_KEY } from '../record/layout.ts'
import { eventText } from '../text/line.ts'
import type { TextOptions } from '../text/options.ts'
import type { TextEvent } from '../text/source.ts'
import { X86_64_SYSCALLS } from './constants/x86_64.ts'
import { allRowsOf, classMembers, isSyscallName, nameOf, rowByName, rowByNumber } from './index.ts'

function event(spec: CallSpec): SyscallEvent {
  const [found] = decodeChunk(callRecord(spec))
  if (found === undefined) throw new Error('no call')
  return found as object as SyscallEvent
}

const words = (...numbers: readonly (number | bigint)[]): Uint8Array =>
  new Uint8Array(BigInt64Array.from(numbers.map((number) => BigInt.asIntN(64, BigInt(number)))).buffer)
const ints = (...numbers: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(numbers).buffer)

const P = 0x7ffe_0000_1000n

const inet = Uint8Array.of(2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
const stat = new Uint8Array(144)
new DataView(stat.buffer).setUint32(24, 0o100644, true)
new DataView(stat.buffer).setUint32(48, 4096, true)

const lines: readonly (readonly [title: string, spec: CallSpec, text: string])[] = [
  [
    'open shows its mode only where a file can be made',
    { nr: 2, args: [P, 0x241, 0o644], result: 3, captures: [{ key: 0, bytes: 'new' }] },
    'open("new", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3',
  ],
  [
    'openat leaves the mode out',
    { nr: 257, args: [-100, P, 0x80000, 0o777], result: 3, captures: [{ key: 1, bytes: '/etc/passwd' }] },
    'openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3',
  ],
  [
    'a path that cannot be read is an address',
    { nr: 257, args: [-100, 0xdead, 0, 0], result: -14, flags: 1, captures: [{ key: 1, status: 2 }] },
    'openat(AT_FDCWD, 0xdead, O_RDONLY) = -1 EFAULT (Bad address)',
  ],
  [
    'a NULL path is NULL',
    { nr: 21, args: [0, 4], result: -14, flags: 1, captures: [{ key: 0, status: 1 }] },
    'access(NULL, R_OK) = -1 EFAULT (Bad address)',
  ],
  [
    'read shows what came back',
    { nr: 0, args: [3, P, 100], result: 5, captures: [{ key: 1, phase: 1, bytes: 'hello', wanted: 5 }] },
    'read(3, "hello", 100) = 5',
  ],
  ['read of nothing', { nr: 0, args: [3, P, 100], result: 0 }, 'read(3, "", 100) = 0'],
  [
    'a read that failed shows where',
    { nr: 0, args: [3, P, 100], result: -9, flags: 1 },
    'read(3, 0x7ffe00001000, 100) = -1 EBADF (Bad file descriptor)',
  ],
  [
    'write is cut at the string limit',
    { nr: 1, args: [1, P, 40], result: 40, captures: [{ key: 1, bytes: 'x'.repeat(32), status: 3, wanted: 40 }] },
    `write(1, "${'x'.repeat(32)}"..., 40) = 40`,
  ],
  [
    'writev shows each buffer',
    {
      nr: 20,
      args: [1, P, 2],
      result: 3,
      captures: [
        {
          key: 1,
          bytes: words(P, 2, P, 1),
          children: [
            { key: 0, bytes: 'ab' },
            { key: 0, bytes: 'c' },
          ],
        },
      ],
    },
    'writev(1, [{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=1}], 2) = 3',
  ],
  [
    'readv fills its buffers one after the other',
    {
      nr: 19,
      args: [0, P, 2],
      result: 3,
      captures: [
        { key: 1, bytes: words(P, 2, P, 8) },
        {
          key: 1,
          phase: 1,
          bytes: words(P, 2, P, 8),
          children: [
            { key: 0, phase: 1, bytes: 'ab' },
            { key: 0, phase: 1, bytes: 'c' },
          ],
        },
      ],
    },
    'readv(0, [{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=8}], 2) = 3',
  ],
  [
    'fstat shows type, permissions and size',
    { nr: 5, args: [3, P], captures: [{ key: 1, phase: 1, bytes: stat }] },
    'fstat(3, {st_mode=S_IFREG|0644, st_size=4096, ...}) = 0',
  ],
  [
    'mmap shows its flags and its result as an address',
    { nr: 9, args: [0, 8192, 3, 0x22, -1, 0], result: 0x7f00_0000_0000n },
    'mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000',
  ],
  [
    'connect shows where to',
    { nr: 42, args: [3, P, 16], captures: [{ key: 1, bytes: inet }] },
    'connect(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
  ],
  [
    'of an address longer than there are any, what is too much is left out',
    { nr: 42, args: [3, P, 200], captures: [{ key: 1, bytes: Uint8Array.of(...inet, ...new Uint8Array(184)) }] },
    'connect(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}, 200) = 0',
  ],
  [
    'accept shows from where, and the length before and after',
    {
      nr: 43,
      args: [3, P, P],
      result: 4,
      captures: [
        { key: 2, bytes: ints(128) },
        { key: 1, phase: 1, bytes: inet },
        { key: 2, phase: 1, bytes: ints(16) },
      ],
    },
    'accept(3, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}, [128 => 16]) = 4',
  ],
  [
    'pipe2 shows the two descriptors',
    { nr: 293, args: [P, 0x80000], captures: [{ key: 0, phase: 1, bytes: ints(3, 4) }] },
    'pipe2([3, 4], O_CLOEXEC) = 0',
  ],
  [
    'fcntl names the flags that it returns',
    { nr: 72, args: [1, 3], result: 0x8402 },
    'fcntl(1, F_GETFL) = 0x8402 (flags O_RDWR|O_APPEND|O_LARGEFILE)',
  ],
  ['fcntl sets flags', { nr: 72, args: [1, 4, 0x800] }, 'fcntl(1, F_SETFL, O_RDONLY|O_NONBLOCK) = 0'],
  [
    'fcntl with an operation of the future',
    { nr: 72, args: [1, 0xbeef, 7], result: -22, flags: 1 },
    'fcntl(1, 0xbeef /* F_??? */, 0x7) = -1 EINVAL (Invalid argument)',
  ],
  [
    'execve shows the arguments and counts the environment',
    {
      nr: 59,
      args: [P, P, P],
      captures: [
        { key: 0, bytes: '/bin/true' },
        {
          key: 1,
          bytes: words(P, P),
          children: [
            { key: 0, bytes: 'true' },
            { key: 0, bytes: '-x' },
          ],
        },
        { key: 2, bytes: words(P), children: [{ key: 0, bytes: 'A=1' }] },
      ],
    },
    'execve("/bin/true", ["true", "-x"], 0x7ffe00001000 /* 1 var */) = 0',
  ],
  [
    'wait4 says how the child ended',
    { nr: 61, args: [-1, P, 0, 0], result: 9, captures: [{ key: 1, phase: 1, bytes: ints(0x100) }] },
    'wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 1}], 0, NULL) = 9',
  ],
  ['kill names the signal', { nr: 62, args: [42, 15] }, 'kill(42, SIGTERM) = 0'],
  ['umask is octal', { nr: 95, args: [0o22], result: 0o77 }, 'umask(022) = 077'],
  [
    'rt_sigprocmask shows sets',
    {
      nr: 14,
      args: [0, P, P, 8],
      captures: [
        { key: 1, bytes: words(1n << 1n) },
        { key: 2, phase: 1, bytes: words(-1n ^ (1n << 8n)) },
      ],
    },
    'rt_sigprocmask(SIG_BLOCK, [INT], ~[KILL], 8) = 0',
  ],
  [
    'socket shows type and flags',
    { nr: 41, args: [2, 0x80001, 6], result: 3 },
    'socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 3',
  ],
  ['arch_prctl shows its address', { nr: 158, args: [0x1002, P] }, 'arch_prctl(ARCH_SET_FS, 0x7ffe00001000) = 0'],
  ['lseek counts below zero', { nr: 8, args: [3, -1, 2], result: 9 }, 'lseek(3, -1, SEEK_END) = 9'],
  [
    'a message whose text cannot be read',
    { nr: 69, args: [1, P, 100, 0], result: -14, flags: 1, captures: [{ key: 1, bytes: words(7, 0), status: 2 }] },
    'msgsnd(1, {mtype=7, mtext=0x7ffe00001008}, 100, 0) = -1 EFAULT (Bad address)',
  ],
  [
    'a message that is not there as a whole',
    { nr: 69, args: [1, P, 1, 0], result: -14, flags: 1, captures: [{ key: 1, bytes: ints(7, 0, 0), status: 2 }] },
    'msgsnd(1, 0x7ffe00001000, 1, 0) = -1 EFAULT (Bad address)',
  ],
  [
    'ioctl names the request',
    { nr: 16, args: [1, 0x5413, P], result: -25, flags: 1 },
    'ioctl(1, TIOCGWINSZ, 0x7ffe00001000) = -1 ENOTTY (Inappropriate ioctl for device)',
  ],
  [
    'an unknown request is taken apart',
    { nr: 16, args: [1, 0x8004_f0ff, 1], result: -25, flags: 1 },
    'ioctl(1, _IOC(_IOC_READ, 0xf0, 0xff, 0x4), 0x1) = -1 ENOTTY (Inappropriate ioctl for device)',
  ],
]

for (const [title, spec, text] of lines) {
  test(title, (t) => {
    t.is(event(spec).toString().replace(/\) +=/, ') ='), text)
  })
}

test('values keep what they are', (t) => {
  const opened = event({ nr: 257, args: [-100, P, 0x80241, 0o644], result: 3, captures: [{ key: 1, bytes: 'x' }] })
  if (opened.name !== 'openat') throw new Error(opened.name)
  t.is(opened.args.dirfd, 'AT_FDCWD')
  t.is(opened.args.pathname, 'x')
  t.deepEqual(opened.args.flags.names, ['O_WRONLY', 'O_CREAT', 'O_TRUNC', 'O_CLOEXEC'])
  t.is(opened.args.mode, 0o644)
})

test('what came back is apart from what went in', (t) => {
  const made = event({ nr: 22, args: [P], captures: [{ key: 0, phase: 1, bytes: ints(3, 4) }] })
  if (made.name !== 'pipe' || !made.ok) throw new Error(made.name)
  t.deepEqual(made.args, {})
  t.deepEqual(made.out.pipefd, [3, 4])
})

test('an argument that another one decides', (t) => {
  const set = event({ nr: 72, args: [1, 4, 0x800] })
  if (set.name !== 'fcntl' || set.args.op !== 'F_SETFL') throw new Error(set.name)
  t.true(set.args.arg.has('O_NONBLOCK'))
})

test('every number of the kernel headers is a row', (t) => {
  const named = Object.fromEntries(allRowsOf('x86_64').map((row) => [row.number, row.name]))
  t.deepEqual(named, { ...X86_64_SYSCALLS })
})

test('calls of the other ABIs have rows of their own', (t) => {
  t.is(nameOf('i386', 102), 'socketcall')
  t.is(rowByNumber('i386', 5)?.name, 'open')
  t.is(rowByNumber('x32', 0x4000_0000 + 520)?.name, 'execve')
  t.is(nameOf('x86_64', 500), 'syscall_0x1f4')
  t.is(rowByName('openat')?.number, 257)
})

test('what no register holds is no word of its call', (t) => {
  const returning = event({ nr: 15, result: 1, captures: [{ key: 0, bytes: words(0x200) }] }) as object as TextEvent
  t.is(eventText(returning, { columns: 0, argumentNames: true }), 'rt_sigreturn(sigmask={mask=[USR1]}) = 1')
  t.is(eventText(returning, { columns: 0, raw: true }), 'rt_sigreturn() = 0x1')
  t.deepEqual(rowByNumber('i386', 173)?.args, [])
  t.is(rowByNumber('i386', 426)?.args.length, 6)
})

test('a frame that cannot be read has no mask', (t) => {
  const returning = event({ nr: 15, captures: [{ key: 0, status: 2 }] })
  t.deepEqual(returning.args, { sigmask: undefined })
  t.is(eventText(returning as object as TextEvent, { columns: 0 }), 'rt_sigreturn({mask=???}) = 0')
})

test('what is submitted to a ring is decoded entry by entry, and not in text', (t) => {
  const entry = (opcode: number, length: number): Uint8Array => new Uint8Array(length).fill(opcode, 0, 1)
  const children = [entry(0, 64), entry(64, 128), entry(0, 10)].map((bytes) => ({ key: 0, bytes }))
  const key = CAPTURE_KEY.SUBMITTED
  const submitting = event({ nr: 426, args: [3, 2], result: 2, captures: [{ key, children }] })
  const submitted: unknown = Reflect.get(submitting.args, 'submitted')
  t.like(submitted, [{ opcode: 'IORING_OP_NOP', user_data: 0 }, { opcode: 'IORING_OP_URING_CMD128' }])
  t.is(Array.isArray(submitted) && submitted.length, 2)
  t.is(eventText(submitting as object as TextEvent, { columns: 0 }), 'io_uring_enter(3, 2, 0, 0, NULL, 0) = 2')
  t.is(Reflect.get(event({ nr: 426, args: [3, 2] }).args, 'submitted'), undefined)
  const unreadable = event({ nr: 426, args: [3, 2], captures: [{ key, status: 2 }] })
  t.is(Reflect.get(unreadable.args, 'submitted'), undefined)
})

for (const [word, size] of [
  ['%desc', 132],
  ['%file', 75],
  ['%memory', 28],
  ['%network', 21],
  ['%net', 21],
  ['%creds', 19],
  ['%signal', 17],
  ['%process', 16],
  ['%ipc', 12],
  ['%clock', 8],
  ['%pure', 8],
  ['%%stat', 5],
  ['%fstat', 3],
  ['%%statfs', 3],
  ['file', 75],
] as const) {
  test(`${word} has ${size} members`, (t) => {
    t.is(classMembers(word)?.filter(isSyscallName).length, size)
  })
}

test('a class has the calls of i386 that hide what they do', (t) => {
  t.true(classMembers('%network')?.includes('socketcall'))
  t.true(classMembers('%ipc')?.includes('ipc'))
  t.true(classMembers('%file')?.includes('stat64'))
})

test('a class of no such name is none', (t) => {
  t.is(classMembers('%nonsense'), undefined)
  t.is(classMembers('toString'), undefined)
})

function capture(depth: number): fc.Arbitrary<CaptureSpec> {
  return fc.record({
    key: fc.integer({ min: 0, max: depth === 0 ? 25 : 3 }),
    phase: fc.constantFrom<0 | 1>(0, 1),
    status: fc.integer({ min: 0, max: 4 }),
    // Many structs begin with a small number that says what they are: a family, a type, an operation.
    bytes: fc
      .tuple(fc.option(fc.nat(50), { nil: undefined }), fc.uint8Array({ maxLength: 200, size: 'max' }))
      .map(([kind, bytes]) => (kind === undefined ? bytes : Uint8Array.of(kind, 0, ...bytes))),
    wanted: fc.integer({ min: 0, max: 300 }),
    children: depth === 2 ? fc.constant([]) : fc.array(capture(depth + 1), { maxLength: 3 }),
  })
}

const styles: readonly TextOptions[] = [
  { constants: 'raw', abbreviate: false },
  { constants: 'verbose', abbreviate: false, hexStrings: 'all', argumentNames: true },
]

test('no bytes make a kind throw, read or printed', (t) => {
  const rows = allRowsOf('x86_64')
  fc.assert(
    fc.property(
      fc.constantFrom(...rows),
      fc.array(fc.oneof(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.integer({ min: -200, max: 200 })), {
        minLength: 6,
        maxLength: 6,
      }),
      fc.oneof(fc.integer({ min: -600, max: 600 }), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })),
      fc.boolean(),
      fc.array(capture(0), { maxLength: 6 }),
      (row, args, result, isError, captures) => {
        const made = event({ nr: row.number, args, result, flags: isError ? 1 : 0, captures })
        JSON.stringify(made)
        String(made)
        // Every event is also a TextEvent; its public type does not say so.
        for (const style of styles) eventText(made as object as TextEvent, style)
        t.pass()
      },
    ),
    { numRuns: 3000 },
  )
})
