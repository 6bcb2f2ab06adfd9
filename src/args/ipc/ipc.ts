/** Arguments of System V IPC. */

import { IPC, IPC_KEY, SEM, SHM, SHM_HUGE } from '../../table/constants/ipc.ts'
import { Flags, flags, lowOf, prepare, readFlags, type Constants, type NameIn } from '../flags.ts'
import { hex32 } from '../numbers.ts'
import { octal, short, ushort, type Scalar } from '../scalar.ts'
import { field, struct } from '../struct.ts'

const PERMISSIONS = 0o777

const keys = prepare(IPC_KEY)

/** A key, or `IPC_PRIVATE`. */
export const key: Scalar<number> = {
  kind: 'key',
  width: 4,
  constants: [IPC_KEY],
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
      const split = ready.splitRest(0, rest)
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

const { SHM_HUGE_MASK, SHM_HUGE_SHIFT } = SHM_HUGE.values
const plainShmFlags = withMode(SHM)

/** Between bits and permissions may lie how large huge pages are to be, as a power of two. */
function pageShift(value: number): number {
  return (value >>> SHM_HUGE_SHIFT) & SHM_HUGE_MASK
}

class WithPageSize extends WithMode<NameIn<typeof SHM>> {
  /** Bytes of a huge page, where the caller says it. */
  declare readonly hugePageSize?: number
  constructor({ number, names }: Flags<NameIn<typeof SHM>>, rest: number) {
    super(Number(number), names, rest)
    const shift = pageShift(Number(number))
    if (shift !== 0) this.hugePageSize = 2 ** shift
  }
}

/** Of shmget(2). */
export const shmFlags: Scalar<WithPageSize> = {
  kind: 'flags',
  width: 4,
  read: (cell) => {
    const bits = readFlags<NameIn<typeof SHM>>(prepare(SHM), 0, lowOf(cell, 4))
    const rest = Number(bits.rest) & ~PERMISSIONS & ~(SHM_HUGE_MASK << SHM_HUGE_SHIFT)
    return new WithPageSize(bits, rest >>> 0)
  },
  print: (cell, style) => {
    const value = lowOf(cell, 4)
    const pages = pageShift(value)
    if (pages === 0) return plainShmFlags.print(cell, style)
    const bits = (value & ~PERMISSIONS & ~(SHM_HUGE_MASK << SHM_HUGE_SHIFT)) >>> 0
    const shift = prepare(SHM_HUGE).valueText(SHM_HUGE_SHIFT, style, '', String(SHM_HUGE_SHIFT))
    const names = bits === 0 ? '' : `${prepare(SHM).flagsText(0, bits, style, '')}|`
    return `${names}${pages}<<${shift}|${octal(value & PERMISSIONS)}`
  },
}

/** struct sembuf */
export const sembuf = struct(6, {
  sem_num: field(0, ushort),
  sem_op: field(2, short),
  sem_flg: field(4, flags(SEM, 2)),
})
