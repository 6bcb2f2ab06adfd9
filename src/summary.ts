/** Counts and times per call and per process, from records, from events, or from the engine's own counting. */

import type { Abi } from './args/arg.ts'
import type { CompletedCall } from './events.ts'
import { Histogram, type Times } from './histogram.ts'
import { errnoName } from './names.ts'
import type { CountRow } from './record/counts.ts'
import { KIND, SYSCALL, SYSCALL_FLAG } from './record/layout.ts'
import { abiName, readRecords, type RawRecord } from './record/reader.ts'
import { nameOf, rowByNumber } from './table/index.ts'

/** Counts and times of the calls of one name. */
export interface CallSummary {
  readonly name: string
  /** How many there were, those that did not come back included. */
  readonly calls: number
  /** Calls that failed. Those that a signal interrupted are not among them. */
  readonly errors: number
  /** Failed calls by the name of their errno. */
  readonly errnos: Readonly<Record<string, number>>
  /** Calls that did not come back: their thread ended inside them. They have no times. */
  readonly unfinished: number
  /** From syscall-entry-stop to syscall-exit-stop (CLOCK_MONOTONIC): `strace -c -w`. */
  readonly wall: Times
  /** On a processor in the kernel (`ru_stime` of the process, so other threads' time too): `strace -c`. */
  readonly system: Times
}

/** The calls of one process. */
export interface ProcessSummary {
  readonly pid: number
  /** One entry per name, the one that took most time first. */
  readonly calls: readonly CallSummary[]
}

/** What `run.summary()` and `Tally` say. */
export interface Summary {
  /** One entry per name, the one that took most time first. */
  readonly calls: readonly CallSummary[]
  /** The same for each process, in the order of their first calls. */
  readonly processes: readonly ProcessSummary[]
  /** All calls together. */
  readonly total: Omit<CallSummary, 'name'>
}

/** The kernel's own results for interrupted calls start here (ERESTARTSYS). */
const firstInternalErrno = 512

export function summarizeChunks(chunks: Iterable<Uint8Array>): Summary {
  const counts = new Counts()
  for (const chunk of chunks) {
    for (const record of readRecords(chunk)) if (record.kind === KIND.SYSCALL) addRecord(counts, record)
  }
  return counts.summary()
}

export function summarizeCounts(rows: readonly CountRow[]): Summary {
  const counts = new Counts()
  for (const row of rows) addRow(counts, row)
  return counts.summary()
}

/**
 * Counts events one by one: the summary of some of them.
 * @example
 * const tally = new Tally()
 * for await (const event of trace('make')) if (event.type === 'syscall' && !event.ok) tally.add(event)
 * tally.summary().calls[0]
 */
export class Tally {
  readonly #counts = new Counts()

  /** Counts a call. */
  add(event: CompletedCall): void {
    const count = this.#counts.of(event.pid, event.name)
    if (event.unfinished === true) return count.addUnfinished(1)
    count.addCall(Number(event.endNs - event.startNs), event.systemNs)
    if (event.error !== undefined) count.addErrors(event.error, 1)
  }

  /** What was counted until now. */
  summary(): Summary {
    return this.#counts.summary()
  }
}

class Counts {
  readonly #byProcess = new Map<number, Map<string, Count>>()

  of(pid: number, name: string): Count {
    let counts = this.#byProcess.get(pid)
    if (counts === undefined) this.#byProcess.set(pid, (counts = new Map()))
    return getOrMake(counts, name)
  }

  summary(): Summary {
    const all = new Map<string, Count>()
    const total = new Count()
    for (const counts of this.#byProcess.values()) {
      for (const [name, count] of counts) {
        getOrMake(all, name).merge(count)
        total.merge(count)
      }
    }
    const processes = [...this.#byProcess].map(([pid, counts]) => ({ pid, calls: sorted(counts) }))
    return { calls: sorted(all), processes, total: total.summary() }
  }
}

class Count {
  #calls = 0
  #errors = 0
  #unfinished = 0
  readonly #errnos = new Map<string, number>()
  readonly wall = new Histogram()
  readonly system = new Histogram()

  addCall(wallNs: number, systemNs: number): void {
    this.#calls++
    this.wall.add(Math.max(wallNs, 0))
    this.system.add(systemNs)
  }

  /** Calls whose times are added to `wall` and `system` apart. */
  addCalls(count: number): void {
    this.#calls += count
  }

  addUnfinished(count: number): void {
    this.#calls += count
    this.#unfinished += count
  }

  addErrors(name: string, count: number): void {
    this.#errors += count
    this.#errnos.set(name, (this.#errnos.get(name) ?? 0) + count)
  }

  merge(other: Count): void {
    this.#calls += other.#calls
    this.#unfinished += other.#unfinished
    for (const [name, count] of other.#errnos) this.addErrors(name, count)
    this.wall.merge(other.wall)
    this.system.merge(other.system)
  }

  summary(): Omit<CallSummary, 'name'> {
    return {
      calls: this.#calls,
      errors: this.#errors,
      errnos: Object.fromEntries(this.#errnos),
      unfinished: this.#unfinished,
      wall: this.wall.times(),
      system: this.system.times(),
    }
  }
}

function addRecord(counts: Counts, record: RawRecord): void {
  const abi = record.abiName
  const count = counts.of(record.pid, nameOf(abi, record.nr))
  if ((record.flags & SYSCALL_FLAG.UNFINISHED) !== 0) return count.addUnfinished(1)
  count.addCall(Number(record.timeNs - record.u64(SYSCALL.START_NS)), record.u32(SYSCALL.SYSTEM_NS))
  if ((record.flags & SYSCALL_FLAG.IS_ERROR) !== 0) addErrors(count, abi, record.nr, -record.i53(SYSCALL.RESULT), 1)
}

function addRow(counts: Counts, row: CountRow): void {
  const abi = abiName(row.abi)
  const count = counts.of(row.pid, nameOf(abi, row.nr))
  count.addCalls(row.calls - row.unfinished)
  count.addUnfinished(row.unfinished)
  count.wall.addCounted(row.wall, row.wall.buckets)
  count.system.addCounted(row.system, row.system.buckets)
  for (const [errno, calls] of row.errnos) addErrors(count, abi, row.nr, errno, calls)
}

function getOrMake(counts: Map<string, Count>, name: string): Count {
  let count = counts.get(name)
  if (count === undefined) counts.set(name, (count = new Count()))
  return count
}

function addErrors(count: Count, abi: Abi, nr: number, errno: number, calls: number): void {
  if (errno >= firstInternalErrno || rowByNumber(abi, nr)?.neverFails === true) return
  count.addErrors(errnoName(errno) ?? `errno ${errno}`, calls)
}

function sorted(counts: ReadonlyMap<string, Count>): readonly CallSummary[] {
  const summaries = [...counts].map(([name, count]) => ({ name, ...count.summary() }))
  return summaries.toSorted((a, b) => {
    if (a.wall.totalNs !== b.wall.totalNs) return a.wall.totalNs > b.wall.totalNs ? -1 : 1
    return a.name < b.name ? -1 : 1
  })
}
