/** Calls that a handler is asked about: events with the methods that decide. */

import { inspect } from 'node:util'
import type { Captured } from '../args/arg.ts'
import { encodeString } from '../args/surrogates.ts'
import { CallEvent } from '../call.ts'
import { invalid } from '../checks.ts'
import type { SyscopeError } from '../errors.ts'
import { errnoNumber } from '../names.ts'
import { nearest } from '../nearest.ts'
import { placeAction, writeAction } from '../rules/actions.ts'
import type { Unfit } from '../rules/arguments.ts'
import { ruleRows, spelledName, type RuleArgument, type RuleRow } from '../rules/rows.ts'
import type { Action, Phase } from '../rules/rule.ts'
import { textSource } from '../text/source.ts'
import { Writer } from '../writer.ts'
import type { NewValue, NewValues } from './options.ts'

/** What a handler decided, as the engine is told. */
export class Decided {
  readonly actions: readonly Action[]
  readonly row: RuleRow

  constructor(actions: readonly Action[], row: RuleRow) {
    this.actions = actions
    this.row = row
  }
}

abstract class AskedCall extends CallEvent {
  protected abstract readonly phase: Phase

  return(value: number | bigint): Decided {
    if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
      throw invalid(`Expected the value of return() to be a whole number or a bigint, got ${inspect(value)}.`)
    }
    return this.#decide({ do: 'result', value: BigInt(value), runs: this.phase === 'exit' })
  }

  kill(): Decided {
    return this.#decide({ do: 'kill' })
  }

  change(values: NewValues): Decided {
    const row = this.#row()
    return new Decided(
      Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [this.#changed(name, value, row)])),
      row,
    )
  }

  protected failing(error: unknown, method: string): Decided {
    const errno = typeof error === 'string' ? errnoNumber(error) : undefined
    if (errno === undefined) throw invalid(`Expected the error of ${method} to name an errno, got ${inspect(error)}.`)
    return this.#decide({ do: 'result', value: -BigInt(errno), runs: this.phase === 'exit' })
  }

  #decide(action: Action): Decided {
    return new Decided([action], this.#row())
  }

  #row(): RuleRow {
    const { abi, number } = this
    const found = ruleRows(new Set([this.name])).find((it) => it.abi === abi && it.row.number === number)
    // Handlers are for calls of the table.
    if (found === undefined) throw new Error(`${this.name} is no call of the table`)
    return found
  }

  #changed(name: string, value: NewValue, row: RuleRow): Action {
    const argument = row.args?.find((it) => it.name === name)
    if (argument === undefined) {
      const names = row.args?.map((it) => it.name) ?? []
      const hint = nearest(name, names)
      throw invalid(
        `${spelledName(row)} has no argument '${name}'${hint === undefined ? '' : `. Did you mean '${hint}'?`}`,
      )
    }
    const bytes = this.#bytesFor(argument, value)
    if (bytes !== undefined) return { do: 'poke', name, phase: this.phase, bytes }
    if (this.phase === 'exit') {
      throw invalid(
        `\`${name}\` was a number that ${row.row.name} has used: only memory can be changed once it has run.`,
      )
    }
    // What is left is no bytes.
    const values = Array.isArray(value) ? value : [value as number | bigint | string]
    const action: Action = { do: 'argument', name, values }
    const placed = placeAction(action, row)
    if ('unfit' in placed) throw misplaced(row, placed)
    return action
  }

  /** Bytes to write where the argument points to; undefined for one that is no pointer. */
  #bytesFor({ name, kind, index }: RuleArgument, value: NewValue): Uint8Array | undefined {
    const isString = kind.entry?.copy === 'string'
    if (!(value instanceof Uint8Array) && !(typeof value === 'string' && kind.width === undefined)) return undefined
    const plain = typeof value === 'string' ? encodeString(value) : value
    const bytes = isString ? new Uint8Array([...plain, 0]) : plain
    const captured = this[textSource]().call?.cells[index]?.captured(this.phase)
    const room = roomOf(captured, isString)
    if (bytes.length <= room) return bytes
    const fits = room === 0 ? 'there is nothing to write to' : `there is room for ${isString ? room - 1 : room} bytes`
    throw invalid(`\`${name}\` can't become ${inspect(value)}: ${fits}.`)
  }
}

function roomOf(captured: Captured | undefined, isString: boolean): number {
  if (captured === undefined || captured.status === 'null' || captured.status === 'refused') return 0
  return isString ? captured.length + 1 : Math.max(captured.wanted, captured.length)
}

/** Before the call runs. */
export class EnteringCallEvent extends AskedCall {
  protected readonly phase = 'entry'

  deny(error: unknown = 'EPERM'): Decided {
    return this.failing(error, 'deny()')
  }
}

/** When it has run. */
export class LeavingCallEvent extends AskedCall {
  protected readonly phase = 'exit'

  fail(error: unknown): Decided {
    return this.failing(error, 'fail()')
  }
}

/** The decision of a handler as bytes (crates/engine/src/rules.rs). Throws for what is none. */
export function encodeDecision(answer: unknown): Uint8Array {
  const decisions: readonly unknown[] =
    answer === undefined || answer === null ? [] : Array.isArray(answer) ? answer : [answer]
  const writer = new Writer()
  const count = writer.reserveU16()
  let written = 0
  for (const decision of decisions) {
    if (!(decision instanceof Decided)) {
      throw invalid(
        `Expected a handler to return what a method of its call gives, or nothing, got ${inspect(decision)}.`,
      )
    }
    for (const action of decision.actions) {
      const placed = placeAction(action, decision.row)
      if ('unfit' in placed) throw misplaced(decision.row, placed)
      writeAction(writer, placed)
      written += 1
    }
  }
  writer.fillU16(count, written)
  return writer.bytes()
}

function misplaced(row: RuleRow, { why, word, among = [] }: Unfit): SyscopeError {
  const hint = word === undefined ? undefined : nearest(word, [...among])
  return invalid(`${row.row.name}: ${why}.${hint === undefined ? '' : ` Did you mean '${hint}'?`}`)
}
