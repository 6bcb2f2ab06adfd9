/** What fcntl(2) takes and returns. */

import { F, F_LOCK, F_OWNER, F_SEAL, FD, RWH, SEEK } from '../../table/constants/file.ts'
import type { CallView, ReturnKind, Style } from '../arg.ts'
import { lowOf, oneOf, prepare } from '../flags.ts'
import { openFlagsNote } from './open.ts'
import { hexUint, hexUshort, int, long, pid } from '../scalar.ts'
import { signalName } from '../signal/signal.ts'
import { field, struct } from '../struct.ts'
import { hex32 } from '../numbers.ts'

/** struct flock, as it is set. */
export const lock = struct(32, {
  l_type: field(0, oneOf(F_LOCK, 2)),
  l_whence: field(2, oneOf(SEEK, 2)),
  l_start: field(8, long),
  l_len: field(16, long),
})

/** struct flock, as it is got: with the process that holds the lock. */
export const heldLock = struct(32, {
  l_type: field(0, oneOf(F_LOCK, 2)),
  l_whence: field(2, oneOf(SEEK, 2)),
  l_start: field(8, long),
  l_len: field(16, long),
  l_pid: field(24, pid),
})

/** struct f_owner_ex */
export const owner = struct(8, { type: field(0, oneOf(F_OWNER)), pid: field(4, int) })

/** struct delegation */
export const delegation = struct(8, {
  d_flags: field(0, hexUint),
  d_type: field(4, oneOf(F_LOCK, 2)),
  __pad: field(6, hexUshort),
})

export const writeHint = oneOf(RWH, 8)

const op = (call: CallView): number => lowOf(call.arg('op'), 4)
const { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_GETLEASE, F_GET_SEALS, F_GETSIG } = F.values

/** What fcntl(2) returns depends on its operation. */
export const fcntlResult: ReturnKind = {
  kind: 'decimal',
  fd: { on: 'op', equals: [F_DUPFD, F_DUPFD_CLOEXEC] },
  note,
  print: (call) => (isHex(call) ? hex32(call.result) : String(call.result)),
}

function isHex(call: CallView): boolean {
  switch (op(call)) {
    case F_GETFL:
    case F_GETLEASE:
      return true
    case F_GETFD:
    case F_GET_SEALS:
      return call.result !== 0
    default:
      return false
  }
}

function note(call: CallView, style: Style): string | undefined {
  const { result } = call
  switch (op(call)) {
    case F_GETFL:
      return openFlagsNote(result)
    case F_GETLEASE:
      return prepare(F_LOCK).nameOf(result)
    case F_GETFD:
      return result === 0 ? undefined : `flags ${bitsText(FD, result, style)}`
    case F_GET_SEALS:
      return result === 0 ? undefined : `seals ${bitsText(F_SEAL, result, style)}`
    case F_GETSIG:
      return result === 0 ? undefined : signalName(result)
    default:
      return undefined
  }
}

function bitsText(set: typeof FD | typeof F_SEAL, value: number, style: Style): string {
  return prepare(set).flagsText(0, value, style, '')
}
