/** What calls on Linux security modules take and give back. */

import { LSM_ID } from '../../table/constants/keys.ts'
import { LSM_FLAG } from '../../table/constants/security.ts'
import type { Captured, Cell, Kind, Style } from '../arg.ts'
import { addressBehind, bytesOf, holds, isNull, PointeeCell, pointerText, unread } from '../cells.ts'
import { Data } from '../data.ts'
import { lowOf, oneOf, type NameIn, type OneOf } from '../flags.ts'
import { readU64, type Wide } from '../numbers.ts'
import { resultsIn, type Behind } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'
import { hex, size } from '../scalar.ts'
import { field, struct } from '../struct.ts'

/** struct lsm_ctx */
export interface LsmContext {
  readonly id: OneOf<NameIn<typeof LSM_ID>>
  readonly flags: Wide
  readonly len: Wide
  readonly ctx_len: Wide
  readonly ctx: Data
}

const HEADER = 32
const MOST = 1 << 16

const header = struct(HEADER, {
  id: field(0, oneOf(LSM_ID, 8, '')),
  flags: field(8, hex),
  len: field(16, size),
  ctx_len: field(24, size),
})

/** One context: what was copied from `offset` on, of which `length` bytes count. */
interface Place {
  readonly captured: Captured
  readonly offset: number
  readonly length: number
}

function lengthAt({ captured, offset }: Place, at: number): number {
  return Number(readU64(captured.view, captured.at + offset + at))
}

/** How many bytes of the text there are: no more than the context and the room for it hold. */
function textLength(place: Place): number {
  const room = Math.min(lengthAt(place, 16), place.length) - HEADER
  return Math.max(Math.min(lengthAt(place, 24), room), 0)
}

function bytesAt(place: Place, length: number): Uint8Array {
  return bytesOf(place.captured).subarray(place.offset + HEADER, place.offset + HEADER + length)
}

function readContext(pointer: Cell, place: Place): LsmContext | undefined {
  const values = header.read?.(new PointeeCell(pointer, place.captured, place.offset))
  const length = textLength(place)
  return values === undefined ? undefined : { ...values, ctx: new Data(bytesAt(place, length), length) }
}

function contextText(pointer: Cell, place: Place, style: Style): string {
  const text = header.print(new PointeeCell(pointer, place.captured, place.offset), style)
  const length = textLength(place)
  if (length === 0) return text
  return `${text.slice(0, -1)}, ctx=${bytesText(pointer, place, length, style)}}`
}

function bytesText(pointer: Cell, place: Place, length: number, style: Style): string {
  const { captured, offset } = place
  const bytes = bytesAt(place, length)
  if (captured.status === 'fault' && bytes.length < Math.min(length, style.stringLimit + 1)) {
    return addressBehind(pointer, offset + HEADER)
  }
  const shown = bytes.subarray(0, style.stringLimit)
  return `${quoteBytes(shown, 'all')}${length > shown.length ? '...' : ''}`
}

/** The contexts in `length` bytes, one behind the other, and where the next would be if it could be read. */
function placesIn(captured: Captured, length: number): { readonly places: readonly Place[]; readonly next?: number } {
  const places: Place[] = []
  let offset = 0
  let left = length
  for (;;) {
    if (left < HEADER || captured.length < offset + HEADER) return { places, next: offset }
    const place = { captured, offset, length: left }
    places.push(place)
    const own = lengthAt(place, 16)
    if (own < HEADER || left <= own) return { places }
    offset += own
    left -= own
  }
}

function sizeAt(cell: Cell, phase: 'entry' | 'exit'): number | undefined {
  const captured = cell.captured(phase)
  return holds(captured, 4) ? captured.view.getUint32(captured.at, true) : undefined
}

const isSingle = (cell: Cell): boolean => (lowOf(cell.sibling('flags'), 4) & LSM_FLAG.values.LSM_FLAG_SINGLE) !== 0

/** Whether strace waits for the syscall-exit-stop: what it reads before is there. */
function isReadable(cell: Cell): boolean {
  if (sizeAt(cell.sibling('size'), 'entry') === undefined) return false
  return !isSingle(cell) || holds(cell.captured('entry'), HEADER)
}

function sequenceText(cell: Cell, style: Style): string {
  const captured = cell.captured('exit')
  const { places, next } =
    cell.call.ok && captured !== undefined && holds(captured, HEADER)
      ? placesIn(captured, sizeAt(cell.sibling('size'), 'exit') ?? 0)
      : { places: [] }
  if (places.length === 0) return pointerText(cell)
  const most = style.abbreviate ? style.stringLimit : Infinity
  const texts = places.slice(0, most).map((place) => contextText(cell, place, style))
  if (places.length > most) texts.push('...')
  else if (next !== undefined) {
    texts.push(`... /* ${addressBehind(cell, next)} */`)
  }
  return `[${texts.join(', ')}]`
}

/** The contexts that lsm_get_self_attr(2) gives; with LSM_FLAG_SINGLE of the module that goes in. */
export const contextsOut: Kind<
  Behind<Pick<LsmContext, 'id'>> | undefined,
  Behind<readonly LsmContext[]>,
  'size' | 'flags'
> = {
  kind: 'contextsOut',
  entry: { copy: 'bytes', length: HEADER },
  exit: { copy: 'bytes', length: { deref: 'size', width: 4 }, limit: MOST },
  late: isReadable,
  read: (cell) => {
    if (!isSingle(cell)) return undefined
    if (isNull(cell)) return null
    const captured = cell.captured('entry')
    const values = holds(captured, HEADER) ? header.read?.(new PointeeCell(cell, captured)) : undefined
    return values === undefined ? unread(cell, captured) : { id: values.id }
  },
  readOut: (cell) => {
    if (isNull(cell)) return null
    const captured = cell.captured('exit')
    const length = sizeAt(cell.sibling('size'), 'exit')
    if (captured === undefined || length === undefined || !holds(captured, HEADER)) return unread(cell, captured)
    return placesIn(captured, length).places.flatMap((place) => readContext(cell, place) ?? [])
  },
  print: (cell, style) => {
    const before = cell.captured('entry')
    if (!isReadable(cell)) return pointerText(cell)
    // Of a call that was denied nothing is copied at the end.
    const room = cell.sibling('size')
    const isSized = room.captured('exit') === undefined || sizeAt(room, 'exit') !== undefined
    if (!isSingle(cell) || !holds(before, HEADER)) return isSized ? sequenceText(cell, style) : pointerText(cell)
    const asked = `{id=${oneOf(LSM_ID, 8, '').print(new PointeeCell(cell, before), style)}}`
    return isSized ? `${asked} => ${sequenceText(cell, style)}` : asked
  },
}

/** The context that lsm_set_self_attr(2) takes. */
export const contextIn: Kind<Behind<LsmContext>, never, 'size'> = {
  kind: 'contextIn',
  entry: { copy: 'bytes', length: { arg: 'size', width: 4 }, limit: MOST },
  read: (cell) => {
    const place = placeIn(cell)
    const context = place === undefined ? undefined : readContext(cell, place)
    return context ?? (isNull(cell) ? null : unread(cell, cell.captured('entry')))
  },
  print: (cell, style) => {
    const place = placeIn(cell)
    return place === undefined ? pointerText(cell) : contextText(cell, place, style)
  },
}

function placeIn(cell: Cell): Place | undefined {
  const captured = cell.captured('entry')
  const length = lowOf(cell.sibling('size'), 4)
  return length >= HEADER && holds(captured, HEADER) ? { captured, offset: 0, length } : undefined
}

/** The size of the room, and of what was or would have been put there: `[32 => 64]`. */
export const roomSize: Kind<Behind<number>, Behind<number>, never> = {
  kind: 'roomSize',
  entry: { copy: 'bytes', length: 4 },
  exit: { copy: 'bytes', length: 4 },
  exitAfter: 'any',
  read: (cell) => (isNull(cell) ? null : (sizeAt(cell, 'entry') ?? unread(cell, cell.captured('entry')))),
  readOut: (cell) => (isNull(cell) ? null : (sizeAt(cell, 'exit') ?? unread(cell, cell.captured('exit')))),
  print: (cell) => {
    const before = sizeAt(cell, 'entry')
    if (before === undefined) return pointerText(cell)
    const after = sizeAt(cell, 'exit')
    return after === undefined || after === before ? `[${before}]` : `[${before} => ${after}]`
  },
}

const ids = resultsIn(oneOf(LSM_ID, 8), 'result')

/** The modules that there are, in their order. */
export const moduleIds: typeof ids = {
  ...ids,
  late: (cell) => sizeAt(cell.sibling('size'), 'entry') !== undefined,
  print: (cell, style) => {
    const isSized = sizeAt(cell.sibling('size'), 'entry') !== undefined
    return isSized && cell.call.ok ? ids.print(cell, style) : pointerText(cell)
  },
}
