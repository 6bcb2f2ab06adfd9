/** Saving a finished run. */

import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { invalid } from '../checks.ts'
import { SyscopeError } from '../errors.ts'
import { notSaved } from './errors.ts'
import { outcomeOf, startOf } from './head.ts'
import { recordsOf } from './records-of.ts'
import { checkRun, type SavableRun } from './savable.ts'
import { TraceWriter } from './writer.ts'

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
  const checked = checkRun(run)
  const target = pathOf(path)
  // A file that is there already is not written to.
  const beside = `${target}.${Math.random().toString(36).slice(2)}.tmp`
  try {
    await writeAll(checked, beside)
    await rename(beside, target)
    await syncFolder(dirname(target))
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {})
    // The name of the file beside it says nothing to anybody.
    throw notSaved(target, error instanceof SyscopeError && error.errno !== undefined ? error.cause : error)
  }
}

/** Throws ERR_SYSCOPE_INVALID_ARGUMENT. */
export function pathOf(path: unknown): string {
  const text = path instanceof URL ? fromUrl(path) : path
  if (typeof text === 'string' && text !== '' && !text.includes('\0')) return text
  throw invalid(`Expected the path of a trace to be a path or a file: URL, got ${inspect(path)}.`)
}

function fromUrl(url: URL): string | undefined {
  try {
    return fileURLToPath(url)
  } catch {
    return undefined
  }
}

async function writeAll(run: SavableRun, path: string): Promise<void> {
  const records = run[recordsOf]()
  const counts = records.counts()
  // Asked first: it throws where they were not kept.
  const chunks = counts === undefined ? records.chunks() : []
  const writer = await TraceWriter.create(path, { ...startOf(run), outcome: outcomeOf(run) }, true)
  try {
    for (const chunk of chunks) await writer.write(chunk)
    if (counts !== undefined) await writer.writeCounts(counts)
  } catch (error) {
    await writer.abort()
    throw error
  }
  await writer.end()
}

/** So that the new name lasts, too; not all file systems can. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined)
  await folder?.sync().catch(() => {})
  await folder?.close()
}
