/** Records as the engine writes them, for tests that need no engine. */

import { CAPTURE, HEADER, KIND, SYSCALL } from '../src/record/layout.ts'

export interface CaptureSpec {
  readonly key: number
  readonly phase?: 0 | 1
  readonly status?: number
  readonly bytes?: Uint8Array | string
  readonly wanted?: number
  readonly children?: readonly CaptureSpec[]
}

export interface RecordSpec {
  readonly flags?: number
  readonly abi?: number
  readonly pid?: number
  readonly tid?: number
  readonly seq?: number
  readonly timeNs?: bigint
  /** 32-bit words by offset. */
  readonly words?: Readonly<Record<number, number>>
  /** 64-bit words by offset. */
  readonly longs?: Readonly<Record<number, bigint>>
  readonly captures?: readonly CaptureSpec[]
}

export interface CallSpec extends RecordSpec {
  readonly nr: number
  readonly args?: readonly (number | bigint)[]
  readonly result?: number | bigint
  readonly startNs?: bigint
  readonly rule?: number
}

/** A record with a fixed part of `size` bytes. */
export function record(kind: number, size: number, spec: RecordSpec = {}): Uint8Array {
  const tail = join((spec.captures ?? []).map(capture))
  const bytes = new Uint8Array(size + tail.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(HEADER.SIZE, bytes.length, true)
  view.setUint8(HEADER.KIND, kind)
  view.setUint8(HEADER.FLAGS, spec.flags ?? 0)
  view.setUint8(HEADER.ABI, spec.abi ?? 0)
  view.setUint32(HEADER.PID, spec.pid ?? 7, true)
  view.setUint32(HEADER.TID, spec.tid ?? spec.pid ?? 7, true)
  view.setBigUint64(HEADER.SEQ, BigInt(spec.seq ?? 1), true)
  view.setBigUint64(HEADER.TIME_NS, spec.timeNs ?? 2000n, true)
  for (const [offset, word] of Object.entries(spec.words ?? {})) view.setInt32(Number(offset), word, true)
  for (const [offset, word] of Object.entries(spec.longs ?? {})) view.setBigInt64(Number(offset), word, true)
  bytes.set(tail, size)
  return bytes
}

/** A completed call, or with `kind` a pending one. */
export function callRecord(spec: CallSpec, kind: number = KIND.SYSCALL): Uint8Array {
  const longs: Record<number, bigint> = {
    [SYSCALL.START_NS]: spec.startNs ?? 1000n,
    [SYSCALL.RESULT]: BigInt(spec.result ?? 0),
  }
  for (const [index, word] of (spec.args ?? []).entries())
    longs[SYSCALL.ARGS + 8 * index] = BigInt.asIntN(64, BigInt(word))
  const words = { [SYSCALL.NR]: spec.nr, [SYSCALL.RULE]: spec.rule ?? 0, ...spec.words }
  return record(kind, SYSCALL.SIZE_OF, { ...spec, words, longs: { ...longs, ...spec.longs } })
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

function capture(spec: CaptureSpec): Uint8Array {
  const own = typeof spec.bytes === 'string' ? Buffer.from(spec.bytes) : (spec.bytes ?? new Uint8Array())
  const padded = Math.ceil(own.length / 8) * 8
  const children = join((spec.children ?? []).map(capture))
  const bytes = new Uint8Array(CAPTURE.SIZE_OF + padded + children.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(CAPTURE.TOTAL, bytes.length, true)
  view.setUint32(CAPTURE.LENGTH, own.length, true)
  view.setUint8(CAPTURE.KEY, spec.key)
  view.setUint8(CAPTURE.PHASE, spec.phase ?? 0)
  view.setUint8(CAPTURE.STATUS, spec.status ?? 0)
  view.setUint32(CAPTURE.WANTED, spec.wanted ?? 0, true)
  bytes.set(own, CAPTURE.SIZE_OF)
  bytes.set(children, CAPTURE.SIZE_OF + padded)
  return bytes
}
