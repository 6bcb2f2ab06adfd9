/** Which of the calls that match: `nth`, strace's `when`, and times. */

import { invalid } from '../checks.ts'
import { everyMatch, type Counting } from './rule.ts'
import { isWhole, wrong, type Given } from './shape.ts'

const MOST = 0xffff_fffe
const scopes = ['tree', 'process', 'thread', 'call'] as const

export function readCounting({ nth, when, per }: Given, where: string): Counting {
  const scope = per === undefined ? 'tree' : scopes.find((it) => it === per)
  if (scope === undefined) throw wrong(`\`per\` in ${where}`, `one of ${scopes.map((it) => `'${it}'`).join(', ')}`, per)
  if (nth !== undefined && when !== undefined) throw invalid(`Give either \`nth\` or \`when\` in ${where}, not both.`)
  if (nth !== undefined) {
    if (!isWhole(nth) || nth < 1 || nth > MOST) throw wrong(`\`nth\` in ${where}`, 'a whole number from 1 on', nth)
    return { scope, first: nth, last: nth, step: 1 }
  }
  if (when === undefined && per !== undefined) {
    throw invalid(`\`per\` in ${where} says what is counted by itself, and nothing is: give \`nth\` or \`when\`.`)
  }
  return { ...(when === undefined ? everyMatch : readWhen(when, `\`when\` in ${where}`)), scope }
}

/** `first`, `first+`, `first+step`, `first..last`, `first..last+step`. */
export function readWhen(value: unknown, where: string): Counting {
  const form = "strace's 'first', 'first+step' or 'first..last+step'"
  const parts = typeof value === 'string' ? /^(\d+)(?:\.\.(\d+))?(\+(\d+)?)?$/.exec(value) : null
  if (parts === null) throw wrong(where, form, value)
  const [, firstText, lastText, plus, stepText = '1'] = parts
  const first = Number(firstText)
  const step = Number(stepText)
  const isSingle = lastText === undefined && plus === undefined
  const last = lastText === undefined ? (isSingle ? first : Infinity) : Number(lastText)
  const never = (why: string): Error => invalid(`'${String(value)}', given as ${where}, never comes: ${why}.`)
  if (first === 0) throw never('calls are counted from 1')
  if (last < first) throw never(`${last} is before ${first}`)
  if (step === 0) throw never('a step of 0 leads nowhere')
  if (first > MOST || step > MOST || (last > MOST && last !== Infinity)) throw wrong(where, `at most ${MOST}`, value)
  return { scope: 'tree', first, last, step }
}

const unitNs = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 } as const
/** Well past any test, and far from where numbers lose precision. */
const MOST_NS = 2 ** 53 - 1

/** Nanoseconds of a delay: milliseconds, or a number with its unit. */
export function readDelay(value: unknown, where: string): bigint {
  const [, text, unit] = typeof value === 'string' ? (/^(\d+(?:\.\d+)?)(ns|us|ms|s)$/.exec(value) ?? []) : []
  const number = typeof value === 'number' ? value : text === undefined ? NaN : Number(text)
  const scale = isUnit(unit) ? unitNs[unit] : unitNs.ms
  const ns = Math.round(number * scale)
  if (Number.isFinite(ns) && ns >= 0 && ns <= MOST_NS) return BigInt(ns)
  throw wrong(where, "milliseconds, or a time such as '50ms', '1s', '20us' or '100ns'", value)
}

function isUnit(unit: string | undefined): unit is keyof typeof unitNs {
  return unit !== undefined && Object.hasOwn(unitNs, unit)
}
