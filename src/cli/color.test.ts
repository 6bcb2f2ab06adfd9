import test from 'ava'
import { createPainter, painterFor, readPalette } from './color.ts'
import { initialSettings } from './settings.ts'

const palette = {
  syscall: '1',
  argname: '2',
  argval: '3',
  call: '4',
  const: '5',
  comment: '6',
  punct: '0',
  retval: '8',
  error: '9',
}

/** `{1:close}(3)` for what is painted. */
function painted(...texts: readonly string[]): string {
  const paint = createPainter(palette)
  return texts
    .map((text) => paint(text))
    .join('')
    .replaceAll(/\u001B\[(\d+)m(.*?)\u001B\[0m/g, '{$1:$2}')
}

const paints = test.macro({
  exec: (t, text: string, expected: string) => t.is(painted(text), expected),
  title: (_, text: string) => text.trimEnd(),
})

test(
  paints,
  'close(3)                                = 0\n',
  '{1:close}({3:3})                                = {8:0}\n',
)
test(
  paints,
  'openat(AT_FDCWD, "/a (b) = 1", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)\n',
  '{1:openat}({5:AT_FDCWD}, {3:"/a (b) = 1"}, {5:O_RDONLY}|{5:O_CLOEXEC}) = {8:-1}{9: ENOENT (No such file or directory)}\n',
)
test(
  paints,
  '[pid     7] 12:00:01 fstat(3, {st_rdev=makedev(0x1, 0x3), ...}) = 0 <0.000012>\n',
  '[pid     7] 12:00:01 {1:fstat}({3:3}, {{2:st_rdev}={4:makedev}({3:0x1}, {3:0x3}), ...}) = {8:0} <{3:0.000012}>\n',
)
test(paints, 'mmap(NULL, 0 /* x */)   = ?\n', '{1:mmap}({5:NULL}, {3:0} {6:/* x */})   = {8:?}\n')
test(
  paints,
  'pause() = ? ERESTART_RESTARTBLOCK (Interrupted by signal)\n',
  '{1:pause}() = {8:?}{9: ERESTART_RESTARTBLOCK (Interrupted by signal)}\n',
)
test(paints, '7     <... read resumed>"ab"..., 2) = 2\n', '7     <... {1:read} resumed>{3:"ab"...}, {3:2}) = {8:2}\n')
test(paints, '+++ exited with 0 +++\n', '+++ exited with 0 +++\n')
test(paints, '--- SIGCHLD {si_signo=SIGCHLD} ---\n', '--- SIGCHLD {si_signo=SIGCHLD} ---\n')
test(paints, ' | 00000  68 65 (  =  |\n', ' | 00000  68 65 (  =  |\n')
test(paints, 'syscope: Process 7 attached\n', 'syscope: Process 7 attached\n')

test('a line can come in parts', (t) => {
  t.is(
    painted('read(0, ', '"x", 1) = 1\n', 'close(3) = 0\n'),
    '{1:read}({3:0}, {3:"x"}, {3:1}) = {8:1}\n{1:close}({3:3}) = {8:0}\n',
  )
})

test('STRACE_COLORS changes what it names rightly', (t) => {
  const read = readPalette(' SyScAlL = 1;31 : nope=1 : error= : punct=;: argval=93:argval=1;32:const=x')
  t.like(read, { syscall: '1;31', error: '31', punct: '0', argval: '1;32', const: '34' })
})

test('colours are for terminals that have them, or on demand', (t) => {
  const isColored = (given: object, isTerminal: boolean, env: NodeJS.ProcessEnv): boolean =>
    painterFor({ ...initialSettings(), ...given }, isTerminal, env)('close(3) = 0\n').includes('\u001B')
  t.true(isColored({}, true, { TERM: 'linux' }))
  t.false(isColored({}, false, { TERM: 'linux' }))
  t.false(isColored({}, true, { TERM: 'dumb' }))
  t.false(isColored({}, true, { TERM: 'linux', NO_COLOR: '1' }))
  t.false(isColored({ separately: true }, true, { TERM: 'linux' }))
  t.true(isColored({ color: 'always' }, false, { NO_COLOR: '1' }))
  t.false(isColored({ color: 'never' }, true, { TERM: 'linux' }))
})
