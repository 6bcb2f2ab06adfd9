/** Strings in arrays of fixed size, as uname(2) has them. */

import type { Kind, Unread } from './arg.ts'
import { bytesOf, holdsString, isNull, pointerText } from './cells.ts'
import { printString, readString } from './path.ts'
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

/** Room for a thread's name: PR_GET_NAME. */
export const taskNameOut: Kind<never, string | Unread | null, never> = {
  kind: 'taskNameOut',
  exit: { copy: 'string', limit: TASK_NAME },
  late: true,
  readOut: (cell) => (isNull(cell) ? null : readString(cell, 'exit', TASK_NAME)),
  print: (cell, style) => {
    const captured = cell.captured('exit')
    if (!holdsString(captured)) return pointerText(cell)
    const bytes = bytesOf(captured)
    const isCut = bytes.length > style.stringLimit
    return quoteBytes(bytes.subarray(0, style.stringLimit), style.hexStrings) + (isCut ? '...' : '')
  },
}

/** A thread's name: PR_SET_NAME. The kernel looks at no more of it than fits. */
export const taskName: Kind<string | Unread | null, never, never> = {
  kind: 'taskName',
  entry: { copy: 'string', limit: TASK_NAME },
  read: (cell) => (isNull(cell) ? null : readString(cell, 'entry', TASK_NAME - 1)),
  print: (cell, style) => printString(cell, 'entry', style, Math.min(style.stringLimit, TASK_NAME - 1)),
}
