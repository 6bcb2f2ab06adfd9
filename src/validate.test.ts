import test from 'ava'
import { SyscopeError } from './errors.ts'
import { holdsName } from './filter.ts'
import type { AttachOptions, TraceOptions } from './options.ts'
import { readAttachOptions, readTraceOptions, type Settings } from './validate.ts'

test('defaults', (t) => {
  t.deepEqual(readTraceOptions({}), {
    cwd: process.cwd(),
    calls: 'all',
    rules: [],
    follow: true,
    mode: 'stops',
    stringLimit: 1024,
    decodeFds: false,
    decodePids: false,
    timeout: 0,
    signal: undefined,
    killSignal: 15,
    until: 'first',
    drainMs: 200,
    keep: undefined,
    backpressure: 'spill',
    counting: false,
    placement: 'auto',
    reject: false,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    input: undefined,
    intercepted: undefined,
  })
})

test('a filter chooses the filter mode, where nothing else was asked for', (t) => {
  t.is(readTraceOptions({ filter: ['openat'] }).mode, 'auto')
  t.is(readTraceOptions({ filter: ['openat'], detachable: true }).mode, 'stops')
  t.is(readTraceOptions({ filter: ['openat'], mode: 'stops' }).mode, 'stops')
  t.is(readTraceOptions({ mode: 'filter' }).mode, 'filter')
  t.is(readAttachOptions({ filter: ['openat'] }).mode, 'stops')
})

test('input makes stdin a pipe', (t) => {
  t.is(readTraceOptions({ input: 'hello' }).stdio[0], 'pipe')
  t.is(readTraceOptions({ input: 'hello', stdin: 'pipe' }).stdio[0], 'pipe')
})

test('inherit is our own descriptor', (t) => {
  t.deepEqual(readTraceOptions({ stdio: 'inherit' }).stdio, [0, 1, 2])
  t.deepEqual(readTraceOptions({ stdio: ['inherit', 'pipe', 7] }).stdio, [0, 'pipe', 7])
  t.deepEqual(readTraceOptions({ stderr: 'inherit' }).stdio, ['ignore', 'pipe', 2])
})

test('signals by name and number', (t) => {
  t.is(readTraceOptions({ killSignal: 'SIGKILL' }).killSignal, 9)
  t.is(readTraceOptions({ killSignal: 'SIGRTMIN' }).killSignal, 32)
  t.is(readTraceOptions({ killSignal: 10 }).killSignal, 10)
})

test('rings are denied where there are rules', (t) => {
  const isRingDenied = (options: TraceOptions) =>
    readTraceOptions(options).rules.some(({ recorded }) => holdsName(recorded, 'io_uring_setup'))
  t.false(isRingDenied({}))
  t.false(isRingDenied({ deny: [], inject: [] }))
  t.true(isRingDenied({ deny: ['connect'] }))
  t.true(isRingDenied({ inject: { syscall: 'fsync', error: 'EIO' } }))
  t.true(isRingDenied({ ioUring: 'deny' }))
  t.false(isRingDenied({ deny: ['connect'], ioUring: 'observe' }))
})

test('what is denied comes first, and rings last', (t) => {
  const { rules } = readTraceOptions({ inject: { syscall: 'fsync', error: 'EIO' }, deny: 'network' })
  t.deepEqual(
    rules.map(({ rule }) => rule.given),
    [
      { network: true },
      { syscall: 'fsync', error: 'EIO' },
      { calls: 'io_uring_setup', error: 'ENOSYS', implied: true },
    ],
  )
})

test('sockets of others can come where a descriptor of ours is one, and to processes that run already', (t) => {
  const usesOfSockets = ({ rules }: Settings) => rules[0]?.calls.has('recvfrom@64')
  t.false(usesOfSockets(readTraceOptions({ deny: 'network' })))
  t.true(usesOfSockets(readTraceOptions({ deny: { network: { except: ['unix'] } } })))
  t.true(usesOfSockets(readAttachOptions({ deny: 'network' })))
})

for (const [options, message] of [
  [{ timeout: '5s' }, "Expected the `timeout` option to be a whole number of milliseconds, at least 0, got '5s'."],
  [{ timeout: -1 }, 'Expected the `timeout` option to be a whole number of milliseconds, at least 0, got -1.'],
  [
    { timeout: Infinity },
    'Expected the `timeout` option to be a whole number of milliseconds, at least 0, got Infinity.',
  ],
  [{ drainMs: 1.5 }, 'Expected the `drainMs` option to be a whole number of milliseconds, at least 0, got 1.5.'],
  [{ follow: 'yes' }, "Expected the `follow` option to be a boolean, got 'yes'."],
  [{ follow: null }, 'Expected the `follow` option to be a boolean, got null.'],
  [{ mode: 'fast' }, "Expected the `mode` option to be 'filter' or 'stops', got 'fast'."],
  [{ until: 'last' }, "Expected the `until` option to be 'first' or 'tree', got 'last'."],
  [{ placement: 1 }, "Expected the `placement` option to be 'auto', 'pinned' or 'free', got 1."],
  [{ cwd: 7 }, 'Expected the `cwd` option to be a path or a file: URL, got 7.'],
  [{ cwd: 'a\0b' }, "Expected the `cwd` option to be a path or a file: URL, got 'a\\x00b'."],
  [{ env: { A: 1 } }, 'Expected the `env` option to be an object of strings, got { A: 1 }.'],
  [{ env: ['A=1'] }, "Expected the `env` option to be an object of strings, got [ 'A=1' ]."],
  [{ env: { 'A=B': '1' } }, "Expected the `env` option to be an object of strings, got { 'A=B': '1' }."],
  [{ uid: -1 }, 'Expected the `uid` option to be an id, at least 0, got -1.'],
  [{ gid: 'root' }, "Expected the `gid` option to be an id, at least 0, got 'root'."],
  [{ groups: 7 }, 'Expected the `groups` option to be an array of ids, at most 65536, got 7.'],
  [{ groups: [7, -1] }, 'Expected the `groups` option to be an array of ids, at most 65536, got [ 7, -1 ].'],
  [{ argv0: 'a\0' }, "Expected the `argv0` option to be a string without null bytes, got 'a\\x00'."],
  [
    { stdout: 'file' },
    "Expected the `stdout` option to be 'pipe', 'ignore', 'inherit' or a file descriptor, got 'file'.",
  ],
  [
    { stdio: ['pipe', 'pipe'] },
    "Expected the `stdio` option to be 'pipe', 'ignore', 'inherit' or a file descriptor, or three of them, got [ 'pipe', 'pipe' ].",
  ],
  [{ stdio: 'pipe', stdin: 'pipe' }, 'Give either the `stdio` option or `stdin`, not both.'],
  [{ input: 5 }, 'Expected the `input` option to be a string or a Uint8Array, got 5.'],
  [{ input: 'x', stdin: 'inherit' }, "The `input` option needs a pipe for stdin, got 'inherit'."],
  [{ encoding: 'utf-32' }, undefined],
  [{ killSignal: 'SIGNOPE' }, "Expected the `killSignal` option to be a signal's name or number, got 'SIGNOPE'."],
  [{ killSignal: 65 }, "Expected the `killSignal` option to be a signal's name or number, got 65."],
  [{ signal: 'SIGTERM' }, "Expected the `signal` option to be an AbortSignal, got 'SIGTERM'."],
  [
    { stringLimit: 2 ** 21 },
    'Expected the `stringLimit` option to be a whole number of bytes, 0 to 1048576, got 2097152.',
  ],
  [{ deny: { calls: 'connect', error: 'ENOPE' } }, "Unknown errno 'ENOPE' in `error` in the `deny` option."],
  [{ deny: { calls: 'connect', error: 'ERESTARTSYS' } }, undefined],
  [{ deny: { calls: 'connect', errno: 1 } }, 'The `deny` option has no `errno`.'],
  [
    { mode: 'filter', detachable: true },
    "The `detachable` option needs mode 'stops': a process under a filter cannot be let go.",
  ],
  [{ fitler: ['openat'] }, 'trace() has no option `fitler`. Did you mean `filter`?'],
  [{ constructor: 1 }, 'trace() has no option `constructor`.'],
] as const) {
  test(`refuses ${JSON.stringify(options)}`, (t) => {
    // What a program without types can pass.
    const error = t.throws(() => readTraceOptions(options as object), {
      instanceOf: SyscopeError,
      code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
    })
    if (message !== undefined) t.is(error?.message, message)
  })
}

test('an unknown call in deny is named as such', (t) => {
  t.throws(() => readTraceOptions({ deny: ['conect'] }), {
    code: 'ERR_SYSCOPE_UNKNOWN_SYSCALL',
    message: "Unknown system call 'conect' in the `deny` option. Did you mean 'connect'?",
  })
})

test('attach() knows nothing of what only a new process can have', (t) => {
  t.throws(() => readAttachOptions({ cwd: '/' } as AttachOptions), { message: 'attach() has no option `cwd`.' })
})

test('options that are undefined are not given', (t) => {
  // Without types, and without exactOptionalPropertyTypes.
  const options = { filter: undefined, timeout: undefined, stdin: undefined } as object
  t.deepEqual(readTraceOptions(options), readTraceOptions({}))
})

test('attached processes are followed until all have ended', (t) => {
  t.is(readAttachOptions({}).until, 'tree')
  t.is(readAttachOptions({ until: 'first' }).until, 'first')
})
