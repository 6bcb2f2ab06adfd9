/** When things that were done to files began and were over. */

import type { FileDeed, TracedFile } from './files-model.ts'

/** From and to CLOCK_MONOTONIC, in nanoseconds. */
export interface Span {
  readonly from: bigint
  readonly to: bigint
}

/** After everything. */
const NEVER = 2n ** 64n

const writable: ReadonlySet<string> = new Set(['O_WRONLY', 'O_RDWR'])

/** Whether it changes, or lets somebody change, what is in the file. */
export function isModification({ what, flags, isShared, isWritable }: FileDeed): boolean {
  if (what === 'open') return flags?.some((flag) => writable.has(flag)) === true
  if (what === 'map') return isShared === true && isWritable === true
  return what === 'write' || what === 'truncate' || what === 'create'
}

/** The time in which it may have happened. What is mapped is written to until it is unmapped. */
export function spanOf({ what, call, by }: FileDeed, file: TracedFile): Span {
  const { startNs, endNs } = call
  // Nobody says when it was done.
  if (call.name === 'io_submit') return { from: startNs, to: NEVER }
  if (what !== 'map') return { from: startNs, to: endNs }
  const isItsEnd = (other: FileDeed): boolean =>
    other.what === 'unmap' && other.by.pid === by.pid && other.call.startNs >= endNs
  return { from: startNs, to: file.deeds.find(isItsEnd)?.call.endNs ?? NEVER }
}

/** fsync(2), fdatasync(2) and syncfs(2); what msync(2) brought to the disk may be a part. */
export function reachesDisk({ what, synced }: FileDeed): boolean {
  return what === 'sync' && synced !== 'mapping'
}

/** The times in which a file had this path. */
export function heldAs(file: TracedFile, path: string): readonly Span[] {
  // A symbolic link of that name led to it, and who knows when.
  if (!file.paths.includes(path)) return [{ from: 0n, to: NEVER }]
  const spans: Span[] = []
  let from = file.paths[0] === path ? 0n : undefined
  for (const { what, call, path: named, from: before, to } of file.deeds) {
    if ((what === 'rename' || what === 'link') && to === path) from ??= call.startNs
    else if (from !== undefined && isLoss(what, path, named, before)) {
      spans.push({ from, to: call.endNs })
      from = undefined
    }
  }
  return from === undefined ? spans : [...spans, { from, to: NEVER }]
}

function isLoss(what: FileDeed['what'], path: string, named: string | undefined, before: string | undefined): boolean {
  if (what === 'rename') return before === path
  return (what === 'delete' || what === 'replace') && named === path
}
