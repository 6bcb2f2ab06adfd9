/** How evidence is shown. */

import test from 'ava'
import { commandLine, evidence, times, withEvidence, type Deed } from './evidence.ts'

function deed(pid: number, line: string, ...chain: readonly string[]): Deed {
  return { by: { pid, chain }, line }
}

const all: readonly Deed[] = [
  deed(1, 'one(1) = 0', 'node cli.js'),
  deed(2, 'two(2) = 0', 'node cli.js', 'curl -s x'),
  deed(1, 'three(3) = 0', 'node cli.js'),
  deed(3, 'four(4) = 0'),
]

test('deeds are shown under who did them, each once', (t) => {
  t.is(
    evidence(all),
    `  node cli.js (1)
    one(1) = 0
    three(3) = 0
  node cli.js → curl -s x (2)
    two(2) = 0
  process 3
    four(4) = 0`,
  )
})

test('where the order matters, they are shown in order', (t) => {
  t.is(
    evidence(all, 'time'),
    `  node cli.js (1)
    one(1) = 0
  node cli.js → curl -s x (2)
    two(2) = 0
  node cli.js (1)
    three(3) = 0
  process 3
    four(4) = 0`,
  )
})

test('of many deeds the first are shown, and how many others there are', (t) => {
  const many = Array.from({ length: 32 }, (_, index) => deed(1, `call(${index}) = 0`, 'sh'))
  const lines = evidence(many).split('\n')
  t.is(lines.length, 22)
  t.is(lines[20], '    call(19) = 0')
  t.is(lines[21], '  … and 12 more')
  let asked = 0
  const lazy = many.map((it) => ({
    by: it.by,
    get line() {
      asked += 1
      return it.line
    },
  }))
  evidence(lazy)
  t.true(asked <= 21)
})

test('the same line again and again is shown once, with how often', (t) => {
  const again = [1, 1, 1, 2, 1].map((pid) => deed(pid, 'poll() = 0', 'sh'))
  t.is(
    evidence(again, 'time'),
    `  sh (1)
    poll() = 0  (3 times)
  sh (2)
    poll() = 0
  sh (1)
    poll() = 0`,
  )
  const many = Array.from({ length: 90 }, (_, index) => deed(1, index < 30 ? 'same() = 0' : `call(${index}) = 0`, 'sh'))
  t.is(evidence(many).split('\n').at(-1), '  … and 41 more')
})

test('long lines and commands are cut, and stay on one line', (t) => {
  const line = evidence([deed(1, `write(1, "${'x'.repeat(1000)}") = 1`, 'sh')]).split('\n')[1] ?? ''
  t.is(line.length, 304)
  t.true(line.endsWith('x…'))
  t.is(evidence([deed(1, 'a\nb', 'sh')]), '  sh (1)\n    a\\nb')
  t.is(commandLine(['sh', '-c', 'echo a\nb']), String.raw`sh -c 'echo a\nb'`)
  t.is(commandLine(['cat', 'x'.repeat(200)]).length, 100)
})

test('headlines and counts', (t) => {
  t.is(withEvidence('Nothing.', []), 'Nothing.')
  t.is(withEvidence('Once:', [deed(1, 'one() = 0', 'sh')]), 'Once:\n\n  sh (1)\n    one() = 0')
  t.deepEqual([times(1), times(2)], ['once', '2 times'])
})
