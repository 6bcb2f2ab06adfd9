/** System calls: time. */

import { decimal } from '../args/returns.ts'
import { fd } from '../args/scalar.ts'
import { todo } from '../args/switch.ts'
import { syscall } from './syscall.ts'

export const time = {
  nanosleep: syscall(35, [], decimal, { req: todo, rem: todo }),
  getitimer: syscall(36, [], decimal, { which: todo, curr_value: todo }),
  alarm: syscall(37, [], decimal, { seconds: todo }),
  setitimer: syscall(38, [], decimal, { which: todo, new_value: todo, old_value: todo }),
  gettimeofday: syscall(96, ['clock'], decimal, { tv: todo, tz: todo }),
  times: syscall(100, [], decimal, { buf: todo }),
  adjtimex: syscall(159, ['clock'], decimal, { buf: todo }),
  settimeofday: syscall(164, ['clock'], decimal, { tv: todo, tz: todo }),
  time: syscall(201, ['clock'], decimal, { tloc: todo }),
  timer_create: syscall(222, [], decimal, { clockid: todo, sevp: todo, timerid: todo }),
  timer_settime: syscall(223, [], decimal, { timerid: todo, flags: todo, new_value: todo, old_value: todo }),
  timer_gettime: syscall(224, [], decimal, { timerid: todo, curr_value: todo }),
  timer_getoverrun: syscall(225, [], decimal, { timerid: todo }),
  timer_delete: syscall(226, [], decimal, { timerid: todo }),
  clock_settime: syscall(227, ['clock'], decimal, { clockid: todo, tp: todo }),
  clock_gettime: syscall(228, ['clock'], decimal, { clockid: todo, tp: todo }),
  clock_getres: syscall(229, ['clock'], decimal, { clockid: todo, tp: todo }),
  clock_nanosleep: syscall(230, [], decimal, { clockid: todo, flags: todo, request: todo, remain: todo }),
  timerfd_create: syscall(283, ['desc'], decimal, { clockid: todo, flags: todo }),
  timerfd_settime: syscall(286, ['desc'], decimal, { fd, flags: todo, new_value: todo, old_value: todo }),
  timerfd_gettime: syscall(287, ['desc'], decimal, { fd, curr_value: todo }),
  clock_adjtime: syscall(305, ['clock'], decimal, { clockid: todo, buf: todo }),
} as const
