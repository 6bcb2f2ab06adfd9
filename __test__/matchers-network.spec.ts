/** `toHaveNoNetwork()` and `toConnect()`: the network is used in many ways, and none of them may pass for none. */

import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { trace, type TraceOptions } from '../index.ts'
import { networkUseCalls, toConnect, toHaveNoNetwork, type NetworkOptions } from '../src/kit/matchers/network.ts'
import { attempt, fixture, inTurn, obstacleTo, withServers, type Attempt } from './around-places.ts'
import { outcome } from './verdicts.ts'

const filter = [...networkUseCalls, 'execve', 'execveat']
/** All that the matchers ask for. */
const observed: TraceOptions = { filter, decodeFds: 'all' }

const root = realpathSync(mkdtempSync(join(tmpdir(), 'syscope-matchers-network-')))
test.after.always(() => rmSync(root, { recursive: true }))

/** `fails`, `passes`, or the code of what is thrown. */
function judged(t: ExecutionContext, run: Attempt, options?: NetworkOptions): string {
  const found = outcome(() => toHaveNoNetwork(run, options))
  t.log(found)
  return found
}

function declare(title: string, run: (t: ExecutionContext) => Promise<void>, words: readonly string[] = []): void {
  const needs = obstacleTo(words)
  if (needs === undefined) test(title, (t) => inTurn(() => run(t)))
  else test.skip(`${title} (${needs})`, run)
}

/** Without ids and times, and with the fixture under a short name. */
function plain(message: string): string {
  return message.replaceAll(fixture, 'fixture').replaceAll(/ \(\d+\)$/gm, ' (PID)')
}

const nobody = ['127.0.0.1', '9'] as const

declare('what was done is told with the lines and who made them', async (t) => {
  const run = await attempt(['child', 'tcp', ...nobody], observed)
  const { pass, message } = toHaveNoNetwork(run)
  t.false(pass)
  t.is(
    plain(message),
    `Expected \`fixture around child tcp 127.0.0.1 9\` to make no use of the network, but it did, once:

  fixture around child tcp 127.0.0.1 9 (PID)
    connect(3, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 ECONNREFUSED (Connection refused)`,
  )
})

declare('that nothing was done is told', async (t) => {
  const run = await attempt(['say', 'x'], observed)
  const { pass, message } = toHaveNoNetwork(run, { except: ['unix', '10.0.0.0/8'] })
  t.true(pass)
  t.is(plain(message), 'Expected `fixture around say x` to use the network but for unix, 10.0.0.0/8, but it did not.')
})

declare('who started whom is told', async (t) => {
  const script = `require('child_process').execFileSync('${fixture}', ['around', 'tcp', '127.0.0.1', '9'])`
  const run = await trace('sh', ['-c', `"$0" -e "$1"; true`, process.execPath, script], {
    ...observed,
    stderr: 'ignore',
  })
  const { message } = toHaveNoNetwork(run)
  const [, , who] = message.split('\n')
  t.regex(who ?? '', /^ {2}sh -c .* → .*node -e .* → \S+syscope-fixtures around tcp 127.0.0.1 9 \(\d+\)$/)
})

// --- Ways that show where they go, and those that do not

const told: readonly (readonly string[])[] = [
  ...[
    'tcp tcp-nonblocking fastopen fastopen-sendmsg udp udp-connected udp-unspec udp6 udp-sendmsg'.split(' '),
    ['thread', 'child', 'clone3', 'untraced', 'vfork', 'orphan', 'program'].map((context) => `${context} tcp`),
  ]
    .flat()
    .map((way) => [...way.split(' '), ...nobody]),
  ['udp-sendmmsg', ...nobody, '127.0.0.2'],
  ['tcp', '::1', '9'],
  ['socket', '17', '2'],
  ['socket', '2', '3'],
  ['socket', '40', '1'],
  ['listen', '0.0.0.0', '0'],
  ['listen', '127.0.0.1', '0'],
  ['listen-unbound'],
  ['unix', '/nowhere'],
]
for (const words of told) {
  declare(
    `the network is used: ${words.join(' ')}`,
    async (t) => {
      t.is(judged(t, await attempt(words, observed)), 'fails')
    },
    words,
  )
}

const hidden: readonly (readonly string[])[] = [
  ...'int80-tcp int80-connect int80-udp-sendmsg int80-udp-sendmmsg socketcall-tcp socketcall-connect socketcall-udp'
    .split(' ')
    .map((way) => [way, ...nobody]),
  ['child', 'thread', 'socketcall-tcp', ...nobody],
  ['listen-socketcall', '0.0.0.0', '0'],
]
for (const words of hidden) {
  declare(`the network is perhaps used, by 32-bit code: ${words.join(' ')}`, async (t) => {
    const run = await attempt(words, observed)
    t.is(judged(t, run), 'ERR_SYSCOPE_NOT_RECORDED')
    t.is(judged(t, run, { except: ['loopback', 'unix'] }), 'ERR_SYSCOPE_NOT_RECORDED')
  })
}

const silent: readonly (readonly string[])[] = [
  ['say', 'x'],
  ['socket', '2', '2'],
  ['socket', '10', '1'],
  ['socket', '1', '1'],
  ['socket', '16', '2'],
  ['socketpair', '1', '1'],
]
for (const words of silent) {
  declare(`what is no use of the network: ${words.join(' ')}`, async (t) => {
    t.is(judged(t, await attempt(words, observed)), 'passes')
  })
}

const excepted: readonly (readonly [words: string, except: NetworkOptions['except'], expected: string])[] = [
  ['tcp 127.0.0.1 9', 'loopback', 'passes'],
  ['tcp 0.0.0.0 9', ['loopback'], 'passes'],
  ['tcp ::ffff:127.0.0.1 9', ['loopback'], 'passes'],
  ['udp 127.0.0.1 9', ['loopback'], 'passes'],
  // As it is denied: who says so means something else than it seems.
  ['udp-unspec 127.0.0.1 9', ['loopback'], 'fails'],
  ['tcp-unspec 127.0.0.1 9', ['loopback'], 'passes'],
  ['tcp 127.0.0.53 53', ['loopback'], 'fails'],
  ['udp ::ffff:127.0.0.53 53', ['loopback'], 'fails'],
  ['udp 127.0.0.53 53', ['loopback', 'dns'], 'passes'],
  ['udp 127.0.0.53 53', ['dns'], 'passes'],
  ['tcp 127.0.0.1 9', ['dns', 'unix', 'netlink', 'listen'], 'fails'],
  ['tcp 127.0.0.1 9', '127.0.0.1:9', 'passes'],
  ['tcp ::ffff:127.0.0.1 9', '127.0.0.0/8', 'passes'],
  // As it is let through.
  ['tcp ::ffff:127.0.0.1 9', '::/0', 'passes'],
  ['tcp 127.0.0.1 9', '::/0', 'fails'],
  ['tcp 127.0.0.1 9', '127.0.0.1:10', 'fails'],
  ['tcp 127.0.0.1 9', '127.0.0.2', 'fails'],
  ['tcp-nonblocking 192.0.2.1 9', ['loopback', 'unix'], 'fails'],
  ['udp-sendmmsg 127.0.0.1 9 127.0.0.2', '127.0.0.2', 'fails'],
  ['udp-elsewhere 127.0.0.1 9 127.0.0.2', '127.0.0.2', 'fails'],
  ['listen 0.0.0.0 0', 'loopback', 'fails'],
  ['listen :: 0', 'loopback', 'fails'],
  ['listen 127.0.0.1 0', 'loopback', 'passes'],
  ['listen-unbound', 'loopback', 'fails'],
  ['listen-unbound', 'listen', 'passes'],
  ['listen 0.0.0.0 0', 'listen', 'passes'],
  ['listen-int80 0.0.0.0 0', 'loopback', 'ERR_SYSCOPE_NOT_RECORDED'],
  ['unix /nowhere', 'unix', 'passes'],
  ['unix /nowhere', 'loopback', 'fails'],
  ['socket 17 2', ['unix', 'netlink', 'loopback', 'dns', 'listen', '0.0.0.0/0', '::/0'], 'fails'],
]
for (const [way, except, expected] of excepted) {
  const words = way.split(' ')
  declare(
    `${way}, except ${String(except)}: ${expected}`,
    async (t) => {
      t.is(judged(t, await attempt(words, observed), { except: except ?? [] }), expected)
    },
    words,
  )
}

declare('netlink counts unless it is excepted', async (t) => {
  const script = `require('os').networkInterfaces()`
  const run = await trace(process.execPath, ['-e', script], observed)
  t.is(judged(t, run), 'fails')
  t.is(judged(t, run, { except: ['netlink'] }), 'passes')
})

declare('a worker of Node and its look-ups count', async (t) => {
  const worker = `require('dns').lookup('name.invalid', () => {})`
  const script = `new (require('worker_threads').Worker)(${JSON.stringify(worker)}, { eval: true })`
  const run = await trace(process.execPath, ['-e', script], observed)
  t.is(judged(t, run), 'fails')
})

// --- Sockets of others

const writers = 'write writev pwritev2 sendto sendmsg sendmmsg int80 splice sendfile'.split(' ')
const copies = 'dup dup2 dup3 fcntl scm-rights high-bits'.split(' ')
const inherited = [
  ...writers.map((writer) => ['put', writer, 'itself']),
  ...copies.map((copy) => ['put', 'write', copy]),
  ...['read', 'readv', 'recvfrom', 'recvmsg', 'splice', 'int80'].map((reader) => ['get', reader, 'itself']),
  ['child', 'put', 'write', 'itself'],
]
for (const words of inherited) {
  declare(`an inherited socket is used: ${words.join(' ')}`, async (t) => {
    await withServers('127.0.0.1', async ({ fd }) => {
      const options = { ...observed, inheritFds: [fd] }
      const run = await attempt([...words, `${fd}`], options)
      t.is(judged(t, run), 'fails')
      t.is(judged(t, run, { except: 'loopback' }), 'passes')
      t.is(judged(t, run, { except: '127.0.0.2' }), 'fails')
      // Without addresses, nobody knows whom it leads to; without links, not even that it is a socket.
      for (const decodeFds of [true, false]) {
        const blind = await attempt([...words, `${fd}`], { ...options, decodeFds })
        t.is(judged(t, blind), 'ERR_SYSCOPE_NOT_RECORDED')
        t.is(judged(t, blind, { except: 'loopback' }), 'ERR_SYSCOPE_NOT_RECORDED')
      }
    })
  })
}

const unseen = [
  ['put', 'aio', 'itself'],
  ['put', 'int80-sendfile', 'itself'],
  ['put', 'int80-socketcall', 'itself'],
  ['get', 'int80-recvmmsg', 'itself'],
  ['get', 'aio', 'itself'],
]
for (const words of unseen) {
  declare(`an inherited socket is perhaps used: ${words.join(' ')}`, async (t) => {
    await withServers('127.0.0.1', async ({ fd }) => {
      const run = await attempt([...words, `${fd}`], { ...observed, inheritFds: [fd] })
      t.is(judged(t, run), 'ERR_SYSCOPE_NOT_RECORDED')
    })
  })
}

declare(
  'a socket that was taken from another process is used',
  async (t) => {
    await withServers('127.0.0.1', async ({ fd }) => {
      const run = await attempt(['put', 'write', 'pidfd-getfd', `${fd}`, `${process.pid}`], observed)
      t.is(judged(t, run), 'fails')
    })
  },
  ['pidfd-getfd'],
)

declare('an inherited socket that nothing goes through is no use', async (t) => {
  await withServers('127.0.0.1', async ({ fd }) => {
    t.is(judged(t, await attempt(['say', 'x'], { ...observed, inheritFds: [fd] })), 'passes')
  })
})

declare('what a program says to who started it over a pair of unix sockets is no use', async (t) => {
  const script = `require('child_process').execFileSync('cat', { input: 'x' })`
  const run = await trace(process.execPath, ['-e', script], observed)
  t.is(judged(t, run), 'passes')
  t.true(run.syscalls('socketpair').length > 0)
})

// --- What was denied

declare('what deny stopped counts, and what it let through is none, whatever was recorded', async (t) => {
  for (const filter of ['none', '%process'] as const) {
    const options: TraceOptions = { deny: 'network', filter }
    t.is(judged(t, await attempt(['say', 'x'], options)), 'passes')
    t.is(judged(t, await attempt(['socketpair', '1', '1'], options)), 'passes')
    t.is(judged(t, await attempt(['tcp', ...nobody], options)), 'fails')
    t.is(judged(t, await attempt(['socketcall-tcp', ...nobody], options)), 'fails')
    t.is(judged(t, await attempt(['io-uring', 'idle'], options)), 'passes')
  }
  const { message } = toHaveNoNetwork(await attempt(['socket', '2', '1'], { deny: 'network', filter: 'none' }))
  t.regex(message, /\n {4}socket\(AF_INET, SOCK_STREAM, IPPROTO_IP\) = -1 EPERM .* \(INJECTED\)$/)
})

declare('what deny let through may be more than is excepted here', async (t) => {
  const options: TraceOptions = { deny: { network: { except: ['loopback', 'unix'] } }, filter: 'none' }
  const run = await attempt(['tcp', ...nobody], options)
  t.is(judged(t, run, { except: [] }), 'ERR_SYSCOPE_NOT_RECORDED')
  t.is(judged(t, run, { except: ['loopback'] }), 'ERR_SYSCOPE_NOT_RECORDED')
  t.is(judged(t, run, { except: ['unix', 'loopback', 'dns'] }), 'passes')
  const some: TraceOptions = { deny: { network: true, process: { depth: 1 } }, filter: 'none' }
  t.is(judged(t, await attempt(['say', 'x'], some)), 'ERR_SYSCOPE_NOT_RECORDED')
  const secret: TraceOptions = { deny: { network: true, report: false }, filter: 'none' }
  t.is(judged(t, await attempt(['tcp', ...nobody], secret)), 'ERR_SYSCOPE_NOT_RECORDED')
})

// --- What can not be told

declare(
  'io_uring can not be told, unless it was denied',
  async (t) => {
    const words = ['io-uring-tcp', ...nobody]
    t.is(judged(t, await attempt(words, observed)), 'ERR_SYSCOPE_INCOMPLETE')
    t.is(judged(t, await attempt(words, { ...observed, ioUring: 'deny' })), 'passes')
  },
  ['io-uring-tcp'],
)

declare('what was seen decides in an incomplete run, and that nothing was seen says nothing', async (t) => {
  const quiet = await attempt(['say', 'x'], observed)
  const busy = await attempt(['tcp', ...nobody], observed)
  const cut = ({ command, pid, events }: Attempt): object => {
    return { command, pid, events, complete: false, incomplete: ['lost-tracee'], syscalls: () => [] }
  }
  t.throws(() => toHaveNoNetwork(cut(quiet)), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /lost-tracee/ })
  t.throws(() => toConnect(cut(quiet), '127.0.0.1:9'), { code: 'ERR_SYSCOPE_INCOMPLETE', message: /lost-tracee/ })
  t.false(toHaveNoNetwork(cut(busy)).pass)
  t.true(toConnect(cut(busy), '127.0.0.1:9').pass)
})

for (const name of ['splice', 'sendmmsg', 'socketcall', 'clone3', 'sendfile64']) {
  declare(`a filter that lacks ${name} is named`, async (t) => {
    const options = { ...observed, filter: filter.filter((it) => it !== name) }
    const run = await attempt(['say', 'x'], options)
    t.throws(() => toHaveNoNetwork(run), {
      code: 'ERR_SYSCOPE_NOT_RECORDED',
      message: new RegExp(`toHaveNoNetwork\\(\\) needs calls .*observe: 'network'.* leaves out ${name}\\b`, 's'),
    })
    t.false(toHaveNoNetwork(await attempt(['tcp', ...nobody], options)).pass)
  })
}

declare('children that were not followed can not be told', async (t) => {
  const run = await attempt(['child', 'tcp', ...nobody], { ...observed, follow: false })
  t.throws(() => toHaveNoNetwork(run), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /follow/ })
  t.throws(() => toConnect(run, '127.0.0.1:9'), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /follow/ })
})

declare('what `observe` records is enough, and no more is asked for', async (t) => {
  const quiet = await trace('sh', ['-c', 'echo x; ls > /dev/null'], { observe: 'network' })
  t.is(judged(t, quiet), 'passes')
  t.false(toConnect(quiet, '127.0.0.1:9').pass)
  t.is(judged(t, await attempt(['tcp', ...nobody], { observe: 'network' })), 'fails')
})

test('what is no finished run, and no exception, is refused', async (t) => {
  const running = trace('true', [])
  t.throws(() => toHaveNoNetwork(running), {
    code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
    message: 'Expected the result of trace(), got a run that has not been awaited: `await` it.',
  })
  const run = await running
  for (const value of [undefined, null, {}, [], 'run']) {
    t.throws(() => toHaveNoNetwork(value), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT', message: /result of trace\(\)/ })
  }
  const wrong: readonly unknown[] = [
    { except: ['localhost'] },
    { except: 'unixx' },
    { except: [1] },
    { expect: [] },
    'unix',
  ]
  for (const options of wrong) {
    // As JavaScript may call it.
    t.throws(() => toHaveNoNetwork(run, options as NetworkOptions), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  }
  for (const address of ['', 'localhost', '1.2.3.4:99999', 7] as const) {
    t.throws(() => toConnect(run, address as string), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  }
})

// --- Single addresses

declare('an address is told by its text, its subnet, a regular expression or a function', async (t) => {
  const run = await attempt(['tcp', '127.0.0.2', '9'], observed)
  const found: readonly Parameters<typeof toConnect>[1][] = [
    '127.0.0.2:9',
    '127.0.0.2',
    '127.0.0.0/8',
    '::ffff:127.0.0.2',
    /^127\..*:9$/,
    ({ family }) => family === 'inet',
  ]
  for (const address of found) t.true(toConnect(run, address).pass, String(address))
  const others = ['127.0.0.2:10', '127.0.0.1:9', '10.0.0.0/8', '::1', /:90$/, () => false] as const
  for (const address of others) t.false(toConnect(run, address).pass, String(address))
  t.is(
    plain(toConnect(run, '10.0.0.1:80').message),
    `Expected \`fixture around tcp 127.0.0.2 9\` to connect to 10.0.0.1:80, but it did not. It connected to others:

  fixture around tcp 127.0.0.2 9 (PID)
    connect(3, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.2")}, 16) = -1 ECONNREFUSED (Connection refused)`,
  )
  t.regex(
    toConnect(run, /:9$/).message,
    /^Expected `.*` not to connect to \/:9\$\/, but it did, once:\n\n.*\n.*connect\(3/,
  )
  t.is(
    plain(toConnect(await attempt(['say', 'x'], observed), /./).message),
    'Expected `fixture around say x` to connect to /./, but it did not, nor to any other address.',
  )
})

const ways: readonly (readonly [words: string, address: string])[] = [
  ['fastopen 127.0.0.1 9', '127.0.0.1:9'],
  ['udp 127.0.0.1 9', '127.0.0.1:9'],
  ['udp-sendmsg 127.0.0.1 9', '127.0.0.1:9'],
  ['udp-sendmmsg 127.0.0.1 9 127.0.0.2', '127.0.0.1:9'],
  ['tcp 0.0.0.0 9', '127.0.0.1:9'],
  ['tcp :: 9', '[::1]:9'],
  ['tcp ::ffff:127.0.0.1 9', '127.0.0.1:9'],
  ['orphan tcp 127.0.0.1 9', '127.0.0.1:9'],
  ['thread tcp 127.0.0.1 9', '127.0.0.1:9'],
]
for (const [way, address] of ways) {
  const words = way.split(' ')
  const run = async (t: ExecutionContext): Promise<void> => {
    t.true(toConnect(await attempt(words, observed), address).pass)
  }
  declare(`${way} connects to ${address}`, run, words)
}

for (const way of ['int80-connect', 'socketcall-connect', 'int80-udp-sendmsg', 'int80-udp-sendmmsg', 'udp-unspec']) {
  declare(`where ${way} connects to can not be told`, async (t) => {
    const run = await attempt([way, ...nobody], observed)
    t.throws(() => toConnect(run, '10.0.0.1:80'), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /could not be read/ })
  })
}

declare('unix sockets are told by path or abstract name', async (t) => {
  for (const [path, text] of [
    [`${root}/x.sock`, `${root}/x.sock`],
    [`\0syscope-matchers-${process.pid}`, `@syscope-matchers-${process.pid}`],
  ] as const) {
    const server = createServer((socket) => socket.destroy()).listen(path)
    await once(server, 'listening')
    const script = `require('net').connect(${JSON.stringify(path)}).resume().on('error', () => {})`
    const run = await trace(process.execPath, ['-e', script], observed)
    server.close()
    t.true(toConnect(run, text).pass)
    t.false(toConnect(run, `${text}2`).pass)
    t.is(judged(t, run), 'fails')
    t.is(judged(t, run, { except: 'unix' }), 'passes')
  }
})

declare('that nobody connects is not told by a filter that lacks sendmsg', async (t) => {
  const run = await attempt(['tcp', ...nobody], { filter: ['connect'] })
  t.true(toConnect(run, '127.0.0.1:9').pass)
  t.throws(() => toConnect(run, '127.0.0.1:10'), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /sendto, sendmsg/ })
})

// --- Many messages at once

const python = '/usr/bin/python3'
const needsPython = existsSync(python) ? test : test.skip

/** The last has more parts than are recorded of one call. */
for (const [count, parts, expected] of [
  [3, 1, 'fails'],
  [1000, 1, 'fails'],
  [900, 1000, 'ERR_SYSCOPE_NOT_RECORDED'],
] as const) {
  needsPython(`the last of ${count} messages goes elsewhere, of ${parts} parts each`, async (t) => {
    const script = `
import ctypes as c, socket
class Vector(c.Structure): _fields_ = [('base', c.c_char_p), ('len', c.c_size_t)]
class Head(c.Structure): _fields_ = [('name', c.c_char_p), ('namelen', c.c_uint), ('iov', c.POINTER(Vector)), ('iovlen', c.c_size_t), ('control', c.c_void_p), ('controllen', c.c_size_t), ('flags', c.c_int)]
class Message(c.Structure): _fields_ = [('head', Head), ('len', c.c_uint)]
def address(last): return b'\\2\\0\\0\\x09' + bytes([127, 0, 0, last]) + bytes(8)
data = (Vector * ${parts})(*[Vector(b'd', 1) for _ in range(${parts})])
all = (Message * ${count})(*[Message(Head(address(2), 16, data, ${parts}, None, 0, 0), 0) for _ in range(${count})])
all[${count - 1}].head.name = address(1)
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
assert c.CDLL(None).sendmmsg(sender.fileno(), all, ${count}, 0) == ${count}`
    const run = await trace(python, ['-S', '-c', script], { ...observed, stderr: 'inherit' })
    t.is(run.exitCode, 0)
    if (expected === 'fails') t.is(judged(t, run, { except: 'loopback' }), 'passes')
    const found = judged(t, run, { except: ['127.0.0.2'] })
    t.is(found, expected)
    const isThere = outcome(() => toConnect(run, '127.0.0.1:9'))
    t.is(isThere, expected === 'fails' ? 'passes' : expected)
  })
}

// --- Descriptors of others

/** Gives a connection to whoever connects, for a descriptor of its own. */
const giver = `import os, socket, sys
server = socket.socket(socket.AF_UNIX); server.bind(sys.argv[1]); server.listen(); print('ready', flush=True)
peer, _ = server.accept(); given = socket.create_connection(('127.0.0.1', int(sys.argv[2])))
if sys.argv[3] == 'first': socket.send_fds(peer, [b'x'], [given.fileno()])
socket.recv_fds(peer, 1, 1)
if sys.argv[3] != 'first': socket.send_fds(peer, [b'x'], [given.fileno()])
peer.recv(1)`

for (const order of ['first', 'last']) {
  for (const decodeFds of ['all', true, false] as const) {
    needsPython(`a socket that another program gave is used, ${order}, decodeFds: ${decodeFds}`, async (t) => {
      await withServers('127.0.0.1', async ({ port }) => {
        const path = join(root, `${order}-${decodeFds}`)
        const args = ['-S', '-c', giver, path, `${port}`, order]
        const other = spawn(python, args, { stdio: ['ignore', 'pipe', 'inherit'] })
        await once(other.stdout, 'data')
        const take = `given = socket.recv_fds(s, 1, 1)[1][0]`
        const give = `own = socket.socketpair(); socket.send_fds(s, [b'x'], [own[0].fileno()])`
        const script = `import os, socket; s = socket.socket(socket.AF_UNIX); s.connect('${path}')
${order === 'first' ? take : give}\n${order === 'first' ? give : take}\nassert os.write(os.dup(given), b'data') == 4`
        const run = await trace(python, ['-S', '-c', script], { ...observed, decodeFds })
        other.kill()
        t.is(run.exitCode, 0)
        const found = judged(t, run, { except: ['unix'] })
        t.is(found, decodeFds === 'all' ? 'fails' : 'ERR_SYSCOPE_NOT_RECORDED')
      })
    })
  }
}

test('without exceptions of its own it takes those of the run’s rule', async (t) => {
  const except = ['loopback'] as const
  const run = await trace(
    process.execPath,
    ['-e', "require('node:net').connect(1, '127.0.0.1').on('error', () => {})"],
    {
      observe: 'network',
      deny: { network: { except: [...except] } },
    },
  )
  t.true(toHaveNoNetwork(run).pass)
  t.true(toHaveNoNetwork(run, { except }).pass)
  t.false(toHaveNoNetwork(run, { except: [] }).pass)
})

test('where all of it stays on this machine, the message says how to allow that', async (t) => {
  const script =
    'import socket; socket.socket(socket.AF_UNIX).connect_ex("/nobody"); socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).bind((0, 0))'
  const run = await trace('python3', ['-S', '-c', script], { observe: 'network' })
  const { pass, message } = toHaveNoNetwork(run)
  t.false(pass)
  t.regex(message, /\n\nThese sockets stay on this machine, .*`except: \['unix', 'netlink'\]` allows them\.$/)
  t.true(toHaveNoNetwork(run, { except: ['unix', 'netlink'] }).pass)
})

test('exceptions of a rule that is for some processes only are nobody else’s', async (t) => {
  const run = await trace(
    process.execPath,
    ['-e', "require('node:net').connect(1, '127.0.0.1').on('error', () => {})"],
    {
      observe: 'network',
      deny: { network: { except: ['loopback'] }, process: { argv0: 'nobody' } },
    },
  )
  t.false(toHaveNoNetwork(run).pass)
  t.true(toHaveNoNetwork(run, { except: ['loopback'] }).pass)
})
