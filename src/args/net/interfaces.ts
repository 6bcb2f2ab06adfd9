/**
 * Network interfaces by index, as strace shows them: by the name that the index has for the tracer. A tracee in a network
 * namespace of its own may know it by another name; values are therefore indices.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { constantText, lowOf } from '../flags.ts'
import { quoteBytes } from '../quote.ts'
import type { Scalar } from '../scalar.ts'

const DIRECTORY = '/sys/class/net'
/** An index that is not known may be that of a new interface; so often it is worth a look. */
const LOOK_AGAIN_MS = 1000

let known: ReadonlyMap<number, string> = new Map()
let lookedAt = -Infinity

function look(): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  for (const name of namesIn(DIRECTORY)) {
    const index = readNumber(join(DIRECTORY, name, 'ifindex'))
    if (index !== undefined) found.set(index, name)
  }
  return found
}

/** Nothing where /sys is not mounted. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** The directory holds more than interfaces (`bonding_masters`), and interfaces go away. */
function readNumber(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'latin1'))
  } catch {
    return undefined
  }
}

function interfaceName(index: number): string | undefined {
  const name = known.get(index)
  if (name !== undefined || index === 0 || performance.now() - lookedAt < LOOK_AGAIN_MS) return name
  known = look()
  lookedAt = performance.now()
  return known.get(index)
}

/** The index of an interface: `if_nametoindex("lo")`. */
export const ifindex: Scalar<number> = {
  kind: 'ifindex',
  width: 4,
  read: (cell) => lowOf(cell, 4),
  print: (cell, style) => {
    const index = lowOf(cell, 4)
    const name = style.constants === 'raw' ? undefined : interfaceName(index)
    if (name === undefined) return String(index)
    const call = `if_nametoindex(${quoteBytes(Buffer.from(name), 'none')})`
    return constantText(call, String(index), style)
  },
}
