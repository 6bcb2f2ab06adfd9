/** fcntl(2). */

import { DN, F, F_LOCK, F_OWNER, F_SEAL, FD, MFD, O, O_ACCESS, RWH, SEEK } from '../../src/table/constants/file.ts'
import { family } from './check.ts'
import { pretended } from './pretend.ts'
import { block, intAt, result, room, string, u16, u32, u64, zeros, type Call, type Word } from './script.ts'

const { O_RDWR } = O_ACCESS.values
const { O_CREAT, O_CLOEXEC, O_NONBLOCK, O_APPEND } = O.values
const { F_RDLCK, F_WRLCK, F_UNLCK } = F_LOCK.values
const { F_OWNER_PID, F_OWNER_TID } = F_OWNER.values
const { F_SEAL_GROW, F_SEAL_SHRINK } = F_SEAL.values
const { FD_CLOEXEC } = FD.values
const { F_DUPFD, F_DUPFD_CLOEXEC, F_DUPFD_QUERY, F_CREATED_QUERY, F_GETFD, F_SETFD, F_GETFL, F_SETFL } = F.values
const { F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_GETLEASE, F_SETLEASE } = F.values
const { F_GETOWN, F_SETOWN, F_GETOWN_EX, F_SETOWN_EX, F_GETOWNER_UIDS, F_GETSIG, F_SETSIG, F_NOTIFY } = F.values
const { F_GETPIPE_SZ, F_SETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS, F_GETDELEG, F_SETDELEG } = F.values
const { F_GET_RW_HINT, F_SET_RW_HINT, F_GET_FILE_RW_HINT, F_SET_FILE_RW_HINT } = F.values
const { SEEK_CUR, SEEK_SET, SEEK_END } = SEEK.values
const SIGUSR1 = 10

/** A file with "hello world" in it: descriptor 3. */
const file: readonly Call[] = [
  ['open', string('file'), O_RDWR | O_CREAT, 0o600],
  ['pwrite64', result(0), string('hello world'), 11, 0],
]
/** A pipe with "hello" in it: 3 and 4. */
const pipe: readonly Call[] = [
  ['pipe', room(8, 'pipe')],
  ['write', intAt('pipe', 4), string('hello'), 5],
]

/** struct flock */
const lock = (type: number, whence: number, start: number, length: number): Word =>
  block([u16(type), u16(whence), zeros(4), u64(start), u64(length), zeros(8)])
const isPositive = (value: unknown): boolean => Number(value) > 0

export const fcntls = family(
  {},
  {
    before: file,
    call: ['fcntl', 3, F_DUPFD, 20],
    args: { fd: 3, op: 'F_DUPFD', arg: 20 },
    returned: 20,
    text: 'fcntl(3, F_DUPFD, 20) = 20',
  },
  {
    before: file,
    call: ['fcntl', 3, F_DUPFD_CLOEXEC, -1],
    args: { fd: 3, op: 'F_DUPFD_CLOEXEC', arg: -1 },
    error: 'EINVAL',
    text: 'fcntl(3, F_DUPFD_CLOEXEC, -1) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['pipe2', room(8), O_CLOEXEC]],
    call: ['fcntl', 3, F_GETFD],
    args: { fd: 3, op: 'F_GETFD' },
    returned: 1,
    text: 'fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)',
  },
  {
    before: [['pipe2', room(8), O_CLOEXEC]],
    call: ['fcntl', 3, F_GETFD],
    returned: 1,
    text: 'fcntl(3, 0x1 /* F_GETFD */) = 0x1 (flags 0x1 /* FD_CLOEXEC */)',
    style: { constants: 'verbose' },
  },
  { call: ['fcntl', 0, F_GETFD], args: { fd: 0, op: 'F_GETFD' }, returned: 0, text: 'fcntl(0, F_GETFD) = 0' },
  {
    before: file,
    call: ['fcntl', 3, F_SETFD, FD_CLOEXEC],
    args: { fd: 3, op: 'F_SETFD', arg: ['FD_CLOEXEC'] },
    returned: 0,
    text: 'fcntl(3, F_SETFD, FD_CLOEXEC) = 0',
  },
  {
    before: [['pipe2', room(8), O_NONBLOCK]],
    call: ['fcntl', 4, F_GETFL],
    args: { fd: 4, op: 'F_GETFL' },
    text: 'fcntl(4, F_GETFL) = 0x801 (flags O_WRONLY|O_NONBLOCK)',
  },
  {
    before: pipe,
    call: ['fcntl', 3, F_SETFL, O_NONBLOCK | O_APPEND],
    args: { fd: 3, op: 'F_SETFL', arg: ['O_RDONLY', 'O_APPEND', 'O_NONBLOCK'] },
    returned: 0,
    text: 'fcntl(3, F_SETFL, O_RDONLY|O_APPEND|O_NONBLOCK) = 0',
  },
  {
    before: [...file, ['fcntl', 3, F_OFD_SETLK, lock(F_WRLCK, SEEK_SET, 7, 8)]],
    call: ['fcntl', 3, F_GETLK, lock(F_RDLCK, SEEK_SET, 0, 0)],
    args: { fd: 3, op: 'F_GETLK' },
    out: { arg: { l_type: 'F_WRLCK', l_whence: 'SEEK_SET', l_start: 7, l_len: 8, l_pid: -1 } },
    returned: 0,
    text: 'fcntl(3, F_GETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=7, l_len=8, l_pid=-1}) = 0',
  },
  {
    before: file,
    call: ['fcntl', 3, F_GETLK, lock(F_UNLCK, SEEK_SET, 0, 0)],
    args: { fd: 3, op: 'F_GETLK' },
    error: 'EINVAL',
    text: 'fcntl(3, F_GETLK, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    before: file,
    call: ['fcntl', 3, F_SETLK, lock(F_RDLCK, SEEK_END, -5, 2)],
    args: { fd: 3, op: 'F_SETLK', arg: { l_type: 'F_RDLCK', l_whence: 'SEEK_END', l_start: -5, l_len: 2 } },
    returned: 0,
    text: 'fcntl(3, F_SETLK, {l_type=F_RDLCK, l_whence=SEEK_END, l_start=-5, l_len=2}) = 0',
  },
  {
    before: [...file, ['fcntl', 3, F_OFD_SETLK, lock(F_WRLCK, SEEK_SET, 7, 8)]],
    call: ['fcntl', 3, F_SETLK, lock(F_WRLCK, SEEK_SET, 0, 0)],
    args: { fd: 3, op: 'F_SETLK', arg: { l_type: 'F_WRLCK', l_whence: 'SEEK_SET', l_start: 0, l_len: 0 } },
    error: 'EAGAIN',
    text: 'fcntl(3, F_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=0, l_len=0}) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    before: file,
    call: ['fcntl', 3, F_SETLKW, lock(F_UNLCK, SEEK_CUR, 1, 2)],
    args: { fd: 3, op: 'F_SETLKW', arg: { l_type: 'F_UNLCK', l_whence: 'SEEK_CUR', l_start: 1, l_len: 2 } },
    returned: 0,
    text: 'fcntl(3, F_SETLKW, {l_type=F_UNLCK, l_whence=SEEK_CUR, l_start=1, l_len=2}) = 0',
  },
  {
    before: [...file, ['fcntl', 3, F_SETLK, lock(F_WRLCK, SEEK_SET, 7, 8)]],
    call: ['fcntl', 3, F_OFD_GETLK, lock(F_RDLCK, SEEK_SET, 8, 1)],
    args: { fd: 3, op: 'F_OFD_GETLK' },
    out: { arg: { l_type: 'F_WRLCK', l_whence: 'SEEK_SET', l_start: 7, l_len: 8, l_pid: isPositive } },
    returned: 0,
    text: 'fcntl(3, F_OFD_GETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=7, l_len=8, l_pid=…}) = 0',
  },
  {
    before: file,
    call: ['fcntl', 3, F_OFD_SETLK, lock(F_WRLCK, SEEK_SET, 1, 2)],
    args: { fd: 3, op: 'F_OFD_SETLK', arg: { l_type: 'F_WRLCK', l_whence: 'SEEK_SET', l_start: 1, l_len: 2 } },
    returned: 0,
    text: 'fcntl(3, F_OFD_SETLK, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=1, l_len=2}) = 0',
  },
  {
    before: file,
    call: ['fcntl', 3, F_OFD_SETLKW, lock(F_WRLCK, 9, 1, 2)],
    args: { fd: 3, op: 'F_OFD_SETLKW', arg: { l_type: 'F_WRLCK', l_whence: '0x9', l_start: 1, l_len: 2 } },
    error: 'EINVAL',
    text: 'fcntl(3, F_OFD_SETLKW, {l_type=F_WRLCK, l_whence=0x9 /* SEEK_??? */, l_start=1, l_len=2}) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [...pipe, ['getpid']],
    call: ['fcntl', 3, F_SETOWN, result(2)],
    args: { fd: 3, op: 'F_SETOWN', arg: isPositive },
    returned: 0,
    text: 'fcntl(3, F_SETOWN, …) = 0',
  },
  {
    before: pipe,
    call: ['fcntl', 3, F_SETOWN, -0x7fff_fffe],
    args: { fd: 3, op: 'F_SETOWN', arg: -0x7fff_fffe },
    error: 'ESRCH',
    text: 'fcntl(3, F_SETOWN, -2147483646) = -1 ESRCH (No such process)',
  },
  {
    before: pipe,
    call: ['fcntl', 3, F_GETOWN],
    args: { fd: 3, op: 'F_GETOWN' },
    returned: 0,
    text: 'fcntl(3, F_GETOWN) = 0',
  },
  {
    before: [...pipe, ['getpid']],
    call: ['fcntl', 3, F_SETOWN_EX, block([u32(F_OWNER_TID), u32(result(2))])],
    args: { fd: 3, op: 'F_SETOWN_EX', arg: { type: 'F_OWNER_TID', pid: isPositive } },
    returned: 0,
    text: 'fcntl(3, F_SETOWN_EX, {type=F_OWNER_TID, pid=…}) = 0',
  },
  {
    before: pipe,
    call: ['fcntl', 3, F_SETOWN_EX, block([u32(7), u32(1)])],
    args: { fd: 3, op: 'F_SETOWN_EX', arg: { type: '0x7', pid: 1 } },
    error: 'EINVAL',
    text: 'fcntl(3, F_SETOWN_EX, {type=0x7 /* F_OWNER_??? */, pid=1}) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [...pipe, ['getpid'], ['fcntl', 3, F_SETOWN_EX, block([u32(F_OWNER_PID), u32(result(2))])]],
    call: ['fcntl', 3, F_GETOWN_EX, room(8)],
    args: { fd: 3, op: 'F_GETOWN_EX' },
    out: { arg: { type: 'F_OWNER_PID', pid: isPositive } },
    returned: 0,
    text: 'fcntl(3, F_GETOWN_EX, {type=F_OWNER_PID, pid=…}) = 0',
  },
  {
    before: pipe,
    call: ['fcntl', 3, F_GETOWN_EX, 1],
    args: { fd: 3, op: 'F_GETOWN_EX' },
    error: 'EFAULT',
    text: 'fcntl(3, F_GETOWN_EX, 0x1) = -1 EFAULT (Bad address)',
  },
  {
    call: ['fcntl', -1, F_GETOWNER_UIDS, 0x10],
    args: { fd: -1, op: 'F_GETOWNER_UIDS', arg: 0x10 },
    error: 'EBADF',
    text: 'fcntl(-1, F_GETOWNER_UIDS, 0x10) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: pipe,
    call: ['fcntl', 3, F_SETSIG, 34],
    args: { fd: 3, op: 'F_SETSIG', arg: 'SIGRT_2' },
    returned: 0,
    text: 'fcntl(3, F_SETSIG, SIGRT_2) = 0',
  },
  {
    before: pipe,
    call: ['fcntl', 3, F_SETSIG, 65],
    args: { fd: 3, op: 'F_SETSIG', arg: 65 },
    error: 'EINVAL',
    text: 'fcntl(3, F_SETSIG, 65) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [...pipe, ['fcntl', 3, F_SETSIG, SIGUSR1]],
    call: ['fcntl', 3, F_GETSIG],
    args: { fd: 3, op: 'F_GETSIG' },
    returned: SIGUSR1,
    text: 'fcntl(3, F_GETSIG) = 10 (SIGUSR1)',
  },
  {
    before: [...file, ['close', 3], ['open', string('file'), 0, 0]],
    call: ['fcntl', 3, F_SETLEASE, F_RDLCK],
    args: { fd: 3, op: 'F_SETLEASE', arg: 'F_RDLCK' },
    returned: 0,
    text: 'fcntl(3, F_SETLEASE, F_RDLCK) = 0',
  },
  {
    before: [...file, ['dup', 3]],
    call: ['fcntl', 3, F_SETLEASE, F_RDLCK],
    args: { fd: 3, op: 'F_SETLEASE', arg: 'F_RDLCK' },
    error: 'EAGAIN',
    text: 'fcntl(3, F_SETLEASE, F_RDLCK) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    before: [...file, ['close', 3], ['open', string('file'), 0, 0], ['fcntl', 3, F_SETLEASE, F_RDLCK]],
    call: ['fcntl', 3, F_GETLEASE],
    args: { fd: 3, op: 'F_GETLEASE' },
    returned: F_RDLCK,
    text: 'fcntl(3, F_GETLEASE) = 0 (F_RDLCK)',
  },
  {
    before: file,
    call: ['fcntl', 3, F_GETLEASE],
    args: { fd: 3, op: 'F_GETLEASE' },
    returned: F_UNLCK,
    text: 'fcntl(3, F_GETLEASE) = 0x2 (F_UNLCK)',
  },
  {
    before: [['open', string('.'), 0, 0]],
    call: ['fcntl', 3, F_NOTIFY, (DN.values.DN_CREATE | DN.values.DN_DELETE | DN.values.DN_MULTISHOT) >>> 0],
    args: { fd: 3, op: 'F_NOTIFY', arg: ['DN_CREATE', 'DN_DELETE', 'DN_MULTISHOT'] },
    returned: 0,
    text: 'fcntl(3, F_NOTIFY, DN_CREATE|DN_DELETE|DN_MULTISHOT) = 0',
  },
  {
    before: file,
    call: ['fcntl', 3, F_NOTIFY, DN.values.DN_RENAME],
    args: { fd: 3, op: 'F_NOTIFY', arg: ['DN_RENAME'] },
    error: 'ENOTDIR',
    text: 'fcntl(3, F_NOTIFY, DN_RENAME) = -1 ENOTDIR (Not a directory)',
  },
  {
    call: ['fcntl', -1, F_DUPFD_QUERY, 3],
    args: { fd: -1, op: 'F_DUPFD_QUERY', arg: 3 },
    error: 'EBADF',
    text: 'fcntl(-1, F_DUPFD_QUERY, 3) = -1 EBADF (Bad file descriptor)',
  },
  {
    call: ['fcntl', -1, F_CREATED_QUERY, 0],
    args: { fd: -1, op: 'F_CREATED_QUERY', arg: 0 },
    error: 'EBADF',
    text: 'fcntl(-1, F_CREATED_QUERY, 0) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: pipe,
    call: ['fcntl', 3, F_SETPIPE_SZ, 8192],
    args: { fd: 3, op: 'F_SETPIPE_SZ', arg: 8192 },
    returned: 8192,
    text: 'fcntl(3, F_SETPIPE_SZ, 8192) = 8192',
  },
  {
    before: file,
    call: ['fcntl', 3, F_SETPIPE_SZ, 4096],
    args: { fd: 3, op: 'F_SETPIPE_SZ', arg: 4096 },
    error: 'EBADF',
    text: 'fcntl(3, F_SETPIPE_SZ, 4096) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: [...pipe, ['fcntl', 3, F_SETPIPE_SZ, 8192]],
    call: ['fcntl', 3, F_GETPIPE_SZ],
    args: { fd: 3, op: 'F_GETPIPE_SZ' },
    returned: 8192,
    text: 'fcntl(3, F_GETPIPE_SZ) = 8192',
  },
  {
    before: [['memfd_create', string('m'), MFD.values.MFD_ALLOW_SEALING]],
    call: ['fcntl', 3, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK],
    args: { fd: 3, op: 'F_ADD_SEALS', arg: ['F_SEAL_SHRINK', 'F_SEAL_GROW'] },
    returned: 0,
    text: 'fcntl(3, F_ADD_SEALS, F_SEAL_SHRINK|F_SEAL_GROW) = 0',
  },
  {
    before: [['memfd_create', string('m'), 0]],
    call: ['fcntl', 3, F_ADD_SEALS, F_SEAL_GROW],
    args: { fd: 3, op: 'F_ADD_SEALS', arg: ['F_SEAL_GROW'] },
    error: 'EPERM',
    text: 'fcntl(3, F_ADD_SEALS, F_SEAL_GROW) = -1 EPERM (Operation not permitted)',
  },
  {
    before: [
      ['memfd_create', string('m'), MFD.values.MFD_ALLOW_SEALING],
      ['fcntl', 3, F_ADD_SEALS, F_SEAL_GROW],
    ],
    call: ['fcntl', 3, F_GET_SEALS],
    args: { fd: 3, op: 'F_GET_SEALS' },
    returned: F_SEAL_GROW,
    text: 'fcntl(3, F_GET_SEALS) = 0x4 (seals F_SEAL_GROW)',
  },
  {
    before: [['memfd_create', string('m'), 0]],
    call: ['fcntl', 3, F_SET_RW_HINT, block([u64(RWH.values.RWH_WRITE_LIFE_SHORT)])],
    args: { fd: 3, op: 'F_SET_RW_HINT', arg: 'RWH_WRITE_LIFE_SHORT' },
    returned: 0,
    text: 'fcntl(3, F_SET_RW_HINT, [RWH_WRITE_LIFE_SHORT]) = 0',
  },
  {
    before: [['memfd_create', string('m'), 0]],
    call: ['fcntl', 3, F_SET_RW_HINT, block([u64(99)])],
    args: { fd: 3, op: 'F_SET_RW_HINT', arg: '0x63' },
    error: 'EINVAL',
    text: 'fcntl(3, F_SET_RW_HINT, [0x63 /* RWH_WRITE_LIFE_??? */]) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [
      ['memfd_create', string('m'), 0],
      ['fcntl', 3, F_SET_RW_HINT, block([u64(RWH.values.RWH_WRITE_LIFE_LONG)])],
    ],
    call: ['fcntl', 3, F_GET_RW_HINT, room(8)],
    args: { fd: 3, op: 'F_GET_RW_HINT' },
    out: { arg: 'RWH_WRITE_LIFE_LONG' },
    returned: 0,
    text: 'fcntl(3, F_GET_RW_HINT, [RWH_WRITE_LIFE_LONG]) = 0',
  },
  {
    before: pretended('fcntl'),
    call: ['fcntl', 3, F_GET_FILE_RW_HINT, block([u64(RWH.values.RWH_WRITE_LIFE_MEDIUM)])],
    args: { fd: 3, op: 'F_GET_FILE_RW_HINT' },
    out: { arg: 'RWH_WRITE_LIFE_MEDIUM' },
    returned: 0,
    text: 'fcntl(3, F_GET_FILE_RW_HINT, [RWH_WRITE_LIFE_MEDIUM]) = 0',
  },
  {
    call: ['fcntl', -1, F_GET_FILE_RW_HINT, room(8)],
    args: { fd: -1, op: 'F_GET_FILE_RW_HINT' },
    error: 'EBADF',
    text: 'fcntl(-1, F_GET_FILE_RW_HINT, 0x…) = -1 EBADF (Bad file descriptor)',
  },
  {
    call: ['fcntl', -1, F_SET_FILE_RW_HINT, block([u64(RWH.values.RWH_WRITE_LIFE_EXTREME)])],
    args: { fd: -1, op: 'F_SET_FILE_RW_HINT', arg: 'RWH_WRITE_LIFE_EXTREME' },
    error: 'EBADF',
    text: 'fcntl(-1, F_SET_FILE_RW_HINT, [RWH_WRITE_LIFE_EXTREME]) = -1 EBADF (Bad file descriptor)',
  },
  {
    call: ['fcntl', -1, F_SETDELEG, block([u32(0x10), u16(F_WRLCK), u16(3)])],
    args: { fd: -1, op: 'F_SETDELEG', arg: { d_flags: 0x10, d_type: 'F_WRLCK', __pad: 3 } },
    error: 'EBADF',
    text: 'fcntl(-1, F_SETDELEG, {d_flags=0x10, d_type=F_WRLCK, __pad=0x3}) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: pretended('fcntl'),
    call: ['fcntl', 3, F_GETDELEG, block([u32(0x10), u16(F_RDLCK), u16(3)])],
    args: { fd: 3, op: 'F_GETDELEG' },
    out: { arg: { d_flags: 0x10, d_type: 'F_RDLCK', __pad: 3 } },
    returned: 0,
    text: 'fcntl(3, F_GETDELEG, {d_flags=0x10, d_type=F_RDLCK, __pad=0x3}) = 0',
  },
  {
    call: ['fcntl', -1, F_GETDELEG, room(8)],
    args: { fd: -1, op: 'F_GETDELEG' },
    error: 'EBADF',
    text: 'fcntl(-1, F_GETDELEG, 0x…) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: file,
    call: ['fcntl', 3, 0x4321, 0x55],
    args: { fd: 3, op: '0x4321', arg: 0x55 },
    error: 'EINVAL',
    text: 'fcntl(3, 0x4321 /* F_??? */, 0x55) = -1 EINVAL (Invalid argument)',
  },
)
