/** The keys of rules that strace has not: what must hold of a call, for -e inject= and --deny. */

import type { Address, ArgCondition, InjectRule } from '../../index.ts'
import type { Token } from './expression.ts'

/** What the keys of one expression add up to. */
export interface Conditions {
  readonly path: string[]
  readonly fd: (number | string)[]
  readonly addr: Address[]
  readonly args: Record<string, NonNullable<InjectRule['args']>[string]>
  argv0: string | undefined
}

export function noConditions(): Conditions {
  return { path: [], fd: [], addr: [], args: {}, argv0: undefined }
}

/** As the API has them: only those that were given. */
export function asWhere({ path, fd, addr, argv0 }: Conditions): Pick<InjectRule, 'path' | 'fd' | 'addr' | 'process'> {
  return {
    ...(path.length === 0 ? {} : { path }),
    ...(fd.length === 0 ? {} : { fd }),
    ...(addr.length === 0 ? {} : { addr }),
    ...(argv0 === undefined ? {} : { process: { argv0 } }),
  }
}

/** Adds what a token says, or tells why it can't. `false` where it is none of these keys. */
export function addCondition(conditions: Conditions, { key, value = '' }: Token): boolean | string {
  if (/^arg[1-6]$/.test(key)) return addArg(conditions, key, readArg(value))
  switch (key) {
    case 'path':
      if (value === '') return 'path= needs a path'
      conditions.path.push(value)
      return true
    case 'fd':
      if (value === '') return 'fd= needs a number or a link'
      conditions.fd.push(...value.split(',').map((it) => (/^\d+$/.test(it) ? Number(it) : it)))
      return true
    case 'addr':
      return addAddresses(conditions, value)
    case 'process':
      if (value === '') return 'process= needs the first word of a command line'
      conditions.argv0 = value
      return true
    default:
      return false
  }
}

/** An argument has a condition or a new value, not both. */
export function addArg(
  { args }: Conditions,
  name: string,
  value: Conditions['args'][string] | undefined,
): true | string {
  if (value === undefined) return `${name}= needs a number or the name of a constant`
  if (args[name] !== undefined) return `${name} is there twice`
  args[name] = value
  return true
}

function addAddresses({ addr }: Conditions, value: string): true | string {
  for (const word of value.split(',')) {
    const address = readAddress(word)
    if (address === undefined)
      return `'${word}' is no address: 10.0.0.0/8, 127.0.0.1:53, [::1]:80, :8000-8999, unix:/path`
    addr.push(address)
  }
  return true
}

/** `10.0.0.0/8`, `127.0.0.1:53`, `::1`, `[::1]:80`, `:53`, `:8000-8999`, `unix:/run/x`, `unix:@name`, `unix`, `AF_INET6`. */
export function readAddress(word: string): Address | undefined {
  if (word === 'unix') return { family: 'AF_UNIX' }
  if (word.startsWith('unix:')) return word.length > 'unix:'.length ? { path: word.slice('unix:'.length) } : undefined
  if (/^AF_\w+$/i.test(word)) return { family: word.toUpperCase() }
  // More colons than one are an IPv6 address, which has a port only behind brackets.
  const bare = /^[^[\]:]*:[^[\]]*:[^[\]]*$/.test(word) ? `[${word}]` : word
  const [, v6, v4, port] = /^(?:\[([0-9a-f:./]+)\]|([0-9./]+|\*?))(?::(\d+(?:-\d+)?))?$/i.exec(bare) ?? []
  const address = v6 ?? (v4 === '*' || v4 === '' ? undefined : v4)
  if (address === undefined && port === undefined) return undefined
  return { ...(address === undefined ? {} : { address }), ...(port === undefined ? {} : { port: readPorts(port) }) }
}

function readPorts(text: string): number | readonly [from: number, to: number] {
  const [from = 0, to] = text.split('-').map(Number)
  return to === undefined ? from : [from, to]
}

/** `VALUE`, `VALUE,VALUE`, `MIN..MAX`, `!VALUE`, `+BITS`, `-BITS`. */
function readArg(text: string): ArgCondition | undefined {
  const [, min, max] = /^(.*?)\.\.(.*)$/.exec(text) ?? []
  if (min !== undefined && max !== undefined) return readRange(min, max)
  const [, sign, rest = ''] = /^(!|\+|-(?!\d))?(.*)$/s.exec(text) ?? []
  const values = readValues(rest, sign === '+' || sign === '-' ? /[|,]/ : /,/)
  if (values === undefined) return undefined
  switch (sign) {
    case '+':
      return { has: values }
    case '-':
      return { lacks: values }
    case '!':
      return { not: values }
    default:
      return { is: values }
  }
}

function readRange(min: string, max: string): ArgCondition | undefined {
  const [low, high] = [min, max].map((it) => (it === '' ? undefined : readNumber(it)))
  if ((low === undefined && min !== '') || (high === undefined && max !== '')) return undefined
  if (low === undefined && high === undefined) return undefined
  return { ...(low === undefined ? {} : { min: low }), ...(high === undefined ? {} : { max: high }) }
}

/** A number, or names of bits, as `setargN=` takes them. */
export function readArgValue(text: string): number | bigint | string | readonly string[] | undefined {
  const number = readNumber(text)
  if (number !== undefined) return number
  const names = text.split('|')
  if (names.some((name) => name === '')) return undefined
  return names.length === 1 ? text : names
}

function readValues(text: string, between: RegExp): readonly (number | bigint | string)[] | undefined {
  const words = text.split(between)
  return words.some((word) => word === '') ? undefined : words.map((word) => readNumber(word) ?? word)
}

/** Decimal, or hexadecimal after `0x`, or octal after `0`; a bigint only where a number would not be exact. */
function readNumber(text: string): number | bigint | undefined {
  const [, sign, digits = ''] = /^(-?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.exec(text) ?? []
  if (digits === '') return undefined
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits)
  const value = sign === '-' ? -magnitude : magnitude
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
