/** Which process and thread each event is of, and in what order they are told. */

import type { AnyEvent } from '../recorded.ts'

/** What is known of a process when somebody asks whether it belongs into a snapshot. */
export interface SnapshotProcess {
  /** Path of the program that it ran last; empty if it was never seen to begin one. */
  readonly program: string
  /** Its command line; that of who made it if it ran no program of its own. */
  readonly argv: readonly string[]
  /** 0 for the command itself. */
  readonly depth: number
  readonly pid: number
}

/** A process of a run. */
export class Section implements SnapshotProcess {
  readonly pid: number
  readonly parent: Section | undefined
  readonly children: Section[] = []
  /** Thread ids in the order of their beginning, without that of the first. */
  readonly threads: number[] = []
  #program: string | undefined
  #argv: readonly string[] | undefined

  constructor(pid: number, parent: Section | undefined) {
    this.pid = pid
    this.parent = parent
    parent?.children.push(this)
  }

  get depth(): number {
    return this.parent === undefined ? 0 : this.parent.depth + 1
  }

  get program(): string {
    return this.#program ?? this.parent?.program ?? ''
  }

  get argv(): readonly string[] {
    return this.#argv ?? (this.#program === undefined ? (this.parent?.argv ?? []) : [this.#program])
  }

  /** Whether it ran a program of its own. */
  get isForked(): boolean {
    return this.#program === undefined && this.parent !== undefined
  }

  run(program: string): void {
    this.#program = program
    this.#argv = undefined
  }

  runWith(argv: unknown): void {
    if (Array.isArray(argv)) this.#argv = argv.map(String)
  }
}

/** Goes along a run's events and knows of each whose it is. */
export class Sections {
  readonly #roots: Section[] = []
  /** By what their beginning says: of long traces that were loaded from files, an event is another object each time. */
  readonly #made = new Map<string, Section>()
  readonly #current = new Map<number, Section>()

  constructor(events: readonly AnyEvent[]) {
    for (const event of events) this.#read(event)
    this.#current.clear()
    for (const root of this.#roots) if (!this.#current.has(root.pid)) this.#current.set(root.pid, root)
  }

  /** Each before the processes that it made, those in the order in which it made them. */
  get inOrder(): readonly Section[] {
    const all: Section[] = []
    const add = (section: Section): void => {
      all.push(section)
      section.children.forEach(add)
    }
    this.#roots.forEach(add)
    return all
  }

  /** The process of an event. Events are to be given in order. */
  of(event: AnyEvent): Section | undefined {
    const made = event.type === 'fork' ? this.#made.get(keyOf(event)) : undefined
    if (made !== undefined) this.#current.set(made.pid, made)
    return this.#current.get(event.pid)
  }

  #read(event: AnyEvent): void {
    const section = this.#sectionOf(event.pid)
    if (event.type === 'fork') {
      if (event.thread) section.threads.push(event.child.tid)
      else this.#fork(event, section)
    } else if (event.type === 'exec') section.run(event.program)
    else if (event.type === 'syscall' && execs.has(event.name) && event.ok) section.runWith(event.args['argv'])
  }

  #fork(event: ForkEvent, parent: Section): void {
    const made = new Section(event.child.pid, parent)
    this.#made.set(keyOf(event), made)
    this.#current.set(made.pid, made)
  }

  #sectionOf(pid: number): Section {
    const known = this.#current.get(pid)
    if (known !== undefined) return known
    const root = new Section(pid, undefined)
    this.#current.set(pid, root)
    this.#roots.push(root)
    return root
  }
}

type ForkEvent = AnyEvent & { readonly type: 'fork' }

function keyOf({ child, timeNs }: ForkEvent): string {
  return `${child.tid} ${timeNs}`
}

const execs: ReadonlySet<string> = new Set(['execve', 'execveat'])
