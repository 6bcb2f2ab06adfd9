/** Arrays of fixed size of which a number elsewhere says how many elements count. */

import type { Cell, Style } from './arg.ts'
import { InsideCell } from './cells.ts'
import { sizeOf, type Pointee } from './pointer.ts'
import type { Struct } from './struct.ts'

/** The first `count` of `room` elements; by default all. Text is cut as that of any array. */
export function upTo<T>(
  element: Pointee<T>,
  room: number,
  count: (cell: Cell) => number = () => room,
): Struct<readonly T[]> {
  const stride = sizeOf(element)
  const elements = (cell: Cell, length: number): readonly Cell[] =>
    Array.from({ length }, (_, index) => new InsideCell(cell, index * stride))
  const total = (cell: Cell): number => Math.min(count(cell), room)
  return {
    kind: `upTo(${element.kind})`,
    size: stride * room,
    read: (cell) =>
      elements(cell, total(cell)).flatMap((one) => (element.read === undefined ? [] : [element.read(one)])),
    print: (cell, style: Style) => {
      const shown = elements(cell, style.abbreviate ? Math.min(total(cell), style.stringLimit) : total(cell))
      const items = shown.map((one) => element.print(one, style))
      if (shown.length < total(cell)) items.push('...')
      return `[${items.join(', ')}]`
    },
  }
}
