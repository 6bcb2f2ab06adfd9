/** What a writer of text is told. */

import type { Dumps } from './dump.ts'
import type { LeaderOptions } from './leader.ts'
import type { TextOptions } from './options.ts'

/** How a call ended, for `statuses`: `'unfinished'` in the end of its thread, `'detached'` when its process was let go. */
export type CallStatus = 'successful' | 'failed' | 'unfinished' | 'detached'
/** What `quiet` leaves out: processes that come and go, how they end, threads that become others by execve. */
export type QuietAbout = 'attach' | 'exit' | 'thread-execve'

/** What `run.text()` shows, and how. Its words are those of strace's options. */
export interface WriterOptions extends TextOptions, LeaderOptions {
  /** Whether children are traced too, as the option of `trace()` says: lines name their process then. @default true */
  readonly follow?: boolean
  /** Only lines of these threads. @default all */
  readonly onlyThreads?: ReadonlySet<number>
  /** Only calls that ended so; each call is then written as one line at its end (strace -z, -Z). @default all */
  readonly statuses?: ReadonlySet<CallStatus>
  /** Descriptors whose data stand behind each call that reads or writes them (strace -e read=, -e write=). @default none */
  readonly dumps?: Dumps
  /** Most calls that are written (strace --syscall-limit). @default all */
  readonly callLimit?: number
  /** Signals to show (strace -e signal=). @default all */
  readonly showSignal?: (signal: number) => boolean
  /** Lines and messages to leave out (strace -q). @default none */
  readonly quiet?: ReadonlySet<QuietAbout>
  /** Where `Process 7 attached` goes: between the lines, with this word in front, or to `takeMessages()`. @default neither */
  readonly messages?: { readonly inlineFrom: string } | 'apart'
}
