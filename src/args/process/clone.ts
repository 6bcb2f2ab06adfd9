/** Arguments of clone(2) and clone3(2). */

import type { SignalName } from '../../names.ts'
import { CLONE, CLONE3 } from '../../table/constants/process.ts'
import type { Captured, Cell, Kind } from '../arg.ts'
import { fieldArray } from '../behind.ts'
import { holds, PointeeCell, pointerText } from '../cells.ts'
import { flags, Flags, highOf, lowOf, prepare, wide, type NameIn } from '../flags.ts'
import { addressText, readU64, type Wide } from '../numbers.ts'
import { lengthOf, resultIn, type Behind, type ValueOf } from '../pointer.ts'
import { address, fd, hex, int, size, tid, type Scalar } from '../scalar.ts'
import { signalName, signalText } from '../signal/signal.ts'
import { restText, sized } from '../sized.ts'
import { field, struct } from '../struct.ts'
import { unused } from '../switch.ts'
import { nameOrNumber } from './wait.ts'

const cloneBits = prepare(CLONE)
const EXIT_SIGNAL = 0xff
const { CLONE_PARENT_SETTID, CLONE_PIDFD, CLONE_SETTLS, CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID } = CLONE.values

/** Flags of clone(2), with the signal that ends the child in the low byte. */
export type CloneFlags = Flags<NameIn<typeof CLONE>> & { readonly exitSignal: SignalName | number }

class FlagsWithSignal extends Flags<NameIn<typeof CLONE>> {
  readonly exitSignal: SignalName | number
  constructor(number: Wide, names: readonly NameIn<typeof CLONE>[], rest: Wide, exitSignal: SignalName | number) {
    super(number, names, rest)
    this.exitSignal = exitSignal
  }
}

export const cloneFlags: Scalar<CloneFlags> = {
  kind: 'cloneFlags',
  width: 8,
  constants: [CLONE],
  read: (cell) => {
    const low = lowOf(cell, 8)
    const high = highOf(cell, 8)
    const split = cloneBits.splitRest(high, (low & ~EXIT_SIGNAL) >>> 0)
    // Members of the set.
    const names = split.names as readonly NameIn<typeof CLONE>[]
    return new FlagsWithSignal(wide(high, low), names, wide(split.high, split.low), nameOrNumber(low & EXIT_SIGNAL))
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

const setsParentTid = (cell: Cell): boolean => (lowOf(cell, 4) & CLONE_PARENT_SETTID) !== 0
const tidOut = resultIn(tid)
const pidfdOut = resultIn(fd)

/** Where clone(2) puts the thread's id, or else its pidfd. */
export const parentTid: Kind<never, Behind<number>, 'flags'> = {
  ...tidOut,
  exit: {
    copy: 'switch',
    on: { arg: 'flags', width: 4 },
    cases: [{ equals: CLONE_PARENT_SETTID, mask: CLONE_PARENT_SETTID, ...(tidOut.exit && { then: tidOut.exit }) }],
    ...(pidfdOut.exit && { otherwise: pidfdOut.exit }),
  },
  print: (cell, style) => (setsParentTid(cell.sibling('flags')) ? tidOut : pidfdOut).print(cell, style),
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
const CGROUP_AT = 80
const INTO_CGROUP = 0x2
const MOST_TIDS = 32
const PAGE = 4096

const tidCount = { name: 'set_tid_size', at: 72, width: 8 } as const
const plainTids = fieldArray(int, tidCount, { most: MOST_TIDS })

/** The ids that the child is to have, one for each namespace. The kernel takes no more than 32. */
const tids: typeof plainTids = {
  ...plainTids,
  print: (cell, style) => {
    const count = readU64(cell.sibling('set_tid_size').view, cell.sibling('set_tid_size').at)
    return count === 0 || count > MOST_TIDS ? pointerText(cell) : plainTids.print(cell, style)
  },
}

/** struct clone_args; `length` names its size. */
function cloneArgs(length: string) {
  const hasCgroup = (cell: Cell): boolean => lengthOf(cell.call.arg(length), length) > CGROUP_AT
  return struct(CLONE_ARGS_SIZE, {
    flags: field(0, flags(CLONE3, 8)),
    pidfd: field(8, address, { when: has(CLONE_PIDFD) }),
    child_tid: field(16, address, { when: has(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID) }),
    parent_tid: field(24, address, { when: has(CLONE_PARENT_SETTID) }),
    exit_signal: field(32, exitSignal),
    stack: field(40, address),
    stack_size: field(48, hex),
    tls: field(56, address, { when: has(CLONE_SETTLS) }),
    set_tid: field(64, tids, { when: isSet('set_tid', 'set_tid_size') }),
    set_tid_size: field(tidCount.at, size, { when: isSet('set_tid', 'set_tid_size') }),
    cgroup: field(CGROUP_AT, size, {
      when: (cell) =>
        hasCgroup(cell) && (isSet('cgroup')(cell) || (highOf(cell.sibling('flags'), 8) & INTO_CGROUP) !== 0),
    }),
  })
}

type CloneArguments = ValueOf<ReturnType<typeof cloneArgs>>

/** What clone3(2) writes where the struct's pointers say, as far as its flags ask for it. */
export interface CloneResults {
  readonly pidfd?: Behind<number>
  readonly parent_tid?: Behind<number>
}

const results = struct(32, {
  flags: field(0, unused),
  pidfd: field(8, resultIn(fd), { when: has(CLONE_PIDFD) }),
  parent_tid: field(24, resultIn(tid), { when: has(CLONE_PARENT_SETTID) }),
})

function readResults(cell: Cell): CloneResults {
  const bits = lowOf(cell, 4)
  const all = results.read?.(cell)
  return {
    ...(all === undefined || (bits & CLONE_PIDFD) === 0 ? {} : { pidfd: all.pidfd }),
    ...(all === undefined || (bits & CLONE_PARENT_SETTID) === 0 ? {} : { parent_tid: all.parent_tid }),
  }
}

/** The argument of clone3(2); `size` names its length, which may be that of an older kernel's. */
export function cloneArguments<const Size extends string>(
  length: Size,
): Kind<Behind<CloneArguments>, CloneResults | undefined, Size> {
  const plain = sized(cloneArgs(length), length, CLONE_ARGS_LEAST)
  const after = (cell: Cell): Captured | undefined => {
    const captured = cell.captured('exit')
    const known = Math.min(lengthOf(cell, length), CLONE_ARGS_SIZE)
    return known >= CLONE_ARGS_LEAST && holds(captured, known) ? captured : undefined
  }
  return {
    ...plain,
    kind: 'cloneArguments',
    exit: { copy: 'bytes', length: { arg: length }, limit: PAGE, fields: results.fields ?? [] },
    readOut: (cell) => {
      const captured = after(cell)
      return captured === undefined ? undefined : readResults(new PointeeCell(cell, captured))
    },
    printAfter: (cell, style) => {
      const captured = after(cell)
      if (captured === undefined) return ''
      const inside = results.print(new PointeeCell(cell, captured), style).slice(1, -1)
      const rest = restText({ captured, size: lengthOf(cell, length) }, CLONE_ARGS_SIZE, style)
      const parts = [inside, rest].filter((part) => part !== '')
      return parts.length === 0 ? '' : ` => {${parts.join(', ')}}`
    },
  }
}
