/** The helper's work, as promises. */

import { planFor } from '../engine.ts'
import { SyscopeError } from '../errors.ts'
import { failureError, readFailure } from '../failure.ts'
import { signalName } from '../names.ts'
import { ptraceObstacles } from '../obstacles.ts'
import { helperPath, loadNative, type NativeFailure, type NativeSelf, type NativeSelfEnd } from '../native.ts'
import { writeRules } from '../rules/compile.ts'
import type { SelfSettings } from './options.ts'

export class SelfSession {
  readonly #native: NativeSelf
  /** Settles when every call is seen, or never will be. */
  readonly #attached: Promise<void>
  readonly #over: Promise<void>

  /** Takes its place in the queue of this process. Throws where there is no addon. */
  constructor(settings: SelfSettings) {
    const { rules } = settings
    let [onAttached, onOver] = [(): void => {}, (): void => {}]
    this.#attached = new Promise((resolve) => {
      onAttached = resolve
    })
    this.#over = new Promise((resolve) => {
      onOver = resolve
    })
    const config = {
      helper: helperPath(),
      allThreads: settings.threads === 'all',
      plan: planFor(settings),
      ...(rules.length === 0 ? {} : { rules: writeRules(rules) }),
    }
    const onStage = (): void => {
      const { stage } = this.#native
      if (stage !== 'waiting') onAttached()
      if (stage === 'over') onOver()
    }
    try {
      this.#native = loadNative().startSelf(config, onStage)
    } catch (error) {
      const failure = readFailure(error)
      throw failure === undefined ? error : selfFailure(failure)
    }
  }

  /** Rejects where this process cannot be traced; the helper is gone then. */
  async attached(): Promise<void> {
    await this.#attached
    const failure = this.#native.end()?.failure
    if (failure !== undefined) throw selfFailure(failure)
  }

  /** Has this process let go. Settles when nobody traces it; records are ready then. */
  async finish(): Promise<NativeSelfEnd> {
    this.#native.finish()
    await this.#over
    const end = this.#native.end()
    if (end === null) throw new Error('the tracing of this process was given up')
    return end
  }

  *chunks(): Generator<Uint8Array, void, undefined> {
    for (let chunk = this.#native.take(); chunk !== null; chunk = this.#native.take()) yield chunk
  }

  /** Closes the file of the records. */
  close(): void {
    this.#native.abandon()
  }
}

/** What kept this process from being traced, or from being traced to the end. */
export function selfFailure(failure: NativeFailure): SyscopeError {
  if (failure.step === 'helper-lost') {
    const how = failure.message.replace(/signal (\d+)/u, (_, number) => signalName(Number(number)))
    const message = `The helper that traced this process ${how}. The process runs on untraced, and nothing of what was recorded is left.`
    return new SyscopeError('ERR_SYSCOPE_HELPER_LOST', message)
  }
  if (failure.step === 'helper') {
    const message = `The helper that traces this process cannot be started: ${failure.message} (${helperPath()}). It comes with the platform package of syscope, and has to be executable.`
    return new SyscopeError('ERR_SYSCOPE_NATIVE_MISSING', message)
  }
  const error = failureError(failure, {})
  return error.code === 'ERR_SYSCOPE_ATTACH_DENIED' ? notPermitted(error) : error
}

/** The same of one's own process, whose helper runs as the same user. */
function notPermitted({ code, errno, operation, pid }: SyscopeError): SyscopeError {
  const hints = ptraceObstacles('/proc').map(({ found, remedy = '' }) => `${found} ${remedy}`.trimEnd())
  if (hints.length === 0) {
    hints.push(
      'It may have privileges that its helper has not (its program cannot be read by its user, or has capabilities), or a security module protects it.',
    )
  }
  const message = `This process may not be traced by its helper: ${errno ?? 'refused'}. ${hints.join(' ')}`
  return new SyscopeError(code, message, {
    ...(errno === undefined ? {} : { errno }),
    ...(operation === undefined ? {} : { operation }),
    ...(pid === undefined ? {} : { pid }),
  })
}
