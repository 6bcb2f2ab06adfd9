/** The result, and its text. */

import { objectToPlain, type PlainObject } from '../json.ts'
import { messageOf } from './judge.ts'
import type { FaultRun, FaultsResult, Verdict } from './options.ts'

/** From good to bad, as in the documents. */
export const verdicts: readonly Verdict[] = [
  'survived',
  'failed',
  'warned',
  'mute',
  'littered',
  'silent',
  'torn',
  'hung',
  'crashed',
  'check failed',
]

type Facts = Omit<FaultsResult, 'bugs' | 'counts' | 'toString' | 'toJSON'>

export class Report implements FaultsResult {
  declare readonly command: string
  declare readonly clean: FaultsResult['clean']
  declare readonly runs: readonly FaultRun[]
  declare readonly left: number
  declare readonly missed: number
  declare readonly stoppedBy?: NonNullable<FaultsResult['stoppedBy']>
  declare readonly durationMs: number
  readonly bugs: readonly FaultRun[]
  readonly counts: Readonly<Record<Verdict, number>>

  constructor(facts: Facts) {
    Object.assign(this, facts)
    this.bugs = facts.runs.filter(({ isBug }) => isBug)
    // One number for each of the verdicts.
    this.counts = Object.fromEntries(
      verdicts.map((verdict) => [verdict, facts.runs.filter((run) => run.verdict === verdict).length]),
    ) as Record<Verdict, number>
  }

  toJSON(): PlainObject {
    const { bugs: _, runs, ...others } = this
    const plainRuns = runs.map(({ checkError, ...run }) =>
      checkError === undefined ? run : { ...run, checkError: messageOf(checkError) },
    )
    return objectToPlain({ ...others, runs: plainRuns })
  }

  toString(): string {
    const table = tableText(groupsOf(this.bugs))
    const counts = verdicts.filter((it) => this.counts[it] > 0).map((it) => `${this.counts[it]} ${it}`)
    return [...table, ...(table.length === 0 ? [] : ['']), ...endText(this, counts)].join('\n')
  }
}

function endText(
  { command, runs, bugs, clean, durationMs, ...more }: FaultsResult,
  counts: readonly string[],
): string[] {
  const seconds = (durationMs / 1000).toFixed(1)
  const lines = [
    `${countOf(runs.length, 'run')} of ${command} with a fault each, ${seconds} s: ${countOf(bugs.length, 'bug')}`,
  ]
  if (counts.length > 0) lines.push(counts.join(', '))
  if (runs.length === 0 && more.stoppedBy === undefined)
    lines.push('None of its calls can fail in the ways that were asked for.')
  if (clean.unstable.length > 0) lines.push(`Not the same each time, and so not compared: ${clean.unstable.join(', ')}`)
  if (more.missed > 0) lines.push(`${countOf(more.missed, 'fault')} could not be tried: the call did not come again`)
  if (more.stoppedBy !== undefined) lines.push(`Stopped by ${more.stoppedBy}; ${countOf(more.left, 'run')} not made`)
  return lines
}

/** Bugs that differ only in which call of many it was. */
interface Group {
  readonly first: FaultRun
  readonly nths: readonly number[]
}

function groupsOf(bugs: readonly FaultRun[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const bug of bugs) {
    const key = JSON.stringify([bug.verdict, bug.call, bug.target, bug.fault, bug.lasting, bug.exitCode, kindsOf(bug)])
    const group = groups.get(key)
    groups.set(key, { first: group?.first ?? bug, nths: [...(group?.nths ?? []), bug.nth] })
  }
  return [...groups.values()]
}

/** What was found, without sizes. */
function kindsOf({ findings }: FaultRun): readonly string[] {
  return findings.map((finding) => finding.replaceAll(/\d+/g, '#'))
}

const header = ['VERDICT', 'CALL', 'TARGET', 'NTH', 'FAULT', 'EXIT']
const mostFindings = 3

/** Each bug: a line of columns, what was found, and how to have it again. */
function tableText(groups: readonly Group[]): readonly string[] {
  if (groups.length === 0) return []
  const rows = groups.map(({ first, nths }) => [
    first.verdict,
    first.call,
    first.target ?? '-',
    rangesOf(nths) + (first.lasting ? '+' : ''),
    first.fault,
    String(first.exitCode ?? first.signal ?? '-'),
  ])
  const widths = header.map((word, column) => Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [line(header), ...groups.flatMap(({ first }, index) => [line(rows[index] ?? []), ...detailsOf(first)])]
}

function detailsOf({ findings, repeat, text }: FaultRun): readonly string[] {
  const shown = findings.slice(0, mostFindings)
  const more = findings.length - shown.length
  return [text, ...shown, ...(more > 0 ? [`and ${more} more`] : []), `$ ${repeat}`].map((it) => `    ${it}`)
}

/** `2`, `1-4,7` */
export function rangesOf(numbers: readonly number[]): string {
  const ranges: { from: number; to: number }[] = []
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last !== undefined && number === last.to + 1) last.to = number
    else ranges.push({ from: number, to: number })
  }
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',')
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
