/** struct io_uring_sqe: an operation for a ring. */

import { IORING_ACCEPT, IORING_FIXED_FD, IORING_MSG_RING, IORING_NOP } from '../../table/constants/uring.ts'
import { IORING_OP, IORING_RECVSEND, IORING_RW_ATTR, IOSQE, SOCKET_URING_OP } from '../../table/constants/uring.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { addressBehind, bytesOf, holds, InsideCell, PointeeCell, pointerText } from '../cells.ts'
import { flags, lowOf, oneOf, type NameIn } from '../flags.ts'
import { hex32, type Wide } from '../numbers.ts'
import { pointerTo, type Behind } from '../pointer.ts'
import { fd, hex, hexUint, hexUshort, uint, ushort } from '../scalar.ts'
import { field, struct } from '../struct.ts'
import { operation } from './structs.ts'

type OperationName = NameIn<typeof IORING_OP>

function numbersOf(...names: readonly OperationName[]): ReadonlySet<number> {
  return new Set(names.map((name) => IORING_OP.values[name]))
}

const opcodeOf = (cell: Cell): number => lowOf(cell.sibling('opcode'), 1)
function isIn(...names: readonly OperationName[]): (cell: Cell) => boolean {
  const numbers = numbersOf(...names)
  return (cell) => numbers.has(opcodeOf(cell))
}

const isNop = isIn('IORING_OP_NOP', 'IORING_OP_NOP128')
const isInstall = isIn('IORING_OP_FIXED_FD_INSTALL')
const isMessage = isIn('IORING_OP_MSG_RING')
const isAccept = isIn('IORING_OP_ACCEPT')
const isTransfer = isIn(
  'IORING_OP_SEND',
  'IORING_OP_SENDMSG',
  'IORING_OP_SEND_ZC',
  'IORING_OP_SENDMSG_ZC',
  'IORING_OP_RECV',
  'IORING_OP_RECVMSG',
  'IORING_OP_RECV_ZC',
)
/** Operations that attributes can go with. */
const isReadWrite = isIn(
  'IORING_OP_READ',
  'IORING_OP_WRITE',
  'IORING_OP_READV',
  'IORING_OP_WRITEV',
  'IORING_OP_READ_FIXED',
  'IORING_OP_WRITE_FIXED',
  'IORING_OP_READV_FIXED',
  'IORING_OP_WRITEV_FIXED',
  'IORING_OP_SEND',
  'IORING_OP_RECV',
  'IORING_OP_SENDMSG',
  'IORING_OP_RECVMSG',
  'IORING_OP_SEND_ZC',
  'IORING_OP_RECV_ZC',
  'IORING_OP_READ_MULTISHOT',
)

/** struct io_uring_attr_pi */
const protection = struct(32, {
  flags: field(0, hexUshort),
  app_tag: field(2, hexUshort),
  len: field(4, uint),
  addr: field(8, hex),
  seed: field(16, hex),
  rsvd: field(24, hex),
})

const attributes = flags(IORING_RW_ATTR, 8)
const hasAttributes = (cell: Cell): boolean => {
  const { view, at } = cell.sibling('attr_type_mask')
  const isAny = view.getUint32(at, true) !== 0 || view.getUint32(at + 4, true) !== 0
  return isAny && isReadWrite(cell)
}
const hasProtection = (cell: Cell): boolean =>
  (lowOf(cell.sibling('attr_type_mask'), 4) & IORING_RW_ATTR.values.IORING_RW_ATTR_FLAG_PI) !== 0

const accepted = flags(IORING_ACCEPT, 2)
const transferred = flags(IORING_RECVSEND, 2)

/** Only text: the value is that of the field that it shares its place with. */
const only = ({ entry, print }: Kind): Kind<never, never, never> => ({
  kind: 'text',
  print,
  ...(entry === undefined ? {} : { entry }),
})

const isCommand = isIn('IORING_OP_URING_CMD', 'IORING_OP_URING_CMD128')
const command = oneOf(SOCKET_URING_OP, 8)
const OFFSET = 4

/**
 * The offset, which is the operation where a command goes to a socket. Text looks at what the descriptor is: the field
 * begins with that, four bytes before the offset.
 */
const offset: Kind<Wide, never, never> = {
  kind: 'submissionOffset',
  entry: {
    copy: 'switch',
    on: { field: 0, width: 1 },
    cases: [...numbersOf('IORING_OP_URING_CMD', 'IORING_OP_URING_CMD128')].map((equals) => ({
      equals,
      then: { copy: 'fd', always: true },
    })),
  },
  read: (cell) => hex.read?.(new InsideCell(cell, OFFSET)) ?? 0,
  print: (cell, style) => {
    const link = isCommand(cell) ? cell.captured('entry') : undefined
    const isSocket = holds(link, 1) && Buffer.from(bytesOf(link)).toString('latin1').startsWith('socket:[')
    return (isSocket ? command : hex).print(new InsideCell(cell, OFFSET), style)
  },
}

const entry = struct(64, {
  opcode: field(0, operation),
  flags: field(1, flags(IOSQE, 1)),
  ioprio: field(2, {
    ...ushort,
    print: (cell: Cell, style: Style) => {
      if (isAccept(cell)) return accepted.print(cell, style)
      return isTransfer(cell) ? transferred.print(cell, style) : ushort.print(cell, style)
    },
  }),
  fd: field(4, fd),
  off: field(4, offset),
  addr: field(16, hex),
  len: field(24, uint),
  nop_flags: field(28, only(flags(IORING_NOP)), { when: isNop }),
  install_fd_flags: field(28, only(flags(IORING_FIXED_FD)), { when: isInstall }),
  msg_ring_flags: field(28, only(flags(IORING_MSG_RING)), { when: isMessage }),
  rw_flags: field(28, hexUint, { when: (cell) => !isNop(cell) && !isInstall(cell) && !isMessage(cell) }),
  user_data: field(32, hex),
  buf_index: field(40, hexUshort),
  personality: field(42, ushort),
  file_index: field(44, hexUint),
  attr_type_mask: field(56, only(attributes), { when: hasAttributes }),
  attr_ptr: field(48, only(pointerTo(protection, { when: hasProtection })), { when: hasAttributes }),
  optval: field(48, hex, { when: (cell) => !hasAttributes(cell) }),
})

type Entry = ReturnType<NonNullable<(typeof entry)['read']>>

/**
 * What io_uring_enter(2) submits. No argument leads to it, and strace does not show it: the engine finds it in the ring, up
 * to 64 entries. `undefined` where it can't: the ring is another process's, is polled by the kernel, or was there before us.
 */
export const submitted: Kind<readonly Entry[] | undefined, never, never> = {
  kind: 'submitted',
  inRegister: false,
  read: (cell) => {
    const captured = cell.captured('entry')
    if (captured === undefined || captured.status === 'fault') return undefined
    const whole = captured.children.filter((child) => holds(child, entry.size))
    return whole.flatMap((child) => entry.read?.(new PointeeCell(cell, child)) ?? [])
  },
  print: () => '',
}

const COMMAND = 64
const LONG = numbersOf('IORING_OP_NOP128', 'IORING_OP_URING_CMD128')

/** An operation; some are twice as long, and end with bytes for a driver. */
export const submission: Kind<Behind<Entry>, never, 'nr_args'> = {
  ...pointerTo(entry, { when: (cell) => lowOf(cell.sibling('nr_args'), 4) === 1 }),
  kind: 'submission',
  entry: {
    copy: 'bytes',
    length: entry.size + COMMAND,
    fields: entry.fields ?? [],
  },
  print: (cell, style) => {
    const captured = cell.captured('entry')
    if (lowOf(cell.sibling('nr_args'), 4) !== 1 || !holds(captured, entry.size)) return pointerText(cell)
    const text = entry.print(new PointeeCell(cell, captured), style)
    const isLong = LONG.has(captured.view.getUint8(captured.at))
    return isLong ? `${text.slice(0, -1)}, cmd=${commandText(cell, style)}}` : text
  },
}

/** strace reads it apart from the rest, byte by byte. */
function commandText(cell: Cell, style: Style): string {
  const captured = cell.captured('entry')
  const bytes = captured === undefined ? [] : [...bytesOf(captured).subarray(entry.size, entry.size + COMMAND)]
  if (bytes.length === 0) return addressBehind(cell, entry.size)
  const most = style.abbreviate ? style.stringLimit : COMMAND
  const items = bytes.slice(0, most).map((byte) => hex32(byte))
  if (bytes.length > most) items.push('...')
  else if (bytes.length < COMMAND) items.push(`... /* ${addressBehind(cell, entry.size + bytes.length)} */`)
  return `[${items.join(', ')}]`
}
