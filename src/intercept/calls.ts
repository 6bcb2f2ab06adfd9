/** Calls that a handler is asked about: events with the methods that decide. */

import { inspect } from 'node:util'
import type { Captured } from '../args/arg.ts'
import { encodeString } from '../args/surrogates.ts'
import { CallEvent } from '../call.ts'
import { invalid } from '../checks.ts'
import type { SyscopeError } from '../errors.ts'
import { errnoNumber } from '../names.ts'
import { nearest } from '../nearest.ts'
import { isErrorResult, placeAction, writeAction } from '../rules/actions.ts'
import type { Unfit } from '../rules/arguments.ts'
import { ruleRows, spelledName, type RuleArgument, type RuleRow } from '../rules/rows.ts'
import type { Action, Phase } from '../rules/rule.ts'
import { isObject } from '../rules/shape.ts'
import { textSource } from '../text/source.ts'
import { Writer } from '../writer.ts'
import type { NewValue, NewValues } from './options.ts'

type Doing = Extract<Action, { readonly do: 'result' | 'kill' | 'argument' | 'poke' }>

/** What a handler decided, as the engine is told. */
class Decided {
  /** How it was made, for messages. */
  readonly method: string
  readonly actions: readonly Doing[]

  constructor(method: string, actions: readonly Doing[]) {
    this.method = method
    this.actions = actions
  }
}

/** The methods are bound: handlers may take them out of the call. */
export abstract class AskedCall extends CallEvent {
  protected abstract readonly phase: Phase
  /** The method by which a call fails. */
  protected abstract readonly refusal: string
  readonly #made = new Set<Decided>()
  #hasAnswered = false

  readonly return = (value: number | bigint): Decided => {
    if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) {
      throw this.#wrong(`Expected the value of return() to be a whole number or a bigint, got ${inspect(value)}.`)
    }
    if (value < -(2n ** 63n) || value >= 2n ** 64n) {
      throw this.#wrong(`Expected the value of return() to be a number of 64 bits, got ${inspect(value)}.`)
    }
    const result = BigInt.asIntN(64, BigInt(value))
    if (isErrorResult(result)) throw this.#wrong(`return(${result}) would be a failure: use ${this.refusal} instead.`)
    return this.#decide('return()', [{ do: 'result', value: result, runs: this.phase === 'exit' }])
  }

  readonly kill = (): Decided => this.#decide('kill()', [{ do: 'kill' }])

  readonly change = (values: NewValues): Decided => {
    if (!isObject(values)) {
      throw this.#wrong(`Expected change() to get an object by names of arguments, got ${inspect(values)}.`)
    }
    const row = this.#row()
    const given = Object.entries(values).filter((entry): entry is [string, NewValue] => entry[1] !== undefined)
    return this.#decide(
      'change()',
      given.map(([name, value]) => this.#changed(name, value, row)),
    )
  }

  protected failing(error: unknown, method: string): Decided {
    const errno = typeof error === 'string' ? errnoNumber(error) : undefined
    if (errno === undefined) {
      throw this.#wrong(`Expected the error of ${method} to name an errno, got ${inspect(error)}.`)
    }
    return this.#decide(method, [{ do: 'result', value: -BigInt(errno), runs: this.phase === 'exit' }])
  }

  /** How messages name it. */
  describe(): string {
    const text = String(this).replace(/ <unfinished \.\.\.>$/, ')')
    return `process ${this.pid}: ${text.length > mostText ? `${text.slice(0, mostText)}…` : text}`
  }

  /** Its name in its ABI alone. */
  get spelled(): string {
    return spelledName(this.#row())
  }

  /** What the handler gave back, as bytes (crates/engine/src/rules.rs). Throws for what is no decision about this call. */
  encode(answer: unknown): Uint8Array {
    this.#hasAnswered = true
    const given: readonly unknown[] = answer === undefined || answer === null ? [] : [answer].flat()
    const decisions = given.map((it) => this.#own(it))
    const forgotten = [...this.#made].find((it) => !decisions.includes(it))
    if (forgotten !== undefined) {
      const call = forgotten.method.slice(0, -1)
      throw this.#wrong(
        `The handler of \`${this.name}\` called ${forgotten.method} and did not return what that gave: write \`return call.${call}…)\`.`,
      )
    }
    this.#refuseContradictions(decisions)
    return this.#write(decisions.flatMap(({ actions }) => actions))
  }

  /** An answer for a thread that is to wait no longer, as a signal would end its wait. What has run has run. */
  encodeInterruption(): Uint8Array {
    const interrupted = { do: 'result', value: -BigInt(errnoNumber('EINTR') ?? 0), runs: false } as const
    return this.#write(this.phase === 'entry' ? [interrupted] : [])
  }

  #write(actions: readonly Doing[]): Uint8Array {
    const row = this.#row()
    const writer = new Writer()
    writer.fillU16(writer.reserveU16(), actions.length)
    for (const action of actions) {
      const placed = placeAction(action, row)
      if ('unfit' in placed) throw this.#misplaced(placed)
      writeAction(writer, placed)
    }
    return writer.bytes()
  }

  #own(decision: unknown): Decided {
    if (decision instanceof Decided && this.#made.has(decision)) return decision
    const got = decision instanceof Decided ? 'what that of another call gave' : inspect(decision)
    const hint = typeof decision === 'string' && errnoNumber(decision) !== undefined ? `'${decision}'` : '…'
    throw this.#wrong(
      `Expected the handler of \`${this.name}\` to return what a method of its call gives, or nothing, got ${got}: write \`return call.${this.refusal.slice(0, -1)}${hint})\`.`,
    )
  }

  #refuseContradictions(decisions: readonly Decided[]): void {
    const done = new Map<string, Decided>()
    for (const decision of decisions) {
      for (const action of decision.actions) {
        const what = 'name' in action ? `\`${action.name}\`` : action.do
        const other = done.get(what)
        if (other !== undefined && other !== decision) throw this.#contradiction(other, decision)
        done.set(what, decision)
      }
    }
    // A call that does not run needs no other numbers.
    const result = done.get('result')
    const changing = decisions.find(({ actions }) => actions.some((it) => it.do === 'argument'))
    if (result !== undefined && changing !== undefined) throw this.#contradiction(changing, result)
  }

  #contradiction(one: Decided, other: Decided): SyscopeError {
    return this.#wrong(
      `The handler of \`${this.name}\` returned ${one.method} and ${other.method}, which contradict each other.`,
    )
  }

  #decide(method: string, actions: readonly Doing[]): Decided {
    if (this.#hasAnswered) {
      throw this.#wrong(
        `${method} comes too late: the handler of \`${this.name}\` has answered. An \`async\` one answers when its promise resolves.`,
      )
    }
    const decided = new Decided(method, actions)
    this.#made.add(decided)
    return decided
  }

  #row(): RuleRow {
    const { abi, number } = this
    const found = ruleRows(new Set([this.name])).find((it) => it.abi === abi && it.row.number === number)
    // Handlers are for calls of the table.
    if (found === undefined) throw new Error(`${this.name} is no call of the table`)
    return found
  }

  #changed(name: string, value: NewValue, row: RuleRow): Doing {
    const argument = row.args?.find((it) => it.name === name)
    if (argument === undefined) throw this.#misplaced(withoutArgument(name, row))
    const bytes = this.#bytesFor(argument, value)
    if (bytes !== undefined) return { do: 'poke', name, phase: this.phase, bytes }
    if (this.phase === 'exit') {
      throw this.#wrong(
        `\`${name}\` was a number that ${row.row.name} has used: only memory can be changed once it has run.`,
      )
    }
    const action: Doing = { do: 'argument', name, values: this.#numbers(argument, value) }
    const placed = placeAction(action, row)
    if ('unfit' in placed) throw this.#misplaced(placed)
    return action
  }

  #numbers({ name, kind }: RuleArgument, value: unknown): readonly (number | bigint | string)[] {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (values.length > 0 && values.every(isNumberOrName)) return values
    const takes =
      kind.width === undefined || kind.kind === 'address'
        ? 'text or bytes (a Uint8Array) for what it points to, or a number'
        : 'a whole number, a bigint, or names of constants'
    throw this.#wrong(`\`${name}\` can't become ${inspect(value)}: it takes ${takes}.`)
  }

  /** Bytes to write where the argument points to; undefined for one that is no pointer. */
  #bytesFor({ name, kind, index }: RuleArgument, value: NewValue): Uint8Array | undefined {
    const isString = kind.entry?.copy === 'string'
    if (!(value instanceof Uint8Array) && !(typeof value === 'string' && kind.width === undefined)) return undefined
    const plain = typeof value === 'string' ? encodeString(value) : value
    const bytes = isString ? new Uint8Array([...plain, 0]) : plain
    const captured = this[textSource]().call?.cells[index]?.captured(this.phase)
    const room = Math.min(roomOf(captured, isString), mostBytes)
    if (bytes.length <= room) return bytes
    const fits = room === 0 ? 'there is nothing to write to' : `there is room for ${isString ? room - 1 : room} bytes`
    throw this.#wrong(`\`${name}\` can't become ${inspect(value)}: ${fits}.`)
  }

  #misplaced({ why, word, among = [] }: Unfit): SyscopeError {
    const hint = word === undefined ? undefined : nearest(word, [...among])
    return this.#wrong(`${why}.${hint === undefined ? '' : ` Did you mean '${hint}'?`}`)
  }

  #wrong(message: string): SyscopeError {
    return invalid(`${message} (In ${this.describe()})`)
  }
}

/** Characters of a call in a message. */
const mostText = 200
/** The engine writes no more at once (crates/engine/src/rules.rs). */
const mostBytes = 1 << 16

function withoutArgument(name: string, { row, args = [] }: RuleRow): Unfit {
  const names = args.map((it) => it.name)
  const has = names.length === 0 ? '' : `: it has ${names.map((it) => `'${it}'`).join(', ')}`
  return { unfit: 'never', why: `${row.name} has no argument '${name}'${has}`, word: name, among: names }
}

function isNumberOrName(it: unknown): it is number | bigint | string {
  return typeof it === 'string' || typeof it === 'bigint' || Number.isSafeInteger(it)
}

function roomOf(captured: Captured | undefined, isString: boolean): number {
  if (captured === undefined || captured.status === 'null' || captured.status === 'refused') return 0
  return isString ? captured.length + 1 : Math.max(captured.wanted, captured.length)
}

/** Nothing was decided. */
export const noDecision: Uint8Array = new Uint8Array(2)

/** Before the call runs. */
export class EnteringCallEvent extends AskedCall {
  protected readonly phase = 'entry'
  protected readonly refusal = 'deny()'

  readonly deny = (error: unknown = 'EPERM'): Decided => this.failing(error, 'deny()')
}

/** When it has run. */
export class LeavingCallEvent extends AskedCall {
  protected readonly phase = 'exit'
  protected readonly refusal = 'fail()'

  readonly fail = (error: unknown): Decided => this.failing(error, 'fail()')
}
