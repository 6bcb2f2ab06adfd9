import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { SyscopeError } from './errors.ts'
import type { TraceOptions } from './options.ts'
import { commandText, prepareCommand, readCommand, readShellCommand, readShellTemplate, readTemplate } from './spawn.ts'

const words = (strings: TemplateStringsArray, ...values: readonly unknown[]): readonly string[] => {
  const { file, args } = readTemplate(strings, values)
  return [file, ...args]
}

test('a template is words', (t) => {
  t.deepEqual(words`git status`, ['git', 'status'])
  t.deepEqual(
    words`  git
    status  --short `,
    ['git', 'status', '--short'],
  )
})

test('a value is one argument, whatever it holds', (t) => {
  t.deepEqual(words`cat ${'a b; rm *'}`, ['cat', 'a b; rm *'])
  t.deepEqual(words`cat ${''}`, ['cat', ''])
  t.deepEqual(words`${'node'} -e ${'1 + 1'}`, ['node', '-e', '1 + 1'])
  t.deepEqual(words`sleep ${0.5}`, ['sleep', '0.5'])
})

test('a value joins the text that it touches', (t) => {
  t.deepEqual(words`tar --file=${'a b'}.tar x`, ['tar', '--file=a b.tar', 'x'])
  t.deepEqual(words`echo ${'a'}${'b'} ${'c'}`, ['echo', 'ab', 'c'])
})

test('an array is several arguments', (t) => {
  t.deepEqual(words`git ${['add', 'a b']} --`, ['git', 'add', 'a b', '--'])
  t.deepEqual(words`git ${[]} status`, ['git', 'status'])
  t.deepEqual(words`echo a${['b', 'c']}d`, ['echo', 'ab', 'cd'])
})

const line = (strings: TemplateStringsArray, ...values: readonly unknown[]): readonly string[] => {
  const { file, args } = readShellTemplate('/bin/sh', strings, values)
  return [file, ...args]
}

test('a template for a shell is its text, with each value a word', (t) => {
  t.deepEqual(line`cat ${"it's"} | wc -l`, ['/bin/sh', '-c', `cat 'it'\\''s' | wc -l`])
  t.deepEqual(line`echo "$HOME" ${['a b', '*', '']} ${1}`, ['/bin/sh', '-c', `echo "$HOME" 'a b' '*' '' 1`])
})

for (const [what, make, message] of [
  ['an empty line for a shell', () => line` `, "Expected the command to be a path or a name, got ''."],
  ['an object in a line for a shell', () => line`cat ${{}}`, undefined],
  [
    'arguments beside a line for a shell',
    () => readShellCommand('/bin/sh', 'cat', ['a']),
    'A command with the `shell` option takes no arguments: write them into the command, or use a template.',
  ],
  ['no words', () => words``, 'The command is empty.'],
  [
    'an object',
    () => words`cat ${{}}`,
    'Expected the values in the command to be strings, numbers or arrays of them, got {}.',
  ],
  ['undefined', () => words`cat ${undefined}`, undefined],
  ['an invalid escape', () => words`cat \u{nope}`, 'The command has an invalid escape sequence: cat \\u{nope}'],
  ['an empty command', () => readCommand('', []), "Expected the command to be a path or a name, got ''."],
  ['a number as command', () => readCommand(5, []), 'Expected the command to be a path or a name, got 5.'],
  ['a null byte', () => readCommand('a\0b', []), "Expected the command to be a path or a name, got 'a\\x00b'."],
  [
    'a null byte in an argument',
    () => readCommand('a', ['\0']),
    "Expected the arguments to be strings without null bytes, got '\\x00'.",
  ],
  [
    'a number as argument',
    () => readCommand('a', [5]),
    'Expected the arguments to be strings without null bytes, got 5.',
  ],
  [
    'arguments that are no array',
    () => readCommand('a', 'b'),
    "Expected the arguments to be an array of strings, got 'b'.",
  ],
  [
    'a URL that is no file',
    () => readCommand(new URL('https://example.org/'), []),
    'Expected a file: URL, got https://example.org/.',
  ],
] as const) {
  test(`refuses ${what}`, (t) => {
    const error = t.throws(make, { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
    if (message !== undefined) t.is(error?.message, message)
  })
}

test('a command for people is quoted where a shell needs it', (t) => {
  t.is(
    commandText({ file: 'git', args: ['commit', '-m', "it's new", '--author=A'] }),
    `git commit -m 'it'\\''s new' --author=A`,
  )
})

const root = mkdtempSync(join(tmpdir(), 'syscope-spawn-'))
test.after.always(() => rmSync(root, { recursive: true }))

function put(path: string, mode: number): void {
  writeFileSync(join(root, path), '')
  chmodSync(join(root, path), mode)
}

mkdirSync(join(root, 'one'))
mkdirSync(join(root, 'two'))
mkdirSync(join(root, 'one/directory'))
put('one/plain', 0o644)
put('two/plain', 0o755)
put('two/tool', 0o755)
put('one/data', 0o644)

const PATH = `${root}/one:${root}/two`
const program = (file: string, options: TraceOptions): string => {
  const { candidates } = prepareCommand({ file, args: [] }, { extendEnv: false, ...options }, [
    'ignore',
    'pipe',
    'pipe',
  ])
  return candidates.map((it) => Buffer.from(it).toString()).join()
}

test('the command is found in the PATH that it will have', (t) => {
  t.is(program('tool', { env: { PATH } }), `${root}/two/tool`)
  t.is(program('true', {}), '/bin/true')
})

test('what is not executable is passed over', (t) => {
  t.is(program('plain', { env: { PATH } }), `${root}/two/plain`)
})

test('a relative PATH is relative to the working directory', (t) => {
  t.is(program('tool', { env: { PATH: 'two' }, cwd: root }), 'two/tool')
  t.is(program('tool', { env: { PATH: '' }, cwd: pathToFileURL(`${root}/two`) }), './tool')
})

test('a path is taken as it is', (t) => {
  t.is(program('./nosuch', { env: { PATH } }), './nosuch')
})

test('environment and arguments are bytes', (t) => {
  const command = prepareCommand(
    { file: '/bin/x', args: ['ü', '\udcff'] },
    { env: { A: '1', B: undefined }, extendEnv: false, argv0: 'me' },
    ['ignore', 'pipe', 'pipe'],
  )
  t.deepEqual(
    command.argv.map((it) => [...it]),
    [[...Buffer.from('me')], [...Buffer.from('ü')], [0xff]],
  )
  t.deepEqual(
    command.env.map((it) => Buffer.from(it).toString()),
    ['A=1'],
  )
})

test('the command starts from our environment', (t) => {
  process.env['SYSCOPE_TEST_A'] = 'a'
  process.env['SYSCOPE_TEST_B'] = 'b'
  const { env } = prepareCommand(
    { file: '/bin/x', args: [] },
    { env: { SYSCOPE_TEST_A: 'c', SYSCOPE_TEST_B: undefined } },
    ['ignore', 'pipe', 'pipe'],
  )
  const entries = env.map((it) => Buffer.from(it).toString()).filter((it) => it.startsWith('SYSCOPE_TEST'))
  t.deepEqual(entries, ['SYSCOPE_TEST_A=c'])
})

for (const [what, file, options, code] of [
  ['a command that is nowhere', 'nosuch', { env: { PATH } }, 'ERR_SYSCOPE_COMMAND_NOT_FOUND'],
  ['a directory', 'directory', { env: { PATH } }, 'ERR_SYSCOPE_COMMAND_NOT_FOUND'],
  ['a file that is not executable', 'data', { env: { PATH } }, 'ERR_SYSCOPE_COMMAND_NOT_EXECUTABLE'],
  ['a directory that is not there', '/bin/true', { cwd: `${root}/nosuch` }, 'ERR_SYSCOPE_BAD_CWD'],
  ['a file as directory', '/bin/true', { cwd: `${root}/one/data` }, 'ERR_SYSCOPE_BAD_CWD'],
] as const) {
  test(`${what} is ${code}`, (t) => {
    t.throws(() => program(file, options), { instanceOf: SyscopeError, code })
  })
}
