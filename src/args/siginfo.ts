/** siginfo_t: which members count depends on the signal and on si_code (sigaction(2)). */

import { decodeSignalInfo, type SignalInfo } from '../siginfo.ts'
import { errnoName } from '../table/constants/errno.ts'
import {
  AUDIT_ARCH,
  SI,
  SI_BUS,
  SI_CHLD,
  SI_FPE,
  SI_ILL,
  SI_POLL,
  SI_SEGV,
  SI_SYS,
  SI_TRAP,
} from '../table/constants/signal.ts'
import { SIGNALS } from '../table/constants/signals.ts'
import { X86_64_SYSCALLS } from '../table/constants/x86_64.ts'
import type { Style } from './arg.ts'
import { prepare, type ConstantSet } from './flags.ts'
import { addressText, hex32, readI64, readU64 } from './numbers.ts'
import { ticksText } from './limits.ts'
import { signalText } from './signal.ts'
import type { Struct } from './struct.ts'

const common = prepare(SI)
const codes: ReadonlyMap<number, ConstantSet> = new Map([
  [SIGNALS.SIGTRAP, prepare(SI_TRAP)],
  [SIGNALS.SIGCHLD, prepare(SI_CHLD)],
  [SIGNALS.SIGIO, prepare(SI_POLL)],
  [SIGNALS.SIGILL, prepare(SI_ILL)],
  [SIGNALS.SIGFPE, prepare(SI_FPE)],
  [SIGNALS.SIGSEGV, prepare(SI_SEGV)],
  [SIGNALS.SIGBUS, prepare(SI_BUS)],
  [SIGNALS.SIGSYS, prepare(SI_SYS)],
])

const SI_USER = 0
const SI_TIMER = -2
const SI_SIGIO = -5
const SI_TKILL = -6

/** siginfo_t */
export const siginfo: Struct<SignalInfo> = {
  kind: 'siginfo',
  size: 128,
  read: (cell) => decodeSignalInfo(cell.view, cell.at),
  print: (cell, style) => siginfoText(cell.view, cell.at, style),
}

/** `{si_signo=SIGCHLD, si_code=CLD_EXITED, …}` of the 128 bytes at `at`. */
export function siginfoText(view: DataView, at: number, style: Style): string {
  const number = view.getInt32(at, true)
  if (number === 0) return '{}'
  const error = view.getInt32(at + 4, true)
  const code = view.getInt32(at + 8, true)
  const members = [`si_signo=${signalText(number, style)}`, `si_code=${codeText(number, code, style)}`]
  if (error !== 0) members.push(`si_errno=${named(error, errnoName(error), style)}`)
  members.push(...(code <= SI_USER ? sentMembers(view, at, code, style) : raisedMembers(view, at, number, code, style)))
  return `{${members.join(', ')}}`
}

function codeText(number: number, code: number, style: Style): string {
  const name = common.nameOf(code >>> 0) ?? codes.get(number)?.nameOf(code >>> 0)
  return named(code >>> 0, name, style, hex32(code >>> 0))
}

function named(value: number, name: string | undefined, style: Style, number = String(value)): string {
  if (name === undefined || style.constants === 'raw') return number
  return style.constants === 'verbose' ? `${number} /* ${name} */` : name
}

function source(view: DataView, at: number): readonly string[] {
  const user = view.getUint32(at + 20, true)
  return [`si_pid=${view.getInt32(at + 16, true)}`, `si_uid=${user === 0xffff_ffff ? -1 : user}`]
}

function value(view: DataView, at: number): readonly string[] {
  return [`si_int=${view.getInt32(at + 24, true)}`, `si_ptr=${addressText(view, at + 24)}`]
}

function hasValue(view: DataView, at: number): boolean {
  return addressText(view, at + 24) !== 'NULL'
}

/** Sent by a process. */
function sentMembers(view: DataView, at: number, code: number, style: Style): readonly string[] {
  switch (code) {
    case SI_USER:
    case SI_TKILL:
      return source(view, at)
    case SI_TIMER:
      return [
        `si_timerid=${hex32(view.getUint32(at + 16, true))}`,
        `si_overrun=${view.getInt32(at + 20, true)}`,
        ...value(view, at),
      ]
    case SI_SIGIO:
      return poll(view, at, style)
    default:
      return hasValue(view, at) ? [...source(view, at), ...value(view, at)] : source(view, at)
  }
}

function poll(view: DataView, at: number, _style: Style): readonly string[] {
  return [`si_band=${readI64(view, at + 16)}`, `si_fd=${view.getInt32(at + 24, true)}`]
}

/** Raised by the kernel. */
function raisedMembers(view: DataView, at: number, number: number, code: number, style: Style): readonly string[] {
  switch (number) {
    case SIGNALS.SIGCHLD:
      return childMembers(view, at, code, style)
    case SIGNALS.SIGILL:
    case SIGNALS.SIGFPE:
    case SIGNALS.SIGTRAP:
      return [`si_addr=${addressText(view, at + 16)}`]
    case SIGNALS.SIGBUS:
      return code === SI_BUS.values.BUS_MCEERR_AR || code === SI_BUS.values.BUS_MCEERR_AO
        ? [`si_addr=${addressText(view, at + 16)}`, `si_addr_lsb=${hex32(view.getUint16(at + 24, true))}`]
        : [`si_addr=${addressText(view, at + 16)}`]
    case SIGNALS.SIGSEGV:
      return faultMembers(view, at, code)
    case SIGNALS.SIGIO:
      return code >= 1 && code <= 6 ? poll(view, at, style) : []
    case SIGNALS.SIGSYS:
      return systemMembers(view, at, style)
    default:
      return otherMembers(view, at)
  }
}

function childMembers(view: DataView, at: number, code: number, style: Style): readonly string[] {
  const status = view.getInt32(at + 24, true)
  return [
    ...source(view, at),
    `si_status=${code === SI_CHLD.values.CLD_EXITED ? status : signalText(status, style)}`,
    `si_utime=${ticksText(readU64(view, at + 32))}`,
    `si_stime=${ticksText(readU64(view, at + 40))}`,
  ]
}

function faultMembers(view: DataView, at: number, code: number): readonly string[] {
  const members = [`si_addr=${addressText(view, at + 16)}`]
  if (code === SI_SEGV.values.SEGV_BNDERR) {
    members.push(`si_lower=${addressText(view, at + 32)}`, `si_upper=${addressText(view, at + 40)}`)
  }
  if (code === SI_SEGV.values.SEGV_PKUERR) members.push(`si_pkey=${view.getUint32(at + 32, true)}`)
  return members
}

function systemMembers(view: DataView, at: number, style: Style): readonly string[] {
  const number = view.getInt32(at + 24, true)
  const arch = view.getUint32(at + 28, true)
  const name = arch === AUDIT_ARCH.values.AUDIT_ARCH_X86_64 ? X86_64_SYSCALLS[number] : undefined
  return [
    `si_call_addr=${addressText(view, at + 16)}`,
    `si_syscall=${named(number, name === undefined ? undefined : `__NR_${name}`, style)}`,
    `si_arch=${prepare(AUDIT_ARCH).valueText(arch, style)}`,
  ]
}

function otherMembers(view: DataView, at: number): readonly string[] {
  const isSent = view.getInt32(at + 16, true) !== 0 || view.getUint32(at + 20, true) !== 0
  return [...(isSent ? source(view, at) : []), ...(hasValue(view, at) ? value(view, at) : [])]
}
