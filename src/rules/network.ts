/**
 * What it takes to keep a program from the network: a list of calls and conditions, not one word.
 *
 * - New sockets, by domain: only those that the exceptions need.
 * - Where datagrams and connections go, by address, in `connect`, `sendto`, `sendmsg` and `sendmmsg` (which can connect as well).
 *   0.0.0.0 and :: are loopback there. AF_UNSPEC ends a connection and makes none, but `sendto` takes it for an IPv4 address.
 * - Where a program listens, in `bind`, and in `listen`, which takes all addresses where a socket is bound to none.
 * - Sockets that somebody else made and that came by inheritance, over a unix socket (SCM_RIGHTS) or by `pidfd_getfd`: what is sent,
 *   received, accepted or listened to on them, by domain and peer; only where there can be such sockets, since each `read` and `write`
 *   has to be looked at then.
 * - i386's `socketcall`, which hides what it does. Rings (io_uring) are denied by the `ioUring` option.
 */

import { all, any, field, not, word, type Predicate } from './predicate.ts'
import { invalid } from '../checks.ts'
import { readPlace, type Place } from './addresses.ts'
import type { Condition, Part } from './rule.ts'
import { checkKeys, isObject, unknownWord, wrong } from './shape.ts'
import {
  FAMILY,
  hasFamily,
  hasPort,
  isIn,
  isInternet,
  isThere,
  LOOPBACK,
  LOOPBACK6,
  SOCKET,
  WILDCARD,
  WILDCARD6,
} from './sockaddr.ts'

const words = ['unix', 'netlink', 'loopback', 'dns', 'listen'] as const
const DNS_PORT = 53
/** An old spelling of AF_PACKET, in AF_INET. */
const SOCK_PACKET = 10
/** Connects by setsockopt(2). */
const IPPROTO_SCTP = 132
const TYPE_MASK = 0xf
const INT_MASK = 0xffff_ffff

/** What is allowed. */
export interface Exceptions {
  readonly words: ReadonlySet<(typeof words)[number]>
  readonly places: readonly Place[]
}

export function readExceptions(value: unknown, where: string): Exceptions {
  if (value === true) return { words: new Set(), places: [] }
  if (!isObject(value)) throw wrong(where, 'true or an object with `except`', value)
  checkKeys(value, ['except'], where)
  const { except } = value
  if (!Array.isArray(except)) throw wrong(`\`except\` of ${where}`, 'an array', except)
  const found = new Set<(typeof words)[number]>()
  const places: Place[] = []
  for (const item of except as readonly unknown[]) {
    const known = words.find((it) => it === item)
    if (known === undefined) places.push(readException(item, `\`except\` of ${where}`))
    else found.add(known)
  }
  return { words: found, places }
}

function readException(value: unknown, where: string): Place {
  if (typeof value !== 'string' || value === '') throw wrong(where, `one of ${words.join(', ')}, or addresses`, value)
  if (value === 'localhost') throw invalid(`Unknown exception 'localhost' in ${where}. Did you mean 'loopback'?`)
  if (/^[a-z-]+$/i.test(value)) throw unknownWord('exception', value, words, where)
  return readPlace(value, where)
}

/** `hasForeignSockets`: whether sockets of others can come to the program, unless it takes them by `pidfd_getfd`. */
export function networkParts(allowed: Exceptions, hasForeignSockets: boolean): readonly Part[] {
  const domains = allowedDomains(allowed)
  return [
    ...newSockets(domains),
    part(['connect'], toAddress(any(destinations(allowed, 0), hasFamily(0, FAMILY.UNSPEC)))),
    part(['bind'], toAddress(ownAddresses(allowed, 0))),
    part(['sendto', 'sendmsg', 'sendmmsg'], toAddress(destinations(allowed, 0))),
    ...servers(allowed),
    ...(hasForeignSockets
      ? [part(socketUses, { on: 'socket', of: foreignSocket(allowed, domains) })]
      : [part(['pidfd_getfd'])]),
    part(['socketcall']),
  ]
}

function part(calls: readonly string[], ...conditions: readonly Condition[]): Part {
  return { calls: new Set(calls), conditions }
}

function allowedDomains({ words, places }: Exceptions): readonly number[] {
  const isInternet =
    places.length > 0 || ['loopback', 'dns', 'listen'].some((it) => [...words].some((word) => word === it))
  return [
    ...(words.has('unix') ? [FAMILY.UNIX] : []),
    ...(words.has('netlink') ? [FAMILY.NETLINK] : []),
    ...(isInternet ? [FAMILY.INET, FAMILY.INET6] : []),
  ]
}

function newSockets(domains: readonly number[]): readonly Part[] {
  const byDomain: readonly Condition[] =
    domains.length === 0 ? [] : [{ on: 'argument', test: { name: 'domain', not: domains } }]
  if (!domains.includes(FAMILY.INET)) return [part(['socket', 'socketpair'], ...byDomain)]
  const others: Condition = {
    on: 'any',
    of: [
      { on: 'argument', test: { name: 'type', is: [SOCK_PACKET], mask: [TYPE_MASK] } },
      { on: 'argument', test: { name: 'protocol', is: [IPPROTO_SCTP], mask: [INT_MASK] } },
    ],
  }
  return [part(['socket', 'socketpair'], ...byDomain), part(['socket'], others)]
}

/** An address is given, and it is none of those that are allowed. */
function toAddress(allowed: Predicate): Condition {
  const denied = all(isThere(0), not(allowed))
  return { on: 'address', given: denied, sent: denied, bound: denied, peer: undefined }
}

/** What is bound to nothing listens to the world. */
function servers(allowed: Exceptions): readonly Part[] {
  if (allowed.words.has('listen')) return []
  const domain = field(SOCKET.DOMAIN, 4)
  const isInternet = any(...[FAMILY.INET, FAMILY.INET6].map((it) => word(domain, '==', BigInt(it))))
  return [part(['listen'], { on: 'socket', of: all(isInternet, not(ownAddresses(allowed, SOCKET.OWN))) })]
}

/** Where connections and datagrams may go. */
function destinations({ words, places }: Exceptions, at: number): Predicate {
  const isHere = any(...[LOOPBACK, LOOPBACK6, WILDCARD, WILDCARD6].map((it) => isIn(at, it)))
  const isDns = hasPort(at, DNS_PORT, DNS_PORT)
  return any(
    ...(words.has('unix') ? [hasFamily(at, FAMILY.UNIX)] : []),
    ...(words.has('netlink') ? [hasFamily(at, FAMILY.NETLINK)] : []),
    ...(words.has('loopback') ? [all(isHere, not(isDns))] : []),
    ...(words.has('dns') ? [all(isHere, isDns)] : []),
    ...places.map(({ subnet, port }) => all(isIn(at, subnet), port === undefined ? all() : hasPort(at, port, port))),
  )
}

/** What a socket may be bound to. bind(2) takes AF_UNSPEC for 0.0.0.0. */
function ownAddresses({ words, places }: Exceptions, at: number): Predicate {
  return any(
    ...(words.has('unix') ? [hasFamily(at, FAMILY.UNIX)] : []),
    ...(words.has('netlink') ? [hasFamily(at, FAMILY.NETLINK)] : []),
    ...(words.has('listen') ? [isInternet(at), hasFamily(at, FAMILY.UNSPEC)] : []),
    ...(words.has('loopback') ? [isIn(at, LOOPBACK), isIn(at, LOOPBACK6)] : []),
    ...places.map(({ subnet }) => isIn(at, subnet)),
  )
}

/** Calls that move data over a socket, or make it one that others can reach. */
export const socketUses: readonly string[] = [
  'read',
  'write',
  'readv',
  'writev',
  'preadv2',
  'pwritev2',
  'sendfile',
  'splice',
  'io_submit',
  'recvfrom',
  'recvmsg',
  'recvmmsg',
  'sendto',
  'sendmsg',
  'sendmmsg',
  'accept',
  'accept4',
  'listen',
]

/** Calls in which an address can be looked for. */
export const addressCalls: readonly string[] = [...socketUses, 'connect', 'bind']

/**
 * A socket that the program could not have made itself. Unix sockets that it was given are its owner's way to talk to it; accepted
 * connections have any peer.
 */
function foreignSocket(allowed: Exceptions, domains: readonly number[]): Predicate {
  const domain = field(SOCKET.DOMAIN, 4)
  const known = [...new Set([FAMILY.UNIX, ...domains])].map((it) => word(domain, '!=', BigInt(it)))
  const isOther = all(...known)
  if (!domains.includes(FAMILY.INET) || allowed.words.has('listen')) return isOther
  const goesElsewhere = all(
    any(word(domain, '==', BigInt(FAMILY.INET)), word(domain, '==', BigInt(FAMILY.INET6))),
    isThere(SOCKET.PEER),
    not(destinations(allowed, SOCKET.PEER)),
  )
  return any(isOther, goesElsewhere)
}
