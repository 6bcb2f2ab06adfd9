/** What a run gives: how the command ended, and what was recorded, decoded where somebody asks. */

import { recordsOf } from './archive/records-of.ts'
import { decodeCall, decodeChunk } from './decode.ts'
import { SyscopeError } from './errors.ts'
import type { CompletedCall, Known, LeakedEvent, Reason, SyscallEvent, TraceEvent } from './events.ts'
import { checkRecorded, type CallSet } from './filter.ts'
import { objectToPlain, type PlainObject } from './json.ts'
import { decodeMoment } from './moment.ts'
import { Answering, type Answers } from './kit/answers.ts'
import { partOf, partWithin, type PartOptions, type RunPart, type Slice } from './kit/part.ts'
import type { TracedProcess } from './kit/processes.ts'
import { snapshotOf, type SnapshotOptions } from './kit/snapshot.ts'
import type { SignalName } from './names.ts'
import { readCounts } from './record/counts.ts'
import type { NativeRuleEnd } from './native.ts'
import { KIND, SYSCALL } from './record/layout.ts'
import { readRecords, type RawRecord } from './record/reader.ts'
import type { CompiledRule } from './rules/compile.ts'
import type { RuleReport } from './rules/options.ts'
import { summarizeChunks, summarizeCounts, type Summary } from './summary.ts'
import type { SyscallName } from './table/index.ts'
import { checkTextOptions } from './text-checks.ts'
import { TextWriter } from './text/order.ts'
import type { WriterOptions } from './text/writer-options.ts'
import { wantedCalls } from './wanted-calls.ts'

/**
 * The result of `trace()` and `attach()`. `N` are the calls that the filter names.
 * @example
 * const run = await trace('node', ['build.js'], { filter: ['openat'] })
 * run.syscalls('openat').filter((call) => call.ok).map((call) => call.args.pathname)
 */
export interface TraceResult<N = SyscallName, Stdout = unknown, Stderr = unknown> extends Answers {
  /** The command as one would type it. */
  readonly command: string
  /** Process id of the command, or of the first process attached to. */
  readonly pid: number
  /** The directory that the command began in, or that the first attached process was in; absent where that could not be read. */
  readonly cwd: string | undefined
  /** Absent if a signal ended the command, or if it was let go. */
  readonly exitCode: number | undefined
  /** The signal that ended the command. */
  readonly signal: SignalName | `${number}` | undefined
  readonly coreDumped: boolean
  /** What the command wrote to its standard output, decoded as the option `encoding` says; `undefined` where that was no pipe. */
  readonly stdout: Stdout
  /** The same of its standard error. */
  readonly stderr: Stderr
  /** Whether the `timeout` option ended the run. */
  readonly timedOut: boolean
  /** From start to end of the run. */
  readonly durationMs: number
  /** How calls were intercepted; see the option `mode`. */
  readonly mode: 'filter' | 'stops'
  /** Why the mode was `'stops'`, where a filter was wanted; a sentence. */
  readonly fallback: string | undefined
  /** Whether every system call within the filter was recorded, of the whole tree and from its first program on. */
  readonly complete: boolean
  /** What keeps the run from being complete. */
  readonly incomplete: readonly Reason[]
  /** All events in order, without `pending` ones: each call is there once. Throws ERR_SYSCOPE_NOT_RECORDED if they were not kept. */
  readonly events: readonly TraceEvent<Known<N>>[]
  /** Calls that a rule of `deny` made fail. (What `ioUring: 'deny'` did is in `rules`.) */
  readonly denied: readonly SyscallEvent[]
  /**
   * How each rule was enforced, and how often it acted: those of `deny`, those of `inject`, the handlers of `intercept`, and at the end
   * what `ioUring` denies.
   */
  readonly rules: readonly RuleReport[]
  /** Processes that were still there at the end of the run, and were killed. */
  readonly leaked: readonly LeakedEvent[]

  /** What happened between two marks: of that part the same can be asked. Throws ERR_SYSCOPE_NOT_RECORDED for a mark that was not made. */
  between(from: string, to: string, options?: PartOptions): RunPart<N>
  /**
   * What one process did, with all that it started: the process as `run.processes` has it, or its id. Or what happened in a time. Throws
   * ERR_SYSCOPE_INVALID_ARGUMENT for a process that was none of the run.
   * @example
   * for (const child of run.processes.roots[0]?.children ?? []) expect(run.within(child)).toHaveNoNetwork()
   */
  within(scope: TracedProcess | number | Slice): RunPart<N>

  /** All completed calls. */
  syscalls(): readonly CompletedCall<Known<N>>[]
  /** The calls of these names. Throws ERR_SYSCOPE_NOT_RECORDED if the filter left one out. */
  syscalls<Name extends Known<N>>(...names: readonly Name[]): readonly SyscallEvent<Name>[]
  /** Counts and times per call and per process. Throws ERR_SYSCOPE_NOT_RECORDED if events were neither kept nor counted. */
  summary(): Summary
  /** The trace as strace writes it. Throws ERR_SYSCOPE_NOT_RECORDED if events were not kept. */
  text(options?: WriterOptions): string
  /** Lines that are the same each time that the program does the same. Throws ERR_SYSCOPE_INCOMPLETE and ERR_SYSCOPE_NOT_RECORDED. */
  snapshot(options?: SnapshotOptions): string
  /** What `JSON.stringify(run)` has: all properties that say how the run ended, and the events, if they were kept. */
  toJSON(): PlainObject
}

/** How a run ended, without what was recorded. */
export type Ending = Pick<
  TraceResult,
  | 'command'
  | 'pid'
  | 'cwd'
  | 'exitCode'
  | 'signal'
  | 'coreDumped'
  | 'stdout'
  | 'stderr'
  | 'timedOut'
  | 'durationMs'
  | 'mode'
  | 'fallback'
  | 'complete'
  | 'incomplete'
>

/** Where a result finds its records. */
export interface Records {
  readonly isKept: boolean
  /** Throws where the records were not kept. */
  chunks(): Iterable<Uint8Array>
  /** A record as an event may hold it for long; absent where the chunks are held anyway. */
  readonly alone?: (record: RawRecord) => RawRecord
  /** LEAKED records and calls with a rule, which are noted even if nothing is kept. */
  notable(): readonly RawRecord[]
  /** The engine's own counts, where calls were only counted. */
  counts(): Uint8Array | undefined
  readonly calls: CallSet
  /** Whether what the processes start was traced too. */
  readonly follow: boolean
  readonly rules: readonly CompiledRule[]
  /** What the engine says of them, by id. */
  readonly ruleEnds: readonly NativeRuleEnd[]
}

/** Its public type is `TraceResult`, with the names and outputs that the options tell. */
export class Result extends Answering implements Ending {
  declare readonly command: string
  declare readonly pid: number
  declare readonly cwd: string | undefined
  declare readonly exitCode: number | undefined
  declare readonly signal: SignalName | `${number}` | undefined
  declare readonly coreDumped: boolean
  declare readonly stdout: unknown
  declare readonly stderr: unknown
  declare readonly timedOut: boolean
  declare readonly durationMs: number
  declare readonly mode: 'filter' | 'stops'
  declare readonly fallback: string | undefined
  declare readonly complete: boolean
  declare readonly incomplete: readonly Reason[]
  readonly #records: Records
  #events: readonly TraceEvent[] | undefined
  #notable: readonly RawRecord[] | undefined

  constructor(ending: Ending, records: Records) {
    super()
    Object.assign(this, ending)
    this.#records = records
  }

  get events(): readonly TraceEvent[] {
    if (this.#events !== undefined) return this.#events
    const events: TraceEvent[] = []
    for (const chunk of this.#chunks()) {
      // A call that was announced is there again, completed.
      for (const event of decodeChunk(chunk)) if (event.type !== 'pending') events.push(event)
    }
    return (this.#events = events)
  }

  get denied(): readonly SyscallEvent[] {
    const { rules } = this.#records
    // Ids of rules count from 1.
    return completed(this.#notableRecords(), (it) => {
      const rule = rules[it.u16(SYSCALL.RULE) - 1]?.rule
      return rule?.option === 'deny' && !('implied' in rule.given)
    })
  }

  get rules(): readonly RuleReport[] {
    const { rules, ruleEnds } = this.#records
    return rules.map(({ rule }, index) => {
      const end = ruleEnds.find(({ id }) => id === index + 1)
      return { rule: rule.given, how: end?.how ?? 'filter', acted: end?.acted ?? 0, unread: end?.unread ?? 0 }
    })
  }

  get leaked(): readonly LeakedEvent[] {
    const events = this.#notableRecords().map(decodeMoment)
    return events.filter((event) => event?.type === 'leaked')
  }

  between(from: string, to: string, options: PartOptions = {}): RunPart {
    return partOf(this, from, to, options)
  }

  within(scope: TracedProcess | number | Slice): RunPart {
    return partWithin(this, scope)
  }

  snapshot(options: SnapshotOptions = {}): string {
    return snapshotOf(this, options)
  }

  syscalls(...names: readonly string[]): readonly SyscallEvent[] {
    const { calls, rules, alone } = this.#records
    checkRecorded(names, [calls, ...rules.map(({ recorded }) => recorded)], 'syscalls()')
    // Few calls of many should not hold all chunks.
    const own = names.length === 0 ? undefined : alone
    return completed(recordsIn(this.#chunks()), wantedCalls(names), own)
  }

  summary(): Summary {
    const counts = this.#records.counts()
    return counts === undefined ? summarizeChunks(this.#chunks()) : summarizeCounts(readCounts(counts))
  }

  text(options: WriterOptions = {}): string {
    checkTextOptions(options)
    const writer = new TextWriter(options)
    let text = ''
    for (const chunk of this.#chunks()) text += writer.write(decodeChunk(chunk))
    return text + writer.end()
  }

  toJSON(): PlainObject {
    const { denied, leaked, rules } = this
    const hasEvents = this.#records.isKept && this.#records.counts() === undefined
    return {
      ...objectToPlain(this),
      ...objectToPlain({ denied, leaked, rules, events: hasEvents ? this.events : undefined }),
    }
  }

  /** For what reads the records themselves. */
  [recordsOf](): Records {
    return this.#records
  }

  #notableRecords(): readonly RawRecord[] {
    return (this.#notable ??= this.#records.notable())
  }

  #chunks(): Iterable<Uint8Array> {
    if (this.#records.counts() !== undefined) {
      const message =
        'This run only counted its calls (option `counting`): `summary()` has the counts, and there are no events.'
      throw new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', message)
    }
    return this.#records.chunks()
  }
}

function* recordsIn(chunks: Iterable<Uint8Array>): Generator<RawRecord, void, undefined> {
  for (const chunk of chunks) yield* readRecords(chunk)
}

function completed(
  records: Iterable<RawRecord>,
  isWanted: (record: RawRecord) => boolean,
  alone: Records['alone'] = (record) => record,
): SyscallEvent[] {
  const found: SyscallEvent[] = []
  for (const record of records) {
    if (record.kind !== KIND.SYSCALL || !isWanted(record)) continue
    const event = decodeCall(alone(record))
    // Compared, not asked of a function: the compiler then finds the members of the union at once.
    if (event.type === 'syscall') found.push(event)
  }
  return found
}
