/** Tracing a command or running processes, from the first event to the exit status. */

import { readPolicy, saveWhile, signalNumber, SyscopeError } from '../../index.ts'
import { startTracee } from './daemon.ts'
import { inheritedFds } from './inherited.ts'
import { leave, watchSignals, type Runs } from './interrupt.ts'
import { sayWhatIsMissing } from './missing.ts'
import { createOutput } from './output.ts'
import { withoutOverhead } from './overhead.ts'
import { withRealPaths } from './real-paths.ts'
import { ruleFailure, rulesOf } from './rules.ts'
import type { Settings } from './settings.ts'
import { Show } from './show.ts'
import { say } from './say.ts'
import { checkWritable, NoReaderError, openSink, standardError } from './sink.ts'
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
  const sink = openSink(settings, standardError)
  if (settings.save !== undefined) checkWritable(settings.save)
  const runs = await start(settings, command, inherited).catch((error: unknown) => {
    throw ruleFailure(error, settings.rules) ?? error
  })
  if (runs === undefined) return 1
  const saving = settings.save === undefined ? undefined : save(runs, settings.save)
  const isCommand = runs.command !== undefined
  const isDaemon = settings.tracee !== undefined
  const usual = isDaemon ? 'never_tstp' : settings.output !== undefined && isCommand ? 'never' : 'waiting'
  const interruptible = settings.interruptible ?? usual
  const interruption = watchSignals(runs, interruptible)
  const output = createOutput(settings, sink, runs.command?.pid)
  const show = new Show(settings, runs, output, interruption)
  await show.readAll()
  const results = await Promise.all([runs.command, runs.attached].filter((it) => it !== undefined))
  const notSaved = await saving
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
  if (settings.quietness < 2) {
    const hasLeft = show.hasLeft || interruption.signal !== undefined
    sayWhatIsMissing(new Set(results.flatMap(({ incomplete }) => incomplete)), settings, hasLeft)
  }
  // As with -o on a full disk, the command's end is the news all the same.
  if (notSaved !== undefined) say(notSaved.message)
  await sink.close()
  if (interruption.signal !== undefined) dieOf(signalNumber(interruption.signal) ?? 1)
  // The end of a command that was let go is nobody's concern, as with strace.
  if (!isCommand || isDaemon || show.hasLeftCommand) return 0
  const [result] = results
  if (result?.signal !== undefined) dieOf(signalNumber(result.signal) ?? 1)
  return result?.exitCode ?? 1
}

/** Resolves with what went wrong, once the trace is in the file. Failures of the run itself are told by the run. */
async function save({ command, attached }: Runs, path: string): Promise<SyscopeError | undefined> {
  try {
    const run = command ?? attached
    if (run !== undefined) await saveWhile(run, path)
    return undefined
  } catch (error) {
    if (error instanceof SyscopeError) return error
    throw error
  }
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
