/** Matchers about single files: `toOpen()`, `toRead()`, `toWrite()`, `toCreate()`, `toDelete()`, `toRename()`, `toLookUp()`. */

import { posix } from 'node:path'
import { inspect } from 'node:util'
import { invalid } from '../../checks.ts'
import { isObject } from '../../rules/shape.ts'
import { isUnder } from '../paths.ts'
import { times, withEvidence } from './evidence.ts'
import { pathReader, readPath, type ExpectedPath, type PathTest } from './places.ts'
import { readRun } from './subject.ts'
import { isByPath, Touches, type Touch, type TouchKind } from './touches.ts'
import type { Verdict } from './verdict.ts'

/** What `toOpen()` is told. */
export interface OpenOptions {
  /**
   * Only what was opened so that it could be read, or written to: with O_RDWR both.
   * @default any way of opening
   */
  readonly for?: 'reading' | 'writing'
}

/**
 * Whether a run opened a file: by any call, any of its names, and any symbolic link. That it tried in vain is for `toLookUp()`.
 *
 * Trace with `observe: 'files'`. Throws ERR_SYSCOPE_INCOMPLETE and ERR_SYSCOPE_NOT_RECORDED where that was not seen, and may have been
 * missed; so do all matchers about files.
 * @example toOpen(run, '/etc/ssl/openssl.cnf', { for: 'reading' })
 */
export function toOpen(run: unknown, path: ExpectedPath, options: OpenOptions = {}): Verdict {
  const purpose = readPurpose(options)
  return touched(run, path, {
    matcher: 'toOpen',
    verb: `open %s${purpose === undefined ? '' : ` for ${purpose}`}`,
    kinds: ['open'],
    counts: (touch, test) => isAbout(touch, test) && isFor(touch, purpose),
  })
}

/** Whether a run read what is in a file (or, of a folder, listed it), by any descriptor, or mapped it to memory. Otherwise as `toOpen()`. */
export function toRead(run: unknown, path: ExpectedPath): Verdict {
  return touched(run, path, { matcher: 'toRead', verb: 'read %s', kinds: ['read', 'list', 'map'], counts: isAbout })
}

/**
 * Whether a run changed what is in a file, or what the path stands for: it wrote to it by any descriptor, truncated it, mapped it shared
 * and writable, or gave its name to another file (rename, link). Otherwise as `toOpen()`.
 */
export function toWrite(run: unknown, path: ExpectedPath): Verdict {
  const kinds: readonly TouchKind[] = ['write', 'truncate', 'map', 'rename', 'link']
  return touched(run, path, { matcher: 'toWrite', verb: 'write to %s', kinds, counts: isWritten })
}

/**
 * Whether a run created a file, folder, link, device or socket: it made it, gave the name to it (rename, link), or opened it with O_CREAT,
 * of which no call says whether it was there before. Otherwise as `toOpen()`.
 */
export function toCreate(run: unknown, path: ExpectedPath): Verdict {
  const kinds: readonly TouchKind[] = ['create', 'rename', 'link']
  return touched(run, path, { matcher: 'toCreate', verb: 'create %s', kinds, counts: isCreated })
}

/** Whether a run deleted a file or folder, also after it had given it another name. Otherwise as `toOpen()`. */
export function toDelete(run: unknown, path: ExpectedPath): Verdict {
  return touched(run, path, { matcher: 'toDelete', verb: 'delete %s', kinds: ['delete'], counts: isDeleted })
}

/**
 * Whether a run gave a file or folder another name, with `to` this one. Of an exchange (RENAME_EXCHANGE) both ways count. Otherwise as
 * `toOpen()`.
 * @example toRename(run, /state\.json\.\w+$/, 'state.json')
 */
export function toRename(run: unknown, from: ExpectedPath, to?: ExpectedPath): Verdict {
  return touched(run, from, {
    matcher: 'toRename',
    verb: to === undefined ? 'rename %s' : `rename %s to ${String(to)}`,
    kinds: ['rename'],
    counts: (touch, test, touches) => {
      const { deed } = touch
      if (deed?.from === undefined || deed.to === undefined || touch.names[0] !== deed.from) return false
      if (!isAbout(touch, test)) return false
      return to === undefined || isNamed(deed.to, readPath(to, touches.reader), touches)
    },
  })
}

/**
 * Whether a run asked for a path: opened it, asked whether it is there or what it is, or did anything else with it by its name, also in
 * vain. Connecting to the path of a unix socket is for `toConnect()`. Otherwise as `toOpen()`.
 * @example toLookUp(run, '**\/.npmrc')
 */
export function toLookUp(run: unknown, path: ExpectedPath): Verdict {
  const kinds: readonly TouchKind[] = [
    ...(['look', 'open', 'execute', 'create', 'delete', 'rename', 'link', 'truncate', 'change', 'attempt'] as const),
  ]
  const isAsked = (touch: Touch, test: PathTest): boolean =>
    (touch.what === 'attempt' || isByPath(touch.call) || touch.call.name === 'bind') && isAbout(touch, test)
  return touched(run, path, { matcher: 'toLookUp', verb: 'look up %s', kinds, counts: isAsked })
}

interface Question {
  readonly matcher: string
  /** What is done, with `%s` for the path. */
  readonly verb: string
  readonly kinds: readonly TouchKind[]
  readonly counts: (touch: Touch, test: PathTest, touches: Touches) => boolean
}

function touched(run: unknown, path: unknown, { matcher, verb, kinds, counts }: Question): Verdict {
  const subject = readRun(run, matcher)
  const reader = pathReader(subject.run, subject.asks)
  const test = readPath(path, reader)
  const touches = new Touches(subject, reader)
  const all = touches.of(...kinds)
  const found = touches.certain(all.filter((touch) => counts(touch, test, touches)))
  const aim = verb.replace('%s', () => test.text)
  if (found.length === 0) {
    touches.requireNoMore(kinds, all)
    return { pass: false, message: `Expected ${subject.name} to ${aim}, but it did not.` }
  }
  const deeds = touches.deeds(found)
  const headline = `Expected ${subject.name} not to ${aim}, but it did, ${times(deeds.length)}:`
  return { pass: true, message: withEvidence(headline, deeds) }
}

/** By any name that the file had then or when the run began, by what these lead to, or by the path in the call. */
function isAbout({ names, places, former = [], meant }: Touch, test: PathTest): boolean {
  return [...names, ...places, ...former, ...(meant === undefined ? [] : [meant])].some((name) => test.matches(name))
}

function isNamed(path: string, test: PathTest, { reader }: Touches): boolean {
  const place = posix.join(reader.real(posix.dirname(path)), posix.basename(path))
  return test.matches(path) || test.matches(place)
}

function isFor({ deed }: Touch, purpose: OpenOptions['for']): boolean {
  const flags = deed?.flags ?? []
  const isWritable = flags.includes('O_WRONLY') || flags.includes('O_RDWR')
  if (purpose === 'writing') return isWritable
  return purpose === undefined || (!flags.includes('O_WRONLY') && !flags.includes('O_PATH'))
}

function isWritten(touch: Touch, test: PathTest, touches: Touches): boolean {
  const { what, deed } = touch
  if (what === 'rename' || what === 'link') return isCreated(touch, test, touches)
  if (what === 'map' && (deed?.isShared !== true || deed.isWritable !== true)) return false
  return isAbout(touch, test)
}

function isCreated(touch: Touch, test: PathTest, touches: Touches): boolean {
  const { what, deed } = touch
  if (what !== 'rename' && what !== 'link') return isAbout(touch, test)
  const { to } = deed ?? {}
  if (to === undefined) return false
  // A folder that gets another name brings all that is in it.
  return (
    isNamed(to, test, touches) || (what === 'rename' && test.plain.some((path) => path !== to && isUnder(path, to)))
  )
}

/** A file that had another name before is the same file. */
function isDeleted(touch: Touch, test: PathTest): boolean {
  const { file, names } = touch
  if (isAbout(touch, test)) return true
  const others = (file?.paths ?? []).filter((path) => !names.includes(path))
  return file?.isDeleted === true && others.some((path) => test.matches(path))
}

function readPurpose(options: unknown): OpenOptions['for'] {
  if (!isObject(options)) throw invalid(`Expected the options of toOpen() to be an object, got ${inspect(options)}.`)
  const stray = Object.keys(options).find((key) => key !== 'for')
  if (stray !== undefined) throw invalid(`toOpen() has no option \`${stray}\`. It has \`for\`.`)
  const { for: purpose } = options
  if (purpose === undefined || purpose === 'reading' || purpose === 'writing') return purpose
  throw invalid(`Expected \`for\` of toOpen() to be 'reading' or 'writing', got ${inspect(purpose)}.`)
}
