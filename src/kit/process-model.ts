/** Processes of a run, as `processesOf()` gives them: what costs time is found out when somebody asks. */

import { inspect } from 'node:util'
import type { SyscopeError } from '../errors.ts'
import { objectToPlain, type PlainObject } from '../json.ts'
import { hasOwnSession, type Draft, type DraftExec } from './lives.ts'
import { treeText } from './process-text.ts'
import type { Execution, OpenDescriptor, ProcessEnding, Processes, TracedProcess, TracedThread } from './processes.ts'
import { refusal, requireComplete, type RecordedRun } from './recorded.ts'
import { descriptorCalls } from './tree-calls.ts'
import type { Descriptor } from './tree-tables.ts'
import { Tree } from './tree.ts'

export class ProcessesOfRun implements Processes {
  readonly all: readonly TracedProcess[]
  readonly roots: readonly TracedProcess[]

  readonly #run: RecordedRun
  readonly #known: readonly TracedProcess[]

  /** `known`: also those that are of the run, and not of the part that is asked about. */
  constructor(run: RecordedRun, all: readonly TracedProcess[], known: readonly TracedProcess[]) {
    const told = new Set(all)
    this.#run = run
    this.all = all
    this.roots = all.filter(({ parent }) => parent === undefined || !told.has(parent))
    this.#known = known
  }

  get leaked(): readonly TracedProcess[] {
    requireComplete(this.#run, 'processes.leaked')
    return this.all.filter(({ ending }) => ending.how === 'leaked')
  }

  get(pid: number): TracedProcess | undefined {
    return this.#known.findLast((process) => process.pid === pid)
  }

  at(pid: number, timeNs: bigint): TracedProcess | undefined {
    return this.#known.findLast((process) => process.pid === pid && process.startNs <= timeNs)
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

/** Which calls were recorded, and what descriptors and directories there were: found out when somebody asks, and once. */
export class Reading {
  readonly #run: RecordedRun
  #places: Places | undefined
  readonly #refusals = new Map<string, SyscopeError | undefined>()

  constructor(run: RecordedRun) {
    this.#run = run
  }

  /** Whether these calls are recorded. */
  has(names: readonly string[]): boolean {
    return this.#refusal(names) === undefined
  }

  require(names: readonly string[]): void {
    const error = this.#refusal(names)
    if (error !== undefined) throw error
  }

  /** Where the process of the fork or exec event of that time was. */
  cwdAt(pid: number, timeNs: bigint): string | undefined {
    this.require(moveCalls)
    return (this.#places ??= readPlaces(this.#run)).directories.get(`${pid} ${timeNs}`)
  }

  /** What the process had open that ended, or was let go, at that time, or is still there. */
  openAt(pid: number, endNs: bigint | undefined): readonly Descriptor[] {
    this.require(descriptorCalls)
    const places = (this.#places ??= readPlaces(this.#run))
    return places.open.get(`${pid} ${endNs}`) ?? places.left(pid)
  }

  #refusal(names: readonly string[]): SyscopeError | undefined {
    const key = names.join(' ')
    if (!this.#refusals.has(key)) this.#refusals.set(key, refusal(this.#run, names, 'This question about a process'))
    return this.#refusals.get(key)
  }
}

const moveCalls = ['chdir', 'fchdir']
const execCalls = ['execve', 'execveat']
const sessionCalls = ['setsid']

/** By id and time. */
interface Places {
  /** Where each process was when it began, and when each of its programs did. */
  readonly directories: ReadonlyMap<string, string | undefined>
  /** What its descriptors were when one of its threads ended. */
  readonly open: ReadonlyMap<string, readonly Descriptor[]>
  /** What a process has open at the end of the run. */
  left(pid: number): readonly Descriptor[]
}

function readPlaces(run: RecordedRun): Places {
  const tree = new Tree(run)
  const directories = new Map<string, string | undefined>()
  const open = new Map<string, readonly Descriptor[]>()
  for (const event of tree.events) {
    if (event.type === 'fork') directories.set(`${event.child.pid} ${event.timeNs}`, tree.at(event).cwd)
    else if (event.type === 'exec' || event.type === 'attach')
      directories.set(`${event.pid} ${event.timeNs}`, tree.at(event).cwd)
    else if (event.type === 'exit' || event.type === 'detach')
      open.set(`${event.pid} ${event.timeNs}`, tree.at(event).descriptors())
    tree.apply(event)
  }
  return { directories, open, left: (pid) => tree.descriptorsOf(pid) }
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
    const argv = this.#reading.has(execCalls) ? this.argv : undefined
    return objectToPlain({ program: this.program, argv, timeNs: this.timeNs })
  }

  #args(): Readonly<Record<string, unknown>> | undefined {
    this.#reading.require(execCalls)
    return this.#exec.call?.args
  }
}

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

export class ProcessOfRun implements TracedProcess {
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
    this.#reading.require(execCalls)
    return this.#execution()?.argv
  }

  get env(): Readonly<Record<string, string>> | undefined {
    this.#reading.require(execCalls)
    return this.#execution()?.env
  }

  get cwd(): string | undefined {
    return this.#reading.cwdAt(this.pid, this.executed.at(-1)?.timeNs ?? this.startNs)
  }

  get leftOpen(): readonly OpenDescriptor[] {
    const open = this.#reading.openAt(this.pid, this.endNs)
    return open.flatMap(({ fd, since: call, open: { kind, path } }) => {
      // Copies of its parent's table hold what that one opened.
      const isOwn = call !== undefined && call.pid === this.pid && call.endNs >= this.startNs
      return isOwn ? [{ fd, kind, path, call }] : []
    })
  }

  get outlivedParent(): boolean {
    return outlived(this, this.parent)
  }

  get daemonised(): boolean {
    this.#reading.require(sessionCalls)
    return this.outlivedParent && hasOwnSession(this.#draft)
  }

  toString(): string {
    return treeText(this, { argv: this.#reading.has(execCalls), sessions: this.#reading.has(sessionCalls) })
  }

  toJSON(): PlainObject {
    const { pid, program, executed, threads, startNs, endNs, durationMs, ending, outlivedParent, children } = this
    const argv = this.#reading.has(execCalls) ? this.argv : undefined
    const daemonised = this.#reading.has(sessionCalls) ? this.daemonised : undefined
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
