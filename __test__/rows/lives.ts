/** How processes begin, end, are waited for and found. */

import { family } from './check.ts'
import {
  at,
  block,
  bytes,
  intAt,
  page,
  result,
  room,
  string,
  u32,
  u64,
  u8,
  zeros,
  type Call,
  type Expression,
  type Word,
} from './script.ts'

const SIGKILL = 9
const SIGCHLD = 17
const SIGCONT = 18
const SIGSTOP = 19
const { isInteger } = Number
const isPid = (value: unknown): boolean => isInteger(value) && Number(value) > 0

const strings = (...texts: readonly string[]): Expression => block([...texts.map((text) => u64(string(text))), u64(0)])

interface CloneArgs {
  readonly flags?: number | bigint
  readonly pidfd?: Word
  readonly childTid?: Word
  readonly parentTid?: Word
  readonly exitSignal?: number
  readonly tids?: readonly [Word, number]
  readonly cgroup?: number
}

/** struct clone_args */
const cloneArgs = (given: CloneArgs, more: number | bigint = 0): Expression =>
  block([
    u64(given.flags ?? 0),
    u64(given.pidfd ?? 0),
    u64(given.childTid ?? 0),
    u64(given.parentTid ?? 0),
    u64(given.exitSignal ?? SIGCHLD),
    zeros(24),
    u64(given.tids?.[0] ?? 0),
    u64(given.tids?.[1] ?? 0),
    u64(given.cgroup ?? 0),
    u64(more),
  ])

const fork: Call = ['fork']
/** A tracee's SIGCHLD interrupts a wait, although it is ignored; blocked it doesn't. */
const undisturbed: Call = ['rt_sigprocmask', 0, block([u64(1 << (SIGCHLD - 1))]), 0, 8]
const open = (path: string): Call => ['open', string(path), 0, 0]

/** struct iovec */
const buffer = (place: Expression, length: number): Expression => block([u64(place), u64(length)])

export const lives = family(
  {
    'vfork failure': 'needs a limit on processes, which fork is tested with',
    'exit success': 'does not return',
    'exit_group success': 'does not return',
    'getpid failure': 'never fails',
    'gettid failure': 'never fails',
    'getppid failure': 'never fails',
    'getpgrp failure': 'never fails',
    'set_tid_address failure': 'never fails',
    'rseq_slice_yield success': 'since Linux 7.0',
    'rseq_slice_yield failure': 'older kernels have no such call',
  },
  {
    call: ['execve', string('/proc/self/exe'), strings('fixture', 'script'), strings('A=1', 'B=2')],
    args: { pathname: '/proc/self/exe', argv: ['fixture', 'script'], envp: ['A=1', 'B=2'] },
    returned: 0,
    text: 'execve("/proc/self/exe", ["fixture", "script"], 0x… /* 2 vars */) = 0',
  },
  {
    call: ['execve', string('missing'), 0, block([u64(1), u64(0)])],
    args: { pathname: 'missing', argv: null, envp: ['EFAULT'] },
    error: 'ENOENT',
    style: { abbreviate: false },
    text: 'execve("missing", NULL, [0x1]) = -1 ENOENT (No such file or directory)',
  },
  {
    before: [open('/proc/self/exe')],
    call: ['execveat', result(0), string(''), strings('fixture', 'script'), strings(), 0x1000],
    args: { dirfd: isInteger, pathname: '', argv: ['fixture', 'script'], envp: [], flags: ['AT_EMPTY_PATH'] },
    returned: 0,
    text: 'execveat(…, "", ["fixture", "script"], 0x… /* 0 vars */, AT_EMPTY_PATH) = 0',
  },
  {
    call: ['execveat', -100, string('missing'), strings('a'), 0, 0x20],
    args: { dirfd: 'AT_FDCWD', pathname: 'missing', argv: ['a'], envp: null, flags: ['0x20'] },
    error: 'EINVAL',
    text: 'execveat(AT_FDCWD, "missing", ["a"], NULL, 0x20 /* AT_??? */) = -1 EINVAL (Invalid argument)',
  },
  { call: ['fork'], returned: isPid, text: 'fork() = …' },
  {
    needs: 'root',
    before: [
      ['setuid', 65534],
      ['setrlimit', 6, block([u64(0), u64(0)])],
    ],
    call: ['fork'],
    error: 'EAGAIN',
    text: 'fork() = -1 EAGAIN (Resource temporarily unavailable)',
  },
  { call: ['vfork'], returned: isPid, text: 'vfork() = …' },
  {
    call: ['clone', SIGCHLD, 0, 0, 0, 0],
    args: { flags: [], child_stack: 0n, child_tidptr: undefined, tls: undefined },
    returned: isPid,
    text: 'clone(child_stack=NULL, flags=SIGCHLD) = …',
  },
  {
    call: ['clone', 0x0130_0000 | SIGCHLD, 0, room(4), room(4), 0],
    args: {
      flags: ['CLONE_PARENT_SETTID', 'CLONE_CHILD_CLEARTID', 'CLONE_CHILD_SETTID'],
      child_tidptr: (value: unknown) => typeof value === 'bigint',
    },
    out: { parent_tid: isPid },
    returned: isPid,
    text:
      'clone(child_stack=NULL, flags=CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, ' +
      'parent_tid=[…], child_tidptr=0x…) = …',
  },
  {
    call: ['clone', 0x1000, 0, room(4), 0, 0],
    args: { flags: ['CLONE_PIDFD'] },
    out: { parent_tid: isPid },
    text: 'clone(child_stack=NULL, flags=CLONE_PIDFD, parent_tid=[…]) = …',
  },
  {
    call: ['clone', 0x8_0810, 0, 0, 0, 0x5],
    args: { flags: ['CLONE_SIGHAND', 'CLONE_SETTLS'], tls: 5n },
    error: 'EINVAL',
    text: 'clone(child_stack=NULL, flags=CLONE_SIGHAND|CLONE_SETTLS|SIGSTKFLT, tls=0x5) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['clone3', cloneArgs({ flags: 0x1_0110_1000, pidfd: room(4), childTid: room(4), parentTid: room(4) }), 88],
    args: {
      cl_args: {
        flags: ['CLONE_PIDFD', 'CLONE_PARENT_SETTID', 'CLONE_CHILD_SETTID', 'CLONE_CLEAR_SIGHAND'],
        exit_signal: 'SIGCHLD',
        stack: 0n,
        stack_size: 0,
        set_tid: null,
        set_tid_size: 0,
        cgroup: 0,
      },
      size: 88,
    },
    out: { cl_args: { pidfd: isPid, parent_tid: isPid } },
    returned: isPid,
    text:
      'clone3({flags=CLONE_PIDFD|CLONE_PARENT_SETTID|CLONE_CHILD_SETTID|CLONE_CLEAR_SIGHAND, pidfd=0x…, ' +
      'child_tid=0x…, parent_tid=0x…, exit_signal=SIGCHLD, stack=NULL, stack_size=0} => ' +
      '{pidfd=[…], parent_tid=[…]}, 88) = …',
  },
  {
    call: ['clone3', cloneArgs({}), 64],
    args: { cl_args: { flags: [] }, size: 64 },
    out: { cl_args: {} },
    returned: isPid,
    text: 'clone3({flags=0, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 64) = …',
  },
  {
    needs: 'root',
    before: [['unshare', 0x2000_0000]],
    call: ['clone3', cloneArgs({ tids: [block([u32(1)]), 1] }), 80],
    args: { cl_args: { set_tid: [1], set_tid_size: 1 }, size: 80 },
    returned: isPid,
    text: 'clone3({flags=0, exit_signal=SIGCHLD, stack=NULL, stack_size=0, set_tid=[1], set_tid_size=1}, 80) = …',
  },
  {
    call: ['clone3', cloneArgs({ flags: 0x2_0000_0000, cgroup: 0xffff_ffff, tids: [0, 40] }, 1), 96],
    args: { cl_args: { flags: ['CLONE_INTO_CGROUP'], set_tid: null, set_tid_size: 40, cgroup: 0xffff_ffff } },
    error: 'E2BIG',
    text:
      'clone3({flags=CLONE_INTO_CGROUP, exit_signal=SIGCHLD, stack=NULL, stack_size=0, set_tid=NULL, ' +
      String.raw`set_tid_size=40, cgroup=4294967295, /* bytes 88..95 */ "\x01\x00\x00\x00\x00\x00\x00\x00"}, 96) ` +
      '= -1 E2BIG (Argument list too long)',
  },
  {
    call: ['clone3', cloneArgs({ flags: 0x800, exitSignal: 0x8000_0000 }), 88],
    args: { cl_args: { flags: ['CLONE_SIGHAND'], exit_signal: 0x8000_0000 } },
    error: 'EINVAL',
    text:
      'clone3({flags=CLONE_SIGHAND, exit_signal=2147483648, stack=NULL, stack_size=0}, 88) ' +
      '= -1 EINVAL (Invalid argument)',
  },
  { call: ['clone3', room(8), 8], args: { cl_args: 'EFAULT' }, error: 'EINVAL', text: 'clone3(0x…, 8) = -1 EINVAL (…' },
  { call: ['exit', 7], args: { status: 7 }, unfinished: true, text: 'exit(7) = ?' },
  { call: ['exit_group', -1], args: { status: -1 }, unfinished: true, text: 'exit_group(-1) = ?' },
  {
    before: [fork, undisturbed],
    call: ['wait4', -1, room(4), 0x4000_0000, room(144)],
    args: { pid: -1, options: ['__WALL'] },
    out: { status: { exited: 0 }, usage: { ru_utime: { tv_sec: 0 }, ru_maxrss: isInteger, ru_nswap: 0 } },
    returned: isPid,
    text:
      'wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], __WALL, {ru_utime={tv_sec=0, tv_usec=…}, ' +
      'ru_stime={tv_sec=0, tv_usec=…}, ...}) = …',
  },
  {
    before: [fork, ['kill', result(0), SIGKILL], undisturbed],
    waiting: 0,
    call: ['wait4', result(0), room(4), 0, 0],
    args: { pid: isPid, options: [] },
    out: { status: { signal: 'SIGKILL', coreDumped: false }, usage: null },
    returned: isPid,
    text: 'wait4(…, [{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}], 0, NULL) = …',
  },
  {
    before: [fork, ['kill', result(0), SIGSTOP], undisturbed],
    waiting: 0,
    call: ['wait4', result(0), room(4), 2, 0],
    args: { options: ['WSTOPPED'] },
    out: { status: { stopped: 'SIGSTOP' } },
    returned: isPid,
    text: 'wait4(…, [{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}], WSTOPPED, NULL) = …',
  },
  {
    before: [fork],
    waiting: 0,
    call: ['wait4', result(0), room(4), 1, room(144)],
    args: { options: ['WNOHANG'] },
    out: { status: 'EFAULT', usage: 'EFAULT' },
    returned: 0,
    text: 'wait4(…, 0x…, WNOHANG, 0x…) = 0',
  },
  {
    call: ['wait4', -1, room(4), 0x2000_0001, room(144)],
    args: { options: ['WNOHANG', '__WNOTHREAD'] },
    error: 'ECHILD',
    text: 'wait4(-1, 0x…, WNOHANG|__WNOTHREAD, 0x…) = -1 ECHILD (No child processes)',
  },
  {
    before: [fork, undisturbed],
    call: ['waitid', 0, 0, room(128), 4, room(144)],
    args: { idtype: 'P_ALL', id: 0, options: ['WEXITED'] },
    out: { siginfo: { signo: SIGCHLD, code: 'CLD_EXITED', pid: isPid, status: 0 }, usage: { ru_utime: { tv_sec: 0 } } },
    returned: 0,
    text:
      'waitid(P_ALL, 0, {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=…, si_uid=…, si_status=0, si_utime=…, ' +
      'si_stime=…}, WEXITED, {ru_utime={tv_sec=0, tv_usec=…}, ru_stime={tv_sec=0, tv_usec=…}, ...}) = 0',
  },
  {
    before: [fork, ['pidfd_open', result(0), 0], ['kill', result(0), SIGKILL], undisturbed],
    waiting: 0,
    call: ['waitid', 3, result(1), room(128), 0x0100_0004, 0],
    args: { idtype: 'P_PIDFD', id: isPid, options: ['WEXITED', 'WNOWAIT'] },
    out: { siginfo: { code: 'CLD_KILLED', status: SIGKILL }, usage: null },
    returned: 0,
    text:
      'waitid(P_PIDFD, …, {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=…, si_uid=…, si_status=SIGKILL, si_utime=…, ' +
      'si_stime=…}, WEXITED|WNOWAIT, NULL) = 0',
  },
  {
    before: [fork, ['kill', result(0), SIGSTOP], undisturbed],
    waiting: 0,
    call: ['waitid', 1, result(0), room(128), 2, 0],
    args: { idtype: 'P_PID', id: isPid, options: ['WSTOPPED'] },
    out: { siginfo: { code: 'CLD_STOPPED', status: SIGSTOP } },
    returned: 0,
    text:
      'waitid(P_PID, …, {si_signo=SIGCHLD, si_code=CLD_STOPPED, si_pid=…, si_uid=…, si_status=SIGSTOP, si_utime=…, ' +
      'si_stime=…}, WSTOPPED, NULL) = 0',
  },
  {
    before: [
      fork,
      ['kill', result(0), SIGSTOP],
      ['waitid', 1, result(0), 0, 2, 0],
      ['kill', result(0), SIGCONT],
      undisturbed,
    ],
    waiting: 0,
    call: ['waitid', 1, result(0), room(128), 8, 0],
    args: { options: ['WCONTINUED'] },
    out: { siginfo: { code: 'CLD_CONTINUED', status: SIGCONT } },
    returned: 0,
    text: 'waitid(P_PID, …, {si_signo=SIGCHLD, si_code=CLD_CONTINUED, …, si_status=SIGCONT, …}, WCONTINUED, NULL) = 0',
  },
  {
    before: [fork],
    waiting: 0,
    call: ['waitid', 2, 0, room(128), 5, 0],
    args: { idtype: 'P_PGID', id: 0 },
    out: { siginfo: { signo: 0 } },
    returned: 0,
    text: 'waitid(P_PGID, 0, {}, WNOHANG|WEXITED, NULL) = 0',
  },
  {
    call: ['waitid', 7, -1, room(128), 4, 0],
    args: { idtype: '0x7', id: -1, options: ['WEXITED'] },
    error: 'EINVAL',
    text: 'waitid(0x7 /* P_??? */, -1, 0x…, WEXITED, NULL) = -1 EINVAL (Invalid argument)',
  },
  { call: ['getpid'], returned: isPid, text: 'getpid() = …' },
  { call: ['gettid'], returned: isPid, text: 'gettid() = …' },
  { call: ['getppid'], returned: isInteger, text: 'getppid() = …' },
  { call: ['getpgrp'], returned: isInteger, text: 'getpgrp() = …' },
  { call: ['getpgid', 0], args: { pid: 0 }, returned: isInteger, text: 'getpgid(0) = …' },
  { call: ['getpgid', -1], args: { pid: -1 }, error: 'ESRCH', text: 'getpgid(-1) = -1 ESRCH (No such process)' },
  { call: ['setpgid', 0, 0], args: { pid: 0, pgid: 0 }, returned: 0, text: 'setpgid(0, 0) = 0' },
  {
    call: ['setpgid', 0, -1],
    args: { pid: 0, pgid: -1 },
    error: 'EINVAL',
    text: 'setpgid(0, -1) = -1 EINVAL (Invalid argument)',
  },
  { call: ['getsid', 0], args: { pid: 0 }, returned: isInteger, text: 'getsid(0) = …' },
  { call: ['getsid', -1], args: { pid: -1 }, error: 'ESRCH', text: 'getsid(-1) = -1 ESRCH (No such process)' },
  { call: ['setsid'], returned: isPid, text: 'setsid() = …' },
  {
    before: [['setpgid', 0, 0]],
    call: ['setsid'],
    error: 'EPERM',
    text: 'setsid() = -1 EPERM (Operation not permitted)',
  },
  {
    call: ['pidfd_open', intAt('pid'), 0x800],
    before: [['getpid'], ['set_tid_address', block([u32(result(0))], 'pid')]],
    args: { pid: isPid, flags: ['PIDFD_NONBLOCK'] },
    returned: isPid,
    text: 'pidfd_open(…, PIDFD_NONBLOCK) = …',
  },
  {
    call: ['pidfd_open', -1, 0x1000],
    args: { pid: -1, flags: ['0x1000'] },
    error: 'EINVAL',
    text: 'pidfd_open(-1, 0x1000 /* PIDFD_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['getpid'], ['pidfd_open', result(0), 0]],
    call: ['pidfd_getfd', result(1), result(1), 0],
    args: { pidfd: isPid, targetfd: isPid, flags: 0 },
    returned: isPid,
    text: 'pidfd_getfd(…, …, 0) = …',
  },
  {
    call: ['pidfd_getfd', -1, 2, 0x10],
    args: { pidfd: -1, targetfd: 2, flags: 0x10 },
    error: 'EINVAL',
    text: 'pidfd_getfd(-1, 2, 0x10) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['getpid'], ['pidfd_open', result(0), 0]],
    call: ['pidfd_send_signal', result(1), SIGCHLD, block([u32(SIGCHLD), u32(0), u32(-1), zeros(116)]), 0],
    args: { pidfd: isPid, info: { signo: SIGCHLD, code: 'SI_QUEUE' }, flags: [] },
    returned: 0,
    text: 'pidfd_send_signal(…, SIGCHLD, {si_signo=SIGCHLD, si_code=SI_QUEUE, si_pid=0, si_uid=0}, 0) = 0',
  },
  {
    call: ['pidfd_send_signal', -1, SIGCHLD, 0, 0x10],
    args: { pidfd: -1, info: null, flags: ['0x10'] },
    error: 'EINVAL',
    text: 'pidfd_send_signal(-1, SIGCHLD, NULL, 0x10 /* PIDFD_SIGNAL_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['getpid']],
    call: ['process_vm_readv', result(0), buffer(room(8), 8), 1, buffer(block([bytes('hello')]), 5), 1, 0],
    args: { pid: isPid, liovcnt: 1, riovcnt: 1, flags: 0 },
    out: { local_iov: [{ iov_base: 'hello', iov_len: 8 }] },
    returned: 5,
    text: 'process_vm_readv(…, [{iov_base="hello", iov_len=8}], 1, [{iov_base=0x…, iov_len=5}], 1, 0) = 5',
  },
  {
    call: ['process_vm_readv', -1, buffer(room(8), 8), 1, buffer(page, 5), 1, 0],
    args: { pid: -1 },
    error: 'ESRCH',
    text:
      'process_vm_readv(-1, [{iov_base=0x…, iov_len=8}], 1, [{iov_base=0x…, iov_len=5}], 1, 0) ' +
      '= -1 ESRCH (No such process)',
  },
  {
    before: [['getpid']],
    call: ['process_vm_writev', result(0), buffer(block([bytes('hello')]), 5), 1, buffer(page, 8), 1, 0],
    args: { pid: isPid, local_iov: [{ iov_base: 'hello', iov_len: 5 }], flags: 0 },
    returned: 5,
    text: 'process_vm_writev(…, [{iov_base="hello", iov_len=5}], 1, [{iov_base=0x…, iov_len=8}], 1, 0) = 5',
  },
  {
    call: ['process_vm_writev', 0, buffer(block([bytes('hello')]), 5), 1, buffer(page, 8), 1, 3],
    args: { flags: 3 },
    error: 'EINVAL',
    text:
      'process_vm_writev(0, [{iov_base="hello", iov_len=5}], 1, [{iov_base=0x…, iov_len=8}], 1, 3) ' +
      '= -1 EINVAL (Invalid argument)',
  },
  {
    before: [['getpid']],
    call: ['kcmp', result(0), result(0), 0, 1, 1],
    args: { pid1: isPid, pid2: isPid, type: 'KCMP_FILE', idx1: 1, idx2: 1 },
    returned: 0,
    text: 'kcmp(…, …, KCMP_FILE, 1, 1) = 0',
  },
  {
    before: [['getpid']],
    call: ['kcmp', result(0), result(0), 1, 7, 8],
    args: { type: 'KCMP_VM', idx1: undefined, idx2: undefined },
    returned: 0,
    text: 'kcmp(…, …, KCMP_VM) = 0',
  },
  {
    before: [
      ['getpid'],
      ['epoll_create1', 0],
      ['pipe', room(8, 'pipe')],
      ['epoll_ctl', result(1), 1, intAt('pipe'), block([u32(1), u64(0)])],
    ],
    call: ['kcmp', result(0), result(0), 7, intAt('pipe'), block([u32(result(1)), u32(intAt('pipe')), u32(0)])],
    args: { type: 'KCMP_EPOLL_TFD', idx1: isPid, idx2: { efd: isPid, tfd: isPid, toff: 0 } },
    returned: 0,
    text: 'kcmp(…, …, KCMP_EPOLL_TFD, …, {efd=…, tfd=…, toff=0}) = 0',
  },
  {
    before: [['getpid']],
    call: ['kcmp', result(0), result(0), 77, 5, 0],
    args: { type: '0x4d', idx1: 5, idx2: 0 },
    error: 'EINVAL',
    text: 'kcmp(…, …, 0x4d /* KCMP_??? */, 0x5, 0) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['set_tid_address', room(4)],
    args: { tidptr: (value: unknown) => typeof value === 'bigint' },
    returned: isPid,
    text: 'set_tid_address(0x…) = …',
  },
  {
    call: ['getcpu', room(4), room(4), 0],
    args: { tcache: 0n },
    out: { cpu: isInteger, node: isInteger },
    returned: 0,
    text: 'getcpu([…], […], NULL) = 0',
  },
  { call: ['getcpu', 1, 0, 0], error: 'EFAULT', text: 'getcpu(0x1, NULL, NULL) = -1 EFAULT (Bad address)' },
  {
    options: { env: { ...process.env, GLIBC_TUNABLES: 'glibc.pthread.rseq=0' } },
    call: ['rseq', page, 32, 0, 0x5305_3053],
    args: {
      rseq: { cpu_id_start: 0, cpu_id: 0, rseq_cs: null, flags: [], node_id: 0, mm_cid: 0 },
      rseq_len: 32,
      flags: [],
      sig: 0x5305_3053,
    },
    returned: 0,
    text:
      'rseq({cpu_id_start=0, cpu_id=0, rseq_cs=NULL, flags=0, node_id=0, mm_cid=0, ' +
      'slice_ctrl={request=0, granted=0, __reserved=0}, __reserved=0}, 32, 0, 0x53053053) = 0',
  },
  {
    call: [
      'rseq',
      block([zeros(8), u64(block([u32(0), u32(1), u64(0x1000), u64(16), u64(0x2000)])), zeros(16), u8(7), zeros(31)]),
      64,
      1,
      5,
    ],
    args: {
      rseq: { rseq_cs: { version: 0, start_ip: 0x1000, post_commit_offset: 16, abort_ip: 0x2000 }, __reserved: 7 },
    },
    error: 'EINVAL',
    text: 'rseq({cpu_id_start=0, cpu_id=0, rseq_cs={version=0, flags=RSEQ_CS_FLAG_NO_RESTART_ON_PREEMPT, start_ip=0x1000, post_commit_offset=0x10, abort_ip=0x2000} /* 0x… */, flags=0, node_id=0, mm_cid=0, slice_ctrl={request=0, granted=0, __reserved=0}, __reserved=0x7}, 64, RSEQ_FLAG_UNREGISTER, 0x5) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['rseq', 0, 32, 0xf0, 0],
    args: { rseq: null, rseq_len: 32, flags: ['0xf0'], sig: 0 },
    error: 'EINVAL',
    text: 'rseq(NULL, 32, 0xf0 /* RSEQ_FLAG_??? */, 0) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['set_robust_list', room(24), 24],
    args: { addr: (value: unknown) => typeof value === 'bigint', length: 24 },
    returned: 0,
    text: 'set_robust_list(0x…, 24) = 0',
  },
  {
    call: ['set_robust_list', 0, 5],
    args: { addr: 0n, length: 5 },
    error: 'EINVAL',
    text: 'set_robust_list(NULL, 5) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['set_robust_list', room(24, 'head'), 24]],
    call: ['get_robust_list', 0, room(8), room(8)],
    args: { pid: 0 },
    out: { head_ptr: (value: unknown) => typeof value === 'bigint' && value !== 0n, len_ptr: 24 },
    returned: 0,
    text: 'get_robust_list(0, [0x…], [24]) = 0',
  },
  {
    call: ['get_robust_list', 0, at('word'), 1],
    before: [['set_tid_address', room(8, 'word')]],
    args: { pid: 0 },
    error: 'EFAULT',
    text: 'get_robust_list(0, 0x…, 0x1) = -1 EFAULT (Bad address)',
  },
)
