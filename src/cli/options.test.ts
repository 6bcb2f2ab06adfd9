import test from 'ava'
import { readDenial } from './deny.ts'
import { readCalls } from './filter.ts'
import { helpText } from './help.ts'
import { options, readCommandLine } from './options.ts'
import type { Settings } from './settings.ts'

const reads = test.macro({
  exec(t, line: string, expected: Partial<Settings>, command: readonly string[] = []) {
    const read = readCommandLine(line.split(' '))
    t.like(read.settings, expected)
    t.deepEqual([...read.command], [...command])
  },
  title: (_, line: string) => line,
})

test(reads, '-f -o log ls -l', { follow: true, output: 'log' }, ['ls', '-l'])
test(reads, '-a14 -s1 -v', { columns: 14, stringLimit: 1, abbreviate: false })
test(reads, '-e trace=read', { trace: 'read' })
test(reads, '-e read', { trace: 'read' })
test(reads, '-eread,write', { trace: 'read,write' })
test(reads, '-e t=%file', { trace: '%file' })
test(reads, '--trace=!read', { trace: '!read' })
test(reads, '-e trace=read -e trace=write', { trace: 'write' })
test(reads, '-e abbrev=none', { abbreviate: false })
test(reads, '-X raw', { constants: 'raw' })
test(reads, '-Xverbose', { constants: 'verbose' })
test(reads, '-x', { hexStrings: 'non-ascii' })
test(reads, '-xx', { hexStrings: 'all' })
test(reads, '-y', { decodeFds: true })
test(reads, '-yy', { decodeFds: 'all' })
test(reads, '-y -y', { decodeFds: 'all' })
test(reads, '--decode-fds=path', { decodeFds: ['path'] })
test(reads, '-e decode-fd=socket,dev', { decodeFds: ['socket', 'dev'] })
test(reads, '--decode-fds=!all', { decodeFds: false })
test(reads, '-Y', { decodePids: true })
test(reads, '--decode-pids=comm', { decodePids: ['comm'] })
test(reads, '--decode-pids=all', { decodePids: ['comm', 'pidns'] })
test(reads, '--decode-pids=none', { decodePids: [] })
test(reads, '-p 1,2 -p 3', { attach: [1, 2, 3] })
test(reads, '-c -S name', { summary: 'only', summarySortBy: 'name' })
test(reads, '-qq', { quietness: 2 })
test(reads, '--save run.trace ls', { save: 'run.trace', load: undefined }, ['ls'])
test(reads, '--load=run.trace', { load: 'run.trace' })
test(reads, '-E A=1 -E B', { environment: ['A=1', 'B'] })
test(reads, '--deny %network --deny openat:EACCES', {
  deny: [
    { rule: { calls: '%network' }, spelled: "deny argument '%network'" },
    { rule: { calls: 'openat', error: 'EACCES' }, spelled: "deny argument 'openat:EACCES'" },
  ],
})

test('-z and -Z: the last one counts', (t) => {
  t.deepEqual(readCommandLine(['-Z', '-z']).settings.statuses, new Set(['successful'] as const))
})

test('-e status=', (t) => {
  t.deepEqual(
    readCommandLine(['-e', 'status=!failed']).settings.statuses,
    new Set(['successful', 'unfinished', 'detached'] as const),
  )
})

test('-e signal=', (t) => {
  const shows = readCommandLine(['-e', 'signal=!int,SIGTERM,9']).settings.signals
  t.deepEqual(
    [2, 15, 9, 1].map((signal) => shows?.(signal)),
    [false, false, false, true],
  )
})

const refuses = test.macro({
  exec(t, line: string, message: string) {
    t.throws(() => readCommandLine(line.split(' ')), { message })
  },
  title: (_, line: string) => `${line} is refused`,
})

test(refuses, '-a x', "invalid -a argument: 'x'")
test(refuses, '--columns=x', "invalid --columns argument: 'x'")
test(refuses, '-X x', "invalid -X argument: 'x'")
test(refuses, '-e signal=SIGNOPE', "invalid signal 'SIGNOPE'")
test(refuses, '-e quiet=x', "invalid quiet 'x'")
test(refuses, '--decode-fds=x', "invalid decode-fds 'x'")
test(refuses, '--decode-pids=x', "invalid decode-pids 'x'")
test(refuses, '-p 12x', "Invalid process id: '12x'")
test(refuses, '-c -C', '-c/--summary-only and -C/--summary are mutually exclusive')

test('regular expressions need no closing slash', (t) => {
  t.is(readCalls('/^get,?read', '-e trace='), '/^get/,?read')
  t.is(readCalls('!?/x', '-e trace='), '!?/x/')
  t.is(readCalls('/^get@32,/x/@64', '-e trace='), '/^get/@32,/x/@64')
  t.is(readCalls('!all', '-e trace='), 'none')
  t.is(readCalls('!none', '-e trace='), 'all')
})

test('sets of calls for text', (t) => {
  const { abbreviate, dereference, raw } = readCommandLine(['-e', 'a=!%process', '--verbose=none', '-ex=open']).settings
  const openat = { name: 'openat', abi: 'x86_64' } as const
  const execve = { name: 'execve', abi: 'x86_64' } as const
  t.is(dereference, false)
  for (const [choice, call, expected] of [
    [abbreviate, openat, true],
    [abbreviate, execve, false],
    [raw, openat, false],
    [raw, { ...openat, name: 'open' }, true],
  ] as const) {
    t.is(typeof choice === 'function' && choice(call), expected)
  }
})

test('denied sets', (t) => {
  t.deepEqual(readDenial('%network', '--deny=').rule, { calls: '%network' })
  t.deepEqual(readDenial('openat,open:eacces', '--deny=').rule, { calls: 'openat,open', error: 'EACCES' })
})

test('help has each option, in 80 columns', (t) => {
  const help = helpText()
  for (const { short, long } of options) t.true(help.includes(short === undefined ? `--${long?.[0]}` : `-${short}`))
  t.deepEqual(
    help.split('\n').filter((line) => line.length > 80),
    [],
  )
})

test('no two options share a letter or a word', (t) => {
  const words = options.flatMap(({ short, long = [], qualifiers = [] }) => [
    ...(short === undefined ? [] : [`-${short}`]),
    ...long.map((word) => `--${word}`),
    ...qualifiers.map((word) => `-e ${word}`),
  ])
  t.deepEqual(words, [...new Set(words)])
})
