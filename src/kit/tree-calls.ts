/** What calls do to descriptors and directories. */

import type { SyscallName } from '../table/index.ts'
import { AT_FDCWD, fdOf } from './call-parts.ts'
import { carriedFds, flagsOf, namesIn, socketOf } from './call-flags.ts'
import { effectOf } from './effects.ts'
import { resolvePath, type Link } from './paths.ts'
import type { AnyCall } from './recorded.ts'
import { kindOf, learn, type Descriptor, type OpenFile, type OpenFiles, type OpenKind, Table } from './tree-tables.ts'

export { carriedFds, flagsOf } from './call-flags.ts'

/** Where a process is; shared where clone(2) shares it. */
export interface Place {
  cwd: string | undefined
  /** The kernel said so, and nobody went elsewhere since. */
  isTold: boolean
  root: string | undefined
}

/** What calls change. */
export interface Task {
  table: Table
  place: Place
}

/** What a call needs of others. */
export interface Surroundings {
  readonly opens: OpenFiles
  /** The descriptors of another process. */
  tableOf(pid: number): Table | undefined
  /** Descriptors that a message brings, in order; `undefined` where nobody knows who sent it. */
  receive(call: AnyCall, via: OpenFile | undefined, count: number): readonly OpenFile[] | undefined
}

type Change = (call: AnyCall, task: Task, around: Surroundings) => readonly Descriptor[]

const none: readonly Descriptor[] = []

/** Applies a call that succeeded, or a close(2) that failed but closed. Gives the descriptors that it made. */
export function applyCall(call: AnyCall, task: Task, around: Surroundings): readonly Descriptor[] {
  const change = changes.get(call.name)
  const effect = effectOf(call)
  if (change === undefined || effect === 'none') return none
  if (effect === 'done') return resultless.has(call.name) ? change(call, task, around) : none
  // Once the number is free it stays so, whatever the file has to say.
  if (!call.ok && (call.name !== 'close' || call.error === 'EBADF' || call.unfinished === true)) return none
  return change(call, task, around)
}

/** What needs no result to be known. */
const resultless: ReadonlySet<string> = new Set(
  'dup2 dup3 close close_range chdir fchdir chroot pivot_root unshare setns'.split(' '),
)

/** What a descriptor in an argument stands for; `argument` also says which link is its. */
export function lookUp(
  call: AnyCall,
  fd: number,
  task: Task,
  opens: OpenFiles,
  argument?: string,
): Descriptor | undefined {
  if (fd < 0 || call.error === 'EBADF') return undefined
  const link = (): Link | undefined => (argument === undefined ? undefined : opens.links.of(call, argument))
  const found = task.table.get(fd, call.startNs, () => opens.found('inherited', link()))
  if (found === undefined) return call.ok ? appeared(fd, task, opens.found('received', link())) : undefined
  if (found.open.link === undefined) learn(found.open, link())
  return found
}

/** A descriptor that is there, since a call with it succeeded, and nobody saw how it came. */
function appeared(fd: number, task: Task, open: OpenFile): Descriptor {
  const descriptor = { fd, open, closeOnExec: false }
  task.table.install(descriptor)
  return descriptor
}

/** `AT_FDCWD` or a descriptor, as a path. */
export function directoryAt(
  call: AnyCall,
  dirfd: unknown,
  task: Task,
  opens: OpenFiles,
  argument?: string,
): string | undefined {
  const { place } = task
  const isHere = dirfd === AT_FDCWD || dirfd === 'AT_FDCWD' || dirfd === undefined
  if (isHere && place.isTold) return place.cwd
  const link = argument === undefined ? undefined : opens.links.of(call, argument)
  if (link?.text.startsWith('/') === true) return link.text
  if (isHere) return place.cwd
  return typeof dirfd === 'number' ? lookUp(call, dirfd, task, opens)?.open.path : undefined
}

const opening = new Map<string, readonly [path: string, dirfd?: string]>([
  ['open', ['pathname']],
  ['creat', ['pathname']],
  ['openat', ['pathname', 'dirfd']],
  ['openat2', ['pathname', 'dirfd']],
])

/** Calls that return a descriptor, of what. */
const making: Readonly<Record<string, OpenKind>> = {
  open_by_handle_at: 'file',
  open_tree: 'file',
  open_tree_attr: 'file',
  fsmount: 'other',
  fsopen: 'other',
  fspick: 'other',
  memfd_create: 'memfd',
  memfd_secret: 'memfd',
  epoll_create: 'epoll',
  epoll_create1: 'epoll',
  eventfd: 'eventfd',
  eventfd2: 'eventfd',
  timerfd_create: 'timerfd',
  inotify_init: 'inotify',
  inotify_init1: 'inotify',
  fanotify_init: 'fanotify',
  io_uring_setup: 'io_uring',
  userfaultfd: 'other',
  perf_event_open: 'other',
  mq_open: 'other',
  landlock_create_ruleset: 'other',
}

/** These are closed on exec whatever was asked for. */
const alwaysCloseOnExec: ReadonlySet<string> = new Set([
  'pidfd_open',
  'pidfd_getfd',
  'io_uring_setup',
  'landlock_create_ruleset',
  'mq_open',
])

const changes: ReadonlyMap<string, Change> = new Map<string, Change>([
  ...[...opening.keys()].map((name) => [name, opened] as const),
  ...Object.entries(making).map(
    ([name, kind]) => [name, (call, task, { opens }) => returned(call, task, opens, kind)] as [string, Change],
  ),
  ['signalfd', signalFd],
  ['signalfd4', signalFd],
  ['socket', (call, task, { opens }) => returned(call, task, opens, 'socket', { socket: socketOf(call) })],
  ['socketpair', pair('sv', 'socket')],
  ['pipe', pair('pipefd', 'pipe')],
  ['pipe2', pair('pipefd', 'pipe')],
  ['accept', accepted],
  ['accept4', accepted],
  ['pidfd_open', (call, task, { opens }) => returned(call, task, opens, 'pidfd', { target: Number(call.args['pid']) })],
  ['pidfd_getfd', fetched],
  ['dup', copied('oldfd')],
  ['dup2', copied('oldfd')],
  ['dup3', copied('oldfd')],
  ['fcntl', controlled],
  ['ioctl', ioctled],
  ['recvmsg', received],
  ['recvmmsg', received],
  ['close', closed],
  ['close_range', rangeClosed],
  ['chdir', (call, task, { opens }) => moved(task, pathOf(call, task, opens, 'path'))],
  ['fchdir', (call, task, { opens }) => moved(task, directoryAt(call, fdOf(call, 'fd'), task, opens, 'fd'))],
  ['getcwd', asked],
  ['chroot', (call, task, { opens }) => rooted(task, pathOf(call, task, opens, 'path'))],
  ['pivot_root', (_call, task) => rooted(task, undefined)],
  ['unshare', unshared],
  ['setns', (_call, task) => movedAway(task)],
])

/** Calls that change directories only. */
const placeCalls: ReadonlySet<string> = new Set(['chdir', 'getcwd', 'chroot', 'pivot_root', 'setns'])

/**
 * The calls by which descriptors come and go, without which nobody knows what a process has open.
 * @example await trace('make', [], { filter: descriptorCalls })
 */
// All are of the table: a run that is asked for another throws.
export const descriptorCalls = [...changes.keys(), 'clone', 'clone3', 'fork', 'vfork', 'sendmsg', 'sendmmsg'].filter(
  (name) => !placeCalls.has(name),
) as readonly SyscallName[]

/** Calls that change descriptors or places. */
export const changingCalls: readonly string[] = [...changes.keys()]

function pathOf(call: AnyCall, task: Task, opens: OpenFiles, argument: string, dirfd?: string): string | undefined {
  const path = call.args[argument]
  if (typeof path !== 'string') return undefined
  const base = dirfd === undefined ? task.place.cwd : directoryAt(call, fdOf(call, dirfd), task, opens, dirfd)
  return resolvePath(task.place.root, base, path)
}

function opened(call: AnyCall, task: Task, { opens }: Surroundings): readonly Descriptor[] {
  const [name, dirfd] = opening.get(call.name) ?? ['pathname']
  const link = opens.links.returned(call)
  const kind = link === undefined ? 'file' : kindOf(link)
  // The path is that of a directory, and what is opened has no name in it.
  if (flagsOf(call).includes('O_TMPFILE')) return returned(call, task, opens, kind)
  return returned(call, task, opens, kind, { path: pathOf(call, task, opens, name, dirfd) })
}

/** Gives the number that the call returned to something new. */
function returned(
  call: AnyCall,
  task: Task,
  opens: OpenFiles,
  kind: OpenKind,
  about: Partial<Pick<OpenFile, 'path' | 'socket' | 'target'>> = {},
): readonly Descriptor[] {
  const link = opens.links.returned(call)
  const open = opens.make({ kind, origin: 'opened', call, link, flags: flagsOf(call), ...about })
  return [install(call, task, Number(call.returned), open)]
}

function install(
  call: AnyCall,
  task: Task,
  fd: number,
  open: OpenFile,
  how: { replaces?: boolean; closeOnExec?: boolean } = {},
): Descriptor {
  const closeOnExec = how.closeOnExec ?? isCloseOnExec(call)
  const descriptor = { fd, open, closeOnExec, since: call, sinceNs: call.endNs }
  task.table.install(descriptor, how.replaces)
  return descriptor
}

function isCloseOnExec(call: AnyCall): boolean {
  return alwaysCloseOnExec.has(call.name) || flagsOf(call).some((flag) => flag.endsWith('_CLOEXEC'))
}

/** A call that writes two descriptors of things that are joined. */
function pair(out: string, kind: OpenKind): Change {
  return (call, task, { opens }) => {
    const fds = call.out?.[out]
    if (!Array.isArray(fds)) return none
    const links = opens.links.within(call, out)
    const about = kind === 'socket' ? { socket: socketOf(call) } : {}
    const ends = [0, 1].map((index) =>
      opens.make({ kind, origin: 'opened', call, link: links[index], flags: flagsOf(call), ...about }),
    )
    join(ends)
    return ends.map((open, index) => install(call, task, Number(fds[index]), open))
  }
}

function join([one, other]: readonly OpenFile[]): void {
  if (one === undefined || other === undefined) return
  // Each is to know the other, so one of them has to be there first.
  Object.assign(one, { other })
  Object.assign(other, { other: one })
}

function accepted(call: AnyCall, task: Task, { opens }: Surroundings): readonly Descriptor[] {
  const listener = lookUp(call, fdOf(call, 'sockfd') ?? -1, task, opens, 'sockfd')?.open.socket
  return returned(call, task, opens, 'socket', listener === undefined ? {} : { socket: listener })
}

/** With a descriptor that there was, signalfd(2) changes that one. */
function signalFd(call: AnyCall, task: Task, { opens }: Surroundings): readonly Descriptor[] {
  return Number(call.args['fd']) >= 0 ? none : returned(call, task, opens, 'signalfd')
}

function fetched(call: AnyCall, task: Task, around: Surroundings): readonly Descriptor[] {
  const { opens } = around
  const pidfd = lookUp(call, fdOf(call, 'pidfd') ?? -1, task, opens, 'pidfd')
  const theirs = pidfd?.open.target === undefined ? undefined : around.tableOf(pidfd.open.target)
  const open = theirs?.get(Number(call.args['targetfd']), call.startNs)?.open
  return [install(call, task, Number(call.returned), open ?? opens.found('received', opens.links.returned(call)))]
}

function copied(argument: string): Change {
  return (call, task, { opens }) => {
    const from = lookUp(call, fdOf(call, argument) ?? -1, task, opens, argument)
    const fd = fdOf(call, 'newfd') ?? Number(call.returned)
    // dup2(2) with twice the same number does nothing.
    if (from === undefined || from.fd === fd) return none
    return [install(call, task, fd, from.open, { replaces: call.name !== 'dup' })]
  }
}

function controlled(call: AnyCall, task: Task, { opens }: Surroundings): readonly Descriptor[] {
  const fd = fdOf(call, 'fd') ?? -1
  const op = call.args['op']
  if (op === 'F_SETFD') task.table.setCloseOnExec(fd, namesIn(call.args['arg'])?.includes('FD_CLOEXEC') === true)
  if (op !== 'F_DUPFD' && op !== 'F_DUPFD_CLOEXEC') return none
  const from = lookUp(call, fd, task, opens, 'fd')
  if (from === undefined) return none
  return [install(call, task, Number(call.returned), from.open, { closeOnExec: op === 'F_DUPFD_CLOEXEC' })]
}

function ioctled(call: AnyCall, task: Task, { opens }: Surroundings): readonly Descriptor[] {
  const { op, fd } = call.args
  if (op === 'FIOCLEX' || op === 'FIONCLEX') task.table.setCloseOnExec(Number(fd), op === 'FIOCLEX')
  return op === 'TIOCGPTPEER' ? returned(call, task, opens, 'file') : none
}

function received(call: AnyCall, task: Task, around: Surroundings): readonly Descriptor[] {
  const argument = call.name === 'recvmsg' ? 'msg' : 'msgvec'
  const fds = carriedFds(call.out?.[argument])
  if (fds.length === 0) return none
  const via = lookUp(call, fdOf(call, 'sockfd') ?? -1, task, around.opens, 'sockfd')?.open
  const sent = around.receive(call, via, fds.length)
  const links: readonly (Link | undefined)[] = around.opens.links.within(call, argument)
  const closeOnExec = namesIn(call.args['flags'])?.includes('MSG_CMSG_CLOEXEC') === true
  return fds.map((fd, index) => {
    const open = sent?.[index] ?? around.opens.found('received', links[index])
    learn(open, links[index])
    return install(call, task, fd, open, { closeOnExec })
  })
}

function closed(call: AnyCall, task: Task): readonly Descriptor[] {
  task.table.close(fdOf(call, 'fd') ?? -1, call)
  return none
}

function rangeClosed(call: AnyCall, task: Task): readonly Descriptor[] {
  const flags = flagsOf(call)
  if (flags.includes('CLOSE_RANGE_UNSHARE')) task.table = new Table(task.table)
  const { first, last } = call.args
  task.table.closeRange(Number(first), Number(last), call, flags.includes('CLOSE_RANGE_CLOEXEC'))
  return none
}

function moved(task: Task, cwd: string | undefined): readonly Descriptor[] {
  task.place.cwd = cwd
  task.place.isTold = false
  return none
}

function rooted(task: Task, root: string | undefined): readonly Descriptor[] {
  task.place.root = root
  return none
}

/** To other mounts, perhaps: nobody knows what is where there. */
function movedAway(task: Task): readonly Descriptor[] {
  task.place.root = undefined
  return moved(task, undefined)
}

function asked(call: AnyCall, task: Task): readonly Descriptor[] {
  const buf = call.out?.['buf']
  // Below a root of its own, it is told less than the whole path.
  if (typeof buf === 'string' && buf.startsWith('/') && task.place.root === '/') task.place.cwd = buf
  return none
}

function unshared(call: AnyCall, task: Task): readonly Descriptor[] {
  const flags = flagsOf(call)
  if (flags.includes('CLONE_FILES')) task.table = new Table(task.table)
  if (flags.includes('CLONE_FS') || flags.includes('CLONE_NEWNS')) task.place = { ...task.place }
  return none
}
