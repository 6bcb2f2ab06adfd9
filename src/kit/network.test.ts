import test from 'ava'
import { Data } from '../args/data.ts'
import { networkOf, type Network } from './network.ts'
import { addressOf, addressText, isLocal } from './peer.ts'
import type { RecordedRun } from './recorded.ts'

const server = { sa_family: 'AF_INET', sin_port: 80, sin_addr: '10.0.0.1' }
const names = { sa_family: 'AF_INET', sin_port: 53, sin_addr: '10.0.0.53' }

let now = 0n

function call(name: string, args: object, about: object = {}): object {
  now += 10n
  const times = { startNs: now, endNs: now + 5n, systemNs: 0 }
  return {
    type: 'syscall',
    abi: 'x86_64',
    pid: 1,
    tid: 1,
    name,
    args,
    ok: true,
    returned: 0,
    raw: { args: ['fd' in args ? BigInt(Number(args.fd)) : 0n] },
    ...times,
    toString: () => `${name}()`,
    ...about,
  }
}

const fails = (error: string): object => ({ ok: false, error, returned: undefined })
const flags = (...names: readonly string[]): object => ({ names })
const data = (text: string): Data => new Data(Buffer.from(text))
const socket = (fd: number, type = 'SOCK_STREAM'): object =>
  call('socket', { domain: 'AF_INET', type: flags(type), protocol: 'IPPROTO_IP' }, { returned: fd })
const connect = (fd: number, about: object = {}): object => call('connect', { sockfd: fd, addr: server }, about)

function network(...events: readonly object[]): Network {
  // As in a real run.
  const recorded = events as RecordedRun['events']
  return networkOf({ pid: 1, complete: true, incomplete: [], events: recorded, syscalls: () => [] })
}

const optionError = (fd: number, optval: number | string): object =>
  call('getsockopt', { sockfd: fd, level: 'SOL_SOCKET', optname: 'SO_ERROR' }, { out: { optval } })

const ends: readonly (readonly [title: string, events: readonly object[], outcome: string, error?: string])[] = [
  ['nothing more was seen', [], 'in progress'],
  ['SO_ERROR has none', [optionError(3, 0)], 'connected'],
  ['SO_ERROR has one', [optionError(3, 111)], 'failed', 'ECONNREFUSED'],
  ['it is asked again, and is there', [connect(3, fails('EALREADY')), connect(3)], 'connected'],
  ['it is asked again when it was there', [connect(3, fails('EISCONN'))], 'connected'],
  ['it is asked again, and came to nothing', [connect(3, fails('ETIMEDOUT'))], 'failed', 'ETIMEDOUT'],
  ['its peer has a name', [call('getpeername', { sockfd: 3 }, { out: { addr: server } })], 'connected'],
  ['bytes come', [call('read', { fd: 3 }, { returned: 2 })], 'connected'],
  ['bytes do not go', [call('write', { fd: 3, buf: data('x') }, fails('ECONNREFUSED'))], 'failed', 'ECONNREFUSED'],
  ['there is nothing to read yet', [call('read', { fd: 3 }, fails('EAGAIN'))], 'in progress'],
  ['it fails after SO_ERROR was asked too early', [optionError(3, 0), optionError(3, 110)], 'failed', 'ETIMEDOUT'],
]

for (const [title, events, outcome, error] of ends) {
  test(`a connection in the background: ${title}`, (t) => {
    const { connects } = network(socket(3), connect(3, fails('EINPROGRESS')), ...events)
    t.is(connects.length, 1)
    t.like(connects[0], { outcome, isAsync: true, ...(error === undefined ? {} : { error }) })
    t.is(connects[0]?.error, error)
  })
}

test('a connection that a signal came in between of is in progress, and one that is taken away is none', (t) => {
  const interrupted = { ok: false, returned: undefined, interrupted: { kind: 'ERESTARTSYS' } }
  const { connects, sockets } = network(
    socket(3),
    connect(3, interrupted),
    connect(3),
    call('connect', { sockfd: 3, addr: { sa_family: 'AF_UNSPEC' } }),
  )
  t.is(connects.length, 1)
  t.like(connects[0], { outcome: 'connected' })
  t.is(sockets[0]?.peer, undefined)
})

test('sending can connect', (t) => {
  const { connects, sends, peers } = network(
    socket(3),
    call('sendto', { sockfd: 3, buf: data('hello'), flags: flags('MSG_FASTOPEN'), dest_addr: server }, { returned: 5 }),
    call('write', { fd: 3, buf: data('more') }, { returned: 4 }),
  )
  t.like(connects[0], { outcome: 'connected', isAsync: false })
  t.deepEqual(sends, [])
  t.deepEqual(peers, [
    { address: { family: 'inet', address: '10.0.0.1', port: 80 }, bytesIn: 0, bytesOut: 9, pids: [1] },
  ])
})

test('each message of several has its address and its bytes', (t) => {
  const message = (text: string, msg_name: unknown): object => ({
    msg_name,
    msg_iov: [{ iov_base: data(text), iov_len: text.length }],
    msg_len: text.length,
  })
  const messages = [message('one', server), message('three', names), message('never', names)]
  const { sends, peers, sockets } = network(
    socket(3, 'SOCK_DGRAM'),
    call('sendmmsg', { sockfd: 3, msgvec: messages }, { returned: 2 }),
    call('recvmmsg', { sockfd: 3 }, { returned: 1, out: { msgvec: [message('answer', names)] } }),
    call('recvmsg', { sockfd: 3, flags: flags('MSG_PEEK') }, { returned: 9, out: { msg: { msg_name: names } } }),
  )
  t.deepEqual(
    sends.map(({ address, bytes }) => [addressText(address), bytes]),
    [
      ['10.0.0.1:80', 3],
      ['10.0.0.53:53', 5],
    ],
  )
  t.deepEqual(
    peers.map(({ address, bytesIn, bytesOut }) => [addressText(address), bytesIn, bytesOut]),
    [
      ['10.0.0.1:80', 0, 3],
      ['10.0.0.53:53', 6, 5],
    ],
  )
  t.like(sockets[0], { bytesIn: 6, bytesOut: 8 })
})

const question = Buffer.from('\0\x01\x01\0\0\x01\0\0\0\0\0\0\x01a\x04test\0\0\x01\0\x01', 'latin1')

test('questions over TCP, in two writes; behind missing bytes there is one without a name', (t) => {
  const size = Buffer.from([0, question.length])
  const write = (bytes: Uint8Array, length = bytes.length): object =>
    call('write', { fd: 3, buf: new Data(bytes, length) }, { returned: length })
  const whole = network(socket(3), call('connect', { sockfd: 3, addr: names }), write(size), write(question))
  t.deepEqual(
    whole.lookups.map(({ name, type, via }) => [name, type, via]),
    [['a.test', 'A', 'tcp']],
  )
  const cut = network(
    socket(3),
    call('connect', { sockfd: 3, addr: names }),
    write(size),
    write(question.subarray(0, 4), 24),
  )
  t.deepEqual(
    cut.lookups.map(({ name, via }) => [name, via]),
    [[undefined, 'tcp']],
  )
})

test('questions to services of this machine', (t) => {
  const unix = (sun_path: string): object =>
    call('connect', { sockfd: 3, addr: { sa_family: 'AF_UNIX', sun_path, abstract: false } })
  const nscd = Buffer.concat([Buffer.from(Int32Array.of(2, 14, 7).buffer), Buffer.from('a.test\0')])
  const asked = call('sendto', { sockfd: 3, buf: new Data(nscd) }, { returned: nscd.length })
  t.like(network(socket(3), unix('/var/run/nscd/socket'), asked).lookups[0], { name: 'a.test', via: 'nscd' })
  t.deepEqual(network(socket(3), unix('/run/other'), asked).lookups, [])
  const varlink = data('{"method":"io.systemd.Resolve.ResolveHostname","parameters":{"name":"a.test","family":2}}\0')
  const written = call('write', { fd: 3, buf: varlink }, { returned: varlink.length })
  const { lookups } = network(socket(3), unix('/run/systemd/resolve/io.systemd.Resolve'), written)
  t.like(lookups[0], { name: 'a.test', type: 'A', via: 'resolved' })
})

test('a number that is another file by now is no socket', (t) => {
  const { sockets } = network(
    socket(3),
    connect(3),
    call('close', { fd: 3 }),
    call('openat', { dirfd: 'AT_FDCWD', pathname: '/data', flags: flags() }, { returned: 3 }),
    call('write', { fd: 3, buf: data('to the file') }, { returned: 11 }),
  )
  t.is(sockets[0]?.bytesOut, 0)
})

test('a socket that was there before the run is one, by what is done with it', (t) => {
  const { sockets, connects } = network(connect(5), call('write', { fd: 5, buf: data('x') }, { returned: 1 }))
  t.like(sockets[0], { origin: 'inherited', domain: 'AF_INET', type: undefined, bytesOut: 1 })
  t.is(connects[0]?.socket, sockets[0])
})

test('what is no socket, or no descriptor, makes none', (t) => {
  const { sockets } = network(connect(7, fails('ENOTSOCK')), connect(8, fails('EBADF')))
  t.deepEqual(sockets, [])
})

test('calls of 32-bit code that show no arguments are said to be there', (t) => {
  const { unread } = network(call('socketcall', {}, { abi: 'i386' }), call('connect', {}, { abi: 'i386' }))
  t.deepEqual(unread, ['socketcall()', 'connect()'])
})

test('addresses are read, written and told apart', (t) => {
  const cases: readonly (readonly [value: unknown, text: string, isLocal: boolean])[] = [
    [server, '10.0.0.1:80', false],
    [{ sa_family: 'AF_INET6', sin6_port: 1, sin6_addr: '::1' }, '[::1]:1', true],
    [{ sa_family: 'AF_INET6', sin6_port: 1, sin6_addr: '::ffff:127.0.0.1' }, '[::ffff:127.0.0.1]:1', true],
    [{ sa_family: 'AF_INET6', sin6_port: 1, sin6_addr: '::ffff:1.2.3.4' }, '[::ffff:1.2.3.4]:1', false],
    [{ sa_family: 'AF_INET', sin_port: 1, sin_addr: '0.0.0.0' }, '0.0.0.0:1', true],
    [{ sa_family: 'AF_UNIX', sun_path: '/a', abstract: false }, '/a', true],
    [{ sa_family: 'AF_UNIX', sun_path: 'a\0b\0\0', abstract: true }, String.raw`@a\0b`, true],
    [{ sa_family: 'AF_NETLINK', nl_pid: 0, nl_groups: 0 }, 'netlink:0', true],
    [{ sa_family: 'AF_INET', sa_data: data('') }, 'AF_INET', false],
    [{ sa_family: 'AF_VSOCK', svm_cid: 2 }, 'AF_VSOCK', false],
  ]
  for (const [value, text, local] of cases) {
    const address = addressOf(value)
    if (address === undefined) return t.fail(text)
    t.is(addressText(address), text)
    t.is(isLocal(address), local)
  }
  for (const none of [null, undefined, 5, { sa_family: 'AF_UNSPEC', sa_data: data('') }])
    t.is(addressOf(none), undefined)
})
