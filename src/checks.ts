/** Checks of options: what is wrong with one is said with its name and value. */

import { inspect } from 'node:util'
import { FD_DETAILS, PID_DETAILS } from './args/arg.ts'
import { SyscopeError } from './errors.ts'
import { nearest } from './nearest.ts'

export interface Check {
  readonly expected: string
  readonly isRight: (value: unknown) => boolean
}

export const flag: Check = { expected: 'a boolean', isRight: (value) => typeof value === 'boolean' }

/** What of descriptors is decoded. */
export const fdDecoding: Check = decoding(FD_DETAILS)
export const pidDecoding: Check = decoding(PID_DETAILS)

function decoding(details: readonly string[]): Check {
  const isDetail = (value: unknown): boolean => details.some((detail) => detail === value)
  return {
    expected: `a boolean, 'all', or an array of ${details.map((it) => `'${it}'`).join(', ')}`,
    isRight: (value) =>
      typeof value === 'boolean' || value === 'all' || (Array.isArray(value) && value.every(isDetail)),
  }
}

/** Arrays too: for values whose form is known but for their being there. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

export function checkOptions(options: unknown, checks: Readonly<Record<string, Check>>, where: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalid(`Expected the options of ${where} to be an object, got ${inspect(options)}.`)
  }
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) {
      const near = nearest(name, Object.keys(checks))
      throw invalid(`${where} has no option \`${name}\`.${near === undefined ? '' : ` Did you mean \`${near}\`?`}`)
    }
    if (value === undefined || check.isRight(value)) continue
    throw invalid(`Expected the \`${name}\` option to be ${check.expected}, got ${inspect(value, { depth: 1 })}.`)
  }
}

export function oneOf(...words: readonly string[]): Check {
  const last = words.at(-1)
  const expected = `${words
    .slice(0, -1)
    .map((it) => `'${it}'`)
    .join(', ')} or '${last}'`
  return { expected, isRight: (value) => typeof value === 'string' && words.includes(value) }
}

export function isInteger(value: unknown, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most
}

export function invalid(message: string): SyscopeError {
  return new SyscopeError('ERR_SYSCOPE_INVALID_ARGUMENT', message)
}
