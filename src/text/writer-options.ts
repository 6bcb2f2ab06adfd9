/** What a writer of text is told. */

import type { Dumps } from './dump.ts'
import type { LeaderOptions } from './leader.ts'
import type { TextOptions } from './options.ts'

export type CallStatus = 'successful' | 'failed' | 'unfinished' | 'detached'
export type QuietAbout = 'attach' | 'exit' | 'thread-execve'

export interface WriterOptions extends TextOptions, LeaderOptions {
  /** Children are traced too. @default true */
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
