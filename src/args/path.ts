/** Paths and other strings that end with a NUL. */

import type { Cell, Kind, Style, Unread } from './arg.ts'
import { bytesOf, holdsString, isNull, pointerText, unread } from './cells.ts'
import { quoteBytes } from './quote.ts'
import { decodeBytes } from './surrogates.ts'

const PATH_MAX = 4096

/** A path that goes in; never cut. A byte that is not UTF-8 is U+DC00 + byte. */
export const path: Kind<string | Unread, never, never> = {
  kind: 'path',
  entry: { copy: 'string', limit: 'path' },
  read: (cell) => readString(cell, 'entry', PATH_MAX),
  print: (cell, style) => printString(cell, 'entry', style, PATH_MAX - 1),
}

/** A path where NULL means something. */
export const optionalPath: Kind<string | Unread | null, never, never> = {
  ...path,
  kind: 'optionalPath',
  read: (cell) => (isNull(cell) ? null : readString(cell, 'entry', PATH_MAX)),
}

/** A string that goes in and is no path; cut at the session's string limit. */
export const text: Kind<string | Unread | null, never, never> = {
  kind: 'text',
  entry: { copy: 'string', limit: 'data' },
  read: (cell) => (isNull(cell) ? null : readString(cell, 'entry', Infinity)),
  print: (cell, style) => printString(cell, 'entry', style, style.stringLimit),
}

/** The same of at most `limit` bytes with the NUL, which is what the kernel looks at. */
export function textUpTo(limit: number): Kind<string | Unread | null, never, never> {
  return {
    ...text,
    entry: { copy: 'string', limit },
    print: (cell, style) => {
      const captured = cell.captured('entry')
      // Whole, but its NUL lies behind what is looked at.
      const isFull = style.stringLimit >= limit && captured?.status === 'ok' && captured.length === limit
      return printString(cell, 'entry', style, Math.min(style.stringLimit, limit)) + (isFull ? '...' : '')
    },
  }
}

export function readString(cell: Cell, phase: 'entry' | 'exit', most: number): string | Unread {
  const captured = cell.captured(phase)
  if (!holdsString(captured)) return unread(cell, captured)
  return decodeBytes(captured.view, captured.at, Math.min(captured.length, most))
}

export function printString(cell: Cell, phase: 'entry' | 'exit', style: Style, most: number): string {
  const captured = cell.captured(phase)
  if (!holdsString(captured)) return pointerText(cell)
  const bytes = bytesOf(captured)
  const isCut = bytes.length > most || captured.status === 'truncated'
  const quoted = quoteBytes(bytes.length > most ? bytes.subarray(0, most) : bytes, style.hexStrings)
  return isCut ? `${quoted}...` : quoted
}
