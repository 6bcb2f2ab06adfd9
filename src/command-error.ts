/** A command that failed, as an error: with all that the result has. */

import { SyscopeError, type ErrorCode, type SyscopeErrorDetails } from './errors.ts'
import type { TraceResult } from './result.ts'
import type { SyscallName } from './table/index.ts'

/** Text or bytes, as the option `encoding` says; absent where it was no pipe. */
export type CommandOutput = string | Uint8Array | undefined

type FailedResult = TraceResult<SyscallName, CommandOutput, CommandOutput>

type Ended = ErrorCode & ('ERR_SYSCOPE_COMMAND_FAILED' | 'ERR_SYSCOPE_TIMEOUT' | 'ERR_SYSCOPE_ABORTED')

/**
 * What a run rejects with that has a result all the same, as `code` says: ERR_SYSCOPE_COMMAND_FAILED and ERR_SYSCOPE_TIMEOUT with the
 * option `reject`, ERR_SYSCOPE_ABORTED where the option `signal` ended it. Has the properties of the result.
 * @example
 * catch (error) { if (error instanceof CommandError) console.error(error.exitCode, error.stderr) }
 */
export class CommandError extends SyscopeError {
  declare readonly code: Ended
  /** The result. */
  readonly result: FailedResult
  /** One line, without the command's output. */
  readonly shortMessage: string

  /** @internal */
  constructor(code: Ended, result: FailedResult, details: SyscopeErrorDetails = {}) {
    const shortMessage = describe(code, result)
    const output = [result.stderr, result.stdout].filter((it) => typeof it === 'string' && it !== '')
    super(code, [shortMessage, ...output].join('\n'), { ...details, pid: result.pid })
    this.shortMessage = shortMessage
    this.result = result
  }

  get command(): string {
    return this.result.command
  }

  get exitCode(): number | undefined {
    return this.result.exitCode
  }

  get signal(): string | undefined {
    return this.result.signal
  }

  get coreDumped(): boolean {
    return this.result.coreDumped
  }

  get timedOut(): boolean {
    return this.result.timedOut
  }

  get stdout(): CommandOutput {
    return this.result.stdout
  }

  get stderr(): CommandOutput {
    return this.result.stderr
  }

  get durationMs(): number {
    return this.result.durationMs
  }

  get events(): FailedResult['events'] {
    return this.result.events
  }
}

function describe(code: Ended, { command, exitCode, signal }: FailedResult): string {
  if (code === 'ERR_SYSCOPE_TIMEOUT') return `Command timed out: ${command}`
  if (code === 'ERR_SYSCOPE_ABORTED') return `Command was aborted: ${command}`
  if (signal !== undefined) return `Command was killed with ${signal}: ${command}`
  return `Command failed with exit code ${exitCode ?? 'unknown'}: ${command}`
}
