/** Names with a random part, or with a process id, that a run gave to its own files. */

import { tmpdir } from 'node:os'
import { isObject } from '../../checks.ts'
import type { AnyCall, AnyEvent } from '../recorded.ts'

/**
 * Components of paths that were made in the run and are different each time, and what they are called in a snapshot. Only names that
 * the run made are looked at, and of ids only that of the maker: that `7.js` has the number of some process is chance.
 */
export function madeNames(events: readonly AnyEvent[]): ReadonlyMap<string, string> {
  const made = new Map<string, string>()
  for (const event of events) {
    if (event.type !== 'syscall' || !event.ok) continue
    const path = madePath(event)
    if (path === undefined) continue
    const name = path.replace(/\/+$/, '').split('/').at(-1) ?? ''
    const shown = shownName(name, isTemporary(event) && hasRandomPart(path, name), event)
    if (shown !== name) made.set(name, shown)
  }
  return made
}

/** Which argument a call makes a file under. */
const makers: Readonly<Record<string, string>> = {
  mkdir: 'pathname',
  mkdirat: 'pathname',
  mknod: 'pathname',
  mknodat: 'pathname',
  creat: 'pathname',
  symlink: 'newpath',
  symlinkat: 'linkpath',
  link: 'newpath',
  linkat: 'newpath',
  rename: 'newpath',
  renameat: 'newpath',
  renameat2: 'newpath',
}
const openers: ReadonlySet<string> = new Set(['open', 'openat', 'openat2'])

function madePath(call: AnyCall): string | undefined {
  if (call.name === 'bind') return unixPath(call)
  const maker = Object.hasOwn(makers, call.name) ? makers[call.name] : undefined
  const path = maker ?? (openers.has(call.name) && openFlags(call).includes('O_CREAT') ? 'pathname' : undefined)
  const value = path === undefined ? undefined : call.args[path]
  return typeof value === 'string' ? value : undefined
}

function unixPath({ args }: AnyCall): string | undefined {
  const path = isObject(args['addr']) ? args['addr']['sun_path'] : undefined
  return typeof path === 'string' ? path : undefined
}

function openFlags({ args }: AnyCall): readonly string[] {
  const { flags, how } = args
  const found = isObject(flags) ? flags : isObject(how) && isObject(how['flags']) ? how['flags'] : undefined
  return Array.isArray(found?.['names']) ? found['names'].map(String) : []
}

/** Made as mkdtemp(3) and mkstemp(3) do, and their likes in other languages: for the user alone, or new. */
function isTemporary(call: AnyCall): boolean {
  if (call.name === 'mkdir' || call.name === 'mkdirat') return call.args['mode'] === 0o700
  return openFlags(call).includes('O_EXCL')
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi

function shownName(name: string, isRandom: boolean, { pid, tid }: AnyCall): string {
  const plain = name.replaceAll(uuid, '<uuid>')
  return (
    (isRandom && plain === name ? withoutRandomPart(name) : plain)
      .replaceAll(/(?<![0-9A-Za-z])\d+(?![0-9A-Za-z])/g, (digits) =>
        [pid, tid].includes(Number(digits)) ? '<pid>' : digits,
      )
      // Milliseconds, and random numbers.
      .replaceAll(/(?<![0-9A-Za-z<])\d{7,}(?![0-9A-Za-z])/g, '<n>')
      .replaceAll(/(?<![0-9A-Za-z<])(?=[a-f]*\d)[0-9a-f]{8,}(?![0-9A-Za-z])/g, '<hex>')
  )
}

/** Whether the end of a name is what mkdtemp(3) and the like put there: said by where it is and how it is called, or by its letters. */
function hasRandomPart(path: string, name: string): boolean {
  if ([tmpdir(), '/tmp'].some((dir) => path.startsWith(`${dir}/`)) || /^\.?te?mp/i.test(name)) return true
  const [, last = ''] = /([0-9A-Za-z_]{6})(?:\.[A-Za-z]+)?$/.exec(name) ?? []
  return /[0-9]/.test(last) || (/[a-z]/.test(last) && /[A-Z]/.test(last))
}

/**
 * Six characters in C and Node, eight in Python, behind whatever comes before them. Which of the two is decided by what comes before,
 * never by the random characters themselves.
 */
function withoutRandomPart(name: string): string {
  return name.replace(/([0-9A-Za-z_]{6,})(?=(?:\.[A-Za-z]+)?$)/, (found) => {
    const length = found.length === 8 || /^tmp.{8}$/.test(found) || found.at(-9) === '_' ? 8 : 6
    return found.slice(0, -length) + 'X'.repeat(length)
  })
}
