/** Reads what happened on sockets out of calls, one after the other. */

import { isObject } from '../checks.ts'
import type { SyscopeError } from '../errors.ts'
import { errnoName } from '../names.ts'
import { questionsTo } from './lookups.ts'
import type { Accept, Bind, Connect, Listen, Lookup, Peer, Send, TracedSocket } from './network.ts'
import { addressOf, type Address } from './peer.ts'
import type { AnyCall } from './recorded.ts'
import { fdAt, messagesOf, movedBy, ways, type Message, type Way } from './transfers.ts'
import { fail, settle, settleFailure, SocketDraft, type Writable } from './socket-draft.ts'
import type { View } from './tree.ts'
import type { Descriptor, OpenFile } from './tree-tables.ts'
import { isUndecoded } from './undecoded.ts'

interface PeerDraft {
  readonly address: Address
  readonly users: Set<number>
  bytesIn: number
  bytesOut: number
}

/** What a call is read with: as it found things, and what it made. */
interface Scene {
  readonly call: AnyCall
  readonly view: View
  readonly made: readonly Descriptor[]
  /** The socket in its argument `sockfd`. */
  readonly socket: SocketDraft | undefined
}

const none: readonly Way[] = []

export class NetworkReader {
  readonly sockets: SocketDraft[] = []
  readonly connects: Connect[] = []
  readonly binds: Bind[] = []
  readonly listens: Listen[] = []
  readonly accepts: Accept[] = []
  readonly sends: Send[] = []
  readonly lookups: Lookup[] = []
  readonly unread: string[] = []
  /** Whether what comes now is told; else only what is known of sockets changes. */
  isInside = true
  /** Why bytes are not known. */
  readonly hindrance: SyscopeError | undefined
  readonly #known = new Map<OpenFile, SocketDraft>()
  readonly #peers = new Map<string, PeerDraft>()
  /** The same: what is sent on a connection has the same object as its address each time. */
  readonly #peersByAddress = new WeakMap<Address, PeerDraft>()

  constructor(hindrance: SyscopeError | undefined) {
    this.hindrance = hindrance
  }

  get peers(): readonly Peer[] {
    return [...this.#peers.values()].map(({ address, bytesIn, bytesOut, users }) => {
      return { address, bytesIn, bytesOut, pids: [...users] }
    })
  }

  /** `apply` lets the tree take the call in, and gives the descriptors that it made. */
  read(call: AnyCall, view: View, apply: () => readonly Descriptor[]): void {
    const handler = handlers.get(call.name)
    if (handler !== undefined && (call.name === 'socketcall' || isUndecoded(call))) {
      this.#tell(this.unread, String(call))
      apply()
    } else if (handler !== undefined) {
      const socket = this.#used(call, view, 'sockfd')
      handler(this, { call, view, socket, made: apply() })
    } else {
      this.#move(call, view)
      apply()
    }
  }

  /** What goes through descriptors of all kinds. Nothing that these calls move changes what descriptors are. */
  #move(call: AnyCall, view: View): void {
    for (const way of ways.get(call.name) ?? none) {
      const socket = this.#moved(call, view, way)
      if (socket !== undefined) this.transfer(call, socket, way.direction, [movedBy(call, way)])
    }
  }

  /** A socket that a call about nothing but sockets names. */
  #used(call: AnyCall, view: View, argument: string): SocketDraft | undefined {
    const open = view.descriptor(argument)?.open
    // Of what is no socket, the call says so.
    return open === undefined || call.error === 'ENOTSOCK' ? undefined : this.of(open, call.pid)
  }

  /** What a call that is for all descriptors names, if that is a socket. */
  #moved(call: AnyCall, view: View, { argument, index }: Way): SocketDraft | undefined {
    let open = view.descriptor(fdAt(call, index))?.open
    // What the kernel says of it, if the run has that.
    if (open?.kind === 'unknown') open = view.descriptor(argument)?.open
    return open?.kind === 'socket' || (open !== undefined && this.#known.has(open))
      ? this.of(open, call.pid)
      : undefined
  }

  /** The socket of something open. */
  of(open: OpenFile, pid: number, origin?: TracedSocket['origin']): SocketDraft {
    const known = this.#known.get(open)
    if (known !== undefined) {
      if (this.isInside) known.users.add(pid)
      return known
    }
    const since = origin ?? (open.origin === 'opened' ? 'made' : open.origin)
    const draft = new SocketDraft(this.sockets.length + 1, pid, since, this.hindrance)
    if (this.isInside) draft.users.add(pid)
    draft.domain = open.socket?.domain
    draft.type = open.socket?.type
    this.#known.set(open, draft)
    this.sockets.push(draft)
    return draft
  }

  connect({ call }: Scene, socket: SocketDraft, address: Address | undefined): void {
    const { pid, tid, startNs: timeNs, ok, error } = call
    const isAsync = !ok && (error === undefined || stillGoing.has(error))
    const state = {
      outcome: ok ? ('connected' as const) : isAsync ? ('in progress' as const) : ('failed' as const),
      isAsync,
      ...(ok || isAsync || error === undefined ? {} : { error }),
    }
    const made: Writable<Connect> = { pid, tid, timeNs, address, socket, ...state }
    this.#tell(this.connects, made)
    socket.domain ??= domainOf(address)
    if (isAsync) socket.pending = made
    if (ok || isAsync) socket.peer = address
  }

  /** Counts what was moved, and looks for questions in what was sent. */
  transfer(call: AnyCall, socket: SocketDraft, direction: 'in' | 'out', messages: readonly Message[]): void {
    if (!call.ok) return settleFailure(socket, call.error)
    for (const message of messages) {
      const address = message.address ?? socket.peer
      if (message.length > 0) settle(socket)
      if (this.isInside) count(socket, direction, message.length)
      if (address === undefined) continue
      if (this.isInside) this.#count(address, call.pid, direction, message.length)
      if (direction === 'out') this.#lookUp(call, socket, address, message)
    }
  }

  #count(address: Address, pid: number, direction: 'in' | 'out', bytes: number): void {
    const known = this.#peerOf(address)
    known.users.add(pid)
    if (direction === 'in') known.bytesIn += bytes
    else known.bytesOut += bytes
  }

  #peerOf(address: Address): PeerDraft {
    const last = this.#peersByAddress.get(address)
    if (last !== undefined) return last
    const key = JSON.stringify(address)
    const known = this.#peers.get(key) ?? { address, users: new Set<number>(), bytesIn: 0, bytesOut: 0 }
    this.#peers.set(key, known)
    this.#peersByAddress.set(address, known)
    return known
  }

  #lookUp(call: AnyCall, socket: SocketDraft, server: Address, message: Message): void {
    const asked = questionsTo(socket, server, message)
    if (asked === undefined) return
    const { pid, tid, startNs: timeNs } = call
    for (const question of asked.questions)
      this.#tell(this.lookups, { pid, tid, timeNs, ...question, via: asked.via, server })
  }

  bind(bind: Bind): void {
    this.#tell(this.binds, bind)
  }

  listen(listen: Listen): void {
    this.#tell(this.listens, listen)
  }

  accept(accept: Accept): void {
    this.#tell(this.accepts, accept)
  }

  send(send: Send): void {
    this.#tell(this.sends, send)
  }

  #tell<T>(list: T[], deed: T): void {
    if (this.isInside) list.push(deed)
  }
}

function count(socket: SocketDraft, direction: 'in' | 'out', bytes: number): void {
  if (direction === 'in') socket.received += bytes
  else socket.sent += bytes
}

type Handler = (reader: NetworkReader, scene: Scene) => void

const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['socket', made],
  ['socketpair', made],
  ['accept', accepted],
  ['accept4', accepted],
  ['connect', connected],
  ['bind', bound],
  ['listen', listened],
  ['getsockname', named],
  ['getpeername', named],
  ['getsockopt', asked],
  ['sendto', sent],
  ['sendmsg', sent],
  ['sendmmsg', sent],
  ['recvfrom', received],
  ['recvmsg', received],
  ['recvmmsg', received],
  ['socketcall', () => undefined],
])

function made(reader: NetworkReader, { call, made }: Scene): void {
  for (const { open } of made) {
    const socket = reader.of(open, call.pid, call.name === 'socketpair' ? 'pair' : 'made')
    socket.protocol = String(call.args['protocol'])
  }
}

function accepted(reader: NetworkReader, { call, socket: listener, made: [descriptor] }: Scene): void {
  if (descriptor === undefined || listener === undefined) return
  const { pid, tid, startNs: timeNs, out } = call
  const address = addressOf(out?.['addr'])
  const socket = reader.of(descriptor.open, pid, 'accepted')
  socket.domain ??= listener.domain
  socket.type ??= listener.type
  socket.local = listener.local
  socket.peer = address
  reader.accept({ pid, tid, timeNs, listener, socket, address })
}

const stillGoing: ReadonlySet<string> = new Set(['EINPROGRESS', 'EINTR'])

function connected(reader: NetworkReader, scene: Scene): void {
  const { call, socket } = scene
  if (socket === undefined) return
  const { addr } = call.args
  // AF_UNSPEC takes a connection away.
  if (isObject(addr) && addr['sa_family'] === 'AF_UNSPEC') {
    if (call.ok) socket.peer = undefined
    return
  }
  if (socket.pending === undefined) return reader.connect(scene, socket, addressOf(addr))
  // A program may ask again until it gets the answer.
  if (call.ok || call.error === 'EISCONN') settle(socket)
  else if (call.error !== 'EALREADY' && !stillGoing.has(call.error ?? 'EINTR')) fail(socket, call.error)
}

function bound(reader: NetworkReader, { call, socket }: Scene): void {
  if (socket === undefined) return
  const address = addressOf(call.args['addr'])
  if (call.ok) socket.local = address
  socket.domain ??= domainOf(address)
  reader.bind({ ...deed(call), address, socket })
}

function listened(reader: NetworkReader, { call, socket }: Scene): void {
  if (socket === undefined) return
  if (call.ok) socket.listens = true
  reader.listen({ ...deed(call), socket })
}

/** Who, when, and whether. */
function deed(call: AnyCall): Omit<Listen, 'socket'> {
  const { pid, tid, startNs: timeNs, ok, error } = call
  return { pid, tid, timeNs, ok, ...(error === undefined ? {} : { error }) }
}

function named(_reader: NetworkReader, { call, socket }: Scene): void {
  const address = call.ok ? addressOf(call.out?.['addr']) : undefined
  if (socket === undefined || address === undefined) return
  socket.domain ??= domainOf(address)
  if (call.name === 'getsockname') {
    socket.local = address
    return
  }
  socket.peer = address
  settle(socket)
}

/** How a connection ended that went on in the background. */
function asked(_reader: NetworkReader, { call, socket }: Scene): void {
  if (socket === undefined || !call.ok) return
  const { optname } = call.args
  const value = call.out?.['optval']
  if (optname === 'SO_TYPE' && typeof value === 'string') socket.type ??= value
  if (optname !== 'SO_ERROR' || socket.pending === undefined) return
  if (value === 0) socket.pending.outcome = 'connected'
  else fail(socket, typeof value === 'number' ? errnoName(value) : String(value))
}

function sent(reader: NetworkReader, scene: Scene): void {
  const { call, socket } = scene
  if (socket === undefined) return
  const messages = messagesOf(call)
  if (isFastOpen(call)) reader.connect(scene, socket, messages[0]?.address)
  else for (const message of messages) noteSend(reader, call, socket, message)
  reader.transfer(call, socket, 'out', messages)
}

function noteSend(reader: NetworkReader, call: AnyCall, socket: SocketDraft, { address, length }: Message): void {
  if (address === undefined) return
  socket.domain ??= domainOf(address)
  reader.send({ ...deed(call), call: call.name, address, socket, bytes: call.ok ? length : 0 })
}

function isFastOpen(call: AnyCall): boolean {
  const { flags } = call.args
  return isObject(flags) && Array.isArray(flags['names']) && flags['names'].includes('MSG_FASTOPEN')
}

function received(reader: NetworkReader, { call, socket }: Scene): void {
  if (socket !== undefined) reader.transfer(call, socket, 'in', messagesOf(call))
}

function domainOf(address: Address | undefined): string | undefined {
  if (address === undefined) return undefined
  return address.family === 'other' ? address.domain : `AF_${address.family.toUpperCase()}`
}

/** Whether a call may be about a socket. */
export function isRead({ name }: AnyCall): boolean {
  return handlers.has(name) || ways.has(name)
}
