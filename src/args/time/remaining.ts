/** What is left of a sleep that a signal ended. */

import type { Cell, Kind } from '../arg.ts'
import { holds, PointeeCell, pointerText } from '../cells.ts'
import { lowOf } from '../flags.ts'
import { timespec } from './time.ts'

const SIZE = 16
const RESTARTS: ReadonlySet<number> = new Set([-512, -513, -514, -516])

/** The kernel writes it only where a signal came first, and not for sleeps up to a point in time (`flags`). */
function remainingTime(isRelative: (cell: Cell) => boolean): Kind<never, never, never> {
  return {
    kind: 'remaining',
    exit: { copy: 'bytes', length: SIZE },
    exitAfter: 'failure',
    late: true,
    print: (cell, style) => {
      const captured = cell.captured('exit')
      const isWritten = RESTARTS.has(cell.call.result) && isRelative(cell) && holds(captured, SIZE)
      return isWritten ? timespec.print(new PointeeCell(cell, captured), style) : pointerText(cell)
    },
  }
}

/** The rest of nanosleep(2). */
export const remaining: Kind<never, never, never> = remainingTime(() => true)

/** The rest of clock_nanosleep(2). */
export const remainingUnlessAbsolute: Kind<never, never, 'flags'> = remainingTime(
  (cell) => lowOf(cell.sibling('flags'), 4) === 0,
)
