/** What events tell of those before them. */

import { isObject } from '../checks.ts'
import type { AnyCall, AnyEvent } from './recorded.ts'

/** Calls that send messages with descriptors. */
export const senders: ReadonlySet<string> = new Set(['sendmsg', 'sendmmsg'])
const makers: ReadonlySet<string> = new Set(['clone', 'clone3', 'fork', 'vfork'])
const execs: ReadonlySet<string> = new Set(['execve', 'execveat'])

/** What comes to be known only after the events that it is about: a call is there when it ends. By what events say, see `keyOf()`. */
export interface Ahead {
  /** Of the call behind a fork event. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  /** The call behind an exec event. */
  readonly execs: ReadonlyMap<string, AnyCall>
  /** Messages that were sent. */
  readonly sends: readonly AnyCall[]
}

/** Which call it is: of traces that were loaded from files, the same call may come as another object. */
export function keyOf({ tid, startNs }: AnyCall): string {
  return `${tid} ${startNs}`
}

/** Which event of another kind it is. */
export function timeOf({ tid, timeNs }: Exclude<AnyEvent, AnyCall>): string {
  return `${tid} ${timeNs}`
}

/** Several questions are asked of the same run. */
const aheads = new WeakMap<readonly AnyEvent[], Ahead>()

export function aheadOf(events: readonly AnyEvent[]): Ahead {
  const known = aheads.get(events)
  if (known !== undefined) return known
  const found = lookAhead(events)
  aheads.set(events, found)
  return found
}

function lookAhead(events: readonly AnyEvent[]): Ahead {
  const flags = new Map<string, readonly string[]>()
  const execCalls = new Map<string, AnyCall>()
  const sends: AnyCall[] = []
  /** Events whose call has not come yet, by thread. */
  const waiting = new Map<number, Exclude<AnyEvent, AnyCall>[]>()
  const wait = (tid: number, event: Exclude<AnyEvent, AnyCall>): void => {
    const others = waiting.get(tid)
    if (others === undefined) waiting.set(tid, [event])
    else others.push(event)
  }
  for (const event of events) {
    if (event.type === 'syscall') {
      const { name } = event
      if (senders.has(name)) sends.push(event)
      if (!makers.has(name) && !execs.has(name)) continue
      for (const it of waiting.get(event.tid) ?? []) {
        if (it.type === 'fork' && makers.has(name)) flags.set(timeOf(it), cloneFlags(event))
        if (it.type === 'exec' && execs.has(name)) execCalls.set(timeOf(it), event)
      }
      waiting.delete(event.tid)
    } else if (event.type === 'fork') wait(event.tid, event)
    else if (event.type === 'exec') {
      wait(event.tid, event)
      if (event.formerTid !== event.tid) wait(event.formerTid, event)
    }
  }
  return { flags, execs: execCalls, sends }
}

const cloneBits: readonly (readonly [bit: bigint, name: string])[] = [
  [0x100n, 'CLONE_VM'],
  [0x200n, 'CLONE_FS'],
  [0x400n, 'CLONE_FILES'],
]

function cloneFlags({ name, args, raw }: AnyCall): readonly string[] {
  const [word] = raw.args
  if (name === 'clone' && word !== undefined)
    return cloneBits.flatMap(([bit, flag]) => ((word & bit) === 0n ? [] : [flag]))
  const { cl_args: three } = args
  const flags = args['flags'] ?? (isObject(three) ? three['flags'] : undefined)
  return isObject(flags) && Array.isArray(flags['names']) ? flags['names'].map(String) : []
}
