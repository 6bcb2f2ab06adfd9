/** ioctl(2): the request, and the third argument by the request. */

import { BLOCKS } from './blocks.ts'
import { CLOCKS } from './clocks.ts'
import { DISKS } from './disks.ts'
import { FAULTS } from './faults.ts'
import { FILES } from './filesystems.ts'
import { REQUESTS, requestOf } from './ioctl.ts'
import { GPIO } from './gpio.ts'
import { LISTENERS } from './listeners.ts'
import { NETWORK } from './netdevices.ts'
import { OBJECTS, otherArgument } from './objects.ts'
import { PTP } from './ptp.ts'
import { switchOn, undivided } from '../switch.ts'
import { TERMINALS } from './terminals.ts'

const KINDS = { ...TERMINALS, ...NETWORK, ...FILES, ...BLOCKS, ...FAULTS, ...OBJECTS }

/** Requests of devices that few programs know. */
const RARE = { ...LISTENERS, ...CLOCKS, ...PTP, ...DISKS, ...GPIO }

export const request = requestOf(new Set([...Object.keys(KINDS), ...Object.keys(RARE)]))

const rareArgument = undivided(switchOn('op', REQUESTS, RARE, otherArgument))

export const ioctlArgument = switchOn('op', REQUESTS, KINDS, rareArgument)
