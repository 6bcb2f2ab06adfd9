/** The calls of a run that a test asks about, each with what is known of it. */

import { SyscopeError } from '../../errors.ts'
import { rowByName } from '../../table/index.ts'
import { fileCalls } from '../files.ts'
import { eventsOf, insideOf, requireChildren, wholeOf, type AnyCall } from '../recorded.ts'
import { Sections, type Section } from '../snapshot/sections.ts'
import { Tree, type View } from '../tree.ts'
import { compare, type CallFacts, type Comparison, type Wanted } from './call-pattern.ts'
import { waysTo } from './hidden-calls.ts'
import { pathMatcher } from './places.ts'
import { requireRecorded, requireWhole, type Subject } from './subject.ts'

/** A call that one of those that are wanted may be. */
export interface SeenCall {
  readonly call: AnyCall
  readonly section: Section
  /** Against each that is wanted, in their order; `undefined` of those with another name. */
  readonly comparisons: readonly (Comparison | undefined)[]
}

/**
 * The calls with the names of those that are wanted, and those by which such may be made, in the order in which they began (entry).
 * Throws ERR_SYSCOPE_NOT_RECORDED where `path` is asked for and the run has not what that needs.
 */
export function seenCalls(subject: Subject, wanted: readonly Wanted[]): readonly SeenCall[] {
  const { run } = subject
  const asksForPaths = wanted.some(({ path }) => path !== undefined)
  if (asksForPaths) requireRecorded(subject, fileCalls, 'files')
  const isPath = pathMatcher(run, subject.asks)
  const names = new Set(wanted.flatMap(({ name }) => [name, ...waysTo(name)]))
  const events = eventsOf(wholeOf(run))
  const isInside = insideOf(run)
  const sections = new Sections(events)
  const tree = asksForPaths ? new Tree(run) : undefined
  const seen: SeenCall[] = []
  for (const event of events) {
    const section = sections.of(event)
    if (event.type === 'syscall' && section !== undefined && names.has(event.name) && isInside(event)) {
      const view = tree?.at(event)
      const facts = (): CallFacts => ({ process: section, paths: pathsOf(event, view), isPath })
      seen.push({ call: event, section, comparisons: comparisonsOf(event, wanted, facts) })
    }
    tree?.apply(event)
  }
  return seen.toSorted((one, other) => order(one.call, other.call))
}

function order(one: AnyCall, other: AnyCall): number {
  return one.startNs < other.startNs ? -1 : one.startNs > other.startNs ? 1 : 0
}

function comparisonsOf(
  call: AnyCall,
  wanted: readonly Wanted[],
  facts: () => CallFacts,
): readonly (Comparison | undefined)[] {
  return wanted.map((it) =>
    it.name === call.name || waysTo(it.name).includes(call.name) ? compare(call, it, facts) : undefined,
  )
}

/** Files that a call names, and those that its descriptors stand for. */
function pathsOf(call: AnyCall, view: View | undefined): readonly (string | undefined)[] {
  if (view === undefined) return []
  const args = rowByName(call.name)?.args ?? []
  return args.flatMap(([name, kind], index) => {
    const value = call.args[name]
    if (kind.kind === 'fd') return descriptorPath(view, name)
    const [before, beforeKind] = args[index - 1] ?? []
    const dirfd = beforeKind?.kind === 'dirFd' ? before : undefined
    if ((kind.kind !== 'path' && kind.kind !== 'optionalPath') || isContent(call.name, name)) return []
    // AT_EMPTY_PATH: it is about the descriptor itself.
    if (value === null || value === '') return dirfd === undefined ? [] : descriptorPath(view, dirfd)
    return typeof value === 'string' ? [view.resolve(value, dirfd)] : [undefined]
  })
}

/** What a symbolic link is to hold is no file that the call is about. */
function isContent(call: string, argument: string): boolean {
  return argument === 'target' || (call === 'symlink' && argument === 'oldpath')
}

/** Sockets and the like have no path. */
function descriptorPath(view: View, argument: string): readonly (string | undefined)[] {
  const open = view.descriptor(argument)?.open
  return open === undefined || (open.kind !== 'file' && open.kind !== 'unknown') ? [] : [open.path]
}

/**
 * Throws where a run can't say that there was no such call: ERR_SYSCOPE_NOT_RECORDED where the filter left it out, or the calls by
 * which it may be made, or children; ERR_SYSCOPE_INCOMPLETE where the run did not see all, or could not read what `unsure` calls say.
 */
export function requireAbsence(subject: Subject, wanted: readonly Wanted[], unsure: readonly SeenCall[]): void {
  requireAll(
    subject,
    wanted.map(({ name }) => name),
  )
  requireWhole(subject)
  const [first] = unsure
  if (first === undefined) return
  const why = first.comparisons.flatMap((it) => it?.differences ?? []).find(({ truth }) => truth === undefined)
  const others = unsure.length === 1 ? '' : `, and so it is with ${unsure.length - 1} more`
  const message = `${subject.asks} can't tell whether ${String(first.call)} of process ${first.call.pid} is such a call: ${why?.text}${others}.`
  throw new SyscopeError('ERR_SYSCOPE_INCOMPLETE', message)
}

/** Throws ERR_SYSCOPE_NOT_RECORDED where calls of these names, those by which they may be made, or children were left out. */
export function requireAll(subject: Subject, names: readonly string[]): void {
  requireRecorded(subject, [...new Set([...names, ...names.flatMap(waysTo)])])
  requireChildren(eventsOf(wholeOf(subject.run)), subject.asks)
}
