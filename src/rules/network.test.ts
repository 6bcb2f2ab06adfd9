import test from 'ava'
import { matched, readRules, type AskedCall, type ReadRule } from '../../__test__/rules.ts'
import type { TraceOptions } from '../options.ts'
import { rows } from '../table/index.ts'
import { readAttachOptions, readTraceOptions } from '../validate.ts'
import { writeRules } from './compile.ts'
import type { Address } from './options.ts'

function compiled(options: TraceOptions): readonly ReadRule[] {
  return readRules(writeRules(readTraceOptions({ ioUring: 'observe', ...options }).rules))
}

const except = (...words: readonly string[]): readonly ReadRule[] => compiled({ deny: { network: { except: words } } })
const denies = (rules: readonly ReadRule[], call: AskedCall): boolean => matched(rules, call) !== undefined

function inet(address: string, port: number): Uint8Array {
  return Uint8Array.of(2, 0, port >> 8, port & 0xff, ...address.split('.').map(Number), 0, 0, 0, 0, 0, 0, 0, 0)
}

/** `tail`: the last bytes of the address. */
function inet6(tail: readonly number[], port: number): Uint8Array {
  const address = [...Array.from({ length: 16 - tail.length }, () => 0), ...tail]
  return Uint8Array.of(10, 0, port >> 8, port & 0xff, 0, 0, 0, 0, ...address, 0, 0, 0, 0)
}

const mapped = (address: string, port: number): Uint8Array =>
  inet6([0xff, 0xff, ...address.split('.').map(Number)], port)
const unix = (path: string): Uint8Array => Uint8Array.of(1, 0, ...Buffer.from(path))
const unspecified = new Uint8Array(16)

const connect = (bytes: Uint8Array): AskedCall => ({
  number: 42,
  args: [3, 1, bytes.length],
  captures: { 1: { bytes } },
})
const bind = (bytes: Uint8Array): AskedCall => ({ ...connect(bytes), number: 49 })
const sendto = (bytes?: Uint8Array): AskedCall =>
  bytes === undefined
    ? { number: 44, args: [3, 1, 1, 0, 0, 0] }
    : { number: 44, args: [3, 1, 1, 0, 1, bytes.length], captures: { 4: { bytes } } }
const sendmsg = (...names: readonly Uint8Array[]): AskedCall => ({
  number: 46,
  args: [3, 1],
  captures: { 1: { bytes: new Uint8Array(56), children: names.map((bytes) => ({ key: 0, bytes })) } },
})
const sendmmsg = (...names: readonly Uint8Array[]): AskedCall => ({ ...sendmsg(...names), number: 307 })
const socket = (domain: number, type = 1, protocol = 0): AskedCall => ({ number: 41, args: [domain, type, protocol] })

/** What the engine says of a socket. */
function answer(domain: number, peer: Uint8Array = new Uint8Array(), own = inet('127.0.0.1', 1)): Uint8Array {
  const padding = new Uint8Array(128 - own.length)
  return Uint8Array.of(domain, 0, 0, 0, 1, 0, 0, 0, ...own, ...padding, ...peer)
}
const using = (number: number, socket: Uint8Array): AskedCall => ({ number, args: [3], sockets: { 3: socket } })

const world = inet('93.184.216.34', 80)

test('nothing of the network is left without exceptions', (t) => {
  const rules = compiled({ deny: 'network' })
  for (const domain of [1, 2, 10, 16, 17, 40]) t.true(denies(rules, socket(domain)), `domain ${domain}`)
  t.true(denies(rules, { number: 53, args: [1] }), 'socketpair')
  for (const call of [
    connect(world),
    bind(inet('127.0.0.1', 80)),
    sendto(world),
    sendmsg(world),
    sendmmsg(unix('/a')),
  ]) {
    t.true(denies(rules, call))
  }
  t.true(denies(rules, { number: 438 }), 'pidfd_getfd')
  t.true(denies(rules, { abi: 1, number: 102, args: [99] }), 'socketcall')
  t.true(denies(rules, { abi: 1, number: 359, args: [2] }), 'socket of i386')
  t.true(denies(rules, { ...sendmsg(world), abi: 1, number: 370 }), 'sendmsg of i386')
  t.true(denies(rules, { abi: 2, number: 0x4000_0000 + 518 }), 'sendmsg of x32, whose messages are not read')
  t.false(denies(rules, { number: 0 }), 'read')
  t.false(denies(rules, sendto()), 'to a peer that it could not connect to')
})

test('the class %network is something else than the network', (t) => {
  t.false(denies(compiled({ deny: '%network' }), { number: 438 }))
  t.true(denies(compiled({ deny: '%network' }), { number: 51 }), 'getsockname')
  t.false(denies(compiled({ deny: 'network' }), { number: 51 }))
  const both = compiled({ deny: ['network', 'unlink'] })
  t.true(denies(both, { number: 438 }))
  t.true(denies(both, { number: 87 }))
})

test('loopback, by all its names, but not to ask the world by', (t) => {
  const rules = except('loopback')
  for (const [address, isDenied] of [
    [inet('127.0.0.1', 80), false],
    [inet('127.8.9.10', 8080), false],
    [inet('0.0.0.0', 80), false],
    [inet6([1], 80), false],
    [inet6([], 80), false],
    [mapped('127.0.0.1', 80), false],
    [mapped('0.0.0.0', 80), false],
    [unspecified, false],
    [inet('127.0.0.53', 53), true],
    [inet6([1], 53), true],
    [mapped('127.0.0.53', 53), true],
    [world, true],
    [mapped('93.184.216.34', 80), true],
    [inet6([2], 80), true],
    [inet('126.255.255.255', 80), true],
    [unix('/run/x'), true],
    [Uint8Array.of(16, 0, 0, 0), true],
    [Uint8Array.of(2, 0), true],
  ] as const) {
    t.is(denies(rules, connect(address)), isDenied, `connect ${address.join(' ')}`)
    if (address !== unspecified) {
      t.is(denies(rules, sendto(address)), isDenied, `sendto ${address.join(' ')}`)
      t.is(denies(rules, sendmsg(address)), isDenied, `sendmsg ${address.join(' ')}`)
      t.is(denies(rules, sendmmsg(inet('127.0.0.1', 1), address)), isDenied, `sendmmsg ${address.join(' ')}`)
    }
  }
  t.true(denies(rules, sendto(unspecified)), 'AF_UNSPEC is an IPv4 address to sendto')
  t.false(denies(rules, sendto()))
  t.false(denies(rules, sendmsg()))
  for (const domain of [2, 10]) t.false(denies(rules, socket(domain)))
  for (const domain of [1, 16, 17]) t.true(denies(rules, socket(domain)))
  t.true(denies(rules, socket(2, 10)), 'SOCK_PACKET')
  t.true(denies(rules, socket(2, 1, 132)), 'SCTP, which connects by setsockopt')
})

test('binding to all of the machine is listening', (t) => {
  const wildcards = [inet('0.0.0.0', 80), inet6([], 80), mapped('0.0.0.0', 80), unspecified]
  for (const address of wildcards) {
    t.true(denies(except('loopback'), bind(address)))
    t.false(denies(except('listen'), bind(address)))
  }
  t.false(denies(except('loopback'), bind(inet('127.0.0.1', 53))))
  t.true(denies(except('loopback'), bind(inet('10.0.0.1', 80))))
  t.false(denies(except('listen'), bind(inet('10.0.0.1', 80))))
  t.true(denies(except('listen'), connect(inet('127.0.0.1', 80))))
  t.true(denies(except('listen'), bind(unix('/run/x'))))
})

test('dns is port 53 of loopback', (t) => {
  const rules = except('dns')
  t.false(denies(rules, connect(inet('127.0.0.53', 53))))
  t.true(denies(rules, connect(inet('127.0.0.1', 80))))
  t.true(denies(rules, connect(inet('8.8.8.8', 53))))
  t.false(denies(except('loopback', 'dns'), connect(inet('127.0.0.1', 80))))
})

test('what listens is bound to what is allowed', (t) => {
  const listen = (own: Uint8Array): AskedCall => using(rows.listen.number, answer(2, undefined, own))
  const anywhere = inet('0.0.0.0', 0)
  const here = inet('127.0.0.1', 80)
  t.true(denies(except('dns'), listen(anywhere)))
  t.true(denies(except('dns'), listen(here)))
  t.true(denies(except('loopback'), listen(anywhere)), 'bound to nothing')
  t.false(denies(except('loopback'), listen(here)))
  t.true(denies(except('10.0.0.0/8'), listen(here)))
  t.false(denies(except('10.0.0.0/8'), listen(inet('10.1.2.3', 80))))
  t.false(denies(except('listen'), listen(anywhere)))
})

test('addresses and subnets, with and without a port', (t) => {
  const rules = except('10.0.0.0/9', '1.2.3.4:443', '[::5]:80', 'fe80::/10')
  for (const [address, isDenied] of [
    [inet('10.127.255.255', 1), false],
    [inet('10.128.0.0', 1), true],
    [mapped('10.0.0.1', 1), false],
    [inet('1.2.3.4', 443), false],
    [inet('1.2.3.4', 80), true],
    [inet6([5], 80), false],
    [inet6([5], 81), true],
    [inet6([0xfe, 0xbf, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9], 1), false],
    [inet6([0xfe, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9], 1), true],
  ] as const) {
    t.is(denies(rules, connect(address)), isDenied, address.join(' '))
  }
})

test('unix and netlink', (t) => {
  t.false(denies(except('unix'), socket(1)))
  t.false(denies(except('unix'), connect(unix('/run/x'))))
  t.false(denies(except('unix'), sendto(unix('/run/x'))))
  t.true(denies(except('unix'), socket(2)))
  t.true(denies(except('unix'), connect(inet('127.0.0.1', 80))))
  t.false(denies(except('netlink'), bind(Uint8Array.of(16, 0, 0, 0, 0, 0, 0, 0))))
  t.true(denies(except('netlink'), socket(1)))
})

test('sockets of others are judged where they are used', (t) => {
  const rules = except('unix', 'loopback')
  const toWorld = answer(2, world)
  const toLoopback = answer(2, inet('127.0.0.1', 80))
  for (const name of [
    'read',
    'write',
    'readv',
    'writev',
    'preadv2',
    'pwritev2',
    'splice',
    'recvfrom',
    'recvmsg',
  ] as const) {
    t.true(denies(rules, using(rows[name].number, toWorld)), name)
    t.false(denies(rules, using(rows[name].number, toLoopback)), name)
  }
  for (const name of [
    'recvmmsg',
    'sendmsg',
    'sendmmsg',
    'sendto',
    'sendfile',
    'accept',
    'accept4',
    'listen',
  ] as const) {
    t.true(denies(rules, using(rows[name].number, toWorld)), name)
    t.true(denies(rules, using(rows[name].number, answer(17))), name)
    t.false(denies(rules, using(rows[name].number, answer(2))), name)
    t.false(denies(rules, using(rows[name].number, answer(1, unix('/run/x')))), name)
  }
  t.false(denies(rules, { number: 438 }), 'pidfd_getfd gives what is judged then')
  t.false(denies(except('loopback'), using(0, toWorld)), 'no such socket can be there')
  t.true(denies(except('loopback'), { number: 438 }))
})

test('asynchronous operations name their sockets in memory', (t) => {
  const operation = new Uint8Array(64)
  operation[20] = 3
  const children = [{ key: 0, bytes: operation }]
  const submit = (socket: Uint8Array): AskedCall => ({
    number: rows.io_submit.number,
    captures: { 2: { bytes: new Uint8Array(8), children } },
    sockets: { 3: socket },
  })
  t.true(denies(except('unix', 'loopback'), submit(answer(2, world))))
  t.false(denies(except('unix', 'loopback'), submit(answer(2, inet('127.0.0.1', 80)))))
  t.true(denies(except('unix', 'loopback'), { ...submit(answer(2, world)), abi: 1, number: 248 }), 'i386')
  t.true(denies(except('unix', 'loopback'), { abi: 2, number: 0x4000_0000 + 544 }), 'those of x32 are not read')
})

test('who attaches meets sockets that are there already', (t) => {
  const { rules } = readAttachOptions({ deny: 'network', ioUring: 'observe' })
  const read = readRules(writeRules(rules))
  t.true(denies(read, using(0, answer(2))))
  t.false(denies(read, using(0, answer(1))), 'its owner talks to it by this')
})

test('the network for some processes only', (t) => {
  const rules = compiled({ deny: { network: true, process: { argv0: 'curl' } } })
  t.true(denies(rules, { ...connect(world), argv: ['curl'] }))
  t.false(denies(rules, { ...connect(world), argv: ['wget'] }))
})

test('the list nests no deeper than the engine allows, with all that can be said', (t) => {
  const words = ['unix', 'netlink', 'loopback', 'dns', '10.0.0.0/9:80', '[fe80::/10]:81']
  t.notThrows(() => compiled({ deny: { network: { except: words }, process: { argv0: 'curl', depth: { min: 1 } } } }))
  const addr = [{ family: 'AF_INET', address: '127.0.0.0/9', port: [7, 8000] }, { path: '/run/' }] as const
  t.notThrows(() => compiled({ deny: { addr, fd: [3, 'socket:*'], path: ['/a', '/b'], process: { pid: [1, 2] } } }))
})

test('a datagram to an address of no family goes to an IPv4 address', (t) => {
  const bytes = Uint8Array.of(0, 0, ...inet('127.0.0.1', 8080).slice(2))
  t.true(meets({ address: '127.0.0.1', port: 8080 }, sendto(bytes)))
  t.true(meets({ family: 'AF_INET', port: [8000, 9000] }, sendmsg(bytes)))
  t.false(meets({ address: '127.0.0.1' }, connect(bytes)), 'which makes no connection')
})

const meets = (addr: Address, call: AskedCall): boolean => denies(compiled({ deny: { addr } }), call)

test('addresses of a rule', (t) => {
  t.true(meets({ address: '93.184.0.0/16' }, connect(world)))
  t.true(meets({ address: '93.184.0.0/16' }, connect(mapped('93.184.216.34', 80))))
  t.true(meets({ address: '::ffff:93.184.0.0/112' }, connect(world)))
  t.true(meets({ address: '93.184.216.34', port: [80, 90] }, sendto(world)))
  t.false(meets({ address: '93.184.216.34', port: [81, 90] }, sendto(world)))
  t.deepEqual(
    [255, 256, 300, 511, 767, 768, 1000, 1001].map((port) =>
      meets({ port: [256, 1000] }, connect(inet('1.2.3.4', port))),
    ),
    [false, true, true, true, true, true, true, false],
  )
  t.true(meets({ address: '127.0.0.1' }, connect(inet('0.0.0.0', 80))), 'which leads there')
  t.false(meets({ address: '127.0.0.1' }, bind(inet('0.0.0.0', 80))))
  t.true(meets({ family: 'AF_INET6' }, connect(inet6([1], 80))))
  t.false(meets({ family: 'AF_INET6' }, connect(world)))
  t.true(meets({ port: 80 }, using(1, answer(2, world))), 'the peer')
  t.false(meets({ port: 81 }, using(1, answer(2, world))))
  t.false(meets({ port: 80 }, { ...connect(inet('1.2.3.4', 1)), sockets: { 3: answer(2, world) } }), 'connected anew')
  t.true(meets({ path: '/run/x' }, connect(unix('/run/x'))))
  t.true(meets({ path: '/run/x' }, connect(unix('/run/x\0\0'))))
  t.false(meets({ path: '/run/x' }, connect(unix('/run/xy'))))
  t.true(meets({ path: '/run/' }, connect(unix('/run/xy'))))
  t.true(meets({ path: '@name' }, connect(unix('\0name'))))
  t.false(meets({ path: '@name' }, connect(unix('\0names'))))
  t.true(meets({ address: '::/0' }, connect(inet6([9], 1))))
  t.false(meets({ address: '::/0' }, connect(world)))
})
