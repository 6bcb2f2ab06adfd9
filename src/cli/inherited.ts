/**
 * Descriptors that this process was started with, beside 0, 1 and 2: make's job server, `3>file`. Node marks them all
 * close-on-exec when it starts, so they can only be told from its own by what they are.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface OpenFd {
  readonly fd: number
  readonly link: string
  /** As in /proc/PID/fdinfo. */
  readonly flags: number
}

const O_ACCMODE = 0o3
const O_RDONLY = 0
const O_NONBLOCK = 0o4000

/** To be asked before anything is opened. */
export function inheritedFds(): readonly number[] {
  return foreignFds(openFds())
}

/**
 * Those that are not Node's: its own are epoll and event descriptors, pipes of which it has both ends, all non-blocking
 * but one pair, and /dev/null for reading.
 */
export function foreignFds(all: readonly OpenFd[]): readonly number[] {
  const candidates = all.filter(({ fd, link }) => fd > 2 && !link.startsWith('anon_inode:'))
  const pairs = candidates.filter((one) => isPipe(one) && candidates.some((it) => it !== one && it.link === one.link))
  // The last pipe that was made: others, as make's, were there before this process.
  const own = Math.max(0, ...pairs.filter(isBlocking).map(pipeNumber))
  const firstOfNode = Math.min(...all.filter(({ link }) => link === 'anon_inode:[eventpoll]').map(({ fd }) => fd))
  const isNodes = (it: OpenFd): boolean =>
    (pairs.includes(it) && (!isBlocking(it) || pipeNumber(it) === own)) ||
    (it.link === '/dev/null' && it.fd > firstOfNode && (it.flags & O_ACCMODE) === O_RDONLY)
  return candidates.filter((it) => !isNodes(it)).map(({ fd }) => fd)
}

function isPipe({ link }: OpenFd): boolean {
  return link.startsWith('pipe:[')
}

function isBlocking({ flags }: OpenFd): boolean {
  return (flags & O_NONBLOCK) === 0
}

function pipeNumber({ link }: OpenFd): number {
  return Number(/^pipe:\[(\d+)\]$/.exec(link)?.[1] ?? 0)
}

function openFds(): readonly OpenFd[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const link = readlinkSync(`/proc/self/fd/${name}`)
      const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))?.[1] ?? '0'
      return [{ fd: Number(name), link, flags: Number.parseInt(flags, 8) }]
    } catch {
      // The descriptor that the folder itself was read with.
      return []
    }
  })
}
