/** Parts of runs, of which the same can be asked as of the run: `partOf(run, 'save', 'saved')`, `partWithin(run, process)`. */

import { inspect } from 'node:util'
import { recordsOf } from '../archive/records-of.ts'
import { checkOptions, invalid, isInteger, oneOf, type Check } from '../checks.ts'
import { decodeChunk } from '../decode.ts'
import type { CompletedCall, Known, SyscallEvent, TraceEvent } from '../events.ts'
import { objectToPlain, type PlainObject } from '../json.ts'
import type { SyscallName } from '../table/index.ts'
import { checkTextOptions } from '../text-checks.ts'
import { TextWriter } from '../text/order.ts'
import type { WriterOptions } from '../text/writer-options.ts'
import { Answering, type Answers } from './answers.ts'
import { TimeExtent, type Bounds } from './extent.ts'
import { processesOf, type TracedProcess } from './processes.ts'
import { inTwoProcesses, marksOf, theMarks } from './marks.ts'
import {
  eventsOf,
  partOfRun,
  requireCalls,
  type AnyCall,
  type AnyEvent,
  type Extent,
  type RecordedRun,
  type RunRecords,
  type TimedEvent,
  wholeOf,
} from './recorded.ts'

/**
 * A part of a run. What its answers tell happened in it; what descriptors, directories and names stand for is known from what came
 * before, too: a write through a descriptor that was opened before is a write to that file.
 */
export interface RunPart<N = SyscallName> extends RecordedRun, Answers {
  /** Of the run; `pid`, `cwd`, `complete` and `incomplete` as well. */
  readonly command: string | undefined
  readonly pid: number
  readonly cwd: string | undefined
  readonly complete: boolean
  readonly incomplete: readonly string[]
  /** Where it begins (CLOCK_MONOTONIC). */
  readonly fromNs: bigint
  /** Where it ends. */
  readonly toNs: bigint
  /** The events of the part in order, without marks. A call belongs to where it began. */
  readonly events: readonly TraceEvent<Known<N>>[]
  /** All completed calls. */
  syscalls(): readonly CompletedCall<Known<N>>[]
  /** The calls of these names. Throws ERR_SYSCOPE_NOT_RECORDED if the filter left one out. */
  syscalls<Name extends Known<N>>(...names: readonly Name[]): readonly SyscallEvent<Name>[]
  /** A part of the part. */
  between(from: string, to: string, options?: PartOptions): RunPart<N>
  /** What of it happened in a time, or by one process and all that it started. */
  within(scope: Slice | TracedProcess | number): RunPart<N>
  /** The part as strace writes it. */
  text(options?: WriterOptions): string
  toJSON(): PlainObject
}

/** Which part of a run is meant. */
export interface PartOptions {
  /**
   * Whose deeds are part of it: of every process; of the process that made the marks and of what it `started` between them; or of
   * that process alone. The two marks may be of two processes with `'tree'` only. With the others, what a worker does that was there
   * before is left out, also where the program asked it to.
   * @default 'tree'
   */
  readonly processes?: 'tree' | 'started' | 'same'
  /** Only marks of this process, where several make the same ones. */
  readonly pid?: number
}

/** A part of a run by time. */
export interface Slice {
  /** CLOCK_MONOTONIC, as `process.hrtime.bigint()` gives it. Both belong to the part. */
  readonly fromNs: bigint
  readonly toNs: bigint
  /** Only what these threads do, and what they start in that time. */
  readonly tids?: readonly number[]
}

/**
 * What happened between two marks (see `mark()`).
 *
 * Throws ERR_SYSCOPE_NOT_RECORDED for a mark that was not made, and ERR_SYSCOPE_INVALID_ARGUMENT for one that was made more than once,
 * for marks of two processes where one is meant, and where the second mark came first.
 * @example
 * const run = await trace('node', ['save.js'])
 * partOf(run, 'save', 'saved').files.with('write').map(({ path }) => path)
 */
export function partOf<N = SyscallName>(
  run: RecordedRun & { readonly command?: string | undefined },
  from: string,
  to: string,
  options: PartOptions = {},
): RunPart<N> {
  checkOptions(options, partChecks, 'between()')
  const { processes = 'tree' } = options
  const [first, last] = theMarks(marksOf(run), from, to, options)
  if (processes !== 'tree' && first.pid !== last.pid) throw inTwoProcesses(first, last)
  const bounds = { fromNs: first.endNs, toNs: last.startNs, last, follows: processes === 'started' }
  const { pid } = first
  return makePart(run, processes === 'tree' ? bounds : { ...bounds, isOf: (event) => event.pid === pid })
}

const partChecks: Readonly<Record<keyof PartOptions, Check>> = {
  processes: oneOf('tree', 'started', 'same'),
  pid: { expected: 'a process id', isRight: (value) => isInteger(value, 2 ** 22) && value !== 0 },
}

/**
 * What happened in a time, or by one process and all that it started: the process as `run.processes` has it, or its id, which means the
 * last of that id.
 *
 * Throws ERR_SYSCOPE_INVALID_ARGUMENT for a time that ends before it begins, and for a process that was none of the run.
 * @example
 * partWithin(run, { fromNs, toNs: process.hrtime.bigint(), tids: [process.pid] }).network.connects
 */
export function partWithin<N = SyscallName>(
  run: RecordedRun & { readonly command?: string | undefined },
  scope: Slice | TracedProcess | number,
): RunPart<N> {
  if (typeof scope === 'object' && 'fromNs' in scope) return slice(run, scope)
  const { all } = processesOf(wholeOf(run))
  const pid = typeof scope === 'number' ? scope : scope.pid
  const process = all.findLast((it) => it.pid === pid && (typeof scope === 'number' || it.startNs === scope.startNs))
  if (process === undefined) throw invalid(`Expected a process of the run, or a time, got ${inspect(scope)}.`)
  const { startNs, endNs } = process
  // What it started may go on after it; its id may be given again.
  const isOf = (event: TimedEvent): boolean =>
    event.pid === pid && (endNs === undefined || (event.startNs ?? event.timeNs ?? 0n) <= endNs)
  return makePart(run, { fromNs: startNs, toNs: lastNs(run), isOf, follows: true })
}

function slice<N>(run: RecordedRun, { fromNs, toNs, tids }: Slice): RunPart<N> {
  if (typeof fromNs !== 'bigint' || typeof toNs !== 'bigint' || toNs < fromNs) {
    throw invalid(`Expected a time in bigints that does not end before it begins, got ${inspect({ fromNs, toNs })}.`)
  }
  if (tids === undefined) return makePart(run, { fromNs, toNs })
  const own = new Set(tids)
  return makePart(run, { fromNs, toNs, isOf: (event) => own.has(event.tid), follows: true })
}

function lastNs(run: RecordedRun): bigint {
  const last = eventsOf(wholeOf(run)).at(-1)
  if (last === undefined) return 0n
  return last.type === 'syscall' ? last.endNs : last.timeNs
}

function makePart<N>(run: RecordedRun & { readonly command?: string | undefined }, bounds: Bounds): RunPart<N> {
  // The names that the filter left in are in the type only.
  return new Part(run, new TimeExtent(run, bounds)) as object as RunPart<N>
}

class Part extends Answering {
  readonly command: string | undefined
  readonly pid: number
  readonly cwd: string | undefined
  readonly complete: boolean
  readonly incomplete: readonly string[]
  readonly fromNs: bigint
  readonly toNs: bigint
  // Neither is a thing to print, or to compare.
  readonly #extent: TimeExtent

  constructor(run: RecordedRun & { readonly command?: string | undefined }, extent: TimeExtent) {
    super()
    this.command = run.command
    this.pid = run.pid
    this.cwd = run.cwd
    this.complete = run.complete
    this.incomplete = run.incomplete
    this.fromNs = extent.fromNs
    this.toNs = extent.toNs
    this.#extent = extent
  }

  get [partOfRun](): Extent {
    return this.#extent
  }

  [recordsOf](): RunRecords | undefined {
    return this.#extent.run[recordsOf]?.()
  }

  get rules(): RecordedRun['rules'] {
    return this.#extent.run.rules
  }

  get events(): readonly AnyEvent[] {
    return this.#extent.events
  }

  syscalls(...names: readonly never[]): readonly AnyCall[] {
    requireCalls(this.#extent.run, names, 'syscalls()')
    const wanted = new Set<string>(names)
    const calls: AnyCall[] = []
    for (const event of this.events)
      if (event.type === 'syscall' && (wanted.size === 0 || wanted.has(event.name))) calls.push(event)
    return calls
  }

  between(from: string, to: string, options?: PartOptions): RunPart {
    return partOf(this, from, to, options)
  }

  within(scope: Slice | TracedProcess | number): RunPart {
    return partWithin(this, scope)
  }

  text(options: WriterOptions = {}): string {
    checkTextOptions(options)
    const { events } = this
    const records = this[recordsOf]()
    if (records === undefined) return events.map((event) => `${textOf(event)}\n`).join('')
    // A call that was announced, and never came, is none of the part.
    const calls = new Set(events.map((event) => (event.type === 'syscall' ? keyOf(event) : '')))
    const isTold = (event: TraceEvent): boolean =>
      event.type === 'pending' ? calls.has(keyOf(event)) : this.#extent.isInside(event)
    const writer = new TextWriter(options)
    let text = ''
    for (const chunk of records.chunks()) text += writer.write([...decodeChunk(chunk)].filter(isTold))
    return text + writer.end()
  }

  toJSON(): PlainObject {
    const { command, pid, cwd, complete, incomplete, fromNs, toNs, events } = this
    return objectToPlain({ command, pid, cwd, complete, incomplete, fromNs, toNs, events })
  }
}

/** Every event has a text of its own. */
function textOf(event: { toString(): string }): string {
  return event.toString()
}

function keyOf({ tid, startNs }: { readonly tid: number; readonly startNs: bigint }): string {
  return `${tid} ${startNs}`
}
