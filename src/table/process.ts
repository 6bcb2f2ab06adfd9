/** System calls on processes and threads. */

import type { Cell } from '../args/arg.ts'
import { cloneArguments, cloneFlags, setsTls, storesParentTid, touchesChildTid } from '../args/clone.ts'
import { taskName, taskNameOut, utsname } from '../args/fixed.ts'
import { flags, lowOf, oneOf } from '../args/flags.ts'
import { futexAddress2, futexTimeout, futexValue, futexValue3 } from '../args/futex.ts'
import { rlimit, rusage } from '../args/limits.ts'
import { futex2Flags, persona, personaNote } from '../args/mixed.ts'
import { path } from '../args/path.ts'
import { arrayOf, pointerTo, resultIn, resultsIn } from '../args/pointer.ts'
import { decimal, newFd, nothing, process as pidResult, withNote } from '../args/returns.ts'
import { rseqStruct } from '../args/rseq.ts'
import { address, dirFd, fd, hex, hexUint, id, int, long, pid, size, uint } from '../args/scalar.ts'
import { policy, policyName, processorsIn, processorsOut, schedParam } from '../args/sched.ts'
import { siginfo } from '../args/siginfo.ts'
import { signal } from '../args/signal.ts'
import { field, struct } from '../args/struct.ts'
import { environment, strings } from '../args/strings.ts'
import { late, onlyIf, switchOn, todo, unused } from '../args/switch.ts'
import { timespec } from '../args/time.ts'
import { waitIdType, waitStatus } from '../args/wait.ts'
import { AT_EXEC } from './constants/file.ts'
import { FUTEX, FUTEX_BITSET } from './constants/futex.ts'
import {
  ARCH,
  CLONE_NEW,
  IOPRIO_WHO,
  KCMP,
  PIDFD,
  PR,
  PRIO,
  PTRACE,
  RLIMIT,
  RSEQ_FLAG,
  RUSAGE,
  SCHED,
  UNSHARE,
  WAIT,
} from './constants/process.ts'
import { CLOCK } from './constants/time.ts'
import { SCHED_GETATTR } from './constants/security.ts'
import { syscall } from './syscall.ts'

const futexWaiter = struct(24, {
  val: field(0, hex),
  uaddr: field(8, address),
  flags: field(16, futex2Flags),
  __reserved: field(20, hexUint, { when: (cell) => lowOf(cell, 4) !== 0 }),
})

/** wait4(2) writes nothing where no child has changed. */
const hasChild = (cell: Cell): boolean => cell.call.result !== 0

const archArgument = switchOn(
  'op',
  ARCH,
  { ARCH_GET_FS: resultIn(address), ARCH_GET_GS: resultIn(address), ARCH_GET_CPUID: unused },
  hex,
)

const noMore = {
  PR_SET_NAME: unused,
  PR_GET_NAME: unused,
  PR_SET_PDEATHSIG: unused,
  PR_GET_PDEATHSIG: unused,
  PR_GET_DUMPABLE: unused,
  PR_SET_DUMPABLE: unused,
  PR_GET_KEEPCAPS: unused,
  PR_SET_KEEPCAPS: unused,
  PR_GET_TIMING: unused,
  PR_GET_SECCOMP: unused,
  PR_GET_TIMERSLACK: unused,
  PR_SET_TIMERSLACK: unused,
} as const

const prctl2 = switchOn(
  'op',
  PR,
  {
    PR_SET_NAME: taskName,
    PR_GET_NAME: taskNameOut,
    PR_SET_PDEATHSIG: signal,
    PR_GET_PDEATHSIG: resultIn(int),
    PR_GET_DUMPABLE: unused,
    PR_SET_DUMPABLE: size,
    PR_GET_KEEPCAPS: unused,
    PR_SET_KEEPCAPS: size,
    PR_GET_TIMING: unused,
    PR_GET_SECCOMP: unused,
    PR_GET_TIMERSLACK: unused,
    PR_SET_TIMERSLACK: long,
    PR_SET_NO_NEW_PRIVS: size,
    PR_SET_CHILD_SUBREAPER: size,
  },
  todo,
)
const prctlRest = switchOn('op', PR, { ...noMore, PR_SET_CHILD_SUBREAPER: unused, PR_SET_NO_NEW_PRIVS: hex }, todo)

const personality = withNote((call, style) => personaNote(call.result >>> 0, style), 'hex')
const schedulerResult = withNote((call) => policyName(call.result), 'hex')

export const process = {
  sched_yield: syscall(24, [], decimal, {}),
  getpid: syscall(39, ['pure'], pidResult, {}, { neverFails: true }),
  clone: syscall(
    56,
    ['process'],
    pidResult,
    {
      flags: cloneFlags,
      child_stack: address,
      parent_tid: onlyIf('flags', storesParentTid, resultIn(int)),
      child_tidptr: onlyIf('flags', touchesChildTid, late(address)),
      tls: onlyIf('flags', setsTls, late(address)),
    },
    { textOrder: ['child_stack', 'flags', 'parent_tid', 'tls', 'child_tidptr'], alwaysNamed: true },
  ),
  fork: syscall(57, ['process'], pidResult, {}),
  vfork: syscall(58, ['process'], pidResult, {}),
  execve: syscall(59, ['file', 'process'], decimal, { pathname: path, argv: strings, envp: environment }),
  exit: syscall(60, ['process'], nothing, { status: int }),
  wait4: syscall(61, ['process'], pidResult, {
    pid,
    status: resultIn(waitStatus, { when: hasChild }),
    options: flags(WAIT),
    usage: resultIn(rusage, { when: hasChild }),
  }),
  uname: syscall(63, [], decimal, { buf: resultIn(utsname) }),
  getrlimit: syscall(97, [], decimal, { resource: oneOf(RLIMIT), rlim: resultIn(rlimit) }),
  getrusage: syscall(98, [], decimal, { who: oneOf(RUSAGE), usage: resultIn(rusage) }),
  ptrace: syscall(101, [], decimal, { op: oneOf(PTRACE), pid, addr: todo, data: todo }),
  getuid: syscall(102, ['creds', 'pure'], decimal, {}, { neverFails: true }),
  getgid: syscall(104, ['creds', 'pure'], decimal, {}, { neverFails: true }),
  setuid: syscall(105, ['creds'], decimal, { uid: id }),
  setgid: syscall(106, ['creds'], decimal, { gid: id }),
  geteuid: syscall(107, ['creds', 'pure'], decimal, {}, { neverFails: true }),
  getegid: syscall(108, ['creds', 'pure'], decimal, {}, { neverFails: true }),
  setpgid: syscall(109, [], decimal, { pid, pgid: pid }),
  getppid: syscall(110, ['pure'], pidResult, {}, { neverFails: true }),
  getpgrp: syscall(111, ['pure'], pidResult, {}, { neverFails: true }),
  setsid: syscall(112, [], pidResult, {}),
  setreuid: syscall(113, ['creds'], decimal, { ruid: id, euid: id }),
  setregid: syscall(114, ['creds'], decimal, { ruid: id, euid: id }),
  getgroups: syscall(115, ['creds'], decimal, { size: int, list: resultsIn(id, 'result') }),
  setgroups: syscall(116, ['creds'], decimal, { size: int, list: arrayOf(id, 'size', { width: 4 }) }),
  setresuid: syscall(117, ['creds'], decimal, { ruid: id, euid: id, suid: id }),
  getresuid: syscall(118, ['creds'], decimal, { ruid: resultIn(id), euid: resultIn(id), suid: resultIn(id) }),
  setresgid: syscall(119, ['creds'], decimal, { ruid: id, euid: id, suid: id }),
  getresgid: syscall(120, ['creds'], decimal, { ruid: resultIn(id), euid: resultIn(id), suid: resultIn(id) }),
  getpgid: syscall(121, [], pidResult, { pid }),
  setfsuid: syscall(122, ['creds'], decimal, { fsuid: id }, { neverFails: true }),
  setfsgid: syscall(123, ['creds'], decimal, { fsuid: id }, { neverFails: true }),
  getsid: syscall(124, [], pidResult, { pid }),
  personality: syscall(135, [], personality, { persona }, { neverFails: true }),
  getpriority: syscall(140, [], decimal, { which: oneOf(PRIO), who: int }),
  setpriority: syscall(141, [], decimal, { which: oneOf(PRIO), who: int, prio: int }),
  sched_setparam: syscall(142, [], decimal, { pid, param: pointerTo(schedParam) }),
  sched_getparam: syscall(143, [], decimal, { pid, param: resultIn(schedParam) }),
  sched_setscheduler: syscall(144, [], decimal, { pid, policy, param: pointerTo(schedParam) }),
  sched_getscheduler: syscall(145, [], schedulerResult, { pid }),
  sched_get_priority_max: syscall(146, [], decimal, { policy: oneOf(SCHED) }),
  sched_get_priority_min: syscall(147, [], decimal, { policy: oneOf(SCHED) }),
  sched_rr_get_interval: syscall(148, [], decimal, { pid, tp: resultIn(timespec) }),
  modify_ldt: syscall(154, [], decimal, { func: int, ptr: todo, bytecount: size }),
  prctl: syscall(157, ['creds'], decimal, {
    op: oneOf(PR),
    arg2: prctl2,
    arg3: prctlRest,
    arg4: prctlRest,
    arg5: prctlRest,
  }),
  arch_prctl: syscall(158, [], decimal, { op: oneOf(ARCH), addr: archArgument }),
  setrlimit: syscall(160, [], decimal, { resource: oneOf(RLIMIT), rlim: pointerTo(rlimit) }),
  iopl: syscall(172, [], decimal, { level: int }),
  ioperm: syscall(173, [], decimal, { from: hex, num: hex, turn_on: int }),
  gettid: syscall(186, ['pure'], pidResult, {}, { neverFails: true }),
  futex: syscall(202, [], decimal, {
    uaddr: address,
    futex_op: oneOf(FUTEX),
    val: futexValue,
    timeout: futexTimeout,
    uaddr2: futexAddress2,
    val3: futexValue3,
  }),
  sched_setaffinity: syscall(203, [], decimal, { pid, cpusetsize: uint, mask: processorsIn('cpusetsize') }),
  sched_getaffinity: syscall(204, [], decimal, { pid, cpusetsize: uint, mask: processorsOut }),
  set_thread_area: syscall(205, [], decimal, { addr: todo }),
  get_thread_area: syscall(211, [], decimal, { addr: todo }),
  set_tid_address: syscall(218, [], pidResult, { tidptr: address }),
  exit_group: syscall(231, ['process'], nothing, { status: int }),
  waitid: syscall(247, ['process'], decimal, {
    idtype: waitIdType,
    id: int,
    siginfo: resultIn(siginfo),
    options: flags(WAIT),
    usage: resultIn(rusage),
  }),
  ioprio_set: syscall(251, [], decimal, { which: oneOf(IOPRIO_WHO), who: int, ioprio: todo }),
  ioprio_get: syscall(252, [], decimal, { which: oneOf(IOPRIO_WHO), who: int }),
  unshare: syscall(272, [], decimal, { flags: flags(UNSHARE, 8) }),
  set_robust_list: syscall(273, [], decimal, { addr: address, length: size }),
  get_robust_list: syscall(274, [], decimal, { pid, head_ptr: resultIn(address), len_ptr: resultIn(size) }),
  prlimit64: syscall(302, [], decimal, {
    pid,
    resource: oneOf(RLIMIT),
    new_limit: pointerTo(rlimit),
    old_limit: resultIn(rlimit),
  }),
  setns: syscall(308, ['desc'], decimal, { fd, nstype: flags(CLONE_NEW) }),
  getcpu: syscall(309, [], decimal, { cpu: resultIn(uint), node: resultIn(uint), tcache: address }),
  kcmp: syscall(312, [], decimal, { pid1: pid, pid2: pid, type: oneOf(KCMP), idx1: todo, idx2: todo }),
  sched_setattr: syscall(314, [], decimal, { pid, attr: todo, flags: hexUint }),
  sched_getattr: syscall(315, [], decimal, { pid, attr: todo, size: uint, flags: flags(SCHED_GETATTR) }),
  execveat: syscall(322, ['desc', 'file', 'process'], decimal, {
    dirfd: dirFd,
    pathname: path,
    argv: strings,
    envp: environment,
    flags: flags(AT_EXEC),
  }),
  rseq: syscall(334, [], decimal, {
    rseq: rseqStruct('rseq_len'),
    rseq_len: uint,
    flags: flags(RSEQ_FLAG),
    sig: hexUint,
  }),
  pidfd_open: syscall(434, ['desc'], newFd, { pid, flags: flags(PIDFD) }),
  clone3: syscall(435, ['process'], pidResult, { cl_args: cloneArguments('size'), size }),
  pidfd_getfd: syscall(438, ['desc'], newFd, { pidfd: fd, targetfd: int, flags: hexUint }),
  futex_waitv: syscall(449, [], decimal, {
    waiters: arrayOf(futexWaiter, 'nr_futexes', { width: 4 }),
    nr_futexes: uint,
    flags: hexUint,
    timeout: pointerTo(timespec),
    clockid: oneOf(CLOCK),
  }),
  futex_wake: syscall(454, [], decimal, {
    uaddr: address,
    mask: oneOf(FUTEX_BITSET, 8, ''),
    nr: int,
    flags: futex2Flags,
  }),
  futex_wait: syscall(455, [], decimal, {
    uaddr: address,
    val: size,
    mask: oneOf(FUTEX_BITSET, 8, ''),
    flags: futex2Flags,
    timeout: pointerTo(timespec),
    clockid: oneOf(CLOCK),
  }),
  futex_requeue: syscall(456, [], decimal, {
    waiters: arrayOf(futexWaiter, 2),
    flags: hexUint,
    nr_wake: int,
    nr_requeue: int,
  }),
  listns: syscall(
    470,
    [],
    decimal,
    { req: todo, ns_ids: todo, nr_ns_ids: size, flags: hexUint },
    { sinceKernel: '6.19' },
  ),
  rseq_slice_yield: syscall(471, [], decimal, {}, { sinceKernel: '7.0' }),
} as const
