/** Traces in files, for the rest of the program. */

import type { TraceStart } from './head.ts'
import { TraceWriter } from './writer.ts'

export { loadTrace } from './load.ts'
export { saveTrace } from './save.ts'

/** Begins a trace that is written while the run goes on. Throws as `saveTrace`. */
export async function openTrace(path: string, start: TraceStart): Promise<TraceWriter> {
  return await TraceWriter.create(path, start)
}

/** Chunks of records as they come; undefined at the end. */
interface ChunkSource {
  next(): Promise<Uint8Array | undefined>
}

/**
 * Writes all that comes from `source`, one chunk at a time, and then how the run ended. If `source` or the run fails, the file stays as
 * it is then: what was written can be read.
 */
export async function writeTrace(writer: TraceWriter, source: ChunkSource, run: Promise<object>): Promise<void> {
  // Somebody else hears of it as well.
  run.catch(() => {})
  try {
    for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) await writer.write(chunk)
    await writer.end(await run)
  } catch (error) {
    await writer.flush().catch(() => {})
    await writer.abort()
    throw error
  }
}
