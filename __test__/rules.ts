/** The engine's rules read back from their bytes, and asked about calls that nobody makes: for tests that need no engine. */

export interface ReadRule {
  readonly id: number
  readonly flags: number
  readonly scope: number
  readonly first: number
  readonly last: number
  readonly step: number
  readonly targets: readonly { readonly abi: number; readonly number: number }[]
  readonly when: ReadPredicate
  readonly outcome: ReadPredicate | undefined
  readonly actions: readonly ReadAction[]
}

export interface ReadValue {
  readonly kind: number
  readonly width: number
  readonly signed: boolean
  readonly index: number
  readonly offset: number
}

export interface ReadMatcher {
  readonly how: 'exact' | 'beneath' | 'glob'
  readonly last: boolean
  readonly text: string
}

export type ReadPredicate =
  | { readonly op: 'always' }
  | { readonly op: 'all' | 'any'; readonly of: readonly ReadPredicate[] }
  | { readonly op: 'not'; readonly of: ReadPredicate }
  | {
      readonly op: 'word'
      readonly value: ReadValue
      readonly mask: bigint
      readonly compare: number
      readonly operand: bigint
    }
  | {
      readonly op: 'bytes'
      readonly offset: number
      readonly how: number
      readonly bytes: Uint8Array
      readonly mask: Uint8Array | undefined
    }
  | { readonly op: 'within'; readonly key: number; readonly of: ReadPredicate }
  | {
      readonly op: 'path'
      readonly key: number
      readonly directory: ReadValue
      readonly flags: number
      readonly matcher: ReadMatcher
    }
  | { readonly op: 'fd'; readonly fd: ReadValue; readonly matcher: ReadMatcher }
  | { readonly op: 'socket'; readonly fd: ReadValue; readonly of: ReadPredicate }
  | { readonly op: 'program'; readonly matcher: ReadMatcher }
  | { readonly op: 'argv'; readonly any: boolean; readonly matcher: ReadMatcher }

export type ReadAction = readonly [op: number, ...fields: readonly (number | bigint | string)[]]

/** Throws for bytes that are no rules, as the engine does. */
export function readRules(bytes: Uint8Array): readonly ReadRule[] {
  const reader = new Reader(bytes)
  if (reader.u32() !== 0x4c52_5053 || reader.u16() !== 2) throw new Error('not rules')
  const rules = Array.from({ length: reader.u16() }, () => readRule(reader))
  if (!reader.isAtEnd) throw new Error(`bytes are left at ${reader.at}`)
  return rules
}

class Reader {
  at = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get isAtEnd(): boolean {
    return this.at === this.#bytes.length
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    if (at + length > this.#bytes.length) throw new Error('cut')
    return this.#bytes.slice(at, at + length)
  }

  #take(size: number): number {
    this.at += size
    return this.at - size
  }
}

function readRule(reader: Reader): ReadRule {
  const id = reader.u16()
  const flags = reader.u8()
  const [scope, first, last, step] = [reader.u8(), reader.u32(), reader.u32(), reader.u32()]
  if (id === 0 || first === 0 || last < first) throw new Error('a rule that never acts')
  const targets = Array.from({ length: reader.u32() }, () => {
    const abi = reader.u8()
    if (reader.bytes(3).some((it) => it !== 0)) throw new Error('no padding')
    return { abi, number: reader.u32() }
  })
  const when = readPredicate(reader, 0)
  const outcome = (flags & 2) === 0 ? undefined : readPredicate(reader, 0)
  const actions = Array.from({ length: reader.u16() }, () => readAction(reader))
  return { id, flags, scope, first, last, step, targets, when, outcome, actions }
}

function readAction(reader: Reader): ReadAction {
  const op = reader.u8()
  switch (op) {
    case 1:
    case 3:
    case 7:
      return [op, reader.u32()]
    case 2:
    case 4:
      return [op, BigInt.asIntN(64, reader.u64())]
    case 5:
      return [op, reader.u8(), reader.u64()]
    case 6:
      return [op, reader.u8(), reader.u8(), reader.u32(), Buffer.from(reader.bytes(reader.u32())).toString('latin1')]
    case 8:
      return [op, reader.u8(), reader.u64()]
    case 9:
    case 10:
      return [op]
    case 11:
      return [op, reader.u8()]
    default:
      throw new Error(`action ${op}`)
  }
}

function readPredicate(reader: Reader, depth: number): ReadPredicate {
  if (depth > 12) throw new Error('nested too deep')
  const op = reader.u8()
  switch (op) {
    case 0:
      return { op: 'always' }
    case 1:
    case 2: {
      const of = Array.from({ length: reader.u16() }, () => readPredicate(reader, depth + 1))
      return { op: op === 1 ? 'all' : 'any', of }
    }
    case 3:
      return { op: 'not', of: readPredicate(reader, depth + 1) }
    case 4:
      return {
        op: 'word',
        value: readValue(reader),
        mask: reader.u64(),
        compare: reader.u8(),
        operand: reader.u64(),
      }
    case 5: {
      const [offset, how, length] = [reader.u32(), reader.u8(), reader.u32()]
      const bytes = reader.bytes(length)
      return { op: 'bytes', offset, how, bytes, mask: how === 2 ? reader.bytes(length) : undefined }
    }
    case 6:
      return { op: 'within', key: reader.u8(), of: readPredicate(reader, depth + 1) }
    case 7: {
      const [key, directory, flags] = [reader.u8(), readValue(reader), reader.u8()]
      return { op: 'path', key, directory, flags, matcher: readMatcher(reader) }
    }
    case 8:
      return { op: 'fd', fd: readValue(reader), matcher: readMatcher(reader) }
    case 9:
      return { op: 'socket', fd: readValue(reader), of: readPredicate(reader, depth + 1) }
    case 10:
      return { op: 'program', matcher: readMatcher(reader) }
    case 11:
      return { op: 'argv', any: reader.u8() === 1, matcher: readMatcher(reader) }
    default:
      throw new Error(`predicate ${op}`)
  }
}

function readValue(reader: Reader): ReadValue {
  const [kind, width, signed, index, offset] = [reader.u8(), reader.u8(), reader.u8() === 1, reader.u8(), reader.u32()]
  reader.u64()
  return { kind, width, signed, index, offset }
}

function readMatcher(reader: Reader): ReadMatcher {
  const how = (['exact', 'beneath', 'glob'] as const)[reader.u8()]
  const last = reader.u8() === 1
  if (how === undefined) throw new Error('unknown way to match')
  return { how, last, text: Buffer.from(reader.bytes(reader.u32())).toString() }
}

/** What is known of a call. */
export interface AskedCall {
  readonly abi?: number
  readonly number: number
  readonly args?: readonly (number | bigint)[]
  readonly captures?: Readonly<Record<number, AskedCapture>>
  /** By descriptor: domain, type, peer's address. */
  readonly sockets?: Readonly<Record<number, Uint8Array>>
  /** Links of descriptors. */
  readonly links?: Readonly<Record<number, string>>
  /** Absolute paths, by argument. */
  readonly paths?: Readonly<Record<number, string>>
  readonly pid?: number
  readonly depth?: number
  readonly program?: string
  readonly argv?: readonly string[]
  readonly result?: bigint
}

export interface AskedCapture {
  readonly bytes: Uint8Array
  readonly children?: readonly { readonly key: number; readonly bytes: Uint8Array }[]
}

/** The first rule that a call matches, counting apart. */
export function matched(rules: readonly ReadRule[], call: AskedCall): ReadRule | undefined {
  return rules.find(
    (rule) =>
      rule.targets.some(({ abi, number }) => abi === (call.abi ?? 0) && number === call.number) &&
      holds(rule.when, call) &&
      (rule.outcome === undefined || holds(rule.outcome, call)),
  )
}

interface Level {
  readonly bytes?: Uint8Array
  readonly children?: AskedCapture['children']
}

export function holds(predicate: ReadPredicate, call: AskedCall, level: Level = {}): boolean {
  switch (predicate.op) {
    case 'always':
      return true
    case 'all':
      return predicate.of.every((it) => holds(it, call, level))
    case 'any':
      return predicate.of.some((it) => holds(it, call, level))
    case 'not':
      return !holds(predicate.of, call, level)
    case 'word': {
      const word = wordOf(predicate.value, call, level)
      return word !== undefined && compared(word & predicate.mask, predicate.compare, predicate.operand)
    }
    case 'bytes':
      return agree(level.bytes?.subarray(predicate.offset), predicate)
    case 'within': {
      const captures = level.bytes === undefined ? topCaptures(call, predicate.key) : childrenOf(level, predicate.key)
      return captures.some((it) => holds(predicate.of, call, it))
    }
    case 'path':
      return isMatch(predicate.matcher, call.paths?.[predicate.key])
    case 'fd':
      return isMatch(predicate.matcher, call.links?.[Number(wordOf(predicate.fd, call, level))])
    case 'socket': {
      const bytes = call.sockets?.[Number(wordOf(predicate.fd, call, level))]
      return bytes !== undefined && holds(predicate.of, call, { bytes, children: [] })
    }
    case 'program':
      return isMatch(predicate.matcher, call.program)
    case 'argv':
      return (predicate.any ? (call.argv ?? []) : (call.argv ?? []).slice(0, 1)).some((it) =>
        isMatch(predicate.matcher, it),
      )
  }
}

function topCaptures({ captures = {} }: AskedCall, key: number): readonly Level[] {
  const found = captures[key]
  return found === undefined ? [] : [found]
}

function childrenOf({ children = [] }: Level, key: number): readonly Level[] {
  return children.filter((it) => it.key === key).map(({ bytes }) => ({ bytes }))
}

function wordOf(value: ReadValue, call: AskedCall, { bytes }: Level): bigint | undefined {
  const whole = wholeWord(value, call, bytes)
  if (whole === undefined) return undefined
  const bits = 8 * value.width
  return value.signed ? BigInt.asUintN(64, BigInt.asIntN(bits, whole)) : BigInt.asUintN(bits, whole)
}

function wholeWord({ kind, width, index, offset }: ReadValue, call: AskedCall, bytes?: Uint8Array): bigint | undefined {
  switch (kind) {
    case 1:
      return BigInt(call.args?.[index] ?? 0)
    case 2:
      return call.result
    case 3: {
      if (bytes === undefined || offset + width > bytes.length) return undefined
      return bytes.slice(offset, offset + width).reduceRight((word, byte) => word * 256n + BigInt(byte), 0n)
    }
    case 8:
      return BigInt(call.pid ?? 7)
    case 10:
      return BigInt(call.depth ?? 0)
    default:
      throw new Error(`value ${kind}`)
  }
}

function compared(word: bigint, compare: number, operand: bigint): boolean {
  return [word === operand, word !== operand, word < operand, word <= operand, word > operand, word >= operand][
    compare
  ]!
}

function agree(found: Uint8Array | undefined, test: Extract<ReadPredicate, { readonly op: 'bytes' }>): boolean {
  if (found === undefined || found.length < test.bytes.length) return false
  if (test.how === 0 && found.length !== test.bytes.length) return false
  return test.bytes.every((byte, index) => (found[index]! & (test.mask?.[index] ?? 0xff)) === byte)
}

/** Globs are the engine's business: here they match what is the same text. */
function isMatch({ how, last, text }: ReadMatcher, name: string | undefined): boolean {
  if (name === undefined) return false
  const compared = last ? name.slice(name.lastIndexOf('/') + 1) : name
  if (how === 'beneath') return compared === text || compared.startsWith(text === '/' ? '/' : `${text}/`)
  return compared === text
}
