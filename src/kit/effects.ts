/** Whether calls did what they are for, where a rule made their results. */

import type { AnyCall } from './recorded.ts'

/**
 * What a call did: what it says (`told`); `none`, for it was not run, or failed when it was; or `done`, with a result that nobody knows,
 * because a rule put another in its place.
 */
type Effect = 'told' | 'none' | 'done'

/** A rule that could not do what it was to do makes the run incomplete, which is then said of the run. */
export function effectOf({ injected }: AnyCall): Effect {
  if (injected?.did.includes('result') !== true) return 'told'
  return injected.did.includes('done') ? 'done' : 'none'
}

/** Whether the call did what it is for. */
export function isDone(call: AnyCall): boolean {
  const effect = effectOf(call)
  return effect === 'done' || (effect === 'told' && call.ok)
}
