/** What speaks for or against what was expected: lines of the trace, under who made them. */

import { quoteWord } from '../../spawn.ts'
import { readProcesses, type Draft } from '../lives.ts'
import { eventsOf, wholeOf, type AnyCall, type RecordedRun } from '../recorded.ts'

/** Who did something. */
export interface Maker {
  readonly pid: number
  /** Command lines, each cut at 100 characters: of who started whom, and last its own. Empty where nothing is known of them. */
  readonly chain: readonly string[]
}

/** One thing that was done. */
export interface Deed {
  readonly by: Maker
  /** As strace writes it. */
  readonly line: string
}

/** Lines that are shown of deeds; of more it is told how many there are. */
const MOST_LINES = 20
const MOST_OF_COMMAND = 100
const MOST_OF_LINE = 300

/**
 * The deeds as a block of text: two spaces, who it was; four spaces, what they did.
 *
 * @param order `maker`: all deeds of one together, who was first comes first; `time`: as they are given
 * @example
 *   node cli.js → curl -s https://example.org (4712)
 *     connect(5, {sa_family=AF_INET, …}, 16) = -1 EINPROGRESS (Operation now in progress)
 */
export function evidence(deeds: readonly Deed[], order: 'maker' | 'time' = 'maker'): string {
  const shown = firstOf(deeds)
  const lines: string[] = []
  let last: string | undefined
  for (const { by, line, count } of order === 'time' ? shown : byMaker(shown)) {
    const name = makerText(by)
    if (name !== last) lines.push(`  ${name}`)
    last = name
    lines.push(`    ${cut(inOneLine(line), MOST_OF_LINE)}${count === 1 ? '' : `  (${times(count)})`}`)
  }
  const left = deeds.length - shown.reduce((sum, { count }) => sum + count, 0)
  if (left > 0) lines.push(`  … and ${left} more`)
  return lines.join('\n')
}

interface Told extends Deed {
  /** How often it came in a row. */
  readonly count: number
}

/** As many as are shown; lines of the others are not written. */
function firstOf(deeds: readonly Deed[]): readonly Told[] {
  const found: { by: Maker; line: string; count: number }[] = []
  for (const deed of deeds) {
    const { by, line } = deed
    const last = found.at(-1)
    if (last?.line === line && last.by.pid === by.pid) last.count++
    else if (found.length === MOST_LINES) break
    else found.push({ by, line, count: 1 })
  }
  return found
}

/** Stable: of each maker the deeds stay in order. */
function byMaker(deeds: readonly Told[]): readonly Told[] {
  const groups = new Map<string, Told[]>()
  for (const deed of deeds) {
    const name = makerText(deed.by)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [deed])
    else group.push(deed)
  }
  return [...groups.values()].flat()
}

/** `node cli.js → curl -s https://example.org (4712)` */
export function makerText({ pid, chain }: Maker): string {
  return chain.length === 0 ? `process ${pid}` : `${chain.join(' → ')} (${pid})`
}

/** A headline, and beneath it the deeds: `Expected `node cli.js` to …, but it did, 2 times:`. */
export function withEvidence(headline: string, deeds: readonly Deed[], order: 'maker' | 'time' = 'maker'): string {
  return deeds.length === 0 ? headline : `${headline}\n\n${evidence(deeds, order)}`
}

/** `once`, `2 times`. */
export function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

/** Says who made calls of a run: `new Makers(run).deed(call)`. */
export class Makers {
  readonly #all: readonly Draft[]
  readonly #known = new Map<Draft, Map<number, Maker>>()

  constructor(run: RecordedRun) {
    this.#all = readProcesses(eventsOf(wholeOf(run)))
  }

  /** Found out when it is shown: of many deeds few are. */
  deed(call: AnyCall): Deed {
    const maker = (): Maker => this.of(call.pid, call.startNs)
    return {
      get by() {
        return maker()
      },
      get line() {
        return String(call)
      },
    }
  }

  deeds(calls: readonly AnyCall[]): readonly Deed[] {
    return calls.map((call) => this.deed(call))
  }

  /** Who had this process id at this point of time (CLOCK_MONOTONIC). */
  of(pid: number, timeNs: bigint): Maker {
    const isThat = (draft: Draft): boolean => draft.pid === pid
    // What is known first of a process may come after what its call began with.
    const draft = this.#all.findLast((it) => isThat(it) && it.startNs <= timeNs) ?? this.#all.find(isThat)
    if (draft === undefined) return { pid, chain: [] }
    const programs = draft.execs.filter((exec) => exec.timeNs <= timeNs).length
    const known = this.#known.get(draft) ?? new Map<number, Maker>()
    this.#known.set(draft, known)
    const maker = known.get(programs) ?? { pid, chain: chainOf(draft, timeNs) }
    known.set(programs, maker)
    return maker
  }
}

/** Processes that only forked run what their makers ran, and are not told twice. */
function chainOf(draft: Draft, timeNs: bigint): readonly string[] {
  const chain: string[] = []
  for (let at: Draft | undefined = draft, before = timeNs; at !== undefined; at = at.parent) {
    const limit = before
    // A command's own execve begins before what it becomes is there.
    const exec =
      at.execs.findLast(({ timeNs }) => timeNs <= limit) ?? (at.parent === undefined ? at.execs[0] : undefined)
    if (exec !== undefined) chain.unshift(commandOf(exec))
    before = at.startNs
  }
  return chain
}

function commandOf({ program, call }: Draft['execs'][number]): string {
  const argv = call?.args['argv']
  const words = Array.isArray(argv) && argv.length > 0 ? argv : [program]
  return commandLine(words.map(String))
}

/** Words as a shell takes them, on one line, cut where they are long. */
export function commandLine(words: readonly string[]): string {
  return shortCommand(words.map(quoteWord).join(' '))
}

/** A command line that is one already, cut where it is long. */
export function shortCommand(text: string): string {
  return cut(inOneLine(text), MOST_OF_COMMAND)
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}

function inOneLine(text: string): string {
  return text.replaceAll('\n', String.raw`\n`)
}
