/** Files, buffers and limits that io_uring_register(2) is given, and the operations that it probes for. */

import { IO_WQ, IORING_FILES, IORING_RSRC } from '../../table/constants/uring.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { fieldArray, type CountField } from '../behind.ts'
import { bytesOf, holds, isNull, PointeeCell, pointerText, unread } from '../cells.ts'
import { constantText, flags, lowOf, prepare } from '../flags.ts'
import { iovecCapture, printBuffers, readBuffers, type Buffer } from '../iovec.ts'
import { elementsOf, MAX_ELEMENTS, printArray, type Behind } from '../pointer.ts'
import { reserved } from '../reserved.ts'
import { fd, hex, hexUint, uint, type Scalar } from '../scalar.ts'
import { sized } from '../sized.ts'
import { field, struct } from '../struct.ts'
import { probe, probedOperation } from './structs.ts'

const nrArgs = { arg: 'nr_args', width: 4 } as const
const countOf = (cell: Cell): number => lowOf(cell.call.arg('nr_args'), 4)

const SKIP = IORING_FILES.values.IORING_REGISTER_FILES_SKIP

/** A descriptor for a place, −1 for none, or the word for leaving the place as it is. */
const updatedFile: typeof fd & Scalar<number | 'IORING_REGISTER_FILES_SKIP'> = {
  ...fd,
  read: (cell: Cell) => {
    const value = cell.view.getInt32(cell.at, true)
    // What the union's other half reads as, which TypeScript takes for both.
    return (value === SKIP ? 'IORING_REGISTER_FILES_SKIP' : value) as number & 'IORING_REGISTER_FILES_SKIP'
  },
  print: (cell: Cell, style: Style) => {
    if (cell.view.getInt32(cell.at, true) !== SKIP) return fd.print(cell, style)
    return constantText('IORING_REGISTER_FILES_SKIP', String(SKIP), style)
  },
}

/** struct io_uring_files_update */
export const filesUpdate = struct(16, {
  offset: field(0, uint),
  resv: reserved(4, hexUint),
  fds: field(8, fieldArray(updatedFile, nrArgs)),
})

const nrAt = (at: number): CountField => ({ name: 'nr', at, width: 4 })
const nr = (cell: Cell): number => lowOf(cell.sibling('nr'), 4)

/** A pointer in a struct to places in memory. */
function placesAt({ at, width }: CountField): Kind<Behind<readonly Buffer[]>, never, never> {
  return {
    kind: 'placesAt',
    entry: iovecCapture({ field: at, width }, undefined, false),
    read: (cell) => readBuffers(cell, 'entry', nr(cell), Infinity, false),
    print: (cell, style) => printBuffers(cell, 'entry', nr(cell), Infinity, style, false),
  }
}

const REGISTERED = 32

/** struct io_uring_rsrc_register: its `data` is files or buffers. */
function registered<T>(data: Kind<T, never, never>) {
  return sized(
    struct(REGISTERED, {
      nr: field(0, uint),
      flags: field(4, flags(IORING_RSRC)),
      resv2: reserved(8, hex),
      data: field(16, data),
      tags: field(24, fieldArray(hex, nrAt(0))),
    }),
    'nr_args',
    REGISTERED,
    { width: 4 },
  )
}

/** struct io_uring_rsrc_update2 */
function updated<T>(data: Kind<T, never, never>) {
  return sized(
    struct(REGISTERED, {
      offset: field(0, uint),
      resv: reserved(4, hexUint),
      data: field(8, data),
      tags: field(16, fieldArray(hex, nrAt(24))),
      nr: field(24, uint),
      resv2: reserved(28, hexUint),
    }),
    'nr_args',
    REGISTERED,
    { width: 4 },
  )
}

export const registeredFiles = registered(fieldArray(fd, nrAt(0)))
export const registeredBuffers = registered(placesAt(nrAt(0)))
export const updatedFiles = updated(fieldArray(updatedFile, nrAt(24)))
export const updatedBuffers = updated(placesAt(nrAt(24)))

const PROBE_MOST = 256

/** What a kernel can do with rings. */
export interface Probe {
  readonly last_op: ReturnType<NonNullable<(typeof probedOperation)['read']>>['op']
  readonly ops_len: number
  readonly ops: readonly ReturnType<NonNullable<(typeof probedOperation)['read']>>[]
}

/** struct io_uring_probe with its operations. What goes in has to be zeros: text shows it only where it is not. */
export const probedOperations: Kind<never, Behind<Probe>, 'nr_args'> = {
  kind: 'probedOperations',
  entry: { copy: 'bytes', length: probe.size + PROBE_MOST * probedOperation.size },
  exit: { copy: 'bytes', length: probe.size + PROBE_MOST * probedOperation.size },
  late: true,
  readOut: (cell) => {
    const captured = cell.captured('exit')
    if (isNull(cell)) return null
    if (!holds(captured, probeSize(cell)) || probe.read === undefined) return unread(cell, captured)
    const { last_op, ops_len } = probe.read(new PointeeCell(cell, captured))
    const { read } = probedOperation
    const ops = read === undefined ? [] : probedCells(cell, 'exit').map((item) => read(item))
    return { last_op, ops_len, ops: ops.slice(0, ops_len) }
  },
  print: (cell, style) => {
    const before = cell.captured('entry')
    const isThere = countOf(cell) <= PROBE_MOST && holds(before, probeSize(cell))
    if (!isThere || before === undefined) return pointerText(cell)
    const isEmpty = bytesOf(before)
      .subarray(0, probeSize(cell))
      .every((byte) => byte === 0)
    const given = isEmpty ? undefined : probeText(cell, 'entry', style)
    if (cell.call.finished && !cell.call.ok) return given ?? pointerText(cell)
    const found = holds(cell.captured('exit'), probeSize(cell)) ? probeText(cell, 'exit', style) : pointerText(cell)
    return given === undefined ? found : `${given} => ${found}`
  },
}

function probeSize(cell: Cell): number {
  return probe.size + countOf(cell) * probedOperation.size
}

function probedCells(cell: Cell, phase: 'entry' | 'exit'): readonly Cell[] {
  const captured = cell.captured(phase)
  if (captured === undefined) return []
  return Array.from(
    { length: countOf(cell) },
    (_, index) => new PointeeCell(cell, captured, probe.size + index * probedOperation.size, []),
  )
}

/** Of what came back, as many operations as the kernel says there are. */
function probeText(cell: Cell, phase: 'entry' | 'exit', style: Style): string {
  const captured = cell.captured(phase)
  if (captured === undefined) return pointerText(cell)
  const all = captured.view.getUint8(captured.at + 1)
  const count = phase === 'entry' ? countOf(cell) : Math.min(all, countOf(cell))
  const shown = style.abbreviate ? Math.min(count, style.stringLimit) : count
  const items = probedCells(cell, phase)
    .slice(0, shown)
    .map((item) => probedOperation.print(item, style))
  if (shown < count || (phase === 'exit' && countOf(cell) < all)) items.push('...')
  return `${probe.print(new PointeeCell(cell, captured), style).slice(0, -1)}, ops=[${items.join(', ')}]}`
}

const workers = prepare(IO_WQ)

/** Most workers, bounded and unbounded: set, and those from before. */
export const workerLimits: Kind<Behind<readonly number[]>, Behind<readonly number[]>, 'nr_args'> = {
  kind: 'workerLimits',
  entry: { copy: 'array', count: nrArgs, stride: 4, limit: MAX_ELEMENTS },
  exit: { copy: 'array', count: nrArgs, stride: 4, limit: MAX_ELEMENTS },
  late: true,
  read: (cell) => readLimits(cell, 'entry'),
  readOut: (cell) => readLimits(cell, 'exit'),
  print: (cell, style) => {
    const given = limitsText(cell, 'entry', style)
    const before = cell.captured('entry')
    const shown = style.abbreviate ? Math.min(countOf(cell), style.stringLimit) : countOf(cell)
    // Of an array that cannot be read to its end strace says no more.
    const isWhole = countOf(cell) > 0 && holds(before, 4) && (before.status !== 'fault' || before.length > 4 * shown)
    return isWhole && cell.call.finished ? `${given} => ${limitsText(cell, 'exit', style)}` : given
  },
}

function readLimits(cell: Cell, phase: 'entry' | 'exit'): Behind<readonly number[]> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (countOf(cell) === 0) return []
  if (!holds(captured, 4)) return unread(cell, captured)
  return elementsOf(uint, cell, captured, countOf(cell)).map((item) => lowOf(item, 4))
}

function limitsText(cell: Cell, phase: 'entry' | 'exit', style: Style): string {
  const start = cell.captured(phase)?.at ?? 0
  return printArray(uint, cell, phase, countOf(cell), style, (item) => {
    const index = (item.at - start) / 4
    return `[${workers.valueText(index, style, workers.fallback, String(index))}]=${lowOf(item, 4)}`
  })
}
