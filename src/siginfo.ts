/** A siginfo_t as data: which members count depends on the signal and on si_code (sigaction(2)). */

import { readI64, readU64, type Wide } from './args/numbers.ts'
import { errnoName, signalName, type ErrnoName } from './names.ts'
import { SI, SI_BUS, SI_CHLD, SI_FPE, SI_ILL, SI_POLL, SI_SEGV, SI_SYS, SI_TRAP } from './table/constants/signal.ts'

/** What the kernel told with a signal (sigaction(2)): the members of siginfo_t that this signal has; all others are absent. */
export interface SignalInfo {
  /** Number of the signal. */
  readonly signo: number
  /** Why it was sent: `CLD_EXITED`, `SI_USER`, …; a number where that has no name. */
  readonly code: string | number
  /** Absent if 0, as it nearly always is. */
  readonly errno?: ErrnoName | number
  /** Who sent it, or the child that changed. */
  readonly pid?: number
  /** User id of that process. */
  readonly uid?: number
  /** Exit code of a child that exited, else the signal that ended or stopped it. */
  readonly status?: number
  /** Time of a child that changed on processors, in its program; in clock ticks (sysconf(_SC_CLK_TCK), 100 a second). */
  readonly userTicks?: Wide
  /** The same in the kernel. */
  readonly systemTicks?: Wide
  /** Address of the fault, or of the instruction (SIGSYS). */
  readonly address?: bigint
  /** BUS_MCEERR_*: how many low bits of the address mean nothing. */
  readonly addressLsb?: number
  /** SEGV_BNDERR: the bounds that were missed. */
  readonly lower?: bigint
  /** See `lower`. */
  readonly upper?: bigint
  /** SEGV_PKUERR: the protection key that forbade it. */
  readonly pkey?: number
  /** What sigqueue(3) or a timer sent along. */
  readonly value?: bigint
  /** SI_TIMER: which timer. */
  readonly timerId?: number
  /** SI_TIMER: how often it expired while the signal waited. */
  readonly overrun?: number
  /** SIGIO: what happened, as poll(2) says it in `revents`. */
  readonly band?: Wide
  /** SIGIO: the descriptor that it happened to. */
  readonly fd?: number
  /** SIGSYS: number of the call that a filter refused. */
  readonly syscall?: number
  /** SIGSYS: its architecture, as `AUDIT_ARCH_` constants have it. */
  readonly arch?: number
}

/** Codes that any signal can have, and those of some signals. */
const common = namesOf(SI.values)
const codes: Readonly<Record<string, ReadonlyMap<number, string>>> = {
  SIGILL: namesOf(SI_ILL.values),
  SIGTRAP: namesOf(SI_TRAP.values),
  SIGBUS: namesOf(SI_BUS.values),
  SIGFPE: namesOf(SI_FPE.values),
  SIGSEGV: namesOf(SI_SEGV.values),
  SIGCHLD: namesOf(SI_CHLD.values),
  SIGIO: namesOf(SI_POLL.values),
  SIGSYS: namesOf(SI_SYS.values),
}

function namesOf(values: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(values).map(([name, value]) => [value, name]))
}

/** Sent by a process, not raised by the kernel: SI_USER and all below. */
const SI_USER = 0

/** `at` is the start of 128 bytes in `view`. */
export function decodeSignalInfo(view: DataView, at: number): SignalInfo {
  const signo = view.getInt32(at, true)
  const errno = view.getInt32(at + 4, true)
  const number = view.getInt32(at + 8, true)
  const signal = signalName(signo)
  const code = common.get(number) ?? codes[signal]?.get(number) ?? number
  return {
    signo,
    code,
    ...(errno === 0 ? {} : { errno: errnoName(errno) ?? errno }),
    ...(number <= SI_USER ? sent(view, at, code) : raised(view, at, signal, code)),
  }
}

type Members = Omit<SignalInfo, 'signo' | 'code' | 'errno'>

function sent(view: DataView, at: number, code: string | number): Members {
  switch (code) {
    case 'SI_USER':
    case 'SI_TKILL':
      return sender(view, at)
    case 'SI_TIMER':
      return { timerId: view.getInt32(at + 16, true), overrun: view.getInt32(at + 20, true), value: value(view, at) }
    case 'SI_SIGIO':
      return poll(view, at)
    default:
      return { ...sender(view, at), value: value(view, at) }
  }
}

function raised(view: DataView, at: number, signal: string, code: string | number): Members {
  const address = view.getBigUint64(at + 16, true)
  switch (signal) {
    case 'SIGCHLD':
      return {
        ...sender(view, at),
        status: view.getInt32(at + 24, true),
        userTicks: readU64(view, at + 32),
        systemTicks: readU64(view, at + 40),
      }
    case 'SIGILL':
    case 'SIGFPE':
    case 'SIGTRAP':
      return { address }
    case 'SIGBUS':
      return code === 'BUS_MCEERR_AR' || code === 'BUS_MCEERR_AO'
        ? { address, addressLsb: view.getUint16(at + 24, true) }
        : { address }
    case 'SIGSEGV':
      return { address, ...bounds(view, at, code) }
    case 'SIGIO':
      return typeof code === 'string' && code.startsWith('POLL_') ? poll(view, at) : {}
    case 'SIGSYS':
      return { address, syscall: view.getInt32(at + 24, true), arch: view.getUint32(at + 28, true) }
    default:
      return other(view, at)
  }
}

function bounds(view: DataView, at: number, code: string | number): Members {
  if (code === 'SEGV_BNDERR')
    return { lower: view.getBigUint64(at + 32, true), upper: view.getBigUint64(at + 40, true) }
  return code === 'SEGV_PKUERR' ? { pkey: view.getUint32(at + 32, true) } : {}
}

/** Signals of which only the bytes tell whether they have a sender or a value. */
function other(view: DataView, at: number): Members {
  const { pid, uid } = sender(view, at)
  const sentAlong = value(view, at)
  return { ...(pid === 0 && uid === 0 ? {} : { pid, uid }), ...(sentAlong === 0n ? {} : { value: sentAlong }) }
}

function sender(view: DataView, at: number): { readonly pid: number; readonly uid: number } {
  return { pid: view.getInt32(at + 16, true), uid: view.getUint32(at + 20, true) }
}

function value(view: DataView, at: number): bigint {
  return view.getBigInt64(at + 24, true)
}

function poll(view: DataView, at: number): Members {
  return { band: readI64(view, at + 16), fd: view.getInt32(at + 24, true) }
}
