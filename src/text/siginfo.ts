/** A siginfo_t as strace prints it: which members count depends on the signal and on si_code (sigaction(2)). */

import type { Style } from '../args/arg.ts'
import { errnoName } from './strerror.ts'
import { signalText } from './signals.ts'

type Codes = Readonly<Record<number, string>>

/** Codes that any signal can carry. SI_USER and below come from processes, the rest from the kernel. */
const commonCodes: Codes = {
  0: 'SI_USER',
  0x80: 'SI_KERNEL',
  [-1]: 'SI_QUEUE',
  [-2]: 'SI_TIMER',
  [-3]: 'SI_MESGQ',
  [-4]: 'SI_ASYNCIO',
  [-5]: 'SI_SIGIO',
  [-6]: 'SI_TKILL',
  [-7]: 'SI_DETHREAD',
  [-60]: 'SI_ASYNCNL',
}

const codesBySignal: Readonly<Record<string, Codes>> = {
  SIGILL: {
    1: 'ILL_ILLOPC',
    2: 'ILL_ILLOPN',
    3: 'ILL_ILLADR',
    4: 'ILL_ILLTRP',
    5: 'ILL_PRVOPC',
    6: 'ILL_PRVREG',
    7: 'ILL_COPROC',
    8: 'ILL_BADSTK',
  },
  SIGTRAP: {
    1: 'TRAP_BRKPT',
    2: 'TRAP_TRACE',
    3: 'TRAP_BRANCH',
    4: 'TRAP_HWBKPT',
    5: 'TRAP_UNK',
    6: 'TRAP_PERF',
  },
  SIGBUS: { 1: 'BUS_ADRALN', 2: 'BUS_ADRERR', 3: 'BUS_OBJERR', 4: 'BUS_MCEERR_AR', 5: 'BUS_MCEERR_AO' },
  SIGFPE: {
    1: 'FPE_INTDIV',
    2: 'FPE_INTOVF',
    3: 'FPE_FLTDIV',
    4: 'FPE_FLTOVF',
    5: 'FPE_FLTUND',
    6: 'FPE_FLTRES',
    7: 'FPE_FLTINV',
    8: 'FPE_FLTSUB',
    14: 'FPE_FLTUNK',
    15: 'FPE_CONDTRAP',
  },
  SIGSEGV: {
    1: 'SEGV_MAPERR',
    2: 'SEGV_ACCERR',
    3: 'SEGV_BNDERR',
    4: 'SEGV_PKUERR',
    5: 'SEGV_ACCADI',
    6: 'SEGV_ADIDERR',
    7: 'SEGV_ADIPERR',
    8: 'SEGV_MTEAERR',
    9: 'SEGV_MTESERR',
    10: 'SEGV_CPERR',
  },
  SIGCHLD: {
    1: 'CLD_EXITED',
    2: 'CLD_KILLED',
    3: 'CLD_DUMPED',
    4: 'CLD_TRAPPED',
    5: 'CLD_STOPPED',
    6: 'CLD_CONTINUED',
  },
  SIGIO: { 1: 'POLL_IN', 2: 'POLL_OUT', 3: 'POLL_MSG', 4: 'POLL_ERR', 5: 'POLL_PRI', 6: 'POLL_HUP' },
  SIGSYS: { 1: 'SYS_SECCOMP', 2: 'SYS_USER_DISPATCH' },
}

/** What strace's names of AUDIT_ARCH_* are on the machines whose calls we can see. */
const auditArchitectures: Codes = { 0xc000003e: 'AUDIT_ARCH_X86_64', 0x40000003: 'AUDIT_ARCH_I386' }

/** `CLD_EXITED`, `SI_USER`; undefined for a code without a name. */
export function siCodeName(signal: number, code: number): string | undefined {
  return commonCodes[code] ?? codesBySignal[signalText(signal)]?.[code]
}

export interface SiginfoContext {
  /** Name of a system call of the given audit architecture. */
  readonly syscallName: (number: number, auditArchitecture: number) => string | undefined
  readonly style: Style
}

/** `{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=7, …}` from the 128 bytes at `at`. */
export function siginfoText(view: DataView, at: number, context: SiginfoContext): string {
  const signal = view.getInt32(at, true)
  if (signal === 0) return '{}'
  const code = view.getInt32(at + 8, true)
  const { style } = context
  const name = siCodeName(signal, code)
  const fields = [
    `si_signo=${named(String(signal), signalText(signal) === String(signal) ? undefined : signalText(signal), style)}`,
    `si_code=${named(hex(code >>> 0), name, style)}`,
  ]
  const errno = view.getInt32(at + 4, true)
  if (errno !== 0) fields.push(`si_errno=${named(String(errno >>> 0), errnoName(errno), style)}`)
  fields.push(...(code <= 0 ? sentFields(view, at, code) : raisedFields(view, at, signal, code, context)))
  return `{${fields.join(', ')}}`
}

/** Members of a signal that a process sent. */
function sentFields(view: DataView, at: number, code: number): string[] {
  switch (commonCodes[code]) {
    case 'SI_USER':
    case 'SI_TKILL':
      return sender(view, at)
    case 'SI_TIMER':
      return [
        `si_timerid=${hex(view.getUint32(at + 16, true))}`,
        `si_overrun=${view.getInt32(at + 20, true)}`,
        ...sentValue(view, at),
      ]
    case 'SI_SIGIO':
      return pollFields(view, at)
    default:
      return view.getBigUint64(at + 24, true) === 0n ? sender(view, at) : [...sender(view, at), ...sentValue(view, at)]
  }
}

/** Members of a signal that the kernel raised. */
function raisedFields(view: DataView, at: number, signal: number, code: number, context: SiginfoContext): string[] {
  const name = signalText(signal)
  const codeName = codesBySignal[name]?.[code]
  switch (name) {
    case 'SIGCHLD': {
      const status = view.getInt32(at + 24, true)
      return [
        ...sender(view, at),
        `si_status=${codeName === 'CLD_EXITED' ? status : signalWord(status, context.style)}`,
        `si_utime=${ticks(view.getBigUint64(at + 32, true), context.style)}`,
        `si_stime=${ticks(view.getBigUint64(at + 40, true), context.style)}`,
      ]
    }
    case 'SIGILL':
    case 'SIGFPE':
      return [faultAddress(view, at)]
    case 'SIGBUS':
      return codeName === 'BUS_MCEERR_AR' || codeName === 'BUS_MCEERR_AO'
        ? [faultAddress(view, at), `si_addr_lsb=${hex(view.getUint16(at + 24, true))}`]
        : [faultAddress(view, at)]
    case 'SIGSEGV':
      if (codeName === 'SEGV_BNDERR') {
        return [
          faultAddress(view, at),
          `si_lower=${pointer(view.getBigUint64(at + 32, true))}`,
          `si_upper=${pointer(view.getBigUint64(at + 40, true))}`,
        ]
      }
      return codeName === 'SEGV_PKUERR'
        ? [faultAddress(view, at), `si_pkey=${view.getUint32(at + 32, true)}`]
        : [faultAddress(view, at)]
    case 'SIGTRAP':
      return [faultAddress(view, at)]
    case 'SIGIO':
      return codeName === undefined ? [] : pollFields(view, at)
    case 'SIGSYS': {
      const number = view.getInt32(at + 24, true)
      const architecture = view.getUint32(at + 28, true)
      return [
        `si_call_addr=${pointer(view.getBigUint64(at + 16, true))}`,
        `si_syscall=${syscallText(number, architecture, context)}`,
        `si_arch=${named(hex(architecture), auditArchitectures[architecture], context.style)}`,
      ]
    }
    default: {
      const from = view.getInt32(at + 16, true) !== 0 || view.getUint32(at + 20, true) !== 0 ? sender(view, at) : []
      return view.getBigUint64(at + 24, true) === 0n ? from : [...from, ...sentValue(view, at)]
    }
  }
}

function sender(view: DataView, at: number): string[] {
  const uid = view.getUint32(at + 20, true)
  return [`si_pid=${view.getInt32(at + 16, true)}`, `si_uid=${uid === 0xffff_ffff ? -1 : uid}`]
}

function sentValue(view: DataView, at: number): string[] {
  return [`si_int=${view.getInt32(at + 24, true)}`, `si_ptr=${pointer(view.getBigUint64(at + 24, true))}`]
}

function pollFields(view: DataView, at: number): string[] {
  return [`si_band=${view.getBigInt64(at + 16, true)}`, `si_fd=${view.getInt32(at + 24, true)}`]
}

function faultAddress(view: DataView, at: number): string {
  return `si_addr=${pointer(view.getBigUint64(at + 16, true))}`
}

function syscallText(number: number, architecture: number, { syscallName, style }: SiginfoContext): string {
  const name = syscallName(number, architecture)
  return named(String(number >>> 0), name === undefined ? undefined : `__NR_${name}`, style)
}

function signalWord(signal: number, style: Style): string {
  const text = signalText(signal)
  return named(String(signal), text === String(signal) ? undefined : text, style)
}

/** Processor time in ticks of 1/100 s. */
function ticks(value: bigint, style: Style): string {
  if (value === 0n || style.constants === 'raw') return String(value)
  return `${value} /* ${value / 100n}.${String(value % 100n).padStart(2, '0')} s */`
}

function named(number: string, name: string | undefined, style: Style): string {
  if (name === undefined || style.constants === 'raw') return number
  return style.constants === 'abbrev' ? name : `${number} /* ${name} */`
}

function pointer(value: bigint): string {
  return value === 0n ? 'NULL' : `0x${value.toString(16)}`
}

function hex(value: number): string {
  return value === 0 ? '0' : `0x${value.toString(16)}`
}
