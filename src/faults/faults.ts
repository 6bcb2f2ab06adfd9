/** `faults()`: a command is run again and again, and each time something else goes wrong. */

import { invalid } from '../checks.ts'
import { SyscopeError } from '../errors.ts'
import { readCommand, type CommandLine } from '../spawn.ts'
import type { FaultsOptions, FaultsResult } from './options.ts'
import { readFaultsOptions } from './read.ts'
import { Study } from './study.ts'

/**
 * Finds what breaks: runs a command again and again, each time with the next of its calls failing, and says what became of the
 * command, its output and its files.
 *
 * Two clean runs come first. Rejects with ERR_SYSCOPE_COMMAND_FAILED if they fail, and as `trace()` does.
 *
 * @example
 * const { bugs } = await faults(['node', 'save.js'], { errors: ['ENOSPC', 'EIO', 'short-write'] })
 * const result = await faults('./convert', ['in.csv'], { fixture: 'fixtures/small', check: (run) => run.exitCode !== 0 })
 * console.log(String(result))
 */
export function faults(command: readonly string[], options?: FaultsOptions): Promise<FaultsResult>
export function faults(file: string | URL, args?: readonly string[], options?: FaultsOptions): Promise<FaultsResult>
export function faults(file: string | URL, options: FaultsOptions): Promise<FaultsResult>
export async function faults(first: unknown, ...rest: readonly unknown[]): Promise<FaultsResult> {
  const { command, options } = readArguments(first, rest)
  const settings = readFaultsOptions(options)
  refuseIfAborted(options.signal)
  const startedAt = performance.now()
  const study = new Study(command, settings)
  try {
    return await study.result(startedAt)
  } finally {
    await study.remove()
  }
}

function readArguments(first: unknown, rest: readonly unknown[]): { command: CommandLine; options: FaultsOptions } {
  if (Array.isArray(first)) {
    const [file, ...args]: readonly unknown[] = first
    return { command: readCommand(file, args), options: optionsIn(rest[0]) }
  }
  const [args, options] = Array.isArray(rest[0]) || rest[0] === undefined ? [rest[0] ?? [], rest[1]] : [[], rest[0]]
  return { command: readCommand(first, args), options: optionsIn(options) }
}

function optionsIn(value: unknown): FaultsOptions {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null) throw invalid('Expected the options of faults() to be an object.')
  // Each option is checked before it is used.
  return value
}

function refuseIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  throw new SyscopeError('ERR_SYSCOPE_ABORTED', 'The sweep was aborted before it started.', { cause: signal.reason })
}
