/** ptrace(2): a tracee that traces a child of its own, which we do not follow. */

import { family } from './check.ts'
import {
  at,
  block,
  page,
  result,
  room,
  string,
  u16,
  u32,
  u64,
  u8,
  zeros,
  type Call,
  type Part,
  type Word,
} from './script.ts'

const CONT = 7
const ATTACH = 16
const DETACH = 17
const SYSCALL = 24
const SETOPTIONS = 0x4200
const SEIZE = 0x4206
const INTERRUPT = 0x4207
const WALL = 0x4000_0000

const options = { follow: false } as const
const { isInteger } = Number
const isPid = (value: unknown): boolean => isInteger(value) && Number(value) > 0
const isWord = (value: unknown): boolean => isInteger(value) || typeof value === 'bigint'

/** The child that the call with this index makes sleeps in pause(2), and is traced. */
const seized = (index: number): readonly Call[] => [['fork'], ['ptrace', SEIZE, result(index), 0, 1]]
const stopped = (index: number): readonly Call[] => [
  ...seized(index),
  ['ptrace', INTERRUPT, result(index), 0, 0],
  ['wait4', result(index), 0, WALL, 0],
]
const stop = stopped(0)
const child = result(0)
/** Stopped where it enters pause(2). Before that it is in fork(2), in pause(2) or in no call at all. */
const pausing: readonly Call[] = [...stop, ['ptrace', SYSCALL, child, 0, 0], ['wait4', child, 0, WALL, 0]]
const numbers = (...words: readonly Word[]): readonly Part[] => words.map((word) => u64(word))

export const ptraces = family(
  {},
  {
    options,
    call: ['ptrace', 0, 1, 2, 3],
    args: { op: 'PTRACE_TRACEME', pid: undefined, addr: undefined, data: undefined },
    error: 'EPERM',
    text: 'ptrace(PTRACE_TRACEME) = -1 EPERM (Operation not permitted)',
  },
  {
    call: ['ptrace', 0x1_0000_0001, -1, 2, 3],
    args: { op: '0x100000001', pid: -1 },
    error: 'ESRCH',
    text: 'ptrace(0x100000001 /* PTRACE_??? */, -1, 0x2, …) = -1 ESRCH (No such process)',
  },
  {
    options,
    before: [['fork']],
    waiting: 0,
    call: ['ptrace', SEIZE, child, 0, 0x10_0011],
    args: {
      op: 'PTRACE_SEIZE',
      pid: isPid,
      addr: 0n,
      data: ['PTRACE_O_TRACESYSGOOD', 'PTRACE_O_TRACEEXEC', 'PTRACE_O_EXITKILL'],
    },
    returned: 0,
    text: 'ptrace(PTRACE_SEIZE, …, NULL, PTRACE_O_TRACESYSGOOD|PTRACE_O_TRACEEXEC|PTRACE_O_EXITKILL) = 0',
  },
  {
    call: ['ptrace', SEIZE, -1, 5, 0x8000_0000],
    args: { op: 'PTRACE_SEIZE', pid: -1, addr: 5n, data: ['0x80000000'] },
    error: 'ESRCH',
    text: 'ptrace(PTRACE_SEIZE, -1, 0x5, 0x80000000 /* PTRACE_O_??? */) = -1 ESRCH (No such process)',
  },
  {
    options,
    before: [['fork']],
    waiting: 0,
    call: ['ptrace', ATTACH, child, 5, 6],
    args: { op: 'PTRACE_ATTACH', pid: isPid, addr: undefined, data: undefined },
    returned: 0,
    text: 'ptrace(PTRACE_ATTACH, …) = 0',
  },
  {
    options,
    before: seized(0),
    waiting: 0,
    call: ['ptrace', INTERRUPT, child, 0, 0],
    args: { op: 'PTRACE_INTERRUPT' },
    returned: 0,
    text: 'ptrace(PTRACE_INTERRUPT, …) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', SETOPTIONS, child, 0, 2],
    args: { op: 'PTRACE_SETOPTIONS', addr: 0n, data: ['PTRACE_O_TRACEFORK'] },
    returned: 0,
    text: 'ptrace(PTRACE_SETOPTIONS, …, NULL, PTRACE_O_TRACEFORK) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', CONT, child, 0, 17],
    args: { op: 'PTRACE_CONT', addr: 0n, data: 'SIGCHLD' },
    returned: 0,
    text: 'ptrace(PTRACE_CONT, …, NULL, SIGCHLD) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', DETACH, child, 0, 0],
    args: { op: 'PTRACE_DETACH', data: 0 },
    returned: 0,
    text: 'ptrace(PTRACE_DETACH, …, NULL, 0) = 0',
  },
  {
    options,
    before: [['set_tid_address', block([u64(0x1234_5678_9abc_def0n)], 'word')], ...stopped(1)],
    waiting: 1,
    call: ['ptrace', 2, result(1), at('word'), room(8)],
    args: { op: 'PTRACE_PEEKDATA' },
    out: { data: 0x1234_5678_9abc_def0n },
    returned: 0,
    text: 'ptrace(PTRACE_PEEKDATA, …, 0x…, [0x123456789abcdef0]) = 0',
  },
  {
    options,
    before: pausing,
    waiting: 0,
    call: ['ptrace', 3, child, 120, room(8)],
    args: { op: 'PTRACE_PEEKUSER', addr: 120 },
    out: { data: 34n },
    returned: 0,
    text: 'ptrace(PTRACE_PEEKUSER, …, 8*ORIG_RAX, [0x22]) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 6, child, 856, 0],
    args: { op: 'PTRACE_POKEUSER', addr: 856, data: 0n },
    returned: 0,
    text: 'ptrace(PTRACE_POKEUSER, …, offsetof(struct user, u_debugreg)+8, NULL) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 3, child, 2000, room(8)],
    args: { op: 'PTRACE_PEEKUSER', addr: 2000 },
    error: 'EIO',
    text: 'ptrace(PTRACE_PEEKUSER, …, 0x7d0, 0x…) = -1 EIO (Input/output error)',
  },
  {
    options,
    before: pausing,
    waiting: 0,
    call: ['ptrace', 12, child, 7, room(216)],
    args: { op: 'PTRACE_GETREGS', addr: undefined },
    out: { data: { orig_rax: 34, r15: isWord, rip: isWord, cs: 0x33, ss: 0x2b, gs: 0 } },
    returned: 0,
    text: 'ptrace(PTRACE_GETREGS, …, {r15=…, orig_rax=0x22, rip=0x…, cs=0x33, …, ss=0x2b, fs_base=0x…, gs=0}) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 13, child, 0, room(216)],
    args: { op: 'PTRACE_SETREGS', data: { r15: 0, rax: 0, cs: 0 } },
    error: 'EIO',
    text: 'ptrace(PTRACE_SETREGS, …, {r15=0, r14=0, …, rax=0, …, gs=0}) = -1 EIO (Input/output error)',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 14, child, 0, room(512)],
    args: { op: 'PTRACE_GETFPREGS' },
    out: {
      data: { cwd: 0x37f, mxcsr: 0x1f80, padding: (value: unknown) => Array.isArray(value) && value.length === 24 },
    },
    returned: 0,
    text:
      'ptrace(PTRACE_GETFPREGS, …, {cwd=0x37f, swd=…, ftw=…, fop=…, rip=…, rdp=…, mxcsr=0x1f80, mxcr_mask=…, ' +
      'st_space=[…], xmm_space=[…, ...], padding=[…]}) = 0',
  },
  {
    options,
    before: pausing,
    waiting: 0,
    call: ['ptrace', 0x4204, child, 1, block(numbers(room(512), 512))],
    args: { op: 'PTRACE_GETREGSET', addr: 'NT_PRSTATUS', data: { iov_len: 512 } },
    out: { data: { iov_base: { orig_rax: 34, cs: 0x33, gs: 0 }, iov_len: 216 } },
    returned: 0,
    text: 'ptrace(PTRACE_GETREGSET, …, NT_PRSTATUS, {iov_base={r15=…, orig_rax=0x22, …, gs=0}, iov_len=512 => 216}) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 0x4204, child, 1, block(numbers(room(16), 16))],
    args: { data: { iov_len: 16 } },
    out: { data: { iov_base: { r15: isWord, r14: isWord, r13: undefined }, iov_len: 16 } },
    returned: 0,
    text: 'ptrace(PTRACE_GETREGSET, …, NT_PRSTATUS, {iov_base={r15=…, r14=…}, iov_len=16}) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 0x4204, child, 0x202, block(numbers(room(64), 64))],
    args: { addr: 'NT_X86_XSTATE' },
    out: { data: { iov_base: (value: unknown) => typeof value === 'string', iov_len: 64 } },
    returned: 0,
    text: 'ptrace(PTRACE_GETREGSET, …, NT_X86_XSTATE, {iov_base=0x…, iov_len=64}) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 0x4204, child, 0x7777, block(numbers(page, 8))],
    args: { addr: '0x7777' },
    error: 'EINVAL',
    text: 'ptrace(PTRACE_GETREGSET, …, 0x7777 /* NT_??? */, {iov_base=0x…, iov_len=8}) = -1 EINVAL (Invalid argument)',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 0x4205, child, 2, block(numbers(block([u16(0x37f), u16(1), u16(2), u16(3), zeros(504)]), 8))],
    args: {
      op: 'PTRACE_SETREGSET',
      addr: 'NT_FPREGSET',
      data: { iov_base: { cwd: 0x37f, swd: 1, ftw: 2, fop: 3 }, iov_len: 8 },
    },
    error: 'EINVAL',
    text:
      'ptrace(PTRACE_SETREGSET, …, NT_FPREGSET, {iov_base={cwd=0x37f, swd=0x1, ftw=0x2, fop=0x3}, iov_len=8}) ' +
      '= -1 EINVAL (Invalid argument)',
  },
  {
    options,
    before: [...pausing, ['ptrace', 0x4204, child, 1, block(numbers(room(216, 'registers'), 216))]],
    waiting: 0,
    call: ['ptrace', 0x4205, child, 1, block(numbers(at('registers'), 400))],
    args: { data: { iov_base: { orig_rax: 34 }, iov_len: 400 } },
    out: { data: 216 },
    returned: 0,
    text: 'ptrace(PTRACE_SETREGSET, …, NT_PRSTATUS, {iov_base={r15=…, orig_rax=0x22, …, gs=0, ...}, iov_len=400 => 216}) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 0x4201, child, 0, room(8)],
    args: { op: 'PTRACE_GETEVENTMSG', addr: 0n },
    out: { data: 0 },
    returned: 0,
    text: 'ptrace(PTRACE_GETEVENTMSG, …, NULL, [0]) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 0x4202, child, 0, room(128)],
    args: { op: 'PTRACE_GETSIGINFO' },
    out: { data: { signo: 5 } },
    returned: 0,
    text: 'ptrace(PTRACE_GETSIGINFO, …, NULL, {si_signo=SIGTRAP, …}) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 0x4203, child, 0, block([u32(10), u32(0), u32(0), u32(0), u32(7), u32(8), zeros(104)])],
    args: { op: 'PTRACE_SETSIGINFO', data: { signo: 10, code: 'SI_USER', pid: 7, uid: 8 } },
    returned: 0,
    text: 'ptrace(PTRACE_SETSIGINFO, …, NULL, {si_signo=SIGUSR1, si_code=SI_USER, si_pid=7, si_uid=8}) = 0',
  },
  {
    options,
    before: [...stop, ['kill', child, 12], ['kill', child, 10]],
    waiting: 0,
    call: ['ptrace', 0x4209, child, block([u64(0), u32(1), u32(2)]), room(256)],
    args: { op: 'PTRACE_PEEKSIGINFO', addr: { off: 0, flags: ['PTRACE_PEEKSIGINFO_SHARED'], nr: 2 } },
    out: {
      data: [
        { signo: 12, code: 'SI_USER' },
        { signo: 10, code: 'SI_USER' },
      ],
    },
    returned: 2,
    text:
      'ptrace(PTRACE_PEEKSIGINFO, …, {off=0, flags=PTRACE_PEEKSIGINFO_SHARED, nr=2}, [{si_signo=SIGUSR2, …}, ' +
      '{si_signo=SIGUSR1, …}]) = 2',
  },
  {
    options,
    before: [...stop, ['ptrace', 0x420b, child, 8, block([u64(0x800)])]],
    waiting: 0,
    call: ['ptrace', 0x420a, child, 8, room(8)],
    args: { op: 'PTRACE_GETSIGMASK', addr: 8 },
    out: { data: ['SIGUSR2'] },
    returned: 0,
    text: 'ptrace(PTRACE_GETSIGMASK, …, 8, [USR2]) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 0x420b, child, 8, block([u64(0x202)])],
    args: { op: 'PTRACE_SETSIGMASK', addr: 8, data: ['SIGINT', 'SIGUSR1'] },
    returned: 0,
    text: 'ptrace(PTRACE_SETSIGMASK, …, 8, [INT USR1]) = 0',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 0x420b, child, 7, block([u64(0x202)])],
    args: { addr: 7 },
    error: 'EINVAL',
    text: 'ptrace(PTRACE_SETSIGMASK, …, 7, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    options,
    before: stop,
    waiting: 0,
    call: ['ptrace', 0x420e, child, 88, room(88)],
    args: { op: 'PTRACE_GET_SYSCALL_INFO', addr: 88 },
    out: {
      data: {
        op: 'PTRACE_SYSCALL_INFO_NONE',
        arch: 'AUDIT_ARCH_X86_64',
        stack_pointer: (value: unknown) => typeof value === 'bigint',
      },
    },
    returned: 24,
    text:
      'ptrace(PTRACE_GET_SYSCALL_INFO, …, 88, {op=PTRACE_SYSCALL_INFO_NONE, arch=AUDIT_ARCH_X86_64, ' +
      'instruction_pointer=0x…, stack_pointer=0x…}) = 24',
  },
  {
    options,
    before: pausing,
    waiting: 0,
    call: ['ptrace', 0x420e, child, 88, room(88)],
    out: { data: { op: 'PTRACE_SYSCALL_INFO_ENTRY', entry: { nr: 34 } } },
    text:
      'ptrace(PTRACE_GET_SYSCALL_INFO, …, 88, {op=PTRACE_SYSCALL_INFO_ENTRY, arch=AUDIT_ARCH_X86_64, ' +
      'instruction_pointer=0x…, stack_pointer=0x…, entry={nr=__NR_pause, args=[…]}}) = …',
  },
  {
    call: [
      'ptrace',
      0x4212,
      -1,
      88,
      block([u8(2), u8(1), u16(2), u32(0xc000_003e), u64(0), u64(5), u64(-2), u8(1), zeros(55)]),
    ],
    args: {
      op: 'PTRACE_SET_SYSCALL_INFO',
      addr: 88,
      data: { op: 'PTRACE_SYSCALL_INFO_EXIT', stack_pointer: 5n, exit: { rval: -2, is_error: true } },
    },
    error: 'ESRCH',
    text:
      'ptrace(PTRACE_SET_SYSCALL_INFO, -1, 88, {op=PTRACE_SYSCALL_INFO_EXIT, reserved=0x1, flags=0x2, ' +
      'arch=AUDIT_ARCH_X86_64, instruction_pointer=NULL, stack_pointer=0x5, exit={rval=-ENOENT, is_error=1}}) ' +
      '= -1 ESRCH (No such process)',
  },
  {
    call: [
      'ptrace',
      0x4212,
      -1,
      88,
      block([u8(3), zeros(3), u32(0x4000_0003), ...numbers(1, 2, 20, 1, 0, 3, 4, 5, 6), u32(7), u32(0)]),
    ],
    args: {
      data: {
        op: 'PTRACE_SYSCALL_INFO_SECCOMP',
        arch: 'AUDIT_ARCH_I386',
        seccomp: { nr: 20, args: [1, 0, 3, 4, 5, 6], ret_data: 7 },
      },
    },
    error: 'ESRCH',
    text:
      'ptrace(PTRACE_SET_SYSCALL_INFO, -1, 88, {op=PTRACE_SYSCALL_INFO_SECCOMP, arch=AUDIT_ARCH_I386, ' +
      'instruction_pointer=0x1, stack_pointer=0x2, seccomp={nr=20 /* getpid */, args=[0x1, 0, 0x3, 0x4, 0x5, 0x6], ' +
      'ret_data=7}}) = -1 ESRCH (No such process)',
  },
  {
    call: ['ptrace', 0x420d, -1, 16, block([u64(3), u64(0)])],
    args: { op: 'PTRACE_SECCOMP_GET_METADATA', addr: 16, data: { filter_off: 3 } },
    error: 'ESRCH',
    text: 'ptrace(PTRACE_SECCOMP_GET_METADATA, -1, 16, {filter_off=3}) = -1 ESRCH (No such process)',
  },
  {
    call: ['ptrace', 0x420c, -1, 1, string('room')],
    args: { op: 'PTRACE_SECCOMP_GET_FILTER', addr: 1 },
    error: 'ESRCH',
    text: 'ptrace(PTRACE_SECCOMP_GET_FILTER, -1, 1, 0x…) = -1 ESRCH (No such process)',
  },
)
