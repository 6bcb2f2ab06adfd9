/** Addresses that come back from accept(2), getsockname(2), recvfrom(2), with the length that goes in and out. */

import type { Cell, Kind } from '../arg.ts'
import { holds, isNull, pointerText, unread } from '../cells.ts'
import type { Behind } from '../pointer.ts'
import { MAX_SOCKADDR, printAddress, readAddress, type SocketAddress } from './sockaddr.ts'

const SIZE = 4

/** The number behind a length argument. */
function lengthAt(cell: Cell, phase: 'entry' | 'exit'): number | undefined {
  const captured = cell.captured(phase)
  return holds(captured, SIZE) ? captured.view.getInt32(captured.at, true) : undefined
}

/** strace looks at neither where one of the two pointers is of no use. */
function roomOf(address: Cell, length: Cell): number | undefined {
  return isNull(address) ? undefined : lengthAt(length, 'entry')
}

/** Room for an address; `length` names the pointer to its size. */
export function sockaddrOut<const Length extends string>(length: Length): Kind<never, Behind<SocketAddress>, Length> {
  return {
    kind: 'sockaddrOut',
    exit: {
      copy: 'bytes',
      length: { deref: length, width: 4, signed: true },
      atMost: { before: length, width: 4, signed: true },
      limit: MAX_SOCKADDR,
    },
    late: (cell) => roomOf(cell, cell.sibling(length)) !== undefined,
    readOut: (cell) => readAddress(cell, 'exit'),
    print: (cell, style) => {
      const room = roomOf(cell, cell.sibling(length))
      const written = lengthAt(cell.sibling(length), 'exit')
      if (room === undefined || written === undefined || !cell.call.ok) return pointerText(cell)
      return printAddress(cell, 'exit', Math.min(room, written), style)
    },
  }
}

/** The pointer to the size of the address `of`: `[16 => 28]`. */
export function lengthOfAddress<const Of extends string>(of: Of): Kind<Behind<number>, Behind<number>, Of> {
  return changedLength((cell) => roomOf(cell.sibling(of), cell))
}

/** The pointer to the size of an option; some options write it although they fail. */
export const lengthChanged: Kind<Behind<number>, Behind<number>, never> = {
  ...changedLength((cell) => lengthAt(cell, 'entry')),
  exitAfter: 'any',
}

function changedLength(before: (cell: Cell) => number | undefined): Kind<Behind<number>, Behind<number>, never> {
  return {
    kind: 'changedLength',
    entry: { copy: 'bytes', length: SIZE },
    exit: { copy: 'bytes', length: SIZE },
    late: (cell) => before(cell) !== undefined,
    read: (cell) => readLength(cell, 'entry'),
    readOut: (cell) => readLength(cell, 'exit'),
    print: (cell) => {
      const room = before(cell)
      if (room === undefined) return pointerText(cell)
      const after = lengthAt(cell, 'exit')
      return after === undefined || after === room ? `[${room}]` : `[${room} => ${after}]`
    },
  }
}

function readLength(cell: Cell, phase: 'entry' | 'exit'): Behind<number> {
  if (isNull(cell)) return null
  return lengthAt(cell, phase) ?? unread(cell, cell.captured(phase))
}
