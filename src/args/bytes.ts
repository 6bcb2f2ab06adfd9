/** Buffers. */

import type { Amount, Captured, Cell, Kind, Style, Unread } from './arg.ts'
import { bytesOf, isNull, pointerText, unread } from './cells.ts'
import { Data } from './data.ts'
import { amountOf, lengthOf, type Behind, type RefOf } from './pointer.ts'
import { quoteBytes } from './quote.ts'

/** A buffer that goes in: `count` bytes of it. */
export function bytesIn<const Length extends string | number>(
  length: Length,
  { width = 8 }: { readonly width?: 4 | 8 } = {},
): Kind<Behind<Data>, never, RefOf<Length>> {
  return {
    kind: 'bytesIn',
    entry: { copy: 'bytes', length: amountOf(length, width), limit: 'data' },
    read: (cell) => readData(cell, 'entry', lengthOf(cell, length, width)),
    print: (cell, style) => printData(cell, 'entry', lengthOf(cell, length, width), style),
  }
}

/** A buffer that is filled: by default with as many bytes as the call returns. */
export function bytesOut<const Length extends string>(
  room: Length,
  options: { readonly length?: Amount; readonly filled?: (cell: Cell) => number } = {},
): Kind<never, Behind<Data>, RefOf<Length>> {
  const filled = options.filled ?? ((cell: Cell) => lengthOf(cell, 'result'))
  return {
    kind: 'bytesOut',
    exit: { copy: 'bytes', length: options.length ?? 'result', atMost: { arg: room }, limit: 'data' },
    late: true,
    readOut: (cell) => readData(cell, 'exit', filled(cell)),
    print: (cell, style) => (cell.call.ok ? printData(cell, 'exit', filled(cell), style) : pointerText(cell)),
  }
}

export function readData(cell: Cell, phase: 'entry' | 'exit', length: number): Data | Unread | null {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (length === 0) return new Data(new Uint8Array(0))
  if (captured === undefined || captured.status === 'refused' || captured.status === 'null')
    return unread(cell, captured)
  if (captured.length === 0 && captured.status === 'fault') return unread(cell, captured)
  return new Data(bytesOf(captured), Math.max(captured.length, Math.min(length, meant(captured, length))))
}

/** The engine knows the real amount even where the caller's is a wild guess; it saturates at 32 bits. */
function meant(captured: Captured, length: number): number {
  return captured.wanted === 0 || captured.wanted === 0xffff_ffff ? length : captured.wanted
}

/** strace's printstrn: cut at the string limit, an address where a byte of it cannot be read. */
export function printData(cell: Cell, phase: 'entry' | 'exit', length: number, style: Style): string {
  if (isNull(cell)) return 'NULL'
  if (length === 0) return '""'
  const captured = cell.captured(phase)
  if (captured === undefined || captured.status === 'null' || captured.status === 'refused') return pointerText(cell)
  const shown = Math.min(length, style.stringLimit)
  if (captured.status === 'fault' && captured.length < Math.min(length, style.stringLimit + 1)) return pointerText(cell)
  const bytes = bytesOf(captured)
  const quoted = quoteBytes(bytes.length > shown ? bytes.subarray(0, shown) : bytes, style.hexStrings)
  return length > Math.min(shown, bytes.length) ? `${quoted}...` : quoted
}

/** The same for bytes that mean nothing as text; strace escapes them all: getrandom(2). */
export function randomOut<const Length extends string>(room: Length): Kind<never, Behind<Data>, RefOf<Length>> {
  const plain = bytesOut(room)
  return { ...plain, print: (cell, style) => plain.print(cell, { ...style, hexStrings: 'all' }) }
}
