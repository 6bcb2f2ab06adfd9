/** siginfo_t as strace prints it, in arguments and in the lines of signals. */

import { CAPTURE_KEY } from '../../record/layout.ts'
import { decodeSignalInfo, type SignalInfo } from '../../siginfo.ts'
import { I386_SYSCALLS } from '../../table/constants/i386.ts'
import { AUDIT_ARCH } from '../../table/constants/signal.ts'
import { X86_64_SYSCALLS } from '../../table/constants/x86_64.ts'
import type { Captured, Style } from '../arg.ts'
import { childrenOf } from '../cells.ts'
import { descriptorText, processText } from '../descriptor.ts'
import { constantText, prepare } from '../flags.ts'
import { hex32, hexWide } from '../numbers.ts'
import { signalText } from './signal.ts'
import type { Struct } from '../struct.ts'
import { ticksText } from '../time/time.ts'

/** Keys of what members stand for. */
const SI_PID = CAPTURE_KEY.SENDER_NAME
const SI_FD = 0

/** siginfo_t */
export const siginfo: Struct<SignalInfo> = {
  kind: 'siginfo',
  size: 128,
  read: (cell) => decodeSignalInfo(cell.view, cell.at),
  fields: [
    { key: SI_PID, at: 16, then: { copy: 'pid', counted: 'process' } },
    { key: SI_FD, at: 24, then: { copy: 'fd' } },
  ],
  print: (cell, style) => siginfoText(cell.view, cell.at, style, childrenOf(cell)),
}

/** `{si_signo=SIGCHLD, si_code=CLD_EXITED, …}` of the 128 bytes at `at`. `known`: what its `si_pid` and `si_fd` stand for. */
export function siginfoText(view: DataView, at: number, style: Style, known: readonly Captured[] = []): string {
  const info = decodeSignalInfo(view, at)
  if (info.signo === 0) return '{}'
  const code = hex32(view.getUint32(at + 8, true))
  const textOf = (key: number, text: typeof processText): string => {
    const found = known.find((it) => it.key === key)
    return text(found, style)
  }
  const members = [`si_signo=${signalText(info.signo, style)}`, `si_code=${named(code, info.code, style)}`]
  if (info.errno !== undefined)
    members.push(`si_errno=${named(String(view.getUint32(at + 4, true)), info.errno, style)}`)
  members.push(
    ...sourceMembers(info, textOf(SI_PID, processText), textOf(SI_FD, descriptorText)),
    ...childMembers(info, style),
    ...faultMembers(info, style),
  )
  if (info.value !== undefined && (info.value !== 0n || info.timerId !== undefined))
    members.push(`si_int=${BigInt.asIntN(32, info.value)}`, `si_ptr=${pointer(BigInt.asUintN(64, info.value))}`)
  return `{${members.join(', ')}}`
}

/** Where it comes from: a process, a timer or a descriptor. */
function sourceMembers(
  { pid, uid, timerId, overrun, band, fd }: SignalInfo,
  process: string,
  link: string,
): readonly string[] {
  if (timerId !== undefined) return [`si_timerid=${hex32(timerId >>> 0)}`, `si_overrun=${overrun}`]
  if (band !== undefined) return [`si_band=${band}`, `si_fd=${fd}${link}`]
  return pid === undefined ? [] : [`si_pid=${pid}${process}`, `si_uid=${uid === 0xffff_ffff ? -1 : uid}`]
}

function childMembers({ code, status, userTicks = 0, systemTicks = 0 }: SignalInfo, style: Style): readonly string[] {
  if (status === undefined) return []
  const word = code === 'CLD_EXITED' ? String(status) : signalText(status, style)
  return [`si_status=${word}`, `si_utime=${ticksText(userTicks, style)}`, `si_stime=${ticksText(systemTicks, style)}`]
}

function faultMembers(info: SignalInfo, style: Style): readonly string[] {
  const { address, addressLsb, lower, upper, pkey, syscall, arch } = info
  if (address === undefined) return []
  if (syscall !== undefined && arch !== undefined) {
    const name = syscallName(syscall, arch)
    const number = named(String(syscall >>> 0), name === undefined ? syscall : `__NR_${name}`, style)
    const machine = prepare(AUDIT_ARCH).valueText(arch, style)
    return [`si_call_addr=${pointer(address)}`, `si_syscall=${number}`, `si_arch=${machine}`]
  }
  return [
    `si_addr=${pointer(address)}`,
    ...(addressLsb === undefined ? [] : [`si_addr_lsb=${hex32(addressLsb)}`]),
    ...(lower === undefined || upper === undefined ? [] : [`si_lower=${pointer(lower)}`, `si_upper=${pointer(upper)}`]),
    ...(pkey === undefined ? [] : [`si_pkey=${pkey}`]),
  ]
}

/** What the machine `arch` calls the call with this number. */
export function syscallName(number: number, arch: number): string | undefined {
  const { AUDIT_ARCH_I386, AUDIT_ARCH_X86_64 } = AUDIT_ARCH.values
  const names = arch === AUDIT_ARCH_X86_64 ? X86_64_SYSCALLS : arch === AUDIT_ARCH_I386 ? I386_SYSCALLS : {}
  return names[number]
}

function pointer(value: bigint): string {
  return value === 0n ? 'NULL' : hexWide(value)
}

/** A number that may have a name. */
function named(number: string, name: string | number, style: Style): string {
  return constantText(typeof name === 'number' ? undefined : name, number, style)
}
