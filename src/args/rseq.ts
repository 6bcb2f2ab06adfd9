/** struct rseq */

import { RSEQ_CS } from '../table/constants/security.ts'
import type { Cell, Kind } from './arg.ts'
import { holds, isNull, PointeeCell, pointerText, unread } from './cells.ts'
import { flags } from './flags.ts'
import { lengthOf, type Behind } from './pointer.ts'
import { address, byte, hexUshort, uint, type Scalar } from './scalar.ts'
import { field, struct, type Struct } from './struct.ts'

const SIZE = 32
const UNINITIALIZED = 0xffff_ffff
const FAILED = 0xffff_fffe

const cpu: Scalar<number> = {
  ...uint,
  kind: 'cpu',
  print: (cell) => {
    const value = cell.view.getUint32(cell.at, true)
    if (value === UNINITIALIZED) return 'RSEQ_CPU_ID_UNINITIALIZED'
    return value === FAILED ? 'RSEQ_CPU_ID_REGISTRATION_FAILED' : String(value)
  },
}

const sliceControl = struct(4, { request: field(0, byte), granted: field(1, byte), __reserved: field(2, hexUshort) })

const rseq = struct(SIZE, {
  cpu_id_start: field(0, cpu),
  cpu_id: field(4, cpu),
  rseq_cs: field(8, address),
  flags: field(16, flags(RSEQ_CS)),
  node_id: field(20, uint),
  mm_cid: field(24, uint),
  slice_ctrl: field(28, sliceControl),
})

type Rseq = typeof rseq extends Struct<infer Value> ? Value : never

/** A thread's restartable sequences; `length` names the struct's size. */
export function rseqStruct<const Length extends string>(length: Length): Kind<Behind<Rseq>, never, Length> {
  const isRead = (cell: Cell): boolean => {
    const size = lengthOf(cell, length) >>> 0
    return size >= SIZE && cell.view.getUint32(cell.at, true) % SIZE === 0 && holds(cell.captured('entry'), SIZE)
  }
  return {
    kind: 'rseq',
    entry: { copy: 'bytes', length: SIZE },
    read: (cell) => {
      const captured = cell.captured('entry')
      const isThere = isRead(cell) && holds(captured, SIZE) && rseq.read !== undefined
      if (!isThere) return isNull(cell) ? null : unread(cell, captured)
      return rseq.read(new PointeeCell(cell, captured))
    },
    print: (cell, style) => {
      const captured = cell.captured('entry')
      return isRead(cell) && holds(captured, SIZE)
        ? rseq.print(new PointeeCell(cell, captured), style)
        : pointerText(cell)
    },
  }
}
