/** The table: all system calls of x86_64, by name and by number. */

import type { Abi, Kind, ReturnKind } from '../args/arg.ts'
import { i386Row, X32_BIT, x32Row } from './abi.ts'
import { lazy } from '../lazy.ts'
import { classNamed } from './classes.ts'
import { I386_SYSCALLS } from './constants/i386.ts'
import { X32_SYSCALLS } from './constants/x32.ts'
import { file } from './file.ts'
import { io } from './io.ts'
import { ipc } from './ipc.ts'
import { memory } from './memory.ts'
import { misc } from './misc.ts'
import { mount } from './mount.ts'
import { net } from './net.ts'
import { poll } from './poll.ts'
import { process } from './process.ts'
import { security } from './security.ts'
import { signal } from './signal.ts'
import type { ArgsOf, Class, Facts, OutOfRow, SyscallRow } from './syscall.ts'
import { time } from './time.ts'

type Table = typeof file &
  typeof io &
  typeof ipc &
  typeof memory &
  typeof misc &
  typeof mount &
  typeof net &
  typeof poll &
  typeof process &
  typeof security &
  typeof signal &
  typeof time

/** Name of a system call of x86_64; docs/syscalls.md lists all. */
export type SyscallName = keyof Table

type KindsOf<Name extends SyscallName> = Table[Name] extends SyscallRow<infer A> ? A : never

/**
 * What goes into a call, by the names that `strace -N` prints.
 *
 * @example
 * type Open = Args<'openat'> // { dirfd: number | 'AT_FDCWD', pathname: string | Unread, flags: Flags<…>, … }
 */
export type Args<Name extends SyscallName> = ArgsOf<KindsOf<Name>>

/**
 * What comes back through pointers of a call, by the same names.
 * @example
 * type Read = Out<'read'> // { buf: Data | Unread | null }
 */
export type Out<Name extends SyscallName> = OutOfRow<KindsOf<Name>>

/** A row as the rest of the program reads it. */
export interface Row extends Facts {
  /** A `SyscallName`, or for i386 a name that only i386 has. */
  readonly name: string
  readonly number: number
  readonly classes: readonly Class[]
  readonly returns: ReturnKind
  readonly args: readonly (readonly [name: string, kind: Kind])[]
}

const families = [file, io, ipc, memory, misc, mount, net, poll, process, security, signal, time]

function allRows(): readonly Row[] {
  const found: Row[] = []
  for (const family of families) {
    for (const [name, row] of Object.entries<SyscallRow>(family)) {
      found.push({ ...row, name, args: Object.entries(row.args) })
    }
  }
  return found.toSorted((one, other) => one.number - other.number)
}

const sorted = allRows()

/** All rows by name. */
export const rows: Readonly<Record<SyscallName, Row>> = Object.fromEntries(
  sorted.map((row) => [row.name, row]),
) as Record<SyscallName, Row> // Made of the same families as the type.

const byName: ReadonlyMap<string, Row> = new Map(sorted.map((row) => [row.name, row]))
const x86_64 = numbered(sorted)

/** Made where somebody meets such a call, or asks for all of them. */
const others = {
  i386: lazy(() => numbered(rowsOf(I386_SYSCALLS, (number) => i386Row(number, byName)))),
  x32: lazy(() => numbered(rowsOf(X32_SYSCALLS, (number) => x32Row(number | X32_BIT, byName)))),
}

function rowsOf(numbers: Readonly<Record<number, string>>, make: (number: number) => Row | undefined): readonly Row[] {
  return Object.keys(numbers).flatMap((number) => make(Number(number)) ?? [])
}

function numbered(list: readonly Row[]): ReadonlyMap<number, Row> {
  return new Map(list.map((row) => [row.number, row]))
}

function tableOf(abi: Abi): ReadonlyMap<number, Row> {
  return abi === 'x86_64' ? x86_64 : others[abi]()
}

/** The row of a number, as the kernel reports it (for x32 with bit 30). */
export function rowByNumber(abi: Abi, number: number): Row | undefined {
  return tableOf(abi).get(number)
}

/** All rows of one way into the kernel, by number. */
export function allRowsOf(abi: Abi): readonly Row[] {
  return [...tableOf(abi).values()]
}

/** The name of a number; `syscall_0x1f4` where there is none. */
export function nameOf(abi: Abi, number: number): string {
  return rowByNumber(abi, number)?.name ?? `syscall_0x${(number >>> 0).toString(16)}`
}

export function isSyscallName(name: string): name is SyscallName {
  return byName.has(name)
}

export function rowByName(name: string): Row | undefined {
  return byName.get(name)
}

/**
 * The calls of a class, by any of strace's spellings (`%net`, `network`), those that only i386 has among them;
 * `undefined` where there is no such class.
 */
export function classMembers(word: string): readonly string[] | undefined {
  const wanted = classNamed(word)
  if (wanted === undefined) return undefined
  const found = [...sorted, ...others.i386().values()].filter((row) => row.classes.includes(wanted))
  return [...new Set(found.map((row) => row.name))]
}

/** The names of all calls of x86_64, in the order of their numbers. */
export const syscallNames: readonly SyscallName[] = sorted.map((row) => row.name as SyscallName) // As above.
