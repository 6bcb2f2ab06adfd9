/** System calls as events: getters over the record, so that an argument that nobody reads is never decoded. */

import { inspect, type InspectOptions } from 'node:util'
import type { Abi, CallView, Captured, Cell } from './args/arg.ts'
import { decodeBytes } from './args/surrogates.ts'
import { SyscopeError } from './errors.ts'
import type { Interruption, RawCall } from './events.ts'
import { objectToPlain, type PlainObject } from './json.ts'
import { errnoName, type ErrnoName } from './names.ts'
import type { TopCapture } from './record/captures.ts'
import { CAPTURE_KEY, DEED, KIND, SYSCALL, SYSCALL_FLAG } from './record/layout.ts'
import type { RawRecord } from './record/reader.ts'
import type { Injected } from './rules/options.ts'
import { nameOf, rowByNumber, type Row } from './table/index.ts'
import { eventText } from './text/line.ts'
import { textSource, type TextEvent, type TextSource } from './text/source.ts'

const interruptions: ReadonlyMap<number, Interruption['kind']> = new Map([
  [-512, 'ERESTARTSYS'],
  [-513, 'ERESTARTNOINTR'],
  [-514, 'ERESTARTNOHAND'],
  [-516, 'ERESTART_RESTARTBLOCK'],
])

/** What argument kinds see of a call. */
class CallOf implements CallView {
  readonly record: RawRecord
  readonly abi: Abi
  readonly row: Row | undefined
  #cells: readonly Cell[] | undefined
  #captures: readonly TopCapture[] | undefined

  constructor(record: RawRecord) {
    this.record = record
    this.abi = record.abiName
    this.row = rowByNumber(this.abi, record.nr)
  }

  get name(): string {
    return this.row?.name ?? nameOf(this.abi, this.record.nr)
  }

  get finished(): boolean {
    return this.record.kind === KIND.SYSCALL && (this.record.flags & SYSCALL_FLAG.UNFINISHED) === 0
  }

  get ok(): boolean {
    if (!this.finished) return false
    if ((this.record.flags & SYSCALL_FLAG.IS_ERROR) === 0) return true
    // By itself: a rule can make any call fail.
    return this.row?.neverFails === true && (this.record.u16(SYSCALL.DEEDS) & DEED.RESULT) === 0
  }

  get result(): number {
    return this.record.i53(SYSCALL.RESULT)
  }

  get cells(): readonly Cell[] {
    return (this.#cells ??= this.#makeCells())
  }

  arg(name: string): Cell {
    const index = this.row?.args.findIndex(([argument]) => argument === name) ?? -1
    const cell = this.cells[index]
    if (cell === undefined) throw new Error(`${this.name} has no argument ${name}`)
    return cell
  }

  captured(key: number, phase?: 'entry' | 'exit'): Captured | undefined {
    this.#captures ??= this.record.captures()
    return this.#captures.find((it) => it.key === key && (phase === undefined || it.phase === phase))
  }

  word(index: number): bigint {
    const word = this.record.u64(SYSCALL.ARGS + 8 * index)
    return this.abi === 'i386' ? BigInt.asUintN(32, word) : word
  }

  #makeCells(): readonly Cell[] {
    const { view, at } =
      this.abi === 'i386' ? this.#narrowWords() : { view: this.record.view, at: this.record.at + SYSCALL.ARGS }
    return (this.row?.args ?? []).map((_, index) => new RegisterCell(this, index, view, at + 8 * index))
  }

  /** The upper halves of registers mean nothing to an i386 call. */
  #narrowWords(): { readonly view: DataView; readonly at: number } {
    const view = new DataView(new ArrayBuffer(48))
    for (let index = 0; index < 6; index++) view.setBigUint64(8 * index, this.word(index), true)
    return { view, at: 0 }
  }
}

class RegisterCell implements Cell {
  readonly call: CallOf
  readonly view: DataView
  readonly at: number
  readonly #index: number

  constructor(call: CallOf, index: number, view: DataView, at: number) {
    this.call = call
    this.view = view
    this.at = at
    this.#index = index
  }

  sibling(name: string): Cell {
    return this.call.arg(name)
  }

  captured(phase: 'entry' | 'exit'): Captured | undefined {
    return this.call.captured(this.#index, phase)
  }

  resolved(): Captured | undefined {
    const index = this.#index
    return (
      this.call.captured(CAPTURE_KEY.FD_PATH + index) ??
      this.call.captured(CAPTURE_KEY.PID_NAME + index) ??
      // Where the argument is a descriptor only by way of another one.
      this.call.captured(index)
    )
  }
}

const deeds = [
  [DEED.RESULT, 'result'],
  [DEED.DONE, 'done'],
  [DEED.ARGUMENTS, 'args'],
  [DEED.DELAYED, 'delay'],
  [DEED.SIGNAL, 'signal'],
  [DEED.KILLED, 'kill'],
  [DEED.STOPPED, 'stop'],
  [DEED.ASKED, 'handler'],
  [DEED.UNANSWERED, 'unanswered'],
  [DEED.FAILED, 'failed'],
] as const

/** What a rule did to a call. */
function injectedOf(call: CallOf): Injected | undefined {
  // Rules are counted from 1.
  const id = call.record.u16(SYSCALL.RULE)
  if (id === 0) return undefined
  const program = call.captured(CAPTURE_KEY.RULE_PROGRAM)
  const argv = call.captured(CAPTURE_KEY.RULE_ARGV)
  return {
    rule: id - 1,
    did: deeds.filter(([bit]) => (call.record.u16(SYSCALL.DEEDS) & bit) !== 0).map(([, name]) => name),
    ...(program?.status === 'ok' ? { program: textOf(program) } : {}),
    ...(argv === undefined || argv.length === 0 ? {} : { argv: textOf(argv).replace(/\0$/, '').split('\0') }),
  }
}

function textOf({ view, at, length }: Captured): string {
  return decodeBytes(view, at, length)
}

/** A completed or pending call. Its public type is `SyscallEvent` or `PendingEvent`. */
export class CallEvent implements TextEvent {
  readonly #call: CallOf
  #args: object | undefined
  #out: object | undefined
  // Properties of its own: for `deepEqual` and `toEqual`, which see no getters, two calls would be one otherwise.
  readonly type: 'syscall' | 'pending'
  readonly name: string
  readonly startNs: bigint

  constructor(record: RawRecord) {
    this.#call = new CallOf(record)
    this.type = record.kind === KIND.PENDING ? 'pending' : 'syscall'
    this.name = this.#call.name
    this.startNs = record.u64(SYSCALL.START_NS)
  }

  get number(): number {
    return this.#call.record.nr
  }

  get abi(): Abi {
    return this.#call.abi
  }

  get pid(): number {
    return this.#call.record.pid
  }

  get tid(): number {
    return this.#call.record.tid
  }

  get endNs(): bigint | undefined {
    return this.type === 'syscall' ? this.#call.record.timeNs : undefined
  }

  get systemNs(): number | undefined {
    return this.type === 'syscall' ? this.#call.record.u32(SYSCALL.SYSTEM_NS) : undefined
  }

  get args(): object {
    return (this.#args ??= this.#read('read'))
  }

  get ok(): boolean | undefined {
    return this.type === 'syscall' ? this.#call.ok : undefined
  }

  get out(): object | undefined {
    if (!this.#call.ok) return undefined
    return (this.#out ??= this.#read('readOut'))
  }

  get returned(): number | bigint | undefined {
    if (!this.#call.ok) return undefined
    const { result } = this.#call
    return Number.isSafeInteger(result) ? result : this.#call.record.i64(SYSCALL.RESULT)
  }

  get error(): ErrnoName | `errno ${number}` | undefined {
    if (!this.#call.finished || this.#call.ok || this.interrupted !== undefined) return undefined
    return errnoName(-this.#call.result) ?? `errno ${-this.#call.result}`
  }

  get interrupted(): Interruption | undefined {
    if (!this.#call.finished || this.#call.ok) return undefined
    const kind = interruptions.get(this.#call.result)
    return kind === undefined ? undefined : { kind }
  }

  get unfinished(): true | undefined {
    return this.type === 'syscall' && !this.#call.finished ? true : undefined
  }

  get injected(): Injected | undefined {
    return this.type === 'syscall' ? injectedOf(this.#call) : undefined
  }

  get resumes(): string | undefined {
    const next = this.#call.record.u32(SYSCALL.RESUMES)
    return next === 0 ? undefined : nameOf(this.#call.abi, next - 1)
  }

  get raw(): RawCall {
    const call = this.#call
    return {
      args: [call.word(0), call.word(1), call.word(2), call.word(3), call.word(4), call.word(5)],
      result: call.finished ? call.record.i64(SYSCALL.RESULT) : undefined,
      instructionPointer: call.record.u64(SYSCALL.IP),
    }
  }

  toString(): string {
    return eventText(this, { columns: 0 })
  }

  toJSON(): PlainObject {
    return objectToPlain(this.#fields())
  }

  [inspect.custom](_depth: number, options: InspectOptions, inspectWith: typeof inspect): string {
    const fields = Object.entries(this.#fields()).filter(([, value]) => value !== undefined)
    const label = this.type === 'pending' ? 'PendingEvent' : 'SyscallEvent'
    return `${label} ${inspectWith(Object.fromEntries(fields), options)}`
  }

  [textSource](): TextSource {
    const call = this.#call
    const { view, at } = call.record
    return {
      view,
      at,
      name: (key) => call.captured(key),
      call: {
        name: call.name,
        row: call.row,
        call,
        cells: call.cells,
        resumedName: this.resumes,
        resolved: () => call.captured(CAPTURE_KEY.RETURNED_FD_PATH) ?? call.captured(CAPTURE_KEY.RETURNED_PID_NAME),
      },
    }
  }

  #fields(): object {
    const { type, name, number, abi, pid, tid, args, ok, out, returned, error, interrupted, unfinished } = this
    const { injected, resumes, startNs, endNs, systemNs } = this
    const outcome = { ok, out, returned, error, interrupted, unfinished, injected, resumes }
    return { type, name, number, abi, pid, tid, args, ...outcome, startNs, endNs, systemNs }
  }

  #read(what: 'read' | 'readOut'): object {
    const values: Record<string, unknown> = {}
    const { row, cells } = this.#call
    try {
      for (const [index, [name, kind]] of (row?.args ?? []).entries()) {
        const cell = cells[index]
        if (kind[what] !== undefined && cell !== undefined) values[name] = kind[what](cell)
      }
    } catch (error) {
      // A capture that is shorter than its row says: bytes that no engine wrote.
      if (!(error instanceof RangeError)) throw error
      const message = `This is not a trace that can be read: the arguments of ${this.name} are cut.`
      throw new SyscopeError('ERR_SYSCOPE_BAD_TRACE', message, { cause: error })
    }
    return values
  }
}
