/** Records built by hand, for tests of text that need no engine. */

import { HEADER, KIND, SYSCALL, SYSCALL_FLAG } from '../src/record/layout.ts'
import type { Abi, CallView, Captured, Cell, Kind, ReturnKind } from '../src/args/arg.ts'
import { textSource, type TextEvent, type TextRow } from '../src/text/source.ts'

const number: Kind = { kind: 'number', print: (cell) => String(cell.view.getInt32(cell.at, true)) }
const lateNumber: Kind = { ...number, late: true }
const growingNumber: Kind = { ...number, printAfter: () => ' => 56' }

function row(name: string, returns: ReturnKind, args: TextRow['args']): TextRow {
  return { name, returns, args }
}

const decimal: ReturnKind = { kind: 'decimal' }

/** A few rows of the shapes that matter: all known at entry, some late, none, no return. */
export const rows = {
  close: row('close', decimal, [['fd', number]]),
  read: row('read', decimal, [
    ['fd', number],
    ['buf', lateNumber],
    ['count', number],
  ]),
  sched_setattr: row('sched_setattr', decimal, [
    ['pid', number],
    ['attr', growingNumber],
    ['flags', lateNumber],
  ]),
  pipe: row('pipe', decimal, [['pipefd', lateNumber]]),
  pause: row('pause', decimal, []),
  mmap: row('mmap', { kind: 'hex' }, [['addr', number]]),
  umask: row('umask', { kind: 'octal' }, [['mask', number]]),
  exit_group: row('exit_group', { kind: 'none' }, [['status', number]]),
  execve: row('execve', decimal, [['pathname', number]]),
  poll: row('poll', { kind: 'decimal', note: (call) => (call.result === 0 ? 'Timeout' : undefined) }, [
    ['nfds', number],
  ]),
  clone: {
    ...row('clone', decimal, [
      ['flags', number],
      ['child_stack', number],
    ]),
    textOrder: ['child_stack', 'flags'],
    alwaysNamed: true,
  },
  openat: row('openat', { kind: 'fd', fd: true }, [
    ['dirfd', number],
    ['mode', { kind: 'mode', print: () => '' }],
  ]),
  fcntl: row('fcntl', decimal, [
    ['fd', number],
    ['arg', { ...number, late: (cell) => cell.view.getInt32(cell.at, true) > 5 }],
  ]),
  restart_syscall: row('restart_syscall', decimal, []),
} satisfies Record<string, TextRow>

export interface CallSpec {
  readonly row?: TextRow
  readonly name?: string
  readonly abi?: number
  readonly nr?: number
  readonly tid?: number
  readonly pid?: number
  readonly entrySeq?: number
  readonly seq?: number
  readonly args?: readonly number[]
  /** Raw: negative errno for a failure. */
  readonly result?: number | bigint
  readonly failed?: boolean
  readonly flags?: number
  /** What a rule did: bits of DEED. */
  readonly deeds?: number
  readonly durationNs?: bigint
  readonly resumedName?: string
  readonly returnedPath?: string
  readonly threadName?: string
}

function captured(bytes: Uint8Array): Captured {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return { status: 'ok', view, at: 0, length: bytes.length, wanted: 0, children: [], key: 0 }
}

const abis: readonly Abi[] = ['x86_64', 'i386', 'x32']

/** A completed call; with `seq` left out the completion follows the entry at once. */
export function call(spec: CallSpec): TextEvent {
  return callRecord(KIND.SYSCALL, spec)
}

/** A call that is in flight when a batch ends. */
export function pending(spec: CallSpec): TextEvent {
  return callRecord(KIND.PENDING, spec)
}

function callRecord(kind: number, spec: CallSpec): TextEvent {
  const entrySeq = spec.entrySeq ?? 1
  const isError = spec.failed ?? (typeof spec.result === 'number' && spec.result < 0)
  const view = header(kind, SYSCALL.SIZE_OF, {
    pid: spec.pid ?? spec.tid ?? 7,
    tid: spec.tid ?? 7,
    seq: kind === KIND.PENDING ? entrySeq : (spec.seq ?? entrySeq + 1),
    flags: (spec.flags ?? 0) | (isError ? SYSCALL_FLAG.IS_ERROR : 0),
  })
  view.setUint8(HEADER.ABI, spec.abi ?? 0)
  view.setBigUint64(SYSCALL.ENTRY_SEQ, BigInt(entrySeq), true)
  view.setBigUint64(SYSCALL.START_NS, 1000n, true)
  view.setBigUint64(HEADER.TIME_NS, 1000n + (spec.durationNs ?? 0n), true)
  view.setUint32(SYSCALL.NR, spec.nr ?? 0, true)
  view.setUint16(SYSCALL.DEEDS, spec.deeds ?? 0, true)
  for (const [index, word] of (spec.args ?? []).entries())
    view.setBigInt64(SYSCALL.ARGS + 8 * index, BigInt(word), true)
  view.setBigInt64(SYSCALL.RESULT, BigInt(spec.result ?? 0), true)
  const noSuchArgument = (): never => {
    throw new Error('no argument has this name')
  }
  const callView: CallView = {
    abi: abis[spec.abi ?? 0] ?? 'x86_64',
    finished: kind === KIND.SYSCALL,
    ok: kind === KIND.SYSCALL && !isError,
    result: Number(spec.result ?? 0),
    arg: noSuchArgument,
  }
  const cells = (spec.row?.args ?? []).map((_, index): Cell => ({
    view,
    at: SYSCALL.ARGS + 8 * index,
    call: callView,
    sibling: noSuchArgument,
    captured: () => undefined,
    resolved: () => undefined,
  }))
  const path = spec.returnedPath
  return event(view, {
    name: spec.name ?? spec.row?.name ?? 'syscall_0x1f4',
    row: spec.row,
    call: callView,
    cells,
    resumedName: spec.resumedName,
    resolved: () => (path === undefined ? undefined : captured(Buffer.from(path))),
  })
}

export interface NoteSpec {
  readonly tid?: number
  readonly pid?: number
  readonly seq?: number
  readonly flags?: number
  /** 32-bit words by offset. */
  readonly words?: Readonly<Record<number, number>>
  /** 64-bit words by offset. */
  readonly longs?: Readonly<Record<number, bigint>>
}

/** Any other record. */
export function note(kind: number, spec: NoteSpec = {}): TextEvent {
  const tid = spec.tid ?? 7
  const view = header(kind, 168, { pid: spec.pid ?? tid, tid, seq: spec.seq ?? 1, flags: spec.flags ?? 0 })
  for (const [offset, word] of Object.entries(spec.words ?? {})) view.setInt32(Number(offset), word, true)
  for (const [offset, word] of Object.entries(spec.longs ?? {})) view.setBigUint64(Number(offset), word, true)
  return event(view, undefined)
}

function header(
  kind: number,
  size: number,
  {
    pid,
    tid,
    seq,
    flags,
  }: { readonly pid: number; readonly tid: number; readonly seq: number; readonly flags: number },
): DataView {
  const view = new DataView(new ArrayBuffer(size))
  view.setUint32(HEADER.SIZE, size, true)
  view.setUint8(HEADER.KIND, kind)
  view.setUint8(HEADER.FLAGS, flags)
  view.setUint32(HEADER.PID, pid, true)
  view.setUint32(HEADER.TID, tid, true)
  view.setBigUint64(HEADER.SEQ, BigInt(seq), true)
  return view
}

function event(view: DataView, callPart: ReturnType<TextEvent[typeof textSource]>['call']): TextEvent {
  return { [textSource]: () => (callPart === undefined ? { view, at: 0 } : { view, at: 0, call: callPart }) }
}
