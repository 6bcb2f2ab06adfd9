/** What a command line asks for. */

export type CallStatus = 'successful' | 'failed' | 'unfinished' | 'detached'
export type QuietAbout = 'attach' | 'exit' | 'thread-execve'

/** Digits behind the point of a second. */
export type Precision = 0 | 3 | 6 | 9

/** What -I says about SIGINT and its kin. */
export type Interruptible = 'anywhere' | 'waiting' | 'never' | 'never_tstp'

/** Filled in option by option, in the order given: the last of two that exclude each other wins. */
export interface Settings {
  columns: number
  stringLimit: number
  abbreviate: boolean
  constants: 'abbrev' | 'raw' | 'verbose'
  hexStrings: 'none' | 'non-ascii-chars' | 'non-ascii' | 'all'
  decodeFds: boolean
  argumentNames: boolean
  /** Digits, as in the next two. */
  durations: Precision | undefined
  /** -r. */
  sinceLast: Precision | undefined
  /** -t and its long form. */
  clock: { format: 'time' | 'unix'; precision: Precision } | undefined
  /** How many -t. */
  clockLetters: number
  syscallNumbers: boolean
  instructionPointers: boolean
  alwaysShowPid: boolean
  follow: boolean
  /** -ff: a file for each thread. */
  separately: boolean
  /** How many -f. */
  followLetters: number
  seccomp: boolean
  output: string | undefined
  append: boolean
  attach: number[]
  /** -e trace=, as typed. */
  trace: string | undefined
  /** -P. */
  paths: string[]
  /** --trace-fds. */
  hasFd: ((fd: number) => boolean) | undefined
  /** --deny, as typed. */
  deny: string[]
  signals: ((signal: number) => boolean) | undefined
  statuses: ReadonlySet<CallStatus> | undefined
  quiet: ReadonlySet<QuietAbout> | undefined
  /** How many -q. */
  quietness: number
  /** How many -z and -Z. */
  statusLetters: number
  /** -c: only the table; -C: after the calls. */
  summary: 'none' | 'only' | 'both'
  summarySortBy: string | undefined
  summaryColumns: string | undefined
  wallClock: boolean
  /** -E, as typed. */
  environment: string[]
  argv0: string | undefined
  /** -I. */
  interruptible: Interruptible | undefined
  killOnExit: boolean
  json: boolean
  doctor: boolean
  help: boolean
  version: boolean
}

export function initialSettings(): Settings {
  return {
    columns: 40,
    stringLimit: 32,
    abbreviate: true,
    constants: 'abbrev',
    hexStrings: 'none',
    decodeFds: false,
    argumentNames: false,
    durations: undefined,
    sinceLast: undefined,
    clock: undefined,
    clockLetters: 0,
    syscallNumbers: false,
    instructionPointers: false,
    alwaysShowPid: false,
    follow: false,
    separately: false,
    followLetters: 0,
    seccomp: false,
    output: undefined,
    append: false,
    attach: [],
    trace: undefined,
    paths: [],
    hasFd: undefined,
    deny: [],
    signals: undefined,
    statuses: undefined,
    quiet: undefined,
    quietness: 0,
    statusLetters: 0,
    summary: 'none',
    summarySortBy: undefined,
    summaryColumns: undefined,
    wallClock: false,
    environment: [],
    argv0: undefined,
    interruptible: undefined,
    killOnExit: false,
    json: false,
    doctor: false,
    help: false,
    version: false,
  }
}
