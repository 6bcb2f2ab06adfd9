/** Buffers that hold paths, names and values of extended attributes. */

import type { Cell, Kind, Style, Unread } from './arg.ts'
import { bytesOf, holds, isNull, pointerText, unread } from './cells.ts'
import { printData, readData } from './bytes.ts'
import type { Data } from './data.ts'
import { printString, readString } from './path.ts'
import { lengthOf, type Behind, type RefOf } from './pointer.ts'
import { decodeBytes } from './surrogates.ts'

const PATH_MAX = 4096

/** Room for a path with its NUL, whose length the call returns: getcwd(2). */
export const cwdOut: Kind<never, string | Unread | null, never> = {
  kind: 'cwdOut',
  exit: { copy: 'string', limit: 'path' },
  late: true,
  readOut: (cell) => (isNull(cell) ? null : readString(cell, 'exit', PATH_MAX)),
  print: (cell, style) => (cell.call.ok ? printString(cell, 'exit', style, PATH_MAX - 1) : pointerText(cell)),
}

/** Room for a path without a NUL: readlink(2). Text cuts it at the string limit. */
export function linkOut<const Room extends string>(room: Room): Kind<never, string | Unread | null, RefOf<Room>> {
  return {
    kind: 'linkOut',
    exit: { copy: 'bytes', length: 'result', atMost: { arg: room }, limit: PATH_MAX },
    late: true,
    readOut: (cell) => {
      if (isNull(cell)) return null
      const captured = cell.captured('exit')
      return holds(captured, 0) ? decodeBytes(captured.view, captured.at, captured.length) : unread(cell, captured)
    },
    print: (cell, style) => (cell.call.ok ? printData(cell, 'exit', cell.call.result, style) : pointerText(cell)),
  }
}

const XATTR_MAX = 65536

/** strace drops a NUL at the end of an attribute's value. */
export function valueText(cell: Cell, phase: 'entry' | 'exit', length: number, style: Style): string {
  if (length > XATTR_MAX || length < 0) return pointerText(cell)
  const captured = cell.captured(phase)
  const isWhole = captured !== undefined && length > 0 && length <= style.stringLimit && captured.length >= length
  const bytes = isWhole ? bytesOf(captured) : undefined
  const shown = printData(cell, phase, length, style)
  if (bytes?.[length - 1] !== 0 || style.hexStrings === 'all') return shown
  return printData(cell, phase, length - 1, style)
}

/** The value of an attribute that is set. */
export function xattrIn<const Length extends string>(length: Length): Kind<Behind<Data>, never, RefOf<Length>> {
  return {
    kind: 'xattrIn',
    entry: { copy: 'bytes', length: { arg: length }, limit: 'data' },
    read: (cell) => readData(cell, 'entry', lengthOf(cell, length)),
    print: (cell, style) => valueText(cell, 'entry', lengthOf(cell, length), style),
  }
}

/** Room for the value of an attribute; without room the call returns the size that is needed. */
export function xattrOut<const Room extends string>(room: Room): Kind<never, Behind<Data>, RefOf<Room>> {
  const hasRoom = (cell: Cell): boolean => !isNull(cell.sibling(room))
  return {
    kind: 'xattrOut',
    exit: { copy: 'bytes', length: 'result', atMost: { arg: room }, limit: 'data' },
    late: hasRoom,
    readOut: (cell) => readData(cell, 'exit', hasRoom(cell) ? cell.call.result : 0),
    print: (cell, style) =>
      hasRoom(cell) && cell.call.ok ? valueText(cell, 'exit', cell.call.result, style) : pointerText(cell),
  }
}

/** Room for a list of names. */
export function xattrList<const Room extends string>(room: Room): Kind<never, Behind<Data>, RefOf<Room>> {
  const value = xattrOut(room)
  return {
    ...value,
    kind: 'xattrList',
    late: true,
    print: (cell, style) =>
      !isNull(cell.sibling(room)) && cell.call.ok
        ? printData(cell, 'exit', cell.call.result, style)
        : pointerText(cell),
  }
}
