/** The structs of terminals, as the kernel has them. */

import {
  BAUD,
  BSDLY,
  CFLAG,
  CRDLY,
  CSIZE,
  FFDLY,
  IFLAG,
  LFLAG,
  N_LINE,
  NLDLY,
  OFLAG,
  TABDLY,
  V_CHAR,
  VTDLY,
} from '../../table/constants/terminal.ts'
import type { Style } from '../arg.ts'
import { constantText, Flags, lowOf, oneOf, prepare, type Constants } from '../flags.ts'
import { rawBytes } from '../net/inet.ts'
import { hex32 } from '../numbers.ts'
import { uint, type Scalar } from '../scalar.ts'
import { field, struct, type Struct } from '../struct.ts'

/** A choice that is not in the lowest bits, and is left out where it is zero. */
interface Shift {
  readonly name: string
  readonly bits: number
}

/** A word made of choices in some of its bits, and of flags in the others. */
interface Word {
  readonly choices: readonly (readonly [set: Constants, mask: number, shift?: Shift])[]
  readonly bits: Constants
}

const output: Word = {
  choices: [
    [NLDLY, 0x100],
    [CRDLY, 0x600],
    [TABDLY, 0x1800],
    [BSDLY, 0x2000],
    [VTDLY, 0x4000],
    [FFDLY, 0x8000],
  ],
  bits: OFLAG,
}
const control: Word = {
  choices: [
    [BAUD, 0x100f],
    [BAUD, 0x100f_0000, { name: 'IBSHIFT', bits: 16 }],
    [CSIZE, 0x30],
  ],
  bits: CFLAG,
}

function wordText({ choices, bits }: Word, value: number, style: Style): string {
  let rest = value
  let text = ''
  for (const [set, mask, shift] of choices) {
    const choice = (value & mask) >>> 0
    if (shift === undefined) text += `${prepare(set).valueText(choice, style)}|`
    else if (choice !== 0) {
      const name = constantText(shift.name, hex32(shift.bits), style)
      text += `${prepare(set).valueText(choice >>> shift.bits, style)}<<${name}|`
    }
    rest = (rest & ~mask) >>> 0
  }
  return text + bitsText(bits, rest, style)
}

/** strace writes nothing for no bits here. */
function bitsText(set: Constants, value: number, style: Style): string {
  return value === 0 ? '' : prepare(set).flagsText(0, value, style, '')
}

function namesOf({ choices, bits }: Word, value: number): Flags {
  const names: string[] = []
  let rest = value
  for (const [set, mask, shift] of choices) {
    const choice = (value & mask) >>> 0
    const name = prepare(set).nameOf(choice)
    // A speed of input of its own is left as bits: its name would be that of the speed of output.
    if (shift !== undefined) continue
    if (name !== undefined) names.push(name)
    rest = (rest & ~mask) >>> 0
  }
  const split = prepare(bits).splitRest(0, rest)
  return new Flags(value, [...names, ...split.names], split.low)
}

function terminalFlags(word: Word, width: 2 | 4): Scalar<Flags> {
  return {
    kind: 'flags',
    width,
    read: (cell) => namesOf(word, lowOf(cell, width)),
    print: (cell, style) => wordText(word, lowOf(cell, width), style),
  }
}

const names = prepare(V_CHAR)

/** `[[VINTR]=0x3, …]` */
function characters(count: number): Struct<readonly number[]> {
  return {
    kind: 'characters',
    size: count,
    read: (cell) => [...rawBytes(cell, count)],
    print: (cell) =>
      `[${[...rawBytes(cell, count)].map((value, index) => `[${names.nameOf(index) ?? index}]=${hex32(value)}`).join(', ')}]`,
  }
}

const verbose = { verbose: true } as const
const input: Word = { choices: [], bits: IFLAG }
const local: Word = { choices: [], bits: LFLAG }

const fields = {
  c_iflag: field(0, terminalFlags(input, 4)),
  c_oflag: field(4, terminalFlags(output, 4)),
  c_cflag: field(8, terminalFlags(control, 4)),
  c_lflag: field(12, terminalFlags(local, 4)),
  c_line: field(16, oneOf(N_LINE, 1), verbose),
  c_cc: field(17, characters(19), verbose),
} as const

/** struct termios */
export const termios = struct(36, fields)

/** struct termios2 */
export const termios2 = struct(44, {
  ...fields,
  c_ispeed: field(36, uint, verbose),
  c_ospeed: field(40, uint, verbose),
})

/** struct termio */
export const termio = struct(18, {
  c_iflag: field(0, terminalFlags(input, 2)),
  c_oflag: field(2, terminalFlags(output, 2)),
  c_cflag: field(4, terminalFlags(control, 2)),
  c_lflag: field(6, terminalFlags(local, 2)),
  c_line: field(8, oneOf(N_LINE, 1), verbose),
  c_cc: field(9, characters(8), verbose),
})
