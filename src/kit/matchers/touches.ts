/** What a run did to files, each with the names that the file had then and where these lead. */

import { posix } from 'node:path'
import { fileCalls, pathUses } from '../files-calls.ts'
import type { FileDeed, FileDeedKind, Files, TracedFile } from '../files.ts'
import { insideOf, type AnyCall } from '../recorded.ts'
import { flagsOf } from '../tree-calls.ts'
import type { Deed } from './evidence.ts'
import { mappedBefore } from './mapped-before.ts'
import { otherTouches, type OtherTouch } from './other-touches.ts'
import type { PathReader } from './places.ts'
import { cannotTell, readFiles, requireLinks, requireRecorded, requireWhole, type Subject } from './subject.ts'

/** What was done to a file, or what was tried with a path. `attempt`: it failed. */
export type TouchKind = FileDeedKind | 'attempt'

export interface Touch {
  readonly what: TouchKind
  readonly call: AnyCall
  /** The names that the file had then, absolute as far as that is known; of `rename` the old one or the new one. */
  readonly names: readonly string[]
  /** What they lead to now: without symbolic links. */
  readonly places: readonly string[]
  /** The path in the call, where it has one: a symbolic link at its end is not followed. */
  readonly meant?: string
  /** Names that the file had before the run, and by then had no more. */
  readonly former?: readonly string[]
  readonly deed?: FileDeed
  readonly file?: TracedFile
}

/** Calls of 32-bit code that have names of their own, those that make files by the way, and those that move whole trees of names. */
const others =
  'bind mount move_mount truncate64 ftruncate64 sendfile64 chown32 fchown32 lchown32 utimensat_time64 fcntl64 mmap2'.split(
    ' ',
  )

/** The calls that a run must have recorded, so that nothing that is done to a file can have been missed. */
export const fileTouchCalls: readonly string[] = [...fileCalls, ...others]

const touchCalls: ReadonlySet<string> = new Set(fileTouchCalls)

export class Touches {
  readonly subject: Subject
  readonly files: Files
  readonly reader: PathReader
  readonly #others: readonly OtherTouch[]
  readonly #isInside: (call: AnyCall) => boolean
  /** Files and folders that got other names, by the old name and by the new one. */
  readonly #movesFrom = new Map<string, FileDeed[]>()
  readonly #movesTo = new Map<string, FileDeed[]>()

  constructor(subject: Subject, reader: PathReader) {
    this.subject = subject
    this.reader = reader
    this.files = readFiles(subject, fileTouchCalls)
    this.#others = [...otherTouches(subject.run, this.files, touchCalls), ...mappedBefore(subject.run)]
    this.#isInside = insideOf(subject.run)
    for (const deed of this.files.all.flatMap(({ deeds }) => deeds.filter(({ what }) => what === 'rename'))) {
      append(this.#movesFrom, deed.from, deed)
      append(this.#movesTo, deed.to, deed)
    }
  }

  /** What was done of these kinds, in order. */
  of(...kinds: readonly TouchKind[]): readonly Touch[] {
    const wanted: ReadonlySet<TouchKind> = new Set(kinds)
    const found = this.files.all.flatMap((file) =>
      file.deeds.flatMap((deed) =>
        wanted.has(deed.what) && this.#isInside(deed.call) ? this.#touchesOf(file, deed) : [],
      ),
    )
    const others = this.#others.flatMap((it) =>
      it.what !== 'unread' && wanted.has(it.what) && it.path !== undefined
        ? [this.#other(it.what, it.call, it.path)]
        : [],
    )
    const looks = wanted.has('attempt')
      ? this.files.missing.flatMap(({ path, looks }) => looks.map(({ call }) => this.#other('attempt', call, path)))
      : []
    return [...found, ...others, ...looks].toSorted((one, other) =>
      one.call.startNs < other.call.startNs ? -1 : one.call.startNs > other.call.startNs ? 1 : 0,
    )
  }

  /**
   * Throws where it can't be told that nothing else of these kinds was done: ERR_SYSCOPE_INCOMPLETE, ERR_SYSCOPE_NOT_RECORDED. `seen`:
   * what was done of these kinds.
   */
  requireNoMore(kinds: readonly TouchKind[], seen: readonly Touch[]): void {
    const { subject } = this
    requireWhole(subject)
    requireRecorded(subject, fileTouchCalls, 'files')
    requireLinks(subject)
    const unread = this.#others.find(
      ({ what, path }) => what === 'unread' || (kinds.includes(what) && path === undefined),
    )
    if (unread !== undefined) this.#doubt(unread.call, unread.why ?? 'which file that was about is not known')
    const unknown = this.files.unknown.find(({ what, call }) => kinds.includes(what) && this.#isInside(call))
    if (unknown !== undefined) {
      this.#doubt(unknown.call, 'what the descriptor leads to was not recorded: trace with `decodeFds: true`')
    }
    const lost = seen.find((touch) => isUncertain(touch))
    if (lost !== undefined) this.#doubt(lost.call, 'where the path begins is not known')
  }

  /** Those of which it is known that they were done. Throws ERR_SYSCOPE_NOT_RECORDED where there are others only. */
  certain(touches: readonly Touch[]): readonly Touch[] {
    // Of what may only have been opened, that is what the matchers say.
    const sure = touches.filter(({ what, deed }) => what === 'create' || deed?.isCertain !== false)
    const [first] = touches
    if (sure.length > 0 || first === undefined) return sure
    this.#doubt(first.call, 'its thread ended inside, and whether it was done is not known')
  }

  /** One for each call, with the place that it was about. */
  deeds(touches: readonly Touch[]): readonly Deed[] {
    const told = new Map<AnyCall, Deed>()
    for (const { call, names, places, meant } of touches) {
      if (told.has(call)) continue
      const path = places[0] ?? names[0] ?? meant
      const deed = this.subject.makers.deed(call)
      told.set(call, {
        get by() {
          return deed.by
        },
        get line() {
          return path === undefined ? deed.line : `${path}: ${deed.line}`
        },
      })
    }
    return [...told.values()]
  }

  #doubt(call: AnyCall, why: string): never {
    cannotTell(this.subject, `of ${String(call)}, by process ${call.pid}: ${why}.`)
  }

  #touchesOf(file: TracedFile, deed: FileDeed): readonly Touch[] {
    const { what, call, from, to } = deed
    const about = { what, call, deed, file }
    // Of a rename both names are touched; of a link the new one, and of the old file nothing but its count of names.
    if (what === 'rename') return [from, to].map((name) => this.#named(about, name))
    if (what === 'link') return [this.#named(about, to)]
    // Other names that the file has are not touched.
    if (what === 'delete' && deed.path !== undefined) return [this.#named(about, deed.path)]
    const meant = isByPath(call) ? deed.path : undefined
    const names = this.#namesAt(file, deed)
    const isLink = isAboutLink(call)
    const places = names.map((name) => (isLink ? this.#placeOfLink(name) : this.reader.real(withoutRoot(name))))
    const former = this.#formerNames(file, deed, names)
    return [{ ...about, names, places, former, ...(meant === undefined ? {} : { meant }) }]
  }

  /** What it was called when the run began: by itself, or by the folders that it was in. */
  #formerNames({ paths, deeds }: TracedFile, { call }: FileDeed, names: readonly string[]): readonly string[] {
    const isMade = deeds[0]?.what === 'create'
    const own = isMade ? [] : paths.filter((path) => !deeds.some((deed) => isGain(deed, path)))
    const moved = names.flatMap((name) =>
      foldersOf(name).flatMap((folder) =>
        (this.#movesTo.get(folder) ?? []).flatMap(({ from, call: { endNs } }) =>
          from === undefined || endNs > call.startNs ? [] : [from + name.slice(folder.length)],
        ),
      ),
    )
    return [...own, ...moved]
  }

  #named(about: Pick<Touch, 'what' | 'call' | 'deed' | 'file'>, name: string | undefined): Touch {
    if (name === undefined) return { ...about, names: [], places: [] }
    return { ...about, names: [name], places: [this.#placeOfLink(name)], meant: name }
  }

  #other(what: TouchKind, call: AnyCall, path: string): Touch {
    return { what, call, names: [path], places: [this.#placeOfLink(path)], meant: path }
  }

  /** Where a name is, whatever it is the name of. */
  #placeOfLink(name: string): string {
    const path = withoutRoot(name)
    return posix.isAbsolute(path) ? posix.join(this.reader.real(posix.dirname(path)), posix.basename(path)) : path
  }

  /** The names that a file had when something was done to it. */
  #namesAt(file: TracedFile, deed: FileDeed): readonly string[] {
    const { paths } = file
    const last = deed.path ?? paths.at(-1)
    if (paths.length < 2) return paths.length === 1 ? paths : last === undefined ? [] : [last]
    const held = paths.filter((path) => isHeld(file, path, deed) && !this.#isMoved(path, deed))
    return held.length === 0 && last !== undefined ? [last] : held
  }

  /** A folder that it was in had got another name by then. */
  #isMoved(path: string, { call }: FileDeed): boolean {
    const moves = foldersOf(path).flatMap((folder) => this.#movesFrom.get(folder) ?? [])
    return moves.some((move) => move.call.endNs <= call.startNs)
  }
}

function append(map: Map<string, FileDeed[]>, name: string | undefined, deed: FileDeed): void {
  if (name === undefined) return
  const known = map.get(name)
  if (known === undefined) map.set(name, [deed])
  else known.push(deed)
}

/** The folders that a path is in. */
function foldersOf(path: string): readonly string[] {
  const folders: string[] = []
  for (let at = posix.dirname(path); at !== '/' && at !== '.'; at = posix.dirname(at)) folders.push(at)
  return folders
}

/** Whether a file had a name. One that nothing in the run gave it, it had before. */
function isHeld({ paths, deeds }: TracedFile, path: string, { call }: FileDeed): boolean {
  let isHeld = paths[0] === path || !deeds.some((deed) => isGain(deed, path))
  for (const deed of deeds) {
    if (deed.call.startNs > call.startNs) break
    if (isGain(deed, path)) isHeld = true
    else if (isLoss(deed, path) && deed.call.endNs <= call.startNs) isHeld = false
  }
  return isHeld
}

function isGain({ what, to }: FileDeed, path: string): boolean {
  return (what === 'rename' || what === 'link') && to === path
}

function isLoss({ what, from, path: named }: FileDeed, path: string): boolean {
  return what === 'rename' ? from === path : (what === 'delete' || what === 'replace') && named === path
}

const pathCalls: ReadonlySet<string> = new Set([
  ...pathUses.keys(),
  ...'open creat openat openat2 rename renameat renameat2 link linkat'.split(' '),
])

/** Whether a call names its file by a path. */
export function isByPath({ name, args }: AnyCall): boolean {
  return pathCalls.has(name) && args['pathname'] !== '' && args['pathname'] !== null
}

/** Whether a call is about a symbolic link at the end of its path, and not about what that leads to. */
function isAboutLink(call: AnyCall): boolean {
  return pathUses.get(call.name)?.onLink === true || flagsOf(call).includes('AT_SYMLINK_NOFOLLOW')
}

/** `/proc/7/root/etc` is `/etc`, unless somebody went elsewhere with chroot(2). */
function withoutRoot(path: string): string {
  return path.replace(/^\/proc\/[^/]+\/(?:task\/\d+\/)?root(?=\/)/, '')
}

/** Who asks what a descriptor or folder of a process is asks for no name, and the program that is executed is told beside its path. */
function isUncertain({ what, names }: Touch): boolean {
  if (what === 'look' || what === 'attempt') return false
  return names.some((name) => isLost(name) && (what !== 'execute' || !name.endsWith('/exe')))
}

/** A path that begins nobody knows where, or leads through a link of /proc that is another for each process. */
export function isLost(path: string): boolean {
  return !posix.isAbsolute(path) || /^\/proc\/[^/]+\/(?:task\/\d+\/)?(?:cwd|root|exe|fd\/\d+)(?:\/|$)/.test(path)
}
