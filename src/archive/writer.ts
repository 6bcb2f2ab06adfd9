/** Writes a trace chunk by chunk, so that no more than a block of it is in memory. */

import { open, type FileHandle } from 'node:fs/promises'
import { RECORD_VERSION } from '../record/layout.ts'
import { version } from '../version.ts'
import { compress, packChunks, tallyOf } from './block.ts'
import { crc32 } from './crc32.ts'
import { notSaved } from './errors.ts'
import {
  FOOTER,
  FORMAT_VERSION,
  SECTION_KIND,
  writeFooter,
  writePreamble,
  writeSection,
  type BlockTally,
} from './format.ts'
import { outcomeOf, writeHead, writeOutcome, type Outcome, type TraceStart } from './head.ts'
import { checkRun } from './savable.ts'

/** Bytes of records that are compressed together. Larger blocks save little, and cost who looks for one event more. */
const BLOCK_SIZE = 2 ** 20

/** Who writes while a run goes on, and is killed, loses what came in this time and no more. */
const WRITTEN_WITHIN_MS = 1000

const noTally: BlockTally = { records: 0, events: 0, notable: 0, firstSeq: 0, firstNs: 0n, lastNs: 0n }

interface Start extends TraceStart {
  /** How the run ended, where that is known already. */
  readonly outcome?: Outcome
}

/**
 * A trace that is being written. Calls may overlap: each waits for those before it, and after one that failed all others fail in the
 * same way. What was written can be read even if the process ends before `end`.
 */
export class TraceWriter {
  readonly #path: string
  readonly #file: FileHandle
  readonly #headers: Uint8Array[] = []
  #offset = 0
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #timer: NodeJS.Timeout | undefined
  #hasOutcome = false
  #last: Promise<void> = Promise.resolve()

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  /**
   * Begins a file. `isNew`: throws where there is one already. Throws a SyscopeError with `errno` where it cannot be written.
   * @example
   * const writer = await TraceWriter.create('run.trace', { command: 'make', pid: 7, calls: 'all', rules: [] })
   */
  static async create(path: string, start: Start, isNew = false): Promise<TraceWriter> {
    const file = await open(path, isNew ? 'wx' : 'w').catch((error: unknown) => {
      throw notSaved(path, error)
    })
    const writer = new TraceWriter(path, file)
    try {
      await writer.#begin(start)
      return writer
    } catch (error) {
      await writer.abort()
      throw error
    }
  }

  /** Adds a chunk of whole records. Resolves when the next may come: who waits for it keeps memory bounded. */
  write(chunk: Uint8Array): Promise<void> {
    return this.#inOrder(async () => {
      this.#waiting.push(chunk)
      this.#waitingBytes += chunk.length
      if (this.#waitingBytes >= BLOCK_SIZE) await this.#writeBlock()
      // Who fails here hears of it at the next call.
      else this.#timer ??= setTimeout(() => void this.flush(), WRITTEN_WITHIN_MS).unref()
    })
  }

  /** Writes what waits for its block to be full, which happens by itself within a second. */
  flush(): Promise<void> {
    return this.#inOrder(() => this.#writeBlock())
  }

  /** Adds the table of a run that counted its calls. */
  writeCounts(counts: Uint8Array): Promise<void> {
    return this.#inOrder(() => this.#section(SECTION_KIND.COUNTS, counts))
  }

  /** Says how the run ended (a finished run tells), and completes the file. */
  async end(run?: object): Promise<void> {
    const outcome = run === undefined ? undefined : outcomeOf(checkRun(run))
    await this.#inOrder(() => this.#finish(outcome)).catch(async (error: unknown) => {
      await this.abort()
      throw error
    })
    await this.#file.close()
  }

  /** Closes the file as it is. */
  async abort(): Promise<void> {
    await this.#last.catch(() => {})
    clearTimeout(this.#timer)
    await this.#file.close().catch(() => {})
  }

  async #begin({ outcome, ...start }: Start): Promise<void> {
    this.#hasOutcome = outcome !== undefined
    await this.#put(writePreamble({ format: FORMAT_VERSION, records: RECORD_VERSION, syscope: version }))
    await this.#section(SECTION_KIND.HEAD, writeHead(start, outcome))
  }

  async #finish(outcome: Outcome | undefined): Promise<void> {
    await this.#writeBlock()
    // A file that ends with neither breaks off.
    const end = this.#hasOutcome || outcome === undefined ? new Uint8Array() : writeOutcome(outcome)
    await this.#section(SECTION_KIND.END, end)
    const index = this.#offset
    await this.#section(SECTION_KIND.INDEX, Buffer.concat(this.#headers))
    const footer = writeFooter(index, this.#offset + FOOTER.SIZE_OF)
    await this.#put(footer)
    await this.#file.sync()
  }

  async #writeBlock(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const chunks = this.#waiting
    if (chunks.length === 0) return
    this.#waiting = []
    this.#waitingBytes = 0
    await this.#section(SECTION_KIND.BLOCK, packChunks(chunks), { ...tallyOf(chunks), chunks: chunks.length })
  }

  async #section(kind: number, raw: Uint8Array, tally: Partial<BlockTally> & { chunks?: number } = {}): Promise<void> {
    const stored = await compress(raw)
    const place = { kind, offset: this.#offset, number: this.#headers.length }
    const sizes = { stored: stored.length, raw: raw.length, crc: crc32(stored) }
    const header = writeSection({ ...noTally, chunks: 0, ...tally, ...place, ...sizes })
    this.#headers.push(header)
    await this.#put(Buffer.concat([header, stored]))
  }

  async #put(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await this.#file.write(bytes, at)
        at += bytesWritten
      }
    } catch (error) {
      throw notSaved(this.#path, error)
    }
    this.#offset += bytes.length
  }

  #inOrder(task: () => Promise<void>): Promise<void> {
    const done = this.#last.then(task)
    this.#last = done
    // Whoever calls next, or ends, hears of it.
    done.catch(() => {})
    return done
  }
}
