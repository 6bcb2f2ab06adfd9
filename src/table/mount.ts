/** System calls on file systems as a whole. */

import { flags, oneOf } from '../args/flags.ts'
import { path, text, textUpTo } from '../args/path.ts'
import { decimal, newFd } from '../args/returns.ts'
import { address, dirFd, fd, int, size, word } from '../args/scalar.ts'
import { mountFlags } from '../args/mountflags.ts'
import { swapFlags } from '../args/swap.ts'
import { switchOn, todo } from '../args/switch.ts'
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
const fsconfigValue = switchOn(
  'cmd',
  FSCONFIG,
  { FSCONFIG_SET_STRING: shortText, FSCONFIG_SET_PATH: path, FSCONFIG_SET_PATH_EMPTY: path },
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
  sysfs: syscall(139, [], decimal, { option: int, arg1: todo, arg2: todo }),
  pivot_root: syscall(155, ['file'], decimal, { oldpath: path, newpath: path }),
  chroot: syscall(161, ['file'], decimal, { path }),
  sync: syscall(162, [], decimal, {}),
  acct: syscall(163, ['file'], decimal, { path }),
  mount: syscall(165, ['file'], decimal, {
    source: path,
    target: path,
    filesystemtype: text,
    mountflags: mountFlags,
    data: text,
  }),
  umount2: syscall(166, ['file'], decimal, { target: path, flags: flags(UMOUNT) }),
  swapon: syscall(167, ['file'], decimal, { path, swapflags: swapFlags }),
  swapoff: syscall(168, ['file'], decimal, { path }),
  quotactl: syscall(179, ['file'], decimal, { op: todo, special: path, id: todo, addr: todo }),
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
    attr: todo,
    size,
  }),
  quotactl_fd: syscall(443, ['desc'], decimal, { fd, op: todo, id: todo, addr: todo }),
  statmount: syscall(457, [], decimal, { req: todo, buf: todo, bufsize: size, flags: flags(STATMOUNT) }),
  listmount: syscall(458, [], decimal, { req: todo, mnt_ids: todo, nr_mnt_ids: size, flags: flags(LISTMOUNT) }),
  open_tree_attr: syscall(467, ['desc', 'file'], newFd, {
    dirfd: dirFd,
    pathname: path,
    flags: flags(OPEN_TREE),
    attr: todo,
    size,
  }),
} as const
