import test from 'ava'
import { call, note, pending, rows } from '../../__test__/text-records.ts'
import { ATTACH, EXIT, FORK, HEADER, KIND, SIGNAL, STOP, SUPERSEDED, SYSCALL_FLAG } from '../record/layout.ts'
import { TextWriter } from './order.ts'
import type { WriterOptions } from './writer-options.ts'
import type { TextEvent } from './source.ts'

/** Each batch's text between bars, so that what goes out when shows. */
const writes = test.macro({
  exec(t, batches: readonly (readonly TextEvent[])[], expected: readonly string[], options: WriterOptions = {}) {
    const writer = new TextWriter({ columns: 0, ...options })
    t.deepEqual(
      [...batches.map((batch) => writer.write(batch)), writer.end()].map((text) => text.replaceAll('\n', '|')),
      [...expected, ''],
    )
  },
  title: (given) => given ?? '',
})

const read = { row: rows.read, args: [3, 4, 10], result: 4 }
const fork = (seq: number, child: number) =>
  note(KIND.FORK, { seq, words: { [FORK.CHILD_PID]: child, [FORK.CHILD_TID]: child } })
const exit = (seq: number, tid: number, code = 0) => note(KIND.EXIT, { seq, tid, words: { [EXIT.CODE]: code } })

test(
  'calls of one thread are whole lines',
  writes,
  [[call({ ...read, entrySeq: 1 }), call({ row: rows.close, args: [3], entrySeq: 3 }), exit(5, 7)]],
  ['read(3, 4, 10) = 4|close(3) = 0|+++ exited with 0 +++|'],
)

test(
  'a call that is in flight is an open line',
  writes,
  [[pending({ ...read, entrySeq: 1 })], [call({ ...read, entrySeq: 1, seq: 2, flags: SYSCALL_FLAG.ANNOUNCED })]],
  ['read(3', ', 4, 10) = 4|'],
)

test(
  'what an argument becomes is told at the end',
  writes,
  [
    [
      call({ row: rows.sched_setattr, args: [3, 4, 0], result: 0, tid: 7, entrySeq: 1, seq: 4 }),
      call({ row: rows.close, tid: 8, args: [5], entrySeq: 2, seq: 3 }),
      call({ row: rows.sched_setattr, args: [3, 4, 0], result: 0, tid: 7, entrySeq: 5, seq: 6 }),
    ],
  ],
  [
    '7     sched_setattr(3, 4 <unfinished ...>|8     close(5) = 0|7     <... sched_setattr resumed> => 56, 0) = 0|7     sched_setattr(3, 4 => 56, 0) = 0|',
  ],
  { pids: 'always' },
)

test(
  'the open line keeps its column',
  writes,
  [[pending({ ...read, entrySeq: 1 })], [call({ ...read, entrySeq: 1, seq: 2, flags: SYSCALL_FLAG.ANNOUNCED })]],
  ['read(3', ', 4, 10)      = 4|'],
  { columns: 20 },
)

test(
  'another thread breaks the open line',
  writes,
  [
    [fork(1, 8), pending({ ...read, entrySeq: 2 })],
    [call({ row: rows.close, tid: 8, args: [5], entrySeq: 3, seq: 4 })],
    [call({ ...read, entrySeq: 2, seq: 5, flags: SYSCALL_FLAG.ANNOUNCED })],
  ],
  ['[pid     7] read(3', ' <unfinished ...>|[pid     8] close(5) = 0|', '[pid     7] <... read resumed>, 4, 10) = 4|'],
  {},
)

test(
  'interleaved calls of one batch',
  writes,
  [
    [
      call({ ...read, tid: 7, entrySeq: 1, seq: 4 }),
      call({ row: rows.close, tid: 8, args: [5], entrySeq: 2, seq: 5 }),
      call({ row: rows.close, tid: 9, args: [6], entrySeq: 6, seq: 7 }),
    ],
  ],
  [
    '7     read(3 <unfinished ...>|8     close(5 <unfinished ...>|7     <... read resumed>, 4, 10) = 4|8     <... close resumed>) = 0|9     close(6) = 0|',
  ],
  { pids: 'always' },
)

test(
  'records come in the order of their ends',
  writes,
  [[call({ row: rows.close, tid: 8, args: [5], entrySeq: 2, seq: 3 }), call({ ...read, tid: 7, entrySeq: 1, seq: 4 })]],
  ['7     read(3 <unfinished ...>|8     close(5) = 0|7     <... read resumed>, 4, 10) = 4|'],
  { pids: 'always' },
)

test(
  'a signal breaks the open line of its own thread',
  writes,
  [[pending({ ...read, entrySeq: 1 })], [note(KIND.SIGNAL, { seq: 2, words: { [SIGNAL.SIGNO]: 15 } })]],
  ['read(3', ' <unfinished ...>|--- SIGTERM ---|'],
)

test(
  'a death in a call',
  writes,
  [
    [pending({ ...read, entrySeq: 1 })],
    [call({ ...read, entrySeq: 1, seq: 2, flags: SYSCALL_FLAG.ANNOUNCED | SYSCALL_FLAG.UNFINISHED }), exit(3, 7)],
  ],
  ['read(3', ' <unfinished ...>) = ?|+++ exited with 0 +++|'],
)

test(
  'the pid stands in front while there are several',
  writes,
  [[fork(1, 8), exit(2, 8, 3), exit(3, 7)]],
  ['[pid     8] +++ exited with 3 +++|+++ exited with 0 +++|'],
  {},
)

test('in files the pid is a column', writes, [[exit(3, 7)]], ['7     +++ exited with 0 +++|'], { pids: 'always' })

test(
  'messages come between lines',
  writes,
  [[call({ row: rows.close, args: [1], entrySeq: 1, seq: 3 }), fork(2, 8)]],
  ['close(1) = 0|syscope: Process 8 attached|'],
  { messages: { inlineFrom: 'syscope' } },
)

test('messages can be silenced', writes, [[fork(2, 8)]], [''], {
  messages: { inlineFrom: 'syscope' },
  quiet: new Set(['attach'] as const),
})

test('children that are not followed do not count', writes, [[fork(1, 8), exit(3, 7)]], ['+++ exited with 0 +++|'], {
  follow: false,
  messages: { inlineFrom: 'syscope' },
})

test(
  'attaching',
  writes,
  [[note(KIND.ATTACH, { words: { [ATTACH.THREADS]: 3 } }), exit(3, 7)]],
  ['syscope: Process 7 attached with 3 threads|[pid     7] +++ exited with 0 +++|'],
  { messages: { inlineFrom: 'syscope' } },
)

test(
  'detaching cuts the open line',
  writes,
  [
    [pending({ ...read, entrySeq: 1 })],
    [
      call({ ...read, entrySeq: 1, seq: 2, flags: SYSCALL_FLAG.ANNOUNCED | SYSCALL_FLAG.UNFINISHED }),
      note(KIND.DETACH, { seq: 3 }),
    ],
  ],
  ['read(3', ' <detached ...>|syscope: Process 7 detached|'],
  { messages: { inlineFrom: 'syscope' } },
)

test(
  'only calls that succeeded',
  writes,
  [
    [pending({ ...read, entrySeq: 1 })],
    [
      call({ row: rows.close, tid: 8, args: [9], result: -9, entrySeq: 2 }),
      call({ ...read, entrySeq: 1, seq: 4, flags: SYSCALL_FLAG.ANNOUNCED }),
    ],
  ],
  ['', 'read(3, 4, 10) = 4|'],
  { statuses: new Set(['successful'] as const), pids: 'never' },
)

test(
  'signals can be left out, deaths by them too',
  writes,
  [
    [
      note(KIND.SIGNAL, { seq: 1, words: { [SIGNAL.SIGNO]: 15 } }),
      note(KIND.STOP, { seq: 2, words: { [STOP.SIGNAL]: 19 } }),
      note(KIND.EXIT, { seq: 3, flags: 1, words: { [EXIT.SIGNAL]: 15 } }),
    ],
  ],
  ['--- stopped by SIGSTOP ---|'],
  { showSignal: (signal) => signal === 19 },
)

test('exits can be left out', writes, [[exit(1, 7)]], [''], { quiet: new Set(['exit'] as const) })

test('only some threads', writes, [[exit(1, 8), exit(2, 7)]], ['+++ exited with 0 +++|'], { onlyThreads: new Set([7]) })

test(
  'a thread that executes takes the leader’s number',
  writes,
  [
    [fork(1, 8), pending({ row: rows.execve, tid: 8, pid: 7, args: [1], entrySeq: 2 })],
    [
      note(KIND.SUPERSEDED, { tid: 7, seq: 3, words: { [SUPERSEDED.BY_TID]: 8 } }),
      call({ row: rows.execve, tid: 7, args: [1], entrySeq: 2, seq: 4, flags: SYSCALL_FLAG.ANNOUNCED }),
    ],
  ],
  [
    '8     execve(1',
    ' <pid changed to 7 ...>|7     +++ superseded by execve in pid 8 +++|7     <... execve resumed>) = 0|',
  ],
  { pids: 'always' },
)

test(
  'the same within one batch',
  writes,
  [
    [
      fork(1, 8),
      note(KIND.SUPERSEDED, { tid: 7, seq: 3, words: { [SUPERSEDED.BY_TID]: 8 } }),
      call({ row: rows.execve, tid: 7, args: [1], entrySeq: 2, seq: 4 }),
    ],
  ],
  [
    '8     execve(1 <pid changed to 7 ...>|7     +++ superseded by execve in pid 8 +++|7     <... execve resumed>) = 0|',
  ],
  { pids: 'always' },
)

test(
  'of a thread that was superseded strace says nothing until its next call, where calls are left out by their outcome',
  writes,
  [
    [fork(1, 8), note(KIND.SUPERSEDED, { tid: 7, seq: 3, words: { [SUPERSEDED.BY_TID]: 8 } }), exit(4, 7)],
    [
      note(KIND.SUPERSEDED, { tid: 7, seq: 5, words: { [SUPERSEDED.BY_TID]: 8 } }),
      call({ ...read, tid: 7, seq: 7, entrySeq: 6 }),
      exit(8, 7),
    ],
  ],
  [
    '7     +++ superseded by execve in pid 8 +++|',
    '7     +++ superseded by execve in pid 8 +++|7     read(3, 4, 10) = 4|7     +++ exited with 0 +++|',
  ],
  { pids: 'always', statuses: new Set(['successful'] as const) },
)

test('a call that is open at the end was left behind', (t) => {
  const writer = new TextWriter({ columns: 0 })
  t.is(writer.write([pending({ ...read, entrySeq: 1 })]), 'read(3')
  t.is(writer.end(), ' <detached ...>\n')
})

test('messages apart from the text', (t) => {
  const writer = new TextWriter({ messages: 'apart' })
  t.is(writer.write([note(KIND.ATTACH, { words: { [ATTACH.THREADS]: 1 } })]), '')
  t.deepEqual(writer.takeMessages(), ['Process 7 attached'])
  t.deepEqual(writer.takeMessages(), [])
})

test('the time of day', writes, [[exit(1, 7)]], ['1970-01-01T00:00:00 +++ exited with 0 +++|'.slice(11)], {
  clock: { format: 'time', precision: 0, realtimeOffsetNs: BigInt(new Date().getTimezoneOffset()) * 60_000_000_000n },
})

test('seconds since 1970', writes, [[exit(1, 7)]], ['1700000000.000123 +++ exited with 0 +++|'], {
  clock: { format: 'unix', precision: 6, realtimeOffsetNs: 1_700_000_000_000_123_456n },
})

test(
  'time since the line before',
  writes,
  [
    [
      call({ row: rows.close, args: [1], entrySeq: 1 }),
      note(KIND.EXIT, { seq: 3, longs: { [HEADER.TIME_NS]: 1_002_001_000n } }),
    ],
  ],
  ['     0.000000 close(1) = 0|     1.002000 +++ exited with 0 +++|'],
  { sinceLast: 6 },
)

test(
  'number and address of a call',
  writes,
  [[call({ row: rows.close, nr: 3, args: [1], entrySeq: 1 }), exit(3, 7), exit(4, 8)]],
  [
    '[   3] [0000000000000000] close(1) = 0|[   3] [????????????????] +++ exited with 0 +++|[????] [????????????????] +++ exited with 0 +++|',
  ],
  { numbers: true, instructionPointers: true },
)
