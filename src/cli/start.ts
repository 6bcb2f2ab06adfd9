/** Settings -> runs of the API: the command, and the processes to attach to. */

import { attach, trace, type Trace } from '../../index.ts'
import { failureMessages } from './failure.ts'
import { countsHere } from './output.ts'
import { say } from './say.ts'
import { hidesChildren, stringLimitOf, usualBytes, type Settings } from './settings.ts'
import type { User } from './user.ts'

/** Has no `pid` where the command cannot be started. */
export function startCommand(settings: Settings, [file = '', ...args]: readonly string[], inherits: Inherited): Trace {
  return trace(file, args, { ...recordOptions(settings), ...modeOf(settings), ...commandOptions(settings, inherits) })
}

type Inherited = Partial<User> & { readonly inheritFds: readonly number[] }

/** What the command itself is given. */
export function commandOptions({ argv0, environment }: Settings, inherits: Inherited) {
  return {
    stdio: 'inherit',
    ...inherits,
    env: changedEnvironment(environment),
    ...(argv0 === undefined ? {} : { argv0 }),
  } as const
}

function modeOf(settings: Settings): { readonly mode?: 'filter' | 'stops' } {
  const { seccomp, detachOnExec, callLimit } = settings
  const follow = settings.follow || hidesChildren(settings)
  if (seccomp) return { mode: 'filter' }
  // A filter stays on processes that are let go, and on children that are not followed: nobody else could trace them.
  return follow && !detachOnExec && callLimit === undefined ? {} : { mode: 'stops' }
}

/**
 * Attaches to those that can be attached to, and says why not to the others; `settings.attach` has those that are left.
 * The run is inside an object because a promise of a promise would wait for both.
 */
export async function startAttached(settings: Settings): Promise<{ readonly run?: Trace }> {
  let left = [...new Set(settings.attach)]
  while (left.length > 0) {
    const run = attach(left, recordOptions(settings))
    if (run.pid !== undefined) {
      settings.attach = left
      return { run }
    }
    const error = await failureOf(run)
    const others = left.filter((pid) => !(error instanceof Error && 'pid' in error && error.pid === pid))
    if (others.length === left.length) throw error
    for (const message of failureMessages(error, undefined)) say(message)
    left = others
  }
  settings.attach = []
  return {}
}

async function failureOf(run: Trace): Promise<unknown> {
  try {
    await run
  } catch (error) {
    return error
  }
  return new Error('a run without a process has failed')
}

/** The engine takes no more. */
const mostBytes = 1 << 20

export function recordOptions(settings: Settings) {
  const { trace: filter, rules, save, paths } = settings
  return {
    ...(filter === undefined || filter === 'all' ? {} : { filter }),
    ...(rules.deny.length === 0 ? {} : { deny: rules.deny }),
    ...(rules.inject.length === 0 ? {} : { inject: rules.inject }),
    // What strace can say changes nothing else: rings are left to the program.
    ...(isStraces(settings) ? ({ ioUring: 'observe' } as const) : {}),
    follow: settings.follow || hidesChildren(settings),
    until: 'tree',
    keep: false,
    counting: settings.summary === 'only' && !countsHere(settings),
    stringLimit: recordedBytes(settings),
    // -P looks at the paths behind descriptors, too, and who reads a saved trace has questions about files.
    decodeFds: settings.decodeFds === false ? paths.length > 0 || save !== undefined : settings.decodeFds,
    decodePids: settings.decodePids,
  } as const
}

function isStraces({ deny, inject, policyFiles }: Settings): boolean {
  return deny.length === 0 && policyFiles.length === 0 && inject.every(({ isPlain }) => isPlain)
}

/** Dumps are whole, and what is saved has what `trace()` records; text is cut where -s says all the same. */
function recordedBytes(settings: Settings): number {
  const { dumpRead, dumpWrite, json, summary, save } = settings
  const areDumped = (dumpRead ?? dumpWrite) !== undefined && !json && summary !== 'only'
  if (areDumped) return mostBytes
  const least = save === undefined ? 0 : usualBytes
  return Math.min(Math.max(stringLimitOf(settings), least), mostBytes)
}

/** `VAR=VALUE` sets, `VAR` takes away; the last one wins. */
function changedEnvironment(changes: readonly string[]): Record<string, string | undefined> {
  const changed: Record<string, string | undefined> = {}
  for (const change of changes) {
    const equals = change.indexOf('=')
    if (equals === -1) changed[change] = undefined
    else changed[change.slice(0, equals)] = change.slice(equals + 1)
  }
  return changed
}
