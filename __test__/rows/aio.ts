/** Input and output that goes on by itself. */

import type { Family } from './check.ts'
import { iocbs } from './iocbs.ts'
import { rings } from './rings.ts'

const parts: readonly Family[] = [iocbs, rings]

export const aio: Family = {
  cases: parts.flatMap(({ cases }) => cases),
  untested: Object.fromEntries(parts.flatMap(({ untested }) => Object.entries(untested))),
}
