/** What users write to decide about calls themselves: the types of the `intercept` option. */

import type { PendingEvent, SyscallEvent } from '../events.ts'
import type { ErrnoName } from '../names.ts'
import type { SyscallName } from '../table/index.ts'

declare const decided: unique symbol

/** What a handler decides. Made by the methods of the call. */
export interface Decision {
  readonly [decided]: true
}

/** A new value of an argument: a number, names of bits or of a constant, or bytes for where the argument points to. */
export type NewValue = number | bigint | string | readonly string[] | Uint8Array

/** New values by argument's name, as `strace -N` prints it. */
export type NewValues<Name extends string = string> = { readonly [K in Name]?: NewValue }

interface Entering {
  /** It does not run, and fails. */
  deny(error?: ErrnoName): Decision
  /** It does not run, and returns this. */
  return(value: number | bigint): Decision
  /**
   * It runs with other arguments. Text and bytes are written where the argument points to, and must fit: a longer path has no room
   * there. The program keeps what was written, and never sees changed numbers.
   */
  change(args: NewValues): Decision
  /** All processes of the run are killed. */
  kill(): Decision
}

interface Leaving {
  /** It has run, and fails all the same. */
  fail(error: ErrnoName): Decision
  /** It has run, and returns this. */
  return(value: number | bigint): Decision
  /** Text and bytes are written where an argument points to. */
  change(args: NewValues): Decision
  /** All processes of the run are killed. */
  kill(): Decision
}

/** A call that is about to run. */
export type EnteringCall<N extends SyscallName = SyscallName> = PendingEvent<N> & Entering

/** A call that has run, before its program hears of it. */
export type LeavingCall<N extends SyscallName = SyscallName> = SyscallEvent<N> & Leaving

/** Nothing decided: the call goes on. */
type Answer = Decision | readonly Decision[] | undefined | void

/** Looks at a call, and may decide about it. The calling thread waits, no other does. */
export type Handler<Call> = (call: Call) => Answer | Promise<Answer>

export interface Handlers<N extends SyscallName = SyscallName> {
  readonly enter?: Handler<EnteringCall<N>>
  readonly exit?: Handler<LeavingCall<N>>
}

/**
 * Handlers by the call's name; a function is for its entry.
 * @example
 * const run = await trace('node', ['client.js'], {
 *   intercept: {
 *     connect(call) {
 *       const { addr } = call.args
 *       if (addr && 'sin_port' in addr && addr.sin_port !== 443) return call.deny('ECONNREFUSED')
 *     },
 *     read: { exit: (call) => (call.ok && call.returned === 0 ? call.fail('EIO') : undefined) },
 *   },
 * })
 */
export type Intercept = {
  readonly [N in SyscallName]?: Handler<EnteringCall<N>> | Handlers<N>
}
