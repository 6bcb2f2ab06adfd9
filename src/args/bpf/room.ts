/** What was told about an object before and after the call. */

import type { Captured, Cell } from '../arg.ts'
import { holds } from '../cells.ts'
import type { FieldOptions } from '../struct.ts'

/** Most bytes of a struct; a page. */
export const MOST_INFO = 4096
export const INFO_LENGTH_AT = 4
/** Keys of the fields whose captures are looked at: the descriptor's link, and what the room held before. */
const LINK = 0
const BEFORE = 2

/** A child of the attributes as they were at the start. */
function fromStart(cell: Cell, key: number): Captured | undefined {
  return cell.call
    .arg('attr')
    .captured('entry')
    ?.children.find((child) => child.key === key)
}

/** The link of the descriptor. */
export function linkOf(cell: Cell): Captured | undefined {
  return fromStart(cell, LINK)
}

/** What the room held before. */
export function roomOf(cell: Cell): Captured | undefined {
  return fromStart(cell, BEFORE)
}

/** How many bytes the kernel says that there are. */
export function infoLength(cell: Cell): number {
  const attributes = cell.call.arg('attr').captured('exit')
  return holds(attributes, INFO_LENGTH_AT + 4) ? attributes.view.getUint32(attributes.at + INFO_LENGTH_AT, true) : 0
}

/** Fields that strace shows where the kernel's struct, or the room for it, is longer than that. */
export const since = (offset: number): FieldOptions => ({ when: (cell) => infoLength(cell) > offset })
