/** `memoryOf()`: what the processes of a run mapped into their memory, and what of it may be written and executed. */

import { inspect } from 'node:util'
import { objectToPlain, type PlainObject } from '../json.ts'
import type { SyscallName } from '../table/index.ts'
import { MemoryReader, readCalls, type Space } from './memory-reader.ts'
import type { MappedBytes } from './memory-regions.ts'
import { memoryText } from './memory-text.ts'
import { partOfRun, refusal, requireCalls, requireChildren, type AnyCall, type RecordedRun } from './recorded.ts'
import { descriptorCalls } from './tree-calls.ts'
import { Tree, type Who } from './tree.ts'

export type { MappedBytes } from './memory-regions.ts'

/** The memory of a process while it was one program. */
export interface ProcessMemory {
  readonly pid: number
  /** The program; absent in a process that was attached to and has not changed. */
  readonly program: string | undefined
  /** Its command line. */
  readonly argv: readonly string[] | undefined
  /** What is mapped at its end, or that of the part or run that was asked about. */
  readonly bytes: MappedBytes
  /** What was mapped when it was most. */
  readonly peak: MappedBytes & { readonly timeNs: bigint }
  /** Of `bytes`, what is of files, the largest first. `path` is absent where nobody knows it. */
  readonly files: readonly { readonly path: string | undefined; readonly bytes: number }[]
}

/**
 * Memory that can be executed after it was, or while it can be, written to: code that is made as the program runs.
 *
 * | how              |                                                                                                  |
 * | ---------------- | ------------------------------------------------------------------------------------------------ |
 * | `mapped`         | mapped PROT_WRITE and PROT_EXEC                                                                  |
 * | `protected`      | made both by mprotect(2)                                                                         |
 * | `written before` | made executable by mprotect(2) after it could be written to, as compilers of machine code do     |
 * | `unknown before` | the same of what was mapped with the program or before the run: nobody saw if it could be written |
 * | `aliased`        | a file that is mapped twice: once shared and writable, once executable                           |
 */
export interface CodeWrite {
  readonly how: 'mapped' | 'protected' | 'written before' | 'unknown before' | 'aliased'
  readonly by: Who
  /** The call that made it so. */
  readonly call: AnyCall
  /** Where, and how much. */
  readonly address: number
  readonly bytes: number
  /** Of memory that is a file's. */
  readonly path?: string
}

/** Memory of a run, or of a part of one: what was mapped then, whenever it was mapped. */
export interface Memory {
  /** One for each program of each process, in the order of their beginning; not of those that had ended before the part. */
  readonly processes: readonly ProcessMemory[]
  /** The most bytes that were mapped at one time by all processes together, each for itself. */
  readonly peak: { readonly bytes: number; readonly timeNs: bigint }
  /** In order; of a part, those that were made in it. */
  readonly codeWrites: readonly CodeWrite[]
  /** Calls of 32-bit code that show no arguments. Nothing of what they did is known. */
  readonly unread: readonly string[]
  /** Those of one process. */
  of(pid: number): readonly ProcessMemory[]
  /** One line for each process, and one for each of `codeWrites`. */
  toString(): string
  toJSON(): PlainObject
}

/**
 * The calls that map memory, and those that give processes theirs.
 * @example await trace('node', ['app.js'], { filter: memoryCalls, decodeFds: true })
 */
export const memoryCalls = [
  ...readCalls,
  'execve',
  'execveat',
  'clone',
  'clone3',
  'fork',
  'vfork',
] as readonly string[] as readonly SyscallName[]

/**
 * What processes mapped by calls: mmap, brk, shmat and their like. What the kernel maps when a program begins (its file, the loader,
 * the stack) is not counted, nor what was there before the run; nor how much of what is mapped is in memory. A fork has what its
 * parent had; execve begins anew. Which files are mapped is known with `decodeFds`, or if the run has `descriptorCalls`.
 *
 * Throws ERR_SYSCOPE_NOT_RECORDED if the filter left out one of `memoryCalls`, the run kept no events, or it left out children.
 * @example
 * const run = await trace('node', ['--jitless', 'app.js'], { decodeFds: true })
 * assert.deepEqual(memoryOf(run).codeWrites, [])
 */
export function memoryOf(run: RecordedRun): Memory {
  requireCalls(run, memoryCalls, 'memoryOf()')
  requireChildren(run, 'memoryOf()')
  const reader = new MemoryReader(refusal(run, descriptorCalls, 'memoryOf()') === undefined)
  const tree = new Tree(run)
  const extent = run[partOfRun]
  let index = 0
  let hasBegun = extent === undefined
  for (const event of tree.events) {
    if (index++ === extent?.end) break
    reader.isInside = extent?.isInside(event) !== false
    if (reader.isInside && !hasBegun) {
      hasBegun = true
      reader.begin(extent?.fromNs ?? 0n)
    }
    if (event.type === 'syscall') {
      if (wanted.has(event.name)) reader.call(event, tree.at(event))
      tree.apply(event)
    } else {
      const sharesMemory = event.type === 'fork' && tree.sharesMemory(event)
      // A program that begins is what it is from then on.
      if (event.type === 'exec') tree.apply(event)
      reader.follow(event, tree.at(event), sharesMemory)
      if (event.type !== 'exec') tree.apply(event)
    }
  }
  if (!hasBegun) reader.begin(extent?.fromNs ?? 0n)
  return new MemoryOfRun(reader)
}

const wanted: ReadonlySet<string> = new Set(readCalls)

class MemoryOfRun implements Memory {
  readonly processes: readonly ProcessMemory[]
  readonly peak: Memory['peak']
  readonly codeWrites: readonly CodeWrite[]
  readonly unread: readonly string[]

  constructor({ spaces, peakBytes, peakNs, codeWrites, unread }: MemoryReader) {
    this.processes = spaces.map(toProcess)
    this.peak = { bytes: peakBytes, timeNs: peakNs }
    this.codeWrites = codeWrites
    this.unread = unread
  }

  of(pid: number): readonly ProcessMemory[] {
    return this.processes.filter((process) => process.pid === pid)
  }

  toString(): string {
    return memoryText(this)
  }

  toJSON(): PlainObject {
    const codeWrites = this.codeWrites.map(({ call, ...rest }) => ({ ...rest, call: String(call) }))
    return objectToPlain({ processes: this.processes, peak: this.peak, codeWrites, unread: this.unread })
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

function toProcess({ who, regions, peak, peakNs }: Space): ProcessMemory {
  const sizes = new Map<string | undefined, number>()
  for (const { from, to, pages } of regions.list()) {
    const { kind, path, isReadable, isWritable, isExecutable } = pages
    if (kind === 'file' && (isReadable || isWritable || isExecutable))
      sizes.set(path, (sizes.get(path) ?? 0) + to - from)
  }
  const files = [...sizes].map(([path, bytes]) => ({ path, bytes })).toSorted((a, b) => b.bytes - a.bytes)
  const { pid, program, argv } = who
  return { pid, program, argv, bytes: regions.bytes, peak: { ...peak, timeNs: peakNs }, files }
}
