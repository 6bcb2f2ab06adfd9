/** Tracing a command or running processes, from the first event to the exit status. */

import { closeSync, openSync } from 'node:fs'
import { attach, batches, signalNumber, trace, type Trace } from '../../index.ts'
import { failureWords } from './errno-words.ts'
import { readDenySet, readTraceSet } from './filter.ts'
import { watchSignals } from './interrupt.ts'
import { createOutput } from './output.ts'
import { say } from './say.ts'
import type { Settings } from './settings.ts'
import { codeOf, NoReaderError, writeText, type Sink } from './sink.ts'
import { dieOf } from './status.ts'
import { readSummaryOptions, summaryText } from './summary.ts'
import { ValueError } from './values.ts'

/** Resolves with an exit status; does not return where a signal is to be passed on. */
export async function run(settings: Settings, command: readonly string[]): Promise<number> {
  const summary = { sortBy: settings.summarySortBy, columns: settings.summaryColumns }
  readSummaryOptions(summary)
  const sink = openSink(settings)
  const [file] = command
  const traced = file === undefined ? startAttached(settings) : startCommand(settings, file, command.slice(1))
  const isInteractive = settings.output === undefined || file === undefined
  const interruption = watchSignals(traced, file !== undefined, isInteractive)
  const output = createOutput(settings, sink, file !== undefined)
  for await (const events of batches(traced)) {
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
      const counts = output.counts() ?? result.summary().calls
      writeText(sink, summaryText(counts, summary))
    }
  }
  const expected = interruption.signal === undefined ? [] : ['detached']
  const missing = result.incomplete.filter((reason) => !expected.includes(reason))
  if (missing.length > 0 && settings.quietness < 2) say(`not everything was seen: ${missing.join(', ')}`)
  if (sink.fd !== 2) closeSync(sink.fd)
  if (interruption.signal !== undefined) dieOf(signalNumber(interruption.signal) ?? 1)
  if (file === undefined) return 0
  if (result.signal !== undefined) dieOf(signalNumber(result.signal) ?? 1)
  return result.exitCode ?? 1
}

function startCommand(settings: Settings, file: string, args: readonly string[]): Trace {
  const mode = settings.seccomp ? ({ mode: 'filter' } as const) : {}
  return trace(file, args, {
    ...recordOptions(settings),
    ...mode,
    stdio: 'inherit',
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
    counting: settings.summary === 'only' && settings.statuses === undefined,
    stringLimit: settings.stringLimit,
    decodeFds: settings.decodeFds,
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

function openSink(settings: Settings): Sink {
  const { output } = settings
  if (output === undefined) return { fd: 2, name: 'stderr', onFailure: () => {} }
  if (output.startsWith('|') || output.startsWith('!')) {
    throw new ValueError(`a command as output (-o '${output}') is not supported; use -o >(command) of your shell`)
  }
  let hasFailed = false
  const onFailure = (error: Error): void => {
    if (!hasFailed) say(`${output}: ${failureWords(codeOf(error) ?? error.message)}`)
    hasFailed = true
  }
  try {
    return { fd: openSync(output, settings.append ? 'a' : 'w'), name: output, onFailure }
  } catch (error) {
    throw new ValueError(`Can't fopen '${output}': ${failureWords(codeOf(error) ?? String(error))}`)
  }
}
