/** Finds the files that calls mean: by paths, by descriptors, and by paths that name descriptors. */

import type { PathUse } from './files-calls.ts'
import { FileNames, type FileNode } from './files-model.ts'
import { descriptorInPath, isPath } from './paths.ts'
import type { AnyCall } from './recorded.ts'
import { flagsOf } from './tree-calls.ts'
import type { OpenFile } from './tree-tables.ts'
import type { View } from './tree.ts'

/** How a call names a file. */
type Use = Omit<PathUse, 'what'>

const stayingFlags: readonly string[] = ['AT_SYMLINK_NOFOLLOW', 'O_NOFOLLOW']

export class FileFinder {
  readonly names = new FileNames()
  readonly #nodes = new Map<OpenFile, FileNode>()

  set(open: OpenFile, node: FileNode): void {
    this.#nodes.set(open, node)
  }

  /** The name of the file that a path argument means, links followed as far as they are known. */
  nameOf(call: AnyCall, view: View, { path, dirfd, onLink }: Use): string | undefined {
    const given = call.args[path]
    if (typeof given !== 'string' || given === '') return undefined
    const resolved = view.resolve(given, dirfd)
    // What is relative to a place that nobody knows keeps the name that it was given.
    if (resolved === undefined) return given
    const own = resolved.startsWith('/proc/')
      ? resolved.replace(/^\/proc\/(?:self|thread-self)(?=\/|$)/, `/proc/${view.who.pid}`)
      : resolved
    if (!this.names.hasSymlinks) return own
    const stays = onLink === true || stayingFlags.some((flag) => flagsOf(call).includes(flag))
    return this.names.follow(own, !stays)
  }

  /** The path by which a call meant its file, a symbolic link at its end not followed. */
  meant(call: AnyCall, view: View, use: Use): { readonly path?: string } {
    const path = this.nameOf(call, view, use.onLink === true ? use : { ...use, onLink: true })
    return path === undefined ? {} : { path }
  }

  /** The file that a path argument means; also by `/proc/self/fd/7`, or an empty path next to a descriptor. */
  nodeAt(call: AnyCall, view: View, use: Use): FileNode | undefined {
    const given = call.args[use.path]
    const fd = typeof given === 'string' ? descriptorInPath(given, view.who.pid) : undefined
    const held = fd === undefined ? undefined : view.descriptor(fd)
    if (held !== undefined) return this.nodeOf(held.open)
    if ((given === '' || given === null) && use.dirfd !== undefined) {
      const open = view.descriptor(use.dirfd)?.open
      return open === undefined ? undefined : this.nodeOf(open)
    }
    const name = this.nameOf(call, view, use)
    return name === undefined ? undefined : this.names.at(name)
  }

  /** What is open; `undefined` for what is no file. */
  nodeOf(open: OpenFile): FileNode | undefined {
    const known = this.#nodes.get(open)
    if (known !== undefined) return known
    const made = this.#makeNode(open)
    if (made !== undefined) this.#nodes.set(open, made)
    return made
  }

  #makeNode({ kind, path, link }: OpenFile): FileNode | undefined {
    if (kind === 'memfd') return this.names.make()
    if (kind !== 'file') return undefined
    const name = link !== undefined && isPath(link.text) ? link.text : path
    if (name === undefined) return undefined
    if (link?.isDeleted !== true) return this.names.at(name)
    const node = this.names.make()
    node.paths.push(name)
    return node
  }

  openedNode(call: AnyCall, view: View, open: OpenFile, name: string | undefined): FileNode | undefined {
    if (open.kind !== 'file') return open.kind === 'memfd' ? this.names.make() : undefined
    if (open.flags.includes('O_TMPFILE')) return this.names.make()
    // It fails where there is something, so whatever had the name is gone.
    if (name !== undefined && open.flags.includes('O_EXCL') && open.flags.includes('O_CREAT')) this.names.remove(name)
    const again = descriptorInPath(String(call.args['pathname']), view.who.pid)
    const held = again === undefined ? undefined : view.descriptor(again)
    const known = held === undefined ? undefined : this.nodeOf(held.open)
    if (known !== undefined) return known
    const real = open.link !== undefined && !open.link.isDeleted && isPath(open.link.text) ? open.link.text : undefined
    if (held !== undefined) return real === undefined ? undefined : this.names.at(real)
    if (real === undefined) return name === undefined ? undefined : this.names.at(name)
    if (name?.startsWith('/') === true && !name.startsWith('/proc/')) this.names.learn(name, real)
    return this.names.at(real)
  }
}
