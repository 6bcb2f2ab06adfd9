/** What io_submit(2) is given and io_getevents(2) gives back. */

import { RWF } from '../../table/constants/file.ts'
import { POLL } from '../../table/constants/poll.ts'
import { IOCB_CMD, IOCB_FLAG } from '../../table/constants/uring.ts'
import type { Cell, Kind, Style, Unread } from '../arg.ts'
import { printData, readData } from '../bytes.ts'
import { childrenOf, holds, isNull, PointeeCell, pointerText, unread } from '../cells.ts'
import type { Data } from '../data.ts'
import { constantText, flags, lowOf, nameOrHex, prepare, type Flags, type NameIn, type OneOf } from '../flags.ts'
import { type IoPriority, priorityText, readPriority } from '../process/ioprio.ts'
import { type Buffer, iovecCapture, printBuffers, readBuffers } from '../iovec.ts'
import { hex32 } from '../numbers.ts'
import { arrayOf, lengthOf, type Behind, type Pointee, type ValueOf } from '../pointer.ts'
import { fd, hex, hexUint, long, size, uint, type Scalar } from '../scalar.ts'
import { field, struct } from '../struct.ts'

const { IOCB_CMD_PREAD, IOCB_CMD_PWRITE, IOCB_CMD_POLL, IOCB_CMD_PREADV, IOCB_CMD_PWRITEV } = IOCB_CMD.values
const { IOCB_FLAG_RESFD, IOCB_FLAG_IOPRIO } = IOCB_FLAG.values
const commands = prepare(IOCB_CMD)

/** Places of the members that decide about others. */
const OPCODE = 16
const BYTES = 32
const bytesAmount = { field: BYTES, width: 8 } as const

const opcodeOf = (cell: Cell): number => lowOf(cell.sibling('aio_lio_opcode'), 2)
const hasFlag = (cell: Cell, flag: number): boolean => (lowOf(cell.sibling('aio_flags'), 4) & flag) !== 0
const isSet = (cell: Cell): boolean => lowOf(cell, 4) !== 0
const isVector = (cell: Cell): boolean => [IOCB_CMD_PREADV, IOCB_CMD_PWRITEV].some((it) => it === opcodeOf(cell))
const isPlain = (cell: Cell): boolean => [IOCB_CMD_PREAD, IOCB_CMD_PWRITE].some((it) => it === opcodeOf(cell))
const isPoll = (cell: Cell): boolean => opcodeOf(cell) === IOCB_CMD_POLL
const isKnown = (cell: Cell): boolean => isPlain(cell) || isVector(cell) || isPoll(cell)
/** The kernel refuses lengths that are negative as a signed number. */
const isLength = (cell: Cell): boolean => {
  const { view, at } = cell.sibling('aio_nbytes')
  return view.getInt32(at + 4, true) >= 0
}

const opcode: Scalar<OneOf<NameIn<typeof IOCB_CMD>>> = {
  kind: 'opcode',
  width: 2,
  read: (cell) => nameOrHex(commands, 0, lowOf(cell, 2)),
  print: (cell, style) => commands.valueText(lowOf(cell, 2), style, commands.fallback, String(lowOf(cell, 2))),
}

const priority: Scalar<number | IoPriority> = {
  kind: 'priority',
  width: 2,
  read: (cell) => (hasFlag(cell, IOCB_FLAG_IOPRIO) ? readPriority(lowOf(cell, 2)) : cell.view.getInt16(cell.at, true)),
  print: (cell, style) => {
    if (!hasFlag(cell, IOCB_FLAG_IOPRIO)) return String(cell.view.getInt16(cell.at, true))
    return constantText(priorityText(lowOf(cell, 2), style), hex32(lowOf(cell, 2)), style)
  },
}

const pollEvents = flags(POLL)

type AioBuffer = Data | readonly Buffer[] | Flags<NameIn<typeof POLL>> | bigint | Unread | null

/** A buffer that is written, an array of buffers, events to wait for; an address where nothing has been written there yet. */
const aioBuffer: Kind<AioBuffer, never, never> = {
  kind: 'aioBuffer',
  entry: {
    copy: 'switch',
    on: { field: OPCODE, width: 2 },
    cases: [
      { equals: IOCB_CMD_PWRITE, then: { copy: 'bytes', length: bytesAmount, limit: 'data' } },
      { equals: IOCB_CMD_PWRITEV, then: iovecCapture(bytesAmount) },
      { equals: IOCB_CMD_PREADV, then: iovecCapture(bytesAmount, undefined, false) },
    ],
  },
  read: (cell) => {
    if (isPoll(cell)) return pollEvents.read?.(cell) ?? null
    const command = opcodeOf(cell)
    const length = lengthOf(cell, 'aio_nbytes')
    if (isVector(cell) && isLength(cell)) {
      return readBuffers(cell, 'entry', length, Infinity, command === IOCB_CMD_PWRITEV)
    }
    if (command === IOCB_CMD_PWRITE && isLength(cell)) return readData(cell, 'entry', length)
    return cell.view.getBigUint64(cell.at, true)
  },
  print: (cell, style) => {
    if (isPoll(cell)) return pollEvents.print(cell, style)
    const command = opcodeOf(cell)
    const length = lengthOf(cell, 'aio_nbytes')
    if (isVector(cell) && isLength(cell)) {
      return printBuffers(cell, 'entry', length, Infinity, style, command === IOCB_CMD_PWRITEV)
    }
    if (command === IOCB_CMD_PWRITE && isLength(cell)) return printData(cell, 'entry', length, style)
    return hex.print(cell, style)
  },
}

const header = {
  aio_data: field(0, hex),
  aio_key: field(8, uint, { when: isSet }),
  aio_rw_flags: field(12, flags(RWF), { when: isSet }),
  aio_lio_opcode: field(OPCODE, opcode),
  aio_reqprio: field(18, priority, { when: (cell) => hasFlag(cell, IOCB_FLAG_IOPRIO) || lowOf(cell, 2) !== 0 }),
  aio_fildes: field(20, fd),
} as const

const tail = {
  aio_nbytes: field(BYTES, size, { when: (cell) => isPlain(cell) || (isVector(cell) && !isLength(cell)) }),
  aio_offset: field(40, long, { when: (cell) => isPlain(cell) || isVector(cell) }),
  aio_flags: field(56, flags(IOCB_FLAG), { when: (cell) => isKnown(cell) && isSet(cell) }),
  aio_resfd: field(
    60,
    {
      ...fd,
      print: (cell: Cell, style: Style) => (hasFlag(cell, IOCB_FLAG_RESFD) ? fd : hexUint).print(cell, style),
    },
    { when: (cell) => isKnown(cell) && (hasFlag(cell, IOCB_FLAG_RESFD) || isSet(cell)) },
  ),
} as const

/** struct iocb; text shows what its operation looks at. */
const iocb = struct(64, { ...header, aio_buf: field(24, aioBuffer, { when: isKnown }), ...tail })

/** The same where only the first members are looked at: io_cancel(2). */
export const iocbHeader = struct(64, {
  ...header,
  aio_flags: field(56, flags(IOCB_FLAG), { when: () => false }),
})

type Iocb = Behind<ValueOf<typeof iocb>>

/** A pointer in an array. */
const iocbPointer: Pointee<Iocb> = {
  kind: 'iocbPointer',
  width: 8,
  fields: [
    { key: 0, at: 0, then: { copy: 'bytes', length: iocb.size, ...(iocb.fields ? { fields: iocb.fields } : {}) } },
  ],
  read: (cell) => {
    const [captured] = childrenOf(cell)
    if (isNull(cell)) return null
    return holds(captured, iocb.size) && iocb.read ? iocb.read(new PointeeCell(cell, captured)) : unread(cell, captured)
  },
  print: (cell, style) => {
    const [captured] = childrenOf(cell)
    return holds(captured, iocb.size) ? iocb.print(new PointeeCell(cell, captured), style) : pointerText(cell)
  },
}

/** Operations to start; `count` names the argument with their number, which is signed. */
export function iocbs<const Count extends string>(count: Count): Kind<Behind<readonly Iocb[]>, never, Count> {
  const plain = arrayOf(iocbPointer, count)
  const isNegative = (cell: Cell): boolean => {
    const { view, at } = cell.sibling(count)
    return view.getInt32(at + 4, true) < 0
  }
  return {
    // A name is an argument's name, never `result`.
    ...(plain as Kind<Behind<readonly Iocb[]>, never, Count>),
    kind: 'iocbs',
    print: (cell, style) => (isNegative(cell) ? pointerText(cell) : plain.print(cell, style)),
  }
}

/** struct io_event */
export const ioEvent = struct(32, {
  data: field(0, hex),
  obj: field(8, hex),
  res: field(16, long),
  res2: field(24, long),
})
