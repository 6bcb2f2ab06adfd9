/** Brings chunks of records from the engine to those who want them, and nothing where nobody does. */

import { SyscopeError } from './errors.ts'
import type { NativeSession } from './native.ts'
import { isNotable, readRecords, type RawRecord } from './record/reader.ts'

/** Bytes that wait for a reader that sets the pace; the engine keeps the rest, and spills it. */
const mostWaiting = 2 ** 26

export class Feed {
  readonly #session: NativeSession
  /** Undefined: yes, until somebody reads the stream. */
  readonly #keep: boolean | undefined
  /** The tracees wait for room, so somebody has to make it. */
  readonly #alwaysTakes: boolean
  readonly #listeners = new Set<(chunk: Uint8Array) => void>()
  readonly #readers = new Set<Reader>()
  /** Those of the readers that set the pace. */
  readonly #pacers = new Set<Reader>()
  readonly #noted: RawRecord[] = []
  #kept: Uint8Array[] = []
  #wasRead = false
  /** Chunks have gone to readers and were not kept. */
  #hasDropped = false
  #isOver = false

  constructor(session: NativeSession, keep: boolean | undefined, alwaysTakes: boolean) {
    this.#session = session
    this.#keep = keep
    this.#alwaysTakes = alwaysTakes
    if (alwaysTakes) session.setConsuming(true)
  }

  get isKept(): boolean {
    return this.#keep ?? !this.#wasRead
  }

  /** There may be something to take. */
  wake(): void {
    while (this.#isWanted() && !this.#isHeldUp()) {
      if (this.#take() === undefined) return
    }
  }

  /** The run is over: what is in the engine now is all. */
  finish(): void {
    this.#isOver = true
    this.wake()
    for (const reader of this.#readers) reader.finish()
    this.#updateConsuming()
    if (!this.isKept && this.#readers.size === 0) this.#giveUp()
  }

  listen(listener: (chunk: Uint8Array) => void): void {
    this.#listeners.add(listener)
    this.#updateConsuming()
  }

  unlisten(listener: (chunk: Uint8Array) => void): void {
    this.#listeners.delete(listener)
    this.#updateConsuming()
  }

  /** Everything from the start, as long as it was kept. `setsPace`: nobody is given more than this reader can keep up with. */
  read(setsPace = false): Reader {
    if (this.#hasDropped) throw notKept('has begun already')
    const reader = new Reader([...this.#kept], {
      take: () => !this.#isHeldUp() && this.#take() !== undefined,
      isOver: () => this.#isOver && !this.#isHeldUp(),
      taken: () => {
        if (this.#pacers.size > 0) this.#goOn()
      },
      close: () => this.#close(reader),
    })
    this.#wasRead = true
    if (!this.isKept) this.#drop()
    this.#readers.add(reader)
    if (setsPace) this.#pacers.add(reader)
    this.#updateConsuming()
    return reader
  }

  /** All chunks of the run, for the result. */
  all(): readonly Uint8Array[] {
    if (!this.isKept) {
      throw notKept('were not kept')
    }
    while (this.#take() !== undefined);
    return this.#kept
  }

  /** The records that a result tells of even if nothing is kept. */
  notable(): readonly RawRecord[] {
    return this.isKept ? this.all().flatMap(notableIn) : this.#noted
  }

  /** What nobody reads and nobody keeps would stay in memory, or on disk, with the session; but for what is notable. */
  #giveUp(): void {
    while (this.#take() !== undefined);
    this.#session.abandon()
  }

  #drop(): void {
    this.#noted.push(...this.#kept.flatMap(notableIn))
    this.#kept = []
  }

  #take(): Uint8Array | undefined {
    const chunk = this.#session.take()
    if (chunk === null) return undefined
    if (this.isKept) this.#kept.push(chunk)
    else {
      this.#hasDropped = true
      this.#noted.push(...notableIn(chunk))
    }
    for (const reader of this.#readers) reader.push(chunk)
    for (const listener of this.#listeners) listener(chunk)
    return chunk
  }

  #isHeldUp(): boolean {
    for (const reader of this.#pacers) if (reader.waitingBytes > mostWaiting) return true
    return false
  }

  /** Who was held up looks again. */
  #goOn(): void {
    if (this.#isHeldUp()) return
    for (const reader of this.#readers) reader.finish()
  }

  #isWanted(): boolean {
    if (this.#listeners.size > 0) return true
    if (this.#readers.size > 0) return [...this.#readers].some((it) => it.isWaiting)
    return this.#alwaysTakes && !this.#isOver
  }

  #updateConsuming(): void {
    if (this.#isOver) return
    this.#session.setConsuming(this.#alwaysTakes || this.#listeners.size > 0 || this.#readers.size > 0)
  }

  #close(reader: Reader): void {
    if (!this.#readers.delete(reader)) return
    if (this.#pacers.delete(reader)) this.#goOn()
    this.#updateConsuming()
    if (this.#isOver && !this.isKept && this.#readers.size === 0) this.#giveUp()
  }
}

function notKept(what: 'were not kept' | 'has begun already'): SyscopeError {
  const start =
    what === 'were not kept'
      ? 'The events of this run were not kept.'
      : 'The events of this run are going to another `for await`, and the first of them are gone.'
  return new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', `${start} Use the option \`keep: true\` to have them here too.`)
}

interface Source {
  /** Brings one chunk to all readers; false where none is ready. */
  take(): boolean
  isOver(): boolean
  /** A chunk has left a reader's queue. */
  taken(): void
  close(): void
}

/** One consumer's place in the stream of chunks. */
export class Reader {
  readonly #source: Source
  readonly #queue: Uint8Array[]
  #waiting: (() => void) | undefined
  #waitingBytes = 0

  constructor(queue: Uint8Array[], source: Source) {
    this.#queue = queue
    this.#source = source
    for (const chunk of queue) this.#waitingBytes += chunk.length
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  get isWaiting(): boolean {
    return this.#waiting !== undefined
  }

  push(chunk: Uint8Array): void {
    this.#queue.push(chunk)
    this.#waitingBytes += chunk.length
    this.finish()
  }

  /** Lets `next` look again. */
  finish(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.()
  }

  /** The next chunk; `undefined` at the end. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#queue.shift()
      if (chunk !== undefined) {
        this.#waitingBytes -= chunk.length
        this.#source.taken()
        return chunk
      }
      if (this.#source.take()) continue
      if (this.#source.isOver()) return undefined
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }

  close(): void {
    this.#source.close()
  }
}

/** Processes that were left, and calls with a rule. */
export function notableIn(chunk: Uint8Array): readonly RawRecord[] {
  return [...readRecords(chunk)].filter(isNotable)
}
