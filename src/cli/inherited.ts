/** Descriptors that this process was started with. */

import { readdirSync, readlinkSync } from 'node:fs'

/**
 * Descriptors from 3 on that whoever started us wants the command to have. Node marks all of them close-on-exec when it starts,
 * so they can only be told from its own by what they are: its own are event descriptors, pipes of which it has both ends,
 * and /dev/null.
 */
export function inheritedFds(): readonly number[] {
  const links = new Map<number, string>()
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      links.set(Number(name), readlinkSync(`/proc/self/fd/${name}`))
    } catch {
      // The descriptor of the listing itself.
    }
  }
  const ends = (link: string) => [...links.values()].filter((it) => it === link).length
  const isNodes = (link: string) =>
    link.startsWith('anon_inode:') || link === '/dev/null' || (link.startsWith('pipe:') && ends(link) > 1)
  return [...links].filter(([fd, link]) => fd > 2 && !isNodes(link)).map(([fd]) => fd)
}
