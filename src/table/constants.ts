/** Sets of constants, as scripts/constants.mjs writes them. */

/**
 * A set whose members are made when somebody first asks for them: a program meets few of the thousands, and to make them all would
 * be most of the time that loading takes.
 */
export function constants<const Fallback extends string, const Values>(
  fallback: Fallback,
  make: () => Values,
): { readonly fallback: Fallback; readonly values: Values } {
  return new Set_(fallback, make)
}

class Set_<Fallback extends string, Values> {
  readonly fallback: Fallback
  readonly #make: () => Values
  #values: Values | undefined

  constructor(fallback: Fallback, make: () => Values) {
    this.fallback = fallback
    this.#make = make
  }

  get values(): Values {
    return (this.#values ??= this.#make())
  }
}
