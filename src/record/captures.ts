/** The bytes that the engine copied for one record: parsed where somebody asks, one level at a time. */

import { SyscopeError } from '../errors.ts'
import type { Captured, CaptureStatus } from '../args/arg.ts'
import { CAPTURE, PHASE, STATUS } from './layout.ts'

/** A capture at the top level, where one key can stand for both stops. */
export interface TopCapture extends Captured {
  readonly phase: 'entry' | 'exit'
}

const statuses: ReadonlyMap<number, CaptureStatus> = new Map([
  [STATUS.OK, 'ok'],
  [STATUS.NULL, 'null'],
  [STATUS.FAULT, 'fault'],
  [STATUS.TRUNCATED, 'truncated'],
  [STATUS.REFUSED, 'refused'],
])

class Capture implements TopCapture {
  readonly view: DataView
  readonly at: number
  readonly length: number
  readonly key: number
  readonly status: CaptureStatus
  readonly phase: 'entry' | 'exit'
  readonly wanted: number
  readonly #end: number
  #children: readonly Captured[] | undefined

  constructor(view: DataView, header: number, length: number, end: number) {
    this.view = view
    this.at = header + CAPTURE.SIZE_OF
    this.length = length
    this.#end = end
    this.key = view.getUint8(header + CAPTURE.KEY)
    this.phase = view.getUint8(header + CAPTURE.PHASE) === PHASE.EXIT ? 'exit' : 'entry'
    this.wanted = view.getUint32(header + CAPTURE.WANTED, true)
    const status = view.getUint8(header + CAPTURE.STATUS)
    const word = statuses.get(status)
    if (word === undefined) throw badCapture(`status ${status}`, header)
    this.status = word
  }

  get children(): readonly Captured[] {
    return (this.#children ??= parseCaptures(this.view, this.at + padded(this.length), this.#end))
  }
}

/** The captures between two offsets of `view`. Both lie inside it. */
export function parseCaptures(view: DataView, start: number, end: number): readonly TopCapture[] {
  const found: TopCapture[] = []
  let at = start
  while (at < end) {
    if (end - at < CAPTURE.SIZE_OF) throw badCapture(`only ${end - at} bytes`, at)
    const total = view.getUint32(at + CAPTURE.TOTAL, true)
    const length = view.getUint32(at + CAPTURE.LENGTH, true)
    if (total < CAPTURE.SIZE_OF + padded(length) || total > end - at || total % 8 !== 0) {
      throw badCapture(`${total} bytes for ${length}`, at)
    }
    found.push(new Capture(view, at, length, at + total))
    at += total
  }
  return found
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8
}

function badCapture(what: string, at: number): SyscopeError {
  return new SyscopeError(
    'ERR_SYSCOPE_BAD_TRACE',
    `This is not a trace that can be read: a capture with ${what} at offset ${at}.`,
  )
}
