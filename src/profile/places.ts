/** What relative paths begin from: the working directories and directory descriptors of each process, followed through a run. */

import { posix } from 'node:path'
import { eventsOf, type RecordedRun } from '../kit/recorded.ts'
import { firstDirectory, Tree } from '../kit/tree.ts'
import type { AnyEvent } from './run.ts'

/** Knows at every event where the event's process is. Events are to be given in order. */
export class Places {
  readonly #tree: Tree

  /** `start` is where processes that nobody was seen to make begin, if the first does not itself ask where that is. */
  constructor(events: readonly AnyEvent[], start: string) {
    // Here less is read of events than there.
    const run = { events: events as RecordedRun['events'] }
    this.#tree = new Tree(run, firstDirectory(eventsOf(run), events[0]?.pid) ?? start)
  }

  /** An absolute path without `.` and `..`, as Node's own `path.resolve()` makes it; `undefined` where the beginning is not known. */
  resolve(pid: number, path: string, dirfd: unknown = 'AT_FDCWD'): string | undefined {
    if (posix.isAbsolute(path)) return posix.normalize(path)
    const base = this.directory(pid, dirfd)
    return base === undefined ? undefined : posix.resolve(base, path)
  }

  /** What a descriptor, or `AT_FDCWD`, leads to. */
  directory(pid: number, fd: unknown): string | undefined {
    if (fd === 'AT_FDCWD') return this.#tree.cwdOf(pid)
    return typeof fd === 'number' ? this.#tree.descriptorOf(pid, fd)?.open.path : undefined
  }

  /** Takes an event in. What a call did is known afterwards. */
  follow(event: AnyEvent): void {
    // As in the constructor.
    this.#tree.apply(event as object as Parameters<Tree['apply']>[0])
  }
}
