/** Reading, writing, moving bytes between descriptors, and descriptors themselves. */

import {
  CLOSE_RANGE,
  FALLOC,
  LOCK,
  O,
  O_ACCESS,
  POSIX_FADV,
  RWF,
  SEEK,
  SPLICE,
} from '../../src/table/constants/file.ts'
import { MEMFD_SECRET, MFD, SYNC_FILE_RANGE } from '../../src/table/constants/file.ts'
import { UFFD } from '../../src/table/constants/memory.ts'
import { EFD } from '../../src/table/constants/poll.ts'
import { RLIMIT } from '../../src/table/constants/process.ts'
import { SFD } from '../../src/table/constants/signal.ts'
import { CLOCK, TFD } from '../../src/table/constants/time.ts'
import { family } from './check.ts'
import { pretended } from './pretend.ts'
import { block, bytes, intAt, result, room, string, u64, type Call, type Word } from './script.ts'

const { O_RDWR } = O_ACCESS.values
const { O_CREAT, O_CLOEXEC, O_NONBLOCK, O_DIRECT } = O.values
const { SEEK_SET, SEEK_END, SEEK_DATA } = SEEK.values

/** A file with "hello world" in it: descriptor 3. */
const file: readonly Call[] = [
  ['open', string('file'), O_RDWR | O_CREAT, 0o600],
  ['pwrite64', result(0), string('hello world'), 11, 0],
]
/** And a pipe: 4 and 5. */
const fileAndPipe: readonly Call[] = [...file, ['pipe', room(8, 'pipe')]]
/** A pipe with "hello" in it: 3 and 4. */
const pipe: readonly Call[] = [
  ['pipe', room(8, 'pipe')],
  ['write', intAt('pipe', 4), string('hello'), 5],
]

/** struct iovec */
const buffers = (...list: readonly (readonly [Word, number])[]): Word =>
  block(list.flatMap(([base, length]) => [u64(base), u64(length)]))
/** struct itimerspec */
const timer = (interval: readonly [number, number], value: readonly [number, number]): Word =>
  block([...interval, ...value].map(u64))
const signals = (...numbers: readonly number[]): Word =>
  block([u64(numbers.reduce((mask, number) => mask | (1n << BigInt(number - 1)), 0n))])
const SIGUSR1 = 10
const SIGCHLD = 17

export const transfers = family(
  {},
  {
    before: [...file, ['lseek', result(0), 0, SEEK_END]],
    call: ['read', result(0), room(64), 64],
    args: { fd: 3, count: 64 },
    out: { buf: '' },
    returned: 0,
    text: 'read(3, "", 64) = 0',
  },
  {
    before: [...file, ['lseek', result(0), 6, SEEK_SET]],
    call: ['read', result(0), room(64), 64],
    args: { fd: 3, count: 64 },
    out: { buf: 'world' },
    returned: 5,
    text: 'read(3, "world", 64) = 5',
  },
  {
    before: file,
    call: ['read', result(0), 1, 64],
    args: { fd: 3, count: 64 },
    error: 'EFAULT',
    text: 'read(3, 0x1, 64) = -1 EFAULT (Bad address)',
  },
  {
    before: file,
    call: ['write', result(0), string('a line that is longer than what strace shows\n'), 45],
    args: { fd: 3, buf: 'a line that is longer than what strace shows\n', count: 45 },
    returned: 45,
    text: 'write(3, "a line that is longer than what "..., 45) = 45',
  },
  {
    call: ['write', -1, block([bytes(Uint8Array.of(0x68, 0xff, 0x0a, 0))]), 4],
    args: { fd: -1, buf: 'h\uDCFF\n\0', count: 4 },
    error: 'EBADF',
    text: String.raw`write(-1, "h\377\n\0", 4) = -1 EBADF (Bad file descriptor)`,
  },
  {
    before: file,
    call: ['pread64', result(0), room(3), 3, 4],
    args: { fd: 3, count: 3, offset: 4 },
    out: { buf: 'o w' },
    returned: 3,
    text: 'pread64(3, "o w", 3, 4) = 3',
  },
  {
    before: pipe,
    call: ['pread64', intAt('pipe'), room(3), 3, 4],
    args: { fd: 3, count: 3, offset: 4 },
    error: 'ESPIPE',
    text: 'pread64(3, 0x…, 3, 4) = -1 ESPIPE (Illegal seek)',
  },
  {
    before: file,
    call: ['pwrite64', result(0), string('HE'), 2, 0x1_0000_0000],
    args: { fd: 3, buf: 'HE', count: 2, offset: 0x1_0000_0000 },
    returned: 2,
    text: 'pwrite64(3, "HE", 2, 4294967296) = 2',
  },
  {
    before: file,
    call: ['pwrite64', result(0), string('HE'), 2, -1],
    args: { fd: 3, buf: 'HE', count: 2, offset: -1 },
    error: 'EINVAL',
    text: 'pwrite64(3, "HE", 2, -1) = -1 EINVAL (Invalid argument)',
  },
  {
    before: file,
    call: ['readv', result(0), buffers([room(6), 6], [room(8), 8], [room(8), 8]), 3],
    args: { fd: 3, iovcnt: 3 },
    out: {
      iov: [
        { iov_base: 'hello ', iov_len: 6 },
        { iov_base: 'world', iov_len: 8 },
        { iov_base: '', iov_len: 8 },
      ],
    },
    returned: 11,
    text: 'readv(3, [{iov_base="hello ", iov_len=6}, {iov_base="world", iov_len=8}, {iov_base="", iov_len=8}], 3) = 11',
  },
  {
    call: ['readv', -1, buffers([room(6), 6]), 1],
    args: { fd: -1, iovcnt: 1 },
    error: 'EBADF',
    text: 'readv(-1, [{iov_base=0x…, iov_len=6}], 1) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: file,
    call: ['writev', result(0), buffers([string('one'), 3], [0, 0], [string('two'), 2]), 3],
    args: {
      fd: 3,
      iov: [
        { iov_base: 'one', iov_len: 3 },
        { iov_base: null, iov_len: 0 },
        { iov_base: 'tw', iov_len: 2 },
      ],
      iovcnt: 3,
    },
    returned: 5,
    text: 'writev(3, [{iov_base="one", iov_len=3}, {iov_base=NULL, iov_len=0}, {iov_base="tw", iov_len=2}], 3) = 5',
  },
  {
    before: file,
    call: ['writev', result(0), buffers([1, 4]), 1],
    args: { fd: 3, iov: [{ iov_base: 'EFAULT', iov_len: 4 }], iovcnt: 1 },
    error: 'EFAULT',
    text: 'writev(3, [{iov_base=0x1, iov_len=4}], 1) = -1 EFAULT (Bad address)',
  },
  {
    before: file,
    call: ['preadv', result(0), buffers([room(2), 2], [room(4), 4]), 2, 7, 0],
    args: { fd: 3, iovcnt: 2, offset: 7 },
    out: {
      iov: [
        { iov_base: 'or', iov_len: 2 },
        { iov_base: 'ld', iov_len: 4 },
      ],
    },
    returned: 4,
    text: 'preadv(3, [{iov_base="or", iov_len=2}, {iov_base="ld", iov_len=4}], 2, 7) = 4',
  },
  {
    before: pipe,
    call: ['preadv', intAt('pipe'), buffers([room(2), 2]), 1, 7, 0],
    args: { fd: 3, iovcnt: 1, offset: 7 },
    error: 'ESPIPE',
    text: 'preadv(3, [{iov_base=0x…, iov_len=2}], 1, 7) = -1 ESPIPE (Illegal seek)',
  },
  {
    before: file,
    call: ['pwritev', result(0), buffers([string('ab'), 2], [string('cde'), 3]), 2, 11, 0],
    args: {
      fd: 3,
      iov: [
        { iov_base: 'ab', iov_len: 2 },
        { iov_base: 'cde', iov_len: 3 },
      ],
      iovcnt: 2,
      offset: 11,
    },
    returned: 5,
    text: 'pwritev(3, [{iov_base="ab", iov_len=2}, {iov_base="cde", iov_len=3}], 2, 11) = 5',
  },
  {
    call: ['pwritev', -1, buffers([string('ab'), 2]), 1, 11, 0],
    args: { fd: -1, iov: [{ iov_base: 'ab', iov_len: 2 }], iovcnt: 1, offset: 11 },
    error: 'EBADF',
    text: 'pwritev(-1, [{iov_base="ab", iov_len=2}], 1, 11) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: file,
    call: ['preadv2', result(0), buffers([room(5), 5]), 1, 6, 0, RWF.values.RWF_HIPRI],
    args: { fd: 3, iovcnt: 1, offset: 6, flags: ['RWF_HIPRI'] },
    out: { iov: [{ iov_base: 'world', iov_len: 5 }] },
    returned: 5,
    text: 'preadv2(3, [{iov_base="world", iov_len=5}], 1, 6, RWF_HIPRI) = 5',
  },
  {
    before: file,
    call: ['preadv2', result(0), buffers([room(5), 5]), 1, -1, -1, 0x4000_0000],
    args: { fd: 3, iovcnt: 1, offset: -1, flags: ['0x40000000'] },
    error: 'EOPNOTSUPP',
    text: 'preadv2(3, [{iov_base=0x…, iov_len=5}], 1, -1, 0x40000000 /* RWF_??? */) = -1 EOPNOTSUPP (Operation not supported)',
  },
  {
    before: file,
    call: ['pwritev2', result(0), buffers([string('HE'), 2]), 1, 0, 0, RWF.values.RWF_DSYNC | RWF.values.RWF_SYNC],
    args: { fd: 3, iov: [{ iov_base: 'HE', iov_len: 2 }], iovcnt: 1, offset: 0, flags: ['RWF_DSYNC', 'RWF_SYNC'] },
    returned: 2,
    text: 'pwritev2(3, [{iov_base="HE", iov_len=2}], 1, 0, RWF_DSYNC|RWF_SYNC) = 2',
  },
  {
    call: ['pwritev2', -1, buffers([string('HE'), 2]), 1, 0, 0, 0],
    args: { fd: -1, iov: [{ iov_base: 'HE', iov_len: 2 }], iovcnt: 1, offset: 0, flags: [] },
    error: 'EBADF',
    text: 'pwritev2(-1, [{iov_base="HE", iov_len=2}], 1, 0, 0) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: file,
    call: ['lseek', result(0), -4, SEEK_END],
    args: { fd: 3, offset: -4, whence: 'SEEK_END' },
    returned: 7,
    text: 'lseek(3, -4, SEEK_END) = 7',
  },
  {
    before: file,
    call: ['lseek', result(0), 50, SEEK_DATA],
    args: { fd: 3, offset: 50, whence: 'SEEK_DATA' },
    error: 'ENXIO',
    text: 'lseek(3, 50, SEEK_DATA) = -1 ENXIO (No such device or address)',
  },
  {
    call: ['lseek', 0, 0, 9],
    args: { fd: 0, offset: 0, whence: '0x9' },
    error: 'EINVAL',
    text: 'lseek(0, 0, 0x9 /* SEEK_??? */) = -1 EINVAL (Invalid argument)',
  },
  { before: file, call: ['dup', result(0)], args: { oldfd: 3 }, returned: 4, text: 'dup(3) = 4' },
  { call: ['dup', -1], args: { oldfd: -1 }, error: 'EBADF', text: 'dup(-1) = -1 EBADF (Bad file descriptor)' },
  { before: file, call: ['dup2', 3, 9], args: { oldfd: 3, newfd: 9 }, returned: 9, text: 'dup2(3, 9) = 9' },
  {
    call: ['dup2', 77, 9],
    args: { oldfd: 77, newfd: 9 },
    error: 'EBADF',
    text: 'dup2(77, 9) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: file,
    call: ['dup3', 3, 9, O_CLOEXEC],
    args: { oldfd: 3, newfd: 9, flags: ['O_CLOEXEC'] },
    returned: 9,
    text: 'dup3(3, 9, O_CLOEXEC) = 9',
  },
  {
    before: file,
    call: ['dup3', 3, 3, 0],
    args: { oldfd: 3, newfd: 3, flags: [] },
    error: 'EINVAL',
    text: 'dup3(3, 3, 0) = -1 EINVAL (Invalid argument)',
  },
  { call: ['pipe', room(8)], out: { pipefd: [3, 4] }, returned: 0, text: 'pipe([3, 4]) = 0' },
  { call: ['pipe', 1], error: 'EFAULT', text: 'pipe(0x1) = -1 EFAULT (Bad address)' },
  {
    call: ['pipe2', room(8), O_NONBLOCK | O_CLOEXEC | O_DIRECT],
    args: { flags: ['O_NONBLOCK', 'O_DIRECT', 'O_CLOEXEC'] },
    out: { pipefd: [3, 4] },
    returned: 0,
    text: 'pipe2([3, 4], O_NONBLOCK|O_DIRECT|O_CLOEXEC) = 0',
  },
  {
    call: ['pipe2', room(8), O_CREAT],
    args: { flags: ['O_CREAT'] },
    error: 'EINVAL',
    text: 'pipe2(0x…, O_CREAT) = -1 EINVAL (Invalid argument)',
  },
  { before: file, call: ['close', 3], args: { fd: 3 }, returned: 0, text: 'close(3) = 0' },
  { call: ['close', 3], args: { fd: 3 }, error: 'EBADF', text: 'close(3) = -1 EBADF (Bad file descriptor)' },
  {
    before: file,
    call: ['close_range', 3, 0xffff_ffff, CLOSE_RANGE.values.CLOSE_RANGE_CLOEXEC],
    args: { first: 3, last: 0xffff_ffff, flags: ['CLOSE_RANGE_CLOEXEC'] },
    returned: 0,
    text: 'close_range(3, 4294967295, CLOSE_RANGE_CLOEXEC) = 0',
  },
  {
    call: ['close_range', 4, 3, 0],
    args: { first: 4, last: 3, flags: [] },
    error: 'EINVAL',
    text: 'close_range(4, 3, 0) = -1 EINVAL (Invalid argument)',
  },
  {
    before: fileAndPipe,
    call: ['sendfile', intAt('pipe', 4), 3, block([u64(6)]), 64],
    args: { out_fd: 5, in_fd: 3, offset: 6, count: 64 },
    out: { offset: 11 },
    returned: 5,
    text: 'sendfile(5, 3, [6 => 11], 64) = 5',
  },
  {
    before: file,
    call: ['sendfile', 3, 77, block([u64(6)]), 64],
    args: { out_fd: 3, in_fd: 77, offset: 6, count: 64 },
    error: 'EBADF',
    text: 'sendfile(3, 77, [6], 64) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: fileAndPipe,
    call: ['splice', 3, block([u64(6)]), 5, 0, 64, SPLICE.values.SPLICE_F_MOVE | SPLICE.values.SPLICE_F_MORE],
    args: {
      fd_in: 3,
      off_in: 6,
      fd_out: 5,
      off_out: null,
      len: 64,
      flags: ['SPLICE_F_MOVE', 'SPLICE_F_MORE'],
    },
    out: { off_in: 11, off_out: null },
    returned: 5,
    text: 'splice(3, [6], 5, NULL, 64, SPLICE_F_MOVE|SPLICE_F_MORE) = 5',
  },
  {
    before: fileAndPipe,
    call: ['splice', 4, 0, 5, block([u64(-3)]), 64, 0],
    args: { fd_in: 4, off_in: null, fd_out: 5, off_out: -3, len: 64, flags: [] },
    error: 'ESPIPE',
    text: 'splice(4, NULL, 5, [-3], 64, 0) = -1 ESPIPE (Illegal seek)',
  },
  {
    before: [...pipe, ['pipe', room(8)]],
    call: ['tee', 3, 6, 64, SPLICE.values.SPLICE_F_NONBLOCK],
    args: { fd_in: 3, fd_out: 6, len: 64, flags: ['SPLICE_F_NONBLOCK'] },
    returned: 5,
    text: 'tee(3, 6, 64, SPLICE_F_NONBLOCK) = 5',
  },
  {
    before: pipe,
    call: ['tee', 3, 4, 64, 0],
    args: { fd_in: 3, fd_out: 4, len: 64, flags: [] },
    error: 'EINVAL',
    text: 'tee(3, 4, 64, 0) = -1 EINVAL (Invalid argument)',
  },
  {
    before: pipe,
    call: ['vmsplice', 4, buffers([string('one'), 3], [string('two'), 3]), 2, SPLICE.values.SPLICE_F_GIFT],
    args: {
      fd: 4,
      iov: [
        { iov_base: 'one', iov_len: 3 },
        { iov_base: 'two', iov_len: 3 },
      ],
      nr_segs: 2,
      flags: ['SPLICE_F_GIFT'],
    },
    returned: 6,
    text: 'vmsplice(4, [{iov_base="one", iov_len=3}, {iov_base="two", iov_len=3}], 2, SPLICE_F_GIFT) = 6',
  },
  {
    before: file,
    call: ['vmsplice', 3, buffers([string('one'), 3]), 1, 0],
    args: { fd: 3, iov: [{ iov_base: 'one', iov_len: 3 }], nr_segs: 1, flags: [] },
    error: 'EBADF',
    text: 'vmsplice(3, [{iov_base="one", iov_len=3}], 1, 0) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: [...file, ['open', string('copy'), O_RDWR | O_CREAT, 0o600]],
    call: ['copy_file_range', 3, block([u64(6)]), 4, block([u64(100)]), 64, 0],
    args: { fd_in: 3, off_in: 6, fd_out: 4, off_out: 100, len: 64, flags: 0 },
    out: { off_in: 11, off_out: 105 },
    returned: 5,
    text: 'copy_file_range(3, [6], 4, [100], 64, 0) = 5',
  },
  {
    before: file,
    call: ['copy_file_range', 3, 0, 77, 1, 64, 0],
    args: { fd_in: 3, off_in: null, fd_out: 77, off_out: 'EFAULT', len: 64, flags: 0 },
    error: 'EBADF',
    text: 'copy_file_range(3, NULL, 77, 0x1, 64, 0) = -1 EBADF (Bad file descriptor)',
  },
  { before: file, call: ['fsync', 3], args: { fd: 3 }, returned: 0, text: 'fsync(3) = 0' },
  {
    before: pipe,
    call: ['fsync', 3],
    args: { fd: 3 },
    error: 'EINVAL',
    text: 'fsync(3) = -1 EINVAL (Invalid argument)',
  },
  { before: file, call: ['fdatasync', 3], args: { fd: 3 }, returned: 0, text: 'fdatasync(3) = 0' },
  {
    call: ['fdatasync', -7],
    args: { fd: -7 },
    error: 'EBADF',
    text: 'fdatasync(-7) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: file,
    call: [
      'sync_file_range',
      3,
      1,
      5,
      SYNC_FILE_RANGE.values.SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE.values.SYNC_FILE_RANGE_WAIT_AFTER,
    ],
    args: {
      fd: 3,
      offset: 1,
      nbytes: 5,
      flags: ['SYNC_FILE_RANGE_WRITE', 'SYNC_FILE_RANGE_WAIT_AFTER'],
    },
    returned: 0,
    text: 'sync_file_range(3, 1, 5, SYNC_FILE_RANGE_WRITE|SYNC_FILE_RANGE_WAIT_AFTER) = 0',
  },
  {
    before: file,
    call: ['sync_file_range', 3, -1, 5, 8],
    args: { fd: 3, offset: -1, nbytes: 5, flags: ['0x8'] },
    error: 'EINVAL',
    text: 'sync_file_range(3, -1, 5, 0x8 /* SYNC_FILE_RANGE_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: file,
    call: ['fallocate', 3, FALLOC.values.FALLOC_FL_KEEP_SIZE, 4096, 8192],
    args: { fd: 3, mode: ['FALLOC_FL_KEEP_SIZE'], offset: 4096, len: 8192 },
    returned: 0,
    text: 'fallocate(3, FALLOC_FL_KEEP_SIZE, 4096, 8192) = 0',
  },
  {
    before: file,
    call: ['fallocate', 3, 0, -1, 0],
    args: { fd: 3, mode: [], offset: -1, len: 0 },
    error: 'EINVAL',
    text: 'fallocate(3, 0, -1, 0) = -1 EINVAL (Invalid argument)',
  },
  {
    before: file,
    call: ['fadvise64', 3, 1, 10, POSIX_FADV.values.POSIX_FADV_WILLNEED],
    args: { fd: 3, offset: 1, len: 10, advice: 'POSIX_FADV_WILLNEED' },
    returned: 0,
    text: 'fadvise64(3, 1, 10, POSIX_FADV_WILLNEED) = 0',
  },
  {
    before: file,
    call: ['fadvise64', 3, 0, 0, 9],
    args: { fd: 3, offset: 0, len: 0, advice: '0x9' },
    error: 'EINVAL',
    text: 'fadvise64(3, 0, 0, 0x9 /* POSIX_FADV_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: file,
    call: ['readahead', 3, 2, 64],
    args: { fd: 3, offset: 2, count: 64 },
    returned: 0,
    text: 'readahead(3, 2, 64) = 0',
  },
  {
    call: ['readahead', -1, -2, 64],
    args: { fd: -1, offset: -2, count: 64 },
    error: 'EBADF',
    text: 'readahead(-1, -2, 64) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: file,
    call: ['flock', 3, LOCK.values.LOCK_EX | LOCK.values.LOCK_NB],
    args: { fd: 3, op: ['LOCK_EX', 'LOCK_NB'] },
    returned: 0,
    text: 'flock(3, LOCK_EX|LOCK_NB) = 0',
  },
  {
    before: [...file, ['flock', 3, LOCK.values.LOCK_EX], ['open', string('file'), O_RDWR, 0]],
    call: ['flock', 4, LOCK.values.LOCK_SH | LOCK.values.LOCK_NB],
    args: { fd: 4, op: ['LOCK_SH', 'LOCK_NB'] },
    error: 'EAGAIN',
    text: 'flock(4, LOCK_SH|LOCK_NB) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    call: ['memfd_create', string('some memory'), MFD.values.MFD_CLOEXEC | MFD.values.MFD_ALLOW_SEALING],
    args: { name: 'some memory', flags: ['MFD_CLOEXEC', 'MFD_ALLOW_SEALING'] },
    returned: 3,
    text: 'memfd_create("some memory", MFD_CLOEXEC|MFD_ALLOW_SEALING) = 3',
  },
  {
    call: ['memfd_create', string('some memory'), MFD.values.MFD_HUGETLB | (21 << 26) | 0x400],
    args: { name: 'some memory', flags: ['MFD_HUGETLB', '0x54000400'] },
    error: 'EINVAL',
    text: 'memfd_create("some memory", MFD_HUGETLB|0x400|21<<MFD_HUGE_SHIFT) = -1 EINVAL (Invalid argument)',
  },
  {
    // Not every kernel has it switched on.
    before: pretended('memfd_secret'),
    call: ['memfd_secret', MEMFD_SECRET.values.O_CLOEXEC],
    args: { flags: ['O_CLOEXEC'] },
    text: 'memfd_secret(O_CLOEXEC) = 0',
  },
  {
    options: { deny: { calls: 'memfd_secret', error: 'EINVAL' } },
    call: ['memfd_secret', 0x10],
    args: { flags: ['0x10'] },
    error: 'EINVAL',
    text: 'memfd_secret(0x10) = -1 EINVAL (Invalid argument) (INJECTED)',
  },
  { call: ['eventfd', 7], args: { initval: 7 }, returned: 3, text: 'eventfd(7) = 3' },
  {
    before: [['setrlimit', RLIMIT.values.RLIMIT_NOFILE, block([u64(3), u64(3)])]],
    call: ['eventfd', 0],
    args: { initval: 0 },
    error: 'EMFILE',
    text: 'eventfd(0) = -1 EMFILE (Too many open files)',
  },
  {
    call: ['eventfd2', 0xffff_ffff, EFD.values.EFD_CLOEXEC | EFD.values.EFD_SEMAPHORE | EFD.values.EFD_NONBLOCK],
    args: { initval: 0xffff_ffff, flags: ['EFD_SEMAPHORE', 'EFD_CLOEXEC', 'EFD_NONBLOCK'] },
    returned: 3,
    text: 'eventfd2(4294967295, EFD_SEMAPHORE|EFD_CLOEXEC|EFD_NONBLOCK) = 3',
  },
  {
    call: ['eventfd2', 0, 0x10],
    args: { initval: 0, flags: ['0x10'] },
    error: 'EINVAL',
    text: 'eventfd2(0, 0x10 /* EFD_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['timerfd_create', CLOCK.values.CLOCK_MONOTONIC, TFD.values.TFD_CLOEXEC | TFD.values.TFD_NONBLOCK],
    args: { clockid: 'CLOCK_MONOTONIC', flags: ['TFD_CLOEXEC', 'TFD_NONBLOCK'] },
    returned: 3,
    text: 'timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC|TFD_NONBLOCK) = 3',
  },
  {
    call: ['timerfd_create', CLOCK.values.CLOCK_THREAD_CPUTIME_ID, 0],
    args: { clockid: 'CLOCK_THREAD_CPUTIME_ID', flags: [] },
    error: 'EINVAL',
    text: 'timerfd_create(CLOCK_THREAD_CPUTIME_ID, 0) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['timerfd_create', CLOCK.values.CLOCK_REALTIME, 0]],
    call: [
      'timerfd_settime',
      3,
      TFD.values.TFD_TIMER_ABSTIME | TFD.values.TFD_TIMER_CANCEL_ON_SET,
      timer([5, 6], [7_000_000_000, 8]),
      room(32),
    ],
    args: {
      fd: 3,
      flags: ['TFD_TIMER_ABSTIME', 'TFD_TIMER_CANCEL_ON_SET'],
      new_value: { it_interval: { tv_sec: 5, tv_nsec: 6 }, it_value: { tv_sec: 7_000_000_000, tv_nsec: 8 } },
    },
    out: { old_value: { it_interval: { tv_sec: 0, tv_nsec: 0 }, it_value: { tv_sec: 0, tv_nsec: 0 } } },
    returned: 0,
    text: 'timerfd_settime(3, TFD_TIMER_ABSTIME|TFD_TIMER_CANCEL_ON_SET, {it_interval={tv_sec=5, tv_nsec=6}, it_value={tv_sec=7000000000, tv_nsec=8}}, {it_interval={tv_sec=0, tv_nsec=0}, it_value={tv_sec=0, tv_nsec=0}}) = 0',
  },
  {
    before: [['timerfd_create', CLOCK.values.CLOCK_REALTIME, 0]],
    call: ['timerfd_settime', 3, 0, timer([0, 0], [1, 1_000_000_000]), 0],
    args: {
      fd: 3,
      flags: [],
      new_value: { it_interval: { tv_sec: 0, tv_nsec: 0 }, it_value: { tv_sec: 1, tv_nsec: 1_000_000_000 } },
    },
    error: 'EINVAL',
    text: 'timerfd_settime(3, 0, {it_interval={tv_sec=0, tv_nsec=0}, it_value={tv_sec=1, tv_nsec=1000000000}}, NULL) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [
      ['timerfd_create', CLOCK.values.CLOCK_BOOTTIME, 0],
      ['timerfd_settime', 3, 0, timer([11, 12], [7_000_000_000, 0]), 0],
    ],
    call: ['timerfd_gettime', 3, room(32)],
    args: { fd: 3 },
    out: { curr_value: { it_interval: { tv_sec: 11, tv_nsec: 12 }, it_value: { tv_sec: 6_999_999_999 } } },
    returned: 0,
    text: 'timerfd_gettime(3, {it_interval={tv_sec=11, tv_nsec=12}, it_value={tv_sec=6999999999, tv_nsec=…}}) = 0',
  },
  {
    before: file,
    call: ['timerfd_gettime', 3, room(32)],
    args: { fd: 3 },
    error: 'EINVAL',
    text: 'timerfd_gettime(3, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['signalfd', -1, signals(SIGUSR1, SIGCHLD), 8],
    args: { fd: -1, mask: ['SIGUSR1', 'SIGCHLD'], sizemask: 8 },
    returned: 3,
    text: 'signalfd(-1, [USR1 CHLD], 8) = 3',
  },
  {
    call: ['signalfd', -1, signals(SIGUSR1), 16],
    args: { fd: -1, mask: ['SIGUSR1'], sizemask: 16 },
    error: 'EINVAL',
    text: 'signalfd(-1, 0x…, 16) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['signalfd4', -1, signals(SIGUSR1), 8, 0]],
    call: ['signalfd4', 3, signals(SIGCHLD, 34), 8, SFD.values.SFD_CLOEXEC | SFD.values.SFD_NONBLOCK],
    args: { fd: 3, mask: ['SIGCHLD', 'SIGRT_2'], sizemask: 8, flags: ['SFD_CLOEXEC', 'SFD_NONBLOCK'] },
    returned: 3,
    text: 'signalfd4(3, [CHLD RT_2], 8, SFD_CLOEXEC|SFD_NONBLOCK) = 3',
  },
  {
    call: ['signalfd4', -1, signals(SIGUSR1), 8, 0x10],
    args: { fd: -1, mask: ['SIGUSR1'], sizemask: 8, flags: ['0x10'] },
    error: 'EINVAL',
    text: 'signalfd4(-1, [USR1], 8, 0x10 /* SFD_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['userfaultfd', UFFD.values.UFFD_USER_MODE_ONLY | UFFD.values.O_CLOEXEC],
    args: { flags: ['UFFD_USER_MODE_ONLY', 'O_CLOEXEC'] },
    returned: 3,
    text: 'userfaultfd(UFFD_USER_MODE_ONLY|O_CLOEXEC) = 3',
  },
  {
    call: ['userfaultfd', UFFD.values.UFFD_USER_MODE_ONLY | 2],
    args: { flags: ['UFFD_USER_MODE_ONLY', '0x2'] },
    error: 'EINVAL',
    text: 'userfaultfd(UFFD_USER_MODE_ONLY|0x2) = -1 EINVAL (Invalid argument)',
  },
)
