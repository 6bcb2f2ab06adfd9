/** Paths, links and words as users write them -> what the engine compares with. */

import { realpathSync } from 'node:fs'
import { inspect } from 'node:util'
import { encodeString } from '../args/surrogates.ts'
import { invalid } from '../checks.ts'
import { checkGlob, escapeGlob, isGlob, plainEscapes, unescapeGlob } from './glob.ts'
import type { Matcher } from './predicate.ts'

const MAX_PATTERN = 4096

/** Throws ERR_SYSCOPE_INVALID_ARGUMENT; `where` names what was given: "`path` in the `deny` option". */
export function readPath(value: unknown, where: string, cwd: string): readonly Matcher[] {
  const text = readText(value, where, 'a path or a glob')
  if (text.startsWith('!')) throw unmatchable(text, where, 'a leading `!` turns nothing round here')
  const absolute = /^\.\.?(\/|$)/.test(text) ? fromDirectory(text, cwd) : text
  checkPath(absolute, text, where)
  return isGlob(absolute) ? globs(absolute, text, where) : plainPaths(absolute)
}

/** What a descriptor is a link to: a path, or a word such as `socket:[123]`, in which brackets are brackets. */
export function readLink(value: unknown, where: string, cwd: string): readonly Matcher[] {
  const text = readText(value, where, "a descriptor's number, a path or a word such as 'socket:*'")
  checkLinkWord(text, where)
  if (!/^[a-z_]+:/.test(text)) return readPath(text, where, cwd)
  const bare = text.replaceAll('[', '\\[').replaceAll(']', '\\]')
  if (!/[*?{]/.test(text)) return [matcher('exact', text)]
  checkGlob(bare, (why) => unmatchable(text, where, why))
  return [matcher('glob', plainEscapes(bare))]
}

const streams: Readonly<Record<string, number>> = { stdin: 0, stdout: 1, stderr: 2 }

/** What is easily taken for a link. */
function checkLinkWord(text: string, where: string): void {
  const number = /^\d+$/.test(text) ? Number(text) : Object.hasOwn(streams, text) ? streams[text] : undefined
  if (number !== undefined) throw unmatchable(text, where, `give the number ${number}`)
  if (/^(?:socket|pipe|anon_inode)$/.test(text)) throw unmatchable(text, where, `all of them are '${text}:*'`)
}

/** The file of a program: a path, or its last component. */
export function readProgram(value: unknown, where: string, cwd: string): readonly Matcher[] {
  const text = readText(value, where, "a program's path or name")
  return text.includes('/') ? readPath(text, where, cwd) : [readName(text, where)]
}

/** The first word of a command line; without `/` its last component counts. */
export function readFirstWord(value: unknown, where: string): Matcher {
  const text = readText(value, where, 'a word or a glob')
  return text.includes('/') ? readWord(text, where) : readName(text, where)
}

/** Any word of a command line. `*` matches what there is, slashes as well. */
export function readWord(value: unknown, where: string): Matcher {
  const text = readText(value, where, 'a word or a glob')
  if (!isGlob(text)) return matcher('exact', text)
  const wide = plainEscapes(text).replaceAll(/\\.|\[(?:\\.|[^\]\\])*\]|\*+/g, (part) =>
    // In the engine's globs only a whole component `**` goes past a slash.
    part.startsWith('*') ? '{*,*/**,*/**/*}' : part,
  )
  if (text.startsWith('!')) throw unmatchable(text, where, 'a leading `!` turns nothing round here')
  checkGlob(text, (why) => unmatchable(text, where, why))
  checkGlob(wide, () => unmatchable(text, where, 'it has too many `*` and braces'))
  return matcher('glob', wide)
}

function readName(text: string, where: string): Matcher {
  if (!isGlob(text)) return matcher('exact', text, true)
  if (text.startsWith('!')) throw unmatchable(text, where, 'a leading `!` turns nothing round here')
  checkGlob(text, (why) => unmatchable(text, where, why))
  return matcher('glob', plainEscapes(text), true)
}

function readText(value: unknown, where: string, expected: string): string {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) {
    throw invalid(`Expected ${where} to be ${expected}, got ${inspect(value, { depth: 1 })}.`)
  }
  if (encodeString(value).length > MAX_PATTERN) throw invalid(`Expected ${where} to be at most ${MAX_PATTERN} bytes.`)
  return value
}

/** `./x` and `../x`, taken from a directory whose own name is no glob. */
function fromDirectory(text: string, cwd: string): string {
  const parts = cwd.split('/').filter((part) => part !== '')
  const rest = text.split('/')
  while (rest[0] === '.' || rest[0] === '..') if (rest.shift() === '..') parts.pop()
  const base = parts.map((part) => (isGlob(text) ? escapeGlob(part) : part))
  // `.` and `..` by themselves are directories, not what they hold.
  return `/${[...base, ...rest].join('/')}`
}

function checkPath(path: string, text: string, where: string): void {
  const isAbsolute = startsOf(path).every((start) => start.startsWith('/') || /^\*\*(\/|$)/.test(start))
  if (!isAbsolute) throw unmatchable(text, where, 'paths are absolute (begin with `/`, `./`, `../` or `**/`)')
  if (path.includes('//')) throw unmatchable(text, where, 'paths have no `//`')
  if (/\/\.\.?(\/|$)/.test(path)) throw unmatchable(text, where, 'paths have no `.` and `..` in them')
}

/** What the alternatives at the beginning of a glob begin with. */
function startsOf(path: string): readonly string[] {
  if (!path.startsWith('{')) return [path]
  const starts: string[] = ['']
  let depth = 0
  for (let index = 0; index < path.length; index++) {
    const character = path.charAt(index)
    if (character === '{') depth += 1
    if (character === '}') depth -= 1
    if (depth === 0) return starts.map((start) => (start === '' ? path.slice(index + 1) : start)).flatMap(startsOf)
    if (character === ',' && depth === 1) starts.push('')
    else if (index > 0) starts.push((starts.pop() ?? '') + character)
  }
  return starts
}

function plainPaths(path: string): readonly Matcher[] {
  const how = path.endsWith('/') ? 'beneath' : 'exact'
  const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
  const real = realPath(bare)
  return [bare, ...(real === undefined || real === bare ? [] : [real])].map((it) => matcher(how, it))
}

function globs(path: string, text: string, where: string): readonly Matcher[] {
  checkGlob(path, (why) => unmatchable(text, where, why))
  const glob = plainEscapes(path)
  const fixed = /^(?:\/(?:\\.|[^/\\*?[{])*(?=\/))*/.exec(glob)?.[0] ?? ''
  const real = fixed === '' ? undefined : realPath(unescapeGlob(fixed))
  const all =
    real === undefined || real === unescapeGlob(fixed) ? [glob] : [glob, escapeGlob(real) + glob.slice(fixed.length)]
  return all.flatMap((it) =>
    it.endsWith('/') ? [matcher('glob', it.slice(0, -1)), matcher('glob', `${it}**`)] : [matcher('glob', it)],
  )
}

/**
 * The same place without symlinks, as far as it exists: the engine compares with the path that a call gives and with where that
 * leads to, so a rule for a link must know where the link leads.
 */
function realPath(path: string): string | undefined {
  const parts = path.split('/')
  for (let count = parts.length; count > 1; count--) {
    try {
      const real = realpathSync(parts.slice(0, count).join('/'))
      // What is behind /proc/self is ours here, and the program's there.
      if (real === '/proc' || real.startsWith('/proc/')) return undefined
      return path.length === 1 ? real : [real === '/' ? '' : real, ...parts.slice(count)].join('/')
    } catch {
      // Not there, or not for us: what is above it may be a link.
    }
  }
  return undefined
}

function matcher(how: Matcher['how'], text: string, lastComponent = false): Matcher {
  return { how, text: encodeString(text), ...(lastComponent ? { lastComponent } : {}) }
}

function unmatchable(text: string, where: string, why: string): Error {
  return invalid(`${inspect(text)}, given as ${where}, can't match: ${why}.`)
}
