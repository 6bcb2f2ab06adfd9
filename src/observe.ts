/** The calls that questions about a finished run need, by topic. */

import { namesOfSet, resolveFilter, type CallSet } from './filter.ts'
import { fileCalls } from './kit/files-calls.ts'
import { memoryCalls } from './kit/memory.ts'
import { networkCalls, transferCalls } from './kit/network.ts'
import { signalCalls } from './kit/signals.ts'
import { waitingCalls } from './kit/wait-causes.ts'

/** Properties of a result that say what happened. */
export type Topic = 'files' | 'network' | 'processes' | 'signals' | 'waiting' | 'memory'

/** For `argv`, `env`, `cwd` and `daemonised`; the tree itself needs none. */
const processCalls = ['execve', 'execveat', 'chdir', 'fchdir', 'setsid']

const calls: Readonly<Record<Topic, readonly string[]>> = {
  files: fileCalls,
  network: [...networkCalls, ...transferCalls],
  processes: processCalls,
  signals: signalCalls,
  waiting: waitingCalls,
  memory: memoryCalls,
}

export const topics: readonly string[] = Object.keys(calls)

/** What `filter` names, and what the topics need; everything where neither is given. Throws as `resolveFilter` does. */
export function callsToRecord(filter: unknown, observe: Topic | readonly Topic[] | undefined): CallSet {
  if (observe === undefined) return filter === undefined ? 'all' : resolveFilter(filter, 'filter')
  const observed = resolveFilter(
    [observe].flat().flatMap((topic) => calls[topic]),
    'observe',
  )
  const wanted = filter === undefined ? new Set<string>() : resolveFilter(filter, 'filter')
  return wanted === 'all' || observed === 'all' ? 'all' : new Set([...namesOfSet(wanted), ...namesOfSet(observed)])
}
