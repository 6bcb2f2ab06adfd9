/** Follows the files of a run, event by event. */

import {
  addressOf,
  descriptorUses,
  hasName,
  linkCalls,
  mayBeFile,
  openCalls,
  openUse,
  pathUses,
  renameCalls,
  renameUses,
  submittedUses,
  writingRequests,
  type DescriptorUse,
  type PathUse,
} from './files-calls.ts'
import { effectOf } from './effects.ts'
import { Mappings } from './files-mappings.ts'
import { FileFinder } from './files-finder.ts'
import type { FileDeed, FileDeedKind, FileNode } from './files-model.ts'
import type { AnyCall, AnyEvent } from './recorded.ts'
import { flagsOf } from './tree-calls.ts'
import type { Descriptor, OpenFile } from './tree-tables.ts'
import type { View, Who } from './tree.ts'

/** A path that was looked for in vain. */
export interface MissingFile {
  readonly path: string
  /** Each time: who looked, with which call. */
  readonly looks: readonly { readonly by: Who; readonly call: AnyCall }[]
}

/** Calls that do something to files, or are followed here. */
const watched: ReadonlySet<string> = new Set([
  ...pathUses.keys(),
  ...descriptorUses.keys(),
  ...openCalls,
  ...renameCalls,
  ...linkCalls,
  ...'mmap mmap2 mprotect munmap mremap msync sync ioctl io_submit fchdir'.split(' '),
])

type Details = Partial<Omit<FileDeed, 'what' | 'by' | 'call'>>

/** Feed it each event with the view of it, before the tree applies it; what a call opened, after. */
export class FileWatch {
  readonly #finder = new FileFinder()
  readonly names = this.#finder.names
  readonly missing = new Map<string, { path: string; looks: { by: Who; call: AnyCall }[] }>()
  readonly unknown: FileDeed[] = []
  readonly syncs: FileDeed[] = []
  readonly #mappings = new Mappings()
  /** What processes called the directories that they went to. */
  readonly #places = new Map<number, string>()

  /** What is done is told. Not outside of the part that is asked about: there only what is known of files changes. */
  #isInside = true
  #hasBegun = false

  /** Whether what comes now belongs to the part that is asked about. */
  setInside(isInside: boolean): void {
    this.#isInside = isInside
    if (!isInside || this.#hasBegun) return
    this.#hasBegun = true
    this.names.forgetFormer()
  }

  /** An event that is no call. */
  follow(event: AnyEvent): void {
    if (event.type === 'fork' && !event.thread) this.#mappings.copy(event.pid, event.child.pid)
    else if (event.type === 'exec') this.#mappings.clear(event.pid)
  }

  /** Whether a call is about files. */
  wants({ name }: AnyCall): boolean {
    return watched.has(name) || this.#places.size > 0
  }

  /** A call, as the tree was before it. */
  before(call: AnyCall, view: View): void {
    const effect = effectOf(call)
    if (effect === 'none') return
    if (effect === 'done') this.#untold(call, view)
    else if (call.unfinished === true) this.#cutShort(call, view)
    else if (!call.ok) this.#failed(call, view)
    else this.#done(call, view)
  }

  #done(call: AnyCall, view: View): void {
    if (renameCalls.has(call.name)) this.#rename(call, view)
    else if (linkCalls.has(call.name)) this.#link(call, view)
    else this.#acted(call, view)
  }

  /** Its result is a rule's, and it was done all the same. */
  #untold(call: AnyCall, view: View): void {
    if (openCalls.has(call.name)) this.#openedUntold(call, view)
    else this.#done(call, view)
  }

  #openedUntold(call: AnyCall, view: View): void {
    const node = this.#finder.nodeAt(call, view, openUse(call))
    if (node === undefined) return
    const flags = flagsOf(call)
    const details = { flags, ...this.#finder.meant(call, view, openUse(call)) }
    if (flags.includes('O_CREAT')) this.#do('create', call, view.who, node, { ...details, isCertain: false })
    this.#do('open', call, view.who, node, details)
    if (flags.includes('O_TRUNC')) this.#do('truncate', call, view.who, node, details)
  }

  /** The same call, with the descriptors that it made. */
  after(call: AnyCall, view: View, made: readonly Descriptor[]): void {
    if (call.name === 'chdir' || this.#places.size > 0) this.#went(call, view)
    const [first] = made
    if (first !== undefined && openCalls.has(call.name)) this.#opened(call, view, first.open)
  }

  /** A directory that turns out to be another than the one that chdir(2) named was named by a symbolic link. */
  #went({ name, ok, pid }: AnyCall, { cwd }: View): void {
    const named = this.#places.get(pid)
    if (name === 'chdir' && ok && cwd !== undefined) this.#places.set(pid, cwd)
    else if (named !== undefined && named !== cwd) {
      this.#places.delete(pid)
      if (cwd !== undefined && name !== 'fchdir') this.names.learn(named, cwd)
    }
  }

  /** Its thread ended inside it, and nobody knows how far it came. */
  #cutShort(call: AnyCall, view: View): void {
    for (const use of descriptorUses.get(call.name) ?? []) {
      if (use.what === 'write' || use.what === 'truncate') this.#actOnDescriptor(call, view, use)
    }
  }

  #acted(call: AnyCall, view: View): void {
    const path = pathUses.get(call.name)
    if (path !== undefined) this.#actOnPath(call, view, path)
    else for (const use of descriptorUses.get(call.name) ?? []) this.#actOnDescriptor(call, view, use)
    this.#actOtherwise(call, view)
  }

  #actOtherwise(call: AnyCall, view: View): void {
    switch (call.name) {
      case 'mmap':
      case 'mmap2':
        return this.#map(call, view)
      case 'mprotect':
      case 'munmap':
      case 'mremap':
      case 'msync':
        return this.#remap(call, view)
      case 'sync':
        if (this.#isInside) this.syncs.push({ what: 'sync', by: view.who, call, path: undefined, synced: 'everything' })
        break
      case 'ioctl':
        return this.#cloned(call, view)
      case 'io_submit':
        return this.#submitted(call, view)
      default:
    }
  }

  #do(what: FileDeedKind, call: AnyCall, by: Who, node: FileNode | undefined, details: Details = {}): void {
    if (!this.#isInside) return
    const doubt = call.unfinished === true ? { isCertain: false } : {}
    const deed: FileDeed = { what, by, call, path: node?.path, ...details, ...doubt }
    if (node !== undefined) node.add(deed)
    else if (what !== 'look') this.unknown.push(deed)
  }

  #failed(call: AnyCall, view: View): void {
    if (call.error !== 'ENOENT' && call.error !== 'ENOTDIR') return
    const path = openCalls.has(call.name) ? openUse(call) : (pathUses.get(call.name) ?? renameUses(call)[0])
    const name = path === undefined ? undefined : this.#finder.nameOf(call, view, path)
    if (name === undefined || path === undefined) return
    // What can't be made because its directory is missing is no less missing.
    this.names.noteAbsent(name)
    if (!this.#isInside) return
    const found = this.missing.get(name) ?? { path: name, looks: [] }
    found.looks.push({ by: view.who, call })
    this.missing.set(name, found)
  }

  #actOnPath(call: AnyCall, view: View, use: PathUse): void {
    if (use.what === 'create') return this.#made(call, view, use)
    const node = this.#finder.nodeAt(call, view, use)
    // An empty path next to a socket or pipe.
    if (node === undefined) return
    if (call.name === 'chdir' || call.name === 'rmdir') node.isDirectory = true
    this.#do(use.what, call, view.who, node, this.#finder.meant(call, view, use))
    if (use.what === 'delete') this.#deleted(call, view, use)
    if (use.what === 'execute') this.#ran(call, view, node)
    if (call.name.startsWith('readlink')) this.#readLink(call, view, use)
  }

  #deleted(call: AnyCall, view: View, use: PathUse): void {
    const name = this.#finder.nameOf(call, view, use)
    if (name !== undefined) this.names.remove(name)
  }

  /** An interpreter is executed as well as the script. */
  #ran(call: AnyCall, { who }: View, node: FileNode): void {
    if (who.program === undefined) return
    const program = this.names.at(who.program)
    if (program !== node) this.#do('execute', call, who, program)
  }

  #readLink(call: AnyCall, view: View, use: PathUse): void {
    const name = this.#finder.nameOf(call, view, use)
    const target = isTold(call) ? call.out?.['buf'] : undefined
    if (name !== undefined && typeof target === 'string' && !name.startsWith('/proc/'))
      this.names.addSymlink(name, target)
  }

  #made(call: AnyCall, view: View, use: PathUse): void {
    const name = this.#finder.nameOf(call, view, use)
    if (name === undefined) return
    // These fail where there is something, so whatever had the name is gone.
    this.names.remove(name)
    const node = this.names.at(name)
    node.isDirectory = call.name.startsWith('mkdir')
    const target = call.args['oldpath'] ?? call.args['target']
    if (call.name.startsWith('symlink') && typeof target === 'string') this.names.addSymlink(name, target)
    this.#do('create', call, view.who, node, { isCertain: true })
  }

  #opened(call: AnyCall, view: View, open: OpenFile): void {
    const use = openUse(call)
    const name = this.#finder.nameOf(call, view, use)
    const wasAbsent = name !== undefined && this.names.isAbsent(name)
    const node = this.#finder.openedNode(call, view, open, name)
    if (node === undefined) return
    this.#finder.set(open, node)
    const { flags } = open
    const details = { flags, ...this.#finder.meant(call, view, use) }
    if (flags.includes('O_DIRECTORY') && !flags.includes('O_TMPFILE')) node.isDirectory = true
    const isNew = wasAbsent || (flags.includes('O_EXCL') && flags.includes('O_CREAT')) || flags.includes('O_TMPFILE')
    if (flags.includes('O_CREAT') || flags.includes('O_TMPFILE'))
      this.#do('create', call, view.who, node, { ...details, isCertain: isNew })
    this.#do('open', call, view.who, node, details)
    if (flags.includes('O_TRUNC') && !isNew) this.#do('truncate', call, view.who, node, details)
  }

  #actOnDescriptor(call: AnyCall, view: View, { fd, what, isCounted }: DescriptorUse): void {
    const open = view.descriptor(fd)?.open
    if (open === undefined) return
    const node = this.#finder.nodeOf(open)
    // Sockets and pipes are no files.
    if (node === undefined && !mayBeFile(open)) return
    if (what === 'list' && node !== undefined) node.isDirectory = true
    const { flags } = open
    if (what === 'sync') {
      this.#do(what, call, view.who, node, { flags, synced: call.name === 'fdatasync' ? 'data' : 'everything' })
    } else if (isCounted === true && isTold(call)) {
      this.#do(what, call, view.who, node, { flags, bytes: Number(call.returned ?? 0) })
    } else this.#do(what, call, view.who, node, { flags })
  }

  #rename(call: AnyCall, view: View): void {
    const [from, to] = renameUses(call).map((use) => this.#finder.nameOf(call, view, use))
    if (from === undefined || to === undefined) return
    const node = this.names.at(from)
    const other = this.names.find(to)
    // Two names of one file: nothing happens.
    if (node === other) return
    if (flagsOf(call).includes('RENAME_EXCHANGE')) {
      const second = other ?? this.names.at(to)
      this.#do('rename', call, view.who, node, { from, to })
      this.#do('rename', call, view.who, second, { from: to, to: from })
      this.names.exchange(from, to)
      return
    }
    this.#do('rename', call, view.who, node, { from, to })
    if (other !== undefined) this.#do('replace', call, view.who, other, { from, path: to })
    this.names.move(from, to)
  }

  #link(call: AnyCall, view: View): void {
    const [use, target] = renameUses(call)
    if (use === undefined || target === undefined) return
    const follows = flagsOf(call).includes('AT_SYMLINK_FOLLOW')
    const node = this.#finder.nodeAt(
      call,
      view,
      follows ? { path: use.path, ...(use.dirfd === undefined ? {} : { dirfd: use.dirfd }) } : use,
    )
    const to = this.#finder.nameOf(call, view, target)
    if (node === undefined || to === undefined) return
    const { path: from } = node
    this.names.remove(to)
    this.names.name(node, to)
    this.#do('link', call, view.who, node, { to, ...(from === undefined ? {} : { from }) })
  }

  #map(call: AnyCall, view: View): void {
    const { prot, flags, length } = call.args
    const returned = returnedBy(call)
    const start = addressOf(returned)
    if (hasName(flags, 'MAP_FIXED') && returned !== undefined)
      this.#mappings.remove(view.who.pid, start, addressOf(length))
    if (hasName(flags, 'MAP_ANONYMOUS')) return
    const open = view.descriptor('fd')?.open
    const node = open === undefined ? undefined : this.#finder.nodeOf(open)
    if (open === undefined || (node === undefined && !mayBeFile(open))) return
    const isShared = hasName(flags, 'MAP_SHARED') || hasName(flags, 'MAP_SHARED_VALIDATE')
    if (isShared && returned !== undefined) this.#mappings.add(view.who.pid, start, addressOf(length), open)
    this.#do('map', call, view.who, node, { isShared, isWritable: hasName(prot, 'PROT_WRITE'), flags: open.flags })
  }

  /** What is done to memory that is a file's. */
  #remap(call: AnyCall, view: View): void {
    const { pid } = view.who
    const { addr, length, old_address: from, old_size: size, new_size: newSize } = call.args
    const start = addressOf(addr ?? from)
    if (this.#mappings.of(pid).length === 0) return
    const found = this.#mappings.in(pid, start, addressOf(length ?? size))
    if (call.name === 'munmap') this.#mappings.remove(pid, start, addressOf(length))
    for (const { open } of found) {
      const node = this.#finder.nodeOf(open)
      if (call.name === 'munmap') this.#do('unmap', call, view.who, node)
      else if (call.name === 'mremap' && returnedBy(call) !== undefined)
        this.#mappings.add(pid, addressOf(call.returned), addressOf(newSize), open)
      else if (call.name === 'msync' && hasName(call.args['flags'], 'MS_SYNC'))
        this.#do('sync', call, view.who, node, { synced: 'mapping' })
      else if (call.name === 'mprotect' && hasName(call.args['prot'], 'PROT_WRITE'))
        this.#do('map', call, view.who, node, { isShared: true, isWritable: true })
    }
  }

  /** FICLONE and its like write without a write. */
  #cloned(call: AnyCall, view: View): void {
    if (!writingRequests.has(String(call.args['op']))) return
    const open = view.descriptor('fd')?.open
    if (open !== undefined) this.#do('write', call, view.who, this.#finder.nodeOf(open), { flags: open.flags })
  }

  #submitted(call: AnyCall, view: View): void {
    for (const { fd, what } of submittedUses(call)) {
      const open = view.descriptor(fd)?.open
      const node = open === undefined ? undefined : this.#finder.nodeOf(open)
      if (node !== undefined || (open !== undefined && mayBeFile(open))) this.#do(what, call, view.who, node)
    }
  }
}

/** Whether what the call returned is its own word, and no rule's. */
function isTold(call: AnyCall): boolean {
  return effectOf(call) === 'told'
}

function returnedBy(call: AnyCall): number | bigint | undefined {
  return isTold(call) ? call.returned : undefined
}
