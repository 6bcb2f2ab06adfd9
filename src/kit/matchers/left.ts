/** Matcher about processes that are left: `toLeaveNoProcesses()`. */

import { inspect } from 'node:util'
import { invalid } from '../../checks.ts'
import { SyscopeError } from '../../errors.ts'
import { isObject } from '../../rules/shape.ts'
import { processesOf, type Processes, type TracedProcess } from '../processes.ts'
import { partOfRun } from '../recorded.ts'
import { readRun, requireWhole } from './subject.ts'
import type { Verdict } from './verdict.ts'

/** What `toLeaveNoProcesses()` is told. */
export interface LeftOptions {
  /**
   * How long processes may go on after the command itself has ended, in milliseconds. A run that is traced `until: 'tree'` waits for
   * them, so that they are not left running, and this is what tells.
   * @default 200
   */
  readonly withinMs?: number
}

/**
 * Whether a run left no processes behind: none was still there when it was over, and none went on for long after the command had ended.
 * Of a part of a run, whether those that began in it ended with it.
 *
 * No calls need to be recorded (`filter: 'none'`); `observe: 'processes'` shows the command lines. Throws ERR_SYSCOPE_INCOMPLETE where
 * processes were let go, or their end was not seen, and where the `timeout` option ended them; ERR_SYSCOPE_NOT_RECORDED where children were not followed.
 * @example toLeaveNoProcesses(await trace('npm', ['test'], { observe: 'processes' }))
 */
export function toLeaveNoProcesses(run: unknown, options: LeftOptions = {}): Verdict {
  const subject = readRun(run, 'toLeaveNoProcesses')
  const withinMs = readLimit(options)
  const processes = processesOf(subject.run)
  const extent = subject.run[partOfRun]
  // Who was there before a part of a run is none of its.
  const own = processes.all.filter(({ startNs }) => extent === undefined || startNs >= extent.fromNs)
  const leaked = own.filter(({ ending }) => ending.how === 'leaked')
  const late = own.filter((process) => !leaked.includes(process) && isLate(process, extent?.toNs, withinMs))
  const tree = indented(processes)
  if (leaked.length > 0 || late.length > 0) {
    const told = [
      ...(leaked.length === 0 ? [] : [`${countOf(leaked)} left running`]),
      ...(late.length === 0
        ? []
        : [`${countOf(late)} going on ${withinMs} ms after ${extent === undefined ? 'it' : 'the part'} had ended`]),
    ]
    const pids = [...leaked, ...late].map(({ pid }) => pid).join(', ')
    const headline = `Expected ${subject.name} to leave no processes, but ${told.join(', and ')} (${pids}):`
    return { pass: false, message: `${headline}\n\n${tree}` }
  }
  requireWhole(subject)
  if (subject.run.timedOut === true) {
    const message = `${subject.asks} can't tell: the run was ended by its \`timeout\`, and all processes with it.\n\n${tree}`
    throw new SyscopeError('ERR_SYSCOPE_INCOMPLETE', message)
  }
  const unseen = own.find(({ ending }) => ending.how === 'let go' || ending.how === 'unknown')
  if (unseen !== undefined) {
    const why = unseen.ending.how === 'let go' ? 'was let go, and may be there still' : 'was not seen to end'
    throw new SyscopeError(
      'ERR_SYSCOPE_INCOMPLETE',
      `${subject.asks} can't tell: process ${unseen.pid} ${why}.\n\n${tree}`,
    )
  }
  return { pass: true, message: `Expected ${subject.name} to leave processes, but all of them ended:\n\n${tree}` }
}

function readLimit(options: unknown): number {
  if (!isObject(options)) {
    throw invalid(`Expected the options of toLeaveNoProcesses() to be an object, got ${inspect(options)}.`)
  }
  const stray = Object.keys(options).find((key) => key !== 'withinMs')
  if (stray !== undefined) throw invalid(`toLeaveNoProcesses() has no option \`${stray}\`. It has \`withinMs\`.`)
  const { withinMs = 200 } = options
  if (typeof withinMs === 'number' && withinMs >= 0) return withinMs
  throw invalid(
    `Expected \`withinMs\` of toLeaveNoProcesses() to be a number of milliseconds, got ${inspect(withinMs)}.`,
  )
}

function countOf(processes: readonly TracedProcess[]): string {
  return processes.length === 1 ? 'one process was' : `${processes.length} processes were`
}

/** `endNs`: of the part of the run; else it is that of the command, or of what was attached to. */
function isLate(process: TracedProcess, endNs: bigint | undefined, withinMs: number): boolean {
  const root = rootOf(process)
  const limit = endNs ?? (root.ending.how === 'let go' ? undefined : root.endNs)
  if (limit === undefined || process.endNs === undefined) return false
  return Number(process.endNs - limit) / 1e6 > withinMs
}

function rootOf(process: TracedProcess): TracedProcess {
  let root = process
  while (root.parent !== undefined) root = root.parent
  return root
}

const MOST_LINES = 40

function indented(processes: Processes): string {
  const lines = String(processes).split('\n')
  const shown = lines.slice(0, MOST_LINES).map((line) => `  ${line}`)
  return [...shown, ...(lines.length > MOST_LINES ? [`  … and ${lines.length - MOST_LINES} more`] : [])].join('\n')
}
