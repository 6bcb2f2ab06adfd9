/** The options of `text()`, checked. */

import { checkOptions, fdDecoding, flag, isInteger, isObject, oneOf, pidDecoding, type Check } from './checks.ts'
import type { WriterOptions } from './text/writer-options.ts'

const choice: Check = {
  expected: 'a boolean or a function of a call, as selectCalls() gives',
  isRight: (value) => flag.isRight(value) || isFunction(value),
}
const precision: Check = {
  expected: 'a number of digits: 0, 3, 6 or 9',
  isRight: (value) => value === 0 || value === 3 || value === 6 || value === 9,
}
const set: Check = { expected: 'a Set', isRight: (value) => value instanceof Set }

const textChecks: Readonly<Record<keyof WriterOptions, Check>> = {
  columns: { expected: 'a whole number of columns, at least 0', isRight: (value) => isInteger(value, 1 << 16) },
  stringLimit: { expected: 'a whole number of bytes, at least 0', isRight: (value) => isInteger(value, 2 ** 31) },
  abbreviate: choice,
  dereference: choice,
  raw: choice,
  constants: oneOf('abbrev', 'raw', 'verbose'),
  hexStrings: oneOf('none', 'non-ascii-chars', 'non-ascii', 'all'),
  decodeFds: fdDecoding,
  decodePids: pidDecoding,
  argumentNames: flag,
  durations: precision,
  pids: oneOf('when-several', 'always', 'never'),
  clock: {
    expected: '{ format, precision, realtimeOffsetNs }',
    isRight: (value) =>
      isObject(value) &&
      (value['format'] === 'time' || value['format'] === 'unix') &&
      precision.isRight(value['precision']) &&
      typeof value['realtimeOffsetNs'] === 'bigint',
  },
  sinceLast: precision,
  numbers: flag,
  instructionPointers: flag,
  follow: flag,
  onlyThreads: set,
  statuses: set,
  dumps: {
    expected: '{ read, write }, each a function of a descriptor',
    isRight: (value) =>
      isObject(value) && [value['read'], value['write']].every((it) => it === undefined || isFunction(it)),
  },
  callLimit: { expected: 'a whole number, at least 0', isRight: (value) => isInteger(value, Number.MAX_SAFE_INTEGER) },
  showSignal: { expected: 'a function of a signal', isRight: isFunction },
  quiet: set,
  messages: {
    expected: "'apart' or { inlineFrom }",
    isRight: (value) => value === 'apart' || (isObject(value) && typeof value['inlineFrom'] === 'string'),
  },
}

/** Throws ERR_SYSCOPE_INVALID_ARGUMENT. */
export function checkTextOptions(options: unknown): void {
  checkOptions(options, textChecks, 'text()')
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}
