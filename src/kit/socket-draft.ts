/** Sockets as they come to be known, and what becomes of their connections. */

import { inspect, type InspectOptions } from 'node:util'
import type { SyscopeError } from '../errors.ts'
import { DnsStream } from './dns.ts'
import type { Connect, TracedSocket } from './network.ts'
import type { Address } from './peer.ts'

export type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** A socket as it comes to be known. */
export class SocketDraft implements TracedSocket {
  readonly id: number
  readonly origin: TracedSocket['origin']
  readonly pid: number
  readonly users = new Set<number>()
  readonly #hindrance: SyscopeError | undefined
  domain: string | undefined
  type: string | undefined
  protocol: string | undefined
  local: Address | undefined
  peer: Address | undefined
  listens = false
  received = 0
  sent = 0
  /** A connection of which it is not known yet what becomes of it. */
  pending: Writable<Connect> | undefined
  readonly dns = new DnsStream()

  constructor(id: number, pid: number, origin: TracedSocket['origin'], hindrance: SyscopeError | undefined) {
    this.id = id
    this.pid = pid
    this.origin = origin
    this.#hindrance = hindrance
  }

  get pids(): readonly number[] {
    return [...this.users]
  }

  get bytesIn(): number {
    if (this.#hindrance !== undefined) throw this.#hindrance
    return this.received
  }

  get bytesOut(): number {
    if (this.#hindrance !== undefined) throw this.#hindrance
    return this.sent
  }

  toJSON(): object {
    const { id, domain, type, protocol, origin, pid, pids, local, peer, listens, received, sent } = this
    const bytes = this.#hindrance === undefined ? { bytesIn: received, bytesOut: sent } : {}
    return { id, domain, type, protocol, origin, pid, pids, local, peer, listens, ...bytes }
  }

  [inspect.custom](_depth: number, options: InspectOptions, inspectWith: typeof inspect): string {
    return `TracedSocket ${inspectWith(this.toJSON(), options)}`
  }
}

/** Its connection came about. */
export function settle(socket: SocketDraft): void {
  if (socket.pending === undefined) return
  socket.pending.outcome = 'connected'
  socket.pending = undefined
}

/** Its connection came to nothing. */
export function fail(socket: SocketDraft, error: string | undefined): void {
  if (socket.pending === undefined) return
  socket.pending.outcome = 'failed'
  if (error !== undefined) socket.pending.error = error
  socket.pending = undefined
}

/** What a transfer fails with when the connection came to nothing. */
const noConnection: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
])

/** A transfer failed: perhaps because the connection came to nothing. */
export function settleFailure(socket: SocketDraft, error: string | undefined): void {
  if (error !== undefined && noConnection.has(error)) fail(socket, error)
}
