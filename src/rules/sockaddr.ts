/** Predicates on socket addresses, which begin `at` bytes into what they are about (see struct sockaddr_in and its kin). */

import { all, any, field, never, word, type Predicate } from './predicate.ts'

export const FAMILY = { UNSPEC: 0, UNIX: 1, INET: 2, INET6: 10, NETLINK: 16 } as const

const PORT = 2
const ADDRESS = 4
const ADDRESS6 = 8
const PATH = 2
/** What stands before an IPv4 address where it is written as an IPv6 address. */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** The first `bits` of 4 or 16 bytes. */
export interface Subnet {
  readonly bytes: readonly number[]
  readonly bits: number
}

/** In the engine's answer about a socket: its domain, its type, its own address (128 bytes), and that of its peer. */
export const SOCKET = { DOMAIN: 0, TYPE: 4, OWN: 8, PEER: 136 } as const

export function hasFamily(at: number, family: number): Predicate {
  return word(field(at, 2), '==', BigInt(family))
}

/** Whether there is an address at all: NULL has no bytes. */
export function isThere(at: number): Predicate {
  return word(field(at, 2), '>=', 0n)
}

/** `isUnspecToo`: AF_UNSPEC stands for AF_INET. */
export function isInternet(at: number, isUnspecToo = false): Predicate {
  return any(isIpv4(at, isUnspecToo), hasFamily(at, FAMILY.INET6))
}

function isIpv4(at: number, isUnspecToo: boolean): Predicate {
  const isFamily = hasFamily(at, FAMILY.INET)
  return isUnspecToo ? any(isFamily, hasFamily(at, FAMILY.UNSPEC)) : isFamily
}

/** IPv4 addresses count in either notation. */
export function isIn(at: number, { bytes, bits }: Subnet, isUnspecToo = false): Predicate {
  if (bytes.length === 16) return all(hasFamily(at, FAMILY.INET6), startsWith(at + ADDRESS6, bytes, bits))
  return any(
    all(isIpv4(at, isUnspecToo), startsWith(at + ADDRESS, bytes, bits)),
    all(hasFamily(at, FAMILY.INET6), startsWith(at + ADDRESS6, [...MAPPED, ...bytes], 96 + bits)),
  )
}

/** Internet addresses with a port `from` … `to`. */
export function hasPort(at: number, from: number, to: number, isUnspecToo = false): Predicate {
  return all(isInternet(at, isUnspecToo), isBetween(at + PORT, from, to))
}

/** Ports are big-endian, and words little-endian. */
function isBetween(at: number, from: number, to: number): Predicate {
  const high = field(at, 1)
  const low = field(at + 1, 1)
  if (from === to) return word(field(at, 2), '==', BigInt(((from & 0xff) << 8) | (from >> 8)))
  const first = { high: BigInt(from >> 8), low: BigInt(from & 0xff) }
  const last = { high: BigInt(to >> 8), low: BigInt(to & 0xff) }
  return all(
    any(word(high, '>', first.high), all(word(high, '==', first.high), word(low, '>=', first.low))),
    any(word(high, '<', last.high), all(word(high, '==', last.high), word(low, '<=', last.low))),
  )
}

function startsWith(offset: number, bytes: readonly number[], bits: number): Predicate {
  const whole = Math.ceil(bits / 8)
  const mask = Uint8Array.from({ length: whole }, (_, index) => (0xff00 >> Math.min(8, bits - 8 * index)) & 0xff)
  const wanted = Uint8Array.from({ length: whole }, (_, index) => (bytes[index] ?? 0) & (mask[index] ?? 0))
  return bits % 8 === 0
    ? { op: 'bytes', offset, how: 'prefix', bytes: wanted }
    : { op: 'bytes', offset, how: 'masked', bytes: wanted, mask }
}

/** A path, whether its NUL counts in the address's length or not; an abstract name (`@name`) is all that is left. */
export function hasUnixPath(at: number, path: Uint8Array, how: 'exact' | 'beneath'): Predicate {
  const offset = at + PATH
  const equal: Predicate = { op: 'bytes', offset, how: 'equal', bytes: path }
  const prefix = (bytes: Uint8Array): Predicate => ({ op: 'bytes', offset, how: 'prefix', bytes })
  const family = hasFamily(at, FAMILY.UNIX)
  if (path.length === 0) return never
  if (path[0] === 0) return all(family, equal)
  return all(family, how === 'beneath' ? prefix(path) : any(equal, prefix(Uint8Array.of(...path, 0))))
}

/** Whether a subnet has this address in it. */
export function holds({ bytes, bits }: Subnet, address: readonly number[]): boolean {
  if (bytes.length !== address.length) return false
  return bytes.every((byte, index) => {
    const mask = (0xff00 >> Math.min(8, Math.max(0, bits - 8 * index))) & 0xff
    return (byte & mask) === ((address[index] ?? 0) & mask)
  })
}

export const LOOPBACK: Subnet = { bytes: [127, 0, 0, 0], bits: 8 }
export const LOOPBACK6: Subnet = { bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], bits: 128 }
/** What the kernel takes for loopback where a connection or datagram is to go, and for all of this machine where one binds. */
export const WILDCARD: Subnet = { bytes: [0, 0, 0, 0], bits: 32 }
export const WILDCARD6: Subnet = { bytes: Array.from({ length: 16 }, () => 0), bits: 128 }
