/** What prctl(2) and arch_prctl(2) return: numbers whose meaning depends on the operation. */

import { ARCH, PR } from '../../table/constants/process.ts'
import {
  PR_FP_MODE,
  PR_MCE_KILL_POLICY,
  PR_MDWE,
  PR_PAC_ENABLED,
  PR_PPC_DEXCR_CTRL,
  PR_SME,
  PR_SPEC,
  PR_SPEC_GET,
  PR_SVE,
  SECBIT,
  SUID_DUMP,
  XFEATURE,
  XFEATURE_MASK,
} from '../../table/constants/prctl.ts'
import type { CallView, Kind, ReturnKind, Style } from '../arg.ts'
import { flags, lowOf, oneOf, prepare, type Constants, type NameIn, type OneOf } from '../flags.ts'
import { hexPair } from '../numbers.ts'
import { resultIn } from '../pointer.ts'
import { chooses } from './prctl.ts'
import { taggedText, vectorStateText, vectorText, withNumber } from './prctl-words.ts'
import { address, hex } from '../scalar.ts'
import { switchOn, unused } from '../switch.ts'

type Note = (high: number, low: number, style: Style) => string | undefined

/** A result in hexadecimal, with a note. */
interface Noted {
  readonly note: Note
  /** Such a result is noted where it is 0, too. */
  readonly zero?: true
  /** Only where this holds. */
  readonly when?: (call: CallView) => boolean
}

/** The names of the bits that have one, and the bits that are left; nothing where none has a name. */
function bitsNote(set: Constants): Note {
  const ready = prepare(set)
  return (high, low, style) => {
    if (style.constants === 'raw') return undefined
    const { names, high: restHigh, low: restLow } = ready.split(high, low)
    if (names.length === 0) return undefined
    return restHigh === 0 && restLow === 0 ? names.join('|') : `${names.join('|')}|${hexPair(restHigh, restLow)}`
  }
}

const unlessRaw =
  (note: (high: number, low: number) => string | undefined): Note =>
  (high, low, style) =>
    style.constants === 'raw' ? undefined : note(high, low)

const isMisfeature = chooses(...Object.values(PR_SPEC.values))
const scalable: Noted = { note: unlessRaw((high, low) => vectorText(PR_SVE, high, low)) }
const matrix: Noted = { note: unlessRaw((high, low) => vectorText(PR_SME, high, low)) }

const { values } = PR
const noted: ReadonlyMap<number, Noted> = new Map([
  [values.PR_GET_SECUREBITS, { note: bitsNote(SECBIT) }],
  [values.PR_GET_FP_MODE, { note: bitsNote(PR_FP_MODE) }],
  [values.PR_SVE_SET_VL, scalable],
  [values.PR_SVE_GET_VL, scalable],
  [values.PR_SME_SET_VL, matrix],
  [values.PR_SME_GET_VL, matrix],
  [
    values.PR_GET_SPECULATION_CTRL,
    { note: bitsNote(PR_SPEC_GET), zero: true, when: (call) => isMisfeature(call.arg('arg2')) },
  ],
  [values.PR_PAC_GET_ENABLED_KEYS, { note: bitsNote(PR_PAC_ENABLED), zero: true }],
  [values.PR_GET_TAGGED_ADDR_CTRL, { note: unlessRaw(taggedText), zero: true }],
  [values.PR_GET_MDWE, { note: bitsNote(PR_MDWE), zero: true }],
  [values.PR_RISCV_V_GET_CONTROL, { note: unlessRaw(vectorStateText), zero: true }],
  [values.PR_PPC_GET_DEXCR, { note: bitsNote(PR_PPC_DEXCR_CTRL) }],
])

/** Results of which one name says all; strace shows it whatever the style. */
const named: ReadonlyMap<number, Constants> = new Map<number, Constants>([
  [values.PR_GET_DUMPABLE, SUID_DUMP],
  [values.PR_MCE_KILL_GET, PR_MCE_KILL_POLICY],
])

function notedFor(call: CallView): Noted | undefined {
  const found = noted.get(lowOf(call.arg('op'), 4))
  if (found === undefined || (found.when !== undefined && !found.when(call))) return undefined
  return call.result === 0 && found.zero !== true ? undefined : found
}

function halves(result: number): readonly [high: number, low: number] {
  return [Math.floor(result / 0x1_0000_0000) >>> 0, result >>> 0]
}

function hexResult(result: number): string {
  return hexPair(...halves(result))
}

export const prctlResult: ReturnKind = {
  kind: 'decimal',
  print: (call) => (notedFor(call) === undefined ? String(call.result) : hexResult(call.result)),
  note: (call, style) => {
    const set = named.get(lowOf(call.arg('op'), 4))
    if (set !== undefined) return prepare(set).nameOf(call.result)
    return notedFor(call)?.note(...halves(call.result), style)
  },
}

const { ARCH_REQ_XCOMP_PERM, ARCH_REQ_XCOMP_GUEST_PERM } = ARCH.values
const featuresNote = bitsNote(XFEATURE_MASK)

function grantsFeatures(call: CallView): boolean {
  const op = lowOf(call.arg('op'), 4)
  return (op === ARCH_REQ_XCOMP_PERM || op === ARCH_REQ_XCOMP_GUEST_PERM) && call.result > 0
}

/** arch_prctl(2) */
export const archResult: ReturnKind = {
  kind: 'decimal',
  print: (call) => (grantsFeatures(call) ? hexResult(call.result) : String(call.result)),
  note: (call, style) => (grantsFeatures(call) ? featuresNote(...halves(call.result), style) : undefined),
}

const feature: Kind<OneOf<NameIn<typeof XFEATURE>>, never, never> = withNumber(oneOf(XFEATURE, 8))
const features = resultIn(withNumber(flags(XFEATURE_MASK, 8)))

export const archArgument = switchOn(
  'op',
  ARCH,
  {
    ARCH_GET_FS: resultIn(address),
    ARCH_GET_GS: resultIn(address),
    ARCH_GET_CPUID: unused,
    ARCH_GET_XCOMP_SUPP: features,
    ARCH_GET_XCOMP_PERM: features,
    ARCH_GET_XCOMP_GUEST_PERM: features,
    ARCH_REQ_XCOMP_PERM: feature,
    ARCH_REQ_XCOMP_GUEST_PERM: feature,
  },
  hex,
)
