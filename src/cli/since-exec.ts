/** With -D the tracer attaches to a syscope that is still to become the command: what it does until then is not shown. */

/** As much of an event of the API as is looked at here; the union of all of them is more than the compiler can hold. */
export interface SeenEvent {
  readonly type: string
  readonly tid: number
  readonly name?: string
}

export class SinceExec<Event extends SeenEvent> {
  readonly #pid: number
  #hasExecuted = false

  constructor(pid: number) {
    this.#pid = pid
  }

  /** The process is the command. */
  get hasExecuted(): boolean {
    return this.#hasExecuted
  }

  /** The batches without the events before its execve. */
  async *of(batches: AsyncIterable<readonly Event[]>): AsyncGenerator<readonly Event[], undefined> {
    // The call, if it is traced and batches ended within it.
    let entry: readonly Event[] = []
    for await (const events of batches) {
      if (this.#hasExecuted) {
        yield events
        continue
      }
      const own = events.filter(({ tid }) => tid === this.#pid)
      const exec = own.find(({ type }) => type === 'exec')
      if (exec === undefined) {
        const pending = own.filter(({ type, name }) => type === 'pending' && name === 'execve')
        entry = pending.length === 0 ? entry : pending
        continue
      }
      this.#hasExecuted = true
      yield [...entry, ...events.slice(events.indexOf(exec))]
    }
    return undefined
  }
}
