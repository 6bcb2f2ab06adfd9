/** What users say to `faults()`, and what it finds: the types. */

import type { Filter } from '../filter.ts'
import type { PlainObject } from '../json.ts'
import type { ErrnoName } from '../names.ts'
import type { InjectRule, PathPattern } from '../rules/options.ts'
import type { TraceResult } from '../result.ts'

/** A fault that calls are known to have; the guide lists which calls each is tried on. */
export type FaultPreset =
  | 'ENOSPC'
  | 'EDQUOT'
  | 'disk-full'
  | 'EIO'
  | 'EINTR'
  | 'EMFILE'
  | 'ENFILE'
  | 'ENOMEM'
  | 'EAGAIN'
  | 'EACCES'
  | 'ECONNRESET'
  | 'ECONNREFUSED'
  | 'ETIMEDOUT'
  | 'short-read'
  | 'short-write'

/**
 * A preset; another errno, which every call of the `calls` option is tried with; or an errno with the calls that it is for.
 * @example
 * { error: 'EROFS', calls: ['openat', 'rename', 'unlink'] }
 */
export type Fault = FaultPreset | ErrnoName | { readonly error: ErrnoName; readonly calls: Filter }

/** What one run showed. Those from `'mute'` on are bugs; see `FaultRun.isBug`. */
export type Verdict =
  /** Ended as a clean run does, with the same output and the same files. */
  | 'survived'
  /** Ended with a failure and said something; each file is as it was before, or as a clean run makes it. */
  | 'failed'
  /** Exit status 0 and something said on stderr, but files or stdout are not those of a clean run. */
  | 'warned'
  /** Ended with a failure and said nothing. */
  | 'mute'
  /** Files are left behind that a clean run does not leave. */
  | 'littered'
  /** Exit status 0 and nothing said, but files or stdout are not those of a clean run: what should be there is lost. */
  | 'silent'
  /** A file is neither as it was before nor as a clean run makes it. */
  | 'torn'
  /** The run had to be killed at its time limit. */
  | 'hung'
  /** A signal ended the command, or one of its processes died of SIGSEGV, SIGABRT or the like. */
  | 'crashed'
  /** The `check` option said no. */
  | 'check failed'

/** A file, in a run with files of its own (the `fixture` option). */
export interface FileChange {
  /** From the working directory, `../tmp/…` in the directory for temporary files. */
  readonly path: string
  /** What it is now, as text for people: `'0 bytes'`, `'missing'`. */
  readonly now: string
  /** What it was before the run. */
  readonly before: string
  /** What it is after a clean run. */
  readonly clean: string
}

/** One run, with one fault. */
export interface FaultRun {
  /** The errno, or the preset's name. */
  readonly fault: string
  /** The call that failed. */
  readonly call: string
  /** What it was about: a file (`./state.json`), a descriptor (`fd 1`, `socket:*`), nothing. */
  readonly target: string | undefined
  /** Which of the calls with this name and target in the whole run, from 1. */
  readonly nth: number
  /** Whether all later calls with this name and target failed as well. */
  readonly lasting: boolean
  /** The call as it was, with its result: strace's line. */
  readonly text: string
  /** Path of the program that made the call. */
  readonly program: string | undefined
  /** Its command line. */
  readonly argv: readonly string[] | undefined

  /** What it showed. */
  readonly verdict: Verdict
  /** Whether the verdict is one of those from `'mute'` on, or the command gave up where it only had to call again. */
  readonly isBug: boolean
  /** What was found, one sentence each; empty where the run was like a clean one. */
  readonly findings: readonly string[]
  /** What the `check` option threw. */
  readonly checkError?: unknown

  readonly exitCode: number | undefined
  readonly signal: string | undefined
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
  /** Files that are not there before a run, nor after a clean one. */
  readonly left: readonly string[]
  /** Files that are neither as before nor as after a clean run. */
  readonly torn: readonly FileChange[]
  /** Files that a clean run changes, and that are as before. */
  readonly unchanged: readonly string[]

  /** For the `inject` option of `trace()`: does it again. One rule, of `'disk-full'` two. */
  readonly rules: readonly InjectRule[]
  /** The command line that does it again, in the working directory or a copy of it. */
  readonly repeat: string
}

/** What the `check` option is given: a run that has ended, before its directory is removed. */
export interface CheckedRun extends Pick<FaultRun, 'exitCode' | 'signal' | 'stdout' | 'stderr'> {
  /** Absent in the clean runs, which have to pass as well. */
  readonly fault?: Pick<FaultRun, 'fault' | 'call' | 'target' | 'nth' | 'text'>
  /** Where the command ran. */
  readonly dir: string
  /** All that was recorded: the calls that the fault was put into, and how the processes ended. */
  readonly result: TraceResult
}

/** Where a sweep stands. */
export interface Progress {
  /** Runs that have ended. */
  readonly done: number
  /** Runs that are planned; more can turn out to be needed, or fewer. */
  readonly total: number
  /** Bugs until now. */
  readonly found: number
  /** The run that was just started or has just ended: `write ./state.json #2 ENOSPC`. */
  readonly current: string
  /** The run that has just ended. */
  readonly run?: FaultRun
}

/** What `faults()` tries, and how. */
export interface FaultsOptions {
  /**
   * Calls that are made to fail, in the words of `filter`. Only those that can fail in this way are: `%file` has the calls that take
   * a path, not `read` and `write`.
   * @default 'all'
   */
  readonly calls?: Filter

  /**
   * Only calls that concern these: a path in the arguments, or the file behind a descriptor. `'./'` is the working directory.
   * @default all but those of `ignore`
   */
  readonly path?: PathPattern | readonly PathPattern[]

  /**
   * Calls that concern these are left alone.
   * @default libraries, what the C library reads by itself, /proc, /sys and devices: the guide has the list
   */
  readonly ignore?: readonly PathPattern[]

  /**
   * What goes wrong.
   * @default ['ENOSPC', 'EIO']
   */
  readonly errors?: Fault | readonly Fault[]

  /**
   * `'once'`: one call fails. `'lasting'`: it and all later ones of its name and target, as on a disk that stays full. `'both'`: a
   * run for either. EINTR is never lasting, and `'disk-full'` always.
   * @default 'once'
   */
  readonly repeat?: 'once' | 'lasting' | 'both'

  /**
   * Where in the run failures begin. `'main'`: at the first call that concerns a file named in the command's arguments (what an
   * interpreter does before it opens its script is its own), and never in the dynamic loader. `'start'`: at once.
   * @default 'main'
   */
  readonly from?: 'main' | 'start'

  /**
   * Directory that is copied for each run, which then runs in the copy; its temporary files go to another directory of its own
   * (TMPDIR). Only so it can be told what becomes of files. Directories named node_modules are linked, not copied. `false`: all runs
   * are in `cwd` itself, one after the other, and files are not looked at.
   * @default `cwd`
   */
  readonly fixture?: string | URL | false

  /** Prepares the files, once, in the copy that all runs start from. */
  readonly setup?: (dir: string) => unknown

  /**
   * What the files mean, as text; compared instead of their bytes. For files that have their own way to recover, as databases: what
   * it throws is a torn state.
   * @example
   * state: (dir) => execFileSync('sqlite3', ['app.db', '.dump'], { cwd: dir, encoding: 'utf8' })
   */
  readonly state?: (dir: string) => string | Promise<string>

  /** Throws, rejects or returns false where the run is not as it should be. */
  readonly check?: (run: CheckedRun) => unknown

  /**
   * Runs at a time.
   * @default os.availableParallelism(), 1 with `fixture: false`
   */
  readonly concurrency?: number

  /**
   * Milliseconds after which a run is killed.
   * @default ten times what a clean run takes, at least 5000
   */
  readonly timeout?: number

  /**
   * Milliseconds after which nothing more is started, and what runs is ended.
   * @default no limit
   */
  readonly timeBudget?: number

  /**
   * Most runs, besides the two clean ones.
   * @default no limit
   */
  readonly maxRuns?: number

  /**
   * Stop at the first bug, or at this many.
   * @default no limit
   */
  readonly stopOn?: 'first' | number

  /** Ends the sweep; what was found until then is the result. */
  readonly signal?: AbortSignal

  /** Called when a run starts, and when it has ended. */
  readonly onProgress?: (progress: Progress) => void

  /**
   * Directory that the command runs in, or that is copied.
   * @default process.cwd()
   */
  readonly cwd?: string | URL

  /**
   * Environment variables, added to ours; `undefined` takes one away.
   * @default process.env
   */
  readonly env?: Readonly<Record<string, string | undefined>>

  /** Written to the command's standard input, which ends then. */
  readonly input?: string | Uint8Array
}

/** How the command runs when nothing fails. */
export interface CleanRun {
  readonly stdout: string
  readonly stderr: string
  readonly durationMs: number
  /** What two clean runs did differently, and what is therefore not compared. */
  readonly unstable: readonly string[]
}

/**
 * What `faults()` found.
 * @example
 * t.deepEqual((await faults(['node', 'save.js'])).bugs, [])
 */
export interface FaultsResult {
  /** The command as one would type it. */
  readonly command: string
  /** The command without faults. */
  readonly clean: CleanRun
  /** In the order of the calls in a clean run. */
  readonly runs: readonly FaultRun[]
  /** Those of `runs` whose `isBug` is true. */
  readonly bugs: readonly FaultRun[]
  /** How many runs had each verdict. */
  readonly counts: Readonly<Record<Verdict, number>>
  /** Runs that were planned and not made, as `stoppedBy` says. */
  readonly left: number
  /** Runs in which the call that was to fail never came: the command does not do the same each time. */
  readonly missed: number
  /** The option that ended the sweep before all that was planned had run. */
  readonly stoppedBy?: 'stopOn' | 'maxRuns' | 'timeBudget' | 'signal'
  readonly durationMs: number
  /** The bugs, with what repeats each, and the count of all else. */
  toString(): string
  /** All but `bugs`, which are among the runs. */
  toJSON(): PlainObject
}
