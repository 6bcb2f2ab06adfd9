/** What users write to deny calls and to change them: the types of the `deny` and `inject` options. */

import type { Filter } from '../filter.ts'
import type { ErrnoName, SignalName } from '../names.ts'

/**
 * Which paths: `'/a/b'` that one, `'/a/'` that and all beneath; with `*`, `?`, `[` or `{` a glob (`*` stays within a directory,
 * `**` does not; `{a,b}`, `[a-z]`, `[!a]`, `\x`), whole and absolute or beginning with `**`. `'./x'` and `'../x'` are taken from the
 * command's working directory.
 */
export type PathPattern = string

/** A number, or a constant's name: `1`, `'O_TRUNC'`. */
export type ArgValue = number | bigint | string

/**
 * What must hold of an argument; all of what is said.
 * @example
 * { args: { flags: { has: 'O_TRUNC', lacks: ['O_EXCL', 'O_APPEND'] } } }
 * { args: { count: { min: 1, max: 4096 } } }
 * { args: { domain: { is: ['AF_INET', 'AF_INET6'] } } }
 */
export interface ArgCondition {
  /** Equal to this, or to one of these. Of an argument that is text: that text. */
  readonly is?: ArgValue | readonly ArgValue[]
  /** Equal to none of these. */
  readonly not?: ArgValue | readonly ArgValue[]
  /** All of these bits are set. What is 0 has none (`'PROT_NONE'`), and is for `is`; `'O_RDONLY'` is one of three access modes. */
  readonly has?: ArgValue | readonly ArgValue[]
  /** None of these bits is set. */
  readonly lacks?: ArgValue | readonly ArgValue[]
  /** At least. */
  readonly min?: number | bigint
  /** At most. */
  readonly max?: number | bigint
  /** Only these bits are looked at by `is`, `not`, `min` and `max`. */
  readonly mask?: ArgValue | readonly ArgValue[]
  /** Text, or the bytes of a buffer that goes in, begin with this. What lies past the `stringLimit` option is not seen. */
  readonly startsWith?: string | Uint8Array
}

/**
 * Where a call goes. All of what is said holds.
 * @example
 * { addr: { address: '10.0.0.0/8', port: [8000, 8999] } }
 * { addr: { path: '/run/docker.sock' } }
 */
export interface Address {
  /** `'AF_INET'`; follows from `address`, and from `path`. */
  readonly family?: string
  /** An IPv4 or IPv6 address or subnet: `'127.0.0.1'`, `'10.0.0.0/8'`, `'::1'`, `'fe80::/10'`. IPv4 also as `::ffff:…`. */
  readonly address?: string
  /** One port, or the first and the last of a range. */
  readonly port?: number | readonly [from: number, to: number]
  /** Of a unix socket, as the call has it: exactly, or, ending with `/`, all beneath. An abstract name begins with `@`. */
  readonly path?: PathPattern
}

/** Which process makes the call. All of what is said holds. */
export interface ProcessCondition {
  /** Process id in our PID namespace, or one of these. */
  readonly pid?: number | readonly number[]
  /** How far down the tree: 0 is the command itself, 1 what it started. */
  readonly depth?: number | { readonly min?: number; readonly max?: number }
  /** The program's file: a path, or, without `/`, its name. Globs work in both. */
  readonly program?: string
  /** The first word of its command line; a glob. */
  readonly argv0?: string
  /** Some word of its command line matches this glob; of several globs each. */
  readonly argv?: string | readonly string[]
}

/** What must hold of a call that a rule is for, besides its name. All of what is said holds. */
export interface Where {
  /**
   * Some path in the arguments, taken from the working directory or the `dirfd`, also by what symlinks lead to; or what some descriptor
   * argument leads to; or, as far as that is no glob, the path of a unix socket, as the call has it.
   */
  readonly path?: PathPattern | readonly PathPattern[]
  /** Some descriptor argument: its number, or its link: `'socket:*'`, `'pipe:*'`, `'/dev/null'`. */
  readonly fd?: number | string | readonly (number | string)[]
  /**
   * An address in the arguments, in messages too, or the address that a descriptor argument is connected to. As text `'10.0.0.0/8'`, `'10.1.2.3:443'`,
   * `'[::1]:8080'`.
   */
  readonly addr?: Address | string | readonly (Address | string)[]
  /** Which process makes the call. */
  readonly process?: ProcessCondition
}

/** Which of the calls that match. */
export interface Occurrence {
  /** Only the nth call that matches, from 1. Excludes `when`. */
  readonly nth?: number
  /** As strace's `when=`: `first`, `first+`, `first+step`, `first..last` or `first..last+step`, from 1: `'3..9+2'`. Excludes `nth`. */
  readonly when?: string
  /**
   * What `nth` and `when` count: all calls that match; those of each process by themselves; of each thread; or, as strace does, of each
   * thread and name.
   * @default 'tree'
   */
  readonly per?: 'tree' | 'process' | 'thread' | 'call'
}

/** All conditions on calls but their names. */
export interface Match extends Where, Occurrence {
  /** By argument's name, as `strace -N` prints it. */
  readonly args?: Readonly<Record<string, ArgCondition>>
  /** How the call ended; the rule then acts when it has run. */
  readonly outcome?: Outcome
}

/** How a call ended: succeeded, failed, or failed with this errno, or with one of these. */
export type Outcome = 'successful' | 'failed' | ErrnoName | readonly ErrnoName[]

/** What a rule for the network leaves alone. */
export type NetworkException =
  /**
   * Unix sockets. Who has them may also be given sockets of other kinds by other programs; what is done with those is denied then where
   * they are used.
   */
  | 'unix'
  /**
   * Questions to the kernel. `getaddrinfo`, and so nearly every program that looks up a name, asks for the addresses of this machine:
   * without this each look-up shows in `run.denied`, and most go on all the same.
   */
  | 'netlink'
  /** 127.0.0.0/8, ::1, and what the kernel takes for them (0.0.0.0, ::), but for port 53: a resolver there asks the world. */
  | 'loopback'
  /** Port 53 of loopback addresses. A resolver elsewhere needs its own: `'10.0.0.53:53'`. */
  | 'dns'
  /**
   * Binding to any address of this machine, and listening. Who accepts connections from anywhere may also use sockets to anywhere that it
   * was given.
   */
  | 'listen'
  /** An address or subnet, with or without a port: `'10.0.0.0/8'`, `'10.1.2.3:443'`, `'[::1]:8080'`. */
  | (string & {}) // The intersection keeps the words above in the editor's list.

/**
 * Calls that fail without being run. At least one of `calls`, `network` and the conditions is needed.
 * @example
 * { calls: 'unlink,unlinkat', error: 'EACCES' }
 * { path: '/etc/' }
 * { network: { except: ['unix', 'netlink', 'loopback'] } }
 */
export interface DenyRule extends Where {
  /**
   * Which calls, in the words of `filter`.
   * @default every call that the conditions can hold for
   */
  readonly calls?: Filter
  /** All ways to the network, rather than calls by name; see `NetworkException`. Excludes `calls` and `args`. */
  readonly network?: true | { readonly except: readonly NetworkException[] }
  /** By argument's name, as `strace -N` prints it. */
  readonly args?: Readonly<Record<string, ArgCondition>>
  /**
   * What the calls fail with.
   * @default 'EPERM'
   */
  readonly error?: ErrnoName
  /**
   * Record denied calls whatever `filter` says. Without, a call that the kernel can decide about alone costs no stop.
   * @default true
   */
  readonly report?: boolean
}

/** What is denied: calls in the words of `filter`; `'network'` for all ways to it; or rules. */
export type DenyOption = Filter | 'network' | DenyRule | readonly DenyRule[]

/** A time: milliseconds, or with its unit `'50ms'`, `'1s'`, `'20us'`, `'100ns'`. */
export type Delay = number | `${number}${'ns' | 'us' | 'ms' | 's'}`

/** An argument that is larger becomes this; one that is no larger is left alone, and is no match. */
export interface ArgLimit extends Omit<ArgCondition, 'min' | 'mask'> {
  /** The most that is left of it. */
  readonly atMost: number | bigint
}

/** An argument's new value; or, as an object, a limit or a condition on it. */
export type ArgChange = ArgCondition | ArgLimit | number | bigint | string | readonly string[]

/**
 * Calls that are changed. At least one action is needed.
 * @example
 * { syscall: 'fsync', path: '**\/state.json', nth: 1, error: 'EIO' }
 * { syscall: 'write', fd: 1, when: '3..9+2', args: { count: { atMost: 1 } } } // a short write: it runs, with a smaller count
 * { syscall: '%network', process: { argv0: 'curl' }, delayEnter: '50ms' }
 * { syscall: 'openat', args: { flags: { has: 'O_TRUNC' } }, signal: 'SIGKILL' }
 */
export interface InjectRule extends Where, Occurrence {
  /** Which calls, in the words of `filter`. */
  readonly syscall: Filter
  /** How the call ended; the rule then acts when it has run. */
  readonly outcome?: Outcome
  /**
   * By argument's name, as `strace -N` prints it. A plain value (or names of bits) changes the argument, `{ atMost: 512 }` makes it
   * smaller where it is larger, and any other object is a condition on what the program gave. A number that says how much room a
   * buffer has should never grow: the kernel would write past its end.
   */
  readonly args?: Readonly<Record<string, ArgChange>>
  /** The call fails without being run; with `run` or `outcome` it is run before. */
  readonly error?: ErrnoName
  /** The call returns this without being run; with `run` or `outcome` it is run before. */
  readonly returns?: number | bigint
  /**
   * Run the call all the same, and replace its result by `error` or `returns`.
   * @default false, but true with `outcome`
   */
  readonly run?: boolean
  /** A call of the class `%pure` that runs in this one's place; for `error` or `returns`, which it needs. */
  readonly instead?: string
  /**
   * By argument's name: bytes that are written where it points to, before the call runs, as they are: no NUL is added (a path
   * needs its own, `'/x\0'`), and nobody looks whether there is room. The program keeps them.
   */
  readonly pokeEnter?: Readonly<Record<string, string | Uint8Array>>
  /** The same when the call has run. */
  readonly pokeExit?: Readonly<Record<string, string | Uint8Array>>
  /** A signal that is delivered to the thread that makes the call. */
  readonly signal?: SignalName | number
  /** Kill all processes of the run. */
  readonly killTree?: true
  /** Let all processes go on unrecorded. */
  readonly stopTracing?: true
  /** How long the call waits before it runs. Other threads do not. */
  readonly delayEnter?: Delay
  /** How long it waits when it has run. */
  readonly delayExit?: Delay
  /**
   * Record the calls that this acts on whatever `filter` says.
   * @default true
   */
  readonly report?: boolean
}

/** Handlers, in `run.rules`. */
export interface InterceptRule {
  /** Their key in the option: a name, or other words of `filter`. */
  readonly intercept: string
}

/** What the `ioUring` option denies, in `run.rules`. It stands at the end. */
export interface ImpliedRule extends DenyRule {
  readonly implied: true
}

/** How a rule was enforced, and how often. */
export interface RuleReport {
  /** The rule as it was given; short forms are written out. */
  readonly rule: DenyRule | InjectRule | InterceptRule | ImpliedRule
  /**
   * `'kernel'`: the kernel's filter decides alone; `'filter'`: it stops the program only where the rule may match; `'stops'`: the
   * program stops at every call, or at every one that the rule names.
   */
  readonly how: 'kernel' | 'filter' | 'stops'
  /**
   * Calls that it acted on, but for those that the kernel's filter has answered alone (`report: false`): nobody counts them. Of
   * handlers, how often they were asked.
   */
  readonly acted: number
  /** Calls that it could not be decided about, because something could not be read. */
  readonly unread: number
}

/** What a rule did to a call. */
export interface Injected {
  /** Which rule: its index in `run.rules`. */
  readonly rule: number
  /**
   * `'result'` made the result, and `'done'` says that the call had run, and had succeeded, so that it did what it is for; `'args'` changed arguments, or memory that they point to; `'delay'` let it wait; `'signal'` sent one;
   * `'kill'` ended all processes, `'stop'` the tracing; `'handler'` asked a handler, and `'unanswered'` says that it did not decide in
   * time; `'failed'`: something of that could not be done.
   */
  readonly did: readonly (
    | 'result'
    | 'done'
    | 'args'
    | 'delay'
    | 'signal'
    | 'kill'
    | 'stop'
    | 'handler'
    | 'unanswered'
    | 'failed'
  )[]
  /** Path of the program that made the call. */
  readonly program?: string
  /** Its command line, cut at 4096 bytes. */
  readonly argv?: readonly string[]
}
