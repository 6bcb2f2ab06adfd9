/** What belongs to a part of a run: by time, and by whose it is. */

import { markOf } from './marks.ts'
import {
  eventsOf,
  insideOf,
  partOfRun,
  wholeOf,
  type AnyEvent,
  type Extent,
  type RecordedRun,
  type TimedEvent,
} from './recorded.ts'

/** What a part is made of. */
export interface Bounds {
  /** CLOCK_MONOTONIC; what began, or happened, from the one to the other belongs to the part. */
  readonly fromNs: bigint
  readonly toNs: bigint
  /** Whose events belong to it; everybody's where it is absent. */
  readonly isOf?: (event: TimedEvent) => boolean
  /** Also the events of threads and processes that these began in the part, and so on. */
  readonly follows?: boolean
  /** The call that ends the part. */
  readonly last?: { readonly tid: number; readonly startNs: bigint }
}

/**
 * A part of a run, or of a part. That an event is inside is decided by what it says, never by which object it is: of long traces that
 * were loaded from files, what is asked for again is another object.
 */
export class TimeExtent implements Extent {
  readonly run: RecordedRun
  readonly fromNs: bigint
  readonly toNs: bigint
  readonly end: number
  /** Those that are inside. */
  readonly events: readonly AnyEvent[]
  readonly #bounds: Bounds
  readonly #isAround: (event: TimedEvent) => boolean
  /** Threads that were begun in the part by those that it is of. */
  readonly #begun = new Set<number>()

  constructor(of: RecordedRun, bounds: Bounds) {
    const outer = of[partOfRun]
    this.run = wholeOf(of)
    this.fromNs = bounds.fromNs
    this.toNs = bounds.toNs
    this.#bounds = bounds
    this.#isAround = outer === undefined ? insideOf(of) : (event) => outer.covers(event)
    const events: AnyEvent[] = []
    let [index, end] = [0, 0]
    for (const event of eventsOf(this.run)) {
      index++
      if (!this.covers(event)) continue
      if (bounds.follows === true) this.#follow(event)
      if (markOf(event) !== undefined) continue
      events.push(event)
      end = index
    }
    this.end = end
    this.events = events
  }

  covers(event: TimedEvent): boolean {
    const { fromNs, toNs, last, isOf } = this.#bounds
    const ns = event.startNs ?? event.timeNs
    if (ns === undefined || ns < fromNs || ns > toNs) return false
    if (last !== undefined && event.tid === last.tid && event.startNs === last.startNs) return false
    return (isOf === undefined || isOf(event) || this.#begun.has(event.tid)) && this.#isAround(event)
  }

  isInside(event: TimedEvent): boolean {
    // Asked of events of the run only, of which TimedEvent is a part.
    return this.covers(event) && markOf(event as AnyEvent) === undefined
  }

  #follow(event: AnyEvent): void {
    if (event.type === 'fork') this.#begun.add(event.child.tid)
    // Who executes a program has the id of its process from then on.
    else if (event.type === 'exec' && this.#begun.has(event.formerTid)) this.#begun.add(event.tid)
  }
}
