/** Processes and threads: how they begin, end and are waited for, who they are, and what they may do. */

import { credentials } from './credentials.ts'
import type { Family } from './check.ts'
import { lives } from './lives.ts'
import { prctls } from './prctls.ts'
import { ptraces } from './ptraces.ts'

const parts: readonly Family[] = [lives, credentials, prctls, ptraces]

export const processes: Family = {
  cases: parts.flatMap(({ cases }) => cases),
  untested: Object.fromEntries(parts.flatMap(({ untested }) => Object.entries(untested))),
}
