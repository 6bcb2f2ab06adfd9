/** --load: a trace that was saved goes where a trace that goes on would, by the same options. */

import {
  loadTrace,
  selectCalls,
  signalNumber,
  syscallNames,
  SyscopeError,
  type SavedTrace,
  type TraceEvent,
} from '../../index.ts'
import { sayWhatIsMissing } from './missing.ts'
import { createOutput } from './output.ts'
import { withoutOverhead } from './overhead.ts'
import { ProgressLine } from './progress.ts'
import { withRealPaths } from './real-paths.ts'
import { say } from './say.ts'
import type { Settings } from './settings.ts'
import { NoReaderError, openSink, standardOutput, type Sink } from './sink.ts'
import { dieOf } from './status.ts'
import { summaryText } from './summary.ts'

/** What takes less has no need of a line that says how far it is. */
const progressAfterMs = 500

/** Resolves with 0 where the trace is whole; with 1 where it breaks off or is damaged: what can be read has been shown then. */
export async function showSaved(path: string, settings: Settings): Promise<number> {
  const saved = await loadTrace(path)
  settings.paths = withRealPaths(settings)
  if (settings.clock !== undefined) settings.realtimeOffsetNs = saved.realtimeOffsetNs
  const sink = openSink(settings, standardOutput)
  const progress = new ProgressLine(progressAfterMs)
  try {
    const error = await show(saved, settings, sink, progress)
    await sink.close()
    return sayHowItEnds(saved, settings, error)
  } catch (error) {
    // Who reads no further, as `head`, has had enough.
    if (error instanceof NoReaderError) dieOf(signalNumber('SIGPIPE') ?? 1)
    throw error
  } finally {
    progress.clear()
  }
}

/** Resolves with what kept the rest from being read. */
async function show(
  saved: SavedTrace,
  settings: Settings,
  sink: Sink,
  progress: ProgressLine,
): Promise<SyscopeError | undefined> {
  // Lines that come out say themselves how far it is.
  const isSeen = sink.isTerminal && settings.summary !== 'only'
  const reader = new Reader(saved, isSeen ? undefined : progress)
  const first = await reader.next()
  // Only processes that ran already are said to be attached to.
  if (first.some((event) => event.type === 'attach')) settings.attach = pidsIn(saved)
  const output = createOutput(settings, sink, settings.attach.length === 0 ? saved.pid : undefined)
  const wanted = new Wanted(settings, saved.pid)
  for (let events = first; events.length > 0 && !output.isFull; events = await reader.next()) {
    // Arguments are decoded only here; those of a block that breaks off have no checksum.
    reader.unlessDamaged(() => output.write(wanted.of(events)))
  }
  progress.clear()
  output.end()
  if (wanted.left > 0 && settings.quietness === 0) {
    say(`not shown without -f: ${wanted.left} other thread${wanted.left === 1 ? '' : 's'} of the trace`)
  }
  if (settings.summary === 'none') return reader.error
  const { summarySortBy: sortBy, summaryColumns: columns, wallClock, overheadNs } = settings
  const isCounted = settings.summary === 'only' && reader.error?.code === 'ERR_SYSCOPE_NOT_RECORDED'
  const counts = isCounted ? wanted.calls(saved.summary().calls) : (output.summary()?.calls ?? [])
  sink.write(summaryText(withoutOverhead(counts, overheadNs), { sortBy, columns, wallClock }))
  return isCounted ? undefined : reader.error
}

/** Batches, as long as there are any that can be read. */
class Reader {
  /** Why there are no more, where that is not the end of the trace. */
  error: SyscopeError | undefined
  readonly #path: string
  readonly #batches: AsyncIterator<readonly TraceEvent[]>
  readonly #progress: ProgressLine | undefined
  readonly #total: number
  #done = 0

  constructor(saved: SavedTrace, progress: ProgressLine | undefined) {
    this.#path = saved.path
    this.#batches = saved.batches()[Symbol.asyncIterator]()
    this.#progress = progress
    this.#total = saved.blocks.reduce((sum, { events }) => sum + events, 0)
  }

  /** Empty at the end. */
  async next(): Promise<readonly TraceEvent[]> {
    while (this.error === undefined) {
      const { done, value } = await this.#batches.next().catch((error: unknown) => this.#fail(error))
      if (done === true) break
      this.#done += value.length
      this.#progress?.show(() => this.#text())
      if (value.length > 0) return value
    }
    return []
  }

  /** Does what can find out that the trace is damaged; it ends here then. */
  unlessDamaged(show: () => void): void {
    try {
      show()
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): IteratorReturnResult<undefined> {
    if (!(error instanceof SyscopeError)) throw error
    this.error = error
    return { done: true, value: undefined }
  }

  #text(): string {
    // Calls that were announced come twice, and are counted once.
    return `${this.#path}: ${Math.min(99, Math.floor((100 * this.#done) / this.#total))} %`
  }
}

type Call = Parameters<ReturnType<typeof selectCalls>>[0]

/** What -e trace= and -f leave of the events, as if only that had been recorded. */
class Wanted {
  readonly #isWanted: ((call: Call) => boolean) | undefined
  /** Undefined: all. */
  readonly #threads: ReadonlySet<number> | undefined
  readonly #left = new Set<number>()

  constructor({ trace, follow, attach }: Settings, pid: number) {
    if (trace !== undefined && trace !== 'all') this.#isWanted = selectCalls(trace)
    if (!follow) this.#threads = new Set(attach.length === 0 ? [pid] : attach)
  }

  of(events: readonly TraceEvent[]): readonly TraceEvent[] {
    if (this.#isWanted === undefined && this.#threads === undefined) return events
    return events.filter((event) => this.#has(event))
  }

  /** Threads of which nothing was shown. */
  get left(): number {
    return this.#left.size
  }

  calls<Each extends { readonly name: string }>(calls: readonly Each[]): readonly Each[] {
    return calls.filter(({ name }) => this.#isWanted?.({ name, abi: 'x86_64' }) !== false)
  }

  #has(event: TraceEvent): boolean {
    if (this.#threads?.has(event.tid) === false) {
      this.#left.add(event.tid)
      return false
    }
    // That there are children is not told where they are not followed.
    if (event.type === 'fork') return this.#threads === undefined
    return (event.type !== 'syscall' && event.type !== 'pending') || this.#isWanted?.(event) !== false
  }
}

/** The processes that were attached to; the first of them where the rest is not known. */
function pidsIn({ command, pid }: SavedTrace): number[] {
  const [, pids = String(pid)] = /^process (\d+(?:, \d+)*)$/.exec(command) ?? []
  return pids.split(', ').map(Number)
}

/** Returns the exit status. */
function sayHowItEnds(saved: SavedTrace, settings: Settings, error: SyscopeError | undefined): number {
  const { path, truncated, incomplete } = saved
  if (settings.quietness < 2) {
    sayWhatWasNotRecorded(saved, settings)
    // It is said as what it is.
    sayWhatIsMissing(new Set(incomplete.filter((it) => it !== 'unknown')), settings, false)
  }
  if (error !== undefined) say(error.message.includes(path) ? error.message : `${path}: ${error.message}`)
  if (truncated) say(`${path}: the trace breaks off here, and does not say how the run ended`)
  return error === undefined && !truncated ? 0 : 1
}

/** Calls that -e trace= names, and that no record could be there of. */
function sayWhatWasNotRecorded({ recorded }: SavedTrace, { trace }: Settings): void {
  if (recorded === 'all' || trace === undefined || trace === 'all') return
  const isWanted = selectCalls(trace)
  const isRecorded = selectCalls([...recorded])
  const missing = syscallNames.filter((name) => {
    const call = { name, abi: 'x86_64' } as const
    return isWanted(call) && !isRecorded(call)
  })
  if (missing.length === 0) return
  const few = missing.slice(0, 6).join(', ')
  const more = missing.length > 6 ? ` and ${missing.length - 6} more` : ''
  say(`the trace was recorded with a filter that leaves out ${few}${more}`)
}
