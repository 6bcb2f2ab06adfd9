/** Where the sections of a file are: by its index, or by walking through it where that is missing. */

import { decompress } from './block.ts'
import { crc32 } from './crc32.ts'
import { badTrace } from './errors.ts'
import type { TraceFile } from './file.ts'
import {
  endOf,
  FOOTER,
  MARKER,
  PREAMBLE,
  readFooter,
  readSection,
  SECTION,
  SECTION_KIND,
  type Section,
} from './format.ts'

/** Bytes that hold no section that can be read, with sections behind them. */
export interface Hole {
  readonly offset: number
  readonly length: number
}

export interface Layout {
  /** In order, the index left out. */
  readonly sections: readonly Section[]
  readonly holes: readonly Hole[]
  /** The section that the file breaks off in. */
  readonly cut: Section | undefined
  /** Whether the file was written to its end. */
  readonly isWhole: boolean
}

const WINDOW = 2 ** 20

/** Never throws for what the file holds, only where it cannot be read. */
export function locate(file: TraceFile): Layout {
  const sections = readIndex(file)
  return sections === undefined ? walk(file) : { sections, holes: [], cut: undefined, isWhole: true }
}

/** The contents of a section. Throws ERR_SYSCOPE_BAD_TRACE with its offset where they are damaged. */
export function contents(file: TraceFile, section: Section, what: string): Uint8Array {
  const stored = file.read(section.offset + SECTION.SIZE_OF, section.stored)
  const damaged = (why: string, cause?: unknown): Error =>
    badTrace(file.path, `${what} at offset ${section.offset} is damaged: ${why}`, cause)
  if (stored.length !== section.stored) throw damaged('the file is shorter than it was')
  if (crc32(stored) !== section.crc) throw damaged('its checksum does not fit')
  try {
    return decompress(stored, section.raw)
  } catch (cause) {
    throw damaged('it cannot be decompressed', cause)
  }
}

function readIndex(file: TraceFile): readonly Section[] | undefined {
  const offset = readFooter(file.read(file.size - FOOTER.SIZE_OF, FOOTER.SIZE_OF), file.size)
  const index = offset === undefined ? undefined : headerAt(file, offset)
  if (index?.kind !== SECTION_KIND.INDEX) return undefined
  try {
    return chain(contents(file, index, 'the index'), index.offset)
  } catch {
    return undefined
  }
}

/** The sections of an index; undefined where they do not follow each other up to `end`. */
function chain(headers: Uint8Array, end: number): readonly Section[] | undefined {
  const sections: Section[] = []
  let next: number = PREAMBLE.SIZE_OF
  for (let at = 0; at < headers.length; at += SECTION.SIZE_OF) {
    const section = readSection(headers.subarray(at))
    if (section?.offset !== next || section.number !== sections.length) return undefined
    sections.push(section)
    next = endOf(section)
  }
  return next === end && sections.at(-1)?.kind === SECTION_KIND.END ? sections : undefined
}

function walk(file: TraceFile): Layout {
  const sections: Section[] = []
  const holes: Hole[] = []
  let at: number | undefined = PREAMBLE.SIZE_OF
  while (at < file.size) {
    const section: Section | undefined = headerAt(file, at)
    if (section === undefined) {
      const next = findHeader(file, at + 1)
      if (next === undefined) break
      holes.push({ offset: at, length: next - at })
      at = next
      continue
    }
    if (endOf(section) > file.size) return { sections, holes, cut: section, isWhole: false }
    sections.push(section)
    if (section.kind === SECTION_KIND.END) return { sections, holes, cut: undefined, isWhole: true }
    at = endOf(section)
  }
  return { sections, holes, cut: undefined, isWhole: false }
}

/** Headers say where they stand, so that one that stands elsewhere (in a file that a file holds) is none. */
function headerAt(file: TraceFile, offset: number): Section | undefined {
  if (offset > file.size - SECTION.SIZE_OF) return undefined
  const section = readSection(file.read(offset, SECTION.SIZE_OF))
  return section?.offset === offset ? section : undefined
}

function findHeader(file: TraceFile, from: number): number | undefined {
  for (let start = from; start < file.size; start += WINDOW) {
    // A marker may begin in one window and end in the next.
    const bytes = file.read(start, WINDOW + MARKER.length - 1)
    for (let at = bytes.indexOf(MARKER); at !== -1; at = bytes.indexOf(MARKER, at + 1)) {
      if (headerAt(file, start + at) !== undefined) return start + at
    }
  }
  return undefined
}
