/** Waiting for descriptors. */

import { O } from '../../src/table/constants/file.ts'
import { EPOLL, EPOLL_CREATE, EPOLL_CTL, POLL } from '../../src/table/constants/poll.ts'
import { family } from './check.ts'
import { block, room, string, u16, u32, u64, type Call, type Word } from './script.ts'

const { POLLIN, POLLOUT, POLLPRI, POLLRDHUP } = POLL.values
const { EPOLLIN, EPOLLOUT, EPOLLET, EPOLLONESHOT } = EPOLL.values
const { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } = EPOLL_CTL.values

/** A pipe with "hello" in it: 3 and 4. */
const pipe: readonly Call[] = [
  ['pipe', room(8)],
  ['write', 4, string('hello'), 5],
]
/** A pipe with "hello" in it, 3 and 4, and an epoll instance that waits for both: 5. */
const watched: readonly Call[] = [
  ...pipe,
  ['epoll_create1', 0],
  ['epoll_ctl', 5, EPOLL_CTL_ADD, 3, block([u32(EPOLLIN), u64(0x1234_5678_9abc_def0n)])],
  ['epoll_ctl', 5, EPOLL_CTL_ADD, 4, block([u32(EPOLLOUT), u64(4)])],
]

/** struct pollfd */
const polled = (...list: readonly (readonly [number, number])[]): Word =>
  block(list.flatMap(([fd, events]) => [u32(fd), u16(events), u16(0)]))
/** struct timespec or timeval */
const time = (seconds: number, part: number): Word => block([u64(seconds), u64(part)])
/** fd_set for up to 64 descriptors. */
const set = (...fds: readonly number[]): Word => block([u64(fds.reduce((mask, fd) => mask | (1n << BigInt(fd)), 0n))])
/** A set of signals: SIGUSR1 and SIGCHLD. */
const SIGNALS = (1n << 9n) | (1n << 16n)
const signals = (): Word => block([u64(SIGNALS)])

export const poll = family(
  {
    'epoll_ctl_old success': 'no kernel has it',
    'epoll_wait_old success': 'no kernel has it',
  },
  {
    before: pipe,
    call: ['poll', polled([3, POLLIN | POLLPRI], [-1, POLLIN], [4, POLLIN | POLLRDHUP], [4, POLLOUT]), 4, 1000],
    args: {
      fds: [
        { fd: 3, events: ['POLLIN', 'POLLPRI'], revents: [] },
        { fd: -1, events: ['POLLIN'] },
        { fd: 4, events: ['POLLIN', 'POLLRDHUP'] },
        { fd: 4, events: ['POLLOUT'] },
      ],
      nfds: 4,
      timeout: 1000,
    },
    out: {
      fds: [
        { fd: 3, events: ['POLLIN', 'POLLPRI'], revents: ['POLLIN'] },
        { fd: -1, revents: [] },
        { fd: 4, revents: [] },
        { fd: 4, revents: ['POLLOUT'] },
      ],
    },
    returned: 2,
    text: 'poll([{fd=3, events=POLLIN|POLLPRI}, {fd=-1}, {fd=4, events=POLLIN|POLLRDHUP}, {fd=4, events=POLLOUT}], 4, 1000) = 2 ([{fd=3, revents=POLLIN}, {fd=4, revents=POLLOUT}])',
  },
  {
    before: pipe,
    call: ['poll', polled([4, POLLIN]), 1, 1],
    args: { fds: [{ fd: 4, events: ['POLLIN'] }], nfds: 1, timeout: 1 },
    returned: 0,
    text: 'poll([{fd=4, events=POLLIN}], 1, 1) = 0 (Timeout)',
  },
  {
    call: ['poll', polled([77, POLLIN]), 1, -1],
    out: { fds: [{ fd: 77, events: ['POLLIN'], revents: ['POLLNVAL'] }] },
    returned: 1,
    text: 'poll([{fd=77, events=POLLIN}], 1, -1) = 1 ([{fd=77, revents=POLLNVAL}])',
  },
  {
    call: ['poll', polled([77, POLLIN]), 1, -1],
    returned: 1,
    text: 'poll([{fd=77, events=0x1 /* POLLIN */}], 1, -1) = 1 ([{fd=77, revents=0x20 /* POLLNVAL */}])',
    style: { constants: 'verbose' },
  },
  {
    call: ['poll', 1, 2, 0],
    args: { fds: 'EFAULT', nfds: 2, timeout: 0 },
    error: 'EFAULT',
    text: 'poll(0x1, 2, 0) = -1 EFAULT (Bad address)',
  },
  {
    before: pipe,
    call: ['select', 5, set(3), set(4), 0, time(3, 4)],
    args: { nfds: 5, readfds: [3], writefds: [4], exceptfds: null, timeout: { tv_sec: 3, tv_usec: 4 } },
    out: { readfds: [3], writefds: [4], exceptfds: null, timeout: { tv_sec: (left: number) => left <= 3 } },
    returned: 2,
    text: 'select(5, [3], [4], NULL, {tv_sec=3, tv_usec=4}) = 2 (in [3], out [4], left {tv_sec=…, tv_usec=…})',
  },
  {
    before: pipe,
    call: ['select', 5, set(4), set(), set(3, 4), time(0, 1)],
    args: { nfds: 5, readfds: [4], writefds: [], exceptfds: [3, 4], timeout: { tv_sec: 0, tv_usec: 1 } },
    out: { readfds: [], writefds: [], exceptfds: [], timeout: { tv_sec: 0, tv_usec: 0 } },
    returned: 0,
    text: 'select(5, [4], [], [3 4], {tv_sec=0, tv_usec=1}) = 0 (Timeout)',
  },
  {
    call: ['select', 64, set(63), 0, 0, 0],
    args: { nfds: 64, readfds: [63], writefds: null, exceptfds: null, timeout: null },
    error: 'EBADF',
    text: 'select(64, [63], NULL, NULL, NULL) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: pipe,
    call: ['pselect6', 5, set(3), 0, 0, time(5, 6), block([u64(signals()), u64(8)])],
    args: {
      nfds: 5,
      readfds: [3],
      timeout: { tv_sec: 5, tv_nsec: 6 },
      sig: { sigmask: ['SIGUSR1', 'SIGCHLD'], sigsetsize: 8 },
    },
    out: { readfds: [3], timeout: { tv_sec: (left: number) => left <= 5 } },
    returned: 1,
    text: 'pselect6(5, [3], NULL, NULL, {tv_sec=5, tv_nsec=6}, {sigmask=[USR1 CHLD], sigsetsize=8}) = 1 (in [3], left {tv_sec=…, tv_nsec=…})',
  },
  {
    call: ['pselect6', -1, set(3), 0, 0, 0, block([u64(0), u64(8)])],
    args: { nfds: -1, timeout: null, sig: { sigmask: null, sigsetsize: 8 } },
    error: 'EINVAL',
    text: 'pselect6(-1, 0x…, NULL, NULL, NULL, {sigmask=NULL, sigsetsize=8}) = -1 EINVAL (Invalid argument)',
  },
  {
    before: pipe,
    call: ['ppoll', polled([3, POLLIN], [4, POLLOUT], [3, POLLPRI]), 3, time(7, 8), signals(), 8],
    args: {
      fds: [
        { fd: 3, events: ['POLLIN'] },
        { fd: 4, events: ['POLLOUT'] },
        { fd: 3, events: ['POLLPRI'] },
      ],
      nfds: 3,
      tmo_p: { tv_sec: 7, tv_nsec: 8 },
      sigmask: ['SIGUSR1', 'SIGCHLD'],
      sigsetsize: 8,
    },
    out: {
      fds: [
        { fd: 3, revents: ['POLLIN'] },
        { fd: 4, revents: ['POLLOUT'] },
        { fd: 3, revents: [] },
      ],
      tmo_p: { tv_sec: (left: number) => left <= 7 },
    },
    returned: 2,
    style: { stringLimit: 2 },
    text: 'ppoll([{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}, ...], 3, {tv_sec=7, tv_nsec=8}, [USR1 CHLD], 8) = 2 ([{fd=3, revents=POLLIN}, {fd=4, revents=POLLOUT}], left {tv_sec=…, tv_nsec=…})',
  },
  {
    before: pipe,
    // The kernel reads 32 bits of nfds.
    call: ['ppoll', polled([4, POLLOUT], [4, POLLOUT], [4, POLLOUT]), 0xffff_ffff_0000_0003n, 0, 0, 8],
    args: { nfds: 3, tmo_p: null, sigmask: null, sigsetsize: 8 },
    out: { tmo_p: null },
    returned: 3,
    options: { stringLimit: 2 },
    style: { stringLimit: 2 },
    text: 'ppoll([{fd=4, events=POLLOUT}, {fd=4, events=POLLOUT}, ...], 3, NULL, NULL, 8) = 3 ([{fd=4, revents=POLLOUT}, {fd=4, revents=POLLOUT}, ...])',
  },
  {
    before: pipe,
    call: ['ppoll', polled([4, POLLIN]), 1, time(0, 1_000_000_000), 0, 0],
    args: { fds: [{ fd: 4, events: ['POLLIN'] }], nfds: 1, tmo_p: { tv_sec: 0, tv_nsec: 1_000_000_000 } },
    error: 'EINVAL',
    text: 'ppoll([{fd=4, events=POLLIN}], 1, {tv_sec=0, tv_nsec=1000000000}, NULL, 0) = -1 EINVAL (Invalid argument)',
  },
  { call: ['epoll_create', 9], args: { size: 9 }, returned: 3, text: 'epoll_create(9) = 3' },
  {
    call: ['epoll_create', 0],
    args: { size: 0 },
    error: 'EINVAL',
    text: 'epoll_create(0) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['epoll_create1', EPOLL_CREATE.values.EPOLL_CLOEXEC],
    args: { flags: ['EPOLL_CLOEXEC'] },
    returned: 3,
    text: 'epoll_create1(EPOLL_CLOEXEC) = 3',
  },
  {
    call: ['epoll_create1', O.values.O_APPEND],
    args: { flags: ['0x400'] },
    error: 'EINVAL',
    text: 'epoll_create1(0x400 /* EPOLL_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [...pipe, ['epoll_create1', 0]],
    call: [
      'epoll_ctl',
      5,
      EPOLL_CTL_ADD,
      3,
      block([u32((EPOLLIN | EPOLLONESHOT | EPOLLET) >>> 0), u64(0x1234_5678_9abc_def0n)]),
    ],
    args: {
      epfd: 5,
      op: 'EPOLL_CTL_ADD',
      fd: 3,
      event: { events: ['EPOLLIN', 'EPOLLONESHOT', 'EPOLLET'], data: 0x1234_5678_9abc_def0n },
    },
    returned: 0,
    text: 'epoll_ctl(5, EPOLL_CTL_ADD, 3, {events=EPOLLIN|EPOLLONESHOT|EPOLLET, data=0x123456789abcdef0}) = 0',
  },
  {
    before: watched,
    call: ['epoll_ctl', 5, EPOLL_CTL_DEL, 3, 0],
    args: { epfd: 5, op: 'EPOLL_CTL_DEL', fd: 3, event: 0n },
    returned: 0,
    text: 'epoll_ctl(5, EPOLL_CTL_DEL, 3, NULL) = 0',
  },
  {
    before: [...pipe, ['epoll_create1', 0]],
    call: ['epoll_ctl', 5, EPOLL_CTL_MOD, 3, block([u32(EPOLLOUT), u64(7)])],
    args: { epfd: 5, op: 'EPOLL_CTL_MOD', fd: 3, event: { events: ['EPOLLOUT'], data: 7 } },
    error: 'ENOENT',
    text: 'epoll_ctl(5, EPOLL_CTL_MOD, 3, {events=EPOLLOUT, data=0x7}) = -1 ENOENT (No such file or directory)',
  },
  {
    call: ['epoll_ctl_old', 1, 2, 3, 4],
    args: { arg1: 1, arg2: 2, arg3: 3, arg4: 4 },
    error: 'ENOSYS',
    text: 'epoll_ctl_old(0x1, 0x2, 0x3, 0x4) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['epoll_wait_old', 1, 0, 3, 4],
    args: { arg1: 1, arg2: 0, arg3: 3, arg4: 4 },
    error: 'ENOSYS',
    text: 'epoll_wait_old(0x1, 0, 0x3, 0x4) = -1 ENOSYS (Function not implemented)',
  },
  {
    before: watched,
    call: ['epoll_wait', 5, room(48), 4, 100],
    args: { epfd: 5, maxevents: 4, timeout: 100 },
    out: {
      events: [
        { events: ['EPOLLIN'], data: 0x1234_5678_9abc_def0n },
        { events: ['EPOLLOUT'], data: 4 },
      ],
    },
    returned: 2,
    text: 'epoll_wait(5, [{events=EPOLLIN, data=0x123456789abcdef0}, {events=EPOLLOUT, data=0x4}], 4, 100) = 2',
  },
  {
    before: [['epoll_create1', 0]],
    call: ['epoll_wait', 3, room(12), 0, -1],
    args: { epfd: 3, maxevents: 0, timeout: -1 },
    error: 'EINVAL',
    text: 'epoll_wait(3, 0x…, 0, -1) = -1 EINVAL (Invalid argument)',
  },
  {
    before: watched,
    call: ['epoll_pwait', 5, room(12), 1, 100, signals(), 8],
    args: { epfd: 5, maxevents: 1, timeout: 100, sigmask: ['SIGUSR1', 'SIGCHLD'], sigsetsize: 8 },
    out: { events: [{ events: ['EPOLLIN'], data: 0x1234_5678_9abc_def0n }] },
    returned: 1,
    text: 'epoll_pwait(5, [{events=EPOLLIN, data=0x123456789abcdef0}], 1, 100, [USR1 CHLD], 8) = 1',
  },
  {
    before: [['epoll_create1', 0]],
    call: ['epoll_pwait', 3, room(12), 1, 0, signals(), 9],
    args: { epfd: 3, maxevents: 1, timeout: 0, sigmask: ['SIGUSR1', 'SIGCHLD'], sigsetsize: 9 },
    error: 'EINVAL',
    text: 'epoll_pwait(3, 0x…, 1, 0, 0x…, 9) = -1 EINVAL (Invalid argument)',
  },
  {
    before: watched,
    call: ['epoll_pwait2', 5, room(48), 4, time(1, 2), 0, 8],
    args: { epfd: 5, maxevents: 4, timeout: { tv_sec: 1, tv_nsec: 2 }, sigmask: null, sigsetsize: 8 },
    out: { events: [{ events: ['EPOLLIN'] }, { events: ['EPOLLOUT'], data: 4 }] },
    returned: 2,
    text: 'epoll_pwait2(5, [{events=EPOLLIN, data=0x123456789abcdef0}, {events=EPOLLOUT, data=0x4}], 4, {tv_sec=1, tv_nsec=2}, NULL, 8) = 2',
  },
  {
    before: [['epoll_create1', 0]],
    call: ['epoll_pwait2', 3, room(12), 1, time(0, 1_000_000_000), 0, 0],
    args: { epfd: 3, maxevents: 1, timeout: { tv_sec: 0, tv_nsec: 1_000_000_000 }, sigmask: null, sigsetsize: 0 },
    error: 'EINVAL',
    text: 'epoll_pwait2(3, 0x…, 1, 0x…, NULL, 0) = -1 EINVAL (Invalid argument)',
  },
)
