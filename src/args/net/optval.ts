/** Values of socket options: a number, a struct, or bytes. */

import type { CaptureSpec, Cell, Kind, Style } from '../arg.ts'
import { printData, readData } from '../bytes.ts'
import { holds, isNull, PointeeCell, pointerText } from '../cells.ts'
import type { Data } from '../data.ts'
import { lowOf } from '../flags.ts'
import { int } from '../scalar.ts'
import { LEVELS, type KnownOption, type Level, type Pair } from './options.ts'
import type { OptionKind } from './option-kinds.ts'
import { lengthOf, type Behind } from '../pointer.ts'

/** Numbers where the option's size is that of an int, the structs that are known, else bytes. */
export type OptionValue = KnownOption | number | Data

type Bytes = CaptureSpec & { readonly copy: 'bytes' }
type Phase = 'entry' | 'exit'

const INT = 4
const levels: ReadonlyMap<number, Level> = new Map(LEVELS.map((level) => [level.number, level]))

function chosen(pair: Pair<unknown, unknown> | undefined, phase: Phase): OptionKind | undefined {
  return phase === 'entry' ? pair?.written : pair?.read
}

function kindOf(cell: Cell, phase: Phase): OptionKind | undefined {
  const level = levels.get(lowOf(cell.sibling('level'), 4))
  return chosen(level?.options.get(lowOf(cell.sibling('optname'), 4)) ?? level?.otherwise, phase)
}

/** What to copy, by level and option. `whole`: all of the option's bytes. */
function optionCapture(whole: Bytes, phase: Phase): CaptureSpec {
  // Room for a number, however short strings are cut.
  const plain: CaptureSpec = { ...whole, limit: 'data', header: INT }
  const cases = LEVELS.map(({ number, options, otherwise }) => ({
    equals: number,
    then: {
      copy: 'switch',
      on: { arg: 'optname', width: 4 },
      cases: [...options].flatMap(([equals, pair]) => {
        const then = chosen(pair, phase)?.capture(whole)
        return then === undefined ? [] : [{ equals, then }]
      }),
      otherwise: chosen(otherwise, phase)?.capture(whole) ?? plain,
    } as const,
  }))
  return { copy: 'switch', on: { arg: 'level', width: 4 }, cases, otherwise: plain }
}

function readValue(cell: Cell, phase: Phase, length: number): Behind<OptionValue> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (holds(captured, 1)) {
    const option = { cell: new PointeeCell(cell, captured), length, phase }
    const value = kindOf(cell, phase)?.read(option)
    if (value !== undefined) return value as KnownOption // The kind of an option that is listed.
    if (length === INT && holds(captured, INT)) return captured.view.getInt32(captured.at, true)
  }
  return readData(cell, phase, Math.max(length, 0))
}

function valueText(cell: Cell, phase: Phase, length: number, style: Style): string {
  if (isNull(cell)) return 'NULL'
  const kind = kindOf(cell, phase)
  const captured = cell.captured(phase)
  if (kind?.print !== undefined) {
    if (!holds(captured, 0)) return pointerText(cell)
    return kind.print({ cell: new PointeeCell(cell, captured), length, phase }, style) ?? pointerText(cell)
  }
  if (length !== INT) return printData(cell, phase, length >>> 0, style)
  return holds(captured, INT) ? `[${int.print(new PointeeCell(cell, captured), style)}]` : pointerText(cell)
}

/** The value that setsockopt(2) takes; `length` names its size. */
export function optionIn<const Length extends string>(
  length: Length,
): Kind<Behind<OptionValue>, never, Length | 'level' | 'optname'> {
  const sizeOf = (cell: Cell): number => lengthOf(cell, length, 4) | 0
  return {
    kind: 'optionIn',
    entry: optionCapture({ copy: 'bytes', length: { arg: length, width: 4 } }, 'entry'),
    read: (cell) => readValue(cell, 'entry', sizeOf(cell)),
    print: (cell, style) => valueText(cell, 'entry', sizeOf(cell), style),
  }
}

/** The room that getsockopt(2) fills; `length` names the pointer to its size. */
export function optionOut<const Length extends string>(
  length: Length,
): Kind<never, Behind<OptionValue>, Length | 'level' | 'optname'> {
  const lengthAt = (cell: Cell, phase: Phase): number => {
    const captured = cell.sibling(length).captured(phase)
    return holds(captured, INT) ? captured.view.getInt32(captured.at, true) : 0
  }
  return {
    kind: 'optionOut',
    exit: optionCapture({ copy: 'bytes', length: { deref: length, width: 4, signed: true } }, 'exit'),
    late: (cell) => holds(cell.sibling(length).captured('entry'), INT),
    readOut: (cell) => readValue(cell, 'exit', lengthAt(cell, 'exit')),
    print: (cell, style) => {
      const written = lengthAt(cell, 'exit')
      // A size that no kernel takes or gives was made up by the program.
      if (!cell.call.ok || lengthAt(cell, 'entry') <= 0 || written <= 0) return pointerText(cell)
      return valueText(cell, 'exit', written, style)
    },
  }
}
