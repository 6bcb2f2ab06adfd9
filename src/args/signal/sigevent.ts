/** struct sigevent: how timers and message queues tell that something happened. */

import { SIGEV } from '../../table/constants/signal.ts'
import type { Cell } from '../arg.ts'
import { lowOf, oneOf } from '../flags.ts'
import { isZero64 } from '../numbers.ts'
import { address, int, uint } from '../scalar.ts'
import { signal } from './signal.ts'
import { field, struct } from '../struct.ts'
import { onlyIf } from '../switch.ts'

const { SIGEV_SIGNAL, SIGEV_THREAD, SIGEV_THREAD_ID } = SIGEV.values

/** union sigval: one of the two, nobody knows which. */
const sigval = struct(8, { sival_int: field(0, int), sival_ptr: field(0, address) })

const isSignal = (notify: Cell): boolean =>
  lowOf(notify, 4) === SIGEV_SIGNAL || lowOf(notify, 4) === SIGEV_THREAD || lowOf(notify, 4) === SIGEV_THREAD_ID
const isThread = (notify: Cell): boolean => lowOf(notify, 4) === SIGEV_THREAD
const isThreadId = (notify: Cell): boolean => lowOf(notify, 4) === SIGEV_THREAD_ID

/** A signal; a number where none is sent. */
const signo: typeof signal = {
  ...signal,
  read: (cell) => (isSignal(cell.sibling('sigev_notify')) ? signal : uint).read?.(cell) ?? 0,
  print: (cell, style) => (isSignal(cell.sibling('sigev_notify')) ? signal : uint).print(cell, style),
}

/** Its first 32 bytes; nothing is in the others. */
export const sigevent = struct(32, {
  sigev_value: field(0, sigval, { when: (cell) => !isZero64(cell.view, cell.at) }),
  sigev_signo: field(8, signo),
  sigev_notify: field(12, oneOf(SIGEV)),
  sigev_notify_thread_id: field(16, onlyIf('sigev_notify', isThreadId, int)),
  sigev_notify_function: field(16, onlyIf('sigev_notify', isThread, address)),
  sigev_notify_attributes: field(24, onlyIf('sigev_notify', isThread, address)),
})
