/** System calls that move bytes, and ioctl. */

import { bytesIn, bytesOut } from '../args/bytes.ts'
import { flags, oneOf } from '../args/flags.ts'
import { REQUESTS, request, windowSize } from '../args/ioctl.ts'
import { buffersIn, buffersOut, rangesIn } from '../args/iovec.ts'
import { movedOffset } from '../args/offsets.ts'
import { changed, pointerTo, resultIn, resultsIn } from '../args/pointer.ts'
import { decimal, newFd } from '../args/returns.ts'
import { fd, hex, int, long, offset, pid, size, uint } from '../args/scalar.ts'
import { termios } from '../args/termios.ts'
import { switchOn, todo, unused } from '../args/switch.ts'
import { timespec } from '../args/time.ts'
import { O, POSIX_FADV, RWF, SEEK, SPLICE, SYNC_FILE_RANGE } from './constants/file.ts'
import { IORING_ENTER, IORING_REGISTER } from './constants/uring.ts'
import { syscall } from './syscall.ts'

const ioctlArgument = switchOn(
  'op',
  REQUESTS,
  {
    TCGETS: resultIn(termios),
    TCSETS: pointerTo(termios),
    TCSETSW: pointerTo(termios),
    TCSETSF: pointerTo(termios),
    TIOCGWINSZ: resultIn(windowSize),
    TIOCSWINSZ: pointerTo(windowSize),
    TCSBRK: int,
    TCSBRKP: int,
    TIOCSCTTY: int,
    TIOCGPGRP: resultIn(int),
    TIOCGSID: resultIn(int),
    TIOCGETD: resultIn(int),
    TIOCGPTN: resultIn(int),
    TIOCGEXCL: resultIn(int),
    TIOCGPTPEER: hex,
    FIONREAD: resultIn(int),
    TIOCOUTQ: resultIn(int),
    TIOCSPGRP: pointerTo(int),
    TIOCSETD: pointerTo(int),
    TIOCSPTLCK: pointerTo(int),
    TIOCPKT: pointerTo(int),
    FIONBIO: pointerTo(int),
    FIOASYNC: pointerTo(int),
    TIOCNOTTY: unused,
    TIOCEXCL: unused,
    TIOCNXCL: unused,
    TIOCSBRK: unused,
    TIOCCBRK: unused,
    FIOCLEX: unused,
    FIONCLEX: unused,
  },
  todo,
)

export const io = {
  read: syscall(0, ['desc'], decimal, { fd, buf: bytesOut('count'), count: size }),
  write: syscall(1, ['desc'], decimal, { fd, buf: bytesIn('count'), count: size }),
  lseek: syscall(8, ['desc'], decimal, { fd, offset, whence: oneOf(SEEK) }),
  ioctl: syscall(16, ['desc'], decimal, { fd, op: request, argp: ioctlArgument }),
  pread64: syscall(17, ['desc'], decimal, { fd, buf: bytesOut('count'), count: size, offset }),
  pwrite64: syscall(18, ['desc'], decimal, { fd, buf: bytesIn('count'), count: size, offset }),
  readv: syscall(19, ['desc'], decimal, { fd, iov: buffersOut('iovcnt'), iovcnt: size }),
  writev: syscall(20, ['desc'], decimal, { fd, iov: buffersIn('iovcnt'), iovcnt: size }),
  pipe: syscall(22, ['desc'], decimal, { pipefd: resultsIn(fd, 2) }),
  sendfile: syscall(40, ['desc', 'network'], decimal, {
    out_fd: fd,
    in_fd: fd,
    offset: movedOffset('count'),
    count: size,
  }),
  readahead: syscall(187, ['desc'], decimal, { fd, offset, count: size }),
  io_setup: syscall(206, ['memory'], decimal, { nr_events: uint, ctx_idp: resultIn(hex) }),
  io_destroy: syscall(207, ['memory'], decimal, { ctx_id: hex }),
  io_getevents: syscall(208, [], decimal, {
    ctx_id: hex,
    min_nr: long,
    nr: long,
    events: todo,
    timeout: pointerTo(timespec),
  }),
  io_submit: syscall(209, [], decimal, { ctx_id: hex, nr: long, iocbpp: todo }),
  io_cancel: syscall(210, [], decimal, { ctx_id: hex, iocb: todo, result: todo }),
  fadvise64: syscall(221, ['desc'], decimal, { fd, offset, len: size, advice: oneOf(POSIX_FADV) }),
  splice: syscall(275, ['desc'], decimal, {
    fd_in: fd,
    off_in: changed(long),
    fd_out: fd,
    off_out: changed(long),
    len: size,
    flags: flags(SPLICE),
  }),
  tee: syscall(276, ['desc'], decimal, { fd_in: fd, fd_out: fd, len: size, flags: flags(SPLICE) }),
  sync_file_range: syscall(277, ['desc'], decimal, { fd, offset, nbytes: offset, flags: flags(SYNC_FILE_RANGE) }),
  vmsplice: syscall(278, ['desc'], decimal, { fd, iov: buffersIn('nr_segs'), nr_segs: size, flags: flags(SPLICE) }),
  pipe2: syscall(293, ['desc'], decimal, { pipefd: resultsIn(fd, 2), flags: flags(O) }),
  preadv: syscall(295, ['desc'], decimal, { fd, iov: buffersOut('iovcnt'), iovcnt: size, offset }),
  pwritev: syscall(296, ['desc'], decimal, { fd, iov: buffersIn('iovcnt'), iovcnt: size, offset }),
  process_vm_readv: syscall(310, [], decimal, {
    pid,
    local_iov: buffersOut('liovcnt'),
    liovcnt: size,
    remote_iov: rangesIn('riovcnt'),
    riovcnt: size,
    flags: size,
  }),
  process_vm_writev: syscall(311, [], decimal, {
    pid,
    local_iov: buffersIn('liovcnt'),
    liovcnt: size,
    remote_iov: rangesIn('riovcnt'),
    riovcnt: size,
    flags: size,
  }),
  copy_file_range: syscall(326, ['desc'], decimal, {
    fd_in: fd,
    off_in: changed(long),
    fd_out: fd,
    off_out: changed(long),
    len: size,
    flags: uint,
  }),
  preadv2: syscall(327, ['desc'], decimal, {
    fd,
    iov: buffersOut('iovcnt'),
    iovcnt: size,
    offset,
    pos_h: unused,
    flags: flags(RWF),
  }),
  pwritev2: syscall(328, ['desc'], decimal, {
    fd,
    iov: buffersIn('iovcnt'),
    iovcnt: size,
    offset,
    pos_h: unused,
    flags: flags(RWF),
  }),
  io_pgetevents: syscall(333, [], decimal, {
    ctx_id: hex,
    min_nr: long,
    nr: long,
    events: todo,
    timeout: pointerTo(timespec),
    sig: todo,
  }),
  io_uring_setup: syscall(425, ['desc'], newFd, { entries: uint, params: todo }),
  io_uring_enter: syscall(426, ['desc', 'signal'], decimal, {
    fd,
    to_submit: uint,
    min_complete: uint,
    flags: flags(IORING_ENTER),
    arg: todo,
    argsz: size,
  }),
  io_uring_register: syscall(427, ['desc', 'memory'], decimal, {
    fd,
    opcode: oneOf(IORING_REGISTER),
    arg: todo,
    nr_args: uint,
  }),
} as const
