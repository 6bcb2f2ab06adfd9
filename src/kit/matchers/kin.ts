/** Calls that do the same under another name: which of them a program makes is its C library's and its runtime's choice. */

import { eventsOf, type RecordedRun } from '../recorded.ts'

const families: readonly (readonly string[])[] = [
  'open openat openat2 creat',
  'read pread64 readv preadv preadv2',
  'write pwrite64 writev pwritev pwritev2',
  'stat lstat fstat newfstatat statx',
  'access faccessat faccessat2',
  'readlink readlinkat',
  'mkdir mkdirat',
  'mknod mknodat',
  'link linkat',
  'symlink symlinkat',
  'rename renameat renameat2',
  'unlink unlinkat rmdir',
  'chmod fchmod fchmodat fchmodat2',
  'chown fchown lchown fchownat',
  'utime utimes utimensat futimesat',
  'truncate ftruncate',
  'fsync fdatasync sync_file_range syncfs sync msync',
  'getdents getdents64',
  'dup dup2 dup3 fcntl',
  'pipe pipe2',
  'poll ppoll select pselect6 epoll_wait epoll_pwait epoll_pwait2',
  'epoll_create epoll_create1',
  'eventfd eventfd2',
  'inotify_init inotify_init1',
  'signalfd signalfd4',
  'accept accept4',
  'sendto sendmsg sendmmsg',
  'recvfrom recvmsg recvmmsg',
  'fork vfork clone clone3',
  'execve execveat',
  'wait4 waitid',
  'kill tkill tgkill pidfd_send_signal',
  'exit exit_group',
  'nanosleep clock_nanosleep',
  'mmap mremap brk',
].map((names) => names.split(' '))

/** Other calls of a call's kind that a run made, and how often. */
export function kinOf(run: RecordedRun, name: string): readonly (readonly [name: string, count: number])[] {
  const kin = new Set(families.filter((names) => names.includes(name)).flat())
  const counts = new Map<string, number>()
  for (const event of eventsOf(run)) {
    if (event.type === 'syscall' && kin.has(event.name)) counts.set(event.name, (counts.get(event.name) ?? 0) + 1)
  }
  return [...counts]
}
