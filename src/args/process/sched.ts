/** Scheduling. */

import { SCHED } from '../../table/constants/process.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { bytesOf, holds, isNull, pointerText, unread } from '../cells.ts'
import { constantText, lowOf, prepare, type NameIn, type OneOf } from '../flags.ts'
import { hex32, hexPair } from '../numbers.ts'
import { lengthOf, type Behind } from '../pointer.ts'
import { int, type Scalar } from '../scalar.ts'
import { field, struct } from '../struct.ts'

const INT_MAX = 0x7fff_ffff

/** struct sched_param */
export const schedParam = struct(4, { sched_priority: field(0, int) })

const RESET_ON_FORK = 0x4000_0000
const schedulers = prepare(SCHED)

/** A scheduling policy, `SCHED_RESET_ON_FORK` apart. */
export const policy: Scalar<OneOf<NameIn<typeof SCHED>> | `SCHED_RESET_ON_FORK|${string}`> = {
  kind: 'policy',
  width: 4,
  constants: [SCHED],
  read: (cell) => {
    const value = lowOf(cell, 4)
    const name = policyName(value)
    // With the flag it is two names, else a member or a number.
    return (name ?? hexPair(0, value)) as OneOf<NameIn<typeof SCHED>>
  },
  print: (cell, style) => {
    const value = lowOf(cell, 4)
    const name = policyName(value)
    const isUnknown = name === undefined && style.constants !== 'raw'
    return isUnknown ? `${hex32(value)} /* SCHED_??? */` : constantText(name, hex32(value), style)
  },
}

/** `SCHED_RESET_ON_FORK|SCHED_FIFO` */
export function policyName(value: number): string | undefined {
  if (value > INT_MAX) return undefined
  const name = schedulers.nameOf(value & ~RESET_ON_FORK)
  if ((value & RESET_ON_FORK) === 0) return name
  return `SCHED_RESET_ON_FORK|${name ?? hex32(value & ~RESET_ON_FORK)}`
}

const MAX_PROCESSORS_BYTES = 1024

type Processors = Behind<readonly number[]>

/** A set of processors that goes in; `length` names its size in bytes. */
export function processorsIn<const Length extends string>(length: Length): Kind<Processors, never, Length> {
  return {
    kind: 'processorsIn',
    entry: { copy: 'bytes', length: { arg: length, width: 4 }, limit: MAX_PROCESSORS_BYTES },
    read: (cell) => readProcessors(cell, 'entry'),
    print: (cell, style) => printProcessors(cell, 'entry', lengthOf(cell, length, 4), style),
  }
}

/** Room for a set of processors; the call returns how many bytes it wrote. */
export const processorsOut: Kind<never, Processors, never> = {
  kind: 'processorsOut',
  exit: { copy: 'bytes', length: 'result', limit: MAX_PROCESSORS_BYTES },
  late: true,
  readOut: (cell) => readProcessors(cell, 'exit'),
  print: (cell, style) => printProcessors(cell, 'exit', lengthOf(cell, 'result'), style),
}

function readProcessors(cell: Cell, phase: 'entry' | 'exit'): Processors {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  return holds(captured, 1) ? numbersIn(bytesOf(captured)) : unread(cell, captured)
}

function numbersIn(bytes: Uint8Array): readonly number[] {
  const found: number[] = []
  for (const [index, byte] of bytes.entries()) {
    for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) found.push(index * 8 + bit)
  }
  return found
}

function printProcessors(cell: Cell, phase: 'entry' | 'exit', length: number, _style: Style): string {
  const captured = cell.captured(phase)
  if (isNull(cell) || length < 0) return pointerText(cell)
  if (length === 0) return '[]'
  const wanted = Math.min(length, MAX_PROCESSORS_BYTES)
  if (!holds(captured, wanted)) return pointerText(cell)
  const items = numbersIn(bytesOf(captured)).map(String)
  if (length > wanted) items.push('...')
  return `[${items.join(' ')}]`
}
