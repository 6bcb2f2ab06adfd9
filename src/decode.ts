/** Raw records + table -> events. */

import { CallEvent } from './call.ts'
import type { PendingEvent, SyscallEvent, TraceEvent } from './events.ts'
import { decodeMoment } from './moment.ts'
import { KIND } from './record/layout.ts'
import { readRecords, type RawRecord } from './record/reader.ts'

/** The event of a record; `undefined` for a record that is none. */
export function decodeRecord(record: RawRecord): TraceEvent | undefined {
  switch (record.kind) {
    case KIND.SYSCALL:
    case KIND.PENDING:
      return decodeCall(record)
    default:
      return decodeMoment(record)
  }
}

/** The event of a SYSCALL or PENDING record. */
export function decodeCall(record: RawRecord): SyscallEvent | PendingEvent {
  // The table gives a row's values and its types from one declaration; the class knows only that it is some row.
  return new CallEvent(record) as object as SyscallEvent | PendingEvent
}

/** The events of one chunk, in order. */
export function* decodeChunk(bytes: Uint8Array): Generator<TraceEvent, void, undefined> {
  for (const record of readRecords(bytes)) {
    const event = decodeRecord(record)
    if (event !== undefined) yield event
  }
}
