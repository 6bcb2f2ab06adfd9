/** struct msghdr, and the array of them that sendmmsg(2) and recvmmsg(2) take. */

import { MSG } from '../../table/constants/net.ts'
import type { Amount, Cell, FieldCapture, Kind, Style } from '../arg.ts'
import { FieldCell, holds, isNull, PointeeCell, pointerText, unread, type Offsets } from '../cells.ts'
import { controlFields, controlText, MAX_CONTROL, readControl, type ControlMessage } from './cmsg.ts'
import { prepare, readFlags, type Flags, type NameIn } from '../flags.ts'
import { iovecCapture, printBuffers, readBuffers, type Buffer } from '../iovec.ts'
import { readU64 } from '../numbers.ts'
import { elementsOf, lengthOf, MAX_ELEMENTS, printArray, type Behind, type Pointee, type RefOf } from '../pointer.ts'
import { MAX_SOCKADDR, printAddress, readAddress, type SocketAddress } from './sockaddr.ts'

/** A message. */
export interface Message {
  readonly msg_name: Behind<SocketAddress>
  readonly msg_iov: Behind<readonly Buffer[]>
  readonly msg_control: Behind<readonly ControlMessage[]>
  readonly msg_flags: Flags<NameIn<typeof MSG>>
}

/** A message of an array, with the bytes that were sent or received for it. */
export interface CountedMessage extends Message {
  readonly msg_len: number
}

const SIZE = 56
const COUNTED_SIZE = 64
const offsets: Offsets = { msg_name: 0, msg_namelen: 8, msg_iov: 16, msg_iovlen: 24, msg_control: 32 }
const NAME = 0
const IOV = 1
const CONTROL = 2

/** `room`: how much of the name was asked for, where the call says how much there would have been. */
function captures(budget?: Amount, room: Amount = MAX_SOCKADDR): readonly FieldCapture[] {
  const length = { field: 8, width: 4, signed: true } as const
  const name = { copy: 'bytes', length, atMost: room, limit: MAX_SOCKADDR } as const
  const control = { copy: 'bytes', length: { field: 40, width: 8 }, limit: MAX_CONTROL, fields: controlFields } as const
  return [
    { key: NAME, at: 0, then: name },
    { key: IOV, at: 16, then: iovecCapture({ field: 24, width: 8 }, budget) },
    { key: CONTROL, at: 32, then: control },
  ]
}

const bits = prepare(MSG)

interface Parts {
  readonly name: Cell
  readonly nameLength: number
  readonly buffers: Cell
  readonly bufferCount: number
  readonly control: Cell
  readonly controlLength: number
  readonly flags: number
}

function partsOf(cell: PointeeCell): Parts {
  const { call, view, at, length, children } = cell
  const struct = { call, view, at, length, offsets, children }
  return {
    name: new FieldCell(struct, 0, NAME),
    nameLength: view.getInt32(at + 8, true),
    buffers: new FieldCell(struct, 16, IOV),
    bufferCount: Number(readU64(view, at + 24)),
    control: new FieldCell(struct, 32, CONTROL),
    controlLength: Number(readU64(view, at + 40)),
    flags: view.getUint32(at + 48, true),
  }
}

function readMessage(cell: PointeeCell, total: number): Message {
  const { name, buffers, bufferCount, control, flags } = partsOf(cell)
  return {
    msg_name: readAddress(name, 'entry'),
    msg_iov: readBuffers(buffers, 'entry', bufferCount, total),
    msg_control: readControl(control),
    msg_flags: readFlags<NameIn<typeof MSG>>(bits, 0, flags),
  }
}

/** strace's print_struct_msghdr. `room`: msg_namelen as the caller had set it, where the call changes it. */
function messageText(cell: PointeeCell, total: number, room: number | undefined, style: Style): string {
  const { name, nameLength, buffers, bufferCount, control, controlLength, flags } = partsOf(cell)
  const shown = room !== undefined && nameLength > room ? room : nameLength
  const change = room !== undefined && room !== nameLength ? `${room} => ` : ''
  const controls = controlText(control, controlLength, style)
  return (
    `{msg_name=${printAddress(name, 'entry', shown, style)}, msg_namelen=${change}${nameLength}, ` +
    `msg_iov=${printBuffers(buffers, 'entry', bufferCount, total, style)}, msg_iovlen=${bufferCount}, ` +
    `${controls === '' ? '' : `msg_control=${controls}, `}msg_controllen=${controlLength}, ` +
    `msg_flags=${bits.flagsText(0, flags, style)}}`
  )
}

/** A message that is sent. */
export const messageIn: Kind<Behind<Message>, never, never> = {
  kind: 'messageIn',
  entry: { copy: 'bytes', length: SIZE, fields: captures() },
  read: (cell) => readAt(cell, 'entry', Infinity),
  print: (cell, style) => {
    const captured = cell.captured('entry')
    return holds(captured, SIZE)
      ? messageText(new PointeeCell(cell, captured), Infinity, undefined, style)
      : pointerText(cell)
  },
}

/** A message that is received. */
export const messageOut: Kind<never, Behind<Message>, never> = {
  kind: 'messageOut',
  entry: { copy: 'bytes', length: SIZE },
  exit: { copy: 'bytes', length: SIZE, fields: captures('result', { before: 'msg', at: 8, width: 4, signed: true }) },
  late: (cell) => holds(cell.captured('entry'), SIZE),
  readOut: (cell) => readAt(cell, 'exit', cell.call.result),
  print: (cell, style) => {
    const before = cell.captured('entry')
    if (!holds(before, SIZE)) return pointerText(cell)
    const room = before.view.getInt32(before.at + 8, true)
    if (!cell.call.ok) return `{msg_namelen=${room}}`
    const captured = cell.captured('exit')
    return holds(captured, SIZE)
      ? messageText(new PointeeCell(cell, captured), cell.call.result, room, style)
      : pointerText(cell)
  },
}

function readAt(cell: Cell, phase: 'entry' | 'exit', total: number): Behind<Message> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  return holds(captured, SIZE) ? readMessage(new PointeeCell(cell, captured), total) : unread(cell, captured)
}

interface ElementOptions {
  readonly budget?: Amount
  /** Bytes of one message's buffers. */
  readonly total: (cell: Cell) => number
  /** How many elements have a `msg_len` that the call wrote. */
  readonly counted: number
  readonly rooms: readonly number[]
}

function element({ budget, total, counted, rooms }: ElementOptions): Pointee<CountedMessage> {
  let index = 0
  return {
    kind: 'mmsghdr',
    size: COUNTED_SIZE,
    fields: captures(budget),
    read: (cell) => readCounted(cell, total(cell)),
    print: (cell, style) => {
      const header = messageText(asPointee(cell), total(cell), rooms[index], style)
      const length = index < counted ? `, msg_len=${cell.view.getUint32(cell.at + SIZE, true)}` : ''
      index += 1
      return `{msg_hdr=${header}${length}}`
    },
  }
}

function readCounted(cell: Cell, total: number): CountedMessage {
  return { ...readMessage(asPointee(cell), total), msg_len: lengthOfMessage(cell) }
}

function asPointee(cell: Cell): PointeeCell {
  if (cell instanceof PointeeCell) return cell
  throw new Error('a message lies in captured bytes')
}

/** Messages that are sent; how much of each is known afterwards. */
export function messagesIn<const Count extends string>(
  count: Count,
): Kind<Behind<readonly Message[]>, Behind<readonly CountedMessage[]>, RefOf<Count>> {
  const spec = { copy: 'array', count: { arg: count, width: 4 }, stride: COUNTED_SIZE, limit: MAX_ELEMENTS } as const
  return {
    kind: 'messagesIn',
    entry: { ...spec, fields: captures() },
    exit: { ...spec, fields: captures() },
    exitAfter: 'any',
    late: true,
    // Their lengths mean nothing yet.
    read: (cell) => readMany(cell, 'entry', lengthOf(cell, count, 4), (one) => readMessage(asPointee(one), Infinity)),
    readOut: (cell) => readMany(cell, 'exit', cell.call.result, (one) => readCounted(one, Infinity)),
    print: (cell, style) => {
      const counted = cell.call.ok ? cell.call.result : 0
      const item = element({ total: () => Infinity, counted, rooms: [] })
      const phase = cell.captured('exit') === undefined ? 'entry' : 'exit'
      return printArray(item, cell, phase, lengthOf(cell, count, 4), style)
    },
  }
}

const lengthOfMessage = (cell: Cell): number => cell.view.getUint32(cell.at + SIZE, true)

/** Messages that are received, as many as the call returns. */
export function messagesOut<const Count extends string>(
  count: Count,
): Kind<never, Behind<readonly CountedMessage[]>, RefOf<Count>> {
  const spec = { copy: 'array', stride: COUNTED_SIZE, limit: MAX_ELEMENTS } as const
  return {
    kind: 'messagesOut',
    entry: { ...spec, count: { arg: count, width: 4 } },
    exit: { ...spec, count: 'result', fields: captures({ field: SIZE, width: 4 }) },
    late: true,
    readOut: (cell) => readMany(cell, 'exit', cell.call.result, (one) => readCounted(one, lengthOfMessage(one))),
    print: (cell, style) => {
      if (!cell.call.ok) return pointerText(cell)
      const item = element({ total: lengthOfMessage, counted: cell.call.result, rooms: rooms(cell) })
      return printArray(item, cell, 'exit', cell.call.result, style)
    },
  }
}

/** msg_namelen of each message before the call. */
function rooms(cell: Cell): readonly number[] {
  const before = cell.captured('entry')
  if (!holds(before, COUNTED_SIZE)) return []
  const count = Math.floor(before.length / COUNTED_SIZE)
  return Array.from({ length: count }, (_, index) => before.view.getInt32(before.at + index * COUNTED_SIZE + 8, true))
}

function readMany<T>(
  cell: Cell,
  phase: 'entry' | 'exit',
  count: number,
  read: (cell: Cell) => T,
): Behind<readonly T[]> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (count <= 0) return []
  if (!holds(captured, COUNTED_SIZE)) return unread(cell, captured)
  const item = element({ total: () => Infinity, counted: count, rooms: [] })
  return elementsOf(item, cell, captured, count).map((one) => read(one))
}
