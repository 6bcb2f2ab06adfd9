/** System calls on time. */

import { flags, oneOf, prepare } from '../args/flags.ts'
import { pointerTo, resultIn } from '../args/pointer.ts'
import { remaining, remainingUnlessAbsolute } from '../args/time/remaining.ts'
import { decimal, newFd, withNote } from '../args/returns.ts'
import { fd, int, uint } from '../args/scalar.ts'
import { sigevent } from '../args/signal/sigevent.ts'
import { field, struct } from '../args/struct.ts'
import { itimerspec, itimerval, seconds, ticks, timespec, timeText, timeval, timezone } from '../args/time/time.ts'
import { clockAdjustment } from '../args/time/timex.ts'
import { CLOCK, ITIMER, TFD, TIME_STATE, TIMER } from './constants/time.ts'
import { syscall } from './syscall.ts'

const clockid = oneOf(CLOCK)
const tms = struct(32, {
  tms_utime: field(0, ticks),
  tms_stime: field(8, ticks),
  tms_cutime: field(16, ticks),
  tms_cstime: field(24, ticks),
})
const clockState = withNote((call) => prepare(TIME_STATE).nameOf(call.result))
const date = withNote((call) => timeText(call.result, 0, 9))

export const time = {
  nanosleep: syscall(35, [], decimal, { req: pointerTo(timespec), rem: remaining }),
  getitimer: syscall(36, [], decimal, { which: oneOf(ITIMER), curr_value: resultIn(itimerval) }),
  alarm: syscall(37, [], decimal, { seconds: uint }),
  setitimer: syscall(38, [], decimal, {
    which: oneOf(ITIMER),
    new_value: pointerTo(itimerval),
    old_value: resultIn(itimerval),
  }),
  gettimeofday: syscall(96, ['clock'], decimal, { tv: resultIn(timeval), tz: resultIn(timezone) }),
  times: syscall(100, [], decimal, { buf: resultIn(tms) }),
  adjtimex: syscall(159, ['clock'], clockState, { buf: clockAdjustment }),
  settimeofday: syscall(164, ['clock'], decimal, { tv: pointerTo(timeval), tz: pointerTo(timezone) }),
  time: syscall(201, ['clock'], date, { tloc: resultIn(seconds) }),
  timer_create: syscall(222, [], decimal, { clockid, sevp: pointerTo(sigevent), timerid: resultIn(int) }),
  timer_settime: syscall(223, [], decimal, {
    timerid: int,
    flags: flags(TIMER),
    new_value: pointerTo(itimerspec),
    old_value: resultIn(itimerspec),
  }),
  timer_gettime: syscall(224, [], decimal, { timerid: int, curr_value: resultIn(itimerspec) }),
  timer_getoverrun: syscall(225, [], decimal, { timerid: int }),
  timer_delete: syscall(226, [], decimal, { timerid: int }),
  clock_settime: syscall(227, ['clock'], decimal, { clockid, tp: pointerTo(timespec) }),
  clock_gettime: syscall(228, ['clock'], decimal, { clockid, tp: resultIn(timespec) }),
  clock_getres: syscall(229, ['clock'], decimal, { clockid, tp: resultIn(timespec) }),
  clock_nanosleep: syscall(230, [], decimal, {
    clockid,
    flags: flags(TIMER),
    request: pointerTo(timespec),
    remain: remainingUnlessAbsolute,
  }),
  timerfd_create: syscall(283, ['desc'], newFd, { clockid, flags: flags(TFD) }),
  timerfd_settime: syscall(286, ['desc'], decimal, {
    fd,
    flags: flags(TFD),
    new_value: pointerTo(itimerspec),
    old_value: resultIn(itimerspec),
  }),
  timerfd_gettime: syscall(287, ['desc'], decimal, { fd, curr_value: resultIn(itimerspec) }),
  clock_adjtime: syscall(305, ['clock'], clockState, { clockid, buf: clockAdjustment }),
} as const
