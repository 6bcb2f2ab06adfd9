/** Structs that grew with the kernel: their size comes with them. */

import type { Amount, Captured, CaptureSpec, Cell, Kind, Style } from './arg.ts'
import { bytesOf, holds, isNull, padded, PointeeCell, pointerText, unread } from './cells.ts'
import { lengthOf, type Behind } from './pointer.ts'
import { hexBytes } from './quote.ts'
import type { Struct } from './struct.ts'

/** The kernel takes no larger struct than a page. */
const PAGE = 4096
const OWN_SIZE = 4

type Phase = 'entry' | 'exit'

/** A struct of the caller's size at a stop: as many bytes as its kernel headers know, the rest zeros. */
interface Grown {
  readonly captured: Captured
  readonly size: number
}

export interface SizedOptions {
  /** Text shows the address where the size is larger. @default any size */
  readonly most?: number
  /** Bytes of the size's type. @default 8 */
  readonly width?: 4 | 8
  /** What text says of bytes behind the known ones: those that are not zero, or that there are some. @default 'bytes' */
  readonly rest?: 'bytes' | 'dots'
}

/** A struct that goes in; the argument `length` is its size. Text shows the address where that is smaller than `least`. */
export function sized<T, const Size extends string>(
  whole: Struct<T>,
  length: Size,
  least: number,
  { most, width = 8, rest }: SizedOptions = {},
): Kind<Behind<T>, never, Size> {
  const found = (cell: Cell): Grown | undefined =>
    grown(cell, 'entry', lengthOf(cell, length, width), whole.size, least, most)
  return {
    kind: `sized(${whole.kind})`,
    entry: capture(whole, { arg: length, width }),
    read: (cell) => readGrown(whole, cell, 'entry', found(cell)),
    print: (cell, style) => printGrown(whole, cell, found(cell), style, rest),
  }
}

/** The same that comes back. */
export function sizedResult<T, const Size extends string>(
  whole: Struct<T>,
  length: Size,
  least: number,
  { most }: Pick<SizedOptions, 'most'> = {},
): Kind<never, Behind<T>, Size> {
  const found = (cell: Cell): Grown | undefined => grown(cell, 'exit', lengthOf(cell, length), whole.size, least, most)
  return {
    kind: `sizedResult(${whole.kind})`,
    exit: capture(whole, { arg: length }),
    late: true,
    readOut: (cell) => readGrown(whole, cell, 'exit', found(cell)),
    print: (cell, style) => printGrown(whole, cell, found(cell), style),
  }
}

/**
 * A struct that goes in and begins with its own size, 32 bits. `self` names the argument itself. Of a struct that is too
 * small strace shows the size alone.
 */
export function selfSized<T, const Self extends string>(
  whole: Struct<T>,
  self: Self,
  least: number,
): Kind<Behind<T>, never, Self> {
  const ownSize = (cell: Cell): number | undefined => {
    const captured = cell.captured('entry')
    return holds(captured, OWN_SIZE) ? captured.view.getUint32(captured.at, true) : undefined
  }
  const found = (cell: Cell): Grown | undefined => grown(cell, 'entry', ownSize(cell) ?? 0, whole.size, least)
  const own: Amount = { deref: self, width: OWN_SIZE }
  return {
    kind: `selfSized(${whole.kind})`,
    // A size below the smallest struct's, which may be none at all, still has to be seen.
    entry: {
      copy: 'switch',
      on: own,
      cases: [{ equals: 0, mask: ~(roomFor(least) - 1) >>> 0, then: capture(whole, OWN_SIZE) }],
      otherwise: capture(whole, own),
    },
    read: (cell) => readGrown(whole, cell, 'entry', found(cell)),
    print: (cell, style) => {
      const size = ownSize(cell)
      if (size === undefined) return pointerText(cell)
      const all = found(cell)
      if (all !== undefined) return printGrown(whole, cell, all, style)
      return size < least ? `{size=${size}}` : `{size=${size}, ???}`
    },
  }
}

/** The largest power of two that is not larger. */
function roomFor(least: number): number {
  return 2 ** Math.floor(Math.log2(least))
}

function capture(whole: Struct<unknown>, length: Amount): CaptureSpec {
  const spec = { copy: 'bytes', length, limit: PAGE } as const
  return whole.fields === undefined ? spec : { ...spec, fields: whole.fields }
}

/** Nothing where the size is no struct's, or the known part cannot be read. */
function grown(
  cell: Cell,
  phase: Phase,
  size: number,
  known: number,
  least: number,
  most = Infinity,
): Grown | undefined {
  const captured = cell.captured(phase)
  if (size < least || size > most || !holds(captured, Math.min(size, known))) return undefined
  return { captured, size }
}

/** The known part, with zeros in the place of fields that the caller's struct does not have. */
function knownPart(whole: Struct<unknown>, cell: Cell, { captured, size }: Grown): Cell {
  if (size >= whole.size) return new PointeeCell(cell, captured)
  return new PointeeCell(cell, padded(captured, size, whole.size))
}

function readGrown<T>(whole: Struct<T>, cell: Cell, phase: Phase, found: Grown | undefined): Behind<T> {
  if (isNull(cell)) return null
  if (found === undefined || whole.read === undefined) return unread(cell, cell.captured(phase))
  return whole.read(knownPart(whole, cell, found))
}

function printGrown(
  whole: Struct<unknown>,
  cell: Cell,
  found: Grown | undefined,
  style: Style,
  shown: SizedOptions['rest'] = 'bytes',
): string {
  if (found === undefined) return pointerText(cell)
  const text = whole.print(knownPart(whole, cell, found), style)
  const isLonger = found.size > whole.size
  const rest = shown === 'bytes' ? restText(found, whole.size, style) : isLonger ? '...' : ''
  return rest === '' ? text : `${text.slice(0, -1)}, ${rest}}`
}

/** strace's print_nonzero_bytes: what lies behind the known part. */
export function restText({ captured, size }: Grown, known: number, style: Style): string {
  const end = Math.min(size, PAGE)
  if (end <= known) return ''
  if (captured.length < end) return '???'
  const bytes = bytesOf(captured).subarray(known, end)
  if (bytes.every((byte) => byte === 0)) return ''
  const shown = bytes.subarray(0, style.stringLimit)
  return `/* bytes ${known}..${end - 1} */ "${hexBytes(shown)}"${shown.length < bytes.length ? '...' : ''}`
}
