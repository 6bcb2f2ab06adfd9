/** ioctl(2): the request. */

import { IOCTL } from '../../table/constants/ioctl.ts'
import { lazy } from '../../lazy.ts'
import type { Kind, Style } from '../arg.ts'
import { constantText, lowOf, type OneOf } from '../flags.ts'
import { hex32 } from '../numbers.ts'

export type IoctlRequest = keyof typeof IOCTL.values

/** Several requests share numbers; strace lists them all. */
const names = lazy((): ReadonlyMap<number, readonly IoctlRequest[]> => {
  const found = new Map<number, IoctlRequest[]>()
  for (const [name, number] of Object.entries(IOCTL.values)) {
    const list = found.get(number) ?? []
    list.push(name as IoctlRequest) // A key of the same object.
    found.set(number, list)
  }
  return found
})

/**
 * 0x5401 to 0x5408 are requests of terminals and of sound cards. strace asks which device it is, and names both where there is no
 * telling; of an open descriptor it is nearly always the terminal's.
 */
const TERMINAL_FIRST = 0x5401
const TERMINAL_LAST = 0x5408

function shownNames(request: number, isOpen = true): readonly IoctlRequest[] | undefined {
  const list = names().get(request)
  if (request < TERMINAL_FIRST || request > TERMINAL_LAST || !isOpen) return list
  return list?.filter((name) => name.startsWith('TC'))
}

/** What is asked of a device. `known`: of several names the one that the third argument goes by. */
export function requestOf(known: ReadonlySet<string>): Kind<OneOf<IoctlRequest>, never, 'fd'> {
  return {
    kind: 'ioctlRequest',
    read: (cell) => {
      const list = shownNames(lowOf(cell, 4))
      return list?.find((name) => known.has(name)) ?? list?.[0] ?? `0x${lowOf(cell, 4).toString(16)}`
    },
    print: (cell, style) => {
      const { view, at } = cell.sibling('fd')
      return requestText(lowOf(cell, 4), view.getInt32(at, true) >= 0, style)
    },
  }
}

/** Requests that hold a number: by direction (1: written, 2: read, 3: both), type and number. */
const SIZED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '2E6': 'EVIOCGNAME',
    '2E7': 'EVIOCGPHYS',
    '2E8': 'EVIOCGUNIQ',
    '2E9': 'EVIOCGPROP',
    '2E10': 'EVIOCGMTSLOTS',
    '2E24': 'EVIOCGKEY',
    '2E25': 'EVIOCGLED',
    '2E26': 'EVIOCGSND',
    '2E27': 'EVIOCGSW',
    '2H4': 'HIDIOCGRAWNAME',
    '2H5': 'HIDIOCGRAWPHYS',
    '2H6': 'HIDIOCSFEATURE',
    '2H8': 'HIDIOCGRAWUNIQ',
    '2H18': 'HIDIOCGPHYS',
    '3H6': 'HIDIOCSFEATURE',
    '3H7': 'HIDIOCGFEATURE',
    '2U44': 'UI_GET_SYSNAME',
    '2j19': 'JSIOCGNAME',
    '1k0': 'SPI_IOC_MESSAGE',
  }),
)

/** The name of such a request: `EVIOCGNAME(256)`. */
function sizedName(value: number): string | undefined {
  const [direction, type, number] = [value >>> 30, String.fromCharCode((value >>> 8) & 0xff), value & 0xff]
  if (type === 'M' && (direction === 1 || direction === 2))
    return `MIXER_${direction === 1 ? 'WRITE' : 'READ'}(${number})`
  const name = SIZED.get(`${direction}${type}${number}`)
  return name === undefined ? undefined : `${name}(${(value >>> 16) & 0x3fff})`
}

const DIRECTIONS = ['_IOC_NONE', '_IOC_WRITE', '_IOC_READ', '_IOC_READ|_IOC_WRITE'] as const

function requestText(value: number, isOpen: boolean, style: Style): string {
  const sized = sizedName(value)
  const list = [...(sized === undefined ? [] : [sized]), ...(shownNames(value, isOpen)?.toSorted() ?? [])]
  const text =
    list.join(' or ') ||
    `_IOC(${DIRECTIONS[value >>> 30] ?? ''}, ${hex32((value >>> 8) & 0xff)}, ${hex32(value & 0xff)}, ${hex32((value >>> 16) & 0x3fff)})`
  return constantText(text, hex32(value), style)
}

/** The set that `switchOn` chooses from. */
export const REQUESTS = IOCTL
