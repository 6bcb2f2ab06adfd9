/** Numbers that registers and fields hold. */

import type { Cell, Counted, FieldCapture, Kind, Style } from './arg.ts'
import { descriptorText, pathText, processText } from './descriptor.ts'
import { constantText } from './flags.ts'
import { hexU64, hex32, readI64, readU64, type Wide } from './numbers.ts'
import { addressText } from './numbers.ts'

/** A kind whose value lies in the cell itself, so that arrays and structs can be made of it. */
export interface Scalar<In> extends Kind<In, never, never> {
  readonly width: 1 | 2 | 4 | 8
}

export const int: Scalar<number> = {
  kind: 'int',
  width: 4,
  read: (cell) => cell.view.getInt32(cell.at, true),
  print: (cell) => String(cell.view.getInt32(cell.at, true)),
}

export const uint: Scalar<number> = {
  kind: 'uint',
  width: 4,
  read: (cell) => cell.view.getUint32(cell.at, true),
  print: (cell) => String(cell.view.getUint32(cell.at, true)),
}

/** A C `long`, or a file offset. */
export const long: Scalar<Wide> = {
  kind: 'long',
  width: 8,
  read: (cell) => readI64(cell.view, cell.at),
  print: (cell) => String(readI64(cell.view, cell.at)),
}

/** A C `unsigned long`; a size. */
export const size: Scalar<Wide> = {
  kind: 'size',
  width: 8,
  read: (cell) => readU64(cell.view, cell.at),
  print: (cell) => String(readU64(cell.view, cell.at)),
}

export const offset: Scalar<Wide> = { ...long, kind: 'offset' }

export const short: Scalar<number> = {
  kind: 'short',
  width: 2,
  read: (cell) => cell.view.getInt16(cell.at, true),
  print: (cell) => String(cell.view.getInt16(cell.at, true)),
}

export const ushort: Scalar<number> = {
  kind: 'ushort',
  width: 2,
  read: (cell) => cell.view.getUint16(cell.at, true),
  print: (cell) => String(cell.view.getUint16(cell.at, true)),
}

export const byte: Scalar<number> = {
  kind: 'byte',
  width: 1,
  read: (cell) => cell.view.getUint8(cell.at),
  print: (cell) => String(cell.view.getUint8(cell.at)),
}

/** A 64-bit number that reads best in hexadecimal. */
export const hex: Scalar<Wide> = {
  kind: 'hex',
  width: 8,
  read: (cell) => readU64(cell.view, cell.at),
  print: (cell) => hexU64(cell.view, cell.at),
}

/** A word of a call that no kernel has any more. */
export const word: Scalar<Wide> = { ...hex, kind: 'word' }

export const hexUint: Scalar<number> = {
  kind: 'hexUint',
  width: 4,
  read: (cell) => cell.view.getUint32(cell.at, true),
  print: (cell) => hex32(cell.view.getUint32(cell.at, true)),
}

export const hexByte: Scalar<number> = {
  kind: 'hexByte',
  width: 1,
  read: (cell) => cell.view.getUint8(cell.at),
  print: (cell) => hex32(cell.view.getUint8(cell.at)),
}

export const hexUshort: Scalar<number> = {
  kind: 'hexUshort',
  width: 2,
  read: (cell) => cell.view.getUint16(cell.at, true),
  print: (cell) => hex32(cell.view.getUint16(cell.at, true)),
}

/** An address that nothing is copied from. */
export const address: Scalar<bigint> = {
  kind: 'address',
  width: 8,
  read: (cell) => cell.view.getBigUint64(cell.at, true),
  print: (cell) => addressText(cell.view, cell.at),
}

/** A process. */
export const pid = counted('process')

/** A thread. */
export const tid = counted('thread')

export const processGroup = counted('group')

function counted(what: Counted): Scalar<number> & { readonly pid: Counted; readonly fields: readonly FieldCapture[] } {
  return {
    kind: 'pid',
    width: 4,
    pid: what,
    fields: [{ key: 0, at: 0, then: { copy: 'pid', counted: what } }],
    read: (cell) => cell.view.getInt32(cell.at, true),
    print: (cell, style) => `${cell.view.getInt32(cell.at, true)}${processText(cell.resolved(), style)}`,
  }
}

const NO_ID = 0xffff_ffff

/** A user or group; −1 (no change) stays −1. */
export const id: Scalar<number> = {
  kind: 'id',
  width: 4,
  read: (cell) => {
    const value = cell.view.getUint32(cell.at, true)
    return value === NO_ID ? -1 : value
  },
  print: (cell) => idText(cell.view.getUint32(cell.at, true)),
}

/** The same where strace prints the largest number as it is. */
export const plainId: Scalar<number> = { ...uint, kind: 'id' }

function idText(value: number): string {
  return value === NO_ID ? '-1' : String(value)
}

/** Permissions, in octal. */
export const mode: Scalar<number> = {
  kind: 'mode',
  width: 2,
  read: (cell) => cell.view.getUint16(cell.at, true),
  print: (cell) => octal(cell.view.getUint16(cell.at, true)),
}

/** At least three digits, the first a zero. */
export function octal(value: number): string {
  const digits = value.toString(8)
  return value < 64 ? digits.padStart(3, '0') : `0${digits}`
}

/** A file descriptor. */
export const fd: Scalar<number> & { readonly fd: true; readonly fields: readonly FieldCapture[] } = {
  kind: 'fd',
  width: 4,
  fd: true,
  fields: [{ key: 0, at: 0, then: { copy: 'fd' } }],
  read: (cell) => cell.view.getInt32(cell.at, true),
  print: (cell, style) => fdText(cell, style),
}

/** A descriptor of the process, or of the pidfd, in another argument. */
export function fdOf<const Name extends string>(
  of: { readonly pid: Name } | { readonly pidfd: Name },
): Kind<number, never, Name> & Pick<Scalar<number>, 'width'> {
  return {
    kind: 'fdOf',
    width: 4,
    entry: { copy: 'fd', of },
    read: (cell) => cell.view.getInt32(cell.at, true),
    print: (cell, style) => fdText(cell, style),
  }
}

export function fdText(cell: Cell, style: Style): string {
  const value = cell.view.getInt32(cell.at, true)
  // A link that came with a negative number is that of the working directory, which only `dirFd` means.
  return value < 0 ? String(value) : `${value}${descriptorText(cell.resolved(), style)}`
}

const AT_FDCWD = -100

/** The directory that a relative path starts from. */
export const dirFd: Scalar<number | 'AT_FDCWD'> & { readonly fd: true } = {
  kind: 'dirFd',
  width: 4,
  constants: [{ values: { AT_FDCWD } }],
  fd: true,
  read: (cell) => {
    const value = cell.view.getInt32(cell.at, true)
    return value === AT_FDCWD ? 'AT_FDCWD' : value
  },
  print: (cell, style) => {
    if (cell.view.getInt32(cell.at, true) !== AT_FDCWD) return fdText(cell, style)
    const name = constantText('AT_FDCWD', '-100', style)
    return name + pathText(cell.resolved(), style)
  },
}
