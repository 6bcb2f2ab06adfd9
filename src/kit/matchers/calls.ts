/** `toCall()`: whether a run made a system call. */

import { inspect } from 'node:util'
import { checkOptions, invalid, isInteger, isObject, type Check } from '../../checks.ts'
import { readWanted, wantedText, type Wanted } from './call-pattern.ts'
import { times, withEvidence, type Deed } from './evidence.ts'
import { kinOf } from './kin.ts'
import { requireAbsence, seenCalls, type SeenCall } from './run-calls.ts'
import { readRun, type Subject } from './subject.ts'
import type { Verdict } from './verdict.ts'

/** What `toCall()` is told beside the call. */
export interface ToCallOptions {
  /**
   * How often: exactly, or at least and at most. A call that a signal interrupted, and that the kernel starts again, counts again.
   * @default { min: 1 }
   */
  readonly times?: number | { readonly min?: number; readonly max?: number }
}

/** How often a call has to be there. */
interface Bounds {
  readonly min: number
  readonly max: number
}

/**
 * See `RunMatchers.toCall`.
 * @param rest the options behind a pattern; arguments and options behind a name
 */
export function toCall(received: unknown, call: unknown, ...rest: readonly unknown[]): Verdict {
  const subject = readRun(received, 'toCall')
  const [args, options] = typeof call === 'string' ? rest : [undefined, rest[0]]
  const wanted = readWanted(call, args, 'toCall()')
  const bounds = readBounds(options)
  const seen = seenCalls(subject, [wanted])
  const sure = seen.filter(({ comparisons: [it] }) => it?.truth === true)
  const unsure = seen.filter(({ comparisons: [it] }) => it !== undefined && it.truth === undefined)
  const pass = isWithin(sure.length, bounds, () => requireAbsence(subject, [wanted], unsure))
  const message = pass
    ? passText(subject, wanted, sure, options)
    : sure.length > 0
      ? countText(subject, wanted, sure, bounds)
      : missingText(subject, wanted, seen)
  return { pass, message }
}

/** What was seen decides, whatever was missed; where that is not enough, `requireRest` throws unless there is no more. */
function isWithin(count: number, { min, max }: Bounds, requireRest: () => void): boolean {
  if (count > max) return false
  if (count < min || max !== Infinity) requireRest()
  return count >= min
}

function readBounds(options: unknown = {}): Bounds {
  checkOptions(options, checks, 'toCall()')
  const given = isObject(options) ? options['times'] : undefined
  if (typeof given === 'number') return { min: given, max: given }
  // As it was checked.
  const { min, max = Infinity } = (given ?? {}) as Partial<Bounds>
  const least = min ?? (max === Infinity ? 1 : 0)
  if (least <= max) return { min: least, max }
  throw invalid(`Expected \`min\` of the \`times\` option to be at most \`max\`, got ${inspect(given)}.`)
}

const isCount = (value: unknown): boolean => isInteger(value, Number.MAX_SAFE_INTEGER)

const checks: Readonly<Record<keyof ToCallOptions, Check>> = {
  times: {
    expected: 'a number of calls, or { min, max }',
    isRight: (value) =>
      isCount(value) ||
      (isObject(value) &&
        Object.entries(value).every(([name, count]) => (name === 'min' || name === 'max') && isCount(count))),
  },
}

function boundsText({ min, max }: Bounds): string {
  if (min === max) return `exactly ${times(min)}`
  if (max === Infinity) return `at least ${times(min)}`
  return min === 0 ? `at most ${times(max)}` : `${min} to ${max} times`
}

function passText({ name, makers }: Subject, wanted: Wanted, sure: readonly SeenCall[], options: unknown): string {
  const bounds = readBounds(options)
  const often = bounds.min === 1 && bounds.max === Infinity ? '' : ` ${boundsText(bounds)}`
  const did = sure.length === 0 ? 'it never did' : `it did, ${times(sure.length)}:`
  const headline = `Expected ${name} not to call ${wantedText(wanted)}${often}, but ${did}`
  return withEvidence(sure.length === 0 ? `${headline}.` : headline, makers.deeds(sure.map(({ call }) => call)))
}

function countText({ name, makers }: Subject, wanted: Wanted, sure: readonly SeenCall[], bounds: Bounds): string {
  const headline = `Expected ${name} to call ${wantedText(wanted)} ${boundsText(bounds)}, but it did ${times(sure.length)}:`
  return withEvidence(headline, makers.deeds(sure.map(({ call }) => call)))
}

const mostNearest = 10

function missingText({ name, makers, run }: Subject, wanted: Wanted, seen: readonly SeenCall[]): string {
  const headline = `Expected ${name} to call ${wantedText(wanted)}`
  if (seen.length === 0) return `${headline}, but it made no such call.${kinText(run, wanted)}`
  const nearest = nearestOf(seen)
  const deeds = nearest.flatMap((it): readonly Deed[] => {
    const deed = makers.deed(it.call)
    const differences = it.comparisons.flatMap((comparison) => comparison?.differences ?? [])
    return [deed, { by: deed.by, line: `  ${differences.map(({ text }) => text).join(', ')}` }]
  })
  const some = nearest.length < seen.length ? ` The nearest ${nearest.length} of ${seen.length}:` : ' It called:'
  return withEvidence(`${headline}, but no call was like that.${some}`, deeds, 'time')
}

/** Those with the fewest differences, in their own order. */
function nearestOf(seen: readonly SeenCall[]): readonly SeenCall[] {
  const distance = (it: SeenCall): number => it.comparisons[0]?.differences.length ?? 0
  const chosen = new Set(seen.toSorted((one, other) => distance(one) - distance(other)).slice(0, mostNearest))
  return seen.filter((it) => chosen.has(it))
}

/** Who looks for `open` may mean what the C library makes of it. */
function kinText(run: Subject['run'], { name }: Wanted): string {
  const counts = kinOf(run, name).map(([kin, count]) => `${kin} (${times(count)})`)
  return counts.length === 0 ? '' : ` Calls of its kind that it made: ${counts.join(', ')}.`
}
