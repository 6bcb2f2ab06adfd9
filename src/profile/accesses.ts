/** Which paths a call reads, changes or only looks at. */

import { isObject } from '../checks.ts'
import type { Places } from './places.ts'
import type { AnyCall } from './run.ts'

/** `look`: its kind, times or where it leads; `list`: the names in a directory. */
export type Use = 'read' | 'write' | 'look' | 'list'

export interface Access {
  readonly use: Use
  /** Absolute; as it was given where what it is relative to is not known. */
  readonly path: string
  readonly isResolved: boolean
  /** What the call said or showed that it is; absent where it showed nothing. */
  readonly is?: 'directory' | 'file'
  /** The path itself was meant, not what a symlink leads to. */
  readonly isLink: boolean
  readonly ok: boolean
}

/** A path argument: its name, that of its descriptor, and what the call does with it. */
type Argument = readonly [path: string, dirfd: string | undefined, ...uses: readonly Use[]]

const look: readonly Argument[] = [['pathname', 'dirfd', 'look']]
const write: readonly Argument[] = [['pathname', 'dirfd', 'write']]
const writePath: readonly Argument[] = [['path', undefined, 'write']]
/** Node asks for both where it moves or links a file. */
const move: readonly Argument[] = [
  ['oldpath', 'olddirfd', 'read', 'write'],
  ['newpath', 'newdirfd', 'write'],
]

const uses: Readonly<Record<string, readonly Argument[]>> = {
  stat: look,
  lstat: look,
  newfstatat: look,
  statx: look,
  access: look,
  faccessat: look,
  faccessat2: look,
  readlink: look,
  readlinkat: look,
  statfs: look,
  getxattr: look,
  lgetxattr: look,
  listxattr: look,
  llistxattr: look,
  inotify_add_watch: look,
  chdir: [['path', undefined, 'read']],
  creat: write,
  mkdir: write,
  mkdirat: write,
  mknod: write,
  mknodat: write,
  chmod: write,
  fchmodat: write,
  fchmodat2: write,
  chown: write,
  lchown: write,
  fchownat: write,
  utimes: write,
  utimensat: write,
  futimesat: write,
  setxattr: write,
  lsetxattr: write,
  removexattr: write,
  lremovexattr: write,
  unlinkat: write,
  utime: [['filename', undefined, 'write']],
  unlink: writePath,
  rmdir: writePath,
  truncate: writePath,
  rename: move,
  renameat: move,
  renameat2: move,
  link: move,
  linkat: move,
  symlink: [['newpath', undefined, 'write']],
  symlinkat: [['linkpath', 'newdirfd', 'write']],
}

const linkCalls: ReadonlySet<string> = new Set(['lstat', 'readlink', 'readlinkat', 'lgetxattr', 'llistxattr'])
const openCalls: ReadonlySet<string> = new Set(['open', 'openat', 'openat2'])

/** The paths of a call, as they are before it has changed where its process is. */
export function accessesOf(call: AnyCall, places: Places): readonly Access[] {
  if (openCalls.has(call.name)) return openAccesses(call, places)
  if (call.name === 'getdents64' || call.name === 'getdents') return listing(call, places)
  const found = Object.hasOwn(uses, call.name) ? (uses[call.name] ?? []) : []
  return found.flatMap((argument) => argumentAccesses(call, argument, places))
}

function argumentAccesses(call: AnyCall, [name, dirfd, ...wanted]: Argument, places: Places): readonly Access[] {
  const path = call.args[name]
  // An empty path means the descriptor itself, which was opened before.
  if (typeof path !== 'string' || path === '') return []
  const resolved = places.resolve(call.pid, path, dirfd === undefined ? undefined : call.args[dirfd])
  const shown = shownKind(call)
  const access = { path: resolved ?? path, isResolved: resolved !== undefined, ok: call.ok, isLink: isAboutLink(call) }
  return wanted.map((use) => ({ ...access, use, ...(shown === undefined ? {} : { is: shown }) }))
}

function openAccesses(call: AnyCall, places: Places): readonly Access[] {
  const flags = openFlags(call)
  const wanted: Use[] = []
  if (!flags.includes('O_WRONLY')) wanted.push('read')
  if (flags.some((flag) => changing.has(flag))) wanted.push('write')
  const is = flags.includes('O_DIRECTORY') ? { is: 'directory' as const } : {}
  return argumentAccesses(call, ['pathname', 'dirfd', ...wanted], places).map((access) => ({ ...access, ...is }))
}

const changing: ReadonlySet<string> = new Set(['O_WRONLY', 'O_RDWR', 'O_CREAT', 'O_TRUNC', 'O_APPEND', 'O_TMPFILE'])

function openFlags(call: AnyCall): readonly string[] {
  const { flags, how } = call.args
  return namesOf(flags) ?? namesOf(isObject(how) ? how['flags'] : undefined) ?? []
}

function listing(call: AnyCall, places: Places): readonly Access[] {
  const path = places.directory(call.pid, call.args['fd'])
  return path === undefined
    ? []
    : [{ use: 'list', path, isResolved: true, is: 'directory', isLink: false, ok: call.ok }]
}

function isAboutLink(call: AnyCall): boolean {
  return linkCalls.has(call.name) || namesOf(call.args['flags'])?.includes('AT_SYMLINK_NOFOLLOW') === true
}

const S_IFMT = 0o170000
const S_IFDIR = 0o040000

/** What a call showed or made the path to be. */
function shownKind(call: AnyCall): 'directory' | 'file' | undefined {
  if (!call.ok) return undefined
  if (directoryCalls.has(call.name)) return 'directory'
  const { statbuf, statxbuf } = call.out ?? {}
  const mode = isObject(statbuf) ? statbuf['st_mode'] : isObject(statxbuf) ? statxbuf['stx_mode'] : undefined
  if (typeof mode !== 'number') return undefined
  return (mode & S_IFMT) === S_IFDIR ? 'directory' : 'file'
}

const directoryCalls: ReadonlySet<string> = new Set(['chdir', 'mkdir', 'mkdirat', 'rmdir'])

function namesOf(flags: unknown): readonly string[] | undefined {
  if (!isObject(flags) || !Array.isArray(flags['names'])) return undefined
  return flags['names'].map(String)
}
