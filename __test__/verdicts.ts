/** What matchers say of a run. */

import { SyscopeError } from '../index.ts'
import type { Verdict } from '../src/kit/matchers/verdict.ts'

/** `passes`, `fails`, or the code of the error where the run can't tell. */
export function outcome(ask: () => Verdict): string {
  try {
    return ask().pass ? 'passes' : 'fails'
  } catch (error) {
    if (!(error instanceof SyscopeError)) throw error
    return error.code
  }
}
