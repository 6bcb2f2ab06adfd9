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

/** `isCommand`: we started the program. */
export function watchSignals(run: Trace, isCommand: boolean, interruptible: Interruptible): Interruption {
  let taken: FatalSignal | undefined
  const had = new Set<string>()
  const interruption: Interruption = {
    get signal() {
      return taken
    },
    interrupt(signal) {
      const isFirst = taken === undefined
      taken = signal
      if (isFirst) letGo(run, signal, isCommand, () => had.has(signal))
      else if (isCommand) run.kill({ signal: 'SIGKILL', tree: true })
    },
    noticed(event) {
      if (event.type === 'signal' && event.pid === run.pid) had.add(event.signal)
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

function letGo(run: Trace, signal: FatalSignal, isCommand: boolean, hasHad: () => boolean): void {
  if (!isCommand) return leave(run)
  setTimeout(() => {
    // Once more would be twice, which many programs take for "at once, without tidying up".
    if (!hasHad()) {
      run.kill('SIGCONT')
      run.kill(signal)
    }
    leave(run)
  }, noticeMs)
}

function leave(run: Trace): void {
  try {
    run.detach()
  } catch (error) {
    // The kernel's filter would break the program without us: it is traced to its end, which the signal asks for.
    if (codeOf(error) !== 'ERR_SYSCOPE_FILTER_HOLDS_TRACEE') throw error
  }
}
