/** Globs, as rules have them. */

import test from 'ava'
import { globPattern } from './globs.ts'

const rows: readonly (readonly [glob: string, matched: readonly string[], others: readonly string[]])[] = [
  ['/a/*.json', ['/a/x.json', '/a/.json'], ['/a/b/x.json', '/a/x.jsonl', 'x/a/x.json']],
  ['/a/**', ['/a/b', '/a/b/c', '/a/.hidden/x'], ['/a', '/ab/c']],
  ['/a/**/b', ['/a/b', '/a/x/b', '/a/x/y/b'], ['/a/xb', '/a/b/c']],
  ['**/b', ['/b', '/a/b', '/a/c/b'], ['/ab', '/b/a']],
  ['**', ['/', '/a', '/a/b'], []],
  ['/a**b', ['/ab', '/axb'], ['/a/b']],
  ['/a?c', ['/abc', '/aéc', '/a\u{1f600}c'], ['/a/c', '/ac', '/abbc']],
  ['/[a-c]x', ['/ax', '/cx'], ['/dx', '/-x', '//x']],
  ['/[!a-c]x', ['/dx'], ['/ax', '//x']],
  ['/[^a]x', ['/bx'], ['/ax']],
  ['/[]]x', ['/]x'], ['/[x']],
  [String.raw`/[\]a-]x`, ['/]x', '/ax', '/-x'], ['/bx', '/\\x']],
  ['/[&^|~]', ['/&', '/^', '/|', '/~'], ['/a']],
  ['/{a,b/c}/d', ['/a/d', '/b/c/d'], ['/b/d', '/{a,b/c}/d']],
  ['/{a,{b,c}}', ['/a', '/b', '/c'], ['/{b', '/a}']],
  ['/x{,y}', ['/x', '/xy'], ['/x,y']],
  ['{/a,**/b}', ['/a', '/c/b'], ['/c/a']],
  ['/{a,b/**}', ['/a', '/b/c/d'], ['/a/c']],
  [String.raw`/a\*b\[`, ['/a*b['], ['/axb[']],
  ['/a,b}c', ['/a,b}c'], ['/a', '/bc']],
  ['/a.b+c(d)$^|', ['/a.b+c(d)$^|'], ['/axb+c(d)$^|']],
  ['/line\nend*', ['/line\nend', '/line\nend\nmore'], ['/line']],
]
for (const [glob, matched, others] of rows) {
  test(`the glob ${JSON.stringify(glob)}`, (t) => {
    const pattern = globPattern(glob, 'toOpen()')
    for (const path of matched) t.true(pattern.test(path), path)
    for (const path of others) t.false(pattern.test(path), path)
  })
}

test('what is no glob is refused', (t) => {
  for (const glob of ['/[a', '/{a', '/a\\']) {
    t.throws(() => globPattern(glob, 'toOpen()'), {
      code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
      message: /toOpen\(\), is no glob/,
    })
  }
})
