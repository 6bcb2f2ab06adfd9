/** Keys and keyrings, and the structs of keyctl(2). */

import { type ERRNO, errnoName } from '../../table/constants/errno.ts'
import { KEY_REQKEY, KEYCTL_CAPS0, KEYCTL_CAPS1, KEYCTL_SUPPORTS } from '../../table/constants/keys.ts'
import { KEY_SPEC } from '../../table/constants/process.ts'
import type { Cell, Kind, Style, Unread } from '../arg.ts'
import { fieldBytes } from '../behind.ts'
import { bytesOut, printData, readData } from '../bytes.ts'
import { bytesOf, holds, isNull, pointerText, unread } from '../cells.ts'
import type { Data } from '../data.ts'
import { constantText, flags, lowOf, prepare, readFlags, type Constants, type Flags, type NameIn } from '../flags.ts'
import { hex32 } from '../numbers.ts'
import { text } from '../path.ts'
import { lengthOf, type Behind } from '../pointer.ts'
import { address, hexUint, uint, ushort, type Scalar } from '../scalar.ts'
import { field, several, struct, type FieldOptions } from '../struct.ts'
import { decodeBytes } from '../surrogates.ts'

/** One constant of a set of signed numbers, which stay decimal where they have no name. */
function named<const Set extends Constants>(set: Set, fallback = set.fallback): Scalar<NameIn<Set> | number> {
  const ready = prepare(set)
  return {
    kind: 'named',
    width: 4,
    constants: [set],
    read: (cell) => (ready.nameOf(lowOf(cell, 4)) as NameIn<Set> | undefined) ?? cell.view.getInt32(cell.at, true), // A member of the set.
    print: (cell, style) => ready.valueText(lowOf(cell, 4), style, fallback, String(cell.view.getInt32(cell.at, true))),
  }
}

/** The serial number of a key or keyring, or a name that stands for one. */
export const key = named(KEY_SPEC, '')

/** Where keys go that are requested: KEYCTL_SET_REQKEY_KEYRING. */
export const defaultKeyring = named(KEY_REQKEY)

/** What a key is rejected with: `ENOKEY`. */
export const rejection: Scalar<keyof typeof ERRNO | number> = {
  kind: 'rejection',
  width: 4,
  read: (cell) => (errnoName(lowOf(cell, 4)) as keyof typeof ERRNO | undefined) ?? lowOf(cell, 4), // errnoName knows ERRNO.
  print: (cell, style) => {
    const value = lowOf(cell, 4)
    return constantText(errnoName(value), String(value), style)
  },
}

/** As much as the call returned, and as there was room for. */
function filled(cell: Cell, room: string): number {
  return Math.min(lengthOf(cell, 'result'), lengthOf(cell, room))
}

/** A buffer of which the call returns how large it would have to be. */
export function keyBytes<const Room extends string>(
  room: Room,
): Kind<never, Behind<Data>, Room extends 'result' ? never : Room> {
  return bytesOut(room, { filled: (cell) => filled(cell, room) })
}

/** The same for text that ends with a NUL, which strace leaves out. */
export function keyText<const Room extends string>(room: Room): Kind<never, string | Unread | null, Room> {
  const made: Kind<never, string | Unread | null, string> = {
    kind: 'keyText',
    exit: { copy: 'bytes', length: 'result', atMost: { arg: room }, limit: 'data' },
    late: true,
    readOut: (cell) => {
      const data = readData(cell, 'exit', filled(cell, room))
      if (data === null || !('bytes' in data)) return data
      const { bytes } = data
      const end = bytes.at(-1) === 0 ? bytes.length - 1 : bytes.length
      return decodeBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, end)
    },
    print: (cell, style) => {
      if (!cell.call.ok) return pointerText(cell)
      const length = filled(cell, room)
      const captured = cell.captured('exit')
      const isWhole = captured !== undefined && captured.length === length && bytesOf(captured).at(-1) === 0
      return printData(cell, 'exit', isWhole ? length - 1 : length, style)
    },
  }
  return made as Kind<never, string | Unread | null, Room> // The one argument that it looks at.
}

/** struct keyctl_dh_params */
export const dhParameters = struct(12, { private: field(0, key), prime: field(4, key), base: field(8, key) })

/** Words that mean nothing yet: shown where one of them is set. */
function spare(name: string, count: number): FieldOptions {
  return {
    when: (cell) => {
      const { view, at } = cell.sibling(name)
      return Array.from({ length: count }, (_, index) => view.getUint32(at + 4 * index, true)).some(
        (word) => word !== 0,
      )
    },
  }
}

const otherinfo = fieldBytes({ name: 'otherinfolen', at: 16, width: 4 })

/** struct keyctl_kdf_params */
export const kdfParameters = struct(56, {
  hashname: field(0, text),
  otherinfo: field(8, {
    ...otherinfo,
    print: (cell, style) => {
      const { view, at } = cell.sibling('otherinfolen')
      return view.getUint32(at, true) === 0 ? address.print(cell, style) : otherinfo.print(cell, style)
    },
  }),
  otherinfolen: field(16, uint),
  __spare: field(20, several(hexUint, 8), spare('__spare', 8)),
})

/** struct keyctl_pkey_query */
export const publicKey = struct(56, {
  supported_ops: field(0, flags(KEYCTL_SUPPORTS)),
  key_size: field(4, uint),
  max_data_size: field(8, ushort),
  max_sig_size: field(10, ushort),
  max_enc_size: field(12, ushort),
  max_dec_size: field(14, ushort),
  __spare: field(16, several(hexUint, 10), spare('__spare', 10)),
})

/** struct keyctl_pkey_params, of operations that put something out. */
export const pkeyOut = struct(40, {
  key_id: field(0, key),
  in_len: field(4, uint),
  out_len: field(8, uint),
  __spare: field(12, several(hexUint, 7), spare('__spare', 7)),
})

/** The same of KEYCTL_PKEY_VERIFY. */
export const pkeyIn = struct(40, {
  key_id: field(0, key),
  in_len: field(4, uint),
  in2_len: field(8, uint),
  __spare: field(12, several(hexUint, 7), spare('__spare', 7)),
})

const PARAMETERS = 'arg2'
const PARAMETERS_SIZE = 40

/** A length in the struct that arg2 points to. */
function parameter(cell: Cell, at: number): number | undefined {
  const captured = cell.sibling(PARAMETERS).captured('entry')
  return holds(captured, PARAMETERS_SIZE) ? captured.view.getUint32(captured.at + at, true) : undefined
}

/** Bytes that go in, as many as the number at `at` of the parameters says. */
export function pkeyInput(at: 4 | 8): Kind<Behind<Data>, never, 'arg2'> {
  return {
    kind: 'pkeyInput',
    entry: { copy: 'bytes', length: { deref: PARAMETERS, at, width: 4 }, limit: 'data' },
    read: (cell) => {
      const length = parameter(cell, at)
      if (length !== undefined) return readData(cell, 'entry', length)
      return isNull(cell) ? null : unread(cell, undefined)
    },
    print: (cell, style) => {
      const length = parameter(cell, at)
      return length === undefined ? pointerText(cell) : printData(cell, 'entry', length, style)
    },
  }
}

const OUT_LENGTH = 8

/** Room for bytes, as many as the parameters say; strace shows them all. */
export const pkeyOutput: Kind<never, Behind<Data>, 'arg2'> = {
  kind: 'pkeyOutput',
  exit: { copy: 'bytes', length: { before: PARAMETERS, at: OUT_LENGTH, width: 4 }, limit: 'data' },
  late: (cell) => parameter(cell, OUT_LENGTH) !== undefined,
  readOut: (cell) => readData(cell, 'exit', Math.min(lengthOf(cell, 'result'), parameter(cell, OUT_LENGTH) ?? 0)),
  print: (cell, style) => {
    const length = parameter(cell, OUT_LENGTH)
    return length === undefined || !cell.call.ok ? pointerText(cell) : printData(cell, 'exit', length, style)
  },
}

const capabilitySets = [prepare(KEYCTL_CAPS0), prepare(KEYCTL_CAPS1)] as const
const MOST_CAPABILITIES = 64

function capabilityText(value: number, index: number, style: Style): string {
  return capabilitySets[index]?.flagsText(0, value, style) ?? hex32(value)
}

type Capability = Flags<NameIn<typeof KEYCTL_CAPS0> | NameIn<typeof KEYCTL_CAPS1>>

/** Bytes whose bits say what the kernel can do with keys; each byte has names of its own. */
export const capabilities: Kind<never, Behind<readonly Capability[]>, 'arg3'> = {
  kind: 'keyCapabilities',
  exit: { copy: 'bytes', length: 'result', atMost: { arg: 'arg3' }, limit: MOST_CAPABILITIES },
  late: true,
  readOut: (cell) => {
    if (isNull(cell)) return null
    const captured = cell.captured('exit')
    if (!holds(captured, 1)) return filled(cell, 'arg3') === 0 ? [] : unread(cell, captured)
    const none = prepare({ fallback: '', values: {} })
    return Array.from(bytesOf(captured), (value, index) => readFlags(capabilitySets[index] ?? none, 0, value))
  },
  print: (cell, style) => {
    if (!cell.call.ok || isNull(cell)) return pointerText(cell)
    const captured = cell.captured('exit')
    const length = filled(cell, 'arg3')
    if (length === 0) return '[]'
    if (!holds(captured, 1)) return pointerText(cell)
    const texts = Array.from(bytesOf(captured), (value, index) => capabilityText(value, index, style))
    return `[${texts.join(', ')}${texts.length < length ? ', ...' : ''}]`
  },
}
