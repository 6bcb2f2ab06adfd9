/** What ioctl(2) takes of processes, namespaces and other things of the kernel that have descriptors. */

import { PIDFD_COREDUMP, PIDFD_INFO, WDIOF, WDIOS } from '../../table/constants/devices.ts'
import { IOCTL } from '../../table/constants/ioctl.ts'
import { CLONE_NEW } from '../../table/constants/process.ts'
import { answered } from '../answered.ts'
import type { CallView, Cell, Kind } from '../arg.ts'
import { holds, isNull, padded, PointeeCell, pointerText, unread } from '../cells.ts'
import { fixedText } from '../fixed.ts'
import { flags, lowOf, prepare } from '../flags.ts'
import { hexWide, readU64, type Wide } from '../numbers.ts'
import { captureOf, pointerTo, readBehind, resultIn, type Behind, type ValueOf } from '../pointer.ts'
import { reserved } from '../reserved.ts'
import { byte, hex, hexUint, id, int, pid, size, uint, ushort, word, type Scalar } from '../scalar.ts'
import { signal } from '../signal/signal.ts'
import { field, struct } from '../struct.ts'
import { unused } from '../switch.ts'
import { waitStatus } from '../process/wait.ts'

const requests = IOCTL.values

/** The size of the first struct pidfd_info. */
const FIRST_SIZE = 64

const mask = field(0, flags(PIDFD_INFO, 8))
const bits = PIDFD_INFO.values

/** The size of the struct that the number of a request holds. */
const sizeIn = (call: CallView): number => (lowOf(call.arg('op'), 4) >>> 16) & 0x3fff

/** Members that are there where their bit of the mask is set, and the caller's struct reaches to their `end`. */
function given(name: keyof typeof bits, end = FIRST_SIZE) {
  return {
    when: (cell: Cell) => (lowOf(cell.sibling('mask'), 4) & bits[name]) !== 0 && sizeIn(cell.call) >= end,
  }
}

const ids = given('PIDFD_INFO_PID')
const credentials = given('PIDFD_INFO_CREDS')
const coredump = flags(PIDFD_COREDUMP)

/** strace writes it as what a pointer leads to. */
const exitCode: typeof waitStatus = { ...waitStatus, print: (cell, style) => `[${waitStatus.print(cell, style)}]` }

/** struct pidfd_info */
const processInfo = struct(88, {
  mask,
  cgroupid: field(8, size, given('PIDFD_INFO_CGROUPID')),
  pid: field(16, pid, ids),
  tgid: field(20, pid, ids),
  ppid: field(24, pid, ids),
  ruid: field(28, id, credentials),
  rgid: field(32, id, credentials),
  euid: field(36, id, credentials),
  egid: field(40, id, credentials),
  suid: field(44, id, credentials),
  sgid: field(48, id, credentials),
  fsuid: field(52, id, credentials),
  fsgid: field(56, id, credentials),
  exit_code: field(60, exitCode, given('PIDFD_INFO_EXIT')),
  coredump_mask: field(64, coredump, given('PIDFD_INFO_COREDUMP', 68)),
  coredump_signal: field(68, signal, given('PIDFD_INFO_COREDUMP_SIGNAL', 72)),
  coredump_code: field(72, uint, given('PIDFD_INFO_COREDUMP_CODE', 76)),
  supported_mask: field(80, flags(PIDFD_INFO, 8), given('PIDFD_INFO_SUPPORTED_MASK', 88)),
})

/** The mask again where the kernel changed it, then the members. */
function infoText(before: string, after: string): string {
  const [mask = ''] = after.slice(1, -1).split(', ')
  return before === `{${mask}}` ? after : `${before.slice(0, -1)} => ${after.slice('{mask='.length)}`
}

const infoAsked = struct(8, { mask })
const wholeInfo = answered(infoAsked, processInfo, infoText)

/** PIDFD_GET_INFO with the size of another kernel's struct is another number. */
const anyInfo = { equals: requests.PIDFD_GET_INFO & 0xffff, mask: 0xffff } as const
const isInfo = (cell: Cell): boolean => (lowOf(cell.sibling('op'), 4) & anyInfo.mask) === anyInfo.equals

/** The struct as far as the caller's reaches. */
function sizedInfo(cell: Cell): PointeeCell | undefined {
  const captured = cell.captured('exit')
  const known = Math.min(sizeIn(cell.call), processInfo.size)
  return known >= FIRST_SIZE && cell.call.ok && holds(captured, known)
    ? new PointeeCell(cell, padded(captured, known, processInfo.size))
    : undefined
}

type ProcessInfo = ValueOf<typeof processInfo>

/** What no request here says is a word in hexadecimal, as strace prints it. */
export const otherArgument: Kind<Wide | Behind<ValueOf<typeof infoAsked>>, Behind<ProcessInfo>, 'op'> = {
  kind: 'otherArgument',
  entry: { copy: 'switch', on: { arg: 'op', width: 4 }, cases: [{ ...anyInfo, then: captureOf(infoAsked) }] },
  exit: { copy: 'switch', on: { arg: 'op', width: 4 }, cases: [{ ...anyInfo, then: captureOf(processInfo) }] },
  late: (cell) => isInfo(cell) && sizeIn(cell.call) >= FIRST_SIZE && holds(cell.captured('entry'), infoAsked.size),
  read: (cell) => (isInfo(cell) ? readBehind(infoAsked, cell, 'entry') : readU64(cell.view, cell.at)),
  readOut: (cell) => {
    if (!isInfo(cell) || isNull(cell)) return null
    const found = sizedInfo(cell)
    return found === undefined || processInfo.read === undefined
      ? unread(cell, cell.captured('exit'))
      : processInfo.read(found)
  },
  print: (cell, style) => {
    if (!isInfo(cell)) return word.print(cell, style)
    const before = cell.captured('entry')
    if (sizeIn(cell.call) < FIRST_SIZE || !holds(before, infoAsked.size)) return pointerText(cell)
    const text = infoAsked.print(new PointeeCell(cell, before), style)
    const found = sizedInfo(cell)
    return found === undefined ? text : infoText(text, processInfo.print(found, style))
  },
}

/** A time in a comment: `1000000 /* 1.000000 s *\/`. */
function ticks(perSecond: number, digits: number): Scalar<number> {
  return {
    ...uint,
    print: (cell) => {
      const value = lowOf(cell, 4)
      return value === 0 ? '0' : `${value} /* ${(value / perSecond).toFixed(digits)} s */`
    },
  }
}

/** struct epoll_params */
const pollParameters = struct(8, {
  busy_poll_usecs: field(0, ticks(1_000_000, 6)),
  busy_poll_budget: field(4, ushort),
  prefer_busy_poll: field(6, hexOf(byte)),
  __pad: reserved(7, hexOf(byte)),
})

function hexOf(number: Scalar<number>): Scalar<number> {
  return { ...number, print: (cell) => hexWide(number.read?.(cell) ?? 0) }
}

/** struct mnt_ns_info */
const mountNamespace = struct(16, { size: field(0, uint), nr_mounts: field(4, uint), mnt_ns_id: field(8, hex) })

/** struct watchdog_info */
const watchdog = struct(40, {
  options: field(0, flags(WDIOF)),
  firmware_version: field(4, hexUint, { verbose: true }),
  identity: field(8, fixedText(32), { verbose: true }),
})

const indirect = { indirect: true } as const

export const OBJECTS = {
  PIDFD_GET_CGROUP_NAMESPACE: hex,
  PIDFD_GET_IPC_NAMESPACE: hex,
  PIDFD_GET_MNT_NAMESPACE: hex,
  PIDFD_GET_NET_NAMESPACE: hex,
  PIDFD_GET_PID_NAMESPACE: hex,
  PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE: hex,
  PIDFD_GET_TIME_NAMESPACE: hex,
  PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE: hex,
  PIDFD_GET_USER_NAMESPACE: hex,
  PIDFD_GET_UTS_NAMESPACE: hex,
  PIDFD_GET_INFO: wholeInfo,
  NS_GET_USERNS: unused,
  NS_GET_PARENT: unused,
  NS_GET_NSTYPE: unused,
  NS_GET_OWNER_UID: resultIn(id),
  NS_GET_MNTNS_ID: resultIn(hex),
  NS_GET_PID_FROM_PIDNS: int,
  NS_GET_TGID_FROM_PIDNS: int,
  NS_GET_PID_IN_PIDNS: pid,
  NS_GET_TGID_IN_PIDNS: pid,
  NS_MNT_GET_INFO: resultIn(mountNamespace),
  NS_MNT_GET_NEXT: resultIn(mountNamespace),
  NS_MNT_GET_PREV: resultIn(mountNamespace),
  EPIOCSPARAMS: pointerTo(pollParameters),
  EPIOCGPARAMS: resultIn(pollParameters),
  INOTIFY_IOC_SETNEXTWD: int,
  RNDGETENTCNT: resultIn(int),
  RNDADDTOENTCNT: pointerTo(int),
  RNDZAPENTCNT: unused,
  RNDCLEARPOOL: unused,
  RNDRESEEDCRNG: unused,
  WDIOC_GETSUPPORT: resultIn(watchdog),
  WDIOC_GETSTATUS: resultIn(int),
  WDIOC_GETBOOTSTATUS: resultIn(int),
  WDIOC_GETTEMP: resultIn(int),
  WDIOC_GETTIMEOUT: resultIn(int),
  WDIOC_GETPRETIMEOUT: resultIn(int),
  WDIOC_GETTIMELEFT: resultIn(int),
  WDIOC_SETTIMEOUT: pointerTo(int),
  WDIOC_SETPRETIMEOUT: pointerTo(int),
  WDIOC_SETOPTIONS: pointerTo(flags(WDIOS), indirect),
  WDIOC_KEEPALIVE: unused,
} as const

/** Requests that return a descriptor. */
export const MAKE_FD: readonly number[] = [
  requests.PIDFD_GET_CGROUP_NAMESPACE,
  requests.PIDFD_GET_IPC_NAMESPACE,
  requests.PIDFD_GET_MNT_NAMESPACE,
  requests.PIDFD_GET_NET_NAMESPACE,
  requests.PIDFD_GET_PID_NAMESPACE,
  requests.PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE,
  requests.PIDFD_GET_TIME_NAMESPACE,
  requests.PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE,
  requests.PIDFD_GET_USER_NAMESPACE,
  requests.PIDFD_GET_UTS_NAMESPACE,
  requests.NS_GET_USERNS,
  requests.NS_GET_PARENT,
  requests.NS_MNT_GET_NEXT,
  requests.NS_MNT_GET_PREV,
]

/** strace names the namespace that NS_GET_NSTYPE returns. */
export function namespaceNote(call: CallView): string | undefined {
  if (lowOf(call.arg('op'), 4) !== requests.NS_GET_NSTYPE) return undefined
  return prepare(CLONE_NEW).nameOf(call.result)
}
