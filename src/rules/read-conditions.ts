/** Conditions of rules, as users write them. */

import { inspect } from 'node:util'
import { invalid } from '../checks.ts'
import { readAddresses } from './addresses.ts'
import type { ArgValue } from './options.ts'
import { readFirstWord, readLink, readPath, readProgram, readWord } from './patterns.ts'
import { all, any, not, word, type Predicate, type Value } from './predicate.ts'
import { readBytes, readErrno, readValue } from './read-values.ts'
import type { ArgumentTest, Condition } from './rule.ts'
import { checkKeys, isObject, isWhole, listOf, wrong, type Given } from './shape.ts'

export const whereKeys = ['path', 'fd', 'addr', 'process'] as const
const testKeys = ['is', 'not', 'has', 'lacks', 'min', 'max', 'mask', 'startsWith'] as const
const MAX_FD = 2 ** 31 - 1

/** All of these must hold. */
export function readConditions(rule: Given, where: string, { cwd }: { readonly cwd: string }): readonly Condition[] {
  const { path, fd, args, addr, process } = rule
  return [
    ...(path === undefined ? [] : [pathCondition(path, `\`path\` in ${where}`, cwd)]),
    ...(fd === undefined ? [] : [fdCondition(fd, `\`fd\` in ${where}`, cwd)]),
    ...(args === undefined ? [] : argumentConditions(args, `\`args\` in ${where}`)),
    ...(addr === undefined ? [] : [readAddresses(addr, `\`addr\` in ${where}`)]),
    ...(process === undefined ? [] : [processCondition(process, `\`process\` in ${where}`, cwd)]),
  ]
}

function pathCondition(value: unknown, where: string, cwd: string): Condition {
  return { on: 'path', matchers: listOf(value, where).flatMap((it) => readPath(it, where, cwd)) }
}

function fdCondition(value: unknown, where: string, cwd: string): Condition {
  const numbers: number[] = []
  const links: unknown[] = []
  for (const it of listOf(value, where)) {
    if (typeof it !== 'number') links.push(it)
    else if (isWhole(it) && it >= 0 && it <= MAX_FD) numbers.push(it)
    else throw wrong(where, 'a file descriptor, at least 0, or what one is a link to', it)
  }
  return { on: 'fd', numbers, matchers: links.flatMap((it) => readLink(it, where, cwd)) }
}

function argumentConditions(value: unknown, where: string): readonly Condition[] {
  if (!isObject(value)) throw wrong(where, 'an object by names of arguments', value)
  return Object.entries(value)
    .filter(([, test]) => test !== undefined)
    .map(([name, test]) => ({ on: 'argument', test: readTest(name, test, `\`${name}\` of ${where}`) }))
}

function readTest(name: string, value: unknown, where: string): ArgumentTest {
  if (!isObject(value)) throw wrong(where, 'a condition such as { is: 1 }', value)
  // Of changes; what is denied is not changed.
  checkKeys(value, testKeys, where, { atMost: 'max' })
  const given = Object.entries(value).filter(([, it]) => it !== undefined)
  if (given.every(([key]) => key === 'mask')) throw invalid(`The condition ${where} says nothing: ${inspect(value)}.`)
  const { min, max, startsWith } = value
  const test: ArgumentTest = {
    name,
    ...valuesIn(value, 'is', where),
    ...valuesIn(value, 'not', where),
    ...valuesIn(value, 'has', where),
    ...valuesIn(value, 'lacks', where),
    ...valuesIn(value, 'mask', where),
    ...(min === undefined ? {} : { min: readNumber(min, `\`min\` in ${where}`) }),
    ...(max === undefined ? {} : { max: readNumber(max, `\`max\` in ${where}`) }),
    ...(startsWith === undefined ? {} : { startsWith: readBytes(startsWith, `\`startsWith\` in ${where}`) }),
  }
  if (test.min !== undefined && test.max !== undefined && test.min > test.max) {
    throw invalid(`The condition ${where} can't hold: nothing is from ${test.min} to ${test.max}.`)
  }
  const both = test.has?.find((it) => test.lacks?.includes(it))
  if (both !== undefined) throw invalid(`The condition ${where} can't hold: ${both} is in \`has\` and in \`lacks\`.`)
  if (test.is?.every((it) => isExcluded(it, test)) === true) {
    throw invalid(`The condition ${where} can't hold: what \`is\` says is excluded by \`not\`, \`min\` or \`max\`.`)
  }
  return test
}

/** Negative numbers may be the same bits as large ones, so nothing is said of them. */
function isExcluded(value: ArgValue, { not: others = [], min = 0n, max = -1n }: ArgumentTest): boolean {
  if (others.some((it) => String(it) === String(value))) return true
  return typeof value !== 'string' && value >= 0 && (value < min || (max >= 0n && value > max))
}

function valuesIn<Key extends 'is' | 'not' | 'has' | 'lacks' | 'mask'>(
  value: Given,
  key: Key,
  where: string,
): Partial<Record<Key, readonly ArgValue[]>> {
  if (value[key] === undefined) return {}
  const values = listOf(value[key], `\`${key}\` in ${where}`).map((it) => readValue(it, `\`${key}\` in ${where}`))
  // A computed key loses its name.
  return { [key]: values } as unknown as Partial<Record<Key, readonly ArgValue[]>>
}

function readNumber(value: unknown, where: string): bigint {
  if (typeof value === 'bigint' || isWhole(value)) return BigInt(value)
  throw wrong(where, 'a whole number', value)
}

function processCondition(value: unknown, where: string, cwd: string): Condition {
  if (!isObject(value)) throw wrong(where, 'an object', value)
  checkKeys(value, ['pid', 'depth', 'program', 'argv0', 'argv'], where)
  const { pid, depth, program, argv0, argv } = value
  const parts: Predicate[] = []
  if (pid !== undefined) {
    const pids = listOf(pid, `\`pid\` of ${where}`).map((it) => readPid(it, `\`pid\` of ${where}`))
    parts.push(any(...pids.map((it) => word({ of: 'pid', width: 4 }, '==', it))))
  }
  if (depth !== undefined) parts.push(depthTest(depth, `\`depth\` of ${where}`))
  if (program !== undefined) {
    const matchers = readProgram(program, `\`program\` of ${where}`, cwd)
    parts.push(any(...matchers.map((matcher): Predicate => ({ op: 'program', matcher }))))
  }
  if (argv0 !== undefined) {
    parts.push({ op: 'argv', which: 'first', matcher: readFirstWord(argv0, `\`argv0\` of ${where}`) })
  }
  if (argv !== undefined) {
    for (const it of listOf(argv, `\`argv\` of ${where}`)) {
      parts.push({ op: 'argv', which: 'any', matcher: readWord(it, `\`argv\` of ${where}`) })
    }
  }
  if (parts.length === 0) throw invalid(`The condition ${where} says nothing.`)
  return { on: 'process', of: all(...parts) }
}

function readPid(value: unknown, where: string): bigint {
  if (isWhole(value) && value > 0 && value <= MAX_FD) return BigInt(value)
  throw wrong(where, 'a process id', value)
}

function depthTest(value: unknown, where: string): Predicate {
  const depth: Value = { of: 'depth', width: 4 }
  const isDepth = (it: unknown): it is number => isWhole(it) && it >= 0 && it <= MAX_FD
  if (isDepth(value)) return word(depth, '==', BigInt(value))
  if (!isObject(value)) throw wrong(where, 'a number of generations, or { min, max }', value)
  checkKeys(value, ['min', 'max'], where)
  const { min = 0, max = MAX_FD } = value
  if (!isDepth(min)) throw wrong(`\`min\` in ${where}`, 'a whole number, at least 0', min)
  if (!isDepth(max)) throw wrong(`\`max\` in ${where}`, 'a whole number, at least 0', max)
  if (min > max) throw invalid(`The condition ${where} can't hold: nothing is from ${min} to ${max}.`)
  if (value['min'] === undefined && value['max'] === undefined) throw invalid(`The condition ${where} says nothing.`)
  return all(word(depth, '>=', BigInt(min)), word(depth, '<=', BigInt(max)))
}

const MAX_ERRNO = 4095n
/** A signal came first, and the kernel starts the call again or not: no failure of the call. */
const INTERRUPTED = [512n, 513n, 514n, 516n]

/** A predicate on the result; undefined where any will do. */
export function readOutcome(value: unknown, where: string): Predicate | undefined {
  if (value === undefined) return undefined
  const result: Value = { of: 'result', width: 8, signed: true }
  const isError = word(result, '>=', -MAX_ERRNO)
  if (value === 'successful') return not(isError)
  if (value === 'failed') return all(isError, ...INTERRUPTED.map((it) => word(result, '!=', -it)))
  const names = listOf(value, `\`outcome\` in ${where}`)
  const errnos = names.map((it) => readErrno(it, `\`outcome\` in ${where}`, ['successful', 'failed']))
  return any(...errnos.map((it) => word(result, '==', -BigInt(it))))
}
