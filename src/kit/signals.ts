/** `signalsOf()`: the signals that processes of a run sent and got. */

import { objectToPlain, type PlainObject } from '../json.ts'
import { signalName } from '../names.ts'
import type { SignalInfo } from '../siginfo.ts'
import { eventsOf, insideOf, requireCalls, wholeOf, type AnyCall, type AnyEvent, type RecordedRun } from './recorded.ts'
import { Tree } from './tree.ts'

/** Whom a signal was meant for. Ids are those of the sender's PID namespace. */
export type SignalTarget =
  | { readonly to: 'process'; readonly pid: number }
  | { readonly to: 'thread'; readonly tid: number; readonly pid?: number }
  | { readonly to: 'group'; readonly pgid: number }
  /** The sender's own process group. */
  | { readonly to: 'own group' }
  /** Every process that the sender may signal. */
  | { readonly to: 'everybody' }
  /** What a pidfd stands for that was not seen to be opened. */
  | { readonly to: 'pidfd'; readonly fd: number }

/** A signal that a process of the run sent, or tried to. */
export interface SentSignal {
  /** `SIGTERM`; `0` where the call only asked whether there is such a process. */
  readonly signal: string
  /** The call: `kill`, `tgkill`, `pidfd_send_signal`, … */
  readonly call: string
  /** Who sent it: process and thread. */
  readonly pid: number
  readonly tid: number
  readonly target: SignalTarget
  /** Whether the call succeeded; with several targets, for one of them at least (kill(2)). */
  readonly ok: boolean
  /** Why not, where the call failed. */
  readonly error?: string
  /** CLOCK_MONOTONIC at the call. */
  readonly timeNs: bigint
}

/** A signal that reached a thread of the run. */
export interface GotSignal {
  /** `SIGTERM`. */
  readonly signal: string
  /** Who got it: process and thread. */
  readonly pid: number
  readonly tid: number
  /**
   * `'delivered'`: a handler runs, or what the signal does by default happens. `'waited for'`: by rt_sigtimedwait. `'deadly'`: SIGKILL,
   * which shows in the end of the process alone.
   */
  readonly how: 'delivered' | 'waited for' | 'deadly'
  /** The process that sent it, where one did and the kernel says which; 0 for one outside of the PID namespace. */
  readonly from?: number
  /** `SI_USER`, `SI_TKILL`, `SEGV_MAPERR`, …: where it came from. */
  readonly code?: string | number
  /** CLOCK_MONOTONIC. */
  readonly timeNs: bigint
}

/** The signals of a run, in order. */
export interface Signals {
  /** What was sent. Throws ERR_SYSCOPE_NOT_RECORDED if the filter left out one of the calls that send signals (`signalCalls`). */
  readonly sent: readonly SentSignal[]
  /**
   * Blocked signals appear when they are let through. Those that are read from a signalfd do not appear, and those that the program
   * waits for only if rt_sigtimedwait was recorded.
   */
  readonly got: readonly GotSignal[]
  /** Those that this process sent and got. Throws as `sent` does. */
  of(pid: number): { readonly sent: readonly SentSignal[]; readonly got: readonly GotSignal[] }
  toJSON(): PlainObject
}

/** The calls that send signals: `filter` for `signalsOf()`, with pidfd_open, which tells whom a pidfd stands for. */
export const signalCalls = [
  'kill',
  'tkill',
  'tgkill',
  'rt_sigqueueinfo',
  'rt_tgsigqueueinfo',
  'pidfd_send_signal',
  'pidfd_open',
] as const

/**
 * The signals of a run. What was got is known of every run; for what was sent, `signalCalls` have to be recorded.
 *
 * Throws ERR_SYSCOPE_NOT_RECORDED if the run kept no events.
 *
 * @example
 * const run = await trace('npm', ['test'], { filter: signalCalls })
 * signalsOf(run).sent.filter(({ signal }) => signal === 'SIGKILL')
 */
export function signalsOf(run: RecordedRun): Signals {
  return new SignalsOfRun(run)
}

class SignalsOfRun implements Signals {
  readonly got: readonly GotSignal[]
  readonly #run: RecordedRun
  #sent: readonly SentSignal[] | undefined

  constructor(run: RecordedRun) {
    this.#run = run
    this.got = readGot(run)
  }

  get sent(): readonly SentSignal[] {
    if (this.#sent === undefined) {
      requireCalls(this.#run, signalCalls, 'What signals were sent')
      this.#sent = readSent(this.#run)
    }
    return this.#sent
  }

  of(pid: number): { readonly sent: readonly SentSignal[]; readonly got: readonly GotSignal[] } {
    return { sent: this.sent.filter((it) => it.pid === pid), got: this.got.filter((it) => it.pid === pid) }
  }

  toJSON(): PlainObject {
    return objectToPlain({ sent: this.sent, got: this.got })
  }
}

function readGot(run: RecordedRun): readonly GotSignal[] {
  const isInside = insideOf(run)
  const leaked = new Set<number>()
  const got: GotSignal[] = []
  for (const event of eventsOf(wholeOf(run))) {
    if (event.type === 'leaked') leaked.add(event.pid)
    const found = isInside(event) ? gotOf(event) : undefined
    // What is left at the end of a run is killed by the tracer.
    if (found !== undefined && !(found.how === 'deadly' && leaked.has(found.pid))) got.push(found)
  }
  return got
}

function gotOf(event: AnyEvent): GotSignal | undefined {
  const { pid, tid } = event
  switch (event.type) {
    case 'signal':
      return { signal: event.signal, pid, tid, how: 'delivered', ...originOf(event.info), timeNs: event.timeNs }
    case 'exit':
      // One for the whole process.
      return event.signal === 'SIGKILL' && tid === pid
        ? { signal: event.signal, pid, tid, how: 'deadly', timeNs: event.timeNs }
        : undefined
    case 'syscall':
      return event.name === 'rt_sigtimedwait' ? waitedFor(event) : undefined
    default:
      return undefined
  }
}

function waitedFor(call: AnyCall): GotSignal | undefined {
  if (!call.ok) return undefined
  const { pid, tid, endNs } = call
  const signal = signalName(Number(call.returned))
  return { signal, pid, tid, how: 'waited for', ...originOf(infoOf(call)), timeNs: endNs }
}

/** What rt_sigtimedwait wrote, where the program had room for it. */
function infoOf(call: AnyCall): SignalInfo | undefined {
  const info = call.out?.['info']
  // `out` of this call holds a siginfo_t, null, or what could not be read.
  return typeof info === 'object' && info !== null && 'signo' in info ? (info as SignalInfo) : undefined
}

/** Processes are the origin of a signal only where the code says so: SIGCHLD has the child's id. */
function originOf(info: SignalInfo | undefined): Pick<GotSignal, 'from' | 'code'> {
  if (info === undefined) return {}
  const { code, pid } = info
  const isSent = typeof code === 'number' ? code < 0 : senders.has(code)
  return { code, ...(isSent && pid !== undefined ? { from: pid } : {}) }
}

const senders: ReadonlySet<string> = new Set(['SI_USER', 'SI_TKILL', 'SI_QUEUE'])

function readSent(run: RecordedRun): readonly SentSignal[] {
  const tree = new Tree(run)
  const isInside = insideOf(run)
  const sent: SentSignal[] = []
  for (const event of tree.events) {
    const target = event.type === 'syscall' && isInside(event) ? targetOf(event, tree) : undefined
    if (event.type === 'syscall' && target !== undefined) sent.push(sentBy(event, target))
    tree.apply(event)
  }
  return sent
}

function sentBy(call: AnyCall, target: SignalTarget): SentSignal {
  const { name, pid, tid, ok, error, startNs, args } = call
  const failure = error === undefined ? {} : { error }
  return { signal: String(args['signum']), call: name, pid, tid, target, ok, ...failure, timeNs: startNs }
}

/** `undefined` for calls that send nothing. */
function targetOf(call: AnyCall, tree: Tree): SignalTarget | undefined {
  switch (call.name) {
    case 'kill':
      return killTarget(Number(call.args['pid']))
    case 'tkill':
      return { to: 'thread', tid: Number(call.args['tid']) }
    case 'rt_sigqueueinfo':
      return { to: 'process', pid: Number(call.args['tgid']) }
    case 'tgkill':
    case 'rt_tgsigqueueinfo':
      return { to: 'thread', tid: Number(call.args['tid']), pid: Number(call.args['tgid']) }
    case 'pidfd_send_signal': {
      const fd = Number(call.args['pidfd'])
      const pid = tree.at(call).descriptor('pidfd')?.open.target
      return pid === undefined ? { to: 'pidfd', fd } : { to: 'process', pid }
    }
    default:
      return undefined
  }
}

function killTarget(pid: number): SignalTarget {
  if (pid > 0) return { to: 'process', pid }
  if (pid === 0) return { to: 'own group' }
  return pid === -1 ? { to: 'everybody' } : { to: 'group', pgid: -pid }
}
