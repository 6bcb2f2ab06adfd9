/** Where sockets go, against what is excepted: the rules of `deny: { network: { except } }`, for calls that were made. */

import { isIPv4 } from 'node:net'
import { invalid } from '../../checks.ts'
import { readSubnet, type Place } from '../../rules/addresses.ts'
import { readExceptions, type Exceptions } from '../../rules/network.ts'
import type { NetworkException } from '../../rules/options.ts'
import { isObject, wrong } from '../../rules/shape.ts'
import { holds, LOOPBACK, LOOPBACK6, WILDCARD, WILDCARD6, type Subnet } from '../../rules/sockaddr.ts'
import type { Address } from '../peer.ts'

/** What `toHaveNoNetwork()` is told. */
export interface NetworkOptions {
  /**
   * What may be done; see `NetworkException`.
   * @default what the run's own rule `deny: { network: { except } }` allows, else nothing
   */
  readonly except?: NetworkException | readonly NetworkException[]
}

const DNS_PORT = 53
/** What stands before an IPv4 address where it is written as an IPv6 address. */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** Throws ERR_SYSCOPE_INVALID_ARGUMENT; `asks` is the matcher. */
export function readNetworkOptions(options: unknown, asks: string): Exceptions {
  if (options === undefined) return readExceptions(true, asks)
  if (!isObject(options)) throw wrong(`the options of ${asks}`, 'an object', options)
  const { except } = options
  const stray = Object.keys(options).find((key) => key !== 'except')
  if (stray !== undefined) throw invalid(`${asks} has no option \`${stray}\`. It has \`except\`.`)
  if (except === undefined) return readExceptions(true, asks)
  return readExceptions({ except: Array.isArray(except) ? except : [except] }, asks)
}

/** Whether connections and datagrams may go there. */
export function isDestination(address: Address, { words, places }: Exceptions): boolean {
  if (!('address' in address)) return isLocalFamily(address, words)
  const isDns = address.port === DNS_PORT
  const isHere = [LOOPBACK, LOOPBACK6, WILDCARD, WILDCARD6].some((subnet) => isIn(address, subnet))
  if (isHere && words.has(isDns ? 'dns' : 'loopback')) return true
  return places.some(({ subnet, port }) => isIn(address, subnet) && (port === undefined || port === address.port))
}

/** Whether a socket may be bound to it. */
export function isOwnAddress(address: Address, { words, places }: Exceptions): boolean {
  if (!('address' in address)) return isLocalFamily(address, words)
  if (words.has('listen')) return true
  if (words.has('loopback') && [LOOPBACK, LOOPBACK6].some((subnet) => isIn(address, subnet))) return true
  return places.some(({ subnet }) => isIn(address, subnet))
}

/** Whether sockets of this family may be used, wherever they lead. */
function isLocalFamily({ family }: Address, words: Exceptions['words']): boolean {
  return (family === 'unix' || family === 'netlink') && words.has(family)
}

/** Whether a destination is this place. Who connects to 0.0.0.0 comes to 127.0.0.1. */
export function isAt(address: Address, { subnet, port }: Place): boolean {
  if (address.family !== 'inet' && address.family !== 'inet6') return false
  if (port !== undefined && port !== address.port) return false
  if (isIn(address, subnet)) return true
  const isWild = (wildcard: Subnet, loopback: readonly number[]): boolean =>
    isIn(address, wildcard) && holds(subnet, loopback)
  return isWild(WILDCARD, [127, 0, 0, 1]) || isWild(WILDCARD6, LOOPBACK6.bytes)
}

/** IPv4 addresses count in either notation. */
function isIn(address: Extract<Address, { readonly port: number; readonly address: string }>, subnet: Subnet): boolean {
  const { bytes } = readSubnet(address.address, 'an address')
  if (holds(subnet, bytes)) return true
  return bytes.length === 4 && !isIPv4(address.address) && holds(subnet, [...MAPPED, ...bytes])
}

/** Whether one that keeps to these exceptions keeps to those others, too. */
export function isStricter(one: Exceptions, other: Exceptions): boolean {
  const isPlaceOf = (place: Place): boolean =>
    other.places.some(
      ({ subnet, port }) =>
        subnet.bits <= place.subnet.bits &&
        holds(subnet, place.subnet.bytes) &&
        (port === undefined || port === place.port),
    )
  return [...one.words].every((word) => other.words.has(word)) && one.places.every(isPlaceOf)
}
