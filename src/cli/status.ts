/** Ending as the traced program ended. */

import { constants } from 'node:os'

const noListener = (): void => {}

/** Dies of `signal`; exits with 128 + its number where that does not kill. */
export function dieOf(signal: number): never {
  const entry = Object.entries(constants.signals).find(([, number]) => number === signal)
  if (entry !== undefined) {
    // Object.entries forgets that these are the names of signals.
    const name = entry[0] as NodeJS.Signals
    process.removeAllListeners(name)
    // Node ignores SIGPIPE, and keeps some others; taking a listener away puts the default action back.
    if (name !== 'SIGKILL' && name !== 'SIGSTOP') {
      process.on(name, noListener)
      process.off(name, noListener)
    }
  }
  try {
    process.kill(process.pid, signal)
  } catch {
    // A number that this system does not know.
  }
  process.exit(128 + signal)
}
