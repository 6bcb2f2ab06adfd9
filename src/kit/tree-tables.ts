/** Descriptors of processes: tables of numbers, and what the kernel has open behind them. */

import { Links } from './call-parts.ts'
import { isPath, type Link } from './paths.ts'
import type { AnyCall } from './recorded.ts'

/** What a descriptor is of. `file`: anything with a path, directories and devices included. */
export type OpenKind =
  | 'file'
  | 'memfd'
  | 'socket'
  | 'pipe'
  | 'epoll'
  | 'eventfd'
  | 'signalfd'
  | 'timerfd'
  | 'inotify'
  | 'fanotify'
  | 'pidfd'
  | 'io_uring'
  | 'other'
  | 'unknown'

/**
 * What is open: the kernel's open file description, which dup, fork and messages share. The same object wherever it is
 * met, so it can be a key.
 */
export interface OpenFile {
  /** Counted from 1 in the order of appearance. */
  readonly id: number
  readonly kind: OpenKind
  /** `inherited`: it was there before the run; `received`: from somebody who is not of the run, or nobody saw how. */
  readonly origin: 'opened' | 'inherited' | 'received'
  /** Absolute, as the process named it; of what was not opened in the run, as the kernel names it. */
  readonly path?: string | undefined
  /** What the kernel said of it when it was first seen: the path without symbolic links, `socket:[4711]`. */
  readonly link?: Link | undefined
  /** Names of the flags that it was opened with. */
  readonly flags: readonly string[]
  /** The call that opened it. */
  readonly call?: AnyCall | undefined
  /** Domain and type of a socket. */
  readonly socket?: { readonly domain: string; readonly type: string } | undefined
  /** The other end of a socketpair or pipe. */
  readonly other?: OpenFile | undefined
  /** Of a pidfd. */
  readonly target?: number | undefined
}

/** A number that stands for something open. */
export interface Descriptor {
  readonly fd: number
  readonly open: OpenFile
  readonly closeOnExec: boolean
  /** The call that gave it the number, and when that ended; absent where it was inherited before the run. */
  readonly since?: AnyCall | undefined
  readonly sinceNs?: bigint
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Makes and counts open files. */
export class OpenFiles {
  readonly links = new Links()
  #count = 0

  make(about: Omit<OpenFile, 'id' | 'flags'> & { readonly flags?: readonly string[] }): OpenFile {
    return { flags: [], ...about, id: ++this.#count }
  }

  /** Something that was not seen being opened. */
  found(origin: 'inherited' | 'received', link: Link | undefined): OpenFile {
    const open: Writable<OpenFile> = { id: ++this.#count, kind: 'unknown', origin, flags: [] }
    learn(open, link)
    return open
  }
}

/** Takes in what the kernel says of something that nobody saw being opened. */
export function learn(open: OpenFile, link: Link | undefined): void {
  if (link === undefined || open.link !== undefined) return
  // Made by OpenFiles only.
  const known = open as Writable<OpenFile>
  known.link = link
  if (open.kind === 'unknown') known.kind = kindOf(link)
  if (open.path === undefined && isPath(link.text)) known.path = link.text
}

const anonymous: ReadonlyMap<string, OpenKind> = new Map([
  ['[eventpoll]', 'epoll'],
  ['[eventfd]', 'eventfd'],
  ['[signalfd]', 'signalfd'],
  ['[timerfd]', 'timerfd'],
  ['inotify', 'inotify'],
  ['[fanotify]', 'fanotify'],
  ['[pidfd]', 'pidfd'],
  ['[io_uring]', 'io_uring'],
])

/** What a link says that a descriptor is of. */
export function kindOf({ text }: Link): OpenKind {
  if (text.startsWith('/memfd:')) return 'memfd'
  if (text.startsWith('/')) return 'file'
  const [kind, rest] = text.split(':', 2)
  if (kind === 'socket' || kind === 'pipe') return kind
  return (kind === 'anon_inode' ? anonymous.get(rest ?? '') : undefined) ?? 'other'
}

/** Who held a number before. */
interface Former {
  readonly descriptor: Descriptor
  readonly untilNs: bigint
}

/** The descriptors of a process, or of several that share them. */
export class Table {
  readonly #slots: Map<number, Descriptor>
  readonly #formers: Map<number, Former>
  /** Numbers that were given to another by a call that ended before the close(2) that freed them did. */
  readonly #owed = new Map<number, number>()
  /** What was inherited before the run, as it is found out; shared by all that inherited it. */
  readonly #inherited: Map<number, OpenFile>
  readonly #closed: Set<number>

  constructor(of?: Table) {
    this.#slots = new Map(of?.slots())
    this.#formers = new Map(of?.formers())
    this.#inherited = of?.inherited() ?? new Map<number, OpenFile>()
    this.#closed = new Set(of?.closed())
  }

  /** All that is known to be open, inherited ones as far as they were met. */
  list(): readonly Descriptor[] {
    const inherited = [...this.#inherited].filter(([fd]) => !this.#closed.has(fd) && !this.#slots.has(fd))
    const found = inherited.map(([fd, open]) => ({ fd, open, closeOnExec: false }))
    return [...this.#slots.values(), ...found].toSorted((a, b) => a.fd - b.fd)
  }

  /**
   * What a number stands for, or stood for when the call began: another thread may have closed it since.
   *
   * @param make makes what was inherited and is met for the first time; without it, that is not found
   */
  get(fd: number, startNs: bigint | undefined, make?: () => OpenFile): Descriptor | undefined {
    const now = this.#slots.get(fd)
    if (now !== undefined && (startNs === undefined || sinceNs(now) <= startNs)) return now
    const former = this.#formers.get(fd)
    if (former !== undefined && startNs !== undefined && former.untilNs > startNs) return former.descriptor
    if (now !== undefined || this.#closed.has(fd)) return now
    const open = this.#inherited.get(fd) ?? make?.()
    if (open === undefined) return undefined
    this.#inherited.set(fd, open)
    return { fd, open, closeOnExec: false }
  }

  /** Gives a number. `replaces`: also one that is taken, as dup2(2) does; others get one that is free. */
  install(descriptor: Descriptor, replaces = false): void {
    const { fd } = descriptor
    const taken = this.#slots.get(fd)
    if (taken !== undefined) {
      if (!replaces) this.#owed.set(fd, (this.#owed.get(fd) ?? 0) + 1)
      this.#retire(taken, sinceNs(descriptor))
    } else this.#closed.add(fd)
    this.#slots.set(fd, descriptor)
  }

  setCloseOnExec(fd: number, closeOnExec: boolean): void {
    const known = this.get(fd, undefined)
    if (known === undefined) return
    this.#closed.add(fd)
    this.#slots.set(fd, { ...known, closeOnExec })
  }

  close(fd: number, { startNs, endNs }: Pick<AnyCall, 'startNs' | 'endNs'>): void {
    const taken = this.#slots.get(fd)
    const owed = this.#owed.get(fd) ?? 0
    if (owed > 0 && taken !== undefined && sinceNs(taken) > startNs) {
      // Somebody was given the number while this call ran, so what it closed is what had the number before.
      this.#owed.set(fd, owed - 1)
      return
    }
    const known = taken ?? this.get(fd, undefined)
    if (known !== undefined) this.#retire(known, endNs)
    this.#closed.add(fd)
    this.#slots.delete(fd)
  }

  /** close_range(2), or with `closeOnExec` what it does with CLOSE_RANGE_CLOEXEC. */
  closeRange(first: number, last: number, call: AnyCall, closeOnExec: boolean): void {
    const known = [...this.#slots.keys(), ...this.#inherited.keys(), 0, 1, 2]
    for (const fd of new Set(known)) {
      if (fd < first || fd > last) continue
      if (closeOnExec) this.setCloseOnExec(fd, true)
      else this.close(fd, call)
    }
  }

  /** What execve(2) leaves open. */
  afterExec(): Table {
    const left = new Table(this)
    for (const { fd, closeOnExec } of this.#slots.values()) if (closeOnExec) left.drop(fd)
    return left
  }

  drop(fd: number): void {
    this.#slots.delete(fd)
    this.#closed.add(fd)
  }

  slots(): ReadonlyMap<number, Descriptor> {
    return this.#slots
  }

  formers(): ReadonlyMap<number, Former> {
    return this.#formers
  }

  inherited(): Map<number, OpenFile> {
    return this.#inherited
  }

  closed(): ReadonlySet<number> {
    return this.#closed
  }

  #retire(descriptor: Descriptor, untilNs: bigint): void {
    this.#formers.set(descriptor.fd, { descriptor, untilNs })
  }
}

function sinceNs({ sinceNs: ns = 0n }: Descriptor): bigint {
  return ns
}
