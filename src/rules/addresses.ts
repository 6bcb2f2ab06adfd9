/** The `addr` condition. */

import { isIPv4, isIPv6 } from 'node:net'
import { inspect } from 'node:util'
import { encodeString } from '../args/surrogates.ts'
import { invalid } from '../checks.ts'
import { AF } from '../table/constants/net.ts'
import { isGlob } from './glob.ts'
import { checkKeys, isObject, listOf, unknownWord } from './shape.ts'
import { all, always, any, type Predicate } from './predicate.ts'
import type { Condition } from './rule.ts'
import {
  FAMILY,
  hasFamily,
  hasPort,
  hasUnixPath,
  holds,
  isIn,
  SOCKET,
  WILDCARD,
  WILDCARD6,
  type Subnet,
} from './sockaddr.ts'

const MAX_UNIX_PATH = 108

export function readAddresses(value: unknown, where: string): Condition {
  const tests = listOf(value, where).map((it) => readAddress(it, where))
  return {
    on: 'address',
    given: any(...tests.map((test) => test(0, 'destination'))),
    sent: any(...tests.map((test) => test(0, 'datagram'))),
    bound: any(...tests.map((test) => test(0, 'own'))),
    peer: any(...tests.map((test) => test(SOCKET.PEER, 'own'))),
  }
}

/**
 * `at`: where the address begins. As a destination 0.0.0.0 is loopback, and with a datagram AF_UNSPEC is AF_INET (udp(7) has no word
 * of it, `udp_sendmsg` has).
 */
type AddressTest = (at: number, role: Role) => Predicate
type Role = 'destination' | 'datagram' | 'own'

function readAddress(given: unknown, where: string): AddressTest {
  const value: unknown = typeof given === 'string' ? placeParts(given) : given
  if (!isObject(value)) throw invalid(`Expected ${where} to be an address, got ${inspect(value, { depth: 1 })}.`)
  checkKeys(value, ['family', 'address', 'port', 'path'], where)
  const { family, address, port, path } = value
  const familyNumber = family === undefined ? undefined : readFamily(family, where)
  const subnet = address === undefined ? undefined : readSubnet(address, `\`address\` in ${where}`)
  const ports = port === undefined ? undefined : readPorts(port, `\`port\` in ${where}`)
  const unix = path === undefined ? undefined : readUnixPath(path, `\`path\` in ${where}`)
  if (unix !== undefined && (subnet !== undefined || ports !== undefined)) {
    throw invalid(`${where} has both a path and an internet address: no address is both.`)
  }
  const fits = familyNumber === undefined || familiesOf(subnet, ports, unix).includes(familyNumber)
  if (!fits) throw invalid(`${where} can't match: ${inspect(family)} has no such address.`)
  const isNothing = familyNumber === undefined && subnet === undefined && ports === undefined && unix === undefined
  if (isNothing) throw invalid(`${where} says nothing: give \`family\`, \`address\`, \`port\` or \`path\`.`)
  return (at, role) =>
    all(
      familyNumber === undefined ? always : familyTest(at, familyNumber, role),
      subnet === undefined
        ? always
        : any(...[subnet, ...wildcardsOf(subnet, role)].map((it) => isIn(at, it, role === 'datagram'))),
      ports === undefined ? always : hasPort(at, ...ports, role === 'datagram'),
      unix === undefined ? always : hasUnixPath(at, ...unix),
    )
}

function familyTest(at: number, family: number, role: Role): Predicate {
  const isFamily = hasFamily(at, family)
  return role === 'datagram' && family === FAMILY.INET ? any(isFamily, hasFamily(at, FAMILY.UNSPEC)) : isFamily
}

function familiesOf(subnet: Subnet | undefined, ports: unknown, unix: unknown): { includes(family: number): boolean } {
  if (unix !== undefined) return [FAMILY.UNIX]
  if (subnet?.bytes.length === 16) return [FAMILY.INET6]
  return subnet === undefined && ports === undefined ? { includes: () => true } : [FAMILY.INET, FAMILY.INET6]
}

/** Who connects to 0.0.0.0 comes to 127.0.0.1. */
function wildcardsOf(subnet: Subnet, role: Role): readonly Subnet[] {
  if (role === 'own') return []
  if (holds(subnet, [127, 0, 0, 1])) return [WILDCARD]
  return holds(subnet, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]) ? [WILDCARD6] : []
}

function readFamily(value: unknown, where: string): number {
  const values: Readonly<Record<string, number>> = AF.values
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 0x1_0000) return value
  if (typeof value !== 'string') throw invalid(`Expected \`family\` in ${where} to be a name, got ${inspect(value)}.`)
  const found = Object.hasOwn(values, value) ? values[value] : undefined
  if (found !== undefined) return found
  throw unknownWord('family', value, Object.keys(values), where)
}

export interface Place {
  readonly subnet: Subnet
  readonly port: number | undefined
}

/** `10.0.0.0/8`, `10.1.2.3:443`, `::1`, `[::1]:8080`. */
export function readPlace(text: string, where: string): Place {
  const { address, port } = placeParts(text)
  const subnet = readSubnet(address, `${where} ('${text}')`)
  if (port !== undefined && !isPort(port)) throw invalid(`${where} has a port that there is none of: '${text}'.`)
  return { subnet, port }
}

/** Of what is no such text, all is taken for the address, which is refused where it is read. */
function placeParts(text: string): { readonly address: string; readonly port: number | undefined } {
  const parts = /^\[([^\]]*)\](?::(\d+))?$/.exec(text) ?? /^([\d.]+(?:\/\d+)?)(?::(\d+))?$/.exec(text) ?? [text, text]
  const [, address = '', port] = parts
  return { address, port: port === undefined ? undefined : Number(port) }
}

/** `10.0.0.0/8`, `::1`; an IPv4 address in IPv6 notation is the IPv4 address. */
export function readSubnet(value: unknown, where: string): Subnet {
  const text = typeof value === 'string' ? value : ''
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const bytes = isIPv4(address)
    ? parse4(address)
    : isIPv6(address) && !address.includes('%')
      ? parse6(address)
      : undefined
  const most = 8 * (bytes?.length ?? 0)
  const bits = slash < 0 ? most : /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : Infinity
  if (bytes === undefined || bits > most) {
    const message = `Expected ${where} to be an IPv4 or IPv6 address or subnet ('10.0.0.0/8'), got ${inspect(value)}.`
    throw invalid(message)
  }
  const isMapped = bytes.length === 16 && bits >= 96 && bytes.slice(0, 10).every((it) => it === 0)
  if (isMapped && bytes[10] === 0xff && bytes[11] === 0xff) return { bytes: bytes.slice(12), bits: bits - 96 }
  return { bytes, bits }
}

function parse4(text: string): readonly number[] {
  return text.split('.').map(Number)
}

/** Of an address that is one. */
function parse6(text: string): readonly number[] {
  const [head = '', tail] = text.split('::')
  const front = groups(head)
  const back = tail === undefined ? [] : groups(tail)
  const zeros = Array.from({ length: Math.max(0, 16 - front.length - back.length) }, () => 0)
  return [...front, ...(tail === undefined ? [] : zeros), ...back]
}

function groups(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return parse4(group)
    const number = Number.parseInt(group, 16)
    return [number >> 8, number & 0xff]
  })
}

function readPorts(value: unknown, where: string): readonly [number, number] {
  const [from, to]: readonly unknown[] = Array.isArray(value) && value.length === 2 ? value : [value, value]
  if (!isPort(from) || !isPort(to)) {
    throw invalid(`Expected ${where} to be a port or the first and the last of a range, got ${inspect(value)}.`)
  }
  if (from > to) throw invalid(`${where} can't match: the range from ${from} to ${to} is empty.`)
  return [from, to]
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff
}

function readUnixPath(value: unknown, where: string): readonly [path: Uint8Array, how: 'exact' | 'beneath'] {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) {
    throw invalid(`Expected ${where} to be the path of a unix socket, got ${inspect(value)}.`)
  }
  if (isGlob(value)) {
    throw invalid(
      `${inspect(value)}, given as ${where}, is a glob: paths of sockets are compared exactly, or, ending with '/', with all beneath.`,
    )
  }
  const bytes = encodeString(value)
  if (bytes.length > MAX_UNIX_PATH)
    throw invalid(`${where} can't match: no socket has a path of ${bytes.length} bytes.`)
  if (value.startsWith('@')) return [Uint8Array.of(0, ...bytes.subarray(1)), 'exact']
  return [bytes, value.endsWith('/') ? 'beneath' : 'exact']
}
