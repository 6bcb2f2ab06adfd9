/** union bpf_attr: a struct for each command of bpf(2), as long as the caller's kernel headers know it. */

import type { Captured, Cell, FieldCapture, Kind, Style } from '../arg.ts'
import { bytesOf, holds, InsideCell, isNull, pointerText, padded, PointeeCell, unread } from '../cells.ts'
import { lowOf } from '../flags.ts'
import { sizeOf, type Behind } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'
import type { Scalar } from '../scalar.ts'
import type { FieldOptions, Struct } from '../struct.ts'

/** The kernel takes no more than a page, and strace shows no more. */
const MOST = 4096

const sizeOfCall = (cell: Cell): number => lowOf(cell.call.arg('size'), 4)

/** A field that strace shows where the caller's struct is longer than that. */
export function since(offset: number, when: (cell: Cell) => boolean = () => true): FieldOptions {
  return { when: (cell) => sizeOfCall(cell) > offset && when(cell) }
}

export interface AttributeOptions<Out> {
  /** Name of the only member, which holds the fields. */
  readonly inside?: string
  /** Fields that strace shows as they are after the call, behind the others. */
  readonly after?: Struct<unknown>
  /** What comes back. */
  readonly out?: Struct<Out>
  /** Whether text needs the syscall-exit-stop, where something comes back. */
  readonly late?: (cell: Cell) => boolean
  /** Bytes that are known; by default all that the structs have. */
  readonly known?: (cell: Cell) => number
  /** Text behind the whole. */
  readonly behind?: (before: Cell, after: Cell, style: Style) => string
}

/** The attributes of one command. */
export function attribute<In, Out = never>(
  fields: Struct<In>,
  options: AttributeOptions<Out> = {},
): Kind<Behind<In>, [Out] extends [never] ? never : Behind<Out>, 'size'> {
  const { inside, after, out, late, behind } = options
  const whole = Math.max(fields.size, after?.size ?? 0)
  const { known = () => whole } = options
  const comesBack = after ?? out
  const made: Kind<unknown, unknown, string> = {
    kind: 'bpfAttribute',
    entry: capture(fields.fields),
    ...(comesBack === undefined ? {} : { exit: capture(comesBack.fields), exitAfter: 'any', late: late ?? isShown }),
    read: (cell) => {
      const found = attributeCell(cell, 'entry', whole)
      return found === undefined || fields.read === undefined ? nothing(cell, 'entry') : fields.read(found)
    },
    ...(out === undefined
      ? {}
      : {
          readOut: (cell: Cell) => {
            const found = attributeCell(cell, 'exit', whole)
            return found === undefined || out.read === undefined ? nothing(cell, 'exit') : out.read(found)
          },
        }),
    print: (cell, style) => {
      const before = attributeCell(cell, 'entry', whole)
      if (before === undefined) return pointerText(cell)
      // Nothing is copied after calls that were denied.
      const last = attributeCell(cell, 'exit', whole) ?? attributeCell(cell, 'entry', whole, []) ?? before
      const head = fields.print(before, style).slice(1, -1)
      const tail = after === undefined ? '' : after.print(last, style).slice(1, -1)
      const text = head === '' || tail === '' ? head + tail : `${head}, ${tail}`
      const extra = extraText(cell, known(before), style)
      const shown = inside === undefined ? `{${text}${extra}}` : `{${inside}={${text}}${extra}}`
      return behind === undefined ? shown : shown + behind(before, last, style)
    },
  }
  // What the two structs read.
  return made as Kind<Behind<In>, [Out] extends [never] ? never : Behind<Out>, 'size'>
}

function capture(fields: readonly FieldCapture[] | undefined): NonNullable<Kind['entry']> {
  const spec = { copy: 'bytes', length: { arg: 'size', width: 4 }, limit: MOST } as const
  return fields === undefined ? spec : { ...spec, fields }
}

/** Whether strace shows the struct, and not its address. */
function isShown(cell: Cell): boolean {
  const size = sizeOfCall(cell)
  return size > 0 && size <= MOST && holds(cell.captured('entry'), size)
}

/** `children`: nothing where the fields of another struct were followed. */
function attributeCell(
  cell: Cell,
  phase: 'entry' | 'exit',
  whole: number,
  children?: readonly Captured[],
): PointeeCell | undefined {
  const captured = cell.captured(phase)
  const size = sizeOfCall(cell)
  if (size === 0 || size > MOST || !holds(captured, size)) return undefined
  return new PointeeCell(cell, padded(captured, size, whole), 0, children)
}

function nothing(cell: Cell, phase: 'entry' | 'exit'): unknown {
  return isNull(cell) ? null : unread(cell, cell.captured(phase))
}

/** Bytes that no field is known for, where one of them is set. */
function extraText(cell: Cell, known: number, style: Style): string {
  const captured: Captured | undefined = cell.captured('entry')
  const extra = captured === undefined ? new Uint8Array(0) : bytesOf(captured).subarray(known)
  if (extra.every((byte) => byte === 0)) return ''
  if (style.abbreviate) return ', ...'
  return `, extra_data=${quoteBytes(extra, 'all')} /* bytes ${known}..${known + extra.length - 1} */`
}

/** The same place of the attributes at the end of the call, and at its start. */
function elsewhere(cell: Cell, at: number, size: number, phase: 'entry' | 'exit'): Cell | undefined {
  const pointer = cell.call.arg('attr')
  const found = attributeCell(pointer, phase, at + size)
  return found === undefined ? undefined : new InsideCell(found, at)
}

/** A number that strace shows as the call left it. */
export function written<T>(at: number, kind: Scalar<T>): Scalar<T> {
  return { ...kind, print: (cell, style) => kind.print(elsewhere(cell, at, sizeOf(kind), 'exit') ?? cell, style) }
}

/** A number of which strace shows what it was and, where it changed, what it became. */
export function changing<T>(at: number, kind: Scalar<T>): Scalar<T> {
  const textOf = (cell: Cell, phase: 'entry' | 'exit', style: Style): string =>
    kind.print(elsewhere(cell, at, sizeOf(kind), phase) ?? cell, style)
  return {
    ...kind,
    print: (cell, style) => {
      const before = textOf(cell, 'entry', style)
      const after = textOf(cell, 'exit', style)
      return before === after ? before : `${before} => ${after}`
    },
  }
}
