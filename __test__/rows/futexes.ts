/** Futexes: every operation, and the newer calls that each do one. */

import { FUTEX, FUTEX2, FUTEX2_SIZE, FUTEX_BITSET, FUTEX_OP, FUTEX_OP_CMP } from '../../src/table/constants/futex.ts'
import { UNSHARE } from '../../src/table/constants/process.ts'
import { SA, SIGEV } from '../../src/table/constants/signal.ts'
import { SIGNALS } from '../../src/table/constants/signals.ts'
import { CLOCK } from '../../src/table/constants/time.ts'
import { family, type Case } from './check.ts'
import {
  at,
  block,
  bytes,
  intAt,
  restorer,
  result,
  room,
  stack,
  u32,
  u64,
  zeros,
  type Call,
  type Expression,
  type Part,
  type Word,
} from './script.ts'

type Operation = keyof typeof FUTEX.values

/** No operation. */
const NONE = 77
const U32 = FUTEX2_SIZE.values.FUTEX2_SIZE_U32
const PRIVATE = U32 | FUTEX2.values.FUTEX2_PRIVATE
const ANY = FUTEX_BITSET.values.FUTEX_BITSET_MATCH_ANY

const isAddress = (value: unknown): boolean => typeof value === 'bigint' && value > 0n

/** A futex that holds `value`; another one, with a label. */
const holding = (value: Word): Expression => block([u32(value), zeros(12)], 'futex')
const other = block([zeros(16)], 'other')
const time = (seconds: number, nanoseconds: number): Expression => block([u64(seconds), u64(nanoseconds)])

/** An operation on a futex that holds 5; `rest`: what follows the operation. */
function op(name: Operation, ...rest: readonly Word[]): Case<'futex'>['call'] {
  return ['futex', holding(5), FUTEX.values[name], ...rest]
}

/** Its own id is what a lock holds. */
const self: readonly Call[] = [['gettid']]
const owned = block([u32(result(0)), zeros(12)])

const { CLONE_FILES, CLONE_FS, CLONE_SIGHAND, CLONE_SYSVSEM, CLONE_THREAD, CLONE_VM } = UNSHARE.values
const THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM
const ANYWHERE = [0, 4096, 7, 0x22, -1, 0] as const
/**
 * The handler of a signal: `mov eax, 454; mov rdi, futex; mov esi, -1; mov edx, 1; mov r10d, 2; syscall; ret`, which is
 * futex_wake of a futex that holds 5.
 */
const wake: readonly Part[] = [
  bytes(Uint8Array.of(0xb8, 0xc6, 1, 0, 0, 0x48, 0xbf)),
  u64(holding(5)),
  bytes(Uint8Array.of(0xbe, 0xff, 0xff, 0xff, 0xff, 0xba, 1, 0, 0, 0, 0x41, 0xba, U32, 0, 0, 0, 0x0f, 0x05, 0xc3)),
]
const WAKE_SIZE = 7 + 8 + 19

/**
 * A thread that wakes whoever waits for a futex that holds 5, every 50 ms: a wait may begin late. It makes another call than the
 * waiting one, which is looked for by its name.
 */
const THREAD_CALL = 5
const waking: readonly Call[] = [
  ['mmap', ...ANYWHERE],
  ['pipe2', room(8, 'pipe'), 0],
  ['write', intAt('pipe', 4), block(wake), WAKE_SIZE],
  ['read', intAt('pipe'), result(0), WAKE_SIZE],
  ['rt_sigaction', SIGNALS.SIGUSR1, block([u64(result(0)), u64(SA.values.SA_RESTORER), u64(restorer), zeros(8)]), 0, 8],
  ['clone', THREAD, stack, 0, 0, 0],
  [
    'timer_create',
    CLOCK.values.CLOCK_MONOTONIC,
    block([u64(0), u32(SIGNALS.SIGUSR1), u32(SIGEV.values.SIGEV_THREAD_ID), u32(result(THREAD_CALL)), zeros(44)]),
    room(4, 'timer'),
  ],
  ['timer_settime', intAt('timer'), 0, block([u64(0), u64(50_000_000), u64(0), u64(50_000_000)]), 0],
]

/** Adds 2 to the second futex, and compares what it was with 0xabc; the shift makes the 2 a power. */
const wakeOperation = (operation: number, argument: number, compare: number, compared: number): number =>
  ((operation << 28) | (compare << 24) | (argument << 12) | compared) >>> 0

const waiter = (value: number, address: Word, flags: number): readonly Part[] => [
  u64(value),
  u64(address),
  u32(flags),
  u32(0),
]

export const futexes = family(
  {},
  {
    call: op('FUTEX_WAIT', 4, time(1, 2)),
    args: {
      uaddr: isAddress,
      futex_op: 'FUTEX_WAIT',
      val: 4,
      timeout: { tv_sec: 1, tv_nsec: 2 },
      uaddr2: undefined,
      val3: undefined,
    },
    error: 'EAGAIN',
    text: 'futex(0x…, FUTEX_WAIT, 4, {tv_sec=1, tv_nsec=2}) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    call: op('FUTEX_WAIT_PRIVATE', 5, time(0, 1000)),
    args: { futex_op: 'FUTEX_WAIT_PRIVATE', val: 5 },
    error: 'ETIMEDOUT',
    text: 'futex(0x…, FUTEX_WAIT_PRIVATE, 5, {tv_sec=0, tv_nsec=1000}) = -1 ETIMEDOUT (Connection timed out)',
  },
  {
    call: op('FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME', 4, 0, 0, 1),
    args: { futex_op: 'FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME', timeout: null, val3: '0x1' },
    error: 'EAGAIN',
    text: 'futex(0x…, FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME, 4, NULL, 0x1) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    call: op('FUTEX_WAKE_PRIVATE', 0x7fff_ffff),
    args: { futex_op: 'FUTEX_WAKE_PRIVATE', val: 0x7fff_ffff, timeout: undefined, uaddr2: undefined, val3: undefined },
    returned: 0,
    text: 'futex(0x…, FUTEX_WAKE_PRIVATE, 2147483647) = 0',
  },
  {
    call: ['futex', 3, FUTEX.values.FUTEX_WAKE, 1],
    args: { uaddr: 3n, futex_op: 'FUTEX_WAKE', val: 1 },
    error: 'EINVAL',
    text: 'futex(0x3, FUTEX_WAKE, 1) = -1 EINVAL (Invalid argument)',
  },
  {
    call: op('FUTEX_FD', 10),
    args: { futex_op: 'FUTEX_FD', val: 10 },
    error: 'ENOSYS',
    text: 'futex(0x…, FUTEX_FD, 10) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: op('FUTEX_WAIT_BITSET_PRIVATE', 5, time(1, 2), 0, ANY),
    args: { val: 5, timeout: { tv_sec: 1, tv_nsec: 2 }, uaddr2: undefined, val3: 'FUTEX_BITSET_MATCH_ANY' },
    error: 'ETIMEDOUT',
    text: 'futex(0x…, FUTEX_WAIT_BITSET_PRIVATE, 5, {tv_sec=1, tv_nsec=2}, FUTEX_BITSET_MATCH_ANY) = -1 ETIMEDOUT (Connection timed out)',
  },
  {
    call: op('FUTEX_WAKE_BITSET', 3, 0, 0, 0xf0),
    args: { futex_op: 'FUTEX_WAKE_BITSET', val: 3, timeout: undefined, val3: '0xf0' },
    returned: 0,
    text: 'futex(0x…, FUTEX_WAKE_BITSET, 3, 0xf0) = 0',
  },
  {
    call: op('FUTEX_REQUEUE', 1, 2, other),
    args: { futex_op: 'FUTEX_REQUEUE', val: 1, timeout: 2, uaddr2: isAddress, val3: undefined },
    returned: 0,
    text: 'futex(0x…, FUTEX_REQUEUE, 1, 2, 0x…) = 0',
  },
  {
    call: op('FUTEX_CMP_REQUEUE_PRIVATE', 1, 2, other, 6),
    args: { futex_op: 'FUTEX_CMP_REQUEUE_PRIVATE', val: 1, timeout: 2, uaddr2: isAddress, val3: 6 },
    error: 'EAGAIN',
    text: 'futex(0x…, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, 0x…, 6) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    call: op('FUTEX_CMP_REQUEUE_PI', 2, 3, other, 5),
    args: { futex_op: 'FUTEX_CMP_REQUEUE_PI', val: 2, timeout: 3, val3: 5 },
    error: 'EINVAL',
    text: 'futex(0x…, FUTEX_CMP_REQUEUE_PI, 2, 3, 0x…, 5) = -1 EINVAL (Invalid argument)',
  },
  {
    call: op(
      'FUTEX_WAKE_OP_PRIVATE',
      1,
      2,
      other,
      wakeOperation(FUTEX_OP.values.FUTEX_OP_ADD | 8, 2, FUTEX_OP_CMP.values.FUTEX_OP_CMP_GE, 0xabc),
    ),
    args: {
      val: 1,
      timeout: 2,
      uaddr2: isAddress,
      val3: { op: 'FUTEX_OP_ADD', oparg: 2, shift: true, cmp: 'FUTEX_OP_CMP_GE', cmparg: -0x544 },
    },
    returned: 0,
    text: 'futex(0x…, FUTEX_WAKE_OP_PRIVATE, 1, 2, 0x…, FUTEX_OP_OPARG_SHIFT<<28|FUTEX_OP_ADD<<28|0x2<<12|FUTEX_OP_CMP_GE<<24|0xabc) = 0',
  },
  {
    call: op('FUTEX_WAKE_OP', 1, 2, other, wakeOperation(7, 0, 15, 0)),
    args: { futex_op: 'FUTEX_WAKE_OP', val3: { op: '0x7', oparg: 0, shift: false, cmp: '0xf', cmparg: 0 } },
    error: 'ENOSYS',
    text: 'futex(0x…, FUTEX_WAKE_OP, 1, 2, 0x…, 0x7<<28 /* FUTEX_OP_??? */|0<<12|0xf<<24 /* FUTEX_OP_CMP_??? */|0) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['futex', room(16), FUTEX.values.FUTEX_LOCK_PI, 9, time(3, 4)],
    args: { futex_op: 'FUTEX_LOCK_PI', val: undefined, timeout: { tv_sec: 3, tv_nsec: 4 }, uaddr2: undefined },
    returned: 0,
    text: 'futex(0x…, FUTEX_LOCK_PI, {tv_sec=3, tv_nsec=4}) = 0',
  },
  {
    call: ['futex', owned, FUTEX.values.FUTEX_LOCK_PI2_PRIVATE, 0, 0],
    before: self,
    args: { futex_op: 'FUTEX_LOCK_PI2_PRIVATE', val: undefined, timeout: null },
    error: 'EDEADLK',
    text: 'futex(0x…, FUTEX_LOCK_PI2_PRIVATE, NULL) = -1 EDEADLK (Resource deadlock avoided)',
  },
  {
    call: ['futex', owned, FUTEX.values.FUTEX_UNLOCK_PI],
    before: self,
    args: { futex_op: 'FUTEX_UNLOCK_PI', val: undefined, timeout: undefined, uaddr2: undefined, val3: undefined },
    returned: 0,
    text: 'futex(0x…, FUTEX_UNLOCK_PI) = 0',
  },
  {
    call: ['futex', owned, FUTEX.values.FUTEX_TRYLOCK_PI_PRIVATE],
    before: self,
    args: { futex_op: 'FUTEX_TRYLOCK_PI_PRIVATE', val: undefined },
    error: 'EDEADLK',
    text: 'futex(0x…, FUTEX_TRYLOCK_PI_PRIVATE) = -1 EDEADLK (Resource deadlock avoided)',
  },
  {
    call: op('FUTEX_WAIT_REQUEUE_PI', 4, time(1, 2), at('futex'), 1),
    args: { val: 4, timeout: { tv_sec: 1, tv_nsec: 2 }, uaddr2: isAddress, val3: undefined },
    error: 'EINVAL',
    text: 'futex(0x…, FUTEX_WAIT_REQUEUE_PI, 4, {tv_sec=1, tv_nsec=2}, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['futex', holding(5), NONE, 1, 2, 3, 4],
    args: { futex_op: '0x4d', val: 1, timeout: 2n, uaddr2: 3n, val3: 4 },
    error: 'ENOSYS',
    text: 'futex(0x…, 0x4d /* FUTEX_??? */, 1, 0x2, 0x3, 0x4) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['futex', at('futex'), FUTEX.values.FUTEX_WAIT, 5, 0],
    before: waking,
    since: '6.7',
    waiting: THREAD_CALL,
    args: { futex_op: 'FUTEX_WAIT', val: 5, timeout: null },
    returned: 0,
    text: 'futex(0x…, FUTEX_WAIT, 5, NULL) = 0',
  },
  {
    call: ['futex_waitv', block([...waiter(0, other, U32), ...waiter(5, at('futex'), U32)]), 2, 0, 0, 0],
    before: waking,
    since: '6.7',
    waiting: THREAD_CALL,
    args: { nr_futexes: 2, timeout: null, clockid: 'CLOCK_REALTIME' },
    returned: 1,
    text: 'futex_waitv([{val=0, uaddr=0x…, flags=FUTEX2_SIZE_U32}, {val=0x5, uaddr=0x…, flags=FUTEX2_SIZE_U32}], 2, 0, NULL, CLOCK_REALTIME) = 1',
  },
  {
    call: ['futex_wait', at('futex'), 5, ANY, U32, 0, 0],
    before: waking,
    since: '6.7',
    waiting: THREAD_CALL,
    args: { val: 5, mask: 'FUTEX_BITSET_MATCH_ANY', flags: ['FUTEX2_SIZE_U32'], timeout: null },
    returned: 0,
    text: 'futex_wait(0x…, 5, FUTEX_BITSET_MATCH_ANY, FUTEX2_SIZE_U32, NULL, CLOCK_REALTIME) = 0',
  },
  {
    call: [
      'futex_waitv',
      block([...waiter(5, holding(5), PRIVATE), ...waiter(7, holding(6), U32)]),
      2,
      0,
      time(0, 1000),
      CLOCK.values.CLOCK_MONOTONIC,
    ],
    args: {
      waiters: [
        { val: 5, uaddr: isAddress, flags: ['FUTEX2_SIZE_U32', 'FUTEX2_PRIVATE'] },
        { val: 7, uaddr: isAddress, flags: ['FUTEX2_SIZE_U32'] },
      ],
      nr_futexes: 2,
      flags: 0,
      timeout: { tv_sec: 0, tv_nsec: 1000 },
      clockid: 'CLOCK_MONOTONIC',
    },
    error: 'EAGAIN',
    text: 'futex_waitv([{val=0x5, uaddr=0x…, flags=FUTEX2_SIZE_U32|FUTEX2_PRIVATE}, {val=0x7, uaddr=0x…, flags=FUTEX2_SIZE_U32}], 2, 0, {tv_sec=0, tv_nsec=1000}, CLOCK_MONOTONIC) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    call: ['futex_wake', room(4), ANY, 3, PRIVATE],
    args: { uaddr: isAddress, mask: 'FUTEX_BITSET_MATCH_ANY', nr: 3, flags: ['FUTEX2_SIZE_U32', 'FUTEX2_PRIVATE'] },
    returned: 0,
    text: 'futex_wake(0x…, FUTEX_BITSET_MATCH_ANY, 3, FUTEX2_SIZE_U32|FUTEX2_PRIVATE) = 0',
  },
  {
    call: ['futex_wake', 0x10, 0x8_0000_0001, -1, 0x40],
    args: { uaddr: 0x10n, mask: '0x800000001', nr: -1, flags: ['FUTEX2_SIZE_U8', '0x40'] },
    error: 'EINVAL',
    text: 'futex_wake(0x10, 0x800000001, -1, FUTEX2_SIZE_U8|0x40) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['futex_wait', block([u32(5)]), 4, 1, PRIVATE, time(1, 2), CLOCK.values.CLOCK_REALTIME],
    args: {
      uaddr: isAddress,
      val: 4,
      mask: '0x1',
      flags: ['FUTEX2_SIZE_U32', 'FUTEX2_PRIVATE'],
      timeout: { tv_sec: 1, tv_nsec: 2 },
      clockid: 'CLOCK_REALTIME',
    },
    error: 'EAGAIN',
    text: 'futex_wait(0x…, 4, 0x1, FUTEX2_SIZE_U32|FUTEX2_PRIVATE, {tv_sec=1, tv_nsec=2}, CLOCK_REALTIME) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    call: ['futex_requeue', block([...waiter(5, holding(5), PRIVATE), ...waiter(0, other, PRIVATE)]), 0, 1, 2],
    args: {
      waiters: [
        { val: 5, uaddr: isAddress, flags: ['FUTEX2_SIZE_U32', 'FUTEX2_PRIVATE'] },
        { val: 0, uaddr: isAddress, flags: ['FUTEX2_SIZE_U32', 'FUTEX2_PRIVATE'] },
      ],
      flags: 0,
      nr_wake: 1,
      nr_requeue: 2,
    },
    returned: 0,
    text: 'futex_requeue([{val=0x5, uaddr=0x…, flags=FUTEX2_SIZE_U32|FUTEX2_PRIVATE}, {val=0, uaddr=0x…, flags=FUTEX2_SIZE_U32|FUTEX2_PRIVATE}], 0, 1, 2) = 0',
  },
  {
    call: ['futex_requeue', block([...waiter(4, holding(5), U32), ...waiter(0, other, U32)]), 0, 1, 2],
    error: 'EAGAIN',
    text: 'futex_requeue([{val=0x4, uaddr=0x…, flags=FUTEX2_SIZE_U32}, {val=0, uaddr=0x…, flags=FUTEX2_SIZE_U32}], 0, 1, 2) = -1 EAGAIN (Resource temporarily unavailable)',
  },
)
