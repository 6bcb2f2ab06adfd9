/** System calls: io. */

import { decimal } from '../args/returns.ts'
import { fd, offset, pid, size } from '../args/scalar.ts'
import { todo } from '../args/switch.ts'
import { syscall } from './syscall.ts'

export const io = {
  read: syscall(0, ['desc'], decimal, { fd, buf: todo, count: size }),
  write: syscall(1, ['desc'], decimal, { fd, buf: todo, count: size }),
  lseek: syscall(8, ['desc'], decimal, { fd, offset, whence: todo }),
  ioctl: syscall(16, ['desc'], decimal, { fd, op: todo, arg: todo }),
  pread64: syscall(17, ['desc'], decimal, { fd, buf: todo, count: size, offset }),
  pwrite64: syscall(18, ['desc'], decimal, { fd, buf: todo, count: size, offset }),
  readv: syscall(19, ['desc'], decimal, { fd, iov: todo, iovcnt: todo }),
  writev: syscall(20, ['desc'], decimal, { fd, iov: todo, iovcnt: todo }),
  pipe: syscall(22, ['desc'], decimal, { pipefd: todo }),
  sendfile: syscall(40, ['desc', 'network'], decimal, { out_fd: fd, in_fd: fd, offset: todo, count: size }),
  readahead: syscall(187, ['desc'], decimal, { fd, offset, count: size }),
  io_setup: syscall(206, ['memory'], decimal, { nr_events: todo, ctx_idp: todo }),
  io_destroy: syscall(207, ['memory'], decimal, { ctx_id: todo }),
  io_getevents: syscall(208, [], decimal, { ctx_id: todo, min_nr: todo, nr: todo, events: todo, timeout: todo }),
  io_submit: syscall(209, [], decimal, { ctx_id: todo, nr: todo, iocbpp: todo }),
  io_cancel: syscall(210, [], decimal, { ctx_id: todo, iocb: todo, result: todo }),
  fadvise64: syscall(221, ['desc'], decimal, { fd, offset, len: size, advice: todo }),
  splice: syscall(275, ['desc'], decimal, { fd_in: fd, off_in: todo, fd_out: fd, off_out: todo, len: size, flags: todo }),
  tee: syscall(276, ['desc'], decimal, { fd_in: fd, fd_out: fd, len: size, flags: todo }),
  sync_file_range: syscall(277, ['desc'], decimal, { fd, offset, nbytes: offset, flags: todo }),
  vmsplice: syscall(278, ['desc'], decimal, { fd, iov: todo, nr_segs: todo, flags: todo }),
  pipe2: syscall(293, ['desc'], decimal, { pipefd: todo, flags: todo }),
  preadv: syscall(295, ['desc'], decimal, { fd, iov: todo, iovcnt: todo, offset: todo }),
  pwritev: syscall(296, ['desc'], decimal, { fd, iov: todo, iovcnt: todo, offset: todo }),
  process_vm_readv: syscall(310, [], decimal, { pid, local_iov: todo, liovcnt: todo, remote_iov: todo, riovcnt: todo, flags: todo }),
  process_vm_writev: syscall(311, [], decimal, { pid, local_iov: todo, liovcnt: todo, remote_iov: todo, riovcnt: todo, flags: todo }),
  copy_file_range: syscall(326, ['desc'], decimal, { fd_in: fd, off_in: todo, fd_out: fd, off_out: todo, len: size, flags: todo }),
  preadv2: syscall(327, ['desc'], decimal, { fd, iov: todo, iovcnt: todo, offset: todo, pos_h: todo, flags: todo }),
  pwritev2: syscall(328, ['desc'], decimal, { fd, iov: todo, iovcnt: todo, offset: todo, pos_h: todo, flags: todo }),
  io_pgetevents: syscall(333, [], decimal, { ctx_id: todo, min_nr: todo, nr: todo, events: todo, timeout: todo, sig: todo }),
  io_uring_setup: syscall(425, ['desc'], decimal, { entries: todo, params: todo }),
  io_uring_enter: syscall(426, ['desc', 'signal'], decimal, { fd, to_submit: todo, min_complete: todo, flags: todo, arg: todo, argsz: size }),
  io_uring_register: syscall(427, ['desc', 'memory'], decimal, { fd, opcode: todo, arg: todo, nr_args: todo }),
} as const
