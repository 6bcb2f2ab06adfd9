/** Sets of constants, as scripts/constants.mjs writes them. */

import { lazy } from '../lazy.ts'

/**
 * A set whose members are made when somebody first asks for them: a program meets few of the thousands, and to make them all would
 * be most of the time that loading takes.
 */
export function constants<const Fallback extends string, const Values>(
  fallback: Fallback,
  make: () => Values,
): { readonly fallback: Fallback; readonly values: Values } {
  const values = lazy(make)
  return {
    fallback,
    get values() {
      return values()
    },
  }
}
