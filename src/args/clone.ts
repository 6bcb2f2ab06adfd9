/** Arguments of clone(2) and clone3(2). */

import type { SignalName } from '../names.ts'
import { CLONE, CLONE3 } from '../table/constants/process.ts'
import type { Cell, Kind } from './arg.ts'
import { flags, Flags, highOf, lowOf, prepare, readFlags, wide, type NameIn } from './flags.ts'
import { addressText, readU64, type Wide } from './numbers.ts'
import type { Behind } from './pointer.ts'
import { address, hex, size, type Scalar } from './scalar.ts'
import { signalName, signalText } from './signal.ts'
import { sized } from './sized.ts'
import { field, struct, type Struct } from './struct.ts'
import { nameOrNumber } from './wait.ts'

const cloneBits = prepare(CLONE)
const EXIT_SIGNAL = 0xff
const { CLONE_PARENT_SETTID, CLONE_PIDFD, CLONE_SETTLS, CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID } = CLONE.values

/** Flags of clone(2), with the signal that ends the child in the low byte. */
export type CloneFlags = Flags<NameIn<typeof CLONE>> & { readonly exitSignal: SignalName | number }

class FlagsWithSignal extends Flags<NameIn<typeof CLONE>> {
  readonly exitSignal: SignalName | number
  constructor(plain: Flags<NameIn<typeof CLONE>>, number: Wide, exitSignal: SignalName | number) {
    super(number, plain.names, plain.rest)
    this.exitSignal = exitSignal
  }
}

export const cloneFlags: Scalar<CloneFlags> = {
  kind: 'cloneFlags',
  width: 8,
  read: (cell) => {
    const low = lowOf(cell, 8)
    const rest = (low & ~EXIT_SIGNAL) >>> 0
    const plain =
      rest === 0 && highOf(cell, 8) === 0
        ? new Flags<NameIn<typeof CLONE>>(0, [], 0)
        : readFlags<NameIn<typeof CLONE>>(cloneBits, highOf(cell, 8), rest)
    return new FlagsWithSignal(plain, wide(highOf(cell, 8), low), nameOrNumber(low & EXIT_SIGNAL))
  },
  print: (cell, style) => {
    const low = lowOf(cell, 8)
    const high = highOf(cell, 8)
    const rest = (low & ~EXIT_SIGNAL) >>> 0
    const signal = low & EXIT_SIGNAL
    if (rest === 0 && high === 0) return signalText(signal, style)
    const text = cloneBits.flagsText(high, rest, style)
    return signal === 0 ? text : `${text}|${signalText(signal, style)}`
  },
}

export const storesParentTid = (cell: Cell): boolean => (lowOf(cell, 4) & (CLONE_PARENT_SETTID | CLONE_PIDFD)) !== 0
export const setsTls = (cell: Cell): boolean => (lowOf(cell, 4) & CLONE_SETTLS) !== 0
export const touchesChildTid = (cell: Cell): boolean =>
  (lowOf(cell, 4) & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) !== 0

const INT_MAX = 0x7fff_ffff
const has =
  (bits: number) =>
  (cell: Cell): boolean =>
    (lowOf(cell.sibling('flags'), 4) & bits) !== 0
const isSet =
  (...names: readonly string[]) =>
  (cell: Cell): boolean =>
    names.some((name) => addressText(cell.sibling(name).view, cell.sibling(name).at) !== 'NULL')

const exitSignal: Scalar<SignalName | Wide> = {
  kind: 'signal',
  width: 8,
  read: (cell) => {
    const value = readU64(cell.view, cell.at)
    return signalName(Number(value)) ?? value
  },
  print: (cell, style) => {
    const value = readU64(cell.view, cell.at)
    return value < INT_MAX ? signalText(Number(value), style) : String(value)
  },
}

const CLONE_ARGS_SIZE = 88
const CLONE_ARGS_LEAST = 64
const INTO_CGROUP = 0x2

/** struct clone_args */
const cloneArgs = struct(CLONE_ARGS_SIZE, {
  flags: field(0, flags(CLONE3, 8)),
  pidfd: field(8, address, { when: has(CLONE_PIDFD) }),
  child_tid: field(16, address, { when: has(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID) }),
  parent_tid: field(24, address, { when: has(CLONE_PARENT_SETTID) }),
  exit_signal: field(32, exitSignal),
  stack: field(40, address),
  stack_size: field(48, hex),
  tls: field(56, address, { when: has(CLONE_SETTLS) }),
  set_tid: field(64, address, { when: isSet('set_tid', 'set_tid_size') }),
  set_tid_size: field(72, size, { when: isSet('set_tid', 'set_tid_size') }),
  cgroup: field(80, size, {
    when: (cell) => isSet('cgroup')(cell) || (highOf(cell.sibling('flags'), 8) & INTO_CGROUP) !== 0,
  }),
})

type CloneArguments = typeof cloneArgs extends Struct<infer Value> ? Value : never

/** The argument of clone3(2); `size` names its length, which may be that of an older kernel's. */
export function cloneArguments<const Size extends string>(length: Size): Kind<Behind<CloneArguments>, never, Size> {
  return sized(cloneArgs, length, CLONE_ARGS_LEAST)
}
