/** --faults: runs the command again and again with something else going wrong each time, and prints what broke. */

import {
  faultPresets,
  faults,
  signalNumber,
  type FaultPreset,
  type FaultsOptions,
  type FaultsProgress,
} from '../../index.ts'
import { UsageError } from './getopt.ts'
import type { CliOption } from './options.ts'
import { ProgressLine } from './progress.ts'
import type { Settings } from './settings.ts'
import { NoReaderError, openSink, standardOutput, type Sink } from './sink.ts'
import { dieOf } from './status.ts'
import { ValueError } from './values.ts'

/** What the value of --faults can hold beside names of presets. */
const modes: Readonly<Record<string, FaultsOptions>> = {
  lasting: { repeat: 'lasting' },
  'from-start': { from: 'start' },
  'in-place': { fixture: false },
  first: { stopOn: 'first' },
}

/** All words of the value. */
export const faultWords: readonly string[] = [...faultPresets, ...Object.keys(modes)]

export const faultsOption: CliOption = {
  group: 'Changing calls',
  long: ['faults'],
  argument: 'optional',
  value: 'FAULTS',
  choices: faultWords,
  help:
    'Run the command again and again, in copies of the working directory, with another of its calls failing each time, and print what ' +
    'broke, with a command line that repeats it. Exit status 1 if something did. FAULTS are errors and short reads and writes ' +
    '(ENOSPC,EIO unless said), and may hold lasting (later calls of the kind fail as well), from-start (what an interpreter does first, too), ' +
    'in-place (no copies) and first (stop at the first bug). -e trace= and -P choose the calls; see docs/faults.md.',
  apply: (settings, value, spelled) => void (settings.faults = readFaults(value, spelled)),
}

/** Throws `ValueError`. */
export function readFaults(value: string, spelled: string): FaultsOptions {
  let options: FaultsOptions = {}
  const errors: FaultPreset[] = []
  for (const word of value.split(',').filter((it) => it !== '')) {
    const preset = faultPresets.find((it) => it.toLowerCase() === word.toLowerCase())
    const mode = Object.hasOwn(modes, word) ? modes[word] : undefined
    if (preset !== undefined) errors.push(preset)
    else if (mode !== undefined) options = { ...options, ...mode }
    else throw new ValueError(`invalid ${spelled} argument '${word}': it is one of ${faultWords.join(', ')}`)
  }
  return errors.length === 0 ? options : { ...options, errors }
}

/** Resolves with the exit status: 1 where something broke. The table goes to standard output, or where -o says. */
export async function runFaults(
  wanted: FaultsOptions,
  settings: Settings,
  command: readonly string[],
): Promise<number> {
  refuseOthers(settings, command)
  // Before the runs take their time.
  const sink = openSink(settings, standardOutput)
  const interruption = watchSignals()
  const progress = new ProgressLine()
  const { trace, paths, environment } = settings
  try {
    const result = await faults(command, {
      ...wanted,
      ...(trace === undefined ? {} : { calls: trace }),
      ...(paths.length === 0 ? {} : { path: paths.map(asPattern) }),
      env: changedEnvironment(environment),
      signal: interruption.signal,
      onProgress: (it) => progress.show(() => progressText(it), it.run !== undefined),
    })
    progress.clear()
    print(sink, settings.json ? JSON.stringify(result) : String(result))
    await sink.close()
    interruption.passOn()
    return result.bugs.length === 0 ? 0 : 1
  } catch (error) {
    progress.clear()
    interruption.passOn()
    throw error
  }
}

function print(sink: Sink, text: string): void {
  try {
    sink.write(`${text}\n`)
  } catch (error) {
    // Who reads no further, as `head`, has had enough.
    if (!(error instanceof NoReaderError)) throw error
  }
}

interface Interruption {
  readonly signal: AbortSignal
  /** Dies of the signal that there was, if there was one. */
  passOn(): void
}

/** The first Ctrl-C ends the sweep, and what was found is printed; the second one ends us. */
function watchSignals(): Interruption {
  const controller = new AbortController()
  let taken: string | undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      taken = signal
      controller.abort()
    })
  }
  return {
    signal: controller.signal,
    passOn: () => void (taken === undefined || dieOf(signalNumber(taken) ?? 1)),
  }
}

/** What a sweep has no use for is refused, not ignored. */
function refuseOthers(settings: Settings, command: readonly string[]): void {
  if (command.length === 0) throw new UsageError('must have PROG [ARGS] with --faults')
  const given = {
    '-p/--attach': settings.attach.length > 0,
    '-c/--summary-only and -C/--summary': settings.summary !== 'none',
    '-D/--daemonize': settings.daemonize !== undefined,
    '-u/--user': settings.user !== undefined,
    '--argv0': settings.argv0 !== undefined,
    '-ff/--output-separately': settings.separately,
    '-b/--detach-on': settings.detachOnExec,
    '--syscall-limit': settings.callLimit !== undefined,
    '--save': settings.save !== undefined,
    '--load': settings.load !== undefined,
    'rules for calls': settings.inject.length > 0 || settings.deny.length > 0 || settings.policyFiles.length > 0,
  }
  for (const [option, isGiven] of Object.entries(given)) {
    if (isGiven) throw new UsageError(`--faults and ${option} are mutually exclusive`)
  }
}

/** As -P takes it: the path itself, from the working directory. */
function asPattern(path: string): string {
  return path.startsWith('/') || path.startsWith('./') || path.startsWith('../') || path.startsWith('**')
    ? path
    : `./${path}`
}

function changedEnvironment(changes: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(
    changes.map((change) => {
      const equals = change.indexOf('=')
      return equals === -1 ? [change, undefined] : [change.slice(0, equals), change.slice(equals + 1)]
    }),
  )
}

function progressText({ done, total, found, current }: FaultsProgress): string {
  const bugs = found === 0 ? '' : `, ${found} bug${found === 1 ? '' : 's'}`
  return `${done}/${total} runs${bugs}: ${current}`
}
