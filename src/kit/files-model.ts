/** Files by their names, while names are given, moved and taken away. */

import { posix } from 'node:path'
import type { AnyCall } from './recorded.ts'
import { isUnder } from './paths.ts'
import type { Who } from './tree.ts'

/**
 * What was done to a file. `create` and `open` come as two; `replace`: another file took its name by rename; `change`:
 * its mode, owner, times or attributes; `look`: it was asked whether it is there or what it is; `list`: the names in a
 * directory.
 */
export type FileDeedKind =
  | 'open'
  | 'create'
  | 'read'
  | 'write'
  | 'truncate'
  | 'rename'
  | 'replace'
  | 'link'
  | 'delete'
  | 'map'
  | 'unmap'
  | 'sync'
  | 'execute'
  | 'change'
  | 'look'
  | 'list'

/** One thing that a process did to a file. */
export interface FileDeed {
  readonly what: FileDeedKind
  /** Who did it. */
  readonly by: Who
  /** The event that says so. */
  readonly call: AnyCall
  /** Absolute, as the process meant it: joined with where it was; the name of the file at that time where it used a descriptor. */
  readonly path: string | undefined
  /** Of `read` and `write`; absent where a rule made the result. */
  readonly bytes?: number
  /** Of `open`, and of what was done through a descriptor: the flags it was opened with. */
  readonly flags?: readonly string[]
  /**
   * False where nobody knows whether it was done: a thread ended inside the call. Of `create` also where the call would have opened a
   * file that was there (O_CREAT without O_EXCL).
   */
  readonly isCertain?: boolean
  /** Of `rename` and `link`; of `replace` the name that the other file had. */
  readonly from?: string
  /** The new name. */
  readonly to?: string
  /** Of `map`. A shared and writable one is written to without any call. */
  readonly isShared?: boolean
  /** Of `map`: mapped with PROT_WRITE. */
  readonly isWritable?: boolean
  /** Of `sync`: what was brought to the disk. `mapping`: msync(2) of a part. */
  readonly synced?: 'data' | 'everything' | 'mapping'
}

/** A file, followed through renames. */
export interface TracedFile {
  /** The name that it has, or had last; `undefined` of one that never had a name. */
  readonly path: string | undefined
  /** All names that it had in the run, the first first. */
  readonly paths: readonly string[]
  readonly isDirectory: boolean
  /** It had a name, and lost its last one. */
  readonly isDeleted: boolean
  /** By calls; what is read and written through mapped memory shows in none. */
  readonly bytesRead: number
  readonly bytesWritten: number
  /** What was done to it, in the order of the events. */
  readonly deeds: readonly FileDeed[]
}

/** A file as it is being found out. */
export class FileNode implements TracedFile {
  readonly names = new Set<string>()
  readonly paths: string[] = []
  readonly deeds: FileDeed[] = []
  isDirectory = false
  bytesRead = 0
  bytesWritten = 0

  get path(): string | undefined {
    if (this.names.size === 1) return this.names.values().next().value
    return [...this.names].at(-1) ?? this.paths.at(-1)
  }

  get isDeleted(): boolean {
    return this.names.size === 0 && this.paths.length > 0
  }

  give(name: string): void {
    this.names.delete(name)
    this.names.add(name)
    if (!this.paths.includes(name)) this.paths.push(name)
  }

  add(deed: FileDeed): void {
    this.deeds.push(deed)
    if (deed.what === 'read') this.bytesRead += deed.bytes ?? 0
    if (deed.what === 'write') this.bytesWritten += deed.bytes ?? 0
  }
}

/** Following more symbolic links than this is ELOOP. */
const MOST_LINKS = 40

/** The names of all files that the run met. */
export class FileNames {
  readonly #nodes = new Map<string, FileNode>()
  /** Where symbolic links lead, as far as the run showed it. */
  readonly #symlinks = new Map<string, string>()
  /** Names that there are none of, as far as the run showed it. */
  readonly #absent = new Set<string>()
  /** Directories that a known name is in. */
  readonly #directories = new Set<string>()
  /** In order of appearance. */
  readonly all: FileNode[] = []

  /** The file of this name; one that was there before, if nobody has met it. */
  at(path: string): FileNode {
    const known = this.#nodes.get(path)
    if (known !== undefined) return known
    const made = this.make()
    this.name(made, path)
    return made
  }

  find(path: string): FileNode | undefined {
    return this.#nodes.get(path)
  }

  /** A file without a name. */
  make(): FileNode {
    const made = new FileNode()
    this.all.push(made)
    return made
  }

  /** Names that files had, and have no more, are none of the part of the run that begins here. */
  forgetFormer(): void {
    for (const { names, paths } of this.all) if (names.size > 0) paths.splice(0, paths.length, ...names)
  }

  isAbsent(path: string): boolean {
    return this.#absent.has(path)
  }

  noteAbsent(path: string): void {
    if (!this.#nodes.has(path)) this.#absent.add(path)
  }

  name(node: FileNode, path: string): void {
    this.#nodes.set(path, node)
    this.#noteDirectories(path)
    this.#absent.delete(path)
    node.give(path)
  }

  /** Takes a name away. Gives the file that had it. */
  remove(path: string): FileNode | undefined {
    const node = this.#nodes.get(path)
    node?.names.delete(path)
    this.#nodes.delete(path)
    this.#symlinks.delete(path)
    this.#absent.add(path)
    return node
  }

  /** rename(2): a name, and all beneath it. */
  move(from: string, to: string): void {
    const moved = this.#takeUnder(from)
    for (const { name, node } of this.#takeUnder(to)) node?.names.delete(name)
    this.#put(moved, from, to)
    this.#absent.add(from)
  }

  /** With RENAME_EXCHANGE. */
  exchange(one: string, other: string): void {
    const first = this.#takeUnder(one)
    const second = this.#takeUnder(other)
    this.#put(first, one, other)
    this.#put(second, other, one)
  }

  addSymlink(path: string, target: string): void {
    this.#setSymlink(path, posix.resolve(posix.dirname(path), target))
  }

  /** Learns from a name and what the kernel says that it led to: they differ where a symbolic link begins. */
  learn(path: string, real: string): void {
    let [from, to] = [path, real]
    while (from !== to && posix.basename(from) === posix.basename(to)) {
      from = posix.dirname(from)
      to = posix.dirname(to)
    }
    if (from !== to && from !== '/') this.#setSymlink(from, to)
  }

  get hasSymlinks(): boolean {
    return this.#symlinks.size > 0
  }

  /** Follows the symbolic links that are known. `last`: also where the path itself is one. */
  follow(path: string, last: boolean): string {
    if (this.#symlinks.size === 0) return path
    let rest = path.split('/').slice(1)
    let done = ''
    for (let links = 0; rest.length > 0;) {
      const [part = '', ...others] = rest
      const next = `${done}/${part}`
      const target = last || others.length > 0 ? this.#symlinks.get(next) : undefined
      if (target === undefined || ++links > MOST_LINKS) [done, rest] = [next, others]
      else [done, rest] = ['', [...target.split('/').slice(1), ...others]]
    }
    return done
  }

  #setSymlink(path: string, target: string): void {
    this.#symlinks.set(path, target)
    this.#noteDirectories(path)
  }

  #noteDirectories(path: string): void {
    for (let at = posix.dirname(path); !this.#directories.has(at); at = posix.dirname(at)) this.#directories.add(at)
  }

  #takeUnder(path: string): readonly Taken[] {
    const taken: Taken[] = []
    const node = this.#nodes.get(path)
    const target = this.#symlinks.get(path)
    if (!this.#directories.has(path)) {
      if (node !== undefined) taken.push({ name: path, node })
      if (target !== undefined) taken.push({ name: path, target })
      this.#nodes.delete(path)
      this.#symlinks.delete(path)
      return taken
    }
    for (const [name, node] of this.#nodes) if (isUnder(name, path)) taken.push({ name, node })
    for (const [name, target] of this.#symlinks) if (isUnder(name, path)) taken.push({ name, target })
    for (const { name } of taken) {
      this.#nodes.delete(name)
      this.#symlinks.delete(name)
    }
    return taken
  }

  #put(taken: readonly Taken[], from: string, to: string): void {
    for (const { name, node, target } of taken) {
      const moved = to + name.slice(from.length)
      node?.names.delete(name)
      if (node !== undefined) this.name(node, moved)
      if (target !== undefined) this.#setSymlink(moved, target)
    }
  }
}

interface Taken {
  readonly name: string
  readonly node?: FileNode
  readonly target?: string
}
