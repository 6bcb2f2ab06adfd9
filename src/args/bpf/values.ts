/** What the attributes of bpf(2) are made of. */

import { BPF_ATTACH, BPF_ATTACH_TYPE, EBPF_REG } from '../../table/constants/bpf.ts'
import type { Cell, Kind, Style, Unread } from '../arg.ts'
import { fieldArray, type CountField } from '../behind.ts'
import { bytesOf, childrenOf, FieldCell, holds, isNull, pointerText, unread } from '../cells.ts'
import { extendedCode, type FilterCode } from './filter-code.ts'
import { MOST_INSTRUCTIONS } from './filter-program.ts'
import { constantText, flags, lowOf, oneOf, prepare, type NameIn, type OneOf } from '../flags.ts'
import { hex32 } from '../numbers.ts'
import { printString, readString } from '../path.ts'
import type { Behind, Pointee } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'
import { hexUint, int, short, uint, type Scalar } from '../scalar.ts'
import { field, struct, type Struct } from '../struct.ts'
import { decodeBytes } from '../surrogates.ts'

type Register = OneOf<NameIn<typeof EBPF_REG>>

/** Four bits of the byte that holds both registers. */
function register(shift: 0 | 4): Scalar<Register> {
  const names = prepare(EBPF_REG)
  const numberOf = ({ view, at }: Cell): number => (view.getUint8(at) >>> shift) & 0xf
  return {
    kind: 'register',
    width: 1,
    read: (cell) => (names.nameOf(numberOf(cell)) as Register | undefined) ?? `0x${numberOf(cell).toString(16)}`, // A member of the set.
    print: (cell, style) => names.valueText(numberOf(cell), style),
  }
}

/** struct bpf_insn */
export interface BpfInstruction {
  readonly code: FilterCode
  readonly dst_reg: Register
  readonly src_reg: Register
  readonly off: number
  readonly imm: number
}

const immediate: Scalar<number> = { ...int, print: hexUint.print }

export const instruction: Struct<BpfInstruction> = struct(8, {
  code: field(0, extendedCode),
  dst_reg: field(1, register(0)),
  src_reg: field(1, register(4)),
  off: field(2, short),
  imm: field(4, immediate),
})

/** A pointer to as many instructions as `count` says; strace shows them with -v only. */
export function instructions(count: CountField): Kind<Behind<readonly BpfInstruction[]>, never, never> {
  const all = fieldArray(instruction, count, { most: MOST_INSTRUCTIONS })
  return { ...all, print: (cell, style) => (style.abbreviate ? pointerText(cell) : all.print(cell, style)) }
}

const NAME = 16

/** The name of an object, of which as many bytes count as the call's struct has. */
export function objectName(at: number): Kind<string, never, never> {
  return {
    kind: 'objectName',
    read: (cell) => {
      const end = nameBytes(cell).indexOf(0)
      return decodeBytes(cell.view, cell.at, end === -1 ? NAME : end)
    },
    print: (cell, style) => {
      const room = Math.min(lowOf(cell.call.arg('size'), 4) - at, NAME)
      const bytes = nameBytes(cell).subarray(0, Math.max(room, 1))
      const end = bytes.indexOf(0)
      const shown = quoteBytes(bytes.subarray(0, end === -1 ? bytes.length - 1 : end), style.hexStrings)
      return end === -1 ? `${shown}...` : shown
    },
  }
}

function nameBytes({ view, at }: Cell): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, NAME)
}

/** `KERNEL_VERSION(4, 1, 0)` */
export const kernelVersion: Scalar<number> = {
  ...uint,
  print: (cell, style) => {
    const value = lowOf(cell, 4)
    const text = `KERNEL_VERSION(${value >>> 16}, ${(value >>> 8) & 0xff}, ${value & 0xff})`
    return constantText(text, hex32(value), style)
  },
}

const NO_NODE = 0xffff_ffff

/** A node of a NUMA machine, of which no UAPI header names the value for none. */
export const numaNode: Scalar<number> = {
  ...int,
  print: (cell, style) => {
    const node = lowOf(cell, 4)
    return node === NO_NODE && style.constants !== 'raw' ? `${node} /* NUMA_NO_NODE */` : String(node)
  },
}

/** A pointer to a string in room of a given length, which need not end with a NUL. */
export function stringWithin(
  room: CountField,
  upTo: (cell: Cell) => number = () => Infinity,
): Kind<string | Unread | null, never, never> {
  const length = (cell: Cell): number => Math.min(lowOf(cell.sibling(room.name), 4), upTo(cell))
  const bytesIn = (cell: Cell): Uint8Array | undefined => {
    if (length(cell) === 0) return new Uint8Array(0)
    const captured = cell.captured('entry')
    if (!holds(captured, 1)) return undefined
    const bytes = bytesOf(captured).subarray(0, length(cell))
    return captured.status === 'fault' && !bytes.includes(0) ? undefined : bytes
  }
  return {
    kind: 'stringWithin',
    entry: { copy: 'bytes', length: { field: room.at, width: 4 }, limit: 'data' },
    read: (cell) => {
      if (isNull(cell)) return null
      const bytes = bytesIn(cell)
      if (bytes === undefined) return unread(cell, cell.captured('entry'))
      const end = bytes.indexOf(0)
      return decodeBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, end === -1 ? bytes.length : end)
    },
    print: (cell, style) => {
      const bytes = bytesIn(cell)
      if (isNull(cell) || bytes === undefined) return pointerText(cell)
      const shown = bytes.subarray(0, style.stringLimit)
      const end = shown.indexOf(0)
      const text = quoteBytes(end === -1 ? shown : shown.subarray(0, end), style.hexStrings)
      // strace looks one byte ahead.
      const isWhole = end !== -1 || bytes.length === 0 || bytes[shown.length] === 0
      return isWhole ? text : `${text}...`
    },
  }
}

const INTERFACE_TYPES = [
  'BPF_TCX_INGRESS',
  'BPF_TCX_EGRESS',
  'BPF_NETKIT_PRIMARY',
  'BPF_NETKIT_PEER',
  'BPF_XDP',
] as const

/** Whether a program is attached to a network interface, and not to what a descriptor stands for. */
export function isInterface(cell: Cell): boolean {
  const type = prepare(BPF_ATTACH_TYPE).nameOf(lowOf(cell.sibling('attach_type'), 4))
  return INTERFACE_TYPES.some((name) => name === type)
}

export const isDescriptor = (cell: Cell): boolean => !isInterface(cell)

export const attachType = oneOf(BPF_ATTACH_TYPE)
export const attachFlags = flags(BPF_ATTACH)

/** Whether the flags of the same struct have one of these bits. */
export function hasFlag(name: string, bits: () => number): (cell: Cell) => boolean {
  return (cell) => (lowOf(cell.sibling(name), 4) & bits()) !== 0
}

/** Kinds that strace reads only after calls that succeeded. */
export function afterSuccess<In>(kind: Kind<In, never, never>, isEmpty: (cell: Cell) => boolean): typeof kind {
  const print = (cell: Cell, style: Style): string =>
    cell.call.finished && !cell.call.ok && !isEmpty(cell) ? pointerText(cell) : kind.print(cell, style)
  return { ...kind, print }
}

/** A pointer to a string, in an array of them. */
export const stringElement: Pointee<string | Unread | null> = {
  kind: 'stringElement',
  size: 8,
  fields: [{ key: 0, at: 0, then: { copy: 'string', limit: 'data' } }],
  read: (cell) => (isNull(cell) ? null : readString(insideElement(cell), 'entry', Infinity)),
  print: (cell, style) => printString(insideElement(cell), 'entry', style, style.stringLimit),
}

function insideElement(cell: Cell): Cell {
  const { call, view, at } = cell
  return new FieldCell({ call, view, at, length: 8, offsets: {}, children: childrenOf(cell) }, 0, 0)
}
