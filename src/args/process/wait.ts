/** How children end, as wait4(2) tells. */

import type { SignalName } from '../../names.ts'
import { P, PTRACE_EVENT } from '../../table/constants/process.ts'
import type { Style } from '../arg.ts'
import { oneOf, prepare } from '../flags.ts'
import { hex32 } from '../numbers.ts'
import type { Scalar } from '../scalar.ts'
import { signalName } from '../signal/signal.ts'

/** How a child ended or changed. */
export type WaitStatus =
  | { readonly exited: number }
  | { readonly signal: SignalName | number; readonly coreDumped: boolean }
  | { readonly stopped: SignalName | number }
  | { readonly continued: true }

const STOPPED = 0x7f
const CONTINUED = 0xffff
const CORE = 0x80
const traceEvents = prepare(PTRACE_EVENT)

/** The status word of wait4(2). */
export const waitStatus: Scalar<WaitStatus> = {
  kind: 'waitStatus',
  width: 4,
  read: (cell) => {
    const status = cell.view.getInt32(cell.at, true)
    const low = status & 0x7f
    if ((status & 0xff) === STOPPED) return { stopped: nameOrNumber((status >> 8) & 0xff) }
    if (status === CONTINUED) return { continued: true }
    if (low === 0) return { exited: (status >> 8) & 0xff }
    return { signal: nameOrNumber(low), coreDumped: (status & CORE) !== 0 }
  },
  print: (cell, style) => statusText(cell.view.getInt32(cell.at, true), style),
}

/** A signal's name, or its number where it has none. */
export function nameOrNumber(number: number): SignalName | number {
  return signalName(number) ?? number
}

function plainSignal(number: number): string {
  return signalName(number) ?? String(number)
}

function statusText(status: number, style: Style): string {
  const [text, rest] = statusParts(status)
  if (text === undefined) return hex32(status >>> 0)
  const parts = [text]
  const event = rest >>> 16
  if (event !== 0) parts.push(`${traceEvents.valueText(event, style)}<<16`)
  const low = rest & 0xffff
  if (low !== 0) parts.push(hex32(low))
  return parts.join('|')
}

/** The words for a status, and the bits that they leave. */
function statusParts(status: number): readonly [text: string | undefined, rest: number] {
  const low = status & 0x7f
  if ((status & 0xff) === STOPPED) {
    const signal = (status >> 8) & 0xff
    const trace = (signal & 0x80) === 0 ? '' : ' | 0x80'
    return [
      `{WIFSTOPPED(s) && WSTOPSIG(s) == ${plainSignal(signal & 0x7f)}${trace}}`,
      status & ~((signal << 8) | STOPPED),
    ]
  }
  if (low !== 0 && low !== STOPPED) {
    const core = (status & CORE) === 0 ? '' : ' && WCOREDUMP(s)'
    return [`{WIFSIGNALED(s) && WTERMSIG(s) == ${plainSignal(low)}${core}}`, status & ~(low | CORE)]
  }
  if (low === 0) {
    const code = (status >> 8) & 0xff
    return [`{WIFEXITED(s) && WEXITSTATUS(s) == ${code}}`, status & ~(code << 8)]
  }
  return status === CONTINUED ? ['{WIFCONTINUED(s)}', 0] : [undefined, 0]
}

export const waitIdType = oneOf(P)
