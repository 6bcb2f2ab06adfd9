/** Options as users give them -> settings with nothing left open. Says what is wrong, with the value, before anything runs. */

import { fstatSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { fdDetails, pidDetails, type FdDetails, type PidDetails } from './args/arg.ts'
import { checkOptions, fdDecoding, flag, invalid, isInteger, oneOf, pidDecoding, type Check } from './checks.ts'
import type { CallSet } from './filter.ts'
import { interceptRules, readIntercept, type Intercepted } from './intercept/read.ts'
import { signalNumber } from './names.ts'
import { callsToRecord, descriptorsToDecode, topics } from './observe.ts'
import type { NativeStdio } from './native.ts'
import type { AttachOptions, StdioOption, TextEncoding, TraceOptions } from './options.ts'
import { compileRule, type CompiledRule } from './rules/compile.ts'
import { readDeny, readInject, ringRule, type RuleContext } from './rules/read.ts'

/** What holds for a run of either kind. */
export interface Settings {
  /** Absolute; of attached processes ours. */
  readonly cwd: string
  readonly calls: CallSet
  /** In the order in which they are tried. */
  readonly rules: readonly CompiledRule[]
  readonly intercepted: Intercepted | undefined
  readonly follow: boolean
  readonly mode: 'auto' | 'filter' | 'stops'
  readonly stringLimit: number
  readonly decodeFds: FdDetails
  readonly decodePids: PidDetails
  readonly timeout: number
  readonly signal: AbortSignal | undefined
  readonly killSignal: number
  readonly until: 'first' | 'tree'
  readonly drainMs: number
  readonly keep: boolean | undefined
  readonly backpressure: 'spill' | 'wait'
  readonly counting: boolean
  readonly placement: 'auto' | 'pinned' | 'free'
  readonly reject: boolean
  readonly encoding: TextEncoding | 'buffer'
  readonly stdio: readonly [NativeStdio, NativeStdio, NativeStdio]
  readonly input: string | Uint8Array | undefined
}

const defaultStringLimit = 1024
const mostStringLimit = 1024 * 1024
const defaultDrainMs = 200
/** setTimeout(3) takes no longer time. */
const mostMs = 2 ** 31 - 1

const text: Check = { expected: 'a string', isRight: (value) => typeof value === 'string' }
const plainText: Check = { expected: 'a string without null bytes', isRight: (value) => isPlainText(value) }
const milliseconds: Check = {
  expected: 'a whole number of milliseconds, at least 0',
  isRight: (value) => isInteger(value, mostMs),
}
/** NGROUPS_MAX */
const MAX_GROUPS = 65_536
const id: Check = { expected: 'an id, at least 0', isRight: (value) => isInteger(value, 2 ** 32 - 2) }
const stdio: Check = { expected: "'pipe', 'ignore', 'inherit' or a file descriptor", isRight: isStdio }
/** Checked where it is compiled. */
const filter: Check = { expected: '', isRight: () => true }

const recordChecks: Readonly<Record<keyof AttachOptions, Check>> = {
  filter,
  observe: {
    expected: `one or several of ${topics.map((it) => `'${it}'`).join(', ')}`,
    isRight: (value) => [value].flat().every((it) => typeof it === 'string' && topics.includes(it)),
  },
  deny: filter,
  inject: filter,
  intercept: filter,
  handlerTimeout: milliseconds,
  onHandlerFailure: oneOf('kill', 'continue'),
  follow: flag,
  ioUring: oneOf('observe', 'deny'),
  stringLimit: {
    expected: `a whole number of bytes, 0 to ${mostStringLimit}`,
    isRight: (value) => isInteger(value, mostStringLimit),
  },
  decodeFds: fdDecoding,
  decodePids: pidDecoding,
  timeout: milliseconds,
  signal: { expected: 'an AbortSignal', isRight: isAbortSignal },
  killSignal: {
    expected: "a signal's name or number",
    isRight: (value) =>
      typeof value === 'string' ? signalNumber(value) !== undefined : isInteger(value, 64) && value !== 0,
  },
  until: oneOf('first', 'tree'),
  drainMs: milliseconds,
  keep: flag,
  backpressure: oneOf('spill', 'wait'),
  counting: flag,
  placement: oneOf('auto', 'pinned', 'free'),
}

export const traceChecks: Readonly<Record<keyof TraceOptions, Check>> = {
  ...recordChecks,
  mode: oneOf('filter', 'stops'),
  detachable: flag,
  cwd: { expected: 'a path or a file: URL', isRight: (value) => value instanceof URL || isPlainText(value) },
  env: { expected: 'an object of strings', isRight: isEnvironment },
  extendEnv: flag,
  preferLocal: flag,
  shell: { expected: 'a boolean or the path of a shell', isRight: (value) => flag.isRight(value) || isPath(value) },
  argv0: plainText,
  uid: id,
  gid: id,
  groups: {
    expected: `an array of ids, at most ${MAX_GROUPS}`,
    isRight: (value) => Array.isArray(value) && value.length <= MAX_GROUPS && value.every(id.isRight),
  },
  stdin: stdio,
  stdout: stdio,
  stderr: stdio,
  stdio: {
    expected: `${stdio.expected}, or three of them`,
    isRight: (value) => isStdio(value) || (Array.isArray(value) && value.length === 3 && value.every(isStdio)),
  },
  inheritFds: {
    expected: 'an array of file descriptors from 3 on',
    isRight: (value) => Array.isArray(value) && value.every((fd) => isInteger(fd, 2 ** 31 - 1) && Number(fd) > 2),
  },
  input: {
    expected: 'a string or a Uint8Array',
    isRight: (value) => text.isRight(value) || value instanceof Uint8Array,
  },
  encoding: oneOf('utf8', 'utf16le', 'latin1', 'ascii', 'hex', 'base64', 'base64url', 'buffer'),
  reject: flag,
}

export function readTraceOptions(options: TraceOptions): Settings {
  checkOptions(options, traceChecks, 'trace()')
  if (options.stdio !== undefined) {
    for (const other of ['stdin', 'stdout', 'stderr'] as const) {
      if (options[other] !== undefined) throw invalid(`Give either the \`stdio\` option or \`${other}\`, not both.`)
    }
  }
  const streams = stdioOf(options)
  if (options.input !== undefined && streams[0] !== 'pipe') {
    throw invalid(`The \`input\` option needs a pipe for stdin, got ${inspect(streams[0])}.`)
  }
  if (options.mode === 'filter' && options.detachable === true) {
    throw invalid("The `detachable` option needs mode 'stops': a process under a filter cannot be let go.")
  }
  const nativeStreams = [nativeStdio(streams[0], 0), nativeStdio(streams[1], 1), nativeStdio(streams[2], 2)] as const
  const context = {
    cwd: path.resolve(directoryOf(options.cwd)),
    hasForeignSockets: hasForeignSockets([...nativeStreams, ...(options.inheritFds ?? [])]),
  }
  const usesFilter = (options.filter ?? options.observe) !== undefined && options.detachable !== true
  return {
    ...commonSettings(options, context),
    mode: options.mode ?? (usesFilter ? 'auto' : 'stops'),
    reject: options.reject ?? false,
    encoding: options.encoding ?? 'utf8',
    stdio: nativeStreams,
    input: options.input,
  }
}

export function readAttachOptions(options: AttachOptions): Settings {
  checkOptions(options, recordChecks, 'attach()')
  const stdio = ['ignore', 'ignore', 'ignore'] as const
  return {
    ...commonSettings(options, { cwd: process.cwd(), hasForeignSockets: true }),
    until: options.until ?? 'tree',
    mode: 'stops',
    reject: false,
    encoding: 'utf8',
    stdio,
    input: undefined,
  }
}

type CommonSettings = Omit<Settings, 'mode' | 'reject' | 'encoding' | 'stdio' | 'input'>

function rulesOf(
  options: AttachOptions,
  context: RuleContext,
  stringLimit: number,
  intercepted: Intercepted | undefined,
): readonly CompiledRule[] {
  if (options.deny !== undefined && options.follow === false) {
    throw invalid('The `deny` option needs `follow`: children that are not followed would do what is denied.')
  }
  const asking = intercepted === undefined ? [] : interceptRules(intercepted)
  const given = [...readDeny(options.deny, context), ...readInject(options.inject, context), ...asking]
  const mustSeeAll = given.length > 0 || options.observe !== undefined
  const ioUring = options.ioUring ?? (mustSeeAll ? 'deny' : 'observe')
  const rules = ioUring === 'deny' ? [...given, ringRule()] : given
  return rules.map((rule) => compileRule(rule, { stringLimit }))
}

/** Who starts the command says what is wrong with it. */
function directoryOf(cwd: TraceOptions['cwd'] = '.'): string {
  if (typeof cwd === 'string') return cwd
  try {
    return fileURLToPath(cwd)
  } catch {
    return '.'
  }
}

/** Whether sockets that somebody else made can come to the command: from us, or over a unix socket. */
function hasForeignSockets(descriptors: readonly (NativeStdio | undefined)[]): boolean {
  return descriptors.some((it) => typeof it === 'number' && isSocket(it))
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket()
  } catch {
    // Nothing is open there; who starts the command says so.
    return false
  }
}

function commonSettings(options: AttachOptions, context: RuleContext): CommonSettings {
  const { killSignal = 'SIGTERM' } = options
  const stringLimit = options.stringLimit ?? defaultStringLimit
  const intercepted = readIntercept(options)
  return {
    cwd: context.cwd,
    calls: callsToRecord(options.filter, options.observe),
    rules: rulesOf(options, context, stringLimit, intercepted),
    intercepted,
    follow: options.follow ?? true,
    stringLimit,
    decodeFds: fdDetails(options.decodeFds ?? descriptorsToDecode(options.observe)),
    decodePids: pidDetails(options.decodePids),
    timeout: options.timeout ?? 0,
    signal: options.signal,
    killSignal: typeof killSignal === 'number' ? killSignal : (signalNumber(killSignal) ?? 15),
    until: options.until ?? 'first',
    drainMs: options.drainMs ?? defaultDrainMs,
    keep: options.keep,
    backpressure: options.backpressure ?? 'spill',
    counting: options.counting ?? false,
    placement: options.placement ?? 'auto',
  }
}

function stdioOf(options: TraceOptions): readonly [StdioOption, StdioOption, StdioOption] {
  const { stdio } = options
  if (typeof stdio === 'object') return stdio
  if (stdio !== undefined) return [stdio, stdio, stdio]
  const stdin = options.stdin ?? (options.input === undefined ? 'ignore' : 'pipe')
  return [stdin, options.stdout ?? 'pipe', options.stderr ?? 'pipe']
}

function nativeStdio(option: StdioOption, ours: number): NativeStdio {
  return option === 'inherit' ? ours : option
}

function isStdio(value: unknown): boolean {
  return value === 'pipe' || value === 'ignore' || value === 'inherit' || isInteger(value, 2 ** 31 - 1)
}

function isAbortSignal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'addEventListener' in value
}

function isEnvironment(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.entries(value).every(
    ([name, it]) => isPlainText(name) && !name.includes('=') && (it === undefined || isPlainText(it)),
  )
}

function isPath(value: unknown): boolean {
  return isPlainText(value) && value !== ''
}

function isPlainText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}
