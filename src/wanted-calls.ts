/** Which records are calls of certain names. */

import type { RawRecord } from './record/reader.ts'
import { nameOf } from './table/index.ts'

/** Without names all are. Decides by the number, once for each, so that calls that nobody wants are never decoded. */
export function wantedCalls(names: readonly string[]): (record: RawRecord) => boolean {
  if (names.length === 0) return () => true
  const answers = new Map<number, boolean>()
  return ({ abi, abiName, nr }) => {
    const key = abi * 2 ** 32 + nr
    let answer = answers.get(key)
    if (answer === undefined) answers.set(key, (answer = names.includes(nameOf(abiName, nr))))
    return answer
  }
}
