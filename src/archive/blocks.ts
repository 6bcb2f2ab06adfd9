/** The blocks of a file, read when somebody asks. */

import { decodeChunk } from '../decode.ts'
import type { SyscopeError } from '../errors.ts'
import type { TraceEvent } from '../events.ts'
import { KIND, SESSION } from '../record/layout.ts'
import { isNotable, RawRecord, readRecords } from '../record/reader.ts'
import { decompressStart, tallyOf, unpackChunks, unpackStart } from './block.ts'
import { badTrace } from './errors.ts'
import type { TraceFile } from './file.ts'
import { SECTION, SECTION_KIND, type Section } from './format.ts'
import { contents, type Hole, type Layout } from './locate.ts'

/** Bytes of records whose events are kept, most lately asked for: as many as the engine keeps in memory of a run. */
const KEPT_BYTES = 64 * 2 ** 20

export class Blocks {
  /** With events in them, in order. The last may be one that was cut: its header tells of what is left. */
  readonly sections: readonly Section[]
  readonly #file: TraceFile
  readonly #holes: readonly Hole[]
  /** What is left of the block that was cut. */
  readonly #rest: { readonly section: Section; readonly chunks: readonly Uint8Array[] } | undefined
  /** The one asked for last is last. */
  readonly #kept = new Map<Section, readonly TraceEvent[]>()
  #keptBytes = 0

  constructor(file: TraceFile, { sections, holes, cut }: Layout) {
    this.#file = file
    this.#holes = holes
    this.#rest = cut?.kind === SECTION_KIND.BLOCK ? restOf(file, cut) : undefined
    const whole = sections.filter(({ kind }) => kind === SECTION_KIND.BLOCK)
    this.sections = this.#rest === undefined ? whole : [...whole, this.#rest.section]
  }

  /** All chunks in order. Throws ERR_SYSCOPE_BAD_TRACE at the first block that is damaged. */
  *chunks(): Generator<Uint8Array, void, undefined> {
    const [hole] = this.#holes
    for (const section of this.sections) {
      if (hole !== undefined && hole.offset < section.offset) break
      yield* this.#read(section)
    }
    if (hole !== undefined) throw this.#missing(hole)
  }

  /** CLOCK_REALTIME − CLOCK_MONOTONIC, as the first record says. Throws ERR_SYSCOPE_BAD_TRACE where its block is damaged. */
  get realtimeOffsetNs(): bigint | undefined {
    const [section] = this.sections
    const [chunk] = section === undefined ? [] : this.#read(section)
    const [first] = chunk === undefined ? [] : readRecords(chunk)
    return first?.kind === KIND.SESSION ? first.u64(SESSION.REALTIME_NS) - first.u64(SESSION.MONOTONIC_NS) : undefined
  }

  /** The records that a result tells of by themselves; blocks without any are not read. */
  notable(): readonly RawRecord[] {
    this.checkHoles()
    const found: RawRecord[] = []
    for (const section of this.sections) {
      if (section.notable === 0) continue
      for (const chunk of this.#read(section)) {
        for (const record of readRecords(chunk)) if (isNotable(record)) found.push(alone(record))
      }
    }
    return found
  }

  /** What a finished run's `events` has of a block: the same objects as last time while the block is kept. */
  eventsOf(section: Section): readonly TraceEvent[] {
    const known = this.#kept.get(section)
    if (known !== undefined) {
      this.#kept.delete(section)
      this.#kept.set(section, known)
      return known
    }
    const events: TraceEvent[] = []
    for (const chunk of this.#read(section)) {
      for (const event of decodeChunk(chunk)) if (event.type !== 'pending') events.push(event)
    }
    if (events.length !== section.events) {
      throw this.#damaged(section, `it holds ${events.length} events, not ${section.events}`)
    }
    this.#keep(section, events)
    return events
  }

  /** Throws ERR_SYSCOPE_BAD_TRACE where a part in the middle of the file is missing. */
  checkHoles(): void {
    const [hole] = this.#holes
    if (hole !== undefined) throw this.#missing(hole)
  }

  #read(section: Section): readonly Uint8Array[] {
    if (section === this.#rest?.section) return this.#rest.chunks
    const chunks = unpackChunks(contents(this.#file, section, 'the block'), section.chunks)
    if (chunks === undefined) throw this.#damaged(section, 'its chunks are not as long as it says')
    return chunks
  }

  #keep(section: Section, events: readonly TraceEvent[]): void {
    this.#kept.set(section, events)
    this.#keptBytes += section.raw
    for (const [oldest] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES || oldest === section) return
      this.#kept.delete(oldest)
      this.#keptBytes -= oldest.raw
    }
  }

  #damaged({ offset }: Section, why: string): SyscopeError {
    return badTrace(this.#file.path, `the block at offset ${offset} is damaged: ${why}`)
  }

  #missing({ offset, length }: Hole): SyscopeError {
    return badTrace(
      this.#file.path,
      `the ${length} bytes at offset ${offset} are damaged: there is no block that can be read`,
    )
  }
}

/** A record by itself: whoever keeps it does not keep its block. */
export function alone(record: RawRecord): RawRecord {
  const { view, at, size, kind } = record
  const start = view.byteOffset + at
  const copy = new DataView(view.buffer.slice(start, start + size))
  return new RawRecord(copy, 0, kind, size)
}

/** The whole records at the start of a block that was cut. Of those there is no checksum. */
function restOf(file: TraceFile, cut: Section): { section: Section; chunks: readonly Uint8Array[] } | undefined {
  const stored = file.read(cut.offset + SECTION.SIZE_OF, cut.stored)
  const chunks = unpackStart(decompressStart(stored, cut.raw), cut.chunks)
  try {
    return { section: { ...cut, ...tallyOf(chunks), chunks: chunks.length }, chunks }
  } catch {
    return undefined
  }
}
