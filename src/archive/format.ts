/**
 * The file of a saved trace, little-endian:
 *
 *     preamble                                   24 bytes: magic, versions, who wrote it
 *     section: head                              JSON: host, command, filter, rules; how the run ended if that was known
 *     section: block, block, …                   chunks of records (src/record/layout.ts), about a MiB each
 *     section: counts                            only of runs that counted their calls
 *     section: end                               JSON: how the run ended, if that was not known at first
 *     section: index                             the headers of all sections before it
 *     footer                                     32 bytes: where the index is
 *
 * A section is a header of 80 bytes and bytes that brotli has compressed. Headers have a checksum and tell their own place in the
 * file, so that they are found again where there is no index; contents have a checksum of their own.
 */

import { HEADER } from '../record/layout.ts'
import { crc32 } from './crc32.ts'

/** What this syscope writes, and the only one that it reads. */
export const FORMAT_VERSION = 1

/** As PNG's: no text, and changed by whoever converts line ends. `\x89SCOP\r\n\x1a` */
export const MAGIC = Uint8Array.of(0x89, 0x53, 0x43, 0x4f, 0x50, 0x0d, 0x0a, 0x1a)

/** Versions are u16. Its shape stays the same in all versions. */
export const PREAMBLE = { FORMAT: 8, RECORDS: 10, MAJOR: 12, MINOR: 14, PATCH: 16, CRC: 20, SIZE_OF: 24 } as const

/** Section headers and the footer begin with it; the kind follows. */
export const MARKER = Uint8Array.of(0x1e, 0x89, 0x73, 0x63, 0x6f, 0x70, 0x65)

export const SECTION_KIND = { HEAD: 1, BLOCK: 2, COUNTS: 3, END: 4, INDEX: 5, FOOTER: 6 } as const

export const SECTION = {
  KIND: 7,
  OFFSET: 8,
  NUMBER: 16,
  STORED: 20,
  RAW: 24,
  CRC: 28,
  RECORDS: 32,
  EVENTS: 36,
  NOTABLE: 40,
  CHUNKS: 44,
  FIRST_SEQ: 48,
  FIRST_NS: 56,
  LAST_NS: 64,
  HEADER_CRC: 76,
  SIZE_OF: 80,
} as const

export const FOOTER = { KIND: 7, INDEX: 8, LENGTH: 16, CRC: 28, SIZE_OF: 32 } as const

/** Most bytes of one section when it is not compressed. */
export const MOST_RAW = 2 ** 30

/** What a block's header tells of its records. */
export interface BlockTally {
  /** How many. */
  readonly records: number
  /** Those among them that `events` has: neither calls that were only announced, nor the session's own. */
  readonly events: number
  /** Processes that were left, and calls with a rule. */
  readonly notable: number
  /** Number of the first one in the run. */
  readonly firstSeq: number
  /** CLOCK_MONOTONIC of the first record, in nanoseconds. */
  readonly firstNs: bigint
  /** CLOCK_MONOTONIC of the last record. */
  readonly lastNs: bigint
}

/** The header of a section. */
export interface Section extends BlockTally {
  readonly kind: number
  /** Where the header stands in the file. */
  readonly offset: number
  /** Sections are counted from 0. */
  readonly number: number
  /** Bytes behind the header. */
  readonly stored: number
  /** Bytes that they stand for. */
  readonly raw: number
  /** CRC-32 of the stored bytes. */
  readonly crc: number
  /** Into which the records came from the engine. */
  readonly chunks: number
}

export interface Preamble {
  readonly format: number
  readonly records: number
  /** Version of the syscope that wrote the file: `0.1.0`. */
  readonly syscope: string
}

/** Where the section after this one begins. */
export function endOf({ offset, stored }: Pick<Section, 'offset' | 'stored'>): number {
  return offset + SECTION.SIZE_OF + stored
}

export function writePreamble({ format, records, syscope }: Preamble): Uint8Array {
  const bytes = new Uint8Array(PREAMBLE.SIZE_OF)
  const view = viewOf(bytes)
  const [major = 0, minor = 0, patch = 0] = syscope.split(/[.+-]/).map(Number)
  bytes.set(MAGIC)
  view.setUint16(PREAMBLE.FORMAT, format, true)
  view.setUint16(PREAMBLE.RECORDS, records, true)
  view.setUint16(PREAMBLE.MAJOR, major, true)
  view.setUint16(PREAMBLE.MINOR, minor, true)
  view.setUint16(PREAMBLE.PATCH, patch, true)
  seal(bytes, PREAMBLE.CRC)
  return bytes
}

/** `'foreign'`: of another kind of file; `'damaged'`: the checksum does not fit. */
export function readPreamble(bytes: Uint8Array): Preamble | 'foreign' | 'damaged' {
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) return 'foreign'
  if (bytes.length < PREAMBLE.SIZE_OF || !isSealed(bytes, PREAMBLE.CRC)) return 'damaged'
  const view = viewOf(bytes)
  const [major, minor, patch] = [PREAMBLE.MAJOR, PREAMBLE.MINOR, PREAMBLE.PATCH].map((at) => view.getUint16(at, true))
  return {
    format: view.getUint16(PREAMBLE.FORMAT, true),
    records: view.getUint16(PREAMBLE.RECORDS, true),
    syscope: `${major}.${minor}.${patch}`,
  }
}

export function writeSection(section: Section): Uint8Array {
  const bytes = new Uint8Array(SECTION.SIZE_OF)
  const view = viewOf(bytes)
  bytes.set(MARKER)
  view.setUint8(SECTION.KIND, section.kind)
  view.setBigUint64(SECTION.OFFSET, BigInt(section.offset), true)
  view.setUint32(SECTION.NUMBER, section.number, true)
  view.setUint32(SECTION.STORED, section.stored, true)
  view.setUint32(SECTION.RAW, section.raw, true)
  view.setUint32(SECTION.CRC, section.crc, true)
  view.setUint32(SECTION.RECORDS, section.records, true)
  view.setUint32(SECTION.EVENTS, section.events, true)
  view.setUint32(SECTION.NOTABLE, section.notable, true)
  view.setUint32(SECTION.CHUNKS, section.chunks, true)
  view.setBigUint64(SECTION.FIRST_SEQ, BigInt(section.firstSeq), true)
  view.setBigUint64(SECTION.FIRST_NS, section.firstNs, true)
  view.setBigUint64(SECTION.LAST_NS, section.lastNs, true)
  seal(bytes, SECTION.HEADER_CRC)
  return bytes
}

/** The header that these bytes begin with; undefined where they begin with none, or with a damaged one. */
export function readSection(bytes: Uint8Array): Section | undefined {
  if (bytes.length < SECTION.SIZE_OF || !hasMarker(bytes)) return undefined
  const header = bytes.subarray(0, SECTION.SIZE_OF)
  if (!isSealed(header, SECTION.HEADER_CRC)) return undefined
  const view = viewOf(header)
  const raw = view.getUint32(SECTION.RAW, true)
  const stored = view.getUint32(SECTION.STORED, true)
  // Brotli adds a few bytes to what it cannot make shorter.
  if (raw > MOST_RAW || stored > 2 * MOST_RAW) return undefined
  const events = view.getUint32(SECTION.EVENTS, true)
  // Whoever asks for all events makes an array of as many.
  if (events * HEADER.SIZE_OF > raw) return undefined
  return {
    kind: view.getUint8(SECTION.KIND),
    offset: Number(view.getBigUint64(SECTION.OFFSET, true)),
    number: view.getUint32(SECTION.NUMBER, true),
    stored,
    raw,
    crc: view.getUint32(SECTION.CRC, true),
    records: view.getUint32(SECTION.RECORDS, true),
    events,
    notable: view.getUint32(SECTION.NOTABLE, true),
    chunks: view.getUint32(SECTION.CHUNKS, true),
    firstSeq: Number(view.getBigUint64(SECTION.FIRST_SEQ, true)),
    firstNs: view.getBigUint64(SECTION.FIRST_NS, true),
    lastNs: view.getBigUint64(SECTION.LAST_NS, true),
  }
}

/** `length`: of the whole file. */
export function writeFooter(index: number, length: number): Uint8Array {
  const bytes = new Uint8Array(FOOTER.SIZE_OF)
  const view = viewOf(bytes)
  bytes.set(MARKER)
  view.setUint8(FOOTER.KIND, SECTION_KIND.FOOTER)
  view.setBigUint64(FOOTER.INDEX, BigInt(index), true)
  view.setBigUint64(FOOTER.LENGTH, BigInt(length), true)
  seal(bytes, FOOTER.CRC)
  return bytes
}

/** Where the index is; undefined where these bytes are not the footer of a file of this length. */
export function readFooter(bytes: Uint8Array, length: number): number | undefined {
  if (bytes.length !== FOOTER.SIZE_OF || !hasMarker(bytes) || bytes[FOOTER.KIND] !== SECTION_KIND.FOOTER) {
    return undefined
  }
  const view = viewOf(bytes)
  if (!isSealed(bytes, FOOTER.CRC) || view.getBigUint64(FOOTER.LENGTH, true) !== BigInt(length)) return undefined
  return Number(view.getBigUint64(FOOTER.INDEX, true))
}

function hasMarker(bytes: Uint8Array): boolean {
  return MARKER.every((byte, index) => bytes[index] === byte)
}

/** The checksum is of all that stands before it. */
function seal(bytes: Uint8Array, at: number): void {
  viewOf(bytes).setUint32(at, crc32(bytes.subarray(0, at)), true)
}

function isSealed(bytes: Uint8Array, at: number): boolean {
  return viewOf(bytes).getUint32(at, true) === crc32(bytes.subarray(0, at))
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
