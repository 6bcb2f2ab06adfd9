/** Descriptors and processes that text shows by more than their numbers (strace -y, -yy, -Y). */

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import test from 'ava'
import { trace, TextWriter } from '../index.ts'
import { check, type Case } from './rows/check.ts'
import {
  block,
  bytes,
  intAt,
  result,
  room,
  scriptArguments,
  string,
  u16,
  u32,
  u64,
  zeros,
  type Call,
} from './rows/script.ts'

const shows = test.macro({
  exec: (t, it: Pick<Case, 'before' | 'call' | 'error' | 'args' | 'out'> & { readonly text: string }) =>
    check(t, { ...it, options: { decodeFds: 'all', decodePids: true }, style: { decodeFds: 'all', decodePids: true } }),
  title: (title, it: Pick<Case, 'call'>) => title ?? it.call[0],
})

const open = (path: string): Call => ['open', string(path), 2]
const localhost = (port: number) =>
  block([u16(2), bytes(Uint8Array.of(port >> 8, port & 0xff, 127, 0, 0, 1)), zeros(8)])

test('a device', shows, {
  before: [open('/dev/null')],
  call: ['write', result(0), string('x'), 1],
  text: 'write(3</dev/null<char 1:3>>, "x", 1) = 1',
  args: { fd: 3 },
})
test('a result', shows, {
  call: ['open', string('/dev/zero'), 0],
  text: 'open("/dev/zero", O_RDONLY) = 3</dev/zero<char 1:5>>',
})
test('a result of some operations', shows, {
  before: [open('/dev/null')],
  call: ['fcntl', result(0), 1030, 10],
  text: 'fcntl(3</dev/null<char 1:3>>, F_DUPFD_CLOEXEC, 10) = 10</dev/null<char 1:3>>',
})
test('an eventfd, as it is at the call', shows, {
  before: [
    ['eventfd2', 5, 0],
    ['write', result(0), block([u64(2)]), 8],
  ],
  call: ['close', result(0)],
  text: 'close(3<{eventfd-count=0x7, eventfd-id=…, eventfd-semaphore=0}>) = 0',
})
test('a signalfd', shows, {
  call: ['signalfd4', -1, block([u64(0x200)]), 8, 0],
  text: 'signalfd4(-1, [USR1], 8, 0) = 3<signalfd:[USR1]>',
})
test('a pidfd', shows, {
  before: [['getpid']],
  call: ['pidfd_open', result(0), 0],
  text: 'pidfd_open(…<syscope-fixture>, 0) = 3<pid:…>',
})
test('a descriptor of another process', shows, {
  before: [open('/dev/null'), ['getpid'], ['pidfd_open', result(1), 0]],
  call: ['pidfd_getfd', result(2), result(0), 0],
  text: 'pidfd_getfd(4<pid:…>, 3</dev/null<char 1:3>>, 0) = 5</dev/null<char 1:3>>',
  args: { targetfd: 3 },
})
test('a socket that is nothing yet', shows, {
  call: ['socket', 2, 1, 0],
  text: 'socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3<TCP:[…]>',
})
test('a socket with addresses', shows, {
  before: [
    ['socket', 2, 2, 0],
    ['connect', result(0), localhost(9), 16],
  ],
  call: ['close', result(0)],
  text: 'close(3<UDP:[127.0.0.1:…->127.0.0.1:9]>) = 0',
})
test('a pair of sockets', shows, {
  call: ['socketpair', 1, 1, 0, room(8)],
  text: 'socketpair(AF_UNIX, SOCK_STREAM, 0, [3<UNIX-STREAM:[…->…]>, 4<UNIX-STREAM:[…->…]>]) = 0',
  out: { sv: [3, 4] },
})
test('a netlink socket', shows, {
  before: [
    ['socket', 16, 3, 0],
    ['bind', result(0), block([u16(16), zeros(10)]), 12],
  ],
  call: ['close', result(0)],
  text: 'close(3<NETLINK:[ROUTE:…]>) = 0',
})
test('both ends of a pipe', shows, {
  call: ['pipe2', room(8), 0],
  text: 'pipe2([3<pipe:[…]>, 4<pipe:[…]>], 0) = 0',
  out: { pipefd: [3, 4] },
})
test('descriptors in an array', shows, {
  before: [open('/dev/null')],
  call: ['poll', block([u32(result(0)), u16(4), u16(0), u32(-1), u16(1), u16(0), u32(77), u16(1), u16(0)]), 3, 0],
  text: 'poll([{fd=3</dev/null<char 1:3>>, events=POLLOUT}, {fd=-1}, {fd=77, events=POLLIN}], 3, 0) = 2 ([{fd=3, revents=POLLOUT}, {fd=77, revents=POLLNVAL}])',
})
test('a set of descriptors', shows, {
  before: [open('/dev/null')],
  call: ['select', 4, 0, block([u64(9), zeros(120)]), 0, block([zeros(16)])],
  text: 'select(4, NULL, […0<… 3</dev/null<char 1:3>>], NULL, {tv_sec=0, tv_usec=0}) = …',
})
test('descriptors that are sent, behind another message', shows, {
  before: [open('/dev/null'), ['socketpair', 1, 1, 0, room(8, 'pair')], ['getpid']],
  call: [
    'sendmsg',
    intAt('pair'),
    block([
      u64(0),
      u64(0),
      u64(block([u64(string('x')), u64(1)])),
      u64(1),
      u64(
        block([
          u64(28),
          u32(1),
          u32(2),
          u32(result(2)),
          zeros(12),
          u64(24),
          u32(1),
          u32(1),
          u32(result(0)),
          u32(result(0)),
        ]),
      ),
      u64(56),
      u64(0),
    ]),
    0,
  ],
  text: '…cmsg_type=SCM_RIGHTS, cmsg_data=[3</dev/null<char 1:3>>, 3</dev/null<char 1:3>>]}], msg_controllen=56, msg_flags=0}, 0) = 1',
})
test('names of processes', shows, {
  before: [['prctl', 15, string('renamed')], ['getpid']],
  call: ['kill', result(1), 0],
  text: 'kill(…<renamed>, 0) = 0',
})
test('process groups have none', shows, {
  before: [['getpid']],
  call: ['getpgid', result(0)],
  text: 'getpgid(…<syscope-fixture>) = …',
})

test('names in front of the lines, of signals and of what calls return', async (t) => {
  const run = await trace('bash', ['-c', 'sleep 9 & kill $!; wait; true'], {
    filter: ['kill', 'clone', 'execve', 'exit_group'],
    decodePids: true,
  })
  const text = run.text({ decodePids: true })
  const writer = new TextWriter({ decodePids: true, pids: 'always' })
  const lines = writer.write(run.events)
  const pid = String(run.pid)
  t.regex(text, new RegExp(`^(?:\\[pid +${pid}<bash>\\] )?kill\\([0-9]+<(?:bash|sleep)>, SIGTERM`, 'm'))
  // By then the child may have become what it is for.
  t.regex(text, /clone(?:\(| resumed>).*\) = [0-9]+<(?:bash|sleep)>$/m)
  t.regex(text, new RegExp(`--- SIGTERM \\{si_signo=SIGTERM, si_code=SI_USER, si_pid=${pid}<bash>`))
  t.regex(lines, new RegExp(`^${pid}<bash> \\+\\+\\+ exited with 0`, 'm'))
  t.regex(lines, /^[0-9]+<(?:bash|sleep)> \+\+\+ killed by SIGTERM/m)
})

const inNamespace = process.getuid?.() === 0 ? test : test.skip
inNamespace('processes of another PID namespace, by their own numbers and by ours', async (t) => {
  const run = await trace('unshare', ['-pf', 'bash', '-c', 'kill -0 $$'], { filter: 'kill', decodePids: 'all' })
  const [kill] = run.syscalls('kill')
  t.is(kill?.args.pid, 1)
  const text = run.text({ decodePids: 'all', columns: 0 })
  t.true(text.includes(`kill(1<bash> /* ${kill?.pid} in strace's PID NS */, 0) = 0`), text)
  t.true(run.text({ decodePids: true, columns: 0 }).includes('kill(1<bash>, 0) = 0'))
})

test('without the options nothing is looked up, whatever text asks for', async (t) => {
  const run = await trace('cat', ['/dev/null'], { filter: ['close', 'read'] })
  t.false(/[0-9]<|exited.*</.test(run.text({ decodeFds: 'all', decodePids: true })))
})

const cli = join(import.meta.dirname, '../dist/src/cli/bin.js')
const syscope = (...args: readonly string[]): string => {
  const { status, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stderr
}

test('-yy and --decode-fds on the command line', (t) => {
  const program = ['-e', 'trace=close,read', 'cat', '/dev/null']
  t.true(syscope('-yy', ...program).includes('read(3</dev/null<char 1:3>>'))
  t.true(syscope('--decode-fds=all', ...program).includes('read(3</dev/null<char 1:3>>'))
  t.true(syscope('-y', ...program).includes('read(3</dev/null>,'))
  const some = syscope('--decode-fds=dev', ...program)
  t.true(some.includes('read(3</dev/null<char 1:3>>'))
  t.regex(some, /close\(3\)/, 'files have no details')
})

test('-Y and --decode-pids on the command line', (t) => {
  const program = ['--always-show-pid', '-e', 'trace=kill', 'bash', '-c', 'kill -0 $$']
  t.regex(syscope('-Y', ...program), /^([0-9]+)<bash> kill\(\1<bash>, 0\)/m)
  t.regex(syscope('--decode-pids=comm', ...program), /^([0-9]+)<bash> kill\(\1<bash>, 0\)/m)
  t.regex(syscope('--decode-pids=none', ...program), /^[0-9]+ +kill\([0-9]+, 0\)/m)
})

const fixture = join(import.meta.dirname, '../target/checkout/syscope-fixtures')

test('-P finds paths behind descriptors in memory', (t) => {
  const polled = block([u32(result(0)), u32(4)])
  const script = scriptArguments([
    open('/dev/full'),
    ['poll', polled, 1, 0],
    ['select', 4, 0, block([u64(8), zeros(120)]), 0, block([zeros(16)])],
    ['poll', 0, 0, 0],
  ])
  const lines = syscope('-qq', '-P', '/dev/full', '-e', 'trace=poll,select', fixture, 'script', ...script).split('\n')
  t.deepEqual(
    lines.map((line) => line.slice(0, line.indexOf('('))).filter((name) => name !== ''),
    ['poll', 'select'],
  )
})
