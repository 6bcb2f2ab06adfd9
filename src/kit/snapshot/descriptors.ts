/** What descriptors are called in a snapshot: by what they are, since their numbers depend on who was first. */

import type { Captured } from '../../args/arg.ts'
import { decodeBytes } from '../../args/surrogates.ts'
import type { AnyEvent } from '../recorded.ts'
import type { OpenFile } from '../tree-tables.ts'
import { firstDirectory, Tree } from '../tree.ts'

const standard = ['<stdin>', '<stdout>', '<stderr>'] as const

/**
 * Knows what each descriptor is, from the calls that made it, as far as they were recorded. Events are to be given in order, each after
 * it was asked about.
 */
export class Descriptors {
  readonly #tree: Tree

  constructor(events: readonly AnyEvent[], cwd: string) {
    this.#tree = new Tree({ events }, firstDirectory(events, events[0]?.pid) ?? cwd)
  }

  /** Where a process is, and what it opened. */
  path(pid: number, fd: number | 'AT_FDCWD'): string | undefined {
    return fd === 'AT_FDCWD' ? this.#tree.cwdOf(pid) : this.#tree.descriptorOf(pid, fd)?.open.path
  }

  /** `</etc/passwd>`, `<TCP socket>`, `<stdout>`, or `<fd>`. `link`: what the kernel said of it, where that was recorded. */
  name(pid: number, fd: number, link: Captured | undefined): string {
    const known = socketName(this.#tree.descriptorOf(pid, fd)?.open) ?? linkText(link) ?? this.path(pid, fd)
    return known === undefined ? (standard[fd] ?? '<fd>') : `<${known}>`
  }

  follow(event: AnyEvent): void {
    this.#tree.apply(event)
  }
}

/** `TCP socket`, `unix socket`, `netlink socket`. */
function socketName(open: OpenFile | undefined): string | undefined {
  if (open?.kind !== 'socket' || open.origin !== 'opened') return undefined
  if (open.socket === undefined) return 'socket'
  const { domain, type } = open.socket
  const family = domain.replace(/^AF_/, '')
  if (family !== 'INET' && family !== 'INET6') return `${family.toLowerCase()} socket`
  const protocol = type === 'SOCK_STREAM' ? 'TCP' : type === 'SOCK_DGRAM' ? 'UDP' : 'IP'
  return `${protocol}${family === 'INET6' ? '6' : ''} socket`
}

/** A path; of what has no path its kind: `pipe`, `eventpoll`. */
function linkText(link: Captured | undefined): string | undefined {
  if (link?.status !== 'ok' || link.length === 0) return undefined
  const text = decodeBytes(link.view, link.at, link.length)
  const [, kind, what] = /^(\w+):\[?([^\]]*)\]?$/.exec(text) ?? []
  return kind === undefined ? text.replace(/ \(deleted\)$/, '') : kind === 'anon_inode' ? what : kind
}
