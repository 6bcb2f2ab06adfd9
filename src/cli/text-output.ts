/** The trace as text: options of the command line -> options of a writer, and where its text goes. */

import { TextWriter, type TraceEvent, type WriterOptions } from '../../index.ts'
import { painterFor } from './color.ts'
import { program, say } from './say.ts'
import { hidesChildren, stringLimitOf, type Settings } from './settings.ts'
import { openFile, type Sink } from './sink.ts'

/** What is done with events. */
export interface Shown {
  write(events: readonly TraceEvent[]): void
  /** A process is let go, inside `call` if that is given. */
  letGo(pid: number, call?: TraceEvent): void
  end(): void
}

export function createTextOutput(settings: Settings, options: WriterOptions, sink: Sink): Shown {
  const writer = new TextWriter(options)
  const paint = painterFor(settings, sink.isTerminal)
  const show = (text: string): void => {
    sink.write(paint(text))
    for (const message of writer.takeMessages()) say(message)
  }
  return {
    write: (events) => show(writer.write(events)),
    letGo: (pid, call) => show(writer.letGo(pid, call)),
    end: () => show(writer.end()),
  }
}

/** A file for each thread. */
export function createSeparateOutput(settings: Settings, path: string, command: number | undefined): Shown {
  const outputs = new Map<number, Shown>()
  const options: WriterOptions = { ...writerOptions(settings, command), pids: 'never' }
  const outputOf = (tid: number): Shown => {
    let output = outputs.get(tid)
    if (output === undefined) {
      // Each writer sees one thread: news of others would come from all of them.
      const quiet = new Set([...(options.quiet ?? []), ...(outputs.size === 0 ? [] : (['attach'] as const))])
      output = createTextOutput(settings, { ...options, quiet }, openFile(`${path}.${tid}`, settings.append))
      outputs.set(tid, output)
    }
    return output
  }
  return {
    write(events) {
      for (const [tid, own] of byThread(events)) outputOf(tid).write(own)
    },
    letGo: (pid, call) => outputOf(pid).letGo(pid, call),
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

/** `command`: its process id, where there is one. */
export function writerOptions(settings: Settings, command: number | undefined): WriterOptions {
  const toFile = settings.output !== undefined
  const first = command === undefined ? settings.attach : [...settings.attach, command]
  const manyPids = settings.follow || first.length > 1
  const clock = clockOf(settings)
  return {
    columns: settings.columns,
    stringLimit: stringLimitOf(settings),
    abbreviate: settings.abbreviate,
    dereference: settings.dereference,
    raw: settings.raw,
    constants: settings.constants,
    hexStrings: settings.hexStrings,
    decodeFds: settings.decodeFds,
    decodePids: settings.decodePids,
    argumentNames: settings.argumentNames,
    numbers: settings.syscallNumbers,
    instructionPointers: settings.instructionPointers,
    pids: settings.alwaysShowPid || (toFile && manyPids) ? 'always' : toFile ? 'never' : 'when-several',
    follow: settings.follow,
    messages: toFile ? 'apart' : { inlineFrom: program },
    quiet: quietAbout(settings, command !== undefined),
    ...(settings.durations === undefined ? {} : { durations: settings.durations }),
    ...(settings.sinceLast === undefined ? {} : { sinceLast: settings.sinceLast }),
    ...(clock === undefined ? {} : { clock }),
    ...(settings.follow || settings.attach.length === 0 || hidesChildren(settings)
      ? {}
      : { onlyThreads: new Set(first) }),
    ...dumpOptions(settings),
    ...(settings.callLimit === undefined ? {} : { callLimit: settings.callLimit }),
    ...(settings.statuses === undefined ? {} : { statuses: settings.statuses }),
    ...(settings.signals === undefined ? {} : { showSignal: settings.signals }),
  }
}

function dumpOptions({ dumpRead: read, dumpWrite: write }: Settings): Pick<WriterOptions, 'dumps'> {
  if (read === undefined && write === undefined) return {}
  return { dumps: { ...(read === undefined ? {} : { read }), ...(write === undefined ? {} : { write }) } }
}

function clockOf({ clock, realtimeOffsetNs }: Settings): WriterOptions['clock'] {
  if (clock === undefined) return undefined
  if (realtimeOffsetNs !== undefined) return { ...clock, realtimeOffsetNs }
  const realtimeNs = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6))
  return { ...clock, realtimeOffsetNs: realtimeNs - process.hrtime.bigint() }
}

/** -q, and what strace silences by itself: with -o FILE PROG there is nobody who wants to read about attaching. */
export function quietAbout(settings: Settings, isCommand: boolean): ReadonlySet<'attach' | 'exit' | 'thread-execve'> {
  const about = ['attach', 'exit', 'thread-execve'] as const
  if (settings.quiet !== undefined) return new Set(about.filter((it) => settings.quiet?.has(it)))
  const quietness = settings.quietness === 0 && settings.output !== undefined && isCommand ? 1 : settings.quietness
  return new Set(about.slice(0, quietness))
}
