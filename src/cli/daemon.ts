/**
 * -D: this process becomes the command, and so stays the child of whoever started it. A second syscope, which is nobody's
 * child, attaches to it first, and shows what it does from the execve on.
 */

import { writeSync } from 'node:fs'
import { attach, turnInto, type Trace, type TracerPlace } from '../../index.ts'
import { inheritedFds } from './inherited.ts'
import { commandOptions, recordOptions } from './start.ts'
import type { Settings } from './settings.ts'
import { readUser } from './user.ts'
import { tracerWord } from './words.ts'

const places: Readonly<Record<NonNullable<Settings['daemonize']>, TracerPlace>> = {
  grandchild: 'group',
  pgroup: 'own-group',
  session: 'own-session',
}

/** `words`: the whole command line. Returns where the tracer could not begin, and has said why. */
export function becomeCommand(
  settings: Settings & { readonly daemonize: keyof typeof places },
  [file = '', ...args]: readonly string[],
  words: readonly string[],
): void {
  // Before anything of ours is opened.
  const inheritFds = inheritedFds()
  const user = settings.user === undefined ? {} : readUser(settings.user)
  const [, bin = ''] = process.argv
  turnInto(
    { file, args, options: commandOptions(settings, { ...user, inheritFds }) },
    {
      file: process.execPath,
      args: [...process.execArgv, bin, tracerWord, String(process.pid), ...words],
      // Its output may be one of them.
      options: { stdio: 'inherit', inheritFds },
    },
    places[settings.daemonize],
  )
}

/** Attaches to the process that waits to become the command. Has no `pid` where that failed. */
export function startTracee(settings: Settings, pid: number): Trace {
  const run = attach(pid, recordOptions(settings))
  if (run.pid !== undefined) writeSync(0, '\0')
  return run
}
