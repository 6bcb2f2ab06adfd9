/** Parts of calls that are read of many, without decoding the rest: what is decoded stays in memory as long as the run. */

import { linkOf, linksWithin, returnedLink, type Link } from './paths.ts'
import type { AnyCall } from './recorded.ts'
import { textSource, type TextEvent } from '../text/source.ts'

/** `AT_FDCWD` as a number. */
export const AT_FDCWD = -100

/** Where the descriptor arguments of each call stand: found out once. Those of other ABIs are decoded. */
const places = new Map<string, ReadonlyMap<string, number>>()

/** The number in a descriptor argument, AT_FDCWD for the working directory; `undefined` where there is none. */
export function fdOf(call: AnyCall, argument: string): number | undefined {
  const place = call.abi === 'x86_64' ? placesOf(call)?.get(argument) : undefined
  if (place !== undefined) return Number(BigInt.asIntN(32, call.raw.args[place] ?? -1n))
  const value = call.args[argument]
  if (value === 'AT_FDCWD') return AT_FDCWD
  return typeof value === 'number' ? value : undefined
}

function placesOf(call: AnyCall): ReadonlyMap<string, number> | undefined {
  const known = places.get(call.name)
  if (known !== undefined) return known
  // Events of a run have it; those that somebody made by hand need not.
  const row = (call as Partial<TextEvent>)[textSource]?.().call?.row
  if (row === undefined) return undefined
  const found = new Map<string, number>()
  for (const [index, [name, kind]] of row.args.entries()) if (kind.fd === true) found.set(name, index)
  places.set(call.name, found)
  return found
}

/** How many descriptors without a link say that the run has none. */
const ENOUGH = 64

/** What the kernel says that descriptors lead to. Runs without `decodeFds` have nothing of that, and are not asked for ever. */
export class Links {
  #misses = 0

  of(call: AnyCall, argument: string): Link | undefined {
    return this.#areThere ? this.#note(call, linkOf(call, argument)) : undefined
  }

  returned(call: AnyCall): Link | undefined {
    return this.#areThere ? this.#note(call, returnedLink(call)) : undefined
  }

  within(call: AnyCall, argument: string): readonly (Link | undefined)[] {
    return this.#areThere ? linksWithin(call, argument) : []
  }

  get #areThere(): boolean {
    return this.#misses < ENOUGH
  }

  #note(call: AnyCall, link: Link | undefined): Link | undefined {
    if (link !== undefined) this.#misses = -Infinity
    else if (call.ok) this.#misses++
    return link
  }
}
