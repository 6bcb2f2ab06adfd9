/** What ptrace(2) takes, by operation. */

import { NT, PTRACE_PEEKSIGINFO } from '../../table/constants/ptrace.ts'
import { PTRACE, PTRACE_O, SECCOMP_FILTER } from '../../table/constants/process.ts'
import type { Captured, Cell, Kind, Style } from '../arg.ts'
import { holds, isNull, pointerText, unread } from '../cells.ts'
import { seccompInstruction } from '../bpf/filter-program.ts'
import { flags, oneOf, prepare, readFlags, type Flags, type NameIn } from '../flags.ts'
import { readU64, type Wide } from '../numbers.ts'
import { lengthOf, pointerTo, resultIn, resultsIn, type Behind } from '../pointer.ts'
import { floatRegisters, registers, userOffset } from './registers.ts'
import { registersIn, registersOut } from './regset.ts'
import { address, pid, size, uint } from '../scalar.ts'
import { siginfo } from '../signal/siginfo.ts'
import { signal, sigsetIn, sigsetOut } from '../signal/signal.ts'
import { field, struct } from '../struct.ts'
import { switchOn, unused } from '../switch.ts'
import { syscallInfoIn, syscallInfoOut } from './syscall-info.ts'

/** Operations that look at nothing behind the process. */
const processOnly = {
  PTRACE_TRACEME: unused,
  PTRACE_ATTACH: unused,
  PTRACE_INTERRUPT: unused,
  PTRACE_KILL: unused,
  PTRACE_LISTEN: unused,
} as const

/** The whole register is the operation. */
const whole = { width: 8 } as const

export const ptracePid = switchOn('op', PTRACE, { PTRACE_TRACEME: unused }, pid, whole)

/** struct __ptrace_peeksiginfo_args */
const peekArguments = struct(16, {
  off: field(0, size),
  flags: field(8, flags(PTRACE_PEEKSIGINFO)),
  nr: field(12, uint),
})

export const ptraceAddress = switchOn(
  'op',
  PTRACE,
  {
    ...processOnly,
    PTRACE_GETREGS: unused,
    PTRACE_SETREGS: unused,
    PTRACE_GETFPREGS: unused,
    PTRACE_SETFPREGS: unused,
    PTRACE_PEEKUSER: userOffset,
    PTRACE_POKEUSER: userOffset,
    PTRACE_GETREGSET: oneOf(NT),
    PTRACE_SETREGSET: oneOf(NT),
    PTRACE_GETSIGMASK: size,
    PTRACE_SETSIGMASK: size,
    PTRACE_SECCOMP_GET_FILTER: size,
    PTRACE_SECCOMP_GET_METADATA: size,
    PTRACE_GET_SYSCALL_INFO: size,
    PTRACE_SET_SYSCALL_INFO: size,
    PTRACE_PEEKSIGINFO: pointerTo(peekArguments),
  },
  address,
  whole,
)

const instructions = resultsIn(seccompInstruction, 'result')

/** A filter's program; strace shows it with -v only. */
const filterOut: typeof instructions = {
  ...instructions,
  print: (cell, style) => (style.abbreviate ? pointerText(cell) : instructions.print(cell, style)),
}

const OFFSET_SIZE = 8
const METADATA_SIZE = 16
const filterFlags = prepare(SECCOMP_FILTER)

type FilterFlags = Flags<NameIn<typeof SECCOMP_FILTER>>

/** Which filter of a thread is asked for. */
export interface FilterMetadata {
  readonly filter_off: Wide
}

function askedFor(cell: Cell): Captured | undefined {
  const captured = cell.captured('entry')
  return lengthOf(cell, 'addr') >= OFFSET_SIZE && holds(captured, OFFSET_SIZE) ? captured : undefined
}

/** The flags as they are after a call that gave some. */
function gotFlags(cell: Cell): Captured | undefined {
  const captured = cell.captured('exit')
  return cell.call.ok && cell.call.result >= METADATA_SIZE && holds(captured, METADATA_SIZE) ? captured : undefined
}

function metadataText(cell: Cell, style: Style): string {
  const before = askedFor(cell)
  if (before === undefined) return pointerText(cell)
  const text = `{filter_off=${readU64(before.view, before.at)}`
  const { ok, result } = cell.call
  if (!ok || result <= OFFSET_SIZE) return `${text}}`
  const after = gotFlags(cell)
  if (after === undefined) return `${text}, ???}`
  const { view, at } = after
  const [low, high] = [view.getUint32(at + OFFSET_SIZE, true), view.getUint32(at + OFFSET_SIZE + 4, true)]
  return `${text}, flags=${filterFlags.flagsText(high, low, style)}${result > METADATA_SIZE ? ', ...' : ''}}`
}

/** struct seccomp_metadata */
const metadata: Kind<Behind<FilterMetadata>, FilterFlags | undefined, 'addr'> = {
  kind: 'filterMetadata',
  entry: { copy: 'bytes', length: OFFSET_SIZE },
  exit: { copy: 'bytes', length: METADATA_SIZE },
  read: (cell) => {
    const before = askedFor(cell)
    if (before === undefined) return isNull(cell) ? null : unread(cell, cell.captured('entry'))
    return { filter_off: readU64(before.view, before.at) }
  },
  readOut: (cell) => {
    const after = gotFlags(cell)
    if (after === undefined) return undefined
    const { view, at } = after
    return readFlags(filterFlags, view.getUint32(at + OFFSET_SIZE + 4, true), view.getUint32(at + OFFSET_SIZE, true))
  },
  print: metadataText,
}

const word = resultIn(address)

export const ptraceData = switchOn(
  'op',
  PTRACE,
  {
    ...processOnly,
    PTRACE_CONT: signal,
    PTRACE_DETACH: signal,
    PTRACE_SYSCALL: signal,
    PTRACE_SINGLESTEP: signal,
    PTRACE_SINGLEBLOCK: signal,
    PTRACE_SYSEMU: signal,
    PTRACE_SYSEMU_SINGLESTEP: signal,
    PTRACE_SEIZE: flags(PTRACE_O, 8),
    PTRACE_SETOPTIONS: flags(PTRACE_O, 8),
    PTRACE_OLDSETOPTIONS: flags(PTRACE_O, 8),
    PTRACE_PEEKTEXT: word,
    PTRACE_PEEKDATA: word,
    PTRACE_PEEKUSER: word,
    PTRACE_GETEVENTMSG: resultIn(size),
    PTRACE_GETSIGINFO: resultIn(siginfo),
    PTRACE_SETSIGINFO: pointerTo(siginfo),
    PTRACE_PEEKSIGINFO: resultsIn(siginfo, 'result'),
    PTRACE_GETSIGMASK: sigsetOut('addr'),
    PTRACE_SETSIGMASK: sigsetIn('addr'),
    PTRACE_GETREGS: resultIn(registers),
    PTRACE_SETREGS: pointerTo(registers),
    PTRACE_GETFPREGS: resultIn(floatRegisters),
    PTRACE_SETFPREGS: pointerTo(floatRegisters),
    PTRACE_GETREGSET: registersOut('addr'),
    PTRACE_SETREGSET: registersIn('addr'),
    PTRACE_SECCOMP_GET_FILTER: filterOut,
    PTRACE_SECCOMP_GET_METADATA: metadata,
    PTRACE_GET_SYSCALL_INFO: syscallInfoOut('addr'),
    PTRACE_SET_SYSCALL_INFO: syscallInfoIn('addr'),
  },
  address,
  whole,
)
