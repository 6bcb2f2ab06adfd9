/** Zero-copy receiving through a ring. */

import { ZCRX_CTRL, ZCRX_EVENT, ZCRX_REG } from '../../table/constants/uring.ts'
import type { Cell, Kind } from '../arg.ts'
import { holds, PointeeCell } from '../cells.ts'
import { flags, lowOf, oneOf } from '../flags.ts'
import { captureOf, pointerTo, readBehind, type Behind, type ValueOf } from '../pointer.ts'
import { reserved } from '../reserved.ts'
import { address, fd, hex, hexUint, uint } from '../scalar.ts'
import { field, struct } from '../struct.ts'

const offsets = struct(32, {
  head: field(0, uint),
  tail: field(4, uint),
  rqes: field(8, uint),
  __resv2: reserved(12, hexUint),
  __resv: reserved(16, hex, 2),
})

/** struct io_uring_zcrx_ifq_reg */
export const receiveQueue = struct(96, {
  if_idx: field(0, uint),
  if_rxq: field(4, uint),
  rq_entries: field(8, uint),
  flags: field(12, flags(ZCRX_REG)),
  area_ptr: field(16, address),
  region_ptr: field(24, address),
  offsets: field(32, offsets),
  zcrx_id: field(64, uint),
  rx_buf_len: field(68, uint),
  event_desc: field(72, address),
  __resv: reserved(80, hex, 2),
})

const { ZCRX_CTRL_FLUSH_RQ, ZCRX_CTRL_EXPORT, ZCRX_CTRL_ARM_EVENT } = ZCRX_CTRL.values
const SIZE = 72
const UNION = 24
const opOf = (cell: Cell): number => lowOf(cell.sibling('op'), 4)

const { print: printFlushed } = struct(48, { __resv: reserved(0, hex, 6) })
/** Text only: there is nothing in it. */
const flushed: Kind<never, never, never> = { kind: 'flushed', print: printFlushed }
const armed = struct(48, { event_type: field(0, oneOf(ZCRX_EVENT)), __resv: reserved(4, hexUint, 11) })
const exported = struct(48, { zcrx_fd: field(0, fd), __resv1: reserved(4, hexUint, 11) })

const control = struct(SIZE, {
  zcrx_id: field(0, uint),
  op: field(4, oneOf(ZCRX_CTRL)),
  __resv: reserved(8, hex, 2),
  zc_flush: field(UNION, flushed, { when: (cell) => opOf(cell) === ZCRX_CTRL_FLUSH_RQ }),
  zc_arm_event: field(UNION, armed, { when: (cell) => opOf(cell) === ZCRX_CTRL_ARM_EVENT }),
})
const result = struct(SIZE, { zc_export: field(UNION, exported) })

const isOne = (cell: Cell): boolean => lowOf(cell.sibling('nr_args'), 4) === 1
const given = pointerTo(control, { when: isOne })

function isExport(cell: Cell): boolean {
  const captured = cell.captured('entry')
  return isOne(cell) && holds(captured, SIZE) && captured.view.getUint32(captured.at + 4, true) === ZCRX_CTRL_EXPORT
}

/** struct zcrx_ctrl; a descriptor comes back through it. */
export const receiveControl: Kind<Behind<ValueOf<typeof control>>, Behind<ValueOf<typeof result>>, 'nr_args'> = {
  ...given,
  kind: 'receiveControl',
  exit: captureOf(result),
  late: isExport,
  readOut: (cell) => readBehind(result, cell, 'exit'),
  print: (cell, style) => {
    const text = given.print(cell, style)
    const after = cell.captured('exit')
    if (!isExport(cell) || !holds(after, SIZE)) return text
    return `${text.slice(0, -1)}, ${result.print(new PointeeCell(cell, after), style).slice(1)}`
  },
}
