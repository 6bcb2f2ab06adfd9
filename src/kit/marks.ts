/** Marks in a trace: where a part of a program begins and ends, said by the program itself. */

import { existsSync } from 'node:fs'
import { inspect } from 'node:util'
import { invalid } from '../checks.ts'
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

/** The two marks, of which the second is not before the first. Throws as `between()` does. */
export function theMarks(
  marks: readonly Mark[],
  from: string,
  to: string,
  { pid }: { readonly pid?: number; readonly processes?: string },
): readonly [first: Mark, last: Mark] {
  checkName(from, 'between()')
  checkName(to, 'between()')
  const known = marks.filter((it) => pid === undefined || it.pid === pid)
  const [first, last] = [theMark(known, from), theMark(known, to)]
  if (last.startNs < first.endNs) throw invalid(`The mark '${to}' was made before '${from}'.`)
  return [first, last]
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
