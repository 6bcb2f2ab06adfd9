/** ioctl(2): the request, and the third argument by the request. */

import { BLOCKS } from './blocks.ts'
import { FAULTS } from './faults.ts'
import { FILES } from './filesystems.ts'
import { REQUESTS, requestOf } from './ioctl.ts'
import { NETWORK } from './netdevices.ts'
import { OBJECTS } from './objects.ts'
import { word } from '../scalar.ts'
import { switchOn } from '../switch.ts'
import { TERMINALS } from './terminals.ts'

const KINDS = { ...TERMINALS, ...NETWORK, ...FILES, ...BLOCKS, ...FAULTS, ...OBJECTS }

export const request = requestOf(new Set(Object.keys(KINDS)))

/** What no request here says is a word in hexadecimal, as strace prints it. */
export const ioctlArgument = switchOn('op', REQUESTS, KINDS, word)
