/** Turning this process into a command that another one traces: the command line's -D. */

import { startError } from './engine.ts'
import { loadNative, type NativeCommand, type NativePlace } from './native.ts'
import type { TraceOptions } from './options.ts'
import { prepareCommand, readCommand } from './spawn.ts'
import { readTraceOptions } from './validate.ts'

/**
 * Where the tracer stands.
 * @internal
 */
export type TracerPlace = NativePlace

interface Program {
  readonly file: string
  readonly args: readonly string[]
  readonly options: TraceOptions
}

/**
 * Starts `tracer`, which is to attach to this process and then to write a zero byte to its descriptor 0, and becomes `command`.
 * Returns where the tracer has ended before, and throws where the command cannot be executed; all that is left to this process
 * then is to say so and to exit.
 * @internal
 */
export function turnInto(command: Program, tracer: Program, place: TracerPlace): void {
  const [prepared, helper] = [prepare(command), prepare(tracer)]
  try {
    loadNative().turnInto(prepared, helper, place)
  } catch (error) {
    throw startError(error, { file: command.file })
  }
}

function prepare({ file, args, options }: Program): NativeCommand {
  const { stdio } = readTraceOptions(options)
  return prepareCommand(readCommand(file, args), options, stdio)
}
