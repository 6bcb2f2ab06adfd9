/** Registers of a thread, as ptrace(2) lays them out; a caller may ask for the first of them only. */

import type { Cell, Style } from '../arg.ts'
import { InsideCell } from '../cells.ts'
import type { Wide } from '../numbers.ts'
import type { Pointee } from '../pointer.ts'
import { hex, hexUint, hexUshort, type Scalar } from '../scalar.ts'
import { constantText } from '../flags.ts'

/** In the order of struct user_regs_struct. */
const NAMES = [
  ...(['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx', 'rsi', 'rdi'] as const),
  ...(['orig_rax', 'rip', 'cs', 'eflags', 'rsp', 'ss', 'fs_base', 'gs_base', 'ds', 'es', 'fs', 'gs'] as const),
] as const

type RegisterName = (typeof NAMES)[number]

/** struct user_regs_struct, as far as it was asked for. */
export type Registers = { readonly [Name in RegisterName]?: Wide }

/** struct user_fpregs_struct, as far as it was asked for. */
export interface FloatRegisters {
  readonly cwd?: number
  readonly swd?: number
  readonly ftw?: number
  readonly fop?: number
  readonly rip?: Wide
  readonly rdp?: Wide
  readonly mxcsr?: number
  readonly mxcr_mask?: number
  readonly st_space?: readonly number[]
  readonly xmm_space?: readonly number[]
  readonly padding?: readonly number[]
}

interface Member {
  readonly name: string
  readonly at: number
  readonly kind: Scalar<Wide>
  /** More than one value. */
  readonly count?: number
}

const WORD = 8
const members: readonly Member[] = NAMES.map((name, index) => ({ name, at: index * WORD, kind: hex }))

const floatMembers: readonly Member[] = [
  { name: 'cwd', at: 0, kind: hexUshort },
  { name: 'swd', at: 2, kind: hexUshort },
  { name: 'ftw', at: 4, kind: hexUshort },
  { name: 'fop', at: 6, kind: hexUshort },
  { name: 'rip', at: 8, kind: hex },
  { name: 'rdp', at: 16, kind: hex },
  { name: 'mxcsr', at: 24, kind: hexUint },
  { name: 'mxcr_mask', at: 28, kind: hexUint },
  { name: 'st_space', at: 32, kind: hexUint, count: 32 },
  { name: 'xmm_space', at: 160, kind: hexUint, count: 64 },
  { name: 'padding', at: 416, kind: hexUint, count: 24 },
]

/** A set of registers that can be cut short. */
export interface RegisterSet<out T> extends Pointee<T> {
  readonly size: number
  /** Whether the kernel has sets of that many bytes. */
  readonly fits: (length: number) => boolean
  readonly readUpTo: (cell: Cell, length: number) => T
  readonly textUpTo: (cell: Cell, length: number, style: Style) => string
}

function cellsOf(cell: Cell, { at, kind, count = 1 }: Member, length: number): readonly Cell[] {
  const there = Math.min(count, Math.floor((length - at) / kind.width))
  return Array.from({ length: there }, (_, index) => new InsideCell(cell, at + index * kind.width))
}

function textOf(cells: readonly Cell[], { kind, count }: Member, style: Style): string {
  const texts = cells.map((cell) => kind.print(cell, style))
  if (count === undefined) return texts.join('')
  const most = style.abbreviate ? style.stringLimit : Infinity
  return `[${texts.length > most ? [...texts.slice(0, most), '...'].join(', ') : texts.join(', ')}]`
}

function registerSet<T>(size: number, all: readonly Member[]): RegisterSet<T> {
  const readUpTo = (cell: Cell, length: number): T => {
    const entries = all.flatMap((member) => {
      const values = cellsOf(cell, member, length).map((item) => member.kind.read?.(item))
      if (values.length === 0) return []
      return [[member.name, member.count === undefined ? values[0] : values]]
    })
    return Object.fromEntries(entries) as T // One value for each member that is there.
  }
  const textUpTo = (cell: Cell, length: number, style: Style): string => {
    const parts = all.flatMap((member) => {
      const cells = cellsOf(cell, member, length)
      return cells.length === 0 ? [] : [`${member.name}=${textOf(cells, member, style)}`]
    })
    return `{${parts.join(', ')}${length > size ? ', ...' : ''}}`
  }
  return {
    kind: 'registers',
    size,
    fits: (length) => length !== 0 && length % WORD === 0,
    readUpTo,
    textUpTo,
    read: (cell) => readUpTo(cell, size),
    print: (cell, style) => textUpTo(cell, size, style),
  }
}

export const registers: RegisterSet<Registers> = registerSet(NAMES.length * WORD, members)
export const floatRegisters: RegisterSet<FloatRegisters> = registerSet(512, floatMembers)

/** The last of those that strace names in struct user. */
const LAST_NAMED = NAMES.indexOf('ss')

/** Members of struct user behind the registers. */
const user: readonly (readonly [at: number, name: string])[] = [
  [216, 'u_fpvalid'],
  [224, 'i387'],
  [736, 'u_tsize'],
  [744, 'u_dsize'],
  [752, 'u_ssize'],
  [760, 'start_code'],
  [768, 'start_stack'],
  [776, 'signal'],
  [784, 'reserved'],
  [792, 'u_ar0'],
  [800, 'u_fpstate'],
  [808, 'magic'],
  [816, 'u_comm'],
  [848, 'u_debugreg'],
]
const USER_SIZE = 912

const places: readonly (readonly [at: number, text: string])[] = [
  ...NAMES.slice(0, LAST_NAMED + 1).map(
    (name, index) => [index * WORD, `8*${name === 'eflags' ? 'EFL' : name.toUpperCase()}`] as const,
  ),
  ...user.map(([at, name]) => [at, `offsetof(struct user, ${name})`] as const),
  [USER_SIZE, 'sizeof(struct user)'],
]

/** A place in struct user: `8*RAX`, `offsetof(struct user, u_debugreg)+8`. */
export const userOffset: Scalar<Wide> = {
  ...hex,
  kind: 'userOffset',
  print: (cell, style) => {
    const value = Number(hex.read?.(cell) ?? 0)
    const number = value === 0 ? 'NULL' : hex.print(cell, style)
    const found = value > USER_SIZE ? undefined : places.findLast(([at]) => at <= value)
    if (found === undefined) return number
    const [at, name] = found
    return constantText(at === value ? name : `${name}+${value - at}`, number, style)
  },
}
