/** What a command line asks for. */

import type { CallChoice, FaultsOptions, FdDecoding, PidDecoding, Policy } from '../../index.ts'
import type { Denial } from './deny.ts'
import type { Injection } from './inject.ts'
import type { Rules } from './rules.ts'

export type CallStatus = 'successful' | 'failed' | 'unfinished' | 'detached'
export type QuietAbout = 'attach' | 'exit' | 'thread-execve' | 'path-resolution'

/** Digits behind the point of a second. */
export type Precision = 0 | 3 | 6 | 9

/** What -I says about SIGINT and its kin. */
export type Interruptible = 'anywhere' | 'waiting' | 'never' | 'never_tstp'

/** Filled in option by option, in the order given: the last of two that exclude each other wins. */
export interface Settings {
  columns: number
  /** -s. */
  stringLimit: number | undefined
  abbreviate: CallChoice
  /** -e verbose=. */
  dereference: CallChoice
  raw: CallChoice
  /** -e read=, -e write=. */
  dumpRead: ((fd: number) => boolean) | undefined
  dumpWrite: ((fd: number) => boolean) | undefined
  constants: 'abbrev' | 'raw' | 'verbose'
  hexStrings: 'none' | 'non-ascii-chars' | 'non-ascii' | 'all'
  decodeFds: FdDecoding
  decodePids: PidDecoding
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
  /** -e trace=, as the API wants it. */
  trace: string | undefined
  /** -P. */
  paths: string[]
  /** --trace-fds. */
  hasFd: ((fd: number) => boolean) | undefined
  /** --trace-fds, as typed. */
  fdWords: string | undefined
  deny: Denial[]
  /** -e inject=, -e fault=. */
  inject: Injection[]
  /** --policy: paths, and what they held once they were read. */
  policyFiles: string[]
  policies: Policy[]
  /** What all of these come to, once -P is known. */
  rules: Rules
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
  /** -O. */
  overheadNs: bigint
  /** -E, as typed. */
  environment: string[]
  argv0: string | undefined
  /** -I. */
  interruptible: Interruptible | undefined
  killOnExit: boolean
  /** -D. */
  daemonize: 'grandchild' | 'pgroup' | 'session' | undefined
  /** How many -D. */
  daemonLetters: number
  /** With -D, in the process that traces: the one that becomes the command. */
  tracee: number | undefined
  /** -u, as typed. */
  user: string | undefined
  /** -b execve. */
  detachOnExec: boolean
  /** --syscall-limit. */
  callLimit: number | undefined
  color: 'auto' | 'always' | 'never'
  json: boolean
  /** A file that the run is written to as well. */
  save: string | undefined
  /** A file to show instead of running anything. */
  load: string | undefined
  /** CLOCK_REALTIME − CLOCK_MONOTONIC when what --load shows was recorded. */
  realtimeOffsetNs: bigint | undefined
  /** --faults. */
  faults: FaultsOptions | undefined
  doctor: boolean
  /** The shell that wants to complete. */
  completion: string | undefined
  help: boolean
  version: boolean
}

export function initialSettings(): Settings {
  return {
    columns: 40,
    stringLimit: undefined,
    abbreviate: true,
    dereference: true,
    raw: false,
    dumpRead: undefined,
    dumpWrite: undefined,
    constants: 'abbrev',
    hexStrings: 'none',
    decodeFds: false,
    decodePids: false,
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
    fdWords: undefined,
    deny: [],
    inject: [],
    policyFiles: [],
    policies: [],
    rules: { deny: [], inject: [], beyond: [], spelled: { deny: [], inject: [] } },
    signals: undefined,
    statuses: undefined,
    quiet: undefined,
    quietness: 0,
    statusLetters: 0,
    summary: 'none',
    summarySortBy: undefined,
    summaryColumns: undefined,
    wallClock: false,
    overheadNs: 0n,
    environment: [],
    argv0: undefined,
    interruptible: undefined,
    killOnExit: false,
    daemonize: undefined,
    daemonLetters: 0,
    tracee: undefined,
    user: undefined,
    detachOnExec: false,
    callLimit: undefined,
    color: 'auto',
    json: false,
    save: undefined,
    load: undefined,
    realtimeOffsetNs: undefined,
    faults: undefined,
    doctor: false,
    completion: undefined,
    help: false,
    version: false,
  }
}

/** Bytes that `trace()` records of a string. */
export const usualBytes = 1024

/** Most bytes of a string that are shown: who reads lines wants short ones; who reads JSON wants what `trace()` records. */
export function stringLimitOf({ stringLimit, json }: Settings): number {
  return stringLimit ?? (json ? usualBytes : 32)
}

/** What is denied is denied in children as well: without -f they are traced for that, and show nothing else. */
export function hidesChildren({ follow, deny, policyFiles }: Settings): boolean {
  return !follow && (deny.length > 0 || policyFiles.length > 0)
}
