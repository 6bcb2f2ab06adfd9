/** ioctl(2), by what its descriptor is. */

import type { Family } from './check.ts'
import { blocks, files, objects } from './devices.ts'
import { hardware } from './hardware.ts'
import { netdevices } from './netdevices.ts'
import { ttys } from './ttys.ts'

const parts: readonly Family[] = [ttys, netdevices, files, blocks, objects, ...hardware]

export const ioctls: Family = {
  cases: parts.flatMap(({ cases }) => cases),
  untested: Object.fromEntries(parts.flatMap(({ untested }) => Object.entries(untested))),
}
