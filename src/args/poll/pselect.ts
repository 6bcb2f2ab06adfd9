/** The last argument of pselect6(2): a pointer to a set of signals, and its size. */

import type { Cell, Kind } from '../arg.ts'
import { bytesOf, FieldCell, holds, isNull, PointeeCell, pointerText, unread } from '../cells.ts'
import { addressText, readU64, type Wide } from '../numbers.ts'
import type { Behind } from '../pointer.ts'
import { sigset, sigsetText } from '../signal/signal.ts'

type Signals = ReturnType<NonNullable<(typeof sigset)['read']>>

/** A set of signals with its size. */
export interface SizedSet {
  readonly sigmask: Behind<Signals>
  readonly sigsetsize: Wide
}

const SIZE = 16
const SET = 8

function maskCell(cell: Cell): FieldCell | undefined {
  const captured = cell.captured('entry')
  if (!holds(captured, SIZE)) return undefined
  const { view, at, length, children } = captured
  return new FieldCell({ call: cell.call, view, at, length, offsets: {}, children }, 0, 0)
}

/** pselect6's `sig`. */
export const pselectMask: Kind<Behind<SizedSet>, never, never> = {
  kind: 'pselectMask',
  entry: {
    copy: 'bytes',
    length: SIZE,
    fields: [{ key: 0, at: 0, then: { copy: 'bytes', length: { field: 8, width: 8 }, atMost: SET } }],
  },
  read: (cell) => {
    const mask = maskCell(cell)
    if (mask === undefined) return isNull(cell) ? null : unread(cell, cell.captured('entry'))
    const set = mask.captured()
    const sigsetsize = readU64(mask.view, mask.at + 8)
    if (isNull(mask)) return { sigmask: null, sigsetsize }
    const isRead = holds(set, SET) && sigset.read !== undefined
    return { sigmask: isRead ? (sigset.read?.(new PointeeCell(mask, set)) ?? null) : unread(mask, set), sigsetsize }
  },
  print: (cell, style) => {
    const mask = maskCell(cell)
    if (mask === undefined) return pointerText(cell)
    const set = mask.captured()
    const size = readU64(mask.view, mask.at + 8)
    const isFit = size === SET && holds(set, SET)
    const shown = isFit ? sigsetText(bytesOf(set), style) : addressText(mask.view, mask.at)
    return `{sigmask=${shown}, sigsetsize=${size}}`
  },
}
