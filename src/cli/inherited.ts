/**
 * Descriptors that this process was started with, beside 0, 1 and 2: make's job server, `3>file`. Node marks them all
 * close-on-exec, so that the command would not get them; strace passes them on.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

interface OpenFd {
  readonly fd: number
  readonly link: string
  readonly isBlocking: boolean
}

const O_NONBLOCK = 0o4000

/** To be asked before anything is opened. What Node opened for itself is left out, as far as it can be told apart. */
export function inheritedFds(): readonly number[] {
  return foreignFds(openFds())
}

/** Node's own are epoll and event descriptors, and pipes of which both ends are here: all non-blocking but one pair. */
export function foreignFds(all: readonly OpenFd[]): readonly number[] {
  const candidates = all.filter(({ fd, link }) => fd > 2 && !link.startsWith('anon_inode:'))
  const pairs = candidates.filter((one) => candidates.some((it) => it !== one && it.link === one.link && isPipe(it)))
  const blocking = pairs.filter(({ isBlocking }) => isBlocking)
  // The last pipe that was made: others, as make's, were there before this process.
  const own = Math.max(0, ...blocking.map(({ link }) => pipeNumber(link)))
  const ownPipes = new Set(pairs.filter((it) => !it.isBlocking || pipeNumber(it.link) === own))
  return candidates.filter((it) => !ownPipes.has(it)).map(({ fd }) => fd)
}

function isPipe({ link }: OpenFd): boolean {
  return link.startsWith('pipe:[')
}

function pipeNumber(link: string): number {
  return Number(/^pipe:\[(\d+)\]$/.exec(link)?.[1] ?? 0)
}

function openFds(): readonly OpenFd[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      const link = readlinkSync(`/proc/self/fd/${name}`)
      const flags = Number.parseInt(
        /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))?.[1] ?? '0',
        8,
      )
      return [{ fd: Number(name), link, isBlocking: (flags & O_NONBLOCK) === 0 }]
    } catch {
      // The descriptor that the folder itself was read with.
      return []
    }
  })
}
