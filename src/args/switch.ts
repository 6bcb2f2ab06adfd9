/** Arguments whose meaning depends on other arguments, and arguments without one. */

import type { CaptureSpec, Cell, Kind } from './arg.ts'
import { highOf, lowOf, type Constants, type NameIn } from './flags.ts'
import { hexU64 } from './numbers.ts'

/** In types: the value depends on the argument `on`. Taken apart by `Args` in src/table/syscall.ts. */
export interface Choice<On extends string, Cases, Otherwise> {
  readonly choice: On
  readonly cases: Cases
  readonly otherwise: Otherwise
}

type InOf<K> = K extends Kind<infer In, infer _Out, infer _Refs> ? In : never
type OutOf<K> = K extends Kind<infer _In, infer Out, infer _Refs> ? Out : never
type RefsOf<K> = K extends Kind<infer _In, infer _Out, infer Refs> ? Refs : never

export type ChoiceIn<On extends string, K, O> = Choice<On, { readonly [N in keyof K]: InOf<K[N]> }, InOf<O>>
export type ChoiceOut<On extends string, K, O> = Choice<On, { readonly [N in keyof K]: OutOf<K[N]> }, OutOf<O>>

export interface SwitchOptions {
  /** Bytes of the argument that count. @default 4 */
  readonly width?: 4 | 8
  /** Bits of the argument that choose: futex's operation without its flags. */
  readonly mask?: number
}

/** The kind that the argument `on`, one of `set`, asks for. */
export function switchOn<
  const On extends string,
  const Set extends Constants,
  const K extends { readonly [N in NameIn<Set>]?: Kind<unknown, unknown, string> },
  O extends Kind<unknown, unknown, string>,
>(
  on: On,
  set: Set,
  kinds: K & { readonly [N in Exclude<keyof K, NameIn<Set>>]: never },
  otherwise: O,
  options: SwitchOptions = {},
): Kind<ChoiceIn<On, K, O>, ChoiceOut<On, K, O>, On | RefsOf<K[keyof K]> | RefsOf<O>> {
  const { mask = 0xffff_ffff, width = 4 } = options
  const cases = new Map<number, Kind>()
  for (const [name, kind] of Object.entries<Kind>(kinds)) {
    const value = set.values[name]
    if (value !== undefined) cases.set((value & mask) >>> 0, kind)
  }
  const chosen = (cell: Cell): Kind => {
    const value = cell.sibling(on)
    if (width === 8 && highOf(value, 8) !== 0) return otherwise
    return cases.get((lowOf(value, 4) & mask) >>> 0) ?? otherwise
  }
  const entry = switchCapture({ arg: on, width }, mask, cases, otherwise, 'entry')
  const exit = switchCapture({ arg: on, width }, mask, cases, otherwise, 'exit')
  const made: Kind<unknown, unknown, string> = {
    kind: 'switchOn',
    choose: (cell) => {
      const kind = chosen(cell)
      return kind.choose?.(cell) ?? kind
    },
    constants: [...cases.values(), otherwise].flatMap(({ constants = [] }) => constants),
    ...(entry === undefined ? {} : { entry }),
    ...(exit === undefined ? {} : { exit, exitAfter: exitOf([...cases.values(), otherwise]) }),
    late: (cell) => isLate(chosen(cell), cell),
    read: (cell) => chosen(cell).read?.(cell),
    readOut: (cell) => chosen(cell).readOut?.(cell),
    print: (cell, style) => chosen(cell).print(cell, style),
  }
  // The values of the cases, which the return type tells apart by `on`.
  return made as Kind<ChoiceIn<On, K, O>, ChoiceOut<On, K, O>, On | RefsOf<K[keyof K]> | RefsOf<O>>
}

/** Values of all cases; where one carries nothing, `undefined`. */
type Undivided<T> =
  T extends Choice<infer _On, infer Cases, infer Otherwise> ? Cases[keyof Cases] | Otherwise | undefined : T

/** The same choice, which types do not tell apart by the argument: TypeScript gives up on unions of a thousand members. */
export function undivided<In, Out, Refs extends string>(
  kind: Kind<In, Out, Refs>,
): Kind<Undivided<In>, Undivided<Out>, Refs> {
  return kind as Kind<Undivided<In>, Undivided<Out>, Refs> // The values are the same.
}

/** When the cases are copied at the end: one copy serves them all. */
function exitOf(kinds: readonly Kind[]): NonNullable<Kind['exitAfter']> {
  const wanted = new Set(kinds.filter(({ exit }) => exit !== undefined).map(({ exitAfter = 'success' }) => exitAfter))
  if (wanted.size > 1) throw new Error(`cases of one switch want their copies after ${[...wanted].join(' and ')}`)
  return [...wanted][0] ?? 'success'
}

function switchCapture(
  on: { readonly arg: string; readonly width: 4 | 8 },
  mask: number,
  cases: ReadonlyMap<number, Kind>,
  otherwise: Kind,
  phase: 'entry' | 'exit',
): CaptureSpec | undefined {
  // All of the upper half counts where it counts at all.
  const compared = on.width === 8 ? (0xffff_ffffn << 32n) | BigInt(mask) : mask
  const captures = [...cases].map(([equals, kind]) => ({ equals, spec: specOf(kind, phase) }))
  const fallback = specOf(otherwise, phase)
  if (fallback === undefined && captures.every(({ spec }) => spec === undefined)) return undefined
  return {
    copy: 'switch',
    on,
    // A case without a capture matters only where it keeps `otherwise` from being tried.
    cases: captures
      .filter(({ spec }) => spec !== undefined || fallback !== undefined)
      .map(({ equals, spec }) => ({ equals, mask: compared, ...(spec === undefined ? {} : { then: spec }) })),
    ...(fallback === undefined ? {} : { otherwise: fallback }),
  }
}

function specOf(kind: Kind, phase: 'entry' | 'exit'): CaptureSpec | undefined {
  if (phase === 'entry' && kind.fd === true) return { copy: 'fd' }
  return phase === 'entry' && kind.pid !== undefined ? { copy: 'pid', counted: kind.pid } : kind[phase]
}

/** Whether text of this argument needs the syscall-exit-stop. */
export function isLate(kind: Kind, cell: Cell): boolean {
  return typeof kind.late === 'function' ? kind.late(cell) : kind.late === true
}

/** Means something, and is printed, only where `predicate` says so of the argument `on`. */
export function onlyIf<const On extends string, In, Out, Refs extends string>(
  on: On,
  predicate: (on: Cell) => boolean,
  kind: Kind<In, Out, Refs>,
): Kind<In | ([In] extends [never] ? never : undefined), Out | ([Out] extends [never] ? never : undefined), Refs | On> {
  const holds = (cell: Cell): boolean => predicate(cell.sibling(on))
  const { read, readOut } = kind
  const made: Kind<unknown, unknown, string> = {
    ...kind,
    late: (cell) => holds(cell) && isLate(kind, cell),
    ...(read === undefined ? {} : { read: (cell: Cell) => (holds(cell) ? read(cell) : undefined) }),
    ...(readOut === undefined ? {} : { readOut: (cell: Cell) => (holds(cell) ? readOut(cell) : undefined) }),
    print: (cell, style) => (holds(cell) ? kind.print(cell, style) : ''),
  }
  // `undefined` joins the values where the predicate does not hold; kinds that read nothing go on reading nothing.
  return made as Kind<
    In | ([In] extends [never] ? never : undefined),
    Out | ([Out] extends [never] ? never : undefined),
    Refs | On
  >
}

/** Has its text split at the syscall-exit-stop, although nothing comes back through it. */
export function late<In, Out, Refs extends string>(kind: Kind<In, Out, Refs>): Kind<In, Out, Refs> {
  return { ...kind, late: true }
}

/** Not decoded yet: a word in hexadecimal. scripts/todo-count.mjs counts these. */
export const todo: Kind<bigint, never, never> = {
  kind: 'todo',
  read: (cell) => cell.view.getBigUint64(cell.at, true),
  print: (cell) => hexU64(cell.view, cell.at),
}

/** A register that carries nothing: the upper half of preadv2's offset. */
export const unused: Kind<never, never, never> = { kind: 'unused', print: () => '' }

/** The same where strace still waits for the syscall-exit-stop: fcntl's F_GETFL. */
export const lateNothing: Kind<never, never, never> = { ...unused, late: true }
