import test from 'ava'
import { planTasks, rulesOf, taskText, type Choice, type FaultKind, type Recorded } from './plan.ts'
import { presets, type Place } from './presets.ts'
import type { Seen } from './seen.ts'

interface Fake {
  readonly name: string
  readonly path?: string
  readonly fd?: number
  readonly link?: string
  readonly place?: Place
  readonly ok?: boolean
  readonly isLoading?: boolean
  readonly args?: Readonly<Record<string, unknown>>
}

function recorded(fakes: readonly Fake[], files: readonly string[] = []): Recorded {
  return { calls: fakes.map(seen), cwd: '/base/1/work', arguments: new Set(files) }
}

function seen({ name, path, fd = 3, link, ok = true, isLoading = false, args = {}, ...others }: Fake): Seen {
  const place = others.place ?? (link?.startsWith('/') === true ? 'file' : undefined)
  return {
    name,
    pid: 1,
    abi: 'x86_64',
    ok,
    named: path === undefined ? [] : [path],
    links: link === undefined ? [] : [{ fd, text: link }],
    place,
    isLoading,
    wasWritten: false,
    args,
    returned: 10,
  }
}

function kind(label: 'ENOSPC' | 'EIO' | 'short-write' | 'disk-full' | 'EMFILE'): FaultKind {
  const error = label === 'short-write' || label === 'disk-full' ? undefined : label
  return { label, error, rows: presets[label], isHarmless: false }
}

function choose(choice: Partial<Choice> = {}): Choice {
  return { calls: 'all', kinds: [kind('EIO')], path: undefined, ignore: [], from: 'main', repeat: 'once', ...choice }
}

const work = '/base/1/work'
const write: Fake = { name: 'write', link: `${work}/a` }

function planned(fakes: readonly Fake[], choice?: Partial<Choice>, second = fakes): readonly string[] {
  return planTasks([recorded(fakes), recorded(second)], choose(choice)).map(taskText)
}

test('the first calls of all files come first, then the second ones', (t) => {
  const other = { name: 'write', link: `${work}/b` }
  t.deepEqual(planned([write, write, other]), ['write ./a #1 EIO', 'write ./b #1 EIO', 'write ./a #2 EIO'])
})

test('calls that fail anyhow count, and are not tried', (t) => {
  t.deepEqual(planned([{ ...write, ok: false }, write]), ['write ./a #2 EIO'])
})

test('only calls that can fail so are tried', (t) => {
  const pipe: Fake = { name: 'write', link: 'pipe:[7]', place: 'pipe', fd: 4 }
  t.deepEqual(planned([pipe, { name: 'getpid' }, { name: 'read', link: `${work}/a` }]), ['read ./a #1 EIO'])
})

test('standard output is no disk, and could be a file on a full one', (t) => {
  const output: Fake = { name: 'write', link: 'pipe:[7]', place: 'output', fd: 1 }
  t.deepEqual(planned([output], { kinds: [kind('EIO'), kind('ENOSPC')] }), ['write fd 1 #1 ENOSPC'])
})

test('the loader is left alone, and what comes before the script', (t) => {
  const calls: readonly Fake[] = [
    { name: 'read', link: '/etc/config' },
    { name: 'read', link: `${work}/a.js` },
    { ...write, isLoading: true },
    write,
  ]
  const run = recorded(calls, [`${work}/a.js`])
  t.deepEqual(planTasks([run, run], choose()).map(taskText), ['read ./a.js #1 EIO', 'write ./a #2 EIO'])
  t.is(planTasks([run, run], choose({ from: 'start' })).length, 4)
})

test('`path` and `ignore` choose by what the call is about', (t) => {
  const calls: readonly Fake[] = [write, { name: 'write', link: '/var/log/x' }, { name: 'write', link: '/usr/lib/x' }]
  t.deepEqual(planned(calls, { path: ['/var/'] }), ['write /var/log/x #1 EIO'])
  t.deepEqual(planned(calls, { ignore: ['/usr/lib/', './'] }), ['write /var/log/x #1 EIO'])
})

test('`calls` chooses by name', (t) => {
  t.deepEqual(planned([write, { name: 'fsync', link: `${work}/a` }], { calls: new Set(['fsync']) }), [
    'fsync ./a #1 EIO',
  ])
})

test('a name that is another one each time becomes a glob', (t) => {
  const named = (name: string): Fake => ({ name: 'write', link: `${work}/${name}` })
  const [task] = planTasks([recorded([named('a.tmp-123')]), recorded([named('a.tmp-456')])], choose())
  t.deepEqual(task && rulesOf(task), [{ syscall: 'write', path: './a.tmp-*', nth: 1, error: 'EIO' }])
})

test('a call without a name is known by its place among those of its name', (t) => {
  const [first, second] = planTasks(
    [recorded([{ name: 'epoll_create1' }, { name: 'epoll_create1' }]), recorded([{ name: 'epoll_create1' }])],
    choose({ kinds: [kind('EMFILE')] }),
  )
  t.deepEqual(first && rulesOf(first), [{ syscall: 'epoll_create1', nth: 1, error: 'EMFILE' }])
  t.like(second, { nth: 2, line: { count: 2, isSteady: false } })
})

test('descriptors: by number for standard streams, by kind for others', (t) => {
  const socket: Fake = { name: 'connect', link: 'socket:[9]', place: 'socket', fd: 5 }
  const poll: Fake = { name: 'connect', link: 'anon_inode:[eventpoll]', fd: 6 }
  const own: FaultKind = { label: 'EPERM', error: 'EPERM', rows: [{ calls: ['connect'] }], isHarmless: false }
  t.deepEqual(planned([socket, poll, socket], { kinds: [own] }), [
    'connect socket:* #1 EPERM',
    'connect anon_inode:[eventpoll] #1 EPERM',
    'connect socket:* #2 EPERM',
  ])
})

test('a short write runs, with a smaller count', (t) => {
  const [task] = planTasks([recorded([write]), recorded([write])], choose({ kinds: [kind('short-write')] }))
  t.deepEqual(task && rulesOf(task), [{ syscall: 'write', path: './a', nth: 1, args: { count: 1 } }])
})

test('a disk that fills up takes a little, and then nothing', (t) => {
  const kinds = [kind('disk-full')]
  const tasks = planTasks([recorded([write, write]), recorded([write, write])], choose({ kinds, repeat: 'both' }))
  t.deepEqual(tasks.map(rulesOf), [
    [
      { syscall: 'write', path: './a', nth: 1, args: { count: 1 } },
      { syscall: 'write', path: './a', when: '1+', error: 'ENOSPC' },
    ],
    [
      { syscall: 'write', path: './a', nth: 2, args: { count: 1 } },
      { syscall: 'write', path: './a', when: '2+', error: 'ENOSPC' },
    ],
  ])
})

test('lasting failures go on', (t) => {
  const tasks = planTasks([recorded([write]), recorded([write])], choose({ repeat: 'both' }))
  t.deepEqual(tasks.flatMap(rulesOf), [
    { syscall: 'write', path: './a', nth: 1, error: 'EIO' },
    { syscall: 'write', path: './a', when: '1+', error: 'EIO' },
  ])
})

test('nothing is interrupted for ever', (t) => {
  const waits: Fake = { name: 'accept', link: 'socket:[1]', place: 'socket' }
  const interrupted: FaultKind = { label: 'EINTR', error: 'EINTR', rows: presets.EINTR, isHarmless: true }
  t.deepEqual(planned([waits], { repeat: 'lasting', kinds: [interrupted] }), ['accept socket:* #1 EINTR'])
})
