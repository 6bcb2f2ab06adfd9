/** What ioctl(2) takes of real-time clocks: rtc(4). */

import { RTC_BSM, RTC_FEATURE, RTC_PARAM, RTC_VL } from '../../table/constants/hardware.ts'
import { answered, asChange } from '../answered.ts'
import type { Cell, Kind } from '../arg.ts'
import { flags, oneOf, type Flags, type NameIn, type OneOf } from '../flags.ts'
import type { Wide } from '../numbers.ts'
import { pointerTo, resultIn } from '../pointer.ts'
import { reserved } from '../reserved.ts'
import { byte, hex, hexUint, int, long, size, uint } from '../scalar.ts'
import { field, struct } from '../struct.ts'
import { unused } from '../switch.ts'

const verbose = { verbose: true } as const

/** struct rtc_time */
const time = struct(36, {
  tm_sec: field(0, int),
  tm_min: field(4, int),
  tm_hour: field(8, int),
  tm_mday: field(12, int),
  tm_mon: field(16, int),
  tm_year: field(20, int),
  tm_wday: field(24, int, verbose),
  tm_yday: field(28, int, verbose),
  tm_isdst: field(32, int, verbose),
})

/** struct rtc_wkalrm */
const alarm = struct(40, { enabled: field(0, byte), pending: field(1, byte), time: field(4, time) })

/** struct rtc_pll_info */
const pll = struct(32, {
  pll_ctrl: field(0, int),
  pll_value: field(4, int),
  pll_max: field(8, int),
  pll_min: field(12, int),
  pll_posmult: field(16, int),
  pll_negmult: field(20, int),
  pll_clock: field(24, long),
})

type ParameterValue = Flags<NameIn<typeof RTC_FEATURE>> | OneOf<NameIn<typeof RTC_BSM>> | Wide

const kinds: ReadonlyMap<number, Kind<ParameterValue, never, never>> = new Map<
  number,
  Kind<ParameterValue, never, never>
>([
  [RTC_PARAM.values.RTC_PARAM_FEATURES, flags(RTC_FEATURE, 8)],
  [RTC_PARAM.values.RTC_PARAM_CORRECTION, long],
  [RTC_PARAM.values.RTC_PARAM_BACKUP_SWITCH_MODE, oneOf(RTC_BSM, 8)],
])

/** What the value of the parameter in `param` is. */
function kindAt(cell: Cell): Kind<ParameterValue, never, never> {
  const { view, at } = cell.sibling('param')
  return (view.getUint32(at + 4, true) === 0 ? kinds.get(view.getUint32(at, true)) : undefined) ?? hex
}

const parameterValue: Kind<ParameterValue | undefined, never, never> = {
  kind: 'rtcParameter',
  read: (cell) => kindAt(cell).read?.(cell),
  print: (cell, style) => kindAt(cell).print(cell, style),
}

/** A member of a union: corrections are signed. */
const value = field(8, parameterValue, {
  member: (_, cell, style) => `${kindAt(cell) === long ? 'svalue' : 'uvalue'}=${kindAt(cell).print(cell, style)}`,
})
const param = field(0, oneOf(RTC_PARAM, 8))
const pad = reserved(20, hexUint)

/** struct rtc_param */
const parameter = struct(24, { param, value, index: field(16, uint), __pad: pad })
const parameterAsked = struct(24, { param, index: field(16, uint), __pad: pad })
const parameterFound = struct(
  24,
  { param: field(0, hex, { when: () => false }), value, __pad: pad },
  { hidden: ['param'] },
)

const indirect = { indirect: true } as const

export const CLOCKS = {
  RTC_ALM_READ: resultIn(time),
  RTC_RD_TIME: resultIn(time),
  RTC_ALM_SET: pointerTo(time),
  RTC_SET_TIME: pointerTo(time),
  RTC_IRQP_SET: size,
  RTC_EPOCH_SET: size,
  RTC_IRQP_READ: resultIn(size),
  RTC_EPOCH_READ: resultIn(size),
  RTC_WKALM_RD: resultIn(alarm),
  RTC_WKALM_SET: pointerTo(alarm),
  RTC_PLL_GET: resultIn(pll),
  RTC_PLL_SET: pointerTo(pll),
  RTC_VL_READ: resultIn(flags(RTC_VL), indirect),
  RTC_PARAM_GET: answered(parameterAsked, parameterFound, asChange),
  RTC_PARAM_SET: pointerTo(parameter),
  RTC_AIE_ON: unused,
  RTC_AIE_OFF: unused,
  RTC_UIE_ON: unused,
  RTC_UIE_OFF: unused,
  RTC_PIE_ON: unused,
  RTC_PIE_OFF: unused,
  RTC_WIE_ON: unused,
  RTC_WIE_OFF: unused,
  RTC_VL_CLR: unused,
} as const
