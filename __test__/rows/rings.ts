/** io_uring. */

import { CLOCK } from '../../src/table/constants/time.ts'
import {
  IO_URING_NAPI,
  IO_URING_NAPI_TRACKING,
  IO_URING_QUERY,
  IORING_ACCEPT,
} from '../../src/table/constants/uring.ts'
import {
  IORING_ASYNC_CANCEL,
  IORING_CLONE_BUFFERS,
  IORING_ENTER,
  IORING_FILES,
} from '../../src/table/constants/uring.ts'
import { IORING_MEM_REGION, IORING_MSG_RING, IORING_OP, IORING_REGISTER } from '../../src/table/constants/uring.ts'
import {
  IORING_REGISTER_FLAG,
  IORING_RESTRICTION,
  IORING_RSRC,
  IORING_RW_ATTR,
} from '../../src/table/constants/uring.ts'
import { IORING_SETUP, IOSQE, ZCRX_CTRL, ZCRX_EVENT, ZCRX_REG } from '../../src/table/constants/uring.ts'
import { family } from './check.ts'
import { pretended } from './pretend.ts'
import {
  block,
  page,
  result,
  room,
  string,
  u16,
  u32,
  u64,
  u8,
  zeros,
  type Call,
  type Part,
  type Word,
} from './script.ts'

const setup = IORING_SETUP.values
const enter = IORING_ENTER.values
const op = IORING_OP.values
const register = IORING_REGISTER.values

/** A ring, 3, and a file: 4. */
const ring: readonly Call[] = [
  ['io_uring_setup', 4, room(120)],
  ['memfd_create', string('file'), 0],
]
/** Two entries in a ring: they are in a file, and read into the memory that is shared with the kernel. */
const [SHARED, READ_WRITE] = [1, 3] as const
const waiting: readonly Call[] = [
  ['io_uring_setup', 4, block([zeros(8), u32(setup.IORING_SETUP_NO_SQARRAY), zeros(108)])],
  ['memfd_create', string('entries'), 0],
  [
    'write',
    4,
    block(
      [
        [u8(op.IORING_OP_NOP), zeros(31), u64(7), zeros(24)],
        [u8(op.IORING_OP_READ), u8(IOSQE.values.IOSQE_ASYNC), u16(1), u32(4), u64(5), u64(6), u32(8), u32(9)],
        [u64(10), u16(11), zeros(22)],
        // struct io_rings begins with head and tail.
        [u32(0), u32(2)],
      ].flat(),
    ),
    136,
  ],
  ['mmap', 0, 4096, READ_WRITE, SHARED, 3, 0],
  ['mmap', 0, 4096, READ_WRITE, SHARED, 3, 0x1000_0000],
  ['pread64', 4, result(4), 128, 0],
  ['pread64', 4, result(3), 8, 128],
]
/** What is registered with a ring that is not there. */
const nothing: readonly Call[] = pretended('io_uring_register')
const RING = 3

const words = (...list: readonly Word[]): Word => block(list.map(u64))
const numbers = (...list: readonly Word[]): Word => block(list.map(u32))
const isAddress = (value: unknown): boolean => Number(value) > 0xffff
const isFlags = (value: unknown): boolean => Array.isArray(value) && value.length > 0

/** struct io_uring_sqe, and what may follow it. */
const sqe = (head: readonly Part[], tail: readonly Part[], ...more: readonly Part[]): Word =>
  block([...head, ...tail, ...more])

export const rings = family(
  {},
  {
    call: [
      'io_uring_setup',
      5,
      block([zeros(4), u32(20), u32(setup.IORING_SETUP_CQSIZE | setup.IORING_SETUP_CLAMP), zeros(108)]),
    ],
    args: {
      entries: 5,
      params: {
        cq_entries: 20,
        flags: ['IORING_SETUP_CQSIZE', 'IORING_SETUP_CLAMP'],
        sq_thread_cpu: 0,
        sq_thread_idle: 0,
        wq_fd: 0,
      },
    },
    out: {
      params: {
        sq_entries: 8,
        cq_entries: 32,
        features: isFlags,
        sq_off: {
          head: (place: unknown) => Number(place) >= 0,
          ring_mask: (place: unknown) => Number(place) > 0,
          user_addr: 0,
        },
        cq_off: { cqes: (place: unknown) => Number(place) > 0, user_addr: 0 },
      },
    },
    returned: 3,
    text: 'io_uring_setup(5, {flags=IORING_SETUP_CQSIZE|IORING_SETUP_CLAMP, sq_thread_cpu=0, sq_thread_idle=0, sq_entries=8, cq_entries=32, features=IORING_FEAT_SINGLE_MMAP|…, sq_off={head=…, tail=…, ring_mask=…, ring_entries=…, flags=…, dropped=…, array=…, user_addr=0}, cq_off={head=…, tail=…, ring_mask=…, ring_entries=…, overflow=…, cqes=…, flags=…, user_addr=0}}) = 3',
  },
  {
    call: [
      'io_uring_setup',
      1,
      block([
        zeros(8),
        u32((setup.IORING_SETUP_ATTACH_WQ | 0x8000_0000) >>> 0),
        u32(0x11),
        u32(22),
        zeros(4),
        u32(-1),
        u32(1),
        zeros(4),
        u32(3),
        zeros(80),
      ]),
    ],
    args: {
      entries: 1,
      params: { flags: ['IORING_SETUP_ATTACH_WQ', '0x80000000'], sq_thread_cpu: 0x11, sq_thread_idle: 22, wq_fd: -1 },
    },
    error: 'EINVAL',
    text: 'io_uring_setup(1, {flags=IORING_SETUP_ATTACH_WQ|0x80000000, sq_thread_cpu=0x11, sq_thread_idle=22, wq_fd=-1, resv=[0x1, 0, 0x3]}) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['io_uring_setup', 1, 1],
    args: { entries: 1, params: 'EFAULT' },
    error: 'EFAULT',
    text: 'io_uring_setup(1, 0x1) = -1 EFAULT (Bad address)',
  },
  {
    before: ring,
    call: ['io_uring_enter', RING, 0, 0, enter.IORING_ENTER_GETEVENTS, words(1n << 9n), 8],
    args: { fd: 3, to_submit: 0, min_complete: 0, flags: ['IORING_ENTER_GETEVENTS'], arg: ['SIGUSR1'], argsz: 8 },
    returned: 0,
    text: 'io_uring_enter(3, 0, 0, IORING_ENTER_GETEVENTS, [USR1], 8) = 0',
  },
  {
    before: waiting,
    call: ['io_uring_enter', RING, 3, 0, 0, 0, 0],
    args: {
      to_submit: 3,
      // strace shows nothing of them. There are two.
      submitted: [
        { opcode: 'IORING_OP_NOP', flags: [], user_data: 7 },
        {
          opcode: 'IORING_OP_READ',
          flags: ['IOSQE_ASYNC'],
          ioprio: 1,
          fd: 4,
          off: 5,
          addr: 6,
          len: 8,
          rw_flags: 9,
          user_data: 10,
          buf_index: 11,
        },
      ],
    },
    returned: 2,
    since: '6.6',
    text: 'io_uring_enter(3, 3, 0, 0, NULL, 0) = 2',
  },
  {
    before: ring,
    call: ['io_uring_enter', RING, 0, 0, 0, 0, 0],
    args: { submitted: [] },
    returned: 0,
    text: 'io_uring_enter(3, 0, 0, 0, NULL, 0) = 0',
  },
  {
    before: ring,
    call: [
      'io_uring_enter',
      RING,
      0,
      1,
      enter.IORING_ENTER_GETEVENTS | enter.IORING_ENTER_EXT_ARG,
      block([u64(words(1n << 9n)), u32(8), u32(0), u64(words(0, 1000))]),
      24,
    ],
    args: {
      fd: 3,
      to_submit: 0,
      min_complete: 1,
      flags: ['IORING_ENTER_GETEVENTS', 'IORING_ENTER_EXT_ARG'],
      arg: { sigmask: ['SIGUSR1'], sigmask_sz: 8, min_wait_usec: 0, ts: { tv_sec: 0, tv_nsec: 1000 } },
      argsz: 24,
    },
    error: 'ETIME',
    text: 'io_uring_enter(3, 0, 1, IORING_ENTER_GETEVENTS|IORING_ENTER_EXT_ARG, {sigmask=[USR1], sigmask_sz=8, min_wait_usec=0, ts={tv_sec=0, tv_nsec=1000}}, 24) = -1 ETIME (Timer expired)',
  },
  {
    call: [
      'io_uring_enter',
      77,
      1,
      2,
      (enter.IORING_ENTER_EXT_ARG | 0x8000_0000) >>> 0,
      block([u64(0), u32(4), u32(5), u64(1)]),
      24,
    ],
    args: { submitted: undefined, fd: 77, arg: { sigmask: null, sigmask_sz: 4, min_wait_usec: 5, ts: 'EFAULT' } },
    error: 'EINVAL',
    text: 'io_uring_enter(77, 1, 2, IORING_ENTER_EXT_ARG|0x80000000, {sigmask=NULL, sigmask_sz=4, min_wait_usec=5, ts=0x1}, 24) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['io_uring_enter', 77, 1, 2, (enter.IORING_ENTER_EXT_ARG_REG | 0x8000_0000) >>> 0, 0x40, 64],
    args: { flags: ['IORING_ENTER_EXT_ARG_REG', '0x80000000'], arg: 64, argsz: 64 },
    error: 'EINVAL',
    text: 'io_uring_enter(77, 1, 2, IORING_ENTER_EXT_ARG_REG|0x80000000, 64, 64) = -1 EINVAL (Invalid argument)',
  },
  {
    before: ring,
    call: ['io_uring_register', RING, register.IORING_REGISTER_BUFFERS, words(page, 4096), 1],
    args: { fd: 3, opcode: 'IORING_REGISTER_BUFFERS', arg: [{ iov_base: 'EFAULT', iov_len: 4096 }], nr_args: 1 },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_BUFFERS, [{iov_base=0x…, iov_len=4096}], 1) = 0',
  },
  {
    before: ring,
    call: ['io_uring_register', RING, register.IORING_UNREGISTER_BUFFERS, 0, 0],
    args: { fd: 3, opcode: 'IORING_UNREGISTER_BUFFERS', arg: 0n, nr_args: 0 },
    error: 'ENXIO',
    text: 'io_uring_register(3, IORING_UNREGISTER_BUFFERS, NULL, 0) = -1 ENXIO (No such device or address)',
  },
  {
    before: ring,
    call: ['io_uring_register', RING, register.IORING_REGISTER_FILES, numbers(4, -1), 2],
    args: { opcode: 'IORING_REGISTER_FILES', arg: [4, -1], nr_args: 2 },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_FILES, [4, -1], 2) = 0',
  },
  {
    before: [...ring, ['eventfd2', 0, 0]],
    call: ['io_uring_register', RING, register.IORING_REGISTER_EVENTFD, numbers(5), 1],
    args: { opcode: 'IORING_REGISTER_EVENTFD', arg: [5], nr_args: 1 },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_EVENTFD, [5], 1) = 0',
  },
  {
    before: ring,
    call: ['io_uring_register', RING, register.IORING_REGISTER_EVENTFD_ASYNC, numbers(77), 1],
    args: { opcode: 'IORING_REGISTER_EVENTFD_ASYNC', arg: [77], nr_args: 1 },
    error: 'EBADF',
    text: 'io_uring_register(3, IORING_REGISTER_EVENTFD_ASYNC, [77], 1) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: [...ring, ['io_uring_register', RING, register.IORING_REGISTER_FILES, numbers(4, 4, -1), 3]],
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_FILES_UPDATE,
      block([u32(1), zeros(4), u64(numbers(IORING_FILES.values.IORING_REGISTER_FILES_SKIP, 4))]),
      2,
    ],
    args: {
      opcode: 'IORING_REGISTER_FILES_UPDATE',
      arg: { offset: 1, fds: ['IORING_REGISTER_FILES_SKIP', 4] },
      nr_args: 2,
    },
    returned: 2,
    text: 'io_uring_register(3, IORING_REGISTER_FILES_UPDATE, {offset=1, fds=[IORING_REGISTER_FILES_SKIP, 4]}, 2) = 2',
  },
  {
    before: ring,
    call: ['io_uring_register', RING, register.IORING_REGISTER_PROBE, room(16 + 2 * 8), 2],
    args: { opcode: 'IORING_REGISTER_PROBE', nr_args: 2 },
    out: {
      arg: {
        last_op: (name: unknown) => String(name).length > 0,
        ops_len: 2,
        ops: [
          { op: 'IORING_OP_NOP', flags: ['IO_URING_OP_SUPPORTED'] },
          { op: 'IORING_OP_READV', flags: ['IO_URING_OP_SUPPORTED'] },
        ],
      },
    },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_PROBE, {last_op=…, ops_len=2, ops=[{op=IORING_OP_NOP, flags=IO_URING_OP_SUPPORTED}, {op=IORING_OP_READV, flags=IO_URING_OP_SUPPORTED}]}, 2) = 0',
  },
  {
    before: ring,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_PROBE,
      block([u8(250), u8(1), u16(2), zeros(8), u32(3), u8(op.IORING_OP_STATX), u8(5), u16(3), u32(7)]),
      1,
    ],
    args: { opcode: 'IORING_REGISTER_PROBE', nr_args: 1 },
    error: 'EINVAL',
    text: 'io_uring_register(3, IORING_REGISTER_PROBE, {last_op=250 /* IORING_OP_??? */, ops_len=1, resv=0x2, resv2=[0, 0, 0x3], ops=[{op=IORING_OP_STATX, resv=0x5, flags=IO_URING_OP_SUPPORTED|0x2, resv2=0x7}]}, 1) = -1 EINVAL (Invalid argument)',
  },
  {
    before: ring,
    call: ['io_uring_register', RING, register.IORING_REGISTER_PERSONALITY, 0, 0],
    args: { opcode: 'IORING_REGISTER_PERSONALITY', arg: 0n, nr_args: 0 },
    returned: 1,
    text: 'io_uring_register(3, IORING_REGISTER_PERSONALITY, NULL, 0) = 1',
  },
  {
    before: [['io_uring_setup', 1, block([zeros(8), u32(setup.IORING_SETUP_R_DISABLED), zeros(108)])]],
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_RESTRICTIONS,
      block(
        [
          [IORING_RESTRICTION.values.IORING_RESTRICTION_REGISTER_OP, register.IORING_REGISTER_BUFFERS],
          [IORING_RESTRICTION.values.IORING_RESTRICTION_SQE_OP, op.IORING_OP_NOP],
          [
            IORING_RESTRICTION.values.IORING_RESTRICTION_SQE_FLAGS_ALLOWED,
            IOSQE.values.IOSQE_ASYNC | IOSQE.values.IOSQE_IO_LINK,
          ],
          [IORING_RESTRICTION.values.IORING_RESTRICTION_SQE_FLAGS_REQUIRED, 0],
        ].flatMap(([opcode = 0, value = 0]) => [u16(opcode), u8(value), zeros(13)]),
      ),
      4,
    ],
    args: {
      opcode: 'IORING_REGISTER_RESTRICTIONS',
      arg: [
        { opcode: 'IORING_RESTRICTION_REGISTER_OP', op: 'IORING_REGISTER_BUFFERS' },
        { opcode: 'IORING_RESTRICTION_SQE_OP', op: 'IORING_OP_NOP' },
        { opcode: 'IORING_RESTRICTION_SQE_FLAGS_ALLOWED', op: ['IOSQE_IO_LINK', 'IOSQE_ASYNC'] },
        { opcode: 'IORING_RESTRICTION_SQE_FLAGS_REQUIRED', op: [] },
      ],
      nr_args: 4,
    },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_RESTRICTIONS, [{opcode=IORING_RESTRICTION_REGISTER_OP, register_op=IORING_REGISTER_BUFFERS}, {opcode=IORING_RESTRICTION_SQE_OP, sqe_op=IORING_OP_NOP}, {opcode=IORING_RESTRICTION_SQE_FLAGS_ALLOWED, sqe_flags=IOSQE_IO_LINK|IOSQE_ASYNC}, {opcode=IORING_RESTRICTION_SQE_FLAGS_REQUIRED, sqe_flags=0}], 4) = 0',
  },
  {
    before: ring,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_RESTRICTIONS,
      block([u16(9), u8(8), u8(7), zeros(8), u32(6)]),
      1,
    ],
    args: { arg: [{ opcode: '0x9' }], nr_args: 1 },
    error: 'EBADFD',
    text: 'io_uring_register(3, IORING_REGISTER_RESTRICTIONS, [{opcode=0x9 /* IORING_RESTRICTION_??? */ /* op: 0x8 */, resv=0x7, resv2=[0, 0, 0x6]}], 1) = -1 EBADFD (File descriptor in bad state)',
  },
  {
    before: ring,
    call: ['io_uring_register', RING, register.IORING_REGISTER_ENABLE_RINGS, 0, 0],
    args: { opcode: 'IORING_REGISTER_ENABLE_RINGS', arg: 0n },
    error: 'EBADFD',
    text: 'io_uring_register(3, IORING_REGISTER_ENABLE_RINGS, NULL, 0) = -1 EBADFD (File descriptor in bad state)',
  },
  {
    before: ring,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_FILES2,
      block([u32(2), u32(0), zeros(8), u64(numbers(4, -1)), u64(words(0x11, 0))]),
      32,
    ],
    args: { opcode: 'IORING_REGISTER_FILES2', arg: { nr: 2, flags: [], data: [4, -1], tags: [0x11, 0] }, nr_args: 32 },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_FILES2, {nr=2, flags=0, data=[4, -1], tags=[0x11, 0]}, 32) = 0',
  },
  {
    before: ring,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_BUFFERS2,
      block([u32(1), u32(0), zeros(8), u64(words(page, 4096)), u64(words(0))]),
      32,
    ],
    args: {
      opcode: 'IORING_REGISTER_BUFFERS2',
      arg: { nr: 1, flags: [], data: [{ iov_base: 'EFAULT', iov_len: 4096 }], tags: [0] },
    },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_BUFFERS2, {nr=1, flags=0, data=[{iov_base=0x…, iov_len=4096}], tags=[0]}, 32) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_BUFFERS2,
      block([u32(3), u32(IORING_RSRC.values.IORING_RSRC_REGISTER_SPARSE | 2), u64(1), u64(0), u64(1), u64(0x4142)]),
      40,
    ],
    args: { arg: { nr: 3, flags: ['IORING_RSRC_REGISTER_SPARSE', '0x2'], data: null, tags: 'EFAULT' }, nr_args: 40 },
    returned: 0,
    text: String.raw`io_uring_register(3, IORING_REGISTER_BUFFERS2, {nr=3, flags=IORING_RSRC_REGISTER_SPARSE|0x2, resv2=0x1, data=NULL, tags=0x1, /* bytes 32..39 */ "\x42\x41\x00\x00\x00\x00\x00\x00"}, 40) = 0`,
  },
  {
    before: [...ring, ['io_uring_register', RING, register.IORING_REGISTER_FILES, numbers(4, 4, -1), 3]],
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_FILES_UPDATE2,
      block([u32(1), zeros(4), u64(numbers(-1, 4)), u64(words(0, 0)), u32(2), zeros(4)]),
      32,
    ],
    args: { opcode: 'IORING_REGISTER_FILES_UPDATE2', arg: { offset: 1, data: [-1, 4], tags: [0, 0], nr: 2 } },
    returned: 2,
    text: 'io_uring_register(3, IORING_REGISTER_FILES_UPDATE2, {offset=1, data=[-1, 4], tags=[0, 0], nr=2}, 32) = 2',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_BUFFERS_UPDATE,
      block([u32(9), u32(1), u64(words(0x1000, 5)), u64(0), u32(1), u32(2)]),
      32,
    ],
    args: {
      opcode: 'IORING_REGISTER_BUFFERS_UPDATE',
      arg: { offset: 9, data: [{ iov_base: 'EFAULT', iov_len: 5 }], tags: null, nr: 1 },
    },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_BUFFERS_UPDATE, {offset=9, resv=0x1, data=[{iov_base=0x1000, iov_len=5}], tags=NULL, nr=1, resv2=0x2}, 32) = 0',
  },
  {
    before: nothing,
    call: ['io_uring_register', RING, register.IORING_REGISTER_IOWQ_AFF, words(0b1011), 8],
    args: { opcode: 'IORING_REGISTER_IOWQ_AFF', arg: [0, 1, 3], nr_args: 8 },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_IOWQ_AFF, [0 1 3], 8) = 0',
  },
  {
    since: '5.15',
    before: ring,
    call: ['io_uring_register', RING, register.IORING_REGISTER_IOWQ_MAX_WORKERS, numbers(0, 0), 2],
    args: { opcode: 'IORING_REGISTER_IOWQ_MAX_WORKERS', arg: [0, 0], nr_args: 2 },
    out: { arg: [(limit: unknown) => Number(limit) > 0, (limit: unknown) => Number(limit) > 0] },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_IOWQ_MAX_WORKERS, [[IO_WQ_BOUND]=0, [IO_WQ_UNBOUND]=0] => [[IO_WQ_BOUND]=…, [IO_WQ_UNBOUND]=…], 2) = 0',
  },
  {
    before: ring,
    call: ['io_uring_register', RING, register.IORING_REGISTER_IOWQ_MAX_WORKERS, numbers(1, 2, 3), 3],
    args: { arg: [1, 2, 3], nr_args: 3 },
    error: 'EINVAL',
    text: 'io_uring_register(3, IORING_REGISTER_IOWQ_MAX_WORKERS, [[IO_WQ_BOUND]=1, [IO_WQ_UNBOUND]=2, [2 /* IO_WQ_??? */]=3] => 0x…, 3) = -1 EINVAL (Invalid argument)',
  },
  {
    since: '5.18',
    before: ring,
    call: ['io_uring_register', RING, register.IORING_REGISTER_RING_FDS, block([u32(-1), zeros(4), u64(RING)]), 1],
    args: { opcode: 'IORING_REGISTER_RING_FDS', arg: [{ offset: -1, data: 3 }], nr_args: 1 },
    returned: 1,
    text: 'io_uring_register(3, IORING_REGISTER_RING_FDS, [{offset=-1, data=3}], 1) = 1',
  },
  {
    since: '5.18',
    before: [
      ...ring,
      ['io_uring_register', RING, register.IORING_REGISTER_RING_FDS, block([u32(2), zeros(4), u64(RING)]), 1],
    ],
    call: ['io_uring_register', RING, register.IORING_UNREGISTER_RING_FDS, block([u32(2), zeros(12)]), 1],
    args: { opcode: 'IORING_UNREGISTER_RING_FDS', arg: [{ offset: 2 }], nr_args: 1 },
    returned: 1,
    text: 'io_uring_register(3, IORING_UNREGISTER_RING_FDS, [{offset=2}], 1) = 1',
  },
  {
    before: nothing,
    call: ['io_uring_register', RING, register.IORING_UNREGISTER_RING_FDS, block([u32(2), u32(3), u64(4)]), 1],
    args: { arg: [{ offset: 2 }] },
    returned: 0,
    text: 'io_uring_register(3, IORING_UNREGISTER_RING_FDS, [{offset=2, resv=0x3, data=0x4}], 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      2,
      register.IORING_REGISTER_FILES + IORING_REGISTER_FLAG.values.IORING_REGISTER_USE_REGISTERED_RING,
      numbers(7),
      1,
    ],
    args: { fd: 2, opcode: 'IORING_REGISTER_FILES|IORING_REGISTER_USE_REGISTERED_RING', arg: [7], nr_args: 1 },
    returned: 0,
    text: 'io_uring_register(2, IORING_REGISTER_FILES|IORING_REGISTER_USE_REGISTERED_RING, [7], 1) = 0',
  },
  {
    since: '5.19',
    before: ring,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_PBUF_RING,
      block([u64(page), u32(4), u16(7), u16(0), zeros(24)]),
      1,
    ],
    args: {
      opcode: 'IORING_REGISTER_PBUF_RING',
      arg: { ring_addr: isAddress, ring_entries: 4, bgid: 7, flags: 0, min_left: 0 },
      nr_args: 1,
    },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_PBUF_RING, {ring_addr=0x…, ring_entries=4, bgid=7, flags=0, min_left=0}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_UNREGISTER_PBUF_RING,
      block([zeros(12), u16(7), u16(0x10), u32(9), u32(1), zeros(16)]),
      1,
    ],
    args: { opcode: 'IORING_UNREGISTER_PBUF_RING', arg: { ring_addr: 0n, bgid: 7, flags: 0x10, min_left: 9 } },
    returned: 0,
    text: 'io_uring_register(3, IORING_UNREGISTER_PBUF_RING, {ring_addr=NULL, ring_entries=0, bgid=7, flags=0x10, min_left=9, resv=[0x1, 0, 0, 0, 0]}, 1) = 0',
  },
  {
    before: nothing,
    call: ['io_uring_register', RING, register.IORING_REGISTER_PBUF_RING, words(1, 2, 3, 4, 5), 2],
    args: { arg: 'EFAULT', nr_args: 2 },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_PBUF_RING, 0x…, 2) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_SYNC_CANCEL,
      block([
        u64(0x55),
        u32(6),
        u32(IORING_ASYNC_CANCEL.values.IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL.values.IORING_ASYNC_CANCEL_OP),
        u64(-1),
        u64(-1),
        u8(op.IORING_OP_READ),
        zeros(31),
      ]),
      1,
    ],
    args: {
      opcode: 'IORING_REGISTER_SYNC_CANCEL',
      arg: {
        addr: 0x55n,
        fd: 6,
        flags: ['IORING_ASYNC_CANCEL_FD', 'IORING_ASYNC_CANCEL_OP'],
        timeout: { tv_sec: -1, tv_nsec: -1 },
        opcode: 'IORING_OP_READ',
      },
    },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_SYNC_CANCEL, {addr=0x55, fd=6, flags=IORING_ASYNC_CANCEL_FD|IORING_ASYNC_CANCEL_OP, timeout={tv_sec=-1, tv_nsec=-1}, opcode=IORING_OP_READ}, 1) = 0',
  },
  {
    before: nothing,
    call: ['io_uring_register', RING, register.IORING_REGISTER_FILE_ALLOC_RANGE, block([u32(1), u32(2), u64(3)]), 1],
    args: { opcode: 'IORING_REGISTER_FILE_ALLOC_RANGE', arg: { off: 1, len: 2 } },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_FILE_ALLOC_RANGE, {off=1, len=2, resv=0x3}, 1) = 0',
  },
  {
    before: nothing,
    call: ['io_uring_register', RING, register.IORING_REGISTER_PBUF_STATUS, block([u32(7), u32(0x12), zeros(32)]), 1],
    args: { opcode: 'IORING_REGISTER_PBUF_STATUS' },
    out: { arg: { buf_group: 7, head: 0x12 } },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_PBUF_STATUS, {buf_group=0x7, head=0x12}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_NAPI,
      block([
        u32(0x64),
        u8(1),
        u8(IO_URING_NAPI.values.IO_URING_NAPI_REGISTER_OP),
        zeros(2),
        u32(IO_URING_NAPI_TRACKING.values.IO_URING_NAPI_TRACKING_STATIC),
        u32(0),
      ]),
      1,
    ],
    args: {
      opcode: 'IORING_REGISTER_NAPI',
      arg: {
        busy_poll_to: 100,
        prefer_busy_poll: 1,
        opcode: 'IO_URING_NAPI_REGISTER_OP',
        op_param: 'IO_URING_NAPI_TRACKING_STATIC',
      },
    },
    out: { arg: { busy_poll_to: 100 } },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_NAPI, {busy_poll_to=0x64, prefer_busy_poll=0x1, opcode=IO_URING_NAPI_REGISTER_OP, op_param=IO_URING_NAPI_TRACKING_STATIC} => {busy_poll_to=0x64, prefer_busy_poll=0x1, opcode=IO_URING_NAPI_REGISTER_OP, op_param=IO_URING_NAPI_TRACKING_STATIC}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_UNREGISTER_NAPI,
      block([u32(1), u8(0), u8(IO_URING_NAPI.values.IO_URING_NAPI_STATIC_ADD_ID), u8(2), u8(0), u32(0x33), u32(4)]),
      1,
    ],
    args: { opcode: 'IORING_UNREGISTER_NAPI' },
    out: { arg: { busy_poll_to: 1, prefer_busy_poll: 0, opcode: 'IO_URING_NAPI_STATIC_ADD_ID', op_param: 0x33 } },
    returned: 0,
    text: 'io_uring_register(3, IORING_UNREGISTER_NAPI, {busy_poll_to=0x1, prefer_busy_poll=0, opcode=IO_URING_NAPI_STATIC_ADD_ID, pad=[0x2, 0], op_param=0x33, resv=0x4}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_CLOCK,
      block([u32(CLOCK.values.CLOCK_BOOTTIME), zeros(12)]),
      0,
    ],
    args: { opcode: 'IORING_REGISTER_CLOCK', arg: { clockid: 'CLOCK_BOOTTIME' }, nr_args: 0 },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_CLOCK, {clockid=CLOCK_BOOTTIME}, 0) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_CLONE_BUFFERS,
      block([
        u32(9),
        u32(IORING_CLONE_BUFFERS.values.IORING_REGISTER_SRC_REGISTERED | 4),
        u32(1),
        u32(2),
        u32(3),
        zeros(8),
        u32(5),
      ]),
      1,
    ],
    args: {
      opcode: 'IORING_REGISTER_CLONE_BUFFERS',
      arg: { src_fd: 9, flags: ['IORING_REGISTER_SRC_REGISTERED', '0x4'], src_off: 1, dst_off: 2, nr: 3 },
    },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_CLONE_BUFFERS, {src_fd=9, flags=IORING_REGISTER_SRC_REGISTERED|0x4, src_off=1, dst_off=2, nr=3, pad=[0, 0, 0x5]}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      -1,
      register.IORING_REGISTER_SEND_MSG_RING,
      sqe(
        [u8(op.IORING_OP_MSG_RING), u8(IOSQE.values.IOSQE_CQE_SKIP_SUCCESS), u16(0), u32(5), u64(0x66), u64(0), u32(7)],
        [u32(IORING_MSG_RING.values.IORING_MSG_RING_FLAGS_PASS), u64(0x88), zeros(24)],
      ),
      1,
    ],
    args: {
      fd: -1,
      opcode: 'IORING_REGISTER_SEND_MSG_RING',
      arg: {
        opcode: 'IORING_OP_MSG_RING',
        flags: ['IOSQE_CQE_SKIP_SUCCESS'],
        ioprio: 0,
        fd: 5,
        off: 0x66,
        len: 7,
        rw_flags: 2,
        user_data: 0x88,
      },
    },
    returned: 0,
    text: 'io_uring_register(-1, IORING_REGISTER_SEND_MSG_RING, {opcode=IORING_OP_MSG_RING, flags=IOSQE_CQE_SKIP_SUCCESS, ioprio=0, fd=5, off=0x66, addr=0, len=7, msg_ring_flags=IORING_MSG_RING_FLAGS_PASS, user_data=0x88, buf_index=0, personality=0, file_index=0, optval=0}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      -1,
      register.IORING_REGISTER_SEND_MSG_RING,
      sqe(
        [u8(op.IORING_OP_WRITE), u8(0), u16(3), u32(5), zeros(16), u32(7)],
        [u32(0), u64(0x88), u16(1), u16(2), u32(3), u64(block([u16(1), u16(2), u32(3), u64(4), u64(5), u64(6)]))],
        u64(IORING_RW_ATTR.values.IORING_RW_ATTR_FLAG_PI),
      ),
      1,
    ],
    args: {
      arg: { opcode: 'IORING_OP_WRITE', ioprio: 3, buf_index: 1, personality: 2, file_index: 3, optval: isAddress },
    },
    returned: 0,
    text: 'io_uring_register(-1, IORING_REGISTER_SEND_MSG_RING, {opcode=IORING_OP_WRITE, flags=0, ioprio=3, fd=5, off=0, addr=0, len=7, rw_flags=0, user_data=0x88, buf_index=0x1, personality=2, file_index=0x3, attr_type_mask=IORING_RW_ATTR_FLAG_PI, attr_ptr={flags=0x1, app_tag=0x2, len=3, addr=0x4, seed=0x5, rsvd=0x6}}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      -1,
      register.IORING_REGISTER_SEND_MSG_RING,
      sqe([u8(op.IORING_OP_ACCEPT), u8(0), u16(IORING_ACCEPT.values.IORING_ACCEPT_MULTISHOT), zeros(24)], [zeros(36)]),
      1,
    ],
    args: { arg: { opcode: 'IORING_OP_ACCEPT', ioprio: 1 } },
    returned: 0,
    text: 'io_uring_register(-1, IORING_REGISTER_SEND_MSG_RING, {opcode=IORING_OP_ACCEPT, flags=0, ioprio=IORING_ACCEPT_MULTISHOT, fd=0, off=0, addr=0, len=0, rw_flags=0, user_data=0, buf_index=0, personality=0, file_index=0, optval=0}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      -1,
      register.IORING_REGISTER_SEND_MSG_RING,
      sqe([u8(op.IORING_OP_NOP128), zeros(27)], [u32(2), zeros(32)], u8(0xab), zeros(63)),
      1,
    ],
    args: { arg: { opcode: 'IORING_OP_NOP128', rw_flags: 2 } },
    returned: 0,
    style: { stringLimit: 2 },
    text: 'io_uring_register(-1, IORING_REGISTER_SEND_MSG_RING, {opcode=IORING_OP_NOP128, flags=0, ioprio=0, fd=0, off=0, addr=0, len=0, nop_flags=IORING_NOP_FILE, user_data=0, buf_index=0, personality=0, file_index=0, optval=0, cmd=[0xab, 0, ...]}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_ZCRX_IFQ,
      block([
        ...[1, 2, 3, ZCRX_REG.values.ZCRX_REG_IMPORT].map(u32),
        ...[0x55, 0].map(u64),
        ...[4, 5, 6, 7].map(u32),
        zeros(16),
        ...[8, 4096].map(u32),
        u64(0x99),
        zeros(8),
        u64(0xa),
      ]),
      1,
    ],
    args: {
      opcode: 'IORING_REGISTER_ZCRX_IFQ',
      arg: {
        if_idx: 1,
        if_rxq: 2,
        rq_entries: 3,
        flags: ['ZCRX_REG_IMPORT'],
        area_ptr: 0x55n,
        region_ptr: 0n,
        offsets: { head: 4, tail: 5, rqes: 6 },
        zcrx_id: 8,
        rx_buf_len: 4096,
        event_desc: 0x99n,
      },
    },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_ZCRX_IFQ, {if_idx=1, if_rxq=2, rq_entries=3, flags=ZCRX_REG_IMPORT, area_ptr=0x55, region_ptr=NULL, offsets={head=4, tail=5, rqes=6, __resv2=0x7}, zcrx_id=8, rx_buf_len=4096, event_desc=0x99, __resv=[0, 0xa]}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_RESIZE_RINGS,
      block([u32(8), u32(16), u32(setup.IORING_SETUP_CQSIZE), zeros(60), u64(0x77), zeros(40)]),
      1,
    ],
    args: {
      opcode: 'IORING_REGISTER_RESIZE_RINGS',
      arg: { sq_entries: 8, cq_entries: 16, flags: ['IORING_SETUP_CQSIZE'] },
    },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_RESIZE_RINGS, {sq_entries=8, cq_entries=16, flags=IORING_SETUP_CQSIZE, sq_off={user_addr=0x77}}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_MEM_REGION,
      words(0x44, IORING_MEM_REGION.values.IORING_MEM_REGION_REG_WAIT_ARG, 0, 0),
      1,
    ],
    args: {
      opcode: 'IORING_REGISTER_MEM_REGION',
      arg: { region_uptr: 0x44n, flags: ['IORING_MEM_REGION_REG_WAIT_ARG'] },
    },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_MEM_REGION, {region_uptr=0x44, flags=IORING_MEM_REGION_REG_WAIT_ARG}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      -1,
      register.IORING_REGISTER_QUERY,
      block([
        u64(
          block([
            u64(0),
            u64(words(64, 128)),
            u32(IO_URING_QUERY.values.IO_URING_QUERY_SCQ),
            u32(16),
            u32(-22),
            u32(1),
            zeros(8),
          ]),
        ),
        u64(
          block([
            ...[60, 40].map(u32),
            u64(1),
            u64(setup.IORING_SETUP_CLAMP),
            u64(enter.IORING_ENTER_GETEVENTS),
            u64(IOSQE.values.IOSQE_ASYNC),
            u32(3),
            u32(0),
          ]),
        ),
        u32(IO_URING_QUERY.values.IO_URING_QUERY_OPCODES),
        u32(48),
        zeros(16),
      ]),
      0,
    ],
    args: {
      fd: -1,
      opcode: 'IORING_REGISTER_QUERY',
      arg: [{ query_op: 'IO_URING_QUERY_OPCODES' }, { query_op: 'IO_URING_QUERY_SCQ', size: 16, result: -22 }],
    },
    out: {
      arg: [
        {
          query_op: 'IO_URING_QUERY_OPCODES',
          size: 48,
          result: 0,
          query_data: {
            nr_request_opcodes: 60,
            nr_register_opcodes: 40,
            feature_flags: ['IORING_FEAT_SINGLE_MMAP'],
            ring_setup_flags: ['IORING_SETUP_CLAMP'],
            enter_flags: ['IORING_ENTER_GETEVENTS'],
            sqe_flags: ['IOSQE_ASYNC'],
            nr_query_opcodes: 3,
          },
        },
        { query_data: { hdr_size: 64, hdr_alignment: 128 } },
      ],
    },
    returned: 0,
    text: 'io_uring_register(-1, IORING_REGISTER_QUERY, {query_data=0x…, query_op=IO_URING_QUERY_OPCODES, size=48, result=0, query_data={nr_request_opcodes=60, nr_register_opcodes=40, feature_flags=IORING_FEAT_SINGLE_MMAP, ring_setup_flags=IORING_SETUP_CLAMP, enter_flags=IORING_ENTER_GETEVENTS, sqe_flags=IOSQE_ASYNC, nr_query_opcodes=3}, next_entry={query_data=0x…, query_op=IO_URING_QUERY_SCQ, size=16, result=-22, __resv=[0x1, 0, 0], query_data={hdr_size=64, hdr_alignment=128}, next_entry=NULL}}, 0) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_ZCRX_CTRL,
      block([u32(1), u32(ZCRX_CTRL.values.ZCRX_CTRL_EXPORT), zeros(16), u32(7), zeros(44)]),
      1,
    ],
    args: { opcode: 'IORING_REGISTER_ZCRX_CTRL', arg: { zcrx_id: 1, op: 'ZCRX_CTRL_EXPORT' } },
    out: { arg: { zc_export: { zcrx_fd: 7 } } },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_ZCRX_CTRL, {zcrx_id=1, op=ZCRX_CTRL_EXPORT, zc_export={zcrx_fd=7}}, 1) = 0',
  },
  {
    before: nothing,
    call: [
      'io_uring_register',
      RING,
      register.IORING_REGISTER_ZCRX_CTRL,
      block([
        u32(1),
        u32(ZCRX_CTRL.values.ZCRX_CTRL_ARM_EVENT),
        zeros(16),
        u32(ZCRX_EVENT.values.ZCRX_EVENT_COPY),
        zeros(44),
      ]),
      1,
    ],
    args: { arg: { zcrx_id: 1, op: 'ZCRX_CTRL_ARM_EVENT', zc_arm_event: { event_type: 'ZCRX_EVENT_COPY' } } },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_ZCRX_CTRL, {zcrx_id=1, op=ZCRX_CTRL_ARM_EVENT, zc_arm_event={event_type=ZCRX_EVENT_COPY}}, 1) = 0',
  },
  {
    before: nothing,
    call: ['io_uring_register', RING, register.IORING_REGISTER_BPF_FILTER, 0x10, 1],
    args: { opcode: 'IORING_REGISTER_BPF_FILTER', arg: 0x10n },
    returned: 0,
    text: 'io_uring_register(3, IORING_REGISTER_BPF_FILTER, 0x10, 1) = 0',
  },
)
