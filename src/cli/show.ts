/** From the engine's batches to the output, until all runs are over or were let go. */

import { batches, type TraceEvent } from '../../index.ts'
import { ExecDetach } from './exec-detach.ts'
import { leave, type Interruption, type Runs } from './interrupt.ts'
import type { Output } from './output.ts'
import type { Settings } from './settings.ts'
import { SinceExec } from './since-exec.ts'
import { NoReaderError } from './sink.ts'

export class Show {
  readonly #runs: Runs
  readonly #output: Output
  readonly #interruption: Interruption
  readonly #execs: ExecDetach<TraceEvent> | undefined
  readonly #sinceExec: SinceExec<TraceEvent> | undefined
  #hasLeft = false
  #begin = (): void => {}
  /** The attached processes have been heard of. */
  readonly #hasBegun = new Promise<void>((resolve) => {
    this.#begin = resolve
  })

  constructor(settings: Settings, runs: Runs, output: Output, interruption: Interruption) {
    this.#runs = runs
    this.#output = output
    this.#interruption = interruption
    if (settings.tracee !== undefined) this.#sinceExec = new SinceExec<TraceEvent>(settings.tracee)
    if (settings.detachOnExec) this.#execs = new ExecDetach<TraceEvent>(runs.command?.pid, settings.attach)
  }

  /** All were let go, as -b or --syscall-limit asked for. */
  get hasLeft(): boolean {
    return this.#hasLeft
  }

  /** With -D: the command could not be executed. */
  get hasNotBegun(): boolean {
    return this.#sinceExec?.hasExecuted === false
  }

  /** Nobody is to hear of the command's end. */
  get hasLeftCommand(): boolean {
    return this.#output.isFull || this.#execs?.hasGone(this.#runs.command?.pid) === true
  }

  async readAll(): Promise<void> {
    const { command, attached } = this.#runs
    // From the start, so that nothing is missed.
    const all = command === undefined ? undefined : batches(command)
    const events = all === undefined ? undefined : (this.#sinceExec?.of(all) ?? all)
    if (attached === undefined) this.#begin()
    await Promise.all([
      attached === undefined ? undefined : this.#read(batches(attached)),
      // Its lines are to say that there are several processes.
      events === undefined ? undefined : this.#hasBegun.then(() => this.#read(events)),
    ])
  }

  async #read(all: AsyncIterable<readonly TraceEvent[]>): Promise<void> {
    for await (const events of all) {
      for (const event of events) this.#interruption.noticed(event)
      // Leaving the loop would kill what is to go on.
      if (this.#interruption.signal === 'SIGPIPE') continue
      try {
        this.#show(events)
      } catch (error) {
        if (!(error instanceof NoReaderError)) throw error
        this.#interruption.interrupt('SIGPIPE')
      }
      this.#begin()
    }
    this.#begin()
  }

  #show(events: readonly TraceEvent[]): void {
    for (const { events: shown, letGo } of this.#execs?.split(events) ?? [{ events, letGo: undefined }]) {
      this.#output.write(shown)
      if (letGo !== undefined) this.#output.letGo(letGo.pid, letGo.call)
    }
    if (this.#hasLeft || !(this.#output.isFull || this.#execs?.isDone === true)) return
    this.#hasLeft = true
    leave(this.#runs)
  }
}
