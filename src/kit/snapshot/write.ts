/** Sections and their lines as one text. */

import { foldLines, type Fold } from './fold.ts'
import type { Section } from './sections.ts'

/** A line, and whether how often it comes in a row says something. */
export interface Line {
  readonly text: string
  readonly isFlow: boolean
}

/** What was collected of a process. */
export interface Told {
  readonly section: Section
  /** By thread id. */
  readonly lines: ReadonlyMap<number, readonly Line[]>
  readonly ending: string | undefined
}

export interface Writing {
  readonly threads: 'together' | 'apart'
  readonly fold: Fold
  /** Replaces what changes from run to run. */
  readonly tokens: (line: string) => string
}

/** A paragraph for each process, with a heading in brackets, and one for its further threads. */
export function writeSections(all: readonly Told[], writing: Writing): string {
  const paragraphs = all.flatMap((told) => paragraphsOf(told, writing))
  return paragraphs.length === 0 ? '' : `${paragraphs.join('\n\n')}\n`
}

function paragraphsOf({ section, lines, ending }: Told, writing: Writing): readonly string[] {
  const heading = headingOf(section, writing.tokens)
  const first = tokenized(lines.get(section.pid) ?? [], writing)
  const own = [...foldLines(withoutFlow(first), writing.fold), ...(ending === undefined ? [] : [ending])]
  const others = otherThreads({ section, lines, ending }, writing)
  if (own.length === 0 && others.length === 0) return []
  return [[`[${heading}]`, ...own], ...others.map(([name, told]) => [`[${heading}, ${name}]`, ...told])].map(
    (paragraph) => paragraph.join('\n'),
  )
}

function tokenized(lines: readonly Line[], { tokens }: Writing): readonly Line[] {
  return lines.map(({ text, isFlow }) => ({ text: tokens(text), isFlow }))
}

type Named = readonly [name: string, lines: readonly string[]]

function otherThreads({ section, lines }: Told, writing: Writing): readonly Named[] {
  const others = [...lines].filter(([tid, told]) => tid !== section.pid && told.length > 0)
  if (others.length === 0) return []
  if (writing.threads === 'together') {
    const all = tokenized(
      others.flatMap(([, told]) => told),
      writing,
    )
    return [['other threads, sorted', foldLines(withoutFlow(all.toSorted(byText)), writing.fold)]]
  }
  return others
    .toSorted(([one], [other]) => section.threads.indexOf(one) - section.threads.indexOf(other))
    .map(([, told], at) => [`thread ${at + 1}`, foldLines(withoutFlow(tokenized(told, writing)), writing.fold)])
}

/** The same in every language. */
function byText(one: Line, other: Line): number {
  return one.text < other.text ? -1 : one.text > other.text ? 1 : 0
}

/** Data come in as many pieces as time lets them. */
function withoutFlow(lines: readonly Line[]): readonly string[] {
  return lines.filter(({ text, isFlow }, at) => !isFlow || lines[at - 1]?.text !== text).map(({ text }) => text)
}

const longestName = 100

/** `node build.js > sh -c 'ls | wc'`: who made whom. */
function headingOf(section: Section, tokens: Writing['tokens']): string {
  const name = section.isForked ? '(fork)' : commandOf(section, tokens)
  return section.parent === undefined ? name : `${headingOf(section.parent, tokens)} > ${name}`
}

/** Cut at last: half a path would be no token. */
function commandOf({ argv }: Section, tokens: Writing['tokens']): string {
  const words = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${escaped(word)}'`))
  const command = tokens(words.join(' '))
  return command.length <= longestName ? command : `${command.slice(0, longestName)}…`
}

function escaped(word: string): string {
  return word.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\t', '\\t')
}
