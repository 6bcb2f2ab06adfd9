/** The options, one object each: what the parser reads, what `--help` says, and what it does. */

import { signalNumber } from '../../index.ts'
import { UsageError } from './getopt.ts'
import type { CliOption } from './options.ts'
import { outputOptions } from './output-options.ts'
import type { CallStatus, Settings } from './settings.ts'
import { readFd, readInterruptible, readPids, readSet } from './values.ts'

/** `unavailable` is not among them: strace says so of calls whose result it could not read, which we never print. */
const statusWords: readonly CallStatus[] = ['successful', 'failed', 'unfinished', 'detached']
export const namedOptions: readonly CliOption[] = [
  {
    group: 'Startup',
    short: 'p',
    long: ['attach'],
    argument: 'required',
    value: 'PID',
    help: 'Trace a running process with all its threads until it ends or Ctrl-C lets it go. Repeatable; "1,2" too.',
    apply: (settings, value) => void settings.attach.push(...readPids(value, process.pid)),
  },
  {
    group: 'Startup',
    short: 'f',
    long: ['follow-forks'],
    help: 'Trace the processes and threads that it starts as well. -ff: each into a file of its own, FILE.PID.',
    apply: (settings) => {
      settings.follow = true
      settings.followLetters++
      if (settings.followLetters > 1) settings.separately = true
    },
  },
  {
    group: 'Startup',
    long: ['output-separately'],
    help: 'With -f and -o: each thread into a file of its own, FILE.PID.',
    apply: (settings) => void (settings.separately = true),
  },
  {
    group: 'Startup',
    short: 'I',
    long: ['interruptible'],
    argument: 'required',
    value: 'WHEN',
    help: 'Whether Ctrl-C and the like end the trace: anywhere or waiting (yes), never (no; usual with -o FILE COMMAND), never_tstp (Ctrl-Z neither).',
    apply: (settings, value, spelled) => void (settings.interruptible = readInterruptible(value, spelled)),
  },
  {
    group: 'Startup',
    long: ['kill-on-exit'],
    help: 'What syscope starts dies with it. It always does.',
    apply: (settings) => void (settings.killOnExit = true),
  },
  {
    group: 'Startup',
    short: 'E',
    long: ['env'],
    argument: 'required',
    value: 'VAR[=VALUE]',
    help: 'Set a variable in the environment of the command, or take it out.',
    apply: (settings, value) => void settings.environment.push(value),
  },
  {
    group: 'Startup',
    long: ['argv0'],
    argument: 'required',
    value: 'NAME',
    help: 'What the command sees as its own name.',
    apply: (settings, value) => void (settings.argv0 = value),
  },
  {
    group: 'Startup',
    long: ['seccomp-bpf'],
    help: 'Stop only at calls that are wanted, without -f too; then nobody else can trace the children. With -f it is usual.',
    apply: (settings) => void (settings.seccomp = true),
  },
  {
    group: 'Filtering',
    long: ['trace'],
    qualifiers: ['trace', 't'],
    argument: 'required',
    value: '[!]SET',
    help:
      'Only these calls: names, numbers, %classes (%file, %network, %process, …) or /regex/, separated by commas. ' +
      '"!" turns the set round, "?" before a name forgives a name that does not exist, "@64" after it picks an ABI.',
    apply: (settings, value) => void (settings.trace = value),
  },
  {
    group: 'Filtering',
    short: 'P',
    long: ['trace-path'],
    argument: 'required',
    value: 'PATH',
    help: 'Only calls that name exactly this path, or a descriptor of it. Repeatable.',
    apply: (settings, value) => void settings.paths.push(value),
  },
  {
    group: 'Filtering',
    long: ['trace-fds'],
    qualifiers: ['trace-fds', 'trace-fd', 'fds', 'fd'],
    argument: 'required',
    value: '[!]SET',
    help: 'Only calls that name one of these descriptors.',
    apply: (settings, value) => void (settings.hasFd = readSet(value, 'descriptor', readFd)),
  },
  {
    group: 'Filtering',
    long: ['signals'],
    qualifiers: ['signal', 'signals', 's'],
    argument: 'required',
    value: '[!]SET',
    help: 'Only these signals: SIGINT, int, 2, all, none.',
    apply: (settings, value) => void (settings.signals = readSet(value, 'signal', signalNumber)),
  },
  {
    group: 'Filtering',
    long: ['status'],
    qualifiers: ['status'],
    argument: 'required',
    value: '[!]SET',
    help: 'Only calls that ended so: successful, failed, unfinished, detached.',
    apply: (settings, value) => {
      const has = readSet(value, 'status', (word) =>
        word === 'unavailable' ? word : statusWords.find((it) => it === word),
      )
      settings.statuses = new Set(statusWords.filter(has))
    },
  },
  {
    group: 'Filtering',
    short: 'z',
    long: ['successful-only'],
    help: 'Only calls that succeeded.',
    apply: (settings) => onlyStatus(settings, 'successful'),
  },
  {
    group: 'Filtering',
    short: 'Z',
    long: ['failed-only', 'failing-only'],
    help: 'Only calls that failed.',
    apply: (settings) => onlyStatus(settings, 'failed'),
  },
  ...outputOptions,
  {
    group: 'Statistics',
    short: 'c',
    long: ['summary-only'],
    help: 'Count calls, errors and time, and print a table at the end instead of the calls.',
    apply: (settings) => summarize(settings, 'only'),
  },
  {
    group: 'Statistics',
    short: 'C',
    long: ['summary'],
    help: 'The same, but show the calls too.',
    apply: (settings) => summarize(settings, 'both'),
  },
  {
    group: 'Statistics',
    short: 'w',
    long: ['summary-wall-clock'],
    help: 'Count the time from the start of a call to its end, not that on a processor in the kernel.',
    apply: (settings) => void (settings.wallClock = true),
  },
  {
    group: 'Statistics',
    short: 'U',
    long: ['summary-columns'],
    argument: 'required',
    value: 'COLUMNS',
    help: 'Columns of that table: time-percent, total-time, min-time, max-time, avg-time, the same with wall (wall-total, …), calls, errors, name.',
    apply: (settings, value) => void (settings.summaryColumns = value),
  },
  {
    group: 'Statistics',
    short: 'S',
    long: ['summary-sort-by'],
    argument: 'required',
    value: 'KEY',
    help: 'Sort that table by one of those columns, or by nothing.',
    apply: (settings, value) => void (settings.summarySortBy = value),
  },
  {
    group: 'Changing calls',
    long: ['deny'],
    argument: 'required',
    value: 'SET[:ERRNO]',
    help: 'Let these calls fail, with EPERM unless ERRNO says otherwise. Repeatable. They are shown as (INJECTED).',
    apply: (settings, value) => void settings.deny.push(value),
  },
  {
    group: 'Help',
    long: ['doctor'],
    help: 'Say what on this machine stands in the way of tracing, and how to lift it.',
    apply: (settings) => void (settings.doctor = true),
  },
  {
    group: 'Help',
    short: 'h',
    long: ['help'],
    help: 'This text.',
    apply: (settings) => void (settings.help = true),
  },
  {
    group: 'Help',
    short: 'V',
    long: ['version'],
    help: 'The version.',
    apply: (settings) => void (settings.version = true),
  },
]

function onlyStatus(settings: Settings, status: CallStatus): void {
  settings.statuses = new Set([status])
  settings.statusLetters++
}

function summarize(settings: Settings, summary: 'only' | 'both'): void {
  if (settings.summary !== 'none' && settings.summary !== summary) {
    throw new UsageError('-c/--summary-only and -C/--summary are mutually exclusive')
  }
  settings.summary = summary
}
