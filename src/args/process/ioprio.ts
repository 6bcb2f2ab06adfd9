/** Priorities of input and output: a class and a number within it, in one word. */

import { IOPRIO_CLASS } from '../../table/constants/process.ts'
import type { Kind, ReturnKind, Style } from '../arg.ts'
import { constantText, lowOf, nameOrHex, prepare, type NameIn, type OneOf } from '../flags.ts'

const CLASS_SHIFT = 13
const DATA_MASK = (1 << CLASS_SHIFT) - 1
const classes = prepare(IOPRIO_CLASS)

export interface IoPriority {
  readonly class: OneOf<NameIn<typeof IOPRIO_CLASS>>
  readonly data: number
}

export function readPriority(value: number): IoPriority {
  return { class: nameOrHex(classes, 0, value >>> CLASS_SHIFT), data: value & DATA_MASK }
}

export function priorityText(value: number, style: Style): string {
  const text = classes.valueText(value >>> CLASS_SHIFT, style)
  return `IOPRIO_PRIO_VALUE(${text}, ${value & DATA_MASK})`
}

export const ioPriority: Kind<IoPriority, never, never> = {
  kind: 'ioPriority',
  read: (cell) => readPriority(lowOf(cell, 4)),
  print: (cell, style) => {
    const number = String(cell.view.getInt32(cell.at, true))
    if (style.constants === 'raw') return number
    const text = priorityText(lowOf(cell, 4), style)
    return constantText(text, number, style)
  },
}

/** ioprio_get(2): the number, and what it is made of. */
export const ioPriorityResult: ReturnKind = {
  kind: 'decimal',
  note: (call, style) => (style.constants === 'raw' ? undefined : priorityText(call.result >>> 0, style)),
}
