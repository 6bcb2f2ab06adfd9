/** ioctl(2) on files and file systems, block devices, processes, namespaces, and what else has a descriptor. */

import {
  FIEMAP_EXTENT,
  FIEMAP_FLAG,
  FS_FL,
  LO_FLAGS,
  PIDFD_INFO,
  UFFD_FEATURE,
  UFFDIO_COPY_MODE,
  UFFDIO_REGISTER_MODE,
  WDIOF,
} from '../../src/table/constants/devices.ts'
import { FS_XFLAG, O, O_ACCESS } from '../../src/table/constants/file.ts'
import { IOCTL } from '../../src/table/constants/ioctl.ts'
import { UFFD } from '../../src/table/constants/memory.ts'
import { family } from './check.ts'
import { pretended } from './pretend.ts'
import { block, bytes, result, room, string, u16, u32, u64, u8, zeros, type Call, type Part } from './script.ts'
import { given, got, refused } from './ttys.ts'

const requests = IOCTL.values
const { FS_APPEND_FL, FS_NODUMP_FL } = FS_FL.values
const text = (value: string, size: number): readonly Part[] => [bytes(value), zeros(size - value.length)]
const file: readonly Call[] = [['open', string('file'), O_ACCESS.values.O_RDWR | O.values.O_CREAT, 0o600]]

/** struct fiemap with an extent behind it */
const fiemap: readonly Part[] = [
  u64(4096),
  u64(8192),
  u32(FIEMAP_FLAG.values.FIEMAP_FLAG_SYNC),
  u32(1),
  u32(1),
  u32(0),
  u64(4096),
  u64(0x8000),
  u64(8192),
  zeros(16),
  u32(FIEMAP_EXTENT.values.FIEMAP_EXTENT_LAST),
  zeros(12),
]
/** struct file_dedupe_range with one destination */
const dedupe: readonly Part[] = [u64(1), u64(2), u16(1), zeros(6), u64(7), u64(8), u64(9), u32(-22), zeros(4)]
const dedupeText = '{src_offset=1, src_length=2, dest_count=1, info=[{dest_fd=7, dest_offset=8}]}'

export const files = family(
  {},
  got(
    'FS_IOC_GETFLAGS',
    [u32(FS_APPEND_FL | FS_NODUMP_FL)],
    ['FS_APPEND_FL', 'FS_NODUMP_FL'],
    '[FS_APPEND_FL|FS_NODUMP_FL]',
  ),
  given('FS_IOC_SETFLAGS', [u32(FS_NODUMP_FL)], ['FS_NODUMP_FL'], '[FS_NODUMP_FL]'),
  refused('FS_IOC_GETFLAGS', [zeros(8)], 'FS_IOC_GETFLAGS, 0x…'),
  {
    ...got(
      'FS_IOC_FIEMAP',
      fiemap,
      {
        fm_flags: ['FIEMAP_FLAG_SYNC'],
        fm_mapped_extents: 1,
        fm_extents: [{ fe_logical: 4096, fe_physical: 0x8000, fe_length: 8192, fe_flags: ['FIEMAP_EXTENT_LAST'] }],
      },
      '{fm_start=4096, fm_length=8192, fm_flags=FIEMAP_FLAG_SYNC, fm_extent_count=1} => {fm_flags=FIEMAP_FLAG_SYNC, ' +
        'fm_mapped_extents=1, fm_extents=[{fe_logical=4096, fe_physical=32768, fe_length=8192, ' +
        'fe_flags=FIEMAP_EXTENT_LAST}]}',
    ),
    style: { abbreviate: false },
  },
  refused(
    'FS_IOC_FIEMAP',
    fiemap,
    'FS_IOC_FIEMAP, {fm_start=4096, fm_length=8192, fm_flags=FIEMAP_FLAG_SYNC, fm_extent_count=1}',
    { fm_start: 4096, fm_length: 8192, fm_flags: ['FIEMAP_FLAG_SYNC'], fm_extent_count: 1 },
  ),
  {
    before: file,
    call: ['ioctl', result(0), requests.FICLONE, 77],
    error: 'EBADF',
    args: { op: 'FICLONE', argp: 77 },
    text: 'ioctl(3, BTRFS_IOC_CLONE or FICLONE, 77) = -1 EBADF (Bad file descriptor)',
  },
  given(
    'FICLONERANGE',
    [u64(5), u64(4096), u64(8192), u64(0)],
    { src_fd: 5, src_offset: 4096, src_length: 8192, dest_offset: 0 },
    '{src_fd=5, src_offset=4096, src_length=8192, dest_offset=0}',
  ),
  got(
    'FIDEDUPERANGE',
    dedupe,
    { info: [{ bytes_deduped: 9, status: -22 }] },
    `${dedupeText} => {info=[{bytes_deduped=9, status=-22}]}`,
  ),
  refused('FIDEDUPERANGE', dedupe, `BTRFS_IOC_FILE_EXTENT_SAME or FIDEDUPERANGE, ${dedupeText}`, {
    src_offset: 1,
    src_length: 2,
    dest_count: 1,
    info: [{ dest_fd: 7, dest_offset: 8 }],
  }),
  got(
    'FS_IOC_FSGETXATTR',
    [u32(FS_XFLAG.values.FS_XFLAG_NOATIME), u32(1), u32(2), u32(3), u32(4), zeros(8)],
    { fsx_xflags: ['FS_XFLAG_NOATIME'], fsx_extsize: 1, fsx_nextents: 2, fsx_projid: 3, fsx_cowextsize: 4 },
    '{fsx_xflags=FS_XFLAG_NOATIME, fsx_extsize=1, fsx_nextents=2, fsx_projid=0x3, fsx_cowextsize=4}',
  ),
  refused(
    'FS_IOC_FSSETXATTR',
    [u32(0), u32(1), u32(2), u32(3), u32(4), zeros(8)],
    'FS_IOC_FSSETXATTR, {fsx_xflags=0, fsx_extsize=1, fsx_projid=0x3, fsx_cowextsize=4}',
  ),
  given(
    'FITRIM',
    [u64(4096), u64(-1), u64(512)],
    { start: 4096, minlen: 512 },
    '{start=0x1000, len=18446744073709551615, minlen=512}',
  ),
  given('FS_IOC_SHUTDOWN', [u32(1)], 'FS_SHUTDOWN_FLAGS_LOGFLUSH', '[FS_SHUTDOWN_FLAGS_LOGFLUSH]'),
  got('FS_IOC_GETFSLABEL', text('root', 256), 'root', '"root"'),
  got(
    'FS_IOC_GETFSUUID',
    [u8(2), bytes('ab'), zeros(14)],
    { len: 2, uuid: { 0: 97, 1: 98 } },
    '{len=2, uuid="\\x61\\x62"}',
  ),
  got('FS_IOC_GETFSSYSFSPATH', [u8(4), ...text('ext4', 128)], { len: 4, name: 'ext4' }, '{len=4, name="ext4"}'),
  got(
    'FS_IOC_GETLBMD_CAP',
    [u32(1), u16(512), ...[8, 0, 0, 8, 0, 2, 2, 4, 0, 0].map(u8)],
    { lbmd_flags: ['LBMD_PI_CAP_INTEGRITY'], lbmd_interval: 512, lbmd_guard_tag_type: 'LBMD_PI_CSUM_CRC16_T10DIF' },
    '{lbmd_flags=LBMD_PI_CAP_INTEGRITY, lbmd_interval=512, lbmd_size=8, lbmd_opaque_size=0, lbmd_opaque_offset=0, ' +
      'lbmd_pi_size=8, lbmd_pi_offset=0, lbmd_guard_tag_type=LBMD_PI_CSUM_CRC16_T10DIF, lbmd_app_tag_size=2, ' +
      'lbmd_ref_tag_size=4, lbmd_storage_tag_size=0}',
  ),
)

/** struct loop_info64 */
const loop: readonly Part[] = [
  ...[0x801, 12, 0x703, 512, 1 << 20].map(u64),
  ...[3, 0, 0, LO_FLAGS.values.LO_FLAGS_AUTOCLEAR].map(u32),
  ...text('disk.img', 64),
  zeros(64),
  zeros(32),
  u64(0),
  u64(0),
]

export const blocks = family(
  {},
  got('BLKGETSIZE64', [u64(2 ** 40)], 2 ** 40, '[1099511627776]'),
  refused('BLKGETSIZE64', [zeros(8)], 'BLKGETSIZE64, 0x…'),
  got('BLKSSZGET', [u32(512)], 512, '[512]'),
  got('BLKROTATIONAL', [u16(1)], 1, '[1]'),
  given('BLKDISCARD', [u64(4096), u64(8192)], [4096, 8192], '[4096, 8192]'),
  given(
    'BLKPG',
    [
      u32(1),
      u32(0),
      u32(152),
      u32(0),
      u64(block([u64(2048), u64(4096), u32(1), ...text('sda1', 64), ...text('', 64), zeros(4)])),
    ],
    { op: 'BLKPG_ADD_PARTITION', datalen: 152, data: { start: 2048, length: 4096, pno: 1, devname: 'sda1' } },
    '{op=BLKPG_ADD_PARTITION, flags=0, datalen=152, data={start=2048, length=4096, pno=1, devname="sda1", volname=""}}',
  ),
  got(
    'LOOP_GET_STATUS64',
    loop,
    {
      lo_device: 0x801,
      lo_inode: 12,
      lo_offset: 512,
      lo_sizelimit: 1 << 20,
      lo_number: 3,
      lo_encrypt_type: 'LO_CRYPT_NONE',
      lo_flags: ['LO_FLAGS_AUTOCLEAR'],
      lo_file_name: 'disk.img',
    },
    '{lo_offset=0x200, lo_number=3, lo_flags=LO_FLAGS_AUTOCLEAR, lo_file_name="disk.img", ...}',
  ),
  {
    ...refused(
      'LOOP_SET_STATUS64',
      loop,
      'LOOP_SET_STATUS64, {lo_device=makedev(0x8, 0x1), lo_inode=12, lo_rdevice=makedev(0x7, 0x3), lo_offset=0x200, ' +
        'lo_sizelimit=1048576, lo_number=3, lo_encrypt_type=LO_CRYPT_NONE, lo_encrypt_key_size=0, ' +
        'lo_flags=LO_FLAGS_AUTOCLEAR, lo_file_name="disk.img", lo_crypt_name="", lo_encrypt_key="", lo_init=[0, 0]}',
    ),
    style: { abbreviate: false },
  },
  given(
    'LOOP_CONFIGURE',
    [u32(4), u32(512), ...loop, zeros(64)],
    { fd: 4, block_size: 512, info: { lo_file_name: 'disk.img' } },
    '{fd=4, block_size=512, info={lo_offset=0x200, lo_number=3, lo_flags=LO_FLAGS_AUTOCLEAR, lo_file_name="disk.img", ...}}',
  ),
)

const range = [u64(0x10000), u64(0x2000)] as const
const { UFFD_FEATURE_THREAD_ID, UFFD_FEATURE_SIGBUS } = UFFD_FEATURE.values

export const objects = family(
  {},
  {
    before: [['userfaultfd', UFFD.values.UFFD_USER_MODE_ONLY]],
    call: ['ioctl', result(0), requests.UFFDIO_API, block([u64(0xab), u64(0), u64(0)])],
    error: 'EINVAL',
    args: { argp: { api: 0xab, features: [] } },
    text: 'ioctl(3, UFFDIO_API, {api=0xab, features=0}) = -1 EINVAL (Invalid argument)',
  },
  got(
    'UFFDIO_API',
    [u64(0xaa), u64(UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_SIGBUS), u64((2n ** 63n) | 3n)],
    {
      features: ['UFFD_FEATURE_SIGBUS', 'UFFD_FEATURE_THREAD_ID'],
      ioctls: ['1<<_UFFDIO_REGISTER', '1<<_UFFDIO_UNREGISTER', '1<<_UFFDIO_API'],
    },
    '{api=0xaa, features=UFFD_FEATURE_SIGBUS|UFFD_FEATURE_THREAD_ID, ' +
      'ioctls=1<<_UFFDIO_REGISTER|1<<_UFFDIO_UNREGISTER|1<<_UFFDIO_API}',
  ),
  got(
    'UFFDIO_REGISTER',
    [...range, u64(UFFDIO_REGISTER_MODE.values.UFFDIO_REGISTER_MODE_MISSING), u64(0x1c)],
    { ioctls: ['1<<_UFFDIO_WAKE', '1<<_UFFDIO_COPY', '1<<_UFFDIO_ZEROPAGE'] },
    '{range={start=0x10000, len=0x2000}, mode=UFFDIO_REGISTER_MODE_MISSING, ' +
      'ioctls=1<<_UFFDIO_WAKE|1<<_UFFDIO_COPY|1<<_UFFDIO_ZEROPAGE}',
  ),
  got(
    'UFFDIO_COPY',
    [u64(0x10000), u64(0x20000), u64(0x1000), u64(UFFDIO_COPY_MODE.values.UFFDIO_COPY_MODE_DONTWAKE), u64(0x1000)],
    { copy: 0x1000 },
    '{dst=0x10000, src=0x20000, len=0x1000, mode=UFFDIO_COPY_MODE_DONTWAKE, copy=0x1000}',
  ),
  refused('UFFDIO_WAKE', range, 'UFFDIO_WAKE, {start=0x10000, len=0x2000}', { start: 0x10000, len: 0x2000 }),
  {
    before: [...pretended('ioctl')],
    call: ['ioctl', 1, requests.NS_GET_NSTYPE, 0],
    args: { op: 'NS_GET_NSTYPE' },
    returned: 0,
    text: 'ioctl(1, NS_GET_NSTYPE) = 0',
  },
  {
    before: [['open', string('/proc/self/ns/net'), 0, 0]],
    call: ['ioctl', result(0), requests.NS_GET_NSTYPE, 0],
    returned: 0x4000_0000,
    text: 'ioctl(3, NS_GET_NSTYPE) = 1073741824 (CLONE_NEWNET)',
  },
  {
    before: [['open', string('/proc/self/ns/net'), 0, 0]],
    call: ['ioctl', result(0), requests.NS_GET_PARENT, 0],
    error: 'EINVAL',
    text: 'ioctl(3, NS_GET_PARENT) = -1 EINVAL (Invalid argument)',
  },
  got('NS_GET_OWNER_UID', [u32(1000)], 1000, '[1000]'),
  got('NS_GET_MNTNS_ID', [u64(0x1234)], 0x1234, '[0x1234]'),
  got(
    'NS_MNT_GET_INFO',
    [u32(16), u32(20), u64(4)],
    { size: 16, nr_mounts: 20, mnt_ns_id: 4 },
    '{size=16, nr_mounts=20, mnt_ns_id=0x4}',
  ),
  got(
    'PIDFD_GET_INFO',
    [
      u64(PIDFD_INFO.values.PIDFD_INFO_PID | PIDFD_INFO.values.PIDFD_INFO_EXIT),
      u64(0),
      ...[10, 11, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x300].map(u32),
      zeros(24),
    ],
    { mask: ['PIDFD_INFO_PID', 'PIDFD_INFO_EXIT'], pid: 10, tgid: 11, ppid: 1, exit_code: { exited: 3 } },
    '{mask=PIDFD_INFO_PID|PIDFD_INFO_EXIT, pid=10, tgid=11, ppid=1, exit_code=[{WIFEXITED(s) && WEXITSTATUS(s) == 3}]}',
  ),
  refused('PIDFD_GET_INFO', [u64(1), zeros(80)], 'PIDFD_GET_INFO, {mask=PIDFD_INFO_PID}', { mask: ['PIDFD_INFO_PID'] }),
  given(
    'EPIOCSPARAMS',
    [u32(50), u16(8), u8(1), u8(0)],
    { busy_poll_usecs: 50, busy_poll_budget: 8, prefer_busy_poll: 1 },
    '{busy_poll_usecs=50 /* 0.000050 s */, busy_poll_budget=8, prefer_busy_poll=0x1}',
  ),
  refused('EPIOCGPARAMS', [zeros(8)], 'EPIOCGPARAMS, 0x…'),
  {
    call: ['ioctl', -1, requests.INOTIFY_IOC_SETNEXTWD, -2],
    error: 'EBADF',
    args: { argp: -2 },
    text: 'ioctl(-1, INOTIFY_IOC_SETNEXTWD, -2) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: [['open', string('/dev/urandom'), 0, 0]],
    call: ['ioctl', result(0), requests.RNDGETENTCNT, room(4)],
    out: { argp: (count: unknown) => typeof count === 'number' },
    returned: 0,
    text: 'ioctl(3, RNDGETENTCNT, […]) = 0',
  },
  got(
    'WDIOC_GETSUPPORT',
    [u32(WDIOF.values.WDIOF_KEEPALIVEPING), u32(1), ...text('soft', 32)],
    { options: ['WDIOF_KEEPALIVEPING'], firmware_version: 1, identity: 'soft' },
    '{options=WDIOF_KEEPALIVEPING, ...}',
  ),
)
