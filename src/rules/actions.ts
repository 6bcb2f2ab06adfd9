/** What rules do, for the row that they do it to, and as bytes. */

import { inspect } from 'node:util'
import { allRowsOf } from '../table/index.ts'
import type { Writer } from '../writer.ts'
import { unfit, unknownValue, type Unfit } from './arguments.ts'
import type { ArgValue } from './options.ts'
import type { RuleArgument, RuleRow } from './rows.ts'
import type { Action, Phase } from './rule.ts'
import { numberForm, resolveValue } from './values.ts'

const ACT = {
  FAIL: 1,
  RETURN: 2,
  INSTEAD: 3,
  REPLACE: 4,
  SET_ARG: 5,
  POKE: 6,
  SIGNAL: 7,
  DELAY: 8,
  KILL_TREE: 9,
  STOP_TRACING: 10,
  ASK: 11,
} as const
const ASKS = { ENTER: 1, EXIT: 2 } as const
const PHASE: Readonly<Record<Phase, number>> = { entry: 0, exit: 1 }
/** Results from here on are errors. */
const MAX_ERRNO = 4095n

/** An action with numbers in place of names. */
export type PlacedAction =
  | Exclude<Action, { readonly name: string }>
  | { readonly do: 'instead'; readonly number: number }
  | { readonly do: 'argument'; readonly index: number; readonly value: bigint }
  | { readonly do: 'poke'; readonly index: number; readonly phase: Phase; readonly bytes: Uint8Array }

export function isErrorResult(value: bigint): boolean {
  return value < 0n && value >= -MAX_ERRNO
}

export function placeAction(action: Action, row: RuleRow): PlacedAction | Unfit {
  switch (action.do) {
    case 'instead': {
      const found = allRowsOf(row.abi).find(({ name }) => name === action.name)
      return found === undefined ? unfit(`${row.abi} has no ${action.name}`) : { do: 'instead', number: found.number }
    }
    case 'argument': {
      const argument = argumentNamed(action.name, row)
      return 'unfit' in argument ? argument : placeValue(action, argument, row)
    }
    case 'poke': {
      const argument = argumentNamed(action.name, row)
      if ('unfit' in argument) return argument
      const { index } = argument
      if (!isPointer(argument)) return unfit(`\`${action.name}\` is no pointer`)
      return { do: 'poke', index, phase: action.phase, bytes: action.bytes }
    }
    default:
      return action
  }
}

function isPointer({ kind }: RuleArgument): boolean {
  return kind.width === undefined || kind.kind === 'address'
}

function textFor(value: ArgValue, { name }: RuleArgument): Unfit {
  const given = inspect(value)
  return unfit(
    `\`${name}\` is memory: to change that give pokeEnter: { ${name}: ${given} }, for a condition on it { is: ${given} } or { startsWith: ${given} }`,
  )
}

function argumentNamed(wanted: string, { row, args = [] }: RuleRow): RuleArgument | Unfit {
  const found = args.find(({ name }) => name === wanted)
  if (found?.list !== undefined) return unfit(`the arguments of ${row.name} lie in memory`)
  if (found !== undefined) return found
  return { ...unfit(`${row.name} has no argument \`${wanted}\``), word: wanted, among: args.map(({ name }) => name) }
}

function placeValue(
  { values }: Extract<Action, { readonly do: 'argument' }>,
  argument: RuleArgument,
  { abi }: RuleRow,
): PlacedAction | Unfit {
  const { kind, index } = argument
  const form = numberForm(kind, abi)
  let value = 0n
  for (const one of values) {
    const resolved = resolveValue(one, kind, form)
    if (resolved === undefined) return isPointer(argument) ? textFor(one, argument) : unknownValue(one, argument)
    value |= resolved.value
  }
  // Signed numbers as compilers pass them.
  const whole = form.signed ? BigInt.asIntN(form.bits, value) : value
  return { do: 'argument', index, value: BigInt.asUintN(abi === 'i386' ? 32 : 64, whole) }
}

export function writeAction(writer: Writer, action: PlacedAction): void {
  switch (action.do) {
    case 'result':
      if (action.runs) {
        writer.u8(ACT.REPLACE)
        return writer.u64(BigInt.asUintN(64, action.value))
      }
      if (isErrorResult(action.value)) {
        writer.u8(ACT.FAIL)
        return writer.u32(Number(-action.value))
      }
      writer.u8(ACT.RETURN)
      return writer.u64(BigInt.asUintN(64, action.value))
    case 'instead':
      writer.u8(ACT.INSTEAD)
      return writer.u32(action.number)
    case 'argument':
      writer.u8(ACT.SET_ARG)
      writer.u8(action.index)
      return writer.u64(action.value)
    case 'poke':
      writer.u8(ACT.POKE)
      writer.u8(action.index)
      writer.u8(PHASE[action.phase])
      writer.u32(0)
      writer.u32(action.bytes.length)
      return writer.raw(action.bytes)
    case 'signal':
      writer.u8(ACT.SIGNAL)
      return writer.u32(action.signal)
    case 'delay':
      writer.u8(ACT.DELAY)
      writer.u8(PHASE[action.phase])
      return writer.u64(action.ns)
    case 'kill':
      return writer.u8(ACT.KILL_TREE)
    case 'stop':
      return writer.u8(ACT.STOP_TRACING)
    case 'ask':
      writer.u8(ACT.ASK)
      return writer.u8((action.enters ? ASKS.ENTER : 0) | (action.exits ? ASKS.EXIT : 0))
  }
}
