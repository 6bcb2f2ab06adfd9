/**
 * What an argument kind is. One kind is one object that knows three things: which bytes to copy from the tracee and at
 * which stop, how to read them into a TypeScript value, and how strace prints that value.
 */

/** How a call entered the kernel: `i386` are those of 32-bit programs and of `int 0x80`, `x32` those with 32-bit pointers. */
export type Abi = 'x86_64' | 'i386' | 'x32'

/** What happened to one copy from tracee memory. `truncated`: a limit cut it; `fault`: holds the readable prefix. */
export type CaptureStatus = 'ok' | 'null' | 'fault' | 'truncated' | 'refused'

/** Bytes that the engine copied for one pointer (record layout: src/record/layout.ts). */
export interface Captured {
  readonly status: CaptureStatus
  readonly view: DataView
  /** Offset of the first byte in `view`. */
  readonly at: number
  readonly length: number
  /** Bytes that the call meant before any limit; 0 where unknown. */
  readonly wanted: number
  /** What pointers inside these bytes point to, in plan order; `key` is the field's index in its struct. */
  readonly children: readonly Captured[]
  readonly key: number
}

/** The call that a cell belongs to. */
export interface CallView {
  readonly abi: Abi
  /** Whether the syscall-exit-stop was seen; before it only entry captures exist. */
  readonly finished: boolean
  /** Finished, and not an error. */
  readonly ok: boolean
  /** Raw result, exact when |result| < 2^53. Meaningless unless `finished`. */
  readonly result: number
  /** The argument with this name. Throws on a name the row does not have: that is a bug in the table. */
  arg(name: string): Cell
}

/** Where a value sits: a register of the call (8 bytes), or a field of captured bytes. Little-endian, as the tracee is. */
export interface Cell {
  readonly view: DataView
  readonly at: number
  readonly call: CallView
  /** The argument or the field of the same struct with this name. */
  sibling(name: string): Cell
  /** What the pointer in this cell points to, as it was at that stop; `undefined` where nothing was copied then. */
  captured(phase: 'entry' | 'exit'): Captured | undefined
  /**
   * What the number in this cell stands for, where the caller wants to know: the link of a descriptor (with details as
   * children, src/args/descriptor.ts), the name of a process.
   */
  resolved(): Captured | undefined
}

/** A number that the engine computes at a stop. Names are arguments of the same row, or fields of the same struct. */
export type Amount =
  | number
  | 'result'
  | { readonly arg: string; readonly signed?: boolean; readonly width?: 4 | 8 }
  /** A field of the struct or array element whose pointer is being followed. */
  | { readonly field: number; readonly width: 1 | 2 | 4 | 8; readonly signed?: boolean }
  /** A number in tracee memory, `at` behind a pointer argument: `addrlen` of accept(2). */
  | { readonly deref: string; readonly at?: number; readonly width: 4 | 8; readonly signed?: boolean }
  /** The number at `at` behind that pointer as it was at syscall-entry (needs an entry capture of that argument). */
  | { readonly before: string; readonly at?: number; readonly width: 4 | 8; readonly signed?: boolean }

/** What to copy from behind a pointer. Compiled to the engine's plan by src/plan.ts. */
export type CaptureSpec =
  /** A C string: a path (limit PATH_MAX, never the string limit) or data (the session's string limit). */
  | { readonly copy: 'string'; readonly limit: 'path' | 'data' | number }
  /** `length × scale` bytes, at most `atMost`; `limit: 'data'` applies the session's string limit. */
  | {
      readonly copy: 'bytes'
      /** Bytes that no pointer leads to: this far from the stack pointer, as it was at syscall-entry. */
      readonly from?: { readonly stack: number }
      readonly length: Amount
      readonly scale?: number
      readonly atMost?: Amount
      readonly limit?: 'data' | number
      /** Bytes in front of the data that `limit: 'data'` does not count. */
      readonly header?: number
      readonly fields?: readonly FieldCapture[]
    }
  /** `count` elements of `stride` bytes, each with the pointers in it followed. `budget`: bytes that all of them share. */
  | {
      readonly copy: 'array'
      readonly count: Amount
      readonly stride: number
      readonly budget?: Amount
      /** Most elements copied; `'data'`: the session's string limit, as strace cuts arrays. */
      readonly limit?: 'data' | number
      readonly fields?: readonly FieldCapture[]
    }
  /** A NULL-terminated array of C strings: argv, envp. */
  | { readonly copy: 'strings' }
  /** What is behind the descriptor here, with `decodeFds`; one of the process, or the pidfd, in an argument. */
  | {
      readonly copy: 'fd'
      readonly of?: { readonly pid: string } | { readonly pidfd: string }
      /** Without `decodeFds`, too: what something else means depends on it. */
      readonly always?: true
    }
  /** The same for each descriptor in the bytes around it: the bits below `end`, or all that control messages carry. */
  | { readonly copy: 'fds'; readonly in: 'bits' | 'messages'; readonly end: Amount }
  /** What is known of the process or thread here, with `decodePids`. */
  | { readonly copy: 'pid'; readonly counted: Counted }
  /** Depends on another argument's value; the first case that matches `(value & mask) === equals`. */
  | {
      readonly copy: 'switch'
      readonly on: Amount
      readonly cases: readonly {
        readonly equals: number | bigint
        readonly mask?: number | bigint
        readonly then?: CaptureSpec
      }[]
      readonly otherwise?: CaptureSpec
    }

export interface FieldCapture {
  /** Becomes the capture's `key`. */
  readonly key: number
  /** Offset of the pointer in the struct. */
  readonly at: number
  readonly then: CaptureSpec
}

/** How text is wanted; the same for every kind. Filled in by src/text from the caller's options. */
export interface Style {
  /** Most bytes of a string and most elements of an array shown (strace -s). */
  readonly stringLimit: number
  /** Leave out what strace leaves out without -v. */
  readonly abbreviate: boolean
  /** -X: names, numbers, or `0x3 /* PROT_READ|PROT_WRITE *\/`. */
  readonly constants: 'abbrev' | 'raw' | 'verbose'
  /** -x / -xx. */
  readonly hexStrings: 'none' | 'non-ascii-chars' | 'non-ascii' | 'all'
  /** -y, -yy. */
  readonly decodeFds: FdDetails
  /** -Y. */
  readonly decodePids?: PidDetails
}

/** What is told of descriptors: strace's words of --decode-fds. */
export const FD_DETAILS = ['path', 'socket', 'dev', 'eventfd', 'pidfd', 'signalfd'] as const

/** What of descriptors: their paths, addresses of sockets, numbers of devices, and what an eventfd, pidfd or signalfd is for. */
export type FdDetail = (typeof FD_DETAILS)[number]

/** What a number of processes counts; a negative one of a process means a group. */
export type Counted = 'thread' | 'process' | 'group' | 'session'

/** What is told of processes: strace's words of --decode-pids. */
export const PID_DETAILS = ['comm', 'pidns'] as const

/** What of processes: their names, or their numbers in our PID namespace, where that is another. */
export type PidDetail = (typeof PID_DETAILS)[number]

/** Nothing, or these. */
export type PidDetails = false | ReadonlySet<PidDetail>

/** What is told of processes: `true` means `['comm']`, `'all'` everything. */
export type PidDecoding = boolean | 'all' | readonly PidDetail[]

/** What an option asks for. */
export function pidDetails(option: PidDecoding = false): PidDetails {
  const details =
    option === 'all' ? PID_DETAILS : typeof option === 'boolean' ? (option ? (['comm'] as const) : []) : option
  return details.length === 0 ? false : new Set(details)
}

/** What is told of file descriptors: `true` means `['path']`, `'all'` everything. */
export type FdDecoding = boolean | 'all' | readonly FdDetail[]

/** Nothing, or these. */
export type FdDetails = false | ReadonlySet<FdDetail>

/** What an option asks for. */
export function fdDetails(option: FdDecoding = false): FdDetails {
  if (option === 'all') return new Set(FD_DETAILS)
  const details = typeof option === 'boolean' ? (option ? (['path'] as const) : []) : option
  return details.length === 0 ? false : new Set(details)
}

/** Names of numbers. `mask`: they are what these bits can hold, beside other bits. */
export interface NamedValues {
  readonly values: Readonly<Record<string, number>>
  readonly mask?: number
}

/**
 * One argument kind. `In` is the value in `event.args` (`never`: the argument carries nothing in), `Out` the value in
 * `event.out` (`never`: nothing comes back through it), `Refs` the names of the arguments that it refers to.
 *
 * A kind never throws on what a tracee can hold: unreadable memory reads as `Unread`, unknown numbers survive as numbers
 * or as `0x…` strings.
 */
export interface Kind<out In = unknown, out Out = unknown, out Refs extends string = string> {
  /** For documents and tests: `fd`, `path`, `bytesOut`. */
  readonly kind: string
  readonly entry?: CaptureSpec
  readonly exit?: CaptureSpec
  /** No register holds it: it was found in memory of the caller by other means. Only captures tell of it. */
  readonly inRegister?: false
  /** When `exit` is copied; by default after calls that succeeded. */
  readonly exitAfter?: 'success' | 'failure' | 'any'
  /** The value is a file descriptor: src/plan.ts adds its link where `decodeFds` is on. */
  readonly fd?: true
  /** The value is a process or thread: src/plan.ts adds what `decodePids` asks for. */
  readonly pid?: Counted
  /**
   * True where text needs the syscall-exit-stop: strace splits `<unfinished ...>` before the first such argument.
   * A function where that depends on the call (fcntl's F_GETLK, but not its F_SETLK).
   */
  readonly late?: boolean | ((cell: Cell) => boolean)
  readonly read?: (cell: Cell) => In
  readonly readOut?: (cell: Cell) => Out
  /** The text of the argument; `''` where strace leaves it out, with its comma and its name (openat's mode). */
  readonly print: (cell: Cell, style: Style) => string
  /**
   * What strace adds at the syscall-exit-stop to a text that was complete before: ` => {size=56}`, so that it comes behind
   * `<... resumed>` where the line was split there. Not for fields of structs.
   */
  readonly printAfter?: (cell: Cell, style: Style) => string
  /** Names that the number can have, for rules that compare it. */
  readonly constants?: readonly NamedValues[]
  /** Bytes of the number; absent where the argument is none. */
  readonly width?: 1 | 2 | 4 | 8
  /** The kind that another argument's value asks for, where it is one of several. */
  readonly choose?: (cell: Cell) => Kind
  /** In types only. */
  readonly _?: { readonly in: In; readonly out: Out; readonly refs: Refs }
}

/** What a call returns, and how strace prints it. `none`: the call does not return. */
export interface ReturnKind {
  readonly kind: 'decimal' | 'unsigned' | 'hex' | 'octal' | 'fd' | 'pid' | 'none'
  /**
   * The result is a descriptor, always or where an argument (the bits of `mask` of it) has one of these values: `decodeFds`
   * adds its link.
   */
  readonly fd?: true | { readonly on: string; readonly equals: readonly number[]; readonly mask?: number }
  /** The result is a process or thread: `decodePids` adds what it asks for. */
  readonly pid?: Counted
  /** The text of a successful result where `kind` does not say it all. */
  readonly print?: (call: CallView, style: Style) => string
  /** What strace puts in parentheses behind a result: `flags FD_CLOEXEC`. */
  readonly note?: (call: CallView, style: Style) => string | undefined
}

/** What an argument is whose memory could not be read. */
export class Unread {
  /** Where it points to. */
  readonly address: bigint
  /** EFAULT: nothing is there; EPERM: we may not read it. */
  readonly errno: 'EFAULT' | 'EPERM'
  constructor(address: bigint, errno: 'EFAULT' | 'EPERM') {
    this.address = address
    this.errno = errno
  }
}
