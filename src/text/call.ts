/**
 * One system call as strace writes it, in the two parts between which other lines can come: what is known at the
 * syscall-entry-stop, and the rest.
 */

import type { Cell, Kind, ReturnKind } from '../args/arg.ts'
import { ABI, DEED, HEADER, SYSCALL_FLAG } from '../record/layout.ts'
import { fraction, type LineStyle, type Precision } from './options.ts'
import { descriptorText, processText } from '../args/descriptor.ts'
import {
  callDeeds,
  callNumber,
  callResult,
  callResultWord,
  callStartNs,
  callWord,
  recordFlags,
  recordTimeNs,
} from './record.ts'
import { sealed, SealedCall } from './sealed.ts'
import type { TextCall, TextRow, TextSource } from './source.ts'
import { failureText } from './strerror.ts'

/** Calls whose x32 number differs from the 64-bit one, so that bit 30 on the 64-bit number is something odd. */
const ownX32Numbers = new Set(
  (
    'rt_sigaction rt_sigreturn ioctl readv writev recvfrom sendmsg recvmsg execve ptrace rt_sigpending ' +
    'rt_sigtimedwait rt_sigqueueinfo sigaltstack timer_create mq_notify kexec_load waitid set_robust_list ' +
    'get_robust_list vmsplice move_pages preadv pwritev rt_tgsigqueueinfo recvmmsg sendmmsg process_vm_readv ' +
    'process_vm_writev setsockopt getsockopt io_setup io_submit execveat preadv2 pwritev2'
  ).split(' '),
)
const firstX32Number = 512
const x32Bit = 0x4000_0000

/** A source that holds a call. */
export type CallSource = TextSource & { readonly call: TextCall }

export function isCall(source: TextSource): source is CallSource {
  return source.call !== undefined
}

/** `openat`, `ioctl#64`, `syscall_0x1f4`. */
export function callName(source: CallSource): string {
  const { name } = source.call
  if (source.view.getUint8(source.at + HEADER.ABI) !== ABI.X32) return name
  return ownX32Numbers.has(name) && (callNumber(source) & ~x32Bit) < firstX32Number ? `${name}#64` : name
}

/** The call up to where strace would wait for the syscall-exit-stop: `read(3`. */
export function entryText(source: CallSource, style: LineStyle): string {
  const { row } = source.call
  const name = callName(source)
  if (row === undefined || style.raw) return `${name}(${wordsText(source, registersOf(row), style)}`
  if (row.name === 'restart_syscall') {
    return `${name}(<... resuming interrupted ${source.call.resumedName ?? 'system call'} ...>`
  }
  return `${name}(${argumentsText(source, row, 0, lateIndex(source, row, style), style)}`
}

/** The arguments that were not known at the syscall-entry-stop, and the closing parenthesis. */
export function exitText(source: CallSource, style: LineStyle): string {
  const { row } = source.call
  if (row === undefined || style.raw) return ')'
  const late = lateIndex(source, row, style)
  if (late === row.args.length) return ')'
  if ((recordFlags(source) & SYSCALL_FLAG.UNFINISHED) !== 0) return ' <unfinished ...>)'
  const rest = argumentsText(source, row, late, row.args.length, style)
  const added = addedText(source, row, late - 1, style)
  return late === 0 || rest === '' ? `${added}${rest})` : `${added}, ${rest})`
}

/** What the syscall-exit-stop adds to the last argument that was printed before it. */
function addedText(source: CallSource, row: TextRow, index: number, style: LineStyle): string {
  const { kind, register } = layoutOf(row).args[index] ?? {}
  if (kind?.printAfter === undefined || register === undefined) return ''
  const cell = cellOf(source, register, kind, style)
  return cell === undefined ? '' : kind.printAfter(cell, style)
}

/** What comes behind the parenthesis, which ended at `column`: padding and the result. */
export function resultText(source: CallSource, column: number, style: LineStyle): string {
  const padding = column + 1 < style.columns ? ' '.repeat(style.columns - column) : ' '
  const flags = recordFlags(source)
  const mark = ruleMark(callDeeds(source))
  return `${padding}= ${valueText(source, flags, style)}${mark}${style.durations === undefined ? '' : durationText(source, style.durations)}`
}

/** strace's words for what was done to a call. */
function ruleMark(deeds: number): string {
  const hasResult = (deeds & DEED.RESULT) !== 0
  const hasArguments = (deeds & DEED.ARGUMENTS) !== 0
  const what = hasArguments ? (hasResult ? ' (INJECTED: args, retval)' : ' (INJECTED: args)') : ' (INJECTED)'
  const delayed = (deeds & DEED.DELAYED) === 0 ? '' : ' (DELAYED)'
  return (hasResult || hasArguments ? what : '') + delayed
}

/** The whole call as one line, without anything before it. */
export function callText(source: CallSource, column: number, style: LineStyle): string {
  const call = entryText(source, style) + exitText(source, style)
  return call + resultText(source, column + call.length, style)
}

interface TextArgument {
  readonly name: string
  readonly kind: Kind
  /** Register that it is in. */
  readonly register: number
}

interface TextLayout {
  /** In the order of the text. */
  readonly args: readonly TextArgument[]
  /** Index of the first argument that is always late; the number of arguments where none is. */
  readonly late: number
  /** Some argument before that one is late depending on the call. */
  readonly hasMaybeLate: boolean
}

const layouts = new WeakMap<TextRow, TextLayout>()

function layoutOf(row: TextRow): TextLayout {
  let layout = layouts.get(row)
  if (layout === undefined) {
    layout = makeLayout(row)
    layouts.set(row, layout)
  }
  return layout
}

function makeLayout(row: TextRow): TextLayout {
  const args = row.args.map(([name, kind], register): TextArgument => ({ name, kind, register }))
  const { textOrder } = row
  if (textOrder !== undefined) args.sort((a, b) => textOrder.indexOf(a.name) - textOrder.indexOf(b.name))
  const found = args.findIndex(({ kind }) => kind.late === true)
  const late = found === -1 ? args.length : found
  return { args, late, hasMaybeLate: args.slice(0, late).some(({ kind }) => typeof kind.late === 'function') }
}

/** Index of the first argument that is printed at the syscall-exit-stop; the number of arguments where none is. */
function lateIndex(source: CallSource, row: TextRow, style: LineStyle): number {
  const { args, late, hasMaybeLate } = layoutOf(row)
  if (!hasMaybeLate) return late
  const found = args.findIndex(({ kind, register }) => {
    const cell = cellOf(source, register, kind, style)
    return kind.late === true || (typeof kind.late === 'function' && cell !== undefined && kind.late(cell))
  })
  return found === -1 ? args.length : found
}

/** The cell of an argument; one that leads nowhere where what it points to is not wanted. */
function cellOf(source: CallSource, register: number, kind: Kind, style: LineStyle): Cell | undefined {
  const cell = source.call.cells[register]
  return cell === undefined || style.dereference ? cell : sealed(cell, kind)
}

function argumentsText(source: CallSource, row: TextRow, from: number, to: number, style: LineStyle): string {
  const { args } = layoutOf(row)
  const isNamed = style.argumentNames || row.alwaysNamed === true
  let text = ''
  for (let index = from; index < to; index++) {
    const argument = args[index]
    const cell = argument === undefined ? undefined : cellOf(source, argument.register, argument.kind, style)
    if (argument === undefined || cell === undefined) break
    const value = argument.kind.print(cell, style)
    if (value === '') continue
    if (text !== '') text += ', '
    text += isNamed ? `${argument.name}=${value}` : value
  }
  return text
}

function registersOf(row: TextRow | undefined): number {
  return row === undefined ? 6 : row.args.filter(([, kind]) => kind.inRegister !== false).length
}

/** Registers as they are: of a call that the table does not know, and with -e raw=. */
function wordsText(source: CallSource, count: number, style: LineStyle): string {
  const words: string[] = []
  const narrow = source.view.getUint8(source.at + HEADER.ABI) === ABI.I386
  for (let index = 0; index < count; index++) {
    const word = callWord(source, index) & (narrow ? 0xffff_ffffn : 0xffff_ffff_ffff_ffffn)
    words.push(`${style.argumentNames ? `arg${index + 1}=` : ''}${hexWord(word)}`)
  }
  return words.join(', ')
}

function valueText(source: CallSource, flags: number, style: LineStyle): string {
  const { row } = source.call
  if ((flags & SYSCALL_FLAG.UNFINISHED) !== 0 || (row?.returns.kind === 'none' && source.call.call.ok)) return '?'
  if (!source.call.call.ok) return failureText(-callResult(source))
  if (style.raw) return hexWord(BigInt.asUintN(64, callResultWord(source)))
  if (row === undefined) return String(callResultWord(source))
  const { returns } = row
  const call = style.dereference ? source.call.call : new SealedCall(source.call.call)
  const text = returns.print === undefined ? plainValue(source, returns.kind) : returns.print(call, style)
  const note = returns.note?.(call, style)
  const known = resolvedText(source, returns, style)
  // Of memory that is not shown nothing is noted either.
  const isNoted = note !== undefined && !(call instanceof SealedCall && call.wasAsked)
  return isNoted ? `${text}${known} (${note})` : text + known
}

/** What the result stands for. */
function resolvedText(source: CallSource, { fd, pid }: ReturnKind, style: LineStyle): string {
  if (fd === undefined && pid === undefined) return ''
  const known = source.call.resolved()
  return fd === undefined ? processText(known, style) : descriptorText(known, style)
}

function plainValue(source: CallSource, kind: ReturnKind['kind']): string {
  const result = callResult(source)
  switch (kind) {
    case 'hex':
      return hexWord(BigInt.asUintN(64, callResultWord(source)))
    case 'octal':
      return result === 0 ? '000' : `0${(result >>> 0).toString(8).padStart(2, '0')}`
    default:
      // Whatever succeeds gives no negative number, so a rule has made it, or it is a large one.
      return result >= 0 && Number.isSafeInteger(result) ? String(result) : String(unsignedResult(source))
  }
}

function unsignedResult(source: CallSource): bigint {
  const bits = source.view.getUint8(source.at + HEADER.ABI) === ABI.I386 ? 32 : 64
  return BigInt.asUintN(bits, callResultWord(source))
}

function durationText(source: CallSource, precision: Precision): string {
  if ((recordFlags(source) & (SYSCALL_FLAG.UNFINISHED | SYSCALL_FLAG.ENTRY_UNSEEN)) !== 0) return ''
  const ns = recordTimeNs(source) - callStartNs(source)
  return ` <${ns / 1_000_000_000n}${fraction(ns % 1_000_000_000n, precision)}>`
}

function hexWord(word: bigint): string {
  return word === 0n ? '0' : `0x${word.toString(16)}`
}
