/** What relative paths begin from: the working directories and directory descriptors of each process, followed through a run. */

import { posix } from 'node:path'
import type { AnyCall, AnyEvent } from './run.ts'

/** Shared where clone(2) shares it. */
interface Place {
  cwd: string | undefined
}

interface Process {
  readonly place: Place
  /** Paths of descriptors that were opened in the run. */
  readonly fds: Map<number, string>
}

const CLONE_FS = 0x200
const CLONE_FILES = 0x400

/** Knows at every event where the event's process is. Events are to be given in order. */
export class Places {
  readonly #processes = new Map<number, Process>()
  readonly #shared: ReadonlyMap<number, number>
  readonly #start: string

  /** `start` is where the first process begins, if it does not itself ask where that is. */
  constructor(events: readonly AnyEvent[], start: string) {
    this.#shared = cloneFlags(events)
    this.#start = firstDirectory(events) ?? start
  }

  /** An absolute path without `.` and `..`, as Node's own `path.resolve()` makes it; `undefined` where the beginning is not known. */
  resolve(pid: number, path: string, dirfd: unknown = 'AT_FDCWD'): string | undefined {
    if (posix.isAbsolute(path)) return posix.normalize(path)
    const base = this.directory(pid, dirfd)
    return base === undefined ? undefined : posix.resolve(base, path)
  }

  /** What a descriptor, or `AT_FDCWD`, leads to. */
  directory(pid: number, fd: unknown): string | undefined {
    const { place, fds } = this.#process(pid)
    if (fd === 'AT_FDCWD') return place.cwd
    return typeof fd === 'number' ? fds.get(fd) : undefined
  }

  /** Takes an event in. What a call did is known afterwards. */
  follow(event: AnyEvent): void {
    if (event.type === 'fork' && !event.thread) this.#fork(event.pid, event.child)
    else if (event.type === 'syscall' && event.ok) this.#followCall(event)
  }

  #fork(pid: number, child: { readonly pid: number; readonly tid: number }): void {
    const { place, fds } = this.#process(pid)
    const flags = this.#shared.get(child.tid) ?? 0
    this.#processes.set(child.pid, {
      place: (flags & CLONE_FS) === 0 ? { ...place } : place,
      fds: (flags & CLONE_FILES) === 0 ? new Map(fds) : fds,
    })
  }

  #followCall(call: AnyCall): void {
    const { place, fds } = this.#process(call.pid)
    const opened = openedPath(call, this)
    if (opened !== undefined && typeof call.returned === 'number') fds.set(call.returned, opened)
    switch (call.name) {
      case 'chdir':
        place.cwd = typeof call.args['path'] === 'string' ? this.resolve(call.pid, call.args['path']) : undefined
        break
      case 'fchdir':
        place.cwd = this.directory(call.pid, call.args['fd'])
        break
      case 'getcwd':
        if (typeof call.out?.['buf'] === 'string') place.cwd = call.out['buf']
        break
      case 'close':
        fds.delete(Number(call.args['fd']))
        break
      default:
    }
  }

  #process(pid: number): Process {
    const known = this.#processes.get(pid)
    if (known !== undefined) return known
    const made = { place: { cwd: this.#start }, fds: new Map<number, string>() }
    this.#processes.set(pid, made)
    return made
  }
}

const openers: ReadonlySet<string> = new Set(['open', 'openat', 'openat2', 'creat'])
const copiers: ReadonlySet<string> = new Set(['dup', 'dup2', 'dup3'])

/** What the descriptor that a call returned leads to. Reads arguments of such calls only: most are never decoded. */
function openedPath(call: AnyCall, places: Places): string | undefined {
  const { name, pid } = call
  if (openers.has(name)) {
    const { pathname, dirfd } = call.args
    return typeof pathname === 'string' ? places.resolve(pid, pathname, dirfd) : undefined
  }
  if (copiers.has(name)) return places.directory(pid, call.args['oldfd'])
  if (name !== 'fcntl' || !String(call.args['op']).startsWith('F_DUPFD')) return undefined
  return places.directory(pid, call.args['fd'])
}

/** Flags of the calls that made processes, by the thread that they made. */
function cloneFlags(events: readonly AnyEvent[]): ReadonlyMap<number, number> {
  const found = new Map<number, number>()
  for (const event of events) {
    if (event.type !== 'syscall' || event.name !== 'clone' || !event.ok) continue
    found.set(Number(event.returned), Number(BigInt.asUintN(32, event.raw.args[0] ?? 0n)))
  }
  return found
}

/** Where the first process says that it is, before it goes elsewhere. */
function firstDirectory(events: readonly AnyEvent[]): string | undefined {
  const first = events[0]?.pid
  for (const event of events) {
    if (event.type !== 'syscall' || event.pid !== first || !event.ok) continue
    if (event.name === 'chdir' || event.name === 'fchdir') return undefined
    if (event.name === 'getcwd' && typeof event.out?.['buf'] === 'string') return event.out['buf']
  }
  return undefined
}
