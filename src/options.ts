/** The options of `trace()` and `attach()`, and the types that follow from them. */

import type { FdDecoding, PidDecoding } from './args/arg.ts'
import type { Filter, NamesIn } from './filter.ts'
import type { Intercept } from './intercept/options.ts'
import type { Topic } from './observe.ts'
import type { SignalName } from './names.ts'
import type { DenyOption, InjectRule } from './rules/options.ts'
import type { SyscallName } from './table/index.ts'

/** What a descriptor of the command is: a pipe to this process, /dev/null, the same of this process, or one of its others by number. */
export type StdioOption = 'pipe' | 'ignore' | 'inherit' | number

/** How output is decoded. */
export type TextEncoding = 'utf8' | 'utf16le' | 'latin1' | 'ascii' | 'hex' | 'base64' | 'base64url'

/** Options that both `trace()` and `attach()` know. */
export interface RecordOptions {
  /**
   * Calls to record, as `strace -e trace=` writes them: names, `%file`, `/^get/`, regular expressions, numbers, `!name` for all
   * but that one, `?name` for one that may not exist. Names also narrow the type of the events.
   * @default 'all'
   */
  readonly filter?: Filter

  /**
   * What will be asked of the run, by the names of the result's properties: records the calls that these questions and their matchers
   * need, beside those of `filter`, and nothing else; and sets `decodeFds` (of sockets their addresses, too) and `ioUring: 'deny'` unless they are given.
   * @example
   * const run = await trace('npm', ['test'], { observe: ['files', 'network'] })
   * run.files.with('write')
   */
  readonly observe?: Topic | readonly Topic[]

  /**
   * Trace the processes and threads that the command starts. Rules and handlers are for traced processes only: `deny` needs this, and
   * without it those of `inject` and `intercept` are for the command itself, and reach nothing that it starts.
   * @default true
   */
  readonly follow?: boolean

  /**
   * Calls that fail without being run: calls in the words of `filter`, `'network'` for all ways to it, or rules with conditions. Rules
   * are tried in order, and before those of `inject`. A denied call is recorded whatever `filter` says.
   * @example
   * { deny: 'network' }
   * { deny: { network: { except: ['unix', 'netlink', 'loopback'] } } }
   * { deny: [{ path: '/etc/' }, { calls: 'unlink,unlinkat', error: 'EACCES' }] }
   * @default []
   */
  readonly deny?: DenyOption

  /**
   * Calls that are changed: made to fail or to return something else, with other arguments or memory, later, or with a signal. Rules
   * are tried in order, and the first that matches acts. Calls that a rule acted on are recorded whatever `filter` says.
   * @example
   * { inject: { syscall: 'fsync', path: '**\/state.json', nth: 1, error: 'EIO' } }
   * { inject: [{ syscall: 'write', fd: 1, when: '3..9+2', args: { count: { atMost: 1 } } }] } // short writes
   * @default []
   */
  readonly inject?: InjectRule | readonly InjectRule[]

  /**
   * Handlers that decide about calls, by name or other words of `filter`: before a call runs, when it has run, or both. The thread
   * that makes the call waits for them, no other does. They come after the rules of `deny` and `inject`.
   * @example
   * {
   *   intercept: {
   *     connect(call) {
   *       const { addr } = call.args
   *       if (addr && 'sin_port' in addr && addr.sin_port !== 443) return call.deny('ECONNREFUSED')
   *     },
   *   },
   * }
   * @default {}
   */
  readonly intercept?: Intercept

  /**
   * Milliseconds that a handler may take to decide; see `onHandlerFailure`. 0: no limit.
   * @default 5000
   */
  readonly handlerTimeout?: number

  /**
   * What happens where a handler throws, or does not decide in time: `'kill'` ends all processes, and the run rejects with what the
   * handler has thrown, or with ERR_SYSCOPE_HANDLER_TIMEOUT; `'continue'` lets the call go on, and the run rejects only with what a
   * handler has thrown.
   * @default 'kill'; with `attach()` the run rejects in the same way, and the processes are let go
   */
  readonly onHandlerFailure?: 'kill' | 'continue'

  /**
   * `'observe'` watches rings for operations that no system call shows, and calls the run incomplete if it sees any. `'deny'`
   * makes io_uring_setup fail with ENOSYS, so that programs fall back to calls that are seen: the one case in which a program runs
   * differently.
   * @default 'deny' with `deny`, `inject`, `intercept` or `observe`, else 'observe'
   */
  readonly ioUring?: 'observe' | 'deny'

  /**
   * Most bytes that are copied of a buffer or string. Paths are always whole.
   * @default 1024
   */
  readonly stringLimit?: number

  /**
   * Record what is behind each file descriptor, as it was at the call, for text and for `touches()`: `true` its path; `'all'` also
   * addresses of sockets, numbers of devices, and what an eventfd, pidfd or signalfd is for; or some of that.
   * @default false, but true with `observe`
   */
  readonly decodeFds?: FdDecoding

  /**
   * Record what is known of each process in arguments and results, as it was at the call, for text: `true` its name, and that of the
   * calling thread; `['pidns']` its number in our PID namespace, where that is another; `'all'` both.
   * @default false
   */
  readonly decodePids?: PidDecoding

  /**
   * After this many milliseconds `killSignal` is sent to all processes of the run, and SIGKILL 5 seconds later; attached processes
   * are let go instead. The result has `timedOut: true`. 0: no limit.
   * @default 0
   */
  readonly timeout?: number

  /** Ends the run as `timeout` does when it is aborted; the run rejects with ERR_SYSCOPE_ABORTED. */
  readonly signal?: AbortSignal

  /**
   * Signal of `kill()`, `timeout` and `signal`.
   * @default 'SIGTERM'
   */
  readonly killSignal?: SignalName | number

  /**
   * `'first'`: the run ends when the first process has ended, and `drainMs` later at most. `'tree'`: when every process has.
   * @default 'first' for a command, 'tree' for attached processes
   */
  readonly until?: 'first' | 'tree'

  /**
   * Milliseconds that processes may go on after the first one has ended. Who is still there then is recorded as leaked and killed.
   * @default 200
   */
  readonly drainMs?: number

  /**
   * Keep the events for the result.
   * @default true, but false with `for await`
   */
  readonly keep?: boolean

  /**
   * What happens when events come faster than they are read: `'spill'` puts them into a temporary file, `'wait'` lets the traced
   * processes wait.
   * @default 'spill'
   */
  readonly backpressure?: 'spill' | 'wait'

  /**
   * Only count: `summary()` works, and no system call is recorded. Much faster than recording.
   * @default false
   */
  readonly counting?: boolean

  /**
   * Whether tracer and traced processes share one processor, which makes stops cheap. `'auto'` does while one thread is busy.
   * @default 'auto'
   */
  readonly placement?: 'auto' | 'pinned' | 'free'
}

/** What `trace()` is told. */
export interface TraceOptions extends RecordOptions {
  /**
   * How calls are intercepted: `'filter'` lets the kernel stop the program only at calls that `filter` wants, `'stops'` stops it at
   * every call. The result has the mode that was used.
   * @default 'filter' with `filter` or `observe` and without `detachable`, if the kernel allows it; else 'stops'
   */
  readonly mode?: 'filter' | 'stops'

  /**
   * Make `detach()` possible, which needs mode `'stops'`.
   * @default false
   */
  readonly detachable?: boolean

  /**
   * Directory that the command runs in.
   * @default process.cwd()
   */
  readonly cwd?: string | URL

  /**
   * Environment variables, added to ours; `undefined` takes one away.
   * @default process.env
   */
  readonly env?: Readonly<Record<string, string | undefined>>

  /**
   * Start from our environment variables. If false, the command has those of `env` only.
   * @default true
   */
  readonly extendEnv?: boolean

  /**
   * Look the command up in node_modules/.bin of `cwd` and the directories above it first, and let the command's own PATH begin with
   * them.
   * @default false
   */
  readonly preferLocal?: boolean

  /**
   * Let a shell run the command, `/bin/sh` or the one given: pipes, globs and variables work. The command takes no arguments then,
   * and values in a template are quoted.
   * @default false
   */
  readonly shell?: boolean | string

  /**
   * What the command sees as its own name.
   * @default the command
   */
  readonly argv0?: string

  /**
   * User id to run as.
   * @default that of this process
   */
  readonly uid?: number

  /**
   * Group id to run as.
   * @default that of this process
   */
  readonly gid?: number

  /**
   * Ids of the supplementary groups to run with.
   * @default none with `gid`, else those of this process
   */
  readonly groups?: readonly number[]

  /**
   * The command's standard input.
   * @default 'ignore', but 'pipe' with `input`
   */
  readonly stdin?: StdioOption

  /**
   * The command's standard output. Only that of a pipe is in the result.
   * @default 'pipe'
   */
  readonly stdout?: StdioOption

  /**
   * The command's standard error. Only that of a pipe is in the result.
   * @default 'pipe'
   */
  readonly stderr?: StdioOption

  /** `stdin`, `stdout` and `stderr` at once: one for all, or one each. Excludes those options. */
  readonly stdio?: StdioOption | readonly [StdioOption, StdioOption, StdioOption]

  /**
   * Descriptors of this process, from 3 on, that the command keeps under the same numbers. All others are closed.
   * @default []
   */
  readonly inheritFds?: readonly number[]

  /** Written to the command's standard input, which ends then. */
  readonly input?: string | Uint8Array

  /**
   * What the output in the result is decoded with; `'buffer'` for bytes.
   * @default 'utf8'
   */
  readonly encoding?: TextEncoding | 'buffer'

  /**
   * Reject with a `CommandError` instead of resolving: ERR_SYSCOPE_COMMAND_FAILED if the command fails or is killed,
   * ERR_SYSCOPE_TIMEOUT if `timeout` ended it. The error has the properties of the result.
   * @default false
   */
  readonly reject?: boolean
}

/** What `attach()` is told. Running processes are stopped at every call (mode `'stops'`), and keep their own surroundings. */
export interface AttachOptions extends RecordOptions {}

// Conditions on the whole options, not look-ups in them: while `O` is still to be inferred, the compiler would go through every
// filter that there can be.

type FilterOf<O> = O extends { readonly observe: Topic | readonly Topic[] }
  ? SyscallName
  : O extends { readonly filter: infer F }
    ? NamesIn<F>
    : SyscallName
type DeniedOf<O> = O extends { readonly deny: infer D } ? DeniedBy<D> | 'io_uring_setup' : never
// Rules of conditions alone, and those for the network, name no calls: every name then.
type DeniedBy<D> = D extends { readonly calls: infer C }
  ? NamesIn<C>
  : D extends readonly { readonly calls: infer C }[]
    ? NamesIn<C>
    : NamesIn<D>
type InjectedOf<O> = O extends { readonly inject: infer I } ? InjectedBy<I> | 'io_uring_setup' : never
type InjectedBy<I> = I extends { readonly syscall: infer S }
  ? NamesIn<S>
  : I extends readonly { readonly syscall: infer S }[]
    ? NamesIn<S>
    : SyscallName
type InterceptedOf<O> = O extends { readonly intercept: infer I } ? InterceptedBy<keyof I> | 'io_uring_setup' : never
// Keys that mean several calls: every name then.
type InterceptedBy<Key> = [Key] extends [SyscallName] ? Key : SyscallName
type RingOf<O> = O extends { readonly ioUring: 'deny' } ? 'io_uring_setup' : never

/** The calls that a run with these options can record. */
export type NamesOf<O> = FilterOf<O> | DeniedOf<O> | InjectedOf<O> | InterceptedOf<O> | RingOf<O>

/** The type of an option that was given, `Default` where it was not, both where that is not known. */
type OptionOf<O, Key extends string, Default> = Key extends keyof O
  ? Exclude<O[Key], undefined> | (undefined extends O[Key] ? Default : never)
  : Default

type Encoded<Encoding> = Encoding extends 'buffer' ? Uint8Array : string
type Piped<Stdio, Output> = Stdio extends 'pipe' ? Output : undefined
type StdioAt<Stdio, At extends 1 | 2> = Stdio extends readonly StdioOption[] ? Stdio[At] : Stdio
type OutputOf<O> = Encoded<OptionOf<O, 'encoding', 'utf8'>>

/** What `result.stdout` and `result.stderr` are: `undefined` unless they are pipes. */
export type StdoutOf<O> = Piped<StdioAt<OptionOf<O, 'stdio', OptionOf<O, 'stdout', 'pipe'>>, 1>, OutputOf<O>>
export type StderrOf<O> = Piped<StdioAt<OptionOf<O, 'stdio', OptionOf<O, 'stderr', 'pipe'>>, 2>, OutputOf<O>>
