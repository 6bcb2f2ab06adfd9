/** Which calls concern certain paths or descriptors (strace -P, --trace-fds). */

import type { Captured, Cell, Kind } from '../args/arg.ts'
import { bytesOf } from '../args/cells.ts'
import { isCall } from './call.ts'
import { textSource, type TextEvent } from './source.ts'

/** What `touches()` looks for: one of these is enough. */
export interface Touched {
  /** Exactly these: as an argument, or behind a descriptor in an argument (which the trace must have recorded). */
  readonly paths: readonly string[]
  /** Descriptors, by their numbers. */
  readonly hasFd?: ((fd: number) => boolean) | undefined
}

/**
 * Whether a call's arguments name one of the paths or descriptors (strace -P, --trace-fds). False for events that are no calls.
 * @example
 * run.events.filter((event) => touches(event, { paths: ['/etc/passwd'] }))
 */
export function touches(event: TextEvent, touched: Touched): boolean {
  const source = event[textSource]()
  const row = source.call?.row
  if (!isCall(source) || row === undefined) return false
  return row.args.some(([, kind], index) => {
    const cell = source.call.cells[index]
    // What a new link says is no path that the call goes to, and the epoll set is not what is watched.
    if (cell === undefined || (index === 0 && noTargets.has(row.name))) return false
    return argumentTouches(kind, cell, touched)
  })
}

const noTargets: ReadonlySet<string> = new Set(['symlink', 'symlinkat', 'epoll_ctl'])

function argumentTouches(kind: Kind, cell: Cell, { paths, hasFd }: Touched): boolean {
  if (kind.fd === true) {
    const fd = cell.view.getInt32(cell.at, true)
    // AT_FDCWD has a path behind it as well; strace -P does not look there.
    if (fd < 0) return false
    return hasFd?.(fd) === true || (paths.length > 0 && leadsTo(cell.resolved(), paths))
  }
  switch (kind.kind) {
    case 'path':
    case 'optionalPath': {
      const captured = paths.length === 0 ? undefined : cell.captured('entry')
      return captured?.status === 'ok' && isAmong(bytesOf(captured), paths)
    }
    case 'pollfds':
      return (
        (hasFd !== undefined && polledFds(cell.captured('entry')).some((fd) => fd >= 0 && hasFd(fd))) ||
        leadThere(cell, paths)
      )
    case 'fdSet':
      return isWholeSet(cell) && ((hasFd !== undefined && setFds(cell).some(hasFd)) || leadThere(cell, paths))
    default:
      return false
  }
}

function leadsTo(link: Captured | undefined, paths: readonly string[]): boolean {
  return link?.status === 'ok' && isAmong(bytesOf(link), paths)
}

/** Descriptors in memory. */
function leadThere(cell: Cell, paths: readonly string[]): boolean {
  return paths.length > 0 && cell.captured('entry')?.children.some((link) => leadsTo(link, paths)) === true
}

function isAmong(bytes: Uint8Array | undefined, paths: readonly string[]): boolean {
  return bytes !== undefined && paths.includes(Buffer.from(bytes).toString())
}

function polledFds(captured: Captured | undefined): number[] {
  const fds: number[] = []
  if (captured === undefined) return fds
  for (let at = 0; at + 8 <= captured.length; at += 8) fds.push(captured.view.getInt32(captured.at + at, true))
  return fds
}

/** More than any descriptor; sets are copied no further. */
const MAX_FDS = 1024 * 1024

/** Whether a set of select(2) could be read: nobody knows what else is in it otherwise, and the call fails. */
function isWholeSet(cell: Cell): boolean {
  const captured = cell.captured('entry')
  const { view, at } = cell.sibling('nfds')
  return captured !== undefined && captured.length * 8 >= Math.min(view.getInt32(at, true), MAX_FDS)
}

/** The members of a set of select(2) below its first argument, the number of descriptors. */
function setFds(cell: Cell): number[] {
  const captured = cell.captured('entry')
  if (captured === undefined) return []
  const count = cell.sibling('nfds').view.getInt32(cell.sibling('nfds').at, true)
  const fds = [...bytesOf(captured)].flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte & (1 << bit)) !== 0).map((bit) => index * 8 + bit),
  )
  return fds.filter((fd) => fd < count)
}
