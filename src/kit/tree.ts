/**
 * The process tree while one walks through the events of a run: where each process is, and what its descriptors stand
 * for. Look first, then apply:
 *
 *     const tree = new Tree(run)
 *     for (const event of tree.events) {
 *       const view = tree.at(event) // as the event found it
 *       view.descriptor('fd')?.open.kind
 *       const made = tree.apply(event) // descriptors that it made
 *     }
 */

import { aheadOf, keyOf, senders, timeOf, type Ahead } from './ahead.ts'
import { AT_FDCWD, fdOf } from './call-parts.ts'
import { isDone } from './effects.ts'
import { isUnder, linkOf, resolvePath } from './paths.ts'
import { eventsOf, wholeOf, type AnyCall, type AnyEvent, type partOfRun, type RecordedRun } from './recorded.ts'
import {
  applyCall,
  carriedFds,
  changingCalls,
  directoryAt,
  lookUp,
  type Place,
  type Surroundings,
  type Task,
} from './tree-calls.ts'
import { OpenFiles, Table, type Descriptor, type OpenFile } from './tree-tables.ts'

/** Who did something: a process, while it was this program. The same object for all events of that time. */
export interface Who {
  readonly pid: number
  /** Absent for the first process, and for one that was attached to. */
  readonly parentPid?: number | undefined
  /** Path of the program; absent in a process that was attached to and has not changed. */
  readonly program?: string | undefined
  /** Its command line; absent where the run did not record it. */
  readonly argv?: readonly string[] | undefined
}

/** What the tree reads of a run. */
export type TreeRun = Pick<RecordedRun, 'events' | 'cwd' | typeof partOfRun> & {
  /** The first process; without, every one that nobody was seen to make begins where the first does. */
  readonly pid?: number | undefined
}

/** How things were for the thread of an event, when the event came. */
export class View {
  readonly who: Who
  readonly #event: AnyEvent
  readonly #task: Task
  readonly #opens: OpenFiles

  constructor(who: Who, event: AnyEvent, task: Task, opens: OpenFiles) {
    this.who = who
    this.#event = event
    this.#task = task
    this.#opens = opens
  }

  /** Absent where it is not known. */
  get cwd(): string | undefined {
    return this.#task.place.cwd
  }

  /** `/`, but after chroot(2). */
  get root(): string | undefined {
    return this.#task.place.root
  }

  /**
   * What a descriptor stood for when the call began. By the name of an argument, the kernel's word for it (`decodeFds`) is
   * taken in where nobody saw it being opened.
   *
   * @returns `undefined` for what is no open descriptor
   */
  descriptor(fd: string | number): Descriptor | undefined {
    const event = this.#event
    const number = typeof fd === 'number' ? fd : event.type === 'syscall' ? fdOf(event, fd) : undefined
    if (number === undefined) return undefined
    if (event.type !== 'syscall') return this.#task.table.get(number, undefined)
    return lookUp(event, number, this.#task, this.#opens, typeof fd === 'string' ? fd : undefined)
  }

  /** All descriptors that are known to be open; such as were inherited before the run only once they were met. */
  descriptors(): readonly Descriptor[] {
    return this.#task.table.list()
  }

  /**
   * An absolute path from one in an argument: joined with the working directory, or with what the argument `dirfd`
   * stands for; without `.` and `..`, symbolic links not followed.
   *
   * @returns `undefined` where it is relative, and to what is not known
   */
  resolve(path: string, dirfd?: string): string | undefined {
    const { place } = this.#task
    const event = this.#event
    const isAt = dirfd !== undefined && event.type === 'syscall'
    const base = isAt ? directoryAt(event, fdOf(event, dirfd), this.#task, this.#opens, dirfd) : place.cwd
    return resolvePath(place.root, base, path)
  }
}

interface Process {
  who: Who
}

interface Thread extends Task {
  readonly process: Process
}

interface Sent {
  /** Where it arrives, if that is known. */
  readonly to: OpenFile | undefined
  readonly files: readonly OpenFile[]
}

/** Threads, processes, and what they have open, as events change it. Events are to be given in order, and each once. */
export class Tree {
  /** Of the whole run, also where only a part of it is asked about. */
  readonly events: readonly AnyEvent[]
  readonly #ahead: Ahead
  readonly #threads = new Map<number, Thread>()
  readonly #processes = new Map<number, Thread>()
  readonly #opens = new OpenFiles()
  readonly #sent: Sent[] = []
  readonly #tookFrom = new Set<string>()
  readonly #start: { readonly pid: number | undefined; readonly cwd: string | undefined }
  #sends = 0
  readonly #around: Surroundings = {
    opens: this.#opens,
    tableOf: (pid) => this.#processes.get(pid)?.table,
    receive: (call, via, count) => this.#receive(call, via, count),
  }

  /** `cwd`: where the first process begins, if not where the run says. */
  constructor(run: TreeRun, cwd = run.cwd) {
    this.events = eventsOf(wholeOf(run))
    this.#ahead = aheadOf(this.events)
    this.#start = { pid: run.pid, cwd: cwd ?? firstDirectory(this.events, run.pid) }
  }

  at(event: AnyEvent): View {
    const thread = this.#thread(event)
    return new View(thread.process.who, event, thread, this.#opens)
  }

  /** What a process has open, as far as it is known. */
  descriptorsOf(pid: number): readonly Descriptor[] {
    return this.#process(pid).table.list()
  }

  /** What a descriptor of a process stands for now. */
  descriptorOf(pid: number, fd: number): Descriptor | undefined {
    return this.#process(pid).table.get(fd, undefined)
  }

  /** Where a process is now. */
  cwdOf(pid: number): string | undefined {
    return this.#process(pid).place.cwd
  }

  /** Whether a new process has the memory of who made it, until it becomes a program: vfork(2), posix_spawn(3). */
  sharesMemory(event: Extract<AnyEvent, { type: 'fork' }>): boolean {
    return event.how === 'vfork' || this.#ahead.flags.get(timeOf(event))?.includes('CLONE_VM') === true
  }

  /** Takes an event in. Gives the descriptors that it made: opened, copied, received. */
  apply(event: AnyEvent): readonly Descriptor[] {
    switch (event.type) {
      case 'syscall':
        return followed.has(event.name) ? this.#applyCall(event) : none
      case 'fork':
        this.#fork(event)
        break
      case 'exec':
        this.#exec(event)
        break
      case 'exit':
        this.#threads.delete(event.tid)
        break
      default:
    }
    return none
  }

  #applyCall(call: AnyCall): readonly Descriptor[] {
    const thread = this.#thread(call)
    this.#learnPlace(call, thread.place)
    if (senders.has(call.name)) this.#send(call, thread)
    if (call.name.startsWith('rename') && isDone(call)) this.#moveDirectories(call, this.at(call))
    return applyCall(call, thread, this.#around)
  }

  /** Who is in a directory that gets another name is in that one. */
  #moveDirectories(call: AnyCall, view: View): void {
    const { oldpath, newpath } = call.args
    if (typeof oldpath !== 'string' || typeof newpath !== 'string') return
    const from = view.resolve(oldpath, 'olddirfd' in call.args ? 'olddirfd' : undefined)
    const to = view.resolve(newpath, 'newdirfd' in call.args ? 'newdirfd' : undefined)
    if (from === undefined || to === undefined) return
    const places = new Set([...this.#threads.values()].map(({ place }) => place))
    for (const place of places) {
      if (place.cwd === undefined || !isUnder(place.cwd, from)) continue
      place.cwd = to + place.cwd.slice(from.length)
      place.isTold = false
    }
  }

  /** What the kernel says of the working directory counts for more than what was worked out. */
  #learnPlace(call: AnyCall, place: Place): void {
    if (place.isTold || !relative.has(call.name) || fdOf(call, 'dirfd') !== AT_FDCWD) return
    const link = this.#opens.links.of(call, 'dirfd')
    if (link === undefined || link.isDeleted) return
    place.cwd = link.text
    place.isTold = true
  }

  #process(pid: number): Thread {
    return this.#processes.get(pid) ?? this.#thread({ pid, tid: pid })
  }

  #thread({ pid, tid }: Pick<AnyEvent, 'pid' | 'tid'>): Thread {
    const known = this.#threads.get(tid)
    if (known !== undefined) return known
    const process = this.#processes.get(pid)
    const cwd = this.#start.pid === undefined || pid === this.#start.pid ? this.#start.cwd : undefined
    const made: Thread = {
      process: process?.process ?? { who: { pid } },
      table: process?.table ?? new Table(),
      place: process?.place ?? { cwd, root: '/', isTold: false },
    }
    this.#threads.set(tid, made)
    if (process === undefined) this.#processes.set(pid, made)
    return made
  }

  #fork(event: Extract<AnyEvent, { type: 'fork' }>): void {
    const parent = this.#thread(event)
    const shares = this.#ahead.flags.get(timeOf(event)) ?? (event.thread ? threadFlags : [])
    const { pid, tid } = event.child
    const who = { ...parent.process.who, pid, parentPid: event.pid }
    const child: Thread = {
      process: event.thread ? parent.process : { who },
      table: shares.includes('CLONE_FILES') ? parent.table : new Table(parent.table),
      place: shares.includes('CLONE_FS') ? parent.place : { ...parent.place },
    }
    this.#threads.set(tid, child)
    if (!event.thread) this.#processes.set(pid, child)
  }

  #exec(event: Extract<AnyEvent, { type: 'exec' }>): void {
    const { pid, tid, formerTid, program } = event
    const former = this.#thread({ pid, tid: formerTid })
    this.#threads.delete(formerTid)
    const argv = this.#ahead.execs.get(timeOf(event))?.args['argv']
    const names = Array.isArray(argv) ? argv.map(String) : undefined
    const { parentPid } = former.process.who
    const thread: Thread = {
      process: { who: { pid, parentPid, program, ...(names === undefined ? {} : { argv: names }) } },
      table: former.table.afterExec(),
      place: former.place,
    }
    this.#threads.set(tid, thread)
    this.#processes.set(pid, thread)
  }

  #send(call: AnyCall, thread: Thread): void {
    this.#sends++
    // Whoever got the message was seen before whoever sent it.
    if (this.#tookFrom.delete(keyOf(call)) || !call.ok) return
    const sent = this.#sentBy(call, thread)
    if (sent !== undefined) this.#sent.push(sent)
  }

  #sentBy(call: AnyCall, thread: Thread): Sent | undefined {
    const fds = carriedFds(call.args[call.name === 'sendmsg' ? 'msg' : 'msgvec'])
    if (fds.length === 0) return undefined
    const found = fds.map(
      (fd) => lookUp(call, fd, thread, this.#opens)?.open ?? this.#opens.found('inherited', undefined),
    )
    return { files: found, to: lookUp(call, fdOf(call, 'sockfd') ?? -1, thread, this.#opens, 'sockfd')?.open.other }
  }

  #receive(call: AnyCall, via: OpenFile | undefined, count: number): readonly OpenFile[] | undefined {
    const fits = ({ to, files }: Sent): boolean => files.length === count && (to === undefined || to === via)
    const index = this.#sent.findIndex(fits)
    if (index !== -1) return this.#sent.splice(index, 1)[0]?.files
    for (const send of this.#ahead.sends.slice(this.#sends, this.#sends + MOST_IN_FLIGHT)) {
      if (send.startNs > call.endNs || this.#tookFrom.has(keyOf(send))) continue
      const sent = this.#sentBy(send, this.#thread(send))
      if (sent === undefined || !fits(sent)) continue
      this.#tookFrom.add(keyOf(send))
      return sent.files
    }
    return undefined
  }
}

const none: readonly Descriptor[] = []
const MOST_IN_FLIGHT = 64
const relative: ReadonlySet<string> = new Set(
  'openat openat2 newfstatat statx unlinkat mkdirat faccessat faccessat2 readlinkat'.split(' '),
)
/** Calls that change something here. */
const followed: ReadonlySet<string> = new Set([
  ...changingCalls,
  ...senders,
  ...relative,
  'rename',
  'renameat',
  'renameat2',
])
const threadFlags: readonly string[] = ['CLONE_FILES', 'CLONE_FS']

/** Where a process says that it is, before it goes elsewhere. */
export function firstDirectory(events: readonly AnyEvent[], pid: number | undefined): string | undefined {
  for (const event of events) {
    if (event.type !== 'syscall' || event.pid !== pid || !event.ok) continue
    if (event.name === 'chdir' || event.name === 'fchdir' || event.name === 'chroot') return undefined
    const link = relative.has(event.name) && event.args['dirfd'] === 'AT_FDCWD' ? linkOf(event, 'dirfd') : undefined
    if (link !== undefined) return link.text
    if (event.name === 'getcwd' && typeof event.out?.['buf'] === 'string') return event.out['buf']
  }
  return undefined
}
