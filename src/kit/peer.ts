/** Addresses of sockets, as plain values that can be compared and printed. */

import { isObject } from '../checks.ts'

/** An address of a socket. Ports are numbers, addresses as inet_ntop(3) writes them. */
export type Address =
  | { readonly family: 'inet' | 'inet6'; readonly address: string; readonly port: number }
  /** Without a path where the socket has no name. */
  | { readonly family: 'unix'; readonly path?: string; readonly abstract?: true }
  | { readonly family: 'netlink'; readonly port: number; readonly groups: number }
  /** Of another family: `AF_VSOCK`, `AF_PACKET`, … */
  | { readonly family: 'other'; readonly domain: string }

/** The address in an argument; `undefined` where there was none, or it could not be read. AF_UNSPEC is none. */
export function addressOf(value: unknown): Address | undefined {
  if (!isObject(value)) return undefined
  const { sa_family: family } = value
  switch (family) {
    case 'AF_INET':
      return internet('inet', value['sin_addr'], value['sin_port'])
    case 'AF_INET6':
      return internet('inet6', value['sin6_addr'], value['sin6_port'])
    case 'AF_UNIX':
      return unix(value)
    case 'AF_NETLINK':
      return { family: 'netlink', port: Number(value['nl_pid']), groups: Number(value['nl_groups']) }
    case undefined:
    case 'AF_UNSPEC':
      return undefined
    default:
      return { family: 'other', domain: String(family) }
  }
}

function internet(family: 'inet' | 'inet6', address: unknown, port: unknown): Address {
  // Too short for its family.
  if (typeof address !== 'string') return { family: 'other', domain: family === 'inet' ? 'AF_INET' : 'AF_INET6' }
  return { family, address, port: Number(port) }
}

function unix(value: Readonly<Record<string, unknown>>): Address {
  const { sun_path: path } = value
  if (typeof path !== 'string') return { family: 'unix' }
  return { family: 'unix', path, ...(value['abstract'] === true ? { abstract: true as const } : {}) }
}

/** An address as people write it: `127.0.0.1:80`, `[::1]:80`, `/run/x.sock`, `@abstract`, `netlink:0`. */
export function addressText(address: Address): string {
  switch (address.family) {
    case 'inet':
      return `${address.address}:${address.port}`
    case 'inet6':
      return `[${address.address}]:${address.port}`
    case 'unix':
      return address.path === undefined ? 'unix' : unixText(address.path, address.abstract === true)
    case 'netlink':
      return `netlink:${address.port}`
    case 'other':
      return address.domain
  }
}

/** Some fill the rest of an abstract name with NULs, which are part of it for the kernel, and say nothing to people. */
function unixText(path: string, isAbstract: boolean): string {
  if (!isAbstract) return path
  return `@${path.replace(/\0+$/, '').replaceAll('\0', String.raw`\0`)}`
}

/** Whether packets to it stay on this machine. 0.0.0.0 and :: lead here, too. */
export function isLocal(address: Address): boolean {
  switch (address.family) {
    case 'unix':
    case 'netlink':
      return true
    case 'inet':
      return address.address.startsWith('127.') || address.address === '0.0.0.0'
    case 'inet6':
      return /^(?:::1|::|::ffff:(?:127\.[\d.]+|0\.0\.0\.0))$/.test(address.address)
    case 'other':
      return false
  }
}
