/** Numbers in arguments, and the names that they can have. */

import type { Abi, Kind } from '../args/arg.ts'
import { signalName, signalNumber } from '../names.ts'
import type { ArgValue } from './options.ts'

/** How a register or a name is read as a number. */
export interface NumberForm {
  /** Bits that count. */
  readonly bits: 8 | 16 | 32 | 64
  readonly width: 1 | 2 | 4 | 8
  readonly signed: boolean
}

/** `mask`: the bits that the value is a choice in. */
export interface Resolved {
  readonly value: bigint
  readonly mask: bigint | undefined
}

const signedKinds: ReadonlySet<string> = new Set([
  'int',
  'long',
  'offset',
  'short',
  'pid',
  'fd',
  'dirFd',
  'fdOf',
  'key',
  'named',
])

/** Numbers whose kinds name no width. */
const fourBytes: ReadonlySet<string> = new Set(['ioctlRequest', 'optionName', 'signal'])

export function numberForm(kind: Kind, abi: Abi): NumberForm {
  const width = kind.width ?? (fourBytes.has(kind.kind) ? 4 : 8)
  const shown = abi === 'i386' && width === 8 ? 4 : width
  return { width: shown, bits: bitsOf(shown), signed: signedKinds.has(kind.kind) }
}

function bitsOf(width: NumberForm['width']): NumberForm['bits'] {
  return width === 1 ? 8 : width === 2 ? 16 : width === 4 ? 32 : 64
}

/** The number that a value stands for in this argument; undefined where it has no such name, or does not hold such a number. */
export function resolveValue(value: ArgValue, kind: Kind, form: NumberForm): Resolved | undefined {
  if (typeof value !== 'string') return fitting(BigInt(value), undefined, form)
  if (/^(0x[\da-f]+|\d+)$/i.test(value)) return fitting(BigInt(value), undefined, form)
  if (kind.kind === 'signal') {
    const signal = signalNumber(value)
    return signal === undefined ? undefined : { value: BigInt(signal), mask: undefined }
  }
  for (const { values, mask } of kind.constants ?? []) {
    const number = Object.hasOwn(values, value) ? values[value] : undefined
    if (number === undefined) continue
    // A set of bits may have the names of a choice among them.
    if (mask !== undefined && (number & ~mask) !== 0) continue
    return fitting(BigInt(number), mask === undefined ? undefined : BigInt(mask), form)
  }
  return undefined
}

/** Negative numbers are the same bits as large ones. */
function fitting(value: bigint, mask: bigint | undefined, { bits }: NumberForm): Resolved | undefined {
  const isRight = value >= -(1n << BigInt(bits - 1)) && value < 1n << BigInt(bits)
  return isRight ? { value: BigInt.asUintN(bits, value), mask } : undefined
}

/** All names that the argument's number can have. */
export function namesFor(kind: Kind): readonly string[] {
  if (kind.kind === 'signal') return Array.from({ length: 64 }, (_, index) => signalName(index + 1))
  return (kind.constants ?? []).flatMap(({ values }) => Object.keys(values))
}
