/** What can be saved. */

import { inspect } from 'node:util'
import { invalid } from '../checks.ts'
import type { Ending, Records } from '../result.ts'
import { recordsOf } from './records-of.ts'

/** A finished run, as far as saving it needs. */
export interface SavableRun extends Ending {
  [recordsOf](): Records
}

/** Throws ERR_SYSCOPE_INVALID_ARGUMENT where `run` is no finished run of ours. */
export function checkRun(run: unknown): SavableRun {
  if (isRun(run)) return run
  throw invalid(
    `Expected a finished run, as \`await trace()\` and \`loadTrace()\` give it, got ${inspect(run, { depth: 0 })}.`,
  )
}

function isRun(run: unknown): run is SavableRun {
  return typeof run === 'object' && run !== null && recordsOf in run && typeof run[recordsOf] === 'function'
}
