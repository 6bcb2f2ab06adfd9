/** `toCallInOrder()`: whether a run made system calls one after the other. */

import { inspect } from 'node:util'
import { checkOptions, invalid, oneOf, type Check } from '../../checks.ts'
import type { SyscallName } from '../../table/index.ts'
import type { Section } from '../snapshot/sections.ts'
import type { ExpectedArgs } from './arguments.ts'
import { readWanted, wantedText, type CallPattern, type Wanted } from './call-pattern.ts'
import { evidence, type Deed } from './evidence.ts'
import { requireAbsence, seenCalls, type SeenCall } from './run-calls.ts'
import { readRun, type Subject } from './subject.ts'
import type { Verdict } from './verdict.ts'

/**
 * A call in an order: its name, with what is expected of its arguments, or an object. (A template, because from `N` alone the compiler
 * would not find out which name an array begins with.)
 */
export type CallInOrder<N extends SyscallName = SyscallName> =
  | `${N}`
  | readonly [name: N, args: ExpectedArgs<N>]
  | CallPattern<N>

/** What `toCallInOrder()` is told beside the calls. */
export interface ToCallInOrderOptions {
  /**
   * Who makes the calls: `'same'` one process (all of its threads), `'any'` any of them. A process whose program changes (execve)
   * stays the same.
   * @default 'any'
   */
  readonly process?: 'same' | 'any'
}

/** How far the calls of a run, or of one process, go along those that are wanted. */
interface Progress {
  /** The calls that were found, one for each of the first that are wanted. */
  readonly found: readonly SeenCall[]
  /** All calls with the names of those that are wanted. */
  readonly story: readonly SeenCall[]
}

/** See `RunMatchers.toCallInOrder`. */
export function toCallInOrder(received: unknown, calls: unknown, options: unknown = {}): Verdict {
  const subject = readRun(received, 'toCallInOrder')
  const wanted = readAll(calls)
  checkOptions(options, checks, 'toCallInOrder()')
  const { process = 'any' } = options as ToCallInOrderOptions // As it was checked.
  const seen = seenCalls(subject, wanted)
  const stories = process === 'same' ? bySection(seen) : [seen]
  const best = furthest(stories.map((story) => walk(story, wanted, false)))
  if (best.found.length === wanted.length) return { pass: true, message: passText(subject, wanted, best) }
  const mayBe = stories.map((story) => walk(story, wanted, true)).find(({ found }) => found.length === wanted.length)
  const unsure = (mayBe?.found ?? []).filter((it, at) => it.comparisons[at]?.truth === undefined)
  requireAbsence(subject, wanted, unsure)
  return { pass: false, message: failText(subject, wanted, best, process) }
}

const checks: Readonly<Record<keyof ToCallInOrderOptions, Check>> = { process: oneOf('same', 'any') }

function readAll(calls: unknown): readonly Wanted[] {
  if (!Array.isArray(calls) || calls.length === 0) {
    throw invalid(`Expected toCallInOrder() to be given an array of calls, got ${inspect(calls, { depth: 1 })}.`)
  }
  return calls.map((item: unknown) => {
    if (!Array.isArray(item)) return readWanted(item, undefined, 'toCallInOrder()')
    const [name, args, ...rest]: readonly unknown[] = item
    if (typeof name !== 'string' || rest.length > 0) {
      throw invalid(`Expected a call in toCallInOrder() to be [name, arguments], got ${inspect(item, { depth: 1 })}.`)
    }
    return readWanted(name, args, 'toCallInOrder()')
  })
}

function bySection(seen: readonly SeenCall[]): readonly (readonly SeenCall[])[] {
  const stories = new Map<Section, SeenCall[]>()
  for (const it of seen) {
    const story = stories.get(it.section)
    if (story === undefined) stories.set(it.section, [it])
    else story.push(it)
  }
  return [...stories.values()]
}

/** The first call that fits is as good as any later one: what comes behind it is more. `mayBe`: unsure ones fit, too. */
function walk(story: readonly SeenCall[], wanted: readonly Wanted[], mayBe: boolean): Progress {
  const found: SeenCall[] = []
  for (const it of story) {
    if (found.length === wanted.length) break
    const comparison = it.comparisons[found.length]
    if (comparison !== undefined && (comparison.truth === true || (mayBe && comparison.truth === undefined))) {
      found.push(it)
    }
  }
  return { found, story }
}

function furthest(all: readonly Progress[]): Progress {
  const [first = { found: [], story: [] }, ...others] = all
  return others.reduce((best, it) => (it.found.length > best.found.length ? it : best), first)
}

function passText(subject: Subject, wanted: readonly Wanted[], { found }: Progress): string {
  const headline = `Expected ${subject.name} not to make these calls in this order, but it did:`
  return `${headline}\n\n${listText(wanted)}\n\n${evidence(deedsOf(subject, found, found), 'time')}`
}

function failText(subject: Subject, wanted: readonly Wanted[], best: Progress, process: 'same' | 'any'): string {
  const { found, story } = best
  const where = process === 'same' ? ' in one process' : ''
  const headline = `Expected ${subject.name} to make these calls in this order${where}:`
  const after = found.length === 0 ? 'But there was' : `But after ${found.length} there was`
  const missed = `${after} no call like ${found.length + 1}.`
  if (story.length === 0) return `${headline}\n\n${listText(wanted)}\n\n${missed} It made no calls of these names.`
  const shown = shownOf(best, wanted[found.length]?.name)
  const more = story.length - shown.length
  const rest = more === 0 ? '' : `\n  … and ${more} more of these names`
  const lines = evidence(deedsOf(subject, shown, found), 'time')
  return `${headline}\n\n${listText(wanted)}\n\n${missed} Its calls of these names, in the order in which they began:\n\n${lines}${rest}`
}

function listText(wanted: readonly Wanted[]): string {
  return wanted.map((it, at) => `  ${at + 1}. ${wantedText(it)}`).join('\n')
}

/** Those that were found have their number in front. */
function deedsOf({ makers }: Subject, shown: readonly SeenCall[], found: readonly SeenCall[]): readonly Deed[] {
  const width = `${found.length}. `.length
  return shown.map((it) => {
    const { by, line } = makers.deed(it.call)
    const at = found.indexOf(it)
    return { by, line: (at === -1 ? '' : `${at + 1}. `).padEnd(width) + line }
  })
}

const mostShown = 20

/** What was found, what has the name that was missed, and what came then; all, where that is little. */
function shownOf({ found, story }: Progress, missed: string | undefined): readonly SeenCall[] {
  if (story.length <= mostShown) return story
  const last = found.at(-1)
  const after = story.slice(last === undefined ? 0 : story.indexOf(last) + 1)
  const named = story.filter(({ call }) => call.name === missed)
  const chosen = new Set([...found.slice(-8), ...named.slice(-6), ...after.slice(0, 6)])
  return story.filter((it) => chosen.has(it))
}
