/** The options of `traceSelf()`: those of `attach()` that make sense in the process that is traced. */

import type { FdDecoding } from '../args/arg.ts'
import { checkOptions, fdDecoding, invalid, oneOf, pidDecoding, type Check } from '../checks.ts'
import { signalNumber } from '../names.ts'
import type { RecordOptions } from '../options.ts'
import type { InjectRule } from '../rules/options.ts'
import { readAttachOptions, type Settings } from '../validate.ts'

/** What `traceSelf()` is told. */
export interface SelfOptions extends Pick<
  RecordOptions,
  'filter' | 'observe' | 'deny' | 'inject' | 'ioUring' | 'stringLimit' | 'decodePids'
> {
  /**
   * `'all'`: calls of every thread of this process. `'own'`: those of the thread that calls `traceSelf()`, where all synchronous
   * functions make theirs; asynchronous ones of `fs` make them on threads that all workers share.
   * @default 'all'
   */
  readonly threads?: 'all' | 'own'

  /**
   * As with `trace()`.
   * @default true, since the descriptors of this process were opened before
   */
  readonly decodeFds?: FdDecoding
}

export interface SelfSettings extends Settings {
  readonly threads: 'all' | 'own'
}

/** Checked where it is compiled. */
const later: Check = { expected: '', isRight: () => true }

const checks: Readonly<Record<keyof SelfOptions, Check>> = {
  threads: oneOf('all', 'own'),
  filter: later,
  observe: later,
  deny: later,
  inject: later,
  ioUring: later,
  stringLimit: later,
  decodeFds: fdDecoding,
  decodePids: pidDecoding,
}

const noHandlers =
  'a handler would have to decide in a process that is stopped until it has decided. `inject` and `deny` work.'
const noTree = 'it traces the threads of this process alone. Trace what it starts with `trace()`.'
const noEnd = 'it ends when the function does.'
const allKept = 'the records are read when this process runs freely again, and kept for the result.'

/** Why other options of `trace()` and `attach()` are none of it. */
const refused: ReadonlyMap<string, string> = new Map([
  ['intercept', noHandlers],
  ['handlerTimeout', noHandlers],
  ['onHandlerFailure', noHandlers],
  ['follow', noTree],
  ['until', noTree],
  ['drainMs', noTree],
  ['timeout', noEnd],
  ['signal', noEnd],
  ['killSignal', noEnd],
  ['keep', allKept],
  ['backpressure', allKept],
  ['counting', allKept],
  ['placement', 'threads that run already stay where they are.'],
])

/** Throws ERR_SYSCOPE_INVALID_ARGUMENT, and what the rules' own words throw. */
export function readSelfOptions(options: SelfOptions): SelfSettings {
  if (typeof options === 'object' && options !== null) {
    for (const [name, why] of refused) {
      if (Object.hasOwn(options, name)) throw invalid(`traceSelf() takes no option \`${name}\`: ${why}`)
    }
  }
  checkOptions(options, checks, 'traceSelf()')
  const { threads = 'all', decodeFds = true, ...rest } = options
  const settings = readAttachOptions({ ...rest, decodeFds })
  for (const rule of [options.inject ?? []].flat()) refuseToKill(rule)
  return { ...settings, threads }
}

const SIGKILL = 9
const SIGSTOP = 19

/** Nobody would be left to have the result. */
function refuseToKill({ killTree, stopTracing, signal }: InjectRule): void {
  const end = 'would end what it is about: this process, or its tracing.'
  if (killTree === true) throw invalid(`traceSelf() takes no rule with \`killTree\`, which ${end}`)
  if (stopTracing === true) throw invalid(`traceSelf() takes no rule with \`stopTracing\`, which ${end}`)
  const number = typeof signal === 'string' ? signalNumber(signal) : signal
  if (number === SIGKILL || number === SIGSTOP) {
    throw invalid(`traceSelf() takes no rule with \`signal: ${JSON.stringify(signal)}\`, which ${end}`)
  }
}
