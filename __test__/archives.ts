/** Finished runs and files of traces, for the tests of what saves them. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadTrace } from '../src/archive/load.ts'
import type { SavedTrace } from '../src/archive/saved.ts'
import { TraceWriter } from '../src/archive/writer.ts'
import type { TraceOptions } from '../src/options.ts'
import { KIND, MODE, SESSION } from '../src/record/layout.ts'
import { isNotable, readRecords } from '../src/record/reader.ts'
import { Result, type Ending, type Records, type TraceResult } from '../src/result.ts'
import { trace } from '../src/trace.ts'
import { callRecord, record } from './records.ts'

export const ending: Ending = {
  command: 'a "b c"',
  pid: 7,
  cwd: '/work',
  exitCode: 3,
  signal: undefined,
  coreDumped: false,
  stdout: 'out\udc80\n',
  stderr: Uint8Array.of(0, 255),
  timedOut: false,
  durationMs: 12.5,
  mode: 'filter',
  fallback: undefined,
  complete: true,
  incomplete: [],
}

/** A run of which all is made up. */
export function madeRun(chunks: readonly Uint8Array[], records: Partial<Records> = {}): Result {
  const notable = () => chunks.flatMap((chunk) => [...readRecords(chunk)].filter(isNotable))
  const usual = { isKept: true, chunks: () => chunks, notable, counts: () => undefined }
  return new Result(ending, { ...usual, calls: 'all', follow: true, rules: [], ruleEnds: [], ...records })
}

/** Traces a command; without the types that its options would give. */
export async function keptRun(file: string, args: readonly string[], options: TraceOptions = {}): Promise<TraceResult> {
  return await trace(file, args, options)
}

export const session = (): Uint8Array =>
  record(KIND.SESSION, SESSION.SIZE_OF, { words: { [SESSION.VERSION]: 1, [SESSION.MODE]: MODE.FILTER } })

/** A call of openat(2) on a path of its own. */
export const openat = (seq: number): Uint8Array =>
  callRecord({
    nr: 257,
    seq,
    timeNs: BigInt(seq) * 1000n,
    result: 3,
    args: [-100, 4096n + BigInt(seq), 0],
    captures: [{ key: 1, bytes: `/file/${seq}` }],
  })

/** A folder for files of traces. */
export class Files {
  readonly root = mkdtempSync(join(tmpdir(), 'syscope-archive-'))
  #count = 0

  path(): string {
    return join(this.root, `${++this.#count}.trace`)
  }

  /** A trace of these bytes. It is gone when `use` is over. */
  async of<T>(bytes: Uint8Array, use: (trace: SavedTrace) => T): Promise<Awaited<T>> {
    const path = this.path()
    writeFileSync(path, bytes)
    const trace = await loadTrace(path).catch((error: unknown) => {
      rmSync(path)
      throw error
    })
    try {
      return await use(trace)
    } finally {
      trace.close()
      rmSync(path)
    }
  }

  /** The bytes of a file with one block for each of these. */
  async written(blocks: readonly (readonly Uint8Array[])[], run?: object): Promise<Buffer> {
    const path = this.path()
    const writer = await TraceWriter.create(path, {
      command: 'made',
      pid: 7,
      cwd: '/work',
      calls: 'all',
      follow: true,
      rules: [],
    })
    for (const chunks of blocks) {
      for (const chunk of chunks) await writer.write(chunk)
      await writer.flush()
    }
    await writer.end(run)
    return readFileSync(path)
  }
}
