/** Which calls runs made, per way into the kernel, and with what arguments where a seccomp filter can tell those apart. */

import type { Abi } from '../args/arg.ts'
import { exactName } from '../table/abi.ts'
import { rowByNumber } from '../table/index.ts'
import { callsOf, type AnyCall, type AnyEvent } from './run.ts'

/** Names in alphabetical order, by the way in which they were called: `int 0x80` of a 64-bit program is `i386`. */
export type CallsByAbi = Readonly<Record<Abi, readonly string[]>>

export const abis = ['x86_64', 'i386', 'x32'] as const

/** A call as people write it: the suffix only where it is not x86_64. */
export function plainWord(abi: Abi, name: string): string {
  return abi === 'x86_64' ? name : exactName(abi, name)
}

/**
 * Calls that are made for a program at moments that no run can be sure to show: a handler returns, a call goes on after a stop.
 * Profiles allow them always.
 */
export const always: Readonly<Record<Abi, readonly string[]>> = {
  x86_64: ['restart_syscall', 'rt_sigreturn'],
  i386: ['restart_syscall', 'rt_sigreturn', 'sigreturn'],
  x32: ['restart_syscall', 'rt_sigreturn'],
}

/** Calls whose first argument is a number of a short list, and what that argument is called. */
export const listed: Readonly<Record<string, string>> = {
  socket: 'domain',
  socketpair: 'domain',
  personality: 'persona',
}

/** The flags of clone(2) that make namespaces, those that Docker's default profile refuses: CLONE_NEWNS to CLONE_NEWNET. */
export const NAMESPACE_FLAGS = 0x7e02_0000

/** The calls of one or more runs. */
export class CallSetOfRuns {
  readonly #names: Readonly<Record<Abi, Set<string>>> = { x86_64: new Set(), i386: new Set(), x32: new Set() }
  readonly #values = new Map<string, Set<number>>()
  /** Numbers that no table knows, as `syscall_0x1f4`. */
  readonly #unknown = new Set<string>()
  #namespaceFlags = 0

  add(events: readonly AnyEvent[]): void {
    for (const { call } of callsOf(events)) this.#addCall(call)
  }

  #addCall(call: AnyCall): void {
    const { abi, name } = call
    if (rowByNumber(abi, call.number) === undefined) {
      this.#unknown.add(plainWord(abi, name))
      return
    }
    this.#names[abi].add(name)
    if (Object.hasOwn(listed, name)) valuesIn(this.#values, name).add(firstWordOf(call))
    this.#namespaceFlags = (this.#namespaceFlags | namespaceFlagsOf(call)) >>> 0
  }

  get calls(): CallsByAbi {
    const { x86_64, i386, x32 } = this.#names
    return { x86_64: [...x86_64].toSorted(), i386: [...i386].toSorted(), x32: [...x32].toSorted() }
  }

  get unknown(): readonly string[] {
    return [...this.#unknown].toSorted()
  }

  has(abi: Abi, name: string): boolean {
    return this.#names[abi].has(name)
  }

  /** Whether some ABI has it. */
  hasName(name: string): boolean {
    return abis.some((abi) => this.has(abi, name))
  }

  /** What the first argument of a listed call was, in rising order. */
  valuesOf(name: string): readonly number[] {
    return [...(this.#values.get(name) ?? [])].toSorted((one, other) => one - other)
  }

  /** Namespace flags that no call made. */
  get unusedNamespaces(): number {
    return (NAMESPACE_FLAGS & ~this.#namespaceFlags) >>> 0
  }

  /** Why this call would be refused; `undefined` if it would not be. */
  refusal(call: AnyCall): 'call' | 'argument' | undefined {
    const { abi, name } = call
    if (always[abi].includes(name)) return undefined
    if (!this.has(abi, name)) return 'call'
    if (Object.hasOwn(listed, name) && this.#values.get(name)?.has(firstWordOf(call)) !== true) return 'argument'
    return (namespaceFlagsOf(call) & this.unusedNamespaces) === 0 ? undefined : 'argument'
  }
}

/** The kernel takes these arguments for 32-bit numbers. */
export function firstWordOf(call: AnyCall): number {
  return Number(BigInt.asUintN(32, call.raw.args[0] ?? 0n))
}

function namespaceFlagsOf(call: AnyCall): number {
  if (call.name === 'clone') return firstWordOf(call) & NAMESPACE_FLAGS
  if (call.name !== 'clone3') return 0
  const { cl_args: cloneArguments } = call.args
  if (typeof cloneArguments !== 'object' || cloneArguments === null || !('flags' in cloneArguments)) return 0
  const { flags } = cloneArguments
  if (typeof flags !== 'object' || flags === null || !('number' in flags)) return 0
  return Number(BigInt.asUintN(32, BigInt(String(flags.number)))) & NAMESPACE_FLAGS
}

function valuesIn(values: Map<string, Set<number>>, name: string): Set<number> {
  const known = values.get(name)
  if (known !== undefined) return known
  const made = new Set<number>()
  values.set(name, made)
  return made
}
