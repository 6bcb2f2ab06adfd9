/** Calls of 32-bit code whose arguments nobody took apart. */

import { textSource, type TextCall, type TextEvent } from '../text/source.ts'
import type { AnyCall } from './recorded.ts'

/** What a call was made of. */
export function sourceOf(call: AnyCall): TextCall | undefined {
  // Events of a run have it; those that somebody made by hand need not.
  return (call as Partial<TextEvent>)[textSource]?.().call
}

/** Whether the words of a call of 32-bit code were not made out, since what they point to looks different there. */
export function isUndecoded(call: AnyCall): boolean {
  if (call.abi === 'x86_64') return false
  const row = sourceOf(call)?.row
  return row === undefined || row.args.some(([, kind]) => kind.kind === 'todo')
}
