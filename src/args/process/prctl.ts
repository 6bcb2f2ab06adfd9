/** What prctl(2) takes, by operation. */

import {
  CAPABILITY,
  PR_CAP_AMBIENT,
  PR_FP_MODE,
  PR_MCE_KILL,
  PR_MCE_KILL_POLICY,
  PR_MDWE,
  PR_PAC,
  PR_PAC_ENABLED,
  PR_PPC_DEXCR,
  PR_PPC_DEXCR_CTRL,
  PR_RISCV_CTX,
  PR_RISCV_SCOPE,
  PR_SCHED_CORE,
  PR_SET_MM,
  PR_SET_VMA,
  PR_SPEC,
  PR_SPEC_SET,
  PR_SYS_DISPATCH,
  PR_TSC,
  PR_UNALIGN,
  SECBIT,
  SUID_DUMP,
} from '../../table/constants/prctl.ts'
import { PR, SECCOMP_MODE } from '../../table/constants/process.ts'
import type { Cell, Kind } from '../arg.ts'
import { taskName, taskNameOut } from '../fixed.ts'
import { seccompProgram } from '../bpf/filter-program.ts'
import { flags, highOf, lowOf, oneOf } from '../flags.ts'
import { text } from '../path.ts'
import { pointerTo, resultIn } from '../pointer.ts'
import {
  deathSignal,
  idOf,
  matrixVector,
  pidType,
  scalableVector,
  taggedAddresses,
  tracer,
  vectorState,
} from './prctl-words.ts'
import { address, hex, long, size, uint } from '../scalar.ts'
import { signal } from '../signal/signal.ts'
import { onlyIf, switchOn, unused } from '../switch.ts'

/** Operations that ask for nothing, or for what the result says. */
const noArguments = {
  PR_GET_KEEPCAPS: unused,
  PR_GET_TIMING: unused,
  PR_GET_SECCOMP: unused,
  PR_GET_TIMERSLACK: unused,
  PR_TASK_PERF_EVENTS_DISABLE: unused,
  PR_TASK_PERF_EVENTS_ENABLE: unused,
  PR_GET_DUMPABLE: unused,
  PR_GET_SECUREBITS: unused,
  PR_GET_FP_MODE: unused,
  PR_SVE_GET_VL: unused,
  PR_SME_GET_VL: unused,
  PR_RISCV_V_GET_CONTROL: unused,
} as const

/** Operations whose arguments from the third on mean nothing, and are not looked at. */
const oneArgument = {
  ...noArguments,
  PR_SET_PDEATHSIG: unused,
  PR_GET_PDEATHSIG: unused,
  PR_SET_DUMPABLE: unused,
  PR_GET_UNALIGN: unused,
  PR_SET_UNALIGN: unused,
  PR_SET_KEEPCAPS: unused,
  PR_GET_FPEMU: unused,
  PR_SET_FPEMU: unused,
  PR_GET_FPEXC: unused,
  PR_SET_FPEXC: unused,
  PR_SET_TIMING: unused,
  PR_SET_NAME: unused,
  PR_GET_NAME: unused,
  PR_GET_ENDIAN: unused,
  PR_SET_ENDIAN: unused,
  PR_CAPBSET_READ: unused,
  PR_CAPBSET_DROP: unused,
  PR_GET_TSC: unused,
  PR_SET_TSC: unused,
  PR_SET_SECUREBITS: unused,
  PR_SET_TIMERSLACK: unused,
  PR_SET_CHILD_SUBREAPER: unused,
  PR_GET_CHILD_SUBREAPER: unused,
  PR_GET_TID_ADDRESS: unused,
  PR_SET_FP_MODE: unused,
  PR_SVE_SET_VL: unused,
  PR_SME_SET_VL: unused,
  PR_GET_SPECULATION_CTRL: unused,
  PR_RISCV_V_SET_CONTROL: unused,
  PR_SET_PTRACER: unused,
} as const

const twoArguments = { ...oneArgument, PR_SET_SPECULATION_CTRL: unused, PR_RISCV_SET_ICACHE_FLUSH_CTX: unused } as const

export const prctl2 = switchOn(
  'op',
  PR,
  {
    ...noArguments,
    PR_SET_PDEATHSIG: deathSignal,
    PR_GET_PDEATHSIG: resultIn(signal),
    PR_SET_DUMPABLE: oneOf(SUID_DUMP, 8),
    PR_GET_UNALIGN: resultIn(flags(PR_UNALIGN)),
    PR_SET_UNALIGN: flags(PR_UNALIGN),
    PR_SET_KEEPCAPS: size,
    PR_GET_FPEMU: resultIn(uint),
    PR_SET_FPEMU: size,
    PR_GET_FPEXC: resultIn(uint),
    PR_SET_FPEXC: size,
    PR_SET_TIMING: size,
    PR_SET_NAME: taskName,
    PR_GET_NAME: taskNameOut,
    PR_GET_ENDIAN: resultIn(uint),
    PR_SET_ENDIAN: size,
    PR_SET_SECCOMP: oneOf(SECCOMP_MODE, 8),
    PR_CAPBSET_READ: oneOf(CAPABILITY, 8),
    PR_CAPBSET_DROP: oneOf(CAPABILITY, 8),
    PR_GET_TSC: resultIn(oneOf(PR_TSC)),
    PR_SET_TSC: oneOf(PR_TSC),
    PR_SET_SECUREBITS: flags(SECBIT, 8),
    PR_SET_TIMERSLACK: long,
    PR_MCE_KILL: oneOf(PR_MCE_KILL, 8),
    PR_SET_MM: oneOf(PR_SET_MM),
    PR_SET_CHILD_SUBREAPER: size,
    PR_GET_CHILD_SUBREAPER: resultIn(uint),
    PR_SET_NO_NEW_PRIVS: size,
    PR_GET_TID_ADDRESS: resultIn(address),
    PR_SET_THP_DISABLE: size,
    PR_SET_FP_MODE: flags(PR_FP_MODE),
    PR_CAP_AMBIENT: oneOf(PR_CAP_AMBIENT, 8),
    PR_SVE_SET_VL: scalableVector,
    PR_GET_SPECULATION_CTRL: oneOf(PR_SPEC, 8),
    PR_SET_SPECULATION_CTRL: oneOf(PR_SPEC, 8),
    PR_PAC_RESET_KEYS: flags(PR_PAC, 8),
    PR_SET_TAGGED_ADDR_CTRL: taggedAddresses,
    PR_SET_IO_FLUSHER: size,
    PR_SET_SYSCALL_USER_DISPATCH: oneOf(PR_SYS_DISPATCH, 8),
    PR_PAC_SET_ENABLED_KEYS: flags(PR_PAC_ENABLED, 8),
    PR_SCHED_CORE: oneOf(PR_SCHED_CORE),
    PR_SME_SET_VL: matrixVector,
    PR_SET_MDWE: flags(PR_MDWE),
    PR_RISCV_V_SET_CONTROL: vectorState,
    PR_RISCV_SET_ICACHE_FLUSH_CTX: oneOf(PR_RISCV_CTX, 8),
    PR_PPC_GET_DEXCR: oneOf(PR_PPC_DEXCR, 8),
    PR_PPC_SET_DEXCR: oneOf(PR_PPC_DEXCR, 8),
    PR_SET_VMA: oneOf(PR_SET_VMA, 8),
    PR_SET_PTRACER: tracer,
  },
  hex,
)

/** Whether the second argument, all of it, is one of these. */
export function chooses(...wanted: readonly number[]): (second: Cell) => boolean {
  return (second) => highOf(second, 8) === 0 && wanted.includes(lowOf(second, 8))
}

/** `then` where the second argument chooses it, else a word. */
function orWord<In>(
  chosen: (second: Cell) => boolean,
  then: Kind<In, never, never>,
): Kind<In | number | bigint, never, 'arg2'> {
  const { read } = then
  return {
    ...then,
    read: (cell) => (chosen(cell.sibling('arg2')) && read !== undefined ? read(cell) : (hex.read?.(cell) ?? 0)),
    print: (cell, style) => (chosen(cell.sibling('arg2')) ? then.print(cell, style) : hex.print(cell, style)),
  }
}

const { SECCOMP_MODE_STRICT, SECCOMP_MODE_FILTER } = SECCOMP_MODE.values
const isFilter = chooses(SECCOMP_MODE_FILTER)
const isStrict = chooses(SECCOMP_MODE_STRICT)
const isOtherMode = (second: Cell): boolean => !isFilter(second) && !isStrict(second)
const namesCapability = chooses(
  PR_CAP_AMBIENT.values.PR_CAP_AMBIENT_RAISE,
  PR_CAP_AMBIENT.values.PR_CAP_AMBIENT_LOWER,
  PR_CAP_AMBIENT.values.PR_CAP_AMBIENT_IS_SET,
)
const isMisfeature = chooses(...Object.values(PR_SPEC.values))
const setsPolicy = chooses(PR_MCE_KILL.values.PR_MCE_KILL_SET)
const namesMapping = chooses(PR_SET_VMA.values.PR_SET_VMA_ANON_NAME)

export const prctl3 = switchOn(
  'op',
  PR,
  {
    ...oneArgument,
    PR_SET_SECCOMP: onlyIf('arg2', (second) => !isStrict(second), orWord(isFilter, pointerTo(seccompProgram))),
    PR_MCE_KILL: orWord(setsPolicy, oneOf(PR_MCE_KILL_POLICY, 8)),
    PR_CAP_AMBIENT: orWord(namesCapability, oneOf(CAPABILITY, 8)),
    PR_SET_SPECULATION_CTRL: orWord(isMisfeature, oneOf(PR_SPEC_SET, 8)),
    PR_PAC_SET_ENABLED_KEYS: flags(PR_PAC_ENABLED, 8),
    PR_SCHED_CORE: idOf('arg4'),
    PR_RISCV_SET_ICACHE_FLUSH_CTX: oneOf(PR_RISCV_SCOPE, 8),
    PR_PPC_SET_DEXCR: flags(PR_PPC_DEXCR_CTRL, 8),
    PR_SET_VMA: orWord(namesMapping, address),
  },
  hex,
)

export const prctl4 = switchOn(
  'op',
  PR,
  {
    ...twoArguments,
    PR_SET_SECCOMP: onlyIf('arg2', isOtherMode, hex),
    PR_SCHED_CORE: pidType,
    PR_SET_VMA: orWord(namesMapping, size),
  },
  hex,
)

const getsCookie = (second: Cell): boolean => lowOf(second, 4) === PR_SCHED_CORE.values.PR_SCHED_CORE_GET

const cookie = resultIn(hex)

/** What `PR_SCHED_CORE_GET` gives back; the other operations have a word here. */
const coreCookie: Kind<
  number | bigint | undefined,
  ReturnType<NonNullable<typeof cookie.readOut>> | undefined,
  'arg2'
> = {
  ...cookie,
  late: (cell) => getsCookie(cell.sibling('arg2')),
  read: (cell) => (getsCookie(cell.sibling('arg2')) ? undefined : hex.read?.(cell)),
  readOut: (cell) => (getsCookie(cell.sibling('arg2')) ? cookie.readOut?.(cell) : undefined),
  print: (cell, style) => (getsCookie(cell.sibling('arg2')) ? cookie : hex).print(cell, style),
}

export const prctl5 = switchOn(
  'op',
  PR,
  {
    ...twoArguments,
    PR_SET_SECCOMP: onlyIf('arg2', isOtherMode, hex),
    PR_SET_SYSCALL_USER_DISPATCH: address,
    PR_SCHED_CORE: coreCookie,
    PR_SET_VMA: orWord(namesMapping, text),
  },
  hex,
)
