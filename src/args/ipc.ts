/** Arguments of System V IPC. */

import { IPC, IPC_KEY, SEM, SHM } from '../table/constants/ipc.ts'
import { Flags, flags, lowOf, prepare, type Constants, type NameIn } from './flags.ts'
import { hex32 } from './numbers.ts'
import { octal, short, ushort, type Scalar } from './scalar.ts'
import { field, struct } from './struct.ts'

const PERMISSIONS = 0o777

const keys = prepare(IPC_KEY)

/** A key, or `IPC_PRIVATE`. */
export const key: Scalar<number> = {
  kind: 'key',
  width: 4,
  read: (cell) => cell.view.getInt32(cell.at, true),
  print: (cell, style) => keys.valueText(lowOf(cell, 4), style, '', hex32(lowOf(cell, 4))),
}

/** Bits, and permissions in the lowest nine of them. */
export type FlagsWithMode<Name extends string> = Flags<Name> & { readonly mode: number }

class WithMode<Name extends string> extends Flags<Name> {
  readonly mode: number
  constructor(number: number, names: readonly Name[], rest: number) {
    super(number, names, rest)
    this.mode = number & PERMISSIONS
  }
}

/** `IPC_CREAT|0600` */
function withMode<const Set extends Constants>(set: Set): Scalar<FlagsWithMode<NameIn<Set>>> {
  const ready = prepare(set)
  return {
    kind: 'flags',
    width: 4,
    read: (cell) => {
      const value = lowOf(cell, 4)
      const rest = (value & ~PERMISSIONS) >>> 0
      const split = rest === 0 ? { names: [], low: 0 } : ready.split(0, rest)
      return new WithMode(value, split.names as readonly NameIn<Set>[], split.low) // Members of the set.
    },
    print: (cell, style) => {
      const rest = (lowOf(cell, 4) & ~PERMISSIONS) >>> 0
      const mode = octal(lowOf(cell, 4) & PERMISSIONS)
      return rest === 0 ? mode : `${ready.flagsText(0, rest, style, '')}|${mode}`
    },
  }
}

export const ipcFlags = withMode(IPC)
export const shmFlags = withMode(SHM)

/** struct sembuf */
export const sembuf = struct(6, {
  sem_num: field(0, ushort),
  sem_op: field(2, short),
  sem_flg: field(4, flags(SEM, 2)),
})
