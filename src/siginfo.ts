/** A siginfo_t as data: which members count depends on the signal and on si_code (sigaction(2)). */

import { errnoName, signalName, type ErrnoName } from './names.ts'
import { SI, SI_BUS, SI_CHLD, SI_FPE, SI_ILL, SI_POLL, SI_SEGV, SI_SYS, SI_TRAP } from './table/constants/signal.ts'

/** Members that the signal does not carry are absent. Names as in siginfo_t without `si_`. */
export interface SignalInfo {
  readonly signo: number
  /** `CLD_EXITED`, `SI_USER`, …; a number where it has no name. */
  readonly code: string | number
  readonly errno?: ErrnoName | number
  /** Who sent it, or the child that changed. */
  readonly pid?: number
  readonly uid?: number
  /** Exit code of a child that exited, else the signal that ended or stopped it. */
  readonly status?: number
  /** Processor time of a child that changed, in ticks. */
  readonly userTicks?: bigint
  readonly systemTicks?: bigint
  /** Address of the fault, or of the instruction (SIGSYS). */
  readonly address?: bigint
  /** What sigqueue(3) or a timer sent along. */
  readonly value?: bigint
  readonly timerId?: number
  readonly overrun?: number
  readonly band?: bigint
  readonly fd?: number
  /** SIGSYS: number and audit architecture of the call. */
  readonly syscall?: number
  readonly arch?: number
}

const codes: Readonly<Record<string, { readonly values: Readonly<Record<string, number>> }>> = {
  SIGILL: SI_ILL,
  SIGTRAP: SI_TRAP,
  SIGBUS: SI_BUS,
  SIGFPE: SI_FPE,
  SIGSEGV: SI_SEGV,
  SIGCHLD: SI_CHLD,
  SIGIO: SI_POLL,
  SIGSYS: SI_SYS,
}

/** Sent by a process, not raised by the kernel: SI_USER and all below. */
const SI_USER = 0
const SI_TIMER = -2
const SI_SIGIO = -5
const SI_TKILL = -6

/** `at` is the start of 128 bytes in `view`. */
export function decodeSignalInfo(view: DataView, at: number): SignalInfo {
  const signo = view.getInt32(at, true)
  const errno = view.getInt32(at + 4, true)
  const code = view.getInt32(at + 8, true)
  return {
    signo,
    code: codeName(signo, code) ?? code,
    ...(errno === 0 ? {} : { errno: errnoName(errno) ?? errno }),
    ...(code <= SI_USER ? sent(view, at, code) : raised(view, at, signo)),
  }
}

type Members = Omit<SignalInfo, 'signo' | 'code' | 'errno'>

function codeName(signo: number, code: number): string | undefined {
  const own = codes[signalName(signo)]?.values ?? {}
  return [...Object.entries(SI.values), ...Object.entries(own)].find(([, value]) => value === code)?.[0]
}

function sent(view: DataView, at: number, code: number): Members {
  switch (code) {
    case SI_USER:
    case SI_TKILL:
      return sender(view, at)
    case SI_TIMER:
      return { timerId: view.getInt32(at + 16, true), overrun: view.getInt32(at + 20, true), value: value(view, at) }
    case SI_SIGIO:
      return poll(view, at)
    default:
      return { ...sender(view, at), value: value(view, at) }
  }
}

function raised(view: DataView, at: number, signo: number): Members {
  const address = view.getBigUint64(at + 16, true)
  switch (signalName(signo)) {
    case 'SIGCHLD':
      return {
        ...sender(view, at),
        status: view.getInt32(at + 24, true),
        userTicks: view.getBigInt64(at + 32, true),
        systemTicks: view.getBigInt64(at + 40, true),
      }
    case 'SIGILL':
    case 'SIGFPE':
    case 'SIGBUS':
    case 'SIGSEGV':
    case 'SIGTRAP':
      return { address }
    case 'SIGIO':
      return poll(view, at)
    case 'SIGSYS':
      return { address, syscall: view.getInt32(at + 24, true), arch: view.getUint32(at + 28, true) }
    default:
      return sender(view, at)
  }
}

function sender(view: DataView, at: number): Members {
  return { pid: view.getInt32(at + 16, true), uid: view.getUint32(at + 20, true) }
}

function value(view: DataView, at: number): bigint {
  return view.getBigInt64(at + 24, true)
}

function poll(view: DataView, at: number): Members {
  return { band: view.getBigInt64(at + 16, true), fd: view.getInt32(at + 24, true) }
}
