/** Bytes that calls move through descriptors. */

import { Data } from '../args/data.ts'
import { isObject } from '../checks.ts'
import { addressOf, type Address } from './peer.ts'
import type { AnyCall } from './recorded.ts'

/** Bytes that went together. */
export interface Message {
  /** As far as they were recorded. */
  readonly bytes: Uint8Array
  /** How many there were. */
  readonly length: number
  /** Where to, or where from, if the message says so itself. */
  readonly address?: Address | undefined
}

/** A descriptor of a call that bytes go through. */
export interface Way {
  /** The name of the argument. */
  readonly argument: string
  readonly index: number
  readonly direction: 'in' | 'out'
}

const nothing = new Uint8Array()
const reading: readonly Way[] = [{ argument: 'fd', index: 0, direction: 'in' }]
const writing: readonly Way[] = [{ argument: 'fd', index: 0, direction: 'out' }]

/** Calls that move bytes through descriptors of all kinds. */
export const ways: ReadonlyMap<string, readonly Way[]> = new Map([
  ['read', reading],
  ['readv', reading],
  ['preadv2', reading],
  ['write', writing],
  ['writev', writing],
  ['pwritev2', writing],
  ['sendfile', [{ argument: 'out_fd', index: 0, direction: 'out' }]],
  [
    'splice',
    [
      { argument: 'fd_in', index: 0, direction: 'in' },
      { argument: 'fd_out', index: 2, direction: 'out' },
    ],
  ],
])

/** The descriptor in a register, without decoding the arguments: these calls are many. */
export function fdAt({ raw }: AnyCall, index: number): number {
  return Number(BigInt.asIntN(32, raw.args[index] ?? -1n))
}

/** What a call of `ways` moved. */
export function movedBy(call: AnyCall, { direction }: Way): Message {
  const length = countOf(call)
  return {
    length,
    // Few are looked at.
    get bytes() {
      const { buf, iov } = direction === 'out' ? call.args : {}
      return bytesOf(buf ?? iov).subarray(0, length)
    },
  }
}

function countOf({ ok, returned }: AnyCall): number {
  return ok ? Number(returned) : 0
}

/** What a call on a socket sent or received: several messages of sendmmsg and recvmmsg. Of a call that failed, what it was to send. */
export function messagesOf(call: AnyCall): readonly Message[] {
  const { args, out, name } = call
  switch (name) {
    case 'sendto':
      return [{ ...sentBytes(call, args['buf']), address: addressOf(args['dest_addr']) }]
    case 'sendmsg':
      return [sentMessage(call, args['msg'])]
    case 'recvfrom':
      return [{ ...receivedBytes(call), address: addressOf(out?.['src_addr']) }]
    case 'recvmsg':
      return [{ ...receivedBytes(call), address: nameOf(out?.['msg']) }]
    case 'sendmmsg':
      return several(call, args['msgvec']).map((it) => ({ ...allBytes(it), address: nameOf(it) }))
    case 'recvmmsg':
      return several(call, out?.['msgvec']).map((it) => ({ bytes: nothing, length: sizeOf(it), address: nameOf(it) }))
    default:
      return []
  }
}

function sentBytes(call: AnyCall, buffer: unknown): Message {
  const length = countOf(call)
  return { bytes: bytesOf(buffer).subarray(0, call.ok ? length : Infinity), length }
}

function sentMessage(call: AnyCall, message: unknown): Message {
  return { ...sentBytes(call, isObject(message) ? message['msg_iov'] : undefined), address: nameOf(message) }
}

/** What was looked at without being taken does not count, nor what is in the queue of errors. */
function receivedBytes(call: AnyCall): Message {
  const { flags } = call.args
  const names: readonly unknown[] = isObject(flags) && Array.isArray(flags['names']) ? flags['names'] : []
  const isOther = names.includes('MSG_PEEK') || names.includes('MSG_ERRQUEUE')
  return { bytes: nothing, length: isOther ? 0 : countOf(call) }
}

/** Those that were sent or received; all, if none was. */
function several(call: AnyCall, messages: unknown): readonly unknown[] {
  if (!Array.isArray(messages)) return []
  return call.ok ? messages.slice(0, countOf(call)) : messages.slice(0, 1)
}

function allBytes(message: unknown): Message {
  const buffers = isObject(message) ? message['msg_iov'] : undefined
  return { bytes: bytesOf(buffers), length: lengthOf(buffers) }
}

function lengthOf(buffers: unknown): number {
  if (!Array.isArray(buffers)) return 0
  return buffers.reduce<number>((sum, it: unknown) => sum + (isObject(it) ? Number(it['iov_len']) : 0), 0)
}

function sizeOf(message: unknown): number {
  return isObject(message) && typeof message['msg_len'] === 'number' ? message['msg_len'] : 0
}

function nameOf(message: unknown): Address | undefined {
  return isObject(message) ? addressOf(message['msg_name']) : undefined
}

/** Of a buffer, or of several; up to the first that was not recorded whole. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Data) return value.bytes
  if (!Array.isArray(value)) return nothing
  const parts: Uint8Array[] = []
  for (const item of value) {
    const base: unknown = isObject(item) ? item['iov_base'] : undefined
    if (!(base instanceof Data)) break
    parts.push(base.bytes)
    if (base.truncated) break
  }
  return parts.length === 1 ? (parts[0] ?? nothing) : Buffer.concat(parts)
}
