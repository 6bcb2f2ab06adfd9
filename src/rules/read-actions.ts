/** What rules are to do, as users write it. */

import { invalid } from '../checks.ts'
import { SyscopeError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { allRowsOf } from '../table/index.ts'
import { isErrorResult } from './actions.ts'
import { readDelay } from './occurrence.ts'
import { readBytes, readErrno, readSignal, readValue } from './read-values.ts'
import type { Action, Phase } from './rule.ts'
import { isObject, isWhole, listOf, wrong, type Given } from './shape.ts'

export const actionKeys = [
  'error',
  'returns',
  'run',
  'instead',
  'pokeEnter',
  'pokeExit',
  'signal',
  'killTree',
  'stopTracing',
  'delayEnter',
  'delayExit',
] as const

const MAX_POKE = 1 << 16

/** `args` holds changes only. Throws for what contradicts itself, and for nothing at all. */
export function readActions(rule: Given, where: string): readonly Action[] {
  const isAtExit = rule['outcome'] !== undefined
  const result = resultOf(rule, where, isAtExit)
  const changes = changesIn(rule['args'], where)
  const doesRun = result === undefined || result.runs
  if (!doesRun && changes.length > 0)
    throw against(where, 'changed arguments', 'a call that does not run (give `run: true`)')
  if (isAtExit) checkOutcome(rule, changes, where)
  const { signal, delayEnter, delayExit } = rule
  const actions: readonly Action[] = [
    ...(result === undefined ? [] : [result]),
    ...insteadOf(rule, result, where),
    ...changes,
    ...pokesIn(rule, 'pokeEnter', 'entry', where),
    ...pokesIn(rule, 'pokeExit', 'exit', where),
    ...(signal === undefined ? [] : [{ do: 'signal', signal: readSignal(signal, `\`signal\` in ${where}`) } as const]),
    ...(delayEnter === undefined ? [] : [delay('entry', delayEnter, `\`delayEnter\` in ${where}`)]),
    ...(delayExit === undefined ? [] : [delay('exit', delayExit, `\`delayExit\` in ${where}`)]),
    ...(isSet(rule, 'killTree', where) ? [{ do: 'kill' } as const] : []),
    ...(isSet(rule, 'stopTracing', where) ? [{ do: 'stop' } as const] : []),
  ]
  if (actions.length > 0) return actions
  const all = ['error', 'returns', 'args', ...actionKeys.slice(4)].map((it) => `\`${it}\``)
  throw invalid(
    `${where.charAt(0).toUpperCase()}${where.slice(1)} does nothing: give ${all.slice(0, -1).join(', ')} or ${all.at(-1)}.`,
  )
}

type Result = Extract<Action, { readonly do: 'result' }>

function resultOf(rule: Given, where: string, isAtExit: boolean): Result | undefined {
  const { error, returns } = rule
  const runs = isSet(rule, 'run', where)
  if (error !== undefined && returns !== undefined) throw against(where, '`error`', '`returns`')
  if (error === undefined && returns === undefined) {
    if (runs) throw invalid(`\`run\` in ${where} needs a result to put in place: give \`error\` or \`returns\`.`)
    return undefined
  }
  const value =
    error === undefined
      ? readResult(returns, `\`returns\` in ${where}`)
      : -BigInt(readErrno(error, `\`error\` in ${where}`))
  return { do: 'result', value, runs: runs || isAtExit }
}

function readResult(value: unknown, where: string): bigint {
  if (typeof value !== 'bigint' && !isWhole(value)) throw wrong(where, 'a whole number', value)
  const result = BigInt(value)
  if (result < -(2n ** 63n) || result >= 2n ** 64n) throw wrong(where, 'a number of 64 bits', value)
  if (isErrorResult(result)) throw invalid(`${where} is ${result}, which is a failure: give \`error\` instead.`)
  return BigInt.asIntN(64, result)
}

/** What can only be done before a call runs. */
function checkOutcome(rule: Given, changes: readonly Action[], where: string): void {
  for (const key of ['pokeEnter', 'delayEnter', 'instead']) {
    if (rule[key] !== undefined) throw against(where, '`outcome`, which is known when the call has run,', `\`${key}\``)
  }
  if (changes.length > 0) throw against(where, '`outcome`, which is known when the call has run,', 'changed arguments')
}

function insteadOf(rule: Given, result: Result | undefined, where: string): readonly Action[] {
  const { instead } = rule
  if (instead === undefined) return []
  if (typeof instead !== 'string') throw wrong(`\`instead\` in ${where}`, 'the name of a call', instead)
  if (isSet(rule, 'run', where)) throw against(where, '`instead`', '`run`')
  if (result === undefined) throw invalid(`\`instead\` in ${where} needs a result: give \`error\` or \`returns\`.`)
  const rows = [...allRowsOf('x86_64'), ...allRowsOf('i386')]
  const row = rows.find(({ name }) => name === instead)
  if (row === undefined)
    throw unknownCall(
      instead,
      rows.map(({ name }) => name),
      where,
    )
  if (!row.classes.includes('pure')) {
    throw invalid(`\`instead\` in ${where} is '${instead}', which is none of %pure: it could do something, or fail.`)
  }
  return [{ do: 'instead', name: instead }]
}

function unknownCall(name: string, names: readonly string[], where: string): SyscopeError {
  const near = nearest(name, names)
  const hint = near === undefined ? '' : ` Did you mean '${near}'?`
  const message = `Unknown system call '${name}', given as \`instead\` in ${where}.${hint}`
  return Object.assign(new SyscopeError('ERR_SYSCOPE_UNKNOWN_SYSCALL', message), { word: name })
}

function changesIn(args: unknown, where: string): readonly Action[] {
  if (!isObject(args)) return []
  return Object.entries(args).map(([name, value]) => ({
    do: 'argument',
    name,
    values: listOf(value, `\`${name}\` of \`args\` in ${where}`).map((it) =>
      readValue(it, `\`${name}\` of \`args\` in ${where}`),
    ),
  }))
}

function pokesIn(rule: Given, key: 'pokeEnter' | 'pokeExit', phase: Phase, where: string): readonly Action[] {
  const given = rule[key]
  if (given === undefined) return []
  if (!isObject(given)) throw wrong(`\`${key}\` in ${where}`, 'an object by names of arguments', given)
  return Object.entries(given).map(([name, value]) => {
    const bytes = readBytes(value, `\`${name}\` of \`${key}\` in ${where}`)
    if (bytes.length > MAX_POKE) throw invalid(`\`${name}\` of \`${key}\` in ${where} has more than ${MAX_POKE} bytes.`)
    return { do: 'poke', name, phase, bytes }
  })
}

function delay(phase: Phase, value: unknown, where: string): Action {
  return { do: 'delay', phase, ns: readDelay(value, where) }
}

function isSet(rule: Given, key: string, where: string): boolean {
  const value = rule[key]
  if (value !== undefined && typeof value !== 'boolean') throw wrong(`\`${key}\` in ${where}`, 'a boolean', value)
  return value === true
}

function against(where: string, one: string, other: string): SyscopeError {
  return invalid(
    `${where.charAt(0).toUpperCase()}${where.slice(1)} has both ${one} and ${other}: they contradict each other.`,
  )
}
