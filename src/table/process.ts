/** System calls on processes and threads. */

import type { Cell } from '../args/arg.ts'
import {
  cloneArguments,
  cloneFlags,
  parentTid,
  setsTls,
  storesParentTid,
  touchesChildTid,
} from '../args/process/clone.ts'
import { utsname } from '../args/fixed.ts'
import { flags, oneOf } from '../args/flags.ts'
import { futexAddress2, futexTimeout, futexValue, futexValue3, futexWaiters } from '../args/process/futex.ts'
import { groupsIn } from '../args/process/groups.ts'
import { ioPriority, ioPriorityResult } from '../args/process/ioprio.ts'
import { firstIndex, secondIndex } from '../args/process/kcmp.ts'
import { ldtEntry, ldtResult, segmentNote, threadSegment, threadSegmentOut } from '../args/process/ldt.ts'
import { rlimit, rusage } from '../args/process/limits.ts'
import { futex2Flags, persona, personaNote } from '../args/mixed.ts'
import { path } from '../args/path.ts'
import { pointerTo, resultIn, resultsIn } from '../args/pointer.ts'
import { archArgument, archResult, prctlResult } from '../args/process/prctl-result.ts'
import { prctl2, prctl3, prctl4, prctl5 } from '../args/process/prctl.ts'
import {
  decimal,
  group as groupResult,
  newFd,
  nothing,
  process as pidResult,
  session as sessionResult,
  thread as threadResult,
  withNote,
} from '../args/returns.ts'
import { ptraceAddress, ptraceData, ptracePid } from '../args/process/ptrace.ts'
import { rseqStruct } from '../args/process/rseq.ts'
import { address, dirFd, fd, fdOf, hex, hexUint, id, int, pid, processGroup, size, tid, uint } from '../args/scalar.ts'
import { schedAttrIn, schedAttrOut } from '../args/process/sched-attr.ts'
import { policy, policyName, processorsIn, processorsOut, schedParam } from '../args/process/sched.ts'
import { siginfo } from '../args/signal/siginfo.ts'
import { environment, strings } from '../args/strings.ts'
import { late, onlyIf, switchOn } from '../args/switch.ts'
import { timespec } from '../args/time/time.ts'
import { waitIdType, waitStatus } from '../args/process/wait.ts'
import { AT_EXEC } from './constants/file.ts'
import { FUTEX, FUTEX_BITSET } from './constants/futex.ts'
import {
  ARCH,
  CLONE_NEW,
  IOPRIO_WHO,
  KCMP,
  P,
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
import { idsOut, listnsRequest } from '../args/file/mounts.ts'
import { syscall } from './syscall.ts'

/** Whose priority. */
const priorityOf = switchOn('which', PRIO, { PRIO_PROCESS: pid, PRIO_PGRP: processGroup }, int)
const ioPriorityOf = switchOn('which', IOPRIO_WHO, { IOPRIO_WHO_PROCESS: pid, IOPRIO_WHO_PGRP: processGroup }, int)

/** wait4(2) writes nothing where no child has changed. */
const hasChild = (cell: Cell): boolean => cell.call.result !== 0

const personality = withNote((call, style) => personaNote(call.result >>> 0, style), 'hex')
const schedulerResult = withNote((call) => policyName(call.result), 'hex')

export const process = {
  sched_yield: syscall(24, [], decimal, {}),
  getpid: syscall(39, ['pure'], pidResult, {}, { neverFails: true }),
  clone: syscall(
    56,
    ['process'],
    threadResult,
    {
      flags: cloneFlags,
      child_stack: address,
      parent_tid: onlyIf('flags', storesParentTid, parentTid),
      child_tidptr: onlyIf('flags', touchesChildTid, late(address)),
      tls: onlyIf('flags', setsTls, late(address)),
    },
    { textOrder: ['child_stack', 'flags', 'parent_tid', 'tls', 'child_tidptr'], alwaysNamed: true },
  ),
  fork: syscall(57, ['process'], pidResult, {}),
  vfork: syscall(58, ['process'], threadResult, {}),
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
  ptrace: syscall(101, [], decimal, {
    op: oneOf(PTRACE, 8),
    pid: ptracePid,
    addr: ptraceAddress,
    data: ptraceData,
  }),
  getuid: syscall(102, ['creds', 'pure'], decimal, {}, { neverFails: true }),
  getgid: syscall(104, ['creds', 'pure'], decimal, {}, { neverFails: true }),
  setuid: syscall(105, ['creds'], decimal, { uid: id }),
  setgid: syscall(106, ['creds'], decimal, { uid: id }),
  geteuid: syscall(107, ['creds', 'pure'], decimal, {}, { neverFails: true }),
  getegid: syscall(108, ['creds', 'pure'], decimal, {}, { neverFails: true }),
  setpgid: syscall(109, [], decimal, { pid, pgid: processGroup }),
  getppid: syscall(110, ['pure'], pidResult, {}, { neverFails: true }),
  getpgrp: syscall(111, ['pure'], groupResult, {}, { neverFails: true }),
  setsid: syscall(112, [], sessionResult, {}),
  setreuid: syscall(113, ['creds'], decimal, { ruid: id, euid: id }),
  setregid: syscall(114, ['creds'], decimal, { ruid: id, euid: id }),
  getgroups: syscall(115, ['creds'], decimal, { size: int, list: resultsIn(id, 'result') }),
  setgroups: syscall(116, ['creds'], decimal, { size: int, list: groupsIn('size') }),
  setresuid: syscall(117, ['creds'], decimal, { ruid: id, euid: id, suid: id }),
  getresuid: syscall(118, ['creds'], decimal, { ruid: resultIn(id), euid: resultIn(id), suid: resultIn(id) }),
  setresgid: syscall(119, ['creds'], decimal, { ruid: id, euid: id, suid: id }),
  getresgid: syscall(120, ['creds'], decimal, { ruid: resultIn(id), euid: resultIn(id), suid: resultIn(id) }),
  getpgid: syscall(121, [], groupResult, { pid }),
  setfsuid: syscall(122, ['creds'], decimal, { fsuid: id }, { neverFails: true }),
  setfsgid: syscall(123, ['creds'], decimal, { fsuid: id }, { neverFails: true }),
  getsid: syscall(124, [], sessionResult, { pid }),
  personality: syscall(135, [], personality, { persona }, { neverFails: true }),
  getpriority: syscall(140, [], decimal, { which: oneOf(PRIO), who: priorityOf }),
  setpriority: syscall(141, [], decimal, { which: oneOf(PRIO), who: priorityOf, prio: int }),
  sched_setparam: syscall(142, [], decimal, { pid, param: pointerTo(schedParam) }),
  sched_getparam: syscall(143, [], decimal, { pid, param: resultIn(schedParam) }),
  sched_setscheduler: syscall(144, [], decimal, { pid, policy, param: pointerTo(schedParam) }),
  sched_getscheduler: syscall(145, [], schedulerResult, { pid }),
  sched_get_priority_max: syscall(146, [], decimal, { policy: oneOf(SCHED) }),
  sched_get_priority_min: syscall(147, [], decimal, { policy: oneOf(SCHED) }),
  sched_rr_get_interval: syscall(148, [], decimal, { pid, tp: resultIn(timespec) }),
  modify_ldt: syscall(154, [], ldtResult, { func: int, ptr: ldtEntry('bytecount'), bytecount: size }),
  prctl: syscall(157, ['creds'], prctlResult, {
    op: oneOf(PR),
    arg2: prctl2,
    arg3: prctl3,
    arg4: prctl4,
    arg5: prctl5,
  }),
  arch_prctl: syscall(158, [], archResult, { op: oneOf(ARCH), addr: archArgument }),
  setrlimit: syscall(160, [], decimal, { resource: oneOf(RLIMIT), rlim: pointerTo(rlimit) }),
  iopl: syscall(172, [], decimal, { level: int }),
  ioperm: syscall(173, [], decimal, { from: hex, num: hex, turn_on: int }),
  gettid: syscall(186, ['pure'], threadResult, {}, { neverFails: true }),
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
  set_thread_area: syscall(205, [], withNote(segmentNote), { u_info: threadSegment }),
  get_thread_area: syscall(211, [], decimal, { u_info: threadSegmentOut }),
  set_tid_address: syscall(218, [], threadResult, { tidptr: address }),
  exit_group: syscall(231, ['process'], nothing, { status: int }),
  waitid: syscall(247, ['process'], decimal, {
    idtype: waitIdType,
    id: switchOn('idtype', P, { P_PID: pid, P_PGID: processGroup, P_PIDFD: fd }, int),
    siginfo: resultIn(siginfo),
    options: flags(WAIT),
    usage: resultIn(rusage),
  }),
  ioprio_set: syscall(251, [], decimal, { which: oneOf(IOPRIO_WHO), who: ioPriorityOf, ioprio: ioPriority }),
  ioprio_get: syscall(252, [], ioPriorityResult, { which: oneOf(IOPRIO_WHO), who: ioPriorityOf }),
  unshare: syscall(272, [], decimal, { flags: flags(UNSHARE, 8) }),
  set_robust_list: syscall(273, [], decimal, { addr: address, length: size }),
  get_robust_list: syscall(274, [], decimal, { pid: tid, head_ptr: resultIn(address), len_ptr: resultIn(size) }),
  prlimit64: syscall(302, [], decimal, {
    pid,
    resource: oneOf(RLIMIT),
    new_limit: pointerTo(rlimit),
    old_limit: resultIn(rlimit),
  }),
  setns: syscall(308, ['desc'], decimal, { fd, nstype: flags(CLONE_NEW) }),
  getcpu: syscall(309, [], decimal, { cpu: resultIn(uint), node: resultIn(uint), tcache: address }),
  kcmp: syscall(312, [], decimal, { pid1: pid, pid2: pid, type: oneOf(KCMP), idx1: firstIndex, idx2: secondIndex }),
  sched_setattr: syscall(314, [], decimal, { pid, attr: schedAttrIn, flags: late(hexUint) }),
  sched_getattr: syscall(315, [], decimal, {
    pid,
    attr: schedAttrOut('size'),
    size: uint,
    flags: flags(SCHED_GETATTR),
  }),
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
  clone3: syscall(435, ['process'], threadResult, { cl_args: cloneArguments('size'), size: late(size) }),
  pidfd_getfd: syscall(438, ['desc'], newFd, { pidfd: fd, targetfd: fdOf({ pidfd: 'pidfd' }), flags: hexUint }),
  futex_waitv: syscall(449, [], decimal, {
    waiters: futexWaiters('nr_futexes'),
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
    waiters: futexWaiters(2),
    flags: hexUint,
    nr_wake: int,
    nr_requeue: int,
  }),
  listns: syscall(
    470,
    [],
    decimal,
    { req: listnsRequest, ns_ids: idsOut('nr_ns_ids'), nr_ns_ids: size, flags: hexUint },
    { sinceKernel: '6.19' },
  ),
  rseq_slice_yield: syscall(471, [], decimal, {}, { sinceKernel: '7.0' }),
} as const
