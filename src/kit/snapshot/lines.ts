/** A call as a line of a snapshot: what went in and how it ended, without what is different each time. */

import type { Cell, Kind, Style } from '../../args/arg.ts'
import { quoteBytes } from '../../args/quote.ts'
import { encodeString } from '../../args/surrogates.ts'
import { textSource, type TextEvent } from '../../text/source.ts'
import { markOf } from '../marks.ts'
import type { AnyCall } from '../recorded.ts'
import type { Descriptors } from './descriptors.ts'

/** What a line needs to know of the run. */
export interface LineContext {
  readonly descriptors: Descriptors
  /** `<pid 2>`: what a process or thread is called. */
  readonly processName: (id: number) => string
}

const style: Style = {
  stringLimit: 64,
  abbreviate: true,
  constants: 'abbrev',
  hexStrings: 'none',
  decodeFds: false,
}

/** Command lines are told whole. */
const longStyle: Style = { ...style, stringLimit: 4096 }

/** `openat("a.txt", O_RDONLY) = ENOENT`; `undefined` for a call of which nothing certain can be said. */
export function lineOf(call: AnyCall, context: LineContext): string | undefined {
  const marked = markOf(call)
  if (marked !== undefined) return `--- mark ${marked} ---`
  if (isChance(call)) return undefined
  return `${call.name}(${argumentsText(call, context)})${resultText(call, context)}`
}

/** Whether it depends on time alone that there was such a call: a signal came, there was nothing to read yet. */
function isChance(call: AnyCall): boolean {
  if (call.interrupted !== undefined || call.error === 'EINTR' || call.name === 'restart_syscall') return true
  return call.error === 'EAGAIN' && (transfers.has(call.name) || call.name.startsWith('accept'))
}

const transfers: ReadonlySet<string> = new Set('recvfrom recvmsg recvmmsg sendto sendmsg sendmmsg sendfile'.split(' '))

/** Calls of which there are as many as the data came in pieces; datagrams come one by one. */
export function isFlow(name: string, line: string): boolean {
  return transfers.has(name) && !/\(<UDP6? socket>/.test(line)
}

function argumentsText(call: AnyCall, context: LineContext): string {
  const source = sourceOf(call)
  const args = source.call?.row?.args ?? []
  const texts = args.map(([name, kind], index) => {
    const cell = source.call?.cells[index]
    return cell === undefined || isLeftOut(call, name, kind) ? '' : argumentText(call, kind, cell, context)
  })
  return texts.filter((text) => text !== '').join(', ')
}

function sourceOf(call: AnyCall): ReturnType<TextEvent[typeof textSource]> {
  // Every event of a run has it; the types of this layer do not say so.
  return (call as object as TextEvent)[textSource]()
}

/** Sizes of buffers, times, and the environment, which says more of the machine than of the program. */
const leftOut: ReadonlySet<string> = new Set('size bufsiz addrlen optlen envp times timeout'.split(' '))

function isLeftOut(call: AnyCall, name: string, kind: Kind): boolean {
  // What comes back is no doing of the program.
  if (leftOut.has(name) || kind.read === undefined || kind.kind === 'address' || kind.kind === 'changedLength')
    return true
  return transfers.has(call.name) && (name === 'len' || name === 'vlen' || kind.kind === 'bytesIn')
}

function argumentText(call: AnyCall, kind: Kind, cell: Cell, { descriptors, processName }: LineContext): string {
  if (kind.fd === true) return descriptorText(call, cell, descriptors)
  if (kind.pid !== undefined) return pidText(cell.view.getInt32(cell.at, true), processName)
  if (kind.kind === 'messageIn' || kind.kind === 'messagesIn') return destination(kind.print(cell, style))
  return kind.print(cell, kind.kind === 'strings' ? longStyle : style)
}

const AT_FDCWD = -100

function descriptorText(call: AnyCall, cell: Cell, descriptors: Descriptors): string {
  const fd = cell.view.getInt32(cell.at, true)
  // Where relative paths begin unless something else is said.
  if (fd === AT_FDCWD) return ''
  return fd < 0 ? String(fd) : descriptors.name(call.pid, fd, cell.resolved())
}

/** The address in a message; its data are not what a snapshot is for. */
function destination(message: string): string {
  return /\bmsg_name=(\{[^}]*\})/.exec(message)?.[1] ?? ''
}

function pidText(pid: number, processName: (id: number) => string): string {
  return pid <= 0 ? String(pid) : processName(pid)
}

function resultText(call: AnyCall, { processName }: LineContext): string {
  if (call.unfinished === true) return ' = ?'
  if (!call.ok) return call.error === undefined ? '' : ` = ${call.error}`
  // Only of these what came back is read at all.
  const path = paths.has(call.name) ? call.out?.['buf'] : undefined
  if (typeof path === 'string') return ` = ${quoteBytes(encodeString(path), 'none')}`
  const returns = sourceOf(call).call?.row?.returns.kind
  if (returns === 'pid') return ` = ${pidText(Number(call.returned), processName)}`
  const isShown = returns === 'decimal' && call.returned !== 0 && !transfers.has(call.name)
  return isShown ? ` = ${call.returned}` : ''
}

const paths: ReadonlySet<string> = new Set(['getcwd', 'readlink', 'readlinkat'])
