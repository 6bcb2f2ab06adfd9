/** System calls that move bytes, and ioctl. */

import { ioEvent, iocbHeader, iocbs } from '../args/uring/aio.ts'
import type { ReturnKind } from '../args/arg.ts'
import { bytesIn, bytesOut } from '../args/bytes.ts'
import { flags, oneOf } from '../args/flags.ts'
import { buffersIn, buffersOut, rangesIn } from '../args/iovec.ts'
import { MAKE_FD, namespaceNote } from '../args/ioctl/objects.ts'
import { movedOffset } from '../args/file/offsets.ts'
import { changed, pointerTo, resultIn, resultsIn } from '../args/pointer.ts'
import { pselectMask } from '../args/poll/pselect.ts'
import { ioctlArgument, request } from '../args/ioctl/requests.ts'
import { decimal, newFd } from '../args/returns.ts'
import { address, fd, hex, long, offset, pid, size, uint } from '../args/scalar.ts'
import { unused } from '../args/switch.ts'
import { timespec } from '../args/time/time.ts'
import { submitted } from '../args/uring/sqe.ts'
import { ringParams, waitFor } from '../args/uring/uring.ts'
import { registerArgument, registeringFd, registerOperation } from '../args/uring/register.ts'
import { O, POSIX_FADV, RWF, SEEK, SPLICE, SYNC_FILE_RANGE } from './constants/file.ts'
import { IORING_ENTER } from './constants/uring.ts'
import { syscall } from './syscall.ts'

/** Some requests of processes and namespaces return descriptors. */
const ioctlResult: ReturnKind = { kind: 'decimal', fd: { on: 'op', equals: MAKE_FD }, note: namespaceNote }

export const io = {
  read: syscall(0, ['desc'], decimal, { fd, buf: bytesOut('count'), count: size }),
  write: syscall(1, ['desc'], decimal, { fd, buf: bytesIn('count'), count: size }),
  lseek: syscall(8, ['desc'], decimal, { fd, offset, whence: oneOf(SEEK) }),
  ioctl: syscall(16, ['desc'], ioctlResult, { fd, op: request, argp: ioctlArgument }),
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
  io_destroy: syscall(207, ['memory'], decimal, { ctx_id: address }),
  io_getevents: syscall(208, [], decimal, {
    ctx_id: address,
    min_nr: long,
    nr: long,
    events: resultsIn(ioEvent, 'result'),
    timeout: pointerTo(timespec),
  }),
  io_submit: syscall(209, [], decimal, { ctx_id: address, nr: long, iocbpp: iocbs('nr') }),
  io_cancel: syscall(210, [], decimal, {
    ctx_id: address,
    iocb: pointerTo(iocbHeader),
    result: resultIn(ioEvent),
  }),
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
    ctx_id: address,
    min_nr: long,
    nr: long,
    events: resultsIn(ioEvent, 'result'),
    timeout: pointerTo(timespec),
    sig: pselectMask,
  }),
  io_uring_setup: syscall(425, ['desc'], newFd, { entries: uint, params: ringParams }),
  io_uring_enter: syscall(426, ['desc', 'signal'], decimal, {
    fd,
    to_submit: uint,
    min_complete: uint,
    flags: flags(IORING_ENTER),
    arg: waitFor,
    argsz: size,
    submitted,
  }),
  io_uring_register: syscall(427, ['desc', 'memory'], decimal, {
    fd: registeringFd,
    opcode: registerOperation,
    arg: registerArgument,
    nr_args: uint,
  }),
} as const
