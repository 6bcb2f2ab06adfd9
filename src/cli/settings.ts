/** What a command line asks for. */

export type CallStatus = 'successful' | 'failed' | 'unfinished' | 'detached'
export type QuietAbout = 'attach' | 'exit' | 'thread-execve'

/** Filled in option by option, in the order given: the last of two that exclude each other wins. */
export interface Settings {
  columns: number
  stringLimit: number
  abbreviate: boolean
  constants: 'abbrev' | 'raw' | 'verbose'
  hexStrings: 'none' | 'non-ascii-chars' | 'non-ascii' | 'all'
  decodeFds: boolean
  argumentNames: boolean
  durations: boolean
  alwaysShowPid: boolean
  follow: boolean
  seccomp: boolean
  output: string | undefined
  append: boolean
  attach: number[]
  /** -e trace=, as typed. */
  trace: string | undefined
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
    durations: false,
    alwaysShowPid: false,
    follow: false,
    seccomp: false,
    output: undefined,
    append: false,
    attach: [],
    trace: undefined,
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
    json: false,
    doctor: false,
    help: false,
    version: false,
  }
}
