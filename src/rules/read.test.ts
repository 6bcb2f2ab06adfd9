import test from 'ava'
import { SyscopeError } from '../errors.ts'
import { readTraceOptions } from '../validate.ts'

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
  [deny([{ path: '/a' }, 'unlink']), undefined],
  [{ inject: 'openat' }, "Expected the `inject` option to be a rule, or an array of them, got 'openat'."],
  [{ inject: [{ error: 'EIO' }] }, 'The `inject` option names no calls: give `syscall`.'],
  [
    { inject: { syscall: 'openat' } },
    'The `inject` option does nothing: give `error`, `returns`, `args`, `pokeEnter`, `pokeExit`, `signal`, `killTree`, `stopTracing`, `delayEnter` or `delayExit`.',
  ],
  // Words
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
  [inject({ args: { pathname: 'x' }, error: undefined }), undefined],
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
  [deny({ fd: 'socket' }), undefined],
  // Addresses
  [deny({ addr: {} }), undefined],
  [deny({ addr: '127.0.0.1' }), undefined],
  [deny({ addr: { address: '127.0.0' } }), undefined],
  [deny({ addr: { address: '127.0.0.1/33' } }), undefined],
  [deny({ addr: { address: 'fe80::1%eth0' } }), undefined],
  [deny({ addr: { port: 65536 } }), undefined],
  [deny({ addr: { port: [9, 8] } }), undefined],
  [
    deny({ addr: { family: 'AF_INET7' } }),
    "Unknown family 'AF_INET7' in `addr` in the `deny` option. Did you mean 'AF_INET'?",
  ],
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
  [deny({ calls: 'all', process: { name: 'x' } }), undefined],
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
  [deny({ network: { except: ['10.0.0.1:99999'] } }), undefined],
  [deny({ network: { except: ['10.0.0/8'] } }), undefined],
  [deny({ network: { exept: [] } }), undefined],
]

for (const [options, message] of refused) {
  test(`refuses ${JSON.stringify(options, (_, it: unknown) => (typeof it === 'bigint' ? `${it}n` : it))}`, (t) => {
    // What a program without types can pass.
    const error = t.throws(() => readTraceOptions(options), {
      instanceOf: SyscopeError,
      code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
    })
    if (message !== undefined) t.is(error?.message, message)
  })
}

test('unknown calls and classes are named as such', (t) => {
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
