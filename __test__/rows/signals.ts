/** Signals: sending, handling, blocking and waiting for them. */

import { SECCOMP_RET } from '../../src/table/constants/bpf.ts'
import { PR, SECCOMP } from '../../src/table/constants/process.ts'
import { AUDIT_ARCH, SA, SI, SI_BUS, SI_CHLD, SI_SEGV, SIG_HOW, SS } from '../../src/table/constants/signal.ts'
import { SIGNALS } from '../../src/table/constants/signals.ts'
import { ITIMER } from '../../src/table/constants/time.ts'
import { family } from './check.ts'
import {
  block,
  handler,
  restorer,
  result,
  room,
  u16,
  u32,
  u64,
  zeros,
  type Call,
  type Expression,
  type Part,
  type Word,
} from './script.ts'

const { SIGUSR1, SIGWINCH } = SIGNALS
/** Larger than any pid. */
const NOBODY = 0x7fff_ffff
const NONE = 77

const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0
const isAddress = (value: unknown): boolean => typeof value === 'bigint' && value > 0n

const setOf = (...signals: readonly number[]): bigint =>
  signals.reduce((set, signal) => set | (1n << BigInt(signal - 1)), 0n)
const sigset = (...signals: readonly number[]): Expression => block([u64(setOf(...signals))])

const self: Call = ['getpid']
const sigaction = (flags: number, mask: bigint): Expression =>
  block([u64(handler), u64(flags | SA.values.SA_RESTORER), u64(restorer), u64(mask)])
const handled: Call = ['rt_sigaction', SIGUSR1, sigaction(0, 0n), 0, 8]
const blocked: Call = ['rt_sigprocmask', SIG_HOW.values.SIG_BLOCK, sigset(SIGUSR1), 0, 8]
/** SIGUSR1 is there, and waits. */
const pending: readonly Call[] = [self, handled, blocked, ['kill', result(0), SIGUSR1]]

/** SIGALRM comes every 50 ms, and is handled: one that comes before the call that is to be interrupted is not the last. */
const alarmed: readonly Call[] = [
  ['rt_sigaction', SIGNALS.SIGALRM, sigaction(0, 0n), 0, 8],
  ['setitimer', ITIMER.values.ITIMER_REAL, block([u64(0), u64(50_000), u64(0), u64(50_000)]), 0],
]

/** siginfo_t: number, code and the members after them. */
function siginfo(signal: number, code: number, members: readonly Part[] = [], errno = 0): Expression {
  return block([u32(signal), u32(errno), u32(code), zeros(4), ...members, zeros(96)])
}
/**
 * Programs return from their handlers, not by calls of their own. So the mark in front of the last call is turned into a
 * signal, and the call, which has this word, into nothing.
 */
const RT_SIGRETURN = 15
const GETPPID = 110
const MARKED = 0x5195
const LAST = 4
/** Instructions of BPF: load a word of struct seccomp_data, go on if it is this number, return. */
const [LOAD, IF, RETURN] = [0x20, 0x15, 0x06] as const
const instruction = (code: number, value: number, otherwise = 0): Part =>
  u64((BigInt(value) << 32n) | BigInt((otherwise << 24) | code))
const trap: readonly Part[] = [
  instruction(LOAD, 0),
  instruction(IF, GETPPID, 3),
  instruction(LOAD, 16),
  instruction(IF, LAST, 5),
  instruction(RETURN, SECCOMP_RET.values.SECCOMP_RET_TRAP),
  instruction(IF, RT_SIGRETURN, 3),
  instruction(LOAD, 16),
  instruction(IF, MARKED, 1),
  instruction(RETURN, SECCOMP_RET.values.SECCOMP_RET_ERRNO),
  instruction(RETURN, SECCOMP_RET.values.SECCOMP_RET_ALLOW),
]

/** Refused for every process but the caller itself, once the info was read; so any of them can be tried. */
const queue = (signal: number, info: Word): readonly ['rt_sigqueueinfo', ...Word[]] => [
  'rt_sigqueueinfo',
  NOBODY,
  signal,
  info,
]
const refused = ') = -1 EPERM (Operation not permitted)'

export const signals = family(
  {
    'alarm failure': 'never fails',
    'pause success': 'returns only when a signal interrupts it',
    'rt_sigsuspend success': 'returns only when a signal interrupts it',
    'rt_sigreturn failure': 'gives back what the interrupted call returned',
  },
  {
    call: ['kill', result(0), SIGWINCH],
    before: [self],
    args: { pid: isCount, signum: 'SIGWINCH' },
    returned: 0,
    text: 'kill(…, SIGWINCH) = 0',
  },
  {
    call: ['kill', NOBODY, 0],
    args: { pid: NOBODY, signum: 0 },
    error: 'ESRCH',
    text: 'kill(2147483647, 0) = -1 ESRCH (No such process)',
  },
  {
    call: ['tkill', result(0), SIGWINCH],
    before: [['gettid']],
    args: { tid: isCount, signum: 'SIGWINCH' },
    returned: 0,
    text: 'tkill(…, SIGWINCH) = 0',
  },
  {
    call: ['tkill', -1, 34],
    args: { tid: -1, signum: 'SIGRT_2' },
    error: 'EINVAL',
    text: 'tkill(-1, SIGRT_2) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['tgkill', result(0), result(1), SIGWINCH],
    before: [self, ['gettid']],
    args: { tgid: isCount, tid: isCount, signum: 'SIGWINCH' },
    returned: 0,
    text: 'tgkill(…, …, SIGWINCH) = 0',
  },
  {
    call: ['tgkill', NOBODY, 5, 32],
    args: { tgid: NOBODY, tid: 5, signum: 'SIGRTMIN' },
    error: 'ESRCH',
    text: 'tgkill(2147483647, 5, SIGRTMIN) = -1 ESRCH (No such process)',
  },
  {
    call: ['rt_sigaction', SIGUSR1, sigaction(SA.values.SA_SIGINFO, setOf(SIGNALS.SIGINT, 33)), room(32), 8],
    before: [['rt_sigaction', SIGUSR1, sigaction(SA.values.SA_RESTART, 0n), 0, 8]],
    args: {
      signum: 'SIGUSR1',
      act: {
        sa_handler: isAddress,
        sa_mask: ['SIGINT', 'SIGRT_1'],
        sa_flags: ['SA_RESTORER', 'SA_SIGINFO'],
        sa_restorer: isAddress,
      },
      sigsetsize: 8,
    },
    out: {
      oldact: { sa_handler: isAddress, sa_mask: [], sa_flags: ['SA_RESTORER', 'SA_RESTART'], sa_restorer: isAddress },
    },
    returned: 0,
    text: 'rt_sigaction(SIGUSR1, {sa_handler=0x…, sa_mask=[INT RT_1], sa_flags=SA_RESTORER|SA_SIGINFO, sa_restorer=0x…}, {sa_handler=0x…, sa_mask=[], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x…}, 8) = 0',
  },
  {
    call: ['rt_sigaction', SIGNALS.SIGKILL, block([u64(1), u64(0), u64(0), u64(~setOf(9, 19))]), 0, 8],
    args: { signum: 'SIGKILL', act: { sa_handler: 'SIG_IGN', sa_flags: [] } },
    error: 'EINVAL',
    text: 'rt_sigaction(SIGKILL, {sa_handler=SIG_IGN, sa_mask=~[KILL STOP], sa_flags=0}, NULL, 8) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['rt_sigprocmask', SIG_HOW.values.SIG_SETMASK, sigset(SIGNALS.SIGCHLD, 64), room(8), 8],
    before: [blocked],
    args: { how: 'SIG_SETMASK', set: ['SIGCHLD', 'SIGRT_32'], sigsetsize: 8 },
    out: { oldset: ['SIGUSR1'] },
    returned: 0,
    text: 'rt_sigprocmask(SIG_SETMASK, [CHLD RT_32], [USR1], 8) = 0',
  },
  {
    call: ['rt_sigprocmask', NONE, sigset(SIGUSR1), 0, 8],
    args: { how: '0x4d', set: ['SIGUSR1'] },
    error: 'EINVAL',
    text: 'rt_sigprocmask(0x4d /* SIG_??? */, [USR1], NULL, 8) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['rt_sigpending', room(8), 8],
    before: pending,
    args: { sigsetsize: 8 },
    out: { set: ['SIGUSR1'] },
    returned: 0,
    text: 'rt_sigpending([USR1], 8) = 0',
  },
  {
    call: ['rt_sigpending', room(8), 16],
    args: { sigsetsize: 16 },
    error: 'EINVAL',
    text: 'rt_sigpending(0x…, 16) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['rt_sigtimedwait', sigset(SIGUSR1, SIGNALS.SIGUSR2), room(128), block([u64(5), u64(6)]), 8],
    before: pending,
    args: { set: ['SIGUSR1', 'SIGUSR2'], timeout: { tv_sec: 5, tv_nsec: 6 }, sigsetsize: 8 },
    out: { info: { signo: SIGUSR1, code: 'SI_USER', pid: isCount, uid: isCount } },
    returned: SIGUSR1,
    text: 'rt_sigtimedwait([USR1 USR2], {si_signo=SIGUSR1, si_code=SI_USER, si_pid=…, si_uid=…}, {tv_sec=5, tv_nsec=6}, 8) = 10 (SIGUSR1)',
  },
  {
    call: ['rt_sigtimedwait', sigset(SIGUSR1), room(128), block([u64(0), u64(1)]), 8],
    args: { set: ['SIGUSR1'], timeout: { tv_sec: 0, tv_nsec: 1 } },
    error: 'EAGAIN',
    text: 'rt_sigtimedwait([USR1], 0x…, {tv_sec=0, tv_nsec=1}, 8) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    call: ['rt_sigtimedwait', sigset(SIGUSR1), 0, block([u64(5), u64(6)]), 8],
    before: alarmed,
    args: { set: ['SIGUSR1'], timeout: { tv_sec: 5, tv_nsec: 6 } },
    error: 'EINTR',
    text: 'rt_sigtimedwait([USR1], NULL, {tv_sec=5, tv_nsec=6}, 8) = -1 EINTR (Interrupted system call)',
  },
  {
    call: ['rt_sigqueueinfo', result(0), SIGWINCH, siginfo(0, SI.values.SI_QUEUE, [u32(7), u32(-1), u64(-9)])],
    before: [self],
    args: { tgid: isCount, signum: 'SIGWINCH', info: { signo: 0 } },
    returned: 0,
    text: 'rt_sigqueueinfo(…, SIGWINCH, {}) = 0',
  },
  {
    call: ['rt_sigqueueinfo', NOBODY, SIGUSR1, siginfo(SIGUSR1, SI.values.SI_QUEUE, [u32(7), u32(-1), u64(-9)], 2)],
    args: {
      tgid: NOBODY,
      info: { signo: SIGUSR1, code: 'SI_QUEUE', errno: 'ENOENT', pid: 7, uid: 0xffff_ffff, value: -9n },
    },
    error: 'ESRCH',
    text: 'rt_sigqueueinfo(2147483647, SIGUSR1, {si_signo=SIGUSR1, si_code=SI_QUEUE, si_errno=ENOENT, si_pid=7, si_uid=-1, si_int=-9, si_ptr=0xfffffffffffffff7}) = -1 ESRCH (No such process)',
  },
  {
    call: queue(SIGUSR1, siginfo(SIGUSR1, SI.values.SI_MESGQ, [u32(7), u32(8), u64(0)])),
    args: { info: { signo: SIGUSR1, code: 'SI_MESGQ', pid: 7, uid: 8, value: 0n } },
    error: 'ESRCH',
    text: 'rt_sigqueueinfo(2147483647, SIGUSR1, {si_signo=SIGUSR1, si_code=SI_MESGQ, si_pid=7, si_uid=8}) = -1 ESRCH (No such process)',
  },
  {
    call: queue(SIGUSR1, siginfo(SIGUSR1, SI.values.SI_TIMER, [u32(3), u32(4), u64(0)])),
    args: { info: { code: 'SI_TIMER', timerId: 3, overrun: 4, value: 0n } },
    error: 'ESRCH',
    text: 'rt_sigqueueinfo(2147483647, SIGUSR1, {si_signo=SIGUSR1, si_code=SI_TIMER, si_timerid=0x3, si_overrun=4, si_int=0, si_ptr=NULL}) = -1 ESRCH (No such process)',
  },
  {
    call: queue(SIGNALS.SIGIO, siginfo(SIGNALS.SIGIO, SI.values.SI_SIGIO, [u64(65), u32(9)])),
    args: { info: { code: 'SI_SIGIO', band: 65, fd: 9 } },
    error: 'ESRCH',
    text: 'rt_sigqueueinfo(2147483647, SIGIO, {si_signo=SIGIO, si_code=SI_SIGIO, si_band=65, si_fd=9}) = -1 ESRCH (No such process)',
  },
  {
    call: queue(SIGUSR1, siginfo(SIGUSR1, SI.values.SI_TKILL, [u32(7), u32(8)])),
    args: { info: { code: 'SI_TKILL', pid: 7, uid: 8 } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, SIGUSR1, {si_signo=SIGUSR1, si_code=SI_TKILL, si_pid=7, si_uid=8}${refused}`,
  },
  {
    call: queue(SIGUSR1, siginfo(SIGUSR1, SI.values.SI_KERNEL)),
    args: { info: { signo: SIGUSR1, code: 'SI_KERNEL', pid: undefined, uid: undefined, value: undefined } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, SIGUSR1, {si_signo=SIGUSR1, si_code=SI_KERNEL}${refused}`,
  },
  {
    call: queue(
      SIGNALS.SIGCHLD,
      siginfo(SIGNALS.SIGCHLD, SI_CHLD.values.CLD_EXITED, [u32(7), u32(8), u64(3), u64(123), u64(5)]),
    ),
    args: { info: { code: 'CLD_EXITED', pid: 7, uid: 8, status: 3, userTicks: 123, systemTicks: 5 } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, SIGCHLD, {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=7, si_uid=8, si_status=3, si_utime=123 /* 1.23 s */, si_stime=5 /* 0.05 s */}${refused}`,
  },
  {
    call: queue(
      SIGNALS.SIGCHLD,
      siginfo(SIGNALS.SIGCHLD, SI_CHLD.values.CLD_KILLED, [u32(7), u32(8), u64(9), u64(1), u64(0)]),
    ),
    args: { info: { code: 'CLD_KILLED', status: 9 } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, 17, {si_signo=17, si_code=0x2, si_pid=7, si_uid=8, si_status=9, si_utime=1, si_stime=0}${refused}`,
    style: { constants: 'raw' },
  },
  {
    call: queue(
      SIGNALS.SIGSEGV,
      siginfo(SIGNALS.SIGSEGV, SI_SEGV.values.SEGV_BNDERR, [u64(16), u64(0), u64(17), u64(18)]),
    ),
    args: { info: { code: 'SEGV_BNDERR', address: 16n, lower: 17n, upper: 18n } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, SIGSEGV, {si_signo=SIGSEGV, si_code=SEGV_BNDERR, si_addr=0x10, si_lower=0x11, si_upper=0x12}${refused}`,
  },
  {
    call: queue(SIGNALS.SIGSEGV, siginfo(SIGNALS.SIGSEGV, SI_SEGV.values.SEGV_PKUERR, [u64(0), u64(0), u32(3)])),
    args: { info: { code: 'SEGV_PKUERR', address: 0n, pkey: 3 } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, SIGSEGV, {si_signo=SIGSEGV, si_code=SEGV_PKUERR, si_addr=NULL, si_pkey=3}${refused}`,
  },
  {
    call: queue(SIGNALS.SIGBUS, siginfo(SIGNALS.SIGBUS, SI_BUS.values.BUS_MCEERR_AO, [u64(0x1000), u16(12)])),
    args: { info: { code: 'BUS_MCEERR_AO', address: 0x1000n, addressLsb: 12 } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, SIGBUS, {si_signo=SIGBUS, si_code=BUS_MCEERR_AO, si_addr=0x1000, si_addr_lsb=0xc}${refused}`,
  },
  {
    call: queue(SIGNALS.SIGILL, siginfo(SIGNALS.SIGILL, 2, [u64(0x2000)])),
    args: { info: { code: 'ILL_ILLOPN', address: 0x2000n } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, SIGILL, {si_signo=SIGILL, si_code=ILL_ILLOPN, si_addr=0x2000}${refused}`,
  },
  {
    call: queue(SIGNALS.SIGTRAP, siginfo(SIGNALS.SIGTRAP, 2, [u64(0x2000)])),
    args: { info: { code: 'TRAP_TRACE', address: 0x2000n } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, SIGTRAP, {si_signo=SIGTRAP, si_code=TRAP_TRACE, si_addr=0x2000}${refused}`,
  },
  {
    call: queue(SIGNALS.SIGIO, siginfo(SIGNALS.SIGIO, 6, [u64(-1), u32(9)])),
    args: { info: { code: 'POLL_HUP', band: -1, fd: 9 } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, SIGIO, {si_signo=SIGIO, si_code=POLL_HUP, si_band=-1, si_fd=9}${refused}`,
  },
  {
    call: queue(SIGNALS.SIGIO, siginfo(SIGNALS.SIGIO, SI.values.SI_KERNEL, [u64(1), u32(9)])),
    args: { info: { code: 'SI_KERNEL', band: undefined, fd: undefined } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, SIGIO, {si_signo=SIGIO, si_code=SI_KERNEL}${refused}`,
  },
  {
    call: queue(
      SIGNALS.SIGSYS,
      siginfo(SIGNALS.SIGSYS, 1, [u64(0x3000), u32(39), u32(AUDIT_ARCH.values.AUDIT_ARCH_X86_64)]),
    ),
    args: { info: { code: 'SYS_SECCOMP', address: 0x3000n, syscall: 39, arch: 0xc000_003e } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, SIGSYS, {si_signo=SIGSYS, si_code=SYS_SECCOMP, si_call_addr=0x3000, si_syscall=__NR_getpid, si_arch=AUDIT_ARCH_X86_64}${refused}`,
  },
  {
    call: queue(
      SIGNALS.SIGSYS,
      siginfo(SIGNALS.SIGSYS, NONE, [u64(0), u32(20), u32(AUDIT_ARCH.values.AUDIT_ARCH_I386)]),
    ),
    args: { info: { code: NONE, syscall: 20 } },
    error: 'EPERM',
    text: `rt_sigqueueinfo(2147483647, 31 /* SIGSYS */, {si_signo=31 /* SIGSYS */, si_code=0x4d, si_call_addr=NULL, si_syscall=20 /* __NR_getpid */, si_arch=0x40000003 /* AUDIT_ARCH_I386 */}${refused}`,
    style: { constants: 'verbose' },
  },
  {
    call: [
      'rt_tgsigqueueinfo',
      result(0),
      result(1),
      SIGWINCH,
      siginfo(SIGWINCH, SI.values.SI_QUEUE, [u32(7), u32(8), u64(9)]),
    ],
    before: [self, ['gettid']],
    args: {
      tgid: isCount,
      tid: isCount,
      signum: 'SIGWINCH',
      info: { signo: SIGWINCH, code: 'SI_QUEUE', pid: 7, uid: 8, value: 9n },
    },
    returned: 0,
    text: 'rt_tgsigqueueinfo(…, …, SIGWINCH, {si_signo=SIGWINCH, si_code=SI_QUEUE, si_pid=7, si_uid=8, si_int=9, si_ptr=0x9}) = 0',
  },
  {
    call: ['rt_tgsigqueueinfo', -1, NOBODY, SIGWINCH, 1],
    args: { tgid: -1, tid: NOBODY, signum: 'SIGWINCH', info: 'EFAULT' },
    error: 'EFAULT',
    text: 'rt_tgsigqueueinfo(-1, 2147483647, SIGWINCH, 0x1) = -1 EFAULT (Bad address)',
  },
  {
    call: ['rt_sigsuspend', sigset(SIGNALS.SIGINT), 8],
    before: pending,
    args: { set: ['SIGINT'], sigsetsize: 8 },
    interrupted: 'ERESTARTNOHAND',
    text: 'rt_sigsuspend([INT], 8) = ? ERESTARTNOHAND (To be restarted if no handler)',
  },
  {
    call: ['rt_sigsuspend', sigset(SIGNALS.SIGINT), 4],
    args: { set: ['SIGINT'], sigsetsize: 4 },
    error: 'EINVAL',
    text: 'rt_sigsuspend(0x…, 4) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['sigaltstack', block([u64(0x10000), u32(SS.values.SS_AUTODISARM), u32(0), u64(65536)]), room(24)],
    before: [['sigaltstack', block([u64(0x20000), u32(0), u32(0), u64(32768)]), 0]],
    args: { ss: { ss_sp: 0x10000n, ss_flags: ['SS_AUTODISARM'], ss_size: 65536 } },
    out: { old_ss: { ss_sp: 0x20000n, ss_flags: [], ss_size: 32768 } },
    returned: 0,
    text: 'sigaltstack({ss_sp=0x10000, ss_flags=SS_AUTODISARM, ss_size=65536}, {ss_sp=0x20000, ss_flags=0, ss_size=32768}) = 0',
  },
  {
    call: ['sigaltstack', block([u64(0), u32(4), u32(0), u64(1)]), 0],
    args: { ss: { ss_sp: 0n, ss_flags: ['0x4'], ss_size: 1 } },
    error: 'EINVAL',
    text: 'sigaltstack({ss_sp=NULL, ss_flags=0x4 /* SS_??? */, ss_size=1}, NULL) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['rt_sigreturn', MARKED],
    before: [
      ['rt_sigaction', SIGNALS.SIGSYS, sigaction(0, setOf(SIGNALS.SIGINT)), 0, 8],
      ['rt_sigprocmask', SIG_HOW.values.SIG_SETMASK, sigset(SIGUSR1, SIGNALS.SIGCHLD), 0, 8],
      ['prctl', PR.values.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0],
      ['seccomp', SECCOMP.values.SECCOMP_SET_MODE_FILTER, 0, block([u16(trap.length), zeros(6), u64(block(trap))])],
    ],
    args: { sigmask: ['SIGUSR1', 'SIGCHLD'] },
    // What the interrupted call left in its register.
    returned: GETPPID,
    text: 'rt_sigreturn({mask=[USR1 CHLD]}) = 110',
  },
  {
    call: ['pause'],
    before: alarmed,
    interrupted: 'ERESTARTNOHAND',
    text: 'pause() = ? ERESTARTNOHAND (To be restarted if no handler)',
  },
  {
    call: ['alarm', 0],
    before: [['alarm', 1000]],
    args: { seconds: 0 },
    returned: (value: unknown) => typeof value === 'number' && value > 900 && value <= 1000,
    text: 'alarm(0) = …',
  },
)
