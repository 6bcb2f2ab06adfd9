/** A command, run with one fault after the other. */

import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError } from '../command-error.ts'
import { SyscopeError } from '../errors.ts'
import type { TraceOptions } from '../options.ts'
import type { TraceResult } from '../result.ts'
import { commandText, type CommandLine } from '../spawn.ts'
import { trace } from '../trace.ts'
import { argumentFiles, baselineOf, type Clean } from './clean.ts'
import { judge, messageOf, type Baseline, type Observed } from './judge.ts'
import type { CheckedRun, FaultRun, FaultsOptions, FaultsResult } from './options.ts'
import { absolute, matcherOf } from './patterns.ts'
import { namesToRecord, planTasks, rulesOf, type Task } from './plan.ts'
import type { FaultsSettings } from './read.ts'
import { repeatLine } from './repeat.ts'
import { Report } from './report.ts'
import { landmarks, seenCalls } from './seen.ts'
import { sweep } from './sweep.ts'
import { ownPlaces, sharedPlace, type Place, type Workshop } from './workshop.ts'

/** What a program dies of when it has a fault. */
const fatalSignals: ReadonlySet<string> = new Set([
  'SIGSEGV',
  'SIGABRT',
  'SIGBUS',
  'SIGILL',
  'SIGFPE',
  'SIGTRAP',
  'SIGSYS',
])
const leastTimeoutMs = 5000
const terminalSignals: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTERM'])
/** Longer than a signal takes to be handled here, on a busy machine too. */
const noticeMs = 100

export class Study {
  readonly #command: CommandLine
  readonly #settings: FaultsSettings
  readonly #options: FaultsOptions
  #workshop: Workshop | undefined
  #stateBefore: string | undefined

  constructor(command: CommandLine, settings: FaultsSettings) {
    this.#command = command
    this.#settings = settings
    this.#options = settings.options
  }

  async result(startedAt: number): Promise<FaultsResult> {
    const { choice, concurrency, mostBugs } = this.#settings
    const { maxRuns = Infinity, timeBudget, signal, onProgress, timeout } = this.#options
    const workshop = (this.#workshop = await this.#openWorkshop())
    const first = await this.#cleanRun(workshop)
    const second = await this.#cleanRun(workshop)
    const { baseline, unstable } = baselineOf(workshop.before, this.#stateBefore, first, second)
    const tasks = planTasks([first.recorded, second.recorded], choice)
    const durationMs = Math.max(first.result.durationMs, second.result.durationMs)
    const timeoutMs = timeout ?? Math.ceil(Math.max(leastTimeoutMs, 10 * durationMs))
    const usualDeaths = deathsIn(first.result).length
    const elapsed = performance.now() - startedAt
    const swept = await sweep(
      tasks,
      (task, ending) => this.#attempt(task, workshop, { baseline, timeoutMs, usualDeaths, ending }),
      {
        concurrency,
        mostBugs,
        maxRuns,
        signal,
        timeBudget: timeBudget === undefined ? undefined : Math.max(1, timeBudget - elapsed),
      },
      (progress) => onProgress?.(progress),
    )
    return new Report({
      command: commandText(this.#command),
      clean: { stdout: first.stdout, stderr: first.stderr, durationMs, unstable },
      runs: swept.runs.map(({ run }) => run),
      left: swept.left,
      missed: swept.missed,
      ...(swept.stoppedBy === undefined ? {} : { stoppedBy: swept.stoppedBy }),
      durationMs: performance.now() - startedAt,
    })
  }

  async remove(): Promise<void> {
    await this.#workshop?.remove()
  }

  #openWorkshop(): Promise<Workshop> {
    const { fixture, cwd } = this.#settings
    const { setup, state } = this.#options
    if (fixture === undefined) return sharedPlace(cwd)
    return ownPlaces(fixture, setup, async (dir) => {
      try {
        this.#stateBefore = await state?.(dir)
      } catch {
        // There may be nothing yet.
      }
    })
  }

  async #cleanRun(workshop: Workshop): Promise<Clean> {
    const { choice } = this.#settings
    const { timeout = 0, signal, state } = this.#options
    const place = await workshop.open()
    const options = {
      filter: [...new Set([...namesToRecord(choice), ...landmarks])].map((name) => `?${name}`),
      decodeFds: 'all',
      stringLimit: 32,
      // As in the runs with rules.
      ioUring: 'deny',
      timeout,
      ...(signal === undefined ? {} : { signal }),
    } as const
    const files = argumentFiles(this.#command, place.dir)
    const result = await this.#run(place, options)
    if (result.timedOut || result.signal !== undefined || result.exitCode !== 0) throw cleanFailure(result)
    const { stdout, stderr } = outputOf(result)
    await this.#checkClean({ exitCode: 0, signal: undefined, stdout, stderr, dir: place.dir, result })
    const meaning = await state?.(place.dir)
    const clean = {
      result,
      recorded: { calls: seenCalls(result.events, place.dir), cwd: place.dir, arguments: files },
      stdout: place.neutral(stdout),
      stderr: place.neutral(stderr),
      files: await place.look?.(),
      state: meaning,
    }
    await place.remove()
    return clean
  }

  async #checkClean(run: CheckedRun): Promise<void> {
    const failure = await this.#check(run)
    if (failure === undefined) return
    const message = `The check fails without any fault: ${messageOf(failure.error)}`
    throw new SyscopeError('ERR_SYSCOPE_COMMAND_FAILED', message, { cause: failure.error })
  }

  async #check(run: CheckedRun): Promise<{ readonly error: unknown } | undefined> {
    try {
      const answer: unknown = await this.#options.check?.(run)
      return answer === false ? { error: new Error('it returned false') } : undefined
    } catch (error) {
      return { error }
    }
  }

  async #attempt(task: Task, workshop: Workshop, conditions: Conditions): Promise<FaultRun | undefined> {
    const place = await workshop.open()
    try {
      const result = await this.#run(place, {
        filter: [],
        inject: rulesOf(task),
        timeout: conditions.timeoutMs,
        signal: conditions.ending,
      })
      // A terminal's Ctrl-C reaches the command as well as us, and perhaps earlier.
      if (result.signal !== undefined && terminalSignals.has(result.signal)) await sleep(noticeMs)
      conditions.ending.throwIfAborted()
      if ((result.rules[0]?.acted ?? 0) === 0) return undefined
      return await this.#judge(task, place, result, conditions)
    } finally {
      await place.remove()
    }
  }

  async #judge(task: Task, place: Place, result: TraceResult, conditions: Conditions): Promise<FaultRun> {
    const { baseline, timeoutMs, usualDeaths } = conditions
    const rules = rulesOf(task)
    const event = result.events.find((it) => it.type === 'syscall' && it.injected !== undefined)
    const injected = event?.type === 'syscall' ? event.injected : undefined
    const { stdout, stderr } = outputOf(result)
    const what = {
      fault: task.kind.label,
      call: task.line.name,
      target: task.line.label,
      nth: task.nth,
      text: place.neutral(String(event)),
    }
    const ended = { exitCode: result.exitCode, signal: result.signal, stdout, stderr }
    const failure = await this.#check({ ...ended, fault: what, dir: place.dir, result })
    const state = await this.#stateIn(place.dir)
    const files = await place.look?.()
    const deaths = deathsIn(result)
    const observed: Observed = {
      ...ended,
      stdout: place.neutral(stdout),
      stderr: place.neutral(stderr),
      timedOutAfterMs: result.timedOut ? timeoutMs : undefined,
      fatal: deaths.length > usualDeaths ? deaths : [],
      ...(removals.has(task.line.name) ? { isKept: targetMatcher(task) } : {}),
      ...(files === undefined ? {} : { files }),
      ...(state === undefined ? {} : { state }),
      ...(failure === undefined ? {} : { checkError: failure.error }),
    }
    return {
      ...what,
      lasting: task.isLasting,
      program: injected?.program,
      argv: injected?.argv,
      ...judge(baseline, observed, task.kind.isHarmless),
      ...ended,
      ...(failure === undefined ? {} : { checkError: failure.error }),
      durationMs: result.durationMs,
      rules,
      repeat: repeatLine(rules, this.#command, this.#options),
    }
  }

  async #stateIn(dir: string): Promise<Observed['state']> {
    const { state } = this.#options
    if (state === undefined) return undefined
    try {
      return { text: await state(dir) }
    } catch (error) {
      return { error }
    }
  }

  async #run(place: Place, options: TraceOptions): Promise<TraceResult> {
    const { env, input } = this.#options
    return trace(this.#command.file, this.#command.args, {
      ...options,
      killSignal: 'SIGKILL',
      cwd: place.dir,
      env: { ...place.env, ...env },
      ...(input === undefined ? {} : { input }),
    })
  }
}

const removals: ReadonlySet<string> = new Set(['unlink', 'unlinkat', 'rmdir'])

/** Whether a file is what the call was about; both are seen from the working directory. */
function targetMatcher({ line }: Task): (path: string) => boolean {
  const { path } = line.where
  const isTarget = typeof path === 'string' ? matcherOf(path, '/dir') : () => false
  return (file) => isTarget(absolute(file, '/dir'))
}

interface Conditions {
  readonly baseline: Baseline
  readonly timeoutMs: number
  readonly usualDeaths: number
  readonly ending: AbortSignal
}

function cleanFailure(result: TraceResult): SyscopeError {
  // It is a run of ours, whose output is text.
  const shape = result as CommandError['result']
  const cause = new CommandError(result.timedOut ? 'ERR_SYSCOPE_TIMEOUT' : 'ERR_SYSCOPE_COMMAND_FAILED', shape)
  const message = `The command fails without any fault, so nothing can be told of faults. ${cause.message}`
  return new SyscopeError(cause.code, message, { cause })
}

function outputOf({ stdout, stderr }: TraceResult): { readonly stdout: string; readonly stderr: string } {
  return { stdout: typeof stdout === 'string' ? stdout : '', stderr: typeof stderr === 'string' ? stderr : '' }
}

/** Signals that processes died of and that are always a fault of the program. */
function deathsIn(result: TraceResult): readonly string[] {
  return result.events.flatMap((event) =>
    event.type === 'exit' && event.signal !== undefined && fatalSignals.has(event.signal) ? [event.signal] : [],
  )
}
