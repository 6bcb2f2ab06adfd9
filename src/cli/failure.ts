/** Errors of the API in strace's words. */

import { existsSync, readFileSync } from 'node:fs'
import { SyscopeError } from '../../index.ts'
import { failureWords } from './errno-words.ts'

/** One message per line, most important first. */
export function failureMessages(error: unknown, file: string | undefined): readonly string[] {
  if (!(error instanceof SyscopeError)) return [String(error)]
  const { message } = error
  switch (error.code) {
    case 'ERR_SYSCOPE_ATTACH_DENIED':
    case 'ERR_SYSCOPE_ALREADY_TRACED':
    case 'ERR_SYSCOPE_NO_SUCH_PROCESS':
      return error.pid === undefined
        ? [message]
        : [`attach: ptrace(${error.operation ?? 'PTRACE_SEIZE'}, ${error.pid}): ${words(error)}`, ...hint(error)]
    case 'ERR_SYSCOPE_COMMAND_NOT_FOUND':
      if (file?.includes('/') === false) return [`Cannot find executable '${file}'`]
      // What is missing then is what a script's first line names, or the loader of a program.
      if (existsSync(file ?? '')) return [`exec: ${words(error)}`, message]
      return [`Cannot stat '${file}': ${words(error)}`]
    case 'ERR_SYSCOPE_COMMAND_NOT_EXECUTABLE':
      return [`exec: ${words(error)}`, message]
    case 'ERR_SYSCOPE_OWN_CHILD':
      return [`attach: pid ${error.pid}: a child of syscope, which cannot attach to it`]
    default:
      return [asTyped(message)]
  }
}

/** What the options of the API are called on the command line. */
const typed: Readonly<Record<string, string>> = {
  filter: '-e trace=',
  deny: '--deny',
  uid: '-u',
  gid: '-u',
  env: '-E',
  argv0: '--argv0',
  stringLimit: '-s',
}

function asTyped(message: string): string {
  return message
    .replaceAll(/\b(?:the|this) `(\w+)` option/gi, (whole, name: string) => typed[name] ?? whole)
    .replace("Use mode 'stops'.", 'Leave --seccomp-bpf out.')
}

/** What strace adds where it finds out why it may not attach. */
function hint(error: SyscopeError): readonly string[] {
  if (error.code === 'ERR_SYSCOPE_NO_SUCH_PROCESS') return []
  const tracer = tracerOf(error.pid ?? 0)
  return [tracer === 0 ? error.message : `Process ${error.pid} is already being traced by pid ${tracer}`]
}

/** The process that traces `pid`; 0 where none does. */
function tracerOf(pid: number): number {
  // The kernel names the thread, which need not be the leader of its process.
  const thread = statusField(pid, 'TracerPid')
  return thread === 0 ? 0 : statusField(thread, 'Tgid') || thread
}

function statusField(pid: number, field: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  } catch {
    return 0
  }
}

function words(error: SyscopeError): string {
  const errno =
    error.errno ??
    (error.code === 'ERR_SYSCOPE_NO_SUCH_PROCESS'
      ? 'ESRCH'
      : error.code === 'ERR_SYSCOPE_COMMAND_NOT_FOUND'
        ? 'ENOENT'
        : 'EPERM')
  return failureWords(errno)
}
