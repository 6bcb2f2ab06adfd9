/** `-e trace=` in strace's spelling -> a filter of the API. */

import type { DenyRule, ErrnoName } from '../../index.ts'

/** undefined where every call is wanted. A regular expression loses strace's open end: `/^get` becomes `/^get/`. */
export function readTraceSet(words: string | undefined): string | undefined {
  if (words === undefined || words === 'all' || words === '!none') return undefined
  const bare = words.replace(/^!+/, '')
  const isInverted = (words.length - bare.length) % 2 === 1
  if (bare === 'all' || bare === 'none') return 'none'
  const items = bare.split(',').filter((item) => item !== '')
  return (isInverted ? '!' : '') + items.map(readItem).join(',')
}

function readItem(item: string): string {
  const [, prefix = '', pattern] = /^(\?*)\/(.*)$/s.exec(item) ?? []
  if (pattern === undefined) return item
  const source = pattern.endsWith('/') ? pattern.slice(0, -1) : pattern
  return `${prefix}/${source.replaceAll(/(?<!\\)\//g, '\\/')}/`
}

/** `SET` or `SET:ERRNO` of --deny. */
export function readDenySet(words: string): DenyRule {
  const colon = words.lastIndexOf(':')
  const error = words.slice(colon + 1)
  if (colon === -1 || !/^[A-Za-z0-9]+$/.test(error)) return { calls: readTraceSet(words) ?? 'all' }
  // The API checks the name.
  return { calls: readTraceSet(words.slice(0, colon)) ?? 'all', error: error.toUpperCase() as ErrnoName }
}
