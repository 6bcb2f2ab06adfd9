/**
 * syscope: strace you can `npm install` and `expect()`. Typed system-call events of a whole process tree.
 *
 * @example
 * import { trace } from 'syscope'
 * const run = await trace('node', ['save.js'], { filter: ['%file', '%network'] })
 * run.syscalls('connect').length
 */

export { attach, batches, trace, type BoundTrace, type TemplateValue, type TraceWith } from './src/trace.ts'
export type { KillOptions, Trace } from './src/handle.ts'
export type { TraceResult } from './src/result.ts'
export { Tally, type CallSummary, type ProcessSummary, type Summary } from './src/summary.ts'
export type { Times } from './src/histogram.ts'
export type {
  AttachOptions,
  DenyRule,
  NamesOf,
  RecordOptions,
  StdioOption,
  TextEncoding,
  TraceOptions,
} from './src/options.ts'
export type { Filter, FilterItem } from './src/filter.ts'

export type {
  AttachEvent,
  CompletedCall,
  ContinueEvent,
  DetachEvent,
  ExecEvent,
  ExitEvent,
  ForkEvent,
  GapEvent,
  Interruption,
  LeakedEvent,
  PendingEvent,
  ProcessEvent,
  RawCall,
  Reason,
  SignalEvent,
  StopEvent,
  SupersededEvent,
  SyscallEvent,
  TraceEvent,
  UnknownSyscallEvent,
} from './src/events.ts'
export type { SignalInfo } from './src/siginfo.ts'
export type { Plain, PlainObject } from './src/json.ts'
export type { ErrnoName, SignalName } from './src/names.ts'
export type { Args, Out, SyscallName } from './src/table/index.ts'
export { Unread, type Abi } from './src/args/arg.ts'

export { SyscopeError, type ErrorCode } from './src/errors.ts'
export { CommandError, type CommandOutput } from './src/command-error.ts'
export { diagnose, isSupported, type DiagnoseOptions, type Diagnosis } from './src/diagnose.ts'
export type { Obstacle } from './src/obstacles.ts'

export { TextWriter, type CallStatus, type QuietAbout, type WriterOptions } from './src/text/order.ts'
export { touches, type Touched } from './src/text/touches.ts'
export type { TextOptions } from './src/text/options.ts'
export { signalNumber } from './src/text/signals.ts'
export { encodeString, stringOf } from './src/args/surrogates.ts'
export { version } from './src/version.ts'
