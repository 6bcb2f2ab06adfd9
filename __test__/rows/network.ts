/** Sockets: how they are made and named, what goes through them, and their options. */

import type { Family } from './check.ts'
import { controls } from './controls.ts'
import { data } from './messages.ts'
import { sockopts } from './sockopts.ts'
import { protocols, sockets } from './sockets.ts'

const parts: readonly Family[] = [sockets, protocols, data, controls, sockopts]

export const network: Family = {
  cases: parts.flatMap(({ cases }) => cases),
  untested: Object.fromEntries(parts.flatMap(({ untested }) => Object.entries(untested))),
}
