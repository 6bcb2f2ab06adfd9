/** What of the system's settings stands in the way of ptrace, and how to lift it. */

import { describeTracer, mayTraceAnything, readStatus, readYamaScope } from './proc.ts'

/** A thing that `diagnose()` looked at. */
export interface Obstacle {
  /** What it is about: the addon (`native`), whether a process could be traced (`ptrace`), settings of the system, a tracer of this process. */
  readonly subject: 'platform' | 'kernel' | 'native' | 'ptrace' | 'yama' | 'capabilities' | 'seccomp' | 'tracer'
  /** `blocked`: no tracing at all. `limited`: commands can be traced, but not every running process. */
  readonly status: 'ok' | 'limited' | 'blocked'
  /** What was found, as a sentence. */
  readonly found: string
  /** How to lift it. */
  readonly remedy?: string
}

/** What may have made the kernel refuse a request. */
export function ptraceObstacles(proc: string): readonly Obstacle[] {
  return [...checkPermissions(proc, true)].filter((it) => it.status !== 'ok')
}

/** `isRefused`: ptrace was tried, and is known not to work. */
export function* checkPermissions(proc: string, isRefused: boolean): Generator<Obstacle> {
  const status = readStatus(proc, 'self')
  if (status === undefined) return
  const isPrivileged = mayTraceAnything(status)
  yield checkYama(readYamaScope(proc), isPrivileged)
  yield isPrivileged
    ? { subject: 'capabilities', status: 'ok', found: 'This process has CAP_SYS_PTRACE.' }
    : {
        subject: 'capabilities',
        status: status.uid === 0 ? 'limited' : 'ok',
        found: 'This process has no CAP_SYS_PTRACE: it can trace commands, and attach to processes of its own user.',
        ...(status.uid === 0 ? { remedy: 'Start the container with --cap-add=SYS_PTRACE.' } : {}),
      }
  yield checkSeccomp(status.seccomp, isRefused)
  if (status.tracerPid !== 0) {
    yield {
      subject: 'tracer',
      status: 'limited',
      found: `This process is traced itself, by ${describeTracer(proc, status.tracerPid)}, which may hold its children too.`,
      remedy: 'Run it without that tracer: a process has one tracer at most.',
    }
  }
}

function checkYama(scope: number | undefined, isPrivileged: boolean): Obstacle {
  const subject = 'yama'
  if (scope === undefined) return { subject, status: 'ok', found: 'The kernel has no Yama.' }
  const where = `kernel.yama.ptrace_scope is ${scope}`
  if (scope === 0 || (scope < 3 && isPrivileged)) return { subject, status: 'ok', found: `${where}.` }
  const remedy = 'sudo sysctl kernel.yama.ptrace_scope=0, or run with CAP_SYS_PTRACE (docker run --cap-add=SYS_PTRACE).'
  if (scope === 1) return { subject, status: 'limited', found: `${where}: only own descendants can be traced.`, remedy }
  if (scope === 2) return { subject, status: 'blocked', found: `${where}: only CAP_SYS_PTRACE may trace.`, remedy }
  const found = `${where}: nobody may trace, and that stays so until the next boot.`
  return { subject, status: 'blocked', found, remedy: 'Boot with kernel.yama.ptrace_scope below 3 (/etc/sysctl.d).' }
}

function checkSeccomp(mode: number, isRefused: boolean): Obstacle {
  const subject = 'seccomp'
  if (mode !== 2) return { subject, status: 'ok', found: 'No seccomp filter holds this process.' }
  const found = 'A seccomp filter holds this process, as in most containers.'
  if (!isRefused) return { subject, status: 'ok', found: `${found} It allows ptrace.` }
  const remedy =
    'docker run --cap-add=SYS_PTRACE, or --security-opt seccomp=unconfined. In Kubernetes: securityContext.capabilities.add.'
  return { subject, status: 'limited', found: `${found} It may forbid ptrace.`, remedy }
}
