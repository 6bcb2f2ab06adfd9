/** Memory that is a file's when a part of a run begins: it is written to without any call. */

import { filesOf, type FileDeed, type TracedFile } from '../files.ts'
import { readProcesses, type Draft } from '../lives.ts'
import { eventsOf, partOfRun, wholeOf, type RecordedRun } from '../recorded.ts'
import type { OtherTouch } from './other-touches.ts'

/** Files that were mapped shared and writable before the part, and still are. None where the run is no part. */
export function mappedBefore(run: RecordedRun): readonly OtherTouch[] {
  const extent = run[partOfRun]
  if (extent === undefined) return []
  const whole = wholeOf(run)
  const processes = readProcesses(eventsOf(whole))
  const { fromNs } = extent
  return filesOf(whole).all.flatMap((file) =>
    file.deeds.flatMap((deed): readonly OtherTouch[] => {
      const isMapping = deed.what === 'map' && deed.isShared === true && deed.isWritable === true
      if (!isMapping || deed.call.startNs >= fromNs || isOver(deed, file, processes, fromNs)) return []
      return file.paths.map((path) => ({ what: 'write', call: deed.call, path }))
    }),
  )
}

/** It was unmapped, or its process ended or became another program. */
function isOver(
  { call: { pid, endNs } }: FileDeed,
  { deeds }: TracedFile,
  processes: readonly Draft[],
  fromNs: bigint,
): boolean {
  const isBetween = (timeNs: bigint): boolean => timeNs >= endNs && timeNs < fromNs
  if (deeds.some(({ what, call }) => what === 'unmap' && call.pid === pid && isBetween(call.startNs))) return true
  const process = processes.findLast((it) => it.pid === pid && it.startNs <= endNs)
  if (process === undefined) return false
  const { endNs: ended, execs } = process
  return (ended !== undefined && isBetween(ended)) || execs.some(({ timeNs }) => isBetween(timeNs))
}
