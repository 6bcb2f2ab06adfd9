/** Numbers and names of errors and signals, as Linux has them wherever the trace is read. */

import { ERRNO } from './table/constants/errno.ts'
import { SIGNALS } from './table/constants/signals.ts'

/** Name of an errno: `ENOENT`. */
export type ErrnoName = keyof typeof ERRNO

/** Name of a signal: `SIGTERM`; of real-time signals, as strace counts them, `SIGRTMIN`, `SIGRT_1`, …. */
export type SignalName = keyof typeof SIGNALS | 'SIGRTMIN' | `SIGRT_${number}`

const firstRealTime = 32
const lastSignal = 64

const errnoNames: ReadonlyMap<number, ErrnoName> = new Map(entriesOf(ERRNO).map(([name, number]) => [number, name]))
const signalNames: ReadonlyMap<number, SignalName> = new Map(entriesOf(SIGNALS).map(([name, number]) => [number, name]))

export function errnoName(errno: number): ErrnoName | undefined {
  return errnoNames.get(errno)
}

/**
 * The number of an errno; `undefined` for what is none. Only what a call can return: the kernel's own numbers from 512 on never reach
 * a program.
 * @example errnoNumber('ENOENT') // 2
 */
export function errnoNumber(name: string): number | undefined {
  const found = entriesOf(ERRNO).find((it) => it[0] === name)?.[1]
  return found !== undefined && found < 512 ? found : undefined
}

/** The names of all errnos that a call can fail with. */
export function errnoWords(): readonly ErrnoName[] {
  return [...errnoNames.values()].filter((name) => errnoNumber(name) !== undefined)
}

/** The number itself, as text, where there is no such signal. */
export function signalName(signal: number): SignalName | `${number}` {
  if (signal === firstRealTime) return 'SIGRTMIN'
  if (signal > firstRealTime && signal <= lastSignal) return `SIGRT_${signal - firstRealTime}`
  return signalNames.get(signal) ?? `${signal}`
}

export function signalNumber(name: string): number | undefined {
  for (let signal = 1; signal <= lastSignal; signal++) if (signalName(signal) === name) return signal
  return undefined
}

function entriesOf<Names extends Readonly<Record<string, number>>>(
  names: Names,
): readonly (readonly [keyof Names, number])[] {
  // Object.entries forgets the keys of a constant.
  return Object.entries(names) as readonly (readonly [keyof Names, number])[]
}
