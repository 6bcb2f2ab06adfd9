/** Reads out of calls what they map, and what may be both written and executed. */

import { hasName } from './files-calls.ts'
import { Regions, type MappedBytes, type Pages, type Region } from './memory-regions.ts'
import type { CodeWrite } from './memory.ts'
import { linkOf } from './paths.ts'
import type { AnyCall, AnyEvent } from './recorded.ts'
import { effectOf, isDone } from './effects.ts'
import type { View, Who } from './tree.ts'

/** The memory of a process while it is one program. A child of vfork(2) uses its parent's until it becomes a program. */
export class Space {
  /** Who had it first. */
  readonly who: Who
  readonly regions: Regions
  /** The end of the heap, and where it began, as far as brk(2) told. */
  heap: { from: number; to: number } | undefined
  /** Processes that use it. */
  users = 1
  peak: MappedBytes
  peakNs: bigint

  constructor(who: Who, timeNs: bigint, of?: Space) {
    this.who = who
    this.regions = of?.regions.copy() ?? new Regions()
    this.heap = of?.heap === undefined ? undefined : { ...of.heap }
    this.peak = this.regions.bytes
    this.peakNs = timeNs
  }
}

const PAGE = 4096
const up = (bytes: number): number => Math.ceil(bytes / PAGE) * PAGE

/** Feed it each event with the view of it, before the tree applies it; of a program that begins, with the view after. */
export class MemoryReader {
  /** Whether what comes now is told; else only what is known of memory changes. */
  isInside = true
  /** Those that there are, and were in what is told. */
  spaces: Space[] = []
  readonly codeWrites: CodeWrite[] = []
  readonly unread: string[] = []
  peakBytes = 0
  peakNs = 0n
  readonly #byPid = new Map<number, Space>()
  readonly #segments = new Map<number, number>()
  readonly #canFollow: boolean
  #mapped = 0

  /** `canFollow`: what descriptors stand for is known of the run, where the kernel was not asked. */
  constructor(canFollow: boolean) {
    this.#canFollow = canFollow
  }

  /** What is told begins here. */
  begin(timeNs: bigint): void {
    this.spaces = [...new Set(this.#byPid.values())]
    for (const space of this.spaces) [space.peak, space.peakNs] = [space.regions.bytes, timeNs]
    ;[this.peakBytes, this.peakNs] = [this.#mapped, timeNs]
  }

  /** `sharesMemory`: of a fork event. */
  follow(event: Exclude<AnyEvent, AnyCall>, { who }: View, sharesMemory: boolean): void {
    const { pid, timeNs } = event
    if (event.type === 'fork') {
      if (event.thread) return
      const parent = this.#space(who, timeNs)
      if (sharesMemory) this.#use(event.child.pid, parent)
      else this.#make(event.child.pid, new Space({ ...who, pid: event.child.pid, parentPid: pid }, timeNs, parent))
    } else if (event.type === 'exec') {
      this.#leave(pid)
      this.#make(pid, new Space(who, timeNs))
    } else if (event.type === 'detach' || (event.type === 'exit' && event.tid === pid)) this.#leave(pid)
  }

  call(call: AnyCall, view: View): void {
    const act = acts.get(call.name)
    if (act === undefined || !isDone(call)) return
    if (Object.keys(call.args).length === 0) {
      if (this.isInside) this.unread.push(String(call))
      return
    }
    const space = this.#space(view.who, call.startNs)
    if (effectOf(call) === 'done') return untold(this, { call, view, space })
    const before = space.regions.bytes.mapped
    act(this, { call, view, space })
    this.#count(space, space.regions.bytes.mapped - before, call.endNs)
  }

  noteSegment(id: number, bytes: number): void {
    if (bytes > 0) this.#segments.set(id, up(bytes))
  }

  sizeOfSegment(id: number): number {
    return this.#segments.get(id) ?? 0
  }

  tell(scene: Scene, how: CodeWrite['how'], from: number, to: number, path: string | undefined): void {
    if (!this.isInside) return
    const { call, view } = scene
    this.codeWrites.push({
      how,
      by: view.who,
      call,
      address: from,
      bytes: to - from,
      ...(path === undefined ? {} : { path }),
    })
  }

  /** What a descriptor in `fd` leads to. */
  pathOf(call: AnyCall, view: View): string | undefined {
    const link = linkOf(call, 'fd')
    if (link !== undefined) return link.text
    if (!this.#canFollow) return undefined
    const open = view.descriptor('fd')?.open
    return open === undefined || open.kind === 'file' || open.kind === 'unknown'
      ? open?.path
      : `[${open.kind} ${open.id}]`
  }

  /** Whether the same file is mapped elsewhere so that this holds. */
  isMappedElsewhere(path: string | undefined, holds: (pages: Pages) => boolean): boolean {
    if (path === undefined) return false
    const spaces = new Set(this.#byPid.values())
    return [...spaces].some(({ regions }) => regions.list().some(({ pages }) => pages.path === path && holds(pages)))
  }

  #space(who: Who, timeNs: bigint): Space {
    return this.#byPid.get(who.pid) ?? this.#make(who.pid, new Space(who, timeNs))
  }

  #make(pid: number, space: Space): Space {
    this.#byPid.set(pid, space)
    this.spaces.push(space)
    this.#count(space, space.regions.bytes.mapped, space.peakNs)
    return space
  }

  #use(pid: number, space: Space): void {
    space.users++
    this.#byPid.set(pid, space)
  }

  #leave(pid: number): void {
    const space = this.#byPid.get(pid)
    this.#byPid.delete(pid)
    if (space !== undefined && --space.users === 0) this.#mapped -= space.regions.bytes.mapped
  }

  #count(space: Space, more: number, timeNs: bigint): void {
    this.#mapped += more
    if (space.regions.bytes.mapped > space.peak.mapped) [space.peak, space.peakNs] = [space.regions.bytes, timeNs]
    if (this.#mapped > this.peakBytes) [this.peakBytes, this.peakNs] = [this.#mapped, timeNs]
  }
}

interface Scene {
  readonly call: AnyCall
  readonly view: View
  readonly space: Space
}

type Act = (reader: MemoryReader, scene: Scene) => void

const acts: ReadonlyMap<string, Act> = new Map<string, Act>([
  ['mmap', mapped],
  ['mmap2', mapped],
  ['map_shadow_stack', stackMapped],
  ['munmap', unmapped],
  ['mremap', moved],
  ['brk', broken],
  ['mprotect', protectedBy],
  ['pkey_mprotect', protectedBy],
  ['shmget', (reader, { call }) => reader.noteSegment(Number(call.returned), numberOf(call.args['size']))],
  ['shmat', attached],
  ['shmdt', detached],
])

/** What was done, and a rule made its result: where the pages are nobody knows. */
function untold(reader: MemoryReader, scene: Scene): void {
  const { args } = scene.call
  const { isWritable, isExecutable } = protection(args['prot'])
  const from = numberOf(args['addr'])
  const how = scene.call.name.startsWith('mmap') ? 'mapped' : 'protected'
  if (isWritable && isExecutable) reader.tell(scene, how, from, from + up(numberOf(args['length'])), undefined)
}

/** Calls whose arguments are read here. */
export const readCalls: readonly string[] = [...acts.keys()]

function mapped(reader: MemoryReader, scene: Scene): void {
  const { call, view, space } = scene
  const { prot, flags, length } = call.args
  const isAnonymous = hasName(flags, 'MAP_ANONYMOUS')
  const from = numberOf(call.returned)
  const to = from + up(numberOf(length))
  const path = isAnonymous ? undefined : reader.pathOf(call, view)
  const isShared = hasName(flags, 'MAP_SHARED') || hasName(flags, 'MAP_SHARED_VALIDATE')
  const pages = { kind: isAnonymous ? ('anonymous' as const) : ('file' as const), isShared, path, ...protection(prot) }
  judge(reader, scene, { from, to, pages: { ...pages, wasWritable: false } })
  space.regions.set(from, to, { ...pages, wasWritable: pages.isWritable })
}

/** New pages that may be executed, and written to here or elsewhere. */
function judge(reader: MemoryReader, scene: Scene, { from, to, pages }: Region): void {
  const { isExecutable, isWritable, isShared, path } = pages
  if (isExecutable && isWritable) reader.tell(scene, 'mapped', from, to, path)
  else if (isExecutable && reader.isMappedElsewhere(path, (other) => other.isWritable && other.isShared))
    reader.tell(scene, 'aliased', from, to, path)
  else if (isWritable && isShared && reader.isMappedElsewhere(path, (other) => other.isExecutable))
    reader.tell(scene, 'aliased', from, to, path)
}

function stackMapped(_reader: MemoryReader, { call, space }: Scene): void {
  const from = numberOf(call.returned)
  const pages = { kind: 'anonymous' as const, isShared: false, wasWritable: false, ...readable }
  space.regions.set(from, from + up(numberOf(call.args['length'])), pages)
}

const readable = { isReadable: true, isWritable: false, isExecutable: false }

function unmapped(_reader: MemoryReader, { call, space }: Scene): void {
  const from = numberOf(call.args['addr'])
  space.regions.remove(from, from + up(numberOf(call.args['length'])))
}

function moved(_reader: MemoryReader, { call, space: { regions } }: Scene): void {
  const { old_address: address, old_size: size, new_size: newSize, flags } = call.args
  const [from, to] = [numberOf(address), numberOf(call.returned)]
  const [before, after] = [up(numberOf(size)), up(numberOf(newSize))]
  // Without an old size shared pages are mapped once more.
  const found = regions.within(from, from + Math.max(before, PAGE))
  if (before > 0 && !hasName(flags, 'MREMAP_DONTUNMAP')) regions.remove(from, from + before)
  for (const [index, region] of found.entries()) {
    const isLast = index === found.length - 1
    const end = isLast ? after : Math.min(region.to - from, after)
    regions.set(to + region.from - from, to + end, region.pages)
  }
}

function broken(_reader: MemoryReader, { call, space }: Scene): void {
  const now = numberOf(call.returned)
  space.heap ??= { from: now, to: now }
  const { heap, regions } = space
  const pages = { kind: 'anonymous' as const, isShared: false, wasWritable: true, ...readable, isWritable: true }
  if (now > heap.to) regions.set(up(heap.to), up(now), pages)
  else regions.remove(up(now), up(heap.to))
  heap.to = now
}

function protectedBy(reader: MemoryReader, scene: Scene): void {
  const { call, space } = scene
  const { addr, length, prot } = call.args
  const from = numberOf(addr)
  const to = from + up(numberOf(length))
  const now = protection(prot)
  for (const { pages, ...range } of withGaps(space.regions.within(from, to), from, to)) {
    const { path } = pages
    if (now.isExecutable && now.isWritable) reader.tell(scene, 'protected', range.from, range.to, path)
    else if (now.isExecutable && !pages.isExecutable && pages.wasWritable !== false)
      reader.tell(scene, pages.wasWritable === true ? 'written before' : 'unknown before', range.from, range.to, path)
    const wasWritable = now.isWritable ? true : pages.wasWritable
    space.regions.set(range.from, range.to, { ...pages, ...now, wasWritable })
  }
}

/** What is not known to be mapped was mapped by the kernel, or before the run. */
function withGaps(regions: readonly Region[], from: number, to: number): readonly Region[] {
  const found: Region[] = []
  let at = from
  for (const region of regions) {
    if (region.from > at) found.push({ from: at, to: region.from, pages: ofProgram })
    found.push(region)
    at = region.to
  }
  return at < to ? [...found, { from: at, to, pages: ofProgram }] : found
}

const ofProgram: Pages = { kind: 'program', isShared: false, wasWritable: undefined, ...readable }

function attached(reader: MemoryReader, scene: Scene): void {
  const { call, space } = scene
  const { shmid, shmflg } = call.args
  const from = numberOf(call.returned)
  const to = from + reader.sizeOfSegment(Number(shmid))
  const isWritable = !hasName(shmflg, 'SHM_RDONLY')
  const isExecutable = hasName(shmflg, 'SHM_EXEC')
  const pages = { kind: 'shared memory' as const, isShared: true, isReadable: true, isWritable, isExecutable }
  if (isWritable && isExecutable) reader.tell(scene, 'mapped', from, to, undefined)
  space.regions.set(from, to, { ...pages, wasWritable: isWritable })
}

function detached(_reader: MemoryReader, { call, space: { regions } }: Scene): void {
  const from = numberOf(call.args['shmaddr'])
  const [region] = regions.within(from, from + PAGE)
  if (region?.pages.kind !== 'shared memory' || region.from !== from) return
  const whole = regions.list().find((it) => it.from === from)
  if (whole !== undefined) regions.remove(from, whole.to)
}

function protection(prot: unknown): Pick<Pages, 'isReadable' | 'isWritable' | 'isExecutable'> {
  return {
    isReadable: hasName(prot, 'PROT_READ'),
    isWritable: hasName(prot, 'PROT_WRITE'),
    isExecutable: hasName(prot, 'PROT_EXEC'),
  }
}

/** Addresses and sizes; 0 for NULL. */
function numberOf(value: unknown): number {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0
}
