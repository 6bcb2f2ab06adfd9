/** struct user_desc: a segment of the local descriptor table, or of a thread. */

import { errnoName, ERRNO_MESSAGES } from '../../table/constants/errno.ts'
import type { CallView, Cell, Kind, ReturnKind } from '../arg.ts'
import { bits } from '../bitfield.ts'
import { holds, PointeeCell, pointerText } from '../cells.ts'
import { changed, pointerTo, type Behind, type ValueOf } from '../pointer.ts'
import { id, type Scalar } from '../scalar.ts'
import { field, struct } from '../struct.ts'

const SIZE = 16

/** Digits up to eight characters with `0x`; zero has no `0x`. */
const padded: Scalar<number> = {
  kind: 'padded',
  width: 4,
  read: ({ view, at }) => view.getUint32(at, true),
  print: ({ view, at }) => {
    const value = view.getUint32(at, true)
    return value === 0 ? '00000000' : `0x${value.toString(16).padStart(6, '0')}`
  },
}

/** struct user_desc */
const segment = struct(SIZE, {
  entry_number: field(0, id),
  base_addr: field(4, padded),
  limit: field(8, padded),
  seg_32bit: field(12, bits(0)),
  contents: field(12, bits(1, 2)),
  read_exec_only: field(12, bits(3)),
  limit_in_pages: field(12, bits(4)),
  seg_not_present: field(12, bits(5)),
  useable: field(12, bits(6)),
  lm: field(12, bits(7)),
})

type Segment = ValueOf<typeof segment>

const isSegment = ({ view, at }: Cell): boolean => view.getBigUint64(at, true) === BigInt(SIZE)

/** What modify_ldt(2) takes: a segment where `size` is that of one; else its place. */
export function ldtEntry<const Size extends string>(size: Size): Kind<Behind<Segment>, never, Size> {
  return pointerTo(segment, { when: (cell) => isSegment(cell.sibling(size)) })
}

/** A segment that set_thread_area(2) may give a number. */
export const threadSegment: Kind<Behind<Segment>, Behind<Segment>, never> = changed(segment)

/** The number that it got. */
export function segmentNote(call: CallView): string | undefined {
  const captured = call.arg('u_info').captured('exit')
  return holds(captured, SIZE) ? `entry_number=${captured.view.getUint32(captured.at, true)}` : undefined
}

const FIRST_CLIPPED_ERROR = 0xffff_f000

/** The kernel clips what modify_ldt(2) returns to 32 bits, so that its errors look like large numbers. */
export const ldtResult: ReturnKind = {
  kind: 'decimal',
  print: ({ result }) => {
    if (result < FIRST_CLIPPED_ERROR) return String(result)
    const errno = 0x1_0000_0000 - result
    return `${result} ${errnoName(errno) ?? `(errno ${errno})`} (${ERRNO_MESSAGES[errno] ?? `Unknown error ${errno}`})`
  },
}

/** The segment whose number get_thread_area(2) is given; the rest comes back. */
export const threadSegmentOut: Kind<Behind<Segment>, Behind<Segment>, never> = {
  ...threadSegment,
  late: true,
  print: (cell, style) => {
    const before = cell.captured('entry')
    if (!holds(before, SIZE)) return pointerText(cell)
    const after = cell.captured('exit')
    if (cell.call.ok && holds(after, SIZE)) return segment.print(new PointeeCell(cell, after), style)
    return `{entry_number=${id.print(new PointeeCell(cell, before), style)}, ...}`
  },
}
