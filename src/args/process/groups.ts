/** Lists of groups. */

import type { Cell, Kind } from '../arg.ts'
import { pointerText, unread } from '../cells.ts'
import { arrayOf, lengthOf, type Behind } from '../pointer.ts'
import { id } from '../scalar.ts'

/** NGROUPS_MAX: of more the kernel takes none. */
const MOST = 65536

/** Groups that go in; `count` names how many. */
export function groupsIn<const Count extends string>(count: Count): Kind<Behind<readonly number[]>, never, Count> {
  const list = arrayOf(id, count, { width: 4 })
  const isMeant = (cell: Cell): boolean => lengthOf(cell, count, 4) <= MOST
  const { read } = list
  return {
    kind: 'groupsIn',
    ...(list.entry === undefined ? {} : { entry: list.entry }),
    read: (cell) => (isMeant(cell) && read !== undefined ? read(cell) : unread(cell, undefined)),
    print: (cell, style) => (isMeant(cell) ? list.print(cell, style) : pointerText(cell)),
  }
}
