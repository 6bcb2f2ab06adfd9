/** What descriptors are called in a snapshot: by what they are, since their numbers depend on who was first. */

import type { Captured } from '../../args/arg.ts'
import { decodeBytes } from '../../args/surrogates.ts'
import { Places } from '../../profile/places.ts'
import type { AnyCall, AnyEvent } from '../recorded.ts'

const standard = ['<stdin>', '<stdout>', '<stderr>'] as const

/**
 * Knows what each descriptor is, from the calls that made it, as far as they were recorded. Events are to be given in order, each after
 * it was asked about.
 */
export class Descriptors {
  readonly #places: Places
  readonly #sockets = new Map<number, Map<number, string>>()

  constructor(events: readonly AnyEvent[], cwd: string) {
    // Of events this reads calls, forks and programs only.
    this.#places = new Places(events as ConstructorParameters<typeof Places>[0], cwd)
  }

  /** Where a process is, and what it opened. */
  path(pid: number, fd: number | 'AT_FDCWD'): string | undefined {
    return this.#places.directory(pid, fd)
  }

  /** `</etc/passwd>`, `<TCP socket>`, `<stdout>`, or `<fd>`. `link`: what the kernel said of it, where that was recorded. */
  name(pid: number, fd: number, link: Captured | undefined): string {
    const known = this.#socketsOf(pid).get(fd) ?? linkText(link) ?? this.path(pid, fd)
    return known === undefined ? (standard[fd] ?? '<fd>') : `<${known}>`
  }

  follow(event: AnyEvent): void {
    if (event.type === 'syscall' && event.ok) this.#call(event)
    if (event.type === 'fork' && !event.thread) {
      this.#sockets.set(event.child.pid, new Map(this.#socketsOf(event.pid)))
    }
    if (event.type === 'syscall' || event.type === 'fork' || event.type === 'exec') {
      // As in the constructor.
      this.#places.follow(event as Parameters<Places['follow']>[0])
    }
  }

  #call(call: AnyCall): void {
    // Arguments and results are decoded where somebody reads them.
    const { name, pid, returned } = call
    const sockets = this.#socketsOf(pid)
    if (name === 'close') sockets.delete(Number(call.args['fd']))
    else if (name === 'socket') sockets.set(Number(returned), socketName(call.args))
    else if (name === 'socketpair') {
      const fds: unknown = call.out?.['sv']
      if (Array.isArray(fds)) for (const fd of fds) sockets.set(Number(fd), socketName(call.args))
    } else if (name === 'accept' || name === 'accept4') {
      sockets.set(Number(returned), sockets.get(Number(call.args['sockfd'])) ?? 'socket')
    } else if (copiers.has(name) || (name === 'fcntl' && String(call.args['op']).startsWith('F_DUPFD'))) {
      copy(sockets, Number(call.args['oldfd'] ?? call.args['fd']), Number(returned))
    } else if (openers.has(name)) sockets.delete(Number(returned))
  }

  #socketsOf(pid: number): Map<number, string> {
    let sockets = this.#sockets.get(pid)
    if (sockets === undefined) this.#sockets.set(pid, (sockets = new Map<number, string>()))
    return sockets
  }
}

const copiers: ReadonlySet<string> = new Set(['dup', 'dup2', 'dup3'])
const openers: ReadonlySet<string> = new Set(['open', 'openat', 'openat2', 'creat'])

function copy(sockets: Map<number, string>, from: number, to: number): void {
  const known = sockets.get(from)
  if (known === undefined) sockets.delete(to)
  else sockets.set(to, known)
}

/** `TCP socket`, `unix socket`, `netlink socket`. */
function socketName({ domain, type }: AnyCall['args']): string {
  const family = String(domain).replace(/^AF_/, '')
  if (family !== 'INET' && family !== 'INET6') return `${family.toLowerCase()} socket`
  // Flags print as their names, joined.
  const kind = String(type)
  const protocol = kind.includes('SOCK_STREAM') ? 'TCP' : kind.includes('SOCK_DGRAM') ? 'UDP' : 'IP'
  return `${protocol}${family === 'INET6' ? '6' : ''} socket`
}

/** A path; of what has no path its kind: `pipe`, `eventpoll`. */
function linkText(link: Captured | undefined): string | undefined {
  if (link?.status !== 'ok' || link.length === 0) return undefined
  const text = decodeBytes(link.view, link.at, link.length)
  const [, kind, what] = /^(\w+):\[?([^\]]*)\]?$/.exec(text) ?? []
  return kind === undefined ? text.replace(/ \(deleted\)$/, '') : kind === 'anon_inode' ? what : kind
}
