/** The fields of a record that text reads itself (record layout: src/record). */

import { HEADER, SYSCALL } from '../record/layout.ts'
import type { TextSource } from './source.ts'

export function recordKind(source: TextSource): number {
  return source.view.getUint8(source.at + HEADER.KIND)
}

export function recordFlags(source: TextSource): number {
  return source.view.getUint8(source.at + HEADER.FLAGS)
}

/** Process id (thread group). */
export function recordPid(source: TextSource): number {
  return source.view.getUint32(source.at + HEADER.PID, true)
}

export function recordTid(source: TextSource): number {
  return source.view.getUint32(source.at + HEADER.TID, true)
}

/** Place in the order of the session: for a completed call that of its completion. Exact below 2^53. */
export function recordSeq(source: TextSource): number {
  return readCount(source, HEADER.SEQ)
}

export function recordTimeNs(source: TextSource): bigint {
  return source.view.getBigUint64(source.at + HEADER.TIME_NS, true)
}

/** Place of a call's syscall-entry-stop. */
export function callEntrySeq(source: TextSource): number {
  return readCount(source, SYSCALL.ENTRY_SEQ)
}

export function callStartNs(source: TextSource): bigint {
  return source.view.getBigUint64(source.at + SYSCALL.START_NS, true)
}

export function callNumber(source: TextSource): number {
  return source.view.getUint32(source.at + SYSCALL.NR, true)
}

/** What a rule did: bits of DEED. */
export function callDeeds(source: TextSource): number {
  return source.view.getUint16(source.at + SYSCALL.DEEDS, true)
}

/** The word in register `index`, as the kernel got it. */
export function callWord(source: TextSource, index: number): bigint {
  return source.view.getBigUint64(source.at + SYSCALL.ARGS + 8 * index, true)
}

/** Raw result, exact where it fits in 53 bits; use `callResultWord` for addresses. */
export function callResult(source: TextSource): number {
  const low = source.view.getUint32(source.at + SYSCALL.RESULT, true)
  const high = source.view.getInt32(source.at + SYSCALL.RESULT + 4, true)
  return high * 0x1_0000_0000 + low
}

export function callResultWord(source: TextSource): bigint {
  return source.view.getBigInt64(source.at + SYSCALL.RESULT, true)
}

/** The word at `offset` of a record's own part, behind the header. */
export function recordWord(source: TextSource, offset: number): number {
  return source.view.getUint32(source.at + offset, true)
}

function readCount(source: TextSource, offset: number): number {
  const low = source.view.getUint32(source.at + offset, true)
  return source.view.getUint32(source.at + offset + 4, true) * 0x1_0000_0000 + low
}
