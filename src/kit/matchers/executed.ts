/** Matcher about programs: `toExec()`. */

import { posix } from 'node:path'
import { inspect } from 'node:util'
import { invalid } from '../../checks.ts'
import { insideOf, refusal, requireChildren, type AnyCall, type AnyEvent } from '../recorded.ts'
import { Tree, type View } from '../tree.ts'
import { isUndecoded } from '../undecoded.ts'
import { isExpected, type Truth } from './arguments.ts'
import { times, withEvidence, type Deed } from './evidence.ts'
import { globPattern } from './globs.ts'
import { pathReader, readPath, type ExpectedPath, type PathReader } from './places.ts'
import { cannotTell, readRun, requireRecorded, requireWhole, type Subject } from './subject.ts'
import type { Verdict } from './verdict.ts'

/** The words of a command line, its first one included; or a regular expression for all of it, joined by spaces. */
export type ExpectedArgv = readonly (string | RegExp)[] | RegExp

/**
 * Whether a run executed a program: `'git'` by its name, as the file is called or as the program is told that it is; with a `/` by its
 * path, also that of a script, and what symbolic links lead to. What the loader was told to load counts (`ld.so /bin/true`). Attempts that
 * failed do not.
 *
 * Trace with `observe: 'processes'`. Throws ERR_SYSCOPE_INCOMPLETE and ERR_SYSCOPE_NOT_RECORDED where it was not seen, and may have been missed.
 * @example toExec(run, 'git', ['git', 'status', /^--/])
 */
export function toExec(run: unknown, program: ExpectedPath, argv?: ExpectedArgv): Verdict {
  const subject = readRun(run, 'toExec')
  const test = readProgram(program, pathReader(subject.run, subject.asks))
  checkArgv(argv)
  const all = executionsOf(subject)
  const truths = all.map((it) => both(test(it), argv === undefined ? true : isArgv(it.argv, argv)))
  const found = all.filter((_, index) => truths[index] === true)
  const aim = `execute ${String(program)}${argv === undefined ? '' : ` with ${inspect(argv, { breakLength: Infinity })}`}`
  if (found.length > 0) {
    const headline = `Expected ${subject.name} not to ${aim}, but it did, ${times(found.length)}:`
    return {
      pass: true,
      message: withEvidence(
        headline,
        found.map((it) => it.deed),
      ),
    }
  }
  requireWhole(subject)
  requireRecorded(subject, execCalls, 'processes')
  requireChildren(subject.run, subject.asks)
  const unsure = all.find((_, index) => truths[index] === undefined)
  if (unsure !== undefined) {
    const why = 'which program or arguments that were is not known: trace with `chdir`, `fchdir` and `decodeFds`'
    cannotTell(subject, `of ${unsure.deed.line}, by process ${unsure.deed.by.pid}: ${why}.`)
  }
  const headline = `Expected ${subject.name} to ${aim}, but it did not`
  const others = all.map((it) => it.deed)
  const message = others.length === 0 ? `${headline}, nor any other program.` : `${headline}. It executed others:`
  return { pass: false, message: withEvidence(message, others) }
}

const execCalls = ['execve', 'execveat', 'clone', 'clone3', 'fork', 'vfork']

/** A program that a process became. */
interface Execution {
  readonly deed: Deed
  /** Paths that the program was asked for by, and had; `undefined` for one that is not known. */
  readonly paths: readonly (string | undefined)[]
  readonly argv: readonly string[] | undefined
}

function both(one: Truth, other: Truth): Truth {
  if (one === false || other === false) return false
  return one === undefined || other === undefined ? undefined : true
}

function executionsOf(subject: Subject): readonly Execution[] {
  const { run } = subject
  const tree = new Tree(run)
  const isInside = insideOf(run)
  // Without the calls that go elsewhere, nobody knows where a relative path begins.
  const knowsPlaces = refusal(run, ['chdir', 'fchdir'], subject.asks) === undefined
  const found: Execution[] = []
  for (const event of tree.events) {
    if (event.type === 'syscall' && isExec(event) && event.ok && isInside(event)) {
      found.push(executionBy(event, tree.at(event), subject, knowsPlaces))
    }
    tree.apply(event)
  }
  return [...found, ...untold(tree.events, isInside, subject)]
}

function isExec({ name }: AnyCall): boolean {
  return name === 'execve' || name === 'execveat'
}

function executionBy(call: AnyCall, view: View, { makers }: Subject, knowsPlaces: boolean): Execution {
  const { program } = view.who
  const argv = isUndecoded(call) ? undefined : wordsIn(call.args['argv'])
  const asked = askedPath(call, view, knowsPlaces)
  const loaded =
    program !== undefined && /\/ld(?:-linux|-musl|64)?[\w.-]*\.so[.\d]*$/.test(program) ? loadedBy(argv) : []
  return { deed: makers.deed(call), paths: [program, asked, ...loaded], argv }
}

/** `undefined` where not all of them could be read. */
function wordsIn(argv: unknown): readonly string[] | undefined {
  if (!Array.isArray(argv)) return undefined
  const words = argv.filter((word) => typeof word === 'string')
  return words.length === argv.length ? words : undefined
}

function askedPath(call: AnyCall, view: View, knowsPlaces: boolean): string | undefined {
  const { pathname } = call.args
  if (typeof pathname !== 'string') return undefined
  // What is behind a descriptor, if it has a name.
  if (pathname === '') return view.descriptor('dirfd')?.open.path
  if (/^\/(?:proc\/[^/]+\/fd|dev\/fd)\//.test(pathname))
    return view.descriptor(Number(posix.basename(pathname)))?.open.path
  if (!posix.isAbsolute(pathname) && !knowsPlaces) return undefined
  return view.resolve(pathname, call.name === 'execveat' ? 'dirfd' : undefined)
}

/** The loader executes the first of its arguments that is no option. */
function loadedBy(argv: readonly string[] = []): readonly string[] {
  return argv.slice(1).filter((word) => word.startsWith('/'))
}

/** Programs of which only the event is there: the call was not recorded, or its end not seen. */
function untold(
  events: readonly AnyEvent[],
  isInside: (event: AnyEvent) => boolean,
  { makers }: Subject,
): readonly Execution[] {
  const open = new Map<number, Extract<AnyEvent, { type: 'exec' }>[]>()
  for (const event of events) {
    if (event.type === 'exec') open.set(event.pid, [...(open.get(event.pid) ?? []), event])
    // The call ends when the new program is there.
    else if (event.type === 'syscall' && isExec(event) && event.ok) open.get(event.pid)?.pop()
  }
  return [...open.values()].flat().flatMap((event): readonly Execution[] => {
    if (!isInside(event)) return []
    const { pid, program, timeNs } = event
    return [{ deed: { by: makers.of(pid, timeNs - 1n), line: `became ${program}` }, paths: [program], argv: undefined }]
  })
}

/** Says of an execution whether it is of this program. */
function readProgram(expected: ExpectedPath, reader: PathReader): (execution: Execution) => Truth {
  if (typeof expected === 'string' && expected !== '' && !expected.includes('/')) {
    const pattern = globPattern(expected, reader.asks)
    return ({ paths, argv }) => {
      const names = [...paths.flatMap((path) => path ?? []), ...(argv?.slice(0, 1) ?? [])]
      if (names.some((name) => pattern.test(posix.basename(name)))) return true
      return paths.includes(undefined) || argv === undefined ? undefined : false
    }
  }
  const test = readPath(expected, reader)
  return ({ paths }) => {
    const known = paths.flatMap((path) => (path === undefined ? [] : [path, reader.real(path)]))
    if (known.some((path) => test.matches(path))) return true
    return paths.includes(undefined) ? undefined : false
  }
}

function checkArgv(argv: unknown): void {
  if (argv === undefined || argv instanceof RegExp || Array.isArray(argv)) return
  throw invalid(
    `Expected the arguments given to toExec() to be an array or a regular expression, got ${inspect(argv)}.`,
  )
}

function isArgv(argv: readonly string[] | undefined, expected: ExpectedArgv): Truth {
  if (argv === undefined) return undefined
  return expected instanceof RegExp ? argv.join(' ').search(expected) !== -1 : isExpected(argv, expected)
}
