/** Structs of which the caller's version may be shorter or longer than ours. */

import type { Captured, Cell } from './arg.ts'
import { bytesOf, PointeeCell } from './cells.ts'

/** The struct as the kernel sees it: `length` bytes of what was copied, the rest zeros. */
export function padded(
  pointer: Cell,
  captured: Captured,
  length: number,
  whole: number,
  children = captured.children,
): PointeeCell {
  const bytes = new Uint8Array(whole)
  bytes.set(bytesOf(captured).subarray(0, Math.min(length, whole)))
  const { status, wanted, key } = captured
  return new PointeeCell(pointer, {
    status,
    view: new DataView(bytes.buffer),
    at: 0,
    length: whole,
    wanted,
    children,
    key,
  })
}
