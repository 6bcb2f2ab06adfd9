/** Arguments by place, `arg1`: the API knows them by name, which another call may have elsewhere. */

import { argumentNames, type InjectRule } from '../../index.ts'

type Body = Omit<InjectRule, 'syscall'>

/** Calls that name the arguments of a rule alike. */
export interface NamedBody {
  /** As `callsIn()` has them. */
  readonly calls: readonly string[]
  readonly rule: Body
  /** Places, from 1, of arguments that these calls have not and that were to be overwritten. */
  readonly beyond: readonly number[]
}

const parts = ['args', 'pokeEnter', 'pokeExit'] as const

/** The rule by names; calls without an argument that it has a condition on, or a new value for, are left out. */
export function nameArguments(rule: Body, calls: readonly string[]): readonly NamedBody[] {
  const places = placesOf(rule)
  if (places.length === 0) return [{ calls, rule, beyond: [] }]
  const needed = Object.keys(rule.args ?? {}).map(placeOf)
  const groups = new Map<string, { readonly calls: string[]; readonly names: readonly string[] }>()
  for (const call of calls) {
    const names = argumentNames(call)
    if (needed.some((place) => names[place - 1] === undefined)) continue
    const key = places.map((place) => names[place - 1] ?? '').join()
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { calls: [call], names })
    else group.calls.push(call)
  }
  return [...groups.values()].map(({ calls, names }) => ({
    calls,
    rule: withNames(rule, names),
    beyond: places.filter((place) => names[place - 1] === undefined),
  }))
}

function placesOf(rule: Body): readonly number[] {
  return [...new Set(parts.flatMap((part) => Object.keys(rule[part] ?? {})).map(placeOf))]
}

function placeOf(key: string): number {
  return Number(key.slice('arg'.length))
}

function withNames(rule: Body, names: readonly string[]): Body {
  const named: { -readonly [Key in keyof Body]: Body[Key] } = { ...rule }
  const renamed = <Value>(values: Readonly<Record<string, Value>> | undefined): Record<string, Value> | undefined => {
    const found = Object.entries(values ?? {}).flatMap(([key, value]) => {
      const name = names[placeOf(key) - 1]
      return name === undefined ? [] : [[name, value] as const]
    })
    return found.length === 0 ? undefined : Object.fromEntries(found)
  }
  const { args, pokeEnter, pokeExit } = rule
  for (const part of parts) delete named[part]
  return {
    ...named,
    ...defined('args', renamed(args)),
    ...defined('pokeEnter', renamed(pokeEnter)),
    ...defined('pokeExit', renamed(pokeExit)),
  }
}

function defined<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  // The compiler does not keep a computed key that is a type's parameter.
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]: Value })
}
