/** What perf_event_open(2) counts: the meaning of `config` depends on `type`. */

import {
  PERF_HW,
  PERF_HW_CACHE,
  PERF_HW_CACHE_OP,
  PERF_HW_CACHE_RESULT,
  PERF_SW,
  PERF_TYPE,
} from '../../table/constants/perf.ts'
import type { Cell, Style } from '../arg.ts'
import { highOf, lowOf, prepare, type Constants, type NameIn } from '../flags.ts'
import { hex32, readU64, type Wide } from '../numbers.ts'
import { hex, size, type Scalar } from '../scalar.ts'

/** A name where there is one for the type; else the number. */
export type PerfConfig = NameIn<typeof PERF_HW> | NameIn<typeof PERF_SW> | Wide

const { PERF_TYPE_HARDWARE, PERF_TYPE_SOFTWARE, PERF_TYPE_TRACEPOINT, PERF_TYPE_HW_CACHE } = PERF_TYPE.values

const typeOf = (cell: Cell): number => lowOf(cell.sibling('type'), 4)

function nameOf(cell: Cell): string | undefined {
  if (highOf(cell, 8) !== 0) return undefined
  const type = typeOf(cell)
  if (type === PERF_TYPE_HARDWARE) return prepare(PERF_HW).nameOf(lowOf(cell, 8))
  return type === PERF_TYPE_SOFTWARE ? prepare(PERF_SW).nameOf(lowOf(cell, 8)) : undefined
}

export const perfConfig: Scalar<PerfConfig> = {
  kind: 'perfConfig',
  width: 8,
  read: (cell) => (nameOf(cell) as PerfConfig | undefined) ?? readU64(cell.view, cell.at), // A member of the two sets.
  print: (cell, style) => {
    const low = lowOf(cell, 8)
    switch (typeOf(cell)) {
      case PERF_TYPE_HARDWARE:
        return joined(part(highOf(cell, 8), 32), valueText(PERF_HW, low, style))
      case PERF_TYPE_SOFTWARE: {
        const high = highOf(cell, 8)
        return prepare(PERF_SW).valueText(high * 0x1_0000_0000 + low, style, undefined, hex.print(cell, style))
      }
      case PERF_TYPE_TRACEPOINT:
        return size.print(cell, style)
      case PERF_TYPE_HW_CACHE:
        return joined(
          part(highOf(cell, 8), 32),
          part(low >>> 24, 24),
          `${valueText(PERF_HW_CACHE_RESULT, (low >>> 16) & 0xff, style)}<<16`,
          `${valueText(PERF_HW_CACHE_OP, (low >>> 8) & 0xff, style)}<<8`,
          valueText(PERF_HW_CACHE, low & 0xff, style),
        )
      default:
        return hex.print(cell, style)
    }
  },
}

function valueText(set: Constants, value: number, style: Style): string {
  return prepare(set).valueText(value, style)
}

/** Bits that strace shows only where some are set. */
function part(value: number, shift: number): string {
  return value === 0 ? '' : `${hex32(value)}<<${shift}`
}

function joined(...parts: readonly string[]): string {
  return parts.filter((text) => text !== '').join('|')
}
