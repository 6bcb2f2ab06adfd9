/** Reading saved traces. */

import { RECORD_VERSION } from '../record/layout.ts'
import { version } from '../version.ts'
import { Blocks } from './blocks.ts'
import { badTrace } from './errors.ts'
import { TraceFile } from './file.ts'
import { FORMAT_VERSION, PREAMBLE, readPreamble, SECTION_KIND, type Section } from './format.ts'
import { readHead, readOutcome, rulesOf, unknownOutcome, type Head, type Outcome } from './head.ts'
import { contents, locate, type Layout } from './locate.ts'
import { pathOf } from './save.ts'
import { Saved, type SavedTrace } from './saved.ts'

/**
 * Opens a trace that `saveTrace` wrote. Only its beginning and its index are read, whatever its length; events follow when they are
 * asked for. Works on every platform.
 *
 * Throws ERR_SYSCOPE_BAD_TRACE for a file that is no trace, is of another version or is damaged where all else depends on it, with
 * `errno` where it cannot be read. A file that breaks off is `truncated`; what is damaged further on throws
 * ERR_SYSCOPE_BAD_TRACE, with its offset, when it is asked for.
 * @example
 * const run = await loadTrace('test.trace')
 * run.truncated || run.syscalls('openat').length
 */
export async function loadTrace(path: string | URL): Promise<SavedTrace> {
  const file = new TraceFile(pathOf(path))
  try {
    checkPreamble(file)
    // The class has the type's properties, with wider types.
    return makeSaved(file, locate(file)) as object as SavedTrace
  } catch (error) {
    file.close()
    throw error
  }
}

function checkPreamble(file: TraceFile): void {
  const preamble = readPreamble(file.read(0, PREAMBLE.SIZE_OF))
  if (preamble === 'foreign') throw badTrace(file.path, 'is not a trace that syscope saved')
  if (preamble === 'damaged')
    throw badTrace(file.path, 'the bytes at offset 0 are damaged: they do not say which version it is')
  const { format, records, syscope } = preamble
  if (format === FORMAT_VERSION && records === RECORD_VERSION) return
  const ours = `${FORMAT_VERSION} with records of version ${RECORD_VERSION}`
  throw badTrace(
    file.path,
    `is of format ${format} with records of version ${records}, which syscope ${syscope} wrote and reads. This is syscope ${version}, which reads format ${ours}`,
  )
}

function makeSaved(file: TraceFile, layout: Layout): Saved {
  const head = headOf(file, layout)
  const blocks = new Blocks(file, layout)
  const counts = sectionOf(layout, SECTION_KIND.COUNTS)
  const known = layout.isWhole ? (head.outcome ?? outcomeOf(file, layout)) : undefined
  const { ending, ruleEnds } = known ?? head.outcome ?? guess(blocks)
  const { command, pid, cwd, calls } = head
  const isDoubtful = known === undefined || layout.holes.length > 0
  const doubts = { complete: false, incomplete: [...new Set([...ending.incomplete, 'unknown'] as const)] }
  const bytes = counts === undefined ? undefined : contents(file, counts, 'the table of counts')
  return new Saved({
    file,
    blocks,
    origin: head.origin,
    isTruncated: known === undefined,
    ending: { command, pid, cwd, ...ending, ...(isDoubtful ? doubts : {}) },
    records: { counts: () => bytes, calls, rules: rulesOf(head), ruleEnds },
  })
}

function headOf(file: TraceFile, layout: Layout): Head {
  const [first] = layout.sections
  if (first?.kind !== SECTION_KIND.HEAD || first.offset !== PREAMBLE.SIZE_OF) {
    const what = file.size <= PREAMBLE.SIZE_OF || layout.cut !== undefined ? 'breaks off' : 'is damaged'
    throw badTrace(file.path, `${what} at offset ${PREAMBLE.SIZE_OF}, before it says what was recorded`)
  }
  const head = readHead(contents(file, first, 'the head'))
  if (head === undefined) throw badTrace(file.path, 'its head does not say what was recorded')
  return head
}

/** What the end of the file says of the run's end; undefined where that is damaged. */
function outcomeOf(file: TraceFile, layout: Layout): Outcome | undefined {
  const end = sectionOf(layout, SECTION_KIND.END)
  try {
    return end === undefined ? undefined : readOutcome(contents(file, end, 'the end'))
  } catch {
    return undefined
  }
}

function guess(blocks: Blocks): Outcome {
  const [first] = blocks.sections
  const last = blocks.sections.at(-1)
  const durationNs = first === undefined || last === undefined ? 0n : last.lastNs - first.firstNs
  try {
    const { value } = blocks.chunks().next()
    return unknownOutcome(value ?? undefined, durationNs)
  } catch {
    // It is told when somebody asks for events.
    return unknownOutcome(undefined, durationNs)
  }
}

function sectionOf({ sections }: Layout, kind: number): Section | undefined {
  return sections.find((section) => section.kind === kind)
}
