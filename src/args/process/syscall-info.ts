/** struct ptrace_syscall_info: at which point of a system call a thread stands. */

import { errnoName } from '../../table/constants/errno.ts'
import { I386_SYSCALLS } from '../../table/constants/i386.ts'
import { PTRACE_SYSCALL_INFO } from '../../table/constants/ptrace.ts'
import { AUDIT_ARCH } from '../../table/constants/signal.ts'
import { X86_64_SYSCALLS } from '../../table/constants/x86_64.ts'
import type { Captured, Cell, Kind, Style } from '../arg.ts'
import { holds, isNull, padded, PointeeCell, pointerText, unread } from '../cells.ts'
import { constantText, nameOrHex, oneOf, prepare, type NameIn, type OneOf } from '../flags.ts'
import { addressText, hex32, hexU64, readI64, readU64, type Wide } from '../numbers.ts'
import { lengthOf, type Behind } from '../pointer.ts'

const SIZE = 88
const ARGUMENTS = 6
const AT = { reserved: 1, flags: 2, arch: 4, ip: 8, sp: 16, number: 24, args: 32, isError: 32, data: 80 } as const
/** Bytes up to which each part is there. */
const END = { arch: 8, ip: 16, sp: 24, number: 32, isError: 33, data: 84 } as const

/** What is there depends on the operation, and on how much the caller asked for. */
export interface SyscallInfo {
  readonly op: OneOf<NameIn<typeof PTRACE_SYSCALL_INFO>>
  readonly arch?: OneOf<NameIn<typeof AUDIT_ARCH>>
  readonly instruction_pointer?: bigint
  readonly stack_pointer?: bigint
  readonly entry?: { readonly nr: Wide; readonly args: readonly Wide[] }
  readonly seccomp?: { readonly nr: Wide; readonly args: readonly Wide[]; readonly ret_data: number }
  readonly exit?: { readonly rval: Wide; readonly is_error: boolean }
}

const operations = oneOf(PTRACE_SYSCALL_INFO, 1)
const {
  PTRACE_SYSCALL_INFO_ENTRY: ENTRY,
  PTRACE_SYSCALL_INFO_EXIT: EXIT,
  PTRACE_SYSCALL_INFO_SECCOMP: SECCOMP,
} = PTRACE_SYSCALL_INFO.values
const architectures = prepare(AUDIT_ARCH)

function argumentsIn({ view, at }: Cell): readonly Wide[] {
  return Array.from({ length: ARGUMENTS }, (_, index) => readU64(view, at + AT.args + index * 8))
}

function readInfo(cell: Cell, length: number): SyscallInfo {
  const { view, at } = cell
  const op = view.getUint8(at)
  const isWhole = length >= END.number
  return {
    op: nameOrHex(prepare(PTRACE_SYSCALL_INFO), 0, op),
    ...(length >= END.arch ? { arch: nameOrHex(architectures, 0, view.getUint32(at + AT.arch, true)) } : {}),
    ...(length >= END.ip ? { instruction_pointer: view.getBigUint64(at + AT.ip, true) } : {}),
    ...(length >= END.sp ? { stack_pointer: view.getBigUint64(at + AT.sp, true) } : {}),
    ...(isWhole && op === ENTRY ? { entry: { nr: readU64(view, at + AT.number), args: argumentsIn(cell) } } : {}),
    ...(isWhole && op === SECCOMP
      ? {
          seccomp: {
            nr: readU64(view, at + AT.number),
            args: argumentsIn(cell),
            ret_data: view.getUint32(at + AT.data, true),
          },
        }
      : {}),
    ...(isWhole && op === EXIT
      ? { exit: { rval: readI64(view, at + AT.number), is_error: view.getUint8(at + AT.isError) !== 0 } }
      : {}),
  }
}

/** `__NR_gettid`; a number of the other ABI is a number. */
function callText({ view, at }: Cell, style: Style): string {
  const number = readU64(view, at + AT.number)
  const arch = view.getUint32(at + AT.arch, true)
  const isOwn = arch === AUDIT_ARCH.values.AUDIT_ARCH_X86_64
  const isI386 = arch === AUDIT_ARCH.values.AUDIT_ARCH_I386
  const names = isOwn ? X86_64_SYSCALLS : isI386 ? I386_SYSCALLS : {}
  const name = typeof number === 'number' ? names[number] : undefined
  if (name === undefined || style.constants === 'raw') return String(number)
  if (!isOwn) return `${number} /* ${name} */`
  return constantText(`__NR_${name}`, String(number), style)
}

function wordsText({ view, at }: Cell, length: number): string {
  const count = length < AT.args ? ARGUMENTS : Math.min(ARGUMENTS, Math.floor((length - AT.args) / 8))
  if (count === 0) return ''
  const words = Array.from({ length: count }, (_, index) => hexU64(view, at + AT.args + index * 8))
  return `, args=[${words.join(', ')}]`
}

function resultText({ view, at }: Cell, length: number, style: Style): string {
  const value = readI64(view, at + AT.number)
  if (length < END.isError) return `rval=${value}`
  const isError = view.getUint8(at + AT.isError)
  const name = isError !== 0 && value < 0 ? errnoName(-Number(value)) : undefined
  const text = constantText(name === undefined ? undefined : `-${name}`, String(value), style)
  return `rval=${text}, is_error=${isError}`
}

function infoText(cell: Cell, length: number, style: Style): string {
  const { view, at } = cell
  const parts = [`op=${operations.print(cell, style)}`]
  const reserved = view.getUint8(at + AT.reserved)
  if (length > AT.reserved && reserved !== 0) parts.push(`reserved=${hex32(reserved)}`)
  const bits = view.getUint16(at + AT.flags, true)
  if (length > AT.flags && bits !== 0) parts.push(`flags=${hex32(bits)}`)
  if (length >= END.arch)
    parts.push(`arch=${architectures.valueText(view.getUint32(at + AT.arch, true), style, AUDIT_ARCH.fallback)}`)
  if (length >= END.ip) parts.push(`instruction_pointer=${addressText(view, at + AT.ip)}`)
  if (length >= END.sp) parts.push(`stack_pointer=${addressText(view, at + AT.sp)}`)
  if (length >= END.number) parts.push(...pointText(cell, length, style))
  return `{${parts.join(', ')}}`
}

function pointText(cell: Cell, length: number, style: Style): readonly string[] {
  const { view, at } = cell
  switch (view.getUint8(at)) {
    case ENTRY:
      return [`entry={nr=${callText(cell, style)}${wordsText(cell, length)}}`]
    case SECCOMP: {
      const data = length >= END.data ? `, ret_data=${view.getUint32(at + AT.data, true)}` : ''
      return [`seccomp={nr=${callText(cell, style)}${wordsText(cell, length)}${data}}`]
    }
    case EXIT:
      return [`exit={${resultText(cell, length, style)}}`]
    default:
      return []
  }
}

/** The struct's first `length` bytes, with zeros behind them. */
function wholeOf(cell: Cell, captured: Captured | undefined, length: number): Cell | undefined {
  if (length <= 0 || !holds(captured, length)) return undefined
  return new PointeeCell(cell, padded(captured, length, SIZE))
}

function readAt(cell: Cell, phase: 'entry' | 'exit', length: number): Behind<SyscallInfo> {
  if (isNull(cell)) return null
  const inside = wholeOf(cell, cell.captured(phase), length)
  return inside === undefined ? unread(cell, cell.captured(phase)) : readInfo(inside, length)
}

function textAt(cell: Cell, phase: 'entry' | 'exit', length: number, style: Style): string {
  const inside = wholeOf(cell, cell.captured(phase), length)
  return inside === undefined ? pointerText(cell) : infoText(inside, length, style)
}

/** What PTRACE_SET_SYSCALL_INFO takes; `room` names its size. */
export function syscallInfoIn<const Room extends string>(room: Room): Kind<Behind<SyscallInfo>, never, Room> {
  const length = (cell: Cell): number => Math.min(lengthOf(cell, room), SIZE)
  return {
    kind: 'syscallInfoIn',
    entry: { copy: 'bytes', length: { arg: room }, atMost: SIZE },
    read: (cell) => readAt(cell, 'entry', length(cell)),
    print: (cell, style) => textAt(cell, 'entry', length(cell), style),
  }
}

/** What PTRACE_GET_SYSCALL_INFO gives; the result is how much there would be, `room` how much was wanted. */
export function syscallInfoOut<const Room extends string>(room: Room): Kind<never, Behind<SyscallInfo>, Room> {
  const length = (cell: Cell): number => Math.min(lengthOf(cell, room), lengthOf(cell, 'result'), SIZE)
  return {
    kind: 'syscallInfoOut',
    exit: { copy: 'bytes', length: { arg: room }, atMost: SIZE },
    late: true,
    readOut: (cell) => readAt(cell, 'exit', length(cell)),
    print: (cell, style) => textAt(cell, 'exit', length(cell), style),
  }
}
