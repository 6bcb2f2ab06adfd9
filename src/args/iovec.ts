/** Arrays of buffers: readv(2), writev(2), and the same inside struct msghdr. */

import type { Amount, CaptureSpec, Cell, FieldCapture, Kind, Style, Unread } from './arg.ts'
import { bytesOf, childrenOf, holds, isNull, unread } from './cells.ts'
import { Data } from './data.ts'
import { addressText, readU64 } from './numbers.ts'
import { elementsOf, lengthOf, MAX_ELEMENTS, printArray, type Behind, type Pointee, type RefOf } from './pointer.ts'
import { quoteBytes } from './quote.ts'

/** One buffer of an array: its bytes, and where and how long it is. */
export interface Buffer {
  readonly iov_base: Data | Unread | null
  readonly iov_len: number | bigint
}

const STRIDE = 16
const bufferField: readonly FieldCapture[] = [
  { key: 0, at: 0, then: { copy: 'bytes', length: { field: 8, width: 8 }, limit: 'data' } },
]

/** How many bytes an element holds when those before it held `before` of `total`. */
function lengthIn(cell: Cell, left: number): number {
  return Math.min(Number(readU64(cell.view, cell.at + 8)), left)
}

/** What to copy for an array of buffers. `budget`: bytes in all of them, `without`: only their places. */
export function iovecCapture(count: Amount, budget?: Amount, contents = true): CaptureSpec {
  return {
    copy: 'array',
    count,
    stride: STRIDE,
    limit: MAX_ELEMENTS,
    ...(budget === undefined ? {} : { budget }),
    ...(contents ? { fields: bufferField } : {}),
  }
}

/** Elements remember how much is left, because a short read fills only the first ones. */
function buffersWithin(total: number, contents: boolean): Pointee<Buffer> {
  let left = total
  return {
    kind: 'iovec',
    size: STRIDE,
    ...(contents ? { fields: bufferField } : {}),
    read: (cell) => {
      const length = lengthIn(cell, left)
      left -= length
      return {
        iov_base: contents ? readBuffer(cell, length) : unreadBase(cell),
        iov_len: readU64(cell.view, cell.at + 8),
      }
    },
    print: (cell, style) => {
      const length = lengthIn(cell, left)
      left -= length
      const base = contents ? bufferText(cell, length, style) : addressText(cell.view, cell.at)
      return `{iov_base=${base}, iov_len=${readU64(cell.view, cell.at + 8)}}`
    },
  }
}

function unreadBase(cell: Cell): Unread | null {
  return isNull(cell) ? null : unread(cell, undefined)
}

function readBuffer(cell: Cell, length: number): Data | Unread | null {
  if (isNull(cell)) return null
  if (length === 0) return new Data(new Uint8Array(0))
  const [captured] = childrenOf(cell)
  return holds(captured, 1) ? new Data(bytesOf(captured), length) : unread(cell, captured)
}

function bufferText(cell: Cell, length: number, style: Style): string {
  if (isNull(cell)) return 'NULL'
  if (length === 0) return '""'
  const [captured] = childrenOf(cell)
  const shown = Math.min(length, style.stringLimit)
  if (!holds(captured, 1) || (captured.status === 'fault' && captured.length < shown))
    return addressText(cell.view, cell.at)
  const bytes = bytesOf(captured)
  const quoted = quoteBytes(bytes.length > shown ? bytes.subarray(0, shown) : bytes, style.hexStrings)
  return length > Math.min(shown, bytes.length) ? `${quoted}...` : quoted
}

/** Buffers at a pointer, as values; `total`: bytes that they hold together. */
export function readBuffers(
  cell: Cell,
  phase: 'entry' | 'exit',
  count: number,
  total: number,
  contents = true,
): Behind<readonly Buffer[]> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (count === 0) return []
  if (!holds(captured, STRIDE)) return unread(cell, captured)
  const element = buffersWithin(total, contents)
  const values: Buffer[] = []
  for (const item of elementsOf(element, cell, captured, count)) {
    if (element.read !== undefined) values.push(element.read(item))
  }
  return values
}

/** The same as text. */
export function printBuffers(
  cell: Cell,
  phase: 'entry' | 'exit',
  count: number,
  total: number,
  style: Style,
  contents = true,
): string {
  return printArray(buffersWithin(total, contents), cell, phase, count, style)
}

/** Buffers that are written from. */
export function buffersIn<const Count extends string>(
  count: Count,
): Kind<Behind<readonly Buffer[]>, never, RefOf<Count>> {
  return {
    kind: 'buffersIn',
    entry: iovecCapture({ arg: count }),
    read: (cell) => readBuffers(cell, 'entry', lengthOf(cell, count), Infinity),
    print: (cell, style) => printBuffers(cell, 'entry', lengthOf(cell, count), Infinity, style),
  }
}

/** Places in memory: of these buffers only addresses and lengths matter. `width`: bytes of the count's type. */
export function rangesIn<const Count extends string>(
  count: Count,
  width: 4 | 8 = 8,
): Kind<Behind<readonly Buffer[]>, never, RefOf<Count>> {
  return {
    kind: 'rangesIn',
    entry: iovecCapture({ arg: count, width }, undefined, false),
    read: (cell) => readBuffers(cell, 'entry', lengthOf(cell, count, width), Infinity, false),
    print: (cell, style) => printBuffers(cell, 'entry', lengthOf(cell, count, width), Infinity, style, false),
  }
}

/** Buffers that are filled, with as many bytes as the call returns. */
export function buffersOut<const Count extends string>(
  count: Count,
): Kind<never, Behind<readonly Buffer[]>, RefOf<Count>> {
  return {
    kind: 'buffersOut',
    exit: iovecCapture({ arg: count }, 'result'),
    // Of a call that failed strace shows where the buffers are.
    entry: iovecCapture({ arg: count }, undefined, false),
    late: true,
    readOut: (cell) => readBuffers(cell, 'exit', lengthOf(cell, count), cell.call.result),
    print: (cell, style) =>
      cell.call.ok
        ? printBuffers(cell, 'exit', lengthOf(cell, count), cell.call.result, style)
        : printBuffers(cell, 'entry', lengthOf(cell, count), Infinity, style, false),
  }
}
