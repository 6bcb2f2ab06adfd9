import test from 'ava'
import fc from 'fast-check'
import { escapeBytes, quoteBytes, unescapeBytes } from './quote.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')

for (const [given, expected, title] of [
  ['hello', '"hello"', 'printable text stays as it is'],
  ['a\tb\n\v\f\r"\\', '"a\\tb\\n\\v\\f\\r\\"\\\\"', 'letters and backslashes escape what C has letters for'],
  ['\u007fELF\u0002\u0001', '"\\177ELF\\2\\1"', 'other bytes are octal, as short as can be'],
  ['\u00011', '"\\0011"', 'three digits stand before a digit'],
  ['\u00019', '"\\19"', 'a nine is no octal digit'],
  ['\u00ff\u0080', '"\\377\\200"', 'bytes past 127 are octal'],
] as const) {
  test(title, (t) => {
    t.is(quoteBytes(bytes(given), 'none'), expected)
  })
}

test('-x writes a string with bytes that are no text in hexadecimal', (t) => {
  t.is(quoteBytes(bytes('a\u0001'), 'non-ascii'), '"\\x61\\x01"')
  t.is(quoteBytes(bytes('a\n'), 'non-ascii'), '"a\\n"')
})

test('-xx writes every string in hexadecimal', (t) => {
  t.is(quoteBytes(bytes('ab'), 'all'), '"\\x61\\x62"')
})

test('bytes alone can be hexadecimal', (t) => {
  t.is(quoteBytes(bytes('a\u00019'), 'non-ascii-chars'), '"a\\x019"')
})

test('a link escapes its brackets', (t) => {
  t.is(escapeBytes(bytes('/tmp/<a>'), 'none', '<>'), '/tmp/\\74a\\76')
})

for (const hexStrings of ['none', 'non-ascii-chars', 'non-ascii', 'all'] as const) {
  test(`what is quoted with ${hexStrings} can be read back`, (t) => {
    fc.assert(
      fc.property(fc.uint8Array(), (given) => {
        t.deepEqual(unescapeBytes(escapeBytes(given, hexStrings)), Uint8Array.from(given))
      }),
    )
  })
}
