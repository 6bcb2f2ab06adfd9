/** Marks in a trace: where a part of a program begins and ends, said by the program itself. */

import { existsSync } from 'node:fs'
import { inspect } from 'node:util'
import { checkOptions, invalid, isInteger, oneOf, type Check } from '../checks.ts'
import { SyscopeError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import {
  eventsOf,
  partOfRun,
  requireCalls,
  wholeOf,
  type AnyCall,
  type AnyEvent,
  type RecordedRun,
} from './recorded.ts'

/** What a mark's path begins with. No file is there, and no file can come to be there by accident. */
const place = '/@mark/'

/** Bytes: the kernel looks a longer name up in no file system, and a path is recorded up to 4095 bytes. */
const longestName = 255

/** A point in a run that the program marked. */
export interface Mark {
  readonly name: string
  /** Who made it: process and thread. */
  readonly pid: number
  readonly tid: number
  /** CLOCK_MONOTONIC at the entry of the call that is the mark. */
  readonly startNs: bigint
  /** The same at its exit. */
  readonly endNs: bigint
}

/** Which events are meant. */
export interface BetweenOptions {
  /**
   * Events of the process that made the marks, or of every process; the two marks may be of two processes then.
   * @default 'same'
   */
  readonly processes?: 'same' | 'tree'
  /** Only marks of this process, where several make the same ones. */
  readonly pid?: number
}

/**
 * Marks a point in the trace of this Node process. Costs one system call that fails, some microseconds, also where nobody traces:
 * it asks whether `/@mark/NAME` exists. The trace must record the call (`%file`).
 *
 * A program needs no syscope for this, nor Node: whatever looks such a path up is a mark.
 *
 * | in     | a mark                              |
 * | ------ | ----------------------------------- |
 * | Node   | `fs.existsSync('/@mark/save')`      |
 * | shell  | `test -e /@mark/save`               |
 * | C      | `access("/@mark/save", F_OK);`      |
 * | Python | `os.path.exists('/@mark/save')`     |
 * | Go     | `os.Stat("/@mark/save")`            |
 * | Rust   | `Path::new("/@mark/save").exists()` |
 * | Java   | `new File("/@mark/save").exists()`  |
 *
 * Nothing reaches the kernel where `fs` is mocked, or under `node --permission` without `--allow-fs-read=/@mark/`.
 *
 * @param name 1 to 255 bytes; `/` and NUL are not allowed. Throws ERR_SYSCOPE_INVALID_ARGUMENT.
 * @example
 * mark('save'); save(); mark('saved')
 */
export function mark(name: string): void {
  checkName(name, 'mark()')
  existsSync(place + name)
}

/**
 * The marks of a run, in order. Throws ERR_SYSCOPE_NOT_RECORDED where there is none and the filter leaves out calls that make marks.
 * @example
 * marksOf(run).map(({ name }) => name) // ['save', 'saved']
 */
export function marksOf(run: RecordedRun): readonly Mark[] {
  const marks: Mark[] = []
  const extent = run[partOfRun]
  for (const event of eventsOf(wholeOf(run))) {
    const name = markOf(event)
    // Only a call has one.
    if (name !== undefined && event.type === 'syscall' && extent?.covers(event) !== false) {
      const { pid, tid, startNs, endNs } = event
      marks.push({ name, pid, tid, startNs, endNs })
    }
  }
  if (marks.length === 0) requireCalls(run, usualCalls, 'A mark')
  return marks
}

/** What programs ask with whether a file exists, each of which some language uses. */
const usualCalls = ['access', 'faccessat', 'faccessat2', 'stat', 'newfstatat', 'statx'] as const

/**
 * What happened between two marks: the calls that began after the first mark had been made and before the second one was, and the
 * other events of that time; marks are left out. Events keep their order.
 *
 * Throws ERR_SYSCOPE_NOT_RECORDED for a mark that was not made, and ERR_SYSCOPE_INVALID_ARGUMENT for one that was made more than once,
 * for marks of two processes, and where the second mark came first.
 * @example
 * between(run, 'save', 'saved').filter((event) => event.type === 'syscall' && event.name === 'fsync')
 */
export function between<Run extends RecordedRun>(
  run: Run,
  from: string,
  to: string,
  options: BetweenOptions = {},
): Run['events'] {
  checkOptions(options, checks, 'between()')
  const { processes = 'same' } = options
  const [first, last] = theMarks(marksOf(run), from, to, options)
  if (processes === 'same' && first.pid !== last.pid) throw inTwoProcesses(first, last)
  const events = eventsOf(run)
  // The same events: only what is read of them is typed anew.
  return run.events.filter((_, index) => {
    const event = events[index]
    return event !== undefined && (processes === 'tree' || event.pid === first.pid) && isBetween(event, first, last)
  })
}

/** The two marks, of which the second is not before the first. Throws as `between()` does. */
export function theMarks(
  marks: readonly Mark[],
  from: string,
  to: string,
  { pid }: Pick<BetweenOptions, 'pid'> & { readonly processes?: string },
): readonly [first: Mark, last: Mark] {
  checkName(from, 'between()')
  checkName(to, 'between()')
  const known = marks.filter((it) => pid === undefined || it.pid === pid)
  const [first, last] = [theMark(known, from), theMark(known, to)]
  if (last.startNs < first.endNs) throw invalid(`The mark '${to}' was made before '${from}'.`)
  return [first, last]
}

const checks: Readonly<Record<keyof BetweenOptions, Check>> = {
  processes: oneOf('same', 'tree'),
  pid: { expected: 'a process id', isRight: (value) => isInteger(value, 2 ** 22) && value !== 0 },
}

function isBetween(event: AnyEvent, first: Mark, last: Mark): boolean {
  const timeNs = event.type === 'syscall' ? event.startNs : event.timeNs
  return timeNs >= first.endNs && timeNs <= last.startNs && !isTheMark(event, last) && markOf(event) === undefined
}

function isTheMark(event: AnyEvent, mark: Mark): boolean {
  return event.type === 'syscall' && event.tid === mark.tid && event.startNs === mark.startNs
}

/** The name of the mark that an event is. */
export function markOf(event: AnyEvent): string | undefined {
  if (event.type !== 'syscall' || event.ok || event.unfinished === true) return undefined
  const path = pathOf(event)
  return path?.startsWith(place) === true && path.length > place.length ? path.slice(place.length) : undefined
}

function pathOf({ args }: AnyCall): string | undefined {
  const path = args['pathname'] ?? args['path']
  return typeof path === 'string' ? path : undefined
}

function theMark(marks: readonly Mark[], name: string): Mark {
  const [found, ...others] = marks.filter((mark) => mark.name === name)
  if (found === undefined) throw missing(name, marks)
  if (others.length === 0) return found
  const pids = [...new Set([found, ...others].map(({ pid }) => pid))]
  const hint = pids.length > 1 ? ` In processes ${pids.join(', ')}: choose one with the \`pid\` option.` : ''
  throw invalid(`The mark '${name}' was made ${others.length + 1} times.${hint}`)
}

function missing(name: string, marks: readonly Mark[]): SyscopeError {
  const names = [...new Set(marks.map((mark) => mark.name))]
  const near = nearest(name, names)
  const made = names.length === 0 ? 'none was' : names.map((it) => `'${it}'`).join(', ')
  const hint = near === undefined ? '' : ` Did you mean '${near}'?`
  const message = `The mark '${name}' was not made, or not recorded (marks of this run: ${made}).${hint}`
  return new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', message)
}

/** Two marks that do not say which process is meant. */
export function inTwoProcesses(first: Mark, last: Mark): SyscopeError {
  return invalid(
    `The mark '${first.name}' was made in process ${first.pid} and '${last.name}' in ${last.pid}: give \`processes: 'tree'\` for ` +
      'what all processes did between them.',
  )
}

function checkName(name: unknown, where: string): void {
  if (typeof name === 'string' && name !== '' && Buffer.byteLength(name) <= longestName && !/[/\0]/.test(name)) return
  throw invalid(
    `Expected the name of a mark in ${where} to be 1 to ${longestName} bytes without \`/\`, got ${inspect(name)}.`,
  )
}
