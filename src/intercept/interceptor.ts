/** Asks handlers about the calls that wait for them, and tells the engine what they decide. */

import { SyscopeError } from '../errors.ts'
import type { NativeSession } from '../native.ts'
import { KIND, SYSCALL } from '../record/layout.ts'
import { readRecords, type RawRecord } from '../record/reader.ts'
import { EnteringCallEvent, encodeDecision, LeavingCallEvent } from './calls.ts'
import type { Intercepted } from './read.ts'

const SIGKILL = 9

export class Interceptor {
  readonly #session: NativeSession
  readonly #intercepted: Intercepted
  #failure: { readonly error: unknown } | undefined

  constructor(session: NativeSession, intercepted: Intercepted) {
    this.#session = session
    this.#intercepted = intercepted
  }

  /** What the first handler that failed has thrown. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure
  }

  /** Asks about every call that waits. */
  look(): void {
    for (;;) {
      const question = this.#session.takeQuestion()
      if (question === null) return
      for (const record of readRecords(question)) this.#ask(record)
    }
  }

  /** The error of a run whose handlers took too long. */
  timedOut(): SyscopeError {
    const message = `A handler of \`intercept\` did not decide within ${this.#intercepted.timeout} ms (the option \`handlerTimeout\`), and all processes were killed.`
    return new SyscopeError('ERR_SYSCOPE_HANDLER_TIMEOUT', message)
  }

  #ask(record: RawRecord): void {
    // Sequence numbers stay far below 2^53.
    const question = Number(record.u64(SYSCALL.ENTRY_SEQ))
    try {
      const answer = this.#answer(record)
      if (answer instanceof Promise) {
        answer.then(
          (it: unknown) => this.#decide(question, it),
          (error: unknown) => this.#failed(question, error),
        )
      } else this.#decide(question, answer)
    } catch (error) {
      this.#failed(question, error)
    }
  }

  #answer(record: RawRecord): unknown {
    const isEntry = record.kind === KIND.PENDING
    const call = isEntry ? new EnteringCallEvent(record) : new LeavingCallEvent(record)
    const handlers = this.#intercepted.byName.get(call.name)
    const handler = isEntry ? handlers?.enter : handlers?.exit
    return handler?.(call)
  }

  #decide(question: number, answer: unknown): void {
    let decision
    try {
      decision = encodeDecision(answer)
    } catch (error) {
      return this.#failed(question, error)
    }
    this.#session.decide(question, decision)
  }

  #failed(question: number, error: unknown): void {
    this.#failure ??= { error }
    if (this.#intercepted.onFailure === 'kill') this.#session.kill(SIGKILL, true)
    else this.#session.decide(question, encodeDecision(undefined))
  }
}
