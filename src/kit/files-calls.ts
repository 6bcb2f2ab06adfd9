/** Which calls do what to which of their files. */

import { isObject } from '../checks.ts'
import type { FileDeedKind } from './files-model.ts'
import { returnedLink } from './paths.ts'
import { eventsOf, wholeOf, type AnyCall, type RecordedRun } from './recorded.ts'
import type { SyscallName } from '../table/index.ts'
import { flagsOf } from './tree-calls.ts'
import type { OpenFile } from './tree-tables.ts'

/** A path argument: its name, that of its directory's descriptor, and whether the last part of it is followed. */
export interface PathUse {
  readonly path: string
  readonly dirfd?: string
  readonly what: FileDeedKind
  /** Acts upon a symbolic link, not on what that leads to. */
  readonly onLink?: true
}

/** A descriptor argument. `isCounted`: what the call returns is a number of bytes. */
export interface DescriptorUse {
  readonly fd: string
  readonly what: FileDeedKind
  readonly isCounted?: true
}

function paths(what: FileDeedKind, names: string, use: Partial<PathUse> = {}): readonly (readonly [string, PathUse])[] {
  return names.split(' ').map((name) => [name, { path: 'pathname', ...use, what }])
}

function fds(what: FileDeedKind, names: string, isCounted?: true): readonly (readonly [string, DescriptorUse])[] {
  return names.split(' ').map((name) => [name, { fd: 'fd', what, ...(isCounted === undefined ? {} : { isCounted }) }])
}

const at = { dirfd: 'dirfd' } as const
const onLink = { onLink: true } as const

/** Calls that take one path. With `AT_EMPTY_PATH` they take a descriptor instead, `AT_SYMLINK_NOFOLLOW` means the link itself. */
export const pathUses: ReadonlyMap<string, PathUse> = new Map([
  ...paths('look', 'stat access statfs getxattr listxattr inotify_add_watch'),
  ...paths('look', 'lstat readlink lgetxattr llistxattr', onLink),
  ...paths('look', 'newfstatat statx faccessat faccessat2 getxattrat listxattrat file_getattr', at),
  ...paths('look', 'readlinkat name_to_handle_at', { ...at, ...onLink }),
  ...paths('look', 'chdir chroot', { path: 'path' }),
  ...paths('change', 'chmod chown utimes setxattr removexattr'),
  ...paths('change', 'utime', { path: 'filename' }),
  ...paths('change', 'lchown lsetxattr lremovexattr', onLink),
  ...paths('change', 'fchmodat fchmodat2 fchownat utimensat futimesat setxattrat removexattrat file_setattr', at),
  ...paths('truncate', 'truncate truncate64', { path: 'path' }),
  ...paths('create', 'mkdir mknod', onLink),
  ...paths('create', 'mkdirat mknodat', { ...at, ...onLink }),
  ...paths('create', 'symlink', { path: 'newpath', ...onLink }),
  ...paths('create', 'symlinkat', { path: 'linkpath', dirfd: 'newdirfd', ...onLink }),
  ...paths('delete', 'unlink rmdir', { path: 'path', ...onLink }),
  ...paths('delete', 'unlinkat', { ...at, ...onLink }),
  ...paths('execute', 'execve'),
  ...paths('execute', 'execveat', at),
])

/** Calls that act on what a descriptor leads to. */
export const descriptorUses: ReadonlyMap<string, readonly DescriptorUse[]> = new Map<string, readonly DescriptorUse[]>([
  ...single(fds('read', 'read pread64 readv preadv preadv2', true)),
  ...single(fds('write', 'write pwrite64 writev pwritev pwritev2', true)),
  ...single(fds('list', 'getdents getdents64')),
  ...single(fds('sync', 'fsync fdatasync syncfs')),
  ...single(fds('truncate', 'ftruncate ftruncate64 fallocate')),
  ...single(fds('change', 'fchmod fchown fsetxattr fremovexattr')),
  ...single(fds('look', 'fstat fstatfs fgetxattr flistxattr')),
  ['sendfile', transfer('in_fd', 'out_fd')],
  ['copy_file_range', transfer('fd_in', 'fd_out')],
  ['splice', transfer('fd_in', 'fd_out')],
])

function single(uses: readonly (readonly [string, DescriptorUse])[]): readonly [string, readonly DescriptorUse[]][] {
  return uses.map(([name, use]) => [name, [use]])
}

function transfer(from: string, to: string): readonly DescriptorUse[] {
  return [
    { fd: from, what: 'read', isCounted: true },
    { fd: to, what: 'write', isCounted: true },
  ]
}

export const openCalls: ReadonlySet<string> = new Set(['open', 'creat', 'openat', 'openat2', 'open_by_handle_at'])
export const renameCalls: ReadonlySet<string> = new Set(['rename', 'renameat', 'renameat2'])
export const linkCalls: ReadonlySet<string> = new Set(['link', 'linkat'])

/** Calls that give and take away descriptors and places, without which nobody knows which file a call was about. */
const followed =
  'clone clone3 fork vfork unshare close close_range dup dup2 dup3 fcntl fchdir recvmsg recvmmsg sendmsg sendmmsg pidfd_getfd ' +
  'open_by_handle_at memfd_create getcwd setns pivot_root pidfd_open socket socketpair pipe pipe2 accept accept4'

const others =
  'open creat openat openat2 rename renameat renameat2 link linkat mmap munmap mremap mprotect msync sync ioctl io_submit'

/** Names that only other ABIs have. */
const foreign: ReadonlySet<string> = new Set(['truncate64', 'ftruncate64'])

/**
 * The calls that a run must have recorded to answer questions about files.
 * @example await trace('make', [], { filter: fileCalls, decodeFds: true })
 */
export const fileCalls = [
  // All are of the table: a run that is asked for another throws.
  ...new Set([...pathUses.keys(), ...descriptorUses.keys(), ...followed.split(' '), ...others.split(' ')]),
].filter((name) => !foreign.has(name)) as readonly SyscallName[]

/** The path that a call opens. */
export function openUse(call: AnyCall): Omit<PathUse, 'what'> {
  const isNew = flagsOf(call).includes('O_CREAT') && flagsOf(call).includes('O_EXCL')
  return {
    path: 'pathname',
    ...('dirfd' in call.args ? { dirfd: 'dirfd' } : {}),
    ...(isNew ? { onLink: true as const } : {}),
  }
}

/** Old and new path of rename(2) and link(2). */
export function renameUses({ args }: AnyCall): readonly Omit<PathUse, 'what'>[] {
  if (!('oldpath' in args && 'newpath' in args)) return []
  return ['old', 'new'].map((which) => ({
    path: `${which}path`,
    ...(`${which}dirfd` in args ? { dirfd: `${which}dirfd` } : {}),
    onLink: true as const,
  }))
}

/** Whether flags hold this one. */
export function hasName(flags: unknown, name: string): boolean {
  return isObject(flags) && Array.isArray(flags['names']) && flags['names'].includes(name)
}

/** A number of the kernel's as a bigint, 0 where there is none. */
export function addressOf(value: unknown): bigint {
  return typeof value === 'bigint'
    ? value
    : typeof value === 'number' && Number.isSafeInteger(value)
      ? BigInt(value)
      : 0n
}

/** Operations of ioctl(2) that put the content of another file into this one. */
export const writingRequests: ReadonlySet<string> = new Set([
  'FICLONE',
  'FICLONERANGE',
  'FIDEDUPERANGE',
  'BTRFS_IOC_CLONE',
])

/** What io_submit(2) was asked to do. When it is on the disk nobody says there, so a sync counts for nothing. */
export function submittedUses({
  args,
  returned,
}: AnyCall): readonly { readonly fd: number; readonly what: FileDeedKind }[] {
  const submitted = args['iocbpp']
  if (!Array.isArray(submitted)) return []
  return submitted.slice(0, Number(returned)).flatMap((part: unknown) => {
    if (!isObject(part) || typeof part['aio_fildes'] !== 'number') return []
    const what = asynchronous.find(([pattern]) => pattern.test(String(part['aio_lio_opcode'])))?.[1]
    return what === undefined ? [] : [{ fd: part['aio_fildes'], what }]
  })
}

const asynchronous: readonly (readonly [RegExp, FileDeedKind])[] = [
  [/PWRITE/, 'write'],
  [/PREAD/, 'read'],
]

/** Whether what nobody knows the name of may be a file. */
export function mayBeFile({ kind }: OpenFile): boolean {
  return kind === 'unknown' || kind === 'file'
}

/** Whether the kernel was asked what descriptors lead to, so that symbolic links are known; also where nothing was opened. */
export function knowsLinks(run: RecordedRun): boolean {
  let hasOpened = false
  for (const event of eventsOf(wholeOf(run))) {
    if (event.type !== 'syscall' || !event.ok || !openCalls.has(event.name)) continue
    if (returnedLink(event) !== undefined) return true
    hasOpened = true
  }
  return !hasOpened
}
