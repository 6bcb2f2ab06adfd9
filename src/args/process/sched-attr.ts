/** struct sched_attr, which grew with the kernel and begins with its own size. */

import { ERRNO } from '../../table/constants/errno.ts'
import { SCHED, SCHED_FLAG } from '../../table/constants/process.ts'
import type { Captured, Cell, Kind, Style } from '../arg.ts'
import { holds, isNull, padded, PointeeCell, pointerText, unread } from '../cells.ts'
import { flags, lowOf, oneOf } from '../flags.ts'
import { lengthOf, type Behind, type ValueOf } from '../pointer.ts'
import { int, size, uint } from '../scalar.ts'
import { field, struct, type FieldOptions } from '../struct.ts'

const FIRST_SIZE = 48
const KNOWN_SIZE = 56
const SIZE_WIDTH = 4
const { SCHED_FLAG_KEEP_POLICY: KEEP_POLICY, SCHED_FLAG_KEEP_PARAMS: KEEP_PARAMS } = SCHED_FLAG.values

/** `shown`: when strace shows the policy, and when the parameters. */
function schedAttr(shown: { readonly policy?: FieldOptions['when']; readonly params?: FieldOptions['when'] }) {
  const param: FieldOptions = shown.params === undefined ? {} : { when: shown.params }
  const clamp: FieldOptions = { when: (cell) => lowOf(cell.sibling('size'), 4) >= KNOWN_SIZE }
  return struct(KNOWN_SIZE, {
    size: field(0, uint),
    sched_policy: field(4, oneOf(SCHED), shown.policy === undefined ? {} : { when: shown.policy }),
    sched_flags: field(8, flags(SCHED_FLAG, 8)),
    sched_nice: field(16, int, param),
    sched_priority: field(20, uint, param),
    sched_runtime: field(24, size, param),
    sched_deadline: field(32, size, param),
    sched_period: field(40, size, param),
    sched_util_min: field(48, uint, clamp),
    sched_util_max: field(52, uint, clamp),
  })
}

const keeps = (cell: Cell, bits: number): boolean => (lowOf(cell.sibling('sched_flags'), 4) & bits) !== 0
const given = schedAttr({
  policy: (cell) => cell.view.getInt32(cell.at, true) < 0 || !keeps(cell, KEEP_POLICY | KEEP_PARAMS),
  params: (cell) => !keeps(cell, KEEP_PARAMS),
})
const found = schedAttr({})

type SchedAttr = ValueOf<typeof given>

/** The struct of `length` bytes at most, with zeros in the place of fields that it does not have. */
function whole(cell: Cell, captured: Captured | undefined, length: number): Cell | undefined {
  if (!holds(captured, Math.min(length, KNOWN_SIZE))) return undefined
  return new PointeeCell(cell, padded(captured, length, KNOWN_SIZE))
}

/** The size that the struct itself names; 0 stands for the first one. */
function ownSize(captured: Captured | undefined): number | undefined {
  if (!holds(captured, SIZE_WIDTH)) return undefined
  return captured.view.getUint32(captured.at, true)
}

function givenText(cell: Cell, style: Style): string {
  const captured = cell.captured('entry')
  const own = ownSize(captured)
  if (own === undefined) return pointerText(cell)
  const length = own === 0 ? FIRST_SIZE : own
  if (length < FIRST_SIZE) return `{size=${own}}`
  const all = whole(cell, captured, length)
  if (all === undefined) return pointerText(cell)
  const text = given.print(all, style)
  return length > KNOWN_SIZE ? `${text.slice(0, -1)}, ...}` : text
}

/** What the kernel writes where a struct is larger than it knows, and fails. */
function knownSize(cell: Cell): number | undefined {
  return cell.call.finished && cell.call.result === -ERRNO.E2BIG ? ownSize(cell.captured('exit')) : undefined
}

/** sched_setattr(2) */
export const schedAttrIn: Kind<Behind<SchedAttr>, never, never> = {
  kind: 'schedAttrIn',
  entry: { copy: 'bytes', length: KNOWN_SIZE },
  exit: { copy: 'bytes', length: SIZE_WIDTH },
  exitAfter: 'failure',
  read: (cell) => {
    if (isNull(cell)) return null
    const captured = cell.captured('entry')
    const own = ownSize(captured)
    const all = own === undefined ? undefined : whole(cell, captured, Math.max(own, FIRST_SIZE))
    return all === undefined || given.read === undefined ? unread(cell, captured) : given.read(all)
  },
  print: givenText,
  printAfter: (cell) => {
    const known = knownSize(cell)
    return known === undefined ? '' : ` => {size=${known}}`
  },
}

/** sched_getattr(2); `length` names the room. */
export function schedAttrOut<const Length extends string>(length: Length): Kind<never, Behind<SchedAttr>, Length> {
  const inside = (cell: Cell): Cell | undefined => {
    const room = lengthOf(cell, length, 4)
    return room === 0 ? undefined : whole(cell, cell.captured('exit'), room)
  }
  return {
    kind: 'schedAttrOut',
    exit: { copy: 'bytes', length: { arg: length, width: 4 }, atMost: KNOWN_SIZE },
    late: true,
    readOut: (cell) => {
      if (isNull(cell)) return null
      const all = inside(cell)
      return all === undefined || found.read === undefined ? unread(cell, cell.captured('exit')) : found.read(all)
    },
    print: (cell, style) => {
      const all = inside(cell)
      if (all === undefined) return pointerText(cell)
      const written = all.view.getUint32(all.at, true)
      return written < FIRST_SIZE ? `{size=${written}}` : found.print(all, style)
    },
  }
}
