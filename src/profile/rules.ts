/** A profile as rules of ours: what is not in it is denied. */

import { exactName } from '../table/abi.ts'
import { abis, always, listed, type CallSetOfRuns } from './calls.ts'

/** A `DenyRule`, for the option `deny`. */
export interface ProfileRule {
  /** In the words of `filter`: all calls that the profile has not; with `args`, one that it has, with other arguments. */
  readonly calls: readonly string[]
  readonly args?: Readonly<Record<string, { readonly not: number | readonly number[]; readonly mask?: number }>>
  readonly error: 'EPERM'
}

/** `without` is a call that is denied although it is in the profile, in the words of `exactWord`. */
export function rulesOf(made: CallSetOfRuns, without?: string): readonly ProfileRule[] {
  return [othersRule(made, without), ...argumentRules(made)]
}

function othersRule(made: CallSetOfRuns, without: string | undefined): ProfileRule {
  const allowed = new Set(
    abis.flatMap((abi) => [...made.calls[abi], ...always[abi]].map((name) => exactName(abi, name))),
  )
  if (without !== undefined) allowed.delete(without)
  return { calls: [...allowed].map((word) => `!${word}`), error: 'EPERM' }
}

/** Denies what the calls of the profile were never called with. */
export function argumentRules(made: CallSetOfRuns): readonly ProfileRule[] {
  const rules: ProfileRule[] = []
  for (const [name, argument] of Object.entries(listed)) {
    const values = made.valuesOf(name)
    if (values.length > 0) rules.push({ calls: [name], args: { [argument]: { not: values } }, error: 'EPERM' })
  }
  const mask = made.unusedNamespaces
  if (made.hasName('clone') && mask !== 0) {
    rules.push({ calls: ['clone'], args: { flags: { mask, not: 0 } }, error: 'EPERM' })
  }
  return rules
}
