/** What is done to files, and tried with paths, that is no deed of `filesOf()`. */

import { isObject } from '../../checks.ts'
import { hasName, linkCalls, openCalls, openUse, pathUses, renameCalls, renameUses } from '../files-calls.ts'
import type { Files } from '../files.ts'
import { descriptorInPath, linksWithin } from '../paths.ts'
import { addressOf } from '../peer.ts'
import { insideOf, type AnyCall, type RecordedRun } from '../recorded.ts'
import { Tree, type View } from '../tree.ts'
import type { Descriptor } from '../tree-tables.ts'
import { isUndecoded } from '../undecoded.ts'

/** `unread`: nobody knows what the call was about. */
export interface OtherTouch {
  readonly what: 'create' | 'change' | 'read' | 'write' | 'execute' | 'attempt' | 'unread'
  readonly call: AnyCall
  /** `undefined` where it is not known. */
  readonly path: string | undefined
  /** Of `unread`: the end of a sentence. */
  readonly why?: string
}

/** `calls`: those that other touches are looked for in. */
export function otherTouches(run: RecordedRun, files: Files, calls: ReadonlySet<string>): readonly OtherTouch[] {
  const known = found.get(run)
  if (known !== undefined) return known
  const touches = findTouches(run, files, calls)
  found.set(run, touches)
  return touches
}

/** Walking through a run takes its time, and a finished run stays as it is. */
const found = new WeakMap<RecordedRun, readonly OtherTouch[]>()

function findTouches(run: RecordedRun, files: Files, calls: ReadonlySet<string>): readonly OtherTouch[] {
  const tree = new Tree(run)
  const isInside = insideOf(run)
  const touches: OtherTouch[] = []
  for (const event of tree.events) {
    const view = event.type === 'syscall' && calls.has(event.name) ? tree.at(event) : undefined
    if (event.type === 'syscall' && view !== undefined && isInside(event)) {
      touches.push(...touchesOf(event, view, files), ...executed(event, view))
    }
    const made = tree.apply(event)
    // What came before a part of a run is used in it.
    if (event.type === 'syscall' && made.length > 0) touches.push(...strangers(event, made))
    if (event.type === 'syscall') touches.push(...mounted(event))
  }
  return touches
}

function touchesOf(call: AnyCall, view: View, files: Files): readonly OtherTouch[] {
  if (isUndecoded(call)) {
    if (!call.ok && call.unfinished !== true) return []
    return [{ what: 'unread', call, path: undefined, why: 'its arguments are not known of 32-bit code' }]
  }
  if (call.unfinished === true) return cutShort(call)
  if (!call.ok) return failures(call, view, files)
  if (call.name === 'bind') return boundFile(call, view)
  return call.name === 'ioctl' ? controlled(call, view) : behindDescriptor(call, view)
}

/** `/proc/self/fd/7`, where nobody knows what that is; `filesOf()` has nothing to tell of it. */
function behindDescriptor(call: AnyCall, view: View): readonly OtherTouch[] {
  const own = pathUses.get(call.name)
  const uses = own === undefined ? renameUses(call) : own.what === 'look' ? [] : [own]
  const isUnknown = uses.some(({ path }) => {
    const given = call.args[path]
    const fd = typeof given === 'string' ? descriptorInPath(given, view.who.pid) : undefined
    return fd !== undefined && view.descriptor(fd)?.open.kind === 'unknown'
  })
  if (!isUnknown) return []
  return [{ what: 'unread', call, path: undefined, why: 'what the descriptor in its path leads to is not known' }]
}

/** Its thread ended inside it. `filesOf()` tells of what is done by descriptors. */
function cutShort(call: AnyCall): readonly OtherTouch[] {
  const { name } = call
  const what = pathUses.get(name)?.what
  const isChange = what !== undefined && what !== 'look' && what !== 'execute'
  if (!isChange && !openCalls.has(name) && !renameCalls.has(name) && !linkCalls.has(name)) return []
  return [
    { what: 'unread', call, path: undefined, why: 'its thread ended inside it, and how far it came is not known' },
  ]
}

/** The program itself, whatever the call named it. */
function executed(call: AnyCall, { who }: View): readonly OtherTouch[] {
  if (!call.ok || (call.name !== 'execve' && call.name !== 'execveat')) return []
  return [{ what: 'execute', call, path: who.program }]
}

/** The path of a unix socket is made when it is bound. */
function boundFile(call: AnyCall, view: View): readonly OtherTouch[] {
  const address = addressOf(call.args['addr'])
  if (address?.family !== 'unix' || address.path === undefined || address.abstract === true) return []
  return [{ what: 'create', call, path: view.resolve(address.path) }]
}

/** Requests of ioctl(2) that change attributes of a file, and those that take what is in another. */
const changing: ReadonlySet<string> = new Set([
  'FS_IOC_SETFLAGS',
  'FS_IOC_FSSETXATTR',
  'FS_IOC_SETVERSION',
  'FS_IOC32_SETFLAGS',
])
const cloning: ReadonlySet<string> = new Set(['FICLONE', 'BTRFS_IOC_CLONE'])

function controlled(call: AnyCall, view: View): readonly OtherTouch[] {
  const { op, arg } = call.args
  const name = String(op)
  if (changing.has(name)) return [{ what: 'change', call, path: pathBehind(view.descriptor('fd')) }]
  const source = cloning.has(name) ? arg : isObject(arg) ? arg['src_fd'] : undefined
  if (source === undefined || !/CLONE/.test(name)) return []
  return [{ what: 'read', call, path: pathBehind(view.descriptor(Number(source))) }]
}

function pathBehind(descriptor: Descriptor | undefined): string | undefined {
  const { link, path } = descriptor?.open ?? {}
  return link?.text ?? path
}

/** `filesOf()` tells what is missing; here is what was there, or was refused. */
function failures(call: AnyCall, view: View, files: Files): readonly OtherTouch[] {
  if (call.error === 'ENOENT' || call.error === 'ENOTDIR' || call.error === 'EFAULT') return []
  const { name, args } = call
  const uses = openCalls.has(name) ? [openUse(call)] : [pathUses.get(name) ?? renameUses(call)].flat()
  return uses.flatMap(({ path, dirfd }): readonly OtherTouch[] => {
    const given = args[path]
    if (typeof given !== 'string' || given === '') return []
    const resolved = view.resolve(given, dirfd)
    return [{ what: 'attempt', call, path: resolved === undefined ? given : files.follow(resolved) }]
  })
}

/** mount(2) with one of these changes what is there. */
const remounting = ['MS_REMOUNT', 'MS_PRIVATE', 'MS_SLAVE', 'MS_SHARED', 'MS_UNBINDABLE']

/** Other files are behind the same names from then on, and those behind other names, too. */
function mounted(call: AnyCall): readonly OtherTouch[] {
  if ((call.name !== 'mount' && call.name !== 'move_mount') || !call.ok) return []
  if (remounting.some((flag) => hasName(call.args['mountflags'], flag))) return []
  return [{ what: 'unread', call, path: undefined, why: 'which files are behind names since then is not known' }]
}

/** Descriptors that came in a message from outside, and were taken for some that the run sent there. */
function strangers(call: AnyCall, made: readonly Descriptor[]): readonly OtherTouch[] {
  if (call.name !== 'recvmsg' && call.name !== 'recvmmsg') return []
  const links = linksWithin(call, call.name === 'recvmsg' ? 'msg' : 'msgvec')
  const isOther = ({ open }: Descriptor, index: number): boolean => {
    const link = links[index]
    return link !== undefined && open.link !== undefined && link.text !== open.link.text
  }
  if (!made.some(isOther)) return []
  return [{ what: 'unread', call, path: undefined, why: 'which descriptors came with the message is not known' }]
}
