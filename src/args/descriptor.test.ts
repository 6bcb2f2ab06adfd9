import test from 'ava'
import { FD_PART } from '../record/layout.ts'
import { FD_DETAILS, fdDetails, pidDetails, type Captured, type FdDetail, type Style } from './arg.ts'
import { descriptorText, nameText, processText } from './descriptor.ts'

function captured(key: number, bytes: string | readonly number[], children: readonly Captured[] = []): Captured {
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : Uint8Array.from(bytes)
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  return { status: 'ok', view, at: 0, length: data.length, wanted: 0, children, key }
}

const link = (text: string, ...children: readonly Captured[]): Captured => captured(16, text, children)
const fdinfo = (text: string): Captured => captured(FD_PART.FDINFO, text)
const words = (...numbers: readonly number[]): readonly number[] => [
  ...new Uint8Array(Uint32Array.from(numbers).buffer),
]

const style: Style = {
  stringLimit: 32,
  abbreviate: true,
  constants: 'abbrev',
  hexStrings: 'none',
  decodeFds: fdDetails('all'),
  decodePids: pidDetails('all'),
}
const only = (...details: readonly FdDetail[]): Style => ({ ...style, decodeFds: fdDetails(details) })

test('what an option asks for', (t) => {
  t.is(fdDetails(), false)
  t.is(fdDetails([]), false)
  t.deepEqual([...(fdDetails(true) || [])], ['path'])
  t.deepEqual([...(fdDetails('all') || [])], [...FD_DETAILS])
})

test('a path, and whether it is still there', (t) => {
  t.is(descriptorText(link('/a <b>'), style), String.raw`</a \74b\76>`)
  t.is(descriptorText(link('/a (deleted)'), style), '</a>(deleted)')
  t.is(descriptorText(link('/a (deleted)', captured(FD_PART.NAMED_SO, '')), style), '</a (deleted)>')
  t.is(descriptorText(link(' (deleted)'), style), '< (deleted)>')
  t.is(descriptorText(link('/ab'), { ...style, hexStrings: 'all' }), String.raw`<\x2f\x61\x62>`)
})

test('nothing where nothing is known, or wanted', (t) => {
  t.is(descriptorText(undefined, style), '')
  t.is(descriptorText({ ...link(''), status: 'fault' }, style), '')
  t.is(descriptorText(link('/a'), { ...style, decodeFds: false }), '')
  t.is(descriptorText(link('/a'), only('socket')), '')
})

test('devices', (t) => {
  const device = (type: number, major: number, minor: number) =>
    captured(FD_PART.DEVICE, words(type | 0o600, major, minor))
  t.is(descriptorText(link('/dev/null', device(0o020_000, 1, 3)), style), '</dev/null<char 1:3>>')
  t.is(descriptorText(link('/dev/sda', device(0o060_000, 8, 0)), only('dev')), '</dev/sda<block 8:0>>')
  t.is(descriptorText(link('/dev/null', device(0o020_000, 1, 3)), only('path')), '</dev/null>')
  const ptmx = link('/dev/ptmx', device(0o020_000, 5, 2), fdinfo('pos:\t0\ntty-index:\t7\n'))
  t.is(descriptorText(ptmx, style), '</dev/ptmx<char 5:2 @/dev/pts/7>>')
  t.is(descriptorText(link('/dev/ptmx', device(0o020_000, 5, 2)), style), '</dev/ptmx<char 5:2>>')
  t.is(descriptorText(link('/dev/cut', captured(FD_PART.DEVICE, [1, 2])), style), '</dev/cut>')
})

test('eventfds', (t) => {
  const of = (text: string) => descriptorText(link('anon_inode:[eventfd]', fdinfo(text)), style)
  t.is(of('pos:\t0\neventfd-count:                0\n'), '<{eventfd-count=0}>')
  t.is(
    of('eventfd-count:               ff\neventfd-id: 3\neventfd-semaphore: 1\n'),
    '<{eventfd-count=0xff, eventfd-id=3, eventfd-semaphore=1}>',
  )
  t.is(of(''), '<anon_inode:[eventfd]>')
  t.is(descriptorText(link('anon_inode:[eventfd]'), only('path')), '<anon_inode:[eventfd]>')
})

test('pidfds', (t) => {
  t.is(descriptorText(link('anon_inode:[pidfd]', fdinfo('Pid:\t12\nNSpid:\t12\n')), style), '<pid:12>')
  t.is(descriptorText(link('pidfd:[8]', fdinfo('Pid:\t12\n')), style), '<pid:12>')
  t.is(descriptorText(link('anon_inode:[pidfd]', fdinfo('Pid:\t-1\n')), style), '<anon_inode:[pidfd]>')
})

test('signalfds', (t) => {
  const of = (mask: string) => descriptorText(link('anon_inode:[signalfd]', fdinfo(`sigmask:\t${mask}\n`)), style)
  t.is(of('0000000000000a00'), '<signalfd:[USR1 USR2]>')
  t.is(of('fffffffffffffffe'), '<signalfd:~[HUP]>')
  t.is(of('odd'), '<anon_inode:[signalfd]>')
})

const socket = (protocol: string, answer?: readonly number[]): Captured =>
  link(
    'socket:[77]',
    captured(FD_PART.PROTOCOL, protocol),
    ...(answer === undefined ? [] : [captured(FD_PART.SOCKET, answer)]),
  )

/** struct inet_diag_msg, as long as it is. */
function inet(family: number, ports: readonly number[], local: readonly number[], peer: readonly number[]) {
  const padded = (address: readonly number[]) => [...address, ...Array.from({ length: 16 - address.length }, () => 0)]
  return [family, 1, 0, 0, ...ports, ...padded(local), ...padded(peer), ...Array.from({ length: 32 }, () => 0)]
}

test('internet sockets', (t) => {
  const home = [127, 0, 0, 1]
  t.is(descriptorText(socket('TCP', inet(2, [0, 80, 0, 0], home, [])), style), '<TCP:[127.0.0.1:80]>')
  t.is(
    descriptorText(socket('UDP', inet(2, [4, 210, 0, 80], home, home)), style),
    '<UDP:[127.0.0.1:1234->127.0.0.1:80]>',
  )
  const loopback = [...Array.from({ length: 15 }, () => 0), 1]
  t.is(descriptorText(socket('TCPv6', inet(10, [0, 1, 0, 2], loopback, loopback)), style), '<TCPv6:[[::1]:1->[::1]:2]>')
  t.is(descriptorText(socket('TCP', [2, 1, 0, 0]), style), '<TCP:[77]>', 'an answer that is cut')
})

test('local sockets', (t) => {
  const head = [1, 1, 1, 0, ...words(77, 0, 0)]
  const name = (text: string) => {
    const bytes = Buffer.from(text)
    const padding = Array.from({ length: (4 - (bytes.length % 4)) % 4 }, () => 0)
    return [bytes.length + 4, 0, 0, 0, ...bytes, ...padding]
  }
  const peer = [8, 0, 2, 0, ...words(78)]
  const of = (...attributes: readonly (readonly number[])[]) =>
    descriptorText(socket('UNIX-STREAM', [...head, ...attributes.flat()]), style)
  t.is(of(), '<UNIX-STREAM:[77]>')
  t.is(of(peer), '<UNIX-STREAM:[77->78]>')
  t.is(of(name('/run/"x"\0'), peer), String.raw`<UNIX-STREAM:[77->78,"/run/\"x\""]>`)
  t.is(of(name('\0abc')), '<UNIX-STREAM:[77,@"abc"]>')
  t.is(of([2, 0, 0, 0]), '<UNIX-STREAM:[77]>', 'an attribute shorter than its head')
  t.is(of([255, 0, 0, 0, 1]), '<UNIX-STREAM:[77]>', 'one longer than the answer')
})

test('netlink sockets', (t) => {
  const answer = (protocol: number) => [16, 3, protocol, 1, ...words(55, 0, 0, 77, 0, 0)]
  t.is(descriptorText(socket('NETLINK', answer(0)), style), '<NETLINK:[ROUTE:55]>')
  t.is(descriptorText(socket('NETLINK', answer(200)), style), '<NETLINK:[200]>')
})

test('sockets of which less is known', (t) => {
  t.is(descriptorText(socket('RAW'), style), '<RAW:[77]>')
  t.is(descriptorText(socket('PACKET'), style), '<socket:[77]>')
  t.is(descriptorText(link('socket:[77]'), only('socket')), '<socket:[77]>')
  t.is(descriptorText(socket('TCP'), only('path')), '<socket:[77]>')
})

test('names of processes', (t) => {
  t.is(nameText(captured(32, 'a b<'), style), String.raw`<a b\74>`)
  t.is(nameText(captured(32, ''), style), '')
  t.is(nameText(undefined, style), '')
  const known = captured(32, 'sh', [captured(0, words(7))])
  t.is(processText(known, style), "<sh> /* 7 in strace's PID NS */")
  t.is(processText(known, { ...style, decodePids: pidDetails(true) }), '<sh>')
  t.is(processText(known, { ...style, decodePids: pidDetails(['pidns']) }), " /* 7 in strace's PID NS */")
  t.is(nameText(captured(32, 'sh'), { ...style, decodePids: false }), '')
})
