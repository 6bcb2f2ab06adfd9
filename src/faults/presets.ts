/**
 * Which calls fail in which way: from the sections ERRORS of the manual pages (man-pages 6.03), with what is left out and why. A
 * preset that asks for what the kernel would never do finds bugs that are none.
 */

import { Flags } from '../args/flags.ts'
import type { ErrnoName } from '../names.ts'
import type { FaultPreset } from './options.ts'

/** What a descriptor leads to. `output`: standard output, which our pipe stands for, and could as well be a file. */
export type Place = 'file' | 'output' | 'pipe' | 'stream' | 'socket' | 'terminal' | 'other'

/** A recorded call, as conditions see it. */
export interface Candidate {
  readonly name: string
  /** Absolute: of its path arguments, in their order. */
  readonly named: readonly string[]
  /** Where its first descriptor leads. */
  readonly place: Place | undefined
  /** Something was written to the same file before. */
  readonly wasWritten: boolean
  /** Arguments by name, decoded when they are read. */
  readonly args: Readonly<Record<string, unknown>>
  readonly returned: number | bigint
}

export interface Row {
  readonly calls: readonly string[]
  /** Only on descriptors that lead there. */
  readonly on?: readonly Place[]
  readonly needs?: (call: Candidate) => boolean
  /** The call runs, and its result is replaced: what fails has been done all the same. */
  readonly runs?: true
  /** The call runs with other arguments instead of failing. */
  readonly args?: Readonly<Record<string, number>>
  /** What all later calls of its name and target fail with. */
  readonly then?: ErrnoName
}

const files: readonly Place[] = ['file']
const filesAndOutput: readonly Place[] = ['file', 'output']
const slow: readonly Place[] = ['output', 'pipe', 'stream', 'socket', 'terminal']

const reads = ['read', 'pread64', 'readv', 'preadv', 'preadv2']
export const writes = ['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2']
const syncs = ['fsync', 'fdatasync', 'sync_file_range', 'syncfs']
const opens = ['open', 'openat', 'openat2', 'creat']
const makers = words(
  'mkdir mkdirat mknod mknodat link linkat symlink symlinkat rename renameat renameat2 setxattr lsetxattr fsetxattr',
)

const fillsUp: Row = { calls: [...writes], on: filesAndOutput }
const cannotCreate: readonly Row[] = [{ calls: opens, needs: creates }, { calls: makers }]

/** Calls that give a new descriptor; dup2(2) and dup3(2) replace one, and have room. */
const descriptorMakers: readonly Row[] = [
  {
    calls: [
      ...opens,
      ...words(
        'accept accept4 dup epoll_create epoll_create1 eventfd eventfd2 fanotify_init inotify_init inotify_init1',
      ),
      ...words(
        'memfd_create memfd_secret mq_open perf_event_open pidfd_getfd pidfd_open pipe pipe2 signalfd signalfd4',
      ),
      ...words('socket socketpair timerfd_create userfaultfd'),
    ],
  },
  { calls: ['fcntl', 'fcntl64'], needs: ({ args }) => args['op'] === 'F_DUPFD' || args['op'] === 'F_DUPFD_CLOEXEC' },
]

export const presets: Readonly<Record<FaultPreset, readonly Row[]>> = {
  ENOSPC: [fillsUp, { calls: [...syncs, 'fallocate', 'copy_file_range'], on: files }, ...cannotCreate],

  EDQUOT: [fillsUp, ...cannotCreate],

  // What there is room for is written, and that is no error (write(2)).
  'disk-full': [
    { calls: ['write', 'pwrite64'], on: filesAndOutput, needs: movesMore, args: { count: 1 }, then: 'ENOSPC' },
    {
      calls: ['writev', 'pwritev', 'pwritev2'],
      on: filesAndOutput,
      needs: hasMoreBuffers,
      args: { iovcnt: 1 },
      then: 'ENOSPC',
    },
  ],

  EIO: [
    { calls: [...reads, ...writes, ...syncs, 'fallocate', 'copy_file_range', 'sendfile', 'ftruncate'], on: files },
    {
      calls: words(
        'access faccessat faccessat2 chdir chmod fchmodat chown lchown fchownat fchmod fchown link linkat readlink readlinkat ' +
          'symlink symlinkat statfs fstatfs truncate unlink unlinkat',
      ),
    },
    // It tells of what was written before. The descriptor is gone whatever it says.
    { calls: ['close'], on: files, needs: ({ wasWritten }) => wasWritten, runs: true },
  ],

  // Left out: nanosleep and its kin, which also give back what is left of the time; open of devices; close, which must not be
  // repeated.
  EINTR: [
    { calls: ['read', 'readv', 'write', 'writev'], on: slow },
    {
      calls: words(
        'recvfrom recvmsg sendto sendmsg accept accept4 connect wait4 waitid flock fallocate ftruncate truncate',
      ),
    },
    { calls: words('poll ppoll select pselect6 epoll_wait epoll_pwait epoll_pwait2 io_getevents') },
    { calls: words('semop semtimedop msgsnd msgrcv mq_timedsend mq_timedreceive rt_sigtimedwait') },
    { calls: ['fcntl', 'fcntl64'], needs: ({ args }) => args['op'] === 'F_SETLKW' || args['op'] === 'F_OFD_SETLKW' },
  ],

  EMFILE: descriptorMakers,
  ENFILE: descriptorMakers,

  ENOMEM: [
    { calls: ['mmap', 'mmap2', 'mremap', 'fork', 'vfork', 'clone', 'clone3'] },
    // The system call has no errors: it gives the end of the heap as it then is, which 0 asks for.
    { calls: ['brk'], needs: ({ args }) => args['addr'] !== 0 && args['addr'] !== null, args: { addr: 0 } },
  ],

  /** No more processes or threads. */
  EAGAIN: [{ calls: ['fork', 'vfork', 'clone', 'clone3'] }],

  // Of a descriptor instead of a path nobody is asked again.
  EACCES: [
    {
      calls: [
        ...opens,
        ...words(
          'access faccessat faccessat2 chdir chmod fchmodat chown lchown fchownat execve mkdir mkdirat mknod mknodat',
        ),
        ...words('link linkat symlink symlinkat rename renameat renameat2 rmdir unlink unlinkat readlink readlinkat'),
        ...words('stat lstat newfstatat statx truncate utimensat'),
      ],
      needs: ({ named }) => named.length > 0,
    },
    { calls: ['bind', 'connect'] },
  ],

  ECONNRESET: [
    { calls: ['read', 'readv', 'write', 'writev', 'recvfrom', 'recvmsg', 'sendto', 'sendmsg'], on: ['stream'] },
  ],

  ECONNREFUSED: [{ calls: ['connect'] }],
  ETIMEDOUT: [{ calls: ['connect'], on: ['stream', 'socket'] }],

  // Not for datagrams, of which the rest would be lost, nor for events, which are read whole or not at all.
  'short-read': [
    { calls: ['read', 'pread64'], on: ['file', 'pipe', 'stream'], needs: movesMore, args: { count: 1 } },
    { calls: ['recvfrom'], on: ['stream'], needs: movesMore, args: { len: 1 } },
    {
      calls: ['readv', 'preadv', 'preadv2'],
      on: ['file', 'pipe', 'stream'],
      needs: hasMoreBuffers,
      args: { iovcnt: 1 },
    },
  ],

  // Writes of 4096 bytes (PIPE_BUF) and less to pipes are whole.
  'short-write': [
    { calls: ['write', 'pwrite64'], on: ['file', 'output', 'stream'], needs: movesMore, args: { count: 1 } },
    {
      calls: ['write'],
      on: ['pipe'],
      needs: (call) => movesMore(call) && Number(call.returned) > 4096,
      args: { count: 1 },
    },
    { calls: ['sendto'], on: ['stream'], needs: movesMore, args: { len: 1 } },
    {
      calls: ['writev', 'pwritev', 'pwritev2'],
      on: ['file', 'output', 'stream'],
      needs: hasMoreBuffers,
      args: { iovcnt: 1 },
    },
  ],
}

/** Nothing is interrupted for ever, and a disk that is full stays so anyway. */
export const neverLasting: ReadonlySet<string> = new Set<FaultPreset>(['EINTR', 'disk-full'])

/** A program has nothing to do about these but to call again. */
export const harmless: ReadonlySet<string> = new Set<FaultPreset>(['EINTR', 'short-read', 'short-write'])

/** Whether an open may make a file. */
function creates({ name, args }: Candidate): boolean {
  if (name === 'creat') return true
  const how = name === 'openat2' ? args['how'] : args
  const flags: unknown = typeof how === 'object' && how !== null && 'flags' in how ? how.flags : undefined
  return flags instanceof Flags && flags.names.includes('O_CREAT')
}

function movesMore({ returned }: Candidate): boolean {
  return returned > 1
}

/** The first buffer alone is fewer bytes, and some. */
function hasMoreBuffers({ args }: Candidate): boolean {
  const iov = args['iov']
  if (!Array.isArray(iov) || iov.length < 2) return false
  const first: unknown = iov[0]
  return typeof first === 'object' && first !== null && 'iov_len' in first && Number(first.iov_len) > 0
}

function words(text: string): readonly string[] {
  return text.split(' ')
}
