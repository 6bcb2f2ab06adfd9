/** -O: what tracing adds to the time of a call, taken off the times of -c. */

import type { CallSummary } from '../../index.ts'
import { badArgument } from './values.ts'

const nsPerUnit: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1 }

/** `2.5`, `300ns`, `1ms`: microseconds where nothing is said. */
export function readDuration(value: string, spelled: string): bigint {
  const [, number = '', unit = 'us'] = /^(\d+\.?\d*|\.\d+)(s|ms|us|ns)?$/.exec(value) ?? []
  const ns = number === '' ? Number.NaN : Number(number) * (nsPerUnit[unit] ?? 1)
  if (!Number.isSafeInteger(Math.round(ns))) throw badArgument(value, spelled)
  return BigInt(Math.round(ns))
}

/** No time gets below zero: of all calls of a name together, as they are summed up already. */
export function withoutOverhead(calls: readonly CallSummary[], overheadNs: bigint): readonly CallSummary[] {
  const less = (ns: bigint, times = 1n): bigint => (ns > overheadNs * times ? ns - overheadNs * times : 0n)
  return calls.map((call) => {
    const timed = BigInt(call.calls - call.unfinished)
    const shorten = (times: CallSummary['wall']): CallSummary['wall'] => ({
      totalNs: less(times.totalNs, timed),
      minNs: less(times.minNs),
      maxNs: less(times.maxNs),
      p50Ns: less(times.p50Ns),
      p90Ns: less(times.p90Ns),
      p99Ns: less(times.p99Ns),
    })
    return { ...call, wall: shorten(call.wall), system: shorten(call.system) }
  })
}
