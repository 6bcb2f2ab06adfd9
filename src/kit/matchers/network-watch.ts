/** Finds the calls of a run by which it used the network, or may have. */

import { isObject } from '../../checks.ts'
import { Unread } from '../../args/arg.ts'
import { Flags } from '../../args/flags.ts'
import type { Exceptions } from '../../rules/network.ts'
import { AF } from '../../table/constants/net.ts'
import { kindOf, type Descriptor, type OpenFile } from '../tree-tables.ts'
import { linkOf, linksWithin } from '../paths.ts'
import { addressOf, type Address } from '../peer.ts'
import type { AnyCall } from '../recorded.ts'
import { fdAt } from '../transfers.ts'
import type { View } from '../tree.ts'
import { isUndecoded } from '../undecoded.ts'
import { isDestination, isOwnAddress } from './addresses.ts'
import { socketCalls, transfers } from './network-calls.ts'
import { familyOf, socketFacts, type SocketFacts } from './sockets.ts'

export { networkUseCalls } from './network-calls.ts'

/** `use`: it is one; `none`: it is none; else why nobody knows, as the rest of a sentence. */
type Finding = 'use' | 'none' | { readonly doubt: string; readonly open?: OpenFile }

/** A call of which nobody knows whether it used the network. */
export interface Doubt {
  readonly call: AnyCall
  readonly why: string
}

const SOCK_RAW = 3
const SOCK_PACKET = 10
const IPPROTO_SCTP = 132
const TYPE_MASK = 0xf
const internet: ReadonlySet<string> = new Set(['AF_INET', 'AF_INET6'])

/** Feed it each call with the view of it, before the tree applies it. */
export class NetworkWatch {
  readonly uses: AnyCall[] = []
  readonly #allowed: Exceptions
  readonly #isInternet: boolean
  /** Indices of the rules that deny the network. */
  readonly #denying: ReadonlySet<number>
  readonly #bound = new Map<OpenFile, Address | 'AF_UNSPEC'>()
  readonly #facts = new Map<OpenFile, SocketFacts>()
  /** What descriptors of others were taken for. */
  readonly #suspects = new Set<OpenFile>()
  /** 32-bit code may have bound sockets. */
  #hasHiddenBinds = false
  readonly #doubts: (Exclude<Finding, string> & { readonly call: AnyCall })[] = []

  constructor(allowed: Exceptions, denying: ReadonlySet<number>) {
    const { words, places } = allowed
    this.#allowed = allowed
    this.#isInternet = places.length > 0 || words.has('loopback') || words.has('dns') || words.has('listen')
    this.#denying = denying
  }

  /** `isInside`: it belongs to what is asked about; what happened before only tells what descriptors stand for. */
  read(call: AnyCall, view: View, isInside: boolean): void {
    const { name } = call
    if (name === 'getsockname' || name === 'getpeername') this.#learn(call, view)
    const findings = isInside ? this.#judge(call, view) : []
    if (name === 'bind' && call.ok) this.#bind(call, view)
    if ((name === 'bind' || name === 'socketcall') && isUndecoded(call)) this.#hasHiddenBinds = true
    if (findings.includes('use')) this.uses.push(call)
    else for (const it of findings) if (typeof it === 'object') this.#doubts.push({ ...it, call })
  }

  /**
   * The descriptors that a call made. Which message brought them is a guess, unless the kernel says that they are what the run sent: they
   * may have come from a process that is not of the run.
   */
  received(call: AnyCall, made: readonly Descriptor[]): void {
    if (call.name !== 'recvmsg' && call.name !== 'recvmmsg') return
    const links = linksWithin(call, call.name === 'recvmsg' ? 'msg' : 'msgvec')
    for (const [index, { open }] of made.entries()) {
      const text = links[index]?.text
      if (text === undefined || text !== open.link?.text) this.#suspects.add(open)
    }
  }

  /** Those that nothing seen later has settled. */
  doubts(): readonly Doubt[] {
    return this.#doubts.flatMap(({ call, doubt, open }) => {
      const facts = open === undefined ? undefined : this.#facts.get(open)
      const finding = facts === undefined ? { doubt } : this.#judgeFacts(facts)
      if (finding === 'use') this.uses.push(call)
      return typeof finding === 'object' ? [{ call, why: finding.doubt }] : []
    })
  }

  #judge(call: AnyCall, view: View): readonly Finding[] {
    const ways = transfers.get(call.name)
    if (ways !== undefined) return ways.map(([argument, index]) => this.#foreign(call, view, argument, index))
    if (call.name === 'io_submit') return this.#submitted(call, view)
    if (!socketCalls.has(call.name)) return []
    if (isUndecoded(call)) return [this.#hidden(call)]
    return [this.#byName(call, view), ...this.#throughSocket(call, view)]
  }

  /** 32-bit code; `socketcall` has its arguments in memory. */
  #hidden(call: AnyCall): Finding {
    if (this.#isDenied(call)) return 'use'
    if (call.name === 'socket') return this.#newSocket(call, fdAt(call, 0), fdAt(call, 1), fdAt(call, 2))
    return { doubt: 'where it went is not known of 32-bit code' }
  }

  #byName(call: AnyCall, view: View): Finding {
    const { args, name } = call
    switch (name) {
      case 'socket':
      case 'socketpair':
        return this.#newSocket(call, domainNumber(args['domain']), numberOf(args['type']), fdAt(call, 2))
      case 'connect':
        return this.#goes(call, args['addr'])
      case 'bind':
        return this.#binds(call, args['addr'])
      case 'listen':
        return this.#listens(view)
      case 'sendto':
        return this.#goes(call, args['dest_addr'])
      case 'sendmsg':
        return this.#sends(call, [args['msg']])
      case 'sendmmsg':
        return this.#sends(call, [args['msgvec']].flat())
      default:
        return 'none'
    }
  }

  /** One that is none of the four known families is used as soon as it is there; of others, what is done with them counts. */
  #newSocket(call: AnyCall, domain: number, type: number, protocol: number): Finding {
    const { words } = this.#allowed
    const isDenied = this.#isDenied(call)
    const values: Readonly<Record<string, number>> = AF.values
    switch (domain) {
      case values['AF_UNIX']:
        return isDenied && call.name === 'socket' && !words.has('unix') ? 'use' : 'none'
      case values['AF_NETLINK']:
        return isDenied && !words.has('netlink') ? 'use' : 'none'
      case values['AF_INET']:
      case values['AF_INET6']: {
        const kind = type & TYPE_MASK
        const isOdd = kind === SOCK_PACKET || protocol === IPPROTO_SCTP || (kind === SOCK_RAW && !this.#isInternet)
        return isDenied || isOdd ? 'use' : 'none'
      }
      default:
        return 'use'
    }
  }

  #goes(call: AnyCall, value: unknown): Finding {
    const family = familyOf(value)
    // It takes a connection away; who sends to it sends to an IPv4 address.
    if (family === 'AF_UNSPEC') return call.name === 'connect' ? 'none' : 'use'
    return this.#reaches(call, value, (address) => isDestination(address, this.#allowed))
  }

  #binds(call: AnyCall, value: unknown): Finding {
    // bind(2) takes it for 0.0.0.0.
    if (familyOf(value) === 'AF_UNSPEC') return this.#allowed.words.has('listen') ? 'none' : 'use'
    return this.#reaches(call, value, (address) => isOwnAddress(address, this.#allowed))
  }

  #reaches(call: AnyCall, value: unknown, isAllowed: (address: Address) => boolean): Finding {
    if (value === null) return 'none'
    const address = addressOf(value)
    if (address !== undefined) return isAllowed(address) ? 'none' : 'use'
    // What the kernel could not read either led nowhere.
    if (call.error === 'EFAULT' || call.error === 'EINVAL') return 'none'
    return { doubt: 'its address could not be read' }
  }

  #sends(call: AnyCall, messages: readonly unknown[]): Finding {
    const findings = messages.map((message): Finding => {
      if (!isObject(message) || message instanceof Unread) return this.#reaches(call, undefined, () => false)
      const head = isObject(message['msg_hdr']) ? message['msg_hdr'] : message
      return this.#goes(call, head['msg_name'] ?? null)
    })
    return findings.find((it) => it === 'use') ?? findings.find((it) => it !== 'none') ?? 'none'
  }

  #listens(view: View): Finding {
    const open = view.descriptor('sockfd')?.open
    const domain = open?.socket?.domain
    // Of what came from elsewhere, more is asked below.
    if (open === undefined || domain === undefined || !internet.has(domain)) return 'none'
    if (!this.#bound.has(open) && this.#hasHiddenBinds)
      return { doubt: 'where it is bound is not known of 32-bit code' }
    const bound = this.#bound.get(open) ?? 'AF_UNSPEC'
    // What is bound to nothing listens to the world.
    const address = bound === 'AF_UNSPEC' ? ({ family: 'inet', address: '0.0.0.0', port: 0 } as const) : bound
    return isOwnAddress(address, this.#allowed) ? 'none' : 'use'
  }

  #bind(call: AnyCall, view: View): void {
    const open = isUndecoded(call) ? undefined : view.descriptor('sockfd')?.open
    const address = addressOf(call.args['addr'])
    if (open !== undefined) this.#bound.set(open, address ?? 'AF_UNSPEC')
  }

  #throughSocket(call: AnyCall, view: View): readonly Finding[] {
    const { name } = call
    if (name === 'socket' || name === 'socketpair' || name === 'connect' || name === 'bind') return []
    const finding = this.#foreign(call, view, 'sockfd', 0)
    if (name !== 'listen' || finding !== 'none' || this.#allowed.words.has('listen')) return [finding]
    const open = view.descriptor('sockfd')?.open
    const facts = open === undefined ? undefined : this.#facts.get(open)
    const isOther = facts !== undefined && internet.has(facts.domain) && open?.socket === undefined
    return isOther ? [{ doubt: 'where it listens is not known' }] : [finding]
  }

  /** A socket that the run did not make itself: by inheritance, in a message, taken from another process. */
  #foreign(call: AnyCall, view: View, argument: string, index: number): Finding {
    const descriptor = view.descriptor(fdAt(call, index))
    if (descriptor === undefined || call.error === 'EBADF' || call.error === 'ENOTSOCK') return 'none'
    const { open } = descriptor
    const isOwn = open.origin === 'opened' && open.kind !== 'unknown'
    if (isOwn && !this.#suspects.has(open)) return 'none'
    const link = linkOf(call, argument) ?? (isOwn ? undefined : open.link)
    if (isOwn && link !== undefined && link.text === open.link?.text) return 'none'
    const kind = link === undefined ? (isOwn ? 'unknown' : open.kind) : kindOf(link)
    if (kind !== 'socket' && kind !== 'unknown') return 'none'
    const facts = socketFacts(call, argument) ?? (isOwn ? undefined : this.#facts.get(open))
    if (facts !== undefined) {
      if (!isOwn) this.#facts.set(open, facts)
      return this.#judgeFacts(facts)
    }
    if (this.#isDenied(call)) return 'use'
    const advice = kind === 'socket' ? "`decodeFds: 'all'`" : "`observe: 'network'` or `decodeFds: true`"
    const what = kind === 'socket' ? 'whom that socket leads to' : 'whether that is a socket'
    const why = `descriptor ${fdAt(call, index)} was not seen being opened, and ${what} was not recorded: trace with ${advice}`
    return { doubt: why, open }
  }

  #judgeFacts({ domain, peer }: SocketFacts): Finding {
    // A unix socket that a program was given is its owner's way to talk to it.
    if (domain === 'AF_UNIX') return 'none'
    if (domain === 'AF_NETLINK') return this.#allowed.words.has('netlink') ? 'none' : 'use'
    if (!internet.has(domain) || !this.#isInternet) return 'use'
    if (this.#allowed.words.has('listen') || peer === undefined) return 'none'
    if (peer === 'unknown') return { doubt: 'whom that socket leads to is not known' }
    return isDestination(peer, this.#allowed) ? 'none' : 'use'
  }

  #submitted(call: AnyCall, view: View): readonly Finding[] {
    const { iocbpp } = call.args
    const parts: readonly unknown[] = Array.isArray(iocbpp) ? iocbpp : []
    const found = parts.flatMap((part) => this.#submittedPart(part, view))
    return call.ok && parts.length < Number(call.returned) ? [...found, { doubt: 'not all of it was recorded' }] : found
  }

  #submittedPart(part: unknown, view: View): readonly Finding[] {
    const fd = isObject(part) ? part['aio_fildes'] : undefined
    const open = typeof fd === 'number' ? view.descriptor(fd)?.open : undefined
    if (open === undefined) return []
    const isSuspect = this.#suspects.has(open)
    if (open.origin === 'opened' && !isSuspect) return []
    const facts = isSuspect ? undefined : this.#facts.get(open)
    if (facts !== undefined) return [this.#judgeFacts(facts)]
    if (!isSuspect && open.kind !== 'socket' && open.kind !== 'unknown') return []
    return [{ doubt: `descriptor ${Number(fd)} was not seen being opened, and whom it leads to is not known`, open }]
  }

  #learn(call: AnyCall, view: View): void {
    const open = view.descriptor('sockfd')?.open
    const address = call.ok ? addressOf(call.out?.['addr']) : undefined
    const domain = call.ok ? familyOf(call.out?.['addr']) : undefined
    if (open === undefined || domain === undefined || open.origin === 'opened') return
    if (call.name === 'getpeername') this.#facts.set(open, { domain, peer: address })
    else if (!this.#facts.has(open)) this.#facts.set(open, { domain, peer: 'unknown' })
  }

  #isDenied(call: AnyCall): boolean {
    const { injected } = call as { readonly injected?: { readonly rule: number } }
    return injected !== undefined && this.#denying.has(injected.rule)
  }
}

function domainNumber(value: unknown): number {
  const values: Readonly<Record<string, number>> = AF.values
  return typeof value === 'string' && Object.hasOwn(values, value) ? (values[value] ?? -1) : Number(value)
}

function numberOf(value: unknown): number {
  return Number(value instanceof Flags ? value.number : value)
}
