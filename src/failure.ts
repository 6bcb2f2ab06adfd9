/** Failures of the engine -> errors that say what to do. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { ptraceObstacles } from './obstacles.ts'
import { SyscopeError, type ErrorCode } from './errors.ts'
import { errnoName } from './names.ts'
import type { NativeFailure } from './native.ts'
import { describeTracer, readProcessOf, readStatus } from './proc.ts'

/** What was to be traced, for the message. */
export interface Target {
  /** Absent for an attachment. */
  readonly file?: string
  readonly cwd?: string
}

/** The failure that `start` threw; anything else that was thrown is a bug and goes on as it is. */
export function readFailure(error: unknown): NativeFailure | undefined {
  // No instanceof: the addon makes Errors of the main realm, and jest runs us in another.
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined
  try {
    const failure: unknown = JSON.parse(String(error.message))
    return isFailure(failure) ? failure : undefined
  } catch {
    return undefined
  }
}

export function failureError(failure: NativeFailure, target: Target, proc = '/proc'): SyscopeError {
  const [code, message] = explain(failure, target, proc)
  const errno = failure.errno === 0 ? undefined : (errnoName(failure.errno) ?? `errno ${failure.errno}`)
  return new SyscopeError(code, message, {
    ...(failure.operation === undefined ? {} : { operation: failure.operation }),
    ...(errno === undefined ? {} : { errno }),
    ...(failure.pid === undefined ? {} : { pid: failure.pid }),
  })
}

type Explanation = readonly [ErrorCode, string]

function explain(failure: NativeFailure, target: Target, proc: string): Explanation {
  const { pid, message } = failure
  switch (failure.step) {
    case 'exec':
      return explainExec(failure, target)
    case 'chdir':
      return [
        'ERR_SYSCOPE_BAD_CWD',
        `The command cannot run in '${target.cwd}', the \`cwd\` option: ${reasonOf(failure)}.`,
      ]
    case 'spawn':
    case 'stdio':
      return ['ERR_SYSCOPE_SPAWN_FAILED', `${target.file} could not be started: ${message} (${reasonOf(failure)}).`]
    case 'setuid':
    case 'setgid':
    case 'setgroups': {
      const option = failure.step.slice('set'.length)
      const hint = 'Only root, or a process with CAP_SETUID and CAP_SETGID, can change it.'
      return [
        'ERR_SYSCOPE_SPAWN_FAILED',
        `${target.file} cannot run with this \`${option}\` option: ${reasonOf(failure)}. ${hint}`,
      ]
    }
    case 'self':
      return ['ERR_SYSCOPE_OWN_PROCESS', `Process ${pid} is this one: a process cannot trace itself.`]
    case 'own-child':
      return [
        'ERR_SYSCOPE_OWN_CHILD',
        `Process ${pid} is a child of this one, and waiting for it would take away the stops that tracing needs. Start it with trace() instead, or attach from another process.`,
      ]
    case 'gone':
      return ['ERR_SYSCOPE_NO_SUCH_PROCESS', `There is no process ${pid}.`]
    case 'already-traced':
    case 'denied':
    case 'seize':
      return explainRefusal(failure, target, proc)
    case 'kernel':
      return ['ERR_SYSCOPE_UNSUPPORTED_KERNEL', `${message}. Linux 5.3 or later is needed.`]
    case 'filter':
      return ['ERR_SYSCOPE_ENGINE', `The kernel takes no seccomp filter here (${reasonOf(failure)}). Use mode 'stops'.`]
    case 'rules':
      return ['ERR_SYSCOPE_RULE_UNENFORCEABLE', `The rules cannot be enforced: ${message}.`]
    default:
      return [
        'ERR_SYSCOPE_ENGINE',
        `The tracer failed at ${failure.step}: ${message}. This is a bug of syscope; please report it.`,
      ]
  }
}

function explainExec(failure: NativeFailure, { file = 'The command', cwd = '.' }: Target): Explanation {
  switch (errnoName(failure.errno)) {
    case 'ENOENT':
      // A script whose #! line, or a program whose dynamic loader, names a file that is not there.
      return file.includes('/') && existsSync(resolve(cwd, file))
        ? ['ERR_SYSCOPE_COMMAND_NOT_FOUND', `${file} is there, but the interpreter or loader that it names is not.`]
        : ['ERR_SYSCOPE_COMMAND_NOT_FOUND', `Command not found: there is no ${file}.`]
    case 'ENOTDIR':
      return ['ERR_SYSCOPE_COMMAND_NOT_FOUND', `Command not found: a part of ${file} is not a directory.`]
    case 'EACCES':
    case 'EPERM':
      return [
        'ERR_SYSCOPE_COMMAND_NOT_EXECUTABLE',
        `${file} is not executable: its mode, a directory above it, or the mount forbids it.`,
      ]
    case 'ENOEXEC':
      return [
        'ERR_SYSCOPE_COMMAND_NOT_EXECUTABLE',
        `${file} is neither a program for this machine nor a script with a #! line. Run it as an argument of its interpreter.`,
      ]
    case 'E2BIG':
      return ['ERR_SYSCOPE_SPAWN_FAILED', `${file} could not be started: arguments and environment are too long.`]
    default:
      return ['ERR_SYSCOPE_SPAWN_FAILED', `${file} could not be started: execve failed with ${reasonOf(failure)}.`]
  }
}

function explainRefusal(failure: NativeFailure, target: Target, proc: string): Explanation {
  const { pid } = failure
  const found = pid === undefined ? undefined : readStatus(proc, pid)
  if (failure.step === 'already-traced' || (found !== undefined && found.tracerPid !== 0)) {
    const tracer = found === undefined || found.tracerPid === 0 ? '' : `, by ${whoTraces(proc, found.tracerPid)}`
    return [
      'ERR_SYSCOPE_ALREADY_TRACED',
      `Process ${pid} is traced already${tracer}. A process has one tracer at most.`,
    ]
  }
  if (found?.isZombie === true) return ['ERR_SYSCOPE_NO_SUCH_PROCESS', `Process ${pid} has ended.`]
  const hints = ptraceObstacles(proc).map((it) => [it.found, it.remedy].filter((part) => part !== undefined).join(' '))
  const own = readStatus(proc, 'self')
  if (target.file !== undefined) {
    return [
      'ERR_SYSCOPE_PTRACE_DENIED',
      [`${target.file} could not be traced: ${reasonOf(failure)}.`, ...hints].join(' '),
    ]
  }
  if (found !== undefined && own !== undefined && found.uid !== own.uid && own.uid !== 0) {
    hints.unshift(`It runs as user ${found.uid}, this process as user ${own.uid}. Run as that user, or as root.`)
  }
  if (hints.length === 0) hints.push('It may have more privileges than this process, or a security module protects it.')
  return ['ERR_SYSCOPE_ATTACH_DENIED', [`Process ${pid} may not be traced: ${reasonOf(failure)}.`, ...hints].join(' ')]
}

function whoTraces(proc: string, tid: number): string {
  return readProcessOf(proc, tid)?.pid === process.pid ? 'another run of this process' : describeTracer(proc, tid)
}

function reasonOf({ errno, message }: NativeFailure): string {
  return errno === 0 ? message : (errnoName(errno) ?? `errno ${errno}`)
}

function isFailure(value: unknown): value is NativeFailure {
  return typeof value === 'object' && value !== null && 'step' in value && 'errno' in value && 'message' in value
}
