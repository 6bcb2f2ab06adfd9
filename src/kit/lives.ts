/** Reads the lives of processes out of a run's events. */

import type { AnyCall, AnyEvent } from './recorded.ts'
import type { ProcessEnding } from './processes.ts'

/** A program that a process became, with the call that did it, once that was seen. */
export interface DraftExec {
  readonly program: string
  readonly timeNs: bigint
  readonly event: Extract<AnyEvent, { type: 'exec' }>
  call?: AnyCall
}

interface DraftThread {
  readonly tid: number
  readonly startNs: bigint
  endNs?: bigint
}

/** A process, as far as it was seen. */
export class Draft {
  readonly pid: number
  readonly startNs: bigint
  readonly parent: Draft | undefined
  readonly threads: DraftThread[]
  /** What made it, or showed it first. */
  readonly begin: AnyEvent
  readonly execs: DraftExec[]
  endNs: bigint | undefined
  ending: ProcessEnding | undefined
  /** When it began a session of its own. */
  sessionNs: bigint | undefined

  constructor(pid: number, begin: AnyEvent, parent: Draft | undefined, execs: DraftExec[] = []) {
    this.pid = pid
    this.begin = begin
    this.startNs = startOf(begin)
    this.parent = parent
    this.threads = [{ tid: pid, startNs: this.startNs }]
    this.execs = execs
  }

  /** The same process with some of its programs only. */
  with(execs: readonly DraftExec[]): Draft {
    const { pid, begin, parent, threads, endNs, ending, sessionNs } = this
    const made = new Draft(pid, begin, parent, [...execs])
    made.threads.splice(0, 1, ...threads)
    return Object.assign(made, { endNs, ending, sessionNs })
  }
}

function startOf(event: AnyEvent): bigint {
  return event.type === 'syscall' ? event.startNs : event.timeNs
}

/** Whether a process is in a session that began in the run: by itself, or by who made it, before. */
export function hasOwnSession({ sessionNs, parent, startNs }: Draft): boolean {
  if (sessionNs !== undefined) return true
  let childNs = startNs
  for (let maker = parent; maker !== undefined; maker = maker.parent) {
    if (maker.sessionNs !== undefined && maker.sessionNs <= childNs) return true
    childNs = maker.startNs
  }
  return false
}

/** The processes of a run in the order of their beginning, each after its parent. `events` are in order. */
export function readProcesses(events: readonly AnyEvent[]): readonly Draft[] {
  const lives = new Lives()
  for (const event of events) lives.follow(event)
  return lives.all
}

class Lives {
  readonly all: Draft[] = []
  /** The last process with an id. */
  readonly #known = new Map<number, Draft>()

  follow(event: AnyEvent): void {
    switch (event.type) {
      case 'syscall':
        this.#call(event)
        break
      case 'fork':
        this.#fork(event)
        break
      case 'exec':
        this.#exec(this.#process(event), event)
        break
      case 'exit':
        this.#exit(this.#process(event), event)
        break
      case 'leaked':
        this.#process(event).ending = { how: 'leaked' }
        break
      case 'detach':
        this.#letGo(this.#process(event), event.tid, event.timeNs)
        break
      case 'attach':
      case 'signal':
      case 'superseded':
      case 'stop':
      case 'continue':
      case 'gap':
        this.#thread(this.#process(event), event.tid, event.timeNs)
    }
  }

  /** The process of an event; one that nobody was seen to make begins here. */
  #process(event: AnyEvent): Draft {
    return this.#known.get(event.pid) ?? this.#begin(event.pid, event, undefined)
  }

  #begin(pid: number, event: AnyEvent, parent: Draft | undefined): Draft {
    const draft = new Draft(pid, event, parent)
    this.#known.set(pid, draft)
    this.all.push(draft)
    return draft
  }

  #thread(draft: Draft, tid: number, timeNs: bigint): DraftThread {
    // A thread id is given again as process ids are.
    const known = draft.threads.findLast((thread) => thread.tid === tid)
    if (known !== undefined) return known
    const made: DraftThread = { tid, startNs: timeNs }
    draft.threads.push(made)
    return made
  }

  #fork(event: Extract<AnyEvent, { type: 'fork' }>): void {
    const { pid, child, timeNs } = event
    const parent = this.#process(event)
    if (child.pid === pid) parent.threads.push({ tid: child.tid, startNs: timeNs })
    else this.#begin(child.pid, event, parent)
  }

  /** All threads but the one that called end, and that one is the leader from then on. */
  #exec(draft: Draft, event: DraftExec['event']): void {
    const { program, timeNs, formerTid } = event
    draft.execs.push({ program, timeNs, event })
    for (const thread of draft.threads) {
      if (thread.tid !== draft.pid && thread.endNs === undefined) thread.endNs = timeNs
    }
    const leader = this.#thread(draft, draft.pid, timeNs)
    if (formerTid !== draft.pid) delete leader.endNs
  }

  #exit(draft: Draft, event: AnyEvent & { readonly type: 'exit' }): void {
    const { tid, timeNs, code, signal, coreDumped } = event
    this.#thread(draft, tid, timeNs).endNs = timeNs
    draft.endNs = timeNs
    if (draft.ending?.how === 'leaked' || tid !== draft.pid) return
    if (signal !== undefined) draft.ending = { how: 'killed', signal, coreDumped }
    else if (code !== undefined) draft.ending = { how: 'exited', code }
  }

  #letGo(draft: Draft, tid: number, timeNs: bigint): void {
    this.#thread(draft, tid, timeNs).endNs = timeNs
    if (draft.ending !== undefined) return
    draft.ending = { how: 'let go' }
    draft.endNs = timeNs
  }

  #call(call: AnyCall): void {
    switch (call.name) {
      case 'execve':
      case 'execveat':
        if (call.ok) this.#execCall(call)
        break
      case 'setsid':
        if (call.ok) this.#process(call).sessionNs ??= call.endNs
        break
      default:
        // A process that was attached to may show itself by a call first.
        this.#process(call)
    }
  }

  /** The event of the new program comes before the end of the call. */
  #execCall(call: AnyCall): void {
    const exec = this.#process(call).execs.at(-1)
    if (exec !== undefined) exec.call ??= call
  }
}
