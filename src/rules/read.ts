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
import { checkKeys, isObject, wrong, type Given } from './shape.ts'

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
    given: { calls: 'io_uring_setup', error: 'ENOSYS' },
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
        `${capitalOf(where)} has \`${key}\`, which is for rules of \`inject\`: what is denied is denied always.`,
      )
  }
  checkKeys(rule, ['calls', 'network', ...whereKeys, 'args', 'error', 'report'], where)
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
      throw invalid(`${capitalOf(where)} has both \`network\`, which is a list of calls, and \`${key}\`.`)
  }
  const conditions = readConditions({ process: rule['process'] }, where, context)
  const allowed = readExceptions(rule['network'], `\`network\` in ${where}`)
  // Over a unix socket comes whatever its other end sends.
  const parts = networkParts(allowed, context.hasForeignSockets || allowed.words.has('unix'))
  return parts.map((part) => ({ ...part, conditions: [...conditions, ...part.conditions] }))
}

function openPart(rule: Given, calls: unknown, where: string, context: RuleContext): Part {
  const conditions = readConditions(rule, where, context)
  if (calls !== undefined) return { calls: resolveFilter(calls, optionIn(where)), conditions }
  const isOnly = conditions.every(({ on }) => on === 'process')
  if (isOnly) {
    const what = conditions.length === 0 ? 'says nothing' : 'would deny every call of a process, its end as well'
    throw invalid(`${capitalOf(where)} ${what}: give \`calls\`, \`network\`, \`path\`, \`fd\`, \`addr\` or \`args\`.`)
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
  checkKeys(rule, ['syscall', ...whereKeys, 'args', 'outcome', 'nth', 'when', 'per', 'report', ...actionKeys], where)
  const { syscall, report } = rule
  if (syscall === undefined) throw invalid(`${capitalOf(where)} names no calls: give \`syscall\`.`)
  const outcome = readOutcome(rule['outcome'], where)
  const { conditions, changes } = splitArguments(rule, where)
  return {
    // Its members are checked here and below.
    given: rule,
    option: 'inject',
    where,
    parts: [
      {
        calls: resolveFilter(syscall, optionIn(where)),
        conditions: readConditions({ ...rule, args: conditions }, where, context),
      },
    ],
    outcome,
    counting: readCounting(rule, where),
    actions: readActions({ ...rule, args: changes }, where),
    report: readReport(report, where),
  }
}

/** An object is a condition on an argument, everything else its new value. */
function splitArguments({ args }: Given, where: string): { readonly conditions?: Given; readonly changes?: Given } {
  if (args === undefined) return {}
  if (!isObject(args)) throw wrong(`\`args\` in ${where}`, 'an object by names of arguments', args)
  const entries = Object.entries(args).filter(([, value]) => value !== undefined)
  return {
    conditions: Object.fromEntries(entries.filter(([, value]) => isObject(value))),
    changes: Object.fromEntries(entries.filter(([, value]) => !isObject(value))),
  }
}

function readReport(value: unknown, where: string): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw wrong(`\`report\` in ${where}`, 'a boolean', value)
  return value ?? true
}

function optionIn(where: string): string {
  return where.includes('inject') ? 'inject' : 'deny'
}

function capitalOf(where: string): string {
  return where.charAt(0).toUpperCase() + where.slice(1)
}
