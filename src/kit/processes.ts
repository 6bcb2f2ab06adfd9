/** `processesOf()`: the tree of processes of a run, from their beginning to how each ended. */

import type { PlainObject } from '../json.ts'
import { readProcesses, type Draft } from './lives.ts'
import { ProcessesOfRun, ProcessOfRun, Reading } from './process-model.ts'
import {
  eventsOf,
  partOfRun,
  requireChildren,
  wholeOf,
  type AnyCall,
  type Extent,
  type RecordedRun,
} from './recorded.ts'
import type { OpenKind } from './tree-tables.ts'

export { descriptorCalls } from './tree-calls.ts'

/** The calls that `argv`, `env`, `cwd` and `daemonised` need; the tree itself needs none, and `leftOpen` needs `descriptorCalls`. */
export const processCalls = ['execve', 'execveat', 'chdir', 'fchdir', 'setsid'] as const

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
  /** CLOCK_MONOTONIC when it began. */
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

/** A descriptor that a process had open. */
export interface OpenDescriptor {
  readonly fd: number
  /** What it stands for. */
  readonly kind: OpenKind
  /** Of files: absolute, as the process named it; absent where that is not known. */
  readonly path: string | undefined
  /** The call that gave the process this number: openat, socket, dup2, recvmsg, … */
  readonly call: AnyCall
}

/** A process (thread group). */
export interface TracedProcess {
  readonly pid: number
  /** Who made it; absent for the first process, and for one that was attached to. */
  readonly parent: TracedProcess | undefined
  /** In the order of their beginning, without threads; in a part of a run, those of the part. */
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
  /** From `startNs` to `endNs`. */
  readonly durationMs: number | undefined
  /** How it ended. */
  readonly ending: ProcessEnding
  /**
   * Descriptors that the process made itself and that were open at its end (of one that is still there: at the end of the run), by
   * their numbers: opened, copied or received, under whichever of its programs. Not those that it was given at its beginning, so
   * standard streams are here only where the process put something in their place, as a shell does for `command > file`. The kernel
   * closes all of them when a process ends, so this says something of programs that should have closed what they opened. Throws
   * ERR_SYSCOPE_NOT_RECORDED if the run has not all `descriptorCalls`.
   * @example
   * processesOf(run).roots.flatMap(({ leftOpen }) => leftOpen.filter(({ kind }) => kind === 'file').map(({ path }) => path))
   */
  readonly leftOpen: readonly OpenDescriptor[]
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

/**
 * The processes of a run. Of a part of one: those that began there, with all that became of them, and those that became another program
 * there, with the programs that they became there.
 */
export interface Processes {
  /** Those that none of the others made: the command, or what was attached to. */
  readonly roots: readonly TracedProcess[]
  /** All, in the order of their beginning. Ids may repeat: the kernel gives them again. */
  readonly all: readonly TracedProcess[]
  /**
   * Those of `all` that were still there when the run was over, and were killed. Throws ERR_SYSCOPE_INCOMPLETE if the run is not complete,
   * for then there may be others.
   * @example
   * const run = await trace('npm', ['test'], { observe: 'processes' })
   * assert.deepEqual(run.processes.leaked.map(({ argv }) => argv), [])
   */
  readonly leaked: readonly TracedProcess[]
  /** The last process of the run with this id. */
  get(pid: number): TracedProcess | undefined
  /** The process of the run with this id at this point of time (CLOCK_MONOTONIC). */
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
 * execve and execveat, for `cwd` chdir and fchdir, for `daemonised` setsid, and for `leftOpen` `descriptorCalls`: these throw
 * ERR_SYSCOPE_NOT_RECORDED when they are asked for.
 *
 * Throws ERR_SYSCOPE_NOT_RECORDED if the run kept no events, or left children out (`follow: false`).
 *
 * @example
 * const run = await trace('npm', ['test'], { filter: ['execve', 'execveat', 'setsid'] })
 * console.log(String(processesOf(run)))
 */
export function processesOf(run: RecordedRun): Processes {
  const events = eventsOf(wholeOf(run))
  // Under a filter children that are not followed stay attached: they are seen, and nothing of what they do.
  if (!events.some((event) => event.type === 'fork')) requireChildren(run, 'processesOf()')
  const extent = run[partOfRun]
  const reading = new Reading(wholeOf(run))
  const made = new Map<Draft, ProcessOfRun>()
  const told: ProcessOfRun[] = []
  for (const draft of readProcesses(events)) {
    const parent = draft.parent === undefined ? undefined : made.get(draft.parent)
    const seen = extent === undefined ? draft : within(draft, extent)
    const process = new ProcessOfRun(seen ?? draft, parent, reading)
    made.set(draft, process)
    if (seen === undefined) continue
    told.push(process)
    parent?.children.push(process)
  }
  return new ProcessesOfRun(run, told, [...made.values()])
}

/** What there is of a process in a part of a run; `undefined` where that is nothing. */
function within(draft: Draft, extent: Extent): Draft | undefined {
  if (extent.isInside(draft.begin)) return draft
  const execs = draft.execs.filter(({ event }) => extent.isInside(event))
  return execs.length === 0 ? undefined : draft.with(execs)
}
