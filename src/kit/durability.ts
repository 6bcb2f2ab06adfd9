/** Whether what a run wrote would have survived a crash: `durabilityOf(run)`, `replacementOf(run, path)`. */

import { posix } from 'node:path'
import { SyscopeError } from '../errors.ts'
import { filesOf, type FileDeed, type Files, type FilesOptions, type FilesRun, type TracedFile } from './files.ts'
import { heldAs, isModification, reachesDisk, spanOf, type Span } from './durability-spans.ts'
import { knowsLinks } from './files-calls.ts'
import { insideOf, partOfRun, requireComplete, wholeOf, type AnyCall, type Extent } from './recorded.ts'

/** How a file came to have a content. */
export interface AtomicReplace {
  /** Whoever opens the path finds the whole old content or the whole new one, at any time. */
  readonly atomic: boolean
  /**
   * What was brought to the disk: the new file before it got the name, and the directory after it, each time. Without the file a
   * crash may leave an empty one; without the directory, the old one.
   */
  readonly synced: 'file and directory' | 'file' | 'none'
  /** What was done to the file and its new contents, in order of time, with the syncs of the directory. */
  readonly steps: readonly FileDeed[]
  /** Why it is not atomic, or not synced: one sentence each, with the call and who made it. */
  readonly problems: readonly string[]
}

/** Answers about files of a run. */
export interface Durability {
  /**
   * Writes, truncations, syncs, renames, deletions of the files that ever had this absolute path, and syncs of its directory,
   * in order of their beginnings.
   */
  stepsOf(path: string): readonly FileDeed[]
  /** Whether whoever opens this absolute path finds the whole old content or the whole new one, at any time. */
  isAtomicReplace(path: string): boolean
  /** The same with what was done, what of it had reached the disk, and what is wrong with it. */
  replacementOf(path: string): AtomicReplace
}

/**
 * What a run did to bring files to the disk. The run must be complete and traced with `decodeFds`, so that a file that is
 * opened by way of a symbolic link is known. A hard link that was there before the run is not.
 *
 * Throws ERR_SYSCOPE_NOT_RECORDED and ERR_SYSCOPE_INCOMPLETE where the run can't tell.
 * @example durabilityOf(run).stepsOf('/srv/state.json').map(({ what }) => what)
 */
export function durabilityOf(run: FilesRun, options: FilesOptions = {}): Durability {
  // Of a part as well: what was written to the new file before counts for what is renamed in it.
  const files = filesOf(wholeOf(run), options)
  requireComplete(run, 'durabilityOf()')
  if (!knowsLinks(run) || files.unknown.some(isModification)) {
    const message = 'What descriptors lead to was not recorded: trace with `decodeFds: true`.'
    throw new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', message)
  }
  const scope = { files, extent: run[partOfRun], isInside: insideOf(run) }
  return {
    stepsOf: (path) => stepsOf(scope, checkPath(files, path)),
    isAtomicReplace: (path) => judge(scope, checkPath(files, path)).atomic,
    replacementOf: (path) => judge(scope, checkPath(files, path)),
  }
}

/**
 * Whether a file was replaced as a careful program does it: written to a new file, synced, and renamed over the path, which
 * is never written to, truncated, removed or opened for writing itself.
 *
 * @param path absolute
 * @throws as `durabilityOf()`
 * @example
 * const { atomic, synced, problems } = replacementOf(run, '/srv/state.json')
 * assert(atomic && synced === 'file and directory', problems.join('\n'))
 */
export function replacementOf(run: FilesRun, path: string, options: FilesOptions = {}): AtomicReplace {
  return durabilityOf(run, options).replacementOf(path)
}

/** What is looked at: what happened in a part of the run, or in all of it. */
interface Scope {
  /** Of the whole run. */
  readonly files: Files
  readonly extent: Extent | undefined
  readonly isInside: (call: AnyCall) => boolean
}

/** A new file getting the name. */
interface Arrival {
  readonly file: TracedFile
  readonly deed: FileDeed
}

function judge(scope: Scope, path: string): AtomicReplace {
  const { files, isInside } = scope
  const known = filesAt(files, path)
  const arrivals = known.flatMap((file) => arrivalsOf(file, path)).filter(({ deed }) => isInside(deed.call))
  const inPlace = known.flatMap((file) => inPlaceProblems(scope, file, path, arrivals))
  const missing = arrivals.length === 0 ? [`Nothing was renamed to ${path}.`] : []
  const unsynced = arrivals.filter((arrival) => !isFileSynced(files, arrival))
  const unlisted = arrivals.filter((arrival) => !isDirectorySynced(scope, path, arrival))
  const breaks = [...missing, ...inPlace]
  return {
    atomic: breaks.length === 0,
    synced: arrivals.length === 0 || unsynced.length > 0 ? 'none' : unlisted.length > 0 ? 'file' : 'file and directory',
    steps: stepsOf(scope, path),
    problems: [
      ...breaks,
      ...unsynced.map(({ deed }) => `The new content was not synced before ${textOf(deed)}.`),
      ...unlisted.map(({ deed }) => `${posix.dirname(path)} was not synced after ${textOf(deed)}.`),
    ],
  }
}

function arrivalsOf(file: TracedFile, path: string): readonly Arrival[] {
  const named = file.deeds.filter(({ what, to }) => (what === 'rename' || what === 'link') && to === path)
  return named.map((deed) => ({ file, deed }))
}

/** What happened to a file while it had the path. */
function inPlaceProblems(
  scope: Scope,
  file: TracedFile,
  path: string,
  arrivals: readonly Arrival[],
): readonly string[] {
  const held = heldAs(file, path)
  // A new file that got the name at once replaces what had it; what is left to say of it is said of the arrival.
  const swaps = new Set(arrivals.map(({ deed }) => deed.call))
  // Of an open that also made and truncated, one thing is told.
  const told = new Map<AnyCall, string>()
  for (const deed of file.deeds) {
    const takesAway = (deed.what === 'rename' && deed.from === path) || (deed.what === 'delete' && deed.path === path)
    const span = spanOf(deed, file)
    if (!isIn(scope, deed, span) || swaps.has(deed.call) || told.has(deed.call)) continue
    if (takesAway) told.set(deed.call, `There was no ${path} for a while, after ${textOf(deed)}.`)
    else if (isModification(deed) && held.some((time) => overlap(time, span)))
      told.set(deed.call, `${path} was ${inWords(deed)} in place by ${textOf(deed)}.`)
  }
  return [...told.values()]
}

/** Whether something was done in the part that is looked at. What is mapped, or was handed over, may be written to at any time. */
function isIn({ extent, isInside }: Scope, { what, call }: FileDeed, { from, to }: Span): boolean {
  if (isInside(call)) return true
  if (extent === undefined || (what !== 'map' && call.name !== 'io_submit')) return false
  return from <= extent.toNs && to >= extent.fromNs
}

function overlap(one: Span, other: Span): boolean {
  return one.from < other.to && other.from < one.to
}

function inWords({ what, flags, isCertain }: FileDeed): string {
  if (what === 'map') return 'mapped for writing'
  if (what === 'write') return 'written'
  if (what === 'truncate' || flags?.includes('O_TRUNC') === true) return 'truncated'
  return isCertain === true ? 'made' : 'opened for writing'
}

/** All that was written before the name was given had reached the disk by then. */
function isFileSynced(files: Files, { file, deed }: Arrival): boolean {
  const needed = writtenBefore(file, deed)
  const own = file.deeds.filter(reachesDisk)
  const syncs = [...own, ...files.syncs.filter(reachesDisk)].filter(({ call }) => call.endNs <= deed.call.startNs)
  const isCovered = (other: FileDeed): boolean => syncs.some(({ call }) => call.startNs >= spanOf(other, file).to)
  // What was there before the run may be on the disk or not.
  return needed.length > 0 && needed.every((other) => isSynchronous(other) || isCovered(other))
}

/** What has to be on the disk: what was written; of an empty file, that it is there. */
function writtenBefore(file: TracedFile, { call }: FileDeed): readonly FileDeed[] {
  const before = file.deeds.filter((other) => isModification(other) && other.call.startNs < call.startNs)
  const written = before.filter(({ what, flags }) => what !== 'open' && what !== 'create' && !isOpening(what, flags))
  return written.length > 0 ? written : before.filter(({ what }) => what === 'create')
}

function isOpening(what: FileDeed['what'], flags: readonly string[] | undefined): boolean {
  return what === 'truncate' && flags?.includes('O_TRUNC') === true
}

const synchronous: ReadonlySet<string> = new Set(['O_SYNC', 'O_DSYNC', 'RWF_SYNC', 'RWF_DSYNC'])

/** Written through a descriptor, or by a call, that returns once the data is on the disk. */
function isSynchronous({ what, flags, call }: FileDeed): boolean {
  if (what !== 'write' || call.name === 'io_submit') return false
  const own = call.args['flags']
  const names = typeof own === 'object' && own !== null && 'names' in own && Array.isArray(own.names) ? own.names : []
  return [...(flags ?? []), ...names.map(String)].some((name) => synchronous.has(name))
}

function isDirectorySynced({ files, isInside }: Scope, path: string, { deed }: Arrival): boolean {
  const syncs = [...directorySyncs(files, path), ...files.syncs].filter(reachesDisk)
  return syncs.some(({ call }) => call.startNs >= deed.call.endNs && isInside(call))
}

function directorySyncs(files: Files, path: string): readonly FileDeed[] {
  return files.at(posix.dirname(path)).flatMap(({ deeds }) => deeds.filter(({ what }) => what === 'sync'))
}

const steps: ReadonlySet<string> = new Set(
  'open create write truncate sync rename replace link delete map unmap'.split(' '),
)

function stepsOf({ files, isInside }: Scope, path: string): readonly FileDeed[] {
  const own = filesAt(files, path).flatMap(({ deeds }) => deeds.filter(({ what }) => steps.has(what)))
  const found = [...own, ...directorySyncs(files, path), ...files.syncs].filter(({ call }) => isInside(call))
  return found.toSorted((a, b) => (a.call.startNs < b.call.startNs ? -1 : a.call.startNs > b.call.startNs ? 1 : 0))
}

/** The files that had the path, or were reached by a symbolic link of that name. */
function filesAt(files: Files, path: string): readonly TracedFile[] {
  return files.all.filter(
    ({ paths, deeds }) =>
      paths.includes(path) || deeds.some((deed) => deed.to === path || (isModification(deed) && deed.path === path)),
  )
}

/** `write(3, "x", 1) = 1, by node save.js (4711)` */
function textOf({ call, by }: FileDeed): string {
  const command = by.argv?.join(' ').replaceAll('\n', ' ') ?? by.program
  return `${String(call)}${command === undefined ? ` (${by.pid})` : `, by ${command} (${by.pid})`}`
}

/** An absolute path, symbolic links followed as far as the run showed them, and left them. */
function checkPath(files: Files, path: string): string {
  if (!posix.isAbsolute(path)) {
    throw new SyscopeError('ERR_SYSCOPE_INVALID_ARGUMENT', `The path has to be absolute, and ${path} is not.`)
  }
  const normal = posix.resolve(path)
  const name = posix.basename(normal)
  const isLost = (file: TracedFile): boolean =>
    file.paths.some((other) => !other.startsWith('/') && posix.basename(other) === name)
  if (files.all.some(isLost)) {
    const message = `Where a relative path that ends in ${name} begins is not known: say with \`cwd\` where the command began.`
    throw new SyscopeError('ERR_SYSCOPE_INVALID_ARGUMENT', message)
  }
  return files.follow(normal)
}
