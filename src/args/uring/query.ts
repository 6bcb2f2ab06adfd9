/** IORING_REGISTER_QUERY: a chain of questions about what the kernel can do. */

import { IO_URING_QUERY, IORING_ENTER, IORING_FEAT, IORING_SETUP } from '../../table/constants/uring.ts'
import { IOSQE, ZCRX_AREA, ZCRX_REG } from '../../table/constants/uring.ts'
import type { Captured, CaptureSpec, Cell, Kind, Style, Unread } from '../arg.ts'
import { FieldCell, holds, isNull, PointeeCell, pointerText, unread } from '../cells.ts'
import { flags, lowOf, nameOrHex, prepare, type NameIn, type OneOf } from '../flags.ts'
import { addressText } from '../numbers.ts'
import type { Behind } from '../pointer.ts'
import { reserved } from '../reserved.ts'
import { address, hex, hexUint, int, size, uint } from '../scalar.ts'
import { field, struct, type Struct } from '../struct.ts'
import type { ValueOf } from '../pointer.ts'

const { IO_URING_QUERY_OPCODES, IO_URING_QUERY_ZCRX } = IO_URING_QUERY.values
const { IO_URING_QUERY_SCQ, IO_URING_QUERY_ZCRX_EVENT } = IO_URING_QUERY.values
const questions = prepare(IO_URING_QUERY)

/** struct io_uring_query_opcode */
const opcodes = struct(48, {
  nr_request_opcodes: field(0, uint),
  nr_register_opcodes: field(4, uint),
  feature_flags: field(8, flags(IORING_FEAT, 8)),
  ring_setup_flags: field(16, flags(IORING_SETUP, 8)),
  enter_flags: field(24, flags(IORING_ENTER, 8)),
  sqe_flags: field(32, flags(IOSQE, 8)),
  nr_query_opcodes: field(40, uint),
  __pad: reserved(44, hexUint),
})

/** struct io_uring_query_zcrx */
const zeroCopy = struct(40, {
  register_flags: field(0, flags(ZCRX_REG, 8)),
  area_flags: field(8, flags(ZCRX_AREA, 8)),
  nr_ctrl_opcodes: field(16, uint),
  features: field(20, hexUint),
  rq_hdr_size: field(24, uint),
  rq_hdr_alignment: field(28, uint),
  __resv2: reserved(32, hex),
})

/** struct io_uring_query_scq */
const rings = struct(16, { hdr_size: field(0, size), hdr_alignment: field(8, size) })

/** struct io_uring_query_zcrx_event */
const events = struct(48, {
  event_flags: field(0, hexUint),
  stats_size: field(4, uint),
  stats_off_alignment: field(8, uint),
  __resv1: reserved(12, hexUint),
  __resv2: reserved(16, hex, 4),
})

type Answer = ValueOf<typeof opcodes> | ValueOf<typeof zeroCopy> | ValueOf<typeof rings> | ValueOf<typeof events>

const answers: ReadonlyMap<number, Struct<Answer>> = new Map<number, Struct<Answer>>([
  [IO_URING_QUERY_OPCODES, opcodes],
  [IO_URING_QUERY_ZCRX, zeroCopy],
  [IO_URING_QUERY_SCQ, rings],
  [IO_URING_QUERY_ZCRX_EVENT, events],
])

/** A question: what it asks for, and what the kernel said. */
export interface Query {
  readonly query_op: OneOf<NameIn<typeof IO_URING_QUERY>>
  readonly size: number
  readonly result: number
  readonly query_data: Answer | Unread | null
}

/** struct io_uring_query_hdr: places of its members. */
const SIZE = 40
const NEXT = 0
const DATA = 8
const OP = 16
const LENGTH = 20
const RESULT = 24
const unused = reserved(28, hexUint, 3)
/** The largest answer. */
const ANSWER = 48

const KEY = { data: 0, next: 1 } as const

/** Longer chains end with an address: captures nest only so deep. */
const MAX_QUERIES = 3

function capture(left: number): CaptureSpec {
  const data = { key: KEY.data, at: DATA, then: { copy: 'bytes', length: ANSWER } } as const
  const fields = left > 1 ? [data, { key: KEY.next, at: NEXT, then: capture(left - 1) }] : [data]
  return { copy: 'bytes', length: SIZE, fields }
}

const isNone = (cell: Cell): boolean => lowOf(cell.sibling('nr_args'), 4) === 0

/** A member of a captured question. */
function member(call: Cell, captured: Captured, at: number, key = -1): FieldCell {
  const { view, children, length } = captured
  return new FieldCell({ call: call.call, view, at: captured.at, length, offsets: {}, children }, at, key)
}

function answerOf(cell: Cell, captured: Captured): Struct<Answer> | undefined {
  return answers.get(lowOf(member(cell, captured, OP), 4))
}

function readQueries(cell: Cell, phase: 'entry' | 'exit'): Behind<readonly Query[]> {
  if (isNull(cell)) return null
  let captured = cell.captured(phase)
  if (!isNone(cell) || !holds(captured, SIZE)) return unread(cell, captured)
  const found: Query[] = []
  while (holds(captured, SIZE)) {
    found.push(readQuery(cell, captured))
    captured = member(cell, captured, NEXT, KEY.next).captured()
  }
  return found
}

function readQuery(cell: Cell, captured: Captured): Query {
  return {
    query_op: nameOrHex(questions, 0, lowOf(member(cell, captured, OP), 4)),
    size: lowOf(member(cell, captured, LENGTH), 4),
    result: captured.view.getInt32(captured.at + RESULT, true),
    query_data: readAnswer(cell, captured),
  }
}

function readAnswer(cell: Cell, captured: Captured): Answer | Unread | null {
  const pointer = member(cell, captured, DATA, KEY.data)
  const found = pointer.captured()
  const answer = answerOf(cell, captured)
  if (isNull(pointer)) return null
  const isThere = answer?.read !== undefined && holds(found, answer.size)
  return isThere && answer.read ? answer.read(new PointeeCell(pointer, found)) : unread(pointer, found)
}

function queriesText(cell: Cell, style: Style): string {
  let captured = cell.captured('entry')
  let next: Cell = cell
  let text = ''
  let count = 0
  while (holds(captured, SIZE) && !(style.abbreviate && count >= style.stringLimit)) {
    count += 1
    text += `${queryText(cell, captured, style)}, next_entry=`
    next = member(cell, captured, NEXT, KEY.next)
    captured = next.captured('entry')
  }
  // What is there, and is not shown.
  const isMore = holds(captured, SIZE) || (captured === undefined && !isNull(next))
  return `${text}${addressText(next.view, next.at)}${isMore ? ' /* ... */' : ''}${'}'.repeat(count)}`
}

function queryText(cell: Cell, captured: Captured, style: Style): string {
  const data = member(cell, captured, DATA, KEY.data)
  const op = lowOf(member(cell, captured, OP), 4)
  const length = member(cell, captured, LENGTH)
  const items = [
    `query_data=${address.print(data, style)}`,
    `query_op=${questions.valueText(op, style)}`,
    `size=${uint.print(length, style)}`,
    `result=${int.print(member(cell, captured, RESULT), style)}`,
  ]
  const rest = member(cell, captured, unused.at)
  if (unused.when?.(rest) === true) items.push(`__resv=${unused.kind.print(rest, style)}`)
  if (!isNull(data) && lowOf(length, 4) > 0) {
    const answer = answerOf(cell, captured)
    const found = data.captured()
    const isThere = answer !== undefined && holds(found, answer.size)
    items.push(`query_data=${isThere ? answer.print(new PointeeCell(data, found), style) : pointerText(data)}`)
  }
  return `{${items.join(', ')}`
}

/** Questions, with room for answers, which come back in the same places. */
export const queries: Kind<Behind<readonly Query[]>, Behind<readonly Query[]>, 'nr_args'> = {
  kind: 'queries',
  entry: capture(MAX_QUERIES),
  exit: capture(MAX_QUERIES),
  read: (cell) => readQueries(cell, 'entry'),
  readOut: (cell) => readQueries(cell, 'exit'),
  print: (cell, style) => (isNone(cell) ? queriesText(cell, style) : pointerText(cell)),
}
