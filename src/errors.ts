/** Codes are API and never change meaning; messages may. */
export type ErrorCode =
  | 'ERR_SYSCOPE_ATTACH_DENIED'
  | 'ERR_SYSCOPE_ALREADY_TRACED'
  | 'ERR_SYSCOPE_NO_SUCH_PROCESS'
  | 'ERR_SYSCOPE_OWN_PROCESS'
  | 'ERR_SYSCOPE_OWN_CHILD'
  | 'ERR_SYSCOPE_COMMAND_NOT_FOUND'
  | 'ERR_SYSCOPE_COMMAND_NOT_EXECUTABLE'
  | 'ERR_SYSCOPE_BAD_CWD'
  | 'ERR_SYSCOPE_SPAWN_FAILED'
  | 'ERR_SYSCOPE_PTRACE_DENIED'
  | 'ERR_SYSCOPE_INVALID_ARGUMENT'
  | 'ERR_SYSCOPE_UNKNOWN_SYSCALL'
  | 'ERR_SYSCOPE_UNKNOWN_CLASS'
  | 'ERR_SYSCOPE_UNSUPPORTED_PLATFORM'
  | 'ERR_SYSCOPE_UNSUPPORTED_KERNEL'
  | 'ERR_SYSCOPE_NATIVE_MISSING'
  | 'ERR_SYSCOPE_FILTER_HOLDS_TRACEE'
  | 'ERR_SYSCOPE_TIMEOUT'
  | 'ERR_SYSCOPE_HANDLER_TIMEOUT'
  | 'ERR_SYSCOPE_ABORTED'
  | 'ERR_SYSCOPE_COMMAND_FAILED'
  | 'ERR_SYSCOPE_BAD_POLICY'
  | 'ERR_SYSCOPE_BAD_TRACE'
  | 'ERR_SYSCOPE_RULE_UNENFORCEABLE'
  | 'ERR_SYSCOPE_NOT_RECORDED'
  | 'ERR_SYSCOPE_INCOMPLETE'
  | 'ERR_SYSCOPE_NOT_NODE'
  | 'ERR_SYSCOPE_NESTED'
  | 'ERR_SYSCOPE_HELPER_LOST'
  | 'ERR_SYSCOPE_ENGINE'

export interface SyscopeErrorDetails {
  readonly operation?: string
  readonly errno?: string
  readonly pid?: number
  readonly cause?: unknown
}

/** Thrown by every public function that fails. */
export class SyscopeError extends Error {
  override readonly name = 'SyscopeError'
  readonly code: ErrorCode
  /** The engine request that failed, e.g. `PTRACE_SEIZE`; absent if none was made. */
  readonly operation?: string
  /** Name of the errno behind it, e.g. `EPERM`. */
  readonly errno?: string
  readonly pid?: number

  constructor(code: ErrorCode, message: string, details: SyscopeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    if (details.operation !== undefined) this.operation = details.operation
    if (details.errno !== undefined) this.errno = details.errno
    if (details.pid !== undefined) this.pid = details.pid
  }
}
