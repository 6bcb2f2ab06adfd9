/** A filter spelled out, for who calculates with sets of calls. */

import { resolveFilter, type Filter } from './filter.ts'
import { abis, isNamed } from './table/abi.ts'
import { allRowsOf } from './table/index.ts'

/**
 * The calls that a filter names, one word for each ABI that has the call: `openat@64`, `openat@32`, `openat@x32`.
 *
 * Throws ERR_SYSCOPE_UNKNOWN_SYSCALL, ERR_SYSCOPE_UNKNOWN_CLASS or ERR_SYSCOPE_INVALID_ARGUMENT.
 * @example callsIn('%pure') // ['getpid@64', …]
 */
export function callsIn(filter: Filter): readonly string[] {
  const set = resolveFilter(filter, 'calls')
  return abis.flatMap(([abi, suffix]) =>
    allRowsOf(abi)
      .filter((row) => set === 'all' || isNamed(set, abi, row.name))
      .map((row) => row.name + suffix),
  )
}

/**
 * Names of a call's arguments, by place: those of the table where it knows them, else `arg1` to `arg6`.
 *
 * @param call a word of `callsIn()`: `openat@64`
 * @returns an empty array for a call that the ABI has not
 */
export function argumentNames(call: string): readonly string[] {
  const [name, designator] = call.split('@')
  const [abi] = abis.find(([, suffix]) => suffix === `@${designator}`) ?? []
  if (abi === undefined) return []
  return (
    allRowsOf(abi)
      .find((row) => row.name === name)
      ?.args.map(([argument]) => argument) ?? []
  )
}
