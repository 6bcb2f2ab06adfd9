/** The words of the API, pinned: a change here is a change for every user. Checked by `tsc`; never run. */

import {
  attach,
  trace,
  CommandError,
  diagnose,
  isSupported,
  SyscopeError,
  Unread,
  type Args,
  type EnteringCall,
  type ErrnoName,
  type ErrorCode,
  type ExitEvent,
  type Injected,
  type Interruption,
  type LeakedEvent,
  type Out,
  type PendingEvent,
  type ProcessEvent,
  type Reason,
  type RuleReport,
  type SignalName,
  type Summary,
  type SyscallEvent,
  type SyscallName,
  type Trace,
  type TraceEvent,
  type TraceOptions,
  type TraceResult,
  type UnknownSyscallEvent,
} from '../index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function same<A, B>(..._: Equal<A, B> extends true ? [] : ['not equal', A, B]): void
declare function is<T>(value: T): void

// --- A command and its result

const run = trace('node', ['save.js'])
same<typeof run, Trace<SyscallName, string, string>>()
same<Awaited<typeof run>, TraceResult<SyscallName, string, string>>()
is<Promise<TraceResult>>(run)
is<AsyncIterable<TraceEvent>>(run)
is<AsyncDisposable>(run)
is<number | undefined>(run.pid)
is<NodeJS.WritableStream | undefined>(run.stdin)
is<NodeJS.ReadableStream | undefined>(run.stdout)
is<NodeJS.ReadableStream | undefined>(run.stderr)
same<ReturnType<typeof run.kill>, boolean>()
run.kill()
run.kill('SIGKILL')
run.kill(9)
run.kill({ tree: true })
run.kill({ tree: true, signal: 'SIGINT' })
// @ts-expect-error -- no such signal
run.kill('SIGNOPE')
same<ReturnType<typeof run.detach>, void>()
same<ReturnType<typeof run.stopRecording>, void>()
same<ReturnType<typeof run.ref>, void>()
same<ReturnType<typeof run.unref>, void>()

const result = await run
same<typeof result.exitCode, number | undefined>()
same<typeof result.signal, SignalName | `${number}` | undefined>()
same<typeof result.coreDumped, boolean>()
same<typeof result.stdout, string>()
same<typeof result.stderr, string>()
same<typeof result.complete, boolean>()
same<typeof result.incomplete, readonly Reason[]>()
same<typeof result.mode, 'filter' | 'stops'>()
same<typeof result.fallback, string | undefined>()
same<typeof result.durationMs, number>()
same<typeof result.pid, number>()
same<typeof result.command, string>()
same<typeof result.timedOut, boolean>()
same<typeof result.leaked, readonly LeakedEvent[]>()
same<typeof result.denied, readonly SyscallEvent[]>()
same<typeof result.events, readonly TraceEvent[]>()
same<ReturnType<typeof result.summary>, Summary>()
same<ReturnType<typeof result.text>, string>()
// @ts-expect-error -- results do not change
result.exitCode = 0

// --- Three ways to name the command

same<typeof template, Trace<SyscallName, string, string>>()
const template = trace`git status ${'--short'} ${['a', 'b']} ${5}`
// @ts-expect-error -- an object is no argument
void trace`git status ${{}}`
is<Trace>(trace('ls', [], { filter: ['openat'], stdout: 'ignore' }))
is<TraceResult>(await trace('ls', [], { filter: ['openat'] }))
const only = trace({ filter: ['openat', 'close'], encoding: 'buffer' })
same<typeof bound, Trace<'openat' | 'close', Uint8Array, Uint8Array>>()
const bound = only`git status`
same<ReturnType<typeof rebound>, Trace<'read', Uint8Array, Uint8Array>>()
const rebound = () => only('git', ['status'], { filter: ['read'] })
void trace('git', { cwd: '/' })
void trace(new URL('file:///bin/true'))
// @ts-expect-error -- arguments are an array
void trace('git', 'status')

// --- What went in, and what came back

for (const event of result.events) {
  same<typeof event, TraceEvent>()
  if (event.type === 'syscall' && event.name === 'openat') {
    same<typeof event.name, 'openat'>()
    same<typeof event.args, Args<'openat'>>()
    is<string | Unread | null | undefined>(event.args.pathname)
    is<number>(event.pid + event.tid + event.number)
    is<bigint>(event.endNs - event.startNs)
    same<typeof event.injected, Injected | undefined>()
    same<typeof event.raw.args, readonly [bigint, bigint, bigint, bigint, bigint, bigint]>()
    same<typeof event.raw.result, bigint | undefined>()
    same<typeof event.abi, 'x86_64' | 'i386' | 'x32'>()
    if (event.ok) {
      same<typeof event.returned, number | bigint>()
      same<typeof event.out, Out<'openat'>>()
      same<typeof event.error, undefined>()
    } else {
      same<typeof event.error, ErrnoName | `errno ${number}` | undefined>()
      same<typeof event.interrupted, Interruption | undefined>()
      same<typeof event.unfinished, true | undefined>()
      same<typeof event.out, undefined>()
      same<typeof event.returned, undefined>()
    }
    // @ts-expect-error -- an event does not change
    event.ok = true
  }
}

declare const read: SyscallEvent<'read'>
// @ts-expect-error -- nothing comes back from a call that may have failed
read.out.buf
// @ts-expect-error -- openat has no such argument
type _NoSuchArgument = Args<'openat'>['path']

same<ReturnType<typeof calls>[number], SyscallEvent<'openat'>>()
const calls = () => result.syscalls('openat')
same<ReturnType<typeof twoCalls>[number], SyscallEvent<'openat' | 'close'>>()
const twoCalls = () => result.syscalls('openat', 'close')
same<ReturnType<typeof allCalls>[number], SyscallEvent | UnknownSyscallEvent>()
const allCalls = () => result.syscalls()
// @ts-expect-error -- no such call
result.syscalls('opnat')

// --- Events discriminate by their type

export function describe(event: TraceEvent): unknown {
  switch (event.type) {
    case 'syscall':
      return event.name
    case 'pending':
      // @ts-expect-error -- it has not ended
      return event.endNs
    case 'signal':
      return [event.signal, event.info?.code, event.info?.pid]
    case 'fork':
      return [event.child.pid, event.child.tid, event.how, event.thread]
    case 'exec':
      return [event.program, event.formerTid]
    case 'exit':
      return [event.code, event.signal, event.coreDumped]
    case 'stop':
      return event.signal
    case 'attach':
      return event.threads
    case 'superseded':
      return event.byTid
    case 'gap':
      return event.reason
    case 'continue':
    case 'detach':
    case 'leaked':
      return event.timeNs
    default:
      return event satisfies never
  }
}

// --- Names in the filter narrow the events

const narrowed = await trace('ls', [], { filter: ['openat', '?statx'] })
same<typeof narrowed, TraceResult<'openat' | 'statx', string, string>>()
same<
  (typeof narrowed.events)[number],
  SyscallEvent<'openat' | 'statx'> | PendingEvent<'openat' | 'statx'> | ProcessEvent
>()
// @ts-expect-error -- the filter leaves it out: that there is none would mean nothing
narrowed.syscalls('connect')
same<Awaited<typeof one>, TraceResult<'openat', string, string>>()
const one = trace('ls', [], { filter: 'openat' })
same<typeof wide, Trace<SyscallName, string, string>>()
const wide = trace('ls', [], { filter: ['openat', '%network'] })
void trace('ls', [], { filter: /^get/ })
void trace('ls', [], { filter: ['!read', 257, /^get/, 'openat@64', 'read,write'] })
// @ts-expect-error -- not a set of calls
void trace('ls', [], { filter: [true] })
same<typeof denying, Trace<'openat' | 'connect' | 'io_uring_setup', string, string>>()
const denying = trace('ls', [], { filter: ['openat'], deny: [{ calls: ['connect'], error: 'ENETUNREACH' }] })
same<typeof denyingName, Trace<'openat' | 'connect' | 'io_uring_setup', string, string>>()
const denyingName = trace('ls', [], { filter: ['openat'], deny: 'connect' })
// @ts-expect-error -- no such errno
void trace('ls', [], { deny: { calls: 'connect', error: 'ENOPE' } })
same<typeof denyingAll, Trace<SyscallName, string, string>>()
const denyingAll = trace('ls', [], { filter: ['openat'], deny: 'network' })
same<typeof denyingPath, Trace<SyscallName, string, string>>()
const denyingPath = trace('ls', [], { filter: ['openat'], deny: [{ path: '/etc/' }, { calls: 'unlink' }] })
same<typeof injecting, Trace<'openat' | 'fsync' | 'write' | 'io_uring_setup', string, string>>()
const injecting = trace('ls', [], {
  filter: ['openat'],
  inject: [
    { syscall: 'fsync', path: '**/state.json', nth: 1, error: 'EIO' },
    { syscall: 'write', fd: 1, when: '3..9+2', args: { count: 1 }, delayExit: '20us' },
  ],
})
same<typeof injectingClass, Trace<SyscallName, string, string>>()
const injectingClass = trace('ls', [], { filter: ['openat'], inject: { syscall: '%network', signal: 'SIGKILL' } })
same<typeof result.rules, readonly RuleReport[]>()
void trace('ls', [], { inject: { syscall: 'write', args: { count: { atMost: 512, not: 7 }, fd: { min: 3 } } } })
// @ts-expect-error -- a limit is a number
void trace('ls', [], { inject: { syscall: 'write', args: { count: { atMost: '512' } } } })
// @ts-expect-error -- what is denied is not changed
void trace('ls', [], { deny: { calls: 'write', args: { count: { atMost: 512 } } } })
void trace('ls', [], { deny: { addr: ['10.0.0.0/8', { port: 53 }] } })
// @ts-expect-error -- calls must be named
void trace('ls', [], { inject: { error: 'EIO' } })
// @ts-expect-error -- no such unit
void trace('ls', [], { inject: { syscall: 'read', delayEnter: '5m' } })
// @ts-expect-error -- no such condition
void trace('ls', [], { inject: { syscall: 'read', args: { count: { least: 1 } }, error: 'EIO' } })

same<typeof intercepting, Trace<'openat' | 'connect' | 'io_uring_setup', string, string>>()
const intercepting = trace('ls', [], {
  filter: ['openat'],
  intercept: {
    connect: (call) => {
      same<typeof call, EnteringCall<'connect'>>()
      // @ts-expect-error -- not an argument of connect
      void call.args.pathname
      return call.args.sockfd === 3 ? call.deny('ECONNREFUSED') : undefined
    },
    openat: { exit: async (call) => (call.ok ? call.fail('EIO') : undefined) },
  },
})
// @ts-expect-error -- no such call
void trace('ls', [], { intercept: { opnat: () => undefined } } satisfies TraceOptions)
// @ts-expect-error -- no such errno
void trace('ls', [], { intercept: { openat: (call) => call.deny('ENOPE') } })
// @ts-expect-error -- what a handler returns is a decision
void trace('ls', [], { intercept: { openat: () => 5 } })

// --- Output is what the options make of it

same<Awaited<typeof quiet>, TraceResult<SyscallName, undefined, string>>()
const quiet = trace('ls', [], { stdout: 'ignore' })
same<Awaited<typeof inherited>, TraceResult<SyscallName, undefined, undefined>>()
const inherited = trace('ls', [], { stdio: 'inherit' })
same<Awaited<typeof each>, TraceResult<SyscallName, Uint8Array, undefined>>()
const each = trace('ls', [], { stdio: ['ignore', 'pipe', 2], encoding: 'buffer' })
declare const unknownOptions: TraceOptions
same<Awaited<typeof open>, TraceResult<SyscallName, string | Uint8Array | undefined, string | Uint8Array | undefined>>()
const open = trace('ls', [], unknownOptions)

// --- Events as they happen

for await (const event of trace('ls', [], { filter: ['openat'] })) {
  same<typeof event, TraceEvent<'openat'>>()
}
run.on('openat', (event) => same<typeof event, SyscallEvent<'openat'>>())
run.on('exit', (event) => same<typeof event, ExitEvent>())
run.on('syscall', (event) => same<typeof event, SyscallEvent | UnknownSyscallEvent>())
run.on('event', (event) => same<typeof event, TraceEvent>())
// @ts-expect-error -- neither a call nor a kind of event
run.on('opnat', () => {})
const few = trace('ls', [], { filter: ['openat'] })
few.on('openat', () => {})
few.off('openat', () => {})
// @ts-expect-error -- the filter leaves it out
few.on('close', () => {})

// --- Running processes

same<typeof attached, Trace<'connect', undefined, undefined>>()
const attached = attach(1234, { filter: ['connect'] })
void attach([1, 2])
// @ts-expect-error -- it runs in its own directory
void attach(1234, { cwd: '/' } satisfies Parameters<typeof attach>[1])

// --- Every option

is<TraceOptions>({
  filter: ['openat'],
  follow: true,
  mode: 'filter',
  cwd: '/',
  env: { A: '1', B: undefined },
  extendEnv: false,
  argv0: 'me',
  uid: 0,
  gid: 0,
  stdin: 'ignore',
  stdout: 'pipe',
  stderr: 'inherit',
  input: new Uint8Array(),
  encoding: 'buffer',
  stringLimit: 1024,
  decodeFds: true,
  timeout: 1000,
  killSignal: 'SIGKILL',
  signal: new AbortController().signal,
  reject: true,
  drainMs: 200,
  until: 'tree',
  keep: true,
  backpressure: 'wait',
  deny: ['%network'],
  ioUring: 'deny',
  counting: false,
  placement: 'auto',
  detachable: false,
})
is<TraceOptions>({ mode: 'stops', until: 'first', backpressure: 'spill', ioUring: 'observe', stdio: 'pipe' })
// @ts-expect-error -- no such mode
is<TraceOptions>({ mode: 'fast' })

// --- Errors

is<Error>(new SyscopeError('ERR_SYSCOPE_ENGINE', 'message'))
// @ts-expect-error -- codes are a closed list
void new SyscopeError('ERR_SYSCOPE_NOPE', 'message')
declare const failed: CommandError
is<SyscopeError>(failed)
same<typeof failed.code, ErrorCode & ('ERR_SYSCOPE_COMMAND_FAILED' | 'ERR_SYSCOPE_TIMEOUT' | 'ERR_SYSCOPE_ABORTED')>()
is<TraceResult>(failed.result)
same<typeof failed.exitCode, number | undefined>()
same<typeof failed.shortMessage, string>()
is<{ readonly address: bigint; readonly errno: 'EFAULT' | 'EPERM' }>(new Unread(0n, 'EFAULT'))

// --- Whether it works here

same<ReturnType<typeof isSupported>, boolean>()
is<boolean>(diagnose().isSupported)
is<boolean>(diagnose({ proc: '/proc' }).canAttach)
