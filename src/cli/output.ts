/** What becomes of events: text, JSON, or nothing but counts. */

import { Tally, touches, type Summary, type TraceEvent } from '../../index.ts'
import { say } from './say.ts'
import { hidesChildren, type Settings } from './settings.ts'
import type { Sink } from './sink.ts'
import { createSeparateOutput, createTextOutput, quietAbout, writerOptions, type Shown } from './text-output.ts'

export interface Output extends Shown {
  /** As many calls were shown or counted as --syscall-limit allows. */
  readonly isFull: boolean
  /** What was counted on the way; undefined where the engine counts. */
  summary(): Summary | undefined
}

/** `command`: its process id, where there is one. */
export function createOutput(settings: Settings, sink: Sink, command: number | undefined): Output {
  const { statuses, callLimit } = settings
  const tally = countsHere(settings) ? new Tally() : undefined
  const shown = createShown(settings, sink, command)
  // One writer of text limits itself, as it knows which calls were shown to begin.
  const isOneText = !settings.json && !settings.separately
  let left = callLimit ?? Infinity
  const untilFull = (events: readonly TraceEvent[]): readonly TraceEvent[] => {
    const kept: TraceEvent[] = []
    for (const event of events) {
      if (left <= 0) break
      kept.push(event)
      if (event.type !== 'syscall' || statuses?.has(statusOf(event)) === false) continue
      tally?.add(event)
      if (event.unfinished !== true) left--
    }
    return kept
  }
  return {
    get isFull() {
      return left <= 0
    },
    write(all) {
      const wasFull = left <= 0
      const events = wantedOf(settings, all)
      const kept = tally === undefined && callLimit === undefined ? events : untilFull(events)
      shown?.write(isOneText ? events : kept)
      const isQuiet =
        settings.json || settings.load !== undefined || quietAbout(settings, command !== undefined).has('attach')
      if (!wasFull && left <= 0 && !isQuiet) say('System call limit has been reached, detaching tracees')
    },
    letGo: (pid, call) => shown?.letGo(pid, call),
    end: () => shown?.end(),
    summary: () => tally?.summary(),
  }
}

/** Whether the engine cannot count, as not every call that it sees counts, or calls are to be shown. */
export function countsHere(settings: Settings): boolean {
  const { summary, statuses, paths, hasFd, callLimit, detachOnExec, attach, tracee, save, load } = settings
  if (summary !== 'only') return summary === 'both'
  const isPartial = statuses !== undefined || paths.length > 0 || hasFd !== undefined || callLimit !== undefined
  const isSaved = save !== undefined || load !== undefined
  return isSaved || isPartial || detachOnExec || attach.length > 0 || tracee !== undefined || hidesChildren(settings)
}

/** Without the calls that -P and --trace-fds leave out. */
function wantedOf({ paths, hasFd }: Settings, events: readonly TraceEvent[]): readonly TraceEvent[] {
  if (paths.length === 0 && hasFd === undefined) return events
  return events.filter(
    (event) => (event.type !== 'syscall' && event.type !== 'pending') || touches(event, { paths, hasFd }),
  )
}

function createShown(settings: Settings, sink: Sink, command: number | undefined): Shown | undefined {
  if (settings.summary === 'only' || isSavedOnly(settings, command !== undefined)) return undefined
  if (settings.json) return createJsonOutput(settings, sink)
  return settings.separately && settings.output !== undefined
    ? createSeparateOutput(settings, settings.output, command)
    : createTextOutput(settings, writerOptions(settings, command), sink)
}

/** With `--save FILE -o /dev/null` text is not even made, where no messages come with it. */
function isSavedOnly(settings: Settings, isCommand: boolean): boolean {
  const { save, output, separately } = settings
  return save !== undefined && output === '/dev/null' && !separately && quietAbout(settings, isCommand).has('attach')
}

function createJsonOutput(settings: Settings, sink: Sink): Shown {
  const { statuses } = settings
  return {
    write(events) {
      let text = ''
      for (const event of events) {
        if (event.type === 'pending') continue
        if (event.type === 'syscall' && statuses?.has(statusOf(event)) === false) continue
        text += `${JSON.stringify(event)}\n`
      }
      sink.write(text)
    },
    letGo() {},
    end() {},
  }
}

type Outcome = { readonly ok: boolean; readonly unfinished?: true | undefined }

function statusOf(event: Outcome): 'successful' | 'failed' | 'unfinished' {
  if (event.unfinished === true) return 'unfinished'
  return event.ok ? 'successful' : 'failed'
}
