/** The operations of io_uring_register(2), and what each of them is given. */

import { IORING_REGISTER, IORING_REGISTER_FLAG } from '../../table/constants/uring.ts'
import type { Cell, Kind } from '../arg.ts'
import { holds, PointeeCell } from '../cells.ts'
import { lowOf, nameOrHex, prepare, type NameIn, type OneOf } from '../flags.ts'
import { rangesIn } from '../iovec.ts'
import { arrayOf, changed, pointerTo, resultIn, sizeOf, type Behind, type Pointee } from '../pointer.ts'
import { address, fd, type Scalar } from '../scalar.ts'
import { processorsIn } from '../process/sched.ts'
import { switchOn, type ChoiceIn, type ChoiceOut } from '../switch.ts'
import { queries } from './query.ts'
import { filesUpdate, probedOperations, registeredBuffers, registeredFiles } from './resources.ts'
import { updatedBuffers, updatedFiles, workerLimits } from './resources.ts'
import { submission } from './sqe.ts'
import { bufferRing, bufferStatus, cancellation, clock, clonedBuffers, fileRange } from './structs.ts'
import { memoryRegion, napi, resizedRings, restriction, ringFd, ringPlace } from './structs.ts'
import { receiveControl, receiveQueue } from './zcrx.ts'

const operations = prepare(IORING_REGISTER)
const registeredRing = prepare(IORING_REGISTER_FLAG)
const { IORING_REGISTER_USE_REGISTERED_RING: USES_REGISTERED } = IORING_REGISTER_FLAG.values
const OPERATION = 0x7fff_ffff

const usesRegistered = (cell: Cell): boolean => lowOf(cell, 4) >= USES_REGISTERED

type Operation = OneOf<NameIn<typeof IORING_REGISTER>>

/** An operation, with the word that `fd` is the number of a registered ring. */
export const registerOperation: Scalar<Operation | `${Operation}|IORING_REGISTER_USE_REGISTERED_RING`> = {
  kind: 'oneOf',
  width: 4,
  read: (cell) => {
    const name = nameOrHex<NameIn<typeof IORING_REGISTER>>(operations, 0, lowOf(cell, 4) & OPERATION)
    return usesRegistered(cell) ? `${name}|IORING_REGISTER_USE_REGISTERED_RING` : name
  },
  print: (cell, style) => {
    const text = operations.valueText(lowOf(cell, 4) & OPERATION, style)
    return usesRegistered(cell) ? `${text}|${registeredRing.flagsText(0, USES_REGISTERED, style)}` : text
  },
}

/** A ring: a descriptor, or the number of a registered one. */
export const registeringFd: Kind<number, never, 'opcode'> & { readonly fd: true } = {
  ...fd,
  read: (cell) => cell.view.getInt32(cell.at, true),
  print: (cell, style) => (usesRegistered(cell.sibling('opcode')) ? String(lowOf(cell, 4)) : fd.print(cell, style)),
}

const hasCount =
  (count: number) =>
  (cell: Cell): boolean =>
    lowOf(cell.sibling('nr_args'), 4) === count
/** Most structs come with the number one, some with none. */
const one = { when: hasCount(1) } as const
const none = { when: hasCount(0) } as const
const many = { width: 4 } as const

/** Text shows what went in, and what it became. */
function rewritten<T>(pointee: Pointee<T>): Kind<Behind<T>, Behind<T>, never> {
  const given = pointerTo(pointee, one)
  const size = sizeOf(pointee)
  return {
    ...changed(pointee),
    late: true,
    print: (cell, style) => {
      const text = given.print(cell, style)
      const after = cell.captured('exit')
      const isShown = hasCount(1)(cell) && holds(cell.captured('entry'), size) && holds(after, size)
      return isShown ? `${text} => ${pointee.print(new PointeeCell(cell, after), style)}` : text
    },
  }
}

const descriptors = arrayOf(fd, 'nr_args', many)

const kinds = {
  IORING_REGISTER_BUFFERS: rangesIn('nr_args', 4),
  IORING_REGISTER_FILES: descriptors,
  IORING_REGISTER_EVENTFD: descriptors,
  IORING_REGISTER_EVENTFD_ASYNC: descriptors,
  IORING_REGISTER_FILES_UPDATE: pointerTo(filesUpdate),
  IORING_REGISTER_PROBE: probedOperations,
  IORING_REGISTER_RESTRICTIONS: arrayOf(restriction, 'nr_args', many),
  IORING_REGISTER_FILES2: registeredFiles,
  IORING_REGISTER_BUFFERS2: registeredBuffers,
  IORING_REGISTER_FILES_UPDATE2: updatedFiles,
  IORING_REGISTER_BUFFERS_UPDATE: updatedBuffers,
  IORING_REGISTER_IOWQ_AFF: processorsIn('nr_args'),
  IORING_REGISTER_IOWQ_MAX_WORKERS: workerLimits,
  IORING_REGISTER_RING_FDS: arrayOf(ringFd, 'nr_args', many),
  IORING_UNREGISTER_RING_FDS: arrayOf(ringPlace, 'nr_args', many),
  IORING_REGISTER_PBUF_RING: pointerTo(bufferRing, one),
  IORING_UNREGISTER_PBUF_RING: pointerTo(bufferRing, one),
  IORING_REGISTER_SYNC_CANCEL: pointerTo(cancellation, one),
  IORING_REGISTER_FILE_ALLOC_RANGE: pointerTo(fileRange, one),
  IORING_REGISTER_PBUF_STATUS: resultIn(bufferStatus, one),
  IORING_REGISTER_NAPI: rewritten(napi),
  IORING_UNREGISTER_NAPI: resultIn(napi, one),
  IORING_REGISTER_CLOCK: pointerTo(clock, none),
  IORING_REGISTER_CLONE_BUFFERS: pointerTo(clonedBuffers, one),
  IORING_REGISTER_SEND_MSG_RING: submission,
  IORING_REGISTER_ZCRX_IFQ: pointerTo(receiveQueue, one),
  IORING_REGISTER_RESIZE_RINGS: pointerTo(resizedRings, one),
  IORING_REGISTER_MEM_REGION: pointerTo(memoryRegion, one),
  IORING_REGISTER_QUERY: queries,
  IORING_REGISTER_ZCRX_CTRL: receiveControl,
} as const

type In<K> = K extends Kind<infer Value, unknown, string> ? Value : never

/** An address that nobody looks at; but with a registered ring the operation has another name, which types do not tell apart. */
type Rest = Kind<bigint | In<(typeof kinds)[keyof typeof kinds]>, never, never>

export const registerArgument = switchOn('opcode', IORING_REGISTER, kinds, address, { mask: OPERATION }) as Kind<
  ChoiceIn<'opcode', typeof kinds, Rest>,
  ChoiceOut<'opcode', typeof kinds, Rest>,
  'opcode' | 'nr_args'
>
