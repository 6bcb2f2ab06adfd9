/** One run from start to end: session, pipes, timers, consumers. */

import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import type { TraceStart } from './archive/head.ts'
import { CommandError } from './command-error.ts'
import { startSession, type Subject } from './engine.ts'
import { SyscopeError } from './errors.ts'
import { failureError, type Target } from './failure.ts'
import { Feed } from './feed.ts'
import { reasonsOf } from './moment.ts'
import { signalName } from './names.ts'
import type { NativeEnd, NativeSession } from './native.ts'
import { Interceptor } from './intercept/interceptor.ts'
import { failurePolicy } from './intercept/read.ts'
import { makeStdin, Output } from './output.ts'
import { Result } from './result.ts'
import type { Settings } from './validate.ts'

/** After this time `killSignal` has had its chance. */
const forceKillAfterMs = 5000
/** How long handlers that are at work may hold up a signal. */
const handlersEndWithinMs = 100
const longestMs = 2 ** 31 - 1
const SIGKILL = 9

export interface RunPlan {
  readonly subject: Subject
  readonly settings: Settings
  readonly target: Target
  /** The command as one would type it. */
  readonly command: string
  /** Where it begins. */
  readonly cwd: string | undefined
}

export class Run {
  readonly pid: number
  readonly stdout: Output | undefined
  readonly stderr: Output | undefined
  readonly feed: Feed
  /** Settles once the run is over and its pipes are closed. */
  readonly done: Promise<Result>
  readonly #plan: RunPlan
  readonly #session: NativeSession
  readonly #stdin: Socket | undefined
  readonly #interceptor: Interceptor | undefined
  readonly #startedAt = performance.now()
  /** Keeps the event loop alive: the engine's thread does not. */
  readonly #alive = setInterval(() => {}, longestMs)
  #timers: NodeJS.Timeout[] = []
  /** False where nothing could be started; the engine may call all the same. */
  #isStarted = false
  #isWaking = false
  #end: NativeEnd | undefined
  #isTimedOut = false
  #isReferenced = true
  readonly #onAbort = (): void => this.#endSoon()
  #settle: (end: NativeEnd) => void = () => {}

  /** Throws where nothing could be started. */
  constructor(plan: RunPlan) {
    const { settings } = plan
    this.#plan = plan
    try {
      this.#session = startSession(plan.subject, settings, plan.target, () => this.#onWake())
    } catch (error) {
      clearInterval(this.#alive)
      throw error
    }
    this.pid = this.#session.pid
    const { intercepted, rules } = settings
    if (intercepted !== undefined) {
      const policy = failurePolicy(intercepted, 'attach' in plan.subject)
      this.#interceptor = new Interceptor(this.#session, intercepted, rules, policy)
    }
    this.feed = new Feed(this.#session, settings.keep, settings.backpressure === 'wait')
    const [stdin, stdout, stderr] = this.#session.stdio
    if (stdin >= 0) this.#stdin = makeStdin(stdin, settings.input)
    if (stdout >= 0) this.stdout = new Output(stdout)
    if (stderr >= 0) this.stderr = new Output(stderr)
    this.done = new Promise<NativeEnd>((resolve) => {
      this.#settle = resolve
    }).then((end) => this.#finish(end))
    this.#watchLimits()
    this.#isStarted = true
  }

  get stdin(): Writable | undefined {
    return this.#stdin
  }

  /** What is known before the end. */
  get start(): TraceStart {
    const { settings, command, cwd } = this.#plan
    return { command, pid: this.pid, cwd, calls: settings.calls, rules: settings.rules }
  }

  get isOver(): boolean {
    return this.#end !== undefined
  }

  kill(signal: number, tree: boolean): boolean {
    if (this.isOver || !this.#session.kill(signal, tree)) return false
    // Signal 0 only asks whether somebody is there.
    if (signal !== 0) this.#getThrough(tree ? undefined : this.pid)
    return true
  }

  /** No signal reaches a thread that waits for a handler: after a little while it waits no longer. */
  #getThrough(pid: number | undefined): void {
    const waiting = this.#interceptor?.waiting(pid) ?? []
    if (waiting.length === 0) return
    // Where this process was busy, handlers whose own time has come get their turn first.
    this.#after(handlersEndWithinMs, () => setImmediate(() => this.#interceptor?.giveUp(waiting)))
  }

  detach(): void {
    if (this.isOver || this.#session.detach() || this.#session.end() !== null) return
    throw new SyscopeError(
      'ERR_SYSCOPE_FILTER_HOLDS_TRACEE',
      'A process under a filter cannot be let go: its calls would fail. Use `stopRecording()`, or start it with `detachable: true`.',
      { pid: this.pid },
    )
  }

  stopRecording(): void {
    if (!this.isOver) this.#session.stopRecording()
  }

  /** Ends the run now: kills what was started, lets go what was attached to. */
  endNow(): void {
    if (this.isOver) return
    if ('attach' in this.#plan.subject) this.#session.detach()
    else this.#session.kill(SIGKILL, true)
  }

  ref(): void {
    this.#isReferenced = true
    for (const it of this.#handles()) it?.ref()
  }

  unref(): void {
    this.#isReferenced = false
    for (const it of this.#handles()) it?.unref()
  }

  /** What keeps the event loop alive. */
  #handles(): readonly ({ ref(): unknown; unref(): unknown } | undefined)[] {
    return [this.#alive, ...this.#timers, this.#stdin, this.stdout, this.stderr]
  }

  /** May come at any time and several times; work is done outside of the engine's call. */
  #onWake(): void {
    if (this.#isWaking) return
    this.#isWaking = true
    queueMicrotask(() => {
      this.#isWaking = false
      if (this.#isStarted) this.#look()
    })
  }

  #look(): void {
    if (this.isOver) return
    this.#interceptor?.look()
    this.feed.wake()
    const end = this.#session.end()
    if (end === null) return
    this.#end = end
    this.feed.finish()
    this.#settle(end)
  }

  #watchLimits(): void {
    const { timeout, signal } = this.#plan.settings
    if (timeout > 0) {
      this.#after(timeout, () => {
        // This process may have been too busy to hear of an end that came in time.
        this.#look()
        if (this.isOver) return
        this.#isTimedOut = true
        this.#endSoon()
      })
    }
    signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Asks the processes to end, and makes them end a little later. */
  #endSoon(): void {
    if (this.isOver) return
    if ('attach' in this.#plan.subject) return this.endNow()
    this.kill(this.#plan.settings.killSignal, true)
    this.#after(forceKillAfterMs, () => this.endNow())
  }

  #after(ms: number, action: () => void): void {
    const timer = setTimeout(action, ms)
    if (!this.#isReferenced) timer.unref()
    this.#timers.push(timer)
  }

  async #finish(end: NativeEnd): Promise<Result> {
    const durationMs = performance.now() - this.#startedAt
    for (const timer of this.#timers) clearTimeout(timer)
    this.#plan.settings.signal?.removeEventListener('abort', this.#onAbort)
    const outputs = [this.stdout, this.stderr].filter((it) => it !== undefined)
    await Promise.all(outputs.map((it) => it.closed()))
    const wasLetGo = end.exitCode === undefined && end.signal === undefined
    for (const it of [this.#stdin, ...outputs]) {
      // A process that was let go may go on reading and writing.
      if (wasLetGo) it?.unref()
      else it?.destroy()
    }
    clearInterval(this.#alive)
    if (end.failure !== undefined) throw failureError(end.failure, this.#plan.target)
    this.#checkHandlers(end)
    return this.#judge(this.#makeResult(end, durationMs))
  }

  /** What a handler has thrown, whatever has become of the run. */
  #checkHandlers({ unanswered }: NativeEnd): void {
    const failure = this.#interceptor?.failure
    if (failure !== undefined) throw failure.error
    const error = unanswered > 0 ? this.#interceptor?.timedOut() : undefined
    if (error !== undefined) throw error
  }

  #makeResult(end: NativeEnd, durationMs: number): Result {
    const { settings, command, cwd } = this.#plan
    const { feed } = this
    const ending = {
      command,
      pid: this.pid,
      cwd,
      exitCode: end.exitCode,
      signal: end.signal === undefined ? undefined : signalName(end.signal),
      coreDumped: end.coreDumped,
      stdout: this.stdout?.value(settings.encoding),
      stderr: this.stderr?.value(settings.encoding),
      timedOut: this.#isTimedOut,
      durationMs,
      mode: end.mode,
      fallback: end.fallback,
      complete: end.incomplete === 0,
      incomplete: reasonsOf(end.incomplete),
    }
    const counts = settings.counting ? this.#session.counts() : undefined
    return new Result(ending, {
      get isKept() {
        return feed.isKept
      },
      chunks: () => feed.all(),
      notable: () => feed.notable(),
      counts: () => counts,
      calls: settings.calls,
      rules: settings.rules,
      ruleEnds: end.rules,
    })
  }

  #judge(result: Result): Result {
    const { signal, reject } = this.#plan.settings
    // The class has the public type's properties, with wider types.
    const shape = result as object as CommandError['result']
    if (signal?.aborted === true) throw new CommandError('ERR_SYSCOPE_ABORTED', shape, { cause: signal.reason })
    if (!reject) return result
    if (result.timedOut) throw new CommandError('ERR_SYSCOPE_TIMEOUT', shape)
    const hasFailed = result.signal !== undefined || (result.exitCode !== undefined && result.exitCode !== 0)
    if (hasFailed) throw new CommandError('ERR_SYSCOPE_COMMAND_FAILED', shape)
    return result
  }
}
