/**
 * The rows of the table as rules see them. A rule is for the calls of every ABI: where the table leaves out what arguments of i386
 * and x32 mean, the row of the 64-bit call with the same arguments says it.
 */

import type { Abi, CaptureSpec, Kind } from '../args/arg.ts'
import { lazy } from '../lazy.ts'
import { abis, exactName } from '../table/abi.ts'
import { allRowsOf, rowByName, type Row } from '../table/index.ts'
import { kind32, listKind } from './memory32.ts'
import type { Predicate } from './predicate.ts'

export interface RuleArgument {
  readonly name: string
  readonly index: number
  readonly kind: Kind
  /** It lies not in a register but in what was captured under `key`, where it also has its pointer's bytes under its index. */
  readonly list?: { readonly key: number; readonly offset: number }
}

export interface RuleRow {
  readonly abi: Abi
  readonly row: Row
  /** Undefined where nobody knows what the registers hold. */
  readonly args: readonly RuleArgument[] | undefined
  /** Only such calls of the row are meant. */
  readonly operation?: Predicate
  /** The call that they are, by way of the row. */
  readonly call?: string
}

/** Calls of i386 that are 64-bit calls by another name: their first arguments are the same. */
const otherNames: Readonly<Record<string, string>> = {
  _llseek: 'lseek',
  _newselect: 'select',
  chown32: 'chown',
  clock_getres_time64: 'clock_getres',
  clock_gettime64: 'clock_gettime',
  clock_nanosleep_time64: 'clock_nanosleep',
  clock_settime64: 'clock_settime',
  fchown32: 'fchown',
  fcntl64: 'fcntl',
  fstat64: 'fstat',
  fstatat64: 'newfstatat',
  fstatfs64: 'fstatfs',
  ftruncate64: 'ftruncate',
  futex_time64: 'futex',
  getegid32: 'getegid',
  geteuid32: 'geteuid',
  getgid32: 'getgid',
  getuid32: 'getuid',
  lchown32: 'lchown',
  lstat64: 'lstat',
  mmap2: 'mmap',
  oldfstat: 'fstat',
  oldlstat: 'lstat',
  oldstat: 'stat',
  ppoll_time64: 'ppoll',
  pselect6_time64: 'pselect6',
  readdir: 'getdents',
  recvmmsg_time64: 'recvmmsg',
  sendfile64: 'sendfile',
  stat64: 'stat',
  statfs64: 'statfs',
  truncate64: 'truncate',
  umount: 'umount2',
  utimensat_time64: 'utimensat',
  fadvise64_64: 'fadvise64',
  setuid32: 'setuid',
  setgid32: 'setgid',
  waitpid: 'wait4',
}

/** From this argument on they differ: a 64-bit number takes two registers, or a struct has grown. */
const sameBefore: Readonly<Record<string, number>> = {
  _llseek: 1,
  fadvise64: 1,
  fadvise64_64: 1,
  fallocate: 2,
  fanotify_mark: 2,
  fstatfs64: 1,
  ftruncate64: 1,
  lookup_dcookie: 0,
  mmap: 0,
  mmap2: 5,
  pread64: 3,
  preadv: 3,
  preadv2: 3,
  pwrite64: 3,
  pwritev: 3,
  pwritev2: 3,
  readahead: 1,
  select: 0,
  statfs64: 1,
  sync_file_range: 1,
  truncate64: 1,
  umount: 1,
  clone: 1,
}

/** Structs that look the same to 32-bit programs: strings, plain bytes, socket addresses. Or none. */
function isSameMemory({ entry }: Kind): boolean {
  return entry === undefined || entry.copy === 'string' || (entry.copy === 'bytes' && entry.fields === undefined)
}

function argumentsOf(abi: Abi, row: Row): readonly RuleArgument[] | undefined {
  if (abi === 'x86_64') return inRegisters(row)
  const known = rowByName(abi === 'i386' ? (otherNames[row.name] ?? row.name) : row.name)
  if (known === undefined) return undefined
  const end = abi === 'i386' ? (sameBefore[row.name] ?? 6) : 6
  if (end === 0) return undefined
  return inRegisters(known)
    .filter(({ index }) => index < end)
    .map((argument) => {
      if (isSameMemory(argument.kind)) return argument
      // In x32 programs pointers are 4 bytes in memory and 8 in registers.
      const kind = abi === 'i386' ? kind32(argument.kind, known.name) : undefined
      return { ...argument, kind: kind ?? pointer }
    })
}

function inRegisters(row: Row): readonly RuleArgument[] {
  return row.args.map(([name, kind], index) => ({ name, index, kind })).filter(({ kind }) => kind.inRegister !== false)
}

/** An address of something that is not known. */
const pointer: Kind = { kind: 'pointer', print: () => '' }

/** The rows that a set of calls has, in every ABI, with those of i386 that are the same by another name. */
export function ruleRows(calls: ReadonlySet<string> | 'all'): readonly RuleRow[] {
  if (calls === 'all') return allRuleRows()
  return [...new Set([...calls].flatMap((name) => rowsByName().get(name) ?? []))]
}

const allRuleRows = lazy((): readonly RuleRow[] =>
  abis.flatMap(([abi]) => allRowsOf(abi).map((row) => ({ abi, row, args: argumentsOf(abi, row) }))),
)

/** By each name that means a row: in every ABI, in one, or that of the 64-bit call. */
const rowsByName = lazy(() => {
  const found = new Map<string, RuleRow[]>()
  for (const row of allRuleRows()) {
    const other = row.abi === 'i386' ? otherNames[row.row.name] : undefined
    for (const name of [row.row.name, spelledName(row), ...(other === undefined ? [] : [other])]) {
      const rows = found.get(name)
      if (rows === undefined) found.set(name, [row])
      else rows.push(row)
    }
  }
  return found
})

/** A row with what rules look at: the paths and addresses of i386 and x32 calls that the table shows as words. */
export function ruledRow(abi: Abi, row: Row): Row {
  if (abi === 'x86_64') return row
  if (row.name === 'socketcall') return withList(row)
  const known = argumentsOf(abi, row) ?? []
  const args = row.args.map(([name, kind], index): Row['args'][number] => {
    const argument = known.find((it) => it.index === index)
    return argument !== undefined && isWanted(argument.kind.entry) ? [argument.name, argument.kind] : [name, kind]
  })
  // A name that only i386 has stands for six words.
  const names = new Map(known.map((it) => [it.index, it.name]))
  return { ...row, args: args.map(([name, kind], index) => [names.get(index) ?? name, kind]) }
}

function withList(row: Row): Row {
  const [operation, list, ...others] = row.args
  if (operation === undefined || list === undefined) return row
  return { ...row, args: [operation, [list[0], listKind(operation[0])], ...others] }
}

function isWanted(spec: CaptureSpec | undefined): boolean {
  return spec !== undefined && ['string', 'bytes', 'array'].includes(spec.copy)
}

/** A name that means the row in its ABI alone. */
export function spelledName({ abi, row }: RuleRow): string {
  return exactName(abi, row.name)
}
