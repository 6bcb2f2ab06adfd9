/** `processesOf()`: the tree of processes of a run, from their beginning to how each ended. */

import { inspect } from 'node:util'
import type { SyscopeError } from '../errors.ts'
import { objectToPlain, type PlainObject } from '../json.ts'
import { hasOwnSession, readProcesses, type Draft, type DraftExec } from './lives.ts'
import { treeText } from './process-text.ts'
import { Tree } from './tree.ts'
import { eventsOf, refusal, requireChildren, requireComplete, type RecordedRun } from './recorded.ts'

/** How a process ended. */
export type ProcessEnding =
  | { readonly how: 'exited'; readonly code: number }
  | { readonly how: 'killed'; readonly signal: string; readonly coreDumped: boolean }
  /** Still there when the run was over, and killed then. */
  | { readonly how: 'leaked' }
  /** Was no longer traced, and ran on. */
  | { readonly how: 'let go' }
  /** Its end was not seen, in a run that is not complete. */
  | { readonly how: 'unknown' }

/** A thread of a process. */
export interface TracedThread {
  readonly tid: number
  /** CLOCK_MONOTONIC. */
  readonly startNs: bigint
  /** Absent where its end was not seen. */
  readonly endNs?: bigint
}

/** A program that a process became. */
export interface Execution {
  /** Path of the program, as /proc/PID/exe has it: of a script its interpreter. */
  readonly program: string
  readonly timeNs: bigint
  /**
   * What it was given as its name and arguments; absent where memory could not be read. Throws ERR_SYSCOPE_NOT_RECORDED if the run
   * has no execve or execveat.
   */
  readonly argv: readonly string[] | undefined
  /** What was asked to be run, before symbolic links and `#!`. Throws as `argv` does. */
  readonly pathname: string | undefined
  /** Its environment; of a name that is there twice, the first. Throws as `argv` does. */
  readonly env: Readonly<Record<string, string>> | undefined
  /** The directory in which it began; absent where that is not known. Throws ERR_SYSCOPE_NOT_RECORDED if the run has no chdir or fchdir. */
  readonly cwd: string | undefined
}

/** A process (thread group). */
export interface TracedProcess {
  readonly pid: number
  /** Who made it; absent for the first process, and for one that was attached to. */
  readonly parent: TracedProcess | undefined
  /** In the order of their beginning, without threads. */
  readonly children: readonly TracedProcess[]
  /** All that there ever were, the first one first. */
  readonly threads: readonly TracedThread[]
  /** The programs that it became, in order; empty for one that only forked. */
  readonly executed: readonly Execution[]
  /** The last of them, or what its parent was; absent where that began before the run. */
  readonly program: string | undefined
  /** Of `program`. Throws ERR_SYSCOPE_NOT_RECORDED if the run has no execve or execveat. */
  readonly argv: readonly string[] | undefined
  /** Of `program`, as it was when that began. Throws as `argv` does. */
  readonly env: Readonly<Record<string, string>> | undefined
  /**
   * Where `program` began, or the process itself, if it only forked. Absent where the run does not show it: it does with `decodeFds`, or
   * where the first process asks for it (getcwd). Throws ERR_SYSCOPE_NOT_RECORDED if the run has no chdir or fchdir.
   */
  readonly cwd: string | undefined
  /** CLOCK_MONOTONIC at fork, of the first process at its first program, of others when they were attached to. */
  readonly startNs: bigint
  /** When its last thread ended, or it was let go; absent where that was not seen. */
  readonly endNs: bigint | undefined
  /** Until `endNs`. */
  readonly durationMs: number | undefined
  readonly ending: ProcessEnding
  /** It was there after its parent had ended. */
  readonly outlivedParent: boolean
  /**
   * It outlived its parent in a session of its own (setsid), as daemons do with one fork or two. Throws ERR_SYSCOPE_NOT_RECORDED if
   * the run has no setsid.
   */
  readonly daemonised: boolean
  /** It, its descendants: `argv`, id, ending and duration, one a line. */
  toString(): string
  /** Without `parent` and environment. */
  toJSON(): PlainObject
}

/** The processes of a run. */
export interface Processes {
  /** Those that no other process of the run made: the command, or what was attached to. */
  readonly roots: readonly TracedProcess[]
  /** All, in the order of their beginning. Ids may repeat: the kernel gives them again. */
  readonly all: readonly TracedProcess[]
  /** The last process with this id. */
  get(pid: number): TracedProcess | undefined
  /** The process with this id at this point of time (CLOCK_MONOTONIC). */
  at(pid: number, timeNs: bigint): TracedProcess | undefined
  /**
   * As pstree(1) draws it, with how each ended and how long it took.
   * @example
   * sh -c 'sleep 9 & true' (100): exit 0, 4 ms
   * └─ sleep 9 (101): left running, 204 ms, outlived its parent
   */
  toString(): string
  toJSON(): PlainObject
}

/**
 * The tree of processes of a run. No system call needs to be recorded for it (`filter: 'none'` is enough), but for `argv` and `env`
 * execve and execveat, for `cwd` chdir and fchdir, and for `daemonised` setsid: these throw ERR_SYSCOPE_NOT_RECORDED when they are asked
 * for.
 *
 * Throws ERR_SYSCOPE_NOT_RECORDED if the run kept no events, or left children out (`follow: false`).
 *
 * @example
 * const run = await trace('npm', ['test'], { filter: ['execve', 'execveat', 'setsid'] })
 * console.log(String(processesOf(run)))
 */
export function processesOf(run: RecordedRun): Processes {
  const events = eventsOf(run)
  requireChildren(events, 'processesOf()')
  const reading = new Reading(run)
  const made = new Map<Draft, ProcessOfRun>()
  for (const draft of readProcesses(events)) {
    const parent = draft.parent === undefined ? undefined : made.get(draft.parent)
    const process = new ProcessOfRun(draft, parent, reading)
    made.set(draft, process)
    parent?.children.push(process)
  }
  return new ProcessesOfRun([...made.values()])
}

/**
 * The processes that were still there when the run was over, and were killed.
 *
 * Throws ERR_SYSCOPE_INCOMPLETE if the run is not complete, for then there may be others; ERR_SYSCOPE_NOT_RECORDED as `processesOf()`.
 *
 * @example
 * assert.deepEqual(leaks(await trace('npm', ['test'], { filter: 'none' })).map(String), [])
 */
export function leaks(run: RecordedRun): readonly TracedProcess[] {
  requireComplete(run, 'leaks()')
  return processesOf(run).all.filter(({ ending }) => ending.how === 'leaked')
}

class ProcessesOfRun implements Processes {
  readonly all: readonly TracedProcess[]
  readonly roots: readonly TracedProcess[]

  constructor(all: readonly TracedProcess[]) {
    this.all = all
    this.roots = all.filter(({ parent }) => parent === undefined)
  }

  get(pid: number): TracedProcess | undefined {
    return this.all.findLast((process) => process.pid === pid)
  }

  at(pid: number, timeNs: bigint): TracedProcess | undefined {
    return this.all.findLast((process) => process.pid === pid && process.startNs <= timeNs)
  }

  toString(): string {
    return this.roots.map(String).join('\n')
  }

  toJSON(): PlainObject {
    return objectToPlain({ roots: this.roots })
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

/** Which calls were recorded, found out when somebody asks, and once. */
class Reading {
  readonly #run: RecordedRun
  #directories: ReadonlyMap<string, string | undefined> | undefined
  readonly #refusals = new Map<string, SyscopeError | undefined>()

  constructor(run: RecordedRun) {
    this.#run = run
  }

  /** Whether these calls are recorded. */
  has(...names: readonly string[]): boolean {
    return this.#refusal(names) === undefined
  }

  require(...names: readonly string[]): void {
    const error = this.#refusal(names)
    if (error !== undefined) throw error
  }

  /** Where the process of the fork or exec event of that time was. */
  cwdAt(pid: number, timeNs: bigint): string | undefined {
    this.require('chdir', 'fchdir')
    return (this.#directories ??= readDirectories(this.#run)).get(`${pid} ${timeNs}`)
  }

  #refusal(names: readonly string[]): SyscopeError | undefined {
    const key = names.join(' ')
    if (!this.#refusals.has(key)) this.#refusals.set(key, refusal(this.#run, names, 'This question about a process'))
    return this.#refusals.get(key)
  }
}

/** Where each process was when it began, and when each of its programs did, by id and time. */
function readDirectories(run: RecordedRun): ReadonlyMap<string, string | undefined> {
  const tree = new Tree(run)
  const found = new Map<string, string | undefined>()
  for (const event of tree.events) {
    if (event.type === 'fork') found.set(`${event.child.pid} ${event.timeNs}`, tree.at(event).cwd)
    else if (event.type === 'exec') found.set(`${event.pid} ${event.timeNs}`, tree.at(event).cwd)
    else if (event.type === 'attach') found.set(`${event.pid} ${event.timeNs}`, tree.at(event).cwd)
    tree.apply(event)
  }
  return found
}

class ExecutionOfRun implements Execution {
  readonly program: string
  readonly timeNs: bigint
  readonly #pid: number
  readonly #exec: DraftExec
  readonly #reading: Reading

  constructor(pid: number, exec: DraftExec, reading: Reading) {
    this.#pid = pid
    this.program = exec.program
    this.timeNs = exec.timeNs
    this.#exec = exec
    this.#reading = reading
  }

  get argv(): readonly string[] | undefined {
    return stringsOf(this.#args()?.['argv'])
  }

  get pathname(): string | undefined {
    const path = this.#args()?.['pathname']
    return typeof path === 'string' ? path : undefined
  }

  get env(): Readonly<Record<string, string>> | undefined {
    const pairs = stringsOf(this.#args()?.['envp'])?.map((pair) => splitPair(pair))
    // The first of several counts, as getenv(3) finds it.
    return pairs === undefined ? undefined : Object.fromEntries(pairs.toReversed())
  }

  get cwd(): string | undefined {
    return this.#reading.cwdAt(this.#pid, this.timeNs)
  }

  toJSON(): PlainObject {
    const argv = this.#reading.has(...execCalls) ? this.argv : undefined
    return objectToPlain({ program: this.program, argv, timeNs: this.timeNs })
  }

  #args(): Readonly<Record<string, unknown>> | undefined {
    this.#reading.require(...execCalls)
    return this.#exec.call?.args
  }
}

const execCalls = ['execve', 'execveat'] as const

function stringsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const items: readonly unknown[] = value
  const strings = items.filter((item) => typeof item === 'string')
  return strings.length === items.length ? strings : undefined
}

function splitPair(pair: string): readonly [name: string, value: string] {
  const at = pair.indexOf('=')
  return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
}

class ProcessOfRun implements TracedProcess {
  readonly pid: number
  readonly parent: TracedProcess | undefined
  readonly children: TracedProcess[] = []
  readonly executed: readonly Execution[]
  readonly startNs: bigint
  readonly #draft: Draft
  readonly #reading: Reading

  constructor(draft: Draft, parent: TracedProcess | undefined, reading: Reading) {
    this.pid = draft.pid
    this.parent = parent
    this.startNs = draft.startNs
    this.executed = draft.execs.map((exec) => new ExecutionOfRun(draft.pid, exec, reading))
    this.#draft = draft
    this.#reading = reading
  }

  get threads(): readonly TracedThread[] {
    return this.#draft.threads.map(({ tid, startNs, endNs }) => ({
      tid,
      startNs,
      ...(endNs === undefined ? {} : { endNs }),
    }))
  }

  get endNs(): bigint | undefined {
    return this.#draft.endNs
  }

  get durationMs(): number | undefined {
    return this.endNs === undefined ? undefined : Number(this.endNs - this.startNs) / 1e6
  }

  get ending(): ProcessEnding {
    return this.#draft.ending ?? { how: 'unknown' }
  }

  get program(): string | undefined {
    return this.#execution()?.program
  }

  get argv(): readonly string[] | undefined {
    this.#reading.require(...execCalls)
    return this.#execution()?.argv
  }

  get env(): Readonly<Record<string, string>> | undefined {
    this.#reading.require(...execCalls)
    return this.#execution()?.env
  }

  get cwd(): string | undefined {
    return this.#reading.cwdAt(this.pid, this.executed.at(-1)?.timeNs ?? this.startNs)
  }

  get outlivedParent(): boolean {
    return outlived(this, this.parent)
  }

  get daemonised(): boolean {
    this.#reading.require('setsid')
    return this.outlivedParent && hasOwnSession(this.#draft)
  }

  toString(): string {
    return treeText(this, { argv: this.#reading.has(...execCalls), sessions: this.#reading.has('setsid') })
  }

  toJSON(): PlainObject {
    const { pid, program, executed, threads, startNs, endNs, durationMs, ending, outlivedParent, children } = this
    const argv = this.#reading.has(...execCalls) ? this.argv : undefined
    const daemonised = this.#reading.has('setsid') ? this.daemonised : undefined
    const life = { startNs, endNs, durationMs, ending, outlivedParent, daemonised }
    return objectToPlain({ pid, program, argv, executed, threads, ...life, children })
  }

  [inspect.custom](): string {
    return this.toString()
  }

  /** The last program, or the one that its parent was when it made this process. */
  #execution(): Execution | undefined {
    const own = this.executed.at(-1)
    if (own !== undefined) return own
    for (let { parent } = this as TracedProcess, before = this.startNs; parent !== undefined;) {
      const since = before
      const found = parent.executed.findLast(({ timeNs }) => timeNs <= since)
      if (found !== undefined) return found
      before = parent.startNs
      parent = parent.parent
    }
    return undefined
  }
}

function outlived(process: TracedProcess, parent: TracedProcess | undefined): boolean {
  // Those that are left at the end are killed in no order that means anything.
  if (parent?.endNs === undefined || parent.ending.how === 'let go' || parent.ending.how === 'leaked') return false
  return process.endNs === undefined || process.endNs > parent.endNs
}
