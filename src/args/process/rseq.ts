/** struct rseq */

import { RSEQ_CS } from '../../table/constants/security.ts'
import type { Cell, Kind } from '../arg.ts'
import { holds, isNull, padded, PointeeCell, pointerText, unread } from '../cells.ts'
import { constantText, flags } from '../flags.ts'
import { lengthOf, pointerTo, type Behind, type ValueOf } from '../pointer.ts'
import { byte, hex, hexByte, hexUshort, uint, type Scalar } from '../scalar.ts'
import { field, struct } from '../struct.ts'

/** The size that every kernel takes. */
const LEAST = 32
const UNINITIALIZED = -1
const FAILED = -2

const cpu: Scalar<number> = {
  ...uint,
  kind: 'cpu',
  print: (cell, style) => {
    const value = cell.view.getInt32(cell.at, true)
    if (value === UNINITIALIZED) return constantText('RSEQ_CPU_ID_UNINITIALIZED', String(value), style)
    if (value === FAILED) return constantText('RSEQ_CPU_ID_REGISTRATION_FAILED', String(value), style)
    return String(value >>> 0)
  },
}

const sliceControl = struct(4, { request: field(0, byte), granted: field(1, byte), __reserved: field(2, hexUshort) })

const criticalSection = pointerTo(
  struct(32, {
    version: field(0, uint),
    flags: field(4, flags(RSEQ_CS)),
    start_ip: field(8, hex),
    post_commit_offset: field(16, hex),
    abort_ip: field(24, hex),
  }),
)

/** What the thread is about to do, where it is doing anything: with its address behind it. */
const section: typeof criticalSection = {
  ...criticalSection,
  print: (cell, style) => {
    const text = criticalSection.print(cell, style)
    return text.startsWith('{') ? `${text} /* ${pointerText(cell)} */` : text
  },
}

const rseq = struct(64, {
  cpu_id_start: field(0, cpu),
  cpu_id: field(4, cpu),
  rseq_cs: field(8, section),
  flags: field(16, flags(RSEQ_CS)),
  node_id: field(20, uint),
  mm_cid: field(24, uint),
  slice_ctrl: field(28, sliceControl),
  __reserved: field(LEAST, hexByte),
})

type Rseq = ValueOf<typeof rseq>

/** A thread's restartable sequences; `length` names the struct's size. What is beyond that size reads as zeros. */
export function rseqStruct<const Length extends string>(length: Length): Kind<Behind<Rseq>, never, Length> {
  const found = (cell: Cell): PointeeCell | undefined => {
    const size = Math.min(lengthOf(cell, length, 4), rseq.size)
    const captured = cell.captured('entry')
    if (size < LEAST || cell.view.getUint32(cell.at, true) % LEAST !== 0 || !holds(captured, size)) return undefined
    return new PointeeCell(cell, padded(captured, size, rseq.size))
  }
  return {
    kind: 'rseq',
    entry: {
      copy: 'bytes',
      length: { arg: length, width: 4 },
      limit: rseq.size,
      ...(rseq.fields === undefined ? {} : { fields: rseq.fields }),
    },
    read: (cell) => {
      const whole = found(cell)
      if (whole === undefined || rseq.read === undefined)
        return isNull(cell) ? null : unread(cell, cell.captured('entry'))
      return rseq.read(whole)
    },
    print: (cell, style) => {
      const whole = found(cell)
      return whole === undefined ? pointerText(cell) : rseq.print(whole, style)
    },
  }
}
