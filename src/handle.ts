/** What `trace()` returns: promise, stream and process in one. */

import type { Readable, Writable } from 'node:stream'
import { openTrace, writeTrace } from './archive/traces.ts'
import { decodeChunk } from './decode.ts'
import type { CompletedCall, Known, PendingEvent, ProcessEvent, SyscallEvent, TraceEvent } from './events.ts'
import type { Reader } from './feed.ts'
import { checkRecorded, type CallSet } from './filter.ts'
import { signalNumber, type SignalName } from './names.ts'
import type { Result, TraceResult } from './result.ts'
import { Run, type RunPlan } from './run.ts'
import type { SyscallName } from './table/index.ts'
import { invalid } from './checks.ts'
import { inspect } from 'node:util'

/** What `kill()` is told. */
export interface KillOptions {
  /**
   * Signal to send.
   * @default the option `killSignal`
   */
  readonly signal?: SignalName | number

  /**
   * Send it to every process of the run.
   * @default false
   */
  readonly tree?: boolean
}

/**
 * A run: the promise of its result, its events as an async iterable, and the process.
 * @example
 * const run = trace('node', ['server.js'])
 * run.on('listen', () => run.kill())
 * const { signal } = await run
 */
export interface Trace<N = SyscallName, Stdout = unknown, Stderr = unknown>
  extends Promise<TraceResult<N, Stdout, Stderr>>, AsyncIterable<TraceEvent<Known<N>>, undefined>, AsyncDisposable {
  /** Process id of the command, or of the first process attached to; `undefined` where nothing could be started. */
  readonly pid: number | undefined
  /** The command's standard input, where that is a pipe. */
  readonly stdin: Writable | undefined
  /** The command's standard output, where that is a pipe. */
  readonly stdout: Readable | undefined
  /** The command's standard error, where that is a pipe. */
  readonly stderr: Readable | undefined
  /**
   * Sends a signal to the first process, or with `tree` to all, by default that of the option `killSignal`. Signal 0 only asks. Returns
   * whether anyone was there.
   */
  kill(signal?: SignalName | number): boolean
  kill(options: KillOptions): boolean
  /**
   * Lets the processes go; they run on untraced, and the run is over. Throws ERR_SYSCOPE_FILTER_HOLDS_TRACEE in mode `'filter'`: start it
   * with `detachable: true`.
   */
  detach(): void
  /** Records nothing from now on; the processes stay traced, and the result says `recording-stopped`. */
  stopRecording(): void
  /**
   * Calls `handler` for each event of a kind from now on, for `'event'` of every kind, or for each completed call of a name. `exit`
   * and `fork` mean the events. The events are kept for the result too. What a handler throws is an uncaught exception of this process.
   *
   * Throws ERR_SYSCOPE_NOT_RECORDED for a call that the filter leaves out. (Nothing is returned: a run is a promise, and linters want
   * promises awaited.)
   */
  on<Type extends ProcessEvent['type']>(
    type: Type,
    handler: (event: Extract<ProcessEvent, { readonly type: Type }>) => void,
  ): void
  on(type: 'syscall', handler: (event: CompletedCall<Known<N>>) => void): void
  on(type: 'pending', handler: (event: PendingEvent<Known<N>>) => void): void
  on(type: 'event', handler: (event: TraceEvent<Known<N>>) => void): void
  on<Name extends Known<N>>(name: Name, handler: (event: SyscallEvent<Name>) => void): void
  /** Takes a handler of `on` away. */
  off(word: Known<N> | TraceEvent['type'] | 'event', handler: (event: never) => void): void
  /** Keeps this process alive until the run is over, as it does from the start. */
  ref(): void
  /** Lets this process end before the run is over, which kills the command. */
  unref(): void
  /** The events as they happen. Leaving the loop ends the run: kills what was started, lets go what was attached to. */
  [Symbol.asyncIterator](): AsyncIterator<TraceEvent<Known<N>>, undefined>
  /** Ends the run and waits for its end. */
  [Symbol.asyncDispose](): Promise<void>
}

type Handler = (event: TraceEvent) => void

/** What `on` takes beside names of calls. A record, so that the compiler misses none. */
const eventTypes: Readonly<Record<TraceEvent['type'] | 'event', true>> = {
  event: true,
  syscall: true,
  pending: true,
  signal: true,
  fork: true,
  exec: true,
  exit: true,
  stop: true,
  continue: true,
  attach: true,
  detach: true,
  superseded: true,
  gap: true,
  leaked: true,
}

/** The class behind `Trace`. It knows neither names nor outputs of its options. */
export class Handle implements Promise<Result> {
  readonly [Symbol.toStringTag] = 'Trace'
  readonly #run: Run | undefined
  readonly #done: Promise<Result>
  readonly #handlers = new Map<string, Set<Handler>>()
  readonly #killSignal: number = 15
  readonly #recorded: readonly CallSet[] = ['all']

  /** Never throws: what `plan` throws becomes the rejection. */
  constructor(plan: () => RunPlan) {
    try {
      const planned = plan()
      const { killSignal, calls, rules } = planned.settings
      this.#killSignal = killSignal
      this.#recorded = [calls, ...rules.map((rule) => rule.recorded)]
      this.#run = new Run(planned)
      this.#done = this.#run.done
    } catch (error) {
      this.#done = Promise.reject(error)
    }
  }

  get pid(): number | undefined {
    return this.#run?.pid
  }

  get stdin(): Writable | undefined {
    return this.#run?.stdin
  }

  get stdout(): Readable | undefined {
    return this.#run?.stdout?.stream
  }

  get stderr(): Readable | undefined {
    return this.#run?.stderr?.stream
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise.
  then<A = Result, B = never>(
    onFulfilled?: ((value: Result) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#done.then(onFulfilled, onRejected)
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<Result | B> {
    return this.#done.catch(onRejected)
  }

  finally(onFinally?: (() => void) | null): Promise<Result> {
    return this.#done.finally(onFinally)
  }

  kill(how?: SignalName | number | KillOptions): boolean {
    const { signal, tree = false } = typeof how === 'object' ? how : { signal: how }
    const number = typeof signal === 'string' ? signalNumber(signal) : (signal ?? this.#killSignal)
    if (number === undefined || !Number.isInteger(number) || number < 0 || number > 64) {
      throw invalid(`Expected the signal of kill() to be a signal's name or number, got ${inspect(signal)}.`)
    }
    return this.#run?.kill(number, tree) ?? false
  }

  detach(): void {
    this.#run?.detach()
  }

  stopRecording(): void {
    this.#run?.stopRecording()
  }

  on(word: string, handler: Handler): void {
    if (typeof handler !== 'function') throw invalid(`Expected the handler to be a function, got ${inspect(handler)}.`)
    if (!Object.hasOwn(eventTypes, word)) checkRecorded([word], this.#recorded, 'on()')
    if (this.#handlers.size === 0) this.#run?.feed.listen(this.#dispatch)
    const handlers = this.#handlers.get(word)
    if (handlers === undefined) this.#handlers.set(word, new Set([handler]))
    else handlers.add(handler)
  }

  off(word: string, handler: Handler): void {
    const handlers = this.#handlers.get(word)
    if (handlers?.delete(handler) !== true || handlers.size > 0) return
    this.#handlers.delete(word)
    if (this.#handlers.size === 0) this.#run?.feed.unlisten(this.#dispatch)
  }

  ref(): void {
    this.#run?.ref()
  }

  unref(): void {
    this.#run?.unref()
  }

  [Symbol.asyncIterator](): AsyncGenerator<TraceEvent, undefined, undefined> {
    return this.#read(decodeChunk)
  }

  batches(): AsyncIterable<readonly TraceEvent[]> {
    return this.#read((chunk) => [[...decodeChunk(chunk)]])
  }

  /** Rejects where the file can't be written, or as the run does. */
  async saveTo(path: string): Promise<void> {
    const run = this.#run
    if (run === undefined) return void (await this.#done)
    // At once, so that nothing is missed while the file is made.
    const reader = run.feed.read()
    try {
      await writeTrace(await openTrace(path, run.start), reader, this.#done)
    } finally {
      reader.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#run?.endNow()
    // Who wants to know how it ended awaits the run itself.
    await this.#done.catch(() => {})
  }

  /** Registers the reader now, not at the first `next`, so that nothing is missed and no failure counts as unhandled. */
  #read<T>(decode: (chunk: Uint8Array) => Iterable<T>): AsyncGenerator<T, undefined, undefined> {
    this.#done.catch(() => {})
    return this.#items(this.#run?.feed.read(), decode)
  }

  async *#items<T>(
    reader: Reader | undefined,
    decode: (chunk: Uint8Array) => Iterable<T>,
  ): AsyncGenerator<T, undefined, undefined> {
    try {
      for (;;) {
        const chunk = await reader?.next()
        if (chunk === undefined) break
        yield* decode(chunk)
      }
      await this.#done
    } finally {
      reader?.close()
      this.#run?.endNow()
      await this.#done.catch(() => {})
    }
    return undefined
  }

  readonly #dispatch = (chunk: Uint8Array): void => {
    for (const event of decodeChunk(chunk)) {
      const isCall = event.type === 'syscall' || event.type === 'pending'
      this.#tell('event', event)
      this.#tell(event.type, event)
      if (isCall && event.type === 'syscall' && !isEventType(event.name)) this.#tell(event.name, event)
    }
  }

  #tell(word: string, event: TraceEvent): void {
    for (const handler of this.#handlers.get(word) ?? []) {
      try {
        handler(event)
      } catch (error) {
        // As with any emitter, but the other handlers still hear of it.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}

/** Two calls have the name of a kind of event, which it means then. */
function isEventType(name: string): boolean {
  return name === 'exit' || name === 'fork'
}
