/**
 * syscope: strace you can `npm install` and `expect()`. Typed system-call events of a whole process tree.
 *
 * @example
 * import { trace } from 'syscope'
 * const run = await trace('node', ['save.js'], { filter: ['%file', '%network'] })
 * run.syscalls('connect').length
 */

export { attach, batches, trace, type BoundTrace, type TemplateValue, type TraceWith } from './src/trace.ts'
export { turnInto, type TracerPlace } from './src/turn-into.ts'
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
export { selectCalls, type Filter, type FilterItem } from './src/filter.ts'

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
export { errnoNumber, type ErrnoName, type SignalName } from './src/names.ts'
export { syscallNames, type Args, type Out, type SyscallName } from './src/table/index.ts'
export { classWords as syscallClasses } from './src/table/classes.ts'
export { Unread, type Abi, type FdDecoding, type FdDetail, type PidDecoding, type PidDetail } from './src/args/arg.ts'

export { SyscopeError, type ErrorCode } from './src/errors.ts'
export { CommandError, type CommandOutput } from './src/command-error.ts'
export { diagnose, isSupported, type DiagnoseOptions, type Diagnosis } from './src/diagnose.ts'
export type { Obstacle } from './src/obstacles.ts'

export { TextWriter } from './src/text/order.ts'
export type { CallStatus, QuietAbout, WriterOptions } from './src/text/writer-options.ts'
export { touches, type Touched } from './src/text/touches.ts'
export type { Dumps } from './src/text/dump.ts'
export type { CallChoice, TextOptions } from './src/text/options.ts'
export { signalNumber } from './src/text/signals.ts'
export { encodeString, stringOf } from './src/args/surrogates.ts'
export { version } from './src/version.ts'
