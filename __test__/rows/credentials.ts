/** Users, groups, capabilities, namespaces and limits of processes. */

import { family } from './check.ts'
import { block, result, room, string, u32, u64, type Call, type Expression, type Part } from './script.ts'

const NOBODY = 65534
const { isInteger } = Number
const ids = (value: unknown): boolean => Array.isArray(value)

/** Whoever runs this, it is nobody in particular afterwards. */
const becomeNobody: readonly Call[] = [['setresuid', NOBODY, NOBODY, NOBODY]]

const limits = (current: number | bigint, most: number | bigint): Expression => block([u64(current), u64(most)])
const INFINITY = 0xffff_ffff_ffff_ffffn

const VERSION_1 = 0x1998_0330
const VERSION_3 = 0x2008_0522
const header = (version: number, pid = 0): Expression => block([u32(version), u32(pid)])
/** struct __user_cap_data_struct: effective, permitted, inheritable. */
const words = (...numbers: readonly number[]): readonly Part[] => numbers.map((number) => u32(number))

export const credentials = family(
  {
    'getuid failure': 'never fails',
    'geteuid failure': 'never fails',
    'getgid failure': 'never fails',
    'getegid failure': 'never fails',
    'setfsuid failure': 'never fails',
    'setfsgid failure': 'never fails',
    'personality failure': 'never fails',
  },
  { call: ['getuid'], returned: isInteger, text: 'getuid() = …' },
  { call: ['geteuid'], returned: isInteger, text: 'geteuid() = …' },
  { call: ['getgid'], returned: isInteger, text: 'getgid() = …' },
  { call: ['getegid'], returned: isInteger, text: 'getegid() = …' },
  { needs: 'root', call: ['setuid', NOBODY], args: { uid: NOBODY }, returned: 0, text: 'setuid(65534) = 0' },
  { call: ['setuid', -1], args: { uid: -1 }, error: 'EINVAL', text: 'setuid(-1) = -1 EINVAL (Invalid argument)' },
  { needs: 'root', call: ['setgid', NOBODY], args: { uid: NOBODY }, returned: 0, text: 'setgid(65534) = 0' },
  { call: ['setgid', -1], args: { uid: -1 }, error: 'EINVAL', text: 'setgid(-1) = -1 EINVAL (Invalid argument)' },
  {
    needs: 'root',
    call: ['setreuid', -1, NOBODY],
    args: { ruid: -1, euid: NOBODY },
    returned: 0,
    text: 'setreuid(-1, 65534) = 0',
  },
  {
    before: becomeNobody,
    call: ['setreuid', 1, 2],
    args: { ruid: 1, euid: 2 },
    error: 'EPERM',
    text: 'setreuid(1, 2) = -1 EPERM (Operation not permitted)',
  },
  {
    needs: 'root',
    call: ['setregid', NOBODY, -1],
    args: { ruid: NOBODY, euid: -1 },
    returned: 0,
    text: 'setregid(65534, -1) = 0',
  },
  {
    before: becomeNobody,
    call: ['setregid', 1, 2],
    args: { ruid: 1, euid: 2 },
    error: 'EPERM',
    text: 'setregid(1, 2) = -1 EPERM (Operation not permitted)',
  },
  {
    needs: 'root',
    call: ['setresuid', 1, 2, -1],
    args: { ruid: 1, euid: 2, suid: -1 },
    returned: 0,
    text: 'setresuid(1, 2, -1) = 0',
  },
  {
    before: becomeNobody,
    call: ['setresuid', 1, 2, 3],
    args: { ruid: 1, euid: 2, suid: 3 },
    error: 'EPERM',
    text: 'setresuid(1, 2, 3) = -1 EPERM (Operation not permitted)',
  },
  {
    needs: 'root',
    call: ['setresgid', 1, 2, -1],
    args: { ruid: 1, euid: 2, suid: -1 },
    returned: 0,
    text: 'setresgid(1, 2, -1) = 0',
  },
  {
    before: becomeNobody,
    call: ['setresgid', 1, 2, 3],
    args: { ruid: 1, euid: 2, suid: 3 },
    error: 'EPERM',
    text: 'setresgid(1, 2, 3) = -1 EPERM (Operation not permitted)',
  },
  {
    needs: 'root',
    before: [['setresuid', 1, 2, 3]],
    call: ['getresuid', room(4), room(4), room(4)],
    out: { ruid: 1, euid: 2, suid: 3 },
    returned: 0,
    text: 'getresuid([1], [2], [3]) = 0',
  },
  { call: ['getresuid', 1, 0, 0], error: 'EFAULT', text: 'getresuid(0x1, NULL, NULL) = -1 EFAULT (Bad address)' },
  {
    needs: 'root',
    before: [['setresgid', 1, 2, 3]],
    call: ['getresgid', room(4), room(4), room(4)],
    out: { ruid: 1, euid: 2, suid: 3 },
    returned: 0,
    text: 'getresgid([1], [2], [3]) = 0',
  },
  { call: ['getresgid', 1, 0, 0], error: 'EFAULT', text: 'getresgid(0x1, NULL, NULL) = -1 EFAULT (Bad address)' },
  {
    needs: 'root',
    call: ['setfsuid', NOBODY],
    args: { fsuid: NOBODY },
    returned: 0,
    text: 'setfsuid(65534) = 0',
  },
  { call: ['setfsuid', -1], args: { fsuid: -1 }, returned: isInteger, text: 'setfsuid(-1) = …' },
  {
    needs: 'root',
    before: [['setresgid', 7, 7, 7]],
    call: ['setfsgid', NOBODY],
    args: { fsuid: NOBODY },
    returned: 7,
    text: 'setfsgid(65534) = 7',
  },
  {
    needs: 'root',
    before: [['setgroups', 3, block([u32(30), u32(10), u32(-1)])]],
    call: ['setgroups', 3, block([u32(30), u32(10), u32(20)])],
    args: { size: 3, list: [30, 10, 20] },
    returned: 0,
    text: 'setgroups(3, [30, 10, 20]) = 0',
  },
  {
    needs: 'root',
    call: ['setgroups', 0, 0],
    args: { size: 0, list: null },
    returned: 0,
    text: 'setgroups(0, NULL) = 0',
  },
  {
    needs: 'root',
    call: ['setgroups', -1, room(8)],
    args: { size: -1 },
    error: 'EINVAL',
    text: 'setgroups(-1, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: [['setgroups', 3, block([u32(30), u32(10), u32(20)])]],
    call: ['getgroups', 8, room(32)],
    args: { size: 8 },
    out: { list: [10, 20, 30] },
    returned: 3,
    text: 'getgroups(8, [10, 20, 30]) = 3',
  },
  { call: ['getgroups', 0, 0], args: { size: 0 }, out: { list: null }, text: 'getgroups(0, NULL) = …' },
  { call: ['getgroups', 65536, room(262_144)], out: { list: ids }, text: 'getgroups(65536, […]) = …' },
  {
    call: ['getgroups', -1, room(8)],
    args: { size: -1 },
    error: 'EINVAL',
    text: 'getgroups(-1, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: [['capset', header(VERSION_3), block(words(0x21, 0x421, 0x400, 0, 0, 0))]],
    call: ['capget', header(VERSION_3), room(24)],
    args: { hdrp: { version: '_LINUX_CAPABILITY_VERSION_3', pid: 0 } },
    out: {
      hdrp: { version: '_LINUX_CAPABILITY_VERSION_3', pid: 0 },
      datap: {
        effective: ['CAP_CHOWN', 'CAP_KILL'],
        permitted: ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'],
        inheritable: ['CAP_NET_BIND_SERVICE'],
      },
    },
    returned: 0,
    text:
      'capget({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_CHOWN|1<<CAP_KILL, ' +
      'permitted=1<<CAP_CHOWN|1<<CAP_KILL|1<<CAP_NET_BIND_SERVICE, inheritable=1<<CAP_NET_BIND_SERVICE}) = 0',
  },
  {
    before: [['capset', header(VERSION_1), block(words(0, 0, 0))]],
    call: ['capget', header(VERSION_1), room(12)],
    args: { hdrp: { version: '_LINUX_CAPABILITY_VERSION_1' } },
    out: { datap: { effective: [], permitted: [], inheritable: [] } },
    returned: 0,
    text: 'capget({version=_LINUX_CAPABILITY_VERSION_1, pid=0}, {effective=0, permitted=0, inheritable=0}) = 0',
  },
  {
    call: ['capget', header(0), 0],
    args: { hdrp: { version: '0x0', pid: 0 } },
    out: { hdrp: { version: '_LINUX_CAPABILITY_VERSION_3', pid: 0 }, datap: null },
    returned: 0,
    text: 'capget({version=0 /* _LINUX_CAPABILITY_VERSION_??? */, pid=0}, NULL) = 0',
  },
  {
    call: ['capget', header(VERSION_3, -1), room(24)],
    args: { hdrp: { pid: -1 } },
    error: 'EINVAL',
    text: 'capget({version=_LINUX_CAPABILITY_VERSION_3, pid=-1}, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['capset', header(VERSION_3), block(words(0, 0, 0, 0, 0, 0))],
    args: {
      hdrp: { version: '_LINUX_CAPABILITY_VERSION_3' },
      datap: { effective: [], permitted: [], inheritable: [] },
    },
    returned: 0,
    text: 'capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=0, permitted=0, inheritable=0}) = 0',
  },
  {
    before: [['capset', header(VERSION_3), block(words(0, 0, 0, 0, 0, 0))]],
    call: ['capset', header(VERSION_3), block(words(0x20, 0, 0x8000_0001, 0x100, 0x8000_0000, 0xff00_0001))],
    args: {
      datap: {
        effective: ['CAP_KILL', 'CAP_CHECKPOINT_RESTORE'],
        permitted: ['0x8000000000000000'],
        inheritable: ['CAP_CHOWN', 'CAP_SETFCAP', 'CAP_MAC_OVERRIDE', '0xff00000000000000'],
      },
    },
    error: 'EPERM',
    text:
      'capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_KILL|1<<CAP_CHECKPOINT_RESTORE, ' +
      'permitted=0x80000000 /* CAP_??? */, inheritable=1<<CAP_CHOWN|1<<CAP_SETFCAP|1<<CAP_MAC_OVERRIDE|0xff000000}) ' +
      '= -1 EPERM (Operation not permitted)',
  },
  {
    call: ['personality', 0x40000],
    args: { persona: ['PER_LINUX', 'ADDR_NO_RANDOMIZE'] },
    returned: 0,
    text: 'personality(PER_LINUX|ADDR_NO_RANDOMIZE) = 0 (PER_LINUX)',
  },
  {
    before: [['personality', 0x40000]],
    call: ['personality', 0xffff_ffff],
    returned: 0x40000,
    text: 'personality(0xffffffff) = 0x40000 (PER_LINUX|ADDR_NO_RANDOMIZE)',
  },
  {
    call: ['unshare', 0x600],
    args: { flags: ['CLONE_FS', 'CLONE_FILES'] },
    returned: 0,
    text: 'unshare(CLONE_FS|CLONE_FILES) = 0',
  },
  {
    call: ['unshare', 1],
    args: { flags: ['0x1'] },
    error: 'EINVAL',
    text: 'unshare(0x1 /* CLONE_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: [['open', string('/proc/self/ns/uts'), 0, 0]],
    call: ['setns', result(0), 0x0400_0000],
    args: { fd: isInteger, nstype: ['CLONE_NEWUTS'] },
    returned: 0,
    text: 'setns(…, CLONE_NEWUTS) = 0',
  },
  {
    call: ['setns', -1, 0x0002_0000],
    args: { fd: -1, nstype: ['CLONE_NEWNS'] },
    error: 'EBADF',
    text: 'setns(-1, CLONE_NEWNS) = -1 EBADF (Bad file descriptor)',
  },
  {
    call: ['setrlimit', 1, limits(1024, 4096)],
    args: { resource: 'RLIMIT_FSIZE', rlim: { rlim_cur: 1024, rlim_max: 4096 } },
    returned: 0,
    text: 'setrlimit(RLIMIT_FSIZE, {rlim_cur=1024, rlim_max=4*1024}) = 0',
  },
  {
    call: ['setrlimit', 7, limits(INFINITY, 5)],
    args: { resource: 'RLIMIT_NOFILE', rlim: { rlim_cur: 'RLIM64_INFINITY', rlim_max: 5 } },
    error: 'EINVAL',
    text: 'setrlimit(RLIMIT_NOFILE, {rlim_cur=RLIM64_INFINITY, rlim_max=5}) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['setrlimit', 1, limits(1, 4096)]],
    call: ['getrlimit', 1, room(16)],
    args: { resource: 'RLIMIT_FSIZE' },
    out: { rlim: { rlim_cur: 1, rlim_max: 4096 } },
    returned: 0,
    text: 'getrlimit(RLIMIT_FSIZE, {rlim_cur=1, rlim_max=4*1024}) = 0',
  },
  {
    call: ['getrlimit', 99, room(16)],
    args: { resource: '0x63' },
    error: 'EINVAL',
    text: 'getrlimit(0x63 /* RLIMIT_??? */, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['setrlimit', 1, limits(1, 4096)]],
    call: ['prlimit64', 0, 1, limits(2, 2048), room(16)],
    args: { pid: 0, resource: 'RLIMIT_FSIZE', new_limit: { rlim_cur: 2, rlim_max: 2048 } },
    out: { old_limit: { rlim_cur: 1, rlim_max: 4096 } },
    returned: 0,
    text: 'prlimit64(0, RLIMIT_FSIZE, {rlim_cur=2, rlim_max=2*1024}, {rlim_cur=1, rlim_max=4*1024}) = 0',
  },
  {
    call: ['prlimit64', -1, 99, 0, room(16)],
    args: { pid: -1, resource: '0x63', new_limit: null },
    error: 'ESRCH',
    text: 'prlimit64(-1, 0x63 /* RLIMIT_??? */, NULL, 0x…) = -1 ESRCH (No such process)',
  },
  {
    call: ['getrusage', 0, room(144)],
    args: { who: 'RUSAGE_SELF' },
    out: { usage: { ru_utime: { tv_sec: 0 }, ru_maxrss: isInteger, ru_ixrss: 0 } },
    returned: 0,
    style: { abbreviate: false },
    text:
      'getrusage(RUSAGE_SELF, {ru_utime={tv_sec=0, tv_usec=…}, ru_stime={tv_sec=0, tv_usec=…}, ru_maxrss=…, ' +
      'ru_ixrss=0, ru_idrss=0, ru_isrss=0, ru_minflt=…, ru_majflt=…, ru_nswap=0, ru_inblock=…, ru_oublock=…, ' +
      'ru_msgsnd=0, ru_msgrcv=0, ru_nsignals=0, ru_nvcsw=…, ru_nivcsw=…}) = 0',
  },
  {
    call: ['getrusage', -2, room(144)],
    args: { who: 'RUSAGE_BOTH' },
    error: 'EINVAL',
    text: 'getrusage(RUSAGE_BOTH, 0x…) = -1 EINVAL (Invalid argument)',
  },
)
