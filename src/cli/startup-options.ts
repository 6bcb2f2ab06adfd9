/** Options about what is traced, how it starts, and when tracing ends. */

import type { CliOption } from './options.ts'
import { UsageError } from './getopt.ts'
import type { Settings } from './settings.ts'
import { badArgument, readInterruptible, readPids, ValueError } from './values.ts'

const daemonPlaces = ['grandchild', 'pgroup', 'session'] as const

export const startupOptions: readonly CliOption[] = [
  {
    group: 'Startup',
    short: 'p',
    long: ['attach'],
    completes: 'pids',
    argument: 'required',
    value: 'PID',
    help: 'Trace a running process with all its threads until it ends or Ctrl-C lets it go. Repeatable; "1,2" too. With a command: both.',
    apply: (settings, value) => void settings.attach.push(...readPids(value, process.pid)),
  },
  {
    group: 'Startup',
    short: 'f',
    long: ['follow-forks'],
    help: 'Trace the processes and threads that it starts as well. -ff: each into a file of its own, FILE.PID.',
    apply: (settings) => {
      settings.follow = true
      settings.followLetters++
      if (settings.followLetters > 1) settings.separately = true
    },
  },
  {
    group: 'Startup',
    long: ['output-separately'],
    help: 'With -f and -o: each thread into a file of its own, FILE.PID.',
    apply: (settings) => void (settings.separately = true),
  },
  {
    group: 'Startup',
    short: 'E',
    long: ['env'],
    argument: 'required',
    value: 'VAR[=VALUE]',
    help: 'Set a variable in the environment of the command, or take it out. Repeatable.',
    apply: (settings, value) => {
      if (value === '' || value.startsWith('=')) throw new UsageError(`invalid -E argument: '${value}'`)
      settings.environment.push(value)
    },
  },
  {
    group: 'Startup',
    short: 'u',
    long: ['user'],
    completes: 'users',
    argument: 'required',
    value: 'USER',
    help: 'Run the command as this user, by name or as UID:GID. For root only.',
    apply: (settings, value) => void (settings.user = value),
  },
  {
    group: 'Startup',
    long: ['argv0'],
    argument: 'required',
    value: 'NAME',
    help: 'What the command sees as its own name.',
    apply: (settings, value) => void (settings.argv0 = value),
  },
  {
    group: 'Startup',
    short: 'b',
    long: ['detach-on'],
    argument: 'required',
    value: 'CALL',
    choices: ['execve'],
    help: 'Let a process go when it becomes another program. The command’s own start does not count.',
    apply: (settings, value) => {
      if (value !== 'execve') throw new ValueError(`Syscall '${value}' for -b isn't supported`)
      settings.detachOnExec = true
    },
  },
  {
    group: 'Startup',
    long: ['syscall-limit'],
    argument: 'required',
    value: 'N',
    help: 'Let everything go after N calls that were shown or counted.',
    apply: (settings, value, spelled) => {
      if (!/^[0-9]+$/.test(value) || Number(value) === 0) throw badArgument(value, spelled)
      settings.callLimit = Number(value)
    },
  },
  {
    group: 'Startup',
    short: 'I',
    long: ['interruptible'],
    argument: 'required',
    value: 'WHEN',
    choices: ['anywhere', 'waiting', 'never', 'never_tstp'],
    help: 'Whether Ctrl-C and the like end the trace: anywhere or waiting (yes), never (no; usual with -o FILE COMMAND), never_tstp (Ctrl-Z neither). 1 to 4 are the same.',
    apply: (settings, value, spelled) => void (settings.interruptible = readInterruptible(value, spelled)),
  },
  {
    group: 'Startup',
    short: 'D',
    long: ['daemonize', 'daemonised', 'daemonized'],
    argument: 'optional',
    value: 'WHERE',
    choices: daemonPlaces,
    help: 'Become the command, and let another process do the tracing, so that whoever calls has the command as its child: grandchild (-D), pgroup (-DD: in a process group of its own) or session (-DDD).',
    apply: daemonize,
  },
  {
    group: 'Startup',
    long: ['kill-on-exit'],
    help: 'What syscope starts dies with it. It always does.',
    apply: (settings) => void (settings.killOnExit = true),
  },
  {
    group: 'Startup',
    long: ['seccomp-bpf'],
    help: 'Stop only at calls that are wanted, without -f too; then nobody else can trace the children. With -f it is usual.',
    apply: (settings) => void (settings.seccomp = true),
  },
]

function daemonize(settings: Settings, value: string, spelled: string): void {
  if (spelled !== '-D') {
    const lower = value.toLowerCase()
    // strace knows this one by two words.
    const word = daemonPlaces.find((it) => it === (lower === 'pgrp' ? 'pgroup' : lower))
    if (word === undefined && value !== '') throw badArgument(value, spelled)
    settings.daemonize = word ?? 'grandchild'
    return
  }
  settings.daemonLetters++
  settings.daemonize = daemonPlaces[settings.daemonLetters - 1] ?? 'session'
}
