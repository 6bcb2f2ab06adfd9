/** The command line that does a run with a fault again. */

import { escapeGlob, isGlob } from '../rules/glob.ts'
import type { InjectRule } from '../rules/options.ts'
import { commandText, quoteWord, type CommandLine } from '../spawn.ts'
import { temporary } from './plan.ts'

/** What the command is given beside its arguments. */
export interface Given {
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  readonly input?: string | Uint8Array | undefined
}

/** Where the arguments are that presets change. */
const places: Readonly<Record<string, number>> = { addr: 1, count: 3, len: 3, iovcnt: 3 }

/** To be typed in the working directory, or in a copy of it. Shows the calls of the rules' names. */
export function repeatLine(rules: readonly InjectRule[], command: CommandLine, { env = {}, input }: Given): string {
  const names = [...new Set(rules.map(({ syscall }) => String(syscall)))]
  const how = rules.map((rule) => `-e ${quoteWord(`inject=${expressionOf(rule)}`)}`).join(' ')
  const variables = Object.entries(env).map(
    ([name, value]) => ` -E ${quoteWord(value === undefined ? name : `${name}=${value}`)}`,
  )
  return [
    inputText(input),
    // Its temporary files are beside its working directory, as they were.
    JSON.stringify(rules).includes(`"${temporary}/`) ? `mkdir -p ${temporary} && TMPDIR=$PWD/${temporary} ` : '',
    `syscope -f -e trace=${names.join(',')} ${how}${variables.join('')} ${commandText(command)}`,
  ].join('')
}

function inputText(input: Given['input']): string {
  if (input === undefined) return ''
  return typeof input === 'string' ? `printf %s ${quoteWord(input)} | ` : '… | '
}

/** As `-e inject=` takes it. */
function expressionOf({ syscall, error, path, fd, nth, when, run, args = {} }: InjectRule): string {
  const target = typeof path === 'string' ? withoutKeys(path) : undefined
  const given = { error, path: target, fd, nth, when, ...(when === undefined ? {} : { per: 'tree' }) }
  const keys = Object.entries(given).filter(([, value]) => value !== undefined)
  const words = keys.map(([key, value]) => `${key}=${String(value)}`)
  const changes = Object.entries(args).map(
    ([name, value]) => `setarg${places[name] ?? name}=${typeof value === 'number' ? value : ''}`,
  )
  return [String(syscall), ...words, ...changes, ...(run === true ? ['run'] : [])].join(':')
}

/** What follows a colon in a name must not look like a key or a word: `?` stands for such a colon. */
function withoutKeys(path: string): string {
  const colon = /:(?=[a-z_]+[1-9]?=|(?:run|kill)(?::|$)|:|$)/g
  if (path.search(colon) === -1) return path
  return (isGlob(path) ? path : escapeGlob(path)).replaceAll(colon, '?')
}
