/** Sets of calls in strace's spelling -> filters of the API. Errors speak of the option as it was typed. */

import { selectCalls, SyscopeError, type CallChoice } from '../../index.ts'
import { UsageError } from './getopt.ts'
import { ValueError } from './values.ts'

/** `all`, `none`, or what stands between. `option` is `-e trace=` or `--trace=`: what stood before the set. */
export function readCalls(words: string, option: string): string {
  const filter = apiWords(words)
  checkCalls(words, filter, option)
  return filter
}

/** The same for text, which asks for each call. */
export function readCallChoice(words: string, option: string): CallChoice {
  const filter = readCalls(words, option)
  return filter === 'all' || filter === 'none' ? filter === 'all' : selectCalls(filter)
}

/** A regular expression loses strace's open end: `/^get` becomes `/^get/`. */
function apiWords(words: string): string {
  const bare = words.replace(/^!+/, '')
  const isInverted = (words.length - bare.length) % 2 === 1
  if (bare === 'all' || bare === 'none') return (bare === 'all') === isInverted ? 'none' : 'all'
  const items = bare.split(',').filter((item) => item !== '')
  return (isInverted ? '!' : '') + items.map(apiItem).join(',')
}

function apiItem(item: string): string {
  const [, prefix = '', pattern] = /^(\?*)\/(.*)$/s.exec(item) ?? []
  if (pattern === undefined) return item
  const [, open = '', abi = ''] = /^(.*?)(@\w+)?$/s.exec(pattern) ?? []
  const source = open.endsWith('/') ? open.slice(0, -1) : open
  return `${prefix}/${source.replaceAll(/(?<!\\)\//g, '\\/')}/${abi}`
}

function checkCalls(words: string, filter: string, option: string): void {
  if (filter === '' || filter === '!') throw new ValueError(`invalid system call '' in ${option}${words}`)
  for (const item of words.replace(/^!+/, '').split(',')) {
    const designator = /@([^@]*)$/s.exec(item)?.[1]
    if (designator === undefined || ['64', '32', 'x32'].includes(designator)) continue
    throw new UsageError(`incorrect personality designator '${designator}' in qualification '${item}'`)
  }
  try {
    selectCalls(filter)
  } catch (error) {
    if (!(error instanceof SyscopeError)) throw error
    throw new ValueError(problemOf(error, words, option))
  }
}

/** strace's words, and behind them what may have been meant. */
function problemOf(error: SyscopeError, words: string, option: string): string {
  const word = 'word' in error ? String(error.word) : undefined
  if (word === undefined) return `invalid regular expression in ${option}${words}${reasonOf(error)}`
  const near = /Did you mean ('.*')\?$/.exec(error.message)?.[1]
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  return `invalid system call '${word}' in ${option}${words}${hint}`
}

/** As V8 says it: `Invalid regular expression: /(/: Unterminated group`. */
function reasonOf({ cause }: SyscopeError): string {
  const reason = cause instanceof Error ? /: ([^:]+)$/.exec(cause.message)?.[1] : undefined
  return reason === undefined ? '' : `: ${reason}`
}
