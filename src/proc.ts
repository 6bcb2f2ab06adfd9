/** The few facts of /proc that decide whether ptrace works. `proc` is its root. */

import { readFileSync } from 'node:fs'

export interface ProcessStatus {
  readonly name: string
  /** The process, where the number was that of a thread. */
  readonly pid: number
  /** It has ended, and its parent has not asked for its status yet. */
  readonly isZombie: boolean
  /** Effective user id. */
  readonly uid: number
  /** The thread that traces it, 0 where nobody does. */
  readonly tracerPid: number
  /** 0 off, 1 strict, 2 a filter (as containers have). */
  readonly seccomp: number
  /** Effective capabilities, a bit each. */
  readonly capabilities: bigint
}

const CAP_SYS_PTRACE = 19n

/** `undefined` where there is no such process, or no /proc. */
export function readStatus(proc: string, pid: number | 'self'): ProcessStatus | undefined {
  const text = readText(`${proc}/${pid}/status`)
  if (text === undefined) return undefined
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    if (colon !== -1) fields.set(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  const capabilities = fields.get('CapEff') ?? ''
  return {
    name: fields.get('Name') ?? '?',
    pid: Number(fields.get('Tgid') ?? 0),
    isZombie: fields.get('State')?.startsWith('Z') === true,
    uid: Number(fields.get('Uid')?.split(/\s+/)[1] ?? -1),
    tracerPid: Number(fields.get('TracerPid') ?? 0),
    seccomp: Number(fields.get('Seccomp') ?? 0),
    capabilities: /^[0-9a-f]+$/i.test(capabilities) ? BigInt(`0x${capabilities}`) : 0n,
  }
}

export function mayTraceAnything(status: ProcessStatus): boolean {
  return ((status.capabilities >> CAP_SYS_PTRACE) & 1n) === 1n
}

/** 0 to 3 (Documentation/admin-guide/LSM/Yama.rst); `undefined` where the kernel has no Yama. */
export function readYamaScope(proc: string): number | undefined {
  const text = readText(`${proc}/sys/kernel/yama/ptrace_scope`)
  return text === undefined ? undefined : Number(text.trim())
}

/** `6.18.44-generic`. */
export function readKernelRelease(proc: string): string | undefined {
  return readText(`${proc}/sys/kernel/osrelease`)?.trim()
}

/** The process that a thread belongs to: tracers are threads. */
export function readProcessOf(proc: string, tid: number): ProcessStatus | undefined {
  const thread = readStatus(proc, tid)
  return thread === undefined || thread.pid === tid ? thread : readStatus(proc, thread.pid)
}

/** `gdb (pid 7)`. */
export function describeTracer(proc: string, tid: number): string {
  const found = readProcessOf(proc, tid)
  return found === undefined ? `thread ${tid}` : `${found.name} (pid ${found.pid})`
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
