/** Tries a profile with each of its calls taken away: which of them does a command need? */

import { availableParallelism } from 'node:os'
import { checkOptions, invalid, isInteger, type Check } from '../checks.ts'
import { SyscopeError } from '../errors.ts'
import type { TraceOptions } from '../options.ts'
import type { TraceResult } from '../result.ts'
import { trace } from '../trace.ts'
import { traceChecks } from '../validate.ts'
import { exactName } from '../table/abi.ts'
import { abis, plainWord, type CallSetOfRuns } from './calls.ts'
import { rulesOf } from './rules.ts'

/** What `removals()` decides itself. */
const ours = ['filter', 'deny', 'counting', 'keep', 'reject', 'mode', 'detachable', 'follow'] as const

/** The options of `trace()` that the command is run with, and how often it is run at once. */
export interface RemovalOptions extends Omit<TraceOptions, (typeof ours)[number]> {
  /**
   * Runs at the same time. A command that writes files needs 1, or `prepare`.
   * @default the number of processors
   */
  readonly concurrency?: number
  /** Called after each run. */
  readonly onProgress?: (progress: RemovalProgress) => void
  /**
   * Gives each run options of its own, a directory to write to, say. `call` is the one that is taken away; it is `undefined` for the
   * runs under the whole profile.
   */
  readonly prepare?: (call: string | undefined) => Surroundings | Promise<Surroundings>
}

/** Options of one run. */
export type Surroundings = Pick<TraceOptions, 'cwd' | 'env' | 'input'>

/** Where `removals()` stands. */
export interface RemovalProgress {
  /** Tries that have ended. */
  readonly done: number
  /** All tries: one for each call of the profile. */
  readonly total: number
  /** The one that has just ended. */
  readonly removal: Removal
}

/** What a command did without one call of its profile. */
export interface Removal {
  /** `openat`, or `open@32` for that of another ABI. */
  readonly call: string
  /** How often the call was refused. 0: this run did not come to it, so it tells nothing. */
  readonly refused: number
  /** What was not as under the whole profile. */
  readonly changed: readonly Aspect[]
  readonly exitCode: number | undefined
  readonly signal: string | undefined
}

/** What of two runs is compared. */
export type Aspect = 'exitCode' | 'signal' | 'stdout' | 'stderr' | 'timedOut'

/** What `removals()` of a profile found. */
export interface Removals {
  /** Calls without which the command did something else. */
  readonly needed: readonly string[]
  /** Calls that were refused, and nothing changed. */
  readonly changeNothing: readonly string[]
  /**
   * Calls that were taken away and never refused: the run did not come to them, or they are the `execve` that starts the command,
   * which rules never deny.
   */
  readonly notEnforced: readonly string[]
  /** What is not the same in two runs under the whole profile, and so was not compared. */
  readonly unsteady: readonly Aspect[]
  /** Calls that the whole profile refused: it does not hold for this command. */
  readonly refusedByWhole: readonly string[]
  /** All tries, in the order of `calls`. */
  readonly removals: readonly Removal[]
}

const isFunction = (value: unknown): boolean => typeof value === 'function'
const checks: Readonly<Record<'concurrency' | 'onProgress' | 'prepare', Check>> = {
  concurrency: {
    expected: 'a whole number, at least 1',
    isRight: (value) => isInteger(value, 10_000) && value !== 0,
  },
  onProgress: { expected: 'a function', isRight: isFunction },
  prepare: { expected: 'a function', isRight: isFunction },
}

interface Command {
  readonly file: string | URL
  readonly args: readonly string[]
}

type Run = TraceResult

/** See `Profile.removals`. */
export async function tryRemovals(made: CallSetOfRuns, command: Command, options: RemovalOptions): Promise<Removals> {
  const { concurrency = availableParallelism(), onProgress, prepare, ...rest } = options
  for (const name of ours) if (name in rest) throw invalid(`removals() decides about \`${name}\` itself.`)
  checkOptions({ ...rest, concurrency, onProgress, prepare }, { ...traceChecks, ...checks }, 'removals()')
  const trial = new Trial(made, command, rest, prepare)
  const whole = ended(await trial.run(undefined))
  const unsteady = differences(whole, ended(await trial.run(undefined)), [])
  const calls = abis.flatMap((abi) =>
    made.calls[abi].map((name) => [plainWord(abi, name), exactName(abi, name)] as const),
  )
  trial.limit(whole.durationMs)
  let done = 0
  const removals = await inParallel(calls, concurrency, async ([call, exact]) => {
    const removal = removalOf(call, whole, await trial.run(call, exact), unsteady)
    done += 1
    onProgress?.({ done, total: calls.length, removal })
    return removal
  })
  return { ...sorted(removals), unsteady, refusedByWhole: namesOf(whole), removals }
}

/** Nothing can be compared with a run that has no end of its own. */
function ended(whole: Run): Run {
  if (!whole.timedOut) return whole
  throw new SyscopeError(
    'ERR_SYSCOPE_TIMEOUT',
    `Under the whole profile the command did not end in time: ${whole.command}`,
  )
}

/** A profile and a command, to be run with one call less. */
class Trial {
  readonly #made: CallSetOfRuns
  readonly #command: Command
  readonly #options: TraceOptions
  readonly #prepare: RemovalOptions['prepare']
  #timeout = 0

  constructor(made: CallSetOfRuns, command: Command, options: TraceOptions, prepare: RemovalOptions['prepare']) {
    this.#made = made
    this.#command = command
    this.#options = options
    this.#prepare = prepare
  }

  /** A program that waits for what never comes is to be ended, whatever a run takes here. */
  limit(durationMs: number): void {
    this.#timeout = this.#options.timeout ?? 5000 + Math.ceil(durationMs) * 10
  }

  async run(call: string | undefined, exact?: string): Promise<Run> {
    const { file, args } = this.#command
    const own = (await this.#prepare?.(call)) ?? {}
    return trace(file, args, {
      killSignal: 'SIGKILL',
      // What the profile was made of had its rings; without them the program would call what is not in the profile.
      ...(this.#made.hasName('io_uring_setup') ? { ioUring: 'observe' as const } : {}),
      ...this.#options,
      ...own,
      timeout: this.#timeout === 0 ? (this.#options.timeout ?? 0) : this.#timeout,
      filter: [],
      deny: rulesOf(this.#made, exact),
    })
  }
}

function removalOf(call: string, whole: Run, run: Run, unsteady: readonly Aspect[]): Removal {
  const refused = run.denied.filter(({ abi, name }) => plainWord(abi, name) === call).length
  const { exitCode, signal } = run
  return { call, refused, changed: differences(whole, run, unsteady), exitCode, signal }
}

const aspects = ['exitCode', 'signal', 'stdout', 'stderr', 'timedOut'] as const

function differences(one: Run, other: Run, unsteady: readonly Aspect[]): readonly Aspect[] {
  return aspects.filter((aspect) => !unsteady.includes(aspect) && !isSame(one[aspect], other[aspect]))
}

function isSame(one: unknown, other: unknown): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0
  return one === other
}

function namesOf(run: Run): readonly string[] {
  return [...new Set(run.denied.map(({ abi, name }) => plainWord(abi, name)))].toSorted()
}

function sorted(removals: readonly Removal[]): Pick<Removals, 'needed' | 'changeNothing' | 'notEnforced'> {
  const callsWhere = (isOne: (removal: Removal) => boolean): readonly string[] =>
    removals.filter(isOne).map(({ call }) => call)
  return {
    needed: callsWhere(({ refused, changed }) => refused > 0 && changed.length > 0),
    changeNothing: callsWhere(({ refused, changed }) => refused > 0 && changed.length === 0),
    notEnforced: callsWhere(({ refused }) => refused === 0),
  }
}

/** Results in the order of the items. The first failure ends it, when the runs that are under way have ended. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const left = [...items.entries()].toReversed()
  const workers = Array.from({ length: Math.min(most, items.length) }, async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      try {
        results[next[0]] = await work(next[1])
      } catch (error) {
        left.length = 0
        throw error
      }
    }
  })
  const ended = await Promise.allSettled(workers)
  const failed = ended.find((it) => it.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return results
}
