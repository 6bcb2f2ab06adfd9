/** Mounts and namespaces. What mounts something does so in a mount namespace of its own. */

import {
  FSCONFIG,
  FSMOUNT,
  FSOPEN,
  FSPICK,
  MOUNT_ATTR,
  MOUNT_ATTR_SET,
  MOUNT_SETATTR,
  MOVE_MOUNT,
  MS,
  OPEN_TREE,
  STATX,
  UMOUNT,
} from '../../src/table/constants/file.ts'
import { NS_TYPE, STATMOUNT_MASK } from '../../src/table/constants/mount.ts'
import { CLONE } from '../../src/table/constants/process.ts'
import { LISTMOUNT } from '../../src/table/constants/security.ts'
import { family } from './check.ts'
import { block, bytes, intAt, result, room, string, u32, u64, zeros, type Call, type Word } from './script.ts'

const { CLONE_NEWNS } = CLONE.values
const { MS_REC, MS_PRIVATE, MS_NOSUID, MS_NODEV, MS_RDONLY, MS_REMOUNT, MS_BIND } = MS.values
const { UMOUNT_NOFOLLOW, MNT_DETACH } = UMOUNT.values
const { OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC, AT_RECURSIVE } = OPEN_TREE.values
const { MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_SYMLINKS } = MOVE_MOUNT.values
const { FSOPEN_CLOEXEC } = FSOPEN.values
const { FSCONFIG_SET_FLAG, FSCONFIG_SET_STRING, FSCONFIG_SET_BINARY, FSCONFIG_SET_PATH } = FSCONFIG.values
const { FSCONFIG_SET_PATH_EMPTY, FSCONFIG_SET_FD, FSCONFIG_CMD_CREATE, FSCONFIG_CMD_RECONFIGURE } = FSCONFIG.values
const { FSMOUNT_CLOEXEC } = FSMOUNT.values
const { FSPICK_CLOEXEC, FSPICK_NO_AUTOMOUNT } = FSPICK.values
const { MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NODEV } = MOUNT_ATTR.values
const { MOUNT_ATTR_RDONLY, MOUNT_ATTR__ATIME, MOUNT_ATTR_NOATIME, MOUNT_ATTR_IDMAP } = MOUNT_ATTR_SET.values
const { STATMOUNT_SB_BASIC, STATMOUNT_MNT_BASIC, STATMOUNT_MNT_ROOT, STATMOUNT_MNT_POINT } = STATMOUNT_MASK.values
const { STATMOUNT_FS_TYPE, STATMOUNT_MNT_NS_ID, STATMOUNT_MNT_OPTS, STATMOUNT_SB_SOURCE } = STATMOUNT_MASK.values
const { STATMOUNT_OPT_ARRAY, STATMOUNT_SUPPORTED_MASK } = STATMOUNT_MASK.values
const AT_FDCWD = -100
const MS_MGC_VAL = 0xc0ed_0000
const LSMT_ROOT = 0xffff_ffff_ffff_ffffn

/** Nothing that is mounted from here on is seen elsewhere. */
const namespace: readonly Call[] = [
  ['unshare', CLONE_NEWNS],
  ['mount', string('none'), string('/'), 0, MS_REC | MS_PRIVATE, 0],
  ['mkdir', string('folder'), 0o700],
]
/** A file system in `folder`. */
const mounted: readonly Call[] = [
  ...namespace,
  ['mount', string('somewhere'), string('folder'), string('tmpfs'), MS_NOSUID, string('size=64k,mode=700')],
]
/** A file system that is being configured: descriptor 3. */
const opened: readonly Call[] = [...namespace, ['fsopen', string('tmpfs'), FSOPEN_CLOEXEC]]
const fs = result(namespace.length)
const created: readonly Call[] = [...opened, ['fsconfig', fs, FSCONFIG_CMD_CREATE, 0, 0, 0]]
/** A mount that is nowhere yet: descriptor 4. */
const detached: readonly Call[] = [...created, ['fsmount', fs, FSMOUNT_CLOEXEC, 0]]

/** struct mount_attr */
const mountAttr = (set: number, clear: number, propagation: number, fd: number | bigint, ...more: number[]): Word =>
  block([set, clear, propagation, fd, ...more].map(u64))

/** The unique id of the mount of a path is at 144. */
const idOf = (path: string): Call => [
  'statx',
  AT_FDCWD,
  string(path),
  0,
  STATX.values.STATX_MNT_ID_UNIQUE,
  room(256, 'statx'),
]
/** struct mnt_id_req for that mount. */
const mountRequest = (param: number, size = 24): Word =>
  block([u32(size), u32(0), u32(intAt('statx', 144)), u32(intAt('statx', 148)), u64(param), zeros(8)])
const isPositive = (value: unknown): boolean => Number(value) > 0

export const mounts = family(
  {
    'listns success': 'needs Linux 6.19',
  },
  {
    // Negative, as an int with the magic number is.
    needs: 'root',
    before: namespace,
    call: [
      'mount',
      string('somewhere'),
      string('folder'),
      string('tmpfs'),
      MS_MGC_VAL | MS_NOSUID | MS_NODEV,
      string('size=64k'),
    ],
    args: {
      source: 'somewhere',
      target: 'folder',
      filesystemtype: 'tmpfs',
      mountflags: ['MS_NOSUID', 'MS_NODEV'],
      data: 'size=64k',
    },
    returned: 0,
    text: 'mount("somewhere", "folder", "tmpfs", MS_MGC_VAL|MS_NOSUID|MS_NODEV, "size=64k") = 0',
  },
  {
    // Neither a type nor data means anything here.
    needs: 'root',
    before: namespace,
    call: ['mount', string('folder'), string('folder'), string('none'), MS_BIND | MS_REC, string('')],
    args: { source: 'folder', target: 'folder', mountflags: ['MS_BIND', 'MS_REC'] },
    returned: 0,
    text: 'mount("folder", "folder", 0x…, MS_BIND|MS_REC, 0x…) = 0',
  },
  {
    needs: 'root',
    before: mounted,
    call: ['mount', 0, string('folder'), 0, MS_REMOUNT | MS_RDONLY, string('size=128k')],
    args: {
      target: 'folder',
      filesystemtype: null,
      mountflags: ['MS_RDONLY', 'MS_REMOUNT'],
      data: 'size=128k',
    },
    returned: 0,
    text: 'mount(NULL, "folder", NULL, MS_RDONLY|MS_REMOUNT, "size=128k") = 0',
  },
  {
    call: ['mount', string('somewhere'), string('absent'), string('tmpfs'), 0, 0],
    args: { source: 'somewhere', target: 'absent', filesystemtype: 'tmpfs', mountflags: [], data: null },
    error: 'ENOENT',
    text: 'mount("somewhere", "absent", "tmpfs", 0, NULL) = -1 ENOENT (No such file or directory)',
  },
  {
    needs: 'root',
    before: mounted,
    call: ['umount2', string('folder'), MNT_DETACH | UMOUNT_NOFOLLOW],
    args: { target: 'folder', flags: ['MNT_DETACH', 'UMOUNT_NOFOLLOW'] },
    returned: 0,
    text: 'umount2("folder", MNT_DETACH|UMOUNT_NOFOLLOW) = 0',
  },
  {
    call: ['umount2', string('folder'), 0x10],
    args: { target: 'folder', flags: ['0x10'] },
    error: 'EINVAL',
    text: 'umount2("folder", 0x10 /* MNT_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: [...mounted, ['mkdir', string('folder/old'), 0o700]],
    call: ['pivot_root', string('folder'), string('folder/old')],
    args: { oldpath: 'folder', newpath: 'folder/old' },
    returned: 0,
    text: 'pivot_root("folder", "folder/old") = 0',
  },
  {
    needs: 'root',
    before: namespace,
    call: ['pivot_root', string('folder'), string('absent')],
    args: { oldpath: 'folder', newpath: 'absent' },
    error: 'ENOENT',
    text: 'pivot_root("folder", "absent") = -1 ENOENT (No such file or directory)',
  },
  {
    needs: 'root',
    before: namespace,
    call: ['open_tree', AT_FDCWD, string('folder'), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE],
    args: {
      dirfd: 'AT_FDCWD',
      pathname: 'folder',
      flags: ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC', 'AT_RECURSIVE'],
    },
    returned: 3,
    text: 'open_tree(AT_FDCWD, "folder", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC|AT_RECURSIVE) = 3',
  },
  {
    call: ['open_tree', -1, string('folder'), 4],
    args: { dirfd: -1, pathname: 'folder', flags: ['0x4'] },
    error: 'EINVAL',
    text: 'open_tree(-1, "folder", 0x4 /* OPEN_TREE_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: namespace,
    call: [
      'open_tree_attr',
      AT_FDCWD,
      string('folder'),
      OPEN_TREE_CLONE,
      mountAttr(MOUNT_ATTR_RDONLY, 0, 0, -1n, 0),
      40,
    ],
    args: {
      dirfd: 'AT_FDCWD',
      pathname: 'folder',
      flags: ['OPEN_TREE_CLONE'],
      attr: {
        attr_set: ['MOUNT_ATTR_RDONLY'],
        attr_clr: [],
        propagation: '0x0',
        userns_fd: 0xffff_ffff_ffff_ffffn,
      },
      size: 40,
    },
    returned: 3,
    text: 'open_tree_attr(AT_FDCWD, "folder", OPEN_TREE_CLONE, {attr_set=MOUNT_ATTR_RDONLY, attr_clr=0, propagation=0 /* MS_??? */, userns_fd=18446744073709551615}, 40) = 3',
  },
  {
    needs: 'root',
    before: namespace,
    call: [
      'open_tree_attr',
      AT_FDCWD,
      string('folder'),
      OPEN_TREE_CLONE,
      mountAttr(MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME, MS_PRIVATE, 5, 1),
      33,
    ],
    args: {
      attr: {
        attr_set: ['MOUNT_ATTR_NOATIME'],
        attr_clr: ['MOUNT_ATTR__ATIME'],
        propagation: 'MS_PRIVATE',
        userns_fd: 5,
      },
      size: 33,
    },
    error: 'E2BIG',
    text: String.raw`open_tree_attr(AT_FDCWD, "folder", OPEN_TREE_CLONE, {attr_set=MOUNT_ATTR_NOATIME, attr_clr=MOUNT_ATTR__ATIME, propagation=MS_PRIVATE, userns_fd=5, /* bytes 32..32 */ "\x01"}, 33) = -1 E2BIG (Argument list too long)`,
  },
  {
    needs: 'root',
    before: detached,
    call: [
      'move_mount',
      result(detached.length - 1),
      string(''),
      AT_FDCWD,
      string('folder'),
      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS,
    ],
    args: {
      from_dfd: 4,
      from_pathname: '',
      to_dfd: 'AT_FDCWD',
      to_pathname: 'folder',
      flags: ['MOVE_MOUNT_F_EMPTY_PATH', 'MOVE_MOUNT_T_SYMLINKS'],
    },
    returned: 0,
    text: 'move_mount(4, "", AT_FDCWD, "folder", MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_SYMLINKS) = 0',
  },
  {
    needs: 'root',
    before: namespace,
    call: ['move_mount', AT_FDCWD, string('folder'), AT_FDCWD, string('folder'), 0x8000_0000],
    args: { from_dfd: 'AT_FDCWD', from_pathname: 'folder', flags: ['0x80000000'] },
    error: 'EINVAL',
    text: 'move_mount(AT_FDCWD, "folder", AT_FDCWD, "folder", 0x80000000 /* MOVE_MOUNT_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: namespace,
    call: ['fsopen', string('tmpfs'), FSOPEN_CLOEXEC],
    args: { fsname: 'tmpfs', flags: ['FSOPEN_CLOEXEC'] },
    returned: 3,
    text: 'fsopen("tmpfs", FSOPEN_CLOEXEC) = 3',
  },
  {
    needs: 'root',
    call: ['fsopen', string('no file system'), 0],
    args: { fsname: 'no file system', flags: [] },
    error: 'ENODEV',
    text: 'fsopen("no file system", 0) = -1 ENODEV (No such device)',
  },
  {
    needs: 'root',
    before: opened,
    call: ['fsconfig', fs, FSCONFIG_SET_FLAG, string('ro'), 0, 0],
    args: { fd: 3, cmd: 'FSCONFIG_SET_FLAG', key: 'ro', value: 0n, aux: 0 },
    returned: 0,
    text: 'fsconfig(3, FSCONFIG_SET_FLAG, "ro", NULL, 0) = 0',
  },
  {
    needs: 'root',
    before: opened,
    call: ['fsconfig', fs, FSCONFIG_SET_STRING, string('size'), string('64k'), 0],
    args: { fd: 3, cmd: 'FSCONFIG_SET_STRING', key: 'size', value: '64k', aux: 0 },
    returned: 0,
    text: 'fsconfig(3, FSCONFIG_SET_STRING, "size", "64k", 0) = 0',
  },
  {
    needs: 'root',
    before: opened,
    call: ['fsconfig', fs, FSCONFIG_SET_BINARY, string('blob'), block([bytes('ab\0')]), 3],
    args: { cmd: 'FSCONFIG_SET_BINARY', key: 'blob', value: 'ab\0', aux: 3 },
    error: 'EINVAL',
    text: String.raw`fsconfig(3, FSCONFIG_SET_BINARY, "blob", "\x61\x62\x00", 3) = -1 EINVAL (Invalid argument)`,
  },
  {
    call: ['fsconfig', -1, FSCONFIG_SET_BINARY, 1, 0x1000, -1],
    args: { fd: -1, key: 'EFAULT', value: 'EFAULT', aux: -1 },
    error: 'EINVAL',
    text: 'fsconfig(-1, FSCONFIG_SET_BINARY, 0x1, 0x1000, -1) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: opened,
    call: ['fsconfig', fs, FSCONFIG_SET_PATH, string('source'), string('folder'), AT_FDCWD],
    args: { cmd: 'FSCONFIG_SET_PATH', key: 'source', value: 'folder', aux: 'AT_FDCWD' },
    error: 'EINVAL',
    text: 'fsconfig(3, FSCONFIG_SET_PATH, "source", "folder", AT_FDCWD) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: opened,
    call: ['fsconfig', fs, FSCONFIG_SET_PATH_EMPTY, string('source'), string(''), fs],
    args: { cmd: 'FSCONFIG_SET_PATH_EMPTY', key: 'source', value: '', aux: 3 },
    error: 'EINVAL',
    text: 'fsconfig(3, FSCONFIG_SET_PATH_EMPTY, "source", "", 3) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: opened,
    call: ['fsconfig', fs, FSCONFIG_SET_FD, string('fd'), 0, fs],
    args: { cmd: 'FSCONFIG_SET_FD', key: 'fd', value: 0n, aux: 3 },
    error: 'EINVAL',
    text: 'fsconfig(3, FSCONFIG_SET_FD, "fd", NULL, 3) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: opened,
    call: ['fsconfig', fs, FSCONFIG_CMD_CREATE, 0, 0, 0],
    args: { cmd: 'FSCONFIG_CMD_CREATE', key: 0n, value: 0n, aux: 0 },
    returned: 0,
    text: 'fsconfig(3, FSCONFIG_CMD_CREATE, NULL, NULL, 0) = 0',
  },
  {
    needs: 'root',
    before: opened,
    call: ['fsconfig', fs, FSCONFIG_CMD_RECONFIGURE, 1, 2, 3],
    args: { cmd: 'FSCONFIG_CMD_RECONFIGURE', key: 1n, value: 2n, aux: 3 },
    error: 'EINVAL',
    text: 'fsconfig(3, FSCONFIG_CMD_RECONFIGURE, 0x1, 0x2, 3) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: created,
    call: ['fsmount', fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC],
    args: {
      fd: 3,
      flags: ['FSMOUNT_CLOEXEC'],
      attr_flags: ['MOUNT_ATTR_NOSUID', 'MOUNT_ATTR_NODEV', 'MOUNT_ATTR_NOEXEC'],
    },
    returned: 4,
    text: 'fsmount(3, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV|MOUNT_ATTR_NOEXEC) = 4',
  },
  {
    needs: 'root',
    before: opened,
    call: ['fsmount', fs, 0, 0x8000_0000],
    args: { fd: 3, flags: [], attr_flags: ['0x80000000'] },
    error: 'EINVAL',
    text: 'fsmount(3, 0, 0x80000000 /* MOUNT_ATTR_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: mounted,
    call: ['fspick', AT_FDCWD, string('folder'), FSPICK_CLOEXEC | FSPICK_NO_AUTOMOUNT],
    args: { dirfd: 'AT_FDCWD', pathname: 'folder', flags: ['FSPICK_CLOEXEC', 'FSPICK_NO_AUTOMOUNT'] },
    returned: 3,
    text: 'fspick(AT_FDCWD, "folder", FSPICK_CLOEXEC|FSPICK_NO_AUTOMOUNT) = 3',
  },
  {
    needs: 'root',
    before: namespace,
    call: ['fspick', AT_FDCWD, string('folder'), 0x10],
    args: { flags: ['0x10'] },
    error: 'EINVAL',
    text: 'fspick(AT_FDCWD, "folder", 0x10 /* FSPICK_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: mounted,
    call: [
      'mount_setattr',
      AT_FDCWD,
      string('folder'),
      MOUNT_SETATTR.values.AT_RECURSIVE,
      mountAttr(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME, MS_PRIVATE, 0),
      32,
    ],
    args: {
      dirfd: 'AT_FDCWD',
      pathname: 'folder',
      flags: ['AT_RECURSIVE'],
      attr: {
        attr_set: ['MOUNT_ATTR_RDONLY', 'MOUNT_ATTR_NOATIME'],
        attr_clr: ['MOUNT_ATTR__ATIME'],
        propagation: 'MS_PRIVATE',
        userns_fd: 0,
      },
      size: 32,
    },
    returned: 0,
    text: 'mount_setattr(AT_FDCWD, "folder", AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOATIME, attr_clr=MOUNT_ATTR__ATIME, propagation=MS_PRIVATE, userns_fd=0}, 32) = 0',
  },
  {
    needs: 'root',
    before: mounted,
    since: '5.12',
    call: ['mount_setattr', -1, string('folder'), 0, mountAttr(MOUNT_ATTR_IDMAP, 0, 0, 9), 32],
    args: { dirfd: -1, attr: { attr_set: ['MOUNT_ATTR_IDMAP'], userns_fd: 9 } },
    error: 'EBADF',
    text: 'mount_setattr(-1, "folder", 0, {attr_set=MOUNT_ATTR_IDMAP, attr_clr=0, propagation=0 /* MS_??? */, userns_fd=9}, 32) = -1 EBADF (Bad file descriptor)',
  },
  {
    since: '5.12',
    call: ['mount_setattr', AT_FDCWD, string('folder'), 0, mountAttr(0, 0, 0, 0), 31],
    args: { attr: 'EFAULT', size: 31 },
    error: 'EINVAL',
    text: 'mount_setattr(AT_FDCWD, "folder", 0, 0x…, 31) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [idOf('/proc')],
    call: [
      'statmount',
      mountRequest(
        STATMOUNT_SB_BASIC | STATMOUNT_MNT_BASIC | STATMOUNT_MNT_ROOT | STATMOUNT_MNT_POINT | STATMOUNT_FS_TYPE,
      ),
      room(1024),
      1024,
      0,
    ],
    args: {
      req: {
        size: 24,
        mnt_ns_fd: 0,
        mnt_id: isPositive,
        param: [
          'STATMOUNT_SB_BASIC',
          'STATMOUNT_MNT_BASIC',
          'STATMOUNT_MNT_ROOT',
          'STATMOUNT_MNT_POINT',
          'STATMOUNT_FS_TYPE',
        ],
      },
      bufsize: 1024,
      flags: [],
    },
    out: {
      buf: {
        size: (value: unknown) => Number(value) > 512,
        sb_magic: 'PROC_SUPER_MAGIC',
        fs_type: 'proc',
        mnt_id: isPositive,
        mnt_parent_id_old: isPositive,
        mnt_root: '/',
        mnt_point: '/proc',
        sb_source: null,
        opt_array: null,
      },
    },
    returned: 0,
    text: 'statmount({size=24, mnt_ns_fd=0, mnt_id=0x…, param=STATMOUNT_SB_BASIC|STATMOUNT_MNT_BASIC|STATMOUNT_MNT_ROOT|STATMOUNT_MNT_POINT|STATMOUNT_FS_TYPE}, {size=…, mask=STATMOUNT_SB_BASIC|…, sb_dev_major=…, sb_dev_minor=…, sb_magic=PROC_SUPER_MAGIC, sb_flags=…, fs_type="proc", mnt_id=0x…, mnt_parent_id=0x…, mnt_id_old=0x…, mnt_parent_id_old=0x…, mnt_attr=…, mnt_propagation=MS_…, mnt_peer_group=…, mnt_master=…, mnt_root="/", mnt_point="/proc"}, 1024, 0) = 0',
  },
  {
    needs: 'root',
    before: [...mounted, idOf('folder')],
    call: [
      'statmount',
      mountRequest(STATMOUNT_MNT_NS_ID | STATMOUNT_MNT_OPTS | STATMOUNT_SB_SOURCE | STATMOUNT_OPT_ARRAY, 32),
      room(1024),
      1024,
      0,
    ],
    args: {
      req: {
        size: 32,
        param: ['STATMOUNT_MNT_NS_ID', 'STATMOUNT_MNT_OPTS', 'STATMOUNT_SB_SOURCE', 'STATMOUNT_OPT_ARRAY'],
        mnt_ns_id: 0,
      },
    },
    out: {
      buf: {
        mnt_opts: (value: unknown) => String(value).includes('size=64k,mode=700'),
        mnt_ns_id: isPositive,
        sb_source: 'somewhere',
        opt_array: (value: unknown) => Array.isArray(value) && value.includes('mode=700'),
        fs_type: null,
      },
    },
    returned: 0,
    text: 'statmount({size=32, mnt_ns_fd=0, mnt_id=0x…, param=…, mnt_ns_id=0}, {size=…, mnt_opts="…size=64k,mode=700…", mask=…STATMOUNT_MNT_NS_ID|STATMOUNT_MNT_OPTS|STATMOUNT_SB_SOURCE|STATMOUNT_OPT_ARRAY…, mnt_ns_id=0x…, sb_source="somewhere", opt_num=…, opt_array=[…"size=64k", "mode=700"…]}, 1024, 0) = 0',
  },
  {
    before: [idOf('/proc')],
    since: '6.8',
    call: ['statmount', mountRequest(STATMOUNT_SUPPORTED_MASK, 32), room(512), 512, 0],
    out: {
      buf: {
        supported_mask: (value: unknown) => Array.isArray(value) && value.includes('STATMOUNT_SUPPORTED_MASK'),
      },
    },
    returned: 0,
    text: 'statmount({size=32, …}, {size=512, mask=STATMOUNT_SUPPORTED_MASK, supported_mask=STATMOUNT_SB_BASIC|…}, 512, 0) = 0',
  },
  {
    before: [idOf('/proc')],
    since: '6.8',
    call: ['statmount', mountRequest(STATMOUNT_MNT_POINT), room(513), 513, 0],
    args: { bufsize: 513 },
    error: 'EOVERFLOW',
    text: 'statmount({size=24, mnt_ns_fd=0, mnt_id=0x…, param=STATMOUNT_MNT_POINT}, 0x…, 513, 0) = -1 EOVERFLOW (Value too large for defined data type)',
  },
  {
    since: '6.8',
    call: ['statmount', block([u32(23), zeros(20)]), room(512), 512, 0x8000_0000],
    args: { req: 'EFAULT', flags: ['0x80000000'] },
    error: 'EINVAL',
    text: 'statmount({size=23}, 0x…, 512, 0x80000000 /* STATMOUNT_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    since: '6.8',
    call: ['listmount', block([u32(24), u32(0), u64(LSMT_ROOT), u64(0)]), room(64), 8, 0],
    args: {
      req: { size: 24, mnt_ns_fd: 0, mnt_id: 'LSMT_ROOT', param: 0 },
      nr_mnt_ids: 8,
      flags: [],
    },
    out: { mnt_ids: (value: unknown) => Array.isArray(value) && value.length > 0 && value.every(isPositive) },
    returned: isPositive,
    text: 'listmount({size=24, mnt_ns_fd=0, mnt_id=LSMT_ROOT, param=0}, [0x…], 8, 0) = …',
  },
  {
    call: [
      'listmount',
      block([u32(40), u32(0), u64(1), u64(2), u64(0), u64(0x2a)]),
      room(64),
      8,
      LISTMOUNT.values.LISTMOUNT_REVERSE,
    ],
    args: { req: { size: 40, mnt_id: 1, param: 2, mnt_ns_id: 0 }, flags: ['LISTMOUNT_REVERSE'] },
    error: 'E2BIG',
    text: String.raw`listmount({size=40, mnt_ns_fd=0, mnt_id=0x1, param=0x2, mnt_ns_id=0, /* bytes 32..39 */ "\x2a\x00\x00\x00\x00\x00\x00\x00"}, 0x…, 8, LISTMOUNT_REVERSE) = -1 E2BIG (Argument list too long)`,
  },
  {
    since: '6.8',
    call: ['listmount', 1, room(8), 0, 0],
    args: { req: 'EFAULT', nr_mnt_ids: 0 },
    error: 'EFAULT',
    text: 'listmount(0x1, [], 0, 0) = -1 EFAULT (Bad address)',
  },
  {
    // Refused, so that it fails whether the kernel has it or not.
    call: [
      'listns',
      block([u32(32), u32(0), u64(7), u32(NS_TYPE.values.NET_NS | NS_TYPE.values.MNT_NS), u32(0), u64(LSMT_ROOT)]),
      room(64),
      8,
      0,
    ],
    options: { deny: { calls: ['listns'], error: 'EPERM' } },
    args: {
      req: { size: 32, ns_id: 7, ns_type: ['MNT_NS', 'NET_NS'], user_ns_id: 'LISTNS_CURRENT_USER' },
      nr_ns_ids: 8,
      flags: 0,
    },
    error: 'EPERM',
    text: 'listns({size=32, ns_id=0x7, ns_type=MNT_NS|NET_NS, user_ns_id=LISTNS_CURRENT_USER}, 0x…, 8, 0) = -1 EPERM (Operation not permitted) (INJECTED)',
  },
)
