/** --deny -> rules of the API. */

import type { DenyRule, ErrnoName } from '../../index.ts'
import { addCondition, asWhere, noConditions } from './conditions.ts'
import { splitExpression, type Token } from './expression.ts'
import { readCalls } from './filter.ts'
import { readErrorName } from './inject-values.ts'
import { ValueError } from './values.ts'

/** One expression as it was given. */
export interface Denial {
  /** For messages: `deny argument 'unlink:EIO'`. */
  readonly spelled: string
  readonly rule: DenyRule
}

/**
 * `SET`, `network`, `network:except=unix,loopback`, `path=/etc/**`, `SET:KEY=VALUE`; `:ERRNO` behind each. `option` is what stood
 * before the words: `--deny=`.
 */
export function readDenial(words: string, option: string): Denial {
  const [first = ''] = /^(?:path|fd|addr|process|arg[1-6])=/.test(words) ? [] : words.split(':')
  const tokens = splitExpression(words.slice(first.length), (word) => readErrorName(word) !== undefined)
  const spelled = `deny argument '${words}'`
  const wrong = (why: string): ValueError => new ValueError(`invalid ${spelled}: ${why}`)
  const conditions = noConditions()
  let error: ErrnoName | undefined
  let except: readonly string[] | undefined
  for (const token of tokens) {
    if (token.value === undefined) error = readDenialError(token, error, `${option}${words}`)
    else if (token.key === 'except' && first === 'network') except = [...(except ?? []), ...token.value.split(',')]
    else {
      const result = addCondition(conditions, token)
      if (result !== true) throw wrong(result === false ? `${token.key}= is not for --deny` : result)
    }
  }
  const { args } = conditions
  if (first === '' && Object.keys(args).length > 0) throw wrong('an argument is one of certain calls, name them first')
  const hasConditions = tokens.some(({ value }) => value !== undefined)
  const rule = {
    ...callsOf(first, option, hasConditions, except),
    ...asWhere(conditions),
    // Nothing here gives an argument a new value.
    ...(Object.keys(args).length === 0 ? {} : { args: args as NonNullable<DenyRule['args']> }),
    ...(error === undefined ? {} : { error }),
  }
  return { rule, spelled }
}

function callsOf(
  first: string,
  option: string,
  hasConditions: boolean,
  except: readonly string[] | undefined,
): Pick<DenyRule, 'calls' | 'network'> {
  if (first === 'network') return { network: except === undefined ? true : { except } }
  // Nothing but conditions: of every call.
  if (first === '' && hasConditions) return {}
  return { calls: readCalls(first, option) }
}

function readDenialError({ key }: Token, before: ErrnoName | undefined, typed: string): ErrnoName {
  const error = readErrorName(key)
  if (error === undefined) throw new ValueError(`invalid error '${key}' in ${typed}`)
  if (before !== undefined) throw new ValueError(`two errors, ${before} and ${error}, in ${typed}`)
  return error
}
