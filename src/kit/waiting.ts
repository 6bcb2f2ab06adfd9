/** `waitingOf()`: what the threads of a run waited for, and how long. */

import { inspect } from 'node:util'
import { objectToPlain, type PlainObject } from '../json.ts'
import { causeOf, DescriptorCauses, waitingCalls, type WaitCause } from './wait-causes.ts'
import { partOfRun, requireCalls, type AnyCall, type AnyEvent, type Extent, type RecordedRun } from './recorded.ts'
import { Tree } from './tree.ts'
import { waitingText } from './waiting-text.ts'

/** What one thread waited for, by one cause. */
export interface Wait {
  readonly cause: WaitCause
  readonly pid: number
  readonly tid: number
  /** How many calls; those that did not have to wait count as well. */
  readonly calls: number
  /** All its calls together. */
  readonly totalMs: number
  /** The one that took longest. */
  readonly longestMs: number
  /** The call that took longest, as strace writes it. */
  readonly longest: string
}

/** Waiting times of a run. Of a part of one: of the calls that began in it, until its end. */
export interface Waiting {
  /** One for each thread and cause, the longest total first. */
  readonly waits: readonly Wait[]
  /** Sums over all threads in milliseconds, the greatest first. Threads wait at the same time: they may exceed the run's duration. */
  readonly causes: ReadonlyMap<WaitCause, number>
  /** Those of one process. */
  of(pid: number): readonly Wait[]
  /**
   * A table, the longest total first.
   * @example
   *    total  longest  calls  thread  cause
   * 204.1 ms 204.1 ms      1   15605  sleep   clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=200000000}, NULL) = 0
   */
  toString(): string
  toJSON(): PlainObject
}

/**
 * Time that threads spent in calls that may wait: from entry to exit, without what the process spent in the kernel meanwhile. That is
 * counted for all threads of a process together, so with several of them it stays in. What descriptors are is known of those that
 * the run saw opened, and of all with `decodeFds`.
 *
 * Throws ERR_SYSCOPE_NOT_RECORDED if the filter left out one of `waitingCalls`, or the run kept no events.
 *
 * @example
 * const run = await trace('npm', ['test'], { filter: waitingCalls, decodeFds: true })
 * console.log(String(waitingOf(run)))
 */
export function waitingOf(run: RecordedRun): Waiting {
  const tree = new Tree(run)
  requireCalls(run, waitingCalls, 'waitingOf()')
  return new WaitingOfRun(new Watch(tree, run[partOfRun]).read())
}

class WaitingOfRun implements Waiting {
  readonly waits: readonly Wait[]
  readonly causes: ReadonlyMap<WaitCause, number>

  constructor(waits: readonly Wait[]) {
    this.waits = waits
    const sums = new Map<WaitCause, number>()
    for (const { cause, totalMs } of waits) sums.set(cause, (sums.get(cause) ?? 0) + totalMs)
    this.causes = new Map([...sums].toSorted((one, other) => other[1] - one[1]))
  }

  of(pid: number): readonly Wait[] {
    return this.waits.filter((wait) => wait.pid === pid)
  }

  toString(): string {
    return waitingText(this.waits)
  }

  toJSON(): PlainObject {
    return objectToPlain({ waits: this.waits, causes: Object.fromEntries(this.causes) })
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

interface Sum {
  readonly cause: WaitCause
  readonly pid: number
  readonly tid: number
  calls: number
  totalNs: number
  longestNs: number
  longest: AnyCall
}

/** Adds up, thread by thread. Of a part, the calls that began there, until its end. */
class Watch {
  readonly #tree: Tree
  readonly #extent: Extent | undefined
  readonly #descriptors: DescriptorCauses
  readonly #sums = new Map<string, Sum>()
  /** How many threads each process has, where there was more than one. */
  readonly #threads = new Map<number, number>()

  constructor(tree: Tree, extent: Extent | undefined) {
    this.#tree = tree
    this.#extent = extent
    this.#descriptors = new DescriptorCauses((call) => tree.at(call))
  }

  read(): readonly Wait[] {
    for (const event of this.#tree.events) {
      this.#follow(event)
      this.#tree.apply(event)
    }
    const sums = [...this.#sums.values()].toSorted((one, other) => other.totalNs - one.totalNs)
    return sums.map(({ cause, pid, tid, calls, totalNs, longestNs, longest }) => {
      return { cause, pid, tid, calls, totalMs: totalNs / 1e6, longestMs: longestNs / 1e6, longest: String(longest) }
    })
  }

  #follow(event: AnyEvent): void {
    const { type, pid } = event
    if (type === 'syscall') {
      if (this.#extent?.isInside(event) !== false) this.#add(event)
    } else if (type === 'fork' && event.thread) this.#threads.set(pid, (this.#threads.get(pid) ?? 1) + 1)
    else if (type === 'exit' && event.tid !== pid) this.#threads.set(pid, (this.#threads.get(pid) ?? 2) - 1)
    else if (type === 'exec') this.#threads.delete(pid)
    else if (type === 'attach') this.#threads.set(pid, event.threads)
  }

  #add(call: AnyCall): void {
    const cause = causeOf(call, this.#descriptors)
    if (cause === undefined) return
    const untilNs = this.#extent !== undefined && this.#extent.toNs < call.endNs ? this.#extent.toNs : call.endNs
    const wallNs = Number(untilNs - call.startNs)
    const isAlone = (this.#threads.get(call.pid) ?? 1) <= 1
    const ns = Math.max(0, isAlone ? wallNs - call.systemNs : wallNs)
    const key = `${call.pid} ${call.tid} ${cause}`
    const sum = this.#sums.get(key)
    if (sum === undefined) {
      const { pid, tid } = call
      this.#sums.set(key, { cause, pid, tid, calls: 1, totalNs: ns, longestNs: ns, longest: call })
      return
    }
    sum.calls += 1
    sum.totalNs += ns
    if (ns <= sum.longestNs) return
    sum.longestNs = ns
    sum.longest = call
  }
}
