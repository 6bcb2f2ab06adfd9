/** What strace checks once all options are read: which need each other, and which exclude each other. */

import { UsageError } from './getopt.ts'
import { say } from './say.ts'
import type { Settings } from './settings.ts'
import { ValueError } from './values.ts'

const counting = '(-c/--summary-only or -C/--summary)'

/** Throws `UsageError` or `ValueError`, and says what has no effect. */
export function checkSettings(settings: Settings, command: readonly string[]): void {
  if (settings.load === undefined) checkSubject(settings, command)
  else refuseToRun(settings, command)
  if (settings.killOnExit && settings.daemonize !== undefined) {
    throw new ValueError('--kill-on-exit and -D/--daemonize are mutually exclusive options')
  }
  if (settings.quietness > 0 && settings.quiet !== undefined) {
    throw new ValueError('-q and -e quiet/--quiet cannot be provided simultaneously')
  }
  readClockLetters(settings)
  checkSeccomp(settings, command)
  checkSummary(settings)
  checkSeparate(settings)
  if (settings.killOnExit && settings.attach.length > 0) {
    throw new ValueError('--kill-on-exit and -p/--attach are mutually exclusive options')
  }
  if (settings.json && (settings.dumpRead ?? settings.dumpWrite) !== undefined) {
    say('-e read= and -e write= have no effect with --json; -s says how much of the data it has')
  }
  if (settings.append && settings.output === undefined) {
    say('-A/--output-append-mode has no effect without -o/--output')
  }
  if (settings.statusLetters > 1) {
    say(
      'Only the last of -z/--successful-only/-Z/--failed-only options will take effect. ' +
        'See status qualifier for more complex filters.',
    )
  }
}

/** As much of it as has to be known before -D starts a second syscope, which checks the rest. */
export function checkSubject(settings: Settings, command: readonly string[]): void {
  const { attach, argv0, user, environment, daemonize, daemonLetters } = settings
  if (command[0] === '') throw new ValueError("Cannot find executable ''")
  checkSave(settings, command)
  if (command.length > 0) {
    if (daemonLetters <= 3) return
    throw new UsageError(`Too many -D's (${daemonLetters}), maximum supported -D count is 3`)
  }
  if (attach.length === 0) throw new UsageError('must have PROG [ARGS] or -p PID')
  if (argv0 !== undefined) throw new UsageError('PROG [ARGS] must be specified with --argv0')
  if (daemonize !== undefined) throw new UsageError('PROG [ARGS] must be specified with -D/--daemonize')
  if (user !== undefined) say('-u/--user has no effect without PROG [ARGS]')
  if (environment.length > 0) say('-E/--env has no effect without PROG [ARGS]')
}

function checkSave({ save, attach, daemonize, output }: Settings, command: readonly string[]): void {
  if (save === undefined) return
  if (save === '') throw new ValueError("--save: Can't fopen '': No such file or directory")
  if (save === output) throw new UsageError('--save and -o/--output cannot name the same file')
  if (daemonize !== undefined) throw new UsageError('--save and -D/--daemonize are mutually exclusive')
  if (attach.length > 0 && command.length > 0) {
    throw new UsageError('--save holds one run: with it, either PROG [ARGS] or -p/--attach must be given, not both')
  }
}

/** What is about programs that run has no meaning for one that is over. */
function refuseToRun(settings: Settings, command: readonly string[]): void {
  const given = {
    'PROG [ARGS]': command.length > 0,
    '-p/--attach': settings.attach.length > 0,
    '--save': settings.save !== undefined,
    '-D/--daemonize': settings.daemonize !== undefined,
    '-u/--user': settings.user !== undefined,
    '-E/--env': settings.environment.length > 0,
    '--argv0': settings.argv0 !== undefined,
    '-b/--detach-on': settings.detachOnExec,
    '-I/--interruptible': settings.interruptible !== undefined,
    '--kill-on-exit': settings.killOnExit,
    '--seccomp-bpf': settings.seccomp,
    '-e inject/--inject and -e fault/--fault': settings.inject.length > 0,
    '--deny': settings.deny.length > 0,
    '--policy': settings.policyFiles.length > 0,
  }
  for (const [what, isGiven] of Object.entries(given)) {
    if (isGiven) throw new UsageError(`--load and ${what} are mutually exclusive: nothing is run`)
  }
}

function readClockLetters(settings: Settings): void {
  const { clockLetters, clock } = settings
  if (clockLetters === 0) return
  if (clock !== undefined) throw new ValueError('-t and --absolute-timestamps cannot be provided simultaneously')
  settings.clock = { format: clockLetters < 3 ? 'time' : 'unix', precision: clockLetters < 2 ? 0 : 6 }
}

/** Where a process is to be let go, the kernel's filter would stay behind on it. */
function checkSeccomp(settings: Settings, command: readonly string[]): void {
  const { seccomp, detachOnExec, callLimit, attach, daemonize } = settings
  if (!seccomp) return
  if (detachOnExec) say('--seccomp-bpf is not enabled because it is not compatible with -b')
  if (callLimit !== undefined) say('--seccomp-bpf is not enabled because it is not compatible with --syscall-limit')
  if (daemonize !== undefined) say('--seccomp-bpf is not enabled because it is not compatible with -D')
  if (attach.length > 0) say('--seccomp-bpf is not enabled for processes attached with -p')
  settings.seccomp = command.length > 0 && !detachOnExec && callLimit === undefined && daemonize === undefined
}

function checkSummary(settings: Settings): void {
  const { summary, json, summaryColumns, wallClock, summarySortBy } = settings
  if (json && summary !== 'none') throw new UsageError(`--json and ${counting} are mutually exclusive`)
  if (summary === 'only') sayWithoutEffect(settings)
  if (summary !== 'none') return
  if (summaryColumns !== undefined) throw new UsageError(`-U/--summary-columns must be given with ${counting}`)
  if (wallClock) throw new UsageError(`-w/--summary-wall-clock must be given with ${counting}`)
  if (summarySortBy !== undefined) say(`-S/--summary-sort-by has no effect without ${counting}`)
}

function sayWithoutEffect(settings: Settings): void {
  const given = {
    '-i/--instruction-pointer': settings.instructionPointers,
    '-n/--syscall-number': settings.syscallNumbers,
    '-N/--arg-names': settings.argumentNames,
    '-r/--relative-timestamps': settings.sinceLast !== undefined,
    '-t/--absolute-timestamps': settings.clock !== undefined,
    '-T/--syscall-times': settings.durations !== undefined,
    '-y/--decode-fds': settings.decodeFds !== false,
  }
  for (const [option, isGiven] of Object.entries(given)) {
    if (isGiven) say(`${option} has no effect with -c/--summary-only`)
  }
}

function checkSeparate({ separately, follow, summary, output, json }: Settings): void {
  if (!separately) return
  if (summary !== 'none') throw new UsageError(`${counting} and -ff/--output-separately are mutually exclusive`)
  if (json) throw new UsageError('--json and -ff/--output-separately are mutually exclusive')
  if (/^[|!]/.test(output ?? '')) {
    throw new UsageError('piping the output and -ff/--output-separately are mutually exclusive')
  }
  if (output === undefined && !follow) say('--output-separately has no effect without -o/--output')
}
