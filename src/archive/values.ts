/** Values of options and outcomes as JSON, and back: also bigints, bytes, regular expressions, sets. */

/** Objects with this one key stand for what JSON has no word for. */
const TAG = '$syscope'

type Tagged = readonly [kind: string, ...parts: unknown[]]

/** Functions and symbols are left out, as JSON does. */
export function stringifyValue(value: unknown): string {
  return JSON.stringify(tag(value))
}

/** Throws SyntaxError where the text is no JSON. */
export function parseValue(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => untag(value))
}

function tag(value: unknown): unknown {
  if (typeof value === 'bigint') return tagged('bigint', value.toString())
  if (typeof value === 'number' && !Number.isFinite(value)) return tagged('number', String(value))
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof RegExp) return tagged('regexp', value.source, value.flags)
  if (value instanceof Uint8Array) return tagged('bytes', Buffer.from(value).toString('base64'))
  if (value instanceof Set) return tagged('set', [...value].map(tag))
  if (Array.isArray(value)) return value.map(tag)
  const isPlain = !Object.hasOwn(value, TAG)
  const entries = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, tag(item)]))
  return isPlain ? entries : tagged('object', Object.entries(entries))
}

function tagged(...parts: Tagged): object {
  return { [TAG]: parts }
}

function untag(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, TAG)) return value
  const parts: unknown = Reflect.get(value, TAG)
  return Array.isArray(parts) ? revive(parts) : value
}

/** What is not understood becomes undefined. */
function revive([kind, first, second]: readonly unknown[]): unknown {
  if (kind === 'set' && Array.isArray(first)) return new Set<unknown>(first)
  if (kind === 'object' && Array.isArray(first)) return objectOf(first)
  if (typeof first !== 'string') return undefined
  if (kind === 'bigint') return /^-?\d+$/.test(first) ? BigInt(first) : undefined
  if (kind === 'number') return Number(first)
  if (kind === 'bytes') return new Uint8Array(Buffer.from(first, 'base64'))
  if (kind === 'regexp' && typeof second === 'string') return regExp(first, second)
  return undefined
}

function objectOf(entries: readonly unknown[]): unknown {
  const pairs = entries.filter((it): it is [unknown, unknown] => Array.isArray(it) && it.length === 2)
  return Object.fromEntries(pairs.map(([key, item]) => [String(key), item]))
}

function regExp(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags)
  } catch {
    return undefined
  }
}
