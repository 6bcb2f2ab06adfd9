/** What the questions about a finished run read of it, and whether it can answer them. */

import { SyscopeError } from '../errors.ts'
import type { Abi } from '../args/arg.ts'
import type { SignalInfo } from '../siginfo.ts'

/** What is read of the result of `trace()` or `attach()`, whatever its filter. */
export interface RecordedRun {
  readonly pid: number
  readonly complete: boolean
  readonly incomplete: readonly string[]
  readonly events: readonly RecordedEvent[]
  syscalls(...names: readonly never[]): readonly unknown[]
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

/** All events of a run, in order. Throws ERR_SYSCOPE_NOT_RECORDED if they were not kept. */
export function eventsOf(run: RecordedRun): readonly AnyEvent[] {
  // A type for each name of the table is more than can be compared here; `type` says which of them it is.
  return run.events as readonly object[] as readonly AnyEvent[]
}

/** Throws ERR_SYSCOPE_NOT_RECORDED, with the names that are missing, where the filter leaves one out. `question` says who asks. */
export function requireCalls(run: RecordedRun, names: readonly string[], question: string): void {
  const error = refusal(run, names, question)
  if (error !== undefined) throw error
}

/** The error that asking would end with; `undefined` where all of these calls are recorded. */
export function refusal(run: RecordedRun, names: readonly string[], question: string): SyscopeError | undefined {
  try {
    // A run may be asked for the names of its own type; here for any, so that one that it left out throws.
    run.syscalls(...(names as readonly never[]))
    return undefined
  } catch (cause) {
    if (!(cause instanceof SyscopeError) || cause.code !== 'ERR_SYSCOPE_NOT_RECORDED') throw cause
    return new SyscopeError(
      'ERR_SYSCOPE_NOT_RECORDED',
      `${question} needs calls that were not recorded. ${cause.message}`,
      {
        cause,
      },
    )
  }
}

/** Throws ERR_SYSCOPE_INCOMPLETE where something was not seen: that there is nothing would be no more than a guess. */
export function requireComplete(run: RecordedRun, question: string): void {
  if (run.complete) return
  const message = `${question} needs a complete run, and this one is not: ${run.incomplete.join(', ')}.`
  throw new SyscopeError('ERR_SYSCOPE_INCOMPLETE', message)
}

const makers: ReadonlySet<string> = new Set(['clone', 'clone3', 'fork', 'vfork'])

/** Throws ERR_SYSCOPE_NOT_RECORDED where processes were made, and the run knows none of them. */
export function requireChildren(events: readonly AnyEvent[], question: string): void {
  if (events.some((event) => event.type === 'fork')) return
  if (!events.some((event) => event.type === 'syscall' && makers.has(event.name) && event.ok)) return
  const message = `${question} needs all processes, and this run left children out: trace it with \`follow\`.`
  throw new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', message)
}
