/** The parts of snapshots that need no run. */

import test from 'ava'
import { tmpdir } from 'node:os'
import { lazyArray } from '../archive/lazy-array.ts'
import { Descriptors } from './snapshot/descriptors.ts'
import { diffSnapshots } from './snapshot/diff.ts'
import { foldLines } from './snapshot/fold.ts'
import { isAboutImage } from './snapshot/loader.ts'
import { madeNames } from './snapshot/made-names.ts'
import { Sections } from './snapshot/sections.ts'
import { tokensFor } from './snapshot/tokens.ts'
import type { AnyCall, AnyEvent } from './recorded.ts'

// --- Folding

test('a line that repeats is told once', (t) => {
  t.deepEqual(foldLines(['a', 'a', 'a', 'b', 'a'], true), ['a ×3', 'b', 'a'])
  t.deepEqual(foldLines(['a', 'a', 'b'], 'uncounted'), ['a ×…', 'b'])
  t.deepEqual(foldLines(['a', 'a'], false), ['a', 'a'])
  t.deepEqual(foldLines([], true), [])
})

test('groups repeat, also with repeated lines in them', (t) => {
  t.deepEqual(foldLines(['a', 'b', 'a', 'b', 'c'], true), ['repeated ×2 {', '  a', '  b', '}', 'c'])
  t.deepEqual(foldLines(['x', 'y', 'y', 'x', 'y', 'y'], true), ['repeated ×2 {', '  x', '  y ×2', '}'])
  const once = ['x', 'y', 'x', 'y', 'z']
  t.deepEqual(foldLines([...once, ...once], true), [
    'repeated ×2 {',
    '  repeated ×2 {',
    '    x',
    '    y',
    '  }',
    '  z',
    '}',
  ])
})

// --- Tokens

const plain = { cwd: '/srv/here', programs: [], made: new Map<string, string>(), replace: [] }

const becomes = test.macro({
  exec(t, line: string, expected: string) {
    t.is(tokensFor(plain)(line), expected)
  },
  title: (_, line) => `tokens in ${String(line)}`,
})

test(becomes, 'open("/srv/here/a", "/srv/here")', 'open("<cwd>/a", "<cwd>")')
test(
  becomes,
  'open("/srv/hereafter", "/x/srv/here", "/srv/here.old")',
  'open("/srv/hereafter", "/x/srv/here", "/srv/here.old")',
)
test(becomes, `open("${tmpdir()}/a", "/var${tmpdir()}/b")`, `open("<tmp>/a", "/var${tmpdir()}/b")`)
test(becomes, `execve("${process.execPath}")`, 'execve("<node>")')
test(
  becomes,
  'open("/proc/123/task/124/fd/7", "/proc/self/fd/8")',
  'open("/proc/<pid>/task/<tid>/fd/<fd>", "/proc/self/fd/<fd>")',
)
test(becomes, 'open("/sys/fs/cgroup/a/b/memory.max", "/x/y")', 'open("/sys/fs/cgroup/<group>/memory.max", "/x/y")')
test(
  becomes,
  'bind(<x>, {sin_port=htons(32767)}, {sin6_port=htons(32768)})',
  'bind(<x>, {sin_port=htons(32767)}, {sin6_port=htons(<port>)})',
)
test(becomes, 'f(0x7ffe12345678, 0x12)', 'f(<address>, 0x12)')
test(becomes, `f(</srv/here/a.txt>, <${tmpdir()}/b>, </srv/here>)`, 'f(<a.txt>, <tmp/b>, <cwd>)')

test('replacements of users come last, and replace all that they find', (t) => {
  const tokens = tokensFor({
    ...plain,
    replace: [
      [/v\d+/, '<v>'],
      ['<cwd>', '.'],
      [/x/y, 'z'],
    ],
  })
  t.is(tokens('open("/srv/here/v1/v2xx")'), 'open("./<v>/<v>zz")')
  t.is(tokens('open("/srv/here/v1/v2xx")'), 'open("./<v>/<v>zz")')
})

// --- Names with random parts

function made(name: string, args: object): AnyEvent {
  // What is read of a call, and no more.
  return { type: 'syscall', ok: true, name, pid: 4711, tid: 4711, args } as object as AnyEvent
}

const isCalled = test.macro({
  exec(t, path: string, expected: string | undefined, how: 'private' | 'exclusive' | 'plain' = 'private') {
    const flags = { names: how === 'exclusive' ? ['O_CREAT', 'O_EXCL'] : ['O_CREAT'] }
    const event =
      how === 'private' ? made('mkdir', { pathname: path, mode: 0o700 }) : made('openat', { pathname: path, flags })
    t.is(madeNames([event]).get(path.split('/').at(-1) ?? ''), expected)
  },
  title: (_, path, __, how = 'private') => `the name of ${String(path)} (${String(how)})`,
})

test(isCalled, '/tmp/foo-abcdef', 'foo-XXXXXX')
test(isCalled, '/tmp/fooabcdef', 'fooXXXXXX')
test(isCalled, '/tmp/tmpabcd_fgh', 'tmpXXXXXXXX')
test(isCalled, '/tmp/x-ab12cd_3', 'x-XXXXXXXX')
test(isCalled, '/home/me/.config', undefined)
test(isCalled, '/home/me/private', undefined)
test(isCalled, '/home/me/private-aB3dEf', 'private-XXXXXX')
test(isCalled, '/home/me/.git/objects/42/tmp_obj_abcdef', 'tmp_obj_XXXXXX', 'exclusive')
test(isCalled, '/srv/state.json.4711', 'state.json.<pid>', 'plain')
test(isCalled, '/srv/state.json.4712', undefined, 'plain')
test(isCalled, '/srv/log-1790000000000', 'log-<n>', 'plain')
test(isCalled, '/srv/0a1b2c3d.tmp', '<hex>.tmp', 'plain')
test(isCalled, '/srv/2f0e6a34-2f04-4a6b-9e7f-1c2d3e4f5a6b', '<uuid>', 'plain')

test('a name that was not made in the run stays', (t) => {
  const flags = { names: ['O_RDONLY'] }
  t.is(madeNames([made('openat', { pathname: '/tmp/libfoo.so.4711', flags })]).size, 0)
})

test('made names are found wherever they are told', (t) => {
  const tokens = tokensFor({ ...plain, made: new Map([['foo-aB3dEf', 'foo-XXXXXX']]) })
  t.is(tokens('open("/x/foo-aB3dEf/y") <foo-aB3dEf> foo-aB3dEfg'), 'open("/x/foo-XXXXXX/y") <foo-XXXXXX> foo-aB3dEfg')
})

// --- Differences

const before = '[git status]\na\nb\nc\nd\ne\nf\ng\nexited with 0\n\n[sh]\nx\nexited with 0\n'

test('no difference', (t) => {
  t.is(diffSnapshots(before, before), '')
  t.is(diffSnapshots(before, before.replaceAll('\n', '\r\n').trim()), '')
  t.is(diffSnapshots('', ''), '')
})

test('a difference stands in its process, with lines around it', (t) => {
  const after = before.replace('f\n', 'F\n').replace('x\n', 'x\ny\n')
  t.is(
    diffSnapshots(before, after),
    [
      '- expected',
      '+ actual',
      '',
      '  [git status]',
      '  …',
      '  c',
      '  d',
      '  e',
      '- f',
      '+ F',
      '  g',
      '  exited with 0',
      '',
      '  [sh]',
      '  x',
      '+ y',
      '  exited with 0',
      '',
    ].join('\n'),
  )
})

test('a process that is new, or gone', (t) => {
  const one = '[a]\nx\nexited with 0\n'
  t.is(diffSnapshots(one, `${one}\n[b]\ny\n`), '- expected\n+ actual\n\n  [a]\n  x\n  exited with 0\n\n+ [b]\n+ y\n')
  t.is(diffSnapshots(one, ''), '- expected\n+ actual\n\n- [a]\n- x\n- exited with 0\n')
})

test('a difference says all that is needed to make one of the other', (t) => {
  let seed = 1
  const random = (most: number): number => (seed = (seed * 48_271) % 2_147_483_647) % most
  for (let round = 0; round < 300; round++) {
    const lines = (): string[] => Array.from({ length: random(8) }, () => 'abc'.charAt(random(3)))
    const [one, other] = [lines(), lines()]
    const shown = diffSnapshots(one.join('\n'), other.join('\n')).split('\n').slice(2)
    if (one.join('\n') === other.join('\n')) {
      t.deepEqual(shown, [])
      continue
    }
    const of = (sign: string) =>
      shown
        .filter((line) => line.startsWith(sign))
        .map((line) => line.slice(2))
        .toSorted()
    const count = (line: string) =>
      of('+').filter((it) => it === line).length - of('-').filter((it) => it === line).length
    for (const line of 'abc') {
      const difference = other.filter((it) => it === line).length - one.filter((it) => it === line).length
      t.is(count(line), difference)
    }
  }
})

// --- What a program asks of its own image

const asks = test.macro({
  exec(t, pathname: string, flags: string, expected: boolean) {
    const call = { type: 'syscall', name: 'openat', pid: 1, tid: 1, args: { dirfd: 'AT_FDCWD', pathname, flags } }
    // As far as it is read.
    t.is(isAboutImage(call as object as AnyCall, '/bin/program', new Descriptors([], '/')), expected)
  },
  title: (_, pathname, flags) => `whether ${String(pathname)} with ${String(flags)} is about the image`,
})

for (const path of [
  '/etc/ld.so.cache',
  '/lib/x86_64-linux-gnu/libc.so.6',
  '/proc/self/maps',
  '/bin/program',
  '/proc/sys/vm/overcommit_memory',
  '/sys/devices/system/cpu/online',
  '/sys/devices/system/cpu/cpu0/tsc_freq_khz',
  '/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq',
]) {
  test(asks, path, 'O_RDONLY', true)
  test(asks, path, 'O_WRONLY|O_CREAT', false)
}
test(asks, '/bin/other', 'O_RDONLY', false)
test(asks, '/sys/devices/system/cpu/cpu0/topology/core_id', 'O_RDONLY', false)

// --- Processes

test('events of a trace that was loaded are other objects each time, and of the same processes', (t) => {
  const fork = (pid: number, child: number, timeNs: bigint): object => ({
    type: 'fork',
    pid,
    tid: pid,
    timeNs,
    child: { pid: child, tid: child },
    thread: false,
  })
  const exit = (pid: number, timeNs: bigint): object => ({
    type: 'exit',
    pid,
    tid: pid,
    code: 0,
    coreDumped: false,
    timeNs,
  })
  const made = [fork(1, 2, 1n), exit(2, 2n), fork(1, 2, 3n), exit(2, 4n), exit(1, 5n)]
  // As far as it is read.
  const copy = (event: object | undefined): AnyEvent => ({ ...event }) as AnyEvent
  const events = lazyArray({ length: made.length, at: (index) => copy(made[index]), all: () => made.map(copy) })
  const sections = new Sections(events)
  const told: (number | undefined)[] = []
  for (const event of events) {
    const section = sections.of(event)
    told.push(section === undefined ? undefined : sections.inOrder.indexOf(section))
  }
  t.deepEqual(told, [0, 1, 0, 2, 0])
})
