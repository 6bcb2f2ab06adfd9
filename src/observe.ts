/** The calls that questions about a finished run need, by topic. */

import type { FdDecoding } from './args/arg.ts'
import { namesOfSet, resolveFilter, type CallSet } from './filter.ts'
import { fileTouchCalls } from './kit/matchers/touches.ts'
import { networkUseCalls } from './kit/matchers/network-watch.ts'
import { memoryCalls } from './kit/memory.ts'
import { networkCalls, transferCalls } from './kit/network.ts'
import { processCalls } from './kit/processes.ts'
import { signalCalls } from './kit/signals.ts'
import { waitingCalls } from './kit/wait-causes.ts'

/** Properties of a result that say what happened. */
export type Topic = 'files' | 'network' | 'processes' | 'signals' | 'waiting' | 'memory'

/** What says who did something. They stop anyway. */
const programs = ['execve', 'execveat']

const calls: Readonly<Record<Topic, readonly string[]>> = {
  // Whole classes, so that snapshots of them can be taken as well.
  files: ['%file', ...fileTouchCalls],
  network: ['%network', ...networkCalls, ...transferCalls, ...networkUseCalls],
  // With those that make processes, to know that all were seen.
  processes: [...processCalls, 'clone', 'clone3', 'fork', 'vfork'],
  signals: signalCalls,
  waiting: waitingCalls,
  memory: memoryCalls,
}

export const topics: readonly string[] = Object.keys(calls)

/** What is recorded of descriptors: of sockets that came from outside only the kernel says where they lead. */
export function descriptorsToDecode(observe: Topic | readonly Topic[] | undefined): FdDecoding {
  if (observe === undefined) return false
  return [observe].flat().includes('network') ? ['path', 'socket'] : true
}

/** What `filter` names, and what the topics need; everything where neither is given. Throws as `resolveFilter` does. */
export function callsToRecord(filter: unknown, observe: Topic | readonly Topic[] | undefined): CallSet {
  if (observe === undefined) return filter === undefined ? 'all' : resolveFilter(filter, 'filter')
  const observed = resolveFilter([...programs, ...[observe].flat().flatMap((topic) => calls[topic])], 'observe')
  const wanted = filter === undefined ? new Set<string>() : resolveFilter(filter, 'filter')
  return wanted === 'all' || observed === 'all' ? 'all' : new Set([...namesOfSet(wanted), ...namesOfSet(observed)])
}
