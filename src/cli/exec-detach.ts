/**
 * -b execve: processes that become another program are let go. The API lets go all or none, so as long as others are
 * traced, those are only not shown any more, with all that they start.
 */

import type { SeenEvent } from './since-exec.ts'

/** Of processes also what they start. */
export interface Seen extends SeenEvent {
  readonly pid: number
  readonly thread?: boolean
  readonly child?: { readonly pid: number }
}

/** Events, and the process that is let go behind them. */
export interface Part<Event> {
  readonly events: readonly Event[]
  readonly letGo?: { readonly pid: number; readonly call: Event | undefined }
}

export class ExecDetach<Event extends Seen> {
  /** Its first exec is the command's start. */
  #starting: number | undefined
  readonly #shown: Set<number>
  readonly #gone = new Set<number>()
  /** Between the exec and the end of the call, if the trace has that. */
  readonly #leaving = new Set<number>()

  constructor(command: number | undefined, attached: readonly number[]) {
    this.#starting = command
    this.#shown = new Set(command === undefined ? attached : [...attached, command])
  }

  /** Nobody is left to be shown. */
  get isDone(): boolean {
    return this.#shown.size === 0 && this.#gone.size > 0
  }

  hasGone(pid: number | undefined): boolean {
    return pid !== undefined && this.#gone.has(pid)
  }

  /** One batch of the engine. */
  split(events: readonly Event[]): readonly Part<Event>[] {
    const parts: Part<Event>[] = []
    let kept: Event[] = []
    const letGo = (pid: number, call?: Event): void => {
      this.#leaving.delete(pid)
      this.#shown.delete(pid)
      this.#gone.add(pid)
      parts.push({ events: kept, letGo: { pid, call } })
      kept = []
    }
    for (const event of events) {
      const { pid } = event
      if (this.#leaving.has(pid)) {
        if (isExecve(event)) letGo(pid, event)
        else letGo(pid)
      }
      this.#followProcesses(event)
      if (this.#gone.has(pid)) continue
      kept.push(event)
      if (event.type !== 'exec') continue
      if (pid === this.#starting) this.#starting = undefined
      else this.#leaving.add(pid)
    }
    for (const pid of this.#leaving) letGo(pid)
    return [...parts, { events: kept }]
  }

  #followProcesses(event: Event): void {
    if (event.child !== undefined && event.thread === false) {
      const set = this.#gone.has(event.pid) ? this.#gone : this.#shown
      set.add(event.child.pid)
    } else if (event.type === 'exit' && event.tid === event.pid) this.#shown.delete(event.pid)
  }
}

function isExecve({ type, name }: Seen): boolean {
  return (type === 'syscall' || type === 'pending') && name?.startsWith('execve') === true
}
