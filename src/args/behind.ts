/** What pointers in structs point to, where other fields of the same struct say how much. */

import type { Cell, Kind, Style } from './arg.ts'
import { printData, readData } from './bytes.ts'
import { holds, isNull, unread } from './cells.ts'
import type { Data } from './data.ts'
import { elementsOf, MAX_ELEMENTS, printArray, sizeOf, type Behind, type Pointee } from './pointer.ts'

/** A field that holds a count or a length. */
export interface CountField {
  readonly name: string
  readonly at: number
  readonly width: 2 | 4 | 8
}

/** An argument of the call that does. */
export interface CountArgument {
  readonly arg: string
  readonly width: 4 | 8
}

function countIn(cell: Cell, count: CountField | CountArgument): number {
  const { width } = count
  const { view, at } = 'arg' in count ? cell.call.arg(count.arg) : cell.sibling(count.name)
  if (width === 2) return view.getUint16(at, true)
  return width === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true))
}

interface ArrayOptions {
  /** Most elements that are copied. @default MAX_ELEMENTS */
  readonly most?: number
  /** How many of them mean something. @default all */
  readonly upTo?: (cell: Cell) => number
}

/** A pointer to as many elements as `count` says. */
export function fieldArray<T>(
  element: Pointee<T>,
  count: CountField | CountArgument,
  { most = MAX_ELEMENTS, upTo = () => Infinity }: ArrayOptions = {},
): Kind<Behind<readonly T[]>, never, never> {
  const counted = (cell: Cell): number => Math.min(countIn(cell, count), upTo(cell))
  return {
    kind: `fieldArray(${element.kind})`,
    entry: {
      copy: 'array',
      count: 'arg' in count ? count : { field: count.at, width: count.width },
      stride: sizeOf(element),
      limit: most,
      ...(element.fields === undefined ? {} : { fields: element.fields }),
    },
    read: (cell) => {
      if (isNull(cell)) return null
      if (counted(cell) === 0) return []
      const captured = cell.captured('entry')
      if (!holds(captured, sizeOf(element))) return unread(cell, captured)
      return elementsOf(element, cell, captured, counted(cell)).flatMap((item) =>
        element.read === undefined ? [] : [element.read(item)],
      )
    },
    print: (cell, style) => printArray(element, cell, 'entry', counted(cell), style),
  }
}

interface BytesOptions {
  /** How many of them mean something. @default all */
  readonly upTo?: (cell: Cell) => number
  /** strace escapes them all. */
  readonly escaped?: true
}

/** A pointer to as many bytes as the field `length` says. */
export function fieldBytes(
  length: CountField,
  { upTo = () => Infinity, escaped }: BytesOptions = {},
): Kind<Behind<Data>, never, never> {
  const counted = (cell: Cell): number => Math.min(countIn(cell, length), upTo(cell))
  const shown = (style: Style): Style => (escaped === true ? { ...style, hexStrings: 'all' } : style)
  return {
    kind: 'fieldBytes',
    entry: { copy: 'bytes', length: { field: length.at, width: length.width }, limit: 'data' },
    read: (cell) => readData(cell, 'entry', counted(cell)),
    print: (cell, style) => printData(cell, 'entry', counted(cell), shown(style)),
  }
}
