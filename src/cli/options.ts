/**
 * What an option of the command line is, and how a command line becomes settings. Options are declared once, in
 * option-list.ts; parser, `-e NAME=`, help, manual page and completion come from there. Letters and words are strace's
 * wherever strace has the option.
 */

import { parseOptions, type OptionShape } from './getopt.ts'
import { namedOptions } from './option-list.ts'
import { initialSettings, type Settings } from './settings.ts'
import { ValueError } from './values.ts'

export const groups = ['Startup', 'Filtering', 'Output', 'Statistics', 'Changing calls', 'Help'] as const

/** One option. */
export interface CliOption extends OptionShape {
  readonly group: (typeof groups)[number]
  /** Names in `-e NAME=VALUE`. */
  readonly qualifiers?: readonly string[]
  /** What help calls the value. */
  readonly value?: string
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
  const { given, rest } = parseOptions(words, options)
  for (const { option, value, spelled } of given) option.apply(settings, value ?? '', spelled)
  return { settings, command: rest }
}

/** What strace has behind -e and we do not. */
const missing: ReadonlySet<string> = new Set(
  'verbose v raw x read reads r write writes w fault inject kvm decode-pid decode-pids secontext namespace'.split(' '),
)

function applyQualifier(settings: Settings, expression: string): void {
  const name = /^([a-z-]+)=/.exec(expression)?.[1]
  const option = namedOptions.find(({ qualifiers }) => name !== undefined && qualifiers?.includes(name))
  if (name !== undefined && missing.has(name)) throw new ValueError(`-e ${name}= is not supported`)
  if (name === undefined || option === undefined) settings.trace = expression
  else option.apply(settings, expression.slice(name.length + 1), `-e ${name}`)
}
