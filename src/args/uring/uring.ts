/** What io_uring_setup(2) and io_uring_enter(2) are given. */

import { IORING_ENTER, IORING_FEAT, IORING_SETUP } from '../../table/constants/uring.ts'
import type { SignalName } from '../../names.ts'
import { answered, asMembers } from '../answered.ts'
import type { Cell, Kind } from '../arg.ts'
import { holds, isNull, PointeeCell, pointerText, unread } from '../cells.ts'
import { flags, lowOf } from '../flags.ts'
import { readU64, type Wide } from '../numbers.ts'
import { lengthOf, pointerTo, type Behind, type ValueOf } from '../pointer.ts'
import { reserved } from '../reserved.ts'
import { fd, hex, hexUint, size, uint } from '../scalar.ts'
import { sigset, sigsetIn } from '../signal/signal.ts'
import { field, struct } from '../struct.ts'
import { timespec } from '../time/time.ts'

const { IORING_SETUP_ATTACH_WQ } = IORING_SETUP.values
const { IORING_ENTER_EXT_ARG, IORING_ENTER_EXT_ARG_REG } = IORING_ENTER.values

/** struct io_uring_params is one struct for both directions; this is what goes in. */
const given = struct(120, {
  cq_entries: field(4, uint, { when: () => false }),
  flags: field(8, flags(IORING_SETUP)),
  sq_thread_cpu: field(12, hexUint),
  sq_thread_idle: field(16, uint),
  wq_fd: field(24, fd, { when: (cell) => (lowOf(cell.sibling('flags'), 4) & IORING_SETUP_ATTACH_WQ) !== 0 }),
  resv: reserved(28, hexUint, 3),
})

/** And this comes back. */
const made = struct(120, {
  sq_entries: field(0, uint),
  cq_entries: field(4, uint),
  features: field(20, flags(IORING_FEAT)),
  sq_off: field(
    40,
    struct(40, {
      head: field(0, uint),
      tail: field(4, uint),
      ring_mask: field(8, uint),
      ring_entries: field(12, uint),
      flags: field(16, uint),
      dropped: field(20, uint),
      array: field(24, uint),
      resv1: reserved(28, hexUint),
      user_addr: field(32, hex),
    }),
  ),
  cq_off: field(
    80,
    struct(40, {
      head: field(0, uint),
      tail: field(4, uint),
      ring_mask: field(8, uint),
      ring_entries: field(12, uint),
      overflow: field(16, uint),
      cqes: field(20, uint),
      flags: field(24, uint),
      resv1: reserved(28, hexUint),
      user_addr: field(32, hex),
    }),
  ),
})

/** The params of io_uring_setup(2). */
export const ringParams = answered(given, made, asMembers)

const SIGSET = 8
type Signals = readonly (SignalName | number)[]

/** A pointer to a set of signals inside a struct. */
const maskField: Kind<Behind<Signals>, never, never> = {
  kind: 'mask',
  entry: { copy: 'bytes', length: { field: 8, width: 4 }, atMost: SIGSET },
  read: (cell) => {
    if (isNull(cell)) return null
    const set = maskCell(cell)
    return set === undefined || sigset.read === undefined ? unread(cell, cell.captured('entry')) : sigset.read(set)
  },
  print: (cell, style) => {
    const set = maskCell(cell)
    return set === undefined ? pointerText(cell) : sigset.print(set, style)
  },
}

function maskCell(cell: Cell): Cell | undefined {
  const set = cell.captured('entry')
  return lengthOf(cell, 'sigmask_sz', 4) === SIGSET && holds(set, SIGSET) ? new PointeeCell(cell, set) : undefined
}

/** struct io_uring_getevents_arg */
const waitArgument = struct(24, {
  sigmask: field(0, maskField),
  sigmask_sz: field(8, uint),
  min_wait_usec: field(12, uint),
  ts: field(16, pointerTo(timespec)),
})

const extended = pointerTo(waitArgument)
const signals = sigsetIn('argsz')

const KINDS = IORING_ENTER_EXT_ARG | IORING_ENTER_EXT_ARG_REG

/** How io_uring_enter(2) means its last arguments. With both flags, which the kernel refuses, strace sees signals. */
function meaning(cell: Cell): 'struct' | 'offset' | 'signals' {
  const chosen = lowOf(cell.sibling('flags'), 4) & KINDS
  if (chosen === IORING_ENTER_EXT_ARG) return 'struct'
  return chosen === IORING_ENTER_EXT_ARG_REG ? 'offset' : 'signals'
}

/** Signals to wait with, a struct with them and a timeout, or an offset in memory that the ring knows. */
export const waitFor: Kind<Behind<Signals | ValueOf<typeof waitArgument>> | Wide, never, 'flags' | 'argsz'> = {
  kind: 'waitFor',
  entry: {
    copy: 'switch',
    on: { arg: 'flags', width: 4 },
    cases: [
      { equals: IORING_ENTER_EXT_ARG, mask: KINDS, ...(extended.entry === undefined ? {} : { then: extended.entry }) },
      { equals: IORING_ENTER_EXT_ARG_REG, mask: KINDS },
    ],
    ...(signals.entry === undefined ? {} : { otherwise: signals.entry }),
  },
  read: (cell) => {
    const means = meaning(cell)
    if (means === 'offset') return readU64(cell.view, cell.at)
    return (means === 'struct' ? extended.read?.(cell) : signals.read?.(cell)) ?? null
  },
  print: (cell, style) => {
    const means = meaning(cell)
    if (means === 'offset') return size.print(cell, style)
    return means === 'struct' ? extended.print(cell, style) : signals.print(cell, style)
  },
}
