/** The words of the command line, whatever bytes they are. */

import { readFileSync } from 'node:fs'
import { stringOf } from '../../index.ts'

/** Not an option: the first word of the process that -D starts to trace, in front of the id of the one that it is to trace. */
export const tracerWord = '--tracer-of'

/** What follows the program's own name. Node replaces what is not UTF-8; the kernel still has it. */
export function commandLineWords(): readonly string[] {
  const words = process.argv.slice(2)
  if (!words.some((word) => word.includes('\uFFFD'))) return words
  const all = stringOf(readFileSync('/proc/self/cmdline')).split('\0')
  // Each word ends with a NUL, so there is nothing behind the last.
  return all.slice(-1 - words.length, -1)
}
