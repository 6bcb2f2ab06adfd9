/** The options, one object each: what the parser reads, what `--help` says, and what it does. */

import { changeOptions } from './change-options.ts'
import { filterOptions } from './filter-options.ts'
import { UsageError } from './getopt.ts'
import type { CliOption } from './options.ts'
import { readDuration } from './overhead.ts'
import { outputOptions } from './output-options.ts'
import type { Settings } from './settings.ts'
import { startupOptions } from './startup-options.ts'
import { readSummaryOptions } from './summary.ts'
import { valueOptions } from './value-options.ts'

/** Of the table of -c; src/cli/summary.ts knows further names of the same. */
const columns = [
  'time-percent',
  'total-time',
  'min-time',
  'max-time',
  'avg-time',
  'wall-total',
  'wall-min',
  'wall-max',
  'wall-avg',
  'calls',
  'errors',
  'name',
] as const

export const namedOptions: readonly CliOption[] = [
  ...startupOptions,
  ...filterOptions,
  ...valueOptions,
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
    short: 'O',
    long: ['summary-syscall-overhead'],
    argument: 'required',
    value: 'TIME',
    help: 'What tracing adds to each call, to be taken off its time: 2.5 (microseconds), 300ns, 1ms. Nothing is, unless said.',
    apply: (settings, value, spelled) => void (settings.overheadNs = readDuration(value, spelled)),
  },
  {
    group: 'Statistics',
    short: 'U',
    long: ['summary-columns'],
    argument: 'required',
    value: 'COLUMNS',
    choices: columns,
    help: 'Columns of that table: time-percent, total-time, min-time, max-time, avg-time, the same with wall (wall-total, …), calls, errors, name.',
    apply(settings, value) {
      readSummaryOptions({ columns: value })
      settings.summaryColumns = value
    },
  },
  {
    group: 'Statistics',
    short: 'S',
    long: ['summary-sort-by'],
    argument: 'required',
    value: 'KEY',
    choices: [...columns, 'nothing'],
    help: 'Sort that table by one of those columns, or by nothing.',
    apply(settings, value) {
      readSummaryOptions({ sortBy: value })
      settings.summarySortBy = value
    },
  },
  ...changeOptions,
  {
    group: 'Help',
    long: ['doctor'],
    help: 'Say what on this machine stands in the way of tracing, and how to lift it.',
    apply: (settings) => void (settings.doctor = true),
  },
  {
    group: 'Help',
    long: ['completion'],
    argument: 'required',
    value: 'SHELL',
    choices: ['bash', 'zsh', 'fish'],
    help: 'Print a script that lets bash, zsh or fish complete options, calls and commands; it says how to load it.',
    apply: (settings, value) => void (settings.completion = value),
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

function summarize(settings: Settings, summary: 'only' | 'both'): void {
  if (settings.summary !== 'none' && settings.summary !== summary) {
    throw new UsageError('-c/--summary-only and -C/--summary are mutually exclusive')
  }
  settings.summary = summary
}
