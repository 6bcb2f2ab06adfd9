/** Clocks, sleeps and timers. */

import { PR } from '../../src/table/constants/process.ts'
import { SIGEV, SA } from '../../src/table/constants/signal.ts'
import { SIGNALS } from '../../src/table/constants/signals.ts'
import { ADJ, CLOCK, ITIMER, TIMER } from '../../src/table/constants/time.ts'
import { family } from './check.ts'
import { block, handler, intAt, restorer, result, room, u32, u64, zeros, type Call, type Part } from './script.ts'

const { CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME } = CLOCK.values
const { ITIMER_PROF, ITIMER_REAL } = ITIMER.values
const NONE = 77

const pair = (first: number, second: number): readonly Part[] => [u64(first), u64(second)]
const spec = (first: number, second: number): ReturnType<typeof block> => block(pair(first, second))
const two = (interval: readonly Part[], value: readonly Part[]): ReturnType<typeof block> =>
  block([...interval, ...value])

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0
const isBelow =
  (limit: number) =>
  (value: unknown): boolean =>
    typeof value === 'number' && value >= 0 && value < limit

/**
 * SIGALRM comes every 20 ms, and is handled: one that comes before the sleep begins is not the last. What the kernel says is left
 * includes the timer slack, so a sleep that is interrupted at once would have more left than it asked for.
 */
const alarmed: readonly Call[] = [
  ['prctl', PR.values.PR_SET_TIMERSLACK, 1, 0, 0, 0],
  ['rt_sigaction', SIGNALS.SIGALRM, block([u64(handler), u64(SA.values.SA_RESTORER), u64(restorer), zeros(8)]), 0, 8],
  ['setitimer', ITIMER_REAL, two(pair(0, 20_000), pair(0, 20_000)), 0],
]
const timer: readonly Call[] = [
  ['timer_create', CLOCK_MONOTONIC, block([zeros(12), u32(SIGEV.values.SIGEV_NONE), zeros(48)]), room(4, 'timer')],
]
const started: readonly Call[] = [...timer, ['timer_settime', intAt('timer'), 0, two(pair(3, 4), pair(1000, 0)), 0]]
const remaining = { it_interval: { tv_sec: 3, tv_nsec: 4 }, it_value: { tv_sec: isBelow(1001), tv_nsec: isCount } }
const remainingText = '{it_interval={tv_sec=3, tv_nsec=4}, it_value={tv_sec=…, tv_nsec=…}}'

/** struct timex: what to do, and members that come back as something else. */
const timex = (modes: number): ReturnType<typeof block> =>
  block([u32(modes), zeros(4), u64(-5), zeros(72), u64(1), zeros(112)])
const stateOfClock = {
  modes: ['ADJ_OFFSET_SS_READ'],
  offset: Number.isInteger,
  status: Array.isArray,
  time: { tv_sec: isCount, tv_usec: isCount },
  tick: (value: unknown) => typeof value === 'number' && value >= 9000,
  tai: isCount,
}
const timexText =
  '{modes=ADJ_OFFSET_SS_READ, offset=…, freq=…, maxerror=…, esterror=…, status=…, constant=…, precision=…, tolerance=…, time={tv_sec=…, tv_usec=…}, tick=…, ppsfreq=…, jitter=…, shift=…, stabil=…, jitcnt=…, calcnt=…, errcnt=…, stbcnt=…, tai=…}'

export const clocks = family(
  {
    'clock_settime success': 'would change the clock of the machine',
    'settimeofday success': 'would change the clock of the machine',
  },
  {
    call: ['nanosleep', spec(0, 1000), room(16)],
    args: { req: { tv_sec: 0, tv_nsec: 1000 } },
    returned: 0,
    text: 'nanosleep({tv_sec=0, tv_nsec=1000}, 0x…) = 0',
  },
  {
    call: ['nanosleep', spec(1, 1_000_000_000), 0],
    args: { req: { tv_sec: 1, tv_nsec: 1_000_000_000 } },
    error: 'EINVAL',
    text: 'nanosleep({tv_sec=1, tv_nsec=1000000000}, NULL) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['nanosleep', spec(1_000_000, 0), room(16)],
    before: alarmed,
    interrupted: 'ERESTART_RESTARTBLOCK',
    text: 'nanosleep({tv_sec=1000000, tv_nsec=0}, {tv_sec=999…, tv_nsec=…}) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)',
  },
  {
    call: ['clock_gettime', CLOCK_MONOTONIC, room(16)],
    args: { clockid: 'CLOCK_MONOTONIC' },
    out: { tp: { tv_sec: isCount, tv_nsec: isBelow(1e9) } },
    returned: 0,
    text: 'clock_gettime(CLOCK_MONOTONIC, {tv_sec=…, tv_nsec=…}) = 0',
  },
  {
    call: ['clock_gettime', NONE, room(16)],
    args: { clockid: '0x4d' },
    error: 'EINVAL',
    text: 'clock_gettime(0x4d /* CLOCK_??? */, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['clock_settime', CLOCK_MONOTONIC, spec(5, 6)],
    args: { clockid: 'CLOCK_MONOTONIC', tp: { tv_sec: 5, tv_nsec: 6 } },
    error: 'EINVAL',
    text: 'clock_settime(CLOCK_MONOTONIC, {tv_sec=5, tv_nsec=6}) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['clock_getres', CLOCK.values.CLOCK_REALTIME_COARSE, room(16)],
    args: { clockid: 'CLOCK_REALTIME_COARSE' },
    out: { tp: { tv_sec: 0, tv_nsec: isBelow(1e8) } },
    returned: 0,
    text: 'clock_getres(CLOCK_REALTIME_COARSE, {tv_sec=0, tv_nsec=…}) = 0',
  },
  {
    call: ['clock_getres', NONE, 0],
    error: 'EINVAL',
    text: 'clock_getres(0x4d /* CLOCK_??? */, NULL) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['clock_nanosleep', CLOCK_REALTIME, TIMER.values.TIMER_ABSTIME, spec(1, 0), room(16)],
    args: { clockid: 'CLOCK_REALTIME', flags: ['TIMER_ABSTIME'], request: { tv_sec: 1, tv_nsec: 0 } },
    returned: 0,
    text: 'clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, {tv_sec=1, tv_nsec=0}, 0x…) = 0',
  },
  {
    call: ['clock_nanosleep', NONE, 2, spec(0, 0), 0],
    args: { clockid: '0x4d', flags: ['0x2'] },
    error: 'EINVAL',
    text: 'clock_nanosleep(0x4d /* CLOCK_??? */, 0x2 /* TIMER_??? */, {tv_sec=0, tv_nsec=0}, NULL) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['clock_nanosleep', CLOCK_MONOTONIC, 0, spec(1_000_000, 0), room(16)],
    before: alarmed,
    interrupted: 'ERESTART_RESTARTBLOCK',
    text: 'clock_nanosleep(CLOCK_MONOTONIC, 0, {tv_sec=1000000, tv_nsec=0}, {tv_sec=999…, tv_nsec=…}) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)',
  },
  {
    call: ['clock_adjtime', CLOCK_REALTIME, timex(ADJ.values.ADJ_OFFSET_SS_READ)],
    args: { clockid: 'CLOCK_REALTIME', buf: { modes: ['ADJ_OFFSET_SS_READ'], offset: -5, tick: 1 } },
    out: { buf: stateOfClock },
    text: `clock_adjtime(CLOCK_REALTIME, ${timexText}) = … (TIME_…)`,
  },
  {
    call: ['clock_adjtime', CLOCK_MONOTONIC, timex(ADJ.values.ADJ_OFFSET | ADJ.values.ADJ_NANO)],
    args: { clockid: 'CLOCK_MONOTONIC', buf: { modes: ['ADJ_OFFSET', 'ADJ_NANO'], offset: -5 } },
    error: 'EOPNOTSUPP',
    text: 'clock_adjtime(CLOCK_MONOTONIC, 0x…) = -1 EOPNOTSUPP (Operation not supported)',
  },
  {
    call: ['adjtimex', timex(ADJ.values.ADJ_OFFSET_SS_READ)],
    args: { buf: { modes: ['ADJ_OFFSET_SS_READ'], offset: -5, tick: 1 } },
    out: { buf: stateOfClock },
    returned: isBelow(6),
    text: `adjtimex(${timexText}) = … (TIME_…)`,
  },
  {
    call: ['adjtimex', 1],
    args: { buf: 'EFAULT' },
    error: 'EFAULT',
    text: 'adjtimex(0x1) = -1 EFAULT (Bad address)',
  },
  {
    call: ['gettimeofday', room(16), room(8)],
    out: {
      tv: { tv_sec: isCount, tv_usec: isBelow(1e6) },
      tz: { tz_minuteswest: Number.isInteger, tz_dsttime: Number.isInteger },
    },
    returned: 0,
    text: 'gettimeofday({tv_sec=…, tv_usec=…}, {tz_minuteswest=…, tz_dsttime=…}) = 0',
  },
  {
    call: ['gettimeofday', 1, 0],
    error: 'EFAULT',
    text: 'gettimeofday(0x1, NULL) = -1 EFAULT (Bad address)',
  },
  {
    call: ['settimeofday', spec(5, 2_000_000), block([u32(-60), u32(1)])],
    args: { tv: { tv_sec: 5, tv_usec: 2_000_000 }, tz: { tz_minuteswest: -60, tz_dsttime: 1 } },
    error: 'EINVAL',
    text: 'settimeofday({tv_sec=5, tv_usec=2000000}, {tz_minuteswest=-60, tz_dsttime=1}) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['time', room(8)],
    out: { tloc: isCount },
    returned: isCount,
    text: 'time([… /* …-…-…T…:…:… */]) = … (…-…-…T…:…:…)',
  },
  { call: ['time', 1], error: 'EFAULT', text: 'time(0x1) = -1 EFAULT (Bad address)' },
  {
    call: ['times', room(32)],
    out: { buf: { tms_utime: isCount, tms_stime: isCount, tms_cutime: 0, tms_cstime: 0 } },
    returned: isCount,
    text: 'times({tms_utime=…, tms_stime=…, tms_cutime=0, tms_cstime=0}) = …',
  },
  { call: ['times', 1], error: 'EFAULT', text: 'times(0x1) = -1 EFAULT (Bad address)' },
  {
    call: [
      'timer_create',
      CLOCK_REALTIME,
      block([u64(-2), u32(SIGNALS.SIGUSR2), u32(SIGEV.values.SIGEV_SIGNAL), zeros(48)]),
      room(4),
    ],
    args: {
      clockid: 'CLOCK_REALTIME',
      sevp: {
        sigev_value: { sival_int: -2, sival_ptr: 0xffff_ffff_ffff_fffen },
        sigev_signo: 'SIGUSR2',
        sigev_notify: 'SIGEV_SIGNAL',
        sigev_notify_thread_id: undefined,
        sigev_notify_function: undefined,
        sigev_notify_attributes: undefined,
      },
    },
    out: { timerid: isCount },
    returned: 0,
    text: 'timer_create(CLOCK_REALTIME, {sigev_value={sival_int=-2, sival_ptr=0xfffffffffffffffe}, sigev_signo=SIGUSR2, sigev_notify=SIGEV_SIGNAL}, […]) = 0',
  },
  {
    call: [
      'timer_create',
      CLOCK_PROCESS_CPUTIME_ID,
      block([u64(0), u32(35), u32(SIGEV.values.SIGEV_THREAD_ID), u32(result(0)), zeros(44)]),
      room(4),
    ],
    before: [['gettid']],
    args: { sevp: { sigev_signo: 'SIGRT_3', sigev_notify: 'SIGEV_THREAD_ID', sigev_notify_thread_id: isCount } },
    returned: 0,
    text: 'timer_create(CLOCK_PROCESS_CPUTIME_ID, {sigev_signo=SIGRT_3, sigev_notify=SIGEV_THREAD_ID, sigev_notify_thread_id=…}, […]) = 0',
  },
  {
    call: ['timer_create', CLOCK_MONOTONIC, 0, room(4)],
    args: { sevp: null },
    returned: 0,
    text: 'timer_create(CLOCK_MONOTONIC, NULL, […]) = 0',
  },
  {
    call: ['timer_create', CLOCK_MONOTONIC, block([u64(0), u32(SIGNALS.SIGUSR2), u32(NONE), zeros(48)]), room(4)],
    args: { sevp: { sigev_signo: SIGNALS.SIGUSR2, sigev_notify: '0x4d' } },
    error: 'EINVAL',
    text: 'timer_create(CLOCK_MONOTONIC, {sigev_signo=12, sigev_notify=0x4d /* SIGEV_??? */}, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['timer_settime', intAt('timer'), TIMER.values.TIMER_ABSTIME, two(pair(0, 0), pair(1e9, 7)), room(32)],
    before: started,
    args: {
      timerid: isCount,
      flags: ['TIMER_ABSTIME'],
      new_value: { it_interval: { tv_sec: 0, tv_nsec: 0 }, it_value: { tv_sec: 1e9, tv_nsec: 7 } },
    },
    out: { old_value: remaining },
    returned: 0,
    text: `timer_settime(…, TIMER_ABSTIME, {it_interval={tv_sec=0, tv_nsec=0}, it_value={tv_sec=1000000000, tv_nsec=7}}, ${remainingText}) = 0`,
  },
  {
    call: ['timer_settime', NONE, 0, two(pair(0, 0), pair(0, 5)), 0],
    args: { timerid: NONE, flags: [] },
    error: 'EINVAL',
    text: 'timer_settime(77, 0, {it_interval={tv_sec=0, tv_nsec=0}, it_value={tv_sec=0, tv_nsec=5}}, NULL) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['timer_gettime', intAt('timer'), room(32)],
    before: started,
    out: { curr_value: remaining },
    returned: 0,
    text: `timer_gettime(…, ${remainingText}) = 0`,
  },
  {
    call: ['timer_gettime', NONE, room(32)],
    args: { timerid: NONE },
    error: 'EINVAL',
    text: 'timer_gettime(77, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['timer_getoverrun', intAt('timer')],
    before: started,
    args: { timerid: isCount },
    returned: 0,
    text: 'timer_getoverrun(…) = 0',
  },
  {
    call: ['timer_getoverrun', NONE],
    args: { timerid: NONE },
    error: 'EINVAL',
    text: 'timer_getoverrun(77) = -1 EINVAL (Invalid argument)',
  },
  { call: ['timer_delete', intAt('timer')], before: timer, returned: 0, text: 'timer_delete(…) = 0' },
  {
    call: ['timer_delete', -1],
    args: { timerid: -1 },
    error: 'EINVAL',
    text: 'timer_delete(-1) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['getitimer', ITIMER_PROF, room(32)],
    before: [['setitimer', ITIMER_PROF, two(pair(3, 4000), pair(1000, 0)), 0]],
    args: { which: 'ITIMER_PROF' },
    out: {
      curr_value: { it_interval: { tv_sec: 3, tv_usec: 4000 }, it_value: { tv_sec: isBelow(1001), tv_usec: isCount } },
    },
    returned: 0,
    text: 'getitimer(ITIMER_PROF, {it_interval={tv_sec=3, tv_usec=4000}, it_value={tv_sec=…, tv_usec=…}}) = 0',
  },
  {
    call: ['getitimer', NONE, room(32)],
    args: { which: '0x4d' },
    error: 'EINVAL',
    text: 'getitimer(0x4d /* ITIMER_??? */, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['setitimer', ITIMER_REAL, two(pair(0, 0), pair(50, 1)), room(32)],
    before: [['setitimer', ITIMER_REAL, two(pair(3, 4), pair(1000, 0)), 0]],
    args: {
      which: 'ITIMER_REAL',
      new_value: { it_interval: { tv_sec: 0, tv_usec: 0 }, it_value: { tv_sec: 50, tv_usec: 1 } },
    },
    out: {
      old_value: { it_interval: { tv_sec: 3, tv_usec: 4 }, it_value: { tv_sec: isBelow(1001), tv_usec: isCount } },
    },
    returned: 0,
    text: 'setitimer(ITIMER_REAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=50, tv_usec=1}}, {it_interval={tv_sec=3, tv_usec=4}, it_value={tv_sec=…, tv_usec=…}}) = 0',
  },
  {
    call: ['setitimer', ITIMER.values.ITIMER_VIRTUAL, two(pair(0, 0), pair(0, 2_000_000)), 0],
    args: { which: 'ITIMER_VIRTUAL', new_value: { it_value: { tv_sec: 0, tv_usec: 2_000_000 } } },
    error: 'EINVAL',
    text: 'setitimer(ITIMER_VIRTUAL, {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=0, tv_usec=2000000}}, NULL) = -1 EINVAL (Invalid argument)',
  },
)
