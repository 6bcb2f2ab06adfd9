/** ioctl(2): the request, and the arguments of the requests that terminals and pipes know. */

import { IOCTL } from '../table/constants/ioctl.ts'
import type { Style } from './arg.ts'
import { lowOf, type OneOf } from './flags.ts'
import { hex32 } from './numbers.ts'
import { ushort, type Scalar } from './scalar.ts'
import { field, struct } from './struct.ts'

export type IoctlRequest = keyof typeof IOCTL

const names = requestNames()

/** Several requests share numbers; strace lists them all. */
function requestNames(): ReadonlyMap<number, readonly IoctlRequest[]> {
  const found = new Map<number, IoctlRequest[]>()
  for (const [name, number] of Object.entries(IOCTL)) {
    const list = found.get(number) ?? []
    list.push(name as IoctlRequest) // A key of the same object.
    found.set(number, list)
  }
  return found
}

/** 0x5401 to 0x5408 are requests of terminals and of sound cards; strace asks which device it is. */
const TERMINAL_FIRST = 0x5401
const TERMINAL_LAST = 0x5408

function shownNames(request: number): readonly IoctlRequest[] | undefined {
  const list = names.get(request)
  if (request < TERMINAL_FIRST || request > TERMINAL_LAST) return list
  return list?.filter((name) => name.startsWith('TC'))
}

/** What is asked of a device. */
export const request: Scalar<OneOf<IoctlRequest>> = {
  kind: 'ioctlRequest',
  width: 4,
  read: (cell) => shownNames(lowOf(cell, 4))?.[0] ?? `0x${lowOf(cell, 4).toString(16)}`,
  print: (cell, style) => requestText(lowOf(cell, 4), style),
}

const DIRECTIONS = ['_IOC_NONE', '_IOC_WRITE', '_IOC_READ', '_IOC_READ|_IOC_WRITE'] as const

function requestText(value: number, style: Style): string {
  if (style.constants === 'raw') return hex32(value)
  const list = shownNames(value)
  const text =
    list?.join(' or ') ??
    `_IOC(${DIRECTIONS[value >>> 30] ?? ''}, ${hex32((value >>> 8) & 0xff)}, ${hex32(value & 0xff)}, ${hex32((value >>> 16) & 0x3fff)})`
  return style.constants === 'verbose' ? `${hex32(value)} /* ${text} */` : text
}

/** The set that `switchOn` chooses from. */
export const REQUESTS = { fallback: '', values: IOCTL } as const

/** struct winsize */
export const windowSize = struct(8, {
  ws_row: field(0, ushort),
  ws_col: field(2, ushort),
  ws_xpixel: field(4, ushort),
  ws_ypixel: field(6, ushort),
})
