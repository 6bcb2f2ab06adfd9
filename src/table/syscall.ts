/** One row of the table, and the types that a row gives. */

import type { Kind, ReturnKind } from '../args/arg.ts'
import type { Choice } from '../args/switch.ts'

/** Classes of strace's `-e trace=%class`, as rows name them; the others are made of these (src/table/classes.ts). */
export type Class =
  | 'desc'
  | 'file'
  | 'memory'
  | 'process'
  | 'signal'
  | 'ipc'
  | 'network'
  | 'creds'
  | 'clock'
  | 'pure'
  | 'stat'
  | 'lstat'
  | 'fstat'
  | 'stat_like'
  | 'statfs'
  | 'fstatfs'
  | 'statfs_like'

export type Kinds = Readonly<Record<string, Kind<unknown, unknown, string>>>

/** What is not the same for every row. */
export interface Facts {
  /** Whatever it returns is a result, even what looks like an errno. */
  readonly neverFails?: true
  /** For calls that the table of the engine's `syscalls` crate does not have. */
  readonly sinceKernel?: string
  /** Arguments in the order of strace's text, where that is not the order of the registers (clone). */
  readonly textOrder?: readonly string[]
  /** strace prints the names of the arguments with and without -N (clone). */
  readonly alwaysNamed?: true
}

export interface SyscallRow<A extends Kinds = Kinds> extends Facts {
  readonly number: number
  readonly classes: readonly Class[]
  readonly returns: ReturnKind
  /** In the order of the registers. */
  readonly args: A
}

type RefsOf<K> = K extends Kind<infer _In, infer _Out, infer Refs> ? Refs : never

/** The kinds, or a sentence where one refers to an argument that is not there. */
type Checked<A extends Kinds> = {
  readonly [Name in keyof A]: [RefsOf<A[Name]>] extends [keyof A & string]
    ? A[Name]
    : `no argument is named ${Exclude<RefsOf<A[Name]>, keyof A & string>}`
}

/**
 * Declares a system call.
 *
 * @example
 * read: syscall(0, ['desc'], decimal, { fd, buf: bytesOut('count'), count: size })
 */
export function syscall<const A extends Kinds>(
  number: number,
  classes: readonly Class[],
  returns: ReturnKind,
  args: A & Checked<A>,
  facts: Facts = {},
): SyscallRow<A> {
  return { number, classes, returns, args, ...facts }
}

type InOf<K> = K extends Kind<infer In, infer _Out, infer _Refs> ? In : never
type OutOf<K> = K extends Kind<infer _In, infer Out, infer _Refs> ? Out : never

/** Plain objects in hovers and errors. */
type Plain<T> = { [Name in keyof T]: T[Name] } & {}

type InputNames<A extends Kinds> = { [Name in keyof A]: [InOf<A[Name]>] extends [never] ? never : Name }[keyof A]
type OutputNames<A extends Kinds> = { [Name in keyof A]: [OutOf<A[Name]>] extends [never] ? never : Name }[keyof A]

/** The argument that other arguments' meaning depends on, and the names that make a difference. */
type ChoicesOf<T> =
  T extends Choice<infer On, infer Cases, infer _Otherwise> ? { readonly on: On; readonly names: keyof Cases } : never

/** A choice's value where its argument is `Value`. */
type Chosen<T, Value> =
  T extends Choice<infer _On, infer Cases, infer Otherwise>
    ? [Value] extends [keyof Cases]
      ? Meant<Cases[Value & keyof Cases]>
      : Meant<Otherwise>
    : T

/** An argument that means nothing there is `undefined`. */
type Meant<T> = [T] extends [never] ? undefined : T

type AllIn<A extends Kinds> = InOf<A[keyof A]>
type AllOut<A extends Kinds> = OutOf<A[keyof A]>
type OnOf<A extends Kinds> = ChoicesOf<AllIn<A> | AllOut<A>>['on']
type CaseNames<A extends Kinds> = ChoicesOf<AllIn<A> | AllOut<A>>['names']

/** One member per case of a switch, so that `args.op === 'F_SETFL'` tells what `args.arg` is. */
type InFor<A extends Kinds, On, Value> = Plain<{
  readonly [Name in InputNames<A>]: Name extends On ? Value : Chosen<InOf<A[Name]>, Value>
}>

type SplitIn<A extends Kinds, On extends keyof A, Value> = Value extends CaseNames<A> ? InFor<A, On, Value> : never

/** The type of `event.args`. */
export type ArgsOf<A extends Kinds> = [OnOf<A>] extends [never]
  ? Plain<{ readonly [Name in InputNames<A>]: InOf<A[Name]> }>
  : | SplitIn<A, OnOf<A> & keyof A, InOf<A[OnOf<A> & keyof A]>>
    | InFor<A, OnOf<A>, Exclude<InOf<A[OnOf<A> & keyof A]>, CaseNames<A>>>

/** All that a choice can give back: `out` does not repeat the argument that chooses. */
type Any<T> = T extends Choice<infer _On, infer Cases, infer Otherwise> ? Cases[keyof Cases] | Otherwise | undefined : T

/** The type of `event.out`. */
export type OutOfRow<A extends Kinds> = Plain<{ readonly [Name in OutputNames<A>]: Any<OutOf<A[Name]>> }>
