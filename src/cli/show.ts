/** From the engine's batches to the output, until all runs are over or were let go. */

import { batches, type TraceEvent } from '../../index.ts'
import { ExecDetach } from './exec-detach.ts'
import { leave, type Interruption, type Runs } from './interrupt.ts'
import type { Output } from './output.ts'
import { hidesChildren, type Settings } from './settings.ts'
import { PokeNotes } from './poke-notes.ts'
import { say } from './say.ts'
import { SinceExec } from './since-exec.ts'
import { NoReaderError } from './sink.ts'

export class Show {
  readonly #runs: Runs
  readonly #output: Output
  readonly #interruption: Interruption
  readonly #execs: ExecDetach<TraceEvent> | undefined
  readonly #sinceExec: SinceExec<TraceEvent> | undefined
  readonly #pokes: PokeNotes
  /** Threads that are shown; of others what is denied. */
  readonly #only: ReadonlySet<number> | undefined
  readonly #met = new Set<number>()
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
    const { deny, inject, beyond } = settings.rules
    // Rules are numbered through, what is denied first.
    this.#pokes = new PokeNotes(beyond, [...deny.map(() => undefined), ...inject])
    const command = runs.command?.pid
    if (hidesChildren(settings)) this.#only = new Set([...settings.attach, ...(command === undefined ? [] : [command])])
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
      for (const message of this.#pokes.of(events)) say(message)
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

  #show(all: readonly TraceEvent[]): void {
    const events = this.#only === undefined ? all : all.filter((event) => this.#isShown(event, this.#only))
    for (const { events: shown, letGo } of this.#execs?.split(events) ?? [{ events, letGo: undefined }]) {
      this.#output.write(shown)
      if (letGo !== undefined) this.#output.letGo(letGo.pid, letGo.call)
    }
    if (this.#hasLeft || !(this.#output.isFull || this.#execs?.isDone === true)) return
    this.#hasLeft = true
    leave(this.#runs)
  }

  /** Who is heard of once is heard of again when it ends. */
  #isShown(event: TraceEvent, only: ReadonlySet<number> | undefined): boolean {
    if (only?.has(event.tid) !== false) return true
    if (event.type === 'exit') return this.#met.delete(event.tid)
    if (event.type !== 'syscall' || event.injected === undefined) return false
    this.#met.add(event.tid)
    return true
  }
}
