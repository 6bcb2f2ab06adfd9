/** PTRACE_GETREGSET and PTRACE_SETREGSET: a buffer for registers, with its length. */

import { NT } from '../../table/constants/ptrace.ts'
import type { CaptureSpec, Captured, Cell, Kind, Style, Unread } from '../arg.ts'
import { bytesOf, holds, isNull, PointeeCell, pointerText, unread } from '../cells.ts'
import { Data } from '../data.ts'
import { lowOf } from '../flags.ts'
import { addressText, readU64, type Wide } from '../numbers.ts'
import type { Behind } from '../pointer.ts'
import { floatRegisters, registers, type FloatRegisters, type Registers, type RegisterSet } from './registers.ts'

const BUFFER_SIZE = 16
const LENGTH_AT = 8
const MOST_BYTES = 4096

/** struct iovec around a set of registers; those of unknown sets are bytes. */
export interface RegisterBuffer {
  readonly iov_base: Registers | FloatRegisters | Data | Unread | null
  readonly iov_len: Wide
}

const contents: CaptureSpec = {
  copy: 'bytes',
  length: BUFFER_SIZE,
  fields: [{ key: 0, at: 0, then: { copy: 'bytes', length: { field: LENGTH_AT, width: 8 }, limit: MOST_BYTES } }],
}
const placeOnly: CaptureSpec = { copy: 'bytes', length: BUFFER_SIZE }

function setOf(type: Cell): RegisterSet<Registers | FloatRegisters> | undefined {
  const number = lowOf(type, 4)
  if (number === NT.values.NT_PRSTATUS) return registers
  return number === NT.values.NT_FPREGSET ? floatRegisters : undefined
}

function lengthIn(captured: Captured): Wide {
  return readU64(captured.view, captured.at + LENGTH_AT)
}

/** The registers in a buffer, where they are known and all there. */
function known(
  cell: Cell,
  captured: Captured,
  type: Cell,
):
  | { readonly set: RegisterSet<Registers | FloatRegisters>; readonly inside: Cell; readonly length: number }
  | undefined {
  const set = setOf(type)
  const length = Number(lengthIn(captured))
  const [base] = captured.children
  if (set === undefined || !set.fits(length) || !holds(base, Math.min(length, set.size))) return undefined
  return { set, inside: new PointeeCell(cell, base), length }
}

function readBuffer(cell: Cell, phase: 'entry' | 'exit', type: Cell): Behind<RegisterBuffer> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (!holds(captured, BUFFER_SIZE)) return unread(cell, captured)
  return { iov_base: baseOf(cell, captured, type), iov_len: lengthIn(captured) }
}

function baseOf(cell: Cell, captured: Captured, type: Cell): RegisterBuffer['iov_base'] {
  const place = new PointeeCell(cell, captured)
  if (isNull(place)) return null
  const found = known(cell, captured, type)
  if (found !== undefined) return found.set.readUpTo(found.inside, found.length)
  const [base] = captured.children
  return holds(base, 1) ? new Data(bytesOf(base), Number(lengthIn(captured))) : unread(place, base)
}

function baseText(cell: Cell, captured: Captured, type: Cell, style: Style): string {
  const found = known(cell, captured, type)
  return found === undefined
    ? addressText(captured.view, captured.at)
    : found.set.textUpTo(found.inside, found.length, style)
}

function changedLength(before: Captured, after: Captured | undefined): string {
  const text = String(lengthIn(before))
  if (!holds(after, BUFFER_SIZE) || lengthIn(after) === lengthIn(before)) return text
  return `${text} => ${lengthIn(after)}`
}

/** `type` names the argument with the set's number. What goes in is the buffer's length. */
export function registersOut<const Type extends string>(
  type: Type,
): Kind<Behind<RegisterBuffer>, Behind<RegisterBuffer>, Type> {
  return {
    kind: 'registersOut',
    entry: placeOnly,
    exit: contents,
    late: (cell) => holds(cell.captured('entry'), BUFFER_SIZE),
    read: (cell) => readBuffer(cell, 'entry', cell.sibling(type)),
    readOut: (cell) => readBuffer(cell, 'exit', cell.sibling(type)),
    print: (cell, style) => {
      const before = cell.captured('entry')
      if (!holds(before, BUFFER_SIZE)) return pointerText(cell)
      // A call that failed has changed nothing: the buffer is what it was, its contents are nobody's.
      if (!cell.call.ok) return `{iov_base=${addressText(before.view, before.at)}, iov_len=${lengthIn(before)}}`
      const after = cell.captured('exit')
      if (!holds(after, BUFFER_SIZE)) return pointerText(cell)
      return `{iov_base=${baseText(cell, after, cell.sibling(type), style)}, iov_len=${changedLength(before, after)}}`
    },
  }
}

/** What comes out is how much of the buffer was used. */
export function registersIn<const Type extends string>(
  type: Type,
): Kind<Behind<RegisterBuffer>, Wide | undefined, Type> {
  return {
    kind: 'registersIn',
    entry: contents,
    exit: placeOnly,
    read: (cell) => readBuffer(cell, 'entry', cell.sibling(type)),
    readOut: (cell) => {
      const after = cell.captured('exit')
      return holds(after, BUFFER_SIZE) ? lengthIn(after) : undefined
    },
    print: (cell, style) => {
      const before = cell.captured('entry')
      if (!holds(before, BUFFER_SIZE)) return pointerText(cell)
      const base = baseText(cell, before, cell.sibling(type), style)
      return `{iov_base=${base}, iov_len=${changedLength(before, cell.captured('exit'))}}`
    },
  }
}
