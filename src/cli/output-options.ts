/** Options about where the trace goes and how it looks. */

import type { CliOption } from './options.ts'
import type { QuietAbout } from './settings.ts'
import { readClock, readNumber, readPrecision, readSet, readWord } from './values.ts'

const quietWords: Readonly<Record<string, QuietAbout | 'nothing'>> = {
  attach: 'attach',
  exit: 'exit',
  exits: 'exit',
  'thread-execve': 'thread-execve',
  superseded: 'thread-execve',
  'path-resolution': 'path-resolution',
  // A message that strace has and we do not.
  personality: 'nothing',
}
const quietChoices = ['attach', 'exit', 'path-resolution', 'thread-execve'] as const
const precisions = ['s', 'ms', 'us', 'ns'] as const

const colorModes = ['auto', 'always', 'never'] as const

/** What can be told of descriptors. */
const fdDetails = ['path', 'socket', 'dev', 'eventfd', 'pidfd', 'signalfd'] as const

/** What can be told of processes. */
const pidDetails = ['comm', 'pidns'] as const

export const outputOptions: readonly CliOption[] = [
  {
    group: 'Output',
    short: 'o',
    long: ['output'],
    completes: 'files',
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
    long: ['save'],
    completes: 'files',
    argument: 'required',
    value: 'FILE',
    help: 'Also save the trace in FILE, for --load and loadTrace(): all that is recorded, whatever is shown of it. With -o /dev/null only there.',
    apply: (settings, value) => void (settings.save = value),
  },
  {
    group: 'Output',
    long: ['load'],
    completes: 'files',
    argument: 'required',
    value: 'FILE',
    help: 'Run nothing: show a trace that was saved, on stdout or where -o says, as if it were recorded now.',
    apply: (settings, value) => void (settings.load = value),
  },
  {
    group: 'Output',
    long: ['color'],
    argument: 'required',
    value: 'WHEN',
    choices: colorModes,
    help: 'Colours: auto (on a terminal; usual), always or never. NO_COLOR and STRACE_COLORS are heeded.',
    apply: (settings, value, spelled) => void (settings.color = readWord(value, spelled, colorModes)),
  },
  {
    group: 'Output',
    short: 'y',
    long: ['decode-fds'],
    qualifiers: ['decode-fds', 'decode-fd'],
    argument: 'optional',
    value: 'SET',
    help: `Show what is behind file descriptors: ${fdDetails.join(', ')}, all (-yy) or none. -y: path.`,
    apply: (settings, value, spelled) => {
      if (spelled === '-y') {
        settings.decodeFds = settings.decodeFds === false ? true : 'all'
        return
      }
      const has = readSet(value === '' ? 'path' : value, 'decode-fds', (word) => fdDetails.find((it) => it === word))
      const details = fdDetails.filter(has)
      settings.decodeFds = details.length > 0 && details
    },
  },
  {
    group: 'Output',
    short: 'Y',
    help: 'Show the name of each process.',
    apply: (settings) => void (settings.decodePids = true),
  },
  {
    group: 'Output',
    long: ['pidns-translation'],
    help: 'The same as --decode-pids=pidns.',
    apply: (settings) => void (settings.decodePids = settings.decodePids === true ? 'all' : ['pidns']),
  },
  {
    group: 'Output',
    long: ['decode-pids'],
    qualifiers: ['decode-pids', 'decode-pid'],
    argument: 'required',
    value: 'SET',
    help: 'Show what is known of processes: comm (-Y: names), pidns (their ids where syscope runs), all or none.',
    apply: (settings, value) => {
      const has = readSet(value, 'decode-pids', (word) => pidDetails.find((it) => it === word))
      settings.decodePids = pidDetails.filter(has)
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
    choices: ['none', 'time', 'unix', ...precisions],
    help: 'The same: none, time or unix, and a precision, s, ms, us or ns.',
    apply: (settings, value, spelled) => void (settings.clock = readClock(value || 'time', spelled, settings.clock)),
  },
  {
    group: 'Output',
    short: 'r',
    long: ['relative-timestamps'],
    argument: 'optional',
    value: 'PRECISION',
    choices: precisions,
    help: 'Show the time since the line before, in s, ms, us (usual) or ns.',
    apply: (settings, value, spelled) => void (settings.sinceLast = readPrecision(value, spelled)),
  },
  {
    group: 'Output',
    short: 'T',
    long: ['syscall-times'],
    argument: 'optional',
    value: 'PRECISION',
    choices: precisions,
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
    choices: quietChoices,
    help: 'No messages about: attach, exit, path-resolution, thread-execve, all.',
    apply: (settings, value) => {
      const has = readSet(value === '' ? 'attach' : value, 'quiet', (word) => quietWords[word])
      settings.quiet = new Set(quietChoices.filter(has))
    },
  },
  {
    group: 'Output',
    long: ['always-show-pid'],
    help: 'The process id in front of each line, also where there is only one.',
    apply: (settings) => void (settings.alwaysShowPid = true),
  },
]
