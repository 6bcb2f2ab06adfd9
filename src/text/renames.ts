/** Threads that get another number inside a call: those that execve makes the leader of their process. */

import { isCall } from './call.ts'
import { callEntrySeq, recordPid, recordSeq, recordTid, recordWord } from './record.ts'
import { SUPERSEDED } from '../record/layout.ts'
import type { TextSource } from './source.ts'

/** Thread that a call was entered by; execve changes the number of a thread that does not lead its process. */
export type Renames = (source: TextSource) => number

export const noRenames: Renames = recordTid

export function addRename(renamed: Renames, superseded: TextSource): Renames {
  const pid = recordPid(superseded)
  const seq = recordSeq(superseded)
  const byTid = recordWord(superseded, SUPERSEDED.BY_TID)
  return (source) =>
    recordTid(source) === pid && isCall(source) && callEntrySeq(source) < seq && seq < recordSeq(source)
      ? byTid
      : renamed(source)
}
