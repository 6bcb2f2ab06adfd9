/** Settings -> a session of the native engine. */

import type { SyscopeError } from './errors.ts'
import { failureError, readFailure, type Target } from './failure.ts'
import { failurePolicy } from './intercept/read.ts'
import { loadNative, type NativeCommand, type NativeSession } from './native.ts'
import { compilePlan } from './plan.ts'
import { writeRules } from './rules/compile.ts'
import type { Settings } from './validate.ts'

/** Records past this bound go to a file, or the tracees wait. */
const memoryBytes = 64 * 1024 * 1024

/** Longer than any run. */
const unlimitedMs = Number.MAX_SAFE_INTEGER

export type Subject = { readonly command: NativeCommand } | { readonly attach: readonly number[] }

/** Throws a `SyscopeError` where nothing could be started; nothing is left behind then. */
export function startSession(subject: Subject, settings: Settings, target: Target, onWake: () => void): NativeSession {
  const { rules } = settings
  const native = loadNative()
  try {
    return native.start(
      {
        ...subject,
        plan: planFor(settings),
        ...(rules.length === 0 ? {} : { rules: writeRules(rules) }),
        follow: settings.follow,
        mode: settings.mode,
        until: settings.until,
        drainMs: settings.drainMs,
        memoryBytes,
        backpressure: settings.backpressure,
        placement: settings.placement,
        counting: settings.counting,
        ...(settings.intercepted === undefined
          ? {}
          : {
              handlerTimeoutMs: settings.intercepted.timeout || unlimitedMs,
              unanswered: failurePolicy(settings.intercepted, 'attach' in subject),
            }),
      },
      onWake,
    )
  } catch (error) {
    throw startError(error, target)
  }
}

/** What is to be copied of which calls, as bytes. */
export function planFor({ calls, rules, stringLimit, decodeFds, decodePids }: Settings): Uint8Array {
  const ruled = new Set(rules.flatMap((rule) => [...rule.calls]))
  return compilePlan({ record: calls, ruled, stringLimit, decodeFds, decodePids })
}

export function startError(error: unknown, target: Target): unknown {
  const failure = readFailure(error)
  return failure === undefined ? error : (failureError(failure, target) satisfies SyscopeError)
}
