/** struct timex: what adjtimex(2) sets and tells. */

import { ADJ, STA } from '../../table/constants/time.ts'
import type { Kind } from '../arg.ts'
import { flags } from '../flags.ts'
import { pointerTo, resultIn, type Behind, type ValueOf } from '../pointer.ts'
import { int, long } from '../scalar.ts'
import { field, struct } from '../struct.ts'
import { timeval } from './time.ts'

const timex = struct(208, {
  modes: field(0, flags(ADJ)),
  offset: field(8, long),
  freq: field(16, long),
  maxerror: field(24, long),
  esterror: field(32, long),
  status: field(40, flags(STA)),
  constant: field(48, long),
  precision: field(56, long),
  tolerance: field(64, long),
  time: field(72, timeval),
  tick: field(88, long),
  ppsfreq: field(96, long),
  jitter: field(104, long),
  shift: field(112, int),
  stabil: field(120, long),
  jitcnt: field(128, long),
  calcnt: field(136, long),
  errcnt: field(144, long),
  stbcnt: field(152, long),
  tai: field(160, int),
})

type Timex = ValueOf<typeof timex>

/** Goes in with what to set, and comes back with the state of the clock, which is what text shows. */
export const clockAdjustment: Kind<Behind<Timex>, Behind<Timex>, never> = {
  ...pointerTo(timex),
  ...resultIn(timex),
}
