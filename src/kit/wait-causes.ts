/** Which calls may wait, and for what. */

import { linkOf } from './paths.ts'
import type { AnyCall } from './recorded.ts'
import type { View } from './tree.ts'
import { fdAt } from './transfers.ts'
import { kindOf, type OpenFile } from './tree-tables.ts'

/** What a thread waits for. */
export type WaitCause =
  /** For a time to pass. */
  | 'sleep'
  /** For one of several descriptors: poll, select, epoll. */
  | 'poll'
  /** For a process to end, or, after vfork, to begin its program. */
  | 'child'
  /** For another thread (futex). */
  | 'thread'
  /** For a lock on a file. */
  | 'lock'
  /** For a signal. */
  | 'signal'
  /** For data to be on disk. */
  | 'disk'
  /** For a message queue or a semaphore. */
  | 'message'
  /** For a pipe, as for the next three: reading from it, or writing to it. */
  | 'pipe'
  | 'socket'
  | 'terminal'
  | 'file'
  /** For a descriptor of another kind, or of one that nobody knows. */
  | 'descriptor'

const sleepers = ['nanosleep', 'clock_nanosleep'] as const
const pollers = [
  'poll',
  'ppoll',
  'select',
  'pselect6',
  'epoll_wait',
  'epoll_pwait',
  'epoll_pwait2',
  'io_getevents',
  'io_pgetevents',
  'io_uring_enter',
] as const
const childWaiters = ['wait4', 'waitid', 'vfork', 'clone', 'clone3'] as const
const threadWaiters = ['futex', 'futex_wait', 'futex_waitv'] as const
const lockers = ['flock', 'fcntl'] as const
const signalWaiters = ['pause', 'rt_sigsuspend', 'rt_sigtimedwait'] as const
const diskWaiters = ['fsync', 'fdatasync', 'sync_file_range', 'msync', 'sync', 'syncfs'] as const
const messageWaiters = ['msgsnd', 'msgrcv', 'semop', 'semtimedop', 'mq_timedsend', 'mq_timedreceive'] as const
const socketWaiters = [
  'connect',
  'accept',
  'accept4',
  'sendto',
  'sendmsg',
  'sendmmsg',
  'recvfrom',
  'recvmsg',
  'recvmmsg',
] as const
/** Those whose cause is what their descriptor is. */
const transfers = [
  'read',
  'readv',
  'pread64',
  'preadv',
  'preadv2',
  'write',
  'writev',
  'pwrite64',
  'pwritev',
  'pwritev2',
  'splice',
  'tee',
  'vmsplice',
  'sendfile',
  'copy_file_range',
] as const

/** All calls that may wait: `filter` for `waitingOf()`. */
export const waitingCalls = [
  ...sleepers,
  ...pollers,
  ...childWaiters,
  ...threadWaiters,
  ...lockers,
  ...signalWaiters,
  ...diskWaiters,
  ...messageWaiters,
  ...socketWaiters,
  ...transfers,
] as const

const causes: ReadonlyMap<string, WaitCause> = new Map([
  ...of('sleep', sleepers),
  ...of('poll', pollers),
  ...of('child', childWaiters),
  ...of('thread', threadWaiters),
  ...of('lock', lockers),
  ...of('signal', signalWaiters),
  ...of('disk', diskWaiters),
  ...of('message', messageWaiters),
  ...of('socket', socketWaiters),
  ...of('descriptor', transfers),
])

function of(cause: WaitCause, names: readonly string[]): readonly (readonly [string, WaitCause])[] {
  return names.map((name) => [name, cause])
}

/**
 * What a call waits for; `undefined` for one that never waits, as with the operation that it was given. `descriptors` are asked
 * where that is a matter of its descriptor.
 */
export function causeOf(call: AnyCall, descriptors: DescriptorCauses): WaitCause | undefined {
  // The kernel goes on with a call after a stop by a call of its own.
  const cause = causes.get(call.resumes ?? call.name)
  if (cause === undefined) return undefined
  if (cause === 'descriptor') return descriptors.of(call)
  return call.resumes === undefined && !mayWait(call) ? undefined : cause
}

/** What descriptors are, by what the kernel says, where the run has it; else by what was seen being opened. */
export class DescriptorCauses {
  readonly #viewOf: (call: AnyCall) => View
  /** Whether the run has links (`decodeFds`); then each descriptor that is open has one. */
  #hasLinks: boolean | undefined

  constructor(viewOf: (call: AnyCall) => View) {
    this.#viewOf = viewOf
  }

  of(call: AnyCall): WaitCause {
    const [argument, index] = place(call.name)
    const link = this.#hasLinks === false ? undefined : linkOf(call, argument)
    if (call.ok) this.#hasLinks ??= link !== undefined
    if (link !== undefined) return kindCause(kindOf(link), link.text)
    const open = this.#viewOf(call).descriptor(fdAt(call, index))?.open
    return open === undefined ? 'descriptor' : kindCause(open.kind, open.path)
  }
}

/** Of calls with two descriptors, the one that they write to. */
function place(name: string): readonly [argument: string, index: number] {
  if (name === 'sendfile') return ['out_fd', 0]
  if (name === 'tee') return ['fd_out', 1]
  return name === 'splice' || name === 'copy_file_range' ? ['fd_out', 2] : ['fd', 0]
}

function kindCause(kind: OpenFile['kind'], path: string | undefined): WaitCause {
  if (kind === 'pipe' || kind === 'socket') return kind
  if (kind !== 'file') return 'descriptor'
  return path !== undefined && terminals.test(path) ? 'terminal' : 'file'
}

const terminals = /^\/dev\/(?:pts\/\d+|tty\w*|console|ptmx)$/

const CLONE_VFORK = 0x4000

/** Of calls that are several in one. */
function mayWait(call: AnyCall): boolean {
  switch (call.name) {
    case 'futex':
      return /^FUTEX_(?:WAIT|LOCK_PI)/.test(String(call.args['futex_op']))
    case 'fcntl':
      return /SETLKW/.test(String(call.args['op']))
    case 'clone':
      return ((call.raw.args[0] ?? 0n) & BigInt(CLONE_VFORK)) !== 0n
    case 'clone3':
      return hasFlag(call.args['cl_args'], 'CLONE_VFORK')
    default:
      return true
  }
}

function hasFlag(struct: unknown, flag: string): boolean {
  if (typeof struct !== 'object' || struct === null || !('flags' in struct)) return false
  return String(struct.flags).split('|').includes(flag)
}
