/** A trace that was read from a file: a finished run whose records stay in the file until somebody asks for them. */

import { setImmediate as immediate } from 'node:timers/promises'
import { invalid } from '../checks.ts'
import { decodeChunk } from '../decode.ts'
import { SyscopeError } from '../errors.ts'
import type { TraceEvent } from '../events.ts'
import { objectToPlain } from '../json.ts'
import { Result, type Ending, type Records, type TraceResult } from '../result.ts'
import { checkTextOptions } from '../text-checks.ts'
import { TextWriter } from '../text/order.ts'
import type { WriterOptions } from '../text/writer-options.ts'
import { alone, type Blocks } from './blocks.ts'
import type { TraceFile } from './file.ts'
import type { BlockTally, Section } from './format.ts'
import type { TraceOrigin } from './head.ts'
import { lazyArray } from './lazy-array.ts'
import { recordsOf } from './records-of.ts'

/** What `convert` can make of a trace. */
export type TraceFormat = 'text' | 'json' | 'ndjson'

/** Records that stand together in a file. */
export interface TraceBlock extends BlockTally {
  /** Where in the file. */
  readonly offset: number
  /** How many bytes of it. */
  readonly length: number
}

/**
 * A run that was loaded from a file: all that a finished run has, and `for await` as of a run that goes on. Events are read from the
 * file and decoded when they are asked for; `events` is an array of which 64 MiB of records are in memory at most (some 300,000
 * calls). Of a longer trace, what is asked for again may be another object that says the same.
 * @example
 * const run = await loadTrace('test.trace')
 * run.syscalls('connect').length
 * for await (const event of run) if (event.type === 'exec') console.log(event.program)
 */
export interface SavedTrace extends TraceResult, AsyncIterable<TraceEvent, undefined>, Disposable {
  /** Path of the file. */
  readonly path: string
  /**
   * The file breaks off, or does not say how the run ended. All whole records before the break are there; `complete` is false, and
   * what the file does not say is `undefined`.
   */
  readonly truncated: boolean
  /** Where and when it was saved. */
  readonly origin: TraceOrigin
  /** The calls that the filter let through: that there is none of another means nothing. */
  readonly recorded: 'all' | ReadonlySet<string>
  /**
   * CLOCK_REALTIME − CLOCK_MONOTONIC when the run began, in nanoseconds: `event.timeNs` plus this is the time since 1970, and
   * `text({ clock })` wants it. Absent where the file has no record.
   */
  readonly realtimeOffsetNs: bigint | undefined
  /** The index of the file: what is where, and from when to when. */
  readonly blocks: readonly TraceBlock[]
  /** The events as they came from the engine, several at a time, calls that were only announced among them. */
  batches(): AsyncIterable<readonly TraceEvent[]>
  /**
   * The whole trace piece by piece: as `text()`, as `JSON.stringify()`, or as lines of JSON, one for each event.
   * @example
   * await pipeline(run.convert('ndjson'), createWriteStream('test.ndjson'))
   */
  convert(format: TraceFormat, options?: WriterOptions): AsyncGenerator<string, undefined, undefined>
  /** Closes the file. What was not read before cannot be read any more. (It is closed by itself when nobody holds the trace.) */
  close(): void
}

/** What the file says, put together. */
export interface Contents {
  readonly file: TraceFile
  readonly blocks: Blocks
  readonly origin: TraceOrigin
  readonly isTruncated: boolean
  readonly ending: Ending
  readonly records: Omit<Records, 'chunks' | 'alone' | 'notable' | 'isKept'>
}

/** The class behind `SavedTrace`. What is its own is no own property, so that it makes the same JSON as the run did. */
export class Saved extends Result {
  readonly #contents: Contents
  #lazy: readonly TraceEvent[] | undefined

  constructor(contents: Contents) {
    const { blocks, records, ending } = contents
    super(ending, { ...records, isKept: true, chunks: () => blocks.chunks(), alone, notable: () => blocks.notable() })
    this.#contents = contents
  }

  get path(): string {
    return this.#contents.file.path
  }

  get truncated(): boolean {
    return this.#contents.isTruncated
  }

  get origin(): TraceOrigin {
    return this.#contents.origin
  }

  get recorded(): 'all' | ReadonlySet<string> {
    return this[recordsOf]().calls
  }

  get realtimeOffsetNs(): bigint | undefined {
    return this.#contents.blocks.realtimeOffsetNs
  }

  get blocks(): readonly TraceBlock[] {
    return this.#contents.blocks.sections.map(
      ({ offset, stored, records, events, notable, firstSeq, firstNs, lastNs }) => {
        return { offset, length: stored, records, events, notable, firstSeq, firstNs, lastNs }
      },
    )
  }

  override get events(): readonly TraceEvent[] {
    if (this.#isCounted) return super.events
    return (this.#lazy ??= lazyEvents(this.#contents.blocks, this.path))
  }

  override text(options: WriterOptions = {}): string {
    try {
      return super.text(options)
    } catch (error) {
      if (!(error instanceof RangeError && error.message === 'Invalid string length')) throw error
      throw new SyscopeError(
        'ERR_SYSCOPE_INVALID_ARGUMENT',
        `${this.path}: the text is longer than a string can be. Use \`convert('text')\` to have it piece by piece.`,
        { cause: error },
      )
    }
  }

  async *batches(): AsyncGenerator<readonly TraceEvent[], undefined, undefined> {
    for await (const chunk of this.#chunks()) yield [...decodeChunk(chunk)]
    return undefined
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TraceEvent, undefined, undefined> {
    for await (const chunk of this.#chunks()) yield* decodeChunk(chunk)
    return undefined
  }

  convert(format: TraceFormat, options: WriterOptions = {}): AsyncGenerator<string, undefined, undefined> {
    checkTextOptions(options)
    switch (format) {
      case 'text':
        return this.#text(options)
      case 'json':
        return this.#json()
      case 'ndjson':
        return this.#lines('', '\n', '')
      default:
        throw invalid(`Expected the format to be 'text', 'json' or 'ndjson', got ${String(format)}.`)
    }
  }

  close(): void {
    this.#contents.file.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  get #isCounted(): boolean {
    return this[recordsOf]().counts() !== undefined
  }

  /** Others have their turn after each. */
  async *#chunks(): AsyncGenerator<Uint8Array, undefined, undefined> {
    if (this.#isCounted) return void this.events
    for (const chunk of this.#contents.blocks.chunks()) {
      yield chunk
      await immediate()
    }
    return undefined
  }

  async *#text(options: WriterOptions): AsyncGenerator<string, undefined, undefined> {
    const writer = new TextWriter(options)
    for await (const chunk of this.#chunks()) yield writer.write(decodeChunk(chunk))
    yield writer.end()
    return undefined
  }

  async *#json(): AsyncGenerator<string, undefined, undefined> {
    const { denied, leaked, rules } = this
    const head = { ...objectToPlain(this), ...objectToPlain({ denied, leaked, rules }) }
    if (this.#isCounted) {
      yield JSON.stringify(head)
      return undefined
    }
    yield `${JSON.stringify(head).slice(0, -1)},"events":[`
    yield* this.#lines(',', '', '')
    yield ']}'
    return undefined
  }

  /** `between` stands before each line but the first, `after` behind each. */
  async *#lines(between: string, after: string, first: string): AsyncGenerator<string, undefined, undefined> {
    let before = first
    for await (const chunk of this.#chunks()) {
      let text = ''
      for (const event of decodeChunk(chunk)) {
        if (event.type === 'pending') continue
        text += `${before}${JSON.stringify(event)}${after}`
        before = between
      }
      yield text
    }
    return undefined
  }
}

function lazyEvents(blocks: Blocks, path: string): readonly TraceEvent[] {
  blocks.checkHoles()
  const { sections } = blocks
  /** The number of the first event of each block, and of all. */
  const firsts = [0]
  for (const { events } of sections) firsts.push((firsts.at(-1) ?? 0) + events)
  const length = firsts.at(-1) ?? 0
  if (length >= 2 ** 32) throw invalid(`${path}: ${length} events are more than an array can have. Use \`for await\`.`)
  const find = finder(sections, firsts)
  return lazyArray({
    length,
    at(index) {
      const { section, first } = find(index)
      const event = blocks.eventsOf(section)[index - first]
      if (event === undefined) throw new RangeError(`there is no event ${index}`)
      return event
    },
    *all() {
      for (const section of sections) yield* blocks.eventsOf(section)
    },
  })
}

interface Found {
  readonly section: Section
  readonly first: number
}

/** Says which block holds an event, by its number. Who walks through them asks for the same block most of the time. */
function finder(sections: readonly Section[], firsts: readonly number[]): (index: number) => Found {
  let last = { section: sections[0], first: 0, end: -1 }
  return (index) => {
    if (index < last.first || index >= last.end) {
      let low = 0
      let high = sections.length - 1
      while (low < high) {
        const middle = (low + high + 1) >>> 1
        if ((firsts[middle] ?? 0) <= index) low = middle
        else high = middle - 1
      }
      last = { section: sections[low], first: firsts[low] ?? 0, end: firsts[low + 1] ?? 0 }
    }
    const { section, first } = last
    if (section === undefined) throw new RangeError(`there is no event ${index}`)
    return { section, first }
  }
}
