/** The operation of a BPF instruction: a class, and parts that depend on it. */

import {
  BPF_CLASS,
  BPF_MISCOP,
  BPF_MODE,
  BPF_OP_ALU,
  BPF_OP_JMP,
  BPF_RVAL,
  BPF_SIZE,
  BPF_SRC,
  EBPF_CLASS,
  EBPF_MODE,
} from '../../table/constants/bpf.ts'
import type { Style } from '../arg.ts'
import { Flags, lowOf, prepare, type Constants, type NameIn } from '../flags.ts'
import { hex32 } from '../numbers.ts'
import type { Scalar } from '../scalar.ts'

export type FilterCode = Flags<
  | NameIn<typeof BPF_CLASS>
  | NameIn<typeof BPF_MODE>
  | NameIn<typeof BPF_OP_ALU>
  | NameIn<typeof BPF_OP_JMP>
  | NameIn<typeof BPF_RVAL>
  | NameIn<typeof BPF_SIZE>
  | NameIn<typeof BPF_MISCOP>
  | NameIn<typeof EBPF_CLASS>
  | NameIn<typeof EBPF_MODE>
>

const CLASS = 0x7
const SOURCE = 0x8
const SIZE = 0x18
const MODE = 0xe0
const OPERATION = 0xf0
const MISC = 0xf8

type Part = readonly [set: Constants, mask: number]

const { BPF_LD, BPF_LDX, BPF_ST, BPF_STX, BPF_ALU, BPF_JMP, BPF_RET, BPF_MISC } = BPF_CLASS.values
const alu: readonly Part[] = [
  [BPF_SRC, SOURCE],
  [BPF_OP_ALU, OPERATION],
]
const jump: readonly Part[] = [
  [BPF_SRC, SOURCE],
  [BPF_OP_JMP, OPERATION],
]
const load = (modes: Constants): readonly Part[] => [
  [BPF_SIZE, SIZE],
  [modes, MODE],
]

/** What strace names in codes of a class; of the classes with `rest` it also shows the bits that are left. */
interface Shape {
  readonly parts: readonly Part[]
  readonly rest?: true
}

const classic: Readonly<Record<number, Shape>> = {
  [BPF_LD]: { parts: load(BPF_MODE) },
  [BPF_LDX]: { parts: load(BPF_MODE) },
  [BPF_ST]: { parts: [], rest: true },
  [BPF_STX]: { parts: [], rest: true },
  [BPF_ALU]: { parts: alu },
  [BPF_JMP]: { parts: jump },
  [BPF_RET]: { parts: [[BPF_RVAL, SIZE]], rest: true },
  [BPF_MISC]: { parts: [[BPF_MISCOP, MISC]], rest: true },
}

const { BPF_JMP32, BPF_ALU64 } = EBPF_CLASS.values
const extended: Readonly<Record<number, Shape>> = {
  [BPF_LD]: { parts: load(EBPF_MODE) },
  [BPF_LDX]: { parts: load(EBPF_MODE) },
  [BPF_ST]: { parts: load(EBPF_MODE) },
  [BPF_STX]: { parts: load(EBPF_MODE) },
  [BPF_ALU]: { parts: alu },
  [BPF_JMP]: { parts: jump },
  [BPF_JMP32]: { parts: [], rest: true },
  [BPF_ALU64]: { parts: alu },
}

const noShape: Shape = { parts: [] }

function filterCode(
  width: 1 | 2,
  classes: Constants,
  shapes: Readonly<Record<number, Shape>>,
): Scalar<FilterCode> & { readonly width: 1 | 2 } {
  const partsOf = (code: number): readonly Part[] => [[classes, CLASS], ...(shapes[code & CLASS] ?? noShape).parts]
  const restOf = (code: number): number => partsOf(code).reduce((rest, [, mask]) => rest & ~mask, code)
  return {
    kind: 'filterCode',
    width,
    read: (cell) => {
      const code = lowOf(cell, width)
      const names: string[] = []
      let rest = restOf(code)
      for (const [set, mask] of partsOf(code)) {
        const name = prepare(set).nameOf(code & mask)
        if (name === undefined) rest |= code & mask
        else names.push(name)
      }
      return new Flags(code, names, rest) as FilterCode // Members of the sets above.
    },
    print: (cell, style) => {
      const code = lowOf(cell, width)
      const texts = partsOf(code).map(([set, mask]) => prepare(set).valueText(code & mask, style))
      const rest = restOf(code)
      if (rest !== 0 && shapes[code & CLASS]?.rest === true) texts.push(`${hex32(rest)} /* BPF_??? */`)
      return texts.join('|')
    },
  }
}

/** Of classic BPF: seccomp and socket filters. */
export const classicCode = filterCode(2, BPF_CLASS, classic)

/** Of eBPF. */
export const extendedCode = filterCode(1, EBPF_CLASS, extended)

/** Whether a classic code is of this class. */
export function isReturn(code: number): boolean {
  return (code & CLASS) === BPF_RET
}

/** Whether a classic code loads from a fixed place. */
export function isAbsoluteLoad(code: number): boolean {
  return (code & CLASS) === BPF_LD && (code & MODE) === BPF_MODE.values.BPF_ABS
}

/** An operand that a constant stands for, as strace prints it, or undefined. */
export type OperandText = (code: number, operand: number, style: Style) => string | undefined
