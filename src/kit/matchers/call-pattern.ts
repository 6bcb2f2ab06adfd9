/** A call as a test describes it, and the calls of a run against that. */

import { inspect } from 'node:util'
import { checkOptions, invalid, isInteger, isObject, type Check } from '../../checks.ts'
import { checkRecorded } from '../../filter.ts'
import type { ErrnoName } from '../../names.ts'
import { nearest } from '../../nearest.ts'
import { rowByName, type SyscallName } from '../../table/index.ts'
import { textSource, type TextEvent } from '../../text/source.ts'
import type { AnyCall } from '../recorded.ts'
import type { SnapshotProcess } from '../snapshot/sections.ts'
import {
  every,
  expectedText,
  isExpected,
  valueText,
  type Expected,
  type ExpectedArgs,
  type ExpectedOut,
  type Truth,
} from './arguments.ts'
import { hiddenTruth } from './hidden-calls.ts'

/**
 * A call: by its name, and by what is expected of it.
 * @example
 * { syscall: 'fsync', path: 'state.tmp', ok: true }
 */
export interface CallPattern<N extends SyscallName = SyscallName> {
  /** Of any ABI that has the name; `open` is another call than `openat`. */
  readonly syscall: N
  /** What went in, by the names that `strace -N` prints. */
  readonly args?: ExpectedArgs<N>
  /** What came back through pointers: only of calls that succeeded. */
  readonly out?: ExpectedOut<N>
  /** What it returned: only of calls that succeeded. */
  readonly returned?: Expected<number | bigint>
  /** How it failed. */
  readonly error?: ErrnoName | RegExp
  /** Whether it succeeded. Calls that were interrupted, and those that did not come back, have not. */
  readonly ok?: boolean
  /**
   * A file that the call names, or that one of its descriptors was opened as: a path or a glob, absolute or relative to where the run
   * began, or a regular expression for the absolute path. Needs what questions about files need (`observe: 'files'`).
   */
  readonly path?: string | RegExp
  /** Who makes it: a process id, the command itself, or a function that says yes to a process. */
  readonly process?: number | 'first' | ((process: SnapshotProcess) => boolean)
}

/** As it was read. */
export interface Wanted {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly out: Readonly<Record<string, unknown>>
  readonly returned?: unknown
  readonly error?: unknown
  readonly ok?: unknown
  readonly path?: unknown
  readonly process?: unknown
}

/** Reads a name and arguments, or the object. Throws ERR_SYSCOPE_INVALID_ARGUMENT, or ERR_SYSCOPE_UNKNOWN_SYSCALL. `where` asks. */
export function readWanted(call: unknown, args: unknown, where: string): Wanted {
  if (typeof call === 'string')
    return checked({ name: call, args: objectOf(args, 'the arguments', where), out: {} }, where)
  if (!isObject(call) || Array.isArray(call)) {
    throw invalid(
      `Expected ${where} to be given the name of a system call, or an object with \`syscall\`, got ${inspect(call, { depth: 1 })}.`,
    )
  }
  checkOptions(call, checks, where)
  const { syscall, args: inside, out, ...others } = call
  if (typeof syscall !== 'string')
    throw invalid(`Expected the \`syscall\` in ${where} to be a name, got ${inspect(syscall)}.`)
  return checked(
    { ...others, name: syscall, args: objectOf(inside, '`args`', where), out: objectOf(out, '`out`', where) },
    where,
  )
}

const checks: Readonly<Record<keyof CallPattern, Check>> = {
  syscall: { expected: 'the name of a system call', isRight: (value) => typeof value === 'string' },
  args: { expected: 'an object', isRight: isObject },
  out: { expected: 'an object', isRight: isObject },
  returned: { expected: 'a number, or what decides about one', isRight: () => true },
  error: {
    expected: "the name of an errno ('ENOENT') or a regular expression",
    isRight: (value) =>
      value instanceof RegExp || (typeof value === 'string' && /^E[A-Z0-9]+$|^errno \d+$/.test(value)),
  },
  ok: { expected: 'a boolean', isRight: (value) => typeof value === 'boolean' },
  path: {
    expected: 'a path, a glob or a regular expression',
    isRight: (value) => value instanceof RegExp || (typeof value === 'string' && value !== ''),
  },
  process: {
    expected: "a process id, 'first' or a function of a process",
    isRight: (value) => value === 'first' || typeof value === 'function' || isInteger(value, 2 ** 22),
  },
}

function objectOf(value: unknown, what: string, where: string): Readonly<Record<string, unknown>> {
  if (value === undefined) return {}
  if (isObject(value) && !Array.isArray(value)) return value
  throw invalid(`Expected ${what} in ${where} to be an object, got ${inspect(value, { depth: 1 })}.`)
}

/** That no call has such an argument would be no news. */
function checked(wanted: Wanted, where: string): Wanted {
  checkRecorded([wanted.name], ['all'], where)
  const row = rowByName(wanted.name)
  if (row === undefined) return wanted
  const namesOf = (way: 'read' | 'readOut'): readonly string[] =>
    row.args.flatMap(([name, kind]) => (kind[way] === undefined ? [] : [name]))
  checkNames(wanted.args, namesOf('read'), `${wanted.name} takes no argument`, where)
  checkNames(wanted.out, namesOf('readOut'), `From ${wanted.name} comes back no`, where)
  return wanted
}

function checkNames(given: object, names: readonly string[], complaint: string, where: string): void {
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue
    const near = nearest(name, names)
    const hint =
      near === undefined ? (names.length === 0 ? '' : ` (${names.join(', ')})`) : ` Did you mean \`${near}\`?`
    throw invalid(`${complaint} \`${name}\`, which ${where} was given.${hint}`)
  }
}

/** What is known of a call beyond its own event. */
export interface CallFacts {
  readonly process: SnapshotProcess
  /** Absolute paths that it names and that its descriptors stand for; one that is not known is `undefined`. */
  readonly paths: readonly (string | undefined)[]
  /** Whether a path is the one that the test describes. */
  readonly isPath: (path: string, expected: string | RegExp) => boolean
}

/** A thing in which a call is other than expected, or in which nobody knows. */
export interface Difference {
  readonly text: string
  readonly truth: Truth
}

/** A call against what is wanted. */
export interface Comparison {
  readonly truth: Truth
  readonly differences: readonly Difference[]
}

/**
 * Whether a call is the wanted one; of a call by another name, whether it may be that by way of it. `facts` is asked only where it is
 * needed.
 */
export function compare(call: AnyCall, wanted: Wanted, facts: () => CallFacts): Comparison {
  if (call.name !== wanted.name) {
    const truth = hiddenTruth(call, wanted.name)
    return { truth, differences: [{ text: `${call.name} may be ${wanted.name}, and says so in memory only`, truth }] }
  }
  const all = [...comparisonsOf(call, wanted), ...factComparisons(wanted, facts)]
  return { truth: every(all.map(({ truth }) => truth)), differences: all.filter(({ truth }) => truth !== true) }
}

function comparisonsOf(call: AnyCall, { args, out, ok, error, returned }: Wanted): readonly Difference[] {
  const outcome: Difference[] = []
  if (ok !== undefined) outcome.push({ text: outcomeText(call), truth: call.ok === ok })
  if (error !== undefined) outcome.push({ text: outcomeText(call), truth: isExpected(call.error, error) })
  if (returned !== undefined) {
    outcome.push({ text: outcomeText(call), truth: call.ok && isExpected(call.returned, returned) })
  }
  return [
    ...Object.entries(args).map(([name, expected]) => valueDifference(call, name, call.args[name], expected)),
    ...Object.entries(out).map(([name, expected]) =>
      call.ok ? valueDifference(call, name, call.out?.[name], expected) : { text: outcomeText(call), truth: false },
    ),
    ...outcome,
  ]
}

function valueDifference(call: AnyCall, name: string, value: unknown, expected: unknown): Difference {
  const isOpen = isWordOnly(call, value, expected) || (typeof value === 'string' && isCut(call, name))
  const truth = isOpen ? undefined : isExpected(value, expected)
  return { text: `${name} ${name.endsWith('flags') ? 'are' : 'is'} ${valueText(value)}`, truth }
}

/** What the registers of the other ABIs hold is not always decoded. A number is a number there, too, but has no sign. */
function isWordOnly({ abi }: AnyCall, value: unknown, expected: unknown): boolean {
  if (abi === 'x86_64' || (value !== undefined && typeof value !== 'bigint')) return false
  return value === undefined || (typeof expected !== 'number' && typeof expected !== 'bigint') || expected < 0
}

/** The string limit cuts strings that are no paths. */
function isCut(call: AnyCall, name: string): boolean {
  // Events of a run have it; those that somebody made by hand need not.
  const source = (call as Partial<TextEvent>)[textSource]?.().call
  const cell = source?.cells[source.row?.args.findIndex(([argument]) => argument === name) ?? -1]
  return (cell?.captured('entry') ?? cell?.captured('exit'))?.status === 'truncated'
}

function outcomeText({ ok, error, returned, interrupted, unfinished }: AnyCall): string {
  if (ok) return `it returned ${String(returned)}`
  if (unfinished === true) return 'it did not come back'
  return interrupted === undefined ? `it failed with ${error}` : 'a signal interrupted it'
}

function factComparisons({ path, process }: Wanted, facts: () => CallFacts): readonly Difference[] {
  const found: Difference[] = []
  if (process !== undefined) found.push(processDifference(process, facts().process))
  if (typeof path === 'string' || path instanceof RegExp) found.push(pathDifference(path, facts()))
  return found
}

function processDifference(expected: unknown, process: SnapshotProcess): Difference {
  const text = `it is of process ${process.pid}`
  if (typeof expected !== 'function') {
    return { text, truth: expected === 'first' ? process.depth === 0 : process.pid === expected }
  }
  return { text, truth: isExpected(process, expected) }
}

function pathDifference(expected: string | RegExp, { paths, isPath }: CallFacts): Difference {
  const isSome = paths.some((path) => path !== undefined && isPath(path, expected))
  const names = paths.map((path) => path ?? 'a path that nobody knows')
  return {
    text: names.length === 0 ? 'it is about no path' : `it is about ${names.join(' and ')}`,
    truth: isSome || (paths.includes(undefined) ? undefined : false),
  }
}

/** `openat with pathname /state/ and flags [ 'O_CREAT' ]` */
export function wantedText({ name, args, out, path, process, ok, error, returned }: Wanted): string {
  const conditions = [
    ...Object.entries(args).map(([argument, expected]) => `${argument} ${expectedText(expected)}`),
    ...Object.entries(out).map(([argument, expected]) => `${argument} ${expectedText(expected)} coming back`),
    ...(path === undefined ? [] : [`path ${expectedText(path)}`]),
    ...(returned === undefined ? [] : [`result ${expectedText(returned)}`]),
    ...(error === undefined ? [] : [`error ${typeof error === 'string' ? error : expectedText(error)}`]),
  ]
  const outcome = ok === undefined ? '' : ok === true ? ' successfully' : ' in vain'
  const last = conditions.at(-1) ?? ''
  const listed = conditions.length > 1 ? `${conditions.slice(0, -1).join(', ')} and ${last}` : last
  return `${name}${outcome}${listed === '' ? '' : ` with ${listed}`}${processText(process)}`
}

function processText(process: unknown): string {
  if (process === undefined) return ''
  if (process === 'first') return ' itself'
  return typeof process === 'number' ? ` in process ${process}` : ' in a process of those chosen'
}
