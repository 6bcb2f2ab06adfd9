/** The command: reads the command line, and leaves the rest to what it asks for. */

import { checkSettings, checkSubject } from './check.ts'
import { runFaults } from './faults.ts'
import { UsageError } from './getopt.ts'
import { readCommandLine } from './options.ts'
import { say, sayHowToGetHelp } from './say.ts'
import type { Settings } from './settings.ts'
import { codeOf, NoReaderError, standardOutput } from './sink.ts'
import { ValueError } from './values.ts'
import { tracerWord } from './words.ts'

/** Runs `syscope` with these words; ends the process. */
export async function main(words: readonly string[]): Promise<void> {
  let file: string | undefined
  // Not an option: what the scripts of --completion ask.
  if (words[0] === '--complete') {
    const { complete } = await import('./completion.ts')
    print(
      complete(words.slice(words[1] === '--' ? 2 : 1))
        .map((line) => `${line}\n`)
        .join(''),
    )
    return
  }
  try {
    const isTracer = words[0] === tracerWord
    const { settings, command } = readCommandLine(isTracer ? words.slice(2) : words)
    if (isTracer) settings.tracee = Number(words[1])
    file = command[0]
    process.exitCode = await dispatch(settings, command, words)
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

async function dispatch(settings: Settings, command: readonly string[], words: readonly string[]): Promise<number> {
  if (settings.help) return print((await import('./help.ts')).helpText(process.stdout.isTTY))
  if (settings.version) return print((await import('./version.ts')).versionText())
  if (settings.completion !== undefined) {
    return print((await import('./completion.ts')).completionScript(settings.completion))
  }
  if (settings.doctor) {
    const { text, isSupported } = (await import('./doctor.ts')).doctorReport()
    print(text)
    return isSupported ? 0 : 1
  }
  if (settings.faults !== undefined) return runFaults(settings.faults, settings, command)
  if (settings.load !== undefined) {
    checkSettings(settings, command)
    const { showSaved } = await import('./show-saved.ts')
    return showSaved(settings.load, settings)
  }
  const { daemonize, tracee } = settings
  if (daemonize !== undefined && tracee === undefined) {
    checkSubject(settings, command)
    const { becomeCommand } = await import('./daemon.ts')
    becomeCommand({ ...settings, daemonize }, command, words)
    return 1
  }
  checkSettings(settings, command)
  const { run } = await import('./run.ts')
  return run(settings, command)
}

/** Throws `ValueError` where the text cannot be written, as on a full disk. */
function print(text: string): number {
  try {
    standardOutput().write(text)
  } catch (error) {
    // Who reads no further, as `head`, has had enough.
    if (!(error instanceof NoReaderError)) throw error
  }
  return 0
}
