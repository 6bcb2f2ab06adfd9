/** Rules by name -> the engine's rules, as bytes. */

import type { Abi } from './args/arg.ts'
import { isNamed } from './table/abi.ts'
import { allRowsOf, type Row } from './table/index.ts'
import { Writer } from './writer.ts'

const RULES_MAGIC = 0x4c525053
const RULES_VERSION = 1
const FAIL = 1
const REPORT = 1
const PREDICATE = { ALWAYS: 0, ALL: 1, ANY: 2, NOT: 3, WORD: 4, BYTES: 5 } as const
const COMPARE = { '==': 0, '!=': 1, '<': 2, '<=': 3, '>': 4, '>=': 5 } as const
const VALUE_ARGUMENT = 1

const abis: readonly (readonly [Abi, number])[] = [
  ['x86_64', 0],
  ['i386', 1],
  ['x32', 2],
]

/** What must hold of a call. A value or bytes that cannot be had match nothing. */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  /** An argument's word, unsigned. */
  | {
      readonly arg: string
      readonly width?: 1 | 2 | 4 | 8
      readonly mask?: bigint
      readonly compare: keyof typeof COMPARE
      readonly value: bigint
    }
  /** What the argument points to, as it was copied at syscall-entry. */
  | { readonly bytes: string; readonly offset?: number; readonly how: 'equal' | 'prefix'; readonly value: Uint8Array }

/** Makes calls fail. Rules are tried in order, the first that matches acts. */
export interface DenyRule {
  /** From 1; told in the records of the calls that it acted on. */
  readonly id: number
  readonly errno: number
  /** Record the calls that it acts on. */
  readonly report: boolean
  /** Names; rows of every ABI that has them. */
  readonly calls: readonly string[]
  readonly when?: Condition
}

export function compileRules(rules: readonly DenyRule[]): Uint8Array {
  const writer = new Writer()
  writer.u32(RULES_MAGIC)
  writer.u16(RULES_VERSION)
  const count = writer.reserveU16()
  let written = 0
  for (const rule of rules) {
    // Names have other places in other rows, so a condition is compiled for each row of its own.
    for (const rows of rule.when === undefined ? [rowsNamed(rule.calls)] : rowsNamed(rule.calls).map((row) => [row])) {
      writeRule(writer, rule, rows)
      written += 1
    }
  }
  writer.fillU16(count, written)
  return writer.bytes()
}

interface Target {
  readonly abi: number
  readonly row: Row
}

function rowsNamed(names: readonly string[]): readonly Target[] {
  const wanted = new Set(names)
  return abis.flatMap(([abi, number]) =>
    allRowsOf(abi)
      .filter((row) => isNamed(wanted, abi, row.name))
      .map((row) => ({ abi: number, row })),
  )
}

function writeRule(writer: Writer, rule: DenyRule, targets: readonly Target[]): void {
  writer.u16(rule.id)
  writer.u8(FAIL)
  writer.u8(rule.report ? REPORT : 0)
  writer.u32(rule.errno)
  writer.u32(targets.length)
  for (const { abi, row } of targets) {
    writer.u8(abi)
    writer.raw(new Uint8Array(3))
    writer.u32(row.number)
  }
  const [first] = targets
  if (rule.when === undefined || first === undefined) writer.u8(PREDICATE.ALWAYS)
  else writeCondition(writer, rule.when, first.row)
}

function writeCondition(writer: Writer, condition: Condition, row: Row): void {
  if ('all' in condition) writeSeveral(writer, PREDICATE.ALL, condition.all, row)
  else if ('any' in condition) writeSeveral(writer, PREDICATE.ANY, condition.any, row)
  else if ('not' in condition) {
    writer.u8(PREDICATE.NOT)
    writeCondition(writer, condition.not, row)
  } else if ('arg' in condition) {
    writer.u8(PREDICATE.WORD)
    writer.u8(VALUE_ARGUMENT)
    writer.u8(condition.width ?? 8)
    writer.u8(0)
    writer.u8(indexOf(row, condition.arg))
    writer.u32(0)
    writer.u64(0n)
    writer.u64(condition.mask ?? 0xffff_ffff_ffff_ffffn)
    writer.u8(COMPARE[condition.compare])
    writer.u64(BigInt.asUintN(64, condition.value))
  } else {
    writer.u8(PREDICATE.BYTES)
    writer.u8(indexOf(row, condition.bytes))
    writer.u32(condition.offset ?? 0)
    writer.u8(condition.how === 'equal' ? 0 : 1)
    writer.u32(condition.value.length)
    writer.raw(condition.value)
  }
}

function writeSeveral(writer: Writer, op: number, conditions: readonly Condition[], row: Row): void {
  writer.u8(op)
  writer.u8(conditions.length)
  for (const condition of conditions) writeCondition(writer, condition, row)
}

function indexOf(row: Row, name: string): number {
  const index = row.args.findIndex(([argument]) => argument === name)
  if (index < 0) throw new Error(`${row.name} has no argument ${name}`)
  return index
}
