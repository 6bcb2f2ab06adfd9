/**
 * syscope: strace you can `npm install` and `expect()`. Typed system-call events of a whole process tree.
 *
 * @example
 * import { trace } from 'syscope'
 * const run = await trace('node', ['save.js'], { filter: ['%file', '%network'] })
 * run.syscalls('connect').length
 */

export { attach, batches, saveWhile, trace, type BoundTrace, type TemplateValue, type TraceWith } from './src/trace.ts'
export { traceSelf, type SelfResult } from './src/self/trace-self.ts'
export type { SelfOptions } from './src/self/options.ts'
export { turnInto, type TracerPlace } from './src/turn-into.ts'
export type { KillOptions, Trace } from './src/handle.ts'
export type { TraceResult } from './src/result.ts'
export { Tally, type CallSummary, type ProcessSummary, type Summary } from './src/summary.ts'
export type { Times } from './src/histogram.ts'
export type { AttachOptions, NamesOf, RecordOptions, StdioOption, TextEncoding, TraceOptions } from './src/options.ts'
export { argumentNames, callsIn } from './src/calls-in.ts'
export type {
  Address,
  ArgChange,
  ArgCondition,
  ArgLimit,
  ArgValue,
  Delay,
  DenyOption,
  DenyRule,
  ImpliedRule,
  Injected,
  InjectRule,
  InterceptRule,
  Match,
  NetworkException,
  Occurrence,
  Outcome,
  PathPattern,
  ProcessCondition,
  RuleReport,
  Where,
} from './src/rules/options.ts'
export type {
  Decision,
  EnteringCall,
  Handler,
  Handlers,
  Intercept,
  LeavingCall,
  NewValue,
  NewValues,
} from './src/intercept/options.ts'
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
export { errnoNumber, errnoWords as errnoNames, type ErrnoName, type SignalName } from './src/names.ts'
export { syscallNames, type Args, type Out, type SyscallName } from './src/table/index.ts'
export { classWords as syscallClasses } from './src/table/classes.ts'
export { Unread, type Abi, type FdDecoding, type FdDetail, type PidDecoding, type PidDetail } from './src/args/arg.ts'

export { readPolicy, type PolicyText } from './src/policy/read.ts'
export type { Policy, PolicyDocument } from './src/policy/types.ts'

export { profile, type Profile, type ProfileOptions } from './src/profile/profile.ts'
export type { CallsByAbi } from './src/profile/calls.ts'
export type { MissingCall, ProfileCheck } from './src/profile/check.ts'
export type { NodeOptions as ProfileNodeOptions, NodePermissions } from './src/profile/node.ts'
export type {
  OciOptions,
  SeccompArgument,
  SeccompArchitecture,
  SeccompProfile,
  SeccompRule,
} from './src/profile/oci.ts'
export type {
  Aspect,
  Removal,
  RemovalOptions,
  RemovalProgress,
  Removals,
  Surroundings,
} from './src/profile/removals.ts'
export type { ProfileRule } from './src/profile/rules.ts'
export type { ProfiledRun } from './src/profile/run.ts'

export { faults } from './src/faults/faults.ts'
export { faultPresets } from './src/faults/read.ts'
export type {
  CheckedRun,
  CleanRun,
  Fault,
  FaultPreset,
  FaultRun,
  FaultsOptions,
  FaultsResult,
  FileChange,
  Progress as FaultsProgress,
  Verdict,
} from './src/faults/options.ts'

export type { Topic } from './src/observe.ts'
export { mark, type Mark } from './src/kit/marks.ts'
export type { Answers } from './src/kit/answers.ts'
export type { PartOptions, RunPart, Slice } from './src/kit/part.ts'
export type { CodeWrite, MappedBytes, Memory, ProcessMemory } from './src/kit/memory.ts'
export type { FileDeed, FileDeedKind, Files, MissingFile, TracedFile, Who } from './src/kit/files.ts'
export type { OpenKind } from './src/kit/tree-tables.ts'
export type { AtomicReplace, Durability } from './src/kit/durability.ts'
export type { Accept, Bind, Connect, Listen, Lookup, Network, Peer, Send, TracedSocket } from './src/kit/network.ts'
export { addressText, type Address as SocketAddress } from './src/kit/peer.ts'
export type {
  Execution,
  OpenDescriptor,
  ProcessEnding,
  Processes,
  TracedProcess,
  TracedThread,
} from './src/kit/processes.ts'
export type { GotSignal, SentSignal, Signals, SignalTarget } from './src/kit/signals.ts'
export type { Wait, Waiting } from './src/kit/waiting.ts'
export type { WaitCause } from './src/kit/wait-causes.ts'
export type { SnapshotOptions } from './src/kit/snapshot.ts'
export { diffSnapshots } from './src/kit/snapshot/diff.ts'
export type { Fold } from './src/kit/snapshot/fold.ts'
export type { SnapshotProcess } from './src/kit/snapshot/sections.ts'
export type { Replacement } from './src/kit/snapshot/tokens.ts'

export { matchers, type RunMatchers } from './src/kit/matchers/index.ts'
export type { NetworkOptions } from './src/kit/matchers/addresses.ts'
export type { AsymmetricMatcher, Expected, ExpectedArgs, ExpectedOut } from './src/kit/matchers/arguments.ts'
export type { BudgetOptions } from './src/kit/matchers/budget.ts'
export type { CallPattern } from './src/kit/matchers/call-pattern.ts'
export type { ToCallOptions } from './src/kit/matchers/calls.ts'
export type { ReplaceOptions } from './src/kit/matchers/durable.ts'
export type { ExpectedArgv } from './src/kit/matchers/executed.ts'
export { systemFolders, type FoldersOptions } from './src/kit/matchers/folders.ts'
export type { LeftOptions } from './src/kit/matchers/left.ts'
export type { CallLimits } from './src/kit/matchers/limits.ts'
export type { ExpectedAddress } from './src/kit/matchers/network.ts'
export type { CallInOrder, ToCallInOrderOptions } from './src/kit/matchers/order.ts'
export type { ExpectedPath } from './src/kit/matchers/places.ts'
export type { SyscallSnapshotOptions } from './src/kit/matchers/snapshot.ts'
export type { OpenOptions } from './src/kit/matchers/touched.ts'
export type { Verdict as MatcherVerdict } from './src/kit/matchers/verdict.ts'
export { updateOf, withContext, type RunnerContext, type Update } from './src/kit/matchers/context.ts'

export { loadTrace, saveTrace } from './src/archive/traces.ts'
export type { SavedTrace, TraceBlock, TraceFormat } from './src/archive/saved.ts'
export type { TraceOrigin } from './src/archive/head.ts'

export { SyscopeError, type ErrorCode } from './src/errors.ts'
export { CommandError, type CommandOutput } from './src/command-error.ts'
export { diagnose, isSupported, type DiagnoseOptions, type Diagnosis } from './src/diagnose.ts'
export type { Obstacle } from './src/obstacles.ts'

export { TextWriter } from './src/text/order.ts'
export type { CallStatus, QuietAbout, WriterOptions } from './src/text/writer-options.ts'
export { touches, type Touched } from './src/text/touches.ts'
export type { Dumps } from './src/text/dump.ts'
export type { LeaderOptions } from './src/text/leader.ts'
export type { CallChoice, Precision, TextOptions } from './src/text/options.ts'
export { signalNumber } from './src/text/signals.ts'
export { encodeString, stringOf } from './src/args/surrogates.ts'
export { version } from './src/version.ts'
