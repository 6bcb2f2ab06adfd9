/** Values as JSON can hold them. */

import { Unread } from './args/arg.ts'
import { encodeString } from './args/surrogates.ts'

/** What JSON can hold. Values of 64 bits are decimal strings, bytes `{ utf8 }` or `{ base64 }`. */
export type Plain = string | number | boolean | null | readonly Plain[] | PlainObject

/** An object of such values. */
export interface PlainObject {
  readonly [key: string]: Plain
}

/** 64-bit values become decimal strings, bytes `{utf8}` or `{base64}`, strings that are not UTF-8 `{base64}`; properties that are `undefined` are left out. */
export function toPlain(value: unknown): Plain {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value
  // Bytes that are not UTF-8 are lone surrogates in our strings, which JSON's readers replace or refuse.
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value) ? bytesToPlain(encodeString(value)) : value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Unread) return { address: `0x${value.address.toString(16)}`, errno: value.errno }
  if (hasToJson(value)) return toPlain(value.toJSON())
  if (value instanceof Uint8Array) return bytesToPlain(value)
  // In filters.
  if (value instanceof RegExp) return String(value)
  if (Array.isArray(value)) return value.map(toPlain)
  if (value instanceof Set) return [...value].map(toPlain)
  if (typeof value === 'object') return objectToPlain(value)
  return null
}

/** As `toPlain`, for what is known to be an object with named properties. */
export function objectToPlain(value: object): PlainObject {
  const plain: Record<string, Plain> = {}
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined && typeof item !== 'function') plain[key] = toPlain(item)
  }
  return plain
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function bytesToPlain(bytes: Uint8Array): PlainObject {
  try {
    return { utf8: strictUtf8.decode(bytes) }
  } catch {
    return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') }
  }
}

function hasToJson(value: unknown): value is { toJSON(): unknown } {
  return typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function'
}
