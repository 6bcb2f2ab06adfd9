/** The calls of a recorded run as rules see them: in the order of their entries, with all that `path` and `fd` of a rule look at. */

import { descriptorText } from '../args/descriptor.ts'
import type { Abi, Cell, FdDetails } from '../args/arg.ts'
import { FD_DETAILS } from '../args/arg.ts'
import { decodeBytes } from '../args/surrogates.ts'
import type { ExecEvent, TraceEvent } from '../events.ts'
import { Tree } from '../kit/tree.ts'
import { textSource, type TextEvent } from '../text/source.ts'
import { absolute } from './patterns.ts'
import { writes, type Candidate, type Place } from './presets.ts'

/** A call of a run. */
export interface Seen extends Candidate {
  readonly pid: number
  readonly abi: Abi
  readonly ok: boolean
  /** What its descriptors lead to, without ` (deleted)`. */
  readonly links: readonly Link[]
  /** In the dynamic loader, before the program's own code. */
  readonly isLoading: boolean
}

export interface Link {
  readonly fd: number
  readonly text: string
}

/** What is needed of an event; the union of all calls is more than the compiler takes apart. */
interface Call extends TextEvent {
  readonly name: string
  readonly pid: number
  readonly abi: Abi
  readonly startNs: bigint
  readonly args: object
  readonly ok: boolean
  readonly out?: object | undefined
  readonly returned?: number | bigint | undefined
  readonly error?: string | undefined
}

/** Calls that have to be recorded for this, beside those of interest. */
export const landmarks: readonly string[] = [
  'execve',
  'execveat',
  'chdir',
  'fchdir',
  'set_robust_list',
  'read',
  ...writes,
]

/** glibc's loader calls it last but for a few; only the first one in a program is the loader's. */
const lastOfLoader = 'set_robust_list'

/** The calls, from the first program's first on: its own execve is none of a rule's. */
export function seenCalls(events: readonly TraceEvent[], cwd: string): readonly Seen[] {
  const directories = directoriesOf(events, cwd)
  const ordered = inOrder(events)
  const loading = new LoaderWatch(ordered)
  const calls: Seen[] = []
  const written = new Set<string>()
  for (const event of ordered) {
    if (event.type === 'exec') {
      loading.begins(event)
    } else if (event.type === 'syscall') {
      const call = seenCall(event, directories.get(event) ?? cwd, loading.isLoading(event), written)
      calls.push(call)
      if (writes.includes(call.name)) written.add(call.links[0]?.text ?? '')
    }
  }
  const ours = calls[0]?.name === 'execve' ? calls.slice(1) : calls
  const read = new Set(ours.filter(({ name }) => name === 'read').flatMap(({ links }) => links.map(({ text }) => text)))
  // Of `a | b`, that of `a` is a pipe: nobody could redirect it to a file.
  return ours.map((call) => (call.place === 'output' && read.has(call.links[0]?.text ?? '') ? inPipe(call) : call))
}

/** Where each call's process was. */
function directoriesOf(events: readonly TraceEvent[], cwd: string): ReadonlyMap<object, string | undefined> {
  const tree = new Tree({ events }, cwd)
  const found = new Map<object, string | undefined>()
  for (const event of tree.events) {
    if (event.type === 'syscall') found.set(event, tree.at(event).cwd)
    tree.apply(event)
  }
  return found
}

function inPipe(call: Seen): Seen {
  return { ...call, place: 'pipe' }
}

/** Rules count when calls begin. */
function inOrder(events: readonly TraceEvent[]): readonly TraceEvent[] {
  const timed = events.map((event) => ({ event, ns: 'startNs' in event ? event.startNs : event.timeNs }))
  return timed.toSorted((a, b) => (a.ns < b.ns ? -1 : a.ns > b.ns ? 1 : 0)).map(({ event }) => event)
}

/** Knows until when each process is in the loader of the program that it has just become. */
class LoaderWatch {
  /** Of each process, when it became another program and when a loader may have ended, in order. */
  readonly #marks = new Map<number, { readonly ns: bigint; readonly isExec: boolean }[]>()
  readonly #until = new Map<number, bigint>()

  constructor(ordered: readonly TraceEvent[]) {
    for (const event of ordered) {
      const isExec = event.type === 'exec'
      if (!isExec && !(event.type === 'syscall' && event.name === lastOfLoader)) continue
      const marks = this.#marks.get(event.pid) ?? []
      marks.push({ ns: isExec ? event.timeNs : event.startNs, isExec })
      this.#marks.set(event.pid, marks)
    }
  }

  begins({ pid, timeNs }: ExecEvent): void {
    const next = this.#marks.get(pid)?.find(({ ns }) => ns > timeNs)
    // A program without that call has no loader that we know.
    this.#until.set(pid, next === undefined || next.isExec ? 0n : next.ns)
  }

  isLoading({ pid, startNs }: Call): boolean {
    return startNs <= (this.#until.get(pid) ?? 0n)
  }
}

const allDetails: FdDetails = new Set(FD_DETAILS)
const deletedMark = ' (deleted)'

function seenCall(event: Call, cwd: string, isLoading: boolean, written: ReadonlySet<string>): Seen {
  const call = event[textSource]().call
  const named: string[] = []
  const links: Link[] = []
  let place: Place | undefined
  // `*at` calls have the directory right in front of the path.
  let base: string | undefined
  for (const [index, [, kind]] of (call?.row?.args ?? []).entries()) {
    const cell = call?.cells[index]
    if (cell === undefined) continue
    if (kind.fd === true) {
      const text = linkOf(cell)
      const fd = cell.view.getInt32(cell.at, true)
      if (fd >= 0) links.push({ fd, text })
      if (fd >= 0) place ??= placeOf(fd, text, cell)
      base = text === '' ? undefined : text
    } else {
      if (kind.kind === 'path' || kind.kind === 'optionalPath') {
        const path = pathOf(cell)
        if (path !== '') named.push(absolute(path, base ?? cwd))
      }
      base = undefined
    }
  }
  return {
    name: event.name,
    pid: event.pid,
    abi: event.abi,
    // A connection that is being made is none that failed.
    ok: event.ok || event.error === 'EINPROGRESS',
    named,
    links,
    place,
    isLoading,
    wasWritten: links.some(({ text }) => written.has(text)),
    returned: event.returned ?? -1,
    get args() {
      return { ...event.out, ...event.args }
    },
  }
}

function pathOf(cell: Cell): string {
  const captured = cell.captured('entry')
  if (captured?.status !== 'ok') return ''
  return decodeBytes(captured.view, captured.at, captured.length)
}

function linkOf(cell: Cell): string {
  const link = cell.resolved()
  if (link?.status !== 'ok') return ''
  const text = decodeBytes(link.view, link.at, link.length)
  return text.endsWith(deletedMark) ? text.slice(0, -deletedMark.length) : text
}

function placeOf(fd: number, link: string, cell: Cell): Place {
  if (link.startsWith('/dev/')) return /^\/dev\/(tty|pts\/|console)/.test(link) ? 'terminal' : 'other'
  if (link.startsWith('/')) return 'file'
  if (fd === 1) return 'output'
  if (link.startsWith('pipe:')) return 'pipe'
  if (!link.startsWith('socket:')) return 'other'
  const text = descriptorText(cell.resolved(), { decodeFds: allDetails, ...plainStyle })
  return /^<(TCP|TCPv6|UNIX-STREAM):/.test(text) ? 'stream' : 'socket'
}

const plainStyle = { stringLimit: 32, abbreviate: true, constants: 'abbrev', hexStrings: 'none' } as const
