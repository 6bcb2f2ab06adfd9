/** Signals, sets of them, and the structs of sigaction(2) and sigaltstack(2). */

import type { SignalName } from '../../names.ts'
import { SA, SIG_HANDLER, SS } from '../../table/constants/signal.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { bytesOf, holds, isNull, pointerText, unread } from '../cells.ts'
import { flags, prepare } from '../flags.ts'
import { addressText, hexU64 } from '../numbers.ts'
import { lengthOf, type Behind } from '../pointer.ts'
import { address, size, type Scalar } from '../scalar.ts'
import { SIGSET_BYTES, signalName, signalsIn, signalText, sigsetText } from './sigset.ts'
import { field, struct, type Struct } from '../struct.ts'

export { signalName, signalText, sigsetText } from './sigset.ts'

/** A signal; one without a name is its number. */
export const signal: Scalar<SignalName | number> = {
  kind: 'signal',
  width: 4,
  read: (cell) => signalName(cell.view.getInt32(cell.at, true)) ?? cell.view.getInt32(cell.at, true),
  print: (cell, style) => signalText(cell.view.getInt32(cell.at, true), style),
}

function readSigset(bytes: Uint8Array): readonly (SignalName | number)[] {
  return signalsIn(bytes.subarray(0, SIGSET_BYTES)).map((number) => signalName(number) ?? number)
}

function bytesAt(cell: Cell, length: number): Uint8Array {
  return new Uint8Array(cell.view.buffer, cell.view.byteOffset + cell.at, length)
}

/** A set of signals inside a struct. */
export const sigset: Struct<readonly (SignalName | number)[]> = {
  kind: 'sigset',
  size: SIGSET_BYTES,
  read: (cell) => readSigset(bytesAt(cell, SIGSET_BYTES)),
  print: (cell, style) => sigsetText(bytesAt(cell, SIGSET_BYTES), style),
}

type Signals = Behind<readonly (SignalName | number)[]>

interface SigsetOptions {
  /** Shorter sets are printed as an address. */
  readonly least?: number
}

/** A pointer to a set that goes in; `length` names the argument with its size. */
export function sigsetIn<const Length extends string>(
  length: Length,
  options: SigsetOptions = {},
): Kind<Signals, never, Length> {
  return {
    kind: 'sigsetIn',
    entry: { copy: 'bytes', length: { arg: length }, atMost: SIGSET_BYTES },
    read: (cell) => readSet(cell, 'entry'),
    print: (cell, style) => printSet(cell, 'entry', length, options.least ?? SIGSET_BYTES, style),
  }
}

/** A pointer to room for a set. */
export function sigsetOut<const Length extends string>(
  length: Length,
  options: SigsetOptions = {},
): Kind<never, Signals, Length> {
  return {
    kind: 'sigsetOut',
    exit: { copy: 'bytes', length: { arg: length }, atMost: SIGSET_BYTES },
    late: true,
    readOut: (cell) => readSet(cell, 'exit'),
    print: (cell, style) => printSet(cell, 'exit', length, options.least ?? SIGSET_BYTES, style),
  }
}

function readSet(cell: Cell, phase: 'entry' | 'exit'): Signals {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (captured === undefined || captured.status !== 'ok' || captured.length === 0) return unread(cell, captured)
  return readSigset(bytesOf(captured))
}

function printSet(cell: Cell, phase: 'entry' | 'exit', length: string, least: number, style: Style): string {
  const captured = cell.captured(phase)
  const bytes = lengthOf(cell, length)
  const isFit = bytes >= least && bytes <= SIGSET_BYTES
  if (!isFit || captured === undefined || captured.status !== 'ok') return pointerText(cell)
  return sigsetText(bytesOf(captured), style)
}

/** `uc_sigmask` in the signal frame of x86_64, of which the handler's return has taken the first word off the stack. */
const MASK_IN_FRAME = 296

/** The mask that rt_sigreturn(2) restores, from the frame on the stack; `undefined` where that can't be read. */
export const restoredMask: Kind<readonly (SignalName | number)[] | undefined, never, never> = {
  kind: 'restoredMask',
  entry: { copy: 'bytes', from: { stack: MASK_IN_FRAME }, length: SIGSET_BYTES },
  inRegister: false,
  read: (cell) => {
    const captured = cell.captured('entry')
    return holds(captured, SIGSET_BYTES) ? readSigset(bytesOf(captured)) : undefined
  },
  print: (cell, style) => {
    const captured = cell.captured('entry')
    return `{mask=${holds(captured, SIGSET_BYTES) ? sigsetText(bytesOf(captured), style) : '???'}}`
  },
}

const handlers = prepare(SIG_HANDLER)
const SA_RESTORER = SA.values.SA_RESTORER
const MINUS_ONE = 0xffff_ffff_ffff_ffffn

/** A signal's handler: an address, or what the kernel does by itself. */
export const handler: Scalar<'SIG_DFL' | 'SIG_IGN' | 'SIG_ERR' | bigint> = {
  kind: 'handler',
  width: 8,
  read: (cell) => {
    const value = cell.view.getBigUint64(cell.at, true)
    if (value === 0n) return 'SIG_DFL'
    if (value === 1n) return 'SIG_IGN'
    return value === MINUS_ONE ? 'SIG_ERR' : value
  },
  print: (cell, style) => {
    const value = cell.view.getBigUint64(cell.at, true)
    const name = value === MINUS_ONE ? 'SIG_ERR' : value > 1n ? undefined : handlers.nameOf(Number(value))
    if (name === undefined) return addressText(cell.view, cell.at)
    if (style.constants === 'abbrev') return name
    const number = hexU64(cell.view, cell.at)
    return style.constants === 'raw' ? number : `${number} /* ${name} */`
  },
}

/** struct sigaction as rt_sigaction(2) takes it. */
export const sigaction = struct(32, {
  sa_handler: field(0, handler),
  sa_mask: field(24, sigset),
  sa_flags: field(8, flags(SA, 8)),
  sa_restorer: field(16, address, {
    when: (cell) => (cell.sibling('sa_flags').view.getUint32(cell.sibling('sa_flags').at, true) & SA_RESTORER) !== 0,
  }),
})

/** stack_t */
export const stack = struct(24, { ss_sp: field(0, address), ss_flags: field(8, flags(SS)), ss_size: field(16, size) })
