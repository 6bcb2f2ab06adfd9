/** The least seccomp profile in the format of the OCI runtime specification, which `docker run --security-opt seccomp=FILE` reads. */

import type { Abi } from '../args/arg.ts'
import { abis, always, listed, type CallSetOfRuns } from './calls.ts'

/** What `oci()` of a profile is told. */
export interface OciOptions {
  /**
   * Also allow what the container runtime itself calls between the moment at which it installs the filter and the program's start.
   * Without it no container of runc (and so of Docker) starts, unless the program happens to make the same calls.
   * @default 'runc'
   */
  readonly forRuntime?: 'runc' | false
  /**
   * What becomes of clone3, whose flags no filter can see. `'fallback'`: it fails with ENOSYS, as in Docker's default profile, and
   * clone, which the C library uses then, is allowed. `'allow'`: it is allowed with all flags, those that make namespaces too.
   * @default 'fallback'
   */
  readonly clone3?: 'fallback' | 'allow'
}

/**
 * A seccomp profile: `linux.seccomp` of an OCI runtime's config.json, and the file that Docker, Podman and Kubernetes take.
 * @example
 * writeFileSync('seccomp.json', JSON.stringify(profile(run).oci(), undefined, 2))
 */
export interface SeccompProfile {
  readonly defaultAction: 'SCMP_ACT_ERRNO'
  /** EPERM. */
  readonly defaultErrnoRet: 1
  readonly architectures: readonly SeccompArchitecture[]
  readonly syscalls: readonly SeccompRule[]
}

/** What programs are made for. */
export type SeccompArchitecture = 'SCMP_ARCH_X86_64' | 'SCMP_ARCH_X86' | 'SCMP_ARCH_X32'

/** Rules for the same name are alternatives; the conditions of one rule have to hold all. */
export interface SeccompRule {
  readonly names: readonly string[]
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO'
  /** Number of the errno. */
  readonly errnoRet?: number
  readonly args?: readonly SeccompArgument[]
}

/** A condition on an argument, in the words of libseccomp. */
export interface SeccompArgument {
  /** Which argument, from 0. */
  readonly index: number
  /** What the argument is, or the mask of it. */
  readonly value: number
  /** What the masked argument is. */
  readonly valueTwo?: number
  readonly op: 'SCMP_CMP_EQ' | 'SCMP_CMP_MASKED_EQ'
}

const architectures: Readonly<Record<Abi, SeccompArchitecture>> = {
  x86_64: 'SCMP_ARCH_X86_64',
  i386: 'SCMP_ARCH_X86',
  x32: 'SCMP_ARCH_X32',
}

const ENOSYS = 38

/** An end and a beginning that every program has, even one that was killed before its end. */
const ofEveryProgram = ['execve', 'exit', 'exit_group']

/**
 * What runc calls when the filter is in place, up to the execve of the program: capabilities, user, working directory and
 * descriptors (libcontainer's finalizeNamespace), the exec FIFO, and what the runtime of Go does meanwhile. Tried with runc 1.1 to
 * 1.3, with and without no_new_privs; with it runc installs the filter later and needs less.
 */
const runc = `
  brk capget capset chdir clone close close_range epoll_create1 epoll_ctl epoll_pwait eventfd2 execve
  faccessat faccessat2 fchown fcntl fstat fstatfs futex getcwd getdents64 getpid getppid gettid kill lseek
  madvise mmap mprotect munmap nanosleep newfstatat openat openat2 pipe2 prctl prlimit64 read readlinkat rt_sigaction
  rt_sigprocmask sched_yield setgid setgroups setuid sigaltstack statx tgkill write
`
  .trim()
  .split(/\s+/)

export function ociProfile(calls: CallSetOfRuns, options: OciOptions = {}): SeccompProfile {
  const { forRuntime = 'runc', clone3 = 'fallback' } = options
  const seen = abis.filter((abi) => abi === 'x86_64' || calls.calls[abi].length > 0)
  const names = seen.flatMap((abi) => [...calls.calls[abi], ...always[abi]])
  const allowed = new Set([...names, ...ofEveryProgram, ...(forRuntime === 'runc' ? runc : [])])
  const fallsBack = clone3 === 'fallback' && allowed.delete('clone3')
  if (fallsBack) allowed.add('clone')
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: seen.map((abi) => architectures[abi]),
    syscalls: [
      allow([...allowed].filter((name) => !isRestricted(name, calls)).toSorted()),
      ...Object.keys(listed).flatMap((name) => calls.valuesOf(name).map((value) => allowValue(name, value))),
      ...(allowed.has('clone') ? [allowClone(calls)] : []),
      ...(fallsBack ? [{ names: ['clone3'], action: 'SCMP_ACT_ERRNO' as const, errnoRet: ENOSYS }] : []),
    ],
  }
}

function isRestricted(name: string, calls: CallSetOfRuns): boolean {
  return name === 'clone' || calls.valuesOf(name).length > 0
}

function allow(names: readonly string[]): SeccompRule {
  return { names, action: 'SCMP_ACT_ALLOW' }
}

function allowValue(name: string, value: number): SeccompRule {
  return { ...allow([name]), args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }] }
}

/** Threads and processes, and only the new namespaces that were made. */
function allowClone(calls: CallSetOfRuns): SeccompRule {
  const rule = allow(['clone'])
  const value = calls.unusedNamespaces
  return value === 0 ? rule : { ...rule, args: [{ index: 0, value, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }] }
}
