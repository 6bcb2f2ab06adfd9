/** struct xattr_args: a value, its size and flags, as setxattrat(2) and getxattrat(2) take them together. */

import { XATTR } from '../../table/constants/file.ts'
import type { Cell, Kind } from '../arg.ts'
import { readData } from '../bytes.ts'
import type { Data } from '../data.ts'
import { flags, type Flags, type NameIn } from '../flags.ts'
import { valueText } from '../names.ts'
import { isNull } from '../cells.ts'
import type { Behind } from '../pointer.ts'
import { address, uint } from '../scalar.ts'
import { sized, sizedResult } from '../sized.ts'
import { field, struct } from '../struct.ts'

const LEAST = 16
const roomOf = (cell: Cell): number => cell.sibling('size').view.getUint32(cell.sibling('size').at, true)

/** The members that are the same whichever way the value goes. */
const rest = { size: field(8, uint), flags: field(12, flags(XATTR)) }

const valueIn: Kind<Behind<Data>, never, never> = {
  kind: 'xattrIn',
  entry: { copy: 'bytes', length: { field: 8, width: 4 }, limit: 'data' },
  read: (cell) => readData(cell, 'entry', roomOf(cell)),
  print: (cell, style) => valueText(cell, 'entry', roomOf(cell), style),
}

const valueOut: Kind<never, Behind<Data>, never> = {
  kind: 'xattrOut',
  exit: { copy: 'bytes', length: 'result', atMost: { field: 8, width: 4 }, limit: 'data' },
  readOut: (cell) => readData(cell, 'exit', roomOf(cell) === 0 ? 0 : cell.call.result),
  print: (cell, style) => (isNull(cell) ? 'NULL' : valueText(cell, 'exit', cell.call.result, style)),
}

export interface XattrArgs<Value> {
  readonly value: Value
  readonly size: number
  readonly flags: Flags<NameIn<typeof XATTR>>
}

/** An attribute that is set. */
export function xattrArgsIn<const Size extends string>(size: Size): Kind<Behind<XattrArgs<Behind<Data>>>, never, Size> {
  return sized(struct(LEAST, { value: field(0, valueIn), ...rest }), size, LEAST)
}

/** An attribute that is asked for: the room for its value goes in, the value comes back. */
export function xattrArgsOut<const Size extends string>(
  size: Size,
): Kind<Behind<XattrArgs<bigint>>, Behind<XattrArgs<Behind<Data>>>, Size> {
  const asked = sized(struct(LEAST, { value: field(0, address), ...rest }), size, LEAST)
  const got = sizedResult(struct(LEAST, { value: field(0, valueOut), ...rest }), size, LEAST)
  const hasRoom = (cell: Cell): boolean => {
    const value = asked.read?.(cell)
    return typeof value === 'object' && value !== null && 'size' in value && value.size > 0
  }
  return {
    ...got,
    ...asked,
    kind: 'xattrArgsOut',
    late: hasRoom,
    print: (cell, style) => (cell.call.ok && hasRoom(cell) ? got.print(cell, style) : asked.print(cell, style)),
  }
}
