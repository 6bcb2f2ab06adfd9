/** struct file_handle, which names a file without a path. */

import { AT_HANDLE } from '../../table/constants/file.ts'
import { ERRNO } from '../../table/constants/errno.ts'
import type { Captured, Cell, Kind } from '../arg.ts'
import { bytesOf, holds, isNull, pointerText, unread } from '../cells.ts'
import { Data } from '../data.ts'
import { lowOf } from '../flags.ts'
import { readU64, type Wide } from '../numbers.ts'
import { resultIn, type Behind } from '../pointer.ts'
import { hexBytes } from '../quote.ts'
import { int } from '../scalar.ts'

const HEADER = 8
/** The kernel's MAX_HANDLE_SZ. */
const MOST = 128
const { AT_HANDLE_MNT_ID_UNIQUE } = AT_HANDLE.values

export interface FileHandle {
  readonly handle_bytes: number
  readonly handle_type: number
  readonly f_handle: Data
}

function handleBytes({ view, at }: Captured): number {
  return view.getUint32(at, true)
}

function handleType({ view, at }: Captured): number {
  return view.getInt32(at + 4, true)
}

function readHandle(cell: Cell, phase: 'entry' | 'exit'): Behind<FileHandle> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (!holds(captured, HEADER)) return unread(cell, captured)
  const length = handleBytes(captured)
  return {
    handle_bytes: length,
    handle_type: handleType(captured),
    f_handle: new Data(bytesOf(captured).subarray(HEADER, HEADER + Math.min(length, MOST)), length),
  }
}

/** `handle_type=1, f_handle="\x…"` */
function restText(captured: Captured): string {
  const length = handleBytes(captured)
  const shown = Math.min(length, MOST)
  const bytes = bytesOf(captured).subarray(HEADER, HEADER + shown)
  const text = bytes.length < shown ? '???' : `"${hexBytes(bytes)}"${length > shown ? '...' : ''}`
  return `handle_type=${handleType(captured)}, f_handle=${text}`
}

/** A handle that goes in: open_by_handle_at(2). */
export const handleIn: Kind<Behind<FileHandle>, never, never> = {
  kind: 'handleIn',
  entry: { copy: 'bytes', length: HEADER + MOST },
  read: (cell) => readHandle(cell, 'entry'),
  print: (cell) => {
    const captured = cell.captured('entry')
    if (!holds(captured, HEADER)) return pointerText(cell)
    return `{handle_bytes=${handleBytes(captured)}, ${restText(captured)}}`
  },
}

const hasRoom = (cell: Cell): boolean => holds(cell.captured('entry'), HEADER)

/** A handle that comes back: name_to_handle_at(2). Its size goes in, and comes back also where it was too small. */
export const handleOut: Kind<Behind<{ readonly handle_bytes: number }>, Behind<FileHandle>, never> = {
  kind: 'handleOut',
  entry: { copy: 'bytes', length: HEADER },
  exit: { copy: 'bytes', length: HEADER + MOST },
  exitAfter: 'any',
  late: hasRoom,
  read: (cell) => {
    if (isNull(cell)) return null
    const captured = cell.captured('entry')
    return holds(captured, HEADER) ? { handle_bytes: handleBytes(captured) } : unread(cell, captured)
  },
  readOut: (cell) => readHandle(cell, 'exit'),
  print: (cell) => {
    const before = cell.captured('entry')
    if (!holds(before, HEADER)) return pointerText(cell)
    const wanted = handleBytes(before)
    const start = `{handle_bytes=${wanted}`
    const after = cell.captured('exit')
    const isKnown = cell.call.ok || cell.call.result === -ERRNO.EOVERFLOW
    if (!isKnown || !holds(after, HEADER)) return `${start}}`
    const grown = handleBytes(after) === wanted ? '' : ` => ${handleBytes(after)}`
    return `${start}${grown}${cell.call.ok ? `, ${restText(after)}` : ''}}`
  },
}

const plainMountId = resultIn(int)

/** The mount that a path is on: 64 bits with AT_HANDLE_MNT_ID_UNIQUE, of which strace shows the lower half. */
export const mountId: Kind<never, Behind<Wide>, 'flags'> = {
  ...plainMountId,
  kind: 'mountId',
  exit: { copy: 'bytes', length: 8 },
  late: (cell) => hasRoom(cell.sibling('handle')),
  readOut: (cell) => {
    const captured = cell.captured('exit')
    const isUnique = (lowOf(cell.sibling('flags'), 4) & AT_HANDLE_MNT_ID_UNIQUE) !== 0
    if (isUnique && holds(captured, 8)) return readU64(captured.view, captured.at)
    return plainMountId.readOut?.(cell) ?? null
  },
}
