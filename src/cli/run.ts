/** Tracing a command or running processes, from the first event to the exit status. */

import { realpathSync } from 'node:fs'
import { attach, batches, signalNumber, trace, type Trace } from '../../index.ts'
import { readDenySet, readTraceSet } from './filter.ts'
import { inheritedFds } from './inherited.ts'
import { watchSignals } from './interrupt.ts'
import { countsHere, createOutput } from './output.ts'
import { say } from './say.ts'
import type { Settings } from './settings.ts'
import { NoReaderError, openCommand, openFile, standardError, type Sink } from './sink.ts'
import { dieOf } from './status.ts'
import { readSummaryOptions, summaryText } from './summary.ts'

/** Resolves with an exit status; does not return where a signal is to be passed on. */
export async function run(settings: Settings, command: readonly string[]): Promise<number> {
  settings.paths = withRealPaths(settings)
  const { summarySortBy: sortBy, summaryColumns: columns, wallClock } = settings
  const summary = { sortBy, columns, wallClock }
  readSummaryOptions(summary)
  // Before anything of ours is opened.
  const inherited = inheritedFds()
  const sink = openSink(settings)
  const [file] = command
  const traced =
    file === undefined ? startAttached(settings) : startCommand(settings, file, command.slice(1), inherited)
  const interruptible =
    settings.interruptible ?? (settings.output !== undefined && file !== undefined ? 'never' : 'waiting')
  const interruption = watchSignals(traced, file !== undefined, interruptible)
  const output = createOutput(settings, sink, file !== undefined)
  for await (const events of batches(traced)) {
    for (const event of events) interruption.noticed(event)
    // Leaving the loop would kill what is to go on.
    if (interruption.signal === 'SIGPIPE') continue
    try {
      output.write(events)
    } catch (error) {
      if (!(error instanceof NoReaderError)) throw error
      interruption.interrupt('SIGPIPE')
    }
  }
  const result = await traced
  if (interruption.signal !== 'SIGPIPE') {
    output.end()
    if (settings.summary !== 'none') {
      const { calls } = output.summary() ?? result.summary()
      sink.write(summaryText(calls, summary))
    }
  }
  const expected = interruption.signal === undefined ? [] : ['detached']
  const missing = result.incomplete.filter((reason) => !expected.includes(reason))
  if (missing.length > 0 && settings.quietness < 2) say(`not everything was seen: ${missing.join(', ')}`)
  await sink.close()
  if (interruption.signal !== undefined) dieOf(signalNumber(interruption.signal) ?? 1)
  if (file === undefined) return 0
  if (result.signal !== undefined) dieOf(signalNumber(result.signal) ?? 1)
  return result.exitCode ?? 1
}

function startCommand(settings: Settings, file: string, args: readonly string[], inherited: readonly number[]): Trace {
  // A filter stays on children that are not followed, which therefore stay ours: nobody else could trace them.
  const mode = settings.seccomp ? ({ mode: 'filter' } as const) : settings.follow ? {} : ({ mode: 'stops' } as const)
  return trace(file, args, {
    ...recordOptions(settings),
    ...mode,
    stdio: 'inherit',
    inheritFds: inherited,
    env: changedEnvironment(settings.environment),
    ...(settings.argv0 === undefined ? {} : { argv0: settings.argv0 }),
  })
}

function startAttached(settings: Settings): Trace {
  return attach(settings.attach, recordOptions(settings))
}

function recordOptions(settings: Settings) {
  const filter = readTraceSet(settings.trace)
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(settings.deny.length === 0 ? {} : { deny: settings.deny.map(readDenySet) }),
    follow: settings.follow,
    until: 'tree',
    keep: false,
    counting: settings.summary === 'only' && !countsHere(settings),
    stringLimit: settings.stringLimit,
    // -P looks at the paths behind descriptors, too.
    decodeFds: settings.decodeFds || settings.paths.length > 0,
  } as const
}

/** `VAR=VALUE` sets, `VAR` takes away; the last one wins. */
function changedEnvironment(changes: readonly string[]): Record<string, string | undefined> {
  const changed: Record<string, string | undefined> = {}
  for (const change of changes) {
    const equals = change.indexOf('=')
    if (equals === -1) changed[change] = undefined
    else changed[change.slice(0, equals)] = change.slice(equals + 1)
  }
  return changed
}

function openSink({ output, append, separately }: Settings): Sink {
  if (output === undefined || (separately && !isCommandLine(output))) return standardError()
  return isCommandLine(output) ? openCommand(output.slice(1)) : openFile(output, append)
}

function isCommandLine(output: string): boolean {
  return output.startsWith('|') || output.startsWith('!')
}

/** As strace, which looks for the path that a path leads to as well. */
function withRealPaths({ paths, quietness }: Settings): string[] {
  return paths.flatMap((path) => {
    const real = realPath(path)
    if (real === path) return [path]
    if (quietness < 3) say(`Requested path "${path}" resolved into "${real}"`)
    return [path, real]
  })
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
