/** `traceSelf()`: the calls that this very process makes while a function runs. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import { invalid } from '../checks.ts'
import { SyscopeError } from '../errors.ts'
import { notableIn } from '../feed.ts'
import { reasonsOf } from '../moment.ts'
import { loadNative, type NativeSelfEnd } from '../native.ts'
import type { NamesOf } from '../options.ts'
import { REASON } from '../record/layout.ts'
import { Result, type Ending, type Records, type TraceResult } from '../result.ts'
import type { SyscallName } from '../table/index.ts'
import { readSelfOptions, type SelfOptions, type SelfSettings } from './options.ts'
import { selfFailure, SelfSession } from './session.ts'
import { gapsIn, sliceChunk, type Span } from './slice.ts'

/** The result of `traceSelf()`. `T` is what the function gave. */
export interface SelfResult<T = unknown, N = SyscallName> extends TraceResult<N, undefined, undefined> {
  /** What the function returned, or its promise resolved to. */
  readonly value: T
}

/** The function that runs in this context is being traced. */
const running = new AsyncLocalStorage<{ isRunning: boolean }>()

/**
 * Runs a function and records the system calls that this process makes meanwhile.
 *
 * A helper process attaches to this one, all of whose threads run slower until the function has returned, or its promise has settled.
 * Calls of one process, from whichever worker, come one after the other. Processes that the function starts are not followed. What
 * the function throws is thrown again.
 *
 * Rejects with a `SyscopeError`: ERR_SYSCOPE_ATTACH_DENIED where the system forbids it, ERR_SYSCOPE_ALREADY_TRACED under a debugger or
 * another tracer, ERR_SYSCOPE_NESTED inside of a function that is traced, ERR_SYSCOPE_HELPER_LOST where the helper was killed,
 * ERR_SYSCOPE_NATIVE_MISSING where it cannot be started.
 *
 * @example
 * const run = await traceSelf(() => save('state.json'), { filter: ['fsync', 'fdatasync'] })
 * run.syscalls('fsync', 'fdatasync').length
 */
export function traceSelf<T>(work: () => T): Promise<SelfResult<Awaited<T>, SyscallName>>
export function traceSelf<T, const O extends SelfOptions>(
  work: () => T,
  options: O | undefined,
): Promise<SelfResult<Awaited<T>, NoInfer<NamesOf<O>>>>
export async function traceSelf(work: () => unknown, options: SelfOptions = {}): Promise<unknown> {
  if (typeof work !== 'function') throw invalid(`Expected a function to trace, got ${inspect(work)}.`)
  const settings = readSelfOptions(options)
  if (running.getStore()?.isRunning === true) {
    const message =
      'traceSelf() was called by a function that another traceSelf() runs, and would wait for its end. A process has one tracer at most.'
    throw new SyscopeError('ERR_SYSCOPE_NESTED', message)
  }
  const session = new SelfSession(settings)
  const cwd = process.cwd()
  try {
    await session.attached()
    const done = await perform(work)
    const end = await session.finish()
    if ('error' in done) throw done.error
    if (end.failure !== undefined) throw selfFailure(end.failure)
    // Never all of it at once: what else the process did may be much more.
    const chunks = Array.from(session.chunks(), (chunk) => sliceChunk(chunk, done))
    return makeResult({ ...done, cwd }, end, chunks, settings)
  } finally {
    session.close()
  }
}

type Done = Span & ({ readonly value: unknown } | { readonly error: unknown })

async function perform(work: () => unknown): Promise<Done> {
  const native = loadNative()
  const scope = { isRunning: true }
  let outcome: { readonly value: unknown } | { readonly error: unknown }
  const fromNs = native.monotonicNs()
  let toNs: bigint | undefined
  try {
    const returned = running.run(scope, work)
    // What the loop does before a promise of ours is looked at is no part of a function that gives none.
    if (!isThenable(returned)) toNs = native.monotonicNs()
    outcome = { value: await returned }
  } catch (error) {
    outcome = { error }
  }
  toNs ??= native.monotonicNs()
  scope.isRunning = false
  return { fromNs, toNs, ...outcome }
}

function isThenable(value: unknown): boolean {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    'then' in value &&
    typeof value.then === 'function'
  )
}

/** What belongs to the end, and what its gaps in the function's time tell better. */
const apart = (1 << REASON.DETACHED) | (1 << REASON.UNTRACED_CHILD)

function makeResult(
  done: Span & { readonly value: unknown; readonly cwd: string },
  end: NativeSelfEnd,
  chunks: readonly Uint8Array[],
  settings: SelfSettings,
): Result {
  const incomplete = chunks.reduce((mask, chunk) => mask | gapsIn(chunk), end.incomplete & ~apart)
  const ending: Ending = {
    command: 'traceSelf()',
    pid: process.pid,
    cwd: done.cwd,
    exitCode: undefined,
    signal: undefined,
    coreDumped: false,
    stdout: undefined,
    stderr: undefined,
    timedOut: false,
    durationMs: Number(done.toNs - done.fromNs) / 1e6,
    mode: 'stops',
    fallback: undefined,
    complete: incomplete === 0,
    incomplete: reasonsOf(incomplete),
  }
  return new OwnResult(done.value, ending, {
    isKept: true,
    chunks: () => chunks,
    notable: () => chunks.flatMap(notableIn),
    counts: () => undefined,
    calls: settings.calls,
    // What was not followed left a gap.
    follow: true,
    rules: settings.rules,
    ruleEnds: end.rules,
  })
}

/** `value` is no part of what is printed or compared: it may be anything. */
class OwnResult extends Result {
  readonly #value: unknown

  constructor(value: unknown, ending: Ending, records: Records) {
    super(ending, records)
    this.#value = value
  }

  get value(): unknown {
    return this.#value
  }
}
