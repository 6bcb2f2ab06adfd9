/** Where things are in a record. Little-endian; every record is a multiple of 8 bytes long. */

/** Layout version that this reader understands (SESSION.VERSION). */
export const RECORD_VERSION = 1

export const KIND = {
  SESSION: 1,
  SYSCALL: 2,
  PENDING: 3,
  SIGNAL: 4,
  FORK: 5,
  EXEC: 6,
  EXIT: 7,
  STOP: 8,
  CONTINUE: 9,
  ATTACH: 10,
  DETACH: 11,
  SUPERSEDED: 12,
  GAP: 13,
  LEAKED: 14,
  END: 15,
} as const

/** What every record begins with. `SIZE_OF`: length of the fixed part, as in the other tables below. */
export const HEADER = {
  SIZE: 0,
  KIND: 4,
  FLAGS: 5,
  ABI: 6,
  PID: 8,
  TID: 12,
  SEQ: 16,
  TIME_NS: 24,
  SIZE_OF: 32,
} as const

export const ABI = { X86_64: 0, I386: 1, X32: 2 } as const

export const SESSION = { VERSION: 32, MODE: 36, MONOTONIC_NS: 40, REALTIME_NS: 48, SIZE_OF: 64 } as const

/** SESSION.MODE */
export const MODE = { FILTER: 1, STOPS: 2 } as const

/** Completed and pending calls. */
export const SYSCALL = {
  ENTRY_SEQ: 32,
  START_NS: 40,
  NR: 48,
  RULE: 52,
  ARGS: 56,
  RESULT: 104,
  IP: 112,
  RESUMES: 120,
  SYSTEM_NS: 124,
  CAPTURES: 128,
  SIZE_OF: 128,
} as const

/** HEADER.FLAGS of SYSCALL and PENDING. */
export const SYSCALL_FLAG = { IS_ERROR: 1, UNFINISHED: 2, ENTRY_UNSEEN: 4, INJECTED: 8, ANNOUNCED: 16 } as const

export const SIGNAL = { SIGNO: 32, SIGINFO: 40, SIZE_OF: 168 } as const

/** HEADER.FLAGS of SIGNAL. */
export const SIGNAL_FLAG = { SIGINFO_VALID: 1 } as const

export const FORK = { CHILD_PID: 32, CHILD_TID: 36, HOW: 40, SIZE_OF: 48 } as const

/** FORK.HOW */
export const HOW = { FORK: 1, VFORK: 2, CLONE: 3 } as const

export const EXEC = { FORMER_TID: 32, CAPTURES: 40, SIZE_OF: 40 } as const

export const EXIT = { CODE: 32, SIGNAL: 36, SIZE_OF: 40 } as const

/** HEADER.FLAGS of EXIT. */
export const EXIT_FLAG = { SIGNALED: 1, CORE_DUMPED: 2 } as const

export const STOP = { SIGNAL: 32, SIZE_OF: 40 } as const

export const CONTINUE = { SIZE_OF: 40 } as const

export const ATTACH = { THREADS: 32, SIZE_OF: 40 } as const

export const DETACH = { SIZE_OF: 40 } as const

export const SUPERSEDED = { BY_TID: 32, SIZE_OF: 40 } as const

export const GAP = { REASON: 32, DETAIL: 36, SIZE_OF: 40 } as const

/** GAP.REASON; `1 << reason` in END.INCOMPLETE and in the end of a run. */
export const REASON = {
  IO_URING: 1,
  LOST_TRACEE: 2,
  UNTRACED_CHILD: 3,
  DENIED_READ: 4,
  INTERNAL: 5,
  DETACHED: 6,
  RESYNC: 7,
} as const

export const LEAKED = { SIZE_OF: 40 } as const

export const END = { INCOMPLETE: 32, SIZE_OF: 40 } as const

/** Header of one capture; own bytes, padded to 8, follow, then its children. */
export const CAPTURE = { TOTAL: 0, LENGTH: 4, KEY: 8, PHASE: 9, STATUS: 10, WANTED: 12, SIZE_OF: 16 } as const

export const PHASE = { ENTRY: 0, EXIT: 1 } as const

export const STATUS = { OK: 0, NULL: 1, FAULT: 2, TRUNCATED: 3, REFUSED: 4 } as const

/** CAPTURE.KEY at the top level: 0..5 what that argument points to, and these. */
export const CAPTURE_KEY = { FD_PATH: 16, RETURNED_FD_PATH: 24 } as const
