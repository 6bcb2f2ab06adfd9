/** Counts and times per call and per process, from records or from the engine's own counting. */

import type { Abi } from './args/arg.ts'
import { errnoName } from './names.ts'
import type { CountRow } from './record/counts.ts'
import { KIND, SYSCALL, SYSCALL_FLAG } from './record/layout.ts'
import { abiName, readRecords, type RawRecord } from './record/reader.ts'
import { nameOf, rowByNumber } from './table/index.ts'

export interface CallSummary {
  readonly name: string
  readonly calls: number
  /** Calls that failed. Those that a signal interrupted are not among them. */
  readonly errors: number
  /** Failed calls by the name of their errno. */
  readonly errnos: Readonly<Record<string, number>>
  /** Time from syscall-entry to syscall-exit. */
  readonly totalNs: bigint
  readonly minNs: bigint
  readonly maxNs: bigint
  /** Processor time in the kernel, as far as it was measured. */
  readonly systemNs: bigint
}

export interface ProcessSummary {
  readonly pid: number
  readonly calls: readonly CallSummary[]
}

export interface Summary {
  /** One entry per name, the one that took most time first. */
  readonly calls: readonly CallSummary[]
  readonly processes: readonly ProcessSummary[]
  /** All calls together. */
  readonly total: Omit<CallSummary, 'name'>
}

/** The kernel's own results for interrupted calls start here (ERESTARTSYS). */
const firstInternalErrno = 512

export function summarizeChunks(chunks: readonly Uint8Array[]): Summary {
  const tally = new Tally()
  for (const chunk of chunks) {
    for (const record of readRecords(chunk)) if (record.kind === KIND.SYSCALL) tally.addRecord(record)
  }
  return tally.summary()
}

export function summarizeCounts(rows: readonly CountRow[]): Summary {
  const tally = new Tally()
  for (const row of rows) tally.addRow(row)
  return tally.summary()
}

class Count {
  calls = 0
  errors = 0
  totalNs = 0n
  minNs = 0n
  maxNs = 0n
  systemNs = 0n
  readonly errnos = new Map<string, number>()

  addTimes(calls: number, totalNs: bigint, minNs: bigint, maxNs: bigint, systemNs: bigint): void {
    if (calls === 0) return
    this.minNs = this.calls === 0 || minNs < this.minNs ? minNs : this.minNs
    if (maxNs > this.maxNs) this.maxNs = maxNs
    this.calls += calls
    this.totalNs += totalNs
    this.systemNs += systemNs
  }

  addErrors(name: string, count: number): void {
    this.errors += count
    this.errnos.set(name, (this.errnos.get(name) ?? 0) + count)
  }

  add(other: Count): void {
    this.addTimes(other.calls, other.totalNs, other.minNs, other.maxNs, other.systemNs)
    for (const [name, count] of other.errnos) this.addErrors(name, count)
  }

  summary(): Omit<CallSummary, 'name'> {
    const { calls, errors, totalNs, minNs, maxNs, systemNs } = this
    return { calls, errors, errnos: Object.fromEntries(this.errnos), totalNs, minNs, maxNs, systemNs }
  }
}

class Tally {
  readonly #byProcess = new Map<number, Map<string, Count>>()

  addRecord(record: RawRecord): void {
    const abi = record.abiName
    const count = this.#count(record.pid, nameOf(abi, record.nr))
    const ns = record.timeNs - record.u64(SYSCALL.START_NS)
    const tookNs = ns > 0n ? ns : 0n
    count.addTimes(1, tookNs, tookNs, tookNs, BigInt(record.u32(SYSCALL.SYSTEM_NS)))
    const isFailure = (record.flags & (SYSCALL_FLAG.IS_ERROR | SYSCALL_FLAG.UNFINISHED)) === SYSCALL_FLAG.IS_ERROR
    if (isFailure) addErrors(count, abi, record.nr, -record.i53(SYSCALL.RESULT), 1)
  }

  addRow(row: CountRow): void {
    const abi = abiName(row.abi)
    const count = this.#count(row.pid, nameOf(abi, row.nr))
    count.addTimes(Number(row.calls), row.totalNs, row.minNs, row.maxNs, row.systemNs)
    for (const [errno, calls] of row.errnos) addErrors(count, abi, row.nr, errno, Number(calls))
  }

  summary(): Summary {
    const all = new Map<string, Count>()
    const total = new Count()
    for (const counts of this.#byProcess.values()) {
      for (const [name, count] of counts) {
        getOrMake(all, name).add(count)
        total.add(count)
      }
    }
    const processes = [...this.#byProcess].map(([pid, counts]) => ({ pid, calls: sorted(counts) }))
    return { calls: sorted(all), processes, total: total.summary() }
  }

  #count(pid: number, name: string): Count {
    let counts = this.#byProcess.get(pid)
    if (counts === undefined) this.#byProcess.set(pid, (counts = new Map()))
    return getOrMake(counts, name)
  }
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
    if (a.totalNs !== b.totalNs) return a.totalNs > b.totalNs ? -1 : 1
    return a.name < b.name ? -1 : 1
  })
}
