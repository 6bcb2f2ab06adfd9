/**
 * Ctrl-C and its kin, as strace takes them: passed on to the program that we started, while processes are let go; then
 * syscope dies of the same signal. With `-o FILE PROG` they are for the program alone, which the terminal sends them to.
 */

import type { Trace } from '../../index.ts'
import { codeOf } from './sink.ts'

const fatalSignals = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGPIPE', 'SIGTERM'] as const
export type FatalSignal = (typeof fatalSignals)[number]

export interface Interruption {
  /** The signal that ended the run, once there was one. */
  readonly signal: FatalSignal | undefined
  interrupt(signal: FatalSignal): void
}

/** `isCommand`: we started the program. */
export function watchSignals(run: Trace, isCommand: boolean, isInteractive: boolean): Interruption {
  let taken: FatalSignal | undefined
  const interruption: Interruption = {
    get signal() {
      return taken
    },
    interrupt(signal) {
      const isFirst = taken === undefined
      taken = signal
      if (isFirst) letGo(run, signal, isCommand)
      else if (isCommand) run.kill({ signal: 'SIGKILL', tree: true })
    },
  }
  for (const signal of fatalSignals) process.on(signal, isInteractive ? () => interruption.interrupt(signal) : () => {})
  return interruption
}

function letGo(run: Trace, signal: FatalSignal, isCommand: boolean): void {
  if (isCommand) {
    run.kill('SIGCONT')
    run.kill(signal)
  }
  try {
    run.detach()
  } catch (error) {
    // The kernel's filter would break the program without us: it is traced to its end, which the signal asks for.
    if (codeOf(error) !== 'ERR_SYSCOPE_FILTER_HOLDS_TRACEE') throw error
  }
}
