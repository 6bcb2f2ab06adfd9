/**
 * What text needs to see of an event beyond its public properties. The classes behind the public events implement
 * `[textSource]`; nothing is decoded by asking for it.
 */

import type { CallView, Captured, Cell, Kind, ReturnKind } from '../args/arg.ts'

/** Method of every event class: the record behind the event. A symbol, so that users do not meet it. */
export const textSource: unique symbol = Symbol.for('syscope.textSource')

/** A row of the table, as far as text reads it. */
export interface TextRow {
  readonly name: string
  readonly returns: ReturnKind
  /** In the order of the registers. */
  readonly args: readonly (readonly [name: string, kind: Kind])[]
  /** The order of the text, where it is another. */
  readonly textOrder?: readonly string[]
  /** Arguments are named with and without -N. */
  readonly alwaysNamed?: true
}

/** One record, and for a system call what is needed to print it. */
export interface TextSource {
  /** The view that holds the record. */
  readonly view: DataView
  /** Where the record starts in `view`. */
  readonly at: number
  /** Of a completed or pending call. */
  readonly call?: TextCall
  /** What threads call themselves, with `decodePids`: THREAD_NAME or SENDER_NAME of CAPTURE_KEY. */
  name?(key: number): Captured | undefined
}

export interface TextCall {
  /** As the table spells it; `syscall_0x1f4` for a number without a row. */
  readonly name: string
  readonly row: TextRow | undefined
  readonly call: CallView
  /** One per argument of the row, in order; empty without a row. */
  readonly cells: readonly Cell[]
  /** The call that a restart_syscall(2) goes on with, where it is known. */
  readonly resumedName?: string | undefined
  /** What the result stands for: a descriptor's link, the name of a process (as `Cell.resolved()`). */
  resolved(): Captured | undefined
}

/** An event, as text takes it. */
export interface TextEvent {
  [textSource](): TextSource
}
