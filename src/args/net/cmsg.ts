/** Control messages of a socket: descriptors, credentials, times, what a packet brought with it. */

import { IP_CMSG, SCM, SOL } from '../../table/constants/net.ts'
import type { Captured, Cell, FieldCapture, Style } from '../arg.ts'
import { addressBehind, bytesOf, cellOfBytes, holds, isNull, pointerText, unread } from '../cells.ts'
import { CONTROL_DATA, type ControlValue } from './control-data.ts'
import { Data } from '../data.ts'
import { descriptorText } from '../descriptor.ts'
import { nameOrHex, prepare, type NameIn, type OneOf } from '../flags.ts'
import { hex32, readU64 } from '../numbers.ts'
import type { Behind } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'

/** One control message. */
export interface ControlMessage {
  readonly cmsg_level: OneOf<NameIn<typeof SOL>>
  /** By name where the level is SOL_SOCKET or SOL_IP. */
  readonly cmsg_type: OneOf<NameIn<typeof SCM> | NameIn<typeof IP_CMSG>>
  readonly data: Data
  /** SCM_RIGHTS: descriptors that were sent along. */
  readonly fds?: readonly number[]
  /** SCM_CREDENTIALS */
  readonly credentials?: { readonly pid: number; readonly uid: number; readonly gid: number }
  /** What the data of another known type says. */
  readonly value?: ControlValue
}

const HEADER = 16
const FD = 4
const CREDENTIALS = 12
const levels = prepare(SOL)
const socketTypes = prepare(SCM)
const ipTypes = prepare(IP_CMSG)
const { SOL_SOCKET, SOL_IP } = SOL.values
const { SCM_RIGHTS, SCM_CREDENTIALS, SCM_PIDFD } = SCM.values

export const MAX_CONTROL = 1 << 17

const RIGHTS = 0
const PIDFD = 1

/** All descriptors that were sent along, in their order; and that of the sender, where the first message brings it. */
export const controlFields: readonly FieldCapture[] = [
  { key: RIGHTS, at: 0, then: { copy: 'fds', in: 'messages', end: MAX_CONTROL } },
  {
    key: PIDFD,
    at: HEADER,
    then: {
      copy: 'switch',
      on: { field: 8, width: 8 },
      cases: [{ equals: (BigInt(SCM_PIDFD) << 32n) | BigInt(SOL_SOCKET), then: { copy: 'fd' } }],
    },
  },
]

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
  return parts(bytesOf(captured)).list.map((part) => ({
    cmsg_level: nameOrHex<NameIn<typeof SOL>>(levels, 0, part.level >>> 0),
    cmsg_type: nameOrHex<NameIn<typeof SCM> | NameIn<typeof IP_CMSG>>(
      part.level === SOL_IP ? ipTypes : socketTypes,
      0,
      part.type >>> 0,
    ),
    data: new Data(part.data),
    ...carried(part, cell),
  }))
}

type Carried = Pick<ControlMessage, 'fds' | 'credentials' | 'value'>

function carried({ level, type, data }: Part, pointer: Cell): Carried {
  if (level === SOL_SOCKET && type === SCM_RIGHTS) return { fds: ints(data) }
  if (level === SOL_SOCKET && type === SCM_CREDENTIALS && data.length >= CREDENTIALS) {
    return { credentials: credentials(data) }
  }
  const kind = CONTROL_DATA.get(level)?.get(type)
  if (kind === undefined || data.length < kind.size) return {}
  return { value: kind.read(cellOfBytes(pointer, data)) }
}

function ints(data: Uint8Array): readonly number[] {
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  return Array.from({ length: Math.floor(data.length / FD) }, (_, index) => view.getInt32(index * FD, true))
}

function credentials(data: Uint8Array): { readonly pid: number; readonly uid: number; readonly gid: number } {
  const [pid = 0, uid = 0, gid = 0] = ints(data)
  return { pid, uid: idOf(uid), gid: idOf(gid) }
}

/** −1 stays −1. */
function idOf(value: number): number {
  return value === -1 ? value : value >>> 0
}

/** strace's decode_msg_control; nothing for an empty buffer. `wanted`: its size in the call. */
export function controlText(cell: Cell, wanted: number, style: Style): string {
  if (wanted === 0) return ''
  const captured = cell.captured('entry')
  if (wanted < HEADER || !holds(captured, HEADER) || captured.status === 'fault') return pointerText(cell)
  const bytes = bytesOf(captured)
  const { list, left } = parts(bytes)
  const rights = captured.children.filter(({ key }) => key === RIGHTS)
  const senders = captured.children.filter(({ key }) => key === PIDFD)
  let told = 0
  const items = list.map((part, index) => {
    const from = told
    if (isRights(part)) told += Math.floor(part.data.length / FD)
    const fds = isRights(part) ? rights.slice(from, told) : index === 0 ? senders : []
    return messageText(part, cell, fds, style)
  })
  if (left > 0) {
    items.push(`... /* ${addressBehind(cell, bytes.length - left)} */`)
  } else if (bytes.length < wanted) items.push('...')
  return `[${items.join(', ')}]`
}

function isRights({ level, type }: Part): boolean {
  return level === SOL_SOCKET && type === SCM_RIGHTS
}

function messageText(part: Part, pointer: Cell, fds: readonly Captured[], style: Style): string {
  const { length, level, type, data } = part
  const start = `{cmsg_len=${length}, cmsg_level=${levels.valueText(level >>> 0, style, 'SOL_???')}, cmsg_type=`
  const set = level === SOL_SOCKET ? socketTypes : level === SOL_IP ? ipTypes : undefined
  const name = set?.valueText(type >>> 0, style, level === SOL_IP ? 'IP_???' : 'SCM_???') ?? hex32(type >>> 0)
  return `${start}${name}${data.length === 0 ? '' : `, cmsg_data=${dataText(part, pointer, fds, style)}`}}`
}

function dataText({ level, type, data }: Part, pointer: Cell, fds: readonly Captured[], style: Style): string {
  if (level === SOL_SOCKET && type === SCM_RIGHTS && data.length >= FD) {
    return listText(
      ints(data).map((fd, index) => fd + descriptorText(fds[index], style)),
      style,
    )
  }
  if (level === SOL_SOCKET && type === SCM_CREDENTIALS && data.length >= CREDENTIALS) {
    const { pid, uid, gid } = credentials(data)
    return `{pid=${pid}, uid=${uid}, gid=${gid}}`
  }
  if (level === SOL_SOCKET && type === SCM_PIDFD && data.length >= FD) {
    return `${ints(data)[0]}${descriptorText(fds[0], style)}`
  }
  const kind = CONTROL_DATA.get(level)?.get(type)
  if (kind === undefined || data.length < kind.least) return quoteBytes(data, 'all')
  return data.length < kind.size ? '???' : kind.print(cellOfBytes(pointer, data), style)
}

function listText(items: readonly string[], style: Style): string {
  const most = style.abbreviate ? style.stringLimit : Infinity
  return `[${[...items.slice(0, most), ...(items.length > most ? ['...'] : [])].join(', ')}]`
}
