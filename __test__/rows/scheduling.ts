/** Scheduling: policies, priorities, processors, priorities of input and output. */

import { family } from './check.ts'
import { block, room, u32, u64, type Expression, type Part } from './script.ts'

const BATCH = 3
const RESET_ON_FORK = 0x4000_0000
const NO_PROCESS = -1
const param = (priority: number): Expression => block([u32(priority)])

interface Attr {
  readonly size: number
  readonly flags?: number
  readonly nice?: number
  readonly clamp?: readonly [number, number]
  readonly more?: number
}

const numbers = (...values: readonly number[]): readonly Part[] => values.map((value) => u64(value))

/** struct sched_attr */
const attr = ({ size, flags = 0, nice = 0, clamp, more }: Attr): Expression =>
  block([
    u32(size),
    u32(BATCH),
    u64(flags),
    u32(nice),
    u32(0),
    ...numbers(1, 2, 3),
    ...(clamp ?? []).map((value) => u32(value)),
    ...(more === undefined ? [] : [u64(more)]),
  ])

const sixtyFour = Array.from({ length: 64 }, (_, index) => index)
const isProcessors = (value: unknown): boolean => Array.isArray(value) && value.length > 0

export const scheduling = family(
  { 'sched_yield failure': 'never fails' },
  { call: ['sched_yield'], returned: 0, text: 'sched_yield() = 0' },
  {
    call: ['sched_setscheduler', 0, BATCH | RESET_ON_FORK, param(0)],
    args: { pid: 0, policy: 'SCHED_RESET_ON_FORK|SCHED_BATCH', param: { sched_priority: 0 } },
    returned: 0,
    text: 'sched_setscheduler(0, SCHED_RESET_ON_FORK|SCHED_BATCH, {sched_priority=0}) = 0',
  },
  {
    call: ['sched_setscheduler', 0, 77, param(5)],
    args: { pid: 0, policy: '0x4d', param: { sched_priority: 5 } },
    error: 'EINVAL',
    text: 'sched_setscheduler(0, 0x4d /* SCHED_??? */, {sched_priority=5}) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['sched_setscheduler', 0, BATCH, 0],
    args: { policy: 'SCHED_BATCH', param: null },
    error: 'EINVAL',
    text: 'sched_setscheduler(0, SCHED_BATCH, NULL) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['sched_setscheduler', 0, BATCH | RESET_ON_FORK, param(0)]],
    call: ['sched_getscheduler', 0],
    args: { pid: 0 },
    returned: BATCH | RESET_ON_FORK,
    text: 'sched_getscheduler(0) = 0x40000003 (SCHED_RESET_ON_FORK|SCHED_BATCH)',
  },
  {
    call: ['sched_getscheduler', 0],
    returned: 0,
    text: 'sched_getscheduler(0) = 0 (SCHED_OTHER)',
  },
  {
    call: ['sched_getscheduler', NO_PROCESS],
    args: { pid: -1 },
    error: 'EINVAL',
    text: 'sched_getscheduler(-1) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['sched_setparam', 0, param(0)],
    args: { pid: 0, param: { sched_priority: 0 } },
    returned: 0,
    text: 'sched_setparam(0, {sched_priority=0}) = 0',
  },
  {
    call: ['sched_setparam', 0, param(-7)],
    args: { pid: 0, param: { sched_priority: -7 } },
    error: 'EINVAL',
    text: 'sched_setparam(0, {sched_priority=-7}) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['sched_getparam', 0, block([u32(9)])],
    args: { pid: 0 },
    out: { param: { sched_priority: 0 } },
    returned: 0,
    text: 'sched_getparam(0, {sched_priority=0}) = 0',
  },
  {
    call: ['sched_getparam', NO_PROCESS, room(4)],
    args: { pid: -1 },
    error: 'EINVAL',
    text: 'sched_getparam(-1, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['sched_get_priority_max', 1],
    args: { policy: 'SCHED_FIFO' },
    returned: 99,
    text: 'sched_get_priority_max(SCHED_FIFO) = 99',
  },
  {
    call: ['sched_get_priority_max', 77],
    args: { policy: '0x4d' },
    error: 'EINVAL',
    text: 'sched_get_priority_max(0x4d /* SCHED_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['sched_get_priority_min', 2],
    args: { policy: 'SCHED_RR' },
    returned: 1,
    text: 'sched_get_priority_min(SCHED_RR) = 1',
  },
  {
    call: ['sched_get_priority_min', 77],
    args: { policy: '0x4d' },
    error: 'EINVAL',
    text: 'sched_get_priority_min(0x4d /* SCHED_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['sched_rr_get_interval', 0, block([u64(7), u64(8)])],
    args: { pid: 0 },
    out: { tp: { tv_sec: 0, tv_nsec: Number.isInteger } },
    returned: 0,
    text: 'sched_rr_get_interval(0, {tv_sec=0, tv_nsec=…}) = 0',
  },
  {
    call: ['sched_rr_get_interval', NO_PROCESS, room(16)],
    args: { pid: -1 },
    error: 'EINVAL',
    text: 'sched_rr_get_interval(-1, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['sched_setaffinity', 0, 8, block([u64(0xffff_ffff_ffff_ffffn)])],
    args: { pid: 0, cpusetsize: 8, mask: sixtyFour },
    returned: 0,
    text: `sched_setaffinity(0, 8, [${sixtyFour.join(' ')}]) = 0`,
  },
  {
    call: ['sched_setaffinity', 0, 4, block([u32(0)])],
    args: { cpusetsize: 4, mask: [] },
    error: 'EINVAL',
    text: 'sched_setaffinity(0, 4, []) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['sched_getaffinity', 0, 1024, room(1024)],
    args: { pid: 0, cpusetsize: 1024 },
    out: { mask: isProcessors },
    text: 'sched_getaffinity(0, 1024, […]) = …',
  },
  {
    call: ['sched_getaffinity', 0, 1, room(8)],
    args: { cpusetsize: 1 },
    error: 'EINVAL',
    text: 'sched_getaffinity(0, 1, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['sched_setattr', 0, attr({ size: 48, flags: 1, nice: 19 }), 0],
    args: {
      pid: 0,
      attr: {
        size: 48,
        sched_policy: 'SCHED_BATCH',
        sched_flags: ['SCHED_FLAG_RESET_ON_FORK'],
        sched_nice: 19,
        sched_priority: 0,
        sched_runtime: 1,
        sched_deadline: 2,
        sched_period: 3,
        sched_util_min: 0,
      },
      flags: 0,
    },
    returned: 0,
    text:
      'sched_setattr(0, {size=48, sched_policy=SCHED_BATCH, sched_flags=SCHED_FLAG_RESET_ON_FORK, sched_nice=19, ' +
      'sched_priority=0, sched_runtime=1, sched_deadline=2, sched_period=3}, 0) = 0',
  },
  {
    call: ['sched_setattr', 0, attr({ size: 56, nice: 19, clamp: [10, 20] }), 0],
    args: { attr: { size: 56, sched_flags: [], sched_util_min: 10, sched_util_max: 20 } },
    returned: 0,
    text:
      'sched_setattr(0, {size=56, sched_policy=SCHED_BATCH, sched_flags=0, sched_nice=19, sched_priority=0, ' +
      'sched_runtime=1, sched_deadline=2, sched_period=3, sched_util_min=10, sched_util_max=20}, 0) = 0',
  },
  {
    call: ['sched_setattr', 0, attr({ size: 0, flags: 0x18, nice: 19 }), 0],
    args: { attr: { size: 0, sched_flags: ['SCHED_FLAG_KEEP_POLICY', 'SCHED_FLAG_KEEP_PARAMS'] } },
    returned: 0,
    text: 'sched_setattr(0, {size=0, sched_flags=SCHED_FLAG_KEEP_POLICY|SCHED_FLAG_KEEP_PARAMS}, 0) = 0',
  },
  {
    call: ['sched_setattr', 0, attr({ size: 64, clamp: [0, 0], more: 1 }), 0],
    args: { attr: { size: 64, sched_policy: 'SCHED_BATCH' } },
    error: 'E2BIG',
    text:
      'sched_setattr(0, {size=64, sched_policy=SCHED_BATCH, sched_flags=0, sched_nice=0, sched_priority=0, ' +
      'sched_runtime=1, sched_deadline=2, sched_period=3, sched_util_min=0, sched_util_max=0, ...} => {size=…}, 0) ' +
      '= -1 E2BIG (Argument list too long)',
  },
  {
    call: ['sched_setattr', 0, attr({ size: 4 }), 0xf0],
    args: { attr: { size: 4 }, flags: 0xf0 },
    error: 'EINVAL',
    text: 'sched_setattr(0, {size=4}, 0xf0) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['sched_setattr', 0, attr({ size: 48, flags: 1, nice: 19 }), 0]],
    call: ['sched_getattr', 0, room(56), 56, 0],
    args: { pid: 0, size: 56, flags: [] },
    out: {
      attr: {
        size: 56,
        sched_policy: 'SCHED_BATCH',
        sched_flags: ['SCHED_FLAG_RESET_ON_FORK'],
        sched_nice: 19,
        sched_priority: 0,
        sched_deadline: 0,
        sched_period: 0,
      },
    },
    returned: 0,
    text:
      'sched_getattr(0, {size=56, sched_policy=SCHED_BATCH, sched_flags=SCHED_FLAG_RESET_ON_FORK, sched_nice=19, ' +
      'sched_priority=0, sched_runtime=…, sched_deadline=0, sched_period=0, sched_util_min=…, sched_util_max=…}, ' +
      '56, 0) = 0',
  },
  {
    call: ['sched_getattr', 0, room(56), 48, 2],
    args: { size: 48, flags: ['0x2'] },
    error: 'EINVAL',
    text: 'sched_getattr(0, 0x…, 48, 0x2 /* SCHED_GETATTR_FLAG_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['setpriority', 0, 0, 19]],
    call: ['getpriority', 0, 0],
    args: { which: 'PRIO_PROCESS', who: 0 },
    returned: 1,
    text: 'getpriority(PRIO_PROCESS, 0) = 1',
  },
  {
    call: ['getpriority', 7, 0],
    args: { which: '0x7', who: 0 },
    error: 'EINVAL',
    text: 'getpriority(0x7 /* PRIO_??? */, 0) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['setpriority', 0, 0, 19],
    args: { which: 'PRIO_PROCESS', who: 0, prio: 19 },
    returned: 0,
    text: 'setpriority(PRIO_PROCESS, 0, 19) = 0',
  },
  {
    call: ['setpriority', 7, -2, -3],
    args: { which: '0x7', who: -2, prio: -3 },
    error: 'EINVAL',
    text: 'setpriority(0x7 /* PRIO_??? */, -2, -3) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['ioprio_set', 1, 0, 0x4003],
    args: { which: 'IOPRIO_WHO_PROCESS', who: 0, ioprio: { class: 'IOPRIO_CLASS_BE', data: 3 } },
    returned: 0,
    text: 'ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3)) = 0',
  },
  {
    call: ['ioprio_set', 2, 0, 0xa001],
    args: { which: 'IOPRIO_WHO_PGRP', ioprio: { class: '0x5', data: 1 } },
    error: 'EINVAL',
    style: { constants: 'verbose' },
    text:
      'ioprio_set(0x2 /* IOPRIO_WHO_PGRP */, 0, 40961 /* IOPRIO_PRIO_VALUE(0x5 /* IOPRIO_CLASS_??? */, 1) */) ' +
      '= -1 EINVAL (Invalid argument)',
  },
  {
    before: [['ioprio_set', 1, 0, 0x4003]],
    call: ['ioprio_get', 1, 0],
    args: { which: 'IOPRIO_WHO_PROCESS', who: 0 },
    returned: 0x4003,
    text: 'ioprio_get(IOPRIO_WHO_PROCESS, 0) = 16387 (IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 3))',
  },
  {
    call: ['ioprio_get', 0, 0],
    args: { which: '0x0', who: 0 },
    error: 'EINVAL',
    text: 'ioprio_get(0 /* IOPRIO_WHO_??? */, 0) = -1 EINVAL (Invalid argument)',
  },
)
