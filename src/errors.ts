/** What went wrong. Codes never change their meaning; messages may. */
export type ErrorCode =
  /** The process may not be attached to: it is another user's, or the system forbids it. The message says what, and how to lift it. */
  | 'ERR_SYSCOPE_ATTACH_DENIED'
  /** The process has a tracer, and can have one only. */
  | 'ERR_SYSCOPE_ALREADY_TRACED'
  /** There is no process of this id, or it has ended. */
  | 'ERR_SYSCOPE_NO_SUCH_PROCESS'
  /** The process to attach to is this one. */
  | 'ERR_SYSCOPE_OWN_PROCESS'
  /** The process to attach to is a child of this one: `trace()` has to start it. */
  | 'ERR_SYSCOPE_OWN_CHILD'
  /** There is no such command, or it names an interpreter or loader that is not there. */
  | 'ERR_SYSCOPE_COMMAND_NOT_FOUND'
  /** The command's file may not be executed, or is no program. */
  | 'ERR_SYSCOPE_COMMAND_NOT_EXECUTABLE'
  /** The option `cwd` (of `faults()` also `fixture`) is no directory, or one that cannot be entered. */
  | 'ERR_SYSCOPE_BAD_CWD'
  /** The command could not be started for another reason: its `uid`, `gid` or `groups`, the length of its arguments, a lack of memory. */
  | 'ERR_SYSCOPE_SPAWN_FAILED'
  /** The system lets no command be traced. `diagnose()` says what forbids it, and how to lift it. */
  | 'ERR_SYSCOPE_PTRACE_DENIED'
  /** An argument or option is not what it has to be. Of `saveTrace()` also a file that cannot be written. */
  | 'ERR_SYSCOPE_INVALID_ARGUMENT'
  /** No system call has this name or number. */
  | 'ERR_SYSCOPE_UNKNOWN_SYSCALL'
  /** No class of system calls has this name. */
  | 'ERR_SYSCOPE_UNKNOWN_CLASS'
  /** This is not Linux on x86_64. */
  | 'ERR_SYSCOPE_UNSUPPORTED_PLATFORM'
  /** The kernel is older than Linux 5.3. */
  | 'ERR_SYSCOPE_UNSUPPORTED_KERNEL'
  /** The native addon is not installed, does not fit this system's C library, or is of another version than the package. */
  | 'ERR_SYSCOPE_NATIVE_MISSING'
  /** `detach()` in mode `'filter'`: without a tracer the calls of a process under a filter would fail. */
  | 'ERR_SYSCOPE_FILTER_HOLDS_TRACEE'
  /** The option `timeout` ended the run, and `reject` is on. Of `removals()`: the command did not end in time under the whole profile. */
  | 'ERR_SYSCOPE_TIMEOUT'
  /** A handler did not decide within `handlerTimeout`. */
  | 'ERR_SYSCOPE_HANDLER_TIMEOUT'
  /** The option `signal` ended the run, or was aborted before it began. */
  | 'ERR_SYSCOPE_ABORTED'
  /** The command failed or was killed, and `reject` is on. Of `faults()`: a clean run failed. */
  | 'ERR_SYSCOPE_COMMAND_FAILED'
  /** A policy cannot be read, or is not of the format. */
  | 'ERR_SYSCOPE_BAD_POLICY'
  /** A saved trace cannot be read, is damaged, or is of another version. */
  | 'ERR_SYSCOPE_BAD_TRACE'
  /** The engine cannot enforce these rules. */
  | 'ERR_SYSCOPE_RULE_UNENFORCEABLE'
  /** What was asked for was not recorded: the filter left out calls, or events were not kept. That there is nothing would mean nothing. */
  | 'ERR_SYSCOPE_NOT_RECORDED'
  /** The run missed something (`run.incomplete` says why), so that what was not seen may have happened all the same. */
  | 'ERR_SYSCOPE_INCOMPLETE'
  /** `node()` of a profile, where a run's command was not Node. */
  | 'ERR_SYSCOPE_NOT_NODE'
  /** `traceSelf()` inside `traceSelf()`: it would wait for itself. */
  | 'ERR_SYSCOPE_NESTED'
  /** The helper of `traceSelf()` ended before its time. */
  | 'ERR_SYSCOPE_HELPER_LOST'
  /** The tracer itself failed, or the kernel refused its filter: mode `'stops'` needs none. */
  | 'ERR_SYSCOPE_ENGINE'

export interface SyscopeErrorDetails {
  readonly operation?: string
  readonly errno?: string
  readonly pid?: number
  readonly cause?: unknown
}

/**
 * Thrown by every function that fails; what returns a promise rejects with it.
 * @example
 * catch (error) {
 *   if (error instanceof SyscopeError && error.code === 'ERR_SYSCOPE_COMMAND_NOT_FOUND') return undefined
 *   throw error
 * }
 */
export class SyscopeError extends Error {
  override readonly name = 'SyscopeError'
  /** Which kind of failure: for programs. */
  readonly code: ErrorCode
  /** The engine request that failed, e.g. `PTRACE_SEIZE`; absent if none was made. */
  declare readonly operation?: string
  /** Name of the errno behind it, e.g. `EPERM`. */
  declare readonly errno?: string
  /** The process that it is about. */
  declare readonly pid?: number

  /** @internal */
  constructor(code: ErrorCode, message: string, details: SyscopeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    if (details.operation !== undefined) this.operation = details.operation
    if (details.errno !== undefined) this.errno = details.errno
    if (details.pid !== undefined) this.pid = details.pid
  }
}
