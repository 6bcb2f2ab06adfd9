import test from 'ava'
import { commonGlob, linkMatcherOf, matcherOf } from './patterns.ts'

const cases: readonly (readonly [pattern: string, matches: readonly string[], others: readonly string[]])[] = [
  ['/a/b', ['/a/b'], ['/a/b/c', '/a/bc', '/a']],
  ['/a/', ['/a', '/a/b', '/a/b/c'], ['/ab']],
  ['./x', ['/w/d/x'], ['/x', '/w/d/y']],
  ['./', ['/w/d', '/w/d/x'], ['/w']],
  ['.', ['/w/d'], ['/w/d/x']],
  ['../tmp/x', ['/w/tmp/x'], ['/tmp/x']],
  ['./*.json', ['/w/d/a.json'], ['/w/d/e/a.json', '/w/d/ajson']],
  ['**/*.json', ['/a.json', '/w/d/a.json'], ['/a.jso']],
  ['/a/**/z', ['/a/z', '/a/b/z', '/a/b/c/z'], ['/az']],
  ['/{a,b}/[x-z]?', ['/a/xq', '/b/z1'], ['/c/xq', '/a/q1', '/a/x/']],
  ['/[!a]', ['/b'], ['/a']],
  [String.raw`/a\*,b`, ['/a*,b'], ['/axx,b']],
]

for (const [pattern, matches, others] of cases) {
  test(`${pattern} matches what a rule with it would`, (t) => {
    const isMatch = matcherOf(pattern, '/w/d')
    for (const path of matches) t.true(isMatch(path), path)
    for (const path of others) t.false(isMatch(path), path)
  })
}

test('the working directory’s own name is no pattern', (t) => {
  t.true(matcherOf('./*.txt', '/w/[d]')('/w/[d]/a.txt'))
})

test('links of descriptors: all but the star stands for itself', (t) => {
  t.true(linkMatcherOf('socket:*')('socket:[12]'))
  t.true(linkMatcherOf('anon_inode:[eventpoll]')('anon_inode:[eventpoll]'))
  t.false(linkMatcherOf('socket:*')('pipe:[12]'))
})

test('names that differ from run to run have a glob in common', (t) => {
  t.is(commonGlob('./state.tmp-83423', './state.tmp-83519'), './state.tmp-*')
  t.is(commonGlob('./.x.aB3dE9', './.x.zQ7rT1'), './.x.*')
  t.is(commonGlob('./a/12/log', './a/13/log'), './a/*/log')
  t.is(commonGlob('./a[1].4', './a[1].5'), String.raw`./a\[1\].*`)
})

test('names that have nothing in common have none', (t) => {
  t.is(commonGlob('./abc', './xyz'), undefined)
  t.is(commonGlob('./a1/b1', './a2/b2'), undefined)
  t.is(commonGlob('./a/b', './a'), undefined)
})
