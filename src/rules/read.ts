/** The `deny` and `inject` options -> rules with nothing left open. Says what is wrong before anything runs. */

import { invalid } from '../checks.ts'
import { resolveFilter } from '../filter.ts'
import { lazy } from '../lazy.ts'
import { actionKeys, readActions } from './read-actions.ts'
import { readConditions, readOutcome, whereKeys } from './read-conditions.ts'
import { addressCalls, networkParts, readExceptions } from './network.ts'
import { readCounting } from './occurrence.ts'
import { everyMatch, type Condition, type Part, type Rule } from './rule.ts'
import { readErrno } from './read-values.ts'
import { capital, checkKeys, isObject, isWhole, wrong, type Given } from './shape.ts'

/** What rules depend on besides themselves. */
export interface RuleContext {
  /** Where `./x` is. */
  readonly cwd: string
  /** Whether sockets that others made can come to the program. */
  readonly hasForeignSockets: boolean
}

/** Throws a `SyscopeError` for whatever is no rule. */
export function readDeny(deny: unknown, context: RuleContext): readonly Rule[] {
  const option = 'the `deny` option'
  if (deny === undefined) return []
  if (!Array.isArray(deny)) return [readDenial(isObject(deny) ? deny : denialOf(deny), option, context)]
  const given = deny as readonly unknown[] // An array of anything.
  if (given.length > 0 && given.every(isObject)) {
    return given.map((it, index) => readDenial(it, nameOf(option, index, given.length), context))
  }
  if (given.some(isObject)) {
    throw invalid(`Expected ${option} to hold either calls or rules: a rule for calls is { calls: 'unlink' }.`)
  }
  const calls = given.filter((it) => it !== 'network')
  const rules = calls.length === given.length ? [] : [readDenial({ network: true }, option, context)]
  return calls.length === 0 ? rules : [...rules, readDenial({ calls }, option, context)]
}

/** As `readDeny`. */
export function readInject(inject: unknown, context: RuleContext): readonly Rule[] {
  const option = 'the `inject` option'
  if (inject === undefined) return []
  if (!Array.isArray(inject)) return [readInjection(inject, option, context)]
  const given = inject as readonly unknown[] // An array of anything.
  return given.map((it, index) => readInjection(it, nameOf(option, index, given.length), context))
}

/** What `ioUring: 'deny'` means. */
export function ringRule(): Rule {
  return {
    given: { calls: 'io_uring_setup', error: 'ENOSYS', implied: true },
    option: 'deny',
    where: 'the `ioUring` option',
    parts: [{ calls: new Set(['io_uring_setup']), conditions: [] }],
    outcome: undefined,
    counting: everyMatch,
    actions: [{ do: 'result', value: -BigInt(readErrno('ENOSYS', '')), runs: false }],
    report: true,
  }
}

function nameOf(option: string, index: number, count: number): string {
  return count === 1 ? option : `rule ${index + 1} of ${option}`
}

function denialOf(word: unknown): Given {
  return word === 'network' ? { network: true } : { calls: word }
}

function readDenial(rule: Given, where: string, context: RuleContext): Rule {
  for (const key of ['nth', 'when', 'per', 'outcome']) {
    if (key in rule)
      throw invalid(
        `${capital(where)} has \`${key}\`, which is for rules of \`inject\`: what is denied is denied always.`,
      )
  }
  checkKeys(rule, ['calls', 'network', ...whereKeys, 'args', 'error', 'report'], where, { syscall: 'calls' })
  const { calls, network, error = 'EPERM', report } = rule
  return {
    // Its members are checked here and below.
    given: rule,
    option: 'deny',
    where,
    parts: network === undefined ? [openPart(rule, calls, where, context)] : networkOf(rule, where, context),
    outcome: undefined,
    counting: everyMatch,
    actions: [{ do: 'result', value: -BigInt(readErrno(error, `\`error\` in ${where}`)), runs: false }],
    report: readReport(report, where),
  }
}

function networkOf(rule: Given, where: string, context: RuleContext): readonly Part[] {
  for (const key of ['calls', 'path', 'fd', 'args', 'addr']) {
    if (rule[key] !== undefined)
      throw invalid(`${capital(where)} has both \`network\`, which is a list of calls, and \`${key}\`.`)
  }
  const conditions = readConditions({ process: rule['process'] }, where, context)
  const allowed = readExceptions(rule['network'], `\`network\` in ${where}`)
  // Over a unix socket comes whatever its other end sends.
  const parts = networkParts(allowed, context.hasForeignSockets || allowed.words.has('unix'))
  return parts.map((part) => ({ ...part, conditions: [...conditions, ...part.conditions] }))
}

function openPart(rule: Given, calls: unknown, where: string, context: RuleContext): Part {
  checkSaid(rule['args'], where)
  const conditions = readConditions(rule, where, context)
  if (calls !== undefined) return { calls: callsIn(calls, where), conditions }
  const isOnly = conditions.every(({ on }) => on === 'process')
  if (isOnly) {
    const what = conditions.length === 0 ? 'says nothing' : 'would deny every call of a process, its end as well'
    throw invalid(`${capital(where)} ${what}: give \`calls\`, \`network\`, \`path\`, \`fd\`, \`addr\` or \`args\`.`)
  }
  return { calls: callsFor(conditions), conditions, isOpen: true }
}

const allButClose = lazy(() => resolveFilter(['!close'], 'deny'))

/** Closing goes nowhere. */
function callsFor(conditions: readonly Condition[]): Part['calls'] {
  if (conditions.some(({ on }) => on === 'address')) return new Set(addressCalls)
  return allButClose()
}

function readInjection(rule: unknown, where: string, context: RuleContext): Rule {
  if (!isObject(rule)) throw wrong(where, 'a rule, or an array of them', rule)
  const keys = ['syscall', ...whereKeys, 'args', 'outcome', 'nth', 'when', 'per', 'report', ...actionKeys]
  checkKeys(rule, keys, where, { calls: 'syscall' })
  const { syscall, report } = rule
  if (syscall === undefined) throw invalid(`${capital(where)} names no calls: give \`syscall\`.`)
  const outcome = readOutcome(rule['outcome'], where)
  const { conditions, changes } = splitArguments(rule, where)
  return {
    // Its members are checked here and below.
    given: rule,
    option: 'inject',
    where,
    parts: [
      {
        calls: callsIn(syscall, where),
        conditions: readConditions({ ...rule, args: conditions }, where, context),
      },
    ],
    outcome,
    counting: readCounting(rule, where),
    actions: readActions({ ...rule, args: changes }, where),
    report: readReport(report, where),
  }
}

/** An object is a condition on an argument, or a limit; everything else is its new value. */
function splitArguments({ args }: Given, where: string): { readonly conditions?: Given; readonly changes?: Given } {
  if (args === undefined) return {}
  if (!isObject(args)) throw wrong(`\`args\` in ${where}`, 'an object by names of arguments', args)
  const conditions: Record<string, unknown> = {}
  const changes: Record<string, unknown> = {}
  checkSaid(args, where)
  for (const [name, value] of Object.entries(args)) {
    if (!isObject(value)) {
      if (value !== undefined) changes[name] = value
      continue
    }
    const { atMost, ...others } = value
    conditions[name] = others
    if (atMost === undefined) continue
    const most = readLimit(atMost, others, `\`${name}\` of \`args\` in ${where}`)
    // What is no larger is left alone, and is no match.
    conditions[name] = { ...others, min: most + 1n }
    changes[name] = most
  }
  return { conditions, changes }
}

/** None by mistake: conditions that turned out to be undefined. */
function checkSaid(args: unknown, where: string): void {
  const isEmpty = isObject(args) && Object.values(args).every((it) => it === undefined)
  if (isEmpty) throw invalid(`${capital(`\`args\` in ${where}`)} says nothing.`)
}

function readLimit(value: unknown, { min, mask }: Given, where: string): bigint {
  if (min !== undefined || mask !== undefined) {
    throw invalid(`The condition ${where} has \`atMost\`, which excludes \`min\` and \`mask\`.`)
  }
  if ((typeof value === 'bigint' || isWhole(value)) && value >= 0) return BigInt(value)
  throw wrong(`\`atMost\` in ${where}`, 'a whole number, at least 0', value)
}

/** None by mistake: a list that turned out to be empty. */
function callsIn(calls: unknown, where: string): Part['calls'] {
  if (Array.isArray(calls) && calls.length === 0) throw invalid(`${capital(where)} names no calls, got [].`)
  return resolveFilter(calls, optionIn(where))
}

function readReport(value: unknown, where: string): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw wrong(`\`report\` in ${where}`, 'a boolean', value)
  return value ?? true
}

function optionIn(where: string): string {
  return where.includes('inject') ? 'inject' : 'deny'
}
