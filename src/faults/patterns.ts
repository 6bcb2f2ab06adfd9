/** Paths and the patterns of rules, as far as it takes to say beforehand which calls a rule will match. */

import { posix } from 'node:path'
import { escapeGlob, isGlob } from '../rules/glob.ts'

/** What `path` leads to from `from`, without `.` and `..` and without a closing slash. */
export function absolute(path: string, from: string): string {
  return posix.resolve(from, path)
}

/** Whether a path, absolute and without `.` and `..`, matches the pattern (`PathPattern` of rules). */
export function matcherOf(pattern: string, cwd: string): (path: string) => boolean {
  const whole = /^\.\.?(\/|$)/.test(pattern) ? joined(cwd, pattern) : pattern
  if (isGlob(whole)) {
    const expression = new RegExp(`^${expressionOf(whole)}$`, 's')
    return (path) => expression.test(path)
  }
  if (!whole.endsWith('/')) return (path) => path === whole
  return (path) => path.startsWith(whole) || `${path}/` === whole
}

/** Whether the link of a descriptor matches a word as `socket:*`: all but `*` stands for itself. */
export function linkMatcherOf(word: string): (link: string) => boolean {
  const [start = '', end] = word.split('*')
  return end === undefined ? (link) => link === word : (link) => link.startsWith(start) && link.endsWith(end)
}

/** The directory's own name is no pattern. */
function joined(cwd: string, pattern: string): string {
  return posix.join(isGlob(pattern) ? escapeGlob(cwd) : cwd, pattern)
}

/** A path as the pattern that matches it alone. */
export function escaped(path: string): string {
  return isGlob(path) ? escapeGlob(path) : path
}

const perCharacter: Readonly<Record<string, string>> = { '?': '[^/]', '{': '(?:', '}': ')', ',': '|' }

/** `*` and `?` stay within a directory, `**` does not; `[a-z]`, `[!a]`, `{a,b}`, `\x`. */
function expressionOf(glob: string): string {
  const parts = glob.match(/\*\*\/|\*\*|\\.|\[[^\]]*\]|./gs) ?? []
  let depth = 0
  return parts
    .map((part) => {
      if (part === '**/') return '(?:.*/)?'
      if (part === '**') return '.*'
      if (part === '*') return '[^/]*'
      if (part.length > 1 && part.startsWith('[')) return part.replace(/^\[[!^]/, '[^')
      if (part.length > 1) return quoted(part.slice(1))
      if (part === '{') depth += 1
      const isSyntax = part === '?' || part === '{' || (depth > 0 && (part === ',' || part === '}'))
      if (part === '}' && depth > 0) depth -= 1
      return isSyntax ? (perCharacter[part] ?? part) : quoted(part)
    })
    .join('')
}

function quoted(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}

/**
 * The glob for names of which two are known, as `state.tmp-83423` and `state.tmp-83519` are `state.tmp-*`; `undefined` where they
 * differ in more than one name, or have nothing in common there.
 */
export function commonGlob(one: string, other: string): string | undefined {
  const [ones, others] = [one.split('/'), other.split('/')]
  if (ones.length !== others.length) return undefined
  const differing = ones.flatMap((part, index) => (part === others[index] ? [] : [index]))
  const [at] = differing
  if (at === undefined || differing.length > 1) return undefined
  const name = commonName(ones[at] ?? '', others[at] ?? '')
  if (name === undefined) return undefined
  return ones.map((part, index) => (index === at ? name : escapeGlob(part))).join('/')
}

/** Words that differ are taken as a whole: the next one need not begin as these do. */
function commonName(one: string, other: string): string | undefined {
  let start = 0
  while (start < one.length && one[start] === other[start]) start += 1
  let end = 0
  const most = Math.min(one.length, other.length) - start
  while (end < most && one.at(-1 - end) === other.at(-1 - end)) end += 1
  while (start > 0 && /[A-Za-z0-9]/.test(one[start - 1] ?? '')) start -= 1
  while (end > 0 && /[A-Za-z0-9]/.test(one.at(-end) ?? '')) end -= 1
  // Names with digits are taken for numbered ones.
  if (start + end === 0) return [one, other].every((name) => /\d/.test(name)) ? '*' : undefined
  return `${escapeGlob(one.slice(0, start))}*${escapeGlob(one.slice(one.length - end))}`
}
