/** The command: reads the command line, and leaves the rest to what it asks for. */

import { codeOf } from './sink.ts'
import { UsageError } from './getopt.ts'
import { readCommandLine } from './options.ts'
import { say, sayHowToGetHelp } from './say.ts'
import type { Settings } from './settings.ts'
import { ValueError } from './values.ts'

/** Runs `syscope` with these words; ends the process. */
export async function main(words: readonly string[]): Promise<void> {
  let file: string | undefined
  try {
    const { settings, command } = readCommandLine(words)
    file = command[0]
    process.exitCode = await dispatch(settings, command)
  } catch (error) {
    process.exitCode = 1
    if (error instanceof UsageError) {
      say(error.message)
      sayHowToGetHelp()
    } else if (error instanceof ValueError) {
      say(error.message)
    } else if (codeOf(error)?.startsWith('ERR_SYSCOPE_') === true) {
      const { failureMessages } = await import('./failure.ts')
      for (const message of failureMessages(error, file)) say(message)
    } else {
      throw error
    }
  }
}

async function dispatch(settings: Settings, command: readonly string[]): Promise<number> {
  if (settings.help) return print((await import('./help.ts')).helpText())
  if (settings.version) return print((await import('./version.ts')).versionText())
  if (settings.doctor) return (await import('./doctor.ts')).runDoctor()
  checkSettings(settings, command)
  const { run } = await import('./run.ts')
  return run(settings, command)
}

/** What strace checks once all options are read. */
function checkSettings(settings: Settings, command: readonly string[]): void {
  if (command.length === 0 && settings.attach.length === 0) throw new UsageError('must have PROG [ARGS] or -p PID')
  if (command.length > 0 && settings.attach.length > 0) {
    throw new UsageError('a command and -p PID together are not supported')
  }
  if (command.length === 0 && settings.argv0 !== undefined) {
    throw new UsageError('PROG [ARGS] must be specified with --argv0')
  }
  if (settings.quietness > 0 && settings.quiet !== undefined) {
    throw new ValueError('-q and -e quiet/--quiet cannot be provided simultaneously')
  }
  if (settings.json && settings.summary !== 'none') throw new UsageError('--json and -c/-C are mutually exclusive')
  if (settings.summary === 'none') {
    if (settings.summaryColumns !== undefined) {
      throw new UsageError('-U/--summary-columns must be given with (-c/--summary-only or -C/--summary)')
    }
    if (settings.wallClock) {
      throw new UsageError('-w/--summary-wall-clock must be given with (-c/--summary-only or -C/--summary)')
    }
    if (settings.summarySortBy !== undefined) {
      say('-S/--summary-sort-by has no effect without (-c/--summary-only or -C/--summary)')
    }
  }
  if (settings.clockLetters > 0) {
    if (settings.clock !== undefined)
      throw new ValueError('-t and --absolute-timestamps cannot be provided simultaneously')
    settings.clock = {
      format: settings.clockLetters < 3 ? 'time' : 'unix',
      precision: settings.clockLetters < 2 ? 0 : 6,
    }
  }
  checkTogether(settings)
  if (settings.seccomp && settings.attach.length > 0) {
    say('--seccomp-bpf is not enabled for processes attached with -p')
    settings.seccomp = false
  }
  if (settings.output === undefined) {
    if (settings.append) say('-A/--output-append-mode has no effect without -o/--output')
    if (settings.separately && !settings.follow) say('--output-separately has no effect without -o/--output')
  }
  if (settings.statusLetters > 1) {
    say(
      'Only the last of -z/--successful-only/-Z/--failed-only options will take effect. ' +
        'See status qualifier for more complex filters.',
    )
  }
}

/** Options that exclude each other. */
function checkTogether({ separately, summary, output, json, killOnExit, attach }: Settings): void {
  if (separately && summary !== 'none') {
    const counting = '(-c/--summary-only or -C/--summary)'
    throw new UsageError(`${counting} and -ff/--output-separately are mutually exclusive`)
  }
  if (separately && json) throw new UsageError('--json and -ff/--output-separately are mutually exclusive')
  if (separately && /^[|!]/.test(output ?? '')) {
    throw new UsageError('piping the output and -ff/--output-separately are mutually exclusive')
  }
  if (killOnExit && attach.length > 0) {
    throw new ValueError('--kill-on-exit and -p/--attach are mutually exclusive options')
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
