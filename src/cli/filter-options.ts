/** Options about which calls, signals and results are shown. */

import { signalNumber } from '../../index.ts'
import { readCalls } from './filter.ts'
import type { CliOption } from './options.ts'
import type { CallStatus, Settings } from './settings.ts'
import { prefixOf, readFd, readSet } from './values.ts'

/** `unavailable` is not among them: strace says so of calls whose result it could not read, which we never print. */
const statusWords: readonly CallStatus[] = ['successful', 'failed', 'unfinished', 'detached']

export const filterOptions: readonly CliOption[] = [
  {
    group: 'Filtering',
    long: ['trace'],
    completes: 'calls',
    qualifiers: ['trace', 't'],
    argument: 'required',
    value: '[!]SET',
    help:
      'Only these calls: names, numbers, %classes (%file, %network, %process, …) or /regex/, separated by commas. ' +
      '"!" turns the set round, "?" before a name forgives a name that does not exist, "@64" after it picks an ABI.',
    apply: (settings, value, spelled) => void (settings.trace = readCalls(value, prefixOf(spelled))),
  },
  {
    group: 'Filtering',
    short: 'P',
    long: ['trace-path'],
    completes: 'files',
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
    apply: (settings, value) => {
      settings.hasFd = readSet(value, 'descriptor', readFd)
      settings.fdWords = value
    },
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
    choices: statusWords,
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
]

function onlyStatus(settings: Settings, status: CallStatus): void {
  settings.statuses = new Set([status])
  settings.statusLetters++
}
