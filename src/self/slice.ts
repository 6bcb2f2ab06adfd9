/** What was recorded while a function ran, out of all that was recorded. */

import { KIND, SYSCALL, GAP } from '../record/layout.ts'
import { readRecords, type RawRecord } from '../record/reader.ts'

/** Times of CLOCK_MONOTONIC, both included. */
export interface Span {
  readonly fromNs: bigint
  readonly toNs: bigint
}

/**
 * The records of what began within the span: calls by their entry, whenever they ended. What says where the records come from (the
 * session, what was attached to) is there as well.
 */
export function sliceChunk(chunk: Uint8Array, span: Span): Uint8Array {
  const parts: Uint8Array[] = []
  for (const record of readRecords(chunk)) {
    if (!isOrigin(record) && !isWithin(startOf(record), span)) continue
    parts.push(chunk.subarray(record.at, record.at + record.size))
  }
  const slice = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    slice.set(part, at)
    at += part.length
  }
  return slice
}

/** The reasons of the gaps in a chunk, as a mask with bit n set for reason n. */
export function gapsIn(chunk: Uint8Array): number {
  let mask = 0
  for (const record of readRecords(chunk)) if (record.kind === KIND.GAP) mask |= 1 << record.u32(GAP.REASON)
  return mask
}

function isOrigin({ kind }: RawRecord): boolean {
  return kind === KIND.SESSION || kind === KIND.ATTACH
}

function startOf(record: RawRecord): bigint {
  const isCall = record.kind === KIND.SYSCALL || record.kind === KIND.PENDING
  return isCall ? record.u64(SYSCALL.START_NS) : record.timeNs
}

function isWithin(timeNs: bigint, { fromNs, toNs }: Span): boolean {
  return timeNs >= fromNs && timeNs <= toNs
}
