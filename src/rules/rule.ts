/** A rule as it is once everything that users may leave out or spell in several ways is settled. */

import type { CallSet } from '../filter.ts'
import type { ArgValue, RuleReport } from './options.ts'
import type { Matcher, Predicate } from './predicate.ts'

/** What must hold of an argument; values may still be names. */
export interface ArgumentTest {
  readonly name: string
  readonly is?: readonly ArgValue[]
  readonly not?: readonly ArgValue[]
  readonly has?: readonly ArgValue[]
  readonly lacks?: readonly ArgValue[]
  readonly mask?: readonly ArgValue[]
  readonly min?: bigint
  readonly max?: bigint
  readonly startsWith?: Uint8Array
}

/** What must hold of a call, before it is known where a row has it. */
export type Condition =
  | { readonly on: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly on: 'path'; readonly matchers: readonly Matcher[] }
  | { readonly on: 'fd'; readonly numbers: readonly number[]; readonly matchers: readonly Matcher[] }
  | { readonly on: 'argument'; readonly test: ArgumentTest }
  /**
   * An address that the call goes to: in its arguments (`given`, a predicate on a sockaddr; `sent` for datagrams, `bound` where it is
   * one's own), or that of a socket's peer (a predicate on what `socket` is about).
   */
  | {
      readonly on: 'address'
      readonly given: Predicate
      readonly sent: Predicate
      readonly bound: Predicate
      readonly peer: Predicate | undefined
    }
  /** Some descriptor argument is a socket of which this holds: domain, type, peer. */
  | { readonly on: 'socket'; readonly of: Predicate }
  /** What no argument decides. */
  | { readonly on: 'process'; readonly of: Predicate }

/** Calls, and what must hold of them. A rule can have several: `network` is a list. */
export interface Part {
  readonly calls: CallSet
  readonly conditions: readonly Condition[]
  /** Calls were not chosen by name, so those that the conditions say nothing about are not meant. */
  readonly isOpen?: true
}

/** Which of the calls that match. */
export interface Counting {
  readonly scope: 'tree' | 'process' | 'thread' | 'call'
  readonly first: number
  /** Infinity: no last one. */
  readonly last: number
  readonly step: number
}

export type Phase = 'entry' | 'exit'

/** What is done; what depends on the row still has names. */
export type Action =
  | { readonly do: 'result'; readonly value: bigint; readonly runs: boolean }
  | { readonly do: 'instead'; readonly name: string }
  | { readonly do: 'argument'; readonly name: string; readonly values: readonly ArgValue[] }
  | { readonly do: 'poke'; readonly name: string; readonly phase: Phase; readonly bytes: Uint8Array }
  | { readonly do: 'signal'; readonly signal: number }
  | { readonly do: 'delay'; readonly phase: Phase; readonly ns: bigint }
  | { readonly do: 'kill' }
  | { readonly do: 'stop' }
  /** A handler decides. */
  | { readonly do: 'ask'; readonly enters: boolean; readonly exits: boolean }

export interface Rule {
  /** As it was given, for the result. */
  readonly given: RuleReport['rule']
  readonly option: 'deny' | 'inject' | 'intercept'
  /** How messages name it: "rule 2 of the `deny` option". */
  readonly where: string
  readonly parts: readonly Part[]
  readonly outcome: Predicate | undefined
  readonly counting: Counting
  readonly actions: readonly Action[]
  readonly report: boolean
}

export const everyMatch: Counting = { scope: 'tree', first: 1, last: Infinity, step: 1 }
