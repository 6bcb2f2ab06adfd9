/** Structs of io_uring_register(2). */

import { CLOCK } from '../../table/constants/time.ts'
import { IO_URING_NAPI, IO_URING_NAPI_TRACKING, IO_URING_OP, IORING_ASYNC_CANCEL } from '../../table/constants/uring.ts'
import { IORING_CLONE_BUFFERS, IORING_MEM_REGION, IORING_OP, IORING_REGISTER } from '../../table/constants/uring.ts'
import { IORING_RESTRICTION, IORING_SETUP, IOSQE } from '../../table/constants/uring.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { flags, lowOf, nameOrHex, oneOf, prepare, type NameIn, type OneOf } from '../flags.ts'
import { reserved } from '../reserved.ts'
import { address, byte, fd, hex, hexByte, hexUint, hexUshort, int, long, uint, ushort, type Scalar } from '../scalar.ts'
import { field, struct } from '../struct.ts'

const operations = prepare(IORING_OP)

/** An operation of a ring; a number without a name is decimal in text. */
export const operation: Scalar<OneOf<NameIn<typeof IORING_OP>>> = {
  kind: 'operation',
  width: 1,
  read: (cell) => nameOrHex(operations, 0, lowOf(cell, 1)),
  print: (cell, style) => operations.valueText(lowOf(cell, 1), style, operations.fallback, String(lowOf(cell, 1))),
}

/** struct io_uring_probe_op */
export const probedOperation = struct(8, {
  op: field(0, operation),
  resv: reserved(1, hexByte),
  flags: field(2, flags(IO_URING_OP, 2)),
  resv2: reserved(4, hexUint),
})

/** The head of struct io_uring_probe. */
export const probe = struct(16, {
  last_op: field(0, operation),
  ops_len: field(1, byte),
  resv: reserved(2, hexUshort),
  resv2: reserved(4, hexUint, 3),
})

const restrictionOf = (cell: Cell): number => lowOf(cell.sibling('opcode'), 2)
const { IORING_RESTRICTION_REGISTER_OP, IORING_RESTRICTION_SQE_OP } = IORING_RESTRICTION.values
const restrictions = oneOf(IORING_RESTRICTION, 2)
const registered = oneOf(IORING_REGISTER, 1)
const submitted = oneOf(IORING_OP, 1)
const sqeFlags = flags(IOSQE, 1)

type Restricted =
  | OneOf<NameIn<typeof IORING_REGISTER>>
  | OneOf<NameIn<typeof IORING_OP>>
  | ReturnType<NonNullable<typeof sqeFlags.read>>

/** What a restriction is about: an operation that stays allowed, or flags. */
const restricted: Kind<Restricted, never, never> & { readonly width: 1 } = {
  kind: 'restricted',
  width: 1,
  read: (cell) => {
    const kind = restrictionKind(cell)
    return (kind ?? sqeFlags).read?.(cell) ?? '0x0'
  },
  print: (cell, style) => (restrictionKind(cell) ?? sqeFlags).print(cell, style),
}

function restrictionKind(cell: Cell): typeof registered | typeof submitted | undefined {
  const opcode = restrictionOf(cell)
  if (opcode === IORING_RESTRICTION_REGISTER_OP) return registered
  return opcode === IORING_RESTRICTION_SQE_OP ? submitted : undefined
}

/** strace names it after the restriction, and puts what it does not know into a comment. */
function restrictedText(cell: Cell, style: Style): string {
  switch (restrictionOf(cell)) {
    case IORING_RESTRICTION_REGISTER_OP:
      return `, register_op=${restricted.print(cell, style)}`
    case IORING_RESTRICTION_SQE_OP:
      return `, sqe_op=${restricted.print(cell, style)}`
    case IORING_RESTRICTION.values.IORING_RESTRICTION_SQE_FLAGS_ALLOWED:
    case IORING_RESTRICTION.values.IORING_RESTRICTION_SQE_FLAGS_REQUIRED:
      return `, sqe_flags=${restricted.print(cell, style)}`
    default:
      return ` /* op: ${hexByte.print(cell, style)} */`
  }
}

/** struct io_uring_restriction */
export const restriction = struct(16, {
  opcode: field(0, {
    ...restrictions,
    print: (cell: Cell, style: Style) => restrictions.print(cell, style) + restrictedText(cell.sibling('op'), style),
  }),
  op: field(2, restricted, { when: () => false }),
  resv: reserved(3, hexByte),
  resv2: reserved(4, hexUint, 3),
})

const FIRST_FREE = 0xffff_ffff

/** struct io_uring_rsrc_update, for rings that are registered: −1 is the first free place. */
export const ringFd = struct(16, {
  offset: field(0, {
    ...uint,
    read: (cell: Cell) => (lowOf(cell, 4) === FIRST_FREE ? -1 : lowOf(cell, 4)),
    print: (cell: Cell, style: Style) => (lowOf(cell, 4) === FIRST_FREE ? int : uint).print(cell, style),
  }),
  resv: reserved(4, hexUint),
  data: field(8, fd),
})

/** The same for rings that are forgotten. */
export const ringPlace = struct(16, {
  offset: field(0, uint),
  resv: reserved(4, hexUint),
  data: reserved(8, hex),
})

/** struct io_uring_buf_reg */
export const bufferRing = struct(40, {
  ring_addr: field(0, address),
  ring_entries: field(8, uint),
  bgid: field(12, ushort),
  flags: field(14, hexUshort),
  min_left: field(16, uint),
  resv: reserved(20, hexUint, 5),
})

/** struct __kernel_timespec, both parts signed. */
const timeout = struct(16, { tv_sec: field(0, long), tv_nsec: field(8, long) })

/** struct io_uring_sync_cancel_reg */
export const cancellation = struct(64, {
  addr: field(0, address),
  fd: field(8, fd),
  flags: field(12, flags(IORING_ASYNC_CANCEL)),
  timeout: field(16, timeout),
  opcode: field(32, submitted),
  pad: reserved(33, hexByte, 7),
  pad2: reserved(40, hex, 3),
})

/** struct io_uring_file_index_range */
export const fileRange = struct(16, { off: field(0, uint), len: field(4, uint), resv: reserved(8, hex) })

/** struct io_uring_buf_status */
export const bufferStatus = struct(40, {
  buf_group: field(0, hexUint),
  head: field(4, hexUint),
  resv: reserved(8, hexUint, 8),
})

const tracking = oneOf(IO_URING_NAPI_TRACKING)
const isTracking = (cell: Cell): boolean =>
  lowOf(cell.sibling('opcode'), 1) === IO_URING_NAPI.values.IO_URING_NAPI_REGISTER_OP

/** struct io_uring_napi */
export const napi = struct(16, {
  busy_poll_to: field(0, hexUint),
  prefer_busy_poll: field(4, hexByte),
  opcode: field(5, oneOf(IO_URING_NAPI, 1)),
  pad: reserved(6, hexByte, 2),
  op_param: field(8, {
    kind: 'tracking',
    read: (cell: Cell) => (isTracking(cell) ? tracking : hexUint).read?.(cell) ?? 0,
    print: (cell: Cell, style: Style) => (isTracking(cell) ? tracking : hexUint).print(cell, style),
  }),
  resv: reserved(12, hexUint),
})

/** struct io_uring_clock_register */
export const clock = struct(16, { clockid: field(0, oneOf(CLOCK)), __resv: reserved(4, hexUint, 3) })

/** struct io_uring_clone_buffers */
export const clonedBuffers = struct(32, {
  src_fd: field(0, fd),
  flags: field(4, flags(IORING_CLONE_BUFFERS)),
  src_off: field(8, uint),
  dst_off: field(12, uint),
  nr: field(16, uint),
  pad: reserved(20, hexUint, 3),
})

const userAddress = struct(8, { user_addr: field(0, hex) })
const isSet = ({ view, at }: Cell): boolean => view.getUint32(at, true) !== 0 || view.getUint32(at + 4, true) !== 0

/** struct io_uring_params, with new sizes of a ring's queues. */
export const resizedRings = struct(120, {
  sq_entries: field(0, uint),
  cq_entries: field(4, uint),
  flags: field(8, flags(IORING_SETUP)),
  sq_off: field(72, userAddress, { when: isSet }),
  cq_off: field(112, userAddress, { when: isSet }),
  resv: reserved(28, hexUint, 3),
})

/** struct io_uring_mem_region_reg */
export const memoryRegion = struct(32, {
  region_uptr: field(0, address),
  flags: field(8, flags(IORING_MEM_REGION, 8)),
  __resv: reserved(16, hex, 2),
})
