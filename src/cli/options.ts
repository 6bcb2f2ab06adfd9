/**
 * What an option of the command line is, and how a command line becomes settings. Options are declared once, in
 * option-list.ts; parser, `-e NAME=`, help, manual page and completion come from there. Letters and words are strace's
 * wherever strace has the option.
 */

import { readCalls } from './filter.ts'
import { parseOptions, type OptionShape } from './getopt.ts'
import { namedOptions } from './option-list.ts'
import { refusedOptions } from './refused-options.ts'
import { initialSettings, type Settings } from './settings.ts'
import { ValueError } from './values.ts'

export const groups = ['Startup', 'Filtering', 'Values', 'Output', 'Statistics', 'Changing calls', 'Help'] as const

/** One option. */
export interface CliOption extends OptionShape {
  readonly group: (typeof groups)[number]
  /** Names in `-e NAME=VALUE`. */
  readonly qualifiers?: readonly string[]
  /** What help calls the value. */
  readonly value?: string
  /** What a shell can offer for the value, where it is not among `choices`. */
  readonly completes?: 'calls' | 'files' | 'pids' | 'users' | 'inject' | 'fault' | 'deny'
  /** The words that the value can be, or that a set of them can hold. */
  readonly choices?: readonly string[]
  readonly help: string
  /** `spelled` is how the user wrote it, for messages. `value` is '' where there is none. */
  readonly apply: (settings: Settings, value: string, spelled: string) => void
}

/** All options, in the order of help. */
export const options: readonly CliOption[] = [
  {
    group: 'Filtering',
    short: 'e',
    argument: 'required',
    value: 'EXPR',
    help: 'NAME=VALUE for those options that show such a form; without NAME it is trace=.',
    apply: applyQualifier,
  },
  ...namedOptions,
]

/** The settings, and the command with its arguments. Throws `UsageError` or `ValueError`. */
export function readCommandLine(words: readonly string[]): { settings: Settings; command: readonly string[] } {
  const settings = initialSettings()
  const { given, rest } = parseOptions(words, [...options, ...refusedOptions])
  checkTogether(given.map(({ spelled }) => spelled))
  for (const { option, value, spelled } of given) option.apply(settings, value ?? '', spelled)
  return { settings, command: rest }
}

/** A letter and the long option that says more of the same: strace wants one of them. */
const exclusive = [
  ['-x', '--strings-in-hex'],
  ['-y', '--decode-fds'],
  ['-f', '--follow-forks'],
  ['-D', '--daemonize'],
] as const

function checkTogether(spelled: readonly string[]): void {
  for (const [letter, word] of exclusive) {
    if (!spelled.includes(letter) || !spelled.includes(word)) continue
    throw new ValueError(`${letter} and ${word} cannot be provided simultaneously`)
  }
}

function applyQualifier(settings: Settings, expression: string): void {
  const name = /^([a-z-]+)=/.exec(expression)?.[1]
  const option = [...namedOptions, ...refusedOptions].find(
    ({ qualifiers }) => name !== undefined && qualifiers?.includes(name),
  )
  if (name === undefined || option === undefined) settings.trace = readCalls(expression, '-e ')
  else option.apply(settings, expression.slice(name.length + 1), `-e ${name}`)
}
