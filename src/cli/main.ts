/** The command: reads the command line, and leaves the rest to what it asks for. */

import { codeOf } from './sink.ts'
import { checkSettings } from './check.ts'
import { UsageError } from './getopt.ts'
import { readCommandLine } from './options.ts'
import { say, sayHowToGetHelp } from './say.ts'
import type { Settings } from './settings.ts'
import { ValueError } from './values.ts'

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
  if (settings.help) return print((await import('./help.ts')).helpText(process.stdout.isTTY))
  if (settings.version) return print((await import('./version.ts')).versionText())
  if (settings.completion !== undefined) {
    return print((await import('./completion.ts')).completionScript(settings.completion))
  }
  if (settings.doctor) return (await import('./doctor.ts')).runDoctor()
  checkSettings(settings, command)
  const { run } = await import('./run.ts')
  return run(settings, command)
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
