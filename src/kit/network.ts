/** `networkOf()`: what the processes of a run did with sockets. */

import { inspect } from 'node:util'
import { objectToPlain, type PlainObject } from '../json.ts'
import { isRead, NetworkReader } from './network-reader.ts'
import { networkText } from './network-text.ts'
import type { Address } from './peer.ts'
import { partOfRun, refusal, requireCalls, type RecordedRun } from './recorded.ts'
import { Tree } from './tree.ts'

/** Who did something, and when. */
interface Deed {
  readonly pid: number
  readonly tid: number
  /** CLOCK_MONOTONIC at the call. */
  readonly timeNs: bigint
}

/** A socket. Descriptors that are copies of each other, in whichever process, are one. */
export interface TracedSocket {
  /** Counted from 1 in the order of appearance in the run. */
  readonly id: number
  /** `AF_INET`, `AF_UNIX`, …; absent where the socket came from before the run, or from outside, and no address told. */
  readonly domain: string | undefined
  /** `SOCK_STREAM`, `SOCK_DGRAM`, …; absent as `domain` is. */
  readonly type: string | undefined
  /** `IPPROTO_IP`, `NETLINK_ROUTE`, …; of those that were made by socket(2). */
  readonly protocol: string | undefined
  /** By socket(2); by socketpair(2); by accept(2); there before the run, or when the command began; from another process. */
  readonly origin: 'made' | 'pair' | 'accepted' | 'inherited' | 'received'
  /** Who made it, or used it first. */
  readonly pid: number
  /** Everybody who was seen using it; in a part of a run, there. */
  readonly pids: readonly number[]
  /** What it was bound to; with the port that the kernel chose, if the program asked for it (getsockname). */
  readonly local: Address | undefined
  /** What it is connected to. */
  readonly peer: Address | undefined
  /** Whether it listens for connections. */
  readonly listens: boolean
  /** Bytes that were received. Throws ERR_SYSCOPE_NOT_RECORDED if the filter left out one of `transferCalls`. */
  readonly bytesIn: number
  /** Bytes that were sent. Throws as `bytesIn` does. */
  readonly bytesOut: number
}

/** An attempt to connect, with connect(2) or by sending (MSG_FASTOPEN). */
export interface Connect extends Deed {
  /** Absent where it could not be read. */
  readonly address: Address | undefined
  readonly socket: TracedSocket
  /** `in progress`: it had begun, and nothing was seen of how it ended. Of datagrams, `connected` only sets an address. */
  readonly outcome: 'connected' | 'failed' | 'in progress'
  /** Why it failed: `ECONNREFUSED`. */
  readonly error?: string
  /** It went on in the background (EINPROGRESS). */
  readonly isAsync: boolean
}

/** A socket that was given an address of this machine, or was to be. */
export interface Bind extends Deed {
  readonly address: Address | undefined
  readonly socket: TracedSocket
  readonly ok: boolean
  readonly error?: string
}

/** A socket that began to listen, or was to. */
export interface Listen extends Deed {
  readonly socket: TracedSocket
  readonly ok: boolean
  readonly error?: string
}

/** A connection that was accepted. */
export interface Accept extends Deed {
  readonly listener: TracedSocket
  /** The new one. */
  readonly socket: TracedSocket
  /** Absent where the program did not ask for it. */
  readonly address: Address | undefined
}

/** A message to an address of its own, rather than to what its socket is connected to. */
export interface Send extends Deed {
  /** `sendto`, `sendmsg` or `sendmmsg`. */
  readonly call: string
  readonly address: Address
  readonly socket: TracedSocket
  /** Bytes that were sent. */
  readonly bytes: number
  readonly ok: boolean
  readonly error?: string
}

/** A question for an address of a name. */
export interface Lookup extends Deed {
  /** Absent where it was not recorded: `stringLimit` cut it off. */
  readonly name?: string
  /** `A`, `AAAA`, …; absent where both or any are asked for. */
  readonly type?: string
  /** DNS, or a service of this machine: nscd(8), systemd-resolved by varlink. */
  readonly via: 'udp' | 'tcp' | 'nscd' | 'resolved'
  /** Whom it was asked. */
  readonly server: Address
}

/** What went to and came from one address. */
export interface Peer {
  readonly address: Address
  readonly bytesIn: number
  readonly bytesOut: number
  /** Who exchanged it. */
  readonly pids: readonly number[]
}

/**
 * What happened on the network, and on sockets in general, each list in order. Of a part of a run: the sockets that were used there,
 * what was done there, and the bytes that were moved there.
 */
export interface Network {
  /** All sockets, in the order of their appearance. */
  readonly sockets: readonly TracedSocket[]
  /** Attempts to connect, also those that failed. */
  readonly connects: readonly Connect[]
  readonly binds: readonly Bind[]
  readonly listens: readonly Listen[]
  /** Connections that were accepted. */
  readonly accepts: readonly Accept[]
  /** Messages that had an address of their own. */
  readonly sends: readonly Send[]
  /**
   * Questions to name servers (port 53), and to services that ask them. Not those over TLS, HTTPS or D-Bus. Throws ERR_SYSCOPE_NOT_RECORDED if
   * the filter left out one of `transferCalls`.
   */
  readonly lookups: readonly Lookup[]
  /** By address; what has none, as a socketpair, is in `sockets` alone. Throws as `lookups` does. */
  readonly peers: readonly Peer[]
  /** Calls of 32-bit code that are about sockets and show no arguments. Nothing of what they did is in these lists. */
  readonly unread: readonly string[]
  /** One line for each deed, in order. */
  toString(): string
  toJSON(): PlainObject
}

/** The calls that make, name and join sockets: all of them are in the class `%network`. */
export const networkCalls = [
  'socket',
  'socketpair',
  'connect',
  'bind',
  'listen',
  'accept',
  'accept4',
  'sendto',
  'sendmsg',
  'sendmmsg',
  'recvfrom',
  'recvmsg',
  'recvmmsg',
  'getsockname',
  'getpeername',
  'getsockopt',
] as const

/** The calls that move bytes, and those by which a number comes to stand for a socket, or no longer does. */
export const transferCalls = [
  'read',
  'readv',
  'preadv2',
  'write',
  'writev',
  'pwritev2',
  'sendfile',
  'splice',
  'dup',
  'dup2',
  'dup3',
  'fcntl',
  'close',
  'close_range',
] as const

/**
 * What the processes of a run did with sockets, as they were told: what a rule put in the place of a result counts as the result. In an
 * incomplete run (`run.complete`) there may have been more: ask for that before you
 * say that something did not happen.
 *
 * Throws ERR_SYSCOPE_NOT_RECORDED if the filter left out one of `networkCalls` (`filter: '%network'` has them), or the run kept no
 * events. Bytes and questions for names need `transferCalls` as well, and throw when they are asked for.
 *
 * @example
 * const run = await trace('npm', ['test'], { filter: ['%network', ...transferCalls] })
 * networkOf(run).connects.map(({ address, outcome }) => `${address && addressText(address)} ${outcome}`)
 */
export function networkOf(run: RecordedRun): Network {
  requireCalls(run, networkCalls, 'networkOf()')
  const hindrance = refusal(run, transferCalls, 'What bytes were sent and received')
  const reader = new NetworkReader(hindrance)
  const tree = new Tree(run)
  const extent = run[partOfRun]
  let index = 0
  for (const event of tree.events) {
    // What becomes of its connections may show after a part of a run.
    if (index++ >= (extent?.end ?? Infinity) && !reader.connects.some(isOpen)) break
    if (extent !== undefined) reader.isInside = extent.isInside(event)
    if (event.type !== 'syscall' || !isRead(event)) tree.apply(event)
    // What it used is looked up before the tree changes, what it made afterwards.
    else reader.read(event, tree.at(event), () => tree.apply(event))
  }
  return new NetworkOfRun(reader)
}

function isOpen({ outcome }: Connect): boolean {
  return outcome === 'in progress'
}

class NetworkOfRun implements Network {
  readonly sockets: readonly TracedSocket[]
  readonly connects: readonly Connect[]
  readonly binds: readonly Bind[]
  readonly listens: readonly Listen[]
  readonly accepts: readonly Accept[]
  readonly sends: readonly Send[]
  readonly unread: readonly string[]
  readonly #reader: NetworkReader

  constructor(reader: NetworkReader) {
    this.sockets = reader.sockets.filter(({ users }) => users.size > 0)
    this.connects = reader.connects
    this.binds = reader.binds
    this.listens = reader.listens
    this.accepts = reader.accepts
    this.sends = reader.sends
    this.unread = reader.unread
    this.#reader = reader
  }

  get lookups(): readonly Lookup[] {
    if (this.#reader.hindrance !== undefined) throw this.#reader.hindrance
    return this.#reader.lookups
  }

  get peers(): readonly Peer[] {
    if (this.#reader.hindrance !== undefined) throw this.#reader.hindrance
    return this.#reader.peers
  }

  toString(): string {
    return networkText(this, this.#reader.hindrance === undefined)
  }

  toJSON(): PlainObject {
    const { sockets, connects, binds, listens, accepts, sends, unread } = this
    const deeds = { connects, binds, listens, accepts, sends }
    const { lookups, peers } = this.#reader.hindrance === undefined ? this : {}
    return objectToPlain({ sockets, ...deeds, lookups, peers, unread })
  }

  [inspect.custom](): string {
    return this.toString()
  }
}
