/** Counts calls that are shown as well (-C), or of which only some count (-c with -z). */

import type { TraceEvent } from '../../index.ts'
import type { CallCount } from './summary.ts'

type Counted = Extract<TraceEvent, { readonly type: 'syscall' }>

export class Tally {
  readonly #counts = new Map<string, { -readonly [Key in keyof CallCount]: CallCount[Key] }>()

  add(event: Counted): void {
    if (event.unfinished === true) return
    const durationNs = event.endNs - event.startNs
    const isError = event.ok ? 0 : 1
    const count = this.#counts.get(event.name)
    if (count === undefined) {
      const times = { totalNs: durationNs, minNs: durationNs, maxNs: durationNs }
      this.#counts.set(event.name, { name: event.name, calls: 1, errors: isError, ...times })
      return
    }
    count.calls++
    count.errors += isError
    count.totalNs += durationNs
    if (durationNs < count.minNs) count.minNs = durationNs
    if (durationNs > count.maxNs) count.maxNs = durationNs
  }

  counts(): readonly CallCount[] {
    return [...this.#counts.values()]
  }
}
