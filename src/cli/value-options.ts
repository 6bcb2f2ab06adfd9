/** Options about how much of the values of a call is shown, and as what. */

import { readCallChoice } from './filter.ts'
import type { CliOption } from './options.ts'
import { prefixOf, readFd, readNumber, readSet, readWord } from './values.ts'

const constantStyles = ['raw', 'abbrev', 'verbose'] as const
const hexStyles = ['none', 'non-ascii-chars', 'non-ascii', 'all'] as const

export const valueOptions: readonly CliOption[] = [
  {
    group: 'Values',
    short: 's',
    long: ['string-limit'],
    argument: 'required',
    value: 'SIZE',
    help: 'Most bytes of a string that are shown (32; 1024 with --json). Paths are never cut.',
    apply: (settings, value, spelled) => void (settings.stringLimit = readNumber(value, spelled, 2 ** 30 - 1)),
  },
  {
    group: 'Values',
    short: 'v',
    long: ['no-abbrev'],
    help: 'Structures and environments in full, as --abbrev=none.',
    apply: (settings) => void (settings.abbreviate = false),
  },
  {
    group: 'Values',
    long: ['abbrev'],
    completes: 'calls',
    qualifiers: ['abbrev', 'a'],
    argument: 'required',
    value: '[!]SET',
    help: 'Abbreviate structures of these calls only; sets as in --trace.',
    apply: (settings, value, spelled) => void (settings.abbreviate = readCallChoice(value, prefixOf(spelled))),
  },
  {
    group: 'Values',
    long: ['verbose'],
    completes: 'calls',
    qualifiers: ['verbose', 'v'],
    argument: 'required',
    value: '[!]SET',
    help: 'Show structures of these calls only; for others their addresses.',
    apply: (settings, value, spelled) => void (settings.dereference = readCallChoice(value, prefixOf(spelled))),
  },
  {
    group: 'Values',
    long: ['raw'],
    completes: 'calls',
    qualifiers: ['raw', 'x'],
    argument: 'required',
    value: '[!]SET',
    help: 'Show arguments of these calls as hexadecimal numbers.',
    apply: (settings, value, spelled) => void (settings.raw = readCallChoice(value, prefixOf(spelled))),
  },
  {
    group: 'Values',
    long: ['read'],
    qualifiers: ['read', 'reads', 'r'],
    argument: 'required',
    value: '[!]SET',
    help: 'Dump all data read from these descriptors: "0,3", all.',
    apply: (settings, value) => void (settings.dumpRead = readSet(value, 'descriptor', readFd)),
  },
  {
    group: 'Values',
    long: ['write'],
    qualifiers: ['write', 'writes', 'w'],
    argument: 'required',
    value: '[!]SET',
    help: 'Dump all data written to these descriptors.',
    apply: (settings, value) => void (settings.dumpWrite = readSet(value, 'descriptor', readFd)),
  },
  {
    group: 'Values',
    short: 'X',
    long: ['const-print-style'],
    argument: 'required',
    value: 'FORMAT',
    choices: constantStyles,
    help: 'Constants by name (abbrev), by number (raw), or both (verbose).',
    apply: (settings, value, spelled) => void (settings.constants = readWord(value, spelled, constantStyles)),
  },
  {
    group: 'Values',
    short: 'x',
    help: 'Strings that are not ASCII in hexadecimal; -xx: all strings.',
    apply: (settings) => void (settings.hexStrings = settings.hexStrings === 'none' ? 'non-ascii' : 'all'),
  },
  {
    group: 'Values',
    long: ['strings-in-hex'],
    argument: 'optional',
    value: 'WHICH',
    choices: hexStyles,
    help: 'none, non-ascii-chars, non-ascii (-x) or all (-xx).',
    apply: (settings, value, spelled) =>
      void (settings.hexStrings = value === '' ? 'all' : readWord(value, spelled, hexStyles)),
  },
]
