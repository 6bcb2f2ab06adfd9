/** What the command line says about changing calls -> the `deny` and `inject` options of the API. */

import { argumentNames, callsIn, SyscopeError, type DenyRule, type InjectRule } from '../../index.ts'
import type { Denial } from './deny.ts'
import { hasAction, type Injection } from './inject.ts'
import { nameArguments, type NamedBody } from './places.ts'
import type { Beyond } from './poke-notes.ts'
import { say } from './say.ts'
import { hidesChildren, type Settings } from './settings.ts'
import { ValueError } from './values.ts'

/** In the order in which they are tried. */
export interface Rules {
  readonly deny: readonly DenyRule[]
  readonly inject: readonly InjectRule[]
  /** What strace's rules would write behind the arguments that calls have. */
  readonly beyond: readonly Beyond[]
  /** What was typed for each, for messages. */
  readonly spelled: { readonly deny: readonly string[]; readonly inject: readonly string[] }
}

/**
 * First the rules with conditions that strace has not, then strace's, one for each call, then those of files. As with strace, what
 * -e inject= names is changed only where -e trace=, -P and --trace-fds want it, too; who has nothing left to change is told.
 */
export function rulesOf(settings: Settings): Rules {
  const { inject, policies, policyFiles } = settings
  const plain = inject.filter((it) => it.isPlain)
  const left = divide(plain)
  const bodies = [...inject.filter((it) => !it.isPlain), ...plain].flatMap((it) =>
    named(it, narrowed(it, left.get(it), settings)),
  )
  const typed = bodies
    .filter(({ rule }) => hasAction(rule))
    .map((it) => ({ rule: traced(it, settings), spelled: it.spelled }))
  const denials = settings.deny.flatMap(({ rule, spelled }) => denied(rule, spelled))
  const ofFile = (index: number): string => `rules of ${policyFiles[index]}`
  return {
    deny: [...denials.map(({ rule }) => rule), ...policies.flatMap((policy) => policy.deny)],
    inject: [...typed.map(({ rule }) => rule), ...policies.flatMap((policy) => policy.inject)],
    beyond: bodies.filter(({ beyond }) => beyond.length > 0).map(beyondOf),
    spelled: {
      deny: [
        ...denials.map(({ spelled }) => spelled),
        ...policies.flatMap((it, index) => it.deny.map(() => ofFile(index))),
      ],
      inject: [
        ...typed.map(({ spelled }) => spelled),
        ...policies.flatMap((it, index) => it.inject.map(() => ofFile(index))),
      ],
    },
  }
}

/** An error of the API about one of the rules, by what was typed; undefined where it is about something else. */
export function ruleFailure(error: unknown, { spelled }: Rules): ValueError | undefined {
  if (!(error instanceof SyscopeError)) return undefined
  const pattern = /(\w+ )?(?:(rule) (\d+) of )?the `(deny|inject)` option/i
  const [, , , number = '1', option] = pattern.exec(error.message) ?? []
  const typed = option === 'deny' || option === 'inject' ? spelled[option][Number(number) - 1] : undefined
  if (typed === undefined) return undefined
  const message = error.message
    .replace(/ in (?:rule \d+ of )?the `\w+` option/, '')
    .replace(pattern, '$1it')
    .replace('`run: true`', 'run')
  return new ValueError(`invalid ${typed}: ${message.replace(/\.$/, '')}`)
}

/** The calls of each: the last one that names a call has it. */
function divide(plain: readonly Injection[]): ReadonlyMap<Injection, readonly string[]> {
  const taken = new Set<string>()
  const left = new Map<Injection, readonly string[]>()
  for (const it of plain.toReversed()) {
    const calls = callsIn(it.calls).filter((call) => !taken.has(call))
    left.set(it, calls)
    for (const call of calls) taken.add(call)
  }
  return left
}

/** The calls of an expression that are left to it. */
function narrowed(
  { calls, spelled }: Injection,
  left: readonly string[] | undefined,
  { trace }: Settings,
): readonly string[] {
  const mine = left ?? callsIn(calls)
  if (trace === undefined || trace === 'all') return mine
  const all = new Set(callsIn(trace))
  const wanted = mine.filter((call) => all.has(call))
  if (wanted.length === 0 && mine.length > 0) say(`${spelled} changes nothing, as -e trace= leaves its calls out`)
  return wanted
}

/** What is counted over all calls of a rule cannot be counted by several. */
function named({ rule, spelled }: Injection, calls: readonly string[]): readonly (NamedBody & { spelled: string })[] {
  if (calls.length === 0) return []
  const bodies = nameArguments(rule, calls)
  if (bodies.length === 0) throw new ValueError(`invalid ${spelled}: none of these calls has such an argument`)
  const isCounted = (rule.nth ?? rule.when) !== undefined && rule.per !== 'call'
  if (isCounted && bodies.length > 1) {
    const one = bodies.flatMap((it) => it.calls.slice(0, 1)).map((call) => call.split('@')[0])
    throw new ValueError(
      `invalid ${spelled}: ${one.join(' and ')} cannot be counted together, as their arguments differ`,
    )
  }
  return bodies.map((it) => ({ ...it, spelled }))
}

/** `-P` and `--trace-fds` as conditions. */
function traced({ rule, calls, spelled }: NamedBody & { readonly spelled: string }, settings: Settings): InjectRule {
  const { paths, fdWords = 'all' } = settings
  const fds = tracedFds(fdWords)
  const syscall = shortened(calls)
  // Children that are there for other rules only.
  const own = hidesChildren(settings) ? { process: { ...rule.process, depth: 0 } } : {}
  if (paths.length === 0 && fds === undefined) return { syscall, ...rule, ...own }
  const isBoth = paths.length > 0 && fds !== undefined
  if (isBoth || (paths.length > 0 && rule.path !== undefined) || (fds !== undefined && rule.fd !== undefined)) {
    throw new ValueError(
      `${spelled}: cannot be combined with both -P and --trace-fds, nor one of them with its own key`,
    )
  }
  if (fds === 'others') throw new ValueError(`${spelled}: cannot be combined with --trace-fds=${fdWords}`)
  return { syscall, ...rule, ...own, ...(fds === undefined ? { path: paths.map(exactly) } : { fd: fds }) }
}

/** Undefined where all are; `others` where there is no list of them. */
function tracedFds(words: string): readonly number[] | 'others' | undefined {
  if (words === 'all') return undefined
  if (words.startsWith('!') || words === 'none') return 'others'
  return words
    .split(',')
    .filter((word) => word !== '')
    .map(Number)
}

/** A path as a pattern that matches only it. */
function exactly(path: string): string {
  const whole = path.length > 1 ? path.replace(/\/+$/, '') : path
  const escaped = /[*?[\]{}\\]/.test(whole) ? whole.replaceAll(/[*?[\]{}\\!]/g, String.raw`\$&`) : whole
  return escaped.startsWith('/') || escaped.startsWith('./') || escaped.startsWith('../') ? escaped : `./${escaped}`
}

/** A name without its ABI where all that have the call are there. */
function shortened(calls: readonly string[]): readonly string[] {
  const byName = new Map<string, string[]>()
  for (const call of calls) {
    const [name = ''] = call.split('@')
    byName.set(name, [...(byName.get(name) ?? []), call])
  }
  return [...byName].flatMap(([name, own]) => (callsIn(name).length === own.length ? [name] : own))
}

/** Places of arguments by their names: several rules where calls differ in them. */
function denied(rule: DenyRule, spelled: string): readonly Denial[] {
  const { calls, args, ...rest } = rule
  if (args === undefined || calls === undefined) return [{ rule, spelled }]
  const bodies = nameArguments({ args }, callsIn(calls))
  if (bodies.length === 0) throw new ValueError(`invalid ${spelled}: none of these calls has such an argument`)
  return bodies.map((it) => {
    // Conditions stay conditions.
    const named = it.rule.args as NonNullable<DenyRule['args']>
    return { rule: { calls: shortened(it.calls), ...rest, args: named }, spelled }
  })
}

function beyondOf({ calls, rule, beyond }: NamedBody): Beyond {
  const counts = calls.map((call) => [call, argumentNames(call).length] as const)
  return { calls: new Map(counts), places: beyond, when: rule.when }
}
