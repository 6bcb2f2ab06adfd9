/** Directory entries as getdents(2) and getdents64(2) return them. */

import { DT } from '../../table/constants/file.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { bytesOf, holds, isNull, pointerText, unread } from '../cells.ts'
import { nameOrHex, prepare, type NameIn, type OneOf } from '../flags.ts'
import { readU64, type Wide } from '../numbers.ts'
import { lengthOf, type Behind, type RefOf } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'
import { decodeBytes } from '../surrogates.ts'

/** One entry of a directory. */
export interface DirectoryEntry {
  readonly d_ino: Wide
  readonly d_off: Wide
  readonly d_type: OneOf<NameIn<typeof DT>>
  readonly d_name: string
}

const MAX_BYTES = 1 << 20
const types = prepare(DT)

/** Where an entry's parts lie. The old struct has its type in its last byte. */
interface Layout {
  readonly name: number
  readonly typeAt: (start: number, length: number) => number
}

const layouts: Readonly<Record<'old' | 'new', Layout>> = {
  old: { name: 18, typeAt: (start, length) => start + length - 1 },
  new: { name: 19, typeAt: (start) => start + 18 },
}

interface Entry {
  readonly start: number
  readonly length: number
}

function entriesIn(view: DataView, at: number, length: number, layout: Layout): readonly Entry[] {
  const found: Entry[] = []
  let start = at
  while (start + layout.name <= at + length) {
    const size = view.getUint16(start + 16, true)
    if (size < layout.name || start + size > at + length) break
    found.push({ start, length: size })
    start += size
  }
  return found
}

function nameLength(view: DataView, { start, length }: Entry, layout: Layout): number {
  let end = start + layout.name
  while (end < start + length && view.getUint8(end) !== 0) end += 1
  return end - start - layout.name
}

/** Room for entries; `room` names its size. */
export function direntsOut<const Room extends string>(
  form: 'old' | 'new',
  room: Room,
): Kind<never, Behind<readonly DirectoryEntry[]>, RefOf<Room>> {
  const layout = layouts[form]
  return {
    kind: 'direntsOut',
    exit: { copy: 'bytes', length: 'result', atMost: { arg: room, width: 4 }, limit: MAX_BYTES },
    late: true,
    readOut: (cell) => readEntries(cell, layout),
    print: (cell, style) => {
      if (!cell.call.ok || isNull(cell) || cell.call.result > lengthOf(cell, room)) return pointerText(cell)
      return entriesText(cell, layout, style)
    },
  }
}

function readEntries(cell: Cell, layout: Layout): Behind<readonly DirectoryEntry[]> {
  if (isNull(cell)) return null
  if (cell.call.result === 0) return []
  const captured = cell.captured('exit')
  if (!holds(captured, layout.name)) return unread(cell, captured)
  const { view } = captured
  return entriesIn(view, captured.at, captured.length, layout).map((entry) => ({
    d_ino: readU64(view, entry.start),
    d_off: readU64(view, entry.start + 8),
    d_type: nameOrHex<NameIn<typeof DT>>(types, 0, view.getUint8(layout.typeAt(entry.start, entry.length))),
    d_name: decodeBytes(view, entry.start + layout.name, nameLength(view, entry, layout)),
  }))
}

function entriesText(cell: Cell, layout: Layout, style: Style): string {
  const captured = cell.captured('exit')
  const isEmpty = cell.call.result === 0
  if (captured === undefined || (!isEmpty && !holds(captured, 1))) return pointerText(cell)
  const entries = entriesIn(captured.view, captured.at, captured.length, layout)
  if (style.abbreviate) {
    const count = isEmpty ? 0 : entries.length
    return `${pointerText(cell)} /* ${count} ${count === 1 ? 'entry' : 'entries'} */`
  }
  return `[${entries.map((entry) => entryText(captured.view, entry, bytesOf(captured), captured.at, layout, style)).join(', ')}]`
}

function entryText(view: DataView, entry: Entry, bytes: Uint8Array, at: number, layout: Layout, style: Style): string {
  const { start, length } = entry
  const name = start + layout.name - at
  const quoted = quoteBytes(bytes.subarray(name, name + nameLength(view, entry, layout)), style.hexStrings)
  const type = types.valueText(view.getUint8(layout.typeAt(start, length)), style)
  const head = `{d_ino=${readU64(view, start)}, d_off=${readU64(view, start + 8)}, d_reclen=${length}`
  return layout === layouts.new
    ? `${head}, d_type=${type}, d_name=${quoted}}`
    : `${head}, d_name=${quoted}, d_type=${type}}`
}
