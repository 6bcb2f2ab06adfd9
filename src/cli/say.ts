/** Messages to people: on stderr, in strace's form. */

import { writeSync } from 'node:fs'

export const program = 'syscope'

/** `syscope: message`. */
export function say(message: string): void {
  try {
    writeSync(2, `${program}: ${message}\n`)
  } catch {
    // There is nobody left to tell.
  }
}

export function sayHowToGetHelp(): void {
  try {
    writeSync(2, `Try '${program} -h' for more information.\n`)
  } catch {
    // As above.
  }
}
