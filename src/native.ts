/**
 * The only module that imports the native addon. The addon converts; it knows no system call and no option of ours.
 * Bytes cross, never objects per event.
 */
import { helper, load } from '#native'
import { SyscopeError } from './errors.ts'
import { RECORD_VERSION } from './record/layout.ts'

/** How the tracee's descriptor 0, 1 or 2 is made: a descriptor of this process, a new pipe, or /dev/null. */
export type NativeStdio = number | 'pipe' | 'ignore'

export interface NativeCommand {
  /** Paths to try in order, as execvp(3) would. */
  readonly candidates: readonly Uint8Array[]
  readonly argv: readonly Uint8Array[]
  /** `NAME=value` entries. */
  readonly env: readonly Uint8Array[]
  readonly cwd?: Uint8Array
  readonly uid?: number
  readonly gid?: number
  /** Without this, `gid` drops all supplementary groups. */
  readonly groups?: readonly number[]
  readonly stdio: readonly [NativeStdio, NativeStdio, NativeStdio]
  /** Further descriptors of this process that the command keeps, under the same numbers. */
  readonly kept?: readonly number[]
}

/** Where a process stands that is nobody's child. */
export type NativePlace = 'group' | 'own-group' | 'own-session'

export interface NativeConfig {
  readonly command?: NativeCommand
  /** Process ids to attach to, each with all its threads. */
  readonly attach?: readonly number[]
  readonly plan: Uint8Array
  readonly rules?: Uint8Array
  readonly follow: boolean
  /** `auto`: filter where a filter can be used, else stops. */
  readonly mode: 'auto' | 'filter' | 'stops'
  readonly until: 'first' | 'tree'
  readonly drainMs: number
  readonly memoryBytes: number
  readonly backpressure: 'spill' | 'wait'
  readonly placement: 'auto' | 'pinned' | 'free'
  /** Count calls inside the engine and write no call records. */
  readonly counting: boolean
  /** How long a handler may take to decide, and what happens then. */
  readonly handlerTimeoutMs?: number
  readonly unanswered?: 'kill' | 'continue' | 'detach'
}

export type NativeEnd = {
  /** Status of the first process; absent when it was not seen to end (detached). */
  readonly exitCode?: number
  readonly signal?: number
  readonly coreDumped: boolean
  readonly mode: 'filter' | 'stops'
  /** Why `filter` fell back to `stops`, if it did. */
  readonly fallback?: string
  /** Bit n set: gap reason n happened (see record layout). */
  readonly incomplete: number
  /** Every rule, by id. */
  readonly rules: readonly NativeRuleEnd[]
  /** Calls that no handler has decided in time. */
  readonly unanswered: number
  /** Set when the tracer itself failed. */
  readonly failure?: NativeFailure
}

/** How a rule was enforced. */
export interface NativeRuleEnd {
  readonly id: number
  /** The kernel's filter answers alone; it stops only calls that may match; every such call stops. */
  readonly how: 'kernel' | 'filter' | 'stops'
  /** Calls that it acted on. */
  readonly acted: number
  /** Calls that it could not be decided about. */
  readonly unread: number
}

/** What a failed start (thrown, as `error.failure`) or a failed run says. */
export interface NativeFailure {
  /** Stable word: helper | helper-lost | spawn | exec | chdir | stdio | setuid | setgid | setgroups | seize | filter | plan | rules | kernel | thread | internal | already-traced | gone | denied | self | own-child | config | host */
  readonly step: string
  readonly errno: number
  readonly pid?: number
  readonly operation?: string
  readonly message: string
}

export interface NativeSession {
  /** Process id of the command, or the first one attached to. */
  readonly pid: number
  /** This side's descriptors of the pipes asked for, −1 where none was. */
  readonly stdio: readonly [number, number, number]
  /** Whether somebody waits for records: while true, `onWake` is called within 20 ms of an event. */
  setConsuming(consuming: boolean): void
  /** The next chunk of whole records, oldest first; `null` when none is ready. */
  take(): Uint8Array | null
  /** Counting mode: the table of counts as bytes (layout: src/record/counts.ts). */
  counts(): Uint8Array
  /** The oldest call that a handler is asked about: one record, PENDING at its entry and SYSCALL at its exit. */
  takeQuestion(): Uint8Array | null
  /** Decides a call, told by the ENTRY_SEQ of its question, with actions as src/rules/actions.ts writes them. */
  decide(question: number, actions: Uint8Array): boolean
  /** Sends `signal` to the first process, or to every live tracee process. Returns whether anyone was there. */
  kill(signal: number, tree: boolean): boolean
  /** Lets every tracee go; attached ones run on. Refused (false) in filter mode. */
  detach(): boolean
  /** Ends all records while staying attached. */
  stopRecording(): void
  /** The end of the run, once it is over and all records can be taken. */
  end(): NativeEnd | null
  /** Kills what was started, lets go what was attached, and forgets the records. */
  abandon(): void
}

export interface NativeSelfConfig {
  /** Path of the helper's program. */
  readonly helper: string
  /** All threads of this process, those to come included; else the calling one. */
  readonly allThreads: boolean
  readonly plan: Uint8Array
  readonly rules?: Uint8Array
}

export interface NativeSelfEnd {
  readonly incomplete: number
  readonly rules: readonly NativeRuleEnd[]
  /** What kept this process from being traced, or from being traced to the end. */
  readonly failure?: NativeFailure
}

/** The tracing of this process by a helper. */
export interface NativeSelf {
  /** `waiting` for its turn, or for the helper; `attached`: every call is seen; `over`: nobody is traced, and the helper is gone. */
  readonly stage: 'waiting' | 'attached' | 'over'
  /** Has this process let go; `onStage` tells when it is. */
  finish(): void
  /** Once over: the next chunk of whole records, oldest first; `null` when none is left. */
  take(): Uint8Array | null
  /** Once over. */
  end(): NativeSelfEnd | null
  /** Ends it and forgets the records. */
  abandon(): void
}

export interface Native {
  /** Throws an Error with `failure: NativeFailure` (as JSON in `message`) when nothing could be started; nothing is left behind then. */
  start(config: NativeConfig, onWake: () => void): NativeSession
  /**
   * Starts `tracer` as nobody's child, waits until it has written a zero byte to its descriptor 0, which is a pipe, and turns this
   * process into `command`. Returns only where the tracer has ended before; throws as `start`.
   */
  turnInto(command: NativeCommand, tracer: NativeCommand, place: NativePlace): void
  /** Begins to trace this process, as soon as no other call of this does. Keeps the event loop alive until it is over. */
  startSelf(config: NativeSelfConfig, onStage: () => void): NativeSelf
  /** CLOCK_MONOTONIC, the clock of records. */
  monotonicNs(): bigint
  /** Record layout version of this addon. */
  readonly RECORD_VERSION: number
}

let native: Native | undefined

/**
 * The addon, loaded at the first call, so that importing syscope works on every platform.
 *
 * Throws a SyscopeError: `ERR_SYSCOPE_UNSUPPORTED_PLATFORM` off Linux x64, `ERR_SYSCOPE_NATIVE_MISSING` where the
 * platform package is missing, does not fit this system's libc, or is of another version than this package.
 */
export function loadNative(): Native {
  native ??= matching(loadAddon())
  return native
}

/** The program that `startSelf` starts, which comes with the addon. Throws as `loadNative` does. */
export function helperPath(): string {
  loadNative()
  return helper()
}

function loadAddon(): Native {
  try {
    // The cast is the seam: crates/node implements this interface.
    return load() as Native
  } catch (error) {
    if (!isLoadFailure(error)) throw error
    const code =
      error.code === 'ERR_SYSCOPE_UNSUPPORTED_PLATFORM'
        ? 'ERR_SYSCOPE_UNSUPPORTED_PLATFORM'
        : 'ERR_SYSCOPE_NATIVE_MISSING'
    throw new SyscopeError(code, error.message, { cause: error.cause })
  }
}

/** By shape: jest runs modules in a realm of its own, where an error of Node's is no `instanceof Error`. */
function isLoadFailure(error: unknown): error is { code: string; message: string; cause?: unknown } {
  return typeof error === 'object' && error !== null && 'code' in error && 'message' in error
}

function matching(addon: Native): Native {
  if (addon.RECORD_VERSION === RECORD_VERSION) return addon
  const message = `syscope's native addon writes records of version ${addon.RECORD_VERSION} and this package reads version ${RECORD_VERSION}: reinstall syscope so that both are of one version.`
  throw new SyscopeError('ERR_SYSCOPE_NATIVE_MISSING', message)
}
