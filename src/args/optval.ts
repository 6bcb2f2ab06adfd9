/** Values of socket options: a number, a struct, or bytes. */

import { SO, SOL } from '../table/constants/net.ts'
import { errnoName } from '../table/constants/errno.ts'
import type { Cell, Kind, Style } from './arg.ts'
import { bytesOf, holds, isNull, pointerText, unread } from './cells.ts'
import { Data } from './data.ts'
import { lowOf } from './flags.ts'
import { printData } from './bytes.ts'
import { lengthOf, type Behind } from './pointer.ts'

/** Numbers where the option's size is that of an int, the structs that are known, else bytes. */
export type OptionValue =
  | number
  | Data
  | { readonly l_onoff: number; readonly l_linger: number }
  | { readonly pid: number; readonly uid: number; readonly gid: number }

const INT = 4
const LINGER = 8
const UCRED = 12
const { SOL_SOCKET } = SOL.values
const { SO_LINGER, SO_PEERCRED, SO_ERROR } = SO.values

function isOption(cell: Cell, name: number): boolean {
  return lowOf(cell.sibling('level'), 4) === SOL_SOCKET && lowOf(cell.sibling('optname'), 4) === name
}

function readValue(cell: Cell, phase: 'entry' | 'exit', length: number): Behind<OptionValue> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (length === 0) return new Data(new Uint8Array(0))
  if (!holds(captured, Math.min(length, INT))) return unread(cell, captured)
  const { view, at } = captured
  if (isOption(cell, SO_LINGER) && holds(captured, LINGER)) {
    return { l_onoff: view.getInt32(at, true), l_linger: view.getInt32(at + 4, true) }
  }
  if (isOption(cell, SO_PEERCRED) && holds(captured, UCRED)) {
    return { pid: view.getInt32(at, true), uid: view.getUint32(at + 4, true), gid: view.getUint32(at + 8, true) }
  }
  return length === INT ? view.getInt32(at, true) : new Data(bytesOf(captured), length)
}

function valueText(cell: Cell, phase: 'entry' | 'exit', length: number, style: Style): string {
  const captured = cell.captured(phase)
  if (length <= 0 || !holds(captured, Math.min(length, INT))) return pointerText(cell)
  const { view, at } = captured
  if (isOption(cell, SO_LINGER)) {
    if (!holds(captured, LINGER))
      return length < LINGER && phase === 'entry' ? pointerText(cell) : printData(cell, phase, length, style)
    return `{l_onoff=${view.getInt32(at, true)}, l_linger=${view.getInt32(at + 4, true)}}`
  }
  if (isOption(cell, SO_PEERCRED) && holds(captured, UCRED)) {
    const user = view.getUint32(at + 4, true)
    const group = view.getUint32(at + 8, true)
    return `{pid=${view.getInt32(at, true)}, uid=${idText(user)}, gid=${idText(group)}}`
  }
  if (isOption(cell, SO_ERROR) && length === INT) return `[${errorText(view.getInt32(at, true))}]`
  return length === INT ? `[${view.getInt32(at, true)}]` : printData(cell, phase, length, style)
}

function idText(value: number): string {
  return value === 0xffff_ffff ? '-1' : String(value)
}

function errorText(value: number): string {
  return value === 0 ? '0' : (errnoName(value) ?? String(value))
}

/** The value that setsockopt(2) takes; `length` names its size. */
export function optionIn<const Length extends string>(
  length: Length,
): Kind<Behind<OptionValue>, never, Length | 'level' | 'optname'> {
  return {
    kind: 'optionIn',
    entry: { copy: 'bytes', length: { arg: length, width: 4, signed: true }, limit: 'data' },
    read: (cell) => readValue(cell, 'entry', Math.max(lengthOf(cell, length) | 0, 0)),
    print: (cell, style) => {
      const size = lengthOf(cell, length) | 0
      if (isNull(cell)) return 'NULL'
      return size === 0 ? '""' : valueText(cell, 'entry', size, style)
    },
  }
}

/** The room that getsockopt(2) fills; `length` names the pointer to its size. */
export function optionOut<const Length extends string>(
  length: Length,
): Kind<never, Behind<OptionValue>, Length | 'level' | 'optname'> {
  const sizeOf = (cell: Cell): number => {
    const captured = cell.sibling(length).captured('exit')
    return holds(captured, INT) ? captured.view.getInt32(captured.at, true) : 0
  }
  return {
    kind: 'optionOut',
    exit: { copy: 'bytes', length: { deref: length, width: 4, signed: true }, limit: 'data' },
    late: (cell) => holds(cell.sibling(length).captured('entry'), INT),
    readOut: (cell) => readValue(cell, 'exit', sizeOf(cell)),
    print: (cell, style) => (cell.call.ok ? valueText(cell, 'exit', sizeOf(cell), style) : pointerText(cell)),
  }
}
