/** sysfs(2): the names and numbers of file system types. strace shows its words as they are, and numbers their names. */

import type { CaptureSpec, Cell, Kind, Unread } from '../arg.ts'
import { isNull } from '../cells.ts'
import { lowOf } from '../flags.ts'
import { hexU64, readU64, type Wide } from '../numbers.ts'
import { readString } from '../path.ts'
import type { Scalar } from '../scalar.ts'

const BY_NAME = 1
const BY_INDEX = 2
/** No name of a file system type is longer. */
const MOST = 256

const wordText = (cell: Cell): string => hexU64(cell.view, cell.at)
const asks = (cell: Cell, option: number): boolean => lowOf(cell.sibling('arg1'), 4) === option

function nameWhere(option: number): CaptureSpec {
  return {
    copy: 'switch',
    on: { arg: 'arg1', width: 4 },
    cases: [{ equals: option, mask: 0xffff_ffff, then: { copy: 'string', limit: MOST } }],
  }
}

/** 1: the index of a name, 2: the name of an index, 3: how many there are. */
export const sysfsOption: Scalar<number> = {
  kind: 'sysfsOption',
  width: 4,
  read: (cell) => lowOf(cell, 4),
  print: wordText,
}

/** The name, or the index. */
export const sysfsAsked: Kind<string | Unread | Wide, never, 'arg1'> = {
  kind: 'sysfsAsked',
  entry: nameWhere(BY_NAME),
  read: (cell) => (asks(cell, BY_NAME) ? readString(cell, 'entry', MOST) : readU64(cell.view, cell.at)),
  print: wordText,
}

/** Room for the name. */
export const sysfsName: Kind<never, string | Unread | null, 'arg1'> = {
  kind: 'sysfsName',
  exit: nameWhere(BY_INDEX),
  readOut: (cell) => (isNull(cell) || !asks(cell, BY_INDEX) ? null : readString(cell, 'exit', MOST)),
  print: wordText,
}
