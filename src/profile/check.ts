/** Whether a profile would have let a run through. */

import type { Abi } from '../args/arg.ts'
import { plainWord, type CallSetOfRuns } from './calls.ts'
import { callsOf, type AnyEvent, type Made } from './run.ts'

/** What `check()` of a profile says of a run. */
export interface ProfileCheck {
  /** Nothing is missing. */
  readonly holds: boolean
  /** What the profile would have refused, sorted by name. */
  readonly missing: readonly MissingCall[]
}

/** Calls that the run made and the profile has not. */
export interface MissingCall {
  readonly name: string
  readonly abi: Abi
  /** `'call'`: the profile has no such call; `'argument'`: it has, but not with this domain, persona or namespace. */
  readonly why: 'call' | 'argument'
  /** How often it would have been refused. */
  readonly count: number
  /** The first of them, as strace writes it. */
  readonly example: string
  /** Of the first of them. */
  readonly pid: number
  /** Path of the program that made the first of them. */
  readonly program?: string
}

export function checkRun(profiled: CallSetOfRuns, events: readonly AnyEvent[]): ProfileCheck {
  const found = new Map<string, { readonly first: Made; readonly why: 'call' | 'argument'; count: number }>()
  for (const made of callsOf(events)) {
    const why = profiled.refusal(made.call)
    if (why === undefined) continue
    const key = `${plainWord(made.call.abi, made.call.name)} ${why}`
    const known = found.get(key)
    if (known === undefined) found.set(key, { first: made, why, count: 1 })
    else known.count += 1
  }
  const sorted = [...found].toSorted(([one], [other]) => (one < other ? -1 : 1))
  const missing = sorted.map(([, { first, why, count }]): MissingCall => {
    const { call, program } = first
    const { name, abi, pid } = call
    return { name, abi, why, count, example: String(call), pid, ...(program === undefined ? {} : { program }) }
  })
  return { holds: missing.length === 0, missing }
}
