/** Paths as processes name them, and what the kernel says that descriptors lead to. */

import { posix } from 'node:path'
import type { Captured } from '../args/arg.ts'
import { decodeBytes } from '../args/surrogates.ts'
import { FD_PART } from '../record/layout.ts'
import { textSource, type TextCall, type TextEvent } from '../text/source.ts'

/** A link of /proc/PID/fd, as it was at the call. There are such only in runs with `decodeFds`. */
export interface Link {
  /** `/etc/hosts`, `socket:[4711]`, `anon_inode:[eventpoll]`; without ` (deleted)`. */
  readonly text: string
  /** The name that it leads to is gone. */
  readonly isDeleted: boolean
}

/** What the descriptor in this argument leads to, `AT_FDCWD` included; `undefined` where nobody asked the kernel. */
export function linkOf(call: object, argument: string): Link | undefined {
  const source = sourceOf(call)
  const index = source?.row?.args.findIndex(([name]) => name === argument) ?? -1
  return linkIn(source?.cells[index]?.resolved())
}

/** What the descriptor that the call returned leads to. */
export function returnedLink(call: object): Link | undefined {
  return linkIn(sourceOf(call)?.resolved())
}

/** The same for the descriptors that a call wrote into memory, or took from there, in order: of pipes and of messages. */
export function linksWithin(call: object, argument: string): readonly (Link | undefined)[] {
  const source = sourceOf(call)
  const cell = source?.cells[source.row?.args.findIndex(([name]) => name === argument) ?? -1]
  const captured = cell?.captured('exit') ?? cell?.captured('entry')
  return captured === undefined ? [] : linksBelow(captured, messageDepths.get(source?.name ?? '') ?? 0)
}

/** Control messages are the third thing that a struct msghdr points to; some calls have arrays of those. */
const CONTROL = 2
const messageDepths: ReadonlyMap<string, number> = new Map([
  ['sendmsg', 1],
  ['recvmsg', 1],
  ['sendmmsg', 1],
  ['recvmmsg', 1],
])

function linksBelow({ children }: Captured, depth: number): readonly (Link | undefined)[] {
  if (depth === 0) return children.map(linkIn)
  return children.filter(({ key }) => key === CONTROL).flatMap((child) => linksBelow(child, depth - 1))
}

function sourceOf(call: object): TextCall | undefined {
  // Events of a run have it; those that somebody made by hand need not.
  return (call as Partial<TextEvent>)[textSource]?.().call
}

const deletedMark = ' (deleted)'

function linkIn(captured: Captured | undefined): Link | undefined {
  if (captured?.status !== 'ok' || captured.length === 0) return undefined
  const text = decodeBytes(captured.view, captured.at, captured.length)
  const isDeleted = text.endsWith(deletedMark) && captured.children.every(({ key }) => key !== FD_PART.NAMED_SO)
  return { text: isDeleted ? text.slice(0, -deletedMark.length) : text, isDeleted }
}

/** Whether a link is a path, and no socket, pipe or the like. */
export function isPath(text: string): boolean {
  return text.startsWith('/') && !text.startsWith('/memfd:')
}

/**
 * An absolute path without `.`, `..` and a slash at its end. Symbolic links are not followed: `..` behind one is taken as
 * it is written.
 *
 * @returns `undefined` where `path` is relative, and the directory that it begins in is not known
 */
export function resolvePath(root: string | undefined, base: string | undefined, path: string): string | undefined {
  if (root === '/' && isTidy(path)) return path
  const isAbsolute = posix.isAbsolute(path)
  if (isAbsolute ? root === undefined : base === undefined) return undefined
  // What is absolute for a process after chroot(2) is below its root for everybody else.
  return posix.resolve(isAbsolute ? `${root}/` : `${base}/`, isAbsolute ? `.${posix.normalize(path)}` : path)
}

/** Whether a path is absolute, and nothing in it is to be resolved; false where that takes a closer look. */
function isTidy(path: string): boolean {
  return path.startsWith('/') && path.length > 1 && !path.endsWith('/') && !path.includes('//') && !path.includes('/.')
}

/** The directory that a path names something in. */
export function directoryOf(path: string): string {
  return posix.dirname(path)
}

/** Whether `path` is `directory` or beneath it. */
export function isUnder(path: string, directory: string): boolean {
  return path === directory || directory === '/' || path.startsWith(`${directory}/`)
}

/** The number in `/proc/self/fd/7` and `/dev/fd/7`, which name what a descriptor leads to. `pid`: of the process that says so. */
export function descriptorInPath(path: string, pid: number): number | undefined {
  if (!path.startsWith('/proc/') && !path.startsWith('/dev/')) return undefined
  const [, owner, fd] = /^\/(?:proc\/(self|thread-self|\d+)\/fd|dev\/fd)\/(\d+)$/.exec(path) ?? []
  if (fd === undefined) return streams.get(path)
  return owner === undefined || !/^\d/.test(owner) || Number(owner) === pid ? Number(fd) : undefined
}

const streams: ReadonlyMap<string, number> = new Map([
  ['/dev/stdin', 0],
  ['/dev/stdout', 1],
  ['/dev/stderr', 2],
])
