/** Linux AIO. */

import { O, O_ACCESS, RWF } from '../../src/table/constants/file.ts'
import { MAP, PROT } from '../../src/table/constants/memory.ts'
import { POLL } from '../../src/table/constants/poll.ts'
import { IOCB_CMD, IOCB_FLAG } from '../../src/table/constants/uring.ts'
import { family } from './check.ts'
import { block, result, room, string, u16, u32, u64, zeros, type Call, type Word } from './script.ts'

const { IOCB_CMD_PREAD, IOCB_CMD_PWRITE, IOCB_CMD_PREADV, IOCB_CMD_PWRITEV, IOCB_CMD_POLL } = IOCB_CMD.values
const { IOCB_CMD_FDSYNC, IOCB_CMD_NOOP } = IOCB_CMD.values
const { IOCB_FLAG_RESFD, IOCB_FLAG_IOPRIO } = IOCB_FLAG.values

/** Enough for the number of processors not to matter, and the kernel's size of the ring for it. */
const EVENTS = 1000
const RING = 16 * 4096
/**
 * A context, whose name is the address of its ring. The kernel puts that where as many pages were before: the result of the first
 * call. A pipe with room in it is 3 and 4, a file 5.
 */
const context: readonly Call[] = [
  [
    'mmap',
    0,
    RING,
    PROT.values.PROT_READ,
    MAP.values.MAP_PRIVATE | MAP.values.MAP_ANONYMOUS | MAP.values.MAP_POPULATE,
    -1,
    0,
  ],
  ['munmap', result(0), RING],
  ['io_setup', EVENTS, room(8)],
  ['pipe', room(8)],
  ['open', string('file'), O_ACCESS.values.O_RDWR | O.values.O_CREAT, 0o600],
]

interface Iocb {
  readonly data?: number
  readonly key?: number
  readonly rwFlags?: number
  readonly opcode: number
  readonly priority?: number
  readonly fd: number
  readonly buffer?: Word
  readonly bytes?: Word
  readonly offset?: number
  readonly flags?: number
  readonly eventfd?: number
}

/** struct iocb */
const iocb = (of: Iocb, label?: string): Word =>
  block(
    [
      u64(of.data ?? 0),
      u32(of.key ?? 0),
      u32(of.rwFlags ?? 0),
      u16(of.opcode),
      u16(of.priority ?? 0),
      u32(of.fd),
      u64(of.buffer ?? 0),
      u64(of.bytes ?? 0),
      u64(of.offset ?? 0),
      zeros(8),
      u32(of.flags ?? 0),
      u32(of.eventfd ?? 0),
    ],
    label,
  )
const words = (...list: readonly Word[]): Word => block(list.map(u64))

/** IOPRIO_CLASS_BE, level 5. */
const IOPRIO = (2 << 13) | 5

export const iocbs = family(
  { 'io_cancel success': 'gives EINPROGRESS, and an event later' },
  {
    call: ['io_setup', 7, room(8)],
    args: { nr_events: 7 },
    out: { ctx_idp: (id: unknown) => Number(id) > 0xffff },
    returned: 0,
    text: 'io_setup(7, [0x…]) = 0',
  },
  {
    call: ['io_setup', 0, room(8)],
    args: { nr_events: 0 },
    error: 'EINVAL',
    text: 'io_setup(0, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    before: context,
    call: ['io_destroy', result(0)],
    args: { ctx_id: (id: unknown) => Number(id) > 0xffff },
    returned: 0,
    text: 'io_destroy(0x…) = 0',
  },
  {
    call: ['io_destroy', 0],
    args: { ctx_id: 0n },
    error: 'EINVAL',
    text: 'io_destroy(NULL) = -1 EINVAL (Invalid argument)',
  },
  {
    before: context,
    call: [
      'io_submit',
      result(0),
      5,
      words(
        iocb({ data: 0x11, opcode: IOCB_CMD_PWRITE, fd: 5, buffer: string('hello world'), bytes: 11, offset: 3 }),
        iocb({
          opcode: IOCB_CMD_PWRITEV,
          rwFlags: RWF.values.RWF_DSYNC,
          fd: 5,
          buffer: words(string('ab'), 2, string('cd'), 1),
          bytes: 2,
        }),
        iocb({ opcode: IOCB_CMD_PREADV, fd: 5, buffer: words(room(5), 5), bytes: 1, offset: 4 }),
        iocb({ opcode: IOCB_CMD_PREAD, fd: 5, buffer: room(3), bytes: 3, offset: 5 }),
        iocb({ opcode: IOCB_CMD_POLL, fd: 4, buffer: POLL.values.POLLIN | POLL.values.POLLOUT }),
      ),
    ],
    args: {
      nr: 5,
      iocbpp: [
        {
          aio_data: 0x11,
          aio_key: 0,
          aio_rw_flags: [],
          aio_lio_opcode: 'IOCB_CMD_PWRITE',
          aio_reqprio: 0,
          aio_fildes: 5,
          aio_buf: 'hello world',
          aio_nbytes: 11,
          aio_offset: 3,
          aio_flags: [],
        },
        {
          aio_rw_flags: ['RWF_DSYNC'],
          aio_lio_opcode: 'IOCB_CMD_PWRITEV',
          aio_buf: [
            { iov_base: 'ab', iov_len: 2 },
            { iov_base: 'c', iov_len: 1 },
          ],
          aio_nbytes: 2,
        },
        { aio_lio_opcode: 'IOCB_CMD_PREADV', aio_buf: [{ iov_base: 'EFAULT', iov_len: 5 }], aio_offset: 4 },
        { aio_lio_opcode: 'IOCB_CMD_PREAD', aio_buf: (buffer: unknown) => Number(buffer) > 0xffff, aio_nbytes: 3 },
        { aio_lio_opcode: 'IOCB_CMD_POLL', aio_fildes: 4, aio_buf: ['POLLIN', 'POLLOUT'] },
      ],
    },
    returned: 5,
    text:
      'io_submit(0x…, 5, [' +
      '{aio_data=0x11, aio_lio_opcode=IOCB_CMD_PWRITE, aio_fildes=5, aio_buf="hello world", aio_nbytes=11, aio_offset=3}, ' +
      '{aio_data=0, aio_rw_flags=RWF_DSYNC, aio_lio_opcode=IOCB_CMD_PWRITEV, aio_fildes=5, aio_buf=[{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=1}], aio_offset=0}, ' +
      '{aio_data=0, aio_lio_opcode=IOCB_CMD_PREADV, aio_fildes=5, aio_buf=[{iov_base=0x…, iov_len=5}], aio_offset=4}, ' +
      '{aio_data=0, aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=5, aio_buf=0x…, aio_nbytes=3, aio_offset=5}, ' +
      '{aio_data=0, aio_lio_opcode=IOCB_CMD_POLL, aio_fildes=4, aio_buf=POLLIN|POLLOUT}]) = 5',
  },
  {
    before: context,
    call: [
      'io_submit',
      result(0),
      2,
      words(
        iocb({
          data: 1,
          key: 9,
          opcode: IOCB_CMD_PREAD,
          priority: IOPRIO,
          fd: 5,
          buffer: 7,
          bytes: 1,
          offset: -1,
          flags: IOCB_FLAG_RESFD | IOCB_FLAG_IOPRIO | 8,
          eventfd: 77,
        }),
        1,
      ),
    ],
    args: {
      nr: 2,
      iocbpp: [
        {
          aio_data: 1,
          aio_key: 9,
          aio_lio_opcode: 'IOCB_CMD_PREAD',
          aio_reqprio: { class: 'IOPRIO_CLASS_BE', data: 5 },
          aio_fildes: 5,
          aio_buf: 7n,
          aio_nbytes: 1,
          aio_offset: -1,
          aio_flags: ['IOCB_FLAG_RESFD', 'IOCB_FLAG_IOPRIO', '0x8'],
          aio_resfd: 77,
        },
        'EFAULT',
      ],
    },
    error: 'EBADF',
    text: 'io_submit(0x…, 2, [{aio_data=0x1, aio_key=9, aio_lio_opcode=IOCB_CMD_PREAD, aio_reqprio=IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 5), aio_fildes=5, aio_buf=0x7, aio_nbytes=1, aio_offset=-1, aio_flags=IOCB_FLAG_RESFD|IOCB_FLAG_IOPRIO|0x8, aio_resfd=77}, 0x1]) = -1 EBADF (Bad file descriptor)',
  },
  {
    call: [
      'io_submit',
      0,
      3,
      words(
        iocb({ opcode: IOCB_CMD_NOOP, priority: 3, fd: -1, buffer: 5, flags: 1 }),
        iocb({ opcode: IOCB_CMD_PWRITEV, fd: 1, buffer: 5, bytes: -1 }),
        0,
      ),
    ],
    args: {
      ctx_id: 0n,
      iocbpp: [
        { aio_lio_opcode: 'IOCB_CMD_NOOP', aio_reqprio: 3, aio_fildes: -1, aio_buf: 5n },
        { aio_lio_opcode: 'IOCB_CMD_PWRITEV', aio_buf: 5n },
        null,
      ],
    },
    error: 'EINVAL',
    text: 'io_submit(NULL, 3, [{aio_data=0, aio_lio_opcode=IOCB_CMD_NOOP, aio_reqprio=3, aio_fildes=-1}, {aio_data=0, aio_lio_opcode=IOCB_CMD_PWRITEV, aio_fildes=1, aio_buf=0x5, aio_nbytes=18446744073709551615, aio_offset=0}, NULL]) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['io_submit', 0, -1, words(0)],
    args: { nr: -1 },
    error: 'EINVAL',
    text: 'io_submit(NULL, -1, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [
      ...context,
      [
        'io_submit',
        result(0),
        1,
        words(iocb({ data: 0x22, opcode: IOCB_CMD_PWRITE, fd: 5, buffer: string('hello'), bytes: 5 })),
      ],
    ],
    call: ['io_getevents', result(0), 1, 4, room(128), block([u64(5), u64(6)])],
    args: { min_nr: 1, nr: 4, timeout: { tv_sec: 5, tv_nsec: 6 } },
    out: { events: [{ data: 0x22, obj: (pointer: unknown) => Number(pointer) > 0xffff, res: 5, res2: 0 }] },
    returned: 1,
    text: 'io_getevents(0x…, 1, 4, [{data=0x22, obj=0x…, res=5, res2=0}], {tv_sec=5, tv_nsec=6}) = 1',
  },
  {
    call: ['io_getevents', 0, -2, 4, room(32), block([u64(5), u64(6)])],
    args: { ctx_id: 0n, min_nr: -2, nr: 4, timeout: { tv_sec: 5, tv_nsec: 6 } },
    error: 'EINVAL',
    text: 'io_getevents(NULL, -2, 4, 0x…, {tv_sec=5, tv_nsec=6}) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [
      ...context,
      [
        'io_submit',
        result(0),
        1,
        words(iocb({ data: 0x33, opcode: IOCB_CMD_POLL, fd: 4, buffer: POLL.values.POLLOUT })),
      ],
    ],
    call: ['io_pgetevents', result(0), 1, 2, room(64), 0, words(words(1n << 9n), 8)],
    args: { min_nr: 1, nr: 2, timeout: null, sig: { sigmask: ['SIGUSR1'], sigsetsize: 8 } },
    out: { events: [{ data: 0x33, res: POLL.values.POLLOUT, res2: 0 }] },
    returned: 1,
    text: 'io_pgetevents(0x…, 1, 2, [{data=0x33, obj=0x…, res=4, res2=0}], NULL, {sigmask=[USR1], sigsetsize=8}) = 1',
  },
  {
    call: ['io_pgetevents', 0, 1, 2, room(64), block([u64(0), u64(1)]), words(0, 8)],
    args: { min_nr: 1, nr: 2, timeout: { tv_sec: 0, tv_nsec: 1 }, sig: { sigmask: null, sigsetsize: 8 } },
    error: 'EINVAL',
    text: 'io_pgetevents(NULL, 1, 2, 0x…, {tv_sec=0, tv_nsec=1}, {sigmask=NULL, sigsetsize=8}) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['io_cancel', 0, iocb({ data: 0x44, opcode: IOCB_CMD_FDSYNC, fd: 5 }), room(32)],
    args: { ctx_id: 0n, iocb: { aio_data: 0x44, aio_lio_opcode: 'IOCB_CMD_FDSYNC', aio_fildes: 5 } },
    error: 'EINVAL',
    text: 'io_cancel(NULL, {aio_data=0x44, aio_lio_opcode=IOCB_CMD_FDSYNC, aio_fildes=5}, 0x…) = -1 EINVAL (Invalid argument)',
  },
)
