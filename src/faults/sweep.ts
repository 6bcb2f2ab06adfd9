/** Run after run until nothing is left to fail: several at a time, with limits, and with an eye on what no longer happens. */

import type { Progress, FaultRun, FaultsResult } from './options.ts'
import { nextTask, taskText, type Line, type Task } from './plan.ts'

export interface Limits {
  readonly concurrency: number
  readonly mostBugs: number
  readonly maxRuns: number
  readonly timeBudget: number | undefined
  readonly signal: AbortSignal | undefined
}

/** Runs the command with one fault; `undefined` where the call that was to fail never came. Rejects once `signal` aborts. */
export type Attempt = (task: Task, signal: AbortSignal) => Promise<FaultRun | undefined>

export interface Swept {
  readonly runs: readonly { readonly task: Task; readonly run: FaultRun }[]
  readonly missed: number
  readonly left: number
  readonly stoppedBy: FaultsResult['stoppedBy']
}

export async function sweep(
  tasks: readonly Task[],
  attempt: Attempt,
  limits: Limits,
  onProgress: (progress: Progress) => void,
): Promise<Swept> {
  const state = new Sweep(tasks, limits, onProgress)
  const stop = (): void => state.end('signal')
  limits.signal?.addEventListener('abort', stop, { once: true })
  if (limits.signal?.aborted === true) stop()
  const timer =
    limits.timeBudget === undefined ? undefined : setTimeout(() => state.end('timeBudget'), limits.timeBudget)
  try {
    // Nothing goes on behind the caller's back, whatever one of them throws.
    const workers = Array.from({ length: limits.concurrency }, () => work(state, attempt))
    const failed = (await Promise.allSettled(workers)).find((it) => it.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  } finally {
    clearTimeout(timer)
    limits.signal?.removeEventListener('abort', stop)
  }
  return state.result()
}

/** One of those that run side by side. */
async function work(state: Sweep, attempt: Attempt): Promise<void> {
  try {
    for (let task = state.take(); task !== undefined; task = state.take()) {
      const run = await attempt(task, state.ending).catch((error: unknown) => {
        if (!state.isOver) throw error
        return 'abandoned' as const
      })
      if (run === 'abandoned') state.abandon()
      else state.ended(task, run)
    }
  } catch (error) {
    state.fail()
    throw error
  }
}

class Sweep {
  readonly #limits: Limits
  readonly #onProgress: (progress: Progress) => void
  readonly #waiting: Task[]
  /** Of each line and kind of fault, the first call that did not come. */
  readonly #gone = new Map<string, number>()
  readonly #runs: { task: Task; run: FaultRun }[] = []
  readonly #abort = new AbortController()
  #started = 0
  #done = 0
  #missed = 0
  #abandoned = 0
  #bugs = 0
  #stoppedBy: FaultsResult['stoppedBy']
  #hasFailed = false

  constructor(tasks: readonly Task[], limits: Limits, onProgress: (progress: Progress) => void) {
    this.#waiting = [...tasks].toReversed()
    this.#limits = limits
    this.#onProgress = onProgress
  }

  /** Aborts the runs under way where there is no time left for them. */
  get ending(): AbortSignal {
    return this.#abort.signal
  }

  get isOver(): boolean {
    return this.#abort.signal.aborted
  }

  end(why: 'signal' | 'timeBudget'): void {
    this.#stoppedBy ??= why
    this.#abort.abort()
  }

  /** Ends the others where one of them could not run at all. */
  fail(): void {
    this.#hasFailed = true
    this.#abort.abort()
  }

  take(): Task | undefined {
    if (this.#stoppedBy !== undefined || this.#hasFailed) return undefined
    let task = this.#waiting.pop()
    while (task !== undefined && this.#isGone(task)) {
      this.#missed += 1
      task = this.#waiting.pop()
    }
    if (task === undefined) return undefined
    if (this.#started >= this.#limits.maxRuns) {
      this.#waiting.push(task)
      this.#stoppedBy = 'maxRuns'
      return undefined
    }
    this.#started += 1
    this.#tell(task, undefined)
    return task
  }

  ended(task: Task, run: FaultRun | undefined): void {
    this.#done += 1
    if (run === undefined) {
      this.#missed += 1
      this.#gone.set(keyOf(task), Math.min(task.nth, this.#gone.get(keyOf(task)) ?? Infinity))
    } else {
      this.#runs.push({ task, run })
      if (run.isBug) this.#bugs += 1
      // Of calls whose number is not always the same there can be more.
      if (!task.line.isSteady && task.nth >= task.line.count) this.#waiting.unshift(nextTask(task))
      if (this.#bugs >= this.#limits.mostBugs) this.#stoppedBy ??= 'stopOn'
    }
    this.#tell(task, run)
  }

  abandon(): void {
    this.#abandoned += 1
  }

  result(): Swept {
    const runs = this.#runs.toSorted((a, b) => a.task.position - b.task.position || a.task.nth - b.task.nth)
    const left = this.#waiting.length + this.#abandoned
    // What ended with the last run was not stopped.
    return { runs, missed: this.#missed, left, stoppedBy: left === 0 ? undefined : this.#stoppedBy }
  }

  #isGone(task: Task): boolean {
    return task.nth >= (this.#gone.get(keyOf(task)) ?? Infinity)
  }

  #tell(task: Task, run: FaultRun | undefined): void {
    this.#onProgress({
      done: this.#done,
      total: this.#started + this.#waiting.length,
      found: this.#bugs,
      current: taskText(task),
      ...(run === undefined ? {} : { run }),
    })
  }
}

const lineNumbers = new WeakMap<Line, number>()
let lastLine = 0

function keyOf({ line, kind, isLasting }: Task): string {
  let number = lineNumbers.get(line)
  if (number === undefined) lineNumbers.set(line, (number = lastLine += 1))
  return `${number} ${kind.label} ${isLasting}`
}
