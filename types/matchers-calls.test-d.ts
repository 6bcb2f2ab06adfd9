/** Matchers about calls: names, arguments and what is expected of them, pinned. Checked by `tsc`; never run. */

import type { CallLimits } from '../src/kit/matchers/limits.ts'
import type { matchers, RunMatchers } from '../src/kit/matchers/index.ts'
import type { RunnerContext } from '../src/kit/matchers/context.ts'
import type { Verdict } from '../src/kit/matchers/verdict.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function same<A, B>(..._: Equal<A, B> extends true ? [] : ['not equal', A, B]): void
declare function is<T>(value: T): void

// --- The record and the interface are one list

same<keyof typeof matchers, keyof RunMatchers>()
is<Readonly<Record<string, (run: unknown, ...rest: never[]) => Verdict>>>({} as typeof matchers)
declare const expected: RunMatchers<'chained'>
same<ReturnType<typeof expected.toBeComplete>, 'chained'>()

/** What a matcher takes behind the run. */
type Rest<F> = F extends (run: never, ...rest: infer Args) => Verdict ? Args : never
type Plain = Exclude<keyof RunMatchers, 'toCall' | 'toCallInOrder' | 'toStayWithin'>
same<{ [Name in Plain]: Parameters<RunMatchers[Name]> }, { [Name in Plain]: Rest<(typeof matchers)[Name]> }>()

// --- toCall

same<ReturnType<typeof called>, 'chained'>()
const called = () => expected.toCall('openat')
expected.toCall('openat', { pathname: 'a', flags: ['O_CREAT', 'O_EXCL'], mode: 0o600 })
expected.toCall('openat', { pathname: /a$/, flags: 'O_RDWR|O_CREAT' })
expected.toCall('openat', { pathname: (path) => path.endsWith('a'), dirfd: 'AT_FDCWD' })
expected.toCall('openat', { flags: (flags) => flags.has('O_CREAT') })
expected.toCall('openat', { dirfd: (fd) => fd === 'AT_FDCWD' || fd > 2 })
expected.toCall('openat', { pathname: { asymmetricMatch: () => true } })
expected.toCall('openat', {}, { times: 2 })
expected.toCall('openat', {}, { times: { min: 1, max: 2 } })
expected.toCall('write', { buf: 'text' })
expected.toCall('write', { buf: new Uint8Array(1), count: 1n })
expected.toCall('write', { buf: (data) => data === null || String(data) === 'x' })
expected.toCall('execve', { argv: ['git', /^status$/] })
expected.toCall('connect', { addr: { sa_family: 'AF_INET' } })
expected.toCall('fcntl', { op: 'F_SETFL' })
// @ts-expect-error -- no such call
expected.toCall('opnat')
// @ts-expect-error -- no such argument
expected.toCall('openat', { path: 'a' })
// @ts-expect-error -- no such flag
expected.toCall('openat', { flags: ['O_CREATE'] })
// @ts-expect-error -- a path is no number
expected.toCall('openat', { pathname: 3 })
// @ts-expect-error -- an answer is yes or no
expected.toCall('openat', { pathname: (path) => path.length })
// @ts-expect-error -- often is a number
expected.toCall('openat', {}, { times: 'twice' })

expected.toCall({ syscall: 'read', out: { buf: /x/ }, returned: 1, process: 'first' }, { times: 1 })
expected.toCall({ syscall: 'rename', error: 'EXDEV', path: '**/*.json', process: ({ argv }) => argv[0] === 'mv' })
expected.toCall({ syscall: 'openat', args: { flags: ['O_CREAT'] }, ok: false })
// @ts-expect-error -- nothing of that name comes back
expected.toCall({ syscall: 'read', out: { count: 1 } })
// @ts-expect-error -- no such errno
expected.toCall({ syscall: 'read', error: 'ENOSUCH' })
// @ts-expect-error -- no such property
expected.toCall({ syscall: 'read', arg: {} })
// @ts-expect-error -- which call?
expected.toCall({ args: {} })

// --- toCallInOrder

expected.toCallInOrder(['openat', ['fsync', { fd: 3 }], { syscall: 'rename', args: { newpath: /x/ }, path: 'a' }])
expected.toCallInOrder(['fsync', 'rename'], { process: 'same' })
expected.toCallInOrder(['openat', ['openat', { flags: ['O_CREAT'] }]])
expected.toCallInOrder([['openat', { pathname: (path) => path.endsWith('x') }]])
// @ts-expect-error -- no such call
expected.toCallInOrder(['fsink'])
// @ts-expect-error -- fsync has no path
expected.toCallInOrder([['fsync', { pathname: 'x' }]])
// @ts-expect-error -- one process or any
expected.toCallInOrder(['fsync'], { process: 'all' })

// --- Limits, budgets, snapshots

expected.toStayWithin({ openat: 40, '%network': 0, '/^get/': 3, total: 900 })
is<CallLimits>({ 'openat@32': 0 })
// @ts-expect-error -- a limit is a number
expected.toStayWithin({ openat: '40' })
expected.toStayWithinBudget()
expected.toStayWithinBudget({ file: 'a.json', name: 'start', calls: ['%file', 'total'], slack: 0.1 })
// @ts-expect-error -- no such option
expected.toStayWithinBudget({ limit: 3 })
expected.toMatchSyscallSnapshot()
expected.toMatchSyscallSnapshot({ calls: '%network', name: 'network', threads: 'apart', file: 'a.snap' })
// @ts-expect-error -- no such option
expected.toMatchSyscallSnapshot({ call: '%network' })

// --- What adapters tell

is<RunnerContext>({ update: 'new' })
is<RunnerContext>({
  update: 'all',
  testPath: '/a',
  testName: undefined,
  matchText: () => ({ pass: true, message: '' }),
})
// @ts-expect-error -- what updates do is always said
is<RunnerContext>({ testName: 'a' })
