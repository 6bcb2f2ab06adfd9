/** What the questions about a finished run read of it, and whether it can answer them. */

import type { Abi } from '../args/arg.ts'
import { recordsOf } from '../archive/records-of.ts'
import { SyscopeError } from '../errors.ts'
import { checkRecorded, type CallSet } from '../filter.ts'
import type { SignalInfo } from '../siginfo.ts'

/** Property of parts of runs: what they are parts of. A symbol, so that users do not meet it. */
export const partOfRun: unique symbol = Symbol('syscope.partOfRun')

/** What is read of the result of `trace()` or `attach()`, whatever its filter; or of a part of such a run. */
export interface RecordedRun {
  readonly pid: number
  /** Where the command began. */
  readonly cwd?: string | undefined
  readonly complete: boolean
  readonly incomplete: readonly string[]
  /** Of a part: what happened in it. */
  readonly events: readonly RecordedEvent[]
  syscalls(...names: readonly never[]): readonly unknown[]
  readonly rules?: readonly { readonly rule: object }[] | undefined
  readonly [partOfRun]?: Extent
  [recordsOf]?(): RunRecords | undefined
}

/** What is read of a run's records. */
export interface RunRecords {
  readonly calls: CallSet
  readonly follow: boolean
  readonly rules: readonly { readonly recorded: CallSet }[]
  chunks(): Iterable<Uint8Array>
}

/** What of a run is a part of it. What happened before decides what descriptors, directories and names are in the part. */
export interface Extent {
  readonly run: RecordedRun
  /** CLOCK_MONOTONIC: the first and the last moment of the part. */
  readonly fromNs: bigint
  readonly toNs: bigint
  /** How many of the run's events there are up to the last one in the part. */
  readonly end: number
  /** Whether an event belongs to the part. Marks do not. */
  isInside(event: TimedEvent): boolean
  /** The same of marks. */
  covers(event: TimedEvent): boolean
}

/** What tells whether an event is in a part: a call belongs to where it began. */
export type TimedEvent = Pick<RecordedEvent, 'type' | 'pid' | 'tid'> & {
  readonly startNs?: bigint
  readonly timeNs?: bigint
}

interface RecordedEvent {
  readonly type: string
  readonly pid: number
  readonly tid: number
}

/** Any call, whichever it is: the union of all their types says no more here. */
export interface AnyCall extends RecordedEvent {
  readonly type: 'syscall'
  readonly name: string
  readonly abi: Abi
  readonly startNs: bigint
  readonly endNs: bigint
  readonly systemNs: number
  readonly args: Readonly<Record<string, unknown>>
  readonly ok: boolean
  readonly out?: Readonly<Record<string, unknown>> | undefined
  readonly returned?: number | bigint | undefined
  readonly error?: string | undefined
  readonly interrupted?: object | undefined
  readonly unfinished?: true | undefined
  readonly resumes?: string | undefined
  readonly injected?: { readonly rule: number; readonly did: readonly string[] } | undefined
  readonly raw: { readonly args: readonly bigint[] }
  toString(): string
}

interface AnyMoment extends RecordedEvent {
  readonly timeNs: bigint
}

/** The events that this layer tells apart. */
export type AnyEvent =
  | AnyCall
  | (AnyMoment & {
      readonly type: 'fork'
      readonly child: { readonly pid: number; readonly tid: number }
      readonly how?: 'fork' | 'vfork' | 'clone'
      readonly thread: boolean
    })
  | (AnyMoment & { readonly type: 'exec'; readonly program: string; readonly formerTid: number })
  | (AnyMoment & {
      readonly type: 'exit'
      readonly code?: number
      readonly signal?: string
      readonly coreDumped: boolean
    })
  | (AnyMoment & { readonly type: 'signal'; readonly signal: string; readonly info?: SignalInfo })
  | (AnyMoment & { readonly type: 'attach'; readonly threads: number })
  | (AnyMoment & { readonly type: 'detach' | 'leaked' | 'superseded' | 'stop' | 'continue' | 'gap' })

/** The events of a run, or of a part of one, in order. Throws ERR_SYSCOPE_NOT_RECORDED if they were not kept. */
export function eventsOf(run: Pick<RecordedRun, 'events'>): readonly AnyEvent[] {
  // A type for each name of the table is more than can be compared here; `type` says which of them it is.
  return run.events as readonly object[] as readonly AnyEvent[]
}

/** The run that this is a part of; the run itself where it is none. */
export function wholeOf<Run extends Pick<RecordedRun, typeof partOfRun>>(run: Run): Run | RecordedRun {
  return run[partOfRun]?.run ?? run
}

/**
 * Says of events whether they belong to the part that is asked about, which is all there is where the run is no part. Whoever
 * keeps account of descriptors and names walks through all events of `wholeOf(run)`, and tells only of those inside.
 */
export function insideOf(run: Pick<RecordedRun, typeof partOfRun>): (event: TimedEvent) => boolean {
  const extent = run[partOfRun]
  return extent === undefined ? () => true : (event) => extent.isInside(event)
}

/** Throws ERR_SYSCOPE_NOT_RECORDED, with the names that are missing, where the filter leaves one out. `question` says who asks. */
export function requireCalls(run: RecordedRun, names: readonly string[], question: string): void {
  const error = refusal(run, names, question)
  if (error !== undefined) throw error
}

/** The error that asking would end with; `undefined` where all of these calls are recorded. */
export function refusal(run: RecordedRun, names: readonly string[], question: string): SyscopeError | undefined {
  try {
    checkNames(wholeOf(run), names, question)
    return undefined
  } catch (cause) {
    if (!(cause instanceof SyscopeError) || cause.code !== 'ERR_SYSCOPE_NOT_RECORDED') throw cause
    const message = `${question} needs calls that were not recorded. ${cause.message}`
    // Without the cause, which says the same.
    return new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', message)
  }
}

function checkNames(run: RecordedRun, names: readonly string[], question: string): void {
  const records = run[recordsOf]?.()
  // A run may be asked for the names of its own type; here for any, so that one that it left out throws.
  if (records === undefined) run.syscalls(...(names as readonly never[]))
  // Without looking for the calls: those of a million events take their time.
  else checkRecorded(names, [records.calls, ...records.rules.map(({ recorded }) => recorded)], question)
}

/** Throws ERR_SYSCOPE_INCOMPLETE where something was not seen: that there is nothing would be no more than a guess. */
export function requireComplete(run: RecordedRun, question: string): void {
  if (run.complete) return
  const message = `${question} needs a complete run, and this one is not: ${run.incomplete.join(', ')}.`
  throw new SyscopeError('ERR_SYSCOPE_INCOMPLETE', message)
}

const makers: ReadonlySet<string> = new Set(['clone', 'clone3', 'fork', 'vfork'])

/** Throws ERR_SYSCOPE_NOT_RECORDED where processes may have been made, and the run knows none of them. */
export function requireChildren(run: RecordedRun, question: string): void {
  const whole = wholeOf(run)
  // Of a run of which nothing else is known the events say it.
  const isFollowed = whole[recordsOf]?.()?.follow ?? eventsOf(whole).some((event) => event.type === 'fork')
  if (isFollowed) return
  const hasMakers = refusal(whole, [...makers], question) === undefined
  if (hasMakers && !eventsOf(whole).some((event) => event.type === 'syscall' && makers.has(event.name) && event.ok))
    return
  const message = `${question} needs all processes, and this run left children out: trace it with \`follow\`.`
  throw new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', message)
}
