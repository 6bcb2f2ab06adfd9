import path from 'node:path'
import test from 'ava'
import {
  matched,
  readRules,
  type AskedCall,
  type ReadAction,
  type ReadPredicate,
  type ReadRule,
} from '../../__test__/rules.ts'
import type { TraceOptions } from '../options.ts'
import { readTraceOptions } from '../validate.ts'
import { writeRules } from './compile.ts'
import type { InjectRule } from './options.ts'

function compiled(options: TraceOptions): readonly ReadRule[] {
  return readRules(writeRules(readTraceOptions({ ioUring: 'observe', ...options }).rules))
}

function injected(rule: InjectRule): ReadRule {
  const [first] = compiled({ inject: rule })
  if (first === undefined) throw new Error('no rule')
  return first
}

const actionsOf = (rule: Omit<InjectRule, 'syscall'>): readonly ReadAction[] =>
  injected({ syscall: 'openat@64', ...rule }).actions
const whenOf = (rule: Omit<InjectRule, 'syscall'>, syscall = 'openat@64'): ReadPredicate =>
  injected({ syscall, signal: 10, ...rule }).when

test('calls that look the same are one rule for all ABIs', (t) => {
  const rules = compiled({ deny: { calls: 'close', error: 'EACCES' } })
  const targets = [
    { abi: 0, number: 3 },
    { abi: 1, number: 6 },
    { abi: 2, number: 0x4000_0003 },
  ]
  const always = { op: 'always' } as const
  t.deepEqual(rules, [
    {
      id: 1,
      flags: 1,
      scope: 0,
      first: 1,
      last: 0xffff_ffff,
      step: 1,
      targets,
      when: always,
      outcome: undefined,
      actions: [[1, 13]],
    },
  ])
})

test('an argument is looked for where each call has it', (t) => {
  const rules = compiled({
    inject: { syscall: ['open@64', 'openat@64'], args: { flags: { has: 'O_TRUNC' } }, error: 'EIO' },
  })
  t.deepEqual(
    rules.map(({ id, targets, when }) => [id, targets[0]?.number, when.op === 'word' && when.value.index]),
    [
      [1, 2, 1],
      [1, 257, 2],
    ],
  )
})

test('actions', (t) => {
  t.deepEqual(actionsOf({ error: 'ENOENT' }), [[1, 2]])
  t.deepEqual(actionsOf({ returns: 7 }), [[2, 7n]])
  t.deepEqual(actionsOf({ returns: -1n * 2n ** 63n }), [[2, -(2n ** 63n)]])
  t.deepEqual(actionsOf({ error: 'EIO', run: true }), [[4, -5n]])
  t.deepEqual(actionsOf({ returns: 7, run: true }), [[4, 7n]])
  t.deepEqual(actionsOf({ error: 'EIO', instead: 'getppid' }), [
    [1, 5],
    [3, 110],
  ])
  t.deepEqual(actionsOf({ args: { flags: ['O_RDWR', 'O_CLOEXEC'], dirfd: -100 } }), [
    [5, 2, 0x8_0002n],
    [5, 0, BigInt.asUintN(64, -100n)],
  ])
  t.deepEqual(actionsOf({ pokeEnter: { pathname: 'a\0' }, pokeExit: { pathname: Uint8Array.of(1, 2) } }), [
    [6, 1, 0, 0, 'a\0'],
    [6, 1, 1, 0, '\u0001\u0002'],
  ])
  t.deepEqual(actionsOf({ signal: 'SIGKILL', killTree: true, stopTracing: true }), [[7, 9], [9], [10]])
  t.deepEqual(actionsOf({ delayEnter: 1.5, delayExit: '20us' }), [
    [8, 0, 1_500_000n],
    [8, 1, 20_000n],
  ])
})

test('a replacement has the number of its ABI', (t) => {
  const rules = compiled({ inject: { syscall: 'openat', error: 'EIO', instead: 'getpid' } })
  t.deepEqual(
    rules.map(({ targets, actions }) => [targets[0]?.abi, actions[1]?.[1]]),
    [
      [0, 39],
      [1, 20],
      [2, 0x4000_0000 + 39],
    ],
  )
})

test('a rule for an outcome acts when the call has run', (t) => {
  const rule = injected({ syscall: 'openat@64', outcome: ['ENOENT', 'EACCES'], error: 'EIO' })
  t.is(rule.flags, 3)
  t.deepEqual(rule.actions, [[4, -5n]])
  const acts = (result: bigint, outcome: NonNullable<InjectRule['outcome']> = ['ENOENT', 'EACCES']): boolean =>
    matched([injected({ syscall: 'openat@64', signal: 10, outcome })], { number: 257, result }) !== undefined
  t.deepEqual(
    [-2n, -13n, -5n, 3n].map((it) => acts(it)),
    [true, true, false, false],
  )
  t.deepEqual(
    [-4095n, -1n, -512n, 0n, -4096n].map((it) => acts(it, 'failed')),
    [true, true, false, false, false],
  )
  t.deepEqual(
    [-4095n, -1n, 0n, -4096n].map((it) => acts(it, 'successful')),
    [false, false, true, true],
  )
})

test('occurrences', (t) => {
  const counting = (rule: Pick<InjectRule, 'nth' | 'when' | 'per'>): readonly number[] => {
    const { scope, first, last, step } = injected({ syscall: 'openat', error: 'EIO', ...rule })
    return [scope, first, last, step]
  }
  const none = 0xffff_ffff
  t.deepEqual(counting({}), [0, 1, none, 1])
  t.deepEqual(counting({ nth: 3, per: 'thread' }), [2, 3, 3, 1])
  t.deepEqual(counting({ when: '3' }), [0, 3, 3, 1])
  t.deepEqual(counting({ when: '3+' }), [0, 3, none, 1])
  t.deepEqual(counting({ when: '3+2', per: 'process' }), [1, 3, none, 2])
  t.deepEqual(counting({ when: '3..9' }), [0, 3, 9, 1])
  t.deepEqual(counting({ when: '3..9+2', per: 'call' }), [3, 3, 9, 2])
})

test('numbers are compared in their own width, and with their sign', (t) => {
  const acts = (args: InjectRule['args'], ...words: readonly (number | bigint)[]): readonly boolean[] => {
    const rules = [injected({ syscall: 'lseek@64', signal: 10, args: args! })]
    return words.map((word) => matched(rules, { number: 8, args: [word, word, word] }) !== undefined)
  }
  t.deepEqual(acts({ fd: { is: -1 } }, -1, 0xffff_ffff, 1), [true, true, false])
  t.deepEqual(acts({ offset: { is: -1 } }, -1, 0xffff_ffff), [true, false])
  t.deepEqual(acts({ offset: { min: -5, max: 7 } }, -6, -5, 0, 7, 8), [false, true, true, true, false])
  t.deepEqual(acts({ offset: { min: 3 } }, -1, 2, 3, 2n ** 62n), [false, false, true, true])
  t.deepEqual(acts({ offset: { max: -3 } }, -4, -3, -2, 5), [true, true, false, false])
  t.deepEqual(acts({ whence: { is: 'SEEK_END' } }, 2, 0x1_0000_0002n, 1), [true, true, false])
  t.deepEqual(acts({ whence: { is: ['SEEK_SET', 1] } }, 0, 1, 2), [true, true, false])
  t.deepEqual(acts({ whence: { not: ['SEEK_SET', '0x1'] } }, 0, 1, 2), [false, false, true])
})

test('bits, and choices among them', (t) => {
  const acts = (flags: object, ...words: readonly number[]): readonly boolean[] => {
    const rules = [injected({ syscall: 'openat@64', signal: 10, args: { flags } })]
    return words.map((word) => matched(rules, { number: 257, args: [0, 0, word] }) !== undefined)
  }
  const [WRONLY, RDWR, CREAT, TRUNC] = [1, 2, 0o100, 0o1000] as const
  t.deepEqual(acts({ has: ['O_CREAT', 'O_TRUNC'] }, CREAT | TRUNC, CREAT, TRUNC | CREAT | RDWR), [true, false, true])
  t.deepEqual(acts({ lacks: ['O_CREAT', 'O_TRUNC'] }, 0, CREAT, RDWR), [true, false, true])
  t.deepEqual(acts({ has: 'O_RDONLY' }, 0, WRONLY, CREAT, RDWR), [true, false, true, false])
  t.deepEqual(acts({ has: 'O_WRONLY' }, WRONLY | CREAT, RDWR, 3), [true, false, false])
  t.deepEqual(acts({ lacks: 'O_RDONLY' }, 0, WRONLY, RDWR), [false, true, true])
  t.deepEqual(acts({ is: 1, mask: 3 }, WRONLY | TRUNC, RDWR), [true, false])
  t.deepEqual(acts({ has: 0x8000_0000 }, -1, 1), [true, false])
})

test('text is compared as far as it is seen', (t) => {
  const rules = compiled({
    inject: [
      { syscall: 'memfd_create@64', args: { name: { is: ['v8', 'x'] } }, signal: 10 },
      { syscall: 'write@64', args: { buf: { startsWith: 'GET ' } }, signal: 10 },
      { syscall: 'chdir@64', args: { path: { not: '/tmp' } }, signal: 10 },
    ],
  })
  const acts = (number: number, text: string, key: number): boolean =>
    matched(rules, { number, captures: { [key]: { bytes: Buffer.from(text) } } }) !== undefined
  t.deepEqual(
    ['v8', 'v', 'x', 'v88'].map((it) => acts(319, it, 0)),
    [true, false, true, false],
  )
  t.deepEqual(
    ['GET / HTTP', 'GET', 'PUT '].map((it) => acts(1, it, 1)),
    [true, false, false],
  )
  t.deepEqual(
    ['/tmp', '/tmp/'].map((it) => acts(80, it, 0)),
    [false, true],
  )
  const long = { syscall: 'write', args: { buf: { startsWith: 'x'.repeat(33) } }, signal: 10 } as const
  t.throws(() => compiled({ inject: long, stringLimit: 32 }), { message: /only 32 bytes are seen of `buf`/ })
})

const paths = (rule: ReadPredicate): readonly (string | undefined)[] =>
  rule.op === 'any'
    ? rule.of.flatMap(paths)
    : rule.op === 'path'
      ? [`${rule.key} from ${rule.directory.kind === 255 ? 'cwd' : rule.directory.index}`]
      : rule.op === 'fd'
        ? [`fd ${rule.fd.index}`]
        : [undefined]

for (const [syscall, expected] of [
  ['open', ['0 from cwd']],
  ['openat', ['1 from 0']],
  ['renameat2', ['1 from 0', '3 from 2']],
  ['linkat', ['1 from 0', '3 from 2']],
  ['symlinkat', ['2 from 1']],
  ['symlink', ['1 from cwd']],
  ['execveat', ['1 from 0']],
  ['openat2', ['1 from 0']],
  ['setxattrat', ['1 from 0']],
  ['fanotify_mark', ['4 from 3', 'fd 0']],
  ['inotify_add_watch', ['1 from cwd', 'fd 0']],
  ['move_mount', ['1 from 0', '3 from 2']],
  ['read', ['fd 0']],
  ['mmap', ['fd 4']],
  ['sendfile', ['fd 0', 'fd 1']],
] as const) {
  test(`paths of ${syscall} start from their own directory`, (t) => {
    t.deepEqual(paths(whenOf({ path: '/no/such/a' }, `${syscall}@64`)), expected)
  })
}

test('paths of i386 calls are looked for as well', (t) => {
  const rules = compiled({ deny: { path: '/no/such/' } })
  const denies = (call: AskedCall): boolean => matched(rules, call) !== undefined
  const [stat64, fstatat64, socketcall, oldMmap] = [195, 300, 102, 90] as const
  t.true(denies({ abi: 1, number: stat64, paths: { 0: '/no/such/a' } }))
  t.true(denies({ abi: 1, number: fstatat64, paths: { 1: '/no/such/a' } }))
  t.false(denies({ abi: 1, number: fstatat64, paths: { 1: '/no/sucher' } }))
  t.false(denies({ abi: 1, number: socketcall }))
  t.false(denies({ abi: 1, number: oldMmap }))
  t.false(denies({ number: 3, links: { 0: '/no/such/a' } }), 'close')
})

test('calls that i386 makes by socketcall have their arguments in memory', (t) => {
  const words = (...list: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(list).buffer)
  const web = Uint8Array.of(2, 0, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0)
  const socketcall = (operation: number, list: Uint8Array, address?: Uint8Array): AskedCall => {
    const children = address === undefined ? [] : [{ key: 1, bytes: address }]
    return {
      abi: 1,
      number: 102,
      args: [operation, 1],
      captures: { 1: { bytes: list, children } },
      links: { 3: '/no/x' },
    }
  }
  const connect = socketcall(3, words(3, 1, 16), web)
  for (const name of ['deny', 'inject'] as const) {
    const acts = (condition: object, call: AskedCall): boolean => {
      const options =
        name === 'deny'
          ? { deny: { calls: 'connect,socket', ...condition } }
          : { inject: { syscall: 'connect,socket', error: 'EIO' as const, ...condition } }
      return matched(compiled(options), call) !== undefined
    }
    t.true(acts({}, connect))
    t.false(acts({}, socketcall(2, words(3, 1, 16), web)), 'bind')
    t.true(acts({ addr: { port: 80 } }, connect))
    t.false(acts({ addr: { port: 81 } }, connect))
    t.true(acts({ fd: 3 }, connect))
    t.false(acts({ fd: 4 }, connect))
    t.true(acts({ fd: '/no/x' }, connect))
    t.true(acts({ args: { domain: { is: 'AF_INET6' } } }, socketcall(1, words(10, 1, 0))))
    t.false(acts({ args: { domain: { is: 'AF_INET6' } } }, socketcall(1, words(2, 1, 0))))
  }
  const changes = compiled({ inject: { syscall: 'connect', args: { addrlen: 0 } } })
  t.false(matched(changes, connect) !== undefined, 'there is no register to change')
})

test('what is not read is denied where it matters, and never changed', (t) => {
  const addr = { port: 80 } as const
  const sendmsg = { abi: 2, number: 0x4000_0000 + 518 } as const
  t.true(matched(compiled({ deny: { calls: 'sendmsg', addr } }), sendmsg) !== undefined)
  t.true(matched(compiled({ deny: { addr } }), sendmsg) !== undefined)
  t.false(matched(compiled({ inject: { syscall: 'sendmsg', addr, error: 'EIO' } }), sendmsg) !== undefined)
  t.false(matched(compiled({ deny: { path: '/no/such/' } }), sendmsg) !== undefined, 'its descriptor is seen')
})

test('unix sockets have paths too', (t) => {
  const rules = compiled({ deny: { path: ['/no/such', '/no/dir/'] } })
  const denies = (path: string): boolean => {
    const bytes = Uint8Array.of(1, 0, ...Buffer.from(path), 0)
    return matched(rules, { number: 42, captures: { 1: { bytes } } }) !== undefined
  }
  t.deepEqual(['/no/such', '/no/dir/x', '/no/suchlike', '/no/dir'].map(denies), [true, true, false, false])
})

const textsOf = (rule: ReadPredicate): readonly string[] => {
  switch (rule.op) {
    case 'any':
    case 'all':
      return [...new Set(rule.of.flatMap(textsOf))]
    case 'path':
    case 'fd':
    case 'program':
    case 'argv':
      return [`${rule.matcher.how}${rule.matcher.last ? ' last' : ''} ${rule.matcher.text}`]
    default:
      return []
  }
}
const pathTexts = (...patterns: readonly string[]): readonly string[] => textsOf(whenOf({ path: patterns }))

test('patterns', (t) => {
  const here = process.cwd()
  t.deepEqual(pathTexts('/no/such', '/no/such/', '/'), ['exact /no/such', 'beneath /no/such', 'beneath /'])
  t.deepEqual(pathTexts('**/state.json', '/no/{a,b}/*.ts'), ['glob **/state.json', 'glob /no/{a,b}/*.ts'])
  t.deepEqual(pathTexts('/no/a*/'), ['glob /no/a*', 'glob /no/a*/**'])
  t.deepEqual(pathTexts('./x', '../x', '../../no/../x'.slice(0, 8)), [
    `exact ${here}/x`,
    `exact ${path.dirname(here)}/x`,
    ...pathTexts('../../no').slice(0, 1),
  ])
  t.deepEqual(pathTexts('./', '.'), [`beneath ${here}`, `exact ${here}`])
  t.deepEqual(pathTexts(String.raw`/no/a\n*\*b`, String.raw`/no/a\b`), [
    String.raw`glob /no/an*\*b`,
    String.raw`exact /no/a\b`,
  ])
  t.deepEqual(textsOf(whenOf({ fd: ['socket:*', '/dev/null', 'anon_inode:[eventpoll]'] }, 'read@64')), [
    String.raw`glob socket:*`,
    'exact /dev/null',
    'exact anon_inode:[eventpoll]',
  ])
  t.deepEqual(textsOf(whenOf({ process: { program: 'node', argv0: 'cu?l', argv: ['-x', '--a=*'] } })), [
    'exact last node',
    'glob last cu?l',
    'exact -x',
    'glob --a={*,*/**,*/**/*}',
  ])
})

test('a pattern that goes by way of a symlink is also where that leads', (t) => {
  t.deepEqual(pathTexts('/dev/stdin'), ['exact /dev/stdin'], 'ours, not theirs')
  const [first, second] = pathTexts('/bin/../bin'.slice(0, 4) + '/no-such')
  t.is(first, 'exact /bin/no-such')
  t.true(second === undefined || second === 'exact /usr/bin/no-such')
})

test('processes', (t) => {
  const acts = (process: object, call: object): boolean =>
    matched([injected({ syscall: 'openat@64', signal: 10, process })], { number: 257, ...call }) !== undefined
  t.true(acts({ pid: [5, 7] }, { pid: 7 }))
  t.false(acts({ pid: 5 }, { pid: 7 }))
  t.true(acts({ depth: 0 }, { depth: 0 }))
  t.deepEqual(
    [0, 1, 2, 3].map((depth) => acts({ depth: { min: 1, max: 2 } }, { depth })),
    [false, true, true, false],
  )
  t.true(acts({ argv0: 'curl', program: '/usr/bin/curl' }, { argv: ['/opt/curl'], program: '/usr/bin/curl' }))
  t.false(acts({ argv0: 'curl', program: '/usr/bin/curl' }, { argv: ['wget', 'curl'], program: '/usr/bin/curl' }))
  t.true(acts({ argv: ['curl', '-s'] }, { argv: ['sh', '-s', 'curl'] }))
  t.false(acts({ argv: ['curl', '-s'] }, { argv: ['curl'] }))
})
