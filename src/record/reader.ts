/**
 * Bytes -> raw records. Total: any bytes give records or one `SyscopeError` (`ERR_SYSCOPE_BAD_TRACE`), and every step
 * moves forward.
 */

import type { Abi } from '../args/arg.ts'
import { SyscopeError } from '../errors.ts'
import { parseCaptures, type TopCapture } from './captures.ts'
import * as layout from './layout.ts'

const { HEADER, KIND, SYSCALL } = layout

/** Least length of each kind of record; a kind that is not here comes from a later engine and is skipped. */
const sizes: ReadonlyMap<number, number> = new Map([
  [KIND.SESSION, layout.SESSION.SIZE_OF],
  [KIND.SYSCALL, SYSCALL.SIZE_OF],
  [KIND.PENDING, SYSCALL.SIZE_OF],
  [KIND.SIGNAL, layout.SIGNAL.SIZE_OF],
  [KIND.FORK, layout.FORK.SIZE_OF],
  [KIND.EXEC, layout.EXEC.SIZE_OF],
  [KIND.EXIT, layout.EXIT.SIZE_OF],
  [KIND.STOP, layout.STOP.SIZE_OF],
  [KIND.CONTINUE, layout.CONTINUE.SIZE_OF],
  [KIND.ATTACH, layout.ATTACH.SIZE_OF],
  [KIND.DETACH, layout.DETACH.SIZE_OF],
  [KIND.SUPERSEDED, layout.SUPERSEDED.SIZE_OF],
  [KIND.GAP, layout.GAP.SIZE_OF],
  [KIND.LEAKED, layout.LEAKED.SIZE_OF],
  [KIND.END, layout.END.SIZE_OF],
])

/** A record whose fixed part lies inside its bytes. Nothing is copied: it reads the chunk that it stands in. */
export class RawRecord {
  readonly view: DataView
  /** Where the record starts in `view`. */
  readonly at: number
  readonly kind: number
  readonly size: number

  constructor(view: DataView, at: number, kind: number, size: number) {
    this.view = view
    this.at = at
    this.kind = kind
    this.size = size
  }

  get flags(): number {
    return this.u8(HEADER.FLAGS)
  }

  get pid(): number {
    return this.u32(HEADER.PID)
  }

  get tid(): number {
    return this.u32(HEADER.TID)
  }

  get abi(): number {
    return this.u8(HEADER.ABI)
  }

  get abiName(): Abi {
    return abiName(this.abi)
  }

  /** Place in the session's total order. */
  get seq(): number {
    return this.u53(HEADER.SEQ)
  }

  /** CLOCK_MONOTONIC. */
  get timeNs(): bigint {
    return this.u64(HEADER.TIME_NS)
  }

  /** Number of the call, of a SYSCALL or PENDING record. */
  get nr(): number {
    return this.u32(SYSCALL.NR)
  }

  u8(offset: number): number {
    return this.view.getUint8(this.at + offset)
  }

  u16(offset: number): number {
    return this.view.getUint16(this.at + offset, true)
  }

  u32(offset: number): number {
    return this.view.getUint32(this.at + offset, true)
  }

  i32(offset: number): number {
    return this.view.getInt32(this.at + offset, true)
  }

  u64(offset: number): bigint {
    return this.view.getBigUint64(this.at + offset, true)
  }

  i64(offset: number): bigint {
    return this.view.getBigInt64(this.at + offset, true)
  }

  /** An unsigned counter that stays far below 2^53. */
  u53(offset: number): number {
    return this.u32(offset) + this.u32(offset + 4) * 2 ** 32
  }

  /** A signed word as a number: exact when |value| < 2^53, and never a BigInt on the way. */
  i53(offset: number): number {
    return this.u32(offset) + this.i32(offset + 4) * 2 ** 32
  }

  /** What was copied from the tracee for this record. Throws where the bytes are malformed. */
  captures(): readonly TopCapture[] {
    const from = captureOffsets.get(this.kind) ?? SYSCALL.CAPTURES
    return parseCaptures(this.view, this.at + from, this.at + this.size)
  }
}

const captureOffsets: ReadonlyMap<number, number> = new Map([
  [KIND.EXEC, layout.EXEC.CAPTURES],
  [KIND.SIGNAL, layout.SIGNAL.CAPTURES],
])

/** The records of one chunk, in the order they were written. */
export function* readRecords(bytes: Uint8Array): Generator<RawRecord, void, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  while (at < bytes.byteLength) {
    const rest = bytes.byteLength - at
    if (rest < HEADER.SIZE_OF) throw badTrace(`${rest} bytes are left at offset ${at}, too few for a record`)
    const size = view.getUint32(at + HEADER.SIZE, true)
    if (size < HEADER.SIZE_OF || size % 8 !== 0) throw badTrace(`a record of ${size} bytes at offset ${at}`)
    if (size > rest) throw badTrace(`a record of ${size} bytes at offset ${at}, where ${rest} are left`)
    const kind = view.getUint8(at + HEADER.KIND)
    const least = sizes.get(kind)
    if (least !== undefined) {
      if (size < least)
        throw badTrace(`a record of kind ${kind} and ${size} bytes at offset ${at}, which needs ${least}`)
      const record = new RawRecord(view, at, kind, size)
      if (kind === KIND.SESSION) checkVersion(record)
      yield record
    }
    at += size
  }
}

/** What is not known is taken for the common one. */
export function abiName(abi: number): Abi {
  if (abi === layout.ABI.I386) return 'i386'
  return abi === layout.ABI.X32 ? 'x32' : 'x86_64'
}

function checkVersion(record: RawRecord): void {
  const version = record.u32(layout.SESSION.VERSION)
  if (version === layout.RECORD_VERSION) return
  throw badTrace(`it has version ${version}, and this syscope reads version ${layout.RECORD_VERSION}`)
}

function badTrace(what: string): SyscopeError {
  return new SyscopeError('ERR_SYSCOPE_BAD_TRACE', `This is not a trace that can be read: ${what}.`)
}

/** Whether a result tells of it by itself: a process that was left, or a call with a rule. */
export function isNotable(record: RawRecord): boolean {
  return (
    record.kind === layout.KIND.LEAKED || (record.kind === layout.KIND.SYSCALL && record.u16(layout.SYSCALL.RULE) !== 0)
  )
}

/** As the engine numbers them. */
export const abiNumbers: Readonly<Record<Abi, number>> = {
  x86_64: layout.ABI.X86_64,
  i386: layout.ABI.I386,
  x32: layout.ABI.X32,
}
