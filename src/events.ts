/**
 * What happened in a run, one type per kind of event. They discriminate by `type`, system calls then by `name`, and a
 * call's outcome by `ok`.
 */

import type { Abi } from './args/arg.ts'
import type { Args, Out, SyscallName } from './table/index.ts'
import type { SignalInfo } from './siginfo.ts'
import type { PlainObject } from './json.ts'
import type { ErrnoName } from './names.ts'
import type { Injected } from './rules/options.ts'
import type { TextEvent } from './text/source.ts'

/** What every event has. */
interface Event extends TextEvent {
  /** The process (thread group) that it happened in. */
  readonly pid: number
  /** The thread. */
  readonly tid: number
  /** One line as strace writes it, without process id and line end. */
  toString(): string
  /** Plain data: 64-bit values as decimal strings, bytes as text or base64. */
  toJSON(): PlainObject
}

/** The call as the kernel saw it. */
export interface RawCall {
  /** All six words, also where the call takes fewer arguments. */
  readonly args: readonly [bigint, bigint, bigint, bigint, bigint, bigint]
  /** Negative errno where the call failed; absent where it did not end. */
  readonly result: bigint | undefined
  /** Address of the instruction after the system call. */
  readonly instructionPointer: bigint
}

/** What every system call has, completed or not. */
interface Call<Name extends string, In> extends Event {
  /** As in the manual; `syscall_0x1f4` for a number that no table knows. */
  readonly name: Name
  /** Number of the call in its ABI. */
  readonly number: number
  /** How it was entered: a 64-bit program can make i386 calls with `int 0x80`. */
  readonly abi: Abi
  /** What went in, by the names that `strace -N` prints. Decoded when it is read. */
  readonly args: In
  /** CLOCK_MONOTONIC at syscall-entry. */
  readonly startNs: bigint
  /** The numbers behind `args` and the result. */
  readonly raw: RawCall
}

/** The kernel's way of saying that a signal came first, and how the call goes on. */
export interface Interruption {
  /**
   * When the call starts again: `ERESTARTNOINTR` always; `ERESTARTSYS` unless a handler ran that was set without SA_RESTART;
   * `ERESTARTNOHAND` unless a handler ran; `ERESTART_RESTARTBLOCK` the same, as a call of restart_syscall. Else it fails with EINTR.
   */
  readonly kind: 'ERESTARTSYS' | 'ERESTARTNOINTR' | 'ERESTARTNOHAND' | 'ERESTART_RESTARTBLOCK'
}

/** What a call has that is over. */
interface Completed {
  readonly type: 'syscall'
  /** CLOCK_MONOTONIC at syscall-exit. */
  readonly endNs: bigint
  /** Time of the process on a processor in the kernel (`ru_stime`) from entry to exit, other threads' included; at most 4.29 s. */
  readonly systemNs: number
  /** A rule of `deny` or `inject`, or a handler, acted on the call. */
  readonly injected?: Injected
  /** The call that this `restart_syscall` goes on with. */
  readonly resumes?: string
}

/** A call that succeeded. */
interface Succeeded<Back> {
  readonly ok: true
  /** What came back through pointers, by name. */
  readonly out: Back
  /** A bigint only past 2^53. */
  readonly returned: number | bigint
  readonly error?: undefined
  readonly interrupted?: undefined
  readonly unfinished?: undefined
}

/** A call that failed, was interrupted, or did not end. */
interface NotSucceeded {
  readonly ok: false
  readonly out?: undefined
  readonly returned?: undefined
  /** Name of the errno. Absent where the call was interrupted or did not end. */
  readonly error?: ErrnoName | `errno ${number}`
  /** A signal came first; the kernel starts the call again or not, which is no failure of the call. */
  readonly interrupted?: Interruption
  /** The thread ended, or was let go, inside the call. */
  readonly unfinished?: true
}

/** How a call ended; `ok` tells. */
type Outcome<Back> = Succeeded<Back> | NotSucceeded

/**
 * A completed system call.
 * @example
 * if (event.type === 'syscall' && event.name === 'openat' && event.ok) console.log(event.args.pathname, event.returned)
 */
export type SyscallEvent<N extends SyscallName = SyscallName> = {
  readonly [K in N]: Call<K, Args<K>> & Completed & Outcome<Out<K>>
}[N]

/** A call whose number the table does not know; its six words are in `raw.args`. */
export type UnknownSyscallEvent = Call<`syscall_0x${string}`, Record<string, never>> &
  Completed &
  Outcome<Record<string, never>>

/** A call that has begun and has not ended yet. Its `SyscallEvent` follows. */
export type PendingEvent<N extends SyscallName = SyscallName> = {
  readonly [K in N]: Call<K, Args<K>> & { readonly type: 'pending' }
}[N]

/** What every event has that is no system call. */
interface Moment<T extends string> extends Event {
  readonly type: T
  /** CLOCK_MONOTONIC. */
  readonly timeNs: bigint
}

/**
 * A signal was about to be delivered.
 * @example
 * if (event.type === 'signal' && event.signal === 'SIGSEGV') console.log(event.info?.address)
 */
export interface SignalEvent extends Moment<'signal'> {
  /** `SIGTERM`; real-time signals are `SIGRT_1`, …. */
  readonly signal: string
  /** Who sent it, and why; absent where the kernel did not say. */
  readonly info?: SignalInfo
}

/** A process or thread began. */
export interface ForkEvent extends Moment<'fork'> {
  /** Its process and its thread: the same number for a new process. */
  readonly child: { readonly pid: number; readonly tid: number }
  /** As the kernel tells it, whichever call was made: by its exit signal and by whether the parent waits. */
  readonly how: 'fork' | 'vfork' | 'clone'
  /** The child is a thread of the same process. */
  readonly thread: boolean
}

/** A process became another program. */
export interface ExecEvent extends Moment<'exec'> {
  /** Path of the program, as /proc/PID/exe has it: of a script its interpreter. Empty where that could not be read. */
  readonly program: string
  /** The thread id that the calling thread had before; it is `pid` from now on. */
  readonly formerTid: number
}

/** A thread ended. A process ends with the last of its threads. */
export interface ExitEvent extends Moment<'exit'> {
  /** Exit status; absent if a signal ended it. */
  readonly code?: number
  /** The signal that ended it. */
  readonly signal?: string
  readonly coreDumped: boolean
}

/** A process was stopped (job control). */
export interface StopEvent extends Moment<'stop'> {
  /** The signal that stopped it. */
  readonly signal: string
}

/** A stopped process goes on. */
export interface ContinueEvent extends Moment<'continue'> {}

/** Tracing of a running process began. */
export interface AttachEvent extends Moment<'attach'> {
  /** How many it has. */
  readonly threads: number
}

/** A process was let go and runs on. */
export interface DetachEvent extends Moment<'detach'> {}

/** A thread that is not the leader called execve: it becomes the leader, and the thread that was the leader ends. */
export interface SupersededEvent extends Moment<'superseded'> {
  /** The thread that made the call. */
  readonly byTid: number
}

/** Why a run is not complete. */
export type Reason =
  /** Operations went through an io_uring, for which no system calls are made. */
  | 'io_uring'
  /** A process or thread was gone, and the kernel did not report its end. */
  | 'lost-tracee'
  /** A child could not be followed. */
  | 'untraced-child'
  /** Memory of a process may not be read, so that arguments are missing. */
  | 'denied-read'
  /** The tracer met a state that should not be: a fault of syscope. */
  | 'internal'
  /** Processes were let go before their end. */
  | 'detached'
  /** The entry and the exit of a call did not meet. */
  | 'resync'
  /** Recording was stopped, by `stopRecording()` or by a rule. */
  | 'recording-stopped'
  /** A program has a seccomp filter of its own, which may answer calls before they are seen. */
  | 'own-filter'
  /** A condition of a rule could not be looked at, so that the rule may have missed a call. */
  | 'rule-unread'
  /** A rule could not do what it asks for. */
  | 'rule-failed'
  /** A reason that this version does not know. */
  | 'unknown'

/** Something was not seen. */
export interface GapEvent extends Moment<'gap'> {
  readonly reason: Reason
  /** A number that says more to a maintainer. */
  readonly detail: number
}

/** A process was still there when the run was over, and was killed then. */
export interface LeakedEvent extends Moment<'leaked'> {}

/** Every event that is not a system call. */
export type ProcessEvent =
  | SignalEvent
  | ForkEvent
  | ExecEvent
  | ExitEvent
  | StopEvent
  | ContinueEvent
  | AttachEvent
  | DetachEvent
  | SupersededEvent
  | GapEvent
  | LeakedEvent

/** Every completed call; those without a name of the table only where the filter names none. */
export type CompletedCall<N extends SyscallName = SyscallName> =
  | SyscallEvent<N>
  | (SyscallName extends N ? UnknownSyscallEvent : never)

/**
 * The calls among `N`. Types that options lead to have no constraint on `N`: checking one for options that are not known yet
 * takes the compiler half a minute.
 */
export type Known<N> = Extract<N, SyscallName>

/**
 * What `for await` gives and `result.events` holds; `N` are the calls that the filter names.
 * @example
 * switch (event.type) {
 *   case 'syscall': return event.name
 *   case 'exit': return event.code
 * }
 */
export type TraceEvent<N extends SyscallName = SyscallName> = CompletedCall<N> | PendingEvent<N> | ProcessEvent
