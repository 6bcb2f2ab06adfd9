/** Values in strace's -e inject=: numbers, times, bytes and occurrences, as strace reads them. */

import { errnoNumber, signalNumber, type ErrnoName } from '../../index.ts'
import { say } from './say.ts'

const MAX_ERRNO = 4095
const MAX_WHEN = 0xffff
const MAX_SIGNAL = 64
const MAX_POKE_BYTES = 1024
/** The engine counts them in 64 bits. */
const MAX_DELAY_NS = 2n ** 63n - 1n

/** A decimal number as strtoll(3) takes it, with nothing behind it. */
function readDecimal(text: string, most: number): number | undefined {
  const number = /^\s*\+?\d+$/.test(text) ? Number(text) : -1
  return number < 0 || number > most ? undefined : number
}

/** An error's name, in any case, or its number from 1 to 4095. */
export function readError(text: string): { readonly error: ErrnoName } | { readonly returns: bigint } | undefined {
  const number = readDecimal(text, MAX_ERRNO)
  // Not every number has a name; what the call returns, as 64 bits, says the same.
  if (number !== undefined) return number === 0 ? undefined : { returns: BigInt.asUintN(64, BigInt(-number)) }
  const error = readErrorName(text)
  return error === undefined ? undefined : { error }
}

/** An error's name, in any case. */
export function readErrorName(text: string): ErrnoName | undefined {
  const name = text.toUpperCase()
  // Only names of errors have numbers.
  return errnoNumber(name) === undefined ? undefined : (name as ErrnoName)
}

/** What strtoull(3) takes: decimal, octal after `0`, hexadecimal after `0x`; a sign turns it round. Says what may be unexpected. */
export function readReturned(text: string): bigint | undefined {
  const [, sign, digits = ''] = /^\s*([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.exec(text) ?? []
  if (digits === '') return undefined
  const number = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits)
  if (number >= 2n ** 64n) return undefined
  const value = BigInt.asUintN(64, sign === '-' ? -number : number)
  warnOfReturned(value)
  return value
}

/** The kernel's interface has no place for an error beside the value: some values are errors, in one ABI or the other. */
function warnOfReturned(value: bigint): void {
  const isError = (number: bigint): boolean => number < 0n && number >= -BigInt(MAX_ERRNO)
  const [wide, narrow] = [BigInt.asIntN(64, value), BigInt.asIntN(32, value)]
  if (isError(wide)) {
    say(`Inadvertent injection of error ${-wide} is possible for retval=${value}`)
  } else if (isError(narrow)) {
    say(`Inadvertent injection of error ${-narrow} is possible in compat personality for retval=${value}`)
  } else if (BigInt.asUintN(32, value) !== value) {
    say(`Injected return value ${value} will be clipped to ${BigInt.asUintN(32, value)} in compat personality`)
  }
}

/** By number from 1 to 64, or by name in any case, with or without SIG. */
export function readSignal(text: string): number | undefined {
  const number = /^\d/.test(text) ? readDecimal(text, MAX_SIGNAL) : signalNumber(asSignalName(text))
  return number === 0 ? undefined : number
}

function asSignalName(text: string): string {
  const upper = text.toUpperCase()
  return upper.startsWith('SIG') ? upper : `SIG${upper}`
}

const nsPerUnit: Readonly<Record<string, number>> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1 }

/** `50`, `8e5`, `1.6s`, `800ms`: microseconds where nothing is said. In nanoseconds. */
export function readDelay(text: string): bigint | undefined {
  const [, number, unit = 'us'] = /^\s*(\+?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(s|ms|us|ns)?$/i.exec(text) ?? []
  const scale = nsPerUnit[unit.toLowerCase()]
  if (number === undefined || scale === undefined) return undefined
  const ns = /^\+?\d+$/.test(number) ? BigInt(number.replace('+', '')) * BigInt(scale) : wholeOf(Number(number) * scale)
  return ns === undefined || ns > MAX_DELAY_NS ? undefined : ns
}

function wholeOf(number: number): bigint | undefined {
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : undefined
}

/** `@arg1=BYTES,@arg2=BYTES`, bytes as pairs of hexadecimal digits. By the argument's place, as `arg1`. */
export function readPokes(text: string): Readonly<Record<string, Uint8Array>> | undefined {
  const pokes: Record<string, Uint8Array> = {}
  for (const word of text.split(',').filter((it) => it !== '')) {
    const [, arg = '', digits = ''] = /^@(arg[1-6])=((?:[0-9a-f]{2})+)$/i.exec(word) ?? []
    if (digits === '' || digits.length > 2 * MAX_POKE_BYTES || pokes[arg] !== undefined) return undefined
    pokes[arg] = Uint8Array.from(digits.match(/../g) ?? [], (it) => Number.parseInt(it, 16))
  }
  return Object.keys(pokes).length === 0 ? undefined : pokes
}

/** `F`, `F+`, `F+S`, `F..L`, `F..L+`, `F..L+S`, each from 1 to 65535, and no last of 65535: strace means none by that. */
export function readWhen(text: string): string | undefined {
  const [, first = '', last, plus, step = ''] = /^(\d+)(?:\.\.(\d+))?(\+(\d*))?$/.exec(text) ?? []
  const isNumber = (it: string): boolean => Number(it) >= 1 && Number(it) <= MAX_WHEN
  if (first === '' || !isNumber(first)) return undefined
  if (last !== undefined && !(Number(last) >= Number(first) && Number(last) < MAX_WHEN)) return undefined
  if (step !== '' && !isNumber(step)) return undefined
  // A range counts by ones unless it says otherwise; a number without a plus is one occurrence.
  if (last !== undefined) return `${first}..${last}${step === '' ? '' : `+${step}`}`
  return plus === undefined ? first : `${first}+${step}`
}
