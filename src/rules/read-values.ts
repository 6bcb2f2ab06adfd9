/** Single values of rules. */

import { encodeString } from '../args/surrogates.ts'
import { errnoNumber, signalName, signalNumber } from '../names.ts'
import { ERRNO } from '../table/constants/errno.ts'
import type { ArgValue } from './options.ts'
import { isWhole, unknownWord, wrong } from './shape.ts'

const LAST_SIGNAL = 64

export function readValue(value: unknown, where: string): ArgValue {
  if (typeof value === 'string' || typeof value === 'bigint' || isWhole(value)) return value
  throw wrong(where, "a whole number or a constant's name", value)
}

export function readBytes(value: unknown, where: string): Uint8Array {
  if (typeof value === 'string' && value !== '') return encodeString(value)
  if (value instanceof Uint8Array && value.length > 0) return Uint8Array.from(value)
  throw wrong(where, 'text or bytes, at least one', value)
}

export function readSignal(value: unknown, where: string): number {
  if (isWhole(value) && value >= 1 && value <= LAST_SIGNAL) return value
  if (typeof value !== 'string') throw wrong(where, "a signal's name or number", value)
  const number = signalNumber(value)
  if (number !== undefined) return number
  const names = Array.from({ length: LAST_SIGNAL }, (_, index) => signalName(index + 1))
  throw unknownWord('signal', value, names, where)
}

/** `also`: further words that may have been meant. */
export function readErrno(value: unknown, where: string, also: readonly string[] = []): number {
  if (typeof value !== 'string') throw wrong(where, 'the name of an errno', value)
  const number = errnoNumber(value)
  if (number !== undefined) return number
  const names = Object.keys(ERRNO).filter((it) => errnoNumber(it) !== undefined)
  throw unknownWord('errno', value, [...names, ...also], where)
}
