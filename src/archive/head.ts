/** What a file says of the run beside its records: how it was made, and how it ended. */

import { arch, release } from 'node:os'
import type { CallSet } from '../filter.ts'
import { KIND, MODE, SESSION } from '../record/layout.ts'
import { readRecords } from '../record/reader.ts'
import type { NativeRuleEnd } from '../native.ts'
import type { Ending, Records } from '../result.ts'
import type { CompiledRule } from '../rules/compile.ts'
import { isObject } from '../rules/shape.ts'
import { version } from '../version.ts'
import type { SavableRun } from './savable.ts'
import { recordsOf } from './records-of.ts'
import { parseValue, stringifyValue } from './values.ts'

/** Where and when a trace was saved. */
export interface TraceOrigin {
  /** Version of the syscope that wrote it. */
  readonly syscope: string
  /** As `uname -r` says. */
  readonly kernel: string
  /** As `os.arch()` says. */
  readonly arch: string
  /** Version of Node. */
  readonly node: string
  /** When the file was begun, in ISO 8601. */
  readonly savedAt: string
}

/** What is known of a run when it begins. */
export interface TraceStart {
  readonly command: string
  readonly pid: number
  readonly cwd: string | undefined
  readonly calls: CallSet
  readonly follow: boolean
  readonly rules: readonly Pick<CompiledRule, 'rule' | 'recorded'>[]
}

/** A rule as it was given, and what results ask of it. */
interface SavedRule {
  readonly option: string
  readonly given: object
  readonly recorded: readonly string[]
}

/** What is known of a run when it is over. */
export interface Outcome {
  readonly ending: Omit<Ending, 'command' | 'pid' | 'cwd'>
  readonly ruleEnds: readonly NativeRuleEnd[]
}

export interface Head {
  readonly origin: TraceOrigin
  readonly command: string
  readonly pid: number
  readonly cwd: string | undefined
  readonly calls: CallSet
  readonly follow: boolean
  readonly rules: readonly SavedRule[]
  readonly outcome?: Outcome
}

/** The start of a run that is over. */
export function startOf(run: SavableRun): TraceStart {
  const { calls, follow, rules } = run[recordsOf]()
  return { command: run.command, pid: run.pid, cwd: run.cwd, calls, follow, rules }
}

export function outcomeOf(run: SavableRun): Outcome {
  const { exitCode, signal, coreDumped, stdout, stderr, timedOut, durationMs } = run
  const { mode, fallback, complete, incomplete } = run
  const ending = { exitCode, signal, coreDumped, stdout, stderr, timedOut, durationMs }
  return { ending: { ...ending, mode, fallback, complete, incomplete }, ruleEnds: run[recordsOf]().ruleEnds }
}

export function writeHead(start: TraceStart, outcome: Outcome | undefined): Uint8Array {
  const { command, pid, cwd, calls, follow } = start
  const rules = start.rules.map(({ rule: { option, given }, recorded }) => ({ option, given, recorded: [...recorded] }))
  const origin = { syscope: version, kernel: release(), arch: arch(), node: process.versions.node }
  const savedAt = new Date().toISOString()
  return encode({ origin: { ...origin, savedAt }, command, pid, cwd, calls, follow, rules, outcome })
}

export function writeOutcome(outcome: Outcome): Uint8Array {
  return encode(outcome)
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(stringifyValue(value))
}

/** Undefined where the bytes do not say what a head has to say. */
export function readHead(bytes: Uint8Array): Head | undefined {
  const head = decode(bytes)
  if (!isObject(head) || !isOrigin(head['origin']) || !isRules(head['rules'])) return undefined
  const { command, pid, cwd, calls, follow = true } = head
  if (typeof command !== 'string' || typeof pid !== 'number' || !isCallSet(calls)) return undefined
  if (typeof follow !== 'boolean') return undefined
  if (cwd !== undefined && typeof cwd !== 'string') return undefined
  const outcome = checkOutcome(head['outcome'])
  return {
    origin: head['origin'],
    command,
    pid,
    cwd,
    calls,
    follow,
    rules: head['rules'],
    ...(outcome === undefined ? {} : { outcome }),
  }
}

/** Undefined where the bytes do not say how a run ended. */
export function readOutcome(bytes: Uint8Array): Outcome | undefined {
  return checkOutcome(decode(bytes))
}

function decode(bytes: Uint8Array): unknown {
  try {
    return parseValue(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

function checkOutcome(value: unknown): Outcome | undefined {
  if (!isObject(value) || !isObject(value['ending']) || !Array.isArray(value['ruleEnds'])) return undefined
  const { ending, ruleEnds } = value
  const { mode, complete, incomplete, durationMs, timedOut, coreDumped } = ending
  if (mode !== 'filter' && mode !== 'stops') return undefined
  if (typeof complete !== 'boolean' || typeof timedOut !== 'boolean' || typeof coreDumped !== 'boolean') {
    return undefined
  }
  if (typeof durationMs !== 'number' || !isWords(incomplete) || !ruleEnds.every(isObject)) return undefined
  const { exitCode, signal, stdout, stderr, fallback } = ending
  // The checksum says that these are the bytes that `writeHead` or `writeOutcome` wrote.
  const checked = { ...ending, exitCode, signal, stdout, stderr, fallback } as object as Outcome['ending']
  return { ending: checked, ruleEnds: ruleEnds as object as readonly NativeRuleEnd[] }
}

/** How a run ended whose file breaks off before it says so. `chunk`: the first of its records. */
export function unknownOutcome(chunk: Uint8Array | undefined, durationNs: bigint): Outcome {
  const [first] = chunk === undefined ? [] : readRecords(chunk)
  const isFilter = first?.kind === KIND.SESSION && first.u8(SESSION.MODE) === MODE.FILTER
  const status = { exitCode: undefined, signal: undefined, coreDumped: false, stdout: undefined, stderr: undefined }
  const run = { timedOut: false, durationMs: Number(durationNs) / 1e6, mode: isFilter ? 'filter' : 'stops' } as const
  const seen = { fallback: undefined, complete: false, incomplete: ['unknown'] } as const
  return { ending: { ...status, ...run, ...seen }, ruleEnds: [] }
}

/** The rules of a file, as results ask for them; they can be told of and not be enforced again. */
export function rulesOf({ rules }: Head): Records['rules'] {
  return rules.map(({ option, given, recorded }) => {
    const rule = { option, given }
    return { rule, recorded: new Set(recorded), calls: new Set(recorded), blocks: [] } as object as CompiledRule
  })
}

function isOrigin(value: unknown): value is TraceOrigin {
  const keys = ['syscope', 'kernel', 'arch', 'node', 'savedAt']
  return isObject(value) && keys.every((key) => typeof value[key] === 'string')
}

function isRules(value: unknown): value is readonly SavedRule[] {
  if (!Array.isArray(value)) return false
  return value.every(
    (it) => isObject(it) && typeof it['option'] === 'string' && isObject(it['given']) && isWords(it['recorded']),
  )
}

function isCallSet(value: unknown): value is CallSet {
  return value === 'all' || (value instanceof Set && isWords([...(value as ReadonlySet<unknown>)]))
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((it) => typeof it === 'string')
}
