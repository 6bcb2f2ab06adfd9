/** What programs do with sockets. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { trace } from '../index.ts'
import { networkOf, transferCalls, type Network } from '../src/kit/network.ts'
import { addressText } from '../src/kit/peer.ts'
import { fixture } from './around-places.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-network-'))
test.after.always(() => rmSync(root, { recursive: true }))

const filter = ['%network', ...transferCalls]

async function networkOfNode(script: string, options = {}): Promise<Network> {
  const run = await trace('node', ['-e', script], { filter, timeout: 20_000, ...options })
  if (run.exitCode !== 0) throw new Error(run.stderr)
  return networkOf(run)
}

/** `127.0.0.1:*` instead of a port that the kernel chose. */
function texts(
  list: readonly { readonly address: Parameters<typeof addressText>[0] | undefined }[],
): readonly string[] {
  return list.map(({ address }) => (address === undefined ? '?' : addressText(address).replace(/:\d{5}$/, ':*')))
}

const tcp = `
  const net = require('net')
  const server = net.createServer((it) => it.end('hello'))
  server.listen(0, '127.0.0.1', () => {
    const client = net.connect(server.address().port, '127.0.0.1', () => client.write('hi there'))
    client.resume().on('close', () => server.close())
  })`

test('a server and its client: bind, listen, connect in the background, accept, bytes both ways', async (t) => {
  const network = await networkOfNode(tcp)
  const inet = network.sockets.filter(({ domain }) => domain === 'AF_INET')
  t.deepEqual(
    inet.map(({ type, origin, listens }) => ({ type, origin, listens })),
    [
      { type: 'SOCK_STREAM', origin: 'made', listens: true },
      { type: 'SOCK_STREAM', origin: 'made', listens: false },
      { type: 'SOCK_STREAM', origin: 'accepted', listens: false },
    ],
  )
  t.deepEqual(texts(network.binds), ['127.0.0.1:0'])
  t.is(network.listens[0]?.socket, network.binds[0]?.socket)
  t.deepEqual(texts(network.connects), ['127.0.0.1:*'])
  t.like(network.connects[0], { outcome: 'connected', isAsync: true })
  t.is(network.accepts[0]?.listener, network.binds[0]?.socket)
  const [listener, client, accepted] = inet
  t.deepEqual(client?.peer, listener?.local)
  t.deepEqual([client?.bytesOut, client?.bytesIn], [8, 5])
  t.deepEqual([accepted?.bytesOut, accepted?.bytesIn], [5, 8])
  t.deepEqual(
    network.peers.map(({ bytesIn, bytesOut }) => [bytesIn, bytesOut]),
    [[5, 8]],
  )
  t.regex(
    String(network),
    /^\d+ binds 127.0.0.1:0\n\d+ listens on 127.0.0.1:\d+\n\d+ connects to 127.0.0.1:\d+: connected\n\d+ accepts an unknown address on 127.0.0.1:\d+\n127.0.0.1:\d+: 8 bytes out, 5 bytes in$/,
  )
})

test('a connection that is refused has failed, at once or later', async (t) => {
  const refused = `require('net').connect(1, '127.0.0.1').on('error', () => {})`
  const { connects } = await networkOfNode(refused)
  t.deepEqual(texts(connects), ['127.0.0.1:1'])
  t.like(connects[0], { outcome: 'failed', error: 'ECONNREFUSED' })
  const nowhere = `require('net').connect('${root}/nobody').on('error', () => {})`
  const unix = await networkOfNode(nowhere)
  t.deepEqual(texts(unix.connects), [`${root}/nobody`])
  t.like(unix.connects[0], { outcome: 'failed', error: 'ENOENT', isAsync: false })
})

test('unix sockets by path and by abstract name', async (t) => {
  for (const [path, text] of [
    [`${root}/here.sock`, `${root}/here.sock`],
    [String.raw`\0syscope-${process.pid}`, `@syscope-${process.pid}`],
  ]) {
    const script = `
      const net = require('net')
      const server = net.createServer((it) => it.end('x')).listen('${path}', () =>
        net.connect('${path}').resume().on('close', () => server.close()))`
    const network = await networkOfNode(script)
    t.deepEqual(texts(network.binds), [text])
    t.deepEqual(texts(network.connects), [text])
    t.like(network.connects[0], { outcome: 'connected' })
    t.is(network.sockets.find(({ listens }) => listens)?.domain, 'AF_UNIX')
    const sent = network.accepts[0]?.socket
    t.is(sent?.bytesOut, 1)
  }
})

test('datagrams have the address of each', async (t) => {
  const script = `
    const { createSocket } = require('dgram')
    const server = createSocket('udp4').on('message', () => { server.close(); client.close() })
    const client = createSocket('udp4')
    server.bind(0, '127.0.0.1', () => client.send('hello', server.address().port, '127.0.0.1'))`
  const network = await networkOfNode(script)
  t.deepEqual(texts(network.sends), ['127.0.0.1:*'])
  t.like(network.sends[0], { ok: true, bytes: 5 })
  const receiver = network.sockets.find(({ bytesIn }) => bytesIn === 5)
  t.is(receiver?.type, 'SOCK_DGRAM')
  t.deepEqual(network.lookups, [])
})

test('DNS questions have name, type and server', async (t) => {
  const script = `
    const resolver = new (require('dns').Resolver)({ timeout: 200, tries: 1 })
    resolver.setServers(['127.0.0.1'])
    resolver.resolve4('one.example.test', () => resolver.resolveMx('two.example.test', () => {}))`
  const { lookups } = await networkOfNode(script)
  const asked = lookups.map(({ name, type, via, server }) => `${name} ${type} ${via} ${addressText(server)}`)
  t.deepEqual([...new Set(asked)], ['one.example.test A udp 127.0.0.1:53', 'two.example.test MX udp 127.0.0.1:53'])
})

test('a question that was not recorded is there without its name', async (t) => {
  const script = `require('dgram').createSocket('udp4').send(Buffer.alloc(40, 1), 53, '127.0.0.1', () => process.exit())`
  const { lookups } = await networkOfNode(script, { stringLimit: 8 })
  t.is(lookups.length, 1)
  t.is(lookups[0]?.name, undefined)
  t.is(lookups[0]?.via, 'udp')
})

test('a socket that a child inherits is the same socket', async (t) => {
  const script = `
    const net = require('net')
    const server = net.createServer((it) => {
      const child = require('child_process').spawn('sh', ['-c', 'echo from the child'], { stdio: ['ignore', it, 'inherit'] })
      child.on('exit', () => it.end())
    })
    server.listen(0, '127.0.0.1', () =>
      net.connect(server.address().port, '127.0.0.1').resume().on('close', () => server.close()))`
  const network = await networkOfNode(script)
  const accepted = network.accepts[0]?.socket
  t.is(accepted?.bytesOut, 'from the child\n'.length)
  t.is(accepted?.pids.length, 2)
})

test('netlink is told apart', async (t) => {
  const network = await networkOfNode(`require('os').networkInterfaces()`)
  const socket = network.sockets.find(({ domain }) => domain === 'AF_NETLINK')
  t.is(socket?.protocol, 'NETLINK_ROUTE')
  t.is(network.sends[0]?.address.family, 'netlink')
  t.true((socket?.bytesIn ?? 0) > 0)
})

test('what the filter left out is refused', async (t) => {
  const run = await trace('node', ['-e', tcp], { filter: '%network' })
  const network = networkOf(run)
  t.deepEqual(texts(network.connects), ['127.0.0.1:*'])
  t.like(network.connects[0], { outcome: 'connected' })
  for (const ask of [() => network.lookups, () => network.peers, () => network.sockets[0]?.bytesIn]) {
    t.throws(ask, { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /read, .*close/ })
  }
  t.notThrows(() => `${String(network)}${JSON.stringify(network)}`)
  const less = await trace('true', [], { filter: ['connect'] })
  t.throws(() => networkOf(less), { code: 'ERR_SYSCOPE_NOT_RECORDED', message: /socket, / })
})

test('a program without a network has none', async (t) => {
  const run = await trace('ls', ['/'], { filter })
  const { sockets, connects, peers, lookups, unread } = networkOf(run)
  t.deepEqual([sockets, connects, peers, lookups, unread], [[], [], [], [], []])
})

test('what 32-bit code does with sockets, and shows no arguments of, is told as unread', async (t) => {
  const run = await trace(fixture, ['around', 'int80-connect', '127.0.0.1', '1'], { filter })
  const { unread, connects } = networkOf(run)
  t.deepEqual(connects, [])
  t.true(unread.some((line) => line.startsWith('connect(')))
})
