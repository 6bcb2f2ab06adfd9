/** System calls on file systems as a whole. */

import { bytesIn } from '../args/bytes.ts'
import { pointerText } from '../args/cells.ts'
import { flags, lowOf, oneOf } from '../args/flags.ts'
import { optionalPath, path, text, textUpTo } from '../args/path.ts'
import { decimal, newFd } from '../args/returns.ts'
import { address, dirFd, fd, int, size, word } from '../args/scalar.ts'
import { mountData, mountFlags, mountType } from '../args/file/mountflags.ts'
import { swapFlags } from '../args/file/swap.ts'
import { switchOn } from '../args/switch.ts'
import { sysfsAsked, sysfsName, sysfsOption } from '../args/file/sysfs.ts'
import { idsOut, listmountRequest, mountAttr, statmountRequest } from '../args/file/mounts.ts'
import { quotaData, quotaId, quotaOperation } from '../args/file/quota.ts'
import { statmountOut } from '../args/file/statmount.ts'
import {
  FSCONFIG,
  FSMOUNT,
  FSOPEN,
  FSPICK,
  MOUNT_ATTR,
  MOUNT_SETATTR,
  MOVE_MOUNT,
  OPEN_TREE,
  UMOUNT,
} from './constants/file.ts'
import { LISTMOUNT, STATMOUNT } from './constants/security.ts'
import { syscall } from './syscall.ts'

const shortText = textUpTo(256)

const fsconfigKey = switchOn(
  'cmd',
  FSCONFIG,
  {
    FSCONFIG_SET_FLAG: shortText,
    FSCONFIG_SET_STRING: shortText,
    FSCONFIG_SET_BINARY: shortText,
    FSCONFIG_SET_PATH: shortText,
    FSCONFIG_SET_PATH_EMPTY: shortText,
    FSCONFIG_SET_FD: shortText,
  },
  address,
)

/** The kernel takes no longer blob. */
const MAX_BLOB = 1 << 20
const blob = bytesIn('aux', { width: 4 })
const fsconfigBytes: typeof blob = {
  ...blob,
  print: (cell, style) =>
    lowOf(cell.sibling('aux'), 4) > MAX_BLOB ? pointerText(cell) : blob.print(cell, { ...style, hexStrings: 'all' }),
}

const fsconfigValue = switchOn(
  'cmd',
  FSCONFIG,
  {
    FSCONFIG_SET_STRING: shortText,
    FSCONFIG_SET_BINARY: fsconfigBytes,
    FSCONFIG_SET_PATH: path,
    FSCONFIG_SET_PATH_EMPTY: path,
  },
  address,
)
const fsconfigAux = switchOn(
  'cmd',
  FSCONFIG,
  { FSCONFIG_SET_PATH: dirFd, FSCONFIG_SET_PATH_EMPTY: dirFd, FSCONFIG_SET_FD: fd },
  int,
)

export const mount = {
  uselib: syscall(134, ['file'], decimal, { path }),
  sysfs: syscall(139, [], decimal, { arg1: sysfsOption, arg2: sysfsAsked, arg3: sysfsName }),
  pivot_root: syscall(155, ['file'], decimal, { oldpath: path, newpath: path }),
  chroot: syscall(161, ['file'], decimal, { path }),
  sync: syscall(162, [], decimal, {}),
  acct: syscall(163, ['file'], decimal, { path }),
  mount: syscall(165, ['file'], decimal, {
    source: path,
    target: path,
    filesystemtype: mountType,
    mountflags: mountFlags,
    data: mountData,
  }),
  umount2: syscall(166, ['file'], decimal, { target: path, flags: flags(UMOUNT) }),
  swapon: syscall(167, ['file'], decimal, { path, swapflags: swapFlags }),
  swapoff: syscall(168, ['file'], decimal, { path }),
  quotactl: syscall(179, ['file'], decimal, {
    op: quotaOperation,
    special: optionalPath,
    id: quotaId,
    addr: quotaData,
  }),
  nfsservctl: syscall(180, [], decimal, { arg1: word, arg2: word, arg3: word }),
  syncfs: syscall(306, ['desc'], decimal, { fd }),
  open_tree: syscall(428, ['desc', 'file'], newFd, { dirfd: dirFd, pathname: path, flags: flags(OPEN_TREE) }),
  move_mount: syscall(429, ['desc', 'file'], decimal, {
    from_dfd: dirFd,
    from_pathname: path,
    to_dfd: dirFd,
    to_pathname: path,
    flags: flags(MOVE_MOUNT),
  }),
  fsopen: syscall(430, ['desc'], newFd, { fsname: text, flags: flags(FSOPEN) }),
  fsconfig: syscall(431, ['desc', 'file'], decimal, {
    fd,
    cmd: oneOf(FSCONFIG),
    key: fsconfigKey,
    value: fsconfigValue,
    aux: fsconfigAux,
  }),
  fsmount: syscall(432, ['desc'], newFd, { fd, flags: flags(FSMOUNT), attr_flags: flags(MOUNT_ATTR) }),
  fspick: syscall(433, ['desc', 'file'], newFd, { dirfd: dirFd, pathname: path, flags: flags(FSPICK) }),
  mount_setattr: syscall(442, ['desc', 'file'], decimal, {
    dirfd: dirFd,
    pathname: path,
    flags: flags(MOUNT_SETATTR),
    attr: mountAttr('size'),
    size,
  }),
  quotactl_fd: syscall(443, ['desc'], decimal, { fd, op: quotaOperation, id: quotaId, addr: quotaData }),
  statmount: syscall(457, [], decimal, {
    req: statmountRequest,
    buf: statmountOut('bufsize'),
    bufsize: size,
    flags: flags(STATMOUNT),
  }),
  listmount: syscall(458, [], decimal, {
    req: listmountRequest,
    mnt_ids: idsOut('nr_mnt_ids'),
    nr_mnt_ids: size,
    flags: flags(LISTMOUNT),
  }),
  open_tree_attr: syscall(467, ['desc', 'file'], newFd, {
    dirfd: dirFd,
    pathname: path,
    flags: flags(OPEN_TREE),
    attr: mountAttr('size'),
    size,
  }),
} as const
