import test from 'ava'
import { SyscopeError } from '../errors.ts'
import { readTraceOptions } from '../validate.ts'
import type { DenyRule, InjectRule } from './options.ts'

const deny = (rule: unknown): object => ({ deny: rule })
const inject = (rule: object): object => ({ inject: { syscall: 'openat', error: 'EIO', ...rule } })

const refused: readonly (readonly [options: object, message: string | undefined])[] = [
  // Rules as a whole
  [deny({}), 'The `deny` option says nothing: give `calls`, `network`, `path`, `fd`, `addr` or `args`.'],
  [
    deny({ process: { argv0: 'curl' } }),
    'The `deny` option would deny every call of a process, its end as well: give `calls`, `network`, `path`, `fd`, `addr` or `args`.',
  ],
  [deny([{ path: '/a' }, { paht: '/a' }]), 'Rule 2 of the `deny` option has no `paht`. Did you mean `path`?'],
  [
    deny({ calls: 'unlink', nth: 1 }),
    'The `deny` option has `nth`, which is for rules of `inject`: what is denied is denied always.',
  ],
  [deny({ calls: 'unlink', report: 1 }), 'Expected `report` in the `deny` option to be a boolean, got 1.'],
  [deny({ network: true, path: '/a' }), 'The `deny` option has both `network`, which is a list of calls, and `path`.'],
  [
    deny([{ path: '/a' }, 'unlink']),
    "Expected the `deny` option to hold either calls or rules: a rule for calls is { calls: 'unlink' }.",
  ],
  [deny({ syscall: 'unlink' }), 'The `deny` option has no `syscall`. Did you mean `calls`?'],
  [deny({ calls: [] }), 'The `deny` option names no calls, got [].'],
  [deny({ calls: 'write', args: {} }), 'The `args` in the `deny` option says nothing.'],
  [deny({ calls: 'write', args: { count: undefined } }), 'The `args` in the `deny` option says nothing.'],
  [
    deny({ calls: 'write', args: { count: { atMost: 5 } } }),
    'The `count` of `args` in the `deny` option has no `atMost`. Did you mean `max`?',
  ],
  [{ inject: 'openat' }, "Expected the `inject` option to be a rule, or an array of them, got 'openat'."],
  [{ inject: [{ error: 'EIO' }] }, 'The `inject` option names no calls: give `syscall`.'],
  [
    { inject: { syscall: 'openat' } },
    'The `inject` option does nothing: give `error`, `returns`, `args`, `pokeEnter`, `pokeExit`, `signal`, `killTree`, `stopTracing`, `delayEnter` or `delayExit`.',
  ],
  [inject({ calls: 'openat' }), 'The `inject` option has no `calls`. Did you mean `syscall`?'],
  [inject({ kill: true }), 'The `inject` option has no `kill`. Did you mean `killTree`?'],
  [inject({ syscall: [] }), 'The `inject` option names no calls, got [].'],
  [inject({ args: {} }), 'The `args` in the `inject` option says nothing.'],
  // Words
  [inject({ error: 'eio' }), "Unknown errno 'eio' in `error` in the `inject` option. Did you mean 'EIO'?"],
  [inject({ signal: 'KILL' }), "Unknown signal 'KILL' in `signal` in the `inject` option. Did you mean 'SIGKILL'?"],
  [
    inject({ args: { flags: { has: 'o_trunc' } } }),
    "No call can meet the `inject` option: `flags` has no name 'o_trunc'. Did you mean 'O_TRUNC'?",
  ],
  [inject({ error: 'EIOO' }), "Unknown errno 'EIOO' in `error` in the `inject` option. Did you mean 'EIO'?"],
  [inject({ error: 5 }), 'Expected `error` in the `inject` option to be the name of an errno, got 5.'],
  [inject({ signal: 'SIGTRM' }), "Unknown signal 'SIGTRM' in `signal` in the `inject` option. Did you mean 'SIGTERM'?"],
  [inject({ signal: 65 }), "Expected `signal` in the `inject` option to be a signal's name or number, got 65."],
  [inject({ outcome: 'ENOPE' }), undefined],
  [
    inject({ args: { flag: { has: 'O_TRUNC' } } }),
    "No call can meet the `inject` option: openat has no argument `flag`. Did you mean 'flags'?",
  ],
  [
    inject({ args: { flags: { has: 'O_TRUNK' } } }),
    "No call can meet the `inject` option: `flags` has no name 'O_TRUNK'. Did you mean 'O_TRUNC'?",
  ],
  [
    inject({ error: undefined, args: { flags: ['O_RDONLY', 'O_CLOEXECC'] } }),
    "No call can meet the `inject` option: `flags` has no name 'O_CLOEXECC'. Did you mean 'O_CLOEXEC'?",
  ],
  // Occurrences
  [inject({ nth: 1, when: '2' }), 'Give either `nth` or `when` in the `inject` option, not both.'],
  [inject({ nth: 0 }), 'Expected `nth` in the `inject` option to be a whole number from 1 on, got 0.'],
  [inject({ nth: 1.5 }), undefined],
  [inject({ when: '0' }), "'0', given as `when` in the `inject` option, never comes: calls are counted from 1."],
  [inject({ when: '5..3' }), "'5..3', given as `when` in the `inject` option, never comes: 3 is before 5."],
  [inject({ when: '1+0' }), "'1+0', given as `when` in the `inject` option, never comes: a step of 0 leads nowhere."],
  [
    inject({ when: '1..' }),
    "Expected `when` in the `inject` option to be strace's 'first', 'first+step' or 'first..last+step', got '1..'.",
  ],
  [inject({ when: 3 }), undefined],
  [inject({ when: '99999999999' }), undefined],
  [
    inject({ per: 'cpu' }),
    "Expected `per` in the `inject` option to be one of 'tree', 'process', 'thread', 'call', got 'cpu'.",
  ],
  [
    inject({ per: 'process' }),
    '`per` in the `inject` option says what is counted by itself, and nothing is: give `nth` or `when`.',
  ],
  // Smaller arguments
  [
    inject({ args: { mode: { atMost: 1 } } }),
    'The `inject` option has both changed arguments and a call that does not run (give `run: true`): they contradict each other.',
  ],
  [
    inject({ run: true, args: { mode: { atMost: -1 } } }),
    'Expected `atMost` in `mode` of `args` in the `inject` option to be a whole number, at least 0, got -1.',
  ],
  [
    inject({ run: true, args: { mode: { atMost: 5, min: 3 } } }),
    'The condition `mode` of `args` in the `inject` option has `atMost`, which excludes `min` and `mask`.',
  ],
  [
    inject({ run: true, args: { mode: { atMost: 5, max: 5 } } }),
    "The condition `mode` of `args` in the `inject` option can't hold: nothing is from 6 to 5.",
  ],
  [
    inject({ run: true, args: { mode: { atMost: 65535 } } }),
    'No call can meet the `inject` option: `mode` holds 0 to 65535.',
  ],
  // Contradictions
  [inject({ returns: 1 }), 'The `inject` option has both `error` and `returns`: they contradict each other.'],
  [
    inject({ error: undefined, run: true }),
    '`run` in the `inject` option needs a result to put in place: give `error` or `returns`.',
  ],
  [
    inject({ instead: 'getpid', run: true }),
    'The `inject` option has both `instead` and `run`: they contradict each other.',
  ],
  [
    inject({ error: undefined, instead: 'getpid' }),
    '`instead` in the `inject` option needs a result: give `error` or `returns`.',
  ],
  [
    inject({ instead: 'unlink' }),
    "`instead` in the `inject` option is 'unlink', which is none of %pure: it could do something, or fail.",
  ],
  [
    inject({ args: { mode: 1 } }),
    'The `inject` option has both changed arguments and a call that does not run (give `run: true`): they contradict each other.',
  ],
  [
    inject({ outcome: 'failed', delayEnter: 1 }),
    'The `inject` option has both `outcome`, which is known when the call has run, and `delayEnter`: they contradict each other.',
  ],
  [inject({ outcome: 'failed', pokeEnter: { pathname: 'x' } }), undefined],
  [inject({ outcome: 'failed', args: { mode: 1 } }), undefined],
  [inject({ outcome: 'failed', instead: 'getpid' }), undefined],
  [
    inject({ error: undefined, returns: -5 }),
    '`returns` in the `inject` option is -5, which is a failure: give `error` instead.',
  ],
  [inject({ error: undefined, returns: '5' }), undefined],
  [inject({ error: undefined, returns: 2n ** 64n }), undefined],
  [inject({ args: { flags: { min: 5, max: 4 } } }), undefined],
  [
    inject({ args: { flags: { has: 'O_TRUNC', lacks: ['O_APPEND', 'O_TRUNC'] } } }),
    "The condition `flags` of `args` in the `inject` option can't hold: O_TRUNC is in `has` and in `lacks`.",
  ],
  [
    inject({ args: { mode: { is: 1, not: [1, 2] } } }),
    "The condition `mode` of `args` in the `inject` option can't hold: what `is` says is excluded by `not`, `min` or `max`.",
  ],
  [inject({ args: { mode: { is: 1, min: 3 } } }), undefined],
  [inject({ args: { mode: { is: [8, 9], max: 7 } } }), undefined],
  [
    { inject: { syscall: 'mmap', args: { prot: { has: 'PROT_NONE' } }, error: 'EIO' } },
    "No call can meet the `inject` option: PROT_NONE has no bits: say { is: 'PROT_NONE' }.",
  ],
  [inject({ args: { mode: { lacks: 0 } } }), undefined],
  [
    inject({ args: { flags: { has: 'O_WRONLY|O_TRUNC' } } }),
    "No call can meet the `inject` option: `flags` takes several names as an array, not 'O_WRONLY|O_TRUNC'.",
  ],
  [
    { inject: { syscall: 'connect', args: { addr: { is: '127.0.0.1' } }, error: 'EIO' } },
    'No call can meet the `inject` option: `addr` is an address, which the condition `addr` is for.',
  ],
  [inject({ args: { flags: {} } }), undefined],
  [inject({ args: { flags: { mask: 1 } } }), undefined],
  [
    inject({ args: { flags: { is: 8, mask: 7 } } }),
    'No call can meet the `inject` option: no value of `is` lies within `mask`.',
  ],
  [inject({ args: { mode: { is: 0x1_0000 } } }), "No call can meet the `inject` option: `mode` can't be 65536."],
  [inject({ args: { mode: { min: 0x1_0000 } } }), 'No call can meet the `inject` option: `mode` holds 0 to 65535.'],
  [inject({ args: { flags: { startsWith: 'x' } } }), 'No call can meet the `inject` option: `flags` is no text.'],
  [inject({ args: { pathname: { has: 1, is: '/x' } } }), undefined],
  [
    inject({ args: { pathname: 'x' }, error: undefined }),
    "No call can meet the `inject` option: `pathname` is memory: to change that give pokeEnter: { pathname: 'x' }, for a condition on it { is: 'x' } or { startsWith: 'x' }.",
  ],
  [inject({ pokeEnter: { flags: 'x' } }), 'No call can meet the `inject` option: `flags` is no pointer.'],
  [inject({ pokeEnter: { pathname: '' } }), undefined],
  [inject({ pokeExit: { pathname: 'x'.repeat(65537) } }), undefined],
  // Conditions that none of the calls can meet
  [
    { inject: { syscall: 'getpid', path: '/x', error: 'EIO' } },
    'No call can meet the `inject` option: getpid has neither paths nor descriptors.',
  ],
  [
    { inject: { syscall: 'unlink', fd: 1, error: 'EIO' } },
    'No call can meet the `inject` option: unlink has no descriptor argument.',
  ],
  [{ inject: { syscall: 'unlink', addr: { port: 80 }, error: 'EIO' } }, undefined],
  // Paths
  [
    deny({ path: 'x' }),
    "'x', given as `path` in the `deny` option, can't match: paths are absolute (begin with `/`, `./`, `../` or `**/`).",
  ],
  [deny({ path: '*.ts' }), undefined],
  [deny({ path: '{/a,b}/c' }), undefined],
  [deny({ path: '/a//b' }), undefined],
  [deny({ path: '/a/./b' }), undefined],
  [deny({ path: '/a/..' }), undefined],
  [deny({ path: '!/a' }), undefined],
  [deny({ path: '/a/[b' }), undefined],
  [deny({ path: '/a/{b' }), undefined],
  [deny({ path: '/a*\\' }), undefined],
  [deny({ path: '/{a}{b}{c}{d}{e}{f}{g}{h}{i}{j}{k}' }), undefined],
  [deny({ path: '' }), undefined],
  [deny({ path: [] }), 'Expected `path` in the `deny` option to hold something, got [].'],
  [deny({ path: '/a\0' }), undefined],
  [deny({ path: 7 }), 'Expected `path` in the `deny` option to be a path or a glob, got 7.'],
  [deny({ fd: -1 }), undefined],
  [deny({ fd: '1' }), "'1', given as `fd` in the `deny` option, can't match: give the number 1."],
  [deny({ fd: 'stdout' }), "'stdout', given as `fd` in the `deny` option, can't match: give the number 1."],
  [deny({ fd: 'socket' }), "'socket', given as `fd` in the `deny` option, can't match: all of them are 'socket:*'."],
  // Addresses
  [deny({ addr: {} }), undefined],
  [
    deny({ addr: 'localhost' }),
    "Expected `address` in `addr` in the `deny` option to be an IPv4 or IPv6 address or subnet ('10.0.0.0/8'), got 'localhost'.",
  ],
  [deny({ addr: '127.0.0.1:65536' }), undefined],
  [
    { inject: { syscall: 'openat', addr: '127.0.0.1', error: 'EIO' } },
    'No call can meet the `inject` option: openat has neither an address nor a descriptor.',
  ],
  [deny({ addr: { address: '127.0.0' } }), undefined],
  [deny({ addr: { address: '127.0.0.1/33' } }), undefined],
  [deny({ addr: { address: 'fe80::1%eth0' } }), undefined],
  [deny({ addr: { port: 65536 } }), undefined],
  [deny({ addr: { port: [9, 8] } }), undefined],
  [
    deny({ addr: { family: 'AF_INET7' } }),
    "Unknown family 'AF_INET7' in `addr` in the `deny` option. Did you mean 'AF_INET'?",
  ],
  [deny({ addr: { family: 'INET' } }), "Unknown family 'INET' in `addr` in the `deny` option. Did you mean 'AF_INET'?"],
  [deny({ addr: { family: 'AF_UNIX', port: 80 } }), undefined],
  [deny({ addr: { family: 'AF_INET', address: '::1' } }), undefined],
  [deny({ addr: { path: '/run/*.sock' } }), undefined],
  [deny({ addr: { path: '/run/x', port: 1 } }), undefined],
  // Processes
  [deny({ calls: 'all', process: {} }), undefined],
  [deny({ calls: 'all', process: { pid: 0 } }), undefined],
  [deny({ calls: 'all', process: { depth: { min: 3, max: 2 } } }), undefined],
  [deny({ calls: 'all', process: { argv0: '[' } }), undefined],
  [deny({ calls: 'all', process: { program: '' } }), undefined],
  [
    deny({ calls: 'all', process: { name: 'x' } }),
    'The `process` in the `deny` option has no `name`. It has `pid`, `depth`, `program`, `argv0`, `argv`.',
  ],
  // Times
  [inject({ delayEnter: '50' }), undefined],
  [inject({ delayEnter: '50m' }), undefined],
  [inject({ delayExit: -1 }), undefined],
  [inject({ delayExit: NaN }), undefined],
  // The network
  [deny({ network: false }), undefined],
  [deny({ network: { except: 'unix' } }), undefined],
  [
    deny({ network: { except: ['lopback'] } }),
    "Unknown exception 'lopback' in `except` of `network` in the `deny` option. Did you mean 'loopback'?",
  ],
  [
    deny({ network: { except: ['localhost'] } }),
    "Unknown exception 'localhost' in `except` of `network` in the `deny` option. Did you mean 'loopback'?",
  ],
  [deny({ network: { except: ['10.0.0.1:99999'] } }), undefined],
  [deny({ network: { except: ['10.0.0/8'] } }), undefined],
  [deny({ network: { exept: [] } }), undefined],
]

for (const [options, message] of refused) {
  const spelled = JSON.stringify(options, (_, it: unknown) =>
    typeof it === 'bigint' || it === undefined ? `${it}n` : it,
  )
  test(`refuses ${spelled}`, (t) => {
    // What a program without types can pass.
    const error = t.throws(() => readTraceOptions(options), {
      instanceOf: SyscopeError,
      code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
    })
    if (message !== undefined) t.is(error?.message, message)
  })
}

test('an address as text is the same as in parts', (t) => {
  const bodies = (rule: DenyRule) =>
    readTraceOptions({ deny: rule }).rules.map(({ blocks }) => blocks.map(({ body }) => body))
  t.deepEqual(
    bodies({ addr: ['10.0.0.0/8', '127.0.0.1:53', '[::1]:80'] }),
    bodies({
      addr: [{ address: '10.0.0.0/8' }, { address: '127.0.0.1', port: 53 }, { address: '::1', port: 80 }],
    }),
  )
})

test('an argument that is to be at most so much is a condition and a change', (t) => {
  const bodies = (args: NonNullable<InjectRule['args']>) =>
    readTraceOptions({ inject: { syscall: 'write', args } }).rules.map(({ blocks }) => blocks.map(({ body }) => body))
  t.deepEqual(bodies({ count: { atMost: 5 } }), bodies({ count: { atMost: 5n } }))
  const [rule] = readTraceOptions({ inject: { syscall: 'write', args: { count: { atMost: 5, not: 7 } } } }).rules
  t.like(rule?.rule, {
    parts: [{ conditions: [{ on: 'argument', test: { name: 'count', min: 6n, not: [7] } }] }],
    actions: [{ do: 'argument', name: 'count', values: [5n] }],
  })
})

test('unknown calls and classes are named as such', (t) => {
  t.throws(() => readTraceOptions({ deny: 'networks' }), {
    message: "Unknown system call 'networks' in the `deny` option. Did you mean 'network'?",
  })
  t.throws(() => readTraceOptions({ deny: { calls: 'conect' } }), {
    code: 'ERR_SYSCOPE_UNKNOWN_SYSCALL',
    message: "Unknown system call 'conect' in the `deny` option. Did you mean 'connect'?",
  })
  t.throws(() => readTraceOptions({ inject: { syscall: '%netwrok', error: 'EIO' } }), {
    code: 'ERR_SYSCOPE_UNKNOWN_CLASS',
  })
  t.throws(() => readTraceOptions({ inject: { syscall: 'openat', error: 'EIO', instead: 'getpdi' } }), {
    code: 'ERR_SYSCOPE_UNKNOWN_SYSCALL',
    message: "Unknown system call 'getpdi', given as `instead` in the `inject` option. Did you mean 'getpid'?",
  })
})

test('a call that may not exist is no mistake', (t) => {
  t.notThrows(() => readTraceOptions({ deny: '?frobnicate', inject: { syscall: '?frobnicate', error: 'EIO' } }))
})

test('of several calls those that lack an argument are left out', (t) => {
  const [rule] = readTraceOptions({
    inject: { syscall: ['openat', 'read'], args: { flags: { has: 'O_TRUNC' } }, error: 'EIO' },
  }).rules
  t.true(rule?.calls.has('openat@64'))
  t.false(rule?.calls.has('read@64'))
})

test('what a rule acts on whatever its arguments is recorded', (t) => {
  const options = {
    deny: [{ calls: 'unlink' }, { calls: 'rmdir', path: '/a' }, { calls: 'mkdir', report: false }],
  } as const
  const recorded = readTraceOptions(options).rules.flatMap((rule) =>
    [...rule.recorded].filter((it) => it.endsWith('@64')),
  )
  t.deepEqual(recorded, ['unlink@64', 'io_uring_setup@64'])
})
