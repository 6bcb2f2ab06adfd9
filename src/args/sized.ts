/** Structs that grew with the kernel. */

import type { Cell, Kind } from './arg.ts'
import { bytesOf, holds, isNull, pointerText, unread } from './cells.ts'
import { readU64 } from './numbers.ts'
import type { Behind } from './pointer.ts'
import type { Struct } from './struct.ts'

/** A struct that grows: as many bytes as the caller's kernel headers know, the rest zeros. */
export function sized<T, const Size extends string>(
  whole: Struct<T>,
  length: Size,
  least: number,
): Kind<Behind<T>, never, Size> {
  const padded = (cell: Cell): Cell | undefined => {
    const captured = cell.captured('entry')
    const { view, at } = cell.sibling(length)
    if (readU64(view, at) < least || !holds(captured, least) || captured.status === 'fault') return undefined
    const bytes = new Uint8Array(whole.size)
    bytes.set(bytesOf(captured).subarray(0, whole.size))
    return new PaddedCell(cell, bytes)
  }
  return {
    kind: 'sized',
    entry: { copy: 'bytes', length: { arg: length }, limit: whole.size },
    read: (cell) => {
      const found = padded(cell)
      if (found === undefined || whole.read === undefined)
        return isNull(cell) ? null : unread(cell, cell.captured('entry'))
      return whole.read(found)
    },
    print: (cell, style) => {
      const found = padded(cell)
      return found === undefined ? pointerText(cell) : whole.print(found, style)
    },
  }
}

/** Bytes of our own in the place of captured ones. */
class PaddedCell implements Cell {
  readonly call
  readonly view
  readonly at = 0
  readonly #pointer: Cell
  constructor(pointer: Cell, bytes: Uint8Array) {
    this.call = pointer.call
    this.view = new DataView(bytes.buffer)
    this.#pointer = pointer
  }
  sibling(name: string): Cell {
    return this.#pointer.sibling(name)
  }
  captured(): undefined {
    return undefined
  }
  fdPath(): undefined {
    return undefined
  }
}
