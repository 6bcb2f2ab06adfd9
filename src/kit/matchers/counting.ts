/** How often a run called what words of the `filter` option name: from its events, or from its counts, where it has nothing else. */

import { SyscopeError } from '../../errors.ts'
import { namesOfSet, resolveFilter, type CallSet } from '../../filter.ts'
import type { Summary } from '../../summary.ts'
import { isNamed } from '../../table/abi.ts'
import { eventsOf, refusal, requireChildren, wholeOf, type AnyCall } from '../recorded.ts'
import type { Maker } from './evidence.ts'
import { hiddenTruth, waysTo } from './hidden-calls.ts'
import type { MatchedRun, Subject } from './subject.ts'

/** How often the calls of a word were made. */
export interface Count {
  readonly word: string
  readonly seen: number
  /** Calls that are perhaps of the word: made by way of `socketcall` and `ipc`. */
  readonly unsure: number
  /** Who made them; those who made most come first. */
  readonly makers: readonly (readonly [maker: Maker, count: number])[]
  /** Which they were; those that there are most of come first. */
  readonly names: readonly (readonly [name: string, count: number])[]
}

/** All calls, whatever their name. */
export const total = 'total'

/** Calls of one name, one ABI and one maker; or a single one. */
interface Counted {
  readonly name: string
  readonly count: number
  readonly by: () => Maker
  /** Absent where calls were only counted. */
  readonly call?: AnyCall
}

/**
 * The counts of the calls that each word names. Throws ERR_SYSCOPE_UNKNOWN_SYSCALL and its like where a word names nothing, and
 * ERR_SYSCOPE_NOT_RECORDED where calls were neither kept nor counted.
 */
export function countCalls(subject: Subject, words: readonly string[]): readonly Count[] {
  const counted = countedCalls(subject)
  return words.map((word) => countWord(word, counted, subject.asks))
}

function countWord(word: string, counted: readonly Counted[], asks: string): Count {
  const isMeant = meaning(word, asks)
  const makers = new Map<Maker, number>()
  const names = new Map<string, number>()
  let unsure = 0
  for (const it of counted) {
    const truth = isMeant(it)
    if (truth === true) {
      add(makers, it.by(), it.count)
      add(names, it.name, it.count)
    } else if (truth === undefined) unsure += it.count
  }
  return { word, seen: sum(names), unsure, makers: mostFirst(makers), names: mostFirst(names) }
}

function meaning(word: string, asks: string): (counted: Counted) => boolean | undefined {
  if (word === total) return () => true
  const set = resolveFilter(word, 'limits')
  const hidden = hiddenIn(set)
  return ({ name, call }) => {
    if (isIn(set, name, call, word, asks)) return true
    const may = hidden.get(name)
    if (may === undefined) return false
    return call === undefined || may.some((it) => hiddenTruth(call, it) === undefined) ? undefined : false
  }
}

function isIn(set: CallSet, name: string, call: AnyCall | undefined, word: string, asks: string): boolean {
  if (set === 'all' || set.has(name)) return true
  if (call !== undefined) return isNamed(set, call.abi, name)
  if (![...set].some((it) => it.startsWith(`${name}@`))) return false
  const message = `${asks} can't tell: '${word}' is of one ABI only, and this run counted calls of all together (option \`counting\`).`
  throw new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', message)
}

/** Ways to calls of the set, by their names, that are not in the set themselves. */
function hiddenIn(set: CallSet): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const name of hideable(set)) {
    for (const way of waysTo(name)) if (!hasName(set, way)) found.set(way, [...(found.get(way) ?? []), name])
  }
  return found
}

/** Only i386 has such ways. */
function hideable(set: CallSet): readonly string[] {
  return plainNames(set).filter((name) => hasName(set, name))
}

function hasName(set: CallSet, name: string): boolean {
  return set === 'all' || isNamed(set, 'i386', name)
}

/** Without the ABI. */
function plainNames(set: CallSet): readonly string[] {
  return [...new Set(namesOfSet(set).map((name) => name.replace(/@.*/, '')))]
}

function countedCalls(subject: Subject): readonly Counted[] {
  const { run } = subject
  if (isCountingOnly(run)) return countedBySummary(run)
  const counted: Counted[] = []
  for (const event of eventsOf(run)) {
    if (event.type !== 'syscall') continue
    counted.push({ name: event.name, count: 1, call: event, by: () => subject.makers.of(event.pid, event.startNs) })
  }
  return counted
}

type CountingRun = MatchedRun & { summary(): Summary }

/** Whether a run has counts alone. Throws where it has neither. */
function isCountingOnly(run: MatchedRun): run is CountingRun {
  try {
    return run.events === undefined
  } catch (error) {
    if (!(error instanceof SyscopeError) || error.code !== 'ERR_SYSCOPE_NOT_RECORDED') throw error
    return 'summary' in run
  }
}

function countedBySummary(run: CountingRun): readonly Counted[] {
  return run.summary().processes.flatMap(({ pid, calls }) => {
    const maker: Maker = { pid, chain: [] }
    return calls.map(({ name, calls: count }) => ({ name, count, by: () => maker }))
  })
}

/**
 * Throws ERR_SYSCOPE_NOT_RECORDED where the filter left out calls that the words name, by which they may be made, or children:
 * then there may be more than were seen.
 */
export function requireCounted(subject: Subject, words: readonly string[]): void {
  const { run, asks } = subject
  for (const word of words) {
    const set = word === total ? 'all' : resolveFilter(word, 'limits')
    const ways = [...hiddenIn(set).keys()]
    if (isRecorded(subject, [...plainNames(set), ...ways])) continue
    throw new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', `${asks} can't tell: ${missingText(word, ways)}`)
  }
  if (!isCountingOnly(run)) requireChildren(eventsOf(wholeOf(run)), asks)
}

function missingText(word: string, ways: readonly string[]): string {
  if (word === total) {
    return '`total` are all calls, and the filter of this run leaves some out. Give words of the filter instead, or trace without `filter`.'
  }
  const needed = [word, ...ways].map((it) => `'${it}'`)
  const why = ways.length === 0 ? '' : ', by which i386 programs call it'
  return `the filter of this run leaves out calls of ${needed.join(' or ')}${why}. Add ${needed.length > 1 ? 'both' : 'it'} to \`filter\`.`
}

function isRecorded({ run, asks }: Subject, names: readonly string[]): boolean {
  const error = refusal(run, [...new Set(names)], asks)
  if (error === undefined) return true
  // Where calls were only counted it refuses whatever it is asked for; the reason is another one where the filter left them out.
  return isCountingOnly(run) && refusal(run, [], asks)?.message === error.message
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}

function sum(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((all, count) => all + count, 0)
}

function mostFirst<Key>(counts: ReadonlyMap<Key, number>): readonly (readonly [Key, number])[] {
  return [...counts].toSorted(([, one], [, other]) => other - one)
}
