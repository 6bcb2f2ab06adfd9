import test from 'ava'
import { readDenySet, readTraceSet } from './filter.ts'
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
test(reads, '--decode-fds=path', { decodeFds: true })
test(reads, '-p 1,2 -p 3', { attach: [1, 2, 3] })
test(reads, '-c -S name', { summary: 'only', summarySortBy: 'name' })
test(reads, '-qq', { quietness: 2 })
test(reads, '-E A=1 -E B', { environment: ['A=1', 'B'] })
test(reads, '--deny %network --deny openat:EACCES', { deny: ['%network', 'openat:EACCES'] })

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
test(refuses, '-p 12x', "Invalid process id: '12x'")
test(refuses, '-c -C', '-c/--summary-only and -C/--summary are mutually exclusive')

test('regular expressions need no closing slash', (t) => {
  t.is(readTraceSet('/^get,?read'), '/^get/,?read')
  t.is(readTraceSet('!?/x'), '!?/x/')
  t.is(readTraceSet('!all'), 'none')
  t.is(readTraceSet('!none'), undefined)
})

test('denied sets', (t) => {
  t.deepEqual(readDenySet('%network'), { calls: '%network' })
  t.deepEqual(readDenySet('openat,open:eacces'), { calls: 'openat,open', error: 'EACCES' })
})

test('help has each option, in 100 columns', (t) => {
  const help = helpText()
  for (const { short, long } of options) t.true(help.includes(short === undefined ? `--${long?.[0]}` : `-${short}`))
  t.true(help.split('\n').every((line) => line.length <= 100))
})

test('no two options share a letter or a word', (t) => {
  const words = options.flatMap(({ short, long = [], qualifiers = [] }) => [
    ...(short === undefined ? [] : [`-${short}`]),
    ...long.map((word) => `--${word}`),
    ...qualifiers.map((word) => `-e ${word}`),
  ])
  t.deepEqual(words, [...new Set(words)])
})
