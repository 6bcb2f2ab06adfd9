/** What a matcher is given, and what it can tell of it. */

import { inspect } from 'node:util'
import { invalid, isObject } from '../../checks.ts'
import { SyscopeError } from '../../errors.ts'
import { knowsLinks } from '../files-calls.ts'
import { filesOf, type Files } from '../files.ts'
import { refusal, type RecordedRun } from '../recorded.ts'
import { Makers, shortCommand } from './evidence.ts'

export { pathMatcher } from './places.ts'

/** A finished run, or a part of one. */
export interface MatchedRun extends RecordedRun {
  readonly command?: string | undefined
  readonly timedOut?: boolean
}

/** A run that a matcher was asked about. */
export interface Subject {
  readonly run: MatchedRun
  /** The matcher's name, as in messages: `toHaveNoNetwork()`. */
  readonly asks: string
  /** The command, in backticks, cut at 100 characters; `the run` where it is not known. */
  readonly name: string
  /** Who made its calls; found out when somebody asks. */
  readonly makers: Makers
}

/**
 * What a matcher was given.
 *
 * Throws ERR_SYSCOPE_INVALID_ARGUMENT where that is neither the result of `trace()` or `attach()` nor a part of one.
 * @example const { run, name, makers } = readRun(received, 'toHaveNoNetwork')
 */
export function readRun(run: unknown, matcher: string): Subject {
  if (isObject(run) && 'then' in run && typeof run['then'] === 'function') {
    throw invalid('Expected the result of trace(), got a run that has not been awaited: `await` it.')
  }
  if (!isRun(run)) {
    const given = inspect(run, { depth: 0, breakLength: Infinity })
    throw invalid(`Expected ${matcher}() to be asked about the result of trace(), got ${given}.`)
  }
  const { command } = run
  let makers: Makers | undefined
  return {
    run,
    asks: `${matcher}()`,
    name: command === undefined || command === '' ? 'the run' : `\`${shortCommand(command)}\``,
    get makers() {
      return (makers ??= new Makers(run))
    },
  }
}

function isRun(run: unknown): run is MatchedRun {
  // Getters of a class count for `in`, and are not called.
  return (
    isObject(run) &&
    ['pid', 'complete', 'incomplete', 'events', 'syscalls'].every((name) => name in run) &&
    typeof run['syscalls'] === 'function'
  )
}

/** What to do about that which keeps a run from being complete. */
const remedies: ReadonlyMap<string, string> = new Map([
  ['io_uring', "what goes through io_uring is no call: trace with `ioUring: 'deny'`"],
  ['untraced-child', 'a process was not followed: trace with `follow`'],
  ['detached', 'the run was let go before it ended'],
  ['recording-stopped', 'a rule stopped the recording (`stopTracing`)'],
  ['own-filter', 'the program has a filter of its own that answers calls'],
  ['rule-unread', 'a rule could not be decided'],
])

/** Throws ERR_SYSCOPE_INCOMPLETE where the run missed something: that nothing was seen says nothing then. */
export function requireWhole({ run, asks }: Subject): void {
  if (run.complete) return
  const help = run.incomplete.flatMap((reason) => remedies.get(reason) ?? [])
  const advice = help.length === 0 ? '' : ` To know more: ${help.join('; ')}.`
  throw new SyscopeError(
    'ERR_SYSCOPE_INCOMPLETE',
    `${asks} can't tell: nothing was seen that decides, but the run is not complete (${run.incomplete.join(', ')}).${advice}`,
  )
}

/** Throws ERR_SYSCOPE_NOT_RECORDED where the filter left out one of these calls. `observe` has them all. */
export function requireRecorded({ run, asks }: Subject, calls: readonly string[], observe?: string): void {
  const error = refusal(run, calls, asks)
  if (error === undefined) return
  const advice = observe === undefined ? '.' : `: trace with \`observe: '${observe}'\`, which records them.`
  // First what to do: the names may be many.
  throw new SyscopeError(error.code, error.message.replace(/(?<=were not recorded)\./, advice))
}

/** Throws ERR_SYSCOPE_NOT_RECORDED: something was seen of which nobody knows what it was. `why` is a sentence. */
export function cannotTell({ asks }: Subject, why: string): never {
  throw new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', `${asks} can't tell: ${why}`)
}

/** The files of the run. Throws ERR_SYSCOPE_NOT_RECORDED where the filter leaves them in the dark; `calls`: all that will be asked for. */
export function readFiles(subject: Subject, calls: readonly string[]): Files {
  try {
    return filesOf(subject.run)
  } catch (error) {
    if (!(error instanceof SyscopeError) || error.code !== 'ERR_SYSCOPE_NOT_RECORDED') throw error
    requireRecorded(subject, calls, 'files')
    throw new SyscopeError(error.code, error.message.replace('filesOf()', subject.asks), { cause: error })
  }
}

/** Throws ERR_SYSCOPE_NOT_RECORDED where the kernel was not asked what descriptors lead to, so that symbolic links are unknown. */
export function requireLinks(subject: Subject): void {
  if (knowsLinks(subject.run)) return
  cannotTell(subject, 'what symbolic links lead to was not recorded: trace with `decodeFds: true`.')
}
