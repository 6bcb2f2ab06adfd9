/**
 * Rows of the other two ways into an x86_64 kernel: `int 0x80` (i386) and x32. They have numbers of their own; what
 * their arguments mean is taken from the 64-bit row of the same name where memory looks the same.
 */

import type { Abi, Kind } from '../args/arg.ts'
import { hex32 } from '../args/numbers.ts'
import { I386_SYSCALLS } from './constants/i386.ts'
import { X32_SYSCALLS } from './constants/x32.ts'
import type { Row } from './index.ts'
import type { Class } from './syscall.ts'

/** Set in the numbers of x32 calls, as the kernel reports them. */
export const X32_BIT = 0x4000_0000

/** From here on an x32 call has its number because its memory differs from the 64-bit call's. */
const FIRST_OWN_X32 = 512

/** Kinds that mean the same in 32-bit registers. */
const sameIn32Bits: ReadonlySet<string> = new Set([
  'int',
  'uint',
  'size',
  'hex',
  'hexUint',
  'address',
  'pid',
  'id',
  'mode',
  'fd',
  'dirFd',
  'path',
  'optionalPath',
  'text',
  'flags',
  'openFlags',
  'oneOf',
  'bytesIn',
  'bytesOut',
  'signal',
])

/** The same name, and something else: a pointer to the arguments, other structs, another order. */
const differentInI386: ReadonlySet<string> = new Set([
  'mmap',
  'select',
  'clone',
  'socketcall',
  'ipc',
  'sigreturn',
  'lseek',
])

const word32: Kind<bigint, never, never> = {
  kind: 'todo',
  read: (cell) => BigInt(cell.view.getUint32(cell.at, true)),
  print: (cell) => hex32(cell.view.getUint32(cell.at, true)),
}

/** A name without a 64-bit row (`socketcall`, `stat64`): its words, in hexadecimal. */
const words: Row['args'] = ['arg1', 'arg2', 'arg3', 'arg4', 'arg5', 'arg6'].map((name) => [name, word32] as const)

export function i386Row(number: number, byName: ReadonlyMap<string, Row>): Row | undefined {
  const name = I386_SYSCALLS[number]
  if (name === undefined) return undefined
  const row = byName.get(name)
  if (row === undefined) return wordsRow(name, number, words)
  const isSame = !differentInI386.has(name) && row.args.every(([, { kind }]) => sameIn32Bits.has(kind))
  return isSame ? { ...row, number } : { ...row, number, args: wordsOf(row) }
}

export function x32Row(number: number, byName: ReadonlyMap<string, Row>): Row | undefined {
  const plain = number & ~X32_BIT
  const name = X32_SYSCALLS[plain]
  if (name === undefined) return undefined
  const row = byName.get(name)
  if (row === undefined) return wordsRow(name, number, words)
  return plain < FIRST_OWN_X32 ? { ...row, number } : { ...row, number, args: wordsOf(row) }
}

/** Of what no register holds nothing is told: it lies elsewhere there. */
function wordsOf({ args }: Row): Row['args'] {
  return args.filter(([, kind]) => kind.inRegister !== false).map(([argument]) => [argument, word32])
}

function wordsRow(name: string, number: number, args: Row['args']): Row {
  return { name, number, classes: foreignClasses(name), returns: { kind: 'decimal' }, args }
}

/** Classes of the calls that x86_64 does not have. socketcall and ipc hide what they do, so they count as what they may do. */
const foreign: Readonly<Record<string, readonly Class[]>> = {
  waitpid: ['process'],
  break: ['memory'],
  oldstat: ['file', 'stat', 'stat_like'],
  oldfstat: ['desc', 'fstat', 'stat_like'],
  oldlstat: ['file', 'lstat', 'stat_like'],
  umount: ['file'],
  signal: ['signal'],
  sigaction: ['signal'],
  sgetmask: ['signal'],
  ssetmask: ['signal'],
  sigsuspend: ['signal'],
  sigpending: ['signal'],
  sigreturn: ['signal'],
  sigprocmask: ['signal'],
  readdir: ['desc'],
  socketcall: ['desc', 'network'],
  ipc: ['ipc'],
  _llseek: ['desc'],
  _newselect: ['desc'],
  mmap2: ['desc', 'memory'],
  truncate64: ['file'],
  ftruncate64: ['desc'],
  stat64: ['file', 'stat', 'stat_like'],
  lstat64: ['file', 'lstat', 'stat_like'],
  fstat64: ['desc', 'fstat', 'stat_like'],
  fstatat64: ['desc', 'file', 'fstat', 'stat_like'],
  statfs64: ['file', 'statfs', 'statfs_like'],
  fstatfs64: ['desc', 'fstatfs', 'statfs_like'],
  fcntl64: ['desc'],
  sendfile64: ['desc', 'network'],
  fadvise64_64: ['desc'],
  chown32: ['file'],
  lchown32: ['file'],
  fchown32: ['desc'],
  getuid32: ['creds', 'pure'],
  getgid32: ['creds', 'pure'],
  geteuid32: ['creds', 'pure'],
  getegid32: ['creds', 'pure'],
  setreuid32: ['creds'],
  setregid32: ['creds'],
  getgroups32: ['creds'],
  setgroups32: ['creds'],
  setresuid32: ['creds'],
  getresuid32: ['creds'],
  setresgid32: ['creds'],
  getresgid32: ['creds'],
  setuid32: ['creds'],
  setgid32: ['creds'],
  setfsuid32: ['creds'],
  setfsgid32: ['creds'],
  utimensat_time64: ['desc', 'file'],
  clock_gettime64: ['clock'],
  clock_settime64: ['clock'],
  clock_getres_time64: ['clock'],
  clock_adjtime64: ['clock'],
  timerfd_gettime64: ['desc'],
  timerfd_settime64: ['desc'],
  pselect6_time64: ['desc'],
  ppoll_time64: ['desc'],
  mq_timedsend_time64: ['desc'],
  mq_timedreceive_time64: ['desc'],
  recvmmsg_time64: ['network'],
  rt_sigtimedwait_time64: ['signal'],
  semtimedop_time64: ['ipc'],
}

function foreignClasses(name: string): readonly Class[] {
  return Object.hasOwn(foreign, name) ? (foreign[name] ?? []) : []
}

/** What makes a name mean the call of one ABI alone: `openat@32`. */
const suffixes = { x86_64: '@64', i386: '@32', x32: '@x32' } as const

/** The ways into the kernel, with those suffixes. */
export const abis = [
  ['x86_64', suffixes.x86_64],
  ['i386', suffixes.i386],
  ['x32', suffixes.x32],
] as const

/** Whether a set of names has this call: `openat` of every ABI, or `openat@32` of one. */
export function isNamed(names: ReadonlySet<string>, abi: Abi, name: string): boolean {
  return names.has(name) || names.has(exactName(abi, name))
}

/** A name that means the call of one ABI alone: `openat@32`. */
export function exactName(abi: Abi, name: string): string {
  return name + suffixes[abi]
}
