/** What ioctl(2) takes of clocks of network cards (PTP). */

import { PTP_EXTTS, PTP_PEROUT, PTP_PF } from '../../table/constants/hardware.ts'
import { CLOCK } from '../../table/constants/time.ts'
import { answered, asMembers } from '../answered.ts'
import type { Cell } from '../arg.ts'
import { fixedText } from '../fixed.ts'
import { flags, lowOf, oneOf } from '../flags.ts'
import { readI64 } from '../numbers.ts'
import { pointerTo, resultIn } from '../pointer.ts'
import { reserved } from '../reserved.ts'
import { hex, hexUint, int, long, uint, type Scalar } from '../scalar.ts'
import { field, several, struct } from '../struct.ts'
import { timeComment } from '../time/time.ts'
import { upTo } from '../upto.ts'

/** A duration in ns, with the seconds in a comment. */
const nanoseconds: Scalar<number> = {
  ...int,
  print: (cell, style) => {
    const value = cell.view.getInt32(cell.at, true)
    return value === 0 || style.constants === 'raw' ? String(value) : `${value} /* ${(value / 1e9).toFixed(9)} s */`
  },
}

/** struct ptp_clock_caps */
const capabilities = struct(80, {
  max_adj: field(0, int),
  n_alarm: field(4, int),
  n_ext_ts: field(8, int),
  n_per_out: field(12, int),
  pps: field(16, int),
  n_pins: field(20, int),
  cross_timestamping: field(24, int),
  adjust_phase: field(28, int),
  max_phase_adj: field(32, nanoseconds),
  rsv: reserved(36, hexUint, 11),
})

/** struct ptp_clock_time: a span. */
const span = struct(16, { sec: field(0, long), nsec: field(8, uint), reserved: reserved(12, hexUint) })

/** The same as a point of time. */
const moment: typeof span = {
  ...span,
  print: (cell, style) => {
    const { view, at } = cell
    const date = style.constants === 'raw' ? '' : timeComment(readI64(view, at), view.getUint32(at + 8, true), 9)
    return span.print(cell, style) + date
  },
}

const edges = { index: field(0, uint), flags: field(4, flags(PTP_EXTTS)) }

const has = (bit: keyof typeof PTP_PEROUT.values) => (cell: Cell) =>
  (lowOf(cell.sibling('flags'), 4) & PTP_PEROUT.values[bit]) !== 0
const hasPhase = has('PTP_PEROUT_PHASE')
const hasOn = has('PTP_PEROUT_DUTY_CYCLE')

/** struct ptp_perout_request */
const output = {
  phase: field(0, span, { when: hasPhase }),
  start: field(0, moment, { when: (cell) => !hasPhase(cell) }),
  period: field(16, span),
  index: field(32, uint),
  flags: field(36, flags(PTP_PEROUT)),
  on: field(40, span, { when: hasOn }),
}
const outputReserved = reserved(40, hexUint, 4)

/** struct ptp_pin_desc */
const pinIndex = field(64, uint)
const pinReserved = reserved(76, hexUint, 5)
const pin = { func: field(68, oneOf(PTP_PF)), chan: field(72, uint) }
const named = struct(96, { name: field(0, fixedText(64)), ...pin })
const pinFunction = answered(struct(96, { index: pinIndex }), named, asMembers)

const MAX_SAMPLES = 25
const samples = field(0, uint)
const samplesIn = (cell: Cell): number => Math.min(lowOf(cell.sibling('n_samples'), 4), MAX_SAMPLES)
const hidden = { n_samples: field(0, uint, { when: () => false }) }

/** struct ptp_sys_offset */
const offsetAsked = struct(832, { n_samples: samples, rsv: reserved(4, hexUint, 3) })
const offsetFound = struct(
  832,
  {
    ...hidden,
    ts: field(
      16,
      upTo(moment, 2 * MAX_SAMPLES + 1, (cell) => 2 * samplesIn(cell) + 1),
    ),
  },
  { hidden: ['n_samples'] },
)

/** struct ptp_sys_offset_extended */
const extendedAsked = struct(1216, {
  n_samples: samples,
  clockid: field(4, oneOf(CLOCK)),
  rsv: reserved(8, hexUint, 2),
})
const extendedFound = struct(
  1216,
  { ...hidden, ts: field(16, upTo(several(moment, 3), MAX_SAMPLES, samplesIn)) },
  { hidden: ['n_samples'] },
)

/** struct ptp_sys_offset_precise */
const precise = struct(64, {
  device: field(0, moment),
  sys_realtime: field(16, moment),
  sys_monoraw: field(32, span),
  rsv: reserved(48, hexUint, 4),
})

const offsets = answered(offsetAsked, offsetFound, asMembers)
const extended = answered(extendedAsked, extendedFound, asMembers)
const pinGiven = { index: pinIndex, ...pin }

export const PTP = {
  PTP_CLOCK_GETCAPS: resultIn(capabilities),
  PTP_CLOCK_GETCAPS2: resultIn(capabilities),
  PTP_EXTTS_REQUEST: pointerTo(struct(16, edges)),
  PTP_EXTTS_REQUEST2: pointerTo(struct(16, { ...edges, rsv: reserved(8, hexUint, 2) })),
  PTP_PEROUT_REQUEST: pointerTo(struct(56, output)),
  PTP_PEROUT_REQUEST2: pointerTo(
    struct(56, {
      ...output,
      rsv: { ...outputReserved, when: (cell: Cell) => !hasOn(cell) && outputReserved.when?.(cell) === true },
    }),
  ),
  PTP_ENABLE_PPS: hex,
  PTP_ENABLE_PPS2: hex,
  PTP_SYS_OFFSET: offsets,
  PTP_SYS_OFFSET2: offsets,
  PTP_SYS_OFFSET_EXTENDED: extended,
  PTP_SYS_OFFSET_EXTENDED2: extended,
  PTP_SYS_OFFSET_EXTENDED_CYCLES: extended,
  PTP_SYS_OFFSET_PRECISE: resultIn(precise),
  PTP_SYS_OFFSET_PRECISE2: resultIn(precise),
  PTP_SYS_OFFSET_PRECISE_CYCLES: resultIn(precise),
  PTP_PIN_GETFUNC: pinFunction,
  PTP_PIN_GETFUNC2: answered(struct(96, { index: pinIndex, rsv: pinReserved }), named, asMembers),
  PTP_PIN_SETFUNC: pointerTo(struct(96, pinGiven)),
  PTP_PIN_SETFUNC2: pointerTo(struct(96, { ...pinGiven, rsv: pinReserved })),
} as const
