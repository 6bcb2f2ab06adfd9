/** How text is wanted: the options of a caller, and the style that argument kinds get. */

import { fdDetails, pidDetails, type Abi, type FdDecoding, type PidDecoding, type Style } from '../args/arg.ts'
import type { TextSource } from './source.ts'

/** For all calls or none, or for those that it says yes to: `selectCalls('%file')`. */
export type CallChoice = boolean | ((call: { readonly name: string; readonly abi: Abi }) => boolean)

/** How `run.text()` shows events. */
export interface TextOptions {
  /** Column at which ` = result` starts, if the call is shorter (strace -a). @default 40 */
  readonly columns?: number
  /** Most bytes of a string and elements of an array shown; paths are never cut (strace -s). @default 32 */
  readonly stringLimit?: number
  /** Leave out the less interesting members of structures (strace -e abbrev=; off: strace -v). @default true */
  readonly abbreviate?: CallChoice
  /** Show structures and arrays; off, text has their addresses (strace -e verbose=). Strings are shown anyway. @default true */
  readonly dereference?: CallChoice
  /** Show nothing but the words of the call, in hexadecimal (strace -e raw=). @default false */
  readonly raw?: CallChoice
  /** Constants by name, by number, or as `0x3 /* NAME *\/` (strace -X). @default 'abbrev' */
  readonly constants?: 'abbrev' | 'raw' | 'verbose'
  /**
   * Strings as bytes in hexadecimal: `'non-ascii'` those that hold other characters than ASCII (strace -x), `'all'` each (strace -xx);
   * `'non-ascii-chars'` only the characters themselves.
   * @default 'none'
   */
  readonly hexStrings?: 'none' | 'non-ascii-chars' | 'non-ascii' | 'all'
  /** Show what is behind descriptors, as far as the trace recorded it (strace -y, -yy, --decode-fds). @default false */
  readonly decodeFds?: FdDecoding
  /** Show what is known of processes, as far as the trace recorded it (strace -Y, --decode-pids). @default false */
  readonly decodePids?: PidDecoding
  /** `openat(dirfd=AT_FDCWD, pathname="/etc", …` (strace -N). @default false */
  readonly argumentNames?: boolean
  /** `<0.000012>` behind each call, with so many digits (strace -T). @default none */
  readonly durations?: Precision
}

/** Digits behind the point of a second. */
export type Precision = 0 | 3 | 6 | 9

/** `TextOptions` with nothing left open. */
export interface LineStyle extends Style {
  readonly columns: number
  readonly argumentNames: boolean
  readonly durations: Precision | undefined
  readonly dereference: boolean
  readonly raw: boolean
}

/** The style of a line about this. */
export type StyleOf = (source: TextSource) => LineStyle

export function lineStyles(options: TextOptions = {}): StyleOf {
  const { abbreviate = true, dereference = true, raw = false } = options
  const base = lineStyle(options)
  if (typeof abbreviate === 'boolean' && typeof dereference === 'boolean' && typeof raw === 'boolean') {
    const style = { ...base, abbreviate, dereference, raw }
    return () => style
  }
  return ({ call }) => {
    if (call === undefined) return base
    const named = { name: call.name, abi: call.call.abi }
    const chosen = (choice: CallChoice): boolean => (typeof choice === 'boolean' ? choice : choice(named))
    return { ...base, abbreviate: chosen(abbreviate), dereference: chosen(dereference), raw: chosen(raw) }
  }
}

function lineStyle(options: TextOptions): LineStyle {
  return {
    columns: options.columns ?? 40,
    stringLimit: options.stringLimit ?? 32,
    abbreviate: true,
    dereference: true,
    raw: false,
    constants: options.constants ?? 'abbrev',
    hexStrings: options.hexStrings ?? 'none',
    decodeFds: fdDetails(options.decodeFds),
    decodePids: pidDetails(options.decodePids),
    argumentNames: options.argumentNames ?? false,
    durations: options.durations,
  }
}

/** The part of a second behind its point, and the point: `.123456`. */
export function fraction(ns: bigint, precision: Precision): string {
  return precision === 0 ? '' : `.${String(ns).padStart(9, '0').slice(0, precision)}`
}
