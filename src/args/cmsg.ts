/** Control messages of a socket: descriptors, credentials, times. */

import { IP_CMSG, SCM, SOL } from '../table/constants/net.ts'
import type { Cell, Style } from './arg.ts'
import { bytesOf, holds, isNull, pointerText, unread } from './cells.ts'
import { Data } from './data.ts'
import { nameOrHex, prepare, type NameIn, type OneOf } from './flags.ts'
import { inetText } from './inet.ts'
import { hex32, readI64, readU64 } from './numbers.ts'
import type { Behind } from './pointer.ts'
import { quoteBytes } from './quote.ts'

/** One control message. What a type's data holds is taken apart for the types of SOL_SOCKET that carry things. */
export interface ControlMessage {
  readonly cmsg_level: OneOf<NameIn<typeof SOL>>
  /** By name where the level is SOL_SOCKET or SOL_IP. */
  readonly cmsg_type: OneOf<NameIn<typeof SCM> | NameIn<typeof IP_CMSG>>
  readonly data: Data
  /** SCM_RIGHTS: descriptors that were sent along. */
  readonly fds?: readonly number[]
  /** SCM_CREDENTIALS */
  readonly credentials?: { readonly pid: number; readonly uid: number; readonly gid: number }
}

const HEADER = 16
const levels = prepare(SOL)
const socketTypes = prepare(SCM)
const ipTypes = prepare(IP_CMSG)
const { SOL_SOCKET, SOL_IP } = SOL.values
const { SCM_RIGHTS, SCM_CREDENTIALS } = SCM.values

interface Part {
  readonly length: number | bigint
  readonly level: number
  readonly type: number
  readonly data: Uint8Array
}

/** The messages, and how many bytes are left that are none. */
function parts(bytes: Uint8Array): { readonly list: readonly Part[]; readonly left: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const list: Part[] = []
  let at = 0
  while (bytes.length - at >= HEADER) {
    const length = readU64(view, at)
    const end = Math.min(Number(length), bytes.length - at)
    list.push({
      length,
      level: view.getInt32(at + 8, true),
      type: view.getInt32(at + 12, true),
      data: bytes.subarray(at + HEADER, Math.max(at + HEADER, at + end)),
    })
    if (end < HEADER) return { list, left: bytes.length - at - HEADER }
    at += Math.ceil(Number(length) / 8) * 8
    if (at >= bytes.length) return { list, left: 0 }
  }
  return { list, left: bytes.length - at }
}

/** Control messages at a pointer in struct msghdr. */
export function readControl(cell: Cell): Behind<readonly ControlMessage[]> {
  if (isNull(cell)) return null
  const captured = cell.captured('entry')
  if (!holds(captured, 0)) return unread(cell, captured)
  return parts(bytesOf(captured)).list.map(({ level, type, data }) => ({
    cmsg_level: nameOrHex<NameIn<typeof SOL>>(levels, 0, level >>> 0),
    cmsg_type: nameOrHex<NameIn<typeof SCM> | NameIn<typeof IP_CMSG>>(
      level === SOL_IP ? ipTypes : socketTypes,
      0,
      type >>> 0,
    ),
    data: new Data(data),
    ...(level === SOL_SOCKET && type === SCM_RIGHTS ? { fds: ints(data) } : {}),
    ...(level === SOL_SOCKET && type === SCM_CREDENTIALS && data.length >= 12
      ? { credentials: credentials(data) }
      : {}),
  }))
}

function ints(data: Uint8Array): readonly number[] {
  const view = viewOf(data)
  return Array.from({ length: Math.floor(data.length / 4) }, (_, index) => view.getInt32(index * 4, true))
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.length)
}

function credentials(data: Uint8Array): { readonly pid: number; readonly uid: number; readonly gid: number } {
  const [pid = 0, uid = 0, gid = 0] = ints(data)
  return { pid, uid, gid }
}

/** strace's decode_msg_control; nothing for an empty buffer. `wanted`: its size in the call. */
export function controlText(cell: Cell, wanted: number, style: Style): string {
  if (wanted === 0) return ''
  const captured = cell.captured('entry')
  if (wanted < HEADER || !holds(captured, HEADER) || captured.status === 'fault') return pointerText(cell)
  const bytes = bytesOf(captured)
  const { list, left } = parts(bytes)
  const items = list.map((part) => messageText(part, style))
  if (left > 0) {
    const end = cell.view.getBigUint64(cell.at, true) + BigInt(bytes.length - left)
    items.push(`... /* 0x${end.toString(16)} */`)
  } else if (bytes.length < wanted) items.push('...')
  return `[${items.join(', ')}]`
}

function messageText({ length, level, type, data }: Part, style: Style): string {
  const start = `{cmsg_len=${length}, cmsg_level=${levels.valueText(level >>> 0, style, 'SOL_???')}, cmsg_type=`
  const set = level === SOL_SOCKET ? socketTypes : level === SOL_IP ? ipTypes : undefined
  if (set === undefined)
    return `${start}${hex32(type >>> 0)}${data.length === 0 ? '' : `, cmsg_data=${rawText(data)}`}}`
  const shown = data.length === 0 ? '' : `, cmsg_data=${dataText(level, type, data, style)}`
  return `${start}${set.valueText(type >>> 0, style, level === SOL_IP ? 'IP_???' : 'SCM_???')}${shown}}`
}

const times: Readonly<Record<string, (data: Uint8Array) => string>> = {
  SO_TIMESTAMP_OLD: (data) => timeText(data, 0, 'tv_usec'),
  SO_TIMESTAMPNS_OLD: (data) => timeText(data, 0, 'tv_nsec'),
  SO_TIMESTAMP_NEW: (data) => timeText(data, 0, 'tv_usec'),
  SO_TIMESTAMPNS_NEW: (data) => timeText(data, 0, 'tv_nsec'),
}

function dataText(level: number, type: number, data: Uint8Array, style: Style): string {
  if (level === SOL_IP) return ipDataText(ipTypes.nameOf(type), data, style)
  const name = socketTypes.nameOf(type) ?? ''
  if (name === 'SCM_RIGHTS' && data.length >= 4) return listText(ints(data), style)
  if (name === 'SCM_CREDENTIALS' && data.length >= 12) {
    const { pid, uid, gid } = credentials(data)
    return `{pid=${pid}, uid=${uid}, gid=${gid}}`
  }
  if (name === 'SCM_SECURITY') return quoteBytes(data, style.hexStrings)
  const time = times[name]
  if (time === undefined) return rawText(data)
  return data.length >= 16 ? time(data) : '???'
}

function ipDataText(name: string | undefined, data: Uint8Array, _style: Style): string {
  const view = viewOf(data)
  if (name === 'IP_PKTINFO' && data.length >= 12) {
    const destination = inetText(data.subarray(8, 12))
    const local = inetText(data.subarray(4, 8))
    return `{ipi_ifindex=${view.getInt32(0, true)}, ipi_spec_dst=inet_addr("${local}"), ipi_addr=inet_addr("${destination}")}`
  }
  if (name === 'IP_TTL' && data.length >= 4) return `[${view.getUint32(0, true)}]`
  return rawText(data)
}

function timeText(data: Uint8Array, at: number, part: string): string {
  const view = viewOf(data)
  return `{tv_sec=${readI64(view, at)}, ${part}=${readU64(view, at + 8)}}`
}

function listText(numbers: readonly number[], style: Style): string {
  const most = style.abbreviate ? style.stringLimit : Infinity
  return `[${numbers.slice(0, most).join(', ')}${numbers.length > most ? ', ...' : ''}]`
}

function rawText(data: Uint8Array): string {
  return quoteBytes(data, 'all')
}
