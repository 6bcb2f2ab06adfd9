/** Errors of the API in strace's words. */

import { existsSync, readFileSync } from 'node:fs'
import { SyscopeError } from '../../index.ts'
import { failureWords } from './errno-words.ts'

/** One message per line, most important first. */
export function failureMessages(error: unknown, file: string | undefined): readonly string[] {
  if (!(error instanceof SyscopeError)) return [String(error)]
  const { message } = error
  switch (error.code) {
    case 'ERR_SYSCOPE_UNKNOWN_SYSCALL':
    case 'ERR_SYSCOPE_UNKNOWN_CLASS': {
      const word = wordOf(error)
      const suggestion = /Did you mean .*$/.exec(message)?.[0]
      const first = word === undefined ? message : `invalid system call '${word}'`
      return suggestion === undefined || word === undefined ? [first] : [first, suggestion]
    }
    case 'ERR_SYSCOPE_ATTACH_DENIED':
    case 'ERR_SYSCOPE_ALREADY_TRACED':
    case 'ERR_SYSCOPE_NO_SUCH_PROCESS':
      return error.pid === undefined
        ? [message]
        : [`attach: ptrace(${error.operation ?? 'PTRACE_SEIZE'}, ${error.pid}): ${words(error)}`, ...hint(error)]
    case 'ERR_SYSCOPE_COMMAND_NOT_FOUND':
      if (file?.includes('/') === false) return [`Cannot find executable '${file}'`]
      return [`Cannot stat '${file}': ${words(error)}`, ...(existsSync(file ?? '') ? [message] : [])]
    case 'ERR_SYSCOPE_COMMAND_NOT_EXECUTABLE':
      return [`exec: ${words(error)}`, message]
    default:
      return [message]
  }
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

function wordOf(error: SyscopeError): string | undefined {
  return 'word' in error && typeof error.word === 'string' ? error.word : undefined
}
