/** A run as text that is the same each time. */

import { inspect } from 'node:util'
import { checkOptions, invalid, oneOf, type Check } from '../checks.ts'
import { namesOfSet, resolveFilter, selectCalls, type Filter } from '../filter.ts'
import { TimeExtent } from './extent.ts'
import { marksOf, theMarks } from './marks.ts'
import {
  eventsOf,
  insideOf,
  requireCalls,
  requireComplete,
  wholeOf,
  type AnyCall,
  type AnyEvent,
  type RecordedRun,
} from './recorded.ts'
import { Descriptors } from './snapshot/descriptors.ts'
import type { Fold } from './snapshot/fold.ts'
import { isFlow, lineOf } from './snapshot/lines.ts'
import { isAboutImage } from './snapshot/loader.ts'
import { madeNames } from './snapshot/made-names.ts'
import { Sections, type Section, type SnapshotProcess } from './snapshot/sections.ts'
import { tokensFor, type Replacement } from './snapshot/tokens.ts'
import { writeSections, type Line, type Told } from './snapshot/write.ts'

/** What a snapshot tells, and what it leaves out. */
export interface SnapshotOptions {
  /**
   * Calls to tell, in the words of the `filter` option of `trace()`. Fewer make a snapshot that changes less often.
   * @default ['%file', '%network']
   */
  readonly calls?: Filter

  /**
   * Processes to tell: all, only the command itself, or those that a function says yes to.
   * @default 'all'
   */
  readonly processes?: 'all' | 'first' | ((process: SnapshotProcess) => boolean)

  /**
   * The threads of a process beyond the first: `'together'` tells their calls as one sorted list, since in a pool of threads it is
   * chance who does what; `'apart'` tells each thread's calls in order, for programs whose threads have work of their own.
   * @default 'together'
   */
  readonly threads?: 'together' | 'apart'

  /**
   * What else to replace in lines, in order; each replaces all that it finds, in what a snapshot shows without it.
   * @example
   * { replace: [[/v\d+\.\d+\.\d+/, '<version>']] }
   * @default []
   */
  readonly replace?: readonly Replacement[]

  /**
   * Tell lines and groups of lines that repeat once, with how often they come; `'uncounted'` without that.
   * @default true
   */
  readonly fold?: Fold

  /**
   * What `<cwd>` stands for.
   * @default where the command began, or says that it is; else where this process is
   */
  readonly cwd?: string

  /** Only what happened between two marks (see `run.between()`), in all processes. */
  readonly between?: readonly [from: string, to: string]
}

/**
 * A run as lines that are the same each time that the program does the same: a paragraph for each process, in the order in which
 * its parent made them, with the calls of its first thread in order, those of its other threads, and how it ended.
 *
 * | what changes                               | what is done about it                                                          |
 * | ------------------------------------------ | ------------------------------------------------------------------------------ |
 * | ids of processes and threads               | `<pid 1>`, numbered in the order of the paragraphs; `/proc/<pid>`               |
 * | numbers of descriptors                     | called what they are: `<out.txt>`, `<TCP socket>`, `<stdout>`                   |
 * | addresses, times, sizes of buffers         | left out                                                                       |
 * | what comes back (sizes and times of files) | left out, but for the target of a link and the working directory               |
 * | the environment of programs                | left out                                                                       |
 * | directories, the path of Node              | `<cwd>`, `<tmp>`, `<home>`, `<node>`, the path of a control group as `<group>`  |
 * | random parts of names                      | `XXXXXX` as of mkdtemp(3), `<uuid>`, `<hex>`, `<n>`, `<pid>`; only of files that the run made |
 * | ports that the kernel chose (from 32768)   | `<port>`                                                                       |
 * | the dynamic loader's lookups               | left out, and so is what else looks up or reads a `.so` file                    |
 * | what V8 and malloc ask of memory            | left out: the memory map, the running program's own file, the number of processors, how fast their clocks are  |
 * | calls that a signal interrupted            | left out, and so is EAGAIN of sockets: both are chance                          |
 * | in how many pieces data come and go        | sizes are left out; a run of the same call on a socket is told once            |
 * | which thread of a pool did a call          | further threads are told together and sorted (option `threads`)                 |
 * | calls that the end of the process cut off  | left out in further threads                                                    |
 * | memory, locks of threads, clocks, waiting  | not among the default calls: how often these are called is chance in most programs |
 *
 * What can't be made the same, because it is different: the order in which a program starts processes as others end (`make -j`), or
 * goes on after several asynchronous operations; how often it polls or tries again (`fold: 'uncounted'` helps); caches that are
 * there the second time; what the environment says (LANG, PATH); other versions of programs, libraries and kernels; names with random parts that look like any other word
 * (`replace` helps).
 *
 * Throws ERR_SYSCOPE_NOT_RECORDED if the run left one of the calls out, and ERR_SYSCOPE_INCOMPLETE if it did not see all.
 * @returns lines with `\n` behind each; empty if there is nothing to tell
 * @example
 * const run = await trace('git', ['status'], { filter: ['%file', '%network'] })
 * expect(snapshotOf(run)).toBe(await readFile('status.snap', 'utf8'))
 */
export function snapshotOf(run: RecordedRun, options: SnapshotOptions = {}): string {
  checkOptions(options, checks, 'snapshotOf()')
  const { threads = 'together', fold = true, replace = [] } = options
  const calls = callsOf(options)
  requireComplete(run, 'A snapshot')
  requireCalls(run, namesIn(calls), 'A snapshot')
  const events = eventsOf(wholeOf(run))
  const cwd = options.cwd ?? run.cwd ?? cwdOf(events) ?? process.cwd()
  const sections = new Sections(events)
  const { processes = 'all', between: marks } = options
  const story = { events, sections, cwd, isWanted: selectCalls(calls), isInside: extentOf(run, marks) }
  const told = tell(story).filter(({ section }) => isChosen(section, processes))
  const programs = events.flatMap((event) => (event.type === 'exec' ? [event.program] : []))
  const tokens = tokensFor({ cwd, programs, made: madeNames(events), replace })
  return writeSections(told, { threads, fold, tokens })
}

/** By itself: joining the types of two filters takes the compiler too long. */
function callsOf({ calls }: SnapshotOptions): Filter {
  if (calls !== undefined) return calls
  return '%file,%network'
}

const checks: Readonly<Record<keyof SnapshotOptions, Check>> = {
  // selectCalls() says more of what is wrong.
  calls: { expected: 'calls', isRight: () => true },
  processes: {
    expected: "'all', 'first' or a function of a process",
    isRight: (value) => value === 'all' || value === 'first' || typeof value === 'function',
  },
  threads: oneOf('together', 'apart'),
  replace: {
    expected: 'an array of [string or regular expression, replacement]',
    isRight: (value) => Array.isArray(value) && value.every(isReplacement),
  },
  fold: {
    expected: "a boolean or 'uncounted'",
    isRight: (value) => typeof value === 'boolean' || value === 'uncounted',
  },
  cwd: { expected: 'an absolute path', isRight: (value) => typeof value === 'string' && value.startsWith('/') },
  between: {
    expected: 'the names of two marks',
    isRight: (value) => Array.isArray(value) && value.length === 2 && value.every((it) => typeof it === 'string'),
  },
}

function isReplacement(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2 || typeof value[1] !== 'string') return false
  return value[0] instanceof RegExp || (typeof value[0] === 'string' && value[0] !== '')
}

/** Without the ABI: a run is asked for calls by their names. */
function namesIn(calls: Filter): readonly string[] {
  return [...new Set(namesOfSet(resolveFilter(calls, 'calls')).map((name) => name.replace(/@.*/, '')))]
}

/** Where the first process says that it is, before it goes elsewhere. */
function cwdOf(events: readonly AnyEvent[]): string | undefined {
  const first = events[0]?.pid
  for (const event of events) {
    if (event.type !== 'syscall' || event.pid !== first || !event.ok) continue
    if (event.name === 'chdir' || event.name === 'fchdir') return undefined
    const path = event.name === 'getcwd' ? event.out?.['buf'] : undefined
    if (typeof path === 'string') return path
  }
  return undefined
}

/** What lines are made of. */
interface Story {
  readonly events: readonly AnyEvent[]
  readonly sections: Sections
  readonly cwd: string
  readonly isWanted: (call: AnyCall) => boolean
  readonly isInside: (event: AnyEvent) => boolean
}

/** The lines of each process and thread. */
function tell({ events, sections, cwd, isWanted, isInside }: Story): readonly Told[] {
  const descriptors = new Descriptors(events, cwd)
  const context = { descriptors, processName: processNames(sections.inOrder) }
  const all = new Map(sections.inOrder.map((section) => [section, new Collected(section)]))
  for (const event of events) {
    const section = sections.of(event)
    const collected = section === undefined ? undefined : all.get(section)
    if (collected !== undefined && isInside(event)) {
      if (event.type !== 'syscall') collected.end(event)
      else if (isWanted(event) && !isAboutImage(event, collected.section.program, descriptors)) {
        collected.add(event, lineOf(event, context))
      }
    }
    // What an event did is known afterwards.
    descriptors.follow(event)
  }
  return [...all.values()]
}

/** What is told; who is who, and what is open, is known from what came before, too. */
function extentOf(run: RecordedRun, names: readonly [string, string] | undefined): (event: AnyEvent) => boolean {
  if (names === undefined) return insideOf(run)
  const [first, last] = theMarks(marksOf(run), ...names, {})
  const extent = new TimeExtent(run, { fromNs: first.endNs, toNs: last.startNs, last })
  return (event) => extent.isInside(event)
}

function isChosen(section: Section, processes: SnapshotOptions['processes']): boolean {
  if (typeof processes !== 'function') return processes !== 'first' || section.parent === undefined
  const chosen: unknown = processes(section)
  if (typeof chosen === 'boolean') return chosen
  throw invalid(`Expected the function of the \`processes\` option to return a boolean, got ${inspect(chosen)}.`)
}

/** `<pid 2>`: in the order of the paragraphs. Threads are called after their process. */
function processNames(sections: readonly Section[]): (id: number) => string {
  const names = new Map<number, string>()
  for (const [at, { pid, threads }] of sections.entries()) {
    for (const id of [pid, ...threads]) if (!names.has(id)) names.set(id, `<pid ${at + 1}>`)
  }
  return (id) => names.get(id) ?? '<pid>'
}

/** What is told of one process. */
class Collected implements Told {
  readonly section: Section
  readonly lines = new Map<number, Line[]>()
  ending: string | undefined

  constructor(section: Section) {
    this.section = section
  }

  add({ tid, name, unfinished }: AnyCall, text: string | undefined): void {
    const isCutOff = unfinished === true && tid !== this.section.pid
    if (text === undefined || isCutOff) return
    const line = { text, isFlow: isFlow(name, text) }
    const known = this.lines.get(tid)
    if (known === undefined) this.lines.set(tid, [line])
    else known.push(line)
  }

  /** Of a process that was left running the tracer's own signal says nothing. */
  end(event: Exclude<AnyEvent, AnyCall>): void {
    if (event.type === 'leaked') this.ending = 'left running'
    if (event.type !== 'exit' || event.tid !== this.section.pid || this.ending !== undefined) return
    this.ending = event.signal === undefined ? `exited with ${event.code}` : `killed by ${event.signal}`
  }
}
