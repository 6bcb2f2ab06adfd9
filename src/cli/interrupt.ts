/**
 * Ctrl-C and its kin, as strace takes them: passed on to the program that we started, while processes are let go; then
 * syscope dies of the same signal. With `-o FILE PROG` they are for the program alone, which the terminal sends them to.
 */

import type { Trace, TraceEvent } from '../../index.ts'
import type { Interruptible } from './settings.ts'
import { codeOf } from './sink.ts'

const fatalSignals = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGPIPE', 'SIGTERM'] as const
export type FatalSignal = (typeof fatalSignals)[number]

export interface Interruption {
  /** The signal that ended the run, once there was one. */
  readonly signal: FatalSignal | undefined
  interrupt(signal: FatalSignal): void
  /** To be told of what the program has had: a terminal's Ctrl-C reaches it as well as us. */
  noticed(event: TraceEvent): void
}

/** What is traced: a program that we started, processes that ran already, or both. */
export interface Runs {
  readonly command?: Trace
  /** The command is somebody else's child (-D): its end is none of our business. */
  readonly isOthers?: boolean
  readonly attached?: Trace
}

export function watchSignals(runs: Runs, interruptible: Interruptible): Interruption {
  const { command } = runs
  let taken: FatalSignal | undefined
  const had = new Set<string>()
  const interruption: Interruption = {
    get signal() {
      return taken
    },
    interrupt(signal) {
      const isFirst = taken === undefined
      taken = signal
      if (isFirst) passOn(runs, signal, () => had.has(signal))
      else if (runs.isOthers !== true) command?.kill({ signal: 'SIGKILL', tree: true })
    },
    noticed(event) {
      if (event.type === 'signal' && event.pid === command?.pid) had.add(event.signal)
    },
  }
  const isIgnoring = interruptible === 'never' || interruptible === 'never_tstp'
  for (const signal of fatalSignals) process.on(signal, isIgnoring ? ignore : () => interruption.interrupt(signal))
  if (interruptible === 'never_tstp') process.on('SIGTSTP', ignore)
  return interruption
}

function ignore(): void {}

/** Longer than an event takes from the kernel to us, on a busy machine too. */
const noticeMs = 200

function passOn(runs: Runs, signal: FatalSignal, hasHad: () => boolean): void {
  const { command } = runs
  if (command === undefined || runs.isOthers === true) return leave(runs)
  setTimeout(() => {
    // Once more would be twice, which many programs take for "at once, without tidying up".
    if (!hasHad()) {
      command.kill('SIGCONT')
      command.kill(signal)
    }
    leave(runs)
  }, noticeMs)
}

/** Lets all processes go. */
export function leave({ command, attached }: Runs): void {
  attached?.detach()
  try {
    command?.detach()
  } catch (error) {
    // The kernel's filter would break the program without us: it is traced to its end, which the signal asks for.
    if (codeOf(error) !== 'ERR_SYSCOPE_FILTER_HOLDS_TRACEE') throw error
  }
}
