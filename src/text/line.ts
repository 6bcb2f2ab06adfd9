/** One event as one strace line: no pid in front, no line end. */

import { siginfoText } from '../args/signal/siginfo.ts'
import {
  CAPTURE_KEY,
  EXIT,
  EXIT_FLAG,
  HEADER,
  KIND,
  SIGNAL,
  SIGNAL_FLAG,
  STOP,
  SUPERSEDED,
  SYSCALL_FLAG,
} from '../record/layout.ts'
import { callName, callText, entryText, exitText, isCall, resultText } from './call.ts'
import { lineStyles, type LineStyle, type TextOptions } from './options.ts'
import { recordFlags, recordKind, recordWord } from './record.ts'
import { signalText } from './signals.ts'
import { textSource, type TextEvent, type TextSource } from './source.ts'

/** The line of any event; empty for those of which strace says nothing. */
export function eventText(event: TextEvent, options?: TextOptions): string {
  const source = event[textSource]()
  const style = lineStyles(options)(source)
  if (!isCall(source)) return noteText(source, style) ?? ''
  if (recordKind(source) === KIND.PENDING) return `${entryText(source, style)} <unfinished ...>`
  if ((recordFlags(source) & SYSCALL_FLAG.ENTRY_UNSEEN) === 0) return callText(source, 0, style)
  const resumed = `<... ${callName(source)} resumed>${exitText(source, style)}`
  return resumed + resultText(source, resumed.length, style)
}

/** A line that is no call: a signal, an end, a stop; undefined where strace writes none. */
export function noteText(source: TextSource, style: LineStyle): string | undefined {
  const flags = recordFlags(source)
  switch (recordKind(source)) {
    case KIND.SIGNAL: {
      const name = signalText(recordWord(source, SIGNAL.SIGNO))
      if ((flags & SIGNAL_FLAG.SIGINFO_VALID) === 0) return `--- ${name} ---`
      const sender = source.name?.(CAPTURE_KEY.SENDER_NAME)
      const known = sender === undefined ? [] : [sender]
      return `--- ${name} ${siginfoText(source.view, source.at + SIGNAL.SIGINFO, style, known)} ---`
    }
    case KIND.EXIT: {
      if ((flags & EXIT_FLAG.SIGNALED) === 0) {
        return `+++ exited with ${source.view.getInt32(source.at + EXIT.CODE, true)} +++`
      }
      const core = (flags & EXIT_FLAG.CORE_DUMPED) === 0 ? '' : '(core dumped) '
      return `+++ killed by ${signalText(recordWord(source, EXIT.SIGNAL))} ${core}+++`
    }
    case KIND.STOP:
      return `--- stopped by ${signalText(recordWord(source, STOP.SIGNAL))} ---`
    case KIND.SUPERSEDED:
      return `+++ superseded by execve in pid ${recordWord(source, SUPERSEDED.BY_TID)} +++`
    default:
      return undefined
  }
}

/** Where strace's sets of signals (-e signal=) apply to a line: the signal that it is about. */
export function signalOf(source: TextSource): number | undefined {
  switch (source.view.getUint8(source.at + HEADER.KIND)) {
    case KIND.SIGNAL:
      return recordWord(source, SIGNAL.SIGNO)
    case KIND.STOP:
      return recordWord(source, STOP.SIGNAL)
    case KIND.EXIT:
      return (recordFlags(source) & EXIT_FLAG.SIGNALED) === 0 ? undefined : recordWord(source, EXIT.SIGNAL)
    default:
      return undefined
  }
}
