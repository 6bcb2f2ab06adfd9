/** Cells inside captured bytes, and what a pointer's cell says where nothing could be read. */

import { Unread, type CallView, type Captured, type Cell } from './arg.ts'
import { addressText, isZero64 } from './numbers.ts'

/** Offset of a field, by its name. */
export type Offsets = Readonly<Record<string, number>>

/** A field of captured bytes. What its pointer points to was captured with its struct, at the same stop. */
export class FieldCell implements Cell {
  readonly call: CallView
  readonly view: DataView
  readonly at: number
  readonly #struct: StructView
  readonly #key: number

  constructor(struct: StructView, offset: number, key: number) {
    this.call = struct.call
    this.view = struct.view
    this.at = struct.at + offset
    this.#struct = struct
    this.#key = key
  }

  sibling(name: string): Cell {
    const offset = this.#struct.offsets[name]
    if (offset === undefined) throw new Error(`this struct has no field ${name}`)
    return new FieldCell(this.#struct, offset, -1)
  }

  captured(): Captured | undefined {
    return this.#struct.children.find((child) => child.key === this.#key)
  }

  resolved(): Captured | undefined {
    return this.captured()
  }
}

/** Where a struct lies, and the captures that belong to it. */
export interface StructView {
  readonly call: CallView
  readonly view: DataView
  readonly at: number
  /** Bytes of it that were read. */
  readonly length: number
  readonly offsets: Offsets
  readonly children: readonly Captured[]
}

/** The whole of a capture, as the cell of a value that is not a pointer. */
export class PointeeCell implements Cell {
  readonly call: CallView
  readonly view: DataView
  readonly at: number
  readonly length: number
  readonly children: readonly Captured[]
  readonly #pointer: Cell

  constructor(pointer: Cell, captured: Captured, offset = 0, children = captured.children) {
    this.call = pointer.call
    this.view = captured.view
    this.at = captured.at + offset
    this.length = captured.length - offset
    this.children = children
    this.#pointer = pointer
  }

  /** Seen from the pointer: an element's count is the array's sibling. */
  sibling(name: string): Cell {
    return this.#pointer.sibling(name)
  }

  captured(): Captured | undefined {
    return undefined
  }

  /** Of a scalar, which has one child at most. */
  resolved(): Captured | undefined {
    return this.children[0]
  }
}

/** A value at an offset inside another cell's value. */
export class InsideCell implements Cell {
  readonly call: CallView
  readonly view: DataView
  readonly at: number
  readonly #outer: Cell

  constructor(outer: Cell, offset: number) {
    this.call = outer.call
    this.view = outer.view
    this.at = outer.at + offset
    this.#outer = outer
  }

  sibling(name: string): Cell {
    return this.#outer.sibling(name)
  }

  captured(): Captured | undefined {
    return undefined
  }

  resolved(): Captured | undefined {
    return undefined
  }
}

/** Bytes that were taken out of a capture, or put together from it, as a cell. */
export function cellOfBytes(pointer: Cell, bytes: Uint8Array): PointeeCell {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return new PointeeCell(pointer, {
    status: 'ok',
    view,
    at: 0,
    length: bytes.length,
    wanted: bytes.length,
    children: [],
    key: -1,
  })
}

/** How many bytes a cell may be read for; registers have eight. */
export function cellLength(cell: Cell): number {
  return cell instanceof PointeeCell ? cell.length : 8
}

export function childrenOf(cell: Cell): readonly Captured[] {
  return cell instanceof PointeeCell ? cell.children : []
}

export function pointerText(cell: Cell): string {
  return addressText(cell.view, cell.at)
}

/** The address `offset` bytes behind where a pointer points to. */
export function addressBehind(cell: Cell, offset: number): string {
  return `0x${(cell.view.getBigUint64(cell.at, true) + BigInt(offset)).toString(16)}`
}

export function isNull(cell: Cell): boolean {
  return isZero64(cell.view, cell.at)
}

/** Why a pointer's bytes are not there. */
export function unread(cell: Cell, captured: Captured | undefined): Unread {
  return new Unread(cell.view.getBigUint64(cell.at, true), captured?.status === 'refused' ? 'EPERM' : 'EFAULT')
}

export function bytesOf(captured: Captured): Uint8Array {
  return new Uint8Array(captured.view.buffer, captured.view.byteOffset + captured.at, captured.length)
}

/** Whether at least `size` bytes were copied. */
export function holds(captured: Captured | undefined, size: number): captured is Captured {
  return (
    captured !== undefined && captured.status !== 'null' && captured.status !== 'refused' && captured.length >= size
  )
}

/** Whether a string was read up to its NUL, or to the limit. */
export function holdsString(captured: Captured | undefined): captured is Captured {
  return captured?.status === 'ok' || captured?.status === 'truncated'
}

/** The first `length` bytes of a capture, with zeros behind them up to `size`: a struct that was shorter once. */
export function padded(captured: Captured, length: number, size: number): Captured {
  const bytes = new Uint8Array(size)
  bytes.set(bytesOf(captured).subarray(0, Math.min(length, size)))
  // Named one by one: a capture that is read from a record has them from its class, which `...` does not copy.
  const { status, wanted, children, key } = captured
  return { status, view: new DataView(bytes.buffer), at: 0, length: size, wanted, children, key }
}
