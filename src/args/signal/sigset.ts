/** Names of signals, and sets of them as text. */

import type { SignalName } from '../../names.ts'
import { SIGNALS } from '../../table/constants/signals.ts'
import type { Style } from '../arg.ts'
import { constantText } from '../flags.ts'

const FIRST_RT = 32
const LAST_RT = 64
const names: readonly (SignalName | undefined)[] = signalNames()

function signalNames(): readonly (SignalName | undefined)[] {
  const list: (SignalName | undefined)[] = []
  // The keys of the generated object are its type's names.
  for (const [name, number] of Object.entries(SIGNALS)) list[number] = name as keyof typeof SIGNALS
  list[FIRST_RT] = 'SIGRTMIN'
  for (let number = FIRST_RT + 1; number <= LAST_RT; number++) list[number] = `SIGRT_${number - FIRST_RT}`
  return list
}

/** The name of a signal as strace writes it; real-time signals count from 32, the kernel's first. */
export function signalName(number: number): SignalName | undefined {
  return names[number]
}

export function signalText(number: number, style: Style): string {
  return constantText(signalName(number), String(number), style)
}

export const SIGSET_BYTES = 8

/** Numbers of the signals in a mask of up to 8 bytes. */
export function signalsIn(bytes: Uint8Array): readonly number[] {
  const found: number[] = []
  for (const [index, byte] of bytes.entries()) {
    for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) found.push(index * 8 + bit + 1)
  }
  return found
}

/** `[INT TERM]`; `~[KILL STOP]` where two thirds of the set's words are in it. */
export function sigsetText(bytes: Uint8Array, style: Style): string {
  const set = bytes.subarray(0, SIGSET_BYTES)
  const bits = Math.ceil(set.length / 4) * 32
  const padded = new Uint8Array(bits / 8)
  padded.set(set)
  let listed = signalsIn(padded)
  const isInverted = listed.length >= (bits * 2) / 3
  if (isInverted) listed = signalsIn(padded.map((byte) => ~byte & 0xff))
  const text = listed.map((number) => memberText(number, style)).join(' ')
  return `${isInverted ? '~' : ''}[${text}]`
}

function memberText(number: number, style: Style): string {
  const name = signalName(number)?.slice('SIG'.length)
  if (style.constants === 'abbrev') return name ?? String(number)
  return style.constants === 'raw' ? String(number) : `${number} /* ${name ?? number} */`
}
