/** Matchers about what survives a crash: `toReplaceAtomically()`, `toSyncBeforeRename()`. */

import { posix } from 'node:path'
import { inspect } from 'node:util'
import { invalid } from '../../checks.ts'
import { SyscopeError } from '../../errors.ts'
import { isObject } from '../../rules/shape.ts'
import { durabilityOf, type AtomicReplace } from '../durability.ts'
import type { FileDeed } from '../files.ts'
import { evidence, type Deed } from './evidence.ts'
import { pathReader } from './places.ts'
import { readRun, requireRecorded, type Subject } from './subject.ts'
import { fileTouchCalls, Touches } from './touches.ts'
import type { Verdict } from './verdict.ts'

/** What `toReplaceAtomically()` is told. */
export interface ReplaceOptions {
  /**
   * The new content was on the disk before the file got its name, and the name after that: fsync of the file, rename, fsync of the
   * folder. Without, a crash of the machine may leave the old file or an empty one; no crash of the program can.
   * @default true
   */
  readonly durable?: boolean
}

/**
 * Whether a run replaced a file so that whoever opens it finds the whole old content or the whole new one, at any time: a new file is
 * written, synced, and renamed over the path.
 *
 * Trace with `observe: 'files'`. Throws ERR_SYSCOPE_INCOMPLETE and ERR_SYSCOPE_NOT_RECORDED where the run can't tell.
 * @param path absolute, or from where the command began; no pattern
 * @example toReplaceAtomically(run, 'state.json')
 */
export function toReplaceAtomically(run: unknown, path: string, options: ReplaceOptions = {}): Verdict {
  const subject = readRun(run, 'toReplaceAtomically')
  const isDurable = readDurable(options)
  const { atomic, synced, problems, steps } = judge(subject, path)
  const aim = `replace ${path} atomically${isDurable ? ' and durably' : ''}`
  const pass = atomic && (!isDurable || synced === 'file and directory')
  if (pass) return { pass, message: withSteps(`Expected ${subject.name} not to ${aim}, but it did:`, subject, steps) }
  // Problems of syncing are none where nobody asks for it.
  const told = isDurable ? problems : problems.filter((problem) => !isAboutSync(problem))
  return {
    pass,
    message: withSteps(listed(`Expected ${subject.name} to ${aim}, but it did not:`, told), subject, steps),
  }
}

/**
 * Whether a run synced the content of each file before it renamed it to this path (fsync, fdatasync, O_SYNC, …): without that a crash may
 * leave an empty file. Fails where nothing was renamed to the path. Throws as `toReplaceAtomically()`.
 * @param path absolute, or from where the command began; no pattern
 * @example toSyncBeforeRename(run, 'state.json')
 */
export function toSyncBeforeRename(run: unknown, path: string): Verdict {
  const subject = readRun(run, 'toSyncBeforeRename')
  const { synced, problems, steps } = judge(subject, path)
  const pass = synced !== 'none'
  const aim = `sync what it renames to ${path} before it does`
  if (pass) return { pass, message: withSteps(`Expected ${subject.name} not to ${aim}, but it did:`, subject, steps) }
  const told = problems.filter((problem) => problem.startsWith('The new content') || problem.startsWith('Nothing'))
  return {
    pass,
    message: withSteps(listed(`Expected ${subject.name} to ${aim}, but it did not:`, told), subject, steps),
  }
}

function isAboutSync(problem: string): boolean {
  return / was not synced (?:before|after) /.test(problem)
}

function judge(subject: Subject, path: unknown): AtomicReplace {
  const { run, asks } = subject
  if (typeof path !== 'string' || path === '') {
    throw invalid(`Expected ${asks} to be given a path, got ${inspect(path, { depth: 1 })}.`)
  }
  const reader = pathReader(run, asks)
  const { cwd, real } = reader
  if (!posix.isAbsolute(path) && cwd === undefined) {
    throw invalid(
      `'${path}', given to ${asks}, is relative, and where the command began is not known: give an absolute path.`,
    )
  }
  const absolute = posix.resolve(cwd ?? '/', path)
  requireRecorded(subject, fileTouchCalls, 'files')
  const place = posix.join(real(posix.dirname(absolute)), posix.basename(absolute))
  try {
    const durability = durabilityOf(run)
    // 32-bit code may have written what no deed tells of.
    new Touches(subject, reader).requireNoMore(['write', 'truncate', 'map'], [])
    return durability.replacementOf(place)
  } catch (error) {
    if (!(error instanceof SyscopeError)) throw error
    throw new SyscopeError(error.code, error.message.replace('durabilityOf()', asks), { cause: error })
  }
}

function readDurable(options: unknown): boolean {
  if (!isObject(options)) {
    throw invalid(`Expected the options of toReplaceAtomically() to be an object, got ${inspect(options)}.`)
  }
  const stray = Object.keys(options).find((key) => key !== 'durable')
  if (stray !== undefined) throw invalid(`toReplaceAtomically() has no option \`${stray}\`. It has \`durable\`.`)
  const { durable = true } = options
  if (typeof durable === 'boolean') return durable
  throw invalid(`Expected \`durable\` of toReplaceAtomically() to be a boolean, got ${inspect(durable)}.`)
}

function listed(headline: string, problems: readonly string[]): string {
  // Who it was is told with the steps.
  const short = problems.map((problem) => problem.replace(/(?:, by .*)? \(\d+\)\.$/s, '.'))
  return [headline, ...short.map((problem) => `  - ${problem}`)].join('\n')
}

function withSteps(headline: string, { makers }: Subject, steps: readonly FileDeed[]): string {
  // An open that also made and truncated is one call.
  const calls = [...new Set(steps.map(({ call }) => call))]
  const deeds: readonly Deed[] = makers.deeds(calls)
  return calls.length === 0 ? headline : `${headline}\n\n${evidence(deeds, 'time')}`
}
