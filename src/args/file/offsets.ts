/** Pointers to file offsets that calls move on. */

import type { Cell, Kind } from '../arg.ts'
import { holds, isNull, pointerText } from '../cells.ts'
import { isZero64, readU64, type Wide } from '../numbers.ts'
import { changed, type Behind } from '../pointer.ts'
import { long } from '../scalar.ts'

const SIZE = 8

/** The offset of sendfile(2): `[0 => 4096]`. */
export function movedOffset<const Count extends string>(count: Count): Kind<Behind<Wide>, Behind<Wide>, Count> {
  const plain = changed(long)
  const isLate = (cell: Cell): boolean =>
    holds(cell.captured('entry'), SIZE) && !isZero64(cell.sibling(count).view, cell.sibling(count).at)
  return {
    ...plain,
    kind: 'movedOffset',
    print: (cell) => {
      const before = cell.captured('entry')
      if (isNull(cell) || !holds(before, SIZE)) return pointerText(cell)
      const start = readU64(before.view, before.at)
      const after = cell.captured('exit')
      const hasMoved = isLate(cell) && cell.call.ok && cell.call.result !== 0 && holds(after, SIZE)
      return hasMoved ? `[${start} => ${readU64(after.view, after.at)}]` : `[${start}]`
    },
    late: isLate,
  }
}
