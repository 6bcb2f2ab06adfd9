/** Structs: fields made of the same kinds as arguments, at offsets. */

import type { CaptureSpec, Cell, FieldCapture, Kind, Style } from './arg.ts'
import { cellLength, childrenOf, FieldCell, InsideCell, type StructView } from './cells.ts'
import type { Pointee } from './pointer.ts'

/** A field: where it lies, what it is, and when strace shows it. */
export interface Field<out In, out Out> {
  readonly at: number
  readonly kind: Kind<In, Out, string>
  /** strace shows it with -v only. */
  readonly verbose?: true
  /** strace shows it only then; its value is there always. */
  readonly when?: (cell: Cell) => boolean
  /** Name and value, where strace does not write `name=value`. */
  readonly member?: (name: string, cell: Cell, style: Style) => string
}

export type FieldOptions = Pick<Field<unknown, unknown>, 'verbose' | 'when' | 'member'>

export function field<In, Out>(at: number, kind: Kind<In, Out, string>, options: FieldOptions = {}): Field<In, Out> {
  return { at, kind, ...options }
}

type Fields = Readonly<Record<string, Field<unknown, unknown>>>

type FieldValue<F> = F extends Field<infer In, infer Out> ? ([In] extends [never] ? Out : In) : never

/** The values of a struct, by field; a field that is text only has none. */
export type StructValue<F extends Fields, Hidden extends keyof F = never> = {
  readonly [Name in Exclude<keyof F, Hidden> as [FieldValue<F[Name]>] extends [never] ? never : Name]: FieldValue<
    F[Name]
  >
} & {}

export interface Struct<out Value> extends Pointee<Value> {
  readonly size: number
  readonly fields?: readonly FieldCapture[]
}

export interface StructOptions<Hidden extends string> {
  /** Text that the fields in order do not give. `view.field('name')` is a field's cell. */
  readonly print?: (view: Cell, style: Style) => string
  /** Only these are values; the others are there for other fields and for text. */
  readonly hidden?: readonly Hidden[]
}

export function struct<const F extends Fields, const Hidden extends keyof F & string = never>(
  size: number,
  fields: F,
  options: StructOptions<Hidden> = {},
): Struct<StructValue<F, Hidden>> {
  const entries = Object.entries(fields)
  const offsets = Object.fromEntries(entries.map(([name, { at }]) => [name, at]))
  const captures = entries.flatMap(([, { at, kind }], key) => {
    const then = insideOf(kind)
    return then === undefined ? [] : [{ key, at, then }]
  })
  const hidden = new Set<string>(options.hidden)
  const made: Struct<StructValue<F, Hidden>> = {
    kind: 'struct',
    size,
    ...(captures.length === 0 ? {} : { fields: captures }),
    read: (cell) => {
      const view = viewOf(cell, offsets)
      const values: Record<string, unknown> = {}
      for (const [key, [name, { at, kind }]] of entries.entries()) {
        const read = kind.read ?? kind.readOut
        if (read !== undefined && !hidden.has(name)) values[name] = read(new FieldCell(view, at, key))
      }
      return values as StructValue<F, Hidden> // One value for each field, as its kind reads it.
    },
    print: (cell, style) => {
      const view = viewOf(cell, offsets)
      if (options.print !== undefined) return options.print(new FieldCell(view, 0, -1), style)
      let text = ''
      let isCut = false
      for (const [key, [name, { at, kind, when, verbose, member }]] of entries.entries()) {
        const item = new FieldCell(view, at, key)
        if (when !== undefined && !when(item)) continue
        if (verbose === true && style.abbreviate) {
          isCut = true
          continue
        }
        const shown = member === undefined ? kind.print(item, style) : member(name, item, style)
        if (shown !== '') text += `${text === '' ? '' : ', '}${member === undefined ? `${name}=` : ''}${shown}`
      }
      return `{${text}${isCut ? ', ...' : ''}}`
    },
  }
  return made
}

/** What to copy for a field besides its own bytes. */
function insideOf(kind: Kind): CaptureSpec | undefined {
  if (kind.fd === true) return { copy: 'fd' }
  return kind.pid === undefined ? (kind.entry ?? kind.exit) : { copy: 'pid', counted: kind.pid }
}

function viewOf(cell: Cell, offsets: Readonly<Record<string, number>>): StructView {
  return {
    call: cell.call,
    view: cell.view,
    at: cell.at,
    length: cellLength(cell),
    offsets,
    children: childrenOf(cell),
  }
}

/** A fixed number of equal values, as one value. */
export function several<T>(element: Pointee<T>, count: number): Struct<readonly T[]> {
  const stride = element.size ?? element.width ?? 8
  const bytes = stride * count
  return {
    kind: `several(${element.kind})`,
    size: bytes,
    read: (cell) => {
      const values: T[] = []
      for (let index = 0; index < count; index++) {
        if (element.read !== undefined) values.push(element.read(new InsideCell(cell, index * stride)))
      }
      return values
    },
    print: (cell, style) => {
      let text = ''
      for (let index = 0; index < count; index++) {
        text += (index === 0 ? '' : ', ') + element.print(new InsideCell(cell, index * stride), style)
      }
      return `[${text}]`
    },
  }
}
