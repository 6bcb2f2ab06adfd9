/** Messages of System V queues: struct msgbuf, a type and as many bytes of text as the call says. */

import type { CaptureSpec, Captured, Cell, Kind, Style } from '../arg.ts'
import { addressBehind, bytesOf, holds, isNull, pointerText, unread } from '../cells.ts'
import { Data } from '../data.ts'
import { readI64, type Wide } from '../numbers.ts'
import { lengthOf, type Behind, type RefOf } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'

/** A message of a System V queue. */
export interface Message {
  readonly mtype: Wide
  readonly mtext: Data
}

const HEADER = 8
/** strace reads the whole C struct, which is padded. */
const STRUCT_SIZE = 16

/**
 * Type and text together. The engine doesn't add, so twice the text stands for the text and its header; for short texts,
 * a constant.
 */
function capture(length: string): CaptureSpec {
  const on = { arg: length } as const
  return {
    copy: 'switch',
    on,
    cases: [{ equals: 0, mask: 0xffff_ffff_ffff_fff0n, then: { copy: 'bytes', length: 15 + HEADER + 1 } }],
    otherwise: { copy: 'bytes', length: on, scale: 2, limit: 'data', header: HEADER },
  }
}

function isReadable(captured: Captured | undefined): captured is Captured {
  return holds(captured, HEADER) && (captured.status !== 'fault' || captured.length >= STRUCT_SIZE)
}

function readMessage(cell: Cell, phase: 'entry' | 'exit', length: number): Behind<Message> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (!isReadable(captured)) return unread(cell, captured)
  const text = bytesOf(captured).subarray(HEADER, HEADER + Math.max(0, length))
  return { mtype: readI64(captured.view, captured.at), mtext: new Data(text, Math.max(text.length, length)) }
}

function messageText(cell: Cell, phase: 'entry' | 'exit', length: number, style: Style): string {
  const captured = cell.captured(phase)
  if (!isReadable(captured)) return pointerText(cell)
  return `{mtype=${readI64(captured.view, captured.at)}, mtext=${textOf(cell, captured, length, style)}}`
}

function textOf(cell: Cell, captured: Captured, length: number, style: Style): string {
  if (length === 0) return '""'
  const bytes = bytesOf(captured).subarray(HEADER)
  const isCut = captured.status === 'fault' && bytes.length < Math.min(length, style.stringLimit + 1)
  if (isCut) return addressBehind(cell, HEADER)
  const shown = bytes.subarray(0, Math.min(length, style.stringLimit))
  return quoteBytes(shown, style.hexStrings) + (length > shown.length ? '...' : '')
}

/** A message that is sent. */
export function messageIn<const Length extends string>(length: Length): Kind<Behind<Message>, never, RefOf<Length>> {
  return {
    kind: 'messageIn',
    entry: capture(length),
    read: (cell) => readMessage(cell, 'entry', lengthOf(cell, length)),
    print: (cell, style) => messageText(cell, 'entry', lengthOf(cell, length), style),
  }
}

/** Room for a message. Text shows all of the room, as strace does; the value is what was received. */
export function messageOut<const Room extends string>(room: Room): Kind<never, Behind<Message>, RefOf<Room>> {
  return {
    kind: 'messageOut',
    exit: capture(room),
    late: true,
    readOut: (cell) => readMessage(cell, 'exit', lengthOf(cell, 'result')),
    print: (cell, style) => messageText(cell, 'exit', lengthOf(cell, room), style),
  }
}
