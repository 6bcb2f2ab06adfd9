/** `toBeComplete()`: whether a run saw everything. */

import type { Reason } from '../../events.ts'
import { readRun } from './subject.ts'
import type { Verdict } from './verdict.ts'

/** What happened, and what to do about it. A record, so that the compiler misses no reason. */
const explanations: Readonly<Record<Reason, readonly [what: string, advice: string]>> = {
  io_uring: [
    'files or sockets were used through an io_uring, which makes no system calls for that',
    "trace with `ioUring: 'deny'`: rings can't be set up then, and programs go on without",
  ],
  'lost-tracee': [
    'a process was gone without a report of its end',
    'run it again; the kernel, or another tracer, took it away',
  ],
  'untraced-child': ['a child could not be followed', 'look at `syscope --doctor` for what forbids it'],
  'denied-read': [
    'memory of a process may not be read, so that arguments are missing',
    'trace as root, or with CAP_SYS_PTRACE',
  ],
  internal: ['the tracer met a state that should not be', 'this is a fault of syscope: please report it'],
  detached: [
    'processes were let go and ran on unseen',
    'do not call `detach()` before what the test asks about is over',
  ],
  resync: [
    'the beginning and the end of a call did not meet',
    'run it again; if it comes back, it is a fault of syscope: please report it',
  ],
  'recording-stopped': [
    'recording was stopped before the end, by `stopRecording()`, by a rule, or since the program was not reached',
    'record until what the test asks about is over',
  ],
  'own-filter': [
    'a program has a seccomp filter of its own, which may answer calls before they are seen',
    "trace with `mode: 'stops'`, which sees calls before any filter",
  ],
  'rule-unread': [
    'a condition of a rule could not be looked at, so the rule may have missed a call',
    'read `run.rules`: `unread` says which rule; make its condition one of arguments that can be read',
  ],
  'rule-failed': [
    'a rule could not do what it asks for',
    'read `injected.did` of the calls that it acted on: `failed`',
  ],
  unknown: ['a reason that this version does not know', 'read the trace with the version that recorded it'],
}

/** See `RunMatchers.toBeComplete`. */
export function toBeComplete(received: unknown): Verdict {
  const { run, name } = readRun(received, 'toBeComplete')
  if (run.complete) {
    return {
      pass: true,
      message: `Expected the run of ${name} not to be complete, but every system call within the filter was recorded.`,
    }
  }
  return {
    pass: false,
    message: [
      `Expected the run of ${name} to be complete, but something was not seen:`,
      '',
      ...run.incomplete.map(reasonText),
    ].join('\n'),
  }
}

function reasonText(reason: string): string {
  const known = Object.entries(explanations).find(([name]) => name === reason)?.[1] ?? explanations.unknown
  return `  ${reason}: ${known[0]}\n    → ${known[1]}`
}
