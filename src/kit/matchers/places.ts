/** Paths and folders as tests write them, compared with those of a run. */

import { lstatSync, realpathSync } from 'node:fs'
import { posix } from 'node:path'
import { inspect } from 'node:util'
import { invalid } from '../../checks.ts'
import { isGlob } from '../../rules/glob.ts'
import { isUnder } from '../paths.ts'
import { globPattern } from './globs.ts'

/**
 * Which files: a path, absolute or from where the command began; a glob as rules have them (`*` stays in a folder, `**` does not);
 * ending with `/` a folder and all beneath; or a regular expression for absolute paths. A path is also what it leads to by symbolic
 * links now, when the matcher looks.
 */
export type ExpectedPath = string | RegExp

/** What one question about paths is read with. */
export interface PathReader {
  /** Where relative paths begin. */
  readonly cwd: string | undefined
  /** Who asks: `toOpen()`. */
  readonly asks: string
  /** A path without symbolic links, as far as it exists now; asked once of each. */
  readonly real: (path: string) => string
}

/** For one question: the next one may find other links. */
export function pathReader({ cwd }: { readonly cwd?: string | undefined }, asks: string): PathReader {
  const known = new Map<string, string>()
  const real = (path: string): string => {
    const found = known.get(path) ?? realPlace(path, real)
    known.set(path, found)
    return found
  }
  return { cwd, asks, real }
}

/** A description of paths, ready to be compared with others, which are taken as they are written. */
export interface PathTest {
  /** As it was given, for messages. */
  readonly text: string
  /** The paths that are meant, where they are spelled out. */
  readonly plain: readonly string[]
  /** Whether an absolute path is one of them. */
  matches(path: string): boolean
  /** Whether it is one of them, or beneath one. */
  holds(path: string): boolean
}

/** Throws ERR_SYSCOPE_INVALID_ARGUMENT for what is no path, and for a relative one where nobody knows where the command began. */
export function readPath(expected: unknown, reader: PathReader): PathTest {
  if (expected instanceof RegExp) return regExpTest(expected)
  if (typeof expected !== 'string' || expected === '' || expected.includes('\0')) {
    const given = inspect(expected, { depth: 1 })
    throw invalid(`Expected ${reader.asks} to be given a path, a glob or a regular expression, got ${given}.`)
  }
  const absolute = toAbsolute(expected, reader)
  const isFolder = absolute.length > 1 && absolute.endsWith('/')
  const bare = isFolder ? absolute.slice(0, -1) : absolute
  const test = isGlob(bare) ? globTest(bare, expected, reader) : plainTest(bare, expected, reader)
  return isFolder ? { ...test, matches: (path) => test.holds(path) } : test
}

/** One or several. */
export function readPaths(expected: unknown, reader: PathReader): readonly PathTest[] {
  const all: readonly unknown[] = Array.isArray(expected) ? expected : [expected]
  if (all.length === 0) throw invalid(`Expected ${reader.asks} to be given a path, got [].`)
  return all.map((one) => readPath(one, reader))
}

/** Compares paths that are seen with what is expected; each expectation is read once. */
export function pathMatcher(
  run: { readonly cwd?: string | undefined },
  asks = 'The matcher',
): (path: string, expected: ExpectedPath) => boolean {
  const reader = pathReader(run, asks)
  const tests = new Map<ExpectedPath, PathTest>()
  return (path, expected) => {
    const test = tests.get(expected) ?? readPath(expected, reader)
    tests.set(expected, test)
    return [path, reader.real(path)].some((name) => test.matches(name))
  }
}

function toAbsolute(path: string, { cwd, asks }: PathReader): string {
  const folder = path.endsWith('/') && path !== '/' ? '/' : ''
  if (posix.isAbsolute(path)) return posix.resolve(path) + folder
  if (/^\*\*(\/|$)/.test(path)) return path
  if (cwd === undefined) {
    throw invalid(
      `'${path}', given to ${asks}, is relative, and where the command began is not known: give an absolute path.`,
    )
  }
  return posix.resolve(cwd, path) + folder
}

function regExpTest(expected: RegExp): PathTest {
  // Unlike `test`, `search` does not remember where it was.
  const matches = (path: string): boolean => path.search(expected) !== -1
  return { text: String(expected), plain: [], matches, holds: matches }
}

function plainTest(path: string, text: string, { real }: PathReader): PathTest {
  const plain = [...new Set([path, real(path)])]
  return {
    text,
    plain,
    matches: (other) => plain.includes(other),
    holds: (other) => plain.some((folder) => isUnder(other, folder)),
  }
}

function globTest(glob: string, text: string, { real, asks }: PathReader): PathTest {
  const fixed = /^(?:\/[^/\\*?[{]*(?=\/))*/.exec(glob)?.[0] ?? ''
  const place = fixed === '' ? '' : real(fixed)
  const globs = place === fixed ? [glob] : [glob, place + glob.slice(fixed.length)]
  const patterns = globs.map((it) => globPattern(it, asks))
  // A file may be called like a glob.
  const matches = (name: string): boolean => name === glob || patterns.some((pattern) => pattern.test(name))
  return { text, plain: [], matches, holds: (name) => ancestorsOf(name).some(matches) }
}

/** A path, and all folders that it is in. */
function ancestorsOf(path: string): readonly string[] {
  const found = [path]
  for (let at = path; at !== '/' && at !== '.';) found.push((at = posix.dirname(at)))
  return found
}

/** `real`: the same of the folder that it is in. Links of /proc are those of whoever asks, and are left alone. */
function realPlace(path: string, real: (folder: string) => string): string {
  if (!posix.isAbsolute(path) || path === '/' || isUnder(path, '/proc')) return path
  const place = posix.join(real(posix.dirname(path)), posix.basename(path))
  return isLink(place) ? target(place) : place
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  } catch {
    // Not for us.
    return false
  }
}

/** What a symbolic link leads to; the link itself if that is nothing. */
function target(link: string): string {
  try {
    return realpathSync(link)
  } catch {
    return link
  }
}
