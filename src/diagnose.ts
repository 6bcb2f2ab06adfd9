/** Whether tracing works here, and if not, what stands in the way and how to lift it. */

import { startSession } from './engine.ts'
import { loadNative } from './native.ts'
import { checkPermissions, type Obstacle } from './obstacles.ts'
import { readKernelRelease } from './proc.ts'
import { prepareCommand } from './spawn.ts'
import { readTraceOptions } from './validate.ts'

/** What `diagnose()` found. */
export interface Diagnosis {
  /** Whether `trace()` works. */
  readonly isSupported: boolean
  /** Whether `attach()` works, too, for any process of the same user. */
  readonly canAttach: boolean
  /** One entry per subject that was looked at, those that are in order included. */
  readonly checks: readonly Obstacle[]
}

/** Where `diagnose()` looks. */
export interface DiagnoseOptions {
  /**
   * Where procfs is mounted. Other than the default, only what the files there say is judged.
   * @default '/proc'
   */
  readonly proc?: string
}

/** What `diagnose` looks at beside procfs. */
export interface Surroundings {
  readonly proc: string
  readonly platform: string
  readonly arch: string
  /** Throws, with the reason, where the addon is missing. `undefined`: not looked at. */
  readonly load?: (() => unknown) | undefined
  /** Traces a process for an instant; throws where that is refused. `undefined`: not tried. */
  readonly attempt?: (() => void) | undefined
}

/**
 * Says what the system allows. Starts a process for an instant to see whether it can be traced.
 * @example
 * for (const check of diagnose().checks) if (check.status !== 'ok') console.error(check.found, check.remedy)
 */
export function diagnose({ proc = '/proc' }: DiagnoseOptions = {}): Diagnosis {
  const { platform, arch } = process
  return proc === '/proc'
    ? diagnoseIn({ proc, platform, arch, load: loadNative, attempt: traceForAnInstant })
    : diagnoseIn({ proc, platform, arch })
}

let isKnownToWork = false

/** Whether `trace()` works here. `diagnose()` says why not. */
export function isSupported(): boolean {
  isKnownToWork ||= diagnose().isSupported
  return isKnownToWork
}

export function diagnoseIn(surroundings: Surroundings): Diagnosis {
  const platform = checkPlatform(surroundings)
  const checks = platform.status === 'ok' ? [platform, ...checkSystem(surroundings)] : [platform]
  return {
    isSupported: checks.every((it) => it.status !== 'blocked'),
    canAttach: checks.every((it) => it.status === 'ok'),
    checks,
  }
}

function checkPlatform({ platform, arch }: Surroundings): Obstacle {
  if (platform === 'linux' && arch === 'x64')
    return { subject: 'platform', status: 'ok', found: 'This is Linux on x86_64.' }
  return {
    subject: 'platform',
    status: 'blocked',
    found: `This is ${platform} on ${arch}; syscope traces on Linux x86_64 only.`,
    remedy: 'Run it in a Linux x86_64 container or virtual machine. Reading saved traces works everywhere.',
  }
}

function* checkSystem(surroundings: Surroundings): Generator<Obstacle> {
  yield checkKernel(surroundings.proc)
  const native = surroundings.load && checkNative(surroundings.load)
  if (native !== undefined) yield native
  const ptrace = native?.status === 'blocked' ? undefined : surroundings.attempt && checkPtrace(surroundings.attempt)
  if (ptrace !== undefined) yield ptrace
  yield* checkPermissions(surroundings.proc, ptrace?.status === 'blocked')
}

function checkKernel(proc: string): Obstacle {
  const release = readKernelRelease(proc)
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release ?? '') ?? []
  const subject = 'kernel'
  if (major === undefined || minor === undefined) {
    const remedy = 'Mount procfs at /proc: syscope reads facts about processes there.'
    return { subject, status: 'blocked', found: `${proc} does not say which kernel runs.`, remedy }
  }
  if (Number(major) > 5 || (Number(major) === 5 && Number(minor) >= 3)) {
    return { subject, status: 'ok', found: `The kernel is Linux ${release}.` }
  }
  const found = `The kernel is Linux ${release}, which has no PTRACE_GET_SYSCALL_INFO.`
  return { subject, status: 'blocked', found, remedy: 'Linux 5.3 or later is needed.' }
}

function checkNative(load: () => unknown): Obstacle {
  try {
    load()
    return { subject: 'native', status: 'ok', found: 'The native addon is installed.' }
  } catch (error) {
    const remedy = 'Install again without --omit=optional or --no-optional, on the system that will run it.'
    return { subject: 'native', status: 'blocked', found: messageOf(error), remedy }
  }
}

function checkPtrace(attempt: () => void): Obstacle {
  try {
    attempt()
    return { subject: 'ptrace', status: 'ok', found: 'A process could be traced.' }
  } catch (error) {
    return { subject: 'ptrace', status: 'blocked', found: `A process could not be traced: ${messageOf(error)}` }
  }
}

/** Node itself is the one program that is surely there. It is killed before it has done anything. */
function traceForAnInstant(): void {
  const settings = readTraceOptions({ stdio: 'ignore', env: {}, extendEnv: false })
  const command = prepareCommand({ file: process.execPath, args: ['--version'] }, {}, settings.stdio)
  startSession({ command }, settings, { file: process.execPath }, () => {}).abandon()
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
