/**
 * Rows of the other two ways into an x86_64 kernel: `int 0x80` (i386) and x32. They have numbers of their own; what
 * their arguments mean is taken from the 64-bit row of the same name where memory looks the same.
 */

import type { Kind } from '../args/arg.ts'
import { hex32 } from '../args/numbers.ts'
import { I386_SYSCALLS } from './constants/i386.ts'
import { X32_SYSCALLS } from './constants/x32.ts'
import type { Row } from './index.ts'

/** Set in the numbers of x32 calls, as the kernel reports them. */
export const X32_BIT = 0x4000_0000

/** From here on an x32 call has its number because its memory differs from the 64-bit call's. */
const FIRST_OWN_X32 = 512

/** Kinds that mean the same in 32-bit registers. */
const sameIn32Bits: ReadonlySet<string> = new Set([
  'int',
  'uint',
  'size',
  'hex',
  'hexUint',
  'address',
  'pid',
  'id',
  'mode',
  'fd',
  'dirFd',
  'path',
  'optionalPath',
  'text',
  'flags',
  'openFlags',
  'oneOf',
  'bytesIn',
  'bytesOut',
  'signal',
])

/** The same name, and something else: a pointer to the arguments, other structs, another order. */
const differentInI386: ReadonlySet<string> = new Set([
  'mmap',
  'select',
  'clone',
  'socketcall',
  'ipc',
  'sigreturn',
  'lseek',
])

const word32: Kind<bigint, never, never> = {
  kind: 'todo',
  read: (cell) => BigInt(cell.view.getUint32(cell.at, true)),
  print: (cell) => hex32(cell.view.getUint32(cell.at, true)),
}

/** A name without a 64-bit row (`socketcall`, `stat64`): its words, in hexadecimal. */
const words: Row['args'] = ['arg1', 'arg2', 'arg3', 'arg4', 'arg5', 'arg6'].map((name) => [name, word32] as const)

export function i386Row(number: number, byName: ReadonlyMap<string, Row>): Row | undefined {
  const name = I386_SYSCALLS[number]
  if (name === undefined) return undefined
  const row = byName.get(name)
  if (row === undefined) return wordsRow(name, number, words)
  const isSame = !differentInI386.has(name) && row.args.every(([, { kind }]) => sameIn32Bits.has(kind))
  return isSame ? { ...row, number } : { ...row, number, args: row.args.map(([argument]) => [argument, word32]) }
}

export function x32Row(number: number, byName: ReadonlyMap<string, Row>): Row | undefined {
  const plain = number & ~X32_BIT
  const name = X32_SYSCALLS[plain]
  if (name === undefined) return undefined
  const row = byName.get(name)
  if (row === undefined) return wordsRow(name, number, words)
  return plain < FIRST_OWN_X32
    ? { ...row, number }
    : { ...row, number, args: row.args.map(([argument]) => [argument, word32]) }
}

function wordsRow(name: string, number: number, args: Row['args']): Row {
  return { name, number, classes: [], returns: { kind: 'decimal' }, args }
}
