/** Reading, writing, and descriptors. */

import type { Family } from './check.ts'
import { fcntls } from './fcntls.ts'
import { transfers } from './transfers.ts'

const parts: readonly Family[] = [transfers, fcntls]

export const io: Family = {
  cases: parts.flatMap(({ cases }) => cases),
  untested: Object.fromEntries(parts.flatMap(({ untested }) => Object.entries(untested))),
}
