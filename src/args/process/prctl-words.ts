/** Words of prctl(2) that are made of parts, or have a meaning of their own. */

import {
  PIDTYPE,
  PR_MTE_TCF,
  PR_RISCV_V,
  PR_RISCV_V_INHERIT,
  PR_SME,
  PR_SVE,
  PR_TAGGED_ADDR,
} from '../../table/constants/prctl.ts'
import type { Counted, Kind } from '../arg.ts'
import { processText } from '../descriptor.ts'
import {
  abbreviated,
  constantText,
  Flags,
  highOf,
  lowOf,
  nameOrHex,
  oneOf,
  prepare,
  readFlags,
  wide,
  type Constants,
  type NameIn,
} from '../flags.ts'
import { hex32, hexPair, hexU64 } from '../numbers.ts'
import { int, pid, size, type Scalar } from '../scalar.ts'
import { signal } from '../signal/signal.ts'

/** The length of vectors, and what is to happen to it. */
export interface VectorLength<Name extends string> {
  readonly length: number
  readonly flags: Flags<Name>
}

const LENGTH_MASK = 0xffff

/** Flags of a vector's length as text; `undefined` where there are none. */
export function vectorText(set: Constants, high: number, low: number): string | undefined {
  const bits = (low & ~LENGTH_MASK) >>> 0
  if (high === 0 && bits === 0) return undefined
  return `${prepare(set).flagsText(high, bits, abbreviated)}|${hex32(low & LENGTH_MASK)}`
}

function vectorLength<const Set extends Constants>(set: Set): Scalar<VectorLength<NameIn<Set>>> {
  return {
    kind: 'vectorLength',
    width: 8,
    read: (cell) => {
      const low = lowOf(cell, 8)
      const bits = (low & ~LENGTH_MASK) >>> 0
      return { length: low & LENGTH_MASK, flags: readFlags(prepare(set), highOf(cell, 8), bits) }
    },
    print: (cell, style) => {
      const number = hexU64(cell.view, cell.at)
      const parts = vectorText(set, highOf(cell, 8), lowOf(cell, 8))
      return parts === undefined ? number : constantText(parts, number, style)
    },
  }
}

export const scalableVector: Scalar<VectorLength<NameIn<typeof PR_SVE>>> = vectorLength(PR_SVE)
export const matrixVector: Scalar<VectorLength<NameIn<typeof PR_SME>>> = vectorLength(PR_SME)

const ENABLE = PR_TAGGED_ADDR.values.PR_TAGGED_ADDR_ENABLE
const FAULT_MASK = PR_MTE_TCF.values.PR_MTE_TCF_MASK
const TAG_SHIFT = 3
const TAG_MASK = 0xffff << TAG_SHIFT
const faults = prepare(PR_MTE_TCF)

/** `PR_TAGGED_ADDR_ENABLE|PR_MTE_TCF_SYNC|0xfffe<<PR_MTE_TAG_SHIFT` */
export function taggedText(high: number, low: number): string {
  const isEnabled = (low & ENABLE) !== 0
  const fault = low & FAULT_MASK
  const tags = (low & TAG_MASK) >>> TAG_SHIFT
  const rest = (low & ~(ENABLE | FAULT_MASK | TAG_MASK)) >>> 0
  const parts = [`${isEnabled ? '' : '!'}PR_TAGGED_ADDR_ENABLE`, faults.nameOf(fault) ?? hex32(fault)]
  if (tags !== 0) parts.push(`${hex32(tags)}<<PR_MTE_TAG_SHIFT`)
  if (rest !== 0 || high !== 0) parts.push(hexPair(high, rest))
  return parts.join('|')
}

/** How addresses with tags are treated; the bits of allowed tags have no names. */
export const taggedAddresses: Scalar<Flags<NameIn<typeof PR_TAGGED_ADDR> | NameIn<typeof PR_MTE_TCF>>> = {
  kind: 'flags',
  width: 8,
  read: (cell) => {
    const low = lowOf(cell, 8)
    const fault = faults.nameOf(low & FAULT_MASK)
    const names = [...((low & ENABLE) === 0 ? [] : ['PR_TAGGED_ADDR_ENABLE']), ...(fault === undefined ? [] : [fault])]
    const rest = wide(highOf(cell, 8), (low & ~(ENABLE | FAULT_MASK)) >>> 0)
    // Members of the two sets that the type names.
    return new Flags(
      wide(highOf(cell, 8), low),
      names as readonly (NameIn<typeof PR_TAGGED_ADDR> | NameIn<typeof PR_MTE_TCF>)[],
      rest,
    )
  },
  print: (cell, style) => constantText(taggedText(highOf(cell, 8), lowOf(cell, 8)), hexU64(cell.view, cell.at), style),
}

const STATE_MASK = 3
const NEXT_SHIFT = 2
const CONTROL_MASK = 0x1f
const INHERIT = PR_RISCV_V_INHERIT.values.PR_RISCV_V_VSTATE_CTRL_INHERIT
const states = prepare(PR_RISCV_V)

function stateText(value: number): string {
  return states.nameOf(value) ?? hex32(value)
}

/** `PR_RISCV_V_VSTATE_CTRL_ON|PR_RISCV_V_VSTATE_CTRL_OFF<<2|PR_RISCV_V_VSTATE_CTRL_INHERIT` */
export function vectorStateText(high: number, low: number): string {
  const parts = [
    stateText(low & STATE_MASK),
    `${stateText((low >>> NEXT_SHIFT) & STATE_MASK)}<<2`,
    `${(low & INHERIT) === 0 ? '!' : ''}PR_RISCV_V_VSTATE_CTRL_INHERIT`,
  ]
  const rest = (low & ~CONTROL_MASK) >>> 0
  if (rest !== 0 || high !== 0) parts.push(hexPair(high, rest))
  return parts.join('|')
}

/** Whether vector instructions may be used now, after execve(2), and by children. */
export interface VectorState {
  readonly current: string
  readonly next: string
  readonly inherit: boolean
}

export const vectorState: Scalar<VectorState> = {
  kind: 'vectorState',
  width: 8,
  read: (cell) => {
    const low = lowOf(cell, 8)
    return {
      current: nameOrHex(states, 0, low & STATE_MASK),
      next: nameOrHex(states, 0, (low >>> NEXT_SHIFT) & STATE_MASK),
      inherit: (low & INHERIT) !== 0,
    }
  },
  print: (cell, style) =>
    constantText(vectorStateText(highOf(cell, 8), lowOf(cell, 8)), hexU64(cell.view, cell.at), style),
}

/** More than any signal's number is shown as a number. */
const MOST_SIGNALS = 128

/** The signal that comes when the parent ends. */
export const deathSignal: typeof signal = {
  ...signal,
  print: (cell, style) =>
    highOf(cell, 8) !== 0 || lowOf(cell, 8) > MOST_SIGNALS ? size.print(cell, style) : signal.print(cell, style),
}

const ANY_TRACER = -1

/** Who may trace the process, and a number for everybody. */
export const tracer: Scalar<number | 'PR_SET_PTRACER_ANY'> = {
  ...pid,
  kind: 'tracer',
  read: (cell) =>
    cell.view.getInt32(cell.at, true) === ANY_TRACER ? 'PR_SET_PTRACER_ANY' : cell.view.getInt32(cell.at, true),
  print: (cell, style) => {
    const isAny = cell.view.getInt32(cell.at, true) === ANY_TRACER
    return isAny ? constantText('PR_SET_PTRACER_ANY', '-1', style) : pid.print(cell, style)
  },
}

/** A constant of the kernel's own headers, of which strace shows the number as well. */
export function withNumber<K extends Kind>(kind: K): K {
  return {
    ...kind,
    print: (cell, style) => kind.print(cell, style.constants === 'raw' ? style : { ...style, constants: 'verbose' }),
  }
}

/** What an id is that of. */
export const pidType = withNumber(oneOf(PIDTYPE))

const { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID } = PIDTYPE.values

/** An id of what the argument `type` says. */
export function idOf<const Type extends string>(type: Type): Kind<number, never, Type> {
  const counted = (equals: number, what: Counted) => ({ equals, then: { copy: 'pid', counted: what } }) as const
  const { kind, read, print } = int
  return {
    kind,
    entry: {
      copy: 'switch',
      on: { arg: type, width: 4 },
      cases: [
        counted(PIDTYPE_PID, 'thread'),
        counted(PIDTYPE_TGID, 'process'),
        counted(PIDTYPE_PGID, 'group'),
        counted(PIDTYPE_SID, 'session'),
      ],
    },
    ...(read === undefined ? {} : { read }),
    print: (cell, style) => print(cell, style) + processText(cell.resolved(), style),
  }
}
