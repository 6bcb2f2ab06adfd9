/** Options about where the trace goes and how it looks. */

import type { CliOption } from './options.ts'
import { say } from './say.ts'
import type { QuietAbout } from './settings.ts'
import { readClock, readNumber, readPrecision, readSet, readWord } from './values.ts'

const quietWords: Readonly<Record<string, QuietAbout | 'nothing'>> = {
  attach: 'attach',
  exit: 'exit',
  exits: 'exit',
  'thread-execve': 'thread-execve',
  superseded: 'thread-execve',
  // Messages that strace has and we do not.
  personality: 'nothing',
  'path-resolution': 'nothing',
}

/** What strace can tell of descriptors. */
const fdDetails = ['path', 'socket', 'dev', 'eventfd', 'pidfd', 'signalfd'] as const

export const outputOptions: readonly CliOption[] = [
  {
    group: 'Output',
    short: 'o',
    long: ['output'],
    argument: 'required',
    value: 'FILE',
    help: 'Write the trace to FILE instead of stderr; "|COMMAND" pipes it into a command.',
    apply: (settings, value) => void (settings.output = value),
  },
  {
    group: 'Output',
    short: 'A',
    long: ['output-append-mode'],
    help: 'Append to the file of -o.',
    apply: (settings) => void (settings.append = true),
  },
  {
    group: 'Output',
    long: ['json'],
    help: 'One JSON object per event and line instead of text.',
    apply: (settings) => void (settings.json = true),
  },
  {
    group: 'Output',
    short: 's',
    long: ['string-limit'],
    argument: 'required',
    value: 'SIZE',
    help: 'Most bytes of a string that are shown (32). Paths are never cut.',
    apply: (settings, value, spelled) => void (settings.stringLimit = readNumber(value, spelled, 2 ** 30 - 1)),
  },
  {
    group: 'Output',
    short: 'v',
    long: ['no-abbrev'],
    help: 'Structures and environments in full.',
    apply: (settings) => void (settings.abbreviate = false),
  },
  {
    group: 'Output',
    long: ['abbrev'],
    qualifiers: ['abbrev', 'a'],
    argument: 'required',
    value: 'all|none',
    help: 'Abbreviate structures (all) or not (none, as -v).',
    apply: (settings, value) => void (settings.abbreviate = readSet(value, 'abbreviation', () => undefined)(undefined)),
  },
  {
    group: 'Output',
    short: 'X',
    long: ['const-print-style'],
    argument: 'required',
    value: 'FORMAT',
    help: 'Constants by name (abbrev), by number (raw), or both (verbose).',
    apply: (settings, value, spelled) =>
      void (settings.constants = readWord(value, spelled, ['raw', 'abbrev', 'verbose'])),
  },
  {
    group: 'Output',
    short: 'x',
    help: 'Strings that are not ASCII in hexadecimal; -xx: all strings.',
    apply: (settings) => void (settings.hexStrings = settings.hexStrings === 'none' ? 'non-ascii' : 'all'),
  },
  {
    group: 'Output',
    long: ['strings-in-hex'],
    argument: 'optional',
    value: 'WHICH',
    help: 'none, non-ascii-chars, non-ascii (-x) or all (-xx).',
    apply: (settings, value, spelled) =>
      void (settings.hexStrings =
        value === '' ? 'all' : readWord(value, spelled, ['none', 'non-ascii-chars', 'non-ascii', 'all'])),
  },
  {
    group: 'Output',
    short: 'y',
    long: ['decode-fds'],
    qualifiers: ['decode-fds', 'decode-fd'],
    argument: 'optional',
    value: 'SET',
    help: 'Show the path behind each file descriptor (path), or not (none).',
    apply: (settings, value, spelled) => {
      const has = readSet(value === '' ? 'path' : value, 'decode-fds', (word) => fdDetails.find((it) => it === word))
      const wantsMore = (settings.decodeFds && spelled === '-y') || fdDetails.some((it) => it !== 'path' && has(it))
      if (wantsMore) say('of descriptors only paths are shown so far')
      settings.decodeFds = has('path')
    },
  },
  {
    group: 'Output',
    short: 'N',
    long: ['arg-names'],
    help: 'Show the names of arguments.',
    apply: (settings) => void (settings.argumentNames = true),
  },
  {
    group: 'Output',
    short: 'n',
    long: ['syscall-number'],
    help: 'Show the number of each call.',
    apply: (settings) => void (settings.syscallNumbers = true),
  },
  {
    group: 'Output',
    short: 'i',
    long: ['instruction-pointer'],
    help: 'Show the address of the instruction after each call.',
    apply: (settings) => void (settings.instructionPointers = true),
  },
  {
    group: 'Output',
    short: 't',
    help: 'Show the time of day; -tt: with microseconds; -ttt: seconds since 1970 with microseconds.',
    apply: (settings) => void settings.clockLetters++,
  },
  {
    group: 'Output',
    long: ['absolute-timestamps', 'timestamps'],
    argument: 'optional',
    value: 'FORMAT',
    help: 'The same: none, time or unix, and a precision, s, ms, us or ns.',
    apply: (settings, value, spelled) => void (settings.clock = readClock(value || 'time', spelled, settings.clock)),
  },
  {
    group: 'Output',
    short: 'r',
    long: ['relative-timestamps'],
    argument: 'optional',
    value: 'PRECISION',
    help: 'Show the time since the line before, in s, ms, us (usual) or ns.',
    apply: (settings, value, spelled) => void (settings.sinceLast = readPrecision(value, spelled)),
  },
  {
    group: 'Output',
    short: 'T',
    long: ['syscall-times'],
    argument: 'optional',
    value: 'PRECISION',
    help: 'Show the time that each call took, in s, ms, us (usual) or ns.',
    apply: (settings, value, spelled) => void (settings.durations = readPrecision(value, spelled)),
  },
  {
    group: 'Output',
    short: 'a',
    long: ['columns'],
    argument: 'required',
    value: 'COLUMN',
    help: 'Column where results start (40).',
    apply: (settings, value, spelled) => void (settings.columns = readNumber(value, spelled)),
  },
  {
    group: 'Output',
    short: 'q',
    help: 'No messages about attaching; -qq: nor about exits; -qqq: none at all.',
    apply: (settings) => void settings.quietness++,
  },
  {
    group: 'Output',
    long: ['quiet', 'silent', 'silence'],
    qualifiers: ['quiet', 'silent', 'silence', 'q'],
    argument: 'optional',
    value: 'SET',
    help: 'No messages about: attach, exit, thread-execve.',
    apply: (settings, value) => {
      const has = readSet(value === '' ? 'attach' : value, 'quiet', (word) => quietWords[word])
      settings.quiet = new Set((['attach', 'exit', 'thread-execve'] as const).filter(has))
    },
  },
  {
    group: 'Output',
    long: ['always-show-pid'],
    help: 'The process id in front of each line, also where there is only one.',
    apply: (settings) => void (settings.alwaysShowPid = true),
  },
]
