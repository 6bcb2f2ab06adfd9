/** What poll(2), select(2) and epoll(7) wait for, and what they found. */

import { EPOLL, POLL } from '../../table/constants/poll.ts'
import type { CallView, Cell, Kind, Style } from '../arg.ts'
import { descriptorText } from '../descriptor.ts'
import { bytesOf, holds, isNull, pointerText, unread } from '../cells.ts'
import { flags, prepare } from '../flags.ts'
import { readI64, readU64 } from '../numbers.ts'
import { elementsOf, lengthOf, MAX_ELEMENTS, printArray, type Behind, type RefOf, type ValueOf } from '../pointer.ts'
import { fd, hex } from '../scalar.ts'
import { field, struct } from '../struct.ts'

const events = prepare(POLL)

const pollfd = struct(8, {
  fd: field(0, fd),
  events: field(4, flags(POLL, 2), {
    when: (cell) => cell.sibling('fd').view.getInt32(cell.sibling('fd').at, true) >= 0,
  }),
  revents: field(6, flags(POLL, 2), { when: () => false }),
})

type Polled = ValueOf<typeof pollfd>

/** Descriptors to wait for; afterwards with what happened to them. */
export function pollfds<const Count extends string>(
  count: Count,
): Kind<Behind<readonly Polled[]>, Behind<readonly Polled[]>, RefOf<Count>> {
  const spec = { copy: 'array', count: { arg: count, width: 4 }, stride: 8, limit: MAX_ELEMENTS } as const
  const { fields = [] } = pollfd
  const counted = (cell: Cell): number => lengthOf(cell, count, 4)
  return {
    kind: 'pollfds',
    entry: { ...spec, fields },
    exit: spec,
    read: (cell) => readMany(cell, 'entry', counted(cell)),
    readOut: (cell) => readMany(cell, 'exit', counted(cell)),
    print: (cell, style) => printArray(pollfd, cell, 'entry', counted(cell), style),
  }
}

function readMany(cell: Cell, phase: 'entry' | 'exit', count: number): Behind<readonly Polled[]> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (count === 0) return []
  if (!holds(captured, 8)) return unread(cell, captured)
  return elementsOf(pollfd, cell, captured, count).flatMap((one) =>
    pollfd.read === undefined ? [] : [pollfd.read(one)],
  )
}

/** `[{fd=3, revents=POLLIN}], left {…}`: strace's words behind the result of poll(2) and ppoll(2). */
export function pollNote(timeout?: string): (call: CallView, style: Style) => string | undefined {
  return (call, style) => {
    if (call.result === 0) return 'Timeout'
    const found = readyText(call, style)
    const left = timeout === undefined ? undefined : leftText(call, timeout, 'tv_nsec')
    return [found, left].filter((part) => part !== undefined).join(', ') || undefined
  }
}

function readyText(call: CallView, style: Style): string | undefined {
  const cell = call.arg('fds')
  const captured = cell.captured('exit')
  const count = lengthOf(cell, 'nfds', 4)
  if (isNull(cell) || count === 0 || captured === undefined) return undefined
  const items: string[] = []
  for (const one of elementsOf(pollfd, cell, captured, count)) {
    const happened = one.view.getUint16(one.at + 6, true)
    if (happened === 0) continue
    if (style.abbreviate && items.length >= style.stringLimit) {
      items.push('...')
      break
    }
    const names = events.flagsText(0, happened, style, '')
    items.push(`{fd=${one.view.getInt32(one.at, true)}, revents=${names}}`)
  }
  return items.length === 0 ? undefined : `[${items.join(', ')}]`
}

/** `left {tv_sec=0, tv_nsec=4}` behind the result of recvmmsg(2). */
export function leftNote(timeout: string): (call: CallView) => string | undefined {
  return (call) => (call.result === 0 ? 'Timeout' : leftText(call, timeout, 'tv_nsec'))
}

/** What the kernel left of a timeout: `left {tv_sec=0, tv_nsec=4}`. */
function leftText(call: CallView, timeout: string, part: 'tv_nsec' | 'tv_usec'): string | undefined {
  const cell = call.arg(timeout)
  if (isNull(cell)) return undefined
  const captured = cell.captured('exit')
  if (!holds(captured, 16)) return `left ${pointerText(cell)}`
  const { view, at } = captured
  return `left {tv_sec=${readI64(view, at)}, ${part}=${readU64(view, at + 8)}}`
}

/** struct epoll_event, which is packed. */
export const epollEvent = struct(12, { events: field(0, flags(EPOLL)), data: field(4, hex) })

const MAX_FDS = 1024 * 1024

/** nfds as the kernel takes it. */
function fdCount(cell: Cell): number {
  const { view, at } = cell.sibling('nfds')
  return Math.min(Math.max(view.getInt32(at, true), 0), MAX_FDS)
}

function fdsIn(bytes: Uint8Array, count: number): readonly number[] {
  const found: number[] = []
  for (const [index, byte] of bytes.entries()) {
    for (let bit = 0; bit < 8; bit++) {
      if ((byte & (1 << bit)) !== 0 && index * 8 + bit < count) found.push(index * 8 + bit)
    }
  }
  return found
}

/** A set of descriptors; those that are ready afterwards. The call's `nfds` says how large it is. */
export const fdSet: Kind<Behind<readonly number[]>, Behind<readonly number[]>, 'nfds'> = {
  kind: 'fdSet',
  // A byte per descriptor where a bit would do: a plan cannot divide, and what cannot be read is left out.
  entry: {
    copy: 'bytes',
    length: { arg: 'nfds', width: 4, signed: true },
    limit: MAX_FDS / 8,
    fields: [{ key: 0, at: 0, then: { copy: 'fds', in: 'bits', end: { arg: 'nfds', width: 4, signed: true } } }],
  },
  exit: { copy: 'bytes', length: { arg: 'nfds', width: 4, signed: true }, limit: MAX_FDS / 8 },
  read: (cell) => readSet(cell, 'entry'),
  readOut: (cell) => readSet(cell, 'exit'),
  print: (cell, style) => {
    const count = fdCount(cell)
    const captured = cell.captured('entry')
    const isWhole = captured !== undefined && captured.length * 8 >= count && captured.status !== 'null'
    if (count === 0 || !isWhole) return pointerText(cell)
    const members = fdsIn(bytesOf(captured), count)
    return `[${members.map((fd, index) => fd + descriptorText(captured.children[index], style)).join(' ')}]`
  },
}

function readSet(cell: Cell, phase: 'entry' | 'exit'): Behind<readonly number[]> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  const count = fdCount(cell)
  if (captured === undefined || captured.status === 'refused' || captured.length * 8 < count)
    return unread(cell, captured)
  return fdsIn(bytesOf(captured), count)
}

const sets = [
  ['readfds', 'in'],
  ['writefds', 'out'],
  ['exceptfds', 'except'],
] as const

/** `in [3], left {…}`: strace's words behind the result of select(2). */
export function selectNote(part: 'tv_nsec' | 'tv_usec'): (call: CallView, style: Style) => string | undefined {
  return (call) => {
    if (call.result === 0) return 'Timeout'
    let ready = call.result
    const items: string[] = []
    for (const [name, word] of sets) {
      const found = readSet(call.arg(name), 'exit')
      if (!Array.isArray(found) || ready <= 0) continue
      const some: readonly unknown[] = found.slice(0, ready)
      ready -= some.length
      if (some.length > 0) items.push(`${word} [${some.join(' ')}]`)
    }
    const left = leftText(call, 'timeout', part)
    return [...items, ...(left === undefined ? [] : [left])].join(', ')
  }
}
