/** Pointers to structs that a call takes and writes to: strace shows what went in, and behind it what came back. */

import type { Kind } from './arg.ts'
import { holds, PointeeCell, pointerText } from './cells.ts'
import { captureOf, readBehind, sizeOf, type Behind, type Pointee } from './pointer.ts'

/** How the two texts are put together. */
type Join = (before: string, after: string) => string

/** What came back are more members of the same struct. */
export const asMembers: Join = (before, after) =>
  after === '{}' ? before : `${before.slice(0, -1)}, ${after.slice(1)}`

/** `{…} => {…}` */
export const asChange: Join = (before, after) => `${before} => ${after}`

/** Nothing came back where the call failed. */
export function answered<In, Out>(
  before: Pointee<In>,
  after: Pointee<Out>,
  join: Join,
): Kind<Behind<In>, Behind<Out>, never> {
  return {
    kind: `answered(${before.kind})`,
    entry: captureOf(before),
    exit: captureOf(after),
    late: (cell) => holds(cell.captured('entry'), sizeOf(before)),
    read: (cell) => readBehind(before, cell, 'entry'),
    readOut: (cell) => readBehind(after, cell, 'exit'),
    print: (cell, style) => {
      const given = cell.captured('entry')
      if (!holds(given, sizeOf(before))) return pointerText(cell)
      const text = before.print(new PointeeCell(cell, given), style)
      const got = cell.captured('exit')
      if (!cell.call.ok) return text
      if (!holds(got, sizeOf(after))) return join === asChange ? join(text, pointerText(cell)) : text
      return join(text, after.print(new PointeeCell(cell, got), style))
    },
  }
}
