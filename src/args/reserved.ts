/** Members that mean nothing yet. */

import type { Cell } from './arg.ts'
import { sizeOf, type Pointee } from './pointer.ts'
import { field, several, type Field } from './struct.ts'

/** No value; text shows it where it is not zero. `count`: elements of an array. */
export function reserved(at: number, element: Pointee<unknown>, count?: number): Field<never, never> {
  const whole = count === undefined ? element : several(element, count)
  const size = sizeOf(whole)
  return field(at, { kind: 'reserved', print: whole.print }, { when: (cell) => isAnySet(cell, size) })
}

function isAnySet({ view, at }: Cell, size: number): boolean {
  for (let index = at; index < at + size; index++) if (view.getUint8(index) !== 0) return true
  return false
}
