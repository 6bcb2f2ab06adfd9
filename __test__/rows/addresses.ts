/** Socket addresses for scripts, and sockets. */

import { AF, SOCK } from '../../src/table/constants/net.ts'
import { block, bytes, result, u16, u32, u8, zeros, type Call, type Part, type Word } from './script.ts'

const { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK } = AF.values
const { SOCK_DGRAM } = SOCK.values

/** A number in network order. */
export const net16 = (value: number): Part => bytes(Uint8Array.of(value >> 8, value & 0xff))
export const net32 = (value: number): Part =>
  bytes(Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff))

/** `path` with its NUL, or `\0name`. */
export const unix = (path: string): Word => block([u16(AF_UNIX), bytes(path)])

export const inetParts = (port: number, address: number): readonly Part[] => [
  u16(AF_INET),
  net16(port),
  net32(address),
  zeros(8),
]
export const inet = (port: number, address: number): Word => block(inetParts(port, address))
export const LOCALHOST = 0x7f00_0001

/** The last bytes of an address; the others of `::` are zeros. */
export const inet6 = (port: number, address: Uint8Array, { flow = 0, scope = 0 } = {}): Word =>
  block([u16(AF_INET6), net16(port), net32(flow), bytes(address), u32(scope)])
export const address6 = (text: string): Uint8Array => {
  const [head = '', tail = ''] = text.split('::')
  const words = (part: string): readonly number[] =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16))
  const all = [...words(head), ...Array<number>(8 - words(head).length - words(tail).length).fill(0), ...words(tail)]
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]))
}

export const netlink = (pid: number, groups: number): Word => block([u16(AF_NETLINK), u16(0), u32(pid), u32(groups)])

export const packet = (protocol: number, index: number, type: number, hardware: Uint8Array): Word =>
  block([
    u16(AF_PACKET),
    net16(protocol),
    u32(index),
    u16(1),
    u8(type),
    u8(hardware.length),
    bytes(hardware),
    zeros(8 - hardware.length),
  ])

export const vsock = (cid: number, port: number, flags: number): Word =>
  block([u16(AF_VSOCK), u16(0), u32(port), u32(cid), u8(flags), zeros(3)])

/** One socket: descriptor 3. */
export const socket = (domain: number, type: number = SOCK_DGRAM, protocol = 0): readonly Call[] => [
  ['socket', domain, type, protocol],
]
export const it = result(0)
