/**
 * The matchers: what can be expected of a run. Each is a function of a run and what is expected; adapters make matchers of a runner
 * of them.
 */

import type { SyscallName } from '../../table/index.ts'
import type { NetworkOptions } from './addresses.ts'
import type { ExpectedArgs } from './arguments.ts'
import { toStayWithinBudget, type BudgetOptions } from './budget.ts'
import type { CallPattern } from './call-pattern.ts'
import { toCall, type ToCallOptions } from './calls.ts'
import { toBeComplete } from './complete.ts'
import { toReplaceAtomically, toSyncBeforeRename, type ReplaceOptions } from './durable.ts'
import { toExec, type ExpectedArgv } from './executed.ts'
import { toReadOnlyUnder, toWriteOnlyUnder, type FoldersOptions } from './folders.ts'
import { toLeaveNoProcesses, type LeftOptions } from './left.ts'
import { toStayWithin, type CallLimits } from './limits.ts'
import { toConnect, toHaveNoNetwork, type ExpectedAddress } from './network.ts'
import { toCallInOrder, type CallInOrder, type ToCallInOrderOptions } from './order.ts'
import type { ExpectedPath } from './places.ts'
import { toMatchSyscallSnapshot, type SyscallSnapshotOptions } from './snapshot.ts'
import { toCreate, toDelete, toLookUp, toOpen, toRead, toRename, toWrite, type OpenOptions } from './touched.ts'
import type { Verdict } from './verdict.ts'

/**
 * The matchers as functions of a run and what is expected, each of which gives a verdict: for adapters, and for whoever has no test
 * runner. They throw a `SyscopeError` where a run cannot tell: then both what is expected and its opposite fail.
 * @example
 * const { pass, message } = matchers.toBeComplete(run)
 */
export const matchers = {
  toBeComplete,
  toCall,
  toCallInOrder,
  toConnect,
  toCreate,
  toDelete,
  toExec,
  toHaveNoNetwork,
  toLeaveNoProcesses,
  toLookUp,
  toMatchSyscallSnapshot,
  toOpen,
  toRead,
  toReadOnlyUnder,
  toRename,
  toReplaceAtomically,
  toStayWithin,
  toStayWithinBudget,
  toSyncBeforeRename,
  toWrite,
  toWriteOnlyUnder,
} as const satisfies Readonly<Record<keyof RunMatchers, (run: unknown, ...rest: never[]) => Verdict>>

/**
 * What `expect(run)` has. `R` is what a runner's matchers return.
 *
 * What was seen decides, whatever was missed. Where nothing was seen and the run can't tell (it is not complete, or the filter left out
 * a call), a matcher throws, so that its opposite (`.not`) fails as well.
 */
export interface RunMatchers<R = void> {
  /**
   * No connection, no message and no listening, whether it came off or not: what `deny: 'network'` denies, with the same exceptions.
   * Children, threads, native code and lookups of names (DNS) count. A socket that nothing is done with is no use of the network.
   * Trace with `observe: 'network'`, or with `deny: 'network'`.
   *
   * @example
   * expect(run).toHaveNoNetwork()
   * expect(run).toHaveNoNetwork({ except: ['unix', 'loopback'] })
   */
  toHaveNoNetwork(options?: NetworkOptions): R

  /**
   * The run tried to connect to an address, or sent a message to it, whatever came of it: `'10.1.2.3:443'`, `'10.0.0.0/8'`,
   * `'[::1]:8080'`; of a unix socket its path, or with `@` its abstract name. Trace with `observe: 'network'`.
   *
   * @example expect(run).toConnect('10.0.0.53:53')
   */
  toConnect(address: ExpectedAddress): R

  /**
   * Whatever the run wrote, created, renamed, linked, deleted or changed is in these folders, by all its names, with symbolic links
   * followed. Devices that keep nothing, pipes and sockets are no files. Trace with `observe: 'files'`.
   *
   * @example expect(run).toWriteOnlyUnder([tmpdir(), 'dist'], { except: '**\/*.log' })
   */
  toWriteOnlyUnder(folders: ExpectedPath | readonly ExpectedPath[], options?: FoldersOptions): R

  /**
   * Whatever the run opened for reading, read, mapped, listed or executed is in these folders; not what it only asked for (stat, access).
   * Programs need their libraries, which `systemFolders` has. Trace with `observe: 'files'`.
   *
   * @example expect(run).toReadOnlyUnder([project, ...systemFolders])
   */
  toReadOnlyUnder(folders: ExpectedPath | readonly ExpectedPath[], options?: FoldersOptions): R

  /**
   * The run opened a file: by any call, any of its names, and any symbolic link. A path is absolute, or from where the command began; a
   * glob; a folder and all beneath with `/` at its end; or a regular expression. Trace with `observe: 'files'`, as for all that follow.
   *
   * @example expect(run).toOpen('/etc/ssl/openssl.cnf', { for: 'reading' })
   */
  toOpen(path: ExpectedPath, options?: OpenOptions): R

  /** The run read what is in a file, or listed a folder: by any descriptor, or through memory. */
  toRead(path: ExpectedPath): R

  /** The run changed what is in a file, or what its path stands for: wrote, truncated, mapped it writable, renamed or linked to it. */
  toWrite(path: ExpectedPath): R

  /**
   * The run created a file, folder, link, device or socket: made it, gave it the name, or opened it with O_CREAT, of which no call says
   * whether it was there before.
   */
  toCreate(path: ExpectedPath): R

  /** The run deleted a file or folder, also after it had given it another name. */
  toDelete(path: ExpectedPath): R

  /**
   * The run gave a file or folder another name, with `to` this one.
   * @example expect(run).toRename(/state\.json\.\w+$/, 'state.json')
   */
  toRename(from: ExpectedPath, to?: ExpectedPath): R

  /**
   * The run asked for a path: opened it, asked whether it is there, or did anything else with it by its name, also in vain.
   * @example expect(run).not.toLookUp('**\/.npmrc')
   */
  toLookUp(path: ExpectedPath): R

  /**
   * The run replaced a file so that whoever opens it finds all of the old content or all of the new, at any time: a new file is written,
   * synced and renamed over the path, and the folder synced. Without the syncs (`durable: false`) a crash of the machine may leave less.
   * Trace with `observe: 'files'`.
   *
   * @example expect(run).toReplaceAtomically('state.json')
   */
  toReplaceAtomically(path: string, options?: ReplaceOptions): R

  /**
   * The run synced the content of each file before it renamed it to this path: without that a crash may leave an empty file. Fails where
   * nothing was renamed to the path. Trace with `observe: 'files'`.
   *
   * @example expect(run).toSyncBeforeRename('state.json')
   */
  toSyncBeforeRename(path: string): R

  /**
   * The run executed a program: by its name, with a `/` by its path, also that of a script or a link; `argv` are the words of its command
   * line, the first one included. Attempts that failed do not count. Trace with `observe: 'processes'`.
   *
   * @example expect(run).toExec('git', ['git', 'status', /^--/])
   */
  toExec(program: ExpectedPath, argv?: ExpectedArgv): R

  /**
   * No process was still there when the run was over, and none went on for long after the command had ended. Needs no calls
   * (`filter: 'none'`); `observe: 'processes'` shows command lines.
   *
   * @example expect(run).toLeaveNoProcesses()
   */
  toLeaveNoProcesses(options?: LeftOptions): R

  /**
   * The run saw every system call within its filter.
   * @example expect(run).toBeComplete()
   */
  toBeComplete(): R

  /**
   * The run made such a call: in any process and thread, whether it succeeded or not (`ok` says which), whether it came back or not, and
   * through whichever ABI. Of the arguments only those that are named count.
   *
   * A call has one name: `openat` is not `open`, `clone3` not `fork`. Which of them a program makes is its C library's choice; `toOpen`
   * and its like ask for what was done instead. What i386 programs do by way of `socketcall` and `ipc` makes the matcher throw.
   * What the vDSO answers (`clock_gettime`) is no call.
   *
   * @example
   * expect(run).toCall('openat', { pathname: /\.json$/, flags: ['O_CREAT'] })
   * expect(run).not.toCall('connect')
   * expect(run).toCall('fsync', {}, { times: 2 })
   * expect(run).toCall({ syscall: 'renameat2', error: 'EXDEV' })
   */
  toCall<N extends SyscallName>(name: N, args?: ExpectedArgs<N>, options?: ToCallOptions): R
  toCall<N extends SyscallName>(call: CallPattern<N>, options?: ToCallOptions): R

  /**
   * The run made these calls one after the other, in the order in which they began (their entry), with any others before, between and
   * behind them. Each call is taken for one item. What concurrent threads and processes do at the same time has the order in which it
   * came to the kernel.
   *
   * @example
   * expect(run).toCallInOrder([
   *   { syscall: 'fsync', path: 'state.tmp' },
   *   ['rename', { newpath: /state\.json$/ }],
   *   'exit_group',
   * ])
   */
  toCallInOrder<const Names extends readonly SyscallName[]>(
    calls: { readonly [At in keyof Names]: CallInOrder<Names[At]> },
    options?: ToCallInOrderOptions,
  ): R

  /**
   * The run made the system calls that it made when the snapshot was written: see `snapshotOf()` for what is told of them and what is
   * left out. The runner keeps the snapshot, with its own rules for updates; where it has none, or `file` is given, it is in a text file
   * that SYSCOPE_UPDATE=1 writes anew, and to which a snapshot that is not there yet is added, unless CI is set.
   *
   * A snapshot that is written now passes, so `.not` of it says nothing.
   *
   * @example
   * expect(run).toMatchSyscallSnapshot()
   * expect(run).toMatchSyscallSnapshot({ calls: '%network', name: 'network' })
   */
  toMatchSyscallSnapshot(options?: SyscallSnapshotOptions): R

  /**
   * The run made no more calls than these limits say: of names, of classes and other words of the `filter` option, and of `total`.
   * Calls that failed count, and those that did not come back; one that a signal interrupted, and that the kernel starts again, counts
   * again. Runs that only counted (option `counting`) are enough.
   *
   * @example expect(run).toStayWithin({ openat: 40, '%network': 0, total: 900 })
   */
  toStayWithin(limits: CallLimits): R

  /**
   * The same with limits that are kept in a JSON file, with an entry for each test. What is not there yet is written (not where CI is
   * set: there it fails), and everything is written anew by SYSCOPE_UPDATE=1 or as the runner updates snapshots. Tests and processes
   * that write the same file at the same time do not lose what others wrote.
   *
   * @example expect(run).toStayWithinBudget({ calls: ['%file', '%network', 'total'], slack: 0.1 })
   */
  toStayWithinBudget(options?: BudgetOptions): R
}
