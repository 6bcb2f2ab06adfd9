/** System calls on files, directories and descriptors. */

import { bytesOut } from '../args/bytes.ts'
import { direntsOut } from '../args/file/dirent.ts'
import { delegation, fcntlResult, heldLock, lock, owner, writeHint } from '../args/file/fcntl.ts'
import type { Cell } from '../args/arg.ts'
import { flags, lowOf, oneOf } from '../args/flags.ts'
import { memoryFileFlags } from '../args/memory/mapping.ts'
import { fileAttrIn, fileAttrOut } from '../args/file/fileattr.ts'
import { handleIn, handleOut, mountId } from '../args/file/handle.ts'
import { creates, openFlags, openHow } from '../args/file/open.ts'
import { optionalPath, path, text, textUpTo } from '../args/path.ts'
import { pointerTo, resultIn } from '../args/pointer.ts'
import { decimal, newFd, octalMode } from '../args/returns.ts'
import { dirFd, fd, hex, hexUint, id, int, mode, offset, size, uint } from '../args/scalar.ts'
import { signal } from '../args/signal/signal.ts'
import { sized } from '../args/sized.ts'
import { device32, fileMode16, isDeviceMode, stat, statfs, statx } from '../args/file/stat.ts'
import { field, struct } from '../args/struct.ts'
import { lateNothing, onlyIf, switchOn, unused } from '../args/switch.ts'
import { seconds, utimes, utimevals } from '../args/time/time.ts'
import { cwdOut, linkOut, xattrIn, xattrList, xattrOut } from '../args/names.ts'
import { xattrArgsIn, xattrArgsOut } from '../args/file/xattrat.ts'
import { fanDirFd, fanFlags, statxFlags } from '../args/mixed.ts'
import {
  ACCESS,
  AT,
  AT_ACCESS,
  AT_CHMOD,
  AT_HANDLE,
  AT_XATTR,
  CLOSE_RANGE,
  DN,
  F,
  F_LOCK,
  F_SEAL,
  FALLOC,
  FAN_EVENT,
  FAN_MARK,
  FD,
  IN,
  IN_INIT,
  LOCK,
  MEMFD_SECRET,
  O,
  RENAME,
  STATX,
  XATTR,
} from './constants/file.ts'
import { AT_FILE_ATTR } from './constants/security.ts'
import { syscall } from './syscall.ts'

/** Whether mknod's mode asks for a device. */
const makesDevice = (cell: Cell): boolean => isDeviceMode(lowOf(cell, 2))

const utimbuf = struct(16, { actime: field(0, seconds), modtime: field(8, seconds) })
const ustatStruct = struct(32, { f_tfree: field(0, int), f_tinode: field(8, size) })
const cachestatRange = struct(16, { off: field(0, hex), len: field(8, size) })
const cachestatStruct = struct(40, {
  nr_cache: field(0, size),
  nr_dirty: field(8, size),
  nr_writeback: field(16, size),
  nr_evicted: field(24, size),
  nr_recently_evicted: field(32, size),
})

const fcntlArgument = switchOn(
  'op',
  F,
  {
    F_SETFD: flags(FD),
    F_SETOWN: int,
    F_SETPIPE_SZ: int,
    F_DUPFD: int,
    F_DUPFD_CLOEXEC: int,
    F_SETFL: openFlags,
    F_SETLK: pointerTo(lock),
    F_SETLKW: pointerTo(lock),
    F_OFD_SETLK: pointerTo(lock),
    F_OFD_SETLKW: pointerTo(lock),
    F_SETOWN_EX: pointerTo(owner),
    F_NOTIFY: flags(DN, 8),
    F_DUPFD_QUERY: fd,
    F_SETLEASE: oneOf(F_LOCK, 8),
    F_ADD_SEALS: flags(F_SEAL, 8),
    F_SETSIG: signal,
    F_SET_RW_HINT: pointerTo(writeHint),
    F_SET_FILE_RW_HINT: pointerTo(writeHint),
    F_SETDELEG: pointerTo(delegation),
    F_GETOWN: unused,
    F_GETPIPE_SZ: unused,
    F_GETFD: lateNothing,
    F_GETFL: lateNothing,
    F_GETLEASE: lateNothing,
    F_GET_SEALS: lateNothing,
    F_GETSIG: lateNothing,
    F_GETLK: resultIn(heldLock),
    F_OFD_GETLK: resultIn(heldLock),
    F_GETOWN_EX: resultIn(owner),
    F_GET_RW_HINT: resultIn(writeHint),
    F_GET_FILE_RW_HINT: resultIn(writeHint),
    F_GETDELEG: resultIn(delegation),
  },
  hex,
)

export const file = {
  open: syscall(2, ['desc', 'file'], newFd, { pathname: path, flags: openFlags, mode: onlyIf('flags', creates, mode) }),
  close: syscall(3, ['desc'], decimal, { fd }),
  stat: syscall(4, ['file', 'stat', 'stat_like'], decimal, { pathname: path, statbuf: resultIn(stat) }),
  fstat: syscall(5, ['desc', 'fstat', 'stat_like'], decimal, { fd, statbuf: resultIn(stat) }),
  lstat: syscall(6, ['file', 'lstat', 'stat_like'], decimal, { pathname: path, statbuf: resultIn(stat) }),
  access: syscall(21, ['file'], decimal, { pathname: path, mode: flags(ACCESS) }),
  dup: syscall(32, ['desc'], newFd, { oldfd: fd }),
  dup2: syscall(33, ['desc'], newFd, { oldfd: fd, newfd: fd }),
  fcntl: syscall(72, ['desc'], fcntlResult, { fd, op: oneOf(F), arg: fcntlArgument }),
  flock: syscall(73, ['desc'], decimal, { fd, op: flags(LOCK) }),
  fsync: syscall(74, ['desc'], decimal, { fd }),
  fdatasync: syscall(75, ['desc'], decimal, { fd }),
  truncate: syscall(76, ['file'], decimal, { path, length: size }),
  ftruncate: syscall(77, ['desc'], decimal, { fd, length: size }),
  getdents: syscall(78, ['desc'], decimal, { fd, dirp: direntsOut('old', 'count'), count: uint }),
  getcwd: syscall(79, ['file'], decimal, { buf: cwdOut, size }),
  chdir: syscall(80, ['file'], decimal, { path }),
  fchdir: syscall(81, ['desc'], decimal, { fd }),
  rename: syscall(82, ['file'], decimal, { oldpath: path, newpath: path }),
  mkdir: syscall(83, ['file'], decimal, { pathname: path, mode }),
  rmdir: syscall(84, ['file'], decimal, { path }),
  creat: syscall(85, ['desc', 'file'], newFd, { pathname: path, mode }),
  link: syscall(86, ['file'], decimal, { oldpath: path, newpath: path }),
  unlink: syscall(87, ['file'], decimal, { path }),
  symlink: syscall(88, ['file'], decimal, { oldpath: path, newpath: path }),
  readlink: syscall(89, ['file'], decimal, { pathname: path, buf: linkOut('bufsiz'), bufsiz: size }),
  chmod: syscall(90, ['file'], decimal, { pathname: path, mode }),
  fchmod: syscall(91, ['desc'], decimal, { fd, mode }),
  chown: syscall(92, ['file'], decimal, { pathname: path, owner: id, group: id }),
  fchown: syscall(93, ['desc'], decimal, { fd, owner: id, group: id }),
  lchown: syscall(94, ['file'], decimal, { pathname: path, owner: id, group: id }),
  umask: syscall(95, [], octalMode, { mask: mode }, { neverFails: true }),
  utime: syscall(132, ['file'], decimal, { filename: path, times: pointerTo(utimbuf) }),
  mknod: syscall(133, ['file'], decimal, {
    pathname: path,
    mode: fileMode16,
    dev: onlyIf('mode', makesDevice, device32),
  }),
  ustat: syscall(136, ['statfs_like'], decimal, { dev: device32, ubuf: resultIn(ustatStruct) }),
  statfs: syscall(137, ['file', 'statfs', 'statfs_like'], decimal, { pathname: path, buf: resultIn(statfs) }),
  fstatfs: syscall(138, ['desc', 'fstatfs', 'statfs_like'], decimal, { fd, buf: resultIn(statfs) }),
  setxattr: syscall(188, ['file'], decimal, {
    pathname: path,
    name: text,
    value: xattrIn('size'),
    size,
    flags: flags(XATTR),
  }),
  lsetxattr: syscall(189, ['file'], decimal, {
    pathname: path,
    name: text,
    value: xattrIn('size'),
    size,
    flags: flags(XATTR),
  }),
  fsetxattr: syscall(190, ['desc'], decimal, { fd, name: text, value: xattrIn('size'), size, flags: flags(XATTR) }),
  getxattr: syscall(191, ['file'], decimal, { pathname: path, name: text, value: xattrOut('size'), size }),
  lgetxattr: syscall(192, ['file'], decimal, { pathname: path, name: text, value: xattrOut('size'), size }),
  fgetxattr: syscall(193, ['desc'], decimal, { fd, name: text, value: xattrOut('size'), size }),
  listxattr: syscall(194, ['file'], decimal, { pathname: path, list: xattrList('size'), size }),
  llistxattr: syscall(195, ['file'], decimal, { pathname: path, list: xattrList('size'), size }),
  flistxattr: syscall(196, ['desc'], decimal, { fd, list: xattrList('size'), size }),
  removexattr: syscall(197, ['file'], decimal, { pathname: path, name: text }),
  lremovexattr: syscall(198, ['file'], decimal, { pathname: path, name: text }),
  fremovexattr: syscall(199, ['desc'], decimal, { fd, name: text }),
  lookup_dcookie: syscall(212, [], decimal, { cookie: size, buffer: bytesOut('len'), len: size }),
  getdents64: syscall(217, ['desc'], decimal, { fd, dirp: direntsOut('new', 'count'), count: uint }),
  utimes: syscall(235, ['file'], decimal, { pathname: path, times: utimevals }),
  inotify_init: syscall(253, ['desc'], newFd, {}),
  inotify_add_watch: syscall(254, ['desc', 'file'], decimal, { fd, pathname: path, mask: flags(IN) }),
  inotify_rm_watch: syscall(255, ['desc'], decimal, { fd, wd: int }),
  openat: syscall(257, ['desc', 'file'], newFd, {
    dirfd: dirFd,
    pathname: path,
    flags: openFlags,
    mode: onlyIf('flags', creates, mode),
  }),
  mkdirat: syscall(258, ['desc', 'file'], decimal, { dirfd: dirFd, pathname: path, mode }),
  mknodat: syscall(259, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: path,
    mode: fileMode16,
    dev: onlyIf('mode', makesDevice, device32),
  }),
  fchownat: syscall(260, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: path,
    owner: id,
    group: id,
    flags: flags(AT),
  }),
  futimesat: syscall(261, ['desc', 'file'], decimal, { dirfd: dirFd, pathname: optionalPath, times: utimevals }),
  newfstatat: syscall(262, ['desc', 'file', 'fstat', 'stat_like'], decimal, {
    dirfd: dirFd,
    pathname: path,
    statbuf: resultIn(stat),
    flags: flags(AT),
  }),
  unlinkat: syscall(263, ['desc', 'file'], decimal, { dirfd: dirFd, pathname: path, flags: flags(AT) }),
  renameat: syscall(264, ['desc', 'file'], decimal, { olddirfd: dirFd, oldpath: path, newdirfd: dirFd, newpath: path }),
  linkat: syscall(265, ['desc', 'file'], decimal, {
    olddirfd: dirFd,
    oldpath: path,
    newdirfd: dirFd,
    newpath: path,
    flags: flags(AT),
  }),
  symlinkat: syscall(266, ['desc', 'file'], decimal, { target: path, newdirfd: dirFd, linkpath: path }),
  readlinkat: syscall(267, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: path,
    buf: linkOut('bufsiz'),
    bufsiz: size,
  }),
  fchmodat: syscall(268, ['desc', 'file'], decimal, { dirfd: dirFd, pathname: path, mode }),
  faccessat: syscall(269, ['desc', 'file'], decimal, { dirfd: dirFd, pathname: path, mode: flags(ACCESS) }),
  utimensat: syscall(280, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: optionalPath,
    times: utimes,
    flags: flags(AT),
  }),
  fallocate: syscall(285, ['desc'], decimal, { fd, mode: flags(FALLOC), offset, len: offset }),
  dup3: syscall(292, ['desc'], newFd, { oldfd: fd, newfd: fd, flags: flags(O) }),
  inotify_init1: syscall(294, ['desc'], newFd, { flags: flags(IN_INIT) }),
  fanotify_init: syscall(300, ['desc'], newFd, { flags: fanFlags, event_f_flags: openFlags }),
  fanotify_mark: syscall(301, ['desc', 'file'], decimal, {
    fanotify_fd: fd,
    flags: flags(FAN_MARK),
    mask: flags(FAN_EVENT, 8),
    dirfd: fanDirFd,
    pathname: optionalPath,
  }),
  name_to_handle_at: syscall(303, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: path,
    handle: handleOut,
    mount_id: mountId,
    flags: flags(AT_HANDLE),
  }),
  open_by_handle_at: syscall(304, ['desc'], newFd, { mount_fd: fd, handle: handleIn, flags: openFlags }),
  renameat2: syscall(316, ['desc', 'file'], decimal, {
    olddirfd: dirFd,
    oldpath: path,
    newdirfd: dirFd,
    newpath: path,
    flags: flags(RENAME),
  }),
  memfd_create: syscall(319, ['desc'], newFd, { name: textUpTo(250), flags: memoryFileFlags }),
  statx: syscall(332, ['desc', 'file', 'fstat', 'stat_like'], decimal, {
    dirfd: dirFd,
    pathname: optionalPath,
    flags: statxFlags,
    mask: flags(STATX),
    statxbuf: resultIn(statx),
  }),
  close_range: syscall(436, [], decimal, { first: uint, last: uint, flags: flags(CLOSE_RANGE) }),
  openat2: syscall(437, ['desc', 'file'], newFd, {
    dirfd: dirFd,
    pathname: path,
    how: sized(openHow, 'size', 24),
    size,
  }),
  faccessat2: syscall(439, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: path,
    mode: flags(ACCESS),
    flags: flags(AT_ACCESS),
  }),
  memfd_secret: syscall(447, ['desc'], newFd, { flags: flags(MEMFD_SECRET, 4, '') }),
  cachestat: syscall(451, ['desc'], decimal, {
    fd,
    cstat_range: pointerTo(cachestatRange),
    cstat: resultIn(cachestatStruct),
    flags: hexUint,
  }),
  fchmodat2: syscall(452, ['desc', 'file'], decimal, { dirfd: dirFd, pathname: path, mode, flags: flags(AT_CHMOD) }),
  setxattrat: syscall(463, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: path,
    flags: flags(AT_XATTR),
    name: text,
    args: xattrArgsIn('size'),
    size,
  }),
  getxattrat: syscall(464, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: path,
    flags: flags(AT_XATTR),
    name: text,
    args: xattrArgsOut('size'),
    size,
  }),
  listxattrat: syscall(465, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: path,
    flags: flags(AT_XATTR),
    list: xattrList('size'),
    size,
  }),
  removexattrat: syscall(466, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: path,
    flags: flags(AT_XATTR),
    name: text,
  }),
  file_getattr: syscall(468, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: path,
    attr: fileAttrOut('size'),
    size,
    flags: flags(AT_FILE_ATTR),
  }),
  file_setattr: syscall(469, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: path,
    attr: fileAttrIn('size'),
    size,
    flags: flags(AT_FILE_ATTR),
  }),
} as const
