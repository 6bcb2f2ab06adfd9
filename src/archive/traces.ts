/** Traces in files, for the rest of the program. What that takes (zlib, above all) is loaded when somebody asks for it. */

import type { TraceStart } from './head.ts'
import type { SavedTrace } from './saved.ts'
import type { TraceWriter } from './writer.ts'

/**
 * Writes a finished run to a file, from which `loadTrace` reads it back. Whoever reads `path` meanwhile, or after a crash, finds what
 * was there before or all of the trace: it is written beside it, synced and renamed.
 *
 * Throws ERR_SYSCOPE_INVALID_ARGUMENT (with `errno` where the file cannot be written) and ERR_SYSCOPE_NOT_RECORDED where the events
 * of the run were not kept.
 * @example
 * await saveTrace(await trace('npm', ['test']), 'test.trace')
 */
export async function saveTrace(run: object, path: string | URL): Promise<void> {
  const { saveTrace } = await import('./save.ts')
  await saveTrace(run, path)
}

/**
 * Opens a trace that `saveTrace` wrote. Only its beginning and its index are read, whatever its length; events follow when they are
 * asked for. Works on every platform.
 *
 * Throws ERR_SYSCOPE_BAD_TRACE for a file that is no trace, is of another version or is damaged where all else depends on it, with
 * `errno` where it cannot be read. A file that breaks off is `truncated`; what is damaged further on throws
 * ERR_SYSCOPE_BAD_TRACE, with its offset, when it is asked for.
 * @example
 * const run = await loadTrace('test.trace')
 * run.truncated || run.syscalls('openat').length
 */
export async function loadTrace(path: string | URL): Promise<SavedTrace> {
  const { loadTrace } = await import('./load.ts')
  return await loadTrace(path)
}

/** Begins a trace that is written while the run goes on. Throws as `saveTrace`. */
export async function openTrace(path: string, start: TraceStart): Promise<TraceWriter> {
  const { TraceWriter } = await import('./writer.ts')
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
