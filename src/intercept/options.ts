/** What users write to decide about calls themselves: the types of the `intercept` option. */

import type { PendingEvent, SyscallEvent } from '../events.ts'
import type { ErrnoName } from '../names.ts'
import type { Args, Out, SyscallName } from '../table/index.ts'

declare const decided: unique symbol

/** What a handler decides. Made by the methods of the call, and of use only where the handler returns it. */
export interface Decision {
  readonly [decided]: true
}

/** A new value of an argument: a number, names of bits or of a constant, or bytes for where the argument points to. */
export type NewValue = number | bigint | string | readonly string[] | Uint8Array

/** The arguments of a call; of all calls where it may be any. */
type ArgumentName<N extends SyscallName> = N extends SyscallName ? (keyof Args<N> | keyof Out<N>) & string : never

/** New values by argument's name, as `strace -N` prints it. */
export type NewValues<Name extends string = string> = { readonly [K in Name]?: NewValue }

// Functions, not methods: `({ args, deny }) => …` works.
/** What a handler can decide about a call that is about to run. */
interface Entering<N extends SyscallName> {
  /** It does not run, and fails. By default with EPERM. */
  readonly deny: (error?: ErrnoName) => Decision
  /** It does not run, and returns this. A failure is for `deny()`. */
  readonly return: (value: number | bigint) => Decision
  /**
   * It runs with other arguments. Text and bytes are written where the argument points to, and must fit: a longer path has no room
   * there. The program keeps what was written, and never sees changed numbers.
   */
  readonly change: (args: { readonly [Name in ArgumentName<N>]?: NewValue }) => Decision
  /** All processes of the run are killed. */
  readonly kill: () => Decision
}

/** What a handler can decide about a call that has run. */
interface Leaving<N extends SyscallName> {
  /** It has run, and fails all the same. */
  readonly fail: (error: ErrnoName) => Decision
  /** It has run, and returns this. A failure is for `fail()`. */
  readonly return: (value: number | bigint) => Decision
  /** Text and bytes are written where an argument points to. */
  readonly change: (args: { readonly [Name in ArgumentName<N>]?: NewValue }) => Decision
  /** All processes of the run are killed. */
  readonly kill: () => Decision
}

/** A call that is about to run. */
export type EnteringCall<N extends SyscallName = SyscallName> = PendingEvent<N> & Entering<N>

/** A call that has run, before its program hears of it. */
export type LeavingCall<N extends SyscallName = SyscallName> = SyscallEvent<N> & Leaving<N>

/** What a handler returns: one decision, or several that go together; without any the call goes on. */
type Answer = Decision | readonly Decision[] | undefined | void

/** Looks at a call, and may decide about it by what it returns. The calling thread waits, at most `handlerTimeout`; no other does. */
export type Handler<Call> = (call: Call) => Answer | Promise<Answer>

/** Handlers for both sides of a call. */
export interface Handlers<N extends SyscallName = SyscallName> {
  /** Is asked before the call runs. */
  readonly enter?: Handler<EnteringCall<N>>
  /** Is asked when it has run; not of calls that did not end. */
  readonly exit?: Handler<LeavingCall<N>>
}

/** Words of `filter` that mean several calls, or a call in one ABI. */
type SetWord =
  | 'all'
  | `%${string}`
  | `/${string}`
  | `!${string}`
  | `?${string}`
  | `${string},${string}`
  | `${string}@${string}`

/**
 * Handlers by the call's name, or by any words of `filter`: `'%network'`, `'/^open/'`, `'read,write'`. A function is for the entry. A
 * call is shown to one handler: that of a key with its name, else of the first key that holds it.
 * @example
 * const run = await trace('node', ['client.js'], {
 *   intercept: {
 *     connect(call) {
 *       const { addr } = call.args
 *       if (addr && 'sin_port' in addr && addr.sin_port !== 443) return call.deny('ECONNREFUSED')
 *     },
 *     read: { exit: (call) => (call.ok && call.returned === 0 ? call.fail('EIO') : undefined) },
 *     '%process': (call) => console.log(call.pid, String(call)),
 *   },
 * })
 */
export type Intercept = {
  readonly [N in SyscallName]?: Handler<EnteringCall<N>> | Handlers<N>
} & {
  readonly [K in SetWord]?: Handler<EnteringCall> | Handlers
}
