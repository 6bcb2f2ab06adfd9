/** Pointers to single values and to arrays of them. */

import type { Amount, Captured, CaptureSpec, Cell, FieldCapture, Kind, Style, Unread } from './arg.ts'
import { addressBehind, holds, isNull, PointeeCell, pointerText, unread } from './cells.ts'

/** A value of fixed size that can lie in memory: a scalar, or a struct. */
export interface Pointee<out In> extends Kind<In, never, string> {
  /** Bytes; a scalar's width. */
  readonly size?: number
  readonly width?: 1 | 2 | 4 | 8
  /** Pointers inside it, and numbers that stand for something. */
  readonly fields?: readonly FieldCapture[]
}

/** What a struct or another value in memory reads as. */
export type ValueOf<P> = P extends Pointee<infer Value> ? Value : never

/** What is behind a pointer: `null` where the pointer is NULL. */
export type Behind<T> = T | Unread | null

export interface PointerOptions {
  /** Print the value as `[5]`, as strace does for scalars. */
  readonly indirect?: boolean
  /** Read and print it only where this says so; else the pointer itself. */
  readonly when?: (cell: Cell) => boolean
}

/** Size in memory. */
export function sizeOf(pointee: Pointee<unknown>): number {
  return pointee.size ?? pointee.width ?? 8
}

export function captureOf(pointee: Pointee<unknown>): CaptureSpec {
  const spec = { copy: 'bytes', length: sizeOf(pointee) } as const
  return pointee.fields === undefined ? spec : { ...spec, fields: pointee.fields }
}

/** A pointer to a value that goes in. */
export function pointerTo<T>(pointee: Pointee<T>, options: PointerOptions = {}): Kind<Behind<T>, never, never> {
  return {
    kind: `pointerTo(${pointee.kind})`,
    entry: captureOf(pointee),
    read: (cell) => readBehind(pointee, cell, 'entry', options),
    print: (cell, style) => printBehind(pointee, cell, 'entry', style, options),
  }
}

/** A pointer to room for a value that comes back. */
export function resultIn<T>(pointee: Pointee<T>, options: PointerOptions = {}): Kind<never, Behind<T>, never> {
  return {
    kind: `resultIn(${pointee.kind})`,
    exit: captureOf(pointee),
    late: true,
    readOut: (cell) => readBehind(pointee, cell, 'exit', options),
    print: (cell, style) => printBehind(pointee, cell, 'exit', style, options),
  }
}

/** A pointer to a value that the call changes. Text shows what went in. */
export function changed<T>(pointee: Pointee<T>): Kind<Behind<T>, Behind<T>, never> {
  return {
    kind: `changed(${pointee.kind})`,
    entry: captureOf(pointee),
    exit: captureOf(pointee),
    read: (cell) => readBehind(pointee, cell, 'entry'),
    readOut: (cell) => readBehind(pointee, cell, 'exit'),
    print: (cell, style) => printBehind(pointee, cell, 'entry', style, {}),
  }
}

/** Goes in, and is printed at the syscall-exit-stop, where strace reads nothing if the call failed. */
export function atExit<In, Refs extends string>(kind: Kind<In, never, Refs>): Kind<In, never, Refs> {
  return {
    ...kind,
    print: (cell, style) => (cell.call.finished && !cell.call.ok ? pointerText(cell) : kind.print(cell, style)),
  }
}

export function readBehind<T>(
  pointee: Pointee<T>,
  cell: Cell,
  phase: 'entry' | 'exit',
  options: PointerOptions = {},
): Behind<T> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  const isThere = holds(captured, sizeOf(pointee)) && (options.when === undefined || options.when(cell))
  if (!isThere || pointee.read === undefined) return unread(cell, captured)
  return pointee.read(new PointeeCell(cell, captured))
}

function printBehind(
  pointee: Pointee<unknown>,
  cell: Cell,
  phase: 'entry' | 'exit',
  style: Style,
  options: PointerOptions,
): string {
  const captured = cell.captured(phase)
  if (!holds(captured, sizeOf(pointee)) || (options.when !== undefined && !options.when(cell))) return pointerText(cell)
  const text = pointee.print(new PointeeCell(cell, captured), style)
  const isScalar = options.indirect ?? pointee.size === undefined
  return isScalar ? `[${text}]` : text
}

/** Most elements that are copied where no string limit is asked for: more than any kernel takes at once. */
export const MAX_ELEMENTS = 1024

export interface ArrayOptions {
  /** Bytes that the elements' buffers share: what readv(2) returned. */
  readonly budget?: Amount
  /** Bytes of the count's type: the upper half of the register of an `int` means nothing. @default 8 */
  readonly width?: 4 | 8
}

/** A pointer to elements that go in. `count`: an argument's name, `result`, or a number. */
export function arrayOf<T, const Count extends string | number>(
  element: Pointee<T>,
  count: Count,
  options: ArrayOptions = {},
): Kind<Behind<readonly T[]>, never, RefOf<Count>> {
  return {
    kind: `arrayOf(${element.kind})`,
    entry: arrayCapture(element, count, options),
    read: (cell) => readArray(element, cell, 'entry', countOf(cell, count, options)),
    print: (cell, style) => printArray(element, cell, 'entry', countOf(cell, count, options), style),
  }
}

/** A pointer to room for elements that come back. */
export function resultsIn<T, const Count extends string | number>(
  element: Pointee<T>,
  count: Count,
  options: ArrayOptions = {},
): Kind<never, Behind<readonly T[]>, RefOf<Count>> {
  return {
    kind: `resultsIn(${element.kind})`,
    exit: arrayCapture(element, count, options),
    late: true,
    readOut: (cell) => readArray(element, cell, 'exit', countOf(cell, count, options)),
    print: (cell, style) => printArray(element, cell, 'exit', countOf(cell, count, options), style),
  }
}

/** The argument that a count or length names. */
export type RefOf<Count> = Count extends 'result' ? never : Count extends string ? Count : never

function arrayCapture(element: Pointee<unknown>, count: string | number, options: ArrayOptions): CaptureSpec {
  return {
    copy: 'array',
    count: amountOf(count, options.width),
    stride: sizeOf(element),
    limit: MAX_ELEMENTS,
    ...(options.budget === undefined ? {} : { budget: options.budget }),
    ...(element.fields === undefined ? {} : { fields: element.fields }),
  }
}

export function amountOf(length: string | number, width: 4 | 8 = 8): Amount {
  if (typeof length === 'number') return length
  if (length === 'result') return 'result'
  return width === 8 ? { arg: length } : { arg: length, width }
}

function countOf(cell: Cell, count: string | number, options: ArrayOptions): number {
  return lengthOf(cell, count, options.width)
}

/** The number behind a name, as an unsigned register; the result of a call that failed is none. */
export function lengthOf(cell: Cell, length: string | number, width: 4 | 8 = 8): number {
  if (typeof length === 'number') return length
  if (length === 'result') return cell.call.ok ? cell.call.result : -1
  const { view, at } = cell.sibling(length)
  if (width === 4) return view.getUint32(at, true)
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true)
}

function readArray<T>(element: Pointee<T>, cell: Cell, phase: 'entry' | 'exit', count: number): Behind<readonly T[]> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (count === 0) return []
  if (!holds(captured, sizeOf(element))) return unread(cell, captured)
  const values: T[] = []
  for (const item of elementsOf(element, cell, captured, count)) {
    if (element.read !== undefined) values.push(element.read(item))
  }
  return values
}

/** The fields that something was copied for: what numbers stand for is copied only where somebody asked for it. */
function copiedFields({ fields = [] }: Pointee<unknown>, captured: Captured): readonly FieldCapture[] {
  const isThere = (key: number): boolean => captured.children.some((child) => child.key === key)
  return fields.filter(({ key, then }) => (then.copy !== 'fd' && then.copy !== 'pid') || isThere(key))
}

/** A cell for each whole element. */
export function elementsOf(element: Pointee<unknown>, cell: Cell, captured: Captured, count: number): readonly Cell[] {
  const stride = sizeOf(element)
  const whole = Math.min(count, Math.floor(captured.length / stride))
  const perElement = copiedFields(element, captured).length
  const cells: Cell[] = []
  for (let index = 0; index < whole; index++) {
    const children = captured.children.slice(index * perElement, (index + 1) * perElement)
    cells.push(new PointeeCell(cell, captured, index * stride, children))
  }
  return cells
}

/** An array that goes on past them is none. */
const ADDRESSES = 2 ** 64

/** strace's print_array. */
export function printArray(
  element: Pointee<unknown>,
  cell: Cell,
  phase: 'entry' | 'exit',
  count: number,
  style: Style,
  print = element.print,
): string {
  if (isNull(cell)) return 'NULL'
  if (count === 0) return '[]'
  const captured = cell.captured(phase)
  const stride = sizeOf(element)
  if (cell.view.getUint32(cell.at + 4, true) * 0x1_0000_0000 + count * stride >= ADDRESSES) return pointerText(cell)
  if (!holds(captured, stride)) return pointerText(cell)
  const most = style.abbreviate ? style.stringLimit : Infinity
  const cells = elementsOf(element, cell, captured, Math.min(count, most))
  let text = ''
  for (const item of cells) text += text === '' ? print(item, style) : `, ${print(item, style)}`
  const cut =
    Math.min(count, most) > cells.length || count > cells.length ? cutText(cell, captured, cells.length, stride) : ''
  if (cut === '') return `[${text}]`
  return text === '' ? `[${cut}]` : `[${text}, ${cut}]`
}

/** Why an array ends early: a limit, or memory that ends, with the address where it does. */
function cutText(cell: Cell, captured: Captured, shown: number, stride: number): string {
  const readable = Math.floor(captured.length / stride)
  if (readable > shown || captured.status === 'truncated') return '...'
  return `... /* ${addressBehind(cell, readable * stride)} */`
}
