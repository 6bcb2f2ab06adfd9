/** How text is wanted: the options of a caller, and the style that argument kinds get. */

import type { Style } from '../args/arg.ts'

export interface TextOptions {
  /** Column at which ` = result` starts, if the call is shorter (strace -a). @default 40 */
  readonly columns?: number
  /** Most bytes of a string and elements of an array shown; paths are never cut (strace -s). @default 32 */
  readonly stringLimit?: number
  /** Leave out the less interesting members of structures (off: strace -v). @default true */
  readonly abbreviate?: boolean
  /** Constants by name, by number, or as `0x3 /* NAME *\/` (strace -X). @default 'abbrev' */
  readonly constants?: 'abbrev' | 'raw' | 'verbose'
  /** Escape strings in hexadecimal where they hold non-ASCII bytes, or always (strace -x, -xx). @default 'none' */
  readonly hexStrings?: Style['hexStrings']
  /** Put the path behind a descriptor, if the trace recorded it (strace -y). @default false */
  readonly decodeFds?: boolean
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
}

export function lineStyle(options: TextOptions = {}): LineStyle {
  return {
    columns: options.columns ?? 40,
    stringLimit: options.stringLimit ?? 32,
    abbreviate: options.abbreviate ?? true,
    constants: options.constants ?? 'abbrev',
    hexStrings: options.hexStrings ?? 'none',
    decodeFds: options.decodeFds ?? false,
    argumentNames: options.argumentNames ?? false,
    durations: options.durations,
  }
}

/** The part of a second behind its point, and the point: `.123456`. */
export function fraction(ns: bigint, precision: Precision): string {
  return precision === 0 ? '' : `.${String(ns).padStart(9, '0').slice(0, precision)}`
}
