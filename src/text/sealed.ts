/**
 * Calls whose structures nobody wants to see (strace -e verbose=): pointers lead nowhere, so that kinds print addresses,
 * as they do where nothing could be read. strace shows strings all the same.
 */

import type { Abi, CallView, Captured, Cell, Kind } from '../args/arg.ts'

const strings: ReadonlySet<string> = new Set([
  'path',
  'optionalPath',
  'text',
  'bytesIn',
  'bytesOut',
  'cwdOut',
  'linkOut',
  'taskName',
  'taskNameOut',
  'xattrIn',
  'xattrOut',
  'xattrList',
])

/** The cell of an argument of this kind. */
export function sealed(cell: Cell, kind: Kind): Cell {
  return strings.has((kind.choose?.(cell) ?? kind).kind) ? cell : new SealedCell(cell, () => {})
}

/** For results that look at arguments again. */
export class SealedCall implements CallView {
  readonly abi: Abi
  readonly finished: boolean
  readonly ok: boolean
  readonly result: number
  /** Somebody wanted to see what is behind a pointer. */
  wasAsked = false
  readonly #call: CallView

  constructor(call: CallView) {
    this.abi = call.abi
    this.finished = call.finished
    this.ok = call.ok
    this.result = call.result
    this.#call = call
  }

  arg(name: string): Cell {
    return new SealedCell(this.#call.arg(name), () => {
      this.wasAsked = true
    })
  }
}

class SealedCell implements Cell {
  readonly view: DataView
  readonly at: number
  readonly call: CallView
  readonly #cell: Cell
  readonly #onAsked: () => void

  constructor(cell: Cell, onAsked: () => void) {
    this.view = cell.view
    this.at = cell.at
    this.call = cell.call
    this.#cell = cell
    this.#onAsked = onAsked
  }

  sibling(name: string): Cell {
    return new SealedCell(this.#cell.sibling(name), this.#onAsked)
  }

  captured(): undefined {
    this.#onAsked()
  }

  resolved(): Captured | undefined {
    return this.#cell.resolved()
  }
}
