import { inspect } from 'node:util'
import test from 'ava'
import { callRecord, join, record, type CallSpec, type RecordSpec } from '../__test__/records.ts'
import { decodeChunk } from './decode.ts'
import type { SyscallEvent, TraceEvent } from './events.ts'
import { SyscopeError } from './errors.ts'
import * as layout from './record/layout.ts'

const { KIND, SYSCALL_FLAG } = layout

function only(bytes: Uint8Array): TraceEvent {
  const [event] = decodeChunk(bytes)
  if (event === undefined) throw new Error('no event')
  return event
}

function call(spec: CallSpec): SyscallEvent {
  const event = only(callRecord(spec))
  if (event.type !== 'syscall') throw new Error(event.type)
  return event as SyscallEvent
}

const moment = (kind: number, size: number, spec: RecordSpec = {}) => only(record(kind, size, spec))

const openat: CallSpec = {
  nr: 257,
  pid: 7,
  tid: 8,
  args: [-100, 0x7fff_0000_1234n, 0x80000, 0],
  result: 3,
  startNs: 1000n,
  timeNs: 4000n,
  captures: [{ key: 1, bytes: '/etc/passwd' }],
}

test('a call that succeeded', (t) => {
  const event = call(openat)
  t.like(event, { type: 'syscall', name: 'openat', number: 257, abi: 'x86_64', pid: 7, tid: 8 })
  t.like(event, { ok: true, returned: 3, error: undefined, startNs: 1000n, endNs: 4000n, injected: undefined })
  t.deepEqual(event.out, {})
  t.is(event.name === 'openat' ? event.args.pathname : undefined, '/etc/passwd')
  t.deepEqual(event.raw.args, [0xffff_ffff_ffff_ff9cn, 0x7fff_0000_1234n, 0x80000n, 0n, 0n, 0n])
  t.is(event.raw.result, 3n)
})

test('arguments are decoded once', (t) => {
  const event = call(openat)
  t.is(event.args, event.args)
  t.is(event.out, event.out)
})

test('a call that failed has the name of its errno', (t) => {
  const event = call({ ...openat, result: -2, flags: SYSCALL_FLAG.IS_ERROR })
  t.like(event, { ok: false, error: 'ENOENT', out: undefined, returned: undefined })
  t.is(event.raw.result, -2n)
  t.is(call({ ...openat, result: -4000, flags: SYSCALL_FLAG.IS_ERROR }).error, 'errno 4000')
})

test('a result past 2^53 is a bigint', (t) => {
  t.is(call({ nr: 8, result: 2 ** 53 - 1 }).returned, 2 ** 53 - 1)
  t.is(call({ nr: 8, result: 2n ** 60n }).returned, 2n ** 60n)
  t.is(call({ nr: 8, result: -(2n ** 60n) }).returned, -(2n ** 60n))
})

for (const [result, kind] of [
  [-512, 'ERESTARTSYS'],
  [-513, 'ERESTARTNOINTR'],
  [-514, 'ERESTARTNOHAND'],
  [-516, 'ERESTART_RESTARTBLOCK'],
] as const) {
  test(`${kind} is an interruption, not a failure`, (t) => {
    const event = call({ nr: 0, result, flags: SYSCALL_FLAG.IS_ERROR })
    t.like(event, { ok: false, error: undefined, returned: undefined })
    t.deepEqual(event.interrupted, { kind })
  })
}

test('a call that did not end has no result', (t) => {
  const event = call({ nr: 231, flags: SYSCALL_FLAG.UNFINISHED })
  t.like(event, { name: 'exit_group', ok: false, unfinished: true, error: undefined, returned: undefined })
  t.is(event.raw.result, undefined)
})

test('a call that never fails has a result whatever it is', (t) => {
  t.like(call({ nr: 95, result: -1, flags: SYSCALL_FLAG.IS_ERROR }), { name: 'umask', ok: true, returned: -1 })
})

test('a rule, and a call that goes on, are told', (t) => {
  const denied = { ...openat, result: -1, flags: SYSCALL_FLAG.IS_ERROR | SYSCALL_FLAG.INJECTED, rule: 0x1_0001 }
  t.deepEqual(call(denied).injected, { rule: 0, did: ['result'] })
  const captures = [
    { key: layout.CAPTURE_KEY.RULE_PROGRAM, bytes: '/usr/bin/node' },
    { key: layout.CAPTURE_KEY.RULE_ARGV, bytes: 'node\0\0save.js\0' },
  ]
  t.deepEqual(call({ ...openat, rule: 0x46_0003, captures }).injected, {
    rule: 2,
    did: ['args', 'delay', 'failed'],
    program: '/usr/bin/node',
    argv: ['node', '', 'save.js'],
  })
  const words = { [layout.SYSCALL.RESUMES]: 1 + 35 }
  t.is(call({ nr: 219, words }).resumes, 'nanosleep')
})

test('a number without a row keeps its words', (t) => {
  const event = call({ nr: 0x1f4, args: [1, 2] })
  t.like(event, { name: 'syscall_0x1f4' })
  t.deepEqual(Object.keys(event.args), [])
  t.is(event.raw.args[1], 2n)
  t.is(String(event), 'syscall_0x1f4(0x1, 0x2, 0, 0, 0, 0) = 0')
})

test('an i386 call has its own number and no upper halves', (t) => {
  const event = call({ nr: 6, abi: layout.ABI.I386, args: [0xffff_ffff_0000_0005n] })
  t.like(event, { name: 'close', abi: 'i386', number: 6 })
  t.is(event.raw.args[0], 5n)
  t.is(event.name === 'close' ? event.args.fd : undefined, 5)
})

test('a pending call has arguments and no outcome', (t) => {
  const event = only(callRecord(openat, KIND.PENDING))
  t.like(event, { type: 'pending', name: 'openat', pid: 7, startNs: 1000n })
  t.false('endNs' in event.toJSON())
  t.false('ok' in event.toJSON())
})

test('a call as a line, as JSON and in the console', (t) => {
  const event = call(openat)
  t.is(String(event), 'openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3')
  const json: unknown = JSON.parse(JSON.stringify(event))
  t.like(json, { type: 'syscall', name: 'openat', ok: true, returned: 3, startNs: '1000', endNs: '4000' })
  t.like(json, { args: { pathname: '/etc/passwd' } })
  t.regex(inspect(event), /^SyscallEvent \{[\s\S]*pathname: '\/etc\/passwd'/)
})

test('a capture that is shorter than its struct is ERR_SYSCOPE_BAD_TRACE or a value, never another error', (t) => {
  for (let nr = 0; nr < 480; nr++) {
    for (const length of [0, 1, 7, 8, 20]) {
      const captures = [0, 1, 2, 3, 4, 5].flatMap((key) =>
        ([0, 1] as const).map((phase) => ({ key, phase, bytes: new Uint8Array(length) })),
      )
      const args = [1, 2, 3, 4, 5, 6].map((word) => 0x7fff_0000_0000n + BigInt(word))
      const event = call({ nr, args, captures, result: 2 })
      try {
        JSON.stringify(event)
        String(event)
      } catch (error) {
        t.true(
          error instanceof SyscopeError && error.code === 'ERR_SYSCOPE_BAD_TRACE',
          `${event.name}: ${String(error)}`,
        )
      }
    }
  }
  t.pass()
})

test('process events', (t) => {
  t.like(
    moment(KIND.FORK, layout.FORK.SIZE_OF, {
      words: { [layout.FORK.CHILD_PID]: 9, [layout.FORK.CHILD_TID]: 9, [layout.FORK.HOW]: 2 },
    }),
    { type: 'fork', pid: 7, child: { pid: 9, tid: 9 }, how: 'vfork', thread: false },
  )
  t.like(
    moment(KIND.FORK, layout.FORK.SIZE_OF, {
      words: { [layout.FORK.CHILD_PID]: 7, [layout.FORK.CHILD_TID]: 9, [layout.FORK.HOW]: 3 },
    }),
    { how: 'clone', thread: true },
  )
  t.like(
    moment(KIND.EXEC, layout.EXEC.SIZE_OF, {
      words: { [layout.EXEC.FORMER_TID]: 8 },
      captures: [{ key: 0, bytes: '/bin/true' }],
    }),
    { type: 'exec', program: '/bin/true', formerTid: 8 },
  )
  t.like(moment(KIND.EXIT, layout.EXIT.SIZE_OF, { words: { [layout.EXIT.CODE]: 3 } }), { type: 'exit', code: 3 })
  t.like(moment(KIND.STOP, layout.STOP.SIZE_OF, { words: { [layout.STOP.SIGNAL]: 19 } }), { signal: 'SIGSTOP' })
  t.like(moment(KIND.CONTINUE, layout.CONTINUE.SIZE_OF), { type: 'continue', timeNs: 2000n })
  t.like(moment(KIND.ATTACH, layout.ATTACH.SIZE_OF, { words: { [layout.ATTACH.THREADS]: 4 } }), { threads: 4 })
  t.like(moment(KIND.DETACH, layout.DETACH.SIZE_OF), { type: 'detach' })
  t.like(moment(KIND.SUPERSEDED, layout.SUPERSEDED.SIZE_OF, { words: { [layout.SUPERSEDED.BY_TID]: 9 } }), { byTid: 9 })
  t.like(moment(KIND.LEAKED, layout.LEAKED.SIZE_OF), { type: 'leaked' })
})

test('the end by a signal', (t) => {
  const flags = layout.EXIT_FLAG.SIGNALED | layout.EXIT_FLAG.CORE_DUMPED
  const event = moment(KIND.EXIT, layout.EXIT.SIZE_OF, { flags, words: { [layout.EXIT.SIGNAL]: 11 } })
  t.like(event, { type: 'exit', signal: 'SIGSEGV', coreDumped: true })
  t.false('code' in event)
  t.is(String(event), '+++ killed by SIGSEGV (core dumped) +++')
})

test('a gap has its reason, known or not', (t) => {
  const gap = (reason: number) => moment(KIND.GAP, layout.GAP.SIZE_OF, { words: { [layout.GAP.REASON]: reason } })
  t.like(gap(1), { type: 'gap', reason: 'io_uring' })
  t.like(gap(6), { reason: 'detached' })
  t.like(gap(99), { reason: 'unknown' })
})

test('a signal with its origin', (t) => {
  const at = layout.SIGNAL.SIGINFO
  const words = { [layout.SIGNAL.SIGNO]: 17, [at]: 17, [at + 8]: 1, [at + 16]: 42, [at + 20]: 1000, [at + 24]: 3 }
  const event = moment(KIND.SIGNAL, layout.SIGNAL.SIZE_OF, { flags: 1, words })
  t.like(event, { type: 'signal', signal: 'SIGCHLD' })
  t.like(event.type === 'signal' && event.info, { signo: 17, code: 'CLD_EXITED', pid: 42, uid: 1000, status: 3 })
  t.is(
    String(event),
    '--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=42, si_uid=1000, si_status=3, si_utime=0, si_stime=0} ---',
  )
})

test('a signal whose origin could not be read, and a real-time one', (t) => {
  const event = moment(KIND.SIGNAL, layout.SIGNAL.SIZE_OF, { words: { [layout.SIGNAL.SIGNO]: 34 } })
  t.like(event, { signal: 'SIGRT_2' })
  t.false('info' in event)
})

test('a fault has its address', (t) => {
  const at = layout.SIGNAL.SIGINFO
  const event = moment(KIND.SIGNAL, layout.SIGNAL.SIZE_OF, {
    flags: 1,
    words: { [layout.SIGNAL.SIGNO]: 11, [at]: 11, [at + 8]: 1 },
    longs: { [at + 16]: 0xdead_beefn },
  })
  t.like(event.type === 'signal' && event.info, { code: 'SEGV_MAPERR', address: 0xdead_beefn })
})

test('what is no event is left out', (t) => {
  const bytes = join([
    record(KIND.SESSION, layout.SESSION.SIZE_OF, { words: { [layout.SESSION.VERSION]: 1 } }),
    record(KIND.EXIT, layout.EXIT.SIZE_OF),
    record(KIND.END, layout.END.SIZE_OF),
  ])
  t.deepEqual(
    [...decodeChunk(bytes)].map((it) => it.type),
    ['exit'],
  )
})
