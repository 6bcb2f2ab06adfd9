/** Rules -> what the engine is told: one rule of its own for all calls that look the same to it. */

import { invalid } from '../checks.ts'
import type { SyscopeError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { abiNumbers } from '../record/reader.ts'
import { Writer } from '../writer.ts'
import { placeAction, writeAction, type PlacedAction } from './actions.ts'
import { isUnfit, type Unfit } from './arguments.ts'
import { hiddenCalls } from './hidden.ts'
import { lower, shapeOf, type Surroundings } from './lower.ts'
import { all, always, isAlways, isNever, writePredicate, type Predicate } from './predicate.ts'
import { ruleRows, spelledName, type RuleRow } from './rows.ts'
import type { Condition, Counting, Part, Rule } from './rule.ts'

const RULES_MAGIC = 0x4c525053
const RULES_VERSION = 2
const FLAG = { REPORT: 1, AT_EXIT: 2 } as const
const SCOPE = { tree: 0, process: 1, thread: 2, call: 3 } as const
const NO_LAST = 0xffff_ffff
const MOST_BLOCKS = 0xffff

/** Calls that a rule sees in the same way. */
interface Block {
  readonly targets: RuleRow[]
  /** Condition and actions. */
  readonly body: Uint8Array
}

export interface CompiledRule {
  readonly rule: Rule
  readonly blocks: readonly Block[]
  /** The calls that it may act on, as `NAME@ABI`. */
  readonly calls: ReadonlySet<string>
  /** Those among them that it acts on whatever their arguments, and records. */
  readonly recorded: ReadonlySet<string>
}

/** Throws ERR_SYSCOPE_INVALID_ARGUMENT where no call can meet the rule. */
export function compileRule(rule: Rule, surroundings: Surroundings): CompiledRule {
  const blocks = new Map<string, Block>()
  const problems: Problem[] = []
  const calls = new Set<string>()
  const recorded = new Set<string>()
  for (const part of rule.parts) {
    const place = placer(rule, part, surroundings)
    for (const row of rowsOf(part)) {
      const placed = place(row)
      if ('unfit' in placed) {
        problems.push({ ...placed, row })
        continue
      }
      if (isNever(placed.when)) continue
      calls.add(spelledName(row))
      if (isAlways(placed.when) && isEveryMatch(rule)) recorded.add(spelledName(row))
      addTo(blocks, row, placed.body)
    }
  }
  // Calls that may not exist (`?name`) are no mistake.
  if (blocks.size === 0 && problems.length > 0) throw unreachable(rule, problems)
  return { rule, blocks: [...blocks.values()], calls, recorded }
}

/** The rules as bytes (crates/engine/src/rules.rs). Their ids are their places, from 1. */
export function writeRules(rules: readonly CompiledRule[]): Uint8Array {
  const writer = new Writer()
  writer.u32(RULES_MAGIC)
  writer.u16(RULES_VERSION)
  const count = writer.reserveU16()
  let written = 0
  for (const [index, { rule, blocks }] of rules.entries()) {
    for (const block of blocks) writeBlock(writer, index + 1, rule, block)
    written += blocks.length
  }
  if (written > MOST_BLOCKS) {
    throw invalid(`These rules come to ${written} different conditions, and the engine takes ${MOST_BLOCKS}.`)
  }
  writer.fillU16(count, written)
  return writer.bytes()
}

/** Where something must hold of their arguments, calls that go by way of another one are looked at one by one. */
function rowsOf({ calls, conditions }: Part): readonly RuleRow[] {
  const isApart = conditions.length > 0
  const rows = ruleRows(calls).filter(({ row }) => !isApart || row.name !== 'socketcall')
  return [...rows, ...hiddenCalls(calls, isApart)]
}

interface Placed {
  readonly when: Predicate
  readonly actions: readonly PlacedAction[]
}

interface Problem extends Unfit {
  readonly row: RuleRow
}

function isEveryMatch({ counting, outcome, report }: Rule): boolean {
  const { first, last, step } = counting
  return report && outcome === undefined && first === 1 && last === Infinity && step === 1
}

/** `body`: a character for each byte, so that bodies can be compared. */
function addTo(blocks: Map<string, Block>, row: RuleRow, body: string): void {
  const block = blocks.get(body)
  if (block === undefined) blocks.set(body, { targets: [row], body: Buffer.from(body, 'latin1') })
  else block.targets.push(row)
}

interface Written extends Placed {
  readonly body: string
}

/** Places a rule in rows. What asks for no argument by its name looks the same in all rows of one shape. */
function placer(rule: Rule, part: Part, surroundings: Surroundings): (row: RuleRow) => Written | Unfit {
  const place = (row: RuleRow): Written | Unfit => {
    const placed = placeRule(rule, part, row, surroundings)
    return 'unfit' in placed ? placed : { ...placed, body: Buffer.from(bodyOf(rule, placed)).toString('latin1') }
  }
  if (part.conditions.some(namesArgument) || rule.actions.some((action) => 'name' in action)) return place
  const known = new Map<string, Written | Unfit>()
  return (row) => {
    const shape = shapeOf(row)
    const found = known.get(shape) ?? place(row)
    known.set(shape, found)
    return found
  }
}

function namesArgument(condition: Condition): boolean {
  if (condition.on === 'all' || condition.on === 'any') return condition.of.some(namesArgument)
  return condition.on === 'argument'
}

/** What cannot be seen in a row is refused by a rule that denies calls by name, and left alone by all others. */
function placeRule(rule: Rule, part: Part, row: RuleRow, surroundings: Surroundings): Placed | Unfit {
  const whens: Predicate[] = [row.operation ?? always]
  for (const condition of part.conditions) {
    const lowered = lower(condition, row, surroundings)
    if (!isUnfit(lowered)) whens.push(lowered)
    else if (rule.option !== 'deny' || lowered.unfit === 'never') return lowered
    else if (lowered.unfit === 'unsure' && part.isOpen === true) return lowered
  }
  const actions: PlacedAction[] = []
  for (const action of rule.actions) {
    const placed = placeAction(action, row)
    if ('unfit' in placed) return placed
    actions.push(placed)
  }
  return { when: all(...whens), actions }
}

function bodyOf({ outcome }: Rule, { when, actions }: Placed): Uint8Array {
  const writer = new Writer()
  writePredicate(writer, when)
  if (outcome !== undefined) writePredicate(writer, outcome)
  writer.u16(actions.length)
  for (const action of actions) writeAction(writer, action)
  return writer.bytes()
}

function writeBlock(writer: Writer, id: number, rule: Rule, { targets, body }: Block): void {
  writer.u16(id)
  writer.u8((rule.report ? FLAG.REPORT : 0) | (rule.outcome === undefined ? 0 : FLAG.AT_EXIT))
  writeCounting(writer, rule.counting)
  writer.u32(targets.length)
  for (const { abi, row } of targets) {
    writer.u8(abiNumbers[abi])
    writer.raw(new Uint8Array(3))
    writer.u32(row.number)
  }
  writer.raw(body)
}

function writeCounting(writer: Writer, { scope, first, last, step }: Counting): void {
  writer.u8(SCOPE[scope])
  writer.u32(first)
  writer.u32(last === Infinity ? NO_LAST : last)
  writer.u32(step)
}

/** Says of the problem that tells most: a word that may be a slip, a word that is not known, the first. */
function unreachable({ where }: Rule, problems: readonly Problem[]): SyscopeError {
  const known = new Map<string, Set<string>>()
  for (const { word, among = [] } of problems) {
    if (word === undefined) continue
    const words = known.get(word) ?? new Set()
    known.set(word, words)
    for (const it of among) words.add(it)
  }
  const hints = new Map([...known].map(([word, words]) => [word, nearest(word, [...words])]))
  const slip = problems.find(({ word = '', among = [] }) => among.some((it) => it === hints.get(word)))
  const chosen = slip ?? problems.find(({ word }) => word !== undefined) ?? problems[0]
  const hint = slip?.word === undefined ? '' : ` Did you mean '${hints.get(slip.word)}'?`
  return invalid(`No call can meet ${where}: ${chosen?.why ?? 'it names no call'}.${hint}`)
}
