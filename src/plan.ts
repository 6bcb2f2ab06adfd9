/** The table -> what the engine understands: the capture plan and the rules, as bytes. */

import type {
  Amount,
  CaptureSpec,
  Counted,
  FdDetail,
  FdDetails,
  FieldCapture,
  PidDetail,
  PidDetails,
} from './args/arg.ts'
import { CAPTURE_KEY } from './record/layout.ts'
import { abiNumbers } from './record/reader.ts'
import { abis, isNamed } from './table/abi.ts'
import { ruledRow } from './rules/rows.ts'
import { allRowsOf, type Row } from './table/index.ts'
import { Writer } from './writer.ts'

const PLAN_MAGIC = 0x4e4c5053
const PLAN_VERSION = 1
const RECORD_UNLISTED = 1
const NAME_THREADS = 2
const RECORD = 1

const OP = { CSTRING: 1, BYTES: 2, ARRAY: 3, STRINGS: 4, SWITCH: 5, FDPATH: 6, FDS: 7, PROCESS: 8 } as const
const COUNTED: Readonly<Record<Counted, number>> = { thread: 0, process: 1, group: 2, session: 3 }
/** What the engine can tell of a descriptor besides its link. */
const WISH: Readonly<Record<FdDetail, number>> = { path: 0, dev: 1, socket: 2, eventfd: 4, pidfd: 8, signalfd: 16 }
const WHEN = { entry: 0, success: 1, any: 2, failure: 3 } as const
const VALUE = { CONSTANT: 0, ARGUMENT: 1, RESULT: 2, FIELD: 3, DEREF: 4, ENTRY: 5, STACK: 7, ABSENT: 255 } as const

const PATH_MAX = 4096
const MAX_ARG_STRLEN = 131_072
/** The engine refuses more. */
const MAX_BYTES = 1 << 20
const MAX_COUNT = 1 << 16

export interface PlanOptions {
  /** Names of the calls to record, as the rows of each ABI have them. */
  readonly record: ReadonlySet<string> | 'all'
  /** Names of calls that rules concern: copied, so that what a rule does can be told in full, whether they are recorded or not. */
  readonly ruled?: ReadonlySet<string>
  /** Most bytes of a buffer or a string that is no path. */
  readonly stringLimit: number
  /** Copy the link of each descriptor too, and what else is wanted of it. */
  readonly decodeFds: FdDetails
  /** Copy what is wanted of each process too. */
  readonly decodePids?: PidDetails
}

function wantsOfPids({ decodePids = false }: PlanOptions, detail: PidDetail): boolean {
  return decodePids !== false && decodePids.has(detail)
}

/** What the engine copies for which call. Calls that nobody asks for are not in it. */
export function compilePlan(options: PlanOptions): Uint8Array {
  const writer = new Writer()
  writer.u32(PLAN_MAGIC)
  writer.u16(PLAN_VERSION)
  writer.u16((options.record === 'all' ? RECORD_UNLISTED : 0) | (wantsOfPids(options, 'comm') ? NAME_THREADS : 0))
  const count = writer.reserveU32()
  let calls = 0
  for (const [abi] of abis) {
    for (const row of allRowsOf(abi)) {
      const isRecorded = options.record === 'all' || isNamed(options.record, abi, row.name)
      const isRuled = options.ruled !== undefined && isNamed(options.ruled, abi, row.name)
      if (!isRecorded && !isRuled) continue
      writeCall(writer, abiNumbers[abi], isRuled ? ruledRow(abi, row) : row, isRecorded ? RECORD : 0, options)
      calls += 1
    }
  }
  writer.fillU32(count, calls)
  return writer.bytes()
}

function writeCall(writer: Writer, abi: number, row: Row, flags: number, options: PlanOptions): void {
  writer.u8(abi)
  writer.u8(flags)
  const captures = writer.reserveU16()
  writer.u32(row.number)
  const call = new CallWriter(writer, row, abi, options)
  writer.fillU16(captures, call.write())
}

/** Where a pointer lies. */
type Place = { readonly argument: number } | { readonly field: number } | { readonly stack: number } | 'result'

class CallWriter {
  readonly #writer: Writer
  readonly #row: Row
  readonly #pointerWidth: 4 | 8
  readonly #options: PlanOptions
  /** What is wanted of descriptors; undefined for not even their links. */
  readonly #wishes: number | undefined

  constructor(writer: Writer, row: Row, abi: number, options: PlanOptions) {
    this.#writer = writer
    this.#row = row
    this.#pointerWidth = abi === 1 ? 4 : 8
    this.#options = options
    const { decodeFds } = options
    this.#wishes = decodeFds === false ? undefined : [...decodeFds].reduce((wishes, detail) => wishes | WISH[detail], 0)
  }

  write(): number {
    let nodes = 0
    for (const [index, [, kind]] of this.#row.args.entries()) {
      if (kind.entry !== undefined) nodes += this.#node(kind.entry, index, WHEN.entry, { argument: index })
      if (kind.exit !== undefined) {
        nodes += this.#node(kind.exit, index, WHEN[kind.exitAfter ?? 'success'], { argument: index })
      }
      if (kind.fd === true)
        nodes += this.#node({ copy: 'fd' }, CAPTURE_KEY.FD_PATH + index, WHEN.entry, { argument: index })
      if (kind.pid !== undefined) {
        const key = CAPTURE_KEY.PID_NAME + index
        nodes += this.#node({ copy: 'pid', counted: kind.pid }, key, WHEN.entry, { argument: index })
      }
    }
    nodes += this.#returnedFdPath()
    const { pid } = this.#row.returns
    if (pid !== undefined) {
      nodes += this.#node({ copy: 'pid', counted: pid }, CAPTURE_KEY.RETURNED_PID_NAME, WHEN.success, 'result')
    }
    return nodes
  }

  /** Whether this is copied at all. */
  #isWanted(spec: CaptureSpec): boolean {
    if (spec.copy === 'fd' && spec.always === true) return true
    if (spec.copy === 'fd' || spec.copy === 'fds') return this.#wishes !== undefined
    if (spec.copy !== 'pid') return true
    const hasName = spec.counted === 'thread' || spec.counted === 'process'
    return (hasName && wantsOfPids(this.#options, 'comm')) || wantsOfPids(this.#options, 'pidns')
  }

  /** Writes one node, if it is wanted, and says how many that were. */
  #node(spec: CaptureSpec, key: number, when: number, place: Place): number {
    if (!this.#isWanted(spec)) return 0
    switch (spec.copy) {
      case 'fd':
        this.#head(OP.FDPATH, key, when, 0)
        this.#place(place, 4, true)
        this.#writer.u8(this.#wishes ?? 0)
        this.#owner(spec.of)
        return 1
      case 'fds':
        this.#head(OP.FDS, key, when, 0)
        this.#amount(spec.end)
        this.#writer.u8(spec.in === 'bits' ? 0 : 1)
        this.#writer.u8(this.#wishes ?? 0)
        return 1
      case 'pid':
        this.#head(OP.PROCESS, key, when, 0)
        this.#place(place, 4, true)
        this.#writer.u8(COUNTED[spec.counted])
        this.#writer.u8((wantsOfPids(this.#options, 'comm') ? 1 : 0) | (wantsOfPids(this.#options, 'pidns') ? 2 : 0))
        return 1
      case 'string':
        this.#head(OP.CSTRING, key, when, 0)
        this.#place(place)
        this.#writer.u32(this.#limit(spec.limit === 'path' ? PATH_MAX : spec.limit, MAX_BYTES))
        return 1
      case 'bytes':
        this.#head(OP.BYTES, key, when, this.#fieldCount(spec.fields))
        this.#place(spec.from ?? place)
        this.#amount(spec.length)
        this.#writer.u32(spec.scale ?? 1)
        this.#amount(spec.atMost)
        this.#writer.u32(this.#limit(spec.limit ?? MAX_BYTES, MAX_BYTES, spec.header))
        this.#fields(spec.fields)
        return 1
      case 'array':
        this.#head(OP.ARRAY, key, when, this.#fieldCount(spec.fields))
        this.#place(place)
        this.#amount(spec.count)
        this.#amount(spec.budget)
        this.#writer.u32(spec.stride)
        this.#writer.u32(this.#limit(spec.limit ?? MAX_COUNT, MAX_COUNT))
        this.#fields(spec.fields)
        return 1
      case 'strings':
        this.#head(OP.STRINGS, key, when, 0)
        this.#place(place)
        this.#writer.u32(MAX_COUNT)
        // Whole, whatever the string limit: an argument that was cut would be another argument. The kernel takes none longer.
        this.#writer.u32(MAX_ARG_STRLEN)
        return 1
      case 'switch':
        this.#head(OP.SWITCH, key, when, 0)
        this.#amount(spec.on)
        this.#writer.u16(spec.cases.length)
        for (const { equals, mask, then } of spec.cases) {
          this.#writer.u64(BigInt(mask ?? 0xffff_ffff_ffff_ffffn))
          this.#writer.u64(BigInt.asUintN(64, BigInt(equals)))
          this.#branch(then, key, when, place)
        }
        this.#branch(spec.otherwise, key, when, place)
        return 1
    }
  }

  #branch(spec: CaptureSpec | undefined, key: number, when: number, place: Place): void {
    const isThere = spec !== undefined && this.#isWanted(spec)
    this.#writer.u8(isThere ? 1 : 0)
    if (isThere) this.#node(spec, key, when, place)
  }

  #owner(of: { readonly pid: string } | { readonly pidfd: string } | undefined): void {
    this.#writer.u8(of === undefined ? 0 : 'pid' in of ? 1 : 2)
    if (of !== undefined) this.#amount({ arg: 'pid' in of ? of.pid : of.pidfd, width: 4, signed: true })
  }

  #fieldCount(fields: readonly FieldCapture[] = []): number {
    return fields.filter(({ then }) => this.#isWanted(then)).length
  }

  #fields(fields: readonly FieldCapture[] | undefined): void {
    for (const { key, at, then } of fields ?? []) this.#node(then, key, WHEN.entry, { field: at })
  }

  #returnedFdPath(): number {
    const { fd } = this.#row.returns
    if (fd === undefined || this.#wishes === undefined) return 0
    if (fd === true) return this.#resultPath()
    this.#head(OP.SWITCH, CAPTURE_KEY.RETURNED_FD_PATH, WHEN.success, 0)
    this.#amount({ arg: fd.on, width: 4 })
    this.#writer.u16(fd.equals.length)
    for (const equals of fd.equals) {
      this.#writer.u64(BigInt(fd.mask ?? 0xffff_ffff))
      this.#writer.u64(BigInt(equals))
      this.#writer.u8(1)
      this.#resultPath()
    }
    this.#writer.u8(0)
    return 1
  }

  #resultPath(): number {
    return this.#node({ copy: 'fd' }, CAPTURE_KEY.RETURNED_FD_PATH, WHEN.success, 'result')
  }

  #head(op: number, key: number, when: number, children: number): void {
    this.#writer.u8(op)
    this.#writer.u8(key)
    this.#writer.u8(when)
    this.#writer.u8(children)
  }

  #place(place: Place, width: number = this.#pointerWidth, signed = false): void {
    if (place === 'result') this.#value(VALUE.RESULT, width, signed, 0, 0, 0n)
    else if ('stack' in place) this.#value(VALUE.STACK, 8, false, 0, place.stack, 0n)
    else if ('argument' in place) this.#value(VALUE.ARGUMENT, width, signed, place.argument, 0, 0n)
    else this.#value(VALUE.FIELD, width, signed, 0, place.field, 0n)
  }

  #amount(amount: Amount | undefined): void {
    if (amount === undefined) this.#value(VALUE.ABSENT, 8, false, 0, 0, 0n)
    else if (typeof amount === 'number') this.#value(VALUE.CONSTANT, 8, false, 0, 0, BigInt(amount))
    else if (amount === 'result') this.#value(VALUE.RESULT, 8, true, 0, 0, 0n)
    else if ('arg' in amount) {
      this.#value(
        VALUE.ARGUMENT,
        amount.width ?? this.#pointerWidth,
        amount.signed ?? false,
        this.#index(amount.arg),
        0,
        0n,
      )
    } else if ('field' in amount) this.#value(VALUE.FIELD, amount.width, amount.signed ?? false, 0, amount.field, 0n)
    else if ('deref' in amount) {
      this.#value(VALUE.DEREF, amount.width, amount.signed ?? false, this.#index(amount.deref), amount.at ?? 0, 0n)
    } else
      this.#value(VALUE.ENTRY, amount.width, amount.signed ?? false, this.#index(amount.before), amount.at ?? 0, 0n)
  }

  #value(kind: number, width: number, signed: boolean, index: number, offset: number, constant: bigint): void {
    this.#writer.u8(kind)
    this.#writer.u8(width)
    this.#writer.u8(signed ? 1 : 0)
    this.#writer.u8(index)
    this.#writer.u32(offset)
    this.#writer.u64(constant)
  }

  #index(name: string): number {
    const index = this.#row.args.findIndex(([argument]) => argument === name)
    if (index < 0) throw new Error(`${this.#row.name} has no argument ${name}`)
    return index
  }

  #limit(limit: number | 'data', most: number, header = 0): number {
    return Math.min(limit === 'data' ? this.#options.stringLimit + header : limit, most)
  }
}
