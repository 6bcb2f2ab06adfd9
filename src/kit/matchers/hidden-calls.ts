/** Calls that i386 programs make by way of socketcall(2) and ipc(2). */

import { hiddenCalls } from '../../rules/hidden.ts'
import { SOCKET_OPERATIONS } from '../../rules/memory32.ts'
import type { AnyCall } from '../recorded.ts'
import type { Truth } from './arguments.ts'

/** The calls by which one of this name may be made, beside itself: to claim that there was none, they must be recorded as well. */
export function waysTo(name: string): readonly string[] {
  let ways = known.get(name)
  if (ways === undefined) {
    const rows = hiddenCalls(new Set([name]), false)
    known.set(name, (ways = [...new Set(rows.map(({ row }) => row.name))].filter((way) => way !== name)))
  }
  return ways
}

const known = new Map<string, readonly string[]>()

/** Whether a call by another name is one of this name: surely not, or perhaps, since its arguments lie in memory. */
export function hiddenTruth(call: AnyCall, name: string): Truth {
  if ((call.name !== 'socketcall' && call.name !== 'ipc') || !waysTo(name).includes(call.name)) return false
  if (call.name === 'ipc') return undefined
  const [operation] = SOCKET_OPERATIONS[Number(call.raw.args[0]) - 1] ?? []
  return operation === name ? undefined : false
}
