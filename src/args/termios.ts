/** struct termios, as the kernel has it. */

import {
  BAUD,
  BSDLY,
  CFLAG,
  CRDLY,
  CSIZE,
  FFDLY,
  IFLAG,
  LFLAG,
  NLDLY,
  OFLAG,
  TABDLY,
  VTDLY,
} from '../table/constants/terminal.ts'
import type { Style } from './arg.ts'
import { Flags, lowOf, prepare, type Constants } from './flags.ts'
import { byte, type Scalar } from './scalar.ts'
import { field, several, struct } from './struct.ts'

/** A word made of choices in some of its bits, and of flags in the others. */
interface Word {
  readonly choices: readonly (readonly [set: Constants, mask: number])[]
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
    [CSIZE, 0x30],
  ],
  bits: CFLAG,
}

function wordText({ choices, bits }: Word, value: number, style: Style): string {
  let rest = value
  let text = ''
  for (const [set, mask] of choices) {
    text += `${prepare(set).valueText((value & mask) >>> 0, style)}|`
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
  for (const [set, mask] of choices) {
    const name = prepare(set).nameOf((value & mask) >>> 0)
    if (name !== undefined) names.push(name)
    rest = (rest & ~mask) >>> 0
  }
  const split = rest === 0 ? { names: [], low: 0 } : prepare(bits).split(0, rest)
  return new Flags(value, [...names, ...split.names], split.low)
}

function terminalFlags(word: Word): Scalar<Flags> {
  return {
    kind: 'flags',
    width: 4,
    read: (cell) => namesOf(word, lowOf(cell, 4)),
    print: (cell, style) => wordText(word, lowOf(cell, 4), style),
  }
}

const verbose = { verbose: true } as const

/** struct termios */
export const termios = struct(36, {
  c_iflag: field(0, terminalFlags({ choices: [], bits: IFLAG })),
  c_oflag: field(4, terminalFlags(output)),
  c_cflag: field(8, terminalFlags(control)),
  c_lflag: field(12, terminalFlags({ choices: [], bits: LFLAG })),
  c_line: field(16, byte, verbose),
  c_cc: field(17, several(byte, 19), verbose),
})
