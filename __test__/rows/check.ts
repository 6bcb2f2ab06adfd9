/** Runs the script of a case, and compares the event of its last call: its values as well as its text. */

import { mkdtemp, rm } from 'node:fs/promises'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import {
  trace,
  type ErrnoName,
  type Interruption,
  type SyscallEvent,
  type TextOptions,
  type TraceOptions,
} from '../../index.ts'
import { Unread } from '../../src/args/arg.ts'
import { Data } from '../../src/args/data.ts'
import { Flags } from '../../src/args/flags.ts'
import type { Args, Out, SyscallName } from '../../src/table/index.ts'
import { eventText } from '../../src/text/line.ts'
import { violation } from '../schema.ts'
import { scriptArguments, type Call, type Word } from './script.ts'

const fixture = join(import.meta.dirname, '../../target/checkout/syscope-fixtures')

/** Keys of any member of a union. */
type KeysOf<T> = T extends unknown ? keyof T & string : never

/** A call that is made for real, and what its event has to be. */
export interface Case<Name extends SyscallName = SyscallName> {
  readonly call: readonly [Name, ...Word[]]
  /** Calls before it. */
  readonly before?: readonly Call[]
  /** Index of the call whose child waits for ever; other children end at once. */
  readonly waiting?: number
  /** What the machine must be or have; elsewhere the case is skipped, which is said. */
  readonly needs?: 'root'
  /** The Linux that can first do it: `6.8`. */
  readonly since?: `${number}.${number}`
  /** `event.args` and `event.out`, as far as they are named here: see `plain`. A function is a condition on the value. */
  readonly args?: { readonly [Key in KeysOf<Args<Name>>]?: unknown }
  readonly out?: { readonly [Key in KeysOf<Out<Name>>]?: unknown }
  readonly returned?: unknown
  /** Given: the call has to fail with it. */
  readonly error?: ErrnoName
  /** A call that does not return, or that a signal interrupts. */
  readonly unfinished?: true
  readonly interrupted?: Interruption['kind']
  /** The whole line; `…` stands for anything (addresses, pids). */
  readonly text: string
  readonly style?: TextOptions
  readonly options?: TraceOptions
}

/** Cases of one family, and the outcomes that no case can have, with the reason. */
export interface Family {
  readonly cases: readonly Case[]
  readonly untested: Readonly<Record<string, string>>
}

type Outcome = `${SyscallName} ${'success' | 'failure'}`

/** The name of each call decides the names of its arguments. */
export function family<const Names extends readonly SyscallName[]>(
  untested: { readonly [Key in Outcome]?: string },
  ...cases: { readonly [Index in keyof Names]: Case<Names[Index]> }
): Family {
  // A case is read by its own name only: its arguments' names need not be known any more.
  return { cases: cases as readonly unknown[] as readonly Case[], untested }
}

const [major = 0, minor = 0] = release().split('.').map(Number)

/** Why this machine cannot run the case. */
export function obstacleTo({ needs, since }: Case): string | undefined {
  if (needs === 'root' && process.getuid?.() !== 0) return 'needs root'
  const [wantedMajor = 0, wantedMinor = 0] = since?.split('.').map(Number) ?? []
  const isOlder = major < wantedMajor || (major === wantedMajor && minor < wantedMinor)
  return isOlder ? `needs Linux ${since}` : undefined
}

export function succeeds({ error, interrupted, unfinished }: Case): boolean {
  return error === undefined && interrupted === undefined && unfinished === undefined
}

export async function check(t: ExecutionContext, it: Case): Promise<void> {
  const event = await eventOf(it)
  const [name] = it.call
  const line = eventText(event, { columns: 0, ...it.style })
  t.true(fits(line, it.text), `${name}:\n  got      ${line}\n  expected ${it.text}`)
  t.is(event.error, it.error, line)
  t.is(event.interrupted?.kind, it.interrupted, line)
  t.is(event.unfinished, it.unfinished, line)
  t.is(event.ok, succeeds(it), line)
  // What a reader of `--json` is promised.
  t.is(violation(JSON.parse(JSON.stringify(event))), undefined, JSON.stringify(event))
  for (const [what, expected] of Object.entries({ args: it.args, out: it.out, returned: it.returned })) {
    if (expected === undefined) continue
    const value: unknown = plain(event[what as 'args' | 'out' | 'returned'])
    t.deepEqual(named(value, expected), expected, `${what} of ${line}`)
  }
}

async function eventOf(it: Case): Promise<SyscallEvent> {
  const cwd = await mkdtemp(join(tmpdir(), 'syscope-rows-'))
  try {
    const script = [...(it.before ?? []), it.call]
    const run = await trace(fixture, ['script', ...scriptArguments(script, it.waiting)], {
      cwd,
      timeout: 20_000,
      ...it.options,
    })
    const calls = run.syscalls()
    // Children that wait are ours to end where they were not followed.
    if (it.options?.follow === false) for (const { name, returned } of calls) if (name === 'fork') end(Number(returned))
    const isMark = ({ name, raw }: (typeof calls)[number]): boolean =>
      name === 'getppid' && raw.args[0] === BigInt(script.length - 1)
    const mark = calls.findIndex(isMark)
    const found = mark < 0 ? undefined : calls.slice(mark + 1).find(({ name }) => name === it.call[0])
    if (found === undefined) throw new Error(`${it.call[0]} was not made:\n${String(run.stderr)}\n${run.text()}`)
    return found as SyscallEvent
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}

function end(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

/** Whether a line is the expected one, in which `…` stands for anything. */
function fits(line: string, expected: string): boolean {
  const pattern = expected.split('…').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`))
  return new RegExp(`^${pattern.join('.*')}$`, 'su').test(line)
}

/**
 * A value as a test states it: sets of flags as a list of names (with `0x…` for bits that have none), bytes as a string, memory
 * that could not be read as `EFAULT`; numbers, bigints, strings, null and undefined stay what they are.
 */
export function plain(value: unknown): unknown {
  if (value instanceof Flags)
    return Number(value.rest) === 0 ? [...value.names] : [...value.names, `0x${value.rest.toString(16)}`]
  if (value instanceof Data) return String(value)
  if (value instanceof Unread) return value.errno
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]))
  }
  return value
}

/** The part of a value that the expectation names. A condition that holds takes the value's place. */
function named(value: unknown, expected: unknown): unknown {
  if (typeof expected === 'function') return expected(value) === true ? expected : value
  if (Array.isArray(expected) && Array.isArray(value))
    return value.map((member, index) => (index < expected.length ? named(member, expected[index]) : member))
  if (typeof expected !== 'object' || expected === null || typeof value !== 'object' || value === null) return value
  const members = new Map(Object.entries(value))
  return Object.fromEntries(Object.entries(expected).map(([key, member]) => [key, named(members.get(key), member)]))
}
