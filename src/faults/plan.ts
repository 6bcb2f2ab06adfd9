/** Which calls are made to fail, and by what rule each: from what two clean runs did. */

import { isNamed } from '../table/abi.ts'
import { holdsName, type CallSet } from '../filter.ts'
import type { ErrnoName } from '../names.ts'
import type { InjectRule } from '../rules/options.ts'
import { commonGlob, escaped, linkMatcherOf, matcherOf } from './patterns.ts'
import { neverLasting, type Row } from './presets.ts'
import type { Link, Seen } from './seen.ts'

/** A fault, with the calls that it is for. */
export interface FaultKind {
  readonly label: string
  readonly error: ErrnoName | undefined
  readonly rows: readonly Row[]
  readonly isHarmless: boolean
}

/** What the options say about the choice of calls. */
export interface Choice {
  readonly calls: CallSet
  readonly kinds: readonly FaultKind[]
  readonly path: readonly string[] | undefined
  readonly ignore: readonly string[]
  readonly from: 'main' | 'start'
  readonly repeat: 'once' | 'lasting' | 'both'
}

/** A clean run: its calls, where it ran, and the files that its arguments name. */
export interface Recorded {
  readonly calls: readonly Seen[]
  readonly cwd: string
  readonly arguments: ReadonlySet<string>
}

/** Calls that a rule counts together: one name, one target. */
export interface Line {
  readonly name: string
  readonly where: Pick<InjectRule, 'path' | 'fd'>
  readonly label: string | undefined
  /** How many there are; it can be another number next time where `isSteady` is false. */
  readonly count: number
  readonly isSteady: boolean
}

/** One call that is to fail. */
export interface Task {
  readonly line: Line
  readonly nth: number
  readonly kind: FaultKind
  readonly row: Row
  readonly isLasting: boolean
  /** Where the call is in the clean run. */
  readonly position: number
}

/** The tasks, first calls of every line first: what ends early has then seen most. */
export function planTasks([first, second]: readonly [Recorded, Recorded], choice: Choice): readonly Task[] {
  const lines = new Lines(first, second)
  const rounds = new Map<string, number>()
  const tasks = wantedCalls(first, choice).flatMap((position) => {
    const call = first.calls[position]
    if (call === undefined) return []
    return kindsFor(call, choice.kinds).flatMap(({ kind, row }) => {
      const { line, nth } = lines.place(call, position)
      return lastings(choice.repeat, kind).map((isLasting) => {
        const task = { line, nth, kind, row, isLasting, position }
        const key = `${line.name} ${line.label} ${kind.label} ${isLasting}`
        const round = rounds.get(key) ?? 0
        rounds.set(key, round + 1)
        return { task, round }
      })
    })
  })
  return tasks.toSorted((a, b) => a.round - b.round || a.task.position - b.task.position).map(({ task }) => task)
}

/** The same fault in the next call of its line. */
export function nextTask(task: Task): Task {
  return { ...task, nth: task.nth + 1 }
}

/** Calls to record in a clean run. */
export function namesToRecord({ calls, kinds }: Pick<Choice, 'calls' | 'kinds'>): readonly string[] {
  const names = kinds.flatMap(({ rows }) => rows.flatMap((row) => row.calls))
  return [...new Set(names)].filter((name) => calls === 'all' || holdsName(calls, name) || isPartOf(calls, name))
}

/** A set can have a call in one ABI only. */
function isPartOf(calls: ReadonlySet<string>, name: string): boolean {
  return [...calls].some((it) => it.startsWith(`${name}@`))
}

/** For the `inject` option. */
export function rulesOf({ line, nth, kind, row, isLasting }: Task): readonly InjectRule[] {
  const which = { syscall: line.name, ...line.where }
  const rule: InjectRule = {
    ...which,
    ...(isLasting ? { when: `${nth}+` } : { nth }),
    ...(row.args === undefined ? {} : { args: row.args }),
    ...(row.args !== undefined || kind.error === undefined ? {} : { error: kind.error }),
    ...(row.runs === undefined ? {} : { run: true }),
  }
  // The call that the first rule acts on is none that the second one counts.
  return row.then === undefined ? [rule] : [rule, { ...which, when: `${nth}+`, error: row.then }]
}

/** `write ./state.json #2 ENOSPC` */
export function taskText({ line, nth, kind, isLasting }: Task): string {
  const target = line.label === undefined ? '' : ` ${line.label}`
  return `${line.name}${target} #${nth}${isLasting ? '+' : ''} ${kind.label}`
}

function lastings(repeat: Choice['repeat'], { label }: FaultKind): readonly boolean[] {
  if (neverLasting.has(label)) return [false]
  return repeat === 'both' ? [false, true] : [repeat === 'lasting']
}

function kindsFor(call: Seen, kinds: readonly FaultKind[]): readonly { readonly kind: FaultKind; readonly row: Row }[] {
  return kinds.flatMap((kind) => {
    const row = kind.rows.find((it) => isFor(it, call))
    return row === undefined ? [] : [{ kind, row }]
  })
}

function isFor({ calls, on, needs }: Row, call: Seen): boolean {
  if (!calls.includes(call.name)) return false
  if (on !== undefined && (call.place === undefined || !on.includes(call.place))) return false
  return needs === undefined || needs(call)
}

/** A call that fails anyhow shows with another error what it shows with its own. */
function wantedCalls({ calls, cwd, arguments: files }: Recorded, choice: Choice): readonly number[] {
  const isWanted = choice.path?.map((pattern) => matcherOf(pattern, cwd))
  const isIgnored = choice.ignore.map((pattern) => matcherOf(pattern, cwd))
  const begin = choice.from === 'start' ? 0 : mainOf(calls, files)
  return calls.flatMap((call, position) => {
    if (!call.ok || position < begin || (call.isLoading && choice.from === 'main')) return []
    if (choice.calls !== 'all' && !isNamed(choice.calls, call.abi, call.name)) return []
    const paths = pathsOf(call)
    if (isWanted !== undefined && !paths.some((path) => isWanted.some((it) => it(path)))) return []
    const [path] = paths
    if (path !== undefined && isIgnored.some((it) => it(path))) return []
    return [position]
  })
}

/** The first call that concerns a file named in the command's arguments. */
function mainOf(calls: readonly Seen[], files: ReadonlySet<string>): number {
  return Math.max(
    0,
    calls.findIndex((call) => pathsOf(call).some((path) => files.has(path))),
  )
}

/** What a call concerns, what says most first: of two names the new one, of a name and a descriptor the name. */
function pathsOf({ named, links }: Seen): readonly string[] {
  return [...named.toReversed(), ...links.map(({ text }) => text).filter((text) => text.startsWith('/'))]
}

/** Finds for each call what rules can know it by from run to run. */
class Lines {
  readonly #first: Recorded
  readonly #second: Recorded
  readonly #lines = new Map<string, { readonly line: Line; readonly positions: readonly number[] }>()
  /** Paths of the first run, as rules write them, that the second one did not meet: with the glob for both, if there is one. */
  readonly #volatile: ReadonlyMap<string, string | undefined>

  constructor(first: Recorded, second: Recorded) {
    this.#first = first
    this.#second = second
    this.#volatile = globsOf(spelledPaths(first), spelledPaths(second))
  }

  place(call: Seen, position: number): { readonly line: Line; readonly nth: number } {
    const where = this.#whereOf(call)
    const key = JSON.stringify([call.name, where])
    let found = this.#lines.get(key)
    if (found === undefined) this.#lines.set(key, (found = this.#makeLine(call.name, where)))
    return { line: found.line, nth: found.positions.indexOf(position) + 1 }
  }

  #makeLine(name: string, where: Line['where']) {
    const positions = matching(this.#first, name, where)
    const count = positions.length
    const isSteady = matching(this.#second, name, where).length === count
    return { line: { name, where, label: labelOf(where), count, isSteady }, positions }
  }

  #whereOf(call: Seen): Line['where'] {
    const spelled = pathsOf(call).map((path) => spell(path, this.#first.cwd))
    const steady = spelled.find((path) => !this.#volatile.has(path))
    if (steady !== undefined) return { path: steady }
    const glob = spelled.map((path) => this.#volatile.get(path)).find((it) => it !== undefined)
    if (glob !== undefined) return { path: glob }
    const [link] = call.links
    return link === undefined || link.text === '' || link.text.startsWith('/') ? {} : { fd: fdOf(link) }
  }
}

/** Standard streams keep their numbers, others their kind. */
function fdOf({ fd, text }: Link): number | string {
  if (fd <= 2) return fd
  return /:\[\d+\]$/.test(text) ? text.replace(/\[.*/, '*') : text
}

function labelOf({ path, fd }: Line['where']): string | undefined {
  if (typeof path === 'string') return path
  return fd === undefined ? undefined : typeof fd === 'number' ? `fd ${fd}` : String(fd)
}

/** The calls that a rule counts. */
function matching({ calls, cwd }: Recorded, name: string, { path, fd }: Line['where']): readonly number[] {
  const isPath = typeof path === 'string' ? matcherOf(path, cwd) : undefined
  const isLink = typeof fd === 'string' ? linkMatcherOf(fd) : undefined
  return calls.flatMap((call, position) => {
    if (call.name !== name) return []
    if (isPath !== undefined && ![...call.named, ...call.links.map(({ text }) => text)].some(isPath)) return []
    if (isLink !== undefined && !call.links.some(({ text }) => isLink(text))) return []
    if (typeof fd === 'number' && !call.links.some((link) => link.fd === fd)) return []
    return [position]
  })
}

/** Where a run has its temporary files, seen from its working directory. */
export const temporary = '../tmp'

/** A path as the pattern for it in every run. */
function spell(path: string, cwd: string): string {
  const outer = cwd.slice(0, cwd.lastIndexOf('/'))
  if (path === cwd) return '.'
  if (path.startsWith(`${cwd}/`)) return escaped(`./${path.slice(cwd.length + 1)}`)
  const own = `${outer}/${temporary.slice(3)}/`
  return path.startsWith(own) ? escaped(`${temporary}/${path.slice(own.length)}`) : escaped(path)
}

function spelledPaths({ calls, cwd }: Recorded): ReadonlySet<string> {
  return new Set(calls.flatMap((call) => pathsOf(call).map((path) => spell(path, cwd))))
}

function globsOf(ones: ReadonlySet<string>, others: ReadonlySet<string>): ReadonlyMap<string, string | undefined> {
  const strangers = [...others].filter((path) => !ones.has(path))
  const missing = [...ones].filter((path) => !others.has(path))
  return new Map(missing.map((path) => [path, firstGlob(path, strangers)]))
}

function firstGlob(path: string, others: readonly string[]): string | undefined {
  for (const other of others) {
    const glob = commonGlob(path, other)
    if (glob !== undefined) return glob
  }
  return undefined
}
