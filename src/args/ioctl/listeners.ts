/** What ioctl(2) takes of listeners of seccomp(2), and of performance counters. */

import { O } from '../../table/constants/file.ts'
import { PERF_IOC_FLAG, SECCOMP_ADDFD, SECCOMP_NOTIF_FD, SECCOMP_NOTIF_RESP } from '../../table/constants/hardware.ts'
import { errnoName } from '../../table/constants/errno.ts'
import { AUDIT_ARCH } from '../../table/constants/signal.ts'
import type { Captured, Cell, Kind } from '../arg.ts'
import { addressBehind, bytesOf, holds, isNull, PointeeCell, pointerText, unread } from '../cells.ts'
import { constantText, flags, lowOf, oneOf } from '../flags.ts'
import { captureOf, pointerTo, readBehind, resultIn, type Behind, type ValueOf } from '../pointer.ts'
import { textUpTo } from '../path.ts'
import { address, fd, hex, hexUint, int, long, pid, size, type Scalar } from '../scalar.ts'
import { syscallName } from '../signal/siginfo.ts'
import { field, several, struct } from '../struct.ts'

/** The number of a call, named as the machine in `arch` names it. */
const callNumber: Scalar<string | number> = {
  kind: 'callNumber',
  width: 4,
  read: (cell) => nameAt(cell) ?? lowOf(cell, 4),
  print: (cell, style) => {
    const name = nameAt(cell)
    return constantText(name === undefined ? undefined : `__NR_${name}`, String(lowOf(cell, 4)), style)
  },
}

function nameAt(cell: Cell): string | undefined {
  return syscallName(lowOf(cell, 4), lowOf(cell.sibling('arch'), 4))
}

/** struct seccomp_data */
const callData = struct(64, {
  nr: field(0, callNumber),
  arch: field(4, oneOf(AUDIT_ARCH)),
  instruction_pointer: field(8, address),
  args: field(16, several(hex, 6)),
})

/** struct seccomp_notif */
const notification = struct(80, {
  id: field(0, hex),
  pid: field(8, pid),
  flags: field(12, hexUint),
  data: field(16, callData),
})

type Notification = ValueOf<typeof notification>

function isAnySet(captured: Captured): boolean {
  return bytesOf(captured).some((byte) => byte !== 0)
}

/** Room for a notification, which the kernel wants to be zeros; text shows it where it is not. */
const received: Kind<Behind<Notification>, Behind<Notification>, never> = {
  kind: 'notification',
  entry: captureOf(notification),
  exit: captureOf(notification),
  late: (cell) => holds(cell.captured('entry'), notification.size),
  read: (cell) => readBehind(notification, cell, 'entry'),
  readOut: (cell) => readBehind(notification, cell, 'exit'),
  print: (cell, style) => {
    const [before, after] = [cell.captured('entry'), cell.captured('exit')]
    if (!holds(before, notification.size)) return pointerText(cell)
    const given = isAnySet(before) ? `${notification.print(new PointeeCell(cell, before), style)} => ` : ''
    const isThere = cell.call.ok && holds(after, notification.size)
    return given + (isThere ? notification.print(new PointeeCell(cell, after), style) : pointerText(cell))
  },
}

/** A negative error number. */
const negatedError: Scalar<string | number> = {
  kind: 'negatedError',
  width: 4,
  read: (cell) => errorAt(cell) ?? cell.view.getInt32(cell.at, true),
  print: (cell, style) => constantText(errorAt(cell), String(cell.view.getInt32(cell.at, true)), style),
}

function errorAt(cell: Cell): string | undefined {
  const value = cell.view.getInt32(cell.at, true)
  const name = value < 0 ? errnoName(-value) : undefined
  return name === undefined ? undefined : `-${name}`
}

/** struct seccomp_notif_resp */
const response = struct(24, {
  id: field(0, hex),
  val: field(8, long),
  error: field(16, negatedError),
  flags: field(20, flags(SECCOMP_NOTIF_RESP)),
})

/** struct seccomp_notif_addfd */
const addedDescriptor = struct(24, {
  id: field(0, hex),
  flags: field(8, flags(SECCOMP_ADDFD)),
  srcfd: field(12, fd),
  newfd: field(16, int),
  newfd_flags: field(20, flags(O)),
})

const PROGRAMS = 1024
const QUERY = 8

/** struct perf_event_query_bpf */
export interface Programs {
  readonly prog_cnt: number
  readonly ids: readonly number[]
}

function programIds(captured: Captured): readonly number[] {
  const count = captured.view.getUint32(captured.at + 4, true)
  const whole = Math.min(count, Math.floor((captured.length - QUERY) / 4))
  return Array.from({ length: whole }, (_, index) => captured.view.getUint32(captured.at + QUERY + 4 * index, true))
}

/** The programs that are attached to an event. */
const attachedPrograms: Kind<Behind<{ readonly ids_len: number }>, Behind<Programs>, never> = {
  kind: 'attachedPrograms',
  entry: { copy: 'bytes', length: 4 },
  exit: { copy: 'bytes', length: QUERY + 4 * PROGRAMS },
  late: (cell) => holds(cell.captured('entry'), 4),
  read: (cell) => {
    const captured = cell.captured('entry')
    if (isNull(cell)) return null
    return holds(captured, 4) ? { ids_len: captured.view.getUint32(captured.at, true) } : unread(cell, captured)
  },
  readOut: (cell) => {
    const captured = cell.captured('exit')
    if (isNull(cell)) return null
    if (!holds(captured, QUERY)) return unread(cell, captured)
    return { prog_cnt: captured.view.getUint32(captured.at + 4, true), ids: programIds(captured) }
  },
  print: (cell, style) => {
    const [before, after] = [cell.captured('entry'), cell.captured('exit')]
    if (!holds(before, 4)) return pointerText(cell)
    const start = `{ids_len=${before.view.getUint32(before.at, true)}, `
    if (!cell.call.ok || !holds(after, QUERY)) return `${start}...}`
    const count = after.view.getUint32(after.at + 4, true)
    const ids = programIds(after)
    const shown = style.abbreviate ? ids.slice(0, style.stringLimit) : ids
    const end = addressBehind(cell, QUERY + 4 * ids.length)
    const isCut = shown.length < ids.length || ids.length === PROGRAMS
    const rest = shown.length === count ? [] : [isCut ? '...' : `... /* ${end} */`]
    const list = ids.length === 0 && count > 0 ? end : `[${[...shown, ...rest].join(', ')}]`
    return `${start}prog_cnt=${count}, ids=${list}}`
  },
}

const PAGE = 4096
const group = flags(PERF_IOC_FLAG)

export const LISTENERS = {
  SECCOMP_IOCTL_NOTIF_RECV: received,
  SECCOMP_IOCTL_NOTIF_SEND: pointerTo(response),
  SECCOMP_IOCTL_NOTIF_ID_VALID: pointerTo(hex),
  SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR: pointerTo(hex),
  SECCOMP_IOCTL_NOTIF_ADDFD: pointerTo(addedDescriptor),
  SECCOMP_IOCTL_NOTIF_SET_FLAGS: flags(SECCOMP_NOTIF_FD, 8),
  PERF_EVENT_IOC_ENABLE: group,
  PERF_EVENT_IOC_DISABLE: group,
  PERF_EVENT_IOC_RESET: group,
  PERF_EVENT_IOC_REFRESH: int,
  PERF_EVENT_IOC_PERIOD: pointerTo(size),
  PERF_EVENT_IOC_SET_OUTPUT: fd,
  PERF_EVENT_IOC_SET_BPF: fd,
  PERF_EVENT_IOC_PAUSE_OUTPUT: size,
  PERF_EVENT_IOC_SET_FILTER: textUpTo(PAGE),
  PERF_EVENT_IOC_ID: resultIn(size),
  PERF_EVENT_IOC_QUERY_BPF: attachedPrograms,
} as const
