/** Whether calls did what they are for, where a rule made their results. */

import { wholeOf, type AnyCall, type RecordedRun, type partOfRun } from './recorded.ts'

/**
 * What a call did: what it says (`told`), `none`, for it was not run, or failed when it was; `done`, with a result that nobody knows,
 * because a rule put another in its place; or `perhaps`: nobody knows whether it was run, or how it ended.
 */
export type Effect = 'told' | 'none' | 'done' | 'perhaps'

/** What is read of a run. */
export type RunWithRules = Pick<RecordedRun, 'rules' | typeof partOfRun>

/** Says of each call what it did, by the rules of the run: the engine's word of what it did to a call is the same either way. */
export function effectsOf(run: RunWithRules): (call: AnyCall) => Effect {
  let effects: readonly Effect[] | undefined
  return ({ injected }) => {
    if (injected?.did.includes('result') !== true) return 'told'
    // What was to be done could not be done, perhaps this.
    if (injected.did.includes('failed')) return 'perhaps'
    effects ??= (wholeOf(run).rules ?? []).map(({ rule }) => effectOf(rule))
    return effects[injected.rule] ?? 'perhaps'
  }
}

function effectOf(rule: object): Effect {
  const { syscall, intercept, instead, run, outcome } = rule as Readonly<Record<string, unknown>>
  // A handler may answer before the call or after it.
  if (intercept !== undefined) return 'perhaps'
  // What is denied has no word for the call.
  if (syscall === undefined || instead !== undefined) return 'none'
  if (outcome === 'successful') return 'done'
  if (outcome !== undefined) return 'none'
  return run === true ? 'perhaps' : 'none'
}
