/** `toStayWithin()`: whether a run made no more calls than it may. */

import { inspect } from 'node:util'
import { invalid, isInteger, isObject } from '../../checks.ts'
import { SyscopeError } from '../../errors.ts'
import type { SyscallName } from '../../table/index.ts'
import { countCalls, requireCounted, type Count } from './counting.ts'
import { makerText } from './evidence.ts'
import { readRun, requireWhole, type Subject } from './subject.ts'
import type { Verdict } from './verdict.ts'

/**
 * Most calls, by names, classes and other words of the `filter` option, and of all together.
 * @example
 * { openat: 40, '%network': 0, '/^get/': 10, total: 900 }
 */
export type CallLimits = { readonly [Word in SyscallName | 'total']?: number } & Readonly<Record<string, number>>

/** See `RunMatchers.toStayWithin`. */
export function toStayWithin(received: unknown, limits: unknown): Verdict {
  const subject = readRun(received, 'toStayWithin')
  const all = readLimits(limits, subject.asks)
  const judged = judge(subject, all)
  const over = judged.filter(isOver)
  const pass = over.length === 0
  const what = pass
    ? `Expected ${subject.name} to exceed one of these limits, but it stayed within them:`
    : `Expected ${subject.name} to stay within these limits, but it exceeded ${wordsOf(over)}:`
  return { pass, message: `${what}\n\n${tableOf(judged)}${makersOf(over)}` }
}

/** Throws ERR_SYSCOPE_INVALID_ARGUMENT for what are no limits. */
function readLimits(limits: unknown, asks: string): Limits {
  const words = isObject(limits) && !Array.isArray(limits) ? Object.entries(limits) : []
  if (words.length === 0) {
    throw invalid(
      `Expected ${asks} to be given limits such as { openat: 40, '%network': 0 }, got ${inspect(limits, { depth: 1 })}.`,
    )
  }
  return new Map(words.map(([word, limit]) => [word, readLimit(word, limit)]))
}

function readLimit(word: string, limit: unknown): number {
  if (typeof limit === 'number' && isInteger(limit, Number.MAX_SAFE_INTEGER)) return limit
  throw invalid(`Expected the limit on '${word}' to be a number of calls, got ${inspect(limit, { depth: 1 })}.`)
}

/** By their words. */
export type Limits = ReadonlyMap<string, number>

/** A count and its limit. */
export interface Judged extends Count {
  readonly limit: number
}

/**
 * The counts beside their limits. A limit that is exceeded is, whatever was missed; where none is, throws ERR_SYSCOPE_NOT_RECORDED
 * and ERR_SYSCOPE_INCOMPLETE unless there is nothing more.
 */
export function judge(subject: Subject, limits: Limits): readonly Judged[] {
  const judged = countCalls(subject, [...limits.keys()]).map((count) => ({
    ...count,
    limit: limits.get(count.word) ?? 0,
  }))
  if (!judged.some(isOver)) requireRest(subject, judged)
  return judged
}

function requireRest(subject: Subject, judged: readonly Judged[]): void {
  requireCounted(
    subject,
    judged.map(({ word }) => word),
  )
  requireWhole(subject)
  const unsure = judged.find(({ seen, unsure, limit }) => seen + unsure > limit)
  if (unsure === undefined) return
  const message = `${subject.asks} can't tell: ${unsure.unsure} calls of \`socketcall\` or \`ipc\` may be of '${unsure.word}', and say so in memory only.`
  throw new SyscopeError('ERR_SYSCOPE_INCOMPLETE', message)
}

export function isOver({ seen, limit }: Judged): boolean {
  return seen > limit
}

/** `openat, %file and total` */
export function wordsOf(judged: readonly Judged[]): string {
  const words = judged.map(({ word }) => word)
  return words.length === 1 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** A table: call, limit, seen. */
export function tableOf(judged: readonly Judged[]): string {
  const rows = [
    ['call', 'limit', 'seen', ''],
    ...judged.map((it) => [
      it.word,
      String(it.limit),
      String(it.seen),
      isOver(it) ? `${it.seen - it.limit} too many` : '',
    ]),
  ]
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  return rows
    .map(([word = '', limit = '', seen = '', note = '']) =>
      `  ${word.padEnd(width(0))}  ${limit.padStart(width(1))}  ${seen.padStart(width(2))}  ${note}`.trimEnd(),
    )
    .join('\n')
}

const mostMakers = 5

/** Who called most of what is too much. */
export function makersOf(over: readonly Judged[]): string {
  return over.map((it) => `\n\n  ${headingOf(it)}\n${makerLines(it)}`).join('')
}

function headingOf({ word, names }: Judged): string {
  const [first] = names
  if (names.length === 1 && first?.[0] === word) return word
  const shown = names.slice(0, mostMakers).map(([name, count]) => `${name} ${count}`)
  return `${word}: ${[...shown, ...(names.length > mostMakers ? ['…'] : [])].join(', ')}`
}

function makerLines({ makers }: Judged): string {
  const shown = makers.slice(0, mostMakers)
  const width = String(shown[0]?.[1] ?? '').length
  const lines = shown.map(([maker, count]) => `    ${String(count).padStart(width)}  ${makerText(maker)}`)
  const others = makers.slice(mostMakers).reduce((all, [, count]) => all + count, 0)
  return [...lines, ...(others === 0 ? [] : [`    ${others}  in ${makers.length - mostMakers} other processes`])].join(
    '\n',
  )
}
