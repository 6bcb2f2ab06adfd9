/** Arguments of futex(2), which mean something for some operations only, and of the calls that came after it. */

import { FUTEX, FUTEX_BITSET, FUTEX_OP, FUTEX_OP_CMP } from '../../table/constants/futex.ts'
import type { Kind, Style } from '../arg.ts'
import { lowOf, nameOrHex, oneOf, prepare, type NameIn, type OneOf } from '../flags.ts'
import { hex32 } from '../numbers.ts'
import { futex2Flags } from '../mixed.ts'
import { arrayOf, pointerTo, type Behind, type RefOf, type ValueOf } from '../pointer.ts'
import { address, hex, hexUint, uint, type Scalar } from '../scalar.ts'
import { field, struct } from '../struct.ts'
import { switchOn, unused } from '../switch.ts'
import { timespec } from '../time/time.ts'

const COMMAND = 0x7f

type Wait =
  | 'FUTEX_WAIT'
  | 'FUTEX_WAIT_PRIVATE'
  | 'FUTEX_WAIT|FUTEX_CLOCK_REALTIME'
  | 'FUTEX_WAIT_PRIVATE|FUTEX_CLOCK_REALTIME'
type WaitBitset =
  | 'FUTEX_WAIT_BITSET'
  | 'FUTEX_WAIT_BITSET_PRIVATE'
  | 'FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME'
  | 'FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME'
type WaitRequeue =
  | 'FUTEX_WAIT_REQUEUE_PI'
  | 'FUTEX_WAIT_REQUEUE_PI_PRIVATE'
  | 'FUTEX_WAIT_REQUEUE_PI|FUTEX_CLOCK_REALTIME'
  | 'FUTEX_WAIT_REQUEUE_PI_PRIVATE|FUTEX_CLOCK_REALTIME'

/** An operation with and without FUTEX_PRIVATE_FLAG. */
type Both<Name extends string> = Name | `${Name}_PRIVATE`

const wait: readonly Wait[] = [
  'FUTEX_WAIT',
  'FUTEX_WAIT_PRIVATE',
  'FUTEX_WAIT|FUTEX_CLOCK_REALTIME',
  'FUTEX_WAIT_PRIVATE|FUTEX_CLOCK_REALTIME',
]
const waitBitset: readonly WaitBitset[] = [
  'FUTEX_WAIT_BITSET',
  'FUTEX_WAIT_BITSET_PRIVATE',
  'FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME',
  'FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME',
]
const waitRequeue: readonly WaitRequeue[] = [
  'FUTEX_WAIT_REQUEUE_PI',
  'FUTEX_WAIT_REQUEUE_PI_PRIVATE',
  'FUTEX_WAIT_REQUEUE_PI|FUTEX_CLOCK_REALTIME',
  'FUTEX_WAIT_REQUEUE_PI_PRIVATE|FUTEX_CLOCK_REALTIME',
]
const lock: readonly Both<'FUTEX_LOCK_PI' | 'FUTEX_LOCK_PI2'>[] = [
  'FUTEX_LOCK_PI',
  'FUTEX_LOCK_PI_PRIVATE',
  'FUTEX_LOCK_PI2',
  'FUTEX_LOCK_PI2_PRIVATE',
]
const unlock: readonly Both<'FUTEX_UNLOCK_PI' | 'FUTEX_TRYLOCK_PI'>[] = [
  'FUTEX_UNLOCK_PI',
  'FUTEX_UNLOCK_PI_PRIVATE',
  'FUTEX_TRYLOCK_PI',
  'FUTEX_TRYLOCK_PI_PRIVATE',
]
const wake: readonly ('FUTEX_FD' | Both<'FUTEX_WAKE'>)[] = ['FUTEX_FD', 'FUTEX_WAKE', 'FUTEX_WAKE_PRIVATE']
const wakeBitset: readonly Both<'FUTEX_WAKE_BITSET'>[] = ['FUTEX_WAKE_BITSET', 'FUTEX_WAKE_BITSET_PRIVATE']
const requeue: readonly Both<'FUTEX_REQUEUE'>[] = ['FUTEX_REQUEUE', 'FUTEX_REQUEUE_PRIVATE']
const compareRequeue: readonly Both<'FUTEX_CMP_REQUEUE' | 'FUTEX_CMP_REQUEUE_PI'>[] = [
  'FUTEX_CMP_REQUEUE',
  'FUTEX_CMP_REQUEUE_PRIVATE',
  'FUTEX_CMP_REQUEUE_PI',
  'FUTEX_CMP_REQUEUE_PI_PRIVATE',
]
const wakeOp: readonly Both<'FUTEX_WAKE_OP'>[] = ['FUTEX_WAKE_OP', 'FUTEX_WAKE_OP_PRIVATE']

function each<Name extends string, K extends Kind<unknown, unknown, string>>(
  names: readonly Name[],
  kind: K,
): { readonly [N in Name]: K } {
  // One entry for each name.
  return Object.fromEntries(names.map((name) => [name, kind])) as { readonly [N in Name]: K }
}

const timeoutOf = pointerTo(timespec)
const bitset = oneOf(FUTEX_BITSET, 4, '')
const options = { mask: COMMAND } as const

export const futexValue = switchOn('futex_op', FUTEX, { ...each(lock, unused), ...each(unlock, unused) }, uint, options)

export const futexTimeout = switchOn(
  'futex_op',
  FUTEX,
  {
    ...each(wait, timeoutOf),
    ...each(waitBitset, timeoutOf),
    ...each(waitRequeue, timeoutOf),
    ...each(lock, timeoutOf),
    ...each(requeue, uint),
    ...each(compareRequeue, uint),
    ...each(wakeOp, uint),
    ...each(unlock, unused),
    ...each(wake, unused),
    ...each(wakeBitset, unused),
  },
  address,
  options,
)

const noSecond = {
  ...each(wait, unused),
  ...each(waitBitset, unused),
  ...each(lock, unused),
  ...each(unlock, unused),
  ...each(wake, unused),
  ...each(wakeBitset, unused),
}

export const futexAddress2 = switchOn('futex_op', FUTEX, noSecond, address, options)

const operations = prepare(FUTEX_OP)
const comparisons = prepare(FUTEX_OP_CMP)

/** What FUTEX_WAKE_OP does to the second futex, and what it compares its old value with. */
export interface WakeOperation {
  readonly op: OneOf<NameIn<typeof FUTEX_OP>>
  /** The number, or with `shift` the power of two, that `op` takes. */
  readonly oparg: number
  readonly shift: boolean
  readonly cmp: OneOf<NameIn<typeof FUTEX_OP_CMP>>
  readonly cmparg: number
}

const OPARG_SHIFT = 8

/** The same, packed into a word. */
const wakeOperation: Scalar<WakeOperation> = {
  kind: 'wakeOperation',
  width: 4,
  read: (cell) => {
    const value = lowOf(cell, 4)
    return {
      op: nameOrHex(operations, 0, (value >>> 28) & 7),
      // Numbers of 12 bits have a sign.
      oparg: (value << 8) >> 20,
      shift: ((value >>> 28) & OPARG_SHIFT) !== 0,
      cmp: nameOrHex(comparisons, 0, (value >>> 24) & 0xf),
      cmparg: (value << 20) >> 20,
    }
  },
  print: (cell, style) => wakeOperationText(lowOf(cell, 4), style),
}

function wakeOperationText(value: number, style: Style): string {
  const operation = value >>> 28
  const compare = (value >>> 24) & 0xf
  const shifted = (operation & OPARG_SHIFT) === 0 ? '' : 'FUTEX_OP_OPARG_SHIFT<<28|'
  const name = operations.nameOf(operation & 7)
  const compareName = comparisons.nameOf(compare)
  const first = `${operations.valueText(operation & 7, style, '')}<<28${name === undefined ? ' /* FUTEX_OP_??? */' : ''}`
  const second = `${comparisons.valueText(compare, style, '')}<<24${compareName === undefined ? ' /* FUTEX_OP_CMP_??? */' : ''}`
  return `${shifted}${first}|${hex32((value >>> 12) & 0xfff)}<<12|${second}|${hex32(value & 0xfff)}`
}

export const futexValue3 = switchOn(
  'futex_op',
  FUTEX,
  {
    ...each(waitBitset, bitset),
    ...each(wakeBitset, bitset),
    ...each(compareRequeue, uint),
    ...each(wakeOp, wakeOperation),
    ...each(wait, unused),
    ...each(lock, unused),
    ...each(unlock, unused),
    ...each(wake, unused),
    ...each(requeue, unused),
    ...each(waitRequeue, unused),
  },
  hexUint,
  options,
)

/** struct futex_waitv */
const waiter = struct(24, {
  val: field(0, hex),
  uaddr: field(8, address),
  flags: field(16, futex2Flags),
  __reserved: field(20, hexUint, { when: (cell) => lowOf(cell, 4) !== 0 }),
})

type Waiter = ValueOf<typeof waiter>

/** The kernel takes no more at once, and strace shows no more. */
const MOST_WAITERS = 128

/** Futexes that are waited for together. */
export function futexWaiters<const Count extends string | number>(
  count: Count,
): Kind<Behind<readonly Waiter[]>, never, RefOf<Count>> {
  const all = arrayOf(waiter, count, { width: 4 })
  return {
    ...all,
    print: (cell, style) => {
      const most = style.abbreviate ? Math.min(style.stringLimit, MOST_WAITERS) : MOST_WAITERS
      return all.print(cell, { ...style, abbreviate: true, stringLimit: most })
    },
  }
}
