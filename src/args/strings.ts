/** argv and envp. */

import type { Cell, Kind, Style, Unread } from './arg.ts'
import { addressBehind, bytesOf, holdsString, isNull, pointerText, unread } from './cells.ts'
import { hex32 } from './numbers.ts'
import type { Behind } from './pointer.ts'
import { quoteBytes } from './quote.ts'
import { decodeBytes } from './surrogates.ts'

type Strings = Behind<readonly (string | Unread)[]>

/** A NULL-terminated array of strings. */
export const strings: Kind<Strings, never, never> = {
  kind: 'strings',
  entry: { copy: 'strings' },
  read: readStrings,
  print: (cell, style) => printStrings(cell, style),
}

/** The environment: strace counts it and shows it with -v only. */
export const environment: Kind<Strings, never, never> = {
  ...strings,
  kind: 'environment',
  print: (cell, style) => (style.abbreviate ? countText(cell) : printStrings(cell, style)),
}

/** Bytes of a pointer, in the tracee. */
function wordSize(cell: Cell): 4 | 8 {
  return cell.call.abi === 'x86_64' ? 8 : 4
}

function readStrings(cell: Cell): Strings {
  if (isNull(cell)) return null
  const captured = cell.captured('entry')
  if (captured === undefined || captured.status === 'refused') return unread(cell, captured)
  if (captured.length === 0 && captured.status === 'fault') return unread(cell, captured)
  return captured.children.map((child) => {
    if (child.status === 'fault' || child.status === 'refused' || child.status === 'null') return unread(cell, child)
    return decodeBytes(child.view, child.at, child.length)
  })
}

function printStrings(cell: Cell, style: Style): string {
  const captured = cell.captured('entry')
  if (captured === undefined || isNull(cell)) return pointerText(cell)
  const isEmpty = captured.children.length === 0
  if (captured.status === 'refused' || (isEmpty && captured.status === 'fault')) return pointerText(cell)
  const size = wordSize(cell)
  const most = style.abbreviate ? style.stringLimit : Infinity
  const items: string[] = []
  for (const [index, child] of captured.children.entries()) {
    if (index >= most) break
    if (holdsString(child)) {
      const bytes = bytesOf(child)
      const isCut = child.status === 'truncated' || bytes.length > style.stringLimit
      const shown = bytes.length > style.stringLimit ? bytes.subarray(0, style.stringLimit) : bytes
      items.push(quoteBytes(shown, style.hexStrings) + (isCut ? '...' : ''))
    } else items.push(hexPointer(captured.view, captured.at + index * size, size))
  }
  if (captured.children.length > most || captured.status === 'truncated') items.push('...')
  else if (captured.status === 'fault') {
    items.push(`... /* ${addressBehind(cell, captured.length)} */`)
  }
  return `[${items.join(', ')}]`
}

function hexPointer(view: DataView, at: number, size: 4 | 8): string {
  return size === 8 ? `0x${view.getBigUint64(at, true).toString(16)}` : hex32(view.getUint32(at, true))
}

/** `0x7ffc…` and, in a comment, how many strings there are. */
function countText(cell: Cell): string {
  const text = pointerText(cell)
  const captured = cell.captured('entry')
  if (captured === undefined || captured.status === 'null' || captured.status === 'refused') return text
  const count = captured.children.length
  if (count === 0 && captured.status === 'fault') return text
  const unterminated = captured.status === 'fault' ? ', unterminated' : ''
  return `${text} /* ${count} var${count === 1 ? '' : 's'}${unterminated} */`
}
