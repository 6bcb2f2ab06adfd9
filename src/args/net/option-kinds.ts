/** What an option of a socket can be: how many of its bytes matter, its value, and its text. */

import type { CaptureSpec, Style } from '../arg.ts'
import { cellOfBytes, InsideCell, type PointeeCell } from '../cells.ts'
import { rawBytes } from './inet.ts'
import { sizeOf, type Pointee } from '../pointer.ts'
import { hexBytes } from '../quote.ts'
import type { Scalar } from '../scalar.ts'
import type { Struct } from '../struct.ts'

/** An option of one call. */
export interface Option {
  /** Its bytes, as many as were read. */
  readonly cell: PointeeCell
  /** Its size, as the call says it. */
  readonly length: number
  /** `entry`: setsockopt(2), `exit`: getsockopt(2). */
  readonly phase: 'entry' | 'exit'
}

type Bytes = CaptureSpec & { readonly copy: 'bytes' }

export interface OptionKind<out T = unknown> {
  /** What to copy, given all of the option's bytes. */
  readonly capture: (whole: Bytes) => CaptureSpec
  /** Nothing where it is not such a value; then it is a number or bytes, as any option. */
  readonly read: (option: Option) => T | undefined
  /** Nothing where strace shows the address. Without it the text is that of a number or of bytes. */
  readonly print?: (option: Option, style: Style) => string | undefined
}

function fieldsOf({ fields }: Pointee<unknown>): Pick<Bytes, 'fields'> {
  return fields === undefined ? {} : { fields }
}

/** Enough for any number, and for what is shown in the place of one. */
const SHORT = 64

/** strace's hexadecimal string for what has the wrong size, which may be negative: then it is as large as can be. */
function wrongSizeText({ cell, length }: Option, style: Style): string | undefined {
  const size = length >>> 0
  const shown = Math.min(size, SHORT, style.stringLimit)
  if (cell.length < shown) return undefined
  return `"${hexBytes(rawBytes(cell, shown))}"${size > shown ? '...' : ''}`
}

interface NumberOptions {
  /** strace shows bytes where the size is any other. */
  readonly exactly?: true
  /** strace shows the address of what is too short; by default that of setsockopt(2) only, and bytes of getsockopt(2). */
  readonly fewAddress?: true
  /** strace does not look at the size. */
  readonly anySize?: true
}

/** A number: `[5]`. */
export function numberOption<T>(number: Scalar<T> & Pointee<T>, options: NumberOptions = {}): OptionKind<T> {
  const size = number.width
  const isMeant = (length: number): boolean =>
    options.anySize === true || (options.exactly === true ? length === size : length >= size)
  return {
    capture: (whole) => ({
      ...whole,
      ...(options.anySize === true ? { length: size } : {}),
      ...fieldsOf(number),
      limit: SHORT,
    }),
    read: ({ cell, length }) => (isMeant(length) && cell.length >= size ? number.read?.(cell) : undefined),
    print: (option, style) => {
      const { cell, length, phase } = option
      if (isMeant(length)) return cell.length >= size ? `[${number.print(cell, style)}]` : undefined
      const isAddress = options.exactly !== true && (phase === 'entry' || options.fewAddress === true)
      return isAddress ? undefined : wrongSizeText(option, style)
    },
  }
}

/** A struct. `exactly`: of no other size. */
export function structOption<T>(whole: Pointee<T>, exactly = false): OptionKind<T> {
  const size = sizeOf(whole)
  const isThere = ({ cell, length }: Option): boolean =>
    cell.length >= size && (exactly ? length === size : length >= size)
  return {
    capture: (spec) => ({ ...spec, ...fieldsOf(whole), limit: size }),
    read: (option) => (isThere(option) ? whole.read?.(option.cell) : undefined),
    print: (option, style) => (isThere(option) ? whole.print(option.cell, style) : undefined),
  }
}

/** A struct that strace shows as bytes. */
export function bytesOption<T>(whole: Struct<T>): OptionKind<T> {
  return {
    // All of it for the value, and what the text wants.
    capture: (spec) => ({ ...spec, limit: 'data', header: whole.size }),
    read: ({ cell, length }) => (length === whole.size && cell.length >= length ? whole.read?.(cell) : undefined),
  }
}

/** A struct of which strace takes any part; `fill` stands for the bytes that are missing. */
export function partOption<T>(whole: Struct<T>, fill = 0): OptionKind<T> {
  const filled = ({ cell, length }: Option): PointeeCell | undefined => {
    if (length <= 0 || cell.length < Math.min(length, whole.size)) return undefined
    const bytes = new Uint8Array(whole.size).fill(fill)
    bytes.set(rawBytes(cell, Math.min(cell.length, whole.size)))
    return cellOfBytes(cell, bytes)
  }
  return {
    capture: (spec) => ({ ...spec, limit: whole.size }),
    read: (option) => {
      const found = filled(option)
      return found === undefined ? undefined : whole.read?.(found)
    },
    print: (option, style) => {
      const found = filled(option)
      return found === undefined ? undefined : whole.print(found, style)
    },
  }
}

/** Fields that follow each other; getsockopt(2) fills as many of them as there is room for. */
export function roomOption<T>(whole: Struct<T>, names: readonly string[], field: Scalar<unknown>): OptionKind<T> {
  const { size } = whole
  const memberText = (cell: PointeeCell, name: string, at: number, style: Style): string => {
    const part = new InsideCell(cell, at)
    const left = cell.length - at
    return `${name}=${left < field.width ? `"${hexBytes(rawBytes(part, left))}"` : field.print(part, style)}`
  }
  return {
    capture: (spec) => ({ ...spec, ...fieldsOf(whole), limit: size }),
    read: ({ cell }) => (cell.length >= size ? whole.read?.(cell) : undefined),
    print: ({ cell, length }, style) => {
      if (cell.length < Math.min(length, size)) return undefined
      if (cell.length >= size) return whole.print(cell, style)
      const filled = names.slice(0, Math.ceil(cell.length / field.width))
      return `{${filled.map((name, index) => memberText(cell, name, index * field.width, style)).join(', ')}}`
    },
  }
}

interface ArrayOptions {
  /** The length of the option is a number of elements, not of bytes. */
  readonly counted?: true
  /** strace shows them with -v only. */
  readonly verbose?: true
}

/** As many values as there is room for, up to `most`. */
export function arrayOption<T>(
  element: Pointee<T>,
  most: number,
  { counted, verbose }: ArrayOptions = {},
): OptionKind<readonly T[]> {
  const size = sizeOf(element)
  const partsOf = (cell: PointeeCell): readonly InsideCell[] =>
    Array.from({ length: Math.floor(cell.length / size) }, (_, index) => new InsideCell(cell, index * size))
  return {
    capture: (spec) => ({ ...spec, ...(counted === true ? { scale: size } : {}), limit: most * size }),
    read: ({ cell }) => partsOf(cell).flatMap((part) => (element.read === undefined ? [] : [element.read(part)])),
    print: ({ cell, length }, style) => {
      if (verbose === true && style.abbreviate) return undefined
      const count = counted === true ? length : Math.floor(length / size)
      const shown = partsOf(cell).slice(0, style.abbreviate ? Math.min(count, style.stringLimit) : count)
      if (shown.length === 0 && count > 0) return undefined
      const items = shown.map((part) => element.print(part, style))
      return `[${[...items, ...(shown.length < count ? ['...'] : [])].join(', ')}]`
    },
  }
}
