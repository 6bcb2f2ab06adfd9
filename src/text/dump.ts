/** What a call read or wrote, as hexadecimal and as text, in lines behind that of the call (strace -e read=, -e write=). */

import type { Captured } from '../args/arg.ts'
import type { CallSource } from './call.ts'
import { callResult, callWord, recordPid } from './record.ts'

/** Descriptors whose data are wanted. What is there to show is what the trace recorded: up to its `stringLimit` of a buffer. */
export interface Dumps {
  /** Whether to show what was read from this descriptor. */
  readonly read?: (fd: number) => boolean
  /** Whether to show what was written to it. */
  readonly write?: (fd: number) => boolean
}

/** What the second argument points to: bytes, struct iovec, struct msghdr, struct mmsghdr. */
type Shape = 'bytes' | 'vector' | 'message' | 'messages'

const writing: Readonly<Record<string, Shape>> = {
  write: 'bytes',
  pwrite64: 'bytes',
  send: 'bytes',
  sendto: 'bytes',
  mq_timedsend: 'bytes',
  mq_timedsend_time64: 'bytes',
  writev: 'vector',
  pwritev: 'vector',
  pwritev2: 'vector',
  vmsplice: 'vector',
  sendmsg: 'message',
  sendmmsg: 'messages',
}

const reading: Readonly<Record<string, Shape>> = {
  read: 'bytes',
  pread64: 'bytes',
  recv: 'bytes',
  recvfrom: 'bytes',
  mq_timedreceive: 'bytes',
  mq_timedreceive_time64: 'bytes',
  readv: 'vector',
  preadv: 'vector',
  preadv2: 'vector',
  recvmsg: 'message',
  recvmmsg: 'messages',
  recvmmsg_time64: 'messages',
}

const IOVEC = { SIZE: 16, LENGTH: 8 } as const
const MESSAGE = { SIZE: 64, IOV: 16, IOV_KEY: 1, COUNT: 24, LENGTH: 56 } as const

/** Whole lines; '' where the call moved nothing of these descriptors. */
export function dumpText(source: CallSource, { read, write }: Dumps): string {
  const { name, call, cells } = source.call
  const shapeIn = writing[name]
  const shapeOut = reading[name]
  const buffer = cells[1]
  if ((shapeIn === undefined && shapeOut === undefined) || buffer === undefined || !call.finished) return ''
  const fd = Number(BigInt.asIntN(32, callWord(source, 0)))
  if (fd < 0) return ''
  const result = call.ok ? callResult(source) : 0
  const count = Number(callWord(source, 2))
  if (shapeIn !== undefined && write?.(fd) === true) {
    // How many bytes of each message went out is what the kernel wrote beside them.
    const captured = buffer.captured(shapeIn === 'messages' ? 'exit' : 'entry')
    const length = shapeIn === 'bytes' ? count : Infinity
    return memoryText(
      shapeIn,
      { pid: recordPid(source), address: callWord(source, 1), captured, length },
      count,
      result,
    )
  }
  if (shapeOut === undefined || !call.ok || read?.(fd) !== true) return ''
  const captured = buffer.captured('exit')
  const memory = { pid: recordPid(source), address: callWord(source, 1), captured, length: result }
  return memoryText(shapeOut, memory, count, result)
}

/** Bytes of a tracee: where they are, how many are meant, and those that were copied. */
interface Memory {
  readonly pid: number
  readonly address: bigint
  readonly captured: Captured | undefined
  readonly length: number
}

function memoryText(shape: Shape, memory: Memory, count: number, result: number): string {
  switch (shape) {
    case 'bytes':
      return bytesText(memory)
    case 'vector':
      return vectorText(memory, count)
    case 'message':
      return messageText(memory, 0)
    case 'messages':
      return messagesText(memory, result)
  }
}

function messagesText({ pid, address, captured }: Memory, count: number): string {
  if (captured === undefined) return ''
  let text = ''
  const whole = Math.min(count, Math.floor(captured.length / MESSAGE.SIZE))
  for (let index = 0; index < whole; index++) {
    const at = captured.at + index * MESSAGE.SIZE
    const length = captured.view.getUint32(at + MESSAGE.LENGTH, true)
    text += ` = ${captured.view.getBigUint64(at + MESSAGE.COUNT, true)} buffers in vector ${index}\n`
    text += messageText({ pid, address, captured, length }, index)
  }
  return text
}

/** The buffers of the struct msghdr at an index of an array, or of the only one. */
function messageText({ pid, captured, length }: Memory, index: number): string {
  const at = index * MESSAGE.SIZE
  if (captured === undefined || captured.length < at + MESSAGE.LENGTH) return ''
  const address = captured.view.getBigUint64(captured.at + at + MESSAGE.IOV, true)
  const count = Number(captured.view.getBigUint64(captured.at + at + MESSAGE.COUNT, true))
  const buffers = captured.children.filter(({ key }) => key === MESSAGE.IOV_KEY)[index]
  return vectorText({ pid, address, captured: buffers, length }, count)
}

function vectorText({ pid, captured, length }: Memory, count: number): string {
  // strace reads the whole vector or none of it.
  if (captured === undefined || captured.length < count * IOVEC.SIZE) return ''
  let text = ''
  let left = length
  for (let index = 0; index < count; index++) {
    const at = captured.at + index * IOVEC.SIZE
    const size = Math.min(Number(captured.view.getBigUint64(at + IOVEC.LENGTH, true)), left)
    if (size === 0) break
    left -= size
    const address = captured.view.getBigUint64(at, true)
    text += ` * ${size} bytes in buffer ${index}\n`
    text += bytesText({ pid, address, captured: captured.children[index], length: size })
  }
  return text
}

const ROW = 16
/** strace fetches so much at once, and shows nothing of a piece that it cannot have whole. */
const PIECE = 1 << 16
const SHORT_OFFSETS = 1 << 20

function bytesText({ pid, address, captured, length }: Memory): string {
  if (captured === undefined || captured.status === 'null' || captured.status === 'refused') return ''
  const isWhole = captured.length >= length
  const shown = isWhole ? length : captured.length - (captured.length % (captured.status === 'fault' ? PIECE : ROW))
  const digits = length > SHORT_OFFSETS ? (length - 1).toString(16).length : 5
  let text = ''
  for (let offset = 0; offset < shown; offset += ROW) {
    const bytes = new Uint8Array(
      captured.view.buffer,
      captured.view.byteOffset + captured.at + offset,
      Math.min(ROW, shown - offset),
    )
    text += ` | ${offset.toString(16).padStart(digits, '0')}  ${rowText(bytes)} |\n`
  }
  if (isWhole || shown === 0) return text
  const missing = Math.min(length - shown, PIECE)
  const place = `0x${(address + BigInt(shown)).toString(16)}`
  return `${text} | <Cannot fetch ${missing} byte${missing === 1 ? '' : 's'} from pid ${pid} @${place}>\n`
}

/** `68 65 6c 6c 6f 0a                                 hello.          `. */
function rowText(bytes: Uint8Array): string {
  let hex = ''
  let characters = ''
  for (let index = 0; index < ROW; index++) {
    const byte = bytes[index]
    hex += byte === undefined ? '   ' : `${byte.toString(16).padStart(2, '0')} `
    if (index % 8 === 7) hex += ' '
    characters += byte === undefined ? ' ' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'
  }
  return hex + characters
}
