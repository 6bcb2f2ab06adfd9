import test from 'ava'
import { call, note, pending, rows } from '../../__test__/text-records.ts'
import { DEED, EXIT, EXIT_FLAG, KIND, SIGNAL, SIGNAL_FLAG, STOP, SUPERSEDED, SYSCALL_FLAG } from '../record/layout.ts'
import { eventText } from './line.ts'
import type { TextOptions } from './options.ts'
import type { TextEvent } from './source.ts'

const line = test.macro({
  exec(t, event: TextEvent, expected: string, options?: TextOptions) {
    t.is(eventText(event, options), expected)
  },
  title: (given) => given ?? '',
})

const narrow = { columns: 0 }

test('results start at column 40', line, call({ row: rows.close, args: [3] }), `close(3)${' '.repeat(32)}= 0`)
test('the column is an option', line, call({ row: rows.close, args: [3] }), 'close(3)    = 0', { columns: 12 })
test('a long call is followed by one space', line, call({ row: rows.close, args: [3] }), 'close(3) = 0', { columns: 9 })
test(
  'failures have a name and words',
  line,
  call({ row: rows.close, args: [9], result: -9 }),
  'close(9) = -1 EBADF (Bad file descriptor)',
  narrow,
)
test(
  'unknown errors have a number',
  line,
  call({ row: rows.close, args: [9], result: -200 }),
  'close(9) = -1 (errno 200)',
  narrow,
)
for (const [result, words] of [
  [-512, 'ERESTARTSYS (To be restarted if SA_RESTART is set)'],
  [-513, 'ERESTARTNOINTR (To be restarted)'],
  [-514, 'ERESTARTNOHAND (To be restarted if no handler)'],
  [-516, 'ERESTART_RESTARTBLOCK (Interrupted by signal)'],
] as const) {
  test(`interrupted calls: ${words}`, line, call({ row: rows.pause, result }), `pause() = ? ${words}`, narrow)
}
test(
  'addresses are hexadecimal',
  line,
  call({ row: rows.mmap, result: 0x7fff_0000_1000 }),
  'mmap(0) = 0x7fff00001000',
  narrow,
)
test(
  'high addresses are unsigned',
  line,
  call({ row: rows.mmap, result: -8192n, failed: false }),
  'mmap(0) = 0xffffffffffffe000',
  narrow,
)
test('modes are octal', line, call({ row: rows.umask, args: [18], result: 18 }), 'umask(18) = 022', narrow)
test('octal zero has three digits', line, call({ row: rows.umask, result: 0 }), 'umask(0) = 000', narrow)
test(
  'a call that never returns',
  line,
  call({ row: rows.exit_group, args: [1], flags: SYSCALL_FLAG.UNFINISHED }),
  'exit_group(1) = ?',
  narrow,
)
test(
  'a call cut off before its late arguments',
  line,
  call({ row: rows.read, args: [3, 0, 10], flags: SYSCALL_FLAG.UNFINISHED }),
  'read(3 <unfinished ...>) = ?',
  narrow,
)
test('a note stands behind the result', line, call({ row: rows.poll, args: [1] }), 'poll(1) = 0 (Timeout)', narrow)
for (const [deeds, mark] of [
  [DEED.RESULT, ' (INJECTED)'],
  [DEED.ARGUMENTS, ' (INJECTED: args)'],
  [DEED.RESULT | DEED.ARGUMENTS | DEED.DELAYED, ' (INJECTED: args, retval) (DELAYED)'],
  [DEED.DELAYED, ' (DELAYED)'],
  [DEED.DELAYED | DEED.RESULT, ' (INJECTED) (DELAYED)'],
  [DEED.SIGNAL | DEED.ASKED, ''],
] as const) {
  test(
    `what rules did is marked:${mark === '' ? ' nothing' : mark}, ${deeds}`,
    line,
    call({ row: rows.close, args: [1], result: -1, deeds }),
    `close(1) = -1 EPERM (Operation not permitted)${mark}`,
    narrow,
  )
}
test(
  'unknown numbers show their registers',
  line,
  call({ name: 'syscall_0x1f4', args: [1, 2, 3, 4, 5, 0] }),
  'syscall_0x1f4(0x1, 0x2, 0x3, 0x4, 0x5, 0) = 0',
  narrow,
)
test(
  'registers of i386 calls have 32 bits',
  line,
  call({ name: 'syscall_0x1f4', abi: 1, args: [-1, 0, 0, 0, 0, 0] }),
  'syscall_0x1f4(0xffffffff, 0, 0, 0, 0, 0) = 0',
  narrow,
)
test(
  'x32 calls by a 64-bit number',
  line,
  call({ row: rows.execve, abi: 2, nr: 0x4000_003b, args: [1], result: -38 }),
  'execve#64(1) = -1 ENOSYS (Function not implemented)',
  narrow,
)
test(
  'ordinary x32 calls have no suffix',
  line,
  call({ row: rows.close, abi: 2, nr: 0x4000_0003, args: [1] }),
  'close(1) = 0',
  narrow,
)
test('argument names', line, call({ row: rows.read, args: [3, 4, 10], result: 4 }), 'read(fd=3, buf=4, count=10) = 4', {
  columns: 0,
  argumentNames: true,
})
test('durations', line, call({ row: rows.close, args: [3], durationNs: 1_234_567n }), 'close(3) = 0 <0.001234>', {
  columns: 0,
  durations: 6,
})
test(
  'a resumed call with its name',
  line,
  call({ row: rows.restart_syscall, resumedName: 'poll' }),
  'restart_syscall(<... resuming interrupted poll ...>) = 0',
  narrow,
)
test(
  'a resumed call without',
  line,
  call({ row: rows.restart_syscall }),
  'restart_syscall(<... resuming interrupted system call ...>) = 0',
  narrow,
)
test(
  'a call whose entry was not seen',
  line,
  call({ row: rows.read, args: [3, 4, 10], result: 4, flags: SYSCALL_FLAG.ENTRY_UNSEEN }),
  '<... read resumed>, 4, 10) = 4',
  narrow,
)
test('a pending call', line, pending({ row: rows.read, args: [3, 0, 10] }), 'read(3 <unfinished ...>', narrow)
test(
  'arguments in the order of the text, named',
  line,
  call({ row: rows.clone, args: [1, 2], result: 5 }),
  'clone(child_stack=2, flags=1) = 5',
  narrow,
)
test(
  'arguments that are left out take their comma along',
  line,
  call({ row: rows.openat, args: [1], result: 5 }),
  'openat(1) = 5',
  narrow,
)
test(
  'descriptors have paths',
  line,
  call({ row: rows.openat, args: [1], result: 5, returnedPath: '/a<b>' }),
  'openat(1) = 5</a\\74b\\76>',
  { columns: 0, decodeFds: true },
)
test(
  'late where the call says so',
  line,
  call({ row: rows.fcntl, args: [1, 6], flags: SYSCALL_FLAG.UNFINISHED }),
  'fcntl(1 <unfinished ...>) = ?',
  narrow,
)
test(
  'not late where it does not',
  line,
  call({ row: rows.fcntl, args: [1, 5], flags: SYSCALL_FLAG.UNFINISHED }),
  'fcntl(1, 5) = ?',
  narrow,
)
test('an exit', line, note(KIND.EXIT, { words: { [EXIT.CODE]: 3 } }), '+++ exited with 3 +++')
test(
  'a death',
  line,
  note(KIND.EXIT, { flags: EXIT_FLAG.SIGNALED, words: { [EXIT.SIGNAL]: 9 } }),
  '+++ killed by SIGKILL +++',
)
test(
  'a death with a core',
  line,
  note(KIND.EXIT, { flags: EXIT_FLAG.SIGNALED | EXIT_FLAG.CORE_DUMPED, words: { [EXIT.SIGNAL]: 11 } }),
  '+++ killed by SIGSEGV (core dumped) +++',
)
test('a group-stop', line, note(KIND.STOP, { words: { [STOP.SIGNAL]: 19 } }), '--- stopped by SIGSTOP ---')
test(
  'superseded',
  line,
  note(KIND.SUPERSEDED, { words: { [SUPERSEDED.BY_TID]: 8 } }),
  '+++ superseded by execve in pid 8 +++',
)

const info = SIGNAL.SIGINFO

function signal(
  signo: number,
  code: number,
  words: Record<number, number>,
  longs: Record<number, bigint> = {},
): TextEvent {
  return note(KIND.SIGNAL, {
    flags: SIGNAL_FLAG.SIGINFO_VALID,
    words: { [SIGNAL.SIGNO]: signo, [info]: signo, [info + 8]: code, ...words },
    longs,
  })
}

test(
  'a child that exited',
  line,
  signal(17, 1, { [info + 16]: 12, [info + 20]: 1000, [info + 24]: 3 }, { [info + 40]: 7n }),
  '--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=12, si_uid=1000, si_status=3, si_utime=0, si_stime=7 /* 0.07 s */} ---',
)
test(
  'a child that was killed',
  line,
  signal(17, 2, { [info + 16]: 12, [info + 24]: 9 }),
  '--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=12, si_uid=0, si_status=SIGKILL, si_utime=0, si_stime=0} ---',
)
test(
  'a bad address',
  line,
  signal(11, 1, {}, { [info + 16]: 0xdeadn }),
  '--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0xdead} ---',
)
test(
  'a bad address that is NULL',
  line,
  signal(11, 1, {}),
  '--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---',
)
test(
  'a signal from a process',
  line,
  signal(15, 0, { [info + 16]: 12, [info + 20]: -1 }),
  '--- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=12, si_uid=-1} ---',
)
test(
  'a queued value',
  line,
  signal(34, -1, { [info + 16]: 1, [info + 20]: 2 }, { [info + 24]: 5n }),
  '--- SIGRT_2 {si_signo=SIGRT_2, si_code=SI_QUEUE, si_pid=1, si_uid=2, si_int=5, si_ptr=0x5} ---',
)
test(
  'a timer',
  line,
  signal(14, -2, { [info + 16]: 3, [info + 20]: 1 }),
  '--- SIGALRM {si_signo=SIGALRM, si_code=SI_TIMER, si_timerid=0x3, si_overrun=1, si_int=0, si_ptr=NULL} ---',
)
test('the kernel', line, signal(13, 0x80, {}), '--- SIGPIPE {si_signo=SIGPIPE, si_code=SI_KERNEL} ---')
test('an unknown code', line, signal(11, 77, {}), '--- SIGSEGV {si_signo=SIGSEGV, si_code=0x4d, si_addr=NULL} ---')
test('signals by number', line, signal(15, 0, {}), '--- SIGTERM {si_signo=15, si_code=0, si_pid=0, si_uid=0} ---', {
  constants: 'raw',
})
test(
  'signals both ways',
  line,
  signal(15, 0, {}),
  '--- SIGTERM {si_signo=15 /* SIGTERM */, si_code=0 /* SI_USER */, si_pid=0, si_uid=0} ---',
  { constants: 'verbose' },
)
