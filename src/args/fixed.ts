/** Strings in arrays of fixed size, as uname(2) has them. */

import type { Captured, Kind, Unread } from './arg.ts'
import { bytesOf, isNull, pointerText, unread } from './cells.ts'
import { quoteBytes } from './quote.ts'
import { field, struct, type Struct } from './struct.ts'
import { decodeBytes } from './surrogates.ts'

/** `size` bytes that hold a string with its NUL. */
export function fixedText(size: number): Struct<string> {
  return {
    kind: 'fixedText',
    size,
    read: (cell) => {
      const bytes = new Uint8Array(cell.view.buffer, cell.view.byteOffset + cell.at, size)
      const end = bytes.indexOf(0)
      return decodeBytes(cell.view, cell.at, end < 0 ? size : end)
    },
    print: (cell, style) => {
      const bytes = new Uint8Array(cell.view.buffer, cell.view.byteOffset + cell.at, size)
      const end = bytes.indexOf(0)
      return end < 0
        ? `${quoteBytes(bytes.subarray(0, size - 1), style.hexStrings)}...`
        : quoteBytes(bytes.subarray(0, end), style.hexStrings)
    },
  }
}

const LENGTH = 65
const verbose = { verbose: true } as const

/** struct utsname */
export const utsname = struct(390, {
  sysname: field(0, fixedText(LENGTH)),
  nodename: field(LENGTH, fixedText(LENGTH)),
  release: field(2 * LENGTH, fixedText(LENGTH), verbose),
  version: field(3 * LENGTH, fixedText(LENGTH), verbose),
  machine: field(4 * LENGTH, fixedText(LENGTH), verbose),
  domainname: field(5 * LENGTH, fixedText(LENGTH), verbose),
})

const TASK_NAME = 16

/** Whether the string was read up to its NUL, or to the limit. */
function isRead(captured: Captured | undefined): captured is Captured {
  return captured !== undefined && (captured.status === 'ok' || captured.status === 'truncated')
}

/** Room for a thread's name: PR_GET_NAME. */
export const taskNameOut: Kind<never, string | Unread | null, never> = {
  kind: 'taskNameOut',
  exit: { copy: 'string', limit: TASK_NAME },
  late: true,
  readOut: (cell) => {
    if (isNull(cell)) return null
    const captured = cell.captured('exit')
    return isRead(captured) ? decodeBytes(captured.view, captured.at, captured.length) : unread(cell, captured)
  },
  print: (cell, style) => {
    const captured = cell.captured('exit')
    return isRead(captured) ? quoteBytes(bytesOf(captured), style.hexStrings) : pointerText(cell)
  },
}

/** A thread's name: PR_SET_NAME. The kernel looks at no more of it than fits. */
export const taskName: Kind<string | Unread | null, never, never> = {
  kind: 'taskName',
  entry: { copy: 'string', limit: TASK_NAME },
  read: (cell) => {
    if (isNull(cell)) return null
    const captured = cell.captured('entry')
    if (!isRead(captured)) return unread(cell, captured)
    return decodeBytes(captured.view, captured.at, Math.min(captured.length, TASK_NAME - 1))
  },
  print: (cell, style) => {
    const captured = cell.captured('entry')
    if (!isRead(captured)) return pointerText(cell)
    const shown = bytesOf(captured).subarray(0, TASK_NAME - 1)
    const isCut = captured.status === 'truncated' || captured.length > shown.length
    return quoteBytes(shown, style.hexStrings) + (isCut ? '...' : '')
  },
}
