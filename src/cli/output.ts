/** What becomes of events: text, JSON, or nothing but counts. */

import { Tally, TextWriter, touches, type Summary, type TraceEvent, type WriterOptions } from '../../index.ts'
import { program, say } from './say.ts'
import type { Settings } from './settings.ts'
import { openFile, type Sink } from './sink.ts'

export interface Output {
  write(events: readonly TraceEvent[]): void
  end(): void
  /** What was counted on the way; undefined where the engine counts. */
  summary(): Summary | undefined
}

/** `isCommand`: we started the program. */
export function createOutput(settings: Settings, sink: Sink, isCommand: boolean): Output {
  const { statuses } = settings
  const tally = countsHere(settings) ? new Tally() : undefined
  const shown = createShown(settings, sink, isCommand)
  return {
    write(all) {
      const events = wantedOf(settings, all)
      shown?.write(events)
      if (tally === undefined) return
      for (const event of events) {
        if (event.type === 'syscall' && statuses?.has(statusOf(event)) !== false) tally.add(event)
      }
    },
    end: () => shown?.end(),
    summary: () => tally?.summary(),
  }
}

/** Whether the engine cannot count, as not every call that it sees counts, or calls are to be shown. */
export function countsHere({ summary, statuses, paths, hasFd }: Settings): boolean {
  return (
    summary === 'both' || (summary === 'only' && (statuses !== undefined || paths.length > 0 || hasFd !== undefined))
  )
}

/** Without the calls that -P and --trace-fds leave out. */
function wantedOf({ paths, hasFd }: Settings, events: readonly TraceEvent[]): readonly TraceEvent[] {
  if (paths.length === 0 && hasFd === undefined) return events
  return events.filter(
    (event) => (event.type !== 'syscall' && event.type !== 'pending') || touches(event, { paths, hasFd }),
  )
}

type Shown = Pick<Output, 'write' | 'end'>

function createShown(settings: Settings, sink: Sink, isCommand: boolean): Shown | undefined {
  if (settings.summary === 'only') return undefined
  if (settings.json) return createJsonOutput(settings, sink)
  return settings.separately && settings.output !== undefined
    ? createSeparateOutput(settings, settings.output, isCommand)
    : createTextOutput(new TextWriter(writerOptions(settings, isCommand)), sink)
}

function createTextOutput(writer: TextWriter, sink: Sink): Shown {
  return {
    write(events) {
      sink.write(writer.write(events))
      for (const message of writer.takeMessages()) say(message)
    },
    end() {
      sink.write(writer.end())
      for (const message of writer.takeMessages()) say(message)
    },
  }
}

/** A file for each thread. */
function createSeparateOutput(settings: Settings, path: string, isCommand: boolean): Shown {
  const outputs = new Map<number, Shown>()
  const options: WriterOptions = { ...writerOptions(settings, isCommand), pids: 'never' }
  const outputOf = (tid: number): Shown => {
    let output = outputs.get(tid)
    if (output === undefined) {
      // Each writer sees one thread: news of others would come from all of them.
      const quiet = new Set([...(options.quiet ?? []), ...(outputs.size === 0 ? [] : (['attach'] as const))])
      output = createTextOutput(new TextWriter({ ...options, quiet }), openFile(`${path}.${tid}`, settings.append))
      outputs.set(tid, output)
    }
    return output
  }
  return {
    write(events) {
      for (const [tid, own] of byThread(events)) outputOf(tid).write(own)
    },
    end() {
      for (const output of outputs.values()) output.end()
    },
  }
}

function byThread(events: readonly TraceEvent[]): ReadonlyMap<number, readonly TraceEvent[]> {
  const threads = new Map<number, TraceEvent[]>()
  for (const event of events) {
    const own = threads.get(event.tid)
    if (own === undefined) threads.set(event.tid, [event])
    else own.push(event)
  }
  return threads
}

function writerOptions(settings: Settings, isCommand: boolean): WriterOptions {
  const toFile = settings.output !== undefined
  const manyPids = settings.follow || settings.attach.length > 1
  const clock = clockOf(settings)
  return {
    columns: settings.columns,
    stringLimit: settings.stringLimit,
    abbreviate: settings.abbreviate,
    constants: settings.constants,
    hexStrings: settings.hexStrings,
    decodeFds: settings.decodeFds,
    argumentNames: settings.argumentNames,
    numbers: settings.syscallNumbers,
    instructionPointers: settings.instructionPointers,
    pids: settings.alwaysShowPid || (toFile && manyPids) ? 'always' : toFile ? 'never' : 'when-several',
    follow: settings.follow,
    messages: toFile ? 'apart' : { inlineFrom: program },
    quiet: quietAbout(settings, isCommand),
    ...(settings.durations === undefined ? {} : { durations: settings.durations }),
    ...(settings.sinceLast === undefined ? {} : { sinceLast: settings.sinceLast }),
    ...(clock === undefined ? {} : { clock }),
    ...(settings.follow || isCommand ? {} : { onlyThreads: new Set(settings.attach) }),
    ...(settings.statuses === undefined ? {} : { statuses: settings.statuses }),
    ...(settings.signals === undefined ? {} : { showSignal: settings.signals }),
  }
}

function clockOf({ clock }: Settings): WriterOptions['clock'] {
  if (clock === undefined) return undefined
  const realtimeNs = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6))
  return { ...clock, realtimeOffsetNs: realtimeNs - process.hrtime.bigint() }
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
        if (event.type === 'syscall' && statuses?.has(statusOf(event)) === false) continue
        text += `${JSON.stringify(event)}\n`
      }
      sink.write(text)
    },
    end() {},
  }
}

type Outcome = { readonly ok: boolean; readonly unfinished?: true | undefined }

function statusOf(event: Outcome): 'successful' | 'failed' | 'unfinished' {
  if (event.unfinished === true) return 'unfinished'
  return event.ok ? 'successful' : 'failed'
}
