/** Asks handlers about the calls that wait for them, and tells the engine what they decide. */

import { SyscopeError } from '../errors.ts'
import type { NativeSession } from '../native.ts'
import { KIND, SYSCALL } from '../record/layout.ts'
import { readRecords, type RawRecord } from '../record/reader.ts'
import type { CompiledRule } from '../rules/compile.ts'
import { EnteringCallEvent, LeavingCallEvent, noDecision, type AskedCall } from './calls.ts'
import type { Entry, FailurePolicy, Intercepted } from './read.ts'

const SIGKILL = 9

const outcomes: Readonly<Record<FailurePolicy, string>> = {
  kill: 'all processes were killed',
  detach: 'all processes were let go',
  continue: 'the call went on',
}

interface Question {
  readonly call: AskedCall
  readonly since: number
}

export class Interceptor {
  readonly #session: NativeSession
  readonly #intercepted: Intercepted
  readonly #rules: readonly CompiledRule[]
  /** Where the rules of handlers begin. */
  readonly #first: number
  readonly #policy: FailurePolicy
  /** Questions without an answer; those of threads that were killed stay. */
  readonly #open = new Map<number, Question>()
  /** The first call that was answered too late. */
  #late: AskedCall | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(session: NativeSession, intercepted: Intercepted, rules: readonly CompiledRule[], policy: FailurePolicy) {
    this.#session = session
    this.#intercepted = intercepted
    this.#rules = rules
    this.#first = rules.findIndex(({ rule }) => rule.option === 'intercept')
    this.#policy = policy
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

  /** The error of a run in which calls were not decided in time; undefined where those just went on. */
  timedOut(): SyscopeError | undefined {
    if (this.#policy === 'continue') return undefined
    const [oldest] = this.#open.values()
    const call = this.#late ?? oldest?.call
    const who = call === undefined ? 'A handler of `intercept`' : `The handler of \`${call.name}\``
    const about = call === undefined ? '' : ` (In ${call.describe()})`
    const message = `${who} did not decide within ${this.#intercepted.timeout} ms (the option \`handlerTimeout\`), and ${outcomes[this.#policy]}.${about}`
    return new SyscopeError('ERR_SYSCOPE_HANDLER_TIMEOUT', message)
  }

  /** The questions that wait for an answer now, of all processes or of one. */
  waiting(pid?: number): readonly number[] {
    this.look()
    return [...this.#open].filter(([, { call }]) => pid === undefined || call.pid === pid).map(([question]) => question)
  }

  /** No thread is to wait for these any longer: a call that has not run fails with EINTR, as where a signal comes first. */
  giveUp(questions: readonly number[]): void {
    for (const question of questions) {
      const open = this.#close(question)
      if (open !== undefined) this.#session.decide(question, open.call.encodeInterruption())
    }
  }

  #ask(record: RawRecord): void {
    // Sequence numbers stay far below 2^53.
    const question = Number(record.u64(SYSCALL.ENTRY_SEQ))
    const isEntry = record.kind === KIND.PENDING
    const call = isEntry ? new EnteringCallEvent(record) : new LeavingCallEvent(record)
    const entry = this.#entryFor(call, record.u16(SYSCALL.RULE))
    this.#open.set(question, { call, since: performance.now() })
    try {
      const answer = isEntry ? entry?.enter?.(call) : entry?.exit?.(call)
      if (isThenable(answer)) {
        Promise.resolve(answer).then(
          (it: unknown) => this.#decide(question, it),
          (error: unknown) => this.#failed(question, error),
        )
      } else this.#decide(question, answer)
    } catch (error) {
      this.#failed(question, error)
    }
  }

  /** By the rule that asks; by the call where a rule has acted on its outcome since. */
  #entryFor(call: AskedCall, id: number): Entry | undefined {
    const { entries } = this.#intercepted
    const found = entries[id - 1 - this.#first]
    return found ?? entries.find((_, index) => this.#rules[this.#first + index]?.calls.has(call.spelled))
  }

  #decide(question: number, answer: unknown): void {
    const open = this.#open.get(question)
    if (open === undefined) return
    try {
      const actions = open.call.encode(answer)
      // Closed afterwards: where the engine refuses it, the failure is told and the thread let on.
      this.#session.decide(question, actions)
      this.#close(question)
    } catch (error) {
      this.#failed(question, error)
    }
  }

  #failed(question: number, error: unknown): void {
    // Of what was given up nobody wants to hear.
    if (this.#close(question) === undefined) return
    this.#failure ??= { error }
    if (this.#policy === 'kill') this.#session.kill(SIGKILL, true)
    else if (this.#policy === 'detach') this.#session.detach()
    else this.#session.decide(question, noDecision)
  }

  #close(question: number): Question | undefined {
    const open = this.#open.get(question)
    if (open === undefined) return undefined
    this.#open.delete(question)
    const { timeout } = this.#intercepted
    if (timeout > 0 && performance.now() - open.since > timeout) this.#late ??= open.call
    return open
  }
}

/** Also promises of another realm or library. */
function isThenable(it: unknown): it is PromiseLike<unknown> {
  return typeof it === 'object' && it !== null && 'then' in it && typeof it.then === 'function'
}
