/** Times. Values keep seconds and the rest apart, as the kernel does. */

import type { Kind, Style } from '../arg.ts'
import { readI64, readU64, type Wide } from '../numbers.ts'
import { pointerTo, type Behind } from '../pointer.ts'
import { int, long, size, type Scalar } from '../scalar.ts'
import { field, several, struct, type Struct } from '../struct.ts'
import { constantText } from '../flags.ts'

export const timespec = struct(16, { tv_sec: field(0, long), tv_nsec: field(8, size) })
export const timeval = struct(16, { tv_sec: field(0, long), tv_usec: field(8, size) })
export const timezone = struct(8, { tz_minuteswest: field(0, int), tz_dsttime: field(4, int) })
export const itimerval = struct(32, { it_interval: field(0, timeval), it_value: field(16, timeval) })
export const itimerspec = struct(32, { it_interval: field(0, timespec), it_value: field(16, timespec) })

/** Seconds since 1970, in text with the date. */
export const seconds: Scalar<Wide> = {
  ...long,
  kind: 'seconds',
  print: (cell) => {
    const second = readI64(cell.view, cell.at)
    return String(second) + timeComment(second, 0, 9)
  },
}

/** A date in a comment, in local time; nothing for the epoch itself. `digits`: of the fraction. */
export function timeComment(second: Wide, fraction: Wide, digits: 6 | 9): string {
  const text = timeText(second, fraction, digits)
  return text === undefined ? '' : ` /* ${text} */`
}

export function timeText(second: Wide, fraction: Wide, digits: 6 | 9): string | undefined {
  if ((Number(second) === 0 && Number(fraction) === 0) || Number(fraction) >= 10 ** digits) return undefined
  const { date, years } = dateOf(second)
  const year = date.getFullYear() + years
  if (Number.isNaN(year) || Math.abs(year) > MAX_YEAR) return undefined
  const zone = -date.getTimezoneOffset()
  const sign = zone < 0 ? '-' : '+'
  const offset = two(Math.floor(Math.abs(zone) / 60)) + two(Math.abs(zone) % 60)
  const day = `${year}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  const part = Number(fraction) === 0 ? '' : `.${String(fraction).padStart(digits, '0')}`
  return `${day}T${clock}${part}${sign}${offset}`
}

/** Where the calendar comes round. */
const CYCLE_YEARS = 400
const CYCLE_SECONDS = 146_097n * 86_400n
/** C's years are ints. */
const MAX_YEAR = 2 ** 31

/** Dates reach further than those of JavaScript do: what is too late or too early for them is moved by some cycles. */
function dateOf(second: Wide): { readonly date: Date; readonly years: number } {
  const date = new Date(Number(second) * 1000)
  if (!Number.isNaN(date.getTime())) return { date, years: 0 }
  const whole = BigInt(second)
  const cycles = whole / CYCLE_SECONDS
  return { date: new Date(Number(whole % CYCLE_SECONDS) * 1000), years: Number(cycles) * CYCLE_YEARS }
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

const TICKS_A_SECOND = 100n

/** Processor time in ticks, in text with the seconds. */
export const ticks: Scalar<Wide> = {
  kind: 'ticks',
  width: 8,
  read: (cell) => readU64(cell.view, cell.at),
  print: (cell, style) => ticksText(readU64(cell.view, cell.at), style),
}

export function ticksText(count: Wide, style: Style): string {
  if (count === 0 || style.constants === 'raw') return String(count)
  const whole = BigInt(count)
  return `${count} /* ${whole / TICKS_A_SECOND}.${two(Number(whole % TICKS_A_SECOND))} s */`
}

const UTIME_NOW = 0x3fff_ffff
const UTIME_OMIT = 0x3fff_fffe

/** A time of utimensat(2), with `UTIME_NOW` and `UTIME_OMIT`. */
const utimeSpec: Struct<{ readonly tv_sec: Wide; readonly tv_nsec: Wide }> = {
  ...timespec,
  print: (cell, style) => {
    const nanoseconds = readU64(cell.view, cell.at + 8)
    const name = nanoseconds === UTIME_NOW ? 'UTIME_NOW' : nanoseconds === UTIME_OMIT ? 'UTIME_OMIT' : undefined
    const plain = timespec.print(cell, style)
    if (name === undefined) return plain + timeComment(readI64(cell.view, cell.at), nanoseconds, 9)
    return constantText(name, plain, style)
  },
}

const utimeVal: Struct<{ readonly tv_sec: Wide; readonly tv_usec: Wide }> = {
  ...timeval,
  print: (cell, style) =>
    timeval.print(cell, style) + timeComment(readI64(cell.view, cell.at), readU64(cell.view, cell.at + 8), 6),
}

/** The access and the modification time; NULL means now. */
export const utimes: Kind<
  Behind<readonly { readonly tv_sec: Wide; readonly tv_nsec: Wide }[]>,
  never,
  never
> = pointerTo(several(utimeSpec, 2))

export const utimevals: Kind<
  Behind<readonly { readonly tv_sec: Wide; readonly tv_usec: Wide }[]>,
  never,
  never
> = pointerTo(several(utimeVal, 2))
