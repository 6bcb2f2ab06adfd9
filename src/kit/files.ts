/** What a run did to files: `filesOf(run)`. */

import { fileCalls } from './files-calls.ts'
import type { FileDeed, FileDeedKind, TracedFile } from './files-model.ts'
import { FileWatch, type MissingFile } from './files-watch.ts'
import { partOfRun, requireCalls, requireChildren, wholeOf, type RecordedRun } from './recorded.ts'
import { Tree } from './tree.ts'

export { fileCalls } from './files-calls.ts'
export type { FileDeed, FileDeedKind, TracedFile } from './files-model.ts'
export type { MissingFile } from './files-watch.ts'
export type { Who } from './tree.ts'

/** What `filesOf()` reads of the result of `trace()`. */
export type FilesRun = RecordedRun

export interface FilesOptions {
  /**
   * Where the command began, which relative paths are seen from.
   * @default what the run says: `run.cwd`, else what the kernel or getcwd(2) told
   */
  readonly cwd?: string
}

/** The files that a run, or a part of one, met. */
export interface Files {
  /** All of them, in order of appearance. */
  readonly all: readonly TracedFile[]
  /** Paths that were looked for and were not there. */
  readonly missing: readonly MissingFile[]
  /**
   * What was done through descriptors that came from outside of the run, where nobody knows what they lead to; with `decodeFds` that
   * is known.
   */
  readonly unknown: readonly FileDeed[]
  /** sync(2), which is about all files. */
  readonly syncs: readonly FileDeed[]
  /** Whether the run saw everything; where not, what is not here may have happened all the same. */
  readonly complete: boolean
  /** The files that have this absolute path, or had it once: several where one took the name of another. */
  at(path: string): readonly TracedFile[]
  /** The path that this absolute path leads to, by the symbolic links that the run showed. */
  follow(path: string): string
  /**
   * The files to which one of these was done.
   * @example
   * run.files.with('write', 'create').map(({ path }) => path)
   */
  with(...deeds: readonly FileDeedKind[]): readonly TracedFile[]
}

/**
 * What the processes of a run did to files. Paths are absolute, as far as it is known where a process was; a file keeps its
 * identity when it gets another name, and has one for all its names. Symbolic links are followed where the run shows where they
 * lead, which it does with `decodeFds`.
 *
 * Throws ERR_SYSCOPE_NOT_RECORDED where the filter left out one of `fileCalls`.
 * @example
 * const files = filesOf(await trace('npm', ['ci'], { decodeFds: true }))
 * files.with('write').map(({ path, bytesWritten }) => [path, bytesWritten])
 */
export function filesOf(run: FilesRun, options: FilesOptions = {}): Files {
  const known = options.cwd === undefined ? found.get(run) : undefined
  if (known !== undefined) return known
  requireCalls(run, fileCalls, 'filesOf()')
  requireChildren(run, 'filesOf()')
  const files = toFiles(watchFiles(run, options), run.complete)
  if (options.cwd === undefined) found.set(run, files)
  return files
}

/** Walking through a run takes its time, and a finished run stays as it is. */
const found = new WeakMap<FilesRun, Files>()

function toFiles({ names, missing, unknown, syncs }: FileWatch, complete: boolean): Files {
  const all = names.all.filter(({ deeds }) => deeds.length > 0)
  return {
    all,
    missing: [...missing.values()],
    unknown,
    syncs,
    complete,
    at: (path) => all.filter(({ paths }) => paths.includes(path)),
    follow: (path) => names.follow(path, true),
    with: (...kinds) => all.filter(({ deeds }) => deeds.some(({ what }) => kinds.includes(what))),
  }
}

/** Walks through a run, up to the end of the part that is asked about. */
function watchFiles(run: RecordedRun, { cwd }: FilesOptions): FileWatch {
  const extent = run[partOfRun]
  const tree = new Tree(wholeOf(run), cwd)
  const watch = new FileWatch()
  let index = 0
  for (const event of tree.events) {
    if (index++ === extent?.end) break
    if (extent !== undefined) watch.setInside(extent.isInside(event))
    if (event.type !== 'syscall') {
      tree.apply(event)
      watch.follow(event)
    } else if (watch.wants(event)) {
      const view = tree.at(event)
      watch.before(event, view)
      watch.after(event, view, tree.apply(event))
    } else tree.apply(event)
  }
  return watch
}
