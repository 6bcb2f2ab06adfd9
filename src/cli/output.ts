/** What becomes of events: text, JSON, or nothing but counts. */

import { TextWriter, type TraceEvent } from '../../index.ts'
import { program, say } from './say.ts'
import type { Settings } from './settings.ts'
import { writeText, type Sink } from './sink.ts'
import type { CallCount } from './summary.ts'
import { Tally } from './tally.ts'

export interface Output {
  write(events: readonly TraceEvent[]): void
  end(): void
  /** What was counted on the way; undefined where the engine counts. */
  counts(): readonly CallCount[] | undefined
}

/** `isCommand`: we started the program. */
export function createOutput(settings: Settings, sink: Sink, isCommand: boolean): Output {
  const { summary, statuses } = settings
  const tally = summary === 'both' || (summary === 'only' && statuses !== undefined) ? new Tally() : undefined
  const shown = createShown(settings, sink, isCommand)
  return {
    write(events) {
      shown?.write(events)
      if (tally === undefined) return
      for (const event of events) {
        if (event.type === 'syscall' && statuses?.has(statusOf(event)) !== false) tally.add(event)
      }
    },
    end: () => shown?.end(),
    counts: () => tally?.counts(),
  }
}

type Shown = Pick<Output, 'write' | 'end'>

function createShown(settings: Settings, sink: Sink, isCommand: boolean): Shown | undefined {
  if (settings.summary === 'only') return undefined
  return settings.json ? createJsonOutput(settings, sink) : createTextOutput(settings, sink, isCommand)
}

function createTextOutput(settings: Settings, sink: Sink, isCommand: boolean): Shown {
  const toFile = settings.output !== undefined
  const manyPids = settings.follow || settings.attach.length > 1
  const writer = new TextWriter({
    columns: settings.columns,
    stringLimit: settings.stringLimit,
    abbreviate: settings.abbreviate,
    constants: settings.constants,
    hexStrings: settings.hexStrings,
    decodeFds: settings.decodeFds,
    argumentNames: settings.argumentNames,
    durations: settings.durations,
    pids: settings.alwaysShowPid || (toFile && manyPids) ? 'always' : toFile ? 'never' : 'when-several',
    follow: settings.follow,
    messages: toFile ? 'apart' : { inlineFrom: program },
    quiet: quietAbout(settings, isCommand),
    ...(settings.follow || isCommand ? {} : { onlyThreads: new Set(settings.attach) }),
    ...(settings.statuses === undefined ? {} : { statuses: settings.statuses }),
    ...(settings.signals === undefined ? {} : { showSignal: settings.signals }),
  })
  return {
    write(events) {
      writeText(sink, writer.write(events))
      for (const message of writer.takeMessages()) say(message)
    },
    end() {
      writeText(sink, writer.end())
      for (const message of writer.takeMessages()) say(message)
    },
  }
}

/** -q, and what strace silences by itself: with -o FILE PROG there is nobody who wants to read about attaching. */
function quietAbout(settings: Settings, isCommand: boolean): ReadonlySet<'attach' | 'exit' | 'thread-execve'> {
  if (settings.quiet !== undefined) return settings.quiet
  const quietness = settings.quietness === 0 && settings.output !== undefined && isCommand ? 1 : settings.quietness
  const about = ['attach', 'exit', 'thread-execve'] as const
  return new Set(about.slice(0, quietness))
}

function createJsonOutput(settings: Settings, sink: Sink): Shown {
  const { statuses } = settings
  return {
    write(events) {
      let text = ''
      for (const event of events) {
        if (event.type === 'pending') continue
        if (event.type === 'syscall' && statuses !== undefined && !statuses.has(statusOf(event))) continue
        text += `${JSON.stringify(event)}\n`
      }
      writeText(sink, text)
    },
    end() {},
  }
}

function statusOf(event: {
  readonly ok: boolean
  readonly unfinished?: true | undefined
}): 'successful' | 'failed' | 'unfinished' {
  if (event.unfinished === true) return 'unfinished'
  return event.ok ? 'successful' : 'failed'
}
