/** The options of `faults()`, with nothing left open. Says what is wrong before anything runs. */

import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { checkOptions, invalid, isInteger, oneOf, type Check } from '../checks.ts'
import { SyscopeError } from '../errors.ts'
import { namesOfSet, resolveFilter, type CallSet } from '../filter.ts'
import { errnoNumber, type ErrnoName } from '../names.ts'
import { nearest } from '../nearest.ts'
import { readPath } from '../rules/patterns.ts'
import type { Fault, FaultPreset, FaultsOptions } from './options.ts'
import { namesToRecord, type Choice, type FaultKind } from './plan.ts'
import { harmless, presets } from './presets.ts'

export interface FaultsSettings {
  readonly choice: Choice
  readonly options: FaultsOptions
  readonly cwd: string
  /** The directory to copy; `undefined` where all runs are in `cwd` itself. */
  readonly fixture: string | undefined
  readonly concurrency: number
  readonly mostBugs: number
}

/** What the dynamic loader, the C library and runtimes read by themselves, and what is no file. */
export const ignoredPaths: readonly string[] = [
  '/lib/',
  '/lib32/',
  '/lib64/',
  '/usr/lib/',
  '/usr/lib32/',
  '/usr/lib64/',
  '/usr/libexec/',
  '/usr/local/lib/',
  '/etc/ld.so.cache',
  '/etc/ld.so.preload',
  '/etc/gai.conf',
  '/etc/host.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/passwd',
  '/etc/resolv.conf',
  '/etc/ssl/',
  '/etc/locale.alias',
  '/etc/localtime',
  '/usr/share/locale/',
  '/usr/share/zoneinfo/',
  '/proc/',
  '/sys/',
  '/dev/full',
  '/dev/null',
  '/dev/zero',
  '/dev/random',
  '/dev/urandom',
  '/dev/tty',
  '/dev/console',
  '/dev/pts/',
]

const defaultErrors: readonly Fault[] = ['ENOSPC', 'EIO']
const mostMs = 2 ** 31 - 1

const handler: Check = { expected: 'a function', isRight: (value) => typeof value === 'function' }
const count: Check = {
  expected: 'a whole number above 0',
  isRight: (value) => isInteger(value, mostMs) && value !== 0,
}
const milliseconds: Check = { ...count, expected: 'a whole number of milliseconds above 0' }
const directory: Check = {
  expected: 'a path or a file: URL',
  isRight: (value) => isText(value) || value instanceof URL,
}
/** Checked where it is used. */
const anything: Check = { expected: '', isRight: () => true }

const checks: Readonly<Record<keyof FaultsOptions, Check>> = {
  calls: anything,
  errors: anything,
  path: anything,
  ignore: { expected: 'an array of paths', isRight: Array.isArray },
  repeat: oneOf('once', 'lasting', 'both'),
  from: oneOf('main', 'start'),
  fixture: { expected: 'a directory, or false', isRight: (value) => value === false || directory.isRight(value) },
  setup: handler,
  state: handler,
  check: handler,
  concurrency: count,
  timeout: milliseconds,
  timeBudget: milliseconds,
  maxRuns: count,
  stopOn: {
    expected: "'first' or a whole number above 0",
    isRight: (value) => value === 'first' || count.isRight(value),
  },
  signal: { expected: 'an AbortSignal', isRight: (value) => value instanceof AbortSignal },
  onProgress: handler,
  cwd: directory,
  // trace() checks it.
  env: anything,
  input: { expected: 'a string or a Uint8Array', isRight: (value) => isText(value) || value instanceof Uint8Array },
}

/** Throws `SyscopeError`, and before anything runs. */
export function readFaultsOptions(options: FaultsOptions): FaultsSettings {
  checkOptions(options, checks, 'faults()')
  const { fixture, stopOn, concurrency, setup, state } = options
  const cwd = pathOf(options.cwd ?? '.', 'cwd')
  if (fixture === false && (setup ?? state) !== undefined) {
    throw invalid('The options `setup` and `state` need runs with files of their own, and `fixture` is false.')
  }
  return {
    choice: readChoice(options, cwd),
    options,
    cwd,
    fixture: fixture === false ? undefined : pathOf(fixture ?? cwd, 'fixture'),
    concurrency: concurrency ?? (fixture === false ? 1 : availableParallelism()),
    mostBugs: stopOn === 'first' ? 1 : (stopOn ?? Infinity),
  }
}

function readChoice(options: FaultsOptions, cwd: string): Choice {
  const { path, ignore = ignoredPaths, from = 'main', repeat = 'once' } = options
  const calls = options.calls === undefined ? 'all' : resolveFilter(options.calls, 'calls')
  const errors: readonly unknown[] = listOf(options.errors ?? defaultErrors)
  if (errors.length === 0) throw invalid('The `errors` option is empty: nothing would go wrong.')
  const kinds = errors.map((fault) => readFault(fault, calls))
  for (const kind of kinds) {
    if (namesToRecord({ calls, kinds: [kind] }).length > 0) continue
    throw invalid(`None of the calls of the \`calls\` option fails with ${kind.label}.`)
  }
  const wanted = path === undefined ? undefined : listOf(path)
  for (const pattern of wanted ?? []) readPath(pattern, '`path` of faults()', cwd)
  for (const pattern of ignore) readPath(pattern, '`ignore` of faults()', cwd)
  return { calls, kinds, path: wanted, ignore: wanted === undefined ? ignore : [], from, repeat }
}

function readFault(fault: unknown, calls: CallSet): FaultKind {
  if (typeof fault === 'object' && fault !== null) return readOwnFault(fault)
  const preset = typeof fault === 'string' ? presetNamed(fault) : undefined
  if (preset !== undefined) {
    return {
      label: preset,
      error: errorNamed(preset),
      rows: presets[preset],
      isHarmless: harmless.has(preset),
    }
  }
  const error = readErrno(fault)
  if (calls === 'all') {
    throw invalid(
      `Which calls fail with ${error} is not known here: name them in the \`calls\` option, or as { error: '${error}', calls }.`,
    )
  }
  return { label: error, error, rows: [{ calls: plainNames(calls) }], isHarmless: false }
}

function readOwnFault(fault: object): FaultKind {
  const { error, calls, ...others } = { error: undefined, calls: undefined, ...fault }
  const [stray] = Object.keys(others)
  if (stray !== undefined)
    throw invalid(`A fault of the \`errors\` option has \`error\` and \`calls\`, got \`${stray}\`.`)
  const name = readErrno(error)
  const rows = [{ calls: plainNames(resolveFilter(calls, 'errors')) }]
  return { label: name, error: name, rows, isHarmless: false }
}

/** Whatever the ABI: `openat@64` is `openat`, and the option's set still says where. */
function plainNames(set: CallSet): readonly string[] {
  return [...new Set(namesOfSet(set).map((name) => name.replace(/@.*/, '')))]
}

/** An errno; `undefined` for what is none. */
function errorNamed(word: string): ErrnoName | undefined {
  // errnoNumber knows the names that are of the type.
  return errnoNumber(word) === undefined ? undefined : (word as ErrnoName)
}

function presetNamed(word: string): FaultPreset | undefined {
  return faultPresets.find((it) => it === word)
}

/** What the `errors` option knows beside errors of your own choice. */
// Object.keys forgets that these are the presets' names.
export const faultPresets = Object.keys(presets) as readonly FaultPreset[]

function readErrno(value: unknown): ErrnoName {
  const error = typeof value === 'string' ? errorNamed(value) : undefined
  if (error !== undefined) return error
  const near = typeof value === 'string' ? nearest(value, faultPresets) : undefined
  const hint = near === undefined ? '' : ` Did you mean '${near}'?`
  throw invalid(
    `Expected the \`errors\` option to hold names of errors or ${faultPresets.map((it) => `'${it}'`).join(', ')}, got ${inspect(value)}.${hint}`,
  )
}

/** Throws ERR_SYSCOPE_BAD_CWD. */
function pathOf(path: string | URL, option: string): string {
  const text = resolve(path instanceof URL ? fileURLToPath(path) : path)
  try {
    if (statSync(text).isDirectory()) return text
  } catch {
    // Told below.
  }
  const message = `The \`${option}\` option has to be a directory, and ${inspect(text)} is none.`
  throw new SyscopeError('ERR_SYSCOPE_BAD_CWD', message)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T]
}
