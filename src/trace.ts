/** `trace()` and `attach()`: one object that is the promise of the result, the stream of events and the process. */

import { readlinkSync, realpathSync } from 'node:fs'
import { inspect } from 'node:util'
import { SyscopeError } from './errors.ts'
import type { TraceEvent } from './events.ts'
import { Handle, type Trace } from './handle.ts'
import { loadNative } from './native.ts'
import type { AttachOptions, NamesOf, StderrOf, StdoutOf, TraceOptions } from './options.ts'
import type { RunPlan } from './run.ts'
import type { SyscallName } from './table/index.ts'
import {
  commandText,
  prepareCommand,
  readCommand,
  readShellCommand,
  readShellTemplate,
  readTemplate,
  type CommandLine,
} from './spawn.ts'
import { invalid } from './checks.ts'
import { readAttachOptions, readTraceOptions } from './validate.ts'

/**
 * What `trace()` with these options gives: a `Trace` with the names that they record, and the types of the outputs.
 */
export type TraceWith<O> = Trace<NoInfer<NamesOf<O>>, StdoutOf<O>, StderrOf<O>>

/**
 * `trace()` with options that are given already; what each call gives beside them wins.
 * @example
 * const traced: BoundTrace<{ filter: 'openat' }> = trace({ filter: 'openat' })
 * await traced('make', ['-j4'])
 */
export interface BoundTrace<Bound extends TraceOptions> {
  // As with `trace`.
  (strings: TemplateStringsArray, ...values: readonly TemplateValue[]): TraceWith<Bound>
  (file: string | URL, args?: readonly string[]): TraceWith<Bound>
  <const O extends TraceOptions>(file: string | URL, options: O): TraceWith<Omit<Bound, keyof O> & O>
  <const O extends TraceOptions>(
    file: string | URL,
    args: readonly string[] | undefined,
    options: O | undefined,
  ): TraceWith<Omit<Bound, keyof O> & O>
}

/** A value in a template: one argument, whatever it holds; an array is several. */
export type TemplateValue = string | number | readonly (string | number)[]

/**
 * Runs a command and records the system calls of its whole process tree.
 *
 * Returns at once, and never throws. Await it for the result, iterate over it for the events as they happen. It resolves whatever the
 * command's exit status is (unless `reject` says otherwise), and rejects with a `SyscopeError` where an option is wrong, or where the
 * command could not be started or traced.
 *
 * @example
 * const run = await trace('node', ['save.js'], { filter: ['%file', '%network'] })
 * const status = await trace`git status ${'--short'}`
 * for await (const event of trace('make', ['-j4'])) console.log(String(event))
 */
// Of several ways to call it the compiler's messages are about the last that the number of arguments allows, so those with options
// are last. Without a default for `O`: handlers in the options would take their types from that.
export function trace(strings: TemplateStringsArray, ...values: readonly TemplateValue[]): TraceWith<{}>
export function trace(file: string | URL, args?: readonly string[]): TraceWith<{}>
export function trace<const O extends TraceOptions>(options: O): BoundTrace<O>
export function trace<const O extends TraceOptions>(file: string | URL, options: O): TraceWith<O>
export function trace<const O extends TraceOptions>(
  file: string | URL,
  args: readonly string[] | undefined,
  options: O | undefined,
): TraceWith<O>
export function trace(first: unknown, ...rest: readonly unknown[]): unknown {
  if (isTemplate(first) || typeof first === 'string' || first instanceof URL || rest.length > 0) {
    return start({}, first, rest, trace)
  }
  // No options to bind: whatever it is, it is told as a command that it is not.
  if (typeof first !== 'object' || first === null || Array.isArray(first)) return start({}, first, rest, trace)
  return function bound(file: unknown, ...more: readonly unknown[]): unknown {
    return start(first, file, more, bound)
  }
}

/**
 * Records the system calls of running processes, with all their threads, until they end, `detach()` is called or a loop over the
 * events is left. They run on then. Rejects with a `SyscopeError` (ERR_SYSCOPE_ATTACH_DENIED, ERR_SYSCOPE_ALREADY_TRACED,
 * ERR_SYSCOPE_NO_SUCH_PROCESS, …) where it cannot.
 *
 * @example
 * for await (const event of attach(1234, { filter: ['connect'] })) console.log(event.pid, String(event))
 */
export function attach(pid: number | readonly number[]): Trace<SyscallName, undefined, undefined>
export function attach<const O extends AttachOptions>(
  pid: number | readonly number[],
  options: O | undefined,
): Trace<NoInfer<NamesOf<O>>, undefined, undefined>
export function attach(pid: number | readonly number[], options: AttachOptions = {}): unknown {
  return handleOf(() => planAttachment(pid, options), attach)
}

/**
 * The events in the engine's batches: within one batch calls that overlap can be put in order, which single events do not allow.
 * @internal
 */
export function batches(run: Trace): AsyncIterable<readonly TraceEvent[]> {
  // Every `Trace` is made here.
  return (run as object as Handle).batches()
}

/**
 * Writes a run to a file while it goes on; `loadTrace` reads it, also where it breaks off. Throws as `saveTrace`.
 * @internal
 */
export async function saveWhile(run: Trace, path: string): Promise<void> {
  await (run as object as Handle).saveTo(path)
}

/** `above`: the function that the user has called. */
function start(bound: unknown, first: unknown, rest: readonly unknown[], above: Function): unknown {
  return handleOf(() => {
    if (isTemplate(first)) {
      const inShell = (shell: string): CommandLine => readShellTemplate(shell, first, rest)
      return planCommand({ plain: () => readTemplate(first, rest), inShell }, bound, {})
    }
    const [args = [], options] =
      Array.isArray(rest[0]) || rest[0] === undefined ? [rest[0], rest[1]] : [undefined, rest[0]]
    if (typeof rest[0] === 'string')
      throw invalid(`Expected the arguments to be an array of strings, got ${inspect(rest[0])}.`)
    const inShell = (shell: string): CommandLine => readShellCommand(shell, first, args)
    return planCommand({ plain: () => readCommand(first, args), inShell }, bound, options === undefined ? {} : options)
  }, above)
}

/** A command that can be read in two ways, of which an option decides. */
interface Unread {
  readonly plain: () => CommandLine
  readonly inShell: (shell: string) => CommandLine
}

function planCommand(unread: Unread, bound: unknown, own: unknown): RunPlan {
  const options = merge(bound, own)
  const settings = readTraceOptions(options)
  const { shell = false } = options
  const command = shell === false ? unread.plain() : unread.inShell(shell === true ? '/bin/sh' : shell)
  // First of all that can be wrong: where nothing can be traced, a missing command is not the news.
  loadNative()
  refuseIfAborted(settings.signal)
  return {
    subject: { command: prepareCommand(command, options, settings.stdio) },
    settings,
    target: { file: command.file, ...(options.cwd === undefined ? {} : { cwd: String(options.cwd) }) },
    command: commandText(command),
    cwd: orUndefined(() => realpathSync(settings.cwd)),
  }
}

function planAttachment(pids: unknown, options: AttachOptions): RunPlan {
  const settings = readAttachOptions(options)
  loadNative()
  const attached: readonly unknown[] = Array.isArray(pids) ? pids : [pids]
  if (attached.length === 0) throw invalid('Expected at least one process id to attach to, got [].')
  for (const pid of attached) {
    if (!isPid(pid)) throw invalid(`Expected a process id, a whole number above 0, got ${inspect(pid)}.`)
    if (pid !== process.pid) continue
    const message = `Process ${pid} is this one: a process cannot trace itself.`
    throw new SyscopeError('ERR_SYSCOPE_OWN_PROCESS', message, { pid })
  }
  refuseIfAborted(settings.signal)
  const attach = attached.filter(isPid)
  const cwd = orUndefined(() => readlinkSync(`/proc/${attach[0]}/cwd`))
  return { subject: { attach }, settings, target: {}, command: `process ${attach.join(', ')}`, cwd }
}

function orUndefined<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    // Who starts or attaches says what is wrong.
    return undefined
  }
}

function handleOf(plan: () => RunPlan, above: Function): never {
  const plainly = (): RunPlan => {
    try {
      return plan()
    } catch (error) {
      // Ten frames of ours would leave no room for the line that the mistake is in.
      if (error instanceof SyscopeError) Error.captureStackTrace(error, above)
      throw error
    }
  }
  // One class behind all the types that options can give.
  return new Handle(plainly) as never
}

/** Options given later win. Both are checked together. */
function merge(bound: unknown, own: unknown): TraceOptions {
  for (const options of [bound, own]) {
    if (typeof options !== 'object' || options === null) {
      throw invalid(`Expected the options of trace() to be an object, got ${inspect(options)}.`)
    }
  }
  // Each option is checked before it is used.
  return { ...(bound as TraceOptions), ...(own as TraceOptions) }
}

function refuseIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  const message = 'The run was aborted before it started.'
  throw new SyscopeError('ERR_SYSCOPE_ABORTED', message, { cause: signal.reason })
}

function isTemplate(value: unknown): value is TemplateStringsArray {
  return Array.isArray(value) && 'raw' in value
}

function isPid(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 31
}
