/** The runs that a profile is made of: which are refused, and what is read of the others. */

import { inspect } from 'node:util'
import type { Abi } from '../args/arg.ts'
import { invalid } from '../checks.ts'
import { SyscopeError } from '../errors.ts'
import { namesOfSet } from '../filter.ts'

/**
 * What a profile reads of the result of `trace()`. The run must have recorded every call (no `filter`, `counting` or
 * `keep: false`, and `follow`), from its first program on, and be `complete`.
 */
export interface ProfiledRun {
  readonly command: string
  readonly pid: number
  readonly complete: boolean
  readonly incomplete: readonly string[]
  readonly events: readonly ProfiledEvent[]
  readonly denied: readonly (ProfiledEvent & { readonly startNs: bigint })[]
  syscalls(...names: readonly never[]): readonly unknown[]
}

interface ProfiledEvent {
  readonly type: string
  readonly pid: number
  readonly tid: number
}

/** Any call, whichever it is: the union of all their types says no more here. */
export interface AnyCall extends ProfiledEvent {
  readonly type: 'syscall'
  readonly name: string
  readonly number: number
  readonly abi: Abi
  readonly startNs: bigint
  readonly args: Readonly<Record<string, unknown>>
  readonly ok: boolean
  readonly out?: Readonly<Record<string, unknown>>
  readonly returned?: number | bigint
  readonly error?: string
  readonly raw: { readonly args: readonly bigint[] }
  /** As strace writes it. */
  toString(): string
}

interface Fork extends ProfiledEvent {
  readonly type: 'fork'
  readonly child: { readonly pid: number; readonly tid: number }
  readonly thread: boolean
}

interface Exec extends ProfiledEvent {
  readonly type: 'exec'
  readonly program: string
}

/** The events that say who runs what. */
export type AnyEvent = AnyCall | Fork | Exec

/** The calls, forks and programs of a run, in order, without the calls that a rule refused: those never ran. */
export function eventsOf(run: ProfiledRun): readonly AnyEvent[] {
  const refused = new Set(run.denied.map(({ tid, startNs }) => `${tid} ${startNs}`))
  // A type for each name of the table is more than can be compared here; `type` says which of the three it is.
  const events = run.events.filter(({ type }) => isRead(type)) as readonly object[] as readonly AnyEvent[]
  if (refused.size === 0) return events
  return events.filter((event) => event.type !== 'syscall' || !refused.has(`${event.tid} ${event.startNs}`))
}

function isRead(type: string): boolean {
  return type === 'syscall' || type === 'fork' || type === 'exec'
}

/** A call and the program that made it. */
export interface Made {
  readonly call: AnyCall
  /** Absent where the process began before the run. */
  readonly program: string | undefined
}

export function* callsOf(events: readonly AnyEvent[]): Generator<Made, void, undefined> {
  const programs = new Map<number, string>()
  for (const event of events) {
    const program = programs.get(event.pid)
    if (event.type === 'syscall') yield { call: event, program }
    else if (event.type === 'exec') programs.set(event.pid, event.program)
    else if (!event.thread && program !== undefined) programs.set(event.child.pid, program)
  }
}

/**
 * Throws where a run can't tell all that its program does: ERR_SYSCOPE_NOT_RECORDED or ERR_SYSCOPE_INCOMPLETE. `which` is the run's
 * place among several.
 */
export function checkWhole(run: ProfiledRun, which: string): void {
  checkResult(run, which)
  const who = `${which} (${run.command})`
  const events = keptEvents(run, who)
  checkUnfiltered(run, who)
  if (leavesChildrenOut(events)) throw notRecorded(who, 'left its children out: trace it with `follow`.')
  if (events.some((event) => event.type === 'attach')) {
    throw incomplete(who, 'it began in the middle of a program that ran already')
  }
  if (!run.complete) throw incomplete(who, run.incomplete.join(', '))
}

function checkResult(run: unknown, which: string): void {
  if (typeof run === 'object' && run !== null && 'incomplete' in run && 'syscalls' in run) return
  const isPending = typeof run === 'object' && run !== null && 'then' in run
  const got = isPending ? 'a run that has not been awaited' : inspect(run, { depth: 0 })
  throw invalid(`Expected ${which} to be the result of trace(), got ${got}.`)
}

function keptEvents(run: ProfiledRun, who: string): readonly ProfiledEvent[] {
  try {
    return run.events
  } catch (cause) {
    if (!isNotRecorded(cause)) throw cause
    throw notRecorded(who, `has no events. ${cause.message}`, cause)
  }
}

function checkUnfiltered(run: ProfiledRun, who: string): void {
  try {
    run.syscalls(...everyName())
  } catch (cause) {
    if (!isNotRecorded(cause)) throw cause
    throw notRecorded(who, 'was filtered: trace it without `filter`.', cause)
  }
}

function isNotRecorded(error: unknown): error is SyscopeError {
  return error instanceof SyscopeError && error.code === 'ERR_SYSCOPE_NOT_RECORDED'
}

/** The names that a run may be asked for are of its own type; here all are, so that one that it left out throws. */
function everyName(): readonly never[] {
  return namesOfSet('all') as readonly never[]
}

function notRecorded(who: string, why: string, cause?: unknown): SyscopeError {
  const message = `A profile needs all calls of a run, and ${who} ${why}`
  return new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', message, { cause })
}

function incomplete(who: string, why: string): SyscopeError {
  const message = `A profile needs complete runs, and ${who} is not: ${why}.`
  return new SyscopeError('ERR_SYSCOPE_INCOMPLETE', message)
}

const processMakers: ReadonlySet<string> = new Set(['clone', 'clone3', 'fork', 'vfork'])

/** Processes were made, and the run knows none of them. */
function leavesChildrenOut(events: readonly ProfiledEvent[]): boolean {
  if (events.some((event) => event.type === 'fork')) return false
  return events.some((event) => {
    if (event.type !== 'syscall') return false
    // As in eventsOf().
    const call = event as object as AnyCall
    return processMakers.has(call.name) && call.ok
  })
}
