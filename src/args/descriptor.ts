/** What the engine found behind descriptors and processes, as strace's -y, -yy and -Y print it. */

import { FD_PART } from '../record/layout.ts'
import { NETLINK } from '../table/constants/net.ts'
import type { Captured, FdDetail, PidDetail, Style } from './arg.ts'
import { bytesOf } from './cells.ts'
import { prepare } from './flags.ts'
import { inet6Text, inetText } from './net/inet.ts'
import { escapeBytes, quoteBytes } from './quote.ts'
import { sigsetText } from './signal/sigset.ts'

/** `</etc/passwd>`, `<TCP:[127.0.0.1:1234]>`; nothing where nothing is known. */
export function descriptorText(link: Captured | undefined, style: Style): string {
  if (style.decodeFds === false || link?.status !== 'ok' || link.length === 0) return ''
  const text = latin1(link)
  for (const [detail, print] of details) {
    const shown = style.decodeFds.has(detail) ? print(link, text, style) : undefined
    if (shown !== undefined) return `<${shown}>`
  }
  return pathText(link, style)
}

const deletedMark = ' (deleted)'

/** A link of /proc/PID/fd between angle brackets. */
export function pathText(link: Captured | undefined, style: Style): string {
  if (style.decodeFds === false || !style.decodeFds.has('path') || link?.status !== 'ok' || link.length === 0) return ''
  const bytes = bytesOf(link)
  const isDeleted =
    bytes.length > deletedMark.length + 1 &&
    latin1(link).endsWith(deletedMark) &&
    partOf(link, FD_PART.NAMED_SO) === undefined
  const shown = isDeleted ? bytes.subarray(0, -deletedMark.length) : bytes
  return `<${escapeBytes(shown, style.hexStrings, '<>')}>${isDeleted ? '(deleted)' : ''}`
}

/** `<bash>`: what a process calls itself. */
export function nameText(name: Captured | undefined, style: Pick<Style, 'decodePids' | 'hexStrings'>): string {
  if (!wants(style, 'comm') || name?.status !== 'ok' || name.length === 0) return ''
  return `<${escapeBytes(bytesOf(name), style.hexStrings, '<>')}>`
}

function wants({ decodePids = false }: Pick<Style, 'decodePids'>, detail: PidDetail): boolean {
  return decodePids !== false && decodePids.has(detail)
}

/** `<bash> /* 7 in strace's PID NS *\/`: what is known of a process. */
export function processText(known: Captured | undefined, style: Style): string {
  const ours = wants(style, 'pidns') ? known?.children[0] : undefined
  const note = ours === undefined ? '' : ` /* ${ours.view.getInt32(ours.at, true)} in strace's PID NS */`
  return nameText(known, style) + note
}

type Print = (link: Captured, text: string, style: Style) => string | undefined

/** In strace's order; the first that has something to say does. */
const details: readonly (readonly [FdDetail, Print])[] = [
  ['socket', socketText],
  ['dev', deviceText],
  ['eventfd', eventfdText],
  ['pidfd', pidfdText],
  ['signalfd', signalfdText],
]

function partOf(link: Captured, key: number): Captured | undefined {
  return link.children.find((child) => child.key === key)
}

/** The rest of the line of fdinfo that begins with `name`. */
function fdinfo(link: Captured, name: string): string | undefined {
  const text = partOf(link, FD_PART.FDINFO)
  const line =
    text === undefined
      ? undefined
      : latin1(text)
          .split('\n')
          .find((it) => it.startsWith(name))
  return line?.slice(name.length).trim()
}

function fdinfoNumber(link: Captured, name: string): number | undefined {
  const word = fdinfo(link, name)
  return word !== undefined && /^[0-9]+$/.test(word) ? Number(word) : undefined
}

const S_IFMT = 0xf000
const S_IFBLK = 0x6000

function deviceText(link: Captured, _text: string, style: Style): string | undefined {
  const device = partOf(link, FD_PART.DEVICE)
  if (device === undefined || device.length < 12) return undefined
  const [mode, major, minor] = [0, 4, 8].map((at) => device.view.getUint32(device.at + at, true))
  const isBlock = ((mode ?? 0) & S_IFMT) === S_IFBLK
  const terminal = !isBlock && major === 5 && minor === 2 ? fdinfoNumber(link, 'tty-index:') : undefined
  const path = escapeBytes(bytesOf(link), style.hexStrings, '<>')
  const which = terminal === undefined ? '' : ` @/dev/pts/${terminal}`
  return `${path}<${isBlock ? 'block' : 'char'} ${major}:${minor}${which}>`
}

function eventfdText(link: Captured, text: string): string | undefined {
  if (text !== 'anon_inode:[eventfd]') return undefined
  const count = fdinfo(link, 'eventfd-count:')
  if (count === undefined || count === '') return text
  const members = [`eventfd-count=${count.startsWith('0') ? '' : '0x'}${count}`]
  const id = fdinfoNumber(link, 'eventfd-id:')
  const semaphore = fdinfoNumber(link, 'eventfd-semaphore:')
  if (id !== undefined) members.push(`eventfd-id=${id}`)
  if (id !== undefined && semaphore !== undefined) members.push(`eventfd-semaphore=${semaphore}`)
  return `{${members.join(', ')}}`
}

function pidfdText(link: Captured, text: string): string | undefined {
  if (text !== 'anon_inode:[pidfd]' && !text.startsWith('pidfd:')) return undefined
  const pid = fdinfoNumber(link, 'Pid:')
  return pid === undefined || pid === 0 ? text : `pid:${pid}`
}

function signalfdText(link: Captured, text: string, style: Style): string | undefined {
  const mask = text === 'anon_inode:[signalfd]' ? fdinfo(link, 'sigmask:') : undefined
  if (mask === undefined || !/^(?:[0-9a-f]{2})+$/.test(mask)) return undefined
  return `signalfd:${sigsetText(Buffer.from(mask, 'hex').toReversed(), style)}`
}

const AF_UNIX = 1
const AF_INET = 2
const AF_INET6 = 10
const AF_NETLINK = 16

function socketText(link: Captured, text: string): string | undefined {
  const inode = /^socket:\[([1-9][0-9]*)\]$/.exec(text)?.[1]
  if (inode === undefined) return undefined
  const name = partOf(link, FD_PART.PROTOCOL)
  if (name === undefined || !protocolNames.test(latin1(name))) return text
  const answer = partOf(link, FD_PART.SOCKET)
  return `${latin1(name)}:[${(answer === undefined ? undefined : answerText(answer, inode)) ?? inode}]`
}

const protocolNames = /^(?:UNIX(?:-STREAM)?|NETLINK|(?:TCP|UDP|UDPLITE|DCCP|SCTP|L2TP\/IP|PING|RAW)(?:v6)?)$/

/** What the kernel's answer says of a socket: addresses, or inodes and a path. */
function answerText({ view, at, length }: Captured, inode: string): string | undefined {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length)
  switch (bytes[0]) {
    case AF_INET:
      return length < 72 ? undefined : addressesText(bytes, (from) => inetText(bytes.subarray(from, from + 4)))
    case AF_INET6:
      return length < 72 ? undefined : addressesText(bytes, (from) => `[${inet6Text(bytes.subarray(from, from + 16))}]`)
    case AF_UNIX:
      return unixText(bytes, inode)
    case AF_NETLINK:
      return length < 28 ? undefined : netlinkText(bytes)
    default:
      return undefined
  }
}

/** struct inet_diag_msg: ports at 4 and 6, addresses at 8 and 24. */
function addressesText(bytes: Uint8Array, addressText: (from: number) => string): string {
  const view = viewOf(bytes)
  const local = `${addressText(8)}:${view.getUint16(4)}`
  const peerPort = view.getUint16(6)
  const hasPeer = peerPort !== 0 || bytes.subarray(24, bytes[0] === AF_INET6 ? 40 : 28).some((byte) => byte !== 0)
  return hasPeer ? `${local}->${addressText(24)}:${peerPort}` : local
}

const UNIX_DIAG_NAME = 0
const UNIX_DIAG_PEER = 2
const UNIX_PATH_MAX = 108

/** struct unix_diag_msg and attributes behind it. */
function unixText(bytes: Uint8Array, inode: string): string | undefined {
  const view = viewOf(bytes)
  let text = inode
  let path = ''
  for (let at = 16; at + 4 <= bytes.length;) {
    const size = view.getUint16(at, true)
    if (size < 4 || at + size > bytes.length) break
    const type = view.getUint16(at + 2, true)
    const peer = type === UNIX_DIAG_PEER && size >= 8 ? view.getUint32(at + 4, true) : 0
    if (peer !== 0) text += `->${peer}`
    if (type === UNIX_DIAG_NAME && size > 4)
      path = unixPath(bytes.subarray(at + 4, Math.min(at + size, at + 4 + UNIX_PATH_MAX)))
    at += Math.ceil(size / 4) * 4
  }
  return text + path
}

function unixPath(path: Uint8Array): string {
  if (path[0] === 0) return `,@${quoteBytes(path.subarray(1), 'none')}`
  const end = path.indexOf(0)
  return `,${quoteBytes(end === -1 ? path : path.subarray(0, end), 'none')}`
}

const netlinkProtocols = prepare(NETLINK)

/** struct netlink_diag_msg: protocol at 2, port at 4. */
function netlinkText(bytes: Uint8Array): string {
  const protocol = bytes[2] ?? 0
  const name = netlinkProtocols.nameOf(protocol)
  return name === undefined ? String(protocol) : `${name.replace(/^NETLINK_/, '')}:${viewOf(bytes).getUint32(4, true)}`
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function latin1(captured: Captured): string {
  return Buffer.from(bytesOf(captured)).toString('latin1')
}
