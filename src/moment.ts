/** What happened to processes, as events. */

import { inspect, type InspectOptions } from 'node:util'
import { decodeBytes } from './args/surrogates.ts'
import type * as events from './events.ts'
import { objectToPlain, type PlainObject } from './json.ts'
import { signalName } from './names.ts'
import * as layout from './record/layout.ts'
import type { RawRecord } from './record/reader.ts'
import { decodeSignalInfo, type SignalInfo } from './siginfo.ts'
import { eventText } from './text/line.ts'
import { textSource, type TextEvent, type TextSource } from './text/source.ts'

const { EXIT_FLAG, HOW, KIND, REASON, SIGNAL_FLAG } = layout

/** What all of them share. Fields are own properties, so that assertions and printers see them. */
class Moment<T extends events.ProcessEvent['type']> implements TextEvent {
  readonly type: T
  readonly pid: number
  readonly tid: number
  readonly timeNs: bigint
  readonly #record: RawRecord

  constructor(type: T, record: RawRecord) {
    this.type = type
    this.pid = record.pid
    this.tid = record.tid
    this.timeNs = record.timeNs
    this.#record = record
  }

  toString(): string {
    return eventText(this, { columns: 0 })
  }

  toJSON(): PlainObject {
    return objectToPlain(this)
  }

  [inspect.custom](_depth: number, options: InspectOptions, inspectWith: typeof inspect): string {
    return `${this.constructor.name} ${inspectWith(Object.fromEntries(Object.entries(this)), options)}`
  }

  [textSource](): TextSource {
    const { view, at, kind } = this.#record
    return {
      view,
      at,
      name: (key) => (kind === KIND.SIGNAL ? this.#record.captures().find((it) => it.key === key) : undefined),
    }
  }
}

class SignalEvent extends Moment<'signal'> implements events.SignalEvent {
  readonly signal: string
  declare readonly info?: SignalInfo

  constructor(record: RawRecord) {
    super('signal', record)
    this.signal = signalName(record.u32(layout.SIGNAL.SIGNO))
    if ((record.flags & SIGNAL_FLAG.SIGINFO_VALID) !== 0) {
      this.info = decodeSignalInfo(record.view, record.at + layout.SIGNAL.SIGINFO)
    }
  }
}

class ForkEvent extends Moment<'fork'> implements events.ForkEvent {
  readonly child: { readonly pid: number; readonly tid: number }
  readonly how: 'fork' | 'vfork' | 'clone'
  readonly thread: boolean

  constructor(record: RawRecord) {
    super('fork', record)
    this.child = { pid: record.u32(layout.FORK.CHILD_PID), tid: record.u32(layout.FORK.CHILD_TID) }
    const how = record.u32(layout.FORK.HOW)
    this.how = how === HOW.FORK ? 'fork' : how === HOW.VFORK ? 'vfork' : 'clone'
    this.thread = this.child.pid === record.pid
  }
}

class ExecEvent extends Moment<'exec'> implements events.ExecEvent {
  readonly program: string
  readonly formerTid: number

  constructor(record: RawRecord) {
    super('exec', record)
    const path = record.captures().find((it) => it.key === 0)
    this.program = path === undefined ? '' : decodeBytes(path.view, path.at, path.length)
    this.formerTid = record.u32(layout.EXEC.FORMER_TID)
  }
}

class ExitEvent extends Moment<'exit'> implements events.ExitEvent {
  declare readonly code?: number
  declare readonly signal?: string
  readonly coreDumped: boolean

  constructor(record: RawRecord) {
    super('exit', record)
    if ((record.flags & EXIT_FLAG.SIGNALED) !== 0) this.signal = signalName(record.u32(layout.EXIT.SIGNAL))
    else this.code = record.i32(layout.EXIT.CODE)
    this.coreDumped = (record.flags & EXIT_FLAG.CORE_DUMPED) !== 0
  }
}

class StopEvent extends Moment<'stop'> implements events.StopEvent {
  readonly signal: string

  constructor(record: RawRecord) {
    super('stop', record)
    this.signal = signalName(record.u32(layout.STOP.SIGNAL))
  }
}

class ContinueEvent extends Moment<'continue'> implements events.ContinueEvent {
  constructor(record: RawRecord) {
    super('continue', record)
  }
}

class AttachEvent extends Moment<'attach'> implements events.AttachEvent {
  readonly threads: number

  constructor(record: RawRecord) {
    super('attach', record)
    this.threads = record.u32(layout.ATTACH.THREADS)
  }
}

class DetachEvent extends Moment<'detach'> implements events.DetachEvent {
  constructor(record: RawRecord) {
    super('detach', record)
  }
}

class SupersededEvent extends Moment<'superseded'> implements events.SupersededEvent {
  readonly byTid: number

  constructor(record: RawRecord) {
    super('superseded', record)
    this.byTid = record.u32(layout.SUPERSEDED.BY_TID)
  }
}

class GapEvent extends Moment<'gap'> implements events.GapEvent {
  readonly reason: events.Reason
  readonly detail: number

  constructor(record: RawRecord) {
    super('gap', record)
    this.reason = reasons.get(record.u32(layout.GAP.REASON)) ?? 'unknown'
    this.detail = record.u32(layout.GAP.DETAIL)
  }
}

class LeakedEvent extends Moment<'leaked'> implements events.LeakedEvent {
  constructor(record: RawRecord) {
    super('leaked', record)
  }
}

const reasons: ReadonlyMap<number, events.Reason> = new Map([
  [REASON.IO_URING, 'io_uring'],
  [REASON.LOST_TRACEE, 'lost-tracee'],
  [REASON.UNTRACED_CHILD, 'untraced-child'],
  [REASON.DENIED_READ, 'denied-read'],
  [REASON.INTERNAL, 'internal'],
  [REASON.DETACHED, 'detached'],
  [REASON.RESYNC, 'resync'],
  [REASON.RECORDING_STOPPED, 'recording-stopped'],
  [REASON.OWN_FILTER, 'own-filter'],
  [REASON.RULE_UNREAD, 'rule-unread'],
  [REASON.RULE_FAILED, 'rule-failed'],
])

/** The reasons in a mask with bit n set for reason n. */
export function reasonsOf(mask: number): readonly events.Reason[] {
  const found = new Set<events.Reason>()
  for (let reason = 0; reason < 32; reason++) {
    if (((mask >>> reason) & 1) === 1) found.add(reasons.get(reason) ?? 'unknown')
  }
  return [...found]
}

/** `undefined` for records that are no event: SESSION, END, calls. */
export function decodeMoment(record: RawRecord): events.ProcessEvent | undefined {
  switch (record.kind) {
    case KIND.SIGNAL:
      return new SignalEvent(record)
    case KIND.FORK:
      return new ForkEvent(record)
    case KIND.EXEC:
      return new ExecEvent(record)
    case KIND.EXIT:
      return new ExitEvent(record)
    case KIND.STOP:
      return new StopEvent(record)
    case KIND.CONTINUE:
      return new ContinueEvent(record)
    case KIND.ATTACH:
      return new AttachEvent(record)
    case KIND.DETACH:
      return new DetachEvent(record)
    case KIND.SUPERSEDED:
      return new SupersededEvent(record)
    case KIND.GAP:
      return new GapEvent(record)
    case KIND.LEAKED:
      return new LeakedEvent(record)
    default:
      return undefined
  }
}
