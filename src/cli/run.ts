/** Tracing a command or running processes, from the first event to the exit status. */

import { realpathSync } from 'node:fs'
import { readPolicy, signalNumber, type TraceResult } from '../../index.ts'
import { startTracee } from './daemon.ts'
import { inheritedFds } from './inherited.ts'
import { leave, watchSignals, type Runs } from './interrupt.ts'
import { createOutput } from './output.ts'
import { withoutOverhead } from './overhead.ts'
import { ruleFailure, rulesOf } from './rules.ts'
import { say } from './say.ts'
import type { Settings } from './settings.ts'
import { Show } from './show.ts'
import { isCommandLine, NoReaderError, openCommand, openFile, standardError, type Sink } from './sink.ts'
import { startAttached, startCommand } from './start.ts'
import { dieOf } from './status.ts'
import { readUser } from './user.ts'
import { summaryText } from './summary.ts'

/** Resolves with an exit status; does not return where a signal is to be passed on. */
export async function run(settings: Settings, command: readonly string[]): Promise<number> {
  settings.paths = withRealPaths(settings)
  settings.policies = await Promise.all(settings.policyFiles.map((path) => readPolicy(path)))
  settings.rules = rulesOf(settings)
  const { summarySortBy: sortBy, summaryColumns: columns, wallClock } = settings
  const summary = { sortBy, columns, wallClock }
  // Before anything of ours is opened.
  const inherited = inheritedFds()
  const sink = openSink(settings)
  const runs = await start(settings, command, inherited).catch((error: unknown) => {
    throw ruleFailure(error, settings.rules) ?? error
  })
  if (runs === undefined) return 1
  const isCommand = runs.command !== undefined
  const isDaemon = settings.tracee !== undefined
  const usual = isDaemon ? 'never_tstp' : settings.output !== undefined && isCommand ? 'never' : 'waiting'
  const interruptible = settings.interruptible ?? usual
  const interruption = watchSignals(runs, interruptible)
  const output = createOutput(settings, sink, runs.command?.pid)
  const show = new Show(settings, runs, output, interruption)
  await show.readAll()
  const results = await Promise.all([runs.command, runs.attached].filter((it) => it !== undefined))
  if (interruption.signal !== 'SIGPIPE') {
    try {
      output.end()
      if (settings.summary !== 'none' && !show.hasNotBegun) {
        const { calls } = output.summary() ?? results[0]?.summary() ?? { calls: [] }
        sink.write(summaryText(withoutOverhead(calls, settings.overheadNs), summary))
      }
    } catch (error) {
      // Nobody reads the last lines; all has ended by now, and as it would have otherwise.
      if (!(error instanceof NoReaderError)) throw error
    }
  }
  if (settings.quietness < 2) sayWhatIsMissing(results, settings, show.hasLeft || interruption.signal !== undefined)
  await sink.close()
  if (interruption.signal !== undefined) dieOf(signalNumber(interruption.signal) ?? 1)
  // The end of a command that was let go is nobody's concern, as with strace.
  if (!isCommand || isDaemon || show.hasLeftCommand) return 0
  const [result] = results
  if (result?.signal !== undefined) dieOf(signalNumber(result.signal) ?? 1)
  return result?.exitCode ?? 1
}

function sayWhatIsMissing(results: readonly TraceResult[], { rules }: Settings, hasLeft: boolean): void {
  const reasons = new Set(results.flatMap(({ incomplete }) => incomplete))
  if (reasons.delete('rule-unread')) say('a rule left calls alone that could not be compared with it')
  // What could not be overwritten was told call by call.
  const isTold = rules.inject.some((rule) => (rule.pokeEnter ?? rule.pokeExit) !== undefined)
  if (reasons.delete('rule-failed') && !isTold) say('something that a rule wanted could not be done')
  if (hasLeft) reasons.delete('detached')
  if (reasons.size > 0) say(`not everything was seen: ${[...reasons].join(', ')}`)
}

/** Undefined where there is nothing to trace; why has been said then. */
async function start(
  settings: Settings,
  command: readonly string[],
  inherited: readonly number[],
): Promise<Runs | undefined> {
  // What can be wrong is found before anybody is stopped.
  const user = settings.user === undefined ? {} : readUser(settings.user)
  const { run: attached } = settings.attach.length === 0 ? {} : await startAttached(settings)
  const others = attached === undefined ? {} : { attached }
  if (command.length === 0) return attached === undefined ? undefined : others
  const { tracee } = settings
  const run =
    tracee === undefined
      ? startCommand(settings, command, { ...user, inheritFds: inherited })
      : startTracee(settings, tracee)
  if (run.pid === undefined) {
    leave(others)
    await run
  }
  return { command: run, isOthers: tracee !== undefined, ...others }
}

function openSink({ output, append, separately }: Settings): Sink {
  if (output === undefined || (separately && !isCommandLine(output))) return standardError()
  return isCommandLine(output) ? openCommand(output.slice(1)) : openFile(output, append)
}

/** As strace, which looks for the path that a path leads to as well. */
function withRealPaths({ paths, quietness, quiet }: Settings): string[] {
  const isQuiet = quietness > 2 || quiet?.has('path-resolution') === true
  return paths.flatMap((path) => {
    const real = realPath(path)
    if (real === path) return [path]
    if (!isQuiet) say(`Requested path "${path}" resolved into "${real}"`)
    return [path, real]
  })
}

function realPath(path: string): string {
  try {
    // Node takes an empty path for the working directory, realpath(3) does not.
    return path === '' ? path : realpathSync(path)
  } catch {
    return path
  }
}
