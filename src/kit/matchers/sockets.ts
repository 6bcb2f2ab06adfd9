/** What calls say of sockets that nobody saw being made. */

import { isIPv4 } from 'node:net'
import type { Captured, Style } from '../../args/arg.ts'
import { descriptorText } from '../../args/descriptor.ts'
import { isObject } from '../../checks.ts'
import type { Address } from '../peer.ts'
import type { AnyCall } from '../recorded.ts'
import { sourceOf } from '../undecoded.ts'

/** What is known of a socket: its family, and whom it is connected to. */
export interface SocketFacts {
  readonly domain: string
  /** `undefined`: nobody; `'unknown'`: that is not known. */
  readonly peer: Address | undefined | 'unknown'
}

/** What the kernel said of a socket at the call: with `decodeFds: 'all'` or `['socket']`. */
export function socketFacts(call: AnyCall, argument: string): SocketFacts | undefined {
  const source = sourceOf(call)
  const index = source?.row?.args.findIndex(([name]) => name === argument) ?? -1
  const link: Captured | undefined = source?.cells[index]?.resolved()
  const text = descriptorText(link, factStyle)
  const [, protocol = '', facts = ''] = /^<([A-Z][\w/-]*):\[(.*)\]>$/s.exec(text) ?? []
  if (protocol === '') return undefined
  if (protocol.startsWith('UNIX')) return { domain: 'AF_UNIX', peer: undefined }
  if (protocol === 'NETLINK') return { domain: 'AF_NETLINK', peer: undefined }
  const domain = protocol.endsWith('v6') ? 'AF_INET6' : 'AF_INET'
  // The inode alone: the kernel had nothing to say.
  if (/^\d+$/.test(facts)) return { domain, peer: 'unknown' }
  const [, peer] = facts.split('->')
  return { domain, peer: peer === undefined ? undefined : (readAddress(peer) ?? 'unknown') }
}

const factStyle: Style = {
  stringLimit: Infinity,
  abbreviate: false,
  constants: 'abbrev',
  hexStrings: 'none',
  decodeFds: new Set(['socket']),
}

/** `1.2.3.4:80`, `[::1]:80`. */
function readAddress(text: string): Address | undefined {
  const [, address = '', port] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(text) ?? []
  if (port === undefined) return undefined
  return { family: isIPv4(address) ? 'inet' : 'inet6', address, port: Number(port) }
}

/** The family that an address in an argument says it has; `undefined` where it was not read. */
export function familyOf(value: unknown): string | undefined {
  const family = isObject(value) ? value['sa_family'] : undefined
  return typeof family === 'string' ? family : undefined
}
