/** Paths that were used -> paths to grant: files one by one, directories where their names were read. */

import { posix } from 'node:path'
import type { Access } from './accesses.ts'

/** Paths that Node has to be allowed. */
export interface NodePaths {
  /** Absolute, sorted. One that ends with `/*` is a directory with all beneath it. */
  readonly read: readonly string[]
  /** As `read`. */
  readonly write: readonly string[]
  /**
   * Directories that the program, or Node for it, only looked at on the way to something else, and that are not granted: Node would
   * grant all beneath them. A program that asks itself whether such a directory exists needs it among `directories`.
   */
  readonly looked: readonly string[]
  /** Paths relative to something that the run does not tell: a descriptor that came from outside. Not granted. */
  readonly unresolved: readonly string[]
}

export interface FoldOptions {
  readonly directories?: readonly string[]
  readonly fold?: number
}

interface Known {
  isDirectory: boolean
  read: boolean
  write: boolean
  listed: boolean
  looked: boolean
  /** Looked at as what it leads to, which is what a program asks for; a resolver of symlinks looks at the links. */
  followed: boolean
  exists: boolean
}

/** Those that the loader adds by itself. */
const extensions = ['.js', '.json', '.node']

export class Grants {
  readonly #paths = new Map<string, Known>()
  readonly #unresolved = new Set<string>()
  readonly #visited = new Set<string>()

  add(accesses: readonly Access[]): void {
    for (const access of accesses) {
      if (access.isResolved) this.#addPath(access)
      else this.#unresolved.add(access.path)
    }
  }

  /** A working directory. */
  visit(directory: string | undefined): void {
    if (directory !== undefined) this.#visited.add(directory)
  }

  #addPath({ use, path, is, isLink, ok }: Access): void {
    const known = this.#known(trimmed(path))
    known.isDirectory ||= is === 'directory'
    known.exists ||= ok
    if (use === 'read') known.read = true
    else if (use === 'write') known.write = true
    else if (use === 'list') known.listed = true
    else {
      known.looked = true
      known.followed ||= !isLink
    }
  }

  #known(path: string): Known {
    const known = this.#paths.get(path)
    if (known !== undefined) return known
    const made = {
      isDirectory: false,
      read: false,
      write: false,
      listed: false,
      looked: false,
      followed: false,
      exists: false,
    }
    this.#paths.set(path, made)
    return made
  }

  paths(options: FoldOptions): NodePaths {
    const read: string[] = []
    const write: string[] = []
    const looked: string[] = []
    const modules = this.#directoriesOfModules()
    const manifests = this.#directoriesOfManifests()
    for (const [path, known] of this.#paths) {
      if (known.write) write.push(path)
      if (!known.isDirectory) {
        if (isWanted(path, known, manifests) && !this.#isProbe(path, known)) read.push(path)
      } else if (known.listed || known.read) read.push(beneath(path))
      else if (!known.followed || modules.has(path) || isOfModules(path)) looked.push(path)
      else read.push(beneath(path))
    }
    const unresolved = [...this.#unresolved].toSorted()
    return { read: folded(read, options), write: folded(write, options), looked: looked.toSorted(), unresolved }
  }

  /** Where modules and working directories are, with all above: the loader looks at those itself, unasked. */
  #directoriesOfModules(): ReadonlySet<string> {
    const found = new Set<string>()
    for (const directory of this.#visited) addAncestors(found, directory)
    for (const [path, { read, exists }] of this.#paths) {
      if (read && exists && /\.([cm]?[jt]s|json|node)$/.test(path)) addAncestors(found, posix.dirname(path))
    }
    return found
  }

  /** What `require('./name')` looks at in vain before, or after, it finds what is meant: that needs no permission. */
  #isProbe(path: string, { exists, read, write }: Known): boolean {
    if (exists || read || write) return false
    const isThere = (other: string): boolean => this.#paths.get(other)?.exists === true
    return extensions.some((it) => isThere(path + it) || (path.endsWith(it) && isThere(path.slice(0, -it.length))))
  }

  /** Directories of the package.json files that there are. */
  #directoriesOfManifests(): readonly string[] {
    const found = [...this.#paths].filter(([path, { read, exists }]) => read && exists && isManifest(path))
    return found.map(([path]) => posix.dirname(path))
  }
}

/**
 * A file that was read, or asked for. Not what the loader tried in vain: it is not asked for permission. Except for package.json: it
 * is in packages (from Node 22 on), and it gives up its search for one above where it may not look.
 */
function isWanted(path: string, { read, write, looked, exists }: Known, manifests: readonly string[]): boolean {
  if (exists) return read || looked || !write
  if (isManifest(path)) return isOfModules(path) || manifests.some((it) => isBeneath(posix.dirname(path), it))
  return (read || looked) && !isOfModules(path)
}

function isManifest(path: string): boolean {
  return posix.basename(path) === 'package.json'
}

function isOfModules(path: string): boolean {
  return path.split('/').includes('node_modules')
}

function addAncestors(found: Set<string>, directory: string): void {
  for (let at = directory; !found.has(at); at = posix.dirname(at)) found.add(at)
}

function trimmed(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path
}

function beneath(directory: string): string {
  return directory === '/' ? '/*' : `${directory}/*`
}

function isBeneath(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)
}

function folded(paths: readonly string[], { directories = [], fold = Infinity }: FoldOptions): readonly string[] {
  const wide = directories
    .map((directory) => trimmed(directory))
    .filter((it) => paths.some((path) => isBeneath(path, it)))
  const all = new Set([...paths, ...wide.map(beneath), ...crowded(paths, fold).map(beneath)])
  const wholes = [...all].filter((path) => path.endsWith('/*')).map((path) => path.slice(0, -2))
  const isCovered = (path: string): boolean =>
    wholes.some((whole) => path !== `${whole}/*` && isBeneath(path.replace(/\/\*$/, ''), whole === '' ? '/' : whole))
  return [...all].filter((path) => !isCovered(path)).toSorted()
}

/** Directories of which more than `most` paths are granted. */
function crowded(paths: readonly string[], most: number): readonly string[] {
  const counts = new Map<string, number>()
  for (const path of paths) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1)
  return [...counts].filter(([, count]) => count > most).map(([directory]) => directory)
}
