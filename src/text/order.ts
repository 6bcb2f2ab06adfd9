/**
 * Events -> the text that strace writes: calls of several threads interleaved as they happened, with
 * `<unfinished ...>` and `<... read resumed>` where another line comes between the two halves of one.
 */

import { ATTACH, FORK, KIND, SUPERSEDED, SYSCALL_FLAG } from '../record/layout.ts'
import { callName, callText, entryText, exitText, isCall, resultText, type CallSource } from './call.ts'
import { dumpText } from './dump.ts'
import { Leader } from './leader.ts'
import { noteText, signalOf } from './line.ts'
import { lineStyles, type StyleOf } from './options.ts'
import { callEntrySeq, recordFlags, recordKind, recordPid, recordSeq, recordTid, recordWord } from './record.ts'
import { addRename, noRenames, type Renames } from './renames.ts'
import { textSource, type TextEvent, type TextSource } from './source.ts'
import { Tracees } from './tracees.ts'
import type { CallStatus, WriterOptions } from './writer-options.ts'

interface Step {
  readonly seq: number
  readonly source: TextSource
  readonly isEntry: boolean
}

/**
 * Writes a run as strace does, piece by piece; `run.text()` does all of it at once. Events are to be given in the batches in which they
 * came (`SavedTrace.batches()`): within a batch, calls that overlap are put in order.
 */
export class TextWriter {
  readonly #styleOf: StyleOf
  readonly #options: WriterOptions
  readonly #leader: Leader
  readonly #tracees = new Tracees()
  /** Thread whose call stands at the end of the text, not finished. */
  #open: { readonly tid: number; readonly pid: number; readonly column: number } | undefined
  #messages: string[] = []
  /** Threads of which strace, where it leaves calls out by their outcome, says nothing more until their next call. */
  readonly #silenced = new Set<number>()
  /** Calls that were written to their end. */
  #written = 0

  constructor(options: WriterOptions = {}) {
    this.#options = options
    this.#styleOf = lineStyles(options)
    this.#leader = new Leader(options)
  }

  /** The text that these events add. */
  write(events: Iterable<TextEvent>): string {
    const sources: TextSource[] = []
    let inOrder = true
    let last = -1
    let renamed = noRenames
    const detached = new Set<number>()
    for (const event of events) {
      const source = event[textSource]()
      if (this.#options.onlyThreads?.has(recordTid(source)) === false) continue
      const kind = recordKind(source)
      const first = this.#hasEntry(source) ? callEntrySeq(source) : recordSeq(source)
      if (first <= last) inOrder = false
      last = Math.max(last, recordSeq(source))
      if (kind === KIND.DETACH) detached.add(recordPid(source))
      if (kind === KIND.SUPERSEDED) renamed = addRename(renamed, source)
      sources.push(source)
    }
    const isCut = (source: TextSource) =>
      (recordFlags(source) & SYSCALL_FLAG.UNFINISHED) !== 0 && isCall(source) && detached.has(recordPid(source))
    return inOrder && renamed === noRenames
      ? this.#writeInOrder(sources, isCut)
      : this.#writeSorted(sources, renamed, isCut)
  }

  /** Whether there are as many calls as `callLimit` allows; what follows is not shown. */
  get isFull(): boolean {
    return this.#written >= (this.#options.callLimit ?? Infinity)
  }

  /** What the text says of a process that is let go, inside `call` if that is given. */
  letGo(pid: number, call?: TextEvent): string {
    const source = call?.[textSource]()
    let text = ''
    if (this.#open?.tid === pid) text = ' <detached ...>\n'
    else if (source !== undefined && isCall(source) && this.#options.statuses?.has('detached') !== false) {
      const start = this.#breakLine() + this.#meet(pid) + this.#leaderText(source, pid, true)
      text = `${start}${entryText(source, this.#styleOf(source))} <detached ...>\n`
    }
    if (text !== '') this.#open = undefined
    this.#tracees.remove(pid)
    return text + this.#say(`Process ${pid} detached`)
  }

  /** Ends the text: a call that is still open was left behind. */
  end(): string {
    if (this.#open === undefined) return this.#flushMessages()
    this.#open = undefined
    return ` <detached ...>\n${this.#flushMessages()}`
  }

  /** Messages for people, one each, since the last time (`messages: 'apart'`). */
  takeMessages(): readonly string[] {
    const taken = this.#messages
    this.#messages = []
    return taken
  }

  #writeInOrder(sources: readonly TextSource[], isCut: (source: TextSource) => boolean): string {
    let text = ''
    for (const source of sources) {
      if (this.#isLeftOut(source)) continue
      if (!isCall(source)) text += this.#note(source)
      else if (recordKind(source) !== KIND.PENDING && !isCut(source)) {
        text += this.#hasEntry(source) ? this.#whole(source) : this.#completion(source)
      } else if (this.#hasEntry(source)) text += this.#entry(source, recordTid(source))
    }
    return text
  }

  #writeSorted(sources: readonly TextSource[], renamed: Renames, isCut: (source: TextSource) => boolean): string {
    const steps: Step[] = []
    for (const source of sources) {
      if (this.#hasEntry(source)) steps.push({ seq: callEntrySeq(source), source, isEntry: true })
      if (recordKind(source) === KIND.PENDING || isCut(source)) continue
      steps.push({ seq: recordSeq(source), source, isEntry: false })
    }
    steps.sort((a, b) => a.seq - b.seq)
    let text = ''
    for (let index = 0; index < steps.length; index++) {
      const step = steps[index]
      if (step === undefined) break
      const { source } = step
      if (this.#isLeftOut(source)) continue
      if (!isCall(source)) {
        text += this.#note(source)
      } else if (!step.isEntry) {
        text += this.#completion(source)
      } else if (steps[index + 1]?.source === source) {
        text += this.#whole(source)
        index++
      } else {
        text += this.#entry(source, renamed(source))
      }
    }
    return text
  }

  /** Whether the entry of this call is a step of its own in this batch. */
  #hasEntry(source: TextSource): boolean {
    if (!isCall(source)) return false
    return (recordFlags(source) & (SYSCALL_FLAG.ANNOUNCED | SYSCALL_FLAG.ENTRY_UNSEEN)) === 0
  }

  #whole(source: CallSource): string {
    const { statuses } = this.#options
    this.#silenced.delete(recordTid(source))
    if (statuses !== undefined && !statuses.has(statusOf(source))) return ''
    const before = this.#breakLine() + this.#meet(recordTid(source))
    const leader = this.#leaderText(
      source,
      recordTid(source),
      this.#hasEntry(source) || this.#options.statuses !== undefined,
    )
    const text = callText(source, leader.length, this.#styleOf(source))
    return `${before}${leader}${text}\n${this.#afterCall(source)}`
  }

  #entry(source: CallSource, tid: number): string {
    if (this.#options.statuses !== undefined) return ''
    const before = this.#breakLine() + this.#meet(tid)
    const line = this.#leaderText(source, tid, true) + entryText(source, this.#styleOf(source))
    this.#open = { tid, pid: recordPid(source), column: line.length }
    return before + line
  }

  #completion(source: CallSource): string {
    if (this.#options.statuses !== undefined) return this.#whole(source)
    const tid = recordTid(source)
    const style = this.#styleOf(source)
    const rest = exitText(source, style)
    const open = this.#open
    if (open?.tid === tid) {
      this.#open = undefined
      return `${rest}${resultText(source, open.column + rest.length, style)}\n${this.#afterCall(source)}`
    }
    const before = this.#breakLine() + this.#meet(tid)
    const line = `${this.#leaderText(source, tid)}<... ${callName(source)} resumed>${rest}`
    return `${before}${line}${resultText(source, line.length, style)}\n${this.#afterCall(source)}`
  }

  #isLeftOut(source: TextSource): boolean {
    return this.isFull && recordKind(source) !== KIND.DETACH
  }

  #afterCall(source: CallSource): string {
    if ((recordFlags(source) & SYSCALL_FLAG.UNFINISHED) === 0) this.#written++
    const { dumps } = this.#options
    return (dumps === undefined ? '' : dumpText(source, dumps)) + this.#flushMessages()
  }

  #note(source: TextSource): string {
    const kind = recordKind(source)
    const tid = recordTid(source)
    if (kind === KIND.FORK) {
      const child = recordWord(source, FORK.CHILD_TID)
      this.#leader.inherit(child, tid)
      const met = this.#meet(tid)
      return this.#options.follow === false ? met : met + this.#meet(child)
    }
    if (kind === KIND.ATTACH) return this.#attach(source)
    if (kind === KIND.DETACH) return this.#detach(source)
    const text = noteText(source, this.#styleOf(source))
    if (text === undefined) return ''
    let before = ''
    if (kind === KIND.SUPERSEDED) {
      const byTid = recordWord(source, SUPERSEDED.BY_TID)
      if (this.#open?.tid === byTid) {
        before = ` <pid changed to ${tid} ...>\n`
        this.#open = undefined
      }
      this.#tracees.remove(byTid)
    }
    const isSilenced = this.#silenced.has(tid)
    if (kind === KIND.SUPERSEDED && this.#options.statuses?.has('detached') === false) this.#silenced.add(tid)
    if (kind === KIND.EXIT) this.#silenced.delete(tid)
    let line = ''
    if (!isSilenced && this.#isShown(source, kind)) {
      before += this.#breakLine() + this.#meet(tid)
      line = `${this.#leaderText(source, tid)}${text}\n`
    }
    if (kind === KIND.EXIT) this.#tracees.remove(tid)
    return before + line + this.#flushMessages()
  }

  #isShown(source: TextSource, kind: number): boolean {
    const { quiet, showSignal } = this.#options
    if (kind === KIND.SUPERSEDED) return quiet?.has('thread-execve') !== true
    const signal = signalOf(source)
    if (signal !== undefined) return showSignal?.(signal) !== false
    return quiet?.has('exit') !== true
  }

  #attach(source: TextSource): string {
    const pid = recordPid(source)
    const threads = this.#options.follow === false ? 1 : recordWord(source, ATTACH.THREADS)
    this.#tracees.expect(pid, threads)
    return this.#say(threads > 1 ? `Process ${pid} attached with ${threads} threads` : `Process ${pid} attached`)
  }

  #detach(source: TextSource): string {
    const tid = recordTid(source)
    this.#tracees.remove(tid)
    let cut = ''
    if (this.#open !== undefined && (this.#open.tid === tid || this.#open.pid === tid)) {
      this.#open = undefined
      cut = ' <detached ...>\n'
    }
    return cut + this.#say(`Process ${tid} detached`)
  }

  /** Counts a thread that was not known so far. */
  #meet(tid: number): string {
    return this.#tracees.add(tid) ? this.#say(`Process ${tid} attached`) : ''
  }

  #say(message: string): string {
    const { messages, quiet } = this.#options
    if (messages === undefined || quiet?.has('attach') === true) return ''
    this.#messages.push(messages === 'apart' ? message : `${messages.inlineFrom}: ${message}\n`)
    return this.#open === undefined ? this.#flushMessages() : ''
  }

  /** Messages between the lines wait for the end of the line at hand. */
  #flushMessages(): string {
    if (this.#messages.length === 0 || this.#options.messages === 'apart') return ''
    return this.takeMessages().join('')
  }

  #leaderText(source: TextSource, tid: number, isEntry = false): string {
    return this.#leader.text(source, tid, this.#tracees.count, isEntry)
  }

  #breakLine(): string {
    if (this.#open === undefined) return ''
    this.#open = undefined
    return ` <unfinished ...>\n${this.#flushMessages()}`
  }
}

function statusOf(source: CallSource): CallStatus {
  if ((recordFlags(source) & SYSCALL_FLAG.UNFINISHED) !== 0) return 'unfinished'
  return source.call.call.ok ? 'successful' : 'failed'
}
