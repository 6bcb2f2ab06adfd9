/** System calls: mount. */

import { path } from '../args/path.ts'
import { decimal } from '../args/returns.ts'
import { dirFd, fd, size } from '../args/scalar.ts'
import { todo } from '../args/switch.ts'
import { syscall } from './syscall.ts'

export const mount = {
  uselib: syscall(134, ['file'], decimal, { path: todo }),
  sysfs: syscall(139, [], decimal, { option: todo, arg1: todo, arg2: todo }),
  pivot_root: syscall(155, ['file'], decimal, { oldpath: path, newpath: path }),
  chroot: syscall(161, ['file'], decimal, { path }),
  sync: syscall(162, [], decimal, {}),
  acct: syscall(163, ['file'], decimal, { path }),
  mount: syscall(165, ['file'], decimal, { source: todo, target: path, filesystemtype: todo, mountflags: todo, data: todo }),
  umount2: syscall(166, ['file'], decimal, { target: path, flags: todo }),
  swapon: syscall(167, ['file'], decimal, { path, swapflags: todo }),
  swapoff: syscall(168, ['file'], decimal, { path }),
  quotactl: syscall(179, ['file'], decimal, { op: todo, special: todo, id: todo, addr: todo }),
  nfsservctl: syscall(180, [], decimal, { arg1: todo, arg2: todo, arg3: todo }),
  syncfs: syscall(306, ['desc'], decimal, { fd }),
  open_tree: syscall(428, ['desc', 'file'], decimal, { dirfd: dirFd, pathname: path, flags: todo }),
  move_mount: syscall(429, ['desc', 'file'], decimal, { from_dfd: dirFd, from_pathname: path, to_dfd: dirFd, to_pathname: path, flags: todo }),
  fsopen: syscall(430, ['desc'], decimal, { fsname: todo, flags: todo }),
  fsconfig: syscall(431, ['desc', 'file'], decimal, { fd, cmd: todo, key: todo, value: todo, aux: todo }),
  fsmount: syscall(432, ['desc'], decimal, { fd, flags: todo, attr_flags: todo }),
  fspick: syscall(433, ['desc', 'file'], decimal, { dirfd: dirFd, pathname: path, flags: todo }),
  mount_setattr: syscall(442, ['desc', 'file'], decimal, { dirfd: dirFd, pathname: path, flags: todo, attr: todo, size }),
  quotactl_fd: syscall(443, ['desc'], decimal, { fd, op: todo, id: todo, addr: todo }),
  statmount: syscall(457, [], decimal, { req: todo, buf: todo, bufsize: size, flags: todo }),
  listmount: syscall(458, [], decimal, { req: todo, mnt_ids: todo, nr_mnt_ids: size, flags: todo }),
  open_tree_attr: syscall(467, ['desc', 'file'], decimal, { dirfd: dirFd, pathname: path, flags: todo, attr: todo, size }),
} as const
