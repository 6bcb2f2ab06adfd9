/** Programs of classic BPF: what seccomp(2) and SO_ATTACH_FILTER take. */

import { SECCOMP_RET, SKF_AD, SKF_OFF } from '../../table/constants/bpf.ts'
import type { Style } from '../arg.ts'
import { fieldArray } from '../behind.ts'
import { pointerText } from '../cells.ts'
import { classicCode, isAbsoluteLoad, isReturn, type FilterCode, type OperandText } from './filter-code.ts'
import { constantText, prepare } from '../flags.ts'
import { hex32 } from '../numbers.ts'
import type { Behind, Pointee } from '../pointer.ts'
import { byte, hexUint, ushort } from '../scalar.ts'
import { field, struct, type Struct } from '../struct.ts'

/** struct sock_filter */
export interface FilterInstruction {
  readonly code: FilterCode
  readonly jt: number
  readonly jf: number
  readonly k: number
}

/** Most instructions of a program: BPF_MAXINSNS. */
export const MOST_INSTRUCTIONS = 4096

function instruction(operandText: OperandText): Pointee<FilterInstruction> {
  return struct(
    8,
    { code: field(0, classicCode), jt: field(2, byte), jf: field(3, byte), k: field(4, hexUint) },
    {
      print: (view, style) => {
        const code = view.sibling('code')
        const [jt, jf] = [view.sibling('jt'), view.sibling('jf')].map(({ view: bytes, at }) => bytes.getUint8(at))
        const k = view.sibling('k')
        const codeText = classicCode.print(code, style)
        if (jt !== 0 || jf !== 0) {
          return `BPF_JUMP(${codeText}, ${hexUint.print(k, style)}, ${hex32(jt ?? 0)}, ${hex32(jf ?? 0)})`
        }
        const operand = k.view.getUint32(k.at, true)
        const named = operandText(code.view.getUint16(code.at, true), operand, style)
        return `BPF_STMT(${codeText}, ${named ?? hex32(operand)})`
      },
    },
  )
}

const LENGTH = { name: 'len', at: 0, width: 2 } as const

/** struct sock_fprog. */
export interface FilterProgram {
  readonly len: number
  readonly filter: Behind<readonly FilterInstruction[]>
}

/** strace shows the instructions with -v only. */
function program(operandText: OperandText): Struct<FilterProgram> {
  const filter = fieldArray(instruction(operandText), LENGTH, { most: MOST_INSTRUCTIONS })
  return struct(16, {
    len: field(0, ushort),
    filter: field(8, {
      ...filter,
      print: (cell, style) => (style.abbreviate ? pointerText(cell) : filter.print(cell, style)),
    }),
  })
}

const DATA = 0xffff
const actions = prepare(SECCOMP_RET)

const seccompOperand: OperandText = (code, operand, style) => {
  if (!isReturn(code)) return undefined
  const data = operand & DATA
  const action = actions.valueText((operand & ~DATA) >>> 0, style)
  return data === 0 ? action : `${action}|${hex32(data)}`
}

/** A program for seccomp(2): it returns actions. */
export const seccompProgram = program(seccompOperand)

/** One instruction of it. */
export const seccompInstruction = instruction(seccompOperand)

const { SKF_AD_OFF, SKF_NET_OFF, SKF_LL_OFF } = SKF_OFF.values
const ancillary = prepare(SKF_AD)

/** Programs for sockets load from packets, and from places that stand for what is known about them. */
const socketOperand: OperandText = (code, operand, style) => {
  if (!isAbsoluteLoad(code)) return undefined
  const place = operand | 0
  if (place >= 0) return undefined
  if (place >= SKF_AD_OFF) return `${offsetText('SKF_AD_OFF', style)}+${ancillary.valueText(place - SKF_AD_OFF, style)}`
  if (place >= SKF_NET_OFF) return `${offsetText('SKF_NET_OFF', style)}+${place - SKF_NET_OFF}`
  return place >= SKF_LL_OFF ? `${offsetText('SKF_LL_OFF', style)}+${place - SKF_LL_OFF}` : undefined
}

/** A program for a socket. */
export const socketProgram = program(socketOperand)

/** One instruction of it. */
export const socketInstruction = instruction(socketOperand)

function offsetText(name: keyof typeof SKF_OFF.values, style: Style): string {
  return constantText(name, hex32(SKF_OFF.values[name] >>> 0), style)
}

/** struct seccomp_notif_sizes */
export const notificationSizes = struct(6, {
  seccomp_notif: field(0, ushort),
  seccomp_notif_resp: field(2, ushort),
  seccomp_data: field(4, ushort),
})
